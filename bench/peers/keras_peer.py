"""Keras on TensorFlow: graph mode, with XLA (variant xla), and inside fit with steps_per_execution (fit)."""
import os
from functools import partial

from common import serve, set_threads

threads = set_threads()
os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

tf.config.threading.set_intra_op_parallelism_threads(threads)
keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)

# How many steps of fit one call stands for, and how many of them run as one.
FIT_STEPS, STEPS_PER_EXECUTION = 16, 16


def uniform(*shape):
    return rng.random(shape, dtype=np.float32)


class VaeLoss(layers.Layer):
    """Draws a latent point and adds the divergence to the loss."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, pair):
        mean, log_var = pair
        spread = log_var + 1 - ops.square(mean) - ops.exp(log_var)
        self.add_loss(ops.mean(spread) * -5e-4)
        return mean + ops.exp(log_var) * keras.random.normal(ops.shape(mean), seed=self.seeds)


def autoencoder():
    decoder = keras.Sequential([
        keras.Input((2,)),
        layers.Dense(14 * 14 * 64, activation="relu"),
        layers.Reshape((14, 14, 64)),
        layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ])
    picture = keras.Input((28, 28, 1))
    h = picture
    for filters, strides in ((32, 1), (64, 2), (64, 1), (64, 1)):
        h = layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu")(h)
    h = layers.Dense(32, activation="relu")(layers.Flatten()(h))
    point = VaeLoss()([layers.Dense(2)(h), layers.Dense(2)(h)])
    return keras.Model(picture, decoder(point)), decoder


def perceptron():
    return keras.Sequential([
        keras.Input((784,)),
        layers.Dense(512, activation="relu"), layers.Dropout(0.2),
        layers.Dense(512, activation="relu"), layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ])


def convnet():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ])


def training(variant, model, optimizer, loss, x, y):
    """One step; inside `fit` on copies of the batch for variant fit."""
    jit = variant == "xla"
    if variant != "fit":
        model.compile(optimizer, loss, jit_compile=jit)
        return {"train_step": lambda: model.train_on_batch(x, y) and None}
    model.compile(optimizer, loss, jit_compile=False, steps_per_execution=STEPS_PER_EXECUTION)
    copies = lambda a: np.concatenate([a] * FIT_STEPS)
    xs, ys, batch = copies(x), copies(y), len(x)

    def fit():
        model.fit(xs, ys, batch_size=batch, verbose=0)
        return FIT_STEPS

    return {"train_step": fit}


def gan(batch):
    leaky = layers.LeakyReLU
    generator = keras.Sequential([
        keras.Input((32,)), layers.Dense(128 * 16 * 16), leaky(), layers.Reshape((16, 16, 128)),
        layers.Conv2D(256, 5, padding="same"), leaky(),
        layers.Conv2DTranspose(256, 4, strides=2, padding="same"), leaky(),
        layers.Conv2D(256, 5, padding="same"), leaky(),
        layers.Conv2D(256, 5, padding="same"), leaky(),
        layers.Conv2D(3, 7, padding="same", activation="tanh"),
    ])
    stack = [keras.Input((32, 32, 3)), layers.Conv2D(128, 3), leaky()]
    for _ in range(3):
        stack += [layers.Conv2D(128, 4, strides=2), leaky()]
    stack += [layers.Flatten(), layers.Dropout(0.4), layers.Dense(1, activation="sigmoid")]
    discriminator = keras.Sequential(stack)
    optimizer = lambda rate: keras.optimizers.RMSprop(rate, clipvalue=1.0)
    discriminator.compile(optimizer(8e-4), "binary_crossentropy", jit_compile=False)
    whole = keras.Sequential([keras.Input((32,)), generator, discriminator])
    whole.compile(optimizer(4e-4), "binary_crossentropy", jit_compile=False)
    real, ones = uniform(batch, 32, 32, 3), np.ones((batch, 1), np.float32)
    labels = np.concatenate([ones, 0 * ones])
    noise = lambda: rng.standard_normal((batch, 32), dtype=np.float32)

    def step():
        fakes = generator.predict_on_batch(noise())
        discriminator.trainable = True
        discriminator.train_on_batch(np.concatenate([fakes, real * 2 - 1]), labels)
        discriminator.trainable = False
        whole.train_on_batch(noise(), 0 * ones)

    return {"gan_step": step}


def epoch(variant):
    model, x, y = perceptron(), uniform(60_000, 784), rng.integers(0, 10, 60_000, np.int32)
    steps = STEPS_PER_EXECUTION if variant == "fit" else 1
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=variant == "xla",
                  steps_per_execution=steps)
    return {"epoch": lambda: model.fit(x, y, batch_size=128, verbose=0) and None}


def forward(model, x, metric, variant):
    call = tf.function(partial(model, training=False), jit_compile=variant == "xla")
    tensor = tf.constant(x)
    return {metric: lambda: call(tensor).numpy() is None or None}


def prepare(variant, workload, batch):
    labels = rng.integers(0, 10, batch or 1, np.int32)
    sparse = "sparse_categorical_crossentropy"
    if workload == "W1":
        x = uniform(batch, 28, 28, 1)
        return training(variant, autoencoder()[0], keras.optimizers.RMSprop(), "binary_crossentropy", x, x)
    if workload == "W1d":
        return forward(autoencoder()[1], rng.standard_normal((batch, 2), dtype=np.float32), "decode", variant)
    if workload == "W2":
        return gan(batch)
    if workload == "W3":
        return training(variant, perceptron(), "adam", sparse, uniform(batch, 784), labels)
    if workload == "W3e":
        return epoch(variant)
    if workload == "W4":
        return training(variant, convnet(), "adam", sparse, uniform(batch, 28, 28, 1), labels)
    return forward(convnet(), uniform(batch, 28, 28, 1), "latency", variant)


serve(prepare, {"TensorFlow": tf.__version__, "Keras": keras.__version__}, keras.backend.clear_session)
