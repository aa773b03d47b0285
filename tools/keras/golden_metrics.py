"""Every metric: the result after each of several updates, and after a reset."""
import keras
import numpy as np
from common import config, full_config, grid, number, save, scalar, tensor
from golden_losses import (BITS, CLASSES, LOGITS, ONE_HOT, POSITIVE_PRED, POSITIVE_TRUE, PROBS, REAL_PRED, REAL_TRUE,
                           SIGNS, SIMPLEX, SOFT, WEIGHTS)
from keras import metrics as M

RANKED = np.float32([[0.1, 0.5, 0.15, 0.2, 0.05], [0.3, 0.25, 0.25, 0.15, 0.05], [0.2, 0.2, 0.2, 0.2, 0.2], [0, 0.1, 0.6, 0.3, 0]])
TOP_CLASSES = np.int32([3, 2, 3, 4])
TOP_ONE_HOT = np.eye(5, dtype="float32")[TOP_CLASSES]
SORTED_IDS = np.int32([[3, 0, 1, 2], [0, 1, 2, 3], [4, 3, 2, 0], [1, 2, 4, 0]])
FLAT_TRUE = np.float32([0, 1, 1, 0, 1, 0, 1, 1])
FLAT_PRED = np.float32([0.1, 0.35, 0.8, 0.5, 0.6, 0.9, 0.2, 1])
# Five classes, several of them true at once.
MANY_TRUE = np.float32([[0, 1, 0, 1, 0], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0], [1, 1, 0, 0, 1]])
MANY_PRED = grid((4, 5), 0, 1, seed=3)
MANY_LOGITS = grid((4, 5), -3, 3, seed=5)
LABELS_TRUE = np.int32([[0, 1, 2], [2, 2, 1], [0, 0, 3], [1, -1, 2]])
LABELS_PRED = np.int32([[0, 2, 2], [2, 1, 1], [0, 3, 3], [1, 1, 0]])
SCORES = grid((4, 3, 4), 0, 1, seed=2)
LABELS_ONE_HOT = np.eye(4, dtype="float32")[np.abs(LABELS_TRUE)]


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
    yield M.SparseTopKCategoricalAccuracy, dict(k=2, from_sorted_ids=True), TOP_CLASSES, SORTED_IDS
    yield M.SparseCategoricalCrossentropy, dict(ignore_class=1), CLASSES, SIMPLEX
    yield from correlations()
    yield from counts()
    yield from curves()
    yield from scores()
    yield from overlaps()
    yield M.MeanMetricWrapper, dict(fn=keras.losses.huber, delta=0.5, name="huber"), REAL_TRUE, REAL_PRED
    yield M.MeanMetricWrapper, dict(fn=M.binary_accuracy, threshold=0.3), BITS, PROBS


def correlations():
    for cls in (M.PearsonCorrelation, M.ConcordanceCorrelation):
        yield cls, {}, REAL_TRUE, REAL_PRED
        yield cls, dict(axis=1), grid((4, 3, 2), seed=1), grid((4, 3, 2), seed=4)
    yield M.R2Score, {}, REAL_TRUE, REAL_PRED
    yield M.R2Score, dict(class_aggregation=None), REAL_TRUE, REAL_PRED
    yield M.R2Score, dict(class_aggregation="variance_weighted_average", num_regressors=2), REAL_TRUE, REAL_PRED
    yield M.R2Score, dict(num_regressors=11), REAL_TRUE[:, :1], REAL_PRED[:, :1]


def counts():
    for cls in (M.TruePositives, M.FalsePositives, M.TrueNegatives, M.FalseNegatives):
        yield cls, {}, MANY_TRUE, MANY_PRED
        yield cls, dict(thresholds=[0.2, 0.7]), MANY_TRUE, MANY_PRED
        yield cls, dict(thresholds=[0, 0.25, 0.5, 0.75, 1.0]), FLAT_TRUE[:4], FLAT_PRED[:4]
    for cls in (M.Precision, M.Recall):
        yield cls, {}, FLAT_TRUE[:4], FLAT_PRED[:4]
        yield cls, {}, FLAT_TRUE[:4, None], FLAT_PRED[:4]
        yield cls, dict(thresholds=[0.2, 0.7]), MANY_TRUE, MANY_PRED
        yield cls, dict(top_k=2), MANY_TRUE, MANY_PRED
        yield cls, dict(top_k=3, thresholds=0.4), MANY_TRUE, np.round(MANY_PRED, 1)
        yield cls, dict(class_id=1), MANY_TRUE, MANY_PRED
        yield cls, dict(class_id=4, top_k=2), MANY_TRUE, MANY_PRED
    for cls, name, bound in ((M.SensitivityAtSpecificity, "specificity", 0.6), (M.SpecificityAtSensitivity, "sensitivity", 0.6),
                             (M.PrecisionAtRecall, "recall", 0.7), (M.RecallAtPrecision, "precision", 0.45)):
        yield cls, {name: bound}, MANY_TRUE, MANY_PRED
        yield cls, {name: bound, "num_thresholds": 1}, FLAT_TRUE[:4], FLAT_PRED[:4]
        yield cls, {name: 0.5, "num_thresholds": 7, "class_id": 1}, MANY_TRUE, MANY_PRED


def curves():
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "majoring", "minoring"):
            yield M.AUC, dict(curve=curve, summation_method=method), MANY_TRUE, MANY_PRED
            yield M.AUC, dict(curve=curve, summation_method=method, thresholds=[0.7, 0.3, 0.35]), MANY_TRUE, MANY_PRED
    yield M.AUC, dict(num_thresholds=5, from_logits=True), MANY_TRUE, MANY_LOGITS
    yield M.AUC, dict(num_thresholds=2), FLAT_TRUE[:4], FLAT_PRED[:4]
    yield M.AUC, dict(num_thresholds=3, label_weights=[1, 0.5, 2, 0, 1]), MANY_TRUE, MANY_PRED
    yield M.AUC, dict(thresholds=[0.25, 0.5, 0.75]), MANY_TRUE, MANY_PRED
    for curve in ("ROC", "PR"):
        yield M.AUC, dict(curve=curve, multi_label=True, num_labels=5), MANY_TRUE, MANY_PRED
        yield M.AUC, dict(curve=curve, multi_label=True, label_weights=[1, 0.5, 2, 0, 1], thresholds=[0.3, 0.8]), MANY_TRUE, MANY_PRED


def scores():
    for average in (None, "micro", "macro", "weighted"):
        yield M.F1Score, dict(average=average), MANY_TRUE, MANY_PRED
        yield M.FBetaScore, dict(average=average, beta=2.0, threshold=0.4), MANY_TRUE, MANY_PRED


def overlaps():
    yield M.IoU, dict(num_classes=4, target_class_ids=[0, 2]), LABELS_TRUE, LABELS_PRED
    yield M.IoU, dict(num_classes=4, target_class_ids=[1], dtype="float32", ignore_class=2), LABELS_TRUE, LABELS_PRED
    yield M.IoU, dict(num_classes=4, target_class_ids=[0, 3], sparse_y_pred=False), LABELS_TRUE, SCORES
    yield M.MeanIoU, dict(num_classes=4), LABELS_TRUE, LABELS_PRED
    yield M.MeanIoU, dict(num_classes=3, dtype="float32"), LABELS_TRUE, LABELS_PRED
    yield M.MeanIoU, dict(num_classes=4, sparse_y_true=False, ignore_class=0), LABELS_ONE_HOT, LABELS_PRED
    yield M.OneHotIoU, dict(num_classes=4, target_class_ids=[1, 2]), LABELS_ONE_HOT, SCORES
    yield M.OneHotMeanIoU, dict(num_classes=4, dtype="float32"), LABELS_ONE_HOT, SCORES
    yield M.OneHotMeanIoU, dict(num_classes=4, sparse_y_pred=True), LABELS_ONE_HOT, LABELS_PRED
    yield M.BinaryIoU, {}, BITS, PROBS
    yield M.BinaryIoU, dict(target_class_ids=[1], threshold=0.3, dtype="float32"), BITS, PROBS


def run(metric, updates):
    steps = []
    for args in updates:
        metric.update_state(*args)
        steps.append(result(metric))
    metric.reset_state()
    return steps, result(metric)


def result(metric):
    """A number, or a list where the metric has several."""
    value = keras.ops.convert_to_numpy(metric.result())
    return number(value[()]) if value.ndim == 0 else [number(v) for v in value]


def case(cls, kwargs, y_true, y_pred):
    # So that no name gets a number.
    keras.utils.clear_session()
    shown = full_config(cls, kwargs)
    metric = cls(**kwargs)
    # The overlaps take one weight per label.
    spread = (lambda w: w[:, None] * np.float32([1, 2, 1])) if "IoU" in cls.__name__ else (lambda w: w)
    updates = [(y_true, y_pred), (y_true, y_pred, spread(WEIGHTS)), (y_true[:3], y_pred[1:], spread(np.float32([1, 0.5, 3]))),
               (y_true[:1], y_pred[:1])]
    results, after = run(metric, updates)
    return {"metric": shown, "after_reset": after, "updates": [
        {"y_true": tensor(u[0]), "y_pred": tensor(u[1]), **({"sample_weight": tensor(u[2])} if len(u) > 2 else {}), "result": r}
        for u, r in zip(updates, results)]}


def value_case(cls):
    metric = cls()
    updates = [(np.float32([1, 2, 3.5]),), (np.float32([4]), np.float32([0.5])), (grid((2, 2), 0, 5), np.float32([1, 2])), (np.float32(7),)]
    results, after = run(metric, updates)
    return {"metric": config(metric), "after_reset": after, "updates": [
        {"values": tensor(u[0]), **({"sample_weight": tensor(u[1])} if len(u) > 1 else {}), "result": r}
        for u, r in zip(updates, results)]}


def training():
    """Two epochs in batches of three and one: metrics by name and by object, several values, with and without weights."""
    keras.utils.clear_session()
    plain = ["auc", "Precision", "recall", "mae", M.F1Score(), M.Recall(thresholds=[0.2, 0.6]), M.BinaryIoU(), M.TruePositives(), M.R2Score(),
             M.AUC(curve="PR", multi_label=True, num_thresholds=20), M.SensitivityAtSpecificity(0.5), "pearson_correlation"]
    weighted = ["auc", M.F1Score(average="weighted", name="weighted_score"), M.FalsePositives(thresholds=0.3), "binary_accuracy",
                # Not the counts at several thresholds: history would hold the variable itself, which validation overwrites.
                M.Precision(thresholds=[0.3, 0.7], name="weighted_precision")]
    kernel, bias = grid((5, 5), -1, 1, 8), grid((5,), -0.5, 0.5, 4)
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(5, activation="sigmoid", name="out")(inputs))
    model.set_weights([kernel, bias])
    shown = [[m if isinstance(m, str) else config(m) for m in ms] for ms in (plain, weighted)]
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", metrics=plain, weighted_metrics=weighted)
    held_out = (MANY_PRED, MANY_TRUE[::-1].copy())
    history = model.fit(MANY_LOGITS, MANY_TRUE, batch_size=3, epochs=2, shuffle=False, verbose=0, sample_weight=WEIGHTS, validation_data=held_out)
    several = lambda v: [number(x) for x in v] if np.ndim(v) else number(np.float32(v))
    return [{"weights": [tensor(kernel), tensor(bias)], "x": tensor(MANY_LOGITS), "y": tensor(MANY_TRUE), "sample_weight": tensor(WEIGHTS),
             "validation": [tensor(v) for v in held_out], "metrics": shown[0], "weighted_metrics": shown[1],
             "history": {k: [several(v) for v in vs] for k, vs in history.history.items()}}]


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
    save("metrics_training", training(), "metrics in compile; history has a list where a metric has several values")
    save("accuracy_choice", accuracy_choice(), "[shape of y_true, shape of y_pred, the metric that 'accuracy' becomes]")


if __name__ == "__main__":
    main()
