"""What every golden_*.py shares: fixed inputs, JSON encoding, the output folder.

A tensor is written as {"shape", "dtype", "data"}: `data` flat in row-major order, floats in the
shortest form that gives the same float32 back, values that JSON lacks as "inf", "-inf", "nan".
"""
import inspect
import json
import math
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN reorders sums; plain kernels stay closer to the definition.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/cornu/tests/fixtures/keras"


def grid(shape, low=-1.0, high=1.0, seed=0):
    """Fixed values with two decimals, spread over [low, high]: short to list, exact to read."""
    n = int(np.prod(shape, dtype=int))
    # Squares times an irrational fill the unit interval evenly; the differences between seeds vary too.
    unit = ((np.arange(n) + 1 + 13 * seed) ** 2 * 0.6180339887498949) % 1.0
    return np.round(low + (high - low) * unit, 2).astype("float32").reshape(shape)


def cotangent(shape):
    """Weights of the scalar sum(output * cotangent) whose gradients are recorded."""
    n = int(np.prod(shape, dtype=int))
    return (((np.arange(n) * 7) % 11 - 5) / 10).astype("float32").reshape(shape)


def number(x):
    """A scalar as JSON can hold it."""
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, np.float64):
        x = float(x)
    x = float(str(x)) if isinstance(x, np.floating) else x
    if not math.isfinite(x):
        return str(x)
    return int(x) if x == int(x) and abs(x) < 2**53 else x


def tensor(x):
    x = np.asarray(keras.ops.convert_to_numpy(x))
    return {"shape": list(x.shape), "dtype": str(x.dtype), "data": [number(v) for v in x.ravel()]}


def scalar(x):
    return number(np.asarray(keras.ops.convert_to_numpy(x))[()])


def config(obj):
    """The object exactly as Keras puts it in a file."""
    return keras.saving.serialize_keras_object(obj)


def full_config(cls, kwargs):
    """The same with the arguments that some of Keras's losses and metrics leave out (Huber's delta), and with
    the names of all arguments."""
    out = config(cls(**kwargs))
    for name, value in kwargs.items():
        out["config"].setdefault(name, value)
    out["arguments"] = sorted(inspect.signature(cls.__init__).parameters)
    return out


def save(name, cases, about):
    OUT.mkdir(parents=True, exist_ok=True)
    head = {"about": about, "keras": keras.__version__, "backend": keras.backend.backend()}
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n")
    json.loads(path.read_text())
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")


def save_text(name, text):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(text)
    print(f"{name}: {len(text.splitlines())} lines")
