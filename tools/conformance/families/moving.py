"""Moving averages and running statistics: pandas's numbers."""

import numpy as np
import pandas as pd

from compare import relative


def fill(cases):
    rng = cases.rng
    near = relative(1e-12, 1e-3)
    for _ in range(cases.size * 5):
        x = rng.normal(5, 3, int(rng.integers(1, 40)))
        if rng.random() < 0.5:
            x[rng.random(x.size) < 0.2] = np.nan
        decay = [("alpha", float(rng.uniform(0.05, 1))), ("span", float(rng.uniform(1, 20))),
                 ("com", float(rng.uniform(0, 10))), ("halflife", float(rng.uniform(0.2, 8)))][rng.integers(4)]
        adjust, ignore = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
        ewm = lambda x: pd.Series(x).ewm(**dict([decay]), adjust=adjust, ignore_na=ignore)
        given = {decay[0]: decay[1], "adjust": adjust, "ignore_na": ignore}
        cases.add_as("stats.ewm_mean", lambda x: ewm(x).mean().to_numpy(), [x], near, **given)
        clean = rng.normal(size=(int(rng.integers(1, 30)), 3))
        window = int(rng.integers(1, 8))
        simple = lambda x: pd.DataFrame(x).rolling(window).mean().to_numpy()
        cases.add_as("stats.rolling_mean", simple, [clean], near, window=window)
        for ddof in (0, 1):
            if len(clean) > ddof:
                running = lambda x: [x.mean(axis=0), x.var(axis=0, ddof=ddof)]
                cases.add_as("stats.running", running, [clean], near, ddof=ddof)
        weights = rng.integers(1, 9, clean.shape[0]).astype(np.float64)
        cases.add_as("stats.weighted_mean", lambda x, w: np.average(x[:, 0], weights=w), [clean, weights], near)
