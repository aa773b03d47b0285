"""Normalization layers: training and inference, moving statistics, gradients."""
import keras
import numpy as np
from common import grid, save
from keras import layers as L
from layer_cases import layer_case

DATA = grid((6, 3), -2, 5, seed=3)


def batch_cases():
    for training in (True, False):
        mode = "training" if training else "inference"
        yield f"batch_{mode}", L.BatchNormalization(), (4, 3), training
        yield f"batch_image_{mode}", L.BatchNormalization(momentum=0.8, epsilon=1e-5), (2, 3, 2, 2), training
        yield f"batch_axis_1_{mode}", L.BatchNormalization(axis=1), (2, 3, 2, 2), training
        yield f"batch_no_scale_{mode}", L.BatchNormalization(scale=False), (4, 3), training
        yield f"batch_no_center_{mode}", L.BatchNormalization(center=False), (4, 3), training
        yield f"batch_plain_{mode}", L.BatchNormalization(center=False, scale=False), (4, 3), training
    frozen = L.BatchNormalization()
    frozen.trainable = False
    yield "batch_frozen_training", frozen, (4, 3), True


def other_cases():
    yield "layer", L.LayerNormalization(), (3, 4)
    yield "layer_image_epsilon", L.LayerNormalization(epsilon=1e-5), (2, 2, 3, 2)
    yield "layer_axes", L.LayerNormalization(axis=[1, 2]), (2, 3, 2)
    yield "layer_axis_1", L.LayerNormalization(axis=1), (2, 3, 2)
    yield "layer_no_center", L.LayerNormalization(center=False), (3, 4)
    yield "layer_plain", L.LayerNormalization(center=False, scale=False), (3, 4)
    yield "group", L.GroupNormalization(groups=2), (2, 2, 3, 4)
    yield "group_instance", L.GroupNormalization(groups=-1), (2, 2, 2, 3)
    yield "group_one", L.GroupNormalization(groups=1, epsilon=1e-5), (2, 2, 2, 3)
    yield "group_axis_1", L.GroupNormalization(groups=2, axis=1), (2, 4, 2, 2)
    yield "group_rank_2_plain", L.GroupNormalization(groups=2, center=False, scale=False), (3, 6)
    yield "unit", L.UnitNormalization(), (3, 4)
    yield "unit_axis_1", L.UnitNormalization(axis=1), (2, 3, 2)
    yield "unit_axes", L.UnitNormalization(axis=[1, 2]), (2, 3, 2)


def normalization_cases():
    yield "normalization_adapt", L.Normalization(), DATA
    yield "normalization_adapt_invert", L.Normalization(invert=True), DATA
    yield "normalization_adapt_axis_none", L.Normalization(axis=None), DATA
    yield "normalization_mean_variance", L.Normalization(mean=[0.5, -1.0, 2.0], variance=[4.0, 0.25, 0.0]), None
    yield "normalization_mean_variance_invert", L.Normalization(mean=0.5, variance=4.0, invert=True, axis=None), None


def all_cases():
    for name, layer, shape, training in batch_cases():
        yield layer_case(name, layer, [shape], training=training, grads=True)
    for name, layer, shape in other_cases():
        yield layer_case(name, layer, [shape], grads=True)
    for name, layer, data in normalization_cases():
        yield layer_case(name, layer, [(2, 3)], adapt=data)
    image = grid((2, 2, 2, 3), 0, 9, seed=4)
    yield layer_case("normalization_adapt_image", L.Normalization(), [(1, 2, 2, 3)], adapt=image)
    yield layer_case("normalization_adapt_axes", L.Normalization(axis=(1, 3)), [(1, 2, 2, 3)], adapt=image)


def main():
    keras.backend.clear_session()
    save("layers_norm", list(all_cases()), "normalization layers")


if __name__ == "__main__":
    main()
