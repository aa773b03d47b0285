"""Learning-rate schedules, constraints, regularizers, initializers."""
import math

import keras
import numpy as np
from common import config, grid, save, scalar, tensor
from keras import constraints as C, initializers as I, regularizers as R
from keras.optimizers import schedules as S

STEPS = [0, 1, 2, 3, 5, 9, 10, 11, 25, 99, 100, 101, 250, 1000]


def schedules():
    yield S.ExponentialDecay(0.1, 10, 0.5)
    yield S.ExponentialDecay(0.1, 10, 0.5, staircase=True)
    yield S.InverseTimeDecay(0.1, 10, 0.5)
    yield S.InverseTimeDecay(0.1, 10, 0.5, staircase=True)
    yield S.InverseTimeDecay(0.0008, 1, 1e-8)
    yield S.PiecewiseConstantDecay([10, 100], [1.0, 0.5, 0.1])
    yield S.PolynomialDecay(0.1, 100)
    yield S.PolynomialDecay(0.1, 50, end_learning_rate=0.01, power=2.0, cycle=True)
    yield S.CosineDecay(0.1, 100)
    yield S.CosineDecay(0.0, 90, alpha=0.1, warmup_target=0.2, warmup_steps=10)
    yield S.CosineDecay(0.05, 100, alpha=0.2)
    yield S.CosineDecayRestarts(0.1, 10)
    yield S.CosineDecayRestarts(0.1, 10, t_mul=1.5, m_mul=0.8, alpha=0.1)


def constraints():
    yield C.NonNeg()
    yield C.MaxNorm()
    yield C.MaxNorm(max_value=0.7, axis=1)
    yield C.MinMaxNorm(min_value=0.8, max_value=1.1, rate=0.5)
    yield C.MinMaxNorm(axis=[0, 1])
    yield C.UnitNorm()
    yield C.UnitNorm(axis=[0, 1])


def regularizers():
    yield R.L1(), (3, 4)
    yield R.L1(0.2), (3, 4)
    yield R.L2(0.3), (2, 3, 2)
    yield R.L1L2(l1=0.1, l2=0.05), (3, 4)
    yield R.L1L2(), (3, 4)
    yield R.OrthogonalRegularizer(factor=0.5), (3, 4)
    yield R.OrthogonalRegularizer(factor=0.1, mode="columns"), (3, 4)


def exact_initializers():
    yield I.Zeros(), (2, 3)
    yield I.Ones(), (4,)
    yield I.Constant(-0.25), (2, 2)
    yield I.Identity(), (3, 3)
    yield I.Identity(gain=2.0), (2, 4)


def random_initializers():
    """With the law that each follows: uniform within +-limit, or normal with std."""
    for cls in (I.GlorotUniform, I.HeUniform, I.LecunUniform, I.GlorotNormal, I.HeNormal, I.LecunNormal):
        yield cls(seed=1)
    for mode in ("fan_in", "fan_out", "fan_avg"):
        for law in ("uniform", "truncated_normal", "untruncated_normal"):
            yield I.VarianceScaling(scale=0.7, mode=mode, distribution=law, seed=1)
    yield I.RandomNormal(mean=0.5, stddev=0.2, seed=1)
    yield I.RandomUniform(minval=-0.3, maxval=0.9, seed=1)
    yield I.TruncatedNormal(mean=0.1, stddev=0.2, seed=1)
    yield I.Orthogonal(gain=1.5, seed=1)


def random_case(init, shape):
    """The law by its formula; draws of Keras are checked to follow it."""
    row = {"initializer": config(init), "shape": list(shape)}
    if isinstance(init, I.Orthogonal):
        return row
    if isinstance(init, I.VarianceScaling):
        receptive = int(np.prod(shape[:-2], dtype=int))
        fan_in, fan_out = (shape[0],) * 2 if len(shape) == 1 else (shape[-2] * receptive, shape[-1] * receptive)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[init.mode]
        std, mean = math.sqrt(init.scale / max(1.0, fan)), 0.0
        bound = {"uniform": math.sqrt(3) * std, "truncated_normal": 2 * std / 0.87962566103423978}.get(init.distribution)
        low, high = (-bound, bound) if bound else (None, None)
    elif isinstance(init, I.RandomUniform):
        low, high = init.minval, init.maxval
        mean, std = (low + high) / 2, (high - low) / math.sqrt(12)
    elif isinstance(init, I.TruncatedNormal):
        mean, std = init.mean, init.stddev * 0.87962566103423978
        low, high = mean - 2 * init.stddev, mean + 2 * init.stddev
    else:
        mean, std, low, high = init.mean, init.stddev, None, None
    draws = keras.ops.convert_to_numpy(init(shape)).ravel()
    n = draws.size
    assert abs(draws.mean() - mean) < 6 * std / math.sqrt(n), (row, draws.mean(), mean)
    assert abs(draws.std() / std - 1) < 6 / math.sqrt(n), (row, draws.std(), std)
    assert low is None or (draws.min() >= low - 1e-6 and draws.max() <= high + 1e-6)
    return {**row, "mean": mean, "std": std, "low": low, "high": high}


def main():
    save("schedules", [{"schedule": config(s), "rates": [[t, scalar(s(t))] for t in STEPS]} for s in schedules()],
         "rows of [step, learning rate]")
    w = grid((3, 4), seed=8)
    save("constraints", [{"constraint": config(c), "input": tensor(w), "output": tensor(c(w))} for c in constraints()], "weight constraints")
    save("regularizers", [{"regularizer": config(r), "input": tensor(grid(s, seed=8)), "value": scalar(r(keras.ops.convert_to_tensor(grid(s, seed=8))))}
                          for r, s in regularizers()], "weight regularizers")
    rows = [{"initializer": config(i), "shape": list(s), "output": tensor(i(s))} for i, s in exact_initializers()]
    for row in rows:
        # Keras 3.15 forgets the gain when it writes an Identity.
        if row["initializer"]["class_name"] == "Identity":
            row["initializer"]["config"]["gain"] = row["output"]["data"][0]
    shapes = [(50, 80), (3, 3, 16, 32), (4000,)]
    rows += [random_case(i, s) for i in random_initializers() for s in shapes if not (isinstance(i, I.Orthogonal) and len(s) == 1)]
    save("initializers", rows, "exact outputs, or the law: mean, std, bounds (Keras's draws were checked against it)")


if __name__ == "__main__":
    main()
