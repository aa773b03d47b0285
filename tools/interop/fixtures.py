"""Makes crates/cornu/tests/fixtures/keras_files: small files as Keras writes them, each with inputs and outputs.

    python tools/interop/fixtures.py             # with Keras 3 (see tools/keras/setup.sh)
    python tools/interop/fixtures.py --keras-2   # legacy.h5 files, with the package tf-keras
"""
import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/cornu/tests/fixtures/keras_files"
KERAS_2 = "--keras-2" in sys.argv
if KERAS_2:
    import tf_keras as keras
else:
    import keras

L = keras.layers


def numbers(shape, seed=0):
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2).astype("float32")


def randomize(model):
    for i, w in enumerate(model.weights):
        low = 0.3 if "variance" in getattr(w, "path", w.name) else -0.6
        w.assign(np.round(np.random.default_rng(i).uniform(low, 0.9, w.shape), 2))
    return model


def flat(outputs):
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(o) for o in outputs]


def record(name, model, inputs, **more):
    """NAME.json: the inputs, and what the model answers."""
    tensor = lambda x: {"shape": list(x.shape), "dtype": str(x.dtype), "data": [float(v) for v in x.ravel()]}
    outputs = flat(model(inputs if len(inputs) > 1 else inputs[0], training=False))
    entry = {"inputs": [tensor(x) for x in inputs], "outputs": [tensor(y) for y in outputs]}
    entry |= {key: [tensor(np.asarray(v)) for v in values()] for key, values in more.items()}
    (OUT / f"{name}.json").write_text(json.dumps(entry) + "\n")


def fit_on(model, inputs):
    """The weights after two more epochs, to see that training goes on where it stopped."""
    targets = np.ones((len(inputs[0]), *model.output_shape[1:]), "float32")
    model.fit(inputs[0], targets, epochs=2, batch_size=2, shuffle=False, verbose=0)
    return [w.numpy() for w in model.weights]


def small_dense(**compile):
    model = randomize(keras.Sequential([keras.Input((3,)), L.Dense(4, activation="tanh"), L.BatchNormalization(), L.Dense(2)]))
    model.compile(**compile)
    return model


def keras_3():
    from keras import ops

    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    inner_in = keras.Input((4,))
    inner = keras.Model(inner_in, L.Dense(3, activation="relu")(inner_in), name="inner")
    shared = L.Dense(2, name="shared")
    x = shared(L.Concatenate()([inner(a), inner(b)]))
    y = L.LayerNormalization()(x * 2.0 + ops.exp(-x))
    model = randomize(keras.Model([a, b], {"p": y, "q": inner(a), "r": L.LeakyReLU(0.1)(ops.sum(y, axis=-1, keepdims=True))}))
    inputs = [numbers((3, 4), 1), numbers((3, 4), 2)]
    model.save(OUT / "graph.keras")
    model.save_weights(OUT / "graph.weights.h5")
    model.save_weights(OUT / "graph.weights.json", max_shard_size=1e-7)
    record("graph", model, inputs)
    # The layers' names of Keras 2.13, and weights of two bytes: the same file under other names and types.
    rename(OUT / "graph.weights.h5", OUT / "graph_2_13.weights.h5")

    i = keras.Input((3,))
    inner = keras.Model(i, L.Dense(3)(i), name="inner")
    i = keras.Input((3,))
    middle = keras.Model(i, inner(i), name="middle")
    i = keras.Input((3,))
    model = randomize(keras.Model(i, L.Add()([middle(i), inner(i)])))
    model.save(OUT / "shared.keras")
    record("shared", model, [numbers((2, 3), 4)])

    x = numbers((6, 3), 3)
    for name, rule in {"adam": keras.optimizers.Adam(0.01), "rmsprop": keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True)}.items():
        model = small_dense(optimizer=rule, loss="mse", metrics=["mae"])
        fit_on(model, [x])
        model.save(OUT / f"{name}.keras")
        again = keras.models.load_model(OUT / f"{name}.keras")
        record(name, model, [x], after=lambda: fit_on(again, [x]))
    model = small_dense(optimizer=keras.optimizers.SGD(0.05, momentum=0.9), loss="mean_squared_error")
    fit_on(model, [x])
    model.save(OUT / "legacy_3.h5")
    record("legacy_3", model, [x], after=lambda: fit_on(model, [x]))

    with policy("bfloat16"):
        half = keras.Sequential([keras.Input((3,)), L.Dense(2)])
        randomize(half)
        half.save_weights(OUT / "bfloat16.weights.h5")
    with policy("float16"):
        half = keras.Sequential([keras.Input((3,)), L.Dense(2)])
        randomize(half)
        half.save_weights(OUT / "float16.weights.h5")
    bytecode = keras.Sequential([keras.Input((3,)), L.Lambda(lambda t: t * 2, name="doubling")])
    bytecode.save(OUT / "bytecode.keras")
    deferred = keras.Sequential([L.Dense(3), L.Dropout(0.1), L.Dense(2)])
    deferred.build((None, 3))
    randomize(deferred).save(OUT / "deferred.keras")
    record("deferred", deferred, [x])


    import h5py

    with h5py.File(OUT / "cycle.weights.h5", "w") as file:
        file["layers/dense/loop"] = file["/"]


class policy:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        keras.config.set_dtype_policy(self.name)

    def __exit__(self, *_):
        keras.config.set_dtype_policy("float32")


def rename(source, target):
    import h5py

    with h5py.File(source) as old, h5py.File(target, "w") as new:
        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                new.create_dataset(name.replace("layers", "_layer_checkpoint_dependencies"), data=item[()],
                                   dtype=">f4", chunks=item.shape, compression="gzip", shuffle=True)
        old.visititems(copy)


def keras_2():
    a, b = L.Input((4, 4, 2), name="a"), L.Input((3,), name="b")
    conv = L.Conv2D(3, 3, padding="same", name="conv")
    x = L.LeakyReLU(alpha=0.15)(L.BatchNormalization()(conv(a)))
    x = L.concatenate([L.GlobalAveragePooling2D()(x), b])
    model = randomize(keras.Model([a, b], [L.Dense(2, name="p")(x), L.Dense(1, name="q")(L.add([x, x]))]))
    model.save(OUT / "legacy_2_graph.h5")
    record("legacy_2_graph", model, [numbers((2, 4, 4, 2), 1), numbers((2, 3), 2)])

    model = keras.Sequential([L.Embedding(5, 3, input_length=4), L.Flatten(), L.Dense(2, activation="softmax")])
    randomize(model).compile(optimizer=keras.optimizers.legacy.Adam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).integers(0, 5, (4, 4)).astype("float32")
    model.fit(x, np.eye(2)[[0, 1, 1, 0]], verbose=0)
    model.save(OUT / "legacy_2.h5")
    model.save_weights(OUT / "legacy_2_weights.h5")
    record("legacy_2", model, [x])


def strip_dates():
    """Archives with one date, so that making them again changes nothing that did not change."""
    for path in OUT.glob("*.keras"):
        with zipfile.ZipFile(path) as old:
            entries = [(i.filename, old.read(i)) for i in old.infolist()]
        with zipfile.ZipFile(path, "w") as new:
            for name, data in entries:
                if name == "metadata.json":
                    data = json.dumps(json.loads(data) | {"date_saved": "2026-01-01@00:00:00"}).encode()
                new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)


OUT.mkdir(parents=True, exist_ok=True)
if KERAS_2:
    keras_2()
else:
    keras_3()
    strip_dates()
