"""JAX under jit, with donated state."""
from common import serve, set_threads

set_threads()

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, random

rng = np.random.default_rng(1)


def weights(*shapes):
    """Glorot's uniform kernels, and biases of 0."""
    made = []
    for shape in shapes:
        taps = int(np.prod(shape[:-2]))
        limit = (6 / (taps * (shape[-2] + shape[-1]))) ** 0.5
        kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
        made.append((jnp.asarray(kernel), jnp.zeros(shape[-1])))
    return made


def drop(key, x, rate):
    return jnp.where(random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def perceptron(params, x, key=None):
    for kernel, bias in params[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
        if key is not None:
            key, own = random.split(key)
            x = drop(own, x, 0.2)
    return x @ params[-1][0] + params[-1][1]


def convnet(params, x, key=None):
    layout = ("NHWC", "HWIO", "NHWC")
    for kernel, bias in params[:-1]:
        x = jax.nn.relu(lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=layout) + bias)
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    x = x if key is None else drop(key, x, 0.5)
    return x @ params[-1][0] + params[-1][1]


def adam(network, params):
    """A training step: state, x, y to state and loss."""
    def loss(params, x, y, key):
        log_p = jax.nn.log_softmax(network(params, x, key))
        return -jnp.take_along_axis(log_p, y[:, None], 1).mean()

    def step(state, x, y):
        params, m, v, t, key = state
        key, own = random.split(key)
        value, grads = jax.value_and_grad(loss)(params, x, y, own)
        t += 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), params, m, v)
        return (params, m, v, t, key), value

    zeros = lambda: jax.tree.map(jnp.zeros_like, params)
    state = [(params, zeros(), zeros(), jnp.zeros(()), random.key(1))]
    step = jax.jit(step, donate_argnums=0)

    def run(x, y):
        state[0], value = step(state[0], x, y)
        return value

    return run


def training(network, params, x):
    step, y = adam(network, params), rng.integers(0, 10, len(x))
    return {"train_step": lambda: float(step(x, y)) is None or None}


def mlp():
    return weights((784, 512), (512, 512), (512, 10))


def epoch():
    step = adam(perceptron, mlp())
    x, y = rng.random((60_000, 784), dtype=np.float32), rng.integers(0, 10, 60_000)

    def run():
        order = rng.permutation(60_000)
        for start in range(0, 60_000, 128):
            rows = order[start:start + 128]
            value = step(x[rows], y[rows])
        float(value)

    return {"epoch": run}


def products():
    multiply, calls = jax.jit(jnp.matmul), {}
    for n in (256, 512, 1024, 2048, 4096):
        a, b = (jnp.asarray(rng.random((n, n), dtype=np.float32)) for _ in range(2))
        calls[f"matmul_{n}"] = lambda a=a, b=b: multiply(a, b).block_until_ready() is None or None
    return calls


def functions():
    x = jnp.asarray(rng.random((10_000, 1_000), dtype=np.float32) + 0.5)
    cases = {"exp": jnp.exp, "log": jnp.log, "log2": jnp.log2, "log10": jnp.log10, "tanh": jnp.tanh,
             "sigmoid": jax.nn.sigmoid, "floor": jnp.floor, "sum": jnp.sum,
             "chain": lambda x: jnp.exp(-(x * x) / 2) * 0.3989,
             "mean_axis0": lambda x: x.mean(0), "std_axis0": lambda x: x.std(0)}
    jitted = {name: jax.jit(f) for name, f in cases.items()}
    return {name: lambda f=f: f(x).block_until_ready() is None or None for name, f in jitted.items()}


def prepare(_, workload, batch):
    kernels = (3, 3, 1, 32), (3, 3, 32, 64), (1600, 10)
    if workload == "W3":
        return training(perceptron, mlp(), rng.random((batch, 784), dtype=np.float32))
    if workload == "W3e":
        return epoch()
    if workload == "W5":
        return products()
    if workload == "W6":
        return functions()
    x = rng.random((batch, 28, 28, 1), dtype=np.float32)
    if workload == "W4":
        return training(convnet, weights(*kernels), x)
    params, predict = weights(*kernels), jax.jit(lambda p, x: jax.nn.softmax(convnet(p, x)))
    return {"latency": lambda: np.asarray(predict(params, x)) is None or None}


serve(prepare, {"JAX": jax.__version__}, jax.clear_caches)
