"""What Keras prints: summary() of several models, fit's output when piped, and parameter counts."""
import contextlib
import io
import os
import re

os.environ["COLUMNS"] = "200"  # wide enough for the tables' natural width

import keras
import numpy as np
from common import config, save, save_text
from keras import layers as L


def encoder():
    x = h = keras.Input((28, 28, 1), name="image")
    for filters, stride in ((32, 1), (64, 2), (64, 1), (64, 1)):
        h = L.Conv2D(filters, 3, stride, padding="same", activation="relu")(h)
    h = L.Dense(32, activation="relu")(L.Flatten()(h))
    mean, log_var = L.Dense(2, name="z_mean")(h), L.Dense(2, name="z_log_var")(h)
    return keras.Model(x, [mean, log_var], name="encoder")


def decoder():
    return keras.Sequential([
        keras.Input((2,)), L.Dense(14 * 14 * 64, activation="relu"), L.Reshape((14, 14, 64)),
        L.Conv2DTranspose(32, 3, 2, padding="same", activation="relu"),
        L.Conv2D(1, 3, padding="same", activation="sigmoid")], name="decoder")


def vae():
    x = keras.Input((28, 28, 1), name="image")
    e, d = encoder(), decoder()
    mean, log_var = e(x)
    return keras.Model(x, d(L.Add(name="z")([mean, log_var])), name="vae")


def cnn():
    return keras.Sequential([
        keras.Input((28, 28, 1)), L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(), L.BatchNormalization(),
        L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dropout(0.5), L.Dense(10, activation="softmax")], name="cnn")


def generator():
    act = L.LeakyReLU
    x = keras.Input((32,), name="noise")
    h = act()(L.Dense(128 * 16 * 16)(x))
    h = L.Reshape((16, 16, 128))(h)
    h = act()(L.Conv2D(256, 5, padding="same")(h))
    h = act()(L.Conv2DTranspose(256, 4, strides=2, padding="same")(h))
    h = act()(L.Conv2D(256, 5, padding="same")(h))
    h = act()(L.Conv2D(256, 5, padding="same")(h))
    return keras.Model(x, L.Conv2D(3, 7, activation="tanh", padding="same")(h), name="generator")


def discriminator():
    x = keras.Input((32, 32, 3), name="picture")
    h = L.LeakyReLU()(L.Conv2D(128, 3)(x))
    for _ in range(3):
        h = L.LeakyReLU()(L.Conv2D(128, 4, strides=2)(h))
    h = L.Dropout(0.4)(L.Flatten()(h))
    return keras.Model(x, L.Dense(1, activation="sigmoid")(h), name="discriminator")


def gan():
    g, d = generator(), discriminator()
    d.compile("rmsprop", "binary_crossentropy")
    d.trainable = False
    x = keras.Input((32,), name="latent")
    return keras.Model(x, d(g(x)), name="gan")


def frozen_part():
    model = cnn()
    model.layers[0].trainable = False
    return model


def trained():
    """Compiled and trained: the optimizer's variables appear."""
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, activation="relu"), L.Dense(1)], name="trained")
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 1)), verbose=0)
    return model


def wide():
    """Long names, a layer used twice, many inputs in one cell, two outputs, a model inside, parameters that are not trained."""
    a, b = keras.Input((16,), name="a"), keras.Input((16,), name="the_second_of_the_inputs")
    shared = L.Dense(16, name="a_layer_with_a_name_that_is_much_longer_than_its_column_is_wide")
    parts = [shared(a), shared(b), L.BatchNormalization(name="norm")(b)]
    inner = keras.Sequential([keras.Input((16,)), L.Dense(8, activation="relu", name="first"), L.Dense(16, name="second")], name="inner")
    parts += [inner(parts[0]), L.LayerNormalization(name="layer_norm")(inner(parts[2]))]
    h = L.Concatenate(name="all_together")(parts)
    frozen = L.Dense(1234, name="frozen", trainable=False)
    return keras.Model([a, b], [frozen(h), L.Dense(1, name="small")(L.Add(name="sum")(parts))], name="wide")


def stacked():
    """Sequential models in sequential models."""
    innermost = keras.Sequential([L.Dense(3, name="d"), L.Dense(2, name="e")], name="innermost")
    inner = keras.Sequential([L.Dense(5, name="b"), innermost], name="inner")
    return keras.Sequential([keras.Input((4,)), L.Dense(6, name="a"), inner, L.Dense(1, name="f")], name="stacked")


def unbuilt():
    return keras.Sequential([L.Dense(3), L.Dense(1)], name="unbuilt")


def summary(model, **kwargs):
    lines = []
    model.summary(print_fn=lines.append, **kwargs)
    return "\n".join(lines).rstrip() + "\n"


def progress(verbose):
    """Output of fit on a pipe, times replaced by <time>."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), L.Dense(1, kernel_initializer="ones")], name="line")
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=["mae"])
    x = np.linspace(-1, 1, 40).reshape(10, 4).astype("float32")
    y = x.sum(1, keepdims=True) * np.float32(0.5)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        model.fit(x, y, batch_size=4, epochs=2, verbose=verbose, shuffle=False, validation_data=(x[:4], y[:4]))
        model.evaluate(x, y, batch_size=4, verbose=verbose)
        model.predict(x, batch_size=4, verbose=verbose)
    return re.sub(r"\d+(s|ms|us)(?=[\s/\x1b])", "<time>", out.getvalue())


MODELS = (encoder, decoder, vae, cnn, generator, discriminator, gan, frozen_part, wide, stacked, trained, unbuilt)


VARIANTS = {
    "vae": {"nested": dict(expand_nested=True, show_trainable=True)},
    "encoder": {"80": dict(line_length=80)},
    "wide": {"nested": dict(expand_nested=True, show_trainable=True), "60": dict(line_length=60), "160": dict(line_length=160)},
    "stacked": {"nested": dict(expand_nested=True)},
    "frozen_part": {"trainable": dict(show_trainable=True)},
}


def main():
    keras.config.enable_interactive_logging()
    counts, models = [], []
    for make in MODELS:
        keras.backend.clear_session()
        model = make()
        name = make.__name__
        save_text(f"summary_{name}.txt", summary(model))
        models.append({"name": name, "model": config(model)})
        if model.built:
            trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
            counts.append({"model": name, "params": model.count_params(), "trainable": trainable})
        for label, kwargs in VARIANTS.get(name, {}).items():
            save_text(f"summary_{name}_{label}.txt", summary(model, **kwargs))
    save("summary_models", models, "configs of the models whose summaries stand beside")
    save("param_counts", counts, "parameters of the models whose summaries stand beside")
    for verbose in (1, 2):
        save_text(f"progress_verbose_{verbose}.txt", progress(verbose))


if __name__ == "__main__":
    main()
