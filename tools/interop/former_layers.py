"""Models whose layers stand in files as older Keras wrote them, with what that Keras computes: fixtures for crates/cornu/tests/keras_files.

    python tools/interop/former_layers.py keras2 OUT_DIR     needs tensorflow-cpu and tf_keras
    python tools/interop/former_layers.py keras3 OUT_DIR     needs keras, jax and h5py

Each case is NAME.h5 or NAME.keras and NAME.npz (in_0, …, out_0, …).
"""
import json
import os
import sys

import numpy as np

which, out = sys.argv[1:3]
os.environ.setdefault("KERAS_BACKEND", "jax")
if which == "keras2":
    import tf_keras as keras
else:
    import h5py
    import keras
L = keras.layers
rng = np.random.default_rng(0)


def case(name, model, ending="h5", edit=None):
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) * rng.choice([1, 1, -1] if w.ndim > 1 else [1], w.shape).astype(w.dtype) for w in model.get_weights()])
    xs = [rng.normal(size=[3] + list(t.shape[1:])).astype("float32") for t in model.inputs]
    ys = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    ys = ys if isinstance(ys, list) else [ys]
    arrays = {f"in_{i}": x for i, x in enumerate(xs)} | {f"out_{i}": y for i, y in enumerate(ys)}
    np.savez(f"{out}/{name}.npz", **arrays)
    path = f"{out}/{name}.{ending}"
    model.save(path)
    if edit:
        with h5py.File(path, "r+") as f:
            config = json.loads(f.attrs["model_config"])
            edit_classes(config, *edit)
            f.attrs["model_config"] = json.dumps(config)
            f.attrs["keras_version"] = "2.4.0"


def edit_classes(node, class_name, fields):
    if isinstance(node, dict):
        if node.get("class_name") == class_name and isinstance(node.get("config"), dict):
            node["config"].update(fields)
        for value in node.values():
            edit_classes(value, class_name, fields)
    elif isinstance(node, list):
        for value in node:
            edit_classes(value, class_name, fields)


def dense(n, m, name):
    x = keras.Input((n,))
    return keras.Model(x, L.Dense(m, activation="tanh")(x), name=name)


def keras2():
    a, b = keras.Input((4,)), keras.Input((4,))
    case("functional_in_functional", keras.Model([a, b], L.Add()([dense(4, 3, "left")(a), dense(4, 3, "right")(b)])))
    shared = dense(4, 4, "shared")
    case("functional_twice", keras.Model([a, b], L.Concatenate()([shared(a), shared(b), shared(shared(a))])))
    c = keras.Input((4,))
    outer = keras.Model(c, L.Dense(2)(dense(4, 5, "inner")(c)), name="outer")
    case("functional_deep", keras.Model(a, [outer(a), L.Softmax()(outer(a))]), "keras")
    generator = keras.Sequential([L.Dense(8, input_dim=4), L.LeakyReLU(0.2), L.BatchNormalization(momentum=0.8), L.Dense(6, activation="tanh")])
    judge = keras.Sequential([L.Dense(5, input_dim=6), L.LeakyReLU(0.2), L.Dense(1, activation="sigmoid")])
    case("gan_of_sequentials", keras.Model(a, judge(generator(a))))
    case("spatial_noise_shape", keras.Sequential([keras.Input((6, 6, 3)), L.SpatialDropout2D(0.3), L.Flatten(), L.Dense(2)]))
    # The classifier that Teachable Machine's export is: a sequential model of sequential models around a MobileNet.
    x = keras.Input((8, 8, 3), name="input_1")
    h = L.ZeroPadding2D(((0, 1), (0, 1)), name="Conv1_pad")(x)
    h = L.Conv2D(4, 3, 2, use_bias=False, name="Conv1")(h)
    h = L.ReLU(6.0, name="Conv1_relu")(L.BatchNormalization(epsilon=1e-3, momentum=0.999, name="bn_Conv1")(h))
    d = L.DepthwiseConv2D(3, padding="same", use_bias=False, name="expanded_conv_depthwise")(h)
    d = L.ReLU(6.0, name="relu")(L.BatchNormalization(name="bn")(d))
    h = L.Add(name="block_add")([h, L.Conv2D(4, 1, use_bias=False, name="project")(d)])
    base = keras.Model(x, h, name="model1")
    features = keras.Sequential([base, L.GlobalAveragePooling2D()], name="sequential_1")
    head = keras.Sequential([L.Dense(10, activation="relu", input_shape=(4,)), L.Dense(2, activation="softmax", use_bias=False)], name="sequential_3")
    case("teachable", keras.Sequential([features, head], name="sequential_4"))


def keras3():
    def image(layer):
        return keras.Sequential([keras.Input((8, 8, 3)), layer, L.GlobalAveragePooling2D(), L.Dense(2)])

    case("depthwise_groups", image(L.DepthwiseConv2D(3)), edit=("DepthwiseConv2D", {"groups": 1}))
    case("transpose_groups", image(L.Conv2DTranspose(4, 3)), edit=("Conv2DTranspose", {"groups": 1}))
    case("initializer_dtype", keras.Sequential([keras.Input((4,)), L.Dense(3)]), edit=("GlorotUniform", {"dtype": "float32"}))
    act = [L.Conv2D(4, 3, activation=L.LeakyReLU(0.3)), L.Flatten(), L.Dense(3, activation=L.ReLU(max_value=0.5)), L.Dense(2, activation=L.Softmax())]
    case("activation_layer", keras.Sequential([keras.Input((5, 5, 2)), *act]), "keras")
    policy = [L.Dense(4, activation="relu", dtype="mixed_float16"), L.Dense(2, dtype="float32")]
    case("mixed_policy", keras.Sequential([keras.Input((3,), name="features"), *policy]), "keras")


{"keras2": keras2, "keras3": keras3}[which]()
