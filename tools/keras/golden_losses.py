"""Every loss: per-sample values, reductions, sample weights, gradients."""
import keras
import numpy as np
import tensorflow as tf
from common import full_config, grid, save, scalar, tensor
from keras import losses as K

REAL_TRUE, REAL_PRED = grid((4, 3), -2, 2, seed=1), grid((4, 3), -2, 2, seed=9)
POSITIVE_TRUE, POSITIVE_PRED = grid((4, 3), 0, 3, seed=2), grid((4, 3), 0.05, 3, seed=7)
BITS = np.float32([[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
SIGNS = 2 * BITS - 1
PROBS = np.float32([[0.9, 0.2, 0.4], [0.01, 0.5, 0.99], [1, 0, 0.7], [0.3, 1, 0.6]])
LOGITS = np.float32([[2, -1, 0.5], [-3, 0, 30], [0.2, -25, 1], [-0.5, 4, -2]])
ONE_HOT = np.float32([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]])
CLASSES = np.int32([0, 2, 1, 1])
SIMPLEX = np.float32([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.1, 0.9, 0], [0.6, 0.4, 0]])
INNER = np.float32([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.1, 0.85, 0.05], [0.6, 0.3, 0.1]])
SOFT = np.float32([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0, 1, 0], [0.5, 0.25, 0.25]])
WEIGHTS = np.float32([0.5, 2, 0, 1.25])
IMAGE_TRUE = (grid((2, 3, 2, 1), 0, 1, seed=5) > 0.5).astype("float32")
IMAGE_PRED = grid((2, 3, 2, 1), 0.05, 0.95, seed=6)


def cases():
    for cls in (K.MeanSquaredError, K.MeanAbsoluteError, K.MeanAbsolutePercentageError, K.LogCosh, K.Huber, K.CosineSimilarity):
        yield cls, {}, REAL_TRUE, REAL_PRED
    yield K.Huber, dict(delta=0.4), REAL_TRUE, REAL_PRED
    yield K.LogCosh, {}, 50 * REAL_TRUE, REAL_PRED
    yield K.CosineSimilarity, dict(axis=1), grid((2, 3, 2), seed=1), grid((2, 3, 2), seed=4)
    yield K.MeanAbsolutePercentageError, {}, np.float32([[0, 1], [2, -4]]), np.float32([[0.5, 1.5], [1, 4]])
    yield K.MeanSquaredLogarithmicError, {}, POSITIVE_TRUE, POSITIVE_PRED
    yield K.MeanSquaredLogarithmicError, {}, REAL_TRUE, REAL_PRED
    yield K.MeanSquaredError, {}, grid((2, 3, 2, 2), seed=1), grid((2, 3, 2, 2), seed=2)
    for cls in (K.Hinge, K.SquaredHinge, K.CategoricalHinge):
        yield cls, {}, SIGNS if cls is not K.CategoricalHinge else ONE_HOT, REAL_PRED
    for cls in (K.Hinge, K.SquaredHinge):
        yield cls, {}, BITS, REAL_PRED
    yield K.Poisson, {}, POSITIVE_TRUE, POSITIVE_PRED
    yield K.KLDivergence, {}, SOFT, SIMPLEX
    yield K.BinaryCrossentropy, {}, BITS, PROBS
    yield K.BinaryCrossentropy, {}, IMAGE_TRUE, IMAGE_PRED
    yield K.BinaryCrossentropy, dict(label_smoothing=0.2), BITS, PROBS
    yield K.BinaryCrossentropy, dict(from_logits=True), BITS, LOGITS
    yield K.BinaryCrossentropy, dict(from_logits=True, label_smoothing=0.1), BITS, LOGITS
    yield K.BinaryFocalCrossentropy, {}, BITS, PROBS
    yield K.BinaryFocalCrossentropy, dict(apply_class_balancing=True, alpha=0.3, gamma=1.5), BITS, PROBS
    yield K.BinaryFocalCrossentropy, dict(from_logits=True, label_smoothing=0.1), BITS, LOGITS
    yield K.CategoricalCrossentropy, {}, ONE_HOT, SIMPLEX
    yield K.CategoricalCrossentropy, {}, SOFT, 2 * SIMPLEX
    yield K.CategoricalCrossentropy, dict(label_smoothing=0.2), ONE_HOT, SIMPLEX
    yield K.CategoricalCrossentropy, dict(from_logits=True, label_smoothing=0.1), ONE_HOT, LOGITS
    yield K.CategoricalCrossentropy, dict(from_logits=True), SOFT, LOGITS
    yield K.CategoricalFocalCrossentropy, {}, ONE_HOT, SIMPLEX
    yield K.CategoricalFocalCrossentropy, dict(from_logits=True, alpha=0.5, gamma=1.5, label_smoothing=0.1), ONE_HOT, LOGITS
    yield K.CategoricalGeneralizedCrossEntropy, {}, CLASSES, SIMPLEX
    yield K.SparseCategoricalCrossentropy, {}, CLASSES, INNER
    yield K.SparseCategoricalCrossentropy, {}, CLASSES[:, None], INNER
    yield K.SparseCategoricalCrossentropy, dict(from_logits=True), CLASSES, LOGITS
    yield K.SparseCategoricalCrossentropy, dict(ignore_class=1), CLASSES, INNER
    yield K.Dice, {}, IMAGE_TRUE, IMAGE_PRED
    yield K.Dice, dict(axis=(1, 2, 3)), IMAGE_TRUE, IMAGE_PRED
    yield K.Tversky, {}, IMAGE_TRUE, IMAGE_PRED
    yield K.Tversky, dict(alpha=0.7, beta=0.2), IMAGE_TRUE, IMAGE_PRED
    yield K.Circle, {}, CLASSES, np.float32(SIMPLEX / np.linalg.norm(SIMPLEX, axis=-1, keepdims=True))
    embeddings = grid((6, 4), seed=8)
    embeddings = np.float32(embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True))
    # The last row is the only one of its class.
    yield K.Circle, dict(gamma=4.0, margin=0.25), np.int32([[0], [1], [0], [1], [1], [2]]), embeddings
    yield K.Circle, dict(gamma=10.0, remove_diagonal=False), np.int32([0, 1, 0, 1, 1, 2]), embeddings
    yield K.CTC, {}, np.int32([[1, 2, 1], [2, 2, 0]]), grid((2, 6, 4), seed=3)
    # No label; labels that just fit; repeated ones that do not.
    yield K.CTC, {}, np.int32([[0, 0, 0], [1, 2, 3], [2, 2, 0], [1, 1, 1]]), grid((4, 3, 4), -3, 3, seed=5)
    yield K.CTC, {}, np.int32([[4], [1]]), grid((2, 1, 5), seed=6)


def case(cls, kwargs, y_true, y_pred):
    out = {"loss": full_config(cls, kwargs), "y_true": tensor(y_true), "y_pred": tensor(y_pred)}
    none = cls(**kwargs, reduction=None)(y_true, y_pred)
    out["none"] = tensor(none)
    weighted = len(none.shape) > 0
    if weighted:
        w = np.resize(WEIGHTS, none.shape[0])
        w = w.reshape((-1,) + (1,) * (len(none.shape) - 1))
        out["sample_weight"] = tensor(w)
        out["none_weighted"] = tensor(cls(**kwargs, reduction=None)(y_true, y_pred, w))
    for r in ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        loss = cls(**kwargs, reduction=r)
        out[r] = scalar(loss(y_true, y_pred))
        if weighted:
            out[r + "_weighted"] = scalar(loss(y_true, y_pred, w))
    p = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(p)
        value = cls(**kwargs)(y_true, p)
    out["grad"] = tensor(tape.gradient(value, p))
    return out


ALIASES = ("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "kld", "KLD", "huber", "logcosh", "log_cosh",
           "cosine_similarity", "kl_divergence", "binary_crossentropy", "categorical_crossentropy", "poisson", "hinge",
           "sparse_categorical_crossentropy", "mean_squared_error", "squared_hinge", "categorical_hinge", "binary_focal_crossentropy",
           "categorical_focal_crossentropy", "mean_absolute_error", "mean_squared_logarithmic_error", "mean_absolute_percentage_error",
           "dice", "tversky", "circle", "ctc", "categorical_generalized_cross_entropy", "crossentropy", "rmse")


def alias(name):
    """What the string means to Keras, or null when Keras refuses it."""
    try:
        found = keras.losses.get(name)
    except ValueError:
        return [name, None]
    return [name, getattr(found, "__name__", type(found).__name__)]


def main():
    save("losses", [case(*c) for c in cases()], "losses; grad is of the default reduction without weights, w.r.t. y_pred")
    save("loss_names", [alias(n) for n in ALIASES], "rows of [string, function it names or null]")


if __name__ == "__main__":
    main()
