"""Whole training runs: history, final weights, evaluate and predict, from given weights and fixed batches."""
import os

# TensorFlow's graphs do not know the rows of a batch: losses per output are means over batches there, over rows elsewhere.
os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from common import config, grid, save, tensor
from keras import layers as L

X, VX = grid((20, 6), seed=1), grid((7, 6), seed=2)
IMAGES, VIMAGES = grid((20, 8, 8, 1), 0, 1, seed=3), grid((6, 8, 8, 1), 0, 1, seed=4)


def labels(x, n):
    return (np.abs(x.reshape(len(x), -1).sum(1) * 7).astype("int32") % n).astype("int32")


def mlp(outputs=3, last="softmax"):
    return keras.Sequential([keras.Input((6,)), L.Dense(8, activation="relu"), L.Dense(outputs, activation=last)], name="mlp")


def convnet():
    x = keras.Input((8, 8, 1), name="image")
    # No bias: the normalization behind takes it out, so that Adam would follow the rounding of gradients that are 0.
    h = L.Conv2D(4, 3, activation="relu", use_bias=False, name="conv")(x)
    h = L.MaxPooling2D(name="pool")(h)
    h = L.BatchNormalization(name="norm", momentum=0.9)(h)
    h = L.Flatten(name="flat")(h)
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(h), name="convnet")


def small_convnet():
    x = keras.Input((8, 8, 1), name="image")
    h = L.MaxPooling2D(name="pool")(L.Conv2D(3, 3, activation="relu", name="conv")(x))
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(L.Flatten(name="flat")(h)), name="small_convnet")


def functional():
    """A shared layer, two inputs, two outputs and a weight penalty."""
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = L.Dense(4, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.02), name="shared")
    h = L.Concatenate(name="both")([shared(a), shared(b)])
    one = L.Dense(1, name="value")(h)
    two = L.Dense(3, activation="softmax", name="kind")(L.Add(name="sum")([shared(a), L.Dense(4, name="extra")(b)]))
    return keras.Model([a, b], [one, two], name="two_heads")


def start(model):
    """Fixed initial weights; variances one."""
    for i, w in enumerate(model.weights):
        if "variance" in w.path:
            w.assign(np.ones(w.shape))
        else:
            w.assign(grid(w.shape, -0.5, 0.5, seed=50 + i))


def listed(x):
    return [tensor(v) for v in x] if isinstance(x, (list, tuple)) else tensor(x)


def run(name, model, optimizer, loss, x, y, validation, fit=None, **compile_args):
    """`fit` holds further arguments of fit, `compile_args` those of compile."""
    fit = {"batch_size": 8, "epochs": 3, **(fit or {})}
    start(model)
    initial = [dict(path=w.path, **tensor(w)) for w in model.weights]
    model.compile(optimizer=optimizer, loss=loss, **compile_args)
    case = {"name": name, "model": config(model), "weights": initial, "x": listed(x), "y": listed(y),
            "fit": {k: listed(v) if isinstance(v, np.ndarray) else v for k, v in fit.items()}}
    if validation is not None:
        case["validation"] = [listed(v) for v in validation]
    h = model.fit(x, y, shuffle=False, verbose=0, validation_data=validation, **fit)
    case["history"] = h.history
    case["weights_after"] = [tensor(w) for w in model.weights]
    case["evaluate"] = model.evaluate(x, y, batch_size=8, verbose=0)
    case["predict"] = listed(model.predict(x[:3] if isinstance(x, np.ndarray) else [v[:3] for v in x], verbose=0))
    return case


def optimizers():
    yield "sgd", lambda: keras.optimizers.SGD(0.1, momentum=0.5)
    yield "rmsprop", lambda: keras.optimizers.RMSprop(0.01)
    yield "adam", lambda: keras.optimizers.Adam(0.01)


def all_runs():
    y, vy = labels(X, 3), labels(VX, 3)
    iy, ivy = labels(IMAGES, 3), labels(VIMAGES, 3)
    real, vreal = X @ grid((6, 1), seed=9), VX @ grid((6, 1), seed=9)
    bits, vbits = (real > 0).astype("float32"), (vreal > 0).astype("float32")
    sparse = "sparse_categorical_crossentropy"
    for key, make in optimizers():
        yield run(f"mlp_{key}", mlp(), make(), sparse, X, y, (VX, vy), metrics=["accuracy"])
        yield run(f"convnet_{key}", convnet(), make(), sparse, IMAGES, iy, (VIMAGES, ivy), metrics=["accuracy"])
    weights = grid((20,), 0, 2, seed=5)
    yield run("mlp_sample_weight", mlp(), keras.optimizers.SGD(0.1), sparse, X, y, (VX, vy), {"sample_weight": weights},
              metrics=["accuracy"], weighted_metrics=["accuracy"])
    yield run("mlp_class_weight", mlp(), keras.optimizers.SGD(0.1), sparse, X, y, None, {"class_weight": {0: 0.5, 1: 2.0, 2: 1.5}},
              metrics=["accuracy"], weighted_metrics=["accuracy"])
    yield run("mlp_validation_split", mlp(1, None), "adam", "mse", X, real, None, {"validation_split": 0.3}, metrics=["mae"])
    yield run("mlp_binary", mlp(1, "sigmoid"), "rmsprop", "binary_crossentropy", X, bits, (VX, vbits), metrics=["accuracy", "mse"])
    hot, vhot = np.eye(3, dtype="float32")[y], np.eye(3, dtype="float32")[vy]
    yield run("class_weight_one_hot", mlp(), keras.optimizers.SGD(0.1), "categorical_crossentropy", X, hot, (VX, vhot),
              {"class_weight": {0: 0.5, 2: 3.0}}, metrics=["accuracy"])
    yield run("initial_epoch", mlp(1, None), keras.optimizers.SGD(0.1), "mse", X, real, (VX, vreal), {"epochs": 5, "initial_epoch": 3})
    # Three batches are a pass: the second epoch has what is left, the third starts again.
    yield run("steps_per_epoch", mlp(1, None), keras.optimizers.SGD(0.1), "mse", X, real, (VX, vreal),
              {"epochs": 4, "steps_per_epoch": 2, "validation_steps": 2, "validation_batch_size": 3}, metrics=["mae"])
    yield run("validation_freq", mlp(1, None), keras.optimizers.SGD(0.1), "mse", X, real, (VX, vreal, weights[:7]),
              {"epochs": 4, "validation_freq": 2, "validation_batch_size": 3}, metrics=["mae"], weighted_metrics=["mse"])
    yield run("validation_split_weights", mlp(1, None), keras.optimizers.SGD(0.1), "mse", X, real, None,
              {"validation_split": 0.27, "sample_weight": weights}, metrics=["mae"], weighted_metrics=["mae"])
    heads = [X, X[::-1]], [real, y]
    yield run("two_heads_lists", functional(), keras.optimizers.SGD(0.05), ["mse", sparse], *heads, None,
              loss_weights=[1.0, 0.3], metrics=[["mae", "mse"], ["accuracy"]])
    yield run("two_heads_one_loss", functional(), keras.optimizers.SGD(0.05), "mse", [X, X[::-1]], [real, hot], None,
              metrics={"kind": ["accuracy", keras.metrics.CategoricalCrossentropy()]}, weighted_metrics=[["mse"], ["mae"]])
    yield run("two_heads_partial", functional(), keras.optimizers.SGD(0.05), {"value": None, "kind": keras.losses.SparseCategoricalCrossentropy()},
              *heads, None, metrics=["mae", "accuracy"])
    yield run("two_heads", functional(), keras.optimizers.SGD(0.05), {"value": "mse", "kind": sparse}, [X, X[::-1]], [real, y], None,
              loss_weights={"value": 1.0, "kind": 0.3}, metrics={"value": ["mae"], "kind": ["accuracy"]})
    # Fifty steps, one an epoch: the history has the loss of each.
    steps = {"epochs": 50, "steps_per_epoch": 1}
    for key, make in optimizers():
        yield run(f"fifty_steps_mlp_{key}", mlp(), make(), sparse, X, y, None, steps)
        yield run(f"fifty_steps_convnet_{key}", small_convnet(), make(), sparse, IMAGES, iy, None, steps)


def main():
    keras.backend.clear_session()
    save("training", list(all_runs()), "fit with shuffle=False from the listed weights; history, weights after, evaluate, predict")


if __name__ == "__main__":
    main()
