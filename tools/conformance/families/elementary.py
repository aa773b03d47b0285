"""Elementary functions: within 4 units in the last place of the true value, for float32 and float64."""

import numpy as np
from scipy import special

from compare import ulp

LONG = np.longdouble
WIDE = {np.float32: (-38, 38), np.float64: (-300, 300)}


def everywhere(rng, dtype, n):
    """Numbers of all sizes and both signs."""
    low, high = WIDE[dtype]
    return rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(low, high, n)


def between(low, high):
    return lambda rng, dtype, n: rng.uniform(low, high, n)


def positive(rng, dtype, n):
    return np.abs(everywhere(rng, dtype, n))


def above(low):
    return lambda rng, dtype, n: low + positive(rng, dtype, n)


def exponent(rng, dtype, n):
    """Up to where exp overflows, and a little beyond."""
    limit = 110 if dtype is np.float32 else 760
    return rng.uniform(-limit, limit, n)


# Function, its truth at extended precision, and where its arguments lie.
TABLE = {
    "exp": (np.exp, [exponent, between(-1, 1)]),
    "exp2": (np.exp2, [exponent, between(-1, 1)]),
    "expm1": (np.expm1, [exponent, between(-1, 1), between(-1e-5, 1e-5)]),
    "log": (np.log, [positive, between(0.5, 2)]),
    "log1p": (np.log1p, [positive, between(-1, 1), between(-1e-5, 1e-5)]),
    "log2": (np.log2, [positive, between(0.5, 2)]),
    "log10": (np.log10, [positive, between(0.5, 2)]),
    "sqrt": (np.sqrt, [positive]),
    "rsqrt": (lambda x: 1 / np.sqrt(x), [positive]),
    "cbrt": (np.cbrt, [everywhere]),
    "square": (np.square, [everywhere]),
    "reciprocal": (np.reciprocal, [everywhere]),
    "sin": (np.sin, [between(-10, 10), between(-1e4, 1e4)]),
    "cos": (np.cos, [between(-10, 10), between(-1e4, 1e4)]),
    "tan": (np.tan, [between(-10, 10), between(-1e4, 1e4)]),
    "arcsin": (np.arcsin, [between(-1, 1), between(-1e-3, 1e-3)]),
    "arccos": (np.arccos, [between(-1, 1), between(0.999, 1)]),
    "arctan": (np.arctan, [everywhere, between(-3, 3)]),
    "sinh": (np.sinh, [exponent, between(-1, 1)]),
    "cosh": (np.cosh, [exponent, between(-1, 1)]),
    "tanh": (np.tanh, [between(-20, 20), between(-1, 1), between(-1e-3, 1e-3)]),
    "arcsinh": (np.arcsinh, [everywhere, between(-1, 1)]),
    "arccosh": (np.arccosh, [above(1), between(1, 1.01)]),
    "arctanh": (np.arctanh, [between(-1, 1), between(-1e-3, 1e-3)]),
    "sigmoid": (lambda x: np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))), [between(-80, 80)]),
    "softplus": (lambda x: np.logaddexp(x, LONG(0)), [between(-80, 80)]),
}
# SciPy has no extended precision for these: mpmath tells the truth.
SPECIAL = {
    "erf": [between(-6, 6), between(-1e-3, 1e-3)],
    "erfc": [between(-5, 9)],
    "erfinv": [between(-1, 1), between(-1e-3, 1e-3)],
}
EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, 2.0, 10.0, 100.0, 1e-30, -1e-30]


def mp(name, x):
    import mpmath

    mpmath.mp.dps = 40

    def one(v):
        v = float(v)
        # What SciPy knows for sure, and mpmath cannot or need not work out.
        if np.isnan(v) or abs(v) > 1e3 or (name == "erfinv" and abs(v) >= 1):
            return getattr(special, name)(v)
        return LONG(mpmath.nstr(getattr(mpmath, name)(mpmath.mpf(v)), 25))

    return np.array([one(v) for v in np.ravel(x)], dtype=LONG).reshape(np.shape(x))


def fill(cases):
    for dtype in (np.float32, np.float64):
        edges = np.array(EDGES + [np.finfo(dtype).tiny, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal], dtype)
        rows = [(name, truth, places) for name, (truth, places) in TABLE.items()]
        rows += [(name, lambda x, name=name: mp(name, x), places) for name, places in SPECIAL.items()]
        for name, truth, places in rows:
            inputs = [edges]
            count = 200 if name in SPECIAL else 2000
            for place in places:
                for _ in range(max(1, cases.size // 4)):
                    with np.errstate(all="ignore"):
                        inputs.append(place(cases.rng, dtype, count).astype(dtype))
            for x in inputs:
                cases.add_as(f"ops.{name}", lambda x, f=truth: f(x.astype(LONG)), [x], ulp(4))
        for name, truth in {"power": np.power, "arctan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp}.items():
            for _ in range(max(1, cases.size // 4)):
                a = positive(cases.rng, dtype, 2000) if name == "power" else everywhere(cases.rng, dtype, 2000)
                b = cases.rng.uniform(-8, 8, 2000)
                # logaddexp cancels near its zero, where no relative bound holds.
                if name == "logaddexp":
                    a, b = cases.rng.uniform(0, 50, 2000), cases.rng.uniform(0, 50, 2000)
                with np.errstate(all="ignore"):
                    a, b = a.astype(dtype), b.astype(dtype)
                cases.add_as(f"ops.{name}", lambda a, b, f=truth: f(a.astype(LONG), b.astype(LONG)), [a, b], ulp(4))
            pairs = np.array([(a, b) for a in edges for b in edges]).T.astype(dtype)
            cases.add_as(f"ops.{name}", lambda a, b, f=truth: f(a.astype(LONG), b.astype(LONG)), list(pairs), ulp(4))
