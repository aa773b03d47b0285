"""NumPy with OpenBLAS: matrix products and element-wise functions, into arrays that are there already."""
from common import serve, set_threads

set_threads()

import numpy as np

rng = np.random.default_rng(1)


def products():
    calls = {}
    for n in (256, 512, 1024, 2048, 4096):
        a, b = (rng.random((n, n), dtype=np.float32) for _ in range(2))
        out = np.empty_like(a)
        calls[f"matmul_{n}"] = lambda a=a, b=b, out=out: np.matmul(a, b, out=out) is None or None
    return calls


def functions():
    x = rng.random((10_000, 1_000), dtype=np.float32) + np.float32(0.5)
    out = np.empty_like(x)

    def sigmoid():
        np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        np.reciprocal(out, out=out)

    def chain():
        np.multiply(x, x, out=out)
        np.multiply(out, np.float32(-0.5), out=out)
        np.exp(out, out=out)
        np.multiply(out, np.float32(0.3989), out=out)

    calls = {"sigmoid_out": sigmoid, "chain_out": chain}
    for f in (np.exp, np.log, np.log2, np.log10, np.tanh, np.floor):
        calls[f.__name__ + "_out"] = lambda f=f: f(x, out=out) is None or None
    for name, f in (("sum", np.sum), ("mean_axis0", lambda a: a.mean(0)), ("std_axis0", lambda a: a.std(0))):
        calls[name] = lambda f=f: f(x) is None or None
    return calls


serve(lambda _, workload, __: products() if workload == "W5" else functions(), {"NumPy": np.__version__})
