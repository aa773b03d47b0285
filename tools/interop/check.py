"""Passes models from Keras to Cornu and back, and compares the predictions.

    python tools/interop/check.py [--cornu target/release/cornu] [NAME ...]

For every model of models.py: Keras saves it, `cornu predict` answers for the .keras and the .h5 file; then `cornu
convert` writes .keras, .h5, .weights.h5 and sharded .weights.json files, which Keras opens, and an .onnx file, which
onnxruntime runs for all rows and for one. Compiled models `cornu train` trains on, and Keras opens the result, as it does
the models of `cornu train vae`, `gan` and `classifier`. All answers must agree to 1e-5.
"""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile

# TensorFlow has no convolutions with the channels first on a CPU.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import absl.logging
import keras
import numpy as np
import onnx
import onnxruntime

import models

TOLERANCE = 1e-5

# Keras says for every .h5 file that .keras is newer.
absl.logging.set_verbosity(absl.logging.ERROR)


def flat(outputs):
    return [np.asarray(o) for o in keras.tree.flatten(outputs)]


def answers(model, inputs):
    return flat(model(inputs if len(inputs) > 1 else inputs[0], training=False))


def difference(ours, theirs):
    """The largest difference, relative to the size of the values."""
    if [o.shape for o in ours] != [t.shape for t in theirs]:
        return f"shapes {[o.shape for o in ours]} instead of {[t.shape for t in theirs]}"
    worst = 0.0
    for o, t in zip(ours, theirs):
        o, t = o.astype("float64"), t.astype("float64")
        scale = max(1.0, np.abs(t).max(initial=0))
        worst = max(worst, np.abs(o - t).max(initial=0) / scale)
    return worst


class Check:
    def __init__(self, cornu, folder):
        self.cornu, self.folder, self.failures, self.worst = cornu, folder, [], 0.0
        self.models = self.count = 0
        self.classes = set()

    def run(self, *args):
        done = subprocess.run([self.cornu, *map(str, args)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())

    def predict(self, path, names, inputs):
        args = []
        for name, x in zip(names, inputs):
            at = self.folder / f"{name}.npy"
            np.save(at, x)
            args += ["--input", f"{name}={at}" if len(inputs) > 1 else at]
        self.run("predict", path, *args, "--output", self.folder / "y.npz")
        with np.load(self.folder / "y.npz") as file:
            return [file[name] for name in file.files]

    def compare(self, what, make, expected):
        self.count += 1
        try:
            found = difference(make(), expected() if callable(expected) else expected)
        except Exception as e:
            found = str(e).strip() or repr(e)
        if isinstance(found, str) or not found <= TOLERANCE:
            self.failures.append(what)
            print(f"FAILED {what}: {str(found)[:600]}")
        else:
            self.worst = max(self.worst, found)

    def model(self, name, model, inputs):
        self.models += 1
        self.classes |= {type(layer).__name__ for layer in model._flatten_layers()}
        optimizer = getattr(model, "optimizer", None)
        if optimizer:
            model.fit(inputs, np.ones((len(inputs[0]), *model.output_shape[1:])), epochs=2, batch_size=4, verbose=0)
        expected = answers(model, inputs)
        names = [f"in_{i}" for i in range(len(inputs))]
        written, ends = {}, ["keras", "weights.h5", "weights.json"]
        for end in ["keras", "h5"]:
            path = written[end] = self.folder / f"{name}.{end}"
            try:
                model.save(path)
            except Exception as e:
                print(f"{name}: Keras cannot write .{end}: {str(e)[:100]}")
                continue
            if end == "h5" and readable(path):
                ends.append("h5")
            self.compare(f"{name}.{end} read", lambda: self.predict(path, names, inputs), expected)
        for end in ends:
            back = self.folder / f"{name}_back.{end}"

            def open_in_keras():
                # As many shards as can be.
                largest = max((8 * int(np.prod(w.shape)) for w in model.weights), default=8)
                self.run("convert", written["keras"], back, *(["--max-shard-bytes", largest] if end == "weights.json" else []))
                if end.startswith("weights"):
                    again = keras.models.clone_model(model)
                    if optimizer:
                        again.compile(optimizer.__class__.from_config(optimizer.get_config()), loss="mse")
                    again.load_weights(back)
                else:
                    again = keras.models.load_model(back)
                if optimizer and end == "keras":
                    pairs = zip(again.optimizer.variables, optimizer.variables, strict=True)
                    wrong = [v.path for v, w in pairs if np.abs(np.asarray(v) - np.asarray(w)).max() > 0]
                    if wrong:
                        raise RuntimeError(f"the optimizer's {wrong} differ")
                return answers(again, inputs)

            self.compare(f"{name}.{end} written", open_in_keras, expected)
        self.exported(name, written["keras"], inputs, lambda rows: answers(model, rows), expected)
        if optimizer:
            self.trained(name, written["keras"], inputs, model.output_shape[1:])

    def trained(self, name, saved, inputs, shape):
        """Cornu trains on what Keras trained; Keras opens it, its optimizer included."""
        data, out = self.folder / "d.npz", self.folder / f"{name}_trained"
        rng = np.random.default_rng(5)
        np.savez(data, x=inputs[0], y=rng.normal(size=(len(inputs[0]), *shape)).astype("float32"))

        def trained():
            self.run("train", saved, "--data", data, "--epochs", 3, "--batch-size", 4, "--out", out)
            again = keras.models.load_model(out / "model.keras")
            if int(again.optimizer.iterations) != int(keras.models.load_model(saved).optimizer.iterations) + 6:
                raise RuntimeError(f"the optimizer is at step {int(again.optimizer.iterations)}")
            if not difference(answers(again, inputs), answers(keras.models.load_model(saved), inputs)) > 1e-3:
                raise RuntimeError("training changed nothing")
            return answers(again, inputs)

        self.compare(f"{name} trained on", trained, lambda: self.predict(out / "model.keras", ["in_0"], inputs))

    def made(self, kind, pictures, wanted, *options):
        """Models that Cornu makes and trains, of which Keras knows nothing."""
        data, out = self.folder / f"{kind}.npz", self.folder / kind
        self.models += 1
        np.savez(data, **pictures)
        self.run("train", kind, "--data", data, "--out", out, *options)
        for file, shape in wanted.items():
            x = [models.numbers((5, *shape), low=0.0)]

            def opened():
                return answers(keras.models.load_model(out / file, custom_objects={"Sampling": Sampling}), x)[:2]

            self.compare(f"{kind}/{file}", opened, lambda: self.predict(out / file, ["in_0"], x)[:2])

    def exported(self, name, saved, inputs, again, expected):
        path = self.folder / f"{name}.onnx"

        def run(rows):
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            return session.run(None, {i.name: x for i, x in zip(session.get_inputs(), rows, strict=True)})

        def whole():
            self.run("convert", saved, path)
            onnx.checker.check_model(onnx.load(path), full_check=True)
            return run(inputs)

        self.compare(f"{name}.onnx", whole, expected)
        one = [x[:1] for x in inputs]
        self.compare(f"{name}.onnx, one row", lambda: run(one), again(one))


class Sampling(keras.layers.Layer):
    """The layer of `cornu train vae` that is none of Keras's; its output is random and not compared."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs[0]


def pictures(shape, labels=10):
    rng = np.random.default_rng(6)
    parts = {"train": 40, "test": 20}
    made = {f"x_{part}": rng.integers(0, 256, (n, *shape)).astype("uint8") for part, n in parts.items()}
    return made | {f"y_{part}": (np.arange(n) % labels).astype("uint8") for part, n in parts.items()}


# What `cornu train` makes: the pictures, the inputs of the models that come out, options.
MADE = {
    "vae": (pictures((28, 28)), {"decoder.keras": (2,), "encoder.keras": (28, 28, 1)}, "--epochs", 2),
    "classifier": (pictures((28, 28)), {"model.keras": (28, 28, 1)}, "--epochs", 2),
    "gan": (pictures((32, 32, 3)), {"generator.keras": (32,)}, "--steps", 2, "--batch-size", 4),
}


def missing(classes):
    """Layers that Cornu knows and no model has; a Lambda's function is none that both could know."""
    list_of_all = pathlib.Path(__file__).parents[2] / "crates/cornu/src/layers/registry.rs"
    known = re.search(r"^layers! \{(.*?)^\}", list_of_all.read_text(), re.DOTALL | re.MULTILINE)
    return set(re.findall(r"\w+", known[1])) - classes - {"Lambda"}


def readable(path):
    """Whether Keras reads its own legacy file: it does not where it knows a metric as "mse", or an ellipsis."""
    try:
        keras.models.load_model(path)
        return True
    except Exception:
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cornu", default="target/release/cornu")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(args.cornu, pathlib.Path(folder))
        for name, model, inputs in models.everything():
            if not args.names or any(n in name for n in args.names):
                check.model(name, model, inputs)
        for kind, arguments in MADE.items():
            if not args.names or any(n in kind for n in args.names):
                check.made(kind, *arguments)
    if not args.names and missing(check.classes):
        check.failures.append("all layers")
        print(f"FAILED all layers: no model has {', '.join(sorted(missing(check.classes)))}")
    print(f"{check.models} models, {check.count} comparisons, {len(check.failures)} failed, largest difference {check.worst:.1e}")
    raise SystemExit(bool(check.failures))


if __name__ == "__main__":
    main()
