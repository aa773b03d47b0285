"""Optimizers: two small variables after each of six steps with given gradients."""
import keras
import numpy as np
from common import config, grid, save, tensor
from keras import optimizers as O
from keras.optimizers import schedules as S

START = [("kernel", grid((2, 2), seed=1)), ("bias", grid((3,), seed=2))]
SCALES = (1, 0.1, 3, 0.01, 20, 1)


def gradients():
    """Six pairs, small and large, with a zero that stays zero."""
    steps = []
    for i, scale in enumerate(SCALES):
        a, b = grid((2, 2), seed=30 + i), grid((3,), seed=40 + i)
        b[1] = 0
        steps.append([np.float32(scale) * a, np.float32(scale) * b])
    return steps


def cases():
    yield "sgd", O.SGD(0.1)
    yield "sgd_momentum", O.SGD(0.1, momentum=0.9)
    yield "sgd_nesterov", O.SGD(0.1, momentum=0.8, nesterov=True)
    yield "sgd_weight_decay_clipvalue", O.SGD(0.1, weight_decay=0.01, clipvalue=0.3)
    yield "sgd_clipnorm", O.SGD(0.1, clipnorm=1.0)
    yield "sgd_global_clipnorm", O.SGD(0.1, global_clipnorm=1.0, momentum=0.5)
    yield "rmsprop", O.RMSprop(0.01)
    yield "rmsprop_momentum", O.RMSprop(0.01, rho=0.8, momentum=0.9)
    yield "rmsprop_centered", O.RMSprop(0.01, centered=True)
    yield "rmsprop_centered_momentum_epsilon", O.RMSprop(0.01, centered=True, momentum=0.5, epsilon=1e-3)
    yield "rmsprop_clipvalue", O.RMSprop(0.0008, clipvalue=1.0)
    yield "adam", O.Adam(0.01)
    yield "adam_amsgrad", O.Adam(0.01, amsgrad=True)
    yield "adam_betas_epsilon", O.Adam(0.01, beta_1=0.5, beta_2=0.9, epsilon=0.1)
    yield "adam_weight_decay_global_clipnorm", O.Adam(0.01, weight_decay=0.004, global_clipnorm=2.0)
    yield "adamw", O.AdamW(0.01)
    yield "adamw_decay_amsgrad", O.AdamW(0.01, weight_decay=0.1, amsgrad=True)
    yield "adagrad", O.Adagrad(0.1)
    yield "adagrad_arguments", O.Adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-3)
    yield "adamax", O.Adamax(0.01)
    yield "adamax_arguments", O.Adamax(0.01, beta_1=0.7, beta_2=0.95, epsilon=0.01)
    yield "nadam", O.Nadam(0.01)
    yield "nadam_arguments", O.Nadam(0.01, beta_1=0.8, beta_2=0.99, clipnorm=0.5)
    yield "adadelta", O.Adadelta(1.0)
    yield "adadelta_arguments", O.Adadelta(0.5, rho=0.8, epsilon=1e-3, weight_decay=0.01)
    yield "lion", O.Lion(0.01)
    yield "lion_arguments", O.Lion(0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.1)
    yield "lamb", O.Lamb(0.01)
    yield "lamb_arguments", O.Lamb(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3)
    yield "ftrl", O.Ftrl(0.1)
    yield "ftrl_arguments", O.Ftrl(0.1, learning_rate_power=-0.6, initial_accumulator_value=0.2, l1_regularization_strength=0.05,
                                   l2_regularization_strength=0.1, l2_shrinkage_regularization_strength=0.02, beta=0.3)
    yield "sgd_ema", O.SGD(0.1, use_ema=True, ema_momentum=0.7)
    yield "sgd_ema_overwrite", O.SGD(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3)
    yield "adam_ema_overwrite", O.Adam(0.05, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    yield "sgd_accumulation", O.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2)
    yield "nadam_accumulation_decay_clipnorm", O.Nadam(0.01, gradient_accumulation_steps=3, weight_decay=0.1, clipnorm=0.5)
    yield "adam_accumulation_ema", O.Adam(0.05, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    yield "adam_accumulation_schedule", O.Adam(S.ExponentialDecay(0.5, decay_steps=2, decay_rate=0.5), gradient_accumulation_steps=2)
    yield "sgd_loss_scale", O.SGD(0.1, momentum=0.9, loss_scale_factor=8.0)
    yield "sgd_exponential_decay", O.SGD(S.ExponentialDecay(0.5, decay_steps=2, decay_rate=0.5, staircase=True))
    yield "rmsprop_inverse_time_decay", O.RMSprop(S.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.1), clipvalue=1.0)


def case(name, optimizer, constraint=None, exclude=None):
    variables = [keras.Variable(v, name=n) for n, v in START]
    if constraint:
        variables[0].constraint = constraint
    out = {"name": name, "optimizer": config(optimizer), "names": [n for n, _ in START], "start": [tensor(v) for _, v in START]}
    if constraint:
        out["constraint_of_first"] = config(constraint)
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=exclude)
        out["exclude_from_weight_decay"] = exclude
    steps = []
    for g in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(x) for x in g], variables)
        step = {"gradients": [tensor(x) for x in g], "variables": [tensor(v) for v in variables],
                "learning_rate": tensor(optimizer.learning_rate)["data"][0]}
        if optimizer.use_ema:
            step["averages"] = [tensor(v) for v in optimizer._model_variables_moving_average]
        steps.append(step)
    out["steps"] = steps
    out["state_names"] = [v.path for v in optimizer.variables]
    out["state_shapes"] = [list(v.shape) for v in optimizer.variables]
    if optimizer.use_ema:
        optimizer.finalize_variable_values(variables)
        out["finalized"] = [tensor(v) for v in variables]
    return out


DEFAULTS = (O.SGD, O.RMSprop, O.Adam, O.AdamW, O.Adagrad, O.Adamax, O.Nadam, O.Adadelta, O.Lion, O.Lamb, O.Ftrl)


def made(cls):
    keras.backend.clear_session()  # names are not numbered
    return config(cls())


def main():
    rows = [case(*c) for c in cases()]
    rows.append(case("sgd_non_negative", O.SGD(0.3), constraint=keras.constraints.NonNeg()))
    rows.append(case("adamw_exclude", O.AdamW(0.01, weight_decay=0.5), exclude=["bias"]))
    save("optimizers", rows, "variables after each step")
    save("optimizer_defaults", [made(c) for c in DEFAULTS], "each optimizer made without arguments")


if __name__ == "__main__":
    main()
