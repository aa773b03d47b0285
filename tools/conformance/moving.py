"""Reference values of cornu::stats::Ewm and Rolling: pandas 3.1.

    python tools/conformance/moving.py OUT.json
"""

import json
import sys

import numpy as np
import pandas as pd

nan = float("nan")
rng = np.random.default_rng(5)
SERIES = [
    [1.0, 2.0, 4.0, 8.0, 3.0, -1.0],
    [nan, 1.5, nan, nan, 2.5, 7.0, nan, 0.0, 3.0],
    [1e8, 1e8 + 1, 1e8 + 3, 1e8 - 2, 1e8],
    rng.normal(size=40).round(6).tolist(),
]
DECAYS = [("alpha", 0.3), ("alpha", 1.0), ("span", 5.0), ("com", 2.5), ("halflife", 3.0)]


def clean(values):
    return [None if np.isnan(v) else v for v in values]


cases = []
for x in SERIES:
    s = pd.Series(x)
    for name, value in DECAYS:
        for adjust in [True, False]:
            for ignore_na in [True, False]:
                for min_periods in [0, 3]:
                    if ignore_na and not s.isna().any():
                        continue
                    e = s.ewm(**{name: value}, adjust=adjust, ignore_na=ignore_na, min_periods=min_periods)
                    cases.append({
                        "x": clean(x), "by": name, "value": value, "adjust": adjust,
                        "ignore_na": ignore_na, "min_periods": min_periods, "mean": clean(e.mean()),
                        "var": clean(e.var()), "std_bias": clean(e.std(bias=True)),
                    })
rolling = [
    {"x": clean(x), "window": w, "min_periods": m, "mean": clean(pd.Series(x).rolling(w, min_periods=m).mean())}
    for x in SERIES for w, m in [(1, 1), (3, 3), (3, 1), (4, 2)]
]
with open(sys.argv[1], "w") as f:
    json.dump({"ewm": cases, "rolling": rolling}, f, separators=(",", ":"))
