"""The 32 activation functions on a grid with large values, with gradients."""
import inspect

import keras
import numpy as np
import tensorflow as tf
from common import cotangent, save, tensor

X = np.array([-200, -90, -40, -20, -8, -3.5, -3, -2, -1.3, -1, -0.7, -0.5, -0.25, -0.01, 0, 0.01,
              0.25, 0.5, 0.7, 1, 1.3, 2, 2.9, 3, 3.5, 6, 7, 8, 20, 40, 90, 200], "float32")
MATRIX = np.array([[-3, 0.5, 1, 2], [0, 0, 0, 0], [40, -90, 39.5, 1.25]], "float32")
ARGUMENTS = {"elu": [dict(alpha=0.3)], "celu": [dict(alpha=0.5)], "gelu": [dict(approximate=True)],
             "leaky_relu": [dict(negative_slope=0.05)], "squareplus": [dict(b=1)],
             "hard_shrink": [dict(threshold=1.0)], "soft_shrink": [dict(threshold=1.0)],
             "threshold": [dict(threshold=1.0, default_value=-3.0)],
             "relu": [dict(negative_slope=0.1), dict(max_value=6.0), dict(threshold=1.0),
                      dict(negative_slope=0.2, max_value=5.0, threshold=0.5)],
             "softmax": [dict(axis=0)], "log_softmax": [dict(axis=0)], "sparsemax": [dict(axis=0)], "glu": [dict(axis=1)]}
DEFAULT = {"threshold": []}
ROWS = ("softmax", "log_softmax", "sparsemax", "glu")


def case(name, kwargs):
    x = tf.convert_to_tensor(MATRIX if name in ROWS else X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = getattr(keras.activations, name)(x, **kwargs)
        total = tf.reduce_sum(y * cotangent(y.shape))
    return {"name": name, "kwargs": kwargs, "x": tensor(x), "y": tensor(y), "grad": tensor(tape.gradient(total, x))}


def main():
    names = sorted(n for n in dir(keras.activations)
                   if inspect.isfunction(getattr(keras.activations, n)) and n not in ("get", "serialize", "deserialize"))
    print(len(names), *names)
    save("activations", [case(n, k) for n in names for k in DEFAULT.get(n, [{}]) + ARGUMENTS.get(n, [])],
         "grad is of sum(y * c) with c[i] = ((7 i) mod 11 - 5) / 10, as in every fixture")


if __name__ == "__main__":
    main()
