"""Runs one layer and records everything a test needs to repeat it."""
import keras
import numpy as np
import tensorflow as tf
from common import config, cotangent, grid, tensor


def set_weights(layer):
    """Fixed weights; variances are positive, Normalization keeps what it adapted to."""
    if isinstance(layer, keras.layers.Normalization):
        return
    for i, w in enumerate(layer.weights):
        low, high = (0.5, 1.5) if "variance" in w.path else (-1.0, 1.0)
        w.assign(grid(w.shape, low, high, seed=i + 1))


def run_tensorflow(layer, xs, call_list, kwargs):
    """Output, and the gradients of sum(output * cotangent) for inputs and trainable weights."""
    tensors = [tf.convert_to_tensor(x) for x in xs]
    floats = [t for t in tensors if t.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        y = layer(tensors if call_list else tensors[0], **kwargs)
        total = tf.reduce_sum(y * cotangent(y.shape))
    dx, dw = tape.gradient(total, (floats, [w.value for w in layer.trainable_weights]))
    return y, dx, [None if g is None else tf.convert_to_tensor(g) for g in dw]


def run_jax(layer, xs, call_list, kwargs):
    """The same on JAX, for layers without state that changes."""
    import jax

    def call(xs, weights):
        args = list(xs) if call_list else xs[0]
        return layer.stateless_call(weights, [v.value for v in layer.non_trainable_variables], args, **kwargs)[0]

    y, back = jax.vjp(call, xs, [v.value for v in layer.trainable_variables])
    return (y, *back(cotangent(y.shape)))


RUN = {"tensorflow": run_tensorflow, "jax": run_jax}[keras.backend.backend()]


def layer_case(name, layer, inputs, training=False, grads=False, adapt=None, call_list=None):
    """One case: `inputs` holds shapes or arrays; several mean that the layer is called on a list."""
    xs = [grid(x, seed=20 + i) if isinstance(x, tuple) else np.asarray(x) for i, x in enumerate(inputs)]
    call_list = len(xs) > 1 if call_list is None else call_list
    if adapt is not None:
        layer.adapt(adapt)
    if not layer.built:
        layer.build([x.shape for x in xs] if call_list else xs[0].shape)
    set_weights(layer)
    case = {"name": name, "layer": config(layer), "inputs": [tensor(x) for x in xs]}
    case["call_list"] = call_list
    if adapt is not None:
        case["adapt"] = tensor(adapt)
    case["weights"] = [dict(name=w.path.split("/")[-1], trainable=w.trainable, **tensor(w)) for w in layer.weights]
    case["training"] = training
    kwargs = {"training": training} if layer._call_has_training_arg else {}
    y, input_grads, weight_grads = RUN(layer, xs, call_list, kwargs)
    case["output"] = tensor(y)
    promised = layer.compute_output_shape([x.shape for x in xs] if call_list else xs[0].shape)
    assert tuple(promised) == tuple(y.shape), (name, promised, y.shape)
    after = [tensor(w) for w in layer.weights]
    if any(a["data"] != b["data"] for a, b in zip(after, case["weights"])):
        case["weights_after"] = after
    if grads:
        case["input_grads"] = [tensor(g) for g in input_grads]
        case["weight_grads"] = [tensor(g) for g in weight_grads]
    return case


def channels_first(name, layer, inputs, **kwargs):
    """The channels_first twin of a case: TensorFlow's CPU kernels know channels_last only, so the
    layer runs with that and its tensors are transposed."""
    assert layer.data_format == "channels_last"
    case = layer_case(name, layer, inputs, **kwargs)
    case["layer"]["config"]["data_format"] = "channels_first"
    tensors = case["inputs"] + [case["output"]] + case.get("input_grads", [])
    for t in tensors:
        x = np.array(t["data"], "float64").reshape(t["shape"])
        x = np.moveaxis(x, -1, 1).astype(t["dtype"])
        t.update(tensor(x))
    build = case["layer"].get("build_config")
    if build:
        build["input_shape"] = case["inputs"][0]["shape"]
    return case
