"""The streams of numpy.random, for the test of cornu::random::numpy.

Writes crates/cornu/tests/fixtures/numpy/random.json: generators by seed, each with calls in a row; of each call's result the
first values and the CRC-32 of all its bytes. Run with NumPy 2.4 on Linux: python tools/conformance/random_streams.py (not random.py, which
would hide Python's own module)
"""

import json
import pathlib
import zlib

import numpy as np

MANY, FEW = 100_000, 5_000
FIXTURE = pathlib.Path(__file__).parents[2] / "crates/cornu/tests/fixtures/numpy/random.json"


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else value


def record(rng, name, args, size, **options):
    keywords = {} if size is None else {"size": size}
    values = [np.array(a) if isinstance(a, list) else a for a in args]
    if name in ("integers", "randint", "choice"):
        keywords |= options
    if name == "random_f32":
        result = rng.random(dtype=np.float32, **keywords)
    elif name == "standard_normal_f32":
        result = rng.standard_normal(dtype=np.float32, **keywords)
    elif name in ("rand", "randn"):
        result = getattr(rng, name)(*size)
    elif name == "shuffle":
        result = values[0].copy()
        rng.shuffle(result, *values[1:])
    else:
        result = getattr(rng, name)(*values, **keywords)
    result = np.asarray(result)
    flat = result.ravel()
    return {
        "name": name,
        "args": [plain(a) for a in args],
        "size": size,
        "options": options,
        "shape": list(result.shape),
        "dtype": result.dtype.name,
        # As text: what Python writes is read back to the same bits.
        "first": [str(v.item()) for v in flat[:6]],
        "crc": zlib.crc32(np.ascontiguousarray(flat).tobytes()),
    }


DISTRIBUTIONS = [
    ("random", []),
    ("uniform", [-2.0, 3.5]),
    ("standard_normal", []),
    ("normal", [1.5, 0.25]),
    ("standard_exponential", []),
    ("exponential", [2.5]),
    *[("standard_gamma", [a]) for a in (1e-3, 0.1, 0.5, 0.999, 1.0, 1.5, 10.0, 1e6)],
    ("gamma", [2.0, 3.0]),
    *[("beta", list(ab)) for ab in ((0.5, 0.5), (1e-3, 2e-3), (1e-200, 1e-200), (2.0, 0.3), (5.0, 7.0), (1.0, 1.0))],
    *[("poisson", [lam]) for lam in (0.0, 0.3, 9.99, 10.0, 30.0, 123.4, 1e5, 1e12)],
    *[
        ("binomial", [n, p])
        for n, p in (
            (1, 0.5), (0, 0.5), (10, 0.0), (10, 1.0), (10, 0.7), (10, 0.1), (60, 0.5), (61, 0.5), (299, 0.1), (301, 0.1),
            (301, 0.9), (1000, 0.4), (1000, 0.6), (100_000, 0.03), (10**9, 0.5), (10**15, 1e-3), (10**9, 1e-9),
        )
    ],
    ("multinomial", [10, [0.2, 0.4, 0.4]]),
    ("multinomial", [20, [1 / 6.0] * 6]),
    ("multinomial", [5000, [0.1, 0.0, 0.5, 0.4, 0.0]]),
    ("multinomial", [7, [1.0]]),
]
RANGES = {
    "bool": [(0, 2), (0, 1), (1, 2)],
    "uint8": [(0, 256), (0, 10), (3, 200), (7, 8), (0, 129)],
    "int32": [(0, 10), (-(2**31), 2**31), (-5, 6), (0, 2**31 - 1)],
    "int64": [(0, 10), (0, 2**32), (0, 2**32 + 1), (-(2**63), 2**63), (-(2**62), 2**62 + 5), (5, 6), (0, 3 * 2**61)],
}


def script(rng, legacy, seed, many):
    calls = [record(rng, name, args, many) for name, args in DISTRIBUTIONS]
    integers = "randint" if legacy else "integers"
    for dtype, ranges in RANGES.items():
        for low, high in ranges:
            calls.append(record(rng, integers, [low, high], many, dtype=dtype))
    # One by one and in small sizes: what is left over of words and pairs.
    for dtype in ("uint8", "int32", "int64", "bool"):
        calls += [record(rng, integers, [0, 2], size, dtype=dtype) for size in (3, None, [2, 3], 0)]
    calls += [record(rng, "standard_normal", [], 3), record(rng, "random", [], [2, 2]), record(rng, "standard_normal", [], None)]
    if legacy:
        calls += [record(rng, "random_sample", [], 5), record(rng, "rand", [], [2, 3]), record(rng, "randn", [], [3, 5])]
    else:
        calls += [record(rng, "random_f32", [], many), record(rng, "standard_normal_f32", [], 10 * many)]
        calls += [record(rng, integers, [0, 5], 7, dtype="int64", endpoint=True)]
        calls += [record(rng, "choice", [a], n, replace=False, shuffle=False) for a, n in ((100, 20), (20_000, 1_500))]
        calls += [record(rng, "choice", [[[1, 2, 3], [4, 5, 6]]], [2, 2], axis=1)]
        calls += [record(rng, "shuffle", [[[1, 2, 3], [4, 5, 6]], 1], None)]
    # Parameters that broadcast.
    calls += [
        record(rng, "normal", [[0.0, 10.0, 20.0], [[1.0], [0.1]]], None),
        record(rng, "uniform", [[[0.0], [5.0]], 6.0], [2, 4]),
        record(rng, "binomial", [[5, 100], [[0.3], [0.9]]], [3, 2, 2]),
        record(rng, "poisson", [[1.0, 50.0]], [4, 2]),
        record(rng, "exponential", [[1.0, 100.0]], None),
        record(rng, "gamma", [[0.5, 3.0], 2.0], None),
        record(rng, "beta", [[0.5, 3.0], 0.9], None),
    ]
    # Samples and orders.
    p = [0.1, 0.0, 0.3, 0.4, 0.2]
    calls += [
        record(rng, "choice", [5], many),
        record(rng, "choice", [5], None),
        record(rng, "choice", [5], [50, 40], p=p),
        record(rng, "choice", [5], 4, p=p, replace=False),
        record(rng, "choice", [[10.5, 11.5, 12.5]], 8),
        record(rng, "choice", [100], 20, replace=False),
        record(rng, "choice", [20_000], 300, replace=False),
        record(rng, "choice", [20_000], 5_000, replace=False),
        record(rng, "choice", [20_000], 20_000, replace=False),
        record(rng, "choice", [5], [5, 1], replace=False),
        record(rng, "permutation", [many], None),
        record(rng, "permutation", [0], None),
        record(rng, "permutation", [[[1, 2], [3, 4], [5, 6], [7, 8]]], None),
        record(rng, "shuffle", [[1.5, 2.5, 3.5, 4.5, 5.5]], None),
        record(rng, "shuffle", [[[1, 2], [3, 4], [5, 6], [7, 8]]], None),
        record(rng, "random", [], 3),
    ]
    return {"legacy": legacy, "seed": seed, "calls": calls}


def main():
    new, old = ((0, MANY), (12345, FEW), ([2**40, 7, 0, 1, 2, 3], FEW)), ((42, MANY), (0, FEW), ([1, 2**32 - 1, 3], FEW))
    generators = [script(np.random.default_rng(seed), False, seed, many) for seed, many in new]
    generators += [script(np.random.RandomState(seed), True, seed, many) for seed, many in old]
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(
        '{"legacy": %s, "seed": %s, "calls": [\n%s\n]}'
        % (json.dumps(g["legacy"]), json.dumps(g["seed"]), ",\n".join(json.dumps(c) for c in g["calls"]))
        for g in generators
    )
    FIXTURE.write_text(f'{{"numpy": "{np.__version__}", "generators": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
