"""Convolution layers."""
import keras
from common import save
from keras import layers as L
from layer_cases import channels_first, layer_case


def conv_cases():
    yield "conv2d_valid_relu", L.Conv2D(3, 3, activation="relu"), (2, 5, 6, 2), True
    yield "conv2d_same_stride2", L.Conv2D(2, 3, strides=2, padding="same"), (1, 5, 6, 3), True
    yield "conv2d_same_even_kernel", L.Conv2D(2, (4, 2), padding="same", use_bias=False), (1, 5, 4, 2), True
    yield "conv2d_valid_strides_3_1", L.Conv2D(2, (2, 3), strides=(3, 1)), (1, 8, 5, 2), True
    yield "conv2d_same_strides_3_2", L.Conv2D(2, 5, strides=(3, 2), padding="same"), (1, 7, 8, 1), True
    yield "conv2d_dilated_valid", L.Conv2D(2, 3, dilation_rate=(2, 1)), (1, 7, 6, 2), True
    yield "conv2d_dilated_same", L.Conv2D(2, 3, dilation_rate=2, padding="same", activation="tanh"), (1, 6, 5, 2), True
    yield "conv2d_groups_2", L.Conv2D(4, 3, groups=2), (1, 5, 4, 4), True
    yield "conv2d_groups_3_same_stride2", L.Conv2D(3, 2, groups=3, strides=2, padding="same"), (1, 5, 4, 6), True
    yield "conv2d_1x1_stride2", L.Conv2D(3, 1, strides=2), (2, 5, 5, 2), True
    yield "conv2d_kernel_larger_than_input_same", L.Conv2D(1, 7, padding="same"), (1, 3, 4, 2), True
    yield "depthwise_valid", L.DepthwiseConv2D(3), (2, 5, 4, 3), True
    yield "depthwise_multiplier_2_same", L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="relu"), (1, 4, 5, 2), True
    yield "depthwise_stride2_same_even", L.DepthwiseConv2D(2, strides=2, padding="same", use_bias=False), (1, 5, 6, 3), True
    yield "depthwise_multiplier_3_stride2_valid", L.DepthwiseConv2D((2, 3), strides=2, depth_multiplier=3), (1, 6, 7, 2), True
    yield "depthwise_dilated_same", L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), (1, 6, 5, 2), True


def channels_first_cases():
    yield "conv2d_channels_first", L.Conv2D(3, 3, strides=2, padding="same"), (2, 4, 5, 2)
    yield "depthwise_channels_first", L.DepthwiseConv2D(3, depth_multiplier=2), (1, 5, 4, 3)
    yield "transpose_channels_first", L.Conv2DTranspose(3, 3, strides=2, padding="same"), (1, 3, 2, 2)


def main():
    keras.backend.clear_session()
    cases = [layer_case(n, layer, [s], grads=g) for n, layer, s, g in conv_cases()]
    cases += [channels_first(n, layer, [s], grads=True) for n, layer, s in channels_first_cases()]
    save("layers_conv", cases, "Conv2D, DepthwiseConv2D, channels_first")


if __name__ == "__main__":
    main()
