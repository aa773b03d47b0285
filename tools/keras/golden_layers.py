"""Pooling, resizing, reshaping, activation, merging and other layers without convolution."""
import keras
import numpy as np
from common import grid, save
from keras import layers as L
from layer_cases import channels_first, layer_case

INTS = np.array([[0, 3, 1, 4], [2, 2, 0, 3]], "int32")
WIDE = np.array([[-7, -2.5, -1, -0.3, 0, 0.2], [0.5, 0.9, 1.5, 3, 6.5, 40]], "float32")


def pooling():
    yield "max_default_odd", L.MaxPooling2D(), (2, 5, 7, 2)
    yield "max_same_odd", L.MaxPooling2D(2, padding="same"), (1, 5, 7, 2)
    yield "max_3_stride_1_same", L.MaxPooling2D(3, strides=1, padding="same"), (1, 4, 5, 2)
    yield "max_3_2_strides_2_3", L.MaxPooling2D((3, 2), strides=(2, 3)), (1, 8, 7, 1)
    yield "average_2_odd", L.AveragePooling2D(2), (2, 5, 7, 2)
    yield "average_same_odd", L.AveragePooling2D(2, padding="same"), (1, 5, 7, 2)
    yield "average_3_stride_2_same", L.AveragePooling2D(3, strides=2, padding="same"), (1, 6, 5, 2)
    yield "average_3_stride_1_same", L.AveragePooling2D(3, strides=1, padding="same"), (1, 4, 3, 1)
    yield "global_average", L.GlobalAveragePooling2D(), (2, 3, 4, 3)
    yield "global_average_keepdims", L.GlobalAveragePooling2D(keepdims=True), (2, 3, 4, 3)
    yield "global_max", L.GlobalMaxPooling2D(), (2, 3, 4, 3)
    yield "global_max_keepdims", L.GlobalMaxPooling2D(keepdims=True), (1, 3, 2, 3)
    yield "global_average_channels_first", L.GlobalAveragePooling2D(data_format="channels_first"), (2, 3, 2, 4)
    yield "global_max_channels_first", L.GlobalMaxPooling2D(data_format="channels_first"), (2, 3, 2, 4)


def reshaping():
    yield "up_nearest", L.UpSampling2D((2, 3)), (1, 3, 2, 2)
    yield "up_bilinear", L.UpSampling2D(2, interpolation="bilinear"), (1, 3, 4, 2)
    yield "up_bilinear_3_2", L.UpSampling2D((3, 2), interpolation="bilinear"), (1, 2, 3, 1)
    yield "up_nearest_channels_first", L.UpSampling2D(2, data_format="channels_first"), (1, 2, 2, 3)
    yield "zero_padding_1", L.ZeroPadding2D(1), (1, 2, 3, 2)
    yield "zero_padding_sides", L.ZeroPadding2D(((1, 0), (2, 3))), (1, 2, 2, 1)
    yield "zero_padding_symmetric_channels_first", L.ZeroPadding2D((1, 2), data_format="channels_first"), (1, 2, 2, 2)
    yield "cropping_sides", L.Cropping2D(((1, 0), (2, 1))), (1, 4, 5, 2)
    yield "cropping_symmetric", L.Cropping2D((1, 2)), (2, 3, 5, 1)
    yield "flatten", L.Flatten(), (2, 3, 2, 2)
    yield "flatten_channels_first", L.Flatten(data_format="channels_first"), (2, 3, 2, 2)
    yield "flatten_rank_1", L.Flatten(), (3,)
    yield "reshape", L.Reshape((4, 3)), (2, 12)
    yield "reshape_minus_one", L.Reshape((2, -1)), (2, 3, 4)
    yield "reshape_all_minus_one", L.Reshape((-1,)), (2, 3, 2)
    yield "permute", L.Permute((3, 1, 2)), (2, 2, 3, 4)
    yield "repeat_vector", L.RepeatVector(3), (2, 4)
    yield "identity", L.Identity(), (2, 3)


def activation_layers():
    yield "activation_gelu", L.Activation("gelu"), WIDE
    yield "activation_linear", L.Activation("linear"), WIDE
    yield "elu", L.ELU(), WIDE
    yield "elu_alpha", L.ELU(alpha=0.3), WIDE
    yield "leaky_relu_default", L.LeakyReLU(), WIDE
    yield "leaky_relu_slope", L.LeakyReLU(negative_slope=0.05), WIDE
    yield "prelu", L.PReLU(), (2, 3, 2)
    yield "prelu_shared_axes", L.PReLU(shared_axes=[1, 2]), (2, 3, 2, 4)
    yield "relu", L.ReLU(), WIDE
    yield "relu_max", L.ReLU(max_value=6), WIDE
    yield "relu_all", L.ReLU(max_value=5.0, negative_slope=0.1, threshold=0.8), WIDE
    yield "softmax", L.Softmax(), WIDE
    yield "softmax_axis_1", L.Softmax(axis=1), (2, 3, 4)
    yield "softmax_two_axes", L.Softmax(axis=[1, 2]), (2, 3, 2)


def others():
    yield "dense", L.Dense(4), (3, 5)
    yield "dense_no_bias_softmax", L.Dense(3, activation="softmax", use_bias=False), (2, 4)
    yield "dense_rank_3", L.Dense(2, activation="tanh"), (2, 3, 4)
    yield "rescaling", L.Rescaling(1 / 127.5, offset=-1.0), (2, 3)
    yield "rescaling_list", L.Rescaling([2.0, 0.5, -1.0], offset=[0.0, 1.0, 0.25]), (2, 3)
    for rate_layer in (L.Dropout(0.4), L.GaussianNoise(0.5), L.GaussianDropout(0.3), L.SpatialDropout2D(0.5)):
        shape = (1, 2, 2, 3) if isinstance(rate_layer, L.SpatialDropout2D) else (2, 4)
        yield rate_layer.name + "_inference", rate_layer, shape
    yield "dropout_rate_0", L.Dropout(0.0), (2, 4)


def merging():
    for cls in (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum):
        name = cls.__name__.lower()
        yield name, cls(), [(2, 3), (2, 3)]
        yield name + "_broadcast", cls(), [(2, 3, 2), (2, 1, 2)]
        if cls is not L.Subtract:
            yield name + "_three", cls(), [(2, 3), (2, 3), (2, 3)]
    yield "concatenate", L.Concatenate(), [(2, 3), (2, 2), (2, 1)]
    yield "concatenate_axis_1", L.Concatenate(axis=1), [(2, 3, 2), (2, 1, 2)]
    yield "dot", L.Dot(axes=1), [(2, 4), (2, 4)]
    yield "dot_normalize", L.Dot(axes=1, normalize=True), [(2, 4), (2, 4)]
    yield "dot_axes_2_1", L.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4, 2)]
    yield "dot_axes_1_2", L.Dot(axes=(1, 2)), [(2, 4, 3), (2, 2, 4)]
    yield "dot_axis_2", L.Dot(axes=2), [(2, 3, 4), (2, 2, 4)]
    yield "dot_axis_last_normalize", L.Dot(axes=-1, normalize=True), [(2, 3, 4), (2, 2, 4)]


def all_cases():
    for group in (pooling, reshaping, activation_layers, others):
        for name, layer, x in group():
            training = name == "dropout_rate_0"
            yield layer_case(name, layer, [x], training=training, grads=name not in ("flatten_rank_1",))
    for name, layer, s in (("max_channels_first", L.MaxPooling2D(), (1, 5, 4, 2)),
                           ("average_same_channels_first", L.AveragePooling2D(2, padding="same"), (1, 5, 4, 2))):
        yield channels_first(name, layer, [s], grads=True)
    yield layer_case("embedding", L.Embedding(5, 3), [INTS])
    yield layer_case("embedding_mask_zero_rank_1", L.Embedding(6, 2, mask_zero=True), [INTS[0]])
    for name, layer, shapes in merging():
        yield layer_case(name, layer, shapes, grads=True)


def main():
    keras.backend.clear_session()
    save("layers", list(all_cases()), "pooling, reshaping, activation, merging and other layers")


if __name__ == "__main__":
    main()
