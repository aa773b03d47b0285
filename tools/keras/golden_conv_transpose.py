"""Conv2DTranspose: values, gradients and output sizes.

Runs on JAX: TensorFlow refuses an output_padding on even kernels with padding "same", where JAX gives
what Keras's own size rule promises. Every case is compared with the definition below.
"""
import itertools
import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from common import grid, save
from keras import layers as L
from layer_cases import layer_case


def transpose_cases():
    for stride, padding, kernel in itertools.product((1, 2, 3), ("valid", "same"), (1, 2, 3, 4, 5)):
        yield f"transpose_k{kernel}_s{stride}_{padding}", dict(kernel_size=kernel, strides=stride, padding=padding), (1, 3, 2, 2)
    for stride, padding, kernel, op in ((2, "valid", 3, 0), (2, "valid", 3, 1), (2, "same", 3, 0), (2, "same", 3, 1),
                                        (2, "same", 4, 0), (2, "same", 4, 1), (3, "valid", 4, 2), (3, "same", 5, 2), (3, "same", 2, 1)):
        yield (f"transpose_k{kernel}_s{stride}_{padding}_op{op}",
               dict(kernel_size=kernel, strides=stride, padding=padding, output_padding=op), (1, 3, 4, 2))
    for padding in ("valid", "same"):
        yield f"transpose_dilated_{padding}", dict(kernel_size=3, dilation_rate=2, padding=padding), (1, 5, 4, 2)
    yield "transpose_strides_2_3_kernel_3_2", dict(kernel_size=(3, 2), strides=(2, 3), padding="same", activation="relu"), (2, 3, 2, 2)
    yield "transpose_no_bias", dict(kernel_size=4, strides=2, padding="same", use_bias=False), (1, 4, 3, 1)


def full_transpose(x, kernel, strides, dilation, padding, output_padding, bias):
    """The definition: scatter every input cell times the kernel, then crop or extend with zeros."""
    n, h, w, _ = x.shape
    kh, kw, out, _ = kernel.shape
    (sh, sw), (dh, dw) = strides, dilation
    full = np.zeros((n, (h - 1) * sh + (kh - 1) * dh + 1, (w - 1) * sw + (kw - 1) * dw + 1, out))
    for i, j, a, b in itertools.product(range(h), range(w), range(kh), range(kw)):
        full[:, i * sh + a * dh, j * sw + b * dw] += x[:, i, j].astype("float64") @ kernel[a, b].T.astype("float64")
    for axis, i, k, s, d, op in ((1, h, kh, sh, dh, output_padding[0]), (2, w, kw, sw, dw, output_padding[1])):
        k = (k - 1) * d + 1
        if padding == "valid":
            op = max(k, s) - k if op is None else op
            size, left = (i - 1) * s + k + op, k - 1
        else:
            size = i * s if op is None else (i - 1) * s + k % 2 + op
            pad_len = s + k - 2 if op is None else k + k % 2 - 2 + op
            left = min(-(-pad_len // 2), k - 1)
        crop = k - 1 - left
        full = np.moveaxis(full, axis, 0)[crop:crop + size]
        missing = size - full.shape[0]
        full = np.moveaxis(np.pad(full, [(0, missing)] + [(0, 0)] * 3), 0, axis)
    return full + bias


def checked(name, kwargs, shape):
    """A case on which Keras agrees with the definition."""
    layer = L.Conv2DTranspose(2, **kwargs)
    grads = kwargs["kernel_size"] in (3, 4) and kwargs.get("strides", 1) in (1, 2)
    case = layer_case(name, layer, [shape], grads=grads)
    op = layer.output_padding
    op = (op, op) if op is None or isinstance(op, int) else op
    bias = 0 if layer.bias is None else keras.ops.convert_to_numpy(layer.bias)
    want = full_transpose(grid(shape, seed=20), keras.ops.convert_to_numpy(layer.kernel),
                          layer.strides, layer.dilation_rate, layer.padding, op, bias)
    want = np.maximum(want, 0) if kwargs.get("activation") == "relu" else want
    got = np.array([float(v) for v in case["output"]["data"]]).reshape(case["output"]["shape"])
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5, err_msg=name)
    return case


def size_table():
    rows = []
    for size, kernel, stride, padding, op, dilation in itertools.product(
            (1, 2, 5, 14), (1, 2, 3, 4, 5), (1, 2, 3), ("valid", "same"), (None, 0, 1, 2), (1, 2)):
        if (op is not None and op >= stride) or (stride > 1 and dilation > 1):
            continue
        layer = L.Conv2DTranspose(1, kernel, strides=stride, padding=padding, output_padding=op, dilation_rate=dilation)
        rows.append([size, kernel, stride, padding, op, dilation, layer.compute_output_shape((1, size, size, 1))[1]])
    return rows


def main():
    keras.backend.clear_session()
    save("layers_conv_transpose", [checked(*c) for c in transpose_cases()], "Conv2DTranspose")
    save("conv_transpose_sizes", size_table(),
         "rows of [input, kernel, stride, padding, output_padding, dilation, output]")


if __name__ == "__main__":
    main()
