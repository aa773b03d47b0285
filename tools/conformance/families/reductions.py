"""Reductions, sorting, cumulative and NaN-aware functions, over axes, with and without kept dimensions."""

import numpy as np
from scipy import special

from compare import exact, scaled, values

FLOATS = (np.float32, np.float64)
SHAPES = [(7,), (3, 4), (2, 3, 5), (1, 6), (130, 3), (4, 1, 33), (0, 3), (2, 0, 4), ()]


def data(rng, dtype, shape, nan=False):
    if np.issubdtype(dtype, np.integer):
        return rng.integers(-30, 31, shape).astype(dtype)
    x = np.where(rng.random(shape) < 0.3, rng.integers(-4, 5, shape), rng.normal(0, 3, shape))
    if nan:
        x = np.where(rng.random(shape) < 0.2, np.nan, x)
    return x.astype(dtype)


def axes(rng, ndim):
    """Some axes, possibly counted from the end; all, as an empty list."""
    if ndim == 0 or rng.random() < 0.2:
        return []
    count = rng.integers(1, ndim + 1)
    chosen = rng.permutation(ndim)[:count]
    return [int(a - ndim) if rng.random() < 0.5 else int(a) for a in chosen]


def near(dtype):
    return scaled(2e-6 if dtype is np.float32 else 1e-14)


def reduced(cases, name, function, x, over, keep, how, **arguments):
    axis = tuple(over) if over else None
    call = lambda x: function(x, axis=axis, keepdims=keep, **arguments)
    cases.add_as(f"ops.{name}", call, [x], how, axis=over, keepdims=keep, **arguments)


def fill(cases):
    rng = cases.rng
    for dtype in FLOATS + (np.int32, np.int64):
        how = exact if np.issubdtype(dtype, np.integer) else near(dtype)
        for _ in range(cases.size * 2):
            x = data(rng, dtype, SHAPES[rng.integers(len(SHAPES))])
            over, keep = axes(rng, x.ndim), bool(rng.random() < 0.5)
            # NumPy widens sums of small integers to 64 bits, Keras keeps the type.
            integer = dict(dtype=dtype) if np.issubdtype(dtype, np.integer) else {}
            narrow = lambda f: lambda x, **k: f(x, **k, **integer)
            reduced(cases, "sum", narrow(np.sum), x, over, keep, how)
            reduced(cases, "max", np.max, x, over, keep, values)
            reduced(cases, "min", np.min, x, over, keep, values)
            reduced(cases, "ptp", np.ptp, x, over, keep, values)
            reduced(cases, "any", np.any, x, over, keep, exact)
            reduced(cases, "all", np.all, x, over, keep, exact)
            reduced(cases, "count_nonzero", np.count_nonzero, x, over, keep, exact)
            if dtype in FLOATS:
                reduced(cases, "prod", np.prod, x, over, keep, how)
                reduced(cases, "mean", np.mean, x, over, keep, how)
                for ddof in (0, 1):
                    reduced(cases, "var", np.var, x, over, keep, how, ddof=ddof)
                    reduced(cases, "std", np.std, x, over, keep, how, ddof=ddof)
                y = data(rng, dtype, x.shape, nan=True)
                for name in ("nansum", "nanprod", "nanmean", "nanmax", "nanmin"):
                    reduced(cases, name, getattr(np, name), y, over, keep, how)
                reduced(cases, "nanvar", np.nanvar, y, over, keep, how, ddof=0)
                reduced(cases, "nanstd", np.nanstd, y, over, keep, how, ddof=0)
                reduced(cases, "max", np.max, y, over, keep, values)
                reduced(cases, "min", np.min, y, over, keep, values)
                # SciPy refuses empty arrays and forgets the kept axes of a number.
                if x.size and x.ndim:
                    reduced(cases, "logsumexp", special.logsumexp, x, over, keep, how)
                    reduced(cases, "median", np.median, x, over, keep, how)
                    reduced(cases, "nanmedian", np.nanmedian, y, over, keep, how)
                    q = np.sort(rng.random(3))
                    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
                        axis = tuple(over) if over else None
                        call = lambda x: np.quantile(x, q, axis=axis, keepdims=keep, method=method).astype(x.dtype)
                        cases.add_as("ops.quantile", call, [x], how, q=list(q), axis=over, keepdims=keep, method=method)
            if x.ndim:
                axis = int(rng.integers(-x.ndim, x.ndim))
                ties = np.round(x)
                one = dict(axis=axis)
                cases.add_as("ops.argmax", lambda x: np.argmax(x, axis), [ties], exact, **one)
                cases.add_as("ops.argmin", lambda x: np.argmin(x, axis), [ties], exact, **one)
                cases.add_as("ops.sort", lambda x: np.sort(x, axis), [x], values, **one)
                cases.add_as("ops.argsort", lambda x: np.argsort(x, axis, stable=True), [ties], exact, **one)
                cases.add_as("ops.cumsum", lambda x: np.cumsum(x, axis, dtype=x.dtype), [x], how, **one)
                if dtype in FLOATS:
                    y = data(rng, dtype, x.shape, nan=True)
                    cases.add_as("ops.sort", lambda x: np.sort(x, axis), [y], values, **one)
                    cases.add_as("ops.argsort", lambda x: np.argsort(x, axis, stable=True), [y], exact, **one)
                    cases.add_as("ops.argmax", lambda x: np.argmax(x, axis), [y], exact, **one)
                    cases.add_as("ops.argmin", lambda x: np.argmin(x, axis), [y], exact, **one)
                    cases.add_as("ops.cumprod", lambda x: np.cumprod(x, axis), [x], how, **one)
                    if x.size:
                        cases.add_as("ops.softmax", lambda x: special.softmax(x, axis), [x], how, **one)
                        cases.add_as("ops.log_softmax", lambda x: special.log_softmax(x, axis), [x], how, **one)
                        weights = rng.random(x.shape[axis]).astype(dtype) + dtype(0.1)
                        average = lambda x, w: np.average(x, axis=axis, weights=w)
                        cases.add_as("ops.average", average, [x, weights], how, **one)
                    k = int(rng.integers(1, 4))
                    if x.shape[-1] >= k:
                        top = lambda x: np.sort(x, axis=-1)[..., ::-1][..., :k]
                        cases.add_as("ops.top_k", top, [x], values, k=k)
            # An axis that is not there.
            reduced(cases, "sum", np.sum, x, [x.ndim], keep, how)
            reduced(cases, "mean", np.mean, x, [-x.ndim - 1], keep, how)
    for dtype in (np.int32, np.int64):
        for _ in range(cases.size):
            n, segments = int(rng.integers(1, 40)), int(rng.integers(1, 8))
            values_, ids = rng.normal(size=(n, 3)), rng.integers(0, segments, n).astype(dtype)

            def segment_sum(v, i):
                out = np.zeros((segments, 3))
                np.add.at(out, i, v)
                return out

            cases.add_as("ops.segment_sum", segment_sum, [values_, ids], scaled(1e-14), segments=segments)
            cases.add_as("ops.one_hot", lambda i: np.eye(segments, dtype=np.float32)[i], [ids], exact, classes=segments)
