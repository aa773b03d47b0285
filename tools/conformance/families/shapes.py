"""Creation, movement and indexing: exact. Products of matrices: to rounding."""

import numpy as np

from compare import exact, relative, scaled

DTYPES = (np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_)
SHAPES = [(6,), (3, 4), (2, 3, 4), (1, 5), (2, 1, 3, 2), (0, 3), (3, 0), (1,)]


def data(rng, dtype, shape):
    return rng.integers(0, 2 if dtype is np.bool_ else 100, shape).astype(dtype)


def fill(cases):
    rng = cases.rng
    for dtype in DTYPES:
        for _ in range(cases.size * 2):
            x = data(rng, dtype, SHAPES[rng.integers(len(SHAPES))])
            movement(cases, rng, x)
            indexing(cases, rng, x)
    creation(cases, rng)
    for _ in range(cases.size * 4):
        products(cases, rng)


def movement(cases, rng, x):
    n = x.ndim
    axis = int(rng.integers(-n, n))
    order = [int(a) for a in rng.permutation(n)]
    add = cases.add_as
    add("ops.transpose", lambda x: np.transpose(x, order), [x], axes=order)
    add("ops.reshape", lambda x: np.reshape(x, (-1,)), [x], shape=[-1])
    if x.size:
        add("ops.reshape", lambda x: np.reshape(x, (x.shape[-1], -1)), [x], shape=[x.shape[-1], -1])
    add("ops.reshape", lambda x: np.reshape(x, (x.size + 1,)), [x], shape=[x.size + 1])
    add("ops.expand_dims", lambda x: np.expand_dims(x, axis), [x], axis=axis)
    add("ops.squeeze", lambda x: np.squeeze(x, axis), [x], axes=[axis])
    add("ops.squeeze", np.squeeze, [x], axes=[])
    a, b = int(rng.integers(-n, n)), int(rng.integers(-n, n))
    add("ops.moveaxis", lambda x: np.moveaxis(x, a, b), [x], source=[a], destination=[b])
    add("ops.swapaxes", lambda x: np.swapaxes(x, a, b), [x], axis1=a, axis2=b)
    add("ops.flip", lambda x: np.flip(x, axis), [x], axes=[axis])
    shift = int(rng.integers(-9, 10))
    add("ops.roll", lambda x: np.roll(x, shift, axis), [x], shift=[shift], axis=[axis])
    add("ops.roll", lambda x: np.roll(x, shift), [x], shift=[shift], axis=[])
    if n >= 2:
        k = int(rng.integers(-3, 6))
        add("ops.rot90", lambda x: np.rot90(x, k), [x], k=k)
        offset = int(rng.integers(-3, 4))
        add("ops.diagonal", lambda x: np.diagonal(x, offset), [x], offset=offset)
        add("ops.tril", lambda x: np.tril(x, offset), [x], k=offset)
        add("ops.triu", lambda x: np.triu(x, offset), [x], k=offset)
        if x.dtype != np.bool_:
            add("ops.trace", lambda x: np.trace(x, offset, dtype=x.dtype), [x], offset=offset)
    if n <= 2:
        add("ops.diag", lambda x: np.diag(x, 1), [x], k=1)
    reps = [int(r) for r in rng.integers(0, 4, rng.integers(1, 4))]
    add("ops.tile", lambda x: np.tile(x, reps), [x], repeats=reps)
    times = int(rng.integers(0, 4))
    add("ops.repeat", lambda x: np.repeat(x, times, axis), [x], repeats=times, axis=axis)
    add("ops.concatenate", lambda a, b: np.concatenate([a, b], axis), [x, x], axis=axis)
    add("ops.concatenate", lambda a, b: np.concatenate([a, b], axis), [x, x[..., None]], axis=axis)
    add("ops.stack", lambda a, b: np.stack([a, b], axis), [x, x], axis=axis)
    parts = int(rng.integers(1, 5))
    add("ops.split", lambda x: np.split(x, parts, axis), [x], sections=parts, axis=axis)
    add("ops.array_split", lambda x: np.array_split(x, parts, axis), [x], sections=parts, axis=axis)
    widths = [[int(w) for w in rng.integers(0, 8, 2)] for _ in range(n)]
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
        add("ops.pad", lambda x: np.pad(x, widths, mode=mode), [x], widths=widths, mode=mode)
    target = [2, *x.shape]
    add("ops.broadcast_to", lambda x: np.broadcast_to(x, target), [x], shape=target)
    if x.dtype != np.bool_:
        wide = x.astype(np.int64)
        add("ops.diff", lambda x: np.diff(x, axis=axis), [wide], n=1, axis=axis)
        add("ops.diff", lambda x: np.diff(x, 2, axis), [wide], n=2, axis=axis)


def indexing(cases, rng, x):
    axis = int(rng.integers(-x.ndim, x.ndim))
    size = x.shape[axis]
    for low, high in ((-size, size), (-size - 2, size + 2)):
        # NumPy looks at the indices of an empty result, too; Cornu does not.
        if low < high and (x.size or high == size):
            indices = rng.integers(low, high, (2, 3)).astype(rng.choice(["int32", "int64"]))
            cases.add_as("ops.take", lambda x, i: np.take(x, i, axis), [x, indices], axis=axis)
    if size:
        shape = list(x.shape)
        shape[axis] = int(rng.integers(1, 5))
        along = rng.integers(-size, size, shape).astype(np.int64)
        cases.add_as("ops.take_along_axis", lambda x, i: np.take_along_axis(x, i, axis), [x, along], axis=axis)


def creation(cases, rng):
    for n in (0, 1, 5):
        for m in (0, 3, 6):
            for k in (-2, 0, 1, 9):
                cases.add_as("ops.eye", lambda: np.eye(n, m, k), [], n=n, m=m, k=k)
                cases.add_as("ops.tri", lambda: np.tri(n, m, k), [], n=n, m=m, k=k)
    for _ in range(cases.size * 2):
        start, stop = (float(v) for v in np.round(rng.normal(0, 5, 2), 2))
        step = float(rng.choice([0.1, -0.3, 1.0, 2.5]))
        how = scaled(1e-15)
        cases.add_as("ops.arange", lambda: np.arange(start, stop, step), [], how, start=start, stop=stop, step=step)
        for count in (0, 1, 2, 15):
            for endpoint in (True, False):
                given = dict(start=start, stop=stop, num=count, endpoint=endpoint)
                cases.add_as("ops.linspace", lambda: np.linspace(start, stop, count, endpoint), [], exact, **given)
                cases.add_as("ops.logspace", lambda: np.logspace(start, stop, count, endpoint), [], scaled(1e-14), **given)
    for name in ("bartlett", "hanning", "hamming", "blackman"):
        for m in (0, 1, 2, 7, 16):
            window = lambda: getattr(np, name)(m).astype(np.float64)
            cases.add_as(f"ops.{name}", window, [], relative(1e-15, 1.0), m=m)
    x, y = rng.normal(size=3), rng.normal(size=4)
    for indexing_ in ("xy", "ij"):
        cases.add_as("ops.meshgrid", lambda x, y: np.meshgrid(x, y, indexing=indexing_), [x, y], indexing=indexing_)


EINSUMS = ["ij,jk->ik", "ij,jk", "ii->i", "ii", "ij->ji", "bij,bjk->bik", "...ij,...jk->...ik", "i,j->ij", "ij,ij->", "ij->",
           "ijk,kl,lm->ijm", "ij,kj->ik", "abc,bd->adc", "i,i->", "ij,i->j", "...i->...", "iji->j"]
SIZES = {"i": 3, "j": 3, "k": 4, "l": 2, "m": 5, "a": 2, "b": 3, "c": 4, "d": 5}


def products(cases, rng):
    for dtype, how in ((np.float32, scaled(2e-6)), (np.float64, scaled(1e-14)), (np.int32, exact)):
        make = lambda *shape: rng.integers(-5, 6, shape).astype(dtype) if dtype is np.int32 else rng.normal(size=shape).astype(dtype)
        n, k, m = (int(v) for v in rng.integers(0, 20, 3))
        shapes = [((n, k), (k, m)), ((k,), (k, m)), ((n, k), (k,)), ((k,), (k,)), ((2, n, k), (k, m)), ((3, 1, n, k), (2, k, m)),
                  ((n, k), (k + 1, m))]
        a, b = shapes[rng.integers(len(shapes))]
        cases.add_as("ops.matmul", np.matmul, [make(*a), make(*b)], how)
        cases.add_as("ops.dot", np.dot, [make(n, k), make(k, m)], how)
        cases.add_as("ops.outer", np.outer, [make(n), make(m)], how)
        cases.add_as("ops.inner", np.inner, [make(n, k), make(m, k)], how)
        cases.add_as("ops.vdot", np.vdot, [make(n, k), make(n, k)], how)
        cases.add_as("ops.tensordot", lambda a, b: np.tensordot(a, b, ([1], [0])), [make(2, k, 3), make(k, 4)], how, axes=[[1], [0]])
        if dtype is not np.int32:
            equation = EINSUMS[rng.integers(len(EINSUMS))]
            operands = []
            for term in equation.split("->")[0].split(","):
                lead = (2,) if term.startswith("...") else ()
                operands.append(make(*lead, *(SIZES[c] for c in term.replace("...", ""))))
            cases.add_as("ops.einsum", lambda *x: np.einsum(equation, *x), operands, how, equation=equation)
            cases.add_as("ops.kron", np.kron, [make(2, 3), make(3, 2)], how)
            cases.add_as("ops.cross", np.cross, [make(4, 3), make(4, 3)], how)
            u, v = make(int(rng.integers(1, 12))), make(int(rng.integers(1, 12)))
            for mode in ("valid", "same", "full"):
                cases.add_as("ops.correlate", lambda a, b: np.correlate(a, b, mode), [u, v], how, mode=mode)
