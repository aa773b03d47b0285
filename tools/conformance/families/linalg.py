"""Linear algebra, Fourier transforms, histograms and sets."""

import numpy as np
from scipy import linalg as sp

from compare import exact, relative, scaled

LEADS = [(), (3,), (2, 2)]


def near(dtype, digits=0):
    return scaled((1e-4 if dtype is np.float32 else 1e-11) * 10.0**digits)


def fill(cases):
    rng = cases.rng
    for dtype in (np.float32, np.float64):
        for _ in range(cases.size):
            factorizations(cases, rng, dtype)
            norms(cases, rng, dtype)
            transforms(cases, rng, dtype)
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    for name in ("inv", "solve"):
        extra = [np.ones((2, 1))] if name == "solve" else []
        cases.add_as(f"linalg.{name}", getattr(np.linalg, name), [singular, *extra])
    cases.add_as("linalg.cholesky", np.linalg.cholesky, [-np.eye(3)])
    for name in ("inv", "det", "cholesky"):
        cases.add_as(f"linalg.{name}", getattr(np.linalg, name), [np.ones((2, 3))])
    for _ in range(cases.size * 3):
        counting(cases, rng)


def factorizations(cases, rng, dtype):
    n, m, k = (int(v) for v in rng.integers(1, 7, 3))
    lead = LEADS[rng.integers(len(LEADS))]
    square = (rng.normal(size=(*lead, n, n)) + 3 * np.eye(n)).astype(dtype)
    tall = rng.normal(size=(*lead, m, k)).astype(dtype)
    positive = (square @ np.swapaxes(square, -1, -2) + np.eye(n)).astype(dtype)
    how = near(dtype)
    add = cases.add_as
    add("linalg.solve", np.linalg.solve, [square, rng.normal(size=(*lead, n, 2)).astype(dtype)], near(dtype, 1))
    add("linalg.inv", np.linalg.inv, [square], near(dtype, 1))
    add("linalg.det", np.linalg.det, [square], how)
    add("linalg.slogdet", lambda x: list(np.linalg.slogdet(x)), [square], how)
    add("linalg.cholesky", np.linalg.cholesky, [positive], how)
    for mode in ("reduced", "complete"):
        # Where there are more rows than columns, the last columns of a complete Q are free: R and QR are not.
        if mode == "reduced" or m <= k:
            add("linalg.qr", lambda x: list(np.linalg.qr(x, mode)), [tall], how, mode=mode)
    add("linalg.svdvals", lambda x: np.linalg.svd(x, compute_uv=False), [tall], how)
    add("linalg.svd_product", lambda x: x, [tall], how)
    add("linalg.eigvalsh", np.linalg.eigvalsh, [positive], how)
    add("linalg.eigh_product", lambda x: x, [positive], how)
    power = int(rng.integers(-2, 5))
    add("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, power), [square], near(dtype, 1), n=power)
    add("linalg.solve_triangular", lambda a, b: sp.solve_triangular(a, b, lower=True),
        [np.tril(positive.reshape(-1, n, n)[0]), rng.normal(size=(n, 2)).astype(dtype)], how, lower=True)
    rows = rng.normal(size=(k + 3, k)).astype(dtype)
    right = rng.normal(size=(k + 3, 2)).astype(dtype)
    add("linalg.lstsq", lambda a, b: np.linalg.lstsq(a, b)[0], [rows, right], near(dtype, 1))


def norms(cases, rng, dtype):
    x = rng.normal(size=(3, 4)).astype(dtype)
    for order in (None, 0, 1, 2, 3, np.inf, -np.inf):
        given = {} if order is None else {"ord": str(order)}
        cases.add_as("linalg.norm", lambda x: np.linalg.norm(x, order, axis=-1, keepdims=True), [x], near(dtype),
                     axis=[-1], keepdims=True, **given)
    for order in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        cases.add_as("linalg.norm", lambda x: np.linalg.norm(x, order), [x], near(dtype), ord=str(order), axis=[0, 1])
    cases.add_as("linalg.norm", np.linalg.norm, [rng.normal(size=(2, 3, 2)).astype(dtype)], near(dtype))


def transforms(cases, rng, dtype):
    n = int(rng.integers(1, 40))
    re, im = rng.normal(size=(2, n)).astype(dtype), rng.normal(size=(2, n)).astype(dtype)
    pair = lambda z: [z.real, z.imag]
    how = near(dtype)
    wide = lambda x: x.astype(np.float64)
    cases.add_as("fft.fft", lambda a, b: pair(np.fft.fft(wide(a) + 1j * wide(b))), [re, im], how)
    cases.add_as("fft.ifft", lambda a, b: pair(np.fft.ifft(wide(a) + 1j * wide(b))), [re, im], how)
    cases.add_as("fft.rfft", lambda a: pair(np.fft.rfft(wide(a))), [re], how)
    if n > 1:
        spectrum = np.fft.rfft(wide(re))
        parts = [spectrum.real.astype(dtype), spectrum.imag.astype(dtype)]
        cases.add_as("fft.irfft", lambda a, b: np.fft.irfft(wide(a) + 1j * wide(b)), parts, how)
    square = [rng.normal(size=(4, 6)).astype(dtype) for _ in range(2)]
    cases.add_as("fft.fft2", lambda a, b: pair(np.fft.fft2(wide(a) + 1j * wide(b))), square, how)


def counting(cases, rng):
    x = rng.integers(0, 12, rng.integers(0, 40))
    cases.add_as("ops.bincount", np.bincount, [x])
    cases.add_as("ops.bincount", lambda x: np.bincount(x, minlength=20), [x], minlength=20)
    # Of nothing, NumPy gives integers even with weights.
    if x.size:
        weights = rng.normal(size=x.size)
        cases.add_as("ops.bincount", np.bincount, [x, weights], scaled(1e-14))
    values = np.round(rng.normal(0, 3, rng.integers(1, 60)), int(rng.integers(0, 3)))
    bins = int(rng.integers(1, 12))
    cases.add_as("ops.histogram", lambda v: list(np.histogram(v, bins)), [values], relative(1e-14, 1e-3), bins=bins)
    edges = np.sort(np.unique(np.round(rng.normal(0, 3, 6), 1)))
    cases.add_as("ops.histogram_edges", lambda v, e: np.histogram(v, e)[0], [values, edges])
    for right in (False, True):
        cases.add_as("ops.digitize", lambda v, e: np.digitize(v, e, right), [values, edges], right=right)
        side = "right" if right else "left"
        cases.add_as("ops.searchsorted", lambda e, v: np.searchsorted(e, v, side), [edges, values], side=side)
    cases.add_as("ops.unique", lambda v: list(np.unique(v, True, True, True)), [np.round(values)], exact)
