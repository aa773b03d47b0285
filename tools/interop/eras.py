"""Adds to crates/cornu/tests/fixtures/keras_files: files as Keras of every era wrote them, compiled in ways that are not
all known to Cornu, each with inputs and outputs.

    KERAS_BACKEND=jax python tools/interop/eras.py                    # with Keras 3
    TF_USE_LEGACY_KERAS=1 python tools/interop/eras.py --keras-2      # with tensorflow-cpu and tf-keras
"""
import io
import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/cornu/tests/fixtures/keras_files"
KERAS_2 = "--keras-2" in sys.argv
if KERAS_2:
    import tf_keras as keras
else:
    import keras

L = keras.layers


def numbers(shape, seed=0):
    return np.round(np.random.default_rng(seed).uniform(0.1, 1, shape), 2).astype("float32")


def randomize(model):
    model.set_weights([numbers(w.shape, i) for i, w in enumerate(model.get_weights())])
    return model


def tensor(x):
    x = np.asarray(x, "float32")
    return {"shape": list(x.shape), "data": [float(v) for v in x.ravel()]}


def record(name, model, x, **more):
    entry = {"inputs": [tensor(x)], "outputs": [tensor(model.predict(x, verbose=0))]}
    (OUT / f"{name}.json").write_text(json.dumps(entry | more) + "\n")


def save(model, name):
    """NAME: an archive has one date, and an .h5 file no free space."""
    path = OUT / name
    model.save(path)
    if name.endswith(".keras"):
        edit(path, lambda c: c)


def edit(path, config=None, weights=None, version=None):
    """Changes an archive's config, weights and version."""
    with zipfile.ZipFile(path) as z:
        parts = {n: z.read(n) for n in z.namelist()}
    meta = json.loads(parts["metadata.json"]) | {"date_saved": "2026-01-01@00:00:00"}
    parts["metadata.json"] = json.dumps(meta | ({"keras_version": version} if version else {})).encode()
    if config:
        parts["config.json"] = json.dumps(config(json.loads(parts["config.json"]))).encode()
    if weights:
        target = io.BytesIO()
        with h5py.File(io.BytesIO(parts["model.weights.h5"])) as old, h5py.File(target, "w") as new:
            weights(old, new)
        parts["model.weights.h5"] = target.getvalue()
    with zipfile.ZipFile(path, "w") as z:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)


def copy(old, new, rename):
    def one(name, item):
        if isinstance(item, h5py.Dataset):
            new.create_dataset(rename(name), data=item[()])

    old.visititems(one)


def keras_3():
    from keras import ops

    def dice_loss(y, p):
        return 1 - ops.sum(y * p)

    class DiceLoss(keras.losses.Loss):
        def call(self, y, p):
            return 1 - ops.sum(y * p, axis=-1)

    x = numbers((4, 3), 9)
    fit = lambda m: m.fit(x, np.ones((4, *m.output_shape[1:])), epochs=2, verbose=0)
    make = lambda: randomize(keras.Sequential([keras.Input((3,)), L.Dense(2, name="d")]))
    unknown = {
        "loss": dict(optimizer="adam", loss=dice_loss, metrics=["mae"]),
        "loss_class": dict(optimizer="adam", loss=DiceLoss()),
        "loss_lambda": dict(optimizer="sgd", loss=lambda y, p: ops.sum(y * p)),
        "metric": dict(optimizer="adam", loss="mean_squared_error", metrics=["mean_absolute_error", dice_loss]),
        "optimizer": dict(optimizer=keras.optimizers.Muon(), loss="mean_squared_error"),
    }
    for name, args in unknown.items():
        model = make()
        model.compile(**args)
        if name == "optimizer":
            fit(model)
        save(model, f"unknown_{name}.keras")
        if name in ("loss", "metric"):
            model.save(OUT / f"unknown_{name}.h5")
    record("unknown", make(), x)

    model = make()
    model.compile("adam", "mean_squared_error")
    save(model, "no_optimizer.keras")

    def without(config):
        del config["compile_config"]["optimizer"]
        return config

    edit(OUT / "no_optimizer.keras", without)

    # Under this policy Keras wraps the optimizer.
    keras.config.set_dtype_policy("mixed_float16")
    model = make()
    model.compile("adam", "mse")
    fit(model)
    save(model, "mixed.keras")
    model.save(OUT / "mixed.h5")
    inner = [tensor(v) for v in model.optimizer.inner_optimizer.variables]
    record("mixed", model, x, optimizer=inner)
    keras.config.set_dtype_policy("float32")

    for name, before in (("unfrozen", False), ("frozen", True)):
        model = randomize(keras.Sequential([keras.Input((3,)), L.Dense(3, name="a"), L.Dense(1, name="b")]))
        model.get_layer("a").trainable = before
        model.compile("adam", "mean_squared_error")
        fit(model)
        model.get_layer("a").trainable = not before
        save(model, f"{name}.keras")
        if name == "unfrozen":
            model.save(OUT / f"{name}.h5")
        record(name, model, x)

    # A model within that is compiled itself, as those of GANs are.
    judge = randomize(keras.Sequential([keras.Input((2,)), L.Dense(1)], name="judge"))
    judge.compile("adam", "mean_squared_error")
    judge.fit(x[:, :2], np.ones((4, 1)), verbose=0)
    i = keras.Input((3,))
    model = randomize(keras.Model(i, judge(L.Dense(2)(i))))
    model.compile("sgd", "mean_squared_error")
    save(model, "compiled_within.keras")
    record("compiled_within", model, x)

    growing()


def growing():
    """Arrays that may grow, in the latest format: their chunks are listed by a B-tree of version 2 where several axes may,
    in an extensible array where one may, in a fixed array where none may, or there is one chunk."""
    with h5py.File(OUT / "growing.h5", "w", libver="latest") as f:
        def put(name, shape, maxshape, chunks, part=None, dtype="<f4", **how):
            data = f.create_dataset(name, shape, dtype, maxshape=maxshape, chunks=chunks, fillvalue=-1, **how)
            values = np.arange(np.prod(shape)).reshape(shape)
            where = part or tuple(slice(None) for _ in shape)
            data[where] = values[where]

        put("tree", (7, 5), (None, None), (3, 2))
        put("tree_gzip", (7, 5), (None, None), (3, 2), compression="gzip", shuffle=True, fletcher32=True)
        put("tree_part", (9, 9), (None, None), (2, 2), (slice(2, 5), slice(0, 3)))
        put("tree_deep", (20, 12), (None, None), (1, 1), dtype="u1")
        put("one", (7, 5), (None, 5), (3, 2))
        put("one_second", (5, 7), (5, None), (2, 3), dtype=">f8")
        put("one_gzip", (120,), (None,), (4,), compression="gzip")
        put("one_long", (400,), (None,), (1,), dtype="<i2")
        put("one_part", (40,), (None,), (4,), (slice(30, 34),))
        put("one_axes", (6, 4, 3), (6, None, 3), (2, 3, 2), shuffle=True)
        put("fixed", (7, 5), (9, 5), (3, 2))
        put("fixed_gzip", (30,), (40,), (2,), compression="gzip", dtype="<i2")
        put("fixed_long", (1500,), (2500,), (1,), (slice(700, 1100),), dtype="i1")
        put("fixed_part", (9, 4), (12, 12), (2, 2), (slice(4, 6), slice(2, 4)))
        put("single", (4, 3), (4, 3), (4, 3), compression="gzip")
        put("implicit", (4, 3), None, (2, 3))
        put("empty", (0, 3), (None, 3), (2, 3))
        grown = f.create_dataset("grown", (2, 2), "<f4", maxshape=(None, None), chunks=(2, 2), fillvalue=-1)
        grown[...] = 1
        grown.resize((3, 5))
        shrunk = f.create_dataset("shrunk", (6, 6), "<f4", maxshape=(None, None), chunks=(2, 2))
        shrunk[...] = 2
        shrunk.resize((3, 1))
    with h5py.File(OUT / "growing.h5") as f:
        entry = {name: tensor(data[()]) for name, data in f.items()}
    (OUT / "growing.json").write_text(json.dumps(entry) + "\n")


def keras_2():
    keras.backend.clear_session()
    x = numbers((4, 4), 9)
    i = keras.Input((4,))
    inner = keras.Model(i, L.Dense(3, name="c")(L.Dense(4, name="b")(i)), name="inner")
    j = keras.Input((4,))
    y = L.Flatten()(L.BatchNormalization(name="n")(L.Dense(4, name="a")(j)))
    model = randomize(keras.Model(j, L.Dense(2, name="e")(inner(L.Dense(4, name="d")(y)))))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, np.ones((4, 2)), epochs=2, verbose=0)
    save(model, "keras_2_13.keras")
    after = [tensor(v) for v in model.optimizer.variables]
    record("keras_2_13", model, x, optimizer=after)

    def modules(config):
        return json.loads(json.dumps(config).replace("tf_keras.src", "keras.src"))

    # How 2.13 names layers: those with weights stand twice in the list (engine/functional.py, saving/saving_lib.py).
    twice = {
        "layers/dense/": "dense", "layers/batch_normalization/": "batch_normalization", "layers/dense_1/": "dense_2",
        "layers/functional/layers/dense/": "functional/_layer_checkpoint_dependencies/dense",
        "layers/functional/layers/dense_1/": "functional/_layer_checkpoint_dependencies/dense_2",
        "layers/dense_2/": "dense_4",
    }

    def doubled(name):
        for old, new in sorted(twice.items(), key=lambda p: -len(p[0])):
            if name.startswith(old):
                return f"_layer_checkpoint_dependencies/{new}/" + name[len(old):]
        return name

    edit(OUT / "keras_2_13.keras", modules, lambda old, new: copy(old, new, doubled), "2.13.1")
    # On Windows the names had backslashes.
    save(model, "keras_2_12_windows.keras")
    edit(OUT / "keras_2_12_windows.keras", modules,
         lambda old, new: copy(old, new, lambda n: n.replace("/", "\\").replace("\\vars\\", "/vars/")), "2.12.0")

    def frozen(name, layers):
        i = keras.Input((4,))
        base = keras.Model(i, L.Dense(4, name="c")(L.BatchNormalization(name="b")(L.Dense(4, name="a")(i))), name="base")
        base.trainable = bool(layers)
        for layer in layers:
            base.get_layer(layer).trainable = False
        j = keras.Input((4,))
        model = randomize(keras.Model(j, L.Dense(2)(base(j, training=False))))
        model.save(OUT / f"{name}.h5")
        save(model, f"{name}.keras")
        record(name, model, x)
        return model

    frozen("frozen_base", [])
    frozen("frozen_first", ["a"])
    model = frozen("frozen_two", ["a", "b"])
    # The same weights, saved alone when everything was trainable.
    model.trainable = True
    model.save_weights(OUT / "frozen_two_weights.h5", save_format="h5")

    # Keras 2 computes cross-entropies from the logits of a softmax or a sigmoid that comes last.
    model = randomize(keras.Sequential([keras.Input((4,)), L.Dense(3, activation="softmax", name="d"), L.Rescaling(1.0)]))
    names = ["kullback_leibler_divergence", "kld", "kl_divergence", "logcosh", "log_cosh", "huber_loss", "huber", "mean_squared_error", "mse",
             "MSE", "mean_absolute_error", "mae", "mape", "msle", "binary_crossentropy", "bce", "categorical_crossentropy",
             "cosine_similarity", "cosine_proximity", "hinge", "squared_hinge", "categorical_hinge", "poisson"]
    y = numbers((4, 3), 5)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    model.compile(keras.optimizers.legacy.SGD(0.05, momentum=0.9, decay=0.1), keras.losses.Huber(2.0),
                  metrics=["acc", "mse", keras.metrics.AUC()])
    model.fit(x, y, epochs=2, batch_size=2, shuffle=False, verbose=0)
    model.save(OUT / "keras_2_objects.h5")
    save(model, "keras_2_objects.keras")
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    values = {}
    for name in names:
        try:
            again.compile("adam", name, metrics=["mse", "cosine_similarity", "acc"])
            values[name] = [float(v) for v in again.evaluate(x, y, verbose=0)]
        except ValueError as error:
            print("Keras 2 does not know", name, str(error)[:60])
    record("keras_2_objects", model, x, losses=values, targets=[tensor(y)])
    # Two more epochs: the decay counts from the fifth step on.
    model.fit(x, y, epochs=2, batch_size=2, shuffle=False, verbose=0)
    more = json.loads((OUT / "keras_2_objects.json").read_text()) | {"after": [tensor(w) for w in model.get_weights()]}
    (OUT / "keras_2_objects.json").write_text(json.dumps(more) + "\n")

    def wrapped(config):
        config["compile_config"]["optimizer"] = {"module": "keras.optimizers", "class_name": "Adam", "registered_name": None, "config": {
            "name": None, "weight_decay": None, "jit_compile": True, "is_legacy_optimizer": False,
            "learning_rate": {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "registered_name": None,
                              "config": schedule.get_config()}}}
        return modules(config)

    edit(OUT / "keras_2_objects.keras", wrapped, None, "2.13.1")


OUT.mkdir(parents=True, exist_ok=True)
if KERAS_2:
    keras_2()
else:
    keras_3()
