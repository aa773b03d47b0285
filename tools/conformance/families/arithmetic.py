"""Arithmetic, comparisons, rounding and bits: exact, for every dtype, with broadcasting."""

import numpy as np

from compare import exact, relative, ulp, values

SHAPES = [((5,), (5,)), ((3, 1), (4,)), ((2, 3, 4), (3, 1)), ((), (6,)), ((0, 3), (1, 3)), ((1,), ()), ((2, 1, 5), (4, 1))]
FLOATS = (np.float32, np.float64)
INTS = (np.uint8, np.int32, np.int64)
EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e10, 4503599627370497.5]


def numbers(rng, dtype, shape):
    if dtype is np.bool_:
        return rng.random(shape) < 0.5
    if dtype in FLOATS:
        x = np.where(rng.random(shape) < 0.3, rng.integers(-9, 10, shape), rng.normal(0, 10, shape))
        return x.astype(dtype)
    low = 0 if dtype is np.uint8 else -20
    return rng.integers(low, 21, shape).astype(dtype)


BINARY = {
    "add": (np.add, FLOATS + INTS), "subtract": (np.subtract, FLOATS + INTS), "multiply": (np.multiply, FLOATS + INTS),
    "divide": (np.divide, FLOATS), "floor_divide": (np.floor_divide, FLOATS), "mod": (np.mod, FLOATS),
    "fmod": (np.fmod, FLOATS), "maximum": (np.maximum, FLOATS + INTS), "minimum": (np.minimum, FLOATS + INTS),
    "fmax": (np.fmax, FLOATS), "fmin": (np.fmin, FLOATS), "copysign": (np.copysign, FLOATS),
    "nextafter": (np.nextafter, FLOATS), "heaviside": (np.heaviside, FLOATS),
    "gcd": (np.gcd, INTS), "lcm": (np.lcm, INTS),
    "bitwise_and": (np.bitwise_and, INTS + (np.bool_,)), "bitwise_or": (np.bitwise_or, INTS + (np.bool_,)),
    "bitwise_xor": (np.bitwise_xor, INTS + (np.bool_,)),
    **{name: (getattr(np, name), FLOATS + INTS) for name in
       ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")},
    **{name: (getattr(np, name), FLOATS + INTS + (np.bool_,)) for name in ("logical_and", "logical_or", "logical_xor")},
}
UNARY = {
    **{name: (getattr(np, name), FLOATS) for name in ("floor", "ceil", "trunc", "rint", "signbit", "isnan", "isinf",
                                                       "isfinite", "isposinf", "isneginf")},
    "abs": (np.abs, FLOATS + INTS[1:]), "sign": (np.sign, FLOATS + INTS[1:]), "negative": (np.negative, FLOATS + INTS[1:]),
    "logical_not": (np.logical_not, FLOATS + INTS + (np.bool_,)), "bitwise_not": (np.bitwise_not, INTS + (np.bool_,)),
}


def fill(cases):
    rng = cases.rng
    for name, (function, dtypes) in BINARY.items():
        # Remainders of a zero: NumPy's sign of zero is the C library's; the value is what counts.
        how = values if name in ("maximum", "minimum", "fmax", "fmin") else exact
        for dtype in dtypes:
            for _ in range(cases.size):
                a, b = SHAPES[rng.integers(len(SHAPES))]
                cases.add_as(f"ops.{name}", function, [numbers(rng, dtype, a), numbers(rng, dtype, b)], how)
            if dtype in FLOATS:
                pairs = np.array([(a, b) for a in EDGES for b in EDGES]).T.astype(dtype)
                cases.add_as(f"ops.{name}", function, list(pairs), how)
        cases.add_as(f"ops.{name}", function, [np.zeros((2, 3), dtypes[0]), np.zeros((4, 3), dtypes[0])])
    for name, (function, dtypes) in UNARY.items():
        for dtype in dtypes:
            for shape in ((7,), (2, 3), (), (0, 2)):
                cases.add_as(f"ops.{name}", function, [numbers(rng, dtype, shape)])
            if dtype in FLOATS:
                cases.add_as(f"ops.{name}", function, [np.array(EDGES, dtype)])
    for dtype in INTS:
        for _ in range(cases.size):
            a, b = numbers(rng, dtype, (6,)), numbers(rng, dtype, (6,))
            b = np.where(b == 0, 3, b).astype(dtype)
            cases.add_as("ops.floor_divide", np.floor_divide, [a, b])
            cases.add_as("ops.mod", np.mod, [a, b])
            shift = rng.integers(0, 8, 6).astype(dtype)
            cases.add_as("ops.left_shift", np.left_shift, [a, shift])
            cases.add_as("ops.right_shift", np.right_shift, [a, shift])
    for dtype in FLOATS:
        for _ in range(cases.size):
            x = numbers(rng, dtype, (8,))
            for decimals in (0, 1, 2):
                # NumPy scales, rounds and scales back in the type itself.
                cases.add_as("ops.round", lambda x, d=decimals: np.round(x, d), [x], exact, decimals=decimals)
            low, high = np.sort(rng.normal(0, 5, 2))
            clip = lambda x: np.clip(x, dtype(low), dtype(high))
            cases.add_as("ops.clip", clip, [x], exact, low=float(low), high=float(high))
            y = np.where(rng.random(8) < 0.5, x, x * dtype(1 + 1e-5))
            cases.add_as("ops.isclose", np.isclose, [x.astype(np.float64), y.astype(np.float64)])
            cases.add_as("ops.where", np.where, [x > 0, x, y])
            cases.add_as("ops.deg2rad", np.deg2rad, [x], ulp(4))
            cases.add_as("ops.rad2deg", np.rad2deg, [x], ulp(4))
            # sinc cancels near its zeros.
            cases.add_as("ops.sinc", np.sinc, [x], relative(1e-5 if dtype is np.float32 else 1e-13, 1e-2))
        edges = np.array(EDGES, dtype)
        cases.add_as("ops.nan_to_num", np.nan_to_num, [edges])
        cases.add_as("ops.isclose", np.isclose, [edges.astype(np.float64), edges[::-1].astype(np.float64)])
