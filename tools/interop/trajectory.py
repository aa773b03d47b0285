"""Trains models from Keras with `cornu train` and with Keras itself, and compares the losses of every epoch.

    python tools/interop/trajectory.py [--cornu target/release/cornu]

Both start from the same compiled .keras file, take the same batches in the same order (50 steps: 10 epochs of 5 batches)
and must agree to 1e-4 of the loss, for SGD, RMSprop and Adam.
"""
import argparse
import csv
import pathlib
import subprocess
import tempfile

import check  # sets Keras's environment
import keras
import numpy as np
from keras import layers as L
from models import numbers

TOLERANCE = 1e-4
ROWS, BATCH, EPOCHS = 160, 32, 10


def dense():
    return keras.Sequential([keras.Input((12,)), L.Dense(32, activation="relu"), L.LayerNormalization(), L.Dense(16, activation="tanh"),
                             L.Dense(4, activation="softmax")])


def convolutional():
    return keras.Sequential([keras.Input((12, 12, 2)), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(),
                             L.Conv2D(8, 3, strides=2, padding="same", activation="elu"), L.GlobalAveragePooling2D(),
                             L.Dense(4, activation="softmax")])


def embedding():
    return keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(20, 8), L.Conv1D(8, 3, padding="causal"), L.PReLU(),
                             L.Flatten(), L.Dense(4, activation="softmax")])


MODELS = {"dense": dense, "convolutional": convolutional, "embedding": embedding}
RULES = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.002),
    "adam": lambda: keras.optimizers.Adam(0.002),
}


def inputs(model):
    shape = (ROWS, *model.input_shape[1:])
    if model.inputs[0].dtype == "int32":
        return np.random.default_rng(3).integers(0, 20, shape).astype("int32")
    return numbers(shape, 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cornu", default="target/release/cornu")
    args = parser.parse_args()
    worst, failed = 0.0, 0
    for name, make in MODELS.items():
        for rule, optimizer in RULES.items():
            keras.utils.set_random_seed(1)
            model = make()
            model.compile(optimizer(), loss="sparse_categorical_crossentropy")
            x = inputs(model)
            y = np.random.default_rng(4).integers(0, 4, ROWS).astype("int32")
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                model.save(folder / "m.keras")
                np.savez(folder / "d.npz", x=x, y=y)
                run = ["train", "m.keras", "--data", "d.npz", "--epochs", EPOCHS, "--batch-size", BATCH, "--no-shuffle", "--out", "out"]
                done = subprocess.run([pathlib.Path(args.cornu).resolve(), *map(str, run)], cwd=folder, capture_output=True, text=True)
                if done.returncode:
                    raise SystemExit(f"{name} {rule}: {done.stderr}")
                with open(folder / "out/history.csv") as file:
                    ours = np.array([float(row["loss"]) for row in csv.DictReader(file)])
            theirs = np.array(model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, shuffle=False, verbose=0).history["loss"])
            difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
            worst, failed = max(worst, difference), failed + (difference > TOLERANCE)
            print(f"{name:14} {rule:8} loss {theirs[0]:.4f} to {theirs[-1]:.4f}, difference {difference:.1e}")
    print(f"largest difference {worst:.1e}, {failed} failed")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
