"""How an answer is compared with what is wanted. Each comparison gives the worst error in its own measure and the index
of the first element that is out of bounds, or None."""

import numpy as np


class Error:
    """Stands for: the call must be refused."""


def _same(wanted, got):
    """Where two arrays are the same values: NaN is NaN; 0.0 and -0.0 are not the same."""
    if wanted.dtype.kind == "f":
        return ((wanted == got) & (np.signbit(wanted) == np.signbit(got))) | (np.isnan(wanted) & np.isnan(got))
    return wanted == got


def _measured(wanted, got, error, bound):
    """Errors count where the values are not the same; infinities and NaN must be."""
    error = np.where(wanted == got, 0.0, error)
    finite = np.isfinite(wanted) & np.isfinite(got)
    error = np.where(finite, error, np.where(_same(wanted, got), 0.0, np.inf))
    bad = np.flatnonzero(error > bound)
    return float(error.max(initial=0.0)), (int(bad[0]) if bad.size else None)


def exact(wanted, got):
    bad = np.flatnonzero(~_same(wanted, got))
    return (float(bad.size > 0), int(bad[0]) if bad.size else None)


def values(wanted, got):
    """Exact, but the sign of a zero is free."""
    bad = np.flatnonzero(~(_same(wanted, got) | (wanted == got)))
    return (float(bad.size > 0), int(bad[0]) if bad.size else None)


def ulp(bound):
    """Within `bound` units in the last place of the type that Cornu answers in; the truth may be more precise."""

    def compare(wanted, got):
        rounded = wanted.astype(got.dtype)
        unit = np.spacing(np.abs(rounded)).astype(wanted.dtype)
        error = np.abs(wanted - got.astype(wanted.dtype)) / unit
        # Where the truth rounds to infinity, infinity is right.
        near = (rounded == got) | (np.isnan(wanted) & np.isnan(got))
        # One step beyond the largest number is infinity, too.
        limit = np.finfo(got.dtype).max
        near |= np.isinf(got) & np.isfinite(rounded) & (np.abs(wanted) > limit * (1 - bound * np.finfo(got.dtype).eps))
        near |= np.isinf(rounded) & (np.abs(got) > limit * (1 - bound * np.finfo(got.dtype).eps))
        error = np.where(near, 0.0, np.where(np.isfinite(error), error, np.inf)).astype(np.float64)
        bad = np.flatnonzero(error > bound)
        return float(error.max(initial=0.0)), (int(bad[0]) if bad.size else None)

    return compare


def relative(bound, floor=0.0):
    """Within `bound` of the wanted value's size, or of `floor` where that is more."""

    def compare(wanted, got):
        with np.errstate(all="ignore"):
            error = np.abs(wanted - got) / np.maximum(np.abs(wanted), max(floor, 1e-300))
        return _measured(wanted, got, error, bound)

    return compare


def scaled(bound):
    """Within `bound` of the largest wanted value: for sums and factorizations, where elements cancel."""

    def compare(wanted, got):
        finite = np.abs(wanted[np.isfinite(wanted)])
        return relative(bound, finite.max(initial=1e-300))(wanted, got)

    return compare


def check(wanted, got, how):
    """The worst error, and a sentence if the answer is not what is wanted."""
    if wanted is Error:
        return (0.0, None) if isinstance(got, str) else (np.inf, f"must be refused, but gave {got}")
    if isinstance(got, str):
        return np.inf, f"refused: {got}"
    if len(got) != len(wanted):
        return np.inf, f"must give {len(wanted)} arrays, gave {len(got)}"
    worst = 0.0
    for w, g in zip(wanted, got):
        w = np.asarray(w)
        if w.shape != g.shape:
            return np.inf, f"shape must be {w.shape}, is {g.shape}"
        if w.dtype.kind != g.dtype.kind and not {w.dtype.kind, g.dtype.kind} <= {"i", "u"}:
            return np.inf, f"dtype must be like {w.dtype}, is {g.dtype}"
        with np.errstate(all="ignore"):
            error, bad = how(w.ravel(), g.ravel())
        worst = max(worst, error)
        if bad is not None:
            return worst, f"element {bad} must be {w.ravel()[bad]!r}, is {g.ravel()[bad]!r} (error {error:.3g})"
    return worst, None
