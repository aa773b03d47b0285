"""What callbacks do in runs whose values follow a script: when they stop, what they restore, log, print and refuse.

Training changes nothing (all inputs are 0); a first callback sets the values of each epoch, and the one weight to the
number of the epoch.
"""
import contextlib
import io
import os
import tempfile
import warnings

import keras
import numpy as np
from common import config, save

C = keras.callbacks


class Script(C.Callback):
    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        for name, values in self.values.items():
            if values[epoch] is None:
                logs.pop(name, None)
            else:
                logs[name] = values[epoch]
        self.model.set_weights([np.full((1, 1), epoch + 1, "float32")])


def run(name, values, callbacks, metrics=(), epochs=None, validation=True, validation_freq=1, rate=0.6):
    """`callbacks`: pairs of a class's name and its arguments; LearningRateScheduler's are rates by which to multiply."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, activation="sigmoid")])
    metrics = [keras.saving.deserialize_keras_object(m) if isinstance(m, dict) else m for m in metrics]
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=metrics)
    x, y = np.zeros((4, 1), "float32"), np.array([[0.0], [1.0], [0.0], [1.0]], "float32")
    epochs = epochs or max(len(v) for v in values.values())
    case = {
        "name": name, "values": values, "callbacks": callbacks, "epochs": epochs, "validation": validation,
        "validation_freq": validation_freq, "rate": rate, "metrics": [m if isinstance(m, str) else config(m) for m in metrics],
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")

        def make(kind, args):
            args = dict(args)
            if kind == "LearningRateScheduler":
                factors = args.pop("factors")
                return C.LearningRateScheduler(lambda epoch, lr: lr * factors[epoch], **args)
            for key in ("filename", "filepath"):
                if key in args:
                    args[key] = os.path.join(folder, args[key])
            return getattr(C, kind)(**args)

        made = [make(kind, args) for kind, args in callbacks]
        try:
            history = model.fit(x, y, epochs=epochs, verbose=0, shuffle=False, callbacks=[Script(values), *made],
                                validation_data=(x, y) if validation else None, validation_freq=validation_freq)
        except (ValueError, RuntimeError) as e:
            case["error"] = str(e)[:80]
        else:
            case["epochs_run"] = len(history.epoch)
            case["history"] = {k: [float(np.mean(v)) for v in vs] for k, vs in history.history.items()}
            case["weight"] = float(model.get_weights()[0][0, 0])
            case["learning_rate"] = float(model.optimizer.learning_rate)
            case["best_epochs"] = [c.best_epoch for c in made if isinstance(c, C.EarlyStopping)]
            files = {}
            for file in sorted(os.listdir(folder)):
                path = os.path.join(folder, file)
                if file.endswith(".csv"):
                    files[file] = open(path, newline="").read()
                else:
                    files[file] = float(keras.models.load_model(path).get_weights()[0][0, 0])
            case["files"] = files
        case["printed"] = out.getvalue().replace(folder + os.sep, "FOLDER/")
    return case


FALLS = [1.79, 1.48, 1.24, 1.05, 0.91, 0.8, 0.7, 0.61, 0.53, 0.46, 0.41, 0.36]
WAVES = [1.0, 0.8, 0.9, 0.7, 0.75, 0.72, 0.71, 0.69, 0.9, 1.1, 1.2, 1.3]
M = keras.metrics


def main():
    stop = lambda **args: ["EarlyStopping", {"verbose": 1, "restore_best_weights": True, **args}]
    plateau = lambda **args: ["ReduceLROnPlateau", {"verbose": 1, **args}]
    best = lambda **args: ["ModelCheckpoint", {"filepath": "best.keras", "verbose": 1, "save_best_only": True, **args}]
    csv = ["CSVLogger", {"filename": "log.csv"}]
    cases = [
        run("falls, baseline not reached", {"val_loss": FALLS}, [stop(patience=4, baseline=0.001)]),
        run("falls, baseline reached", {"val_loss": FALLS}, [stop(patience=4, baseline=3.0)]),
        run("waves, baseline between", {"val_loss": WAVES}, [stop(patience=3, baseline=0.75)]),
        run("waves, baseline never", {"val_loss": WAVES}, [stop(patience=3, baseline=0.1)]),
        run("waves", {"val_loss": WAVES}, [stop(patience=2)]),
        run("waves, min_delta", {"val_loss": WAVES}, [stop(patience=2, min_delta=0.05)]),
        run("waves, start_from_epoch", {"val_loss": WAVES}, [stop(patience=1, start_from_epoch=3)]),
        run("waves, no patience", {"val_loss": WAVES}, [stop()]),
        run("waves, last weights", {"val_loss": WAVES}, [stop(patience=2, restore_best_weights=False)]),
        run("mode max", {"val_loss": WAVES}, [stop(patience=3, mode="max")]),
        run("training loss", {"loss": WAVES}, [stop(monitor="loss", patience=2)], validation=False),
    ]
    # Each metric says which way is up; values that rise, then fall.
    peak = [0.2, 0.5, 0.4, 0.3, 0.2]
    for metric in [
        M.Precision(name="precision"), M.Recall(name="recall"), M.AUC(name="auc"), M.AUC(name="roc"), M.R2Score(), M.F1Score(threshold=0.5), M.BinaryIoU(),
        M.MeanSquaredError(), M.BinaryAccuracy(name="hits"), M.CosineSimilarity(), M.BinaryCrossentropy(),
        M.TruePositives(), M.FalseNegatives(),
    ]:
        fields = config(metric)
        values = {f"val_{metric.name}": peak}
        cases.append(run(f"auto {metric.name}", values, [stop(monitor=f"val_{metric.name}", patience=9)], [fields]))
    two = [config(M.AUC(name="auc")), config(M.AUC(name="auc_1"))]
    cases += [
        run("auto of the second", {"val_auc_1": peak}, [stop(monitor="val_auc_1", patience=9)], two),
        run("no metric", {"extra": peak}, [stop(monitor="extra", patience=9)]),
        run("no metric, mode given", {"extra": peak}, [stop(monitor="extra", patience=9, mode="max")]),
        run("learning rate is no metric", {"val_loss": peak}, [plateau(), stop(monitor="learning_rate")]),
        run("checkpoint of no metric", {"extra": peak}, [best(monitor="extra")]),
    ]
    cases += [
        run("scheduler", {"loss": FALLS[:4]}, [["LearningRateScheduler", {"factors": [0.5] * 4, "verbose": 1}], csv]),
        run("scheduler, small", {"loss": FALLS[:3]}, [["LearningRateScheduler", {"factors": [1e-4, 0.1, 1.0], "verbose": 1}], csv]),
        run("log before the scheduler", {"loss": FALLS[:3]}, [csv, ["LearningRateScheduler", {"factors": [0.5] * 3}]]),
        run("plateau", {"val_loss": WAVES}, [plateau(patience=1, factor=0.5), csv]),
        run("plateau, cooldown", {"val_loss": [1.0] * 10}, [plateau(patience=2, factor=0.1, cooldown=2)]),
        run("plateau, min_lr", {"val_loss": [1.0] * 8}, [plateau(patience=1, factor=0.5, min_lr=0.2, cooldown=1)]),
        run("plateau at min_lr, then better", {"val_loss": [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]},
            [plateau(patience=2, factor=0.25, min_lr=0.3, cooldown=3)]),
        run("plateau, recall", {"val_recall": peak}, [plateau(monitor="val_recall", patience=1, factor=0.5)], [config(M.Recall(name="recall"))]),
        run("rates of two", {"val_loss": WAVES[:6]},
            [["LearningRateScheduler", {"factors": [0.9] * 6}], plateau(patience=1, factor=0.5), csv]),
        run("validation every second epoch", {"loss": FALLS[:6]}, [csv], validation_freq=2),
    ]
    cases += [
        run("best", {"val_loss": WAVES}, [best()]),
        run("best, threshold", {"val_loss": WAVES}, [best(initial_value_threshold=0.75)]),
        run("best, recall", {"val_recall": peak}, [best(monitor="val_recall")], [config(M.Recall(name="recall"))]),
        run("every epoch", {"val_loss": WAVES[:3]}, [["ModelCheckpoint", {"filepath": "m-{epoch:02d}-{val_loss:.2f}.keras", "verbose": 1}]]),
        run("every second batch", {"val_loss": WAVES[:5]},
            [["ModelCheckpoint", {"filepath": "b{epoch}-{batch}.keras", "verbose": 1, "save_freq": 2}]]),
    ]
    save("callbacks", cases, "callbacks in runs whose values follow a script")


if __name__ == "__main__":
    main()
