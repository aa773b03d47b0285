"""Mean-type metrics and accuracies: the result after each of several updates, and after a reset."""
import keras
import numpy as np
from common import config, full_config, grid, save, scalar, tensor
from golden_losses import (BITS, CLASSES, LOGITS, ONE_HOT, POSITIVE_PRED, POSITIVE_TRUE, PROBS, REAL_PRED, REAL_TRUE,
                           SIGNS, SIMPLEX, SOFT, WEIGHTS)
from keras import metrics as M

RANKED = np.float32([[0.1, 0.5, 0.15, 0.2, 0.05], [0.3, 0.25, 0.25, 0.15, 0.05], [0.2, 0.2, 0.2, 0.2, 0.2], [0, 0.1, 0.6, 0.3, 0]])
TOP_CLASSES = np.int32([3, 2, 3, 4])
TOP_ONE_HOT = np.eye(5, dtype="float32")[TOP_CLASSES]


def cases():
    for cls in (M.MeanSquaredError, M.RootMeanSquaredError, M.MeanAbsoluteError, M.MeanAbsolutePercentageError, M.LogCoshError,
                M.CosineSimilarity):
        yield cls, {}, REAL_TRUE, REAL_PRED
    yield M.CosineSimilarity, dict(axis=1), grid((4, 3, 2), seed=1), grid((4, 3, 2), seed=4)
    yield M.MeanSquaredLogarithmicError, {}, POSITIVE_TRUE, POSITIVE_PRED
    yield M.Poisson, {}, POSITIVE_TRUE, POSITIVE_PRED
    yield M.KLDivergence, {}, SOFT, SIMPLEX
    yield M.BinaryCrossentropy, {}, BITS, PROBS
    yield M.BinaryCrossentropy, dict(from_logits=True, label_smoothing=0.2), BITS, LOGITS
    yield M.CategoricalCrossentropy, {}, ONE_HOT, SIMPLEX
    yield M.CategoricalCrossentropy, dict(from_logits=True, label_smoothing=0.1), ONE_HOT, LOGITS
    yield M.SparseCategoricalCrossentropy, {}, CLASSES, SIMPLEX
    yield M.SparseCategoricalCrossentropy, dict(from_logits=True), CLASSES, LOGITS
    for cls in (M.Hinge, M.SquaredHinge):
        yield cls, {}, SIGNS, REAL_PRED
    yield M.CategoricalHinge, {}, ONE_HOT, REAL_PRED
    yield M.Accuracy, {}, np.float32([[1], [2], [3], [4]]), np.float32([[1], [2], [0], [4]])
    yield M.BinaryAccuracy, {}, BITS, PROBS
    yield M.BinaryAccuracy, dict(threshold=0.3), BITS, PROBS
    yield M.CategoricalAccuracy, {}, ONE_HOT, SIMPLEX
    yield M.SparseCategoricalAccuracy, {}, CLASSES, SIMPLEX
    yield M.SparseCategoricalAccuracy, {}, CLASSES[:, None], SIMPLEX
    yield M.TopKCategoricalAccuracy, dict(k=2), TOP_ONE_HOT, RANKED
    yield M.TopKCategoricalAccuracy, dict(k=3), TOP_ONE_HOT, RANKED
    yield M.SparseTopKCategoricalAccuracy, dict(k=2), TOP_CLASSES, RANKED
    yield M.SparseTopKCategoricalAccuracy, dict(k=4), TOP_CLASSES, RANKED


def run(metric, updates):
    steps = []
    for args in updates:
        metric.update_state(*args)
        steps.append(scalar(metric.result()))
    metric.reset_state()
    return steps, scalar(metric.result())


def case(cls, kwargs, y_true, y_pred):
    metric = cls(**kwargs)
    updates = [(y_true, y_pred), (y_true, y_pred, WEIGHTS), (y_true[:3], y_pred[1:], np.float32([1, 0.5, 3])), (y_true[:1], y_pred[:1])]
    results, after = run(metric, updates)
    return {"metric": full_config(cls, kwargs), "after_reset": after, "updates": [
        {"y_true": tensor(u[0]), "y_pred": tensor(u[1]), **({"sample_weight": tensor(u[2])} if len(u) > 2 else {}), "result": r}
        for u, r in zip(updates, results)]}


def value_case(cls):
    metric = cls()
    updates = [(np.float32([1, 2, 3.5]),), (np.float32([4]), np.float32([0.5])), (grid((2, 2), 0, 5), np.float32([1, 2])), (np.float32(7),)]
    results, after = run(metric, updates)
    return {"metric": config(metric), "after_reset": after, "updates": [
        {"values": tensor(u[0]), **({"sample_weight": tensor(u[1])} if len(u) > 1 else {}), "result": r}
        for u, r in zip(updates, results)]}


def accuracy_choice():
    """Which metric 'accuracy' becomes, by the shapes of y_true and y_pred."""
    rows = []
    for true, pred in (((None, 1), (None, 1)), ((None,), (None, 1)), ((None,), (None, 10)), ((None, 1), (None, 10)), ((None, 10), (None, 10)),
                       ((None, 4, 1), (None, 4, 1)), ((None, 4), (None, 4, 5)), ((None, 4, 5), (None, 4, 5)), ((None,), (None,))):
        y_true, y_pred = keras.KerasTensor(true), keras.KerasTensor(pred)
        found = keras.src.trainers.compile_utils.get_metric("accuracy", y_true, y_pred)
        rows.append({"accuracy": [list(true), list(pred), type(found).__name__]})
    return rows


def main():
    rows = [case(*c) for c in cases()] + [value_case(c) for c in (M.Mean, M.Sum)]
    save("metrics", rows, "metrics after each update_state; keys y_true, y_pred, sample_weight, or values for Mean and Sum")
    save("accuracy_choice", accuracy_choice(), "[shape of y_true, shape of y_pred, the metric that 'accuracy' becomes]")


if __name__ == "__main__":
    main()
