"""Keras models over every layer that Cornu has, with unusual arguments: name -> (model, inputs)."""
import numpy as np

import keras
from keras import layers as L
from keras import ops


def numbers(shape, seed=0, low=-1.0, high=1.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype("float32")


def randomize(model, seed=7):
    """Weights that no initializer gives, so that a forgotten one shows; variances stay positive."""
    rng = np.random.default_rng(seed)
    for w in model.weights:
        if "seed" in w.path or not str(w.dtype).startswith("float"):
            continue
        low = 0.3 if "variance" in w.path else -0.6
        w.assign(rng.uniform(low, 0.9, w.shape).astype("float32"))
    return model


# One layer each: class, arguments, shapes of the inputs without the batch.
LAYERS = [
    (L.Dense, dict(units=3, activation="tanh", use_bias=False, kernel_initializer="he_normal"), [(4,)]),
    (L.Dense, dict(units=2, activation="gelu", kernel_regularizer="l2", bias_constraint="non_neg"), [(2, 3)]),
    (L.Dense, dict(units=2, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=3),
                   kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), activity_regularizer="l1",
                   kernel_constraint=keras.constraints.MaxNorm(2, axis=0)), [(3,)]),
    (L.Activation, dict(activation="softplus"), [(4,)]),
    (L.ELU, dict(alpha=0.7), [(4,)]),
    (L.LeakyReLU, dict(negative_slope=0.15), [(4,)]),
    (L.PReLU, dict(shared_axes=[1]), [(3, 4)]),
    (L.ReLU, dict(max_value=0.7, negative_slope=0.1, threshold=0.2), [(4,)]),
    (L.Softmax, dict(axis=1), [(3, 4)]),
    (L.Conv1D, dict(filters=3, kernel_size=3, padding="causal", dilation_rate=2), [(9, 2)]),
    (L.Conv2D, dict(filters=4, kernel_size=(3, 2), strides=(2, 1), padding="same", activation="relu"), [(7, 6, 3)]),
    (L.Conv2D, dict(filters=4, kernel_size=3, groups=2, use_bias=False), [(6, 5, 4)]),
    (L.Conv2D, dict(filters=2, kernel_size=3, dilation_rate=(2, 1)), [(8, 7, 2)]),
    (L.Conv3D, dict(filters=2, kernel_size=2, padding="same"), [(3, 4, 3, 2)]),
    (L.Conv1D, dict(filters=4, kernel_size=2, strides=2, groups=2, padding="same", activation="selu"), [(7, 4)]),
    (L.Conv3D, dict(filters=2, kernel_size=(1, 2, 3), strides=(1, 2, 1), use_bias=False), [(3, 5, 4, 2)]),
    (L.Conv3DTranspose, dict(filters=2, kernel_size=2, strides=(1, 2, 2), padding="same"), [(2, 3, 2, 2)]),
    (L.Conv3DTranspose, dict(filters=1, kernel_size=(2, 3, 1), activation="tanh", use_bias=False), [(2, 3, 2, 2)]),
    (L.Conv1DTranspose, dict(filters=2, kernel_size=4, strides=3, output_padding=1), [(4, 2)]),
    (L.Conv1DTranspose, dict(filters=3, kernel_size=3, strides=2, padding="same"), [(5, 2)]),
    (L.Conv2DTranspose, dict(filters=2, kernel_size=3, strides=2, padding="same", output_padding=1), [(4, 5, 3)]),
    (L.Conv2DTranspose, dict(filters=2, kernel_size=(2, 3), strides=(2, 3), padding="valid"), [(3, 4, 2)]),
    (L.DepthwiseConv1D, dict(kernel_size=3, depth_multiplier=2), [(6, 3)]),
    (L.DepthwiseConv2D, dict(kernel_size=3, strides=2, padding="same", depth_multiplier=2), [(6, 6, 2)]),
    (L.DepthwiseConv2D, dict(kernel_size=(2, 3), dilation_rate=(2, 1), use_bias=False, activation="relu6"), [(6, 6, 2)]),
    (L.AveragePooling1D, dict(pool_size=3, strides=1, padding="same"), [(7, 2)]),
    (L.MaxPooling3D, dict(pool_size=(1, 2, 3), strides=(1, 2, 2), padding="same"), [(2, 4, 5, 2)]),
    (L.GlobalAveragePooling1D, dict(keepdims=True), [(5, 3)]),
    (L.GlobalAveragePooling3D, dict(), [(2, 3, 2, 3)]),
    (L.GlobalMaxPooling2D, dict(keepdims=True), [(4, 5, 3)]),
    (L.GlobalMaxPooling3D, dict(), [(2, 3, 2, 3)]),
    (L.MaxPooling1D, dict(pool_size=3, strides=2, padding="same"), [(8, 2)]),
    (L.MaxPooling2D, dict(pool_size=(2, 3), strides=(1, 2)), [(5, 7, 2)]),
    (L.AveragePooling2D, dict(pool_size=3, strides=2, padding="same"), [(6, 5, 2)]),
    (L.AveragePooling3D, dict(pool_size=2), [(4, 4, 4, 1)]),
    (L.GlobalMaxPooling1D, dict(keepdims=True), [(5, 3)]),
    (L.GlobalAveragePooling2D, dict(), [(4, 5, 3)]),
    (L.BatchNormalization, dict(momentum=0.8, epsilon=0.01, center=False), [(4, 3)]),
    (L.BatchNormalization, dict(axis=1, scale=False), [(3, 4)]),
    (L.LayerNormalization, dict(scale=False, center=True, epsilon=0.1), [(5,)]),
    (L.GroupNormalization, dict(groups=-1, center=False), [(3, 4)]),
    (L.Dot, dict(axes=-1), [(4, 3), (2, 3)]),
    (L.Concatenate, dict(axis=-1), [(2, 3), (2, 1), (2, 2)]),
    (L.Softmax, dict(axis=[1, 2]), [(3, 4)]),
    (L.Normalization, dict(axis=1, mean=[1.0, 2.0, 0.5], variance=[4.0, 0.25, 1.0], invert=True), [(3, 2)]),
    (L.LayerNormalization, dict(axis=[1, 2], epsilon=0.01), [(3, 4)]),
    (L.GroupNormalization, dict(groups=2, axis=-1), [(3, 4, 6)]),
    (L.RMSNormalization, dict(epsilon=1e-3), [(6,)]),
    (L.UnitNormalization, dict(axis=-1), [(5,)]),
    (L.Dropout, dict(rate=0.4, seed=1, noise_shape=(None, 1)), [(5,)]),
    (L.SpatialDropout1D, dict(rate=0.2, seed=3), [(3, 4)]),
    (L.SpatialDropout2D, dict(rate=0.4), [(3, 4, 2)]),
    (L.SpatialDropout3D, dict(rate=0.1), [(2, 3, 4, 2)]),
    (L.GaussianDropout, dict(rate=0.3), [(4,)]),
    (L.GaussianNoise, dict(stddev=0.3), [(4,)]),
    (L.AlphaDropout, dict(rate=0.3), [(4,)]),
    (L.ActivityRegularization, dict(l1=0.1, l2=0.2), [(4,)]),
    (L.Cropping1D, dict(cropping=(2, 1)), [(6, 3)]),
    (L.Cropping3D, dict(cropping=((1, 0), (0, 1), (1, 1))), [(3, 4, 5, 2)]),
    (L.ZeroPadding3D, dict(padding=((1, 0), (0, 2), (1, 1))), [(2, 3, 2, 2)]),
    (L.Cropping2D, dict(cropping=((1, 0), (2, 1))), [(6, 7, 2)]),
    (L.ZeroPadding2D, dict(padding=((1, 2), (0, 3))), [(3, 4, 2)]),
    (L.ZeroPadding1D, dict(padding=(2, 1)), [(3, 4)]),
    (L.UpSampling2D, dict(size=(2, 3), interpolation="nearest"), [(3, 2, 2)]),
    (L.UpSampling2D, dict(size=2, interpolation="bilinear"), [(3, 4, 1)]),
    (L.Flatten, dict(), [(2, 3, 4)]),
    (L.Reshape, dict(target_shape=(-1, 2)), [(3, 4)]),
    (L.Permute, dict(dims=(3, 1, 2)), [(2, 3, 4)]),
    (L.RepeatVector, dict(n=3), [(4,)]),
    (L.Add, dict(), [(4,), (4,), (4,)]),
    (L.Subtract, dict(), [(3, 4), (3, 4)]),
    (L.Multiply, dict(), [(4,), (1,)]),
    (L.Average, dict(), [(4,), (4,)]),
    (L.Maximum, dict(), [(4,), (4,)]),
    (L.Minimum, dict(), [(4,), (4,)]),
    (L.Concatenate, dict(axis=1), [(2, 3), (4, 3)]),
    (L.Dot, dict(axes=(1, 1), normalize=True), [(4, 3), (4, 2)]),
    (L.Rescaling, dict(scale=0.5, offset=[0.1, 0.2, 0.3]), [(4, 3)]),
    (L.Normalization, dict(mean=[1.0, 2.0], variance=[4.0, 0.25]), [(3, 2)]),
    (L.Identity, dict(), [(3,)]),
    # The channels before the spatial axes.
    (L.Conv1D, dict(filters=4, kernel_size=3, groups=2, padding="same", data_format="channels_first"), [(2, 7)]),
    (L.Conv2D, dict(filters=3, kernel_size=(2, 3), strides=(1, 2), padding="same", data_format="channels_first"), [(2, 5, 7)]),
    (L.Conv2D, dict(filters=2, kernel_size=3, dilation_rate=2, data_format="channels_first", activation="swish"), [(3, 7, 9)]),
    (L.Conv2DTranspose, dict(filters=2, kernel_size=3, strides=2, padding="same", data_format="channels_first"), [(3, 4, 5)]),
    (L.DepthwiseConv2D, dict(kernel_size=2, depth_multiplier=3, data_format="channels_first"), [(2, 5, 6)]),
    (L.MaxPooling2D, dict(pool_size=(2, 3), padding="same", data_format="channels_first"), [(2, 5, 7)]),
    (L.AveragePooling2D, dict(pool_size=3, strides=1, padding="same", data_format="channels_first"), [(2, 5, 4)]),
    (L.GlobalMaxPooling2D, dict(data_format="channels_first"), [(2, 5, 4)]),
    (L.ZeroPadding2D, dict(padding=((0, 2), (1, 0)), data_format="channels_first"), [(2, 3, 4)]),
    (L.Cropping2D, dict(cropping=((0, 2), (1, 0)), data_format="channels_first"), [(2, 5, 4)]),
    (L.UpSampling2D, dict(size=(1, 3), data_format="channels_first"), [(2, 3, 4)]),
    (L.Flatten, dict(data_format="channels_first"), [(2, 3, 4)]),
    (L.BatchNormalization, dict(axis=1), [(2, 3, 4)]),
]


def single_layers():
    counts = {}
    for cls, kwargs, shapes in LAYERS:
        n = counts[cls.__name__] = counts.get(cls.__name__, -1) + 1
        ins = [keras.Input(s, name=f"in_{i}") for i, s in enumerate(shapes)]
        out = cls(name="tested", **kwargs)(ins if len(ins) > 1 else ins[0])
        model = randomize(keras.Model(ins if len(ins) > 1 else ins[0], out))
        yield f"layer_{cls.__name__}_{n}", model, [numbers((3, *s), i) for i, s in enumerate(shapes)]
    i = keras.Input((4,), dtype="int32", name="in_0")
    model = randomize(keras.Model(i, L.Embedding(7, 3)(i)))
    yield "layer_Embedding", model, [np.random.default_rng(1).integers(0, 7, (3, 4)).astype("int32")]
    adapted = L.Normalization(axis=-1)
    adapted.adapt(numbers((50, 3)))
    i = keras.Input((3,), name="in_0")
    yield "layer_Normalization_adapted", keras.Model(i, adapted(i)), [numbers((3, 3))]


def graphs():
    a, b = keras.Input((4,), name="in_0"), keras.Input((4,), name="in_1")
    shared = L.Dense(3, activation="relu", name="shared")
    x, y = shared(a), shared(b)
    model = keras.Model([a, b], [L.Dense(2, name="left")(L.Concatenate()([x, y])), L.Dense(1, name="right")(x)])
    yield "two_towers", randomize(model), [numbers((5, 4), i) for i in range(2)]

    def pair(name):
        i = keras.Input((4,))
        hidden = L.Dense(3)(i)
        return keras.Model(i, [L.Dense(2, activation="tanh")(hidden), hidden], name=name)

    # Not one model within two: Keras saves that, but cannot open it again.
    inner, deepest = pair("inner"), pair("deepest")
    deep_in = keras.Input((4,))
    middle = keras.Model(deep_in, deepest(deep_in)[0], name="middle")
    a, b = keras.Input((4,), name="in_0"), keras.Input((4,), name="in_1")
    tail = keras.Sequential([L.Dense(5, activation="elu"), L.Dropout(0.2), L.BatchNormalization()], name="tail")
    joined = L.Add()([middle(a), inner(b)[0]])
    model = keras.Model([a, b], {"p": tail(joined), "q": middle(b), "r": inner(a)[1]})
    yield "nested", randomize(model), [numbers((5, 4), i) for i in range(2)]

    model = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 3, padding="same"), L.BatchNormalization(), L.ReLU(),
                              L.MaxPooling2D(), L.Flatten(), L.Dense(4, activation="softmax")])
    yield "sequential", randomize(model), [numbers((3, 6, 6, 1))]

    a = keras.Input((9, 7, 3), name="in_0")
    x = L.Conv2D(4, 3, padding="same", use_bias=False)(a)
    x = L.ReLU(max_value=6.0)(L.BatchNormalization()(x))
    y = L.LeakyReLU(0.2)(L.Conv2D(4, (3, 1), padding="same", dilation_rate=(2, 1))(x))
    x = L.Concatenate()([L.Add()([x, y]), L.DepthwiseConv2D(3, padding="same")(y)])
    x = L.Conv2DTranspose(3, 2, strides=2)(L.AveragePooling2D(3, 2, padding="same")(x))
    gate = L.Dense(3, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(x))
    x = L.Permute((3, 1, 2))(L.Multiply()([x, gate]))
    model = keras.Model(a, [L.Dense(2)(L.Flatten()(x)), L.LayerNormalization()(x)])
    yield "residual", randomize(model), [numbers((4, 9, 7, 3))]

    model = keras.Sequential([L.Dense(3), L.Dense(2)], name="deferred")
    model.build((None, 4))
    yield "sequential_without_input", randomize(model), [numbers((3, 4))]

    a = keras.Input((4,), name="in_0")
    yield "sequential_in_sequential", randomize(keras.Sequential(
        [keras.Input((4,)), keras.Sequential([L.Dense(3), L.Dense(3)]), L.Dense(3)])), [numbers((3, 4))]

    x = b = keras.Input((None, None, 3), name="in_0")
    for layer in [L.Conv2D(4, 3, strides=2, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling2D(3, 2, padding="same"),
                  L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), L.Conv2DTranspose(3, 3, strides=2, padding="same"),
                  L.Conv2DTranspose(2, (2, 3), strides=3), L.AveragePooling2D(2), L.ZeroPadding2D((1, 2))]:
        x = layer(x)
    model = randomize(keras.Model(b, x))
    yield "open_sizes_odd", model, [numbers((2, 45, 31, 3))]
    yield "open_sizes_even", model, [numbers((2, 64, 46, 3))]

    frozen = L.Dense(3, trainable=False)
    model = keras.Model(a, L.Dense(2)(L.BatchNormalization(trainable=False)(frozen(a))))
    yield "frozen", randomize(model), [numbers((3, 4))]


def functions():
    a = keras.Input((2, 3), name="in_0")
    x = 1.0 - (a * 2.0 + 1) / 3.0
    x = ops.exp(x) - ops.log1p(ops.square(a)) * ops.sqrt(ops.abs(a) + 0.1)
    x = ops.clip(x, -2.0, 2.0) ** 2
    s = ops.sum(x, axis=-1, keepdims=True)
    x = ops.concatenate([x / (s + 1.0), ops.max(x, axis=1, keepdims=True)], axis=1)
    y = ops.matmul(x, np.arange(6, dtype="float32").reshape(3, 2) / 10)
    z = ops.where(y > 0.3, y, ops.tanh(y))
    z = ops.transpose(z, (0, 2, 1))[:, ::-1, 1:]
    z = ops.reshape(z, (-1, 4))
    yield "functions", keras.Model(a, [z, ops.mean(x, axis=[1, 2]), ops.relu(-x)[..., 0]]), [numbers((3, 2, 3))]

    p, q = ops.split(ops.stack([a, a * 0.5], axis=1), 2, axis=1)
    outs = [ops.squeeze(p, 1), ops.expand_dims(q, -1), ops.softmax(a, axis=1), ops.log_softmax(a), ops.leaky_relu(a, 0.1),
            ops.gelu(a, approximate=False), ops.elu(a, alpha=0.5), ops.hard_sigmoid(a), ops.silu(a), ops.logsumexp(a, axis=1),
            ops.argmax(a, axis=-1), ops.var(a, axis=1), ops.std(a, axis=-1), ops.pad(a, ((0, 0), (1, 2), (0, 1))),
            ops.repeat(a, 2, axis=1), ops.tile(a, (1, 2, 1)), ops.flip(a, axis=2), ops.cumsum(a, axis=1),
            ops.swapaxes(a, 1, 2), ops.moveaxis(a, 1, 2), ops.maximum(a, 0.2), ops.minimum(0.1, a), ops.power(ops.abs(a), 1.5),
            ops.cast(a > 0, "float32"), ops.logical_not(a > 0), ops.isfinite(a), ops.sort(a, axis=-1), ops.floor(a * 3),
            ops.round(a, 1), ops.floor_divide(a, 0.3), ops.mod(a, 0.3), ops.rsqrt(ops.abs(a) + 1.0), ops.erf(a),
            ops.take(a, [1, 0], axis=1), ops.prod(a, axis=1), ops.all(a > 0, axis=1), ops.zeros_like(a) + ops.ones_like(a),
            ops.one_hot(ops.argmax(a, axis=-1), 4), ops.arctan2(a, 0.5), ops.sign(a), ops.reciprocal(a + 2.0)]
    yield "more_functions", keras.Model(a, outs), [numbers((3, 2, 3))]

    b = keras.Input((3, 4), name="in_1")
    outs = [ops.einsum("bij,bjk->bik", a, b), ops.tensordot(a, b, axes=[[2, 0], [1, 0]]), ops.tensordot(a, np.ones((3, 2), "float32"), axes=1),
            ops.dot(a, np.arange(6, dtype="float32").reshape(3, 2)), ops.hstack([a, a * 2.0]), ops.vstack([a, a]),
            ops.roll(a, 2, axis=1), ops.roll(a, 4), ops.cumprod(a, axis=2), ops.diagonal(b, 1, 1, 2), ops.trace(b, 0, 1, 2),
            ops.tril(b, -1), ops.triu(b, 1), ops.count_nonzero(a > 0, axis=1), ops.average(a, axis=1), ops.amax(a, axis=2, keepdims=True),
            ops.amin(a, axis=0), ops.nansum(a, axis=-1), ops.nanmean(a, axis=1), ops.logaddexp(a, a * 0.5), ops.argsort(a, axis=-1),
            ops.take_along_axis(a, ops.argsort(a, axis=1), axis=1), ops.nan_to_num(a, nan=1.0), ops.top_k(a, 2)[0], ops.top_k(a, 2)[1],
            ops.inner(a, np.ones((2, 3), "float32")), ops.outer(a, np.array([1.0, 2.0], "float32")), ops.unstack(b, axis=1)[1], ops.deg2rad(a), ops.sinc(a)]
    yield "products", keras.Model([a, b], outs), [numbers((3, 2, 3)), numbers((3, 3, 4), 1)]

    a = keras.Input((4,), name="in_0")
    d = L.Dense(3)(a)
    same = L.Concatenate()([d, ops.concatenate([d, d * 2.0], axis=-1)])
    yield "functions_beside_layers", randomize(keras.Model(a, L.Dense(2)(L.Multiply()([same, same])))), [numbers((3, 4))]


def trained():
    rules = {
        "adam": keras.optimizers.Adam(0.01), "amsgrad": keras.optimizers.Adam(0.01, amsgrad=True),
        "adamw": keras.optimizers.AdamW(0.01, weight_decay=0.02), "adamax": keras.optimizers.Adamax(0.01),
        "nadam": keras.optimizers.Nadam(0.01), "adagrad": keras.optimizers.Adagrad(0.05),
        "rmsprop": keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        "sgd": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "plain_sgd": keras.optimizers.SGD(0.05),
        "schedule": keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9), momentum=0.5),
        "ema": keras.optimizers.Adam(0.01, use_ema=True, clipnorm=1.0),
    }
    for name, rule in rules.items():
        a = keras.Input((4,), name="in_0")
        model = keras.Model(a, L.Dense(2)(L.BatchNormalization()(L.Dense(3, activation="tanh")(a))))
        randomize(model)
        model.compile(rule, loss="mse", metrics=["mae"])
        yield f"trained_{name}", model, [numbers((8, 4))]


def everything():
    for group in (single_layers, graphs, functions, trained):
        keras.backend.clear_session()
        yield from group()
