"""One optimizer step as one op: each formula with its source, for references and resources, dense and by rows."""

import numpy as np

from ..backend import native_train
from ..graph.define import define
from ..graph.opdef import lookup, wants
from ..ground import shapes
from ..ground.errors import InvalidArgumentError

__all__ = ["node"]

_NODES = {}


def node(kind):
    """The function that adds a node of that type."""
    return _NODES[kind]


def _sign_clip(B, x, amount):
    """Soft threshold: x moved towards 0 by `amount`."""
    return B.sign(x) * B.maximum(B.abs(x) - amount, np.zeros((), x.dtype))


def gradient_descent(B, var, alpha, delta):
    return (var - alpha * delta,)


def proximal_gradient_descent(B, var, alpha, l1, l2, delta):
    # Duchi and Singer, "Efficient online and batch learning using forward backward splitting" (2009)
    prox = var - alpha * delta
    return (_sign_clip(B, prox, alpha * l1) / (1 + alpha * l2),)


def momentum(B, var, accum, lr, grad, rate, *, use_nesterov):
    # Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013)
    accum = accum * rate + grad
    return (var - lr * grad - lr * rate * accum if use_nesterov else var - lr * accum), accum


def keras_momentum(B, var, accum, lr, grad, rate, *, use_nesterov):
    accum = accum * rate - lr * grad
    return (var + rate * accum - lr * grad if use_nesterov else var + accum), accum


def adam(B, var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad, *, use_nesterov):
    # Kingma and Ba, "Adam" (2015), sec. 2's last form: epsilon here is the paper's epsilon-hat
    alpha = B.barrier(lr * B.sqrt(1 - beta2_power) / (1 - beta1_power))
    m = m + (grad - m) * (1 - beta1)
    v = v + (grad * grad - v) * (1 - beta2)
    step = (m * beta1 + (1 - beta1) * grad) if use_nesterov else m
    return var - alpha * step / (B.sqrt(v) + epsilon), m, v


def ada_max(B, var, m, v, beta1_power, lr, beta1, beta2, epsilon, grad):
    # Kingma and Ba (2015), sec. 7.1
    m = m + (grad - m) * (1 - beta1)
    v = B.maximum(beta2 * v, B.abs(grad))
    return var - lr / (1 - beta1_power) * (m / (v + epsilon)), m, v


def adagrad(B, var, accum, lr, grad, *, update_slots=True):
    # Duchi et al., "Adaptive subgradient methods" (2011)
    accum = accum + grad * grad if update_slots else accum
    return var - lr * grad / B.sqrt(accum), accum


def adagrad_v2(B, var, accum, lr, epsilon, grad, *, update_slots=True):
    accum = accum + grad * grad if update_slots else accum
    return var - lr * grad / (B.sqrt(accum) + epsilon), accum


def proximal_adagrad(B, var, accum, lr, l1, l2, grad):
    accum = accum + grad * grad
    rate = lr / B.sqrt(accum)
    prox = var - grad * rate
    return _sign_clip(B, prox, rate * l1) / (1 + l2 * rate), accum


def adadelta(B, var, accum, accum_update, lr, rho, epsilon, grad):
    # Zeiler, "ADADELTA" (2012), algorithm 1
    accum = accum * rho + grad * grad * (1 - rho)
    update = B.sqrt(accum_update + epsilon) / B.sqrt(accum + epsilon) * grad
    return var - update * lr, accum, accum_update * rho + update * update * (1 - rho)


def rms_prop(B, var, ms, mom, lr, rho, rate, epsilon, grad):
    # Tieleman and Hinton, Coursera lecture 6.5 (2012)
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * rate + grad * lr / B.sqrt(ms + epsilon)
    return var - mom, ms, mom


def centered_rms_prop(B, var, mg, ms, mom, lr, rho, rate, epsilon, grad):
    # Graves, "Generating sequences with recurrent neural networks" (2013), eq. 38-45
    ms = ms + (grad * grad - ms) * (1 - rho)
    mg = mg + (grad - mg) * (1 - rho)
    mom = mom * rate + lr * grad / B.sqrt(ms - mg * mg + epsilon)
    return var - mom, mg, ms, mom


def ftrl_v2(B, var, accum, linear, grad, lr, l1, l2, shrinkage, power):
    # McMahan et al., "Ad click prediction" (2013), with Zinkevich's shrinkage
    shrunk = grad + 2 * shrinkage * var
    new = accum + grad * grad
    linear = linear + shrunk - (new**-power - accum**-power) / lr * var
    pull = new**-power / lr + 2 * l2
    return B.where(B.abs(linear) > l1, (B.sign(linear) * l1 - linear) / pull, B.zeros_like(var)), new, linear


def ftrl(B, var, accum, linear, grad, lr, l1, l2, power):
    return ftrl_v2(B, var, accum, linear, grad, lr, l1, l2, np.zeros((), var.dtype), power)


def adagrad_da(B, var, gradient_sum, squared_sum, grad, lr, l1, l2, step):
    # Duchi et al. (2011), dual averaging
    gradient_sum, squared_sum = gradient_sum + grad, squared_sum + grad * grad
    steps = B.asarray(step).astype(var.dtype)
    pulled = _sign_clip(B, gradient_sum, l1 * steps)
    return -lr * pulled / (B.sqrt(squared_sum) + l2 * steps * lr), gradient_sum, squared_sum


def add_sign(B, var, m, lr, alpha, decay, beta, grad):
    # Bello et al., "Neural optimizer search" (2017)
    m = m * beta + grad * (1 - beta)
    return var - lr * (alpha + decay * B.sign(grad) * B.sign(m)) * grad, m


def power_sign(B, var, m, lr, logbase, decay, beta, grad):
    m = m * beta + grad * (1 - beta)
    return var - lr * B.exp(logbase * decay * B.sign(grad) * B.sign(m)) * grad, m


# op type without Apply: formula, number of slots beside the variable, whether by rows too
_FORMULAS = {
    "GradientDescent": (gradient_descent, 0, False),
    "ProximalGradientDescent": (proximal_gradient_descent, 0, True),
    "Momentum": (momentum, 1, True),
    "KerasMomentum": (keras_momentum, 1, True),
    "Adam": (adam, 2, False),
    "AdaMax": (ada_max, 2, False),
    "Adagrad": (adagrad, 1, True),
    "AdagradV2": (adagrad_v2, 1, True),
    "ProximalAdagrad": (proximal_adagrad, 1, True),
    "Adadelta": (adadelta, 2, True),
    "RMSProp": (rms_prop, 2, True),
    "CenteredRMSProp": (centered_rms_prop, 3, True),
    "Ftrl": (ftrl, 2, True),
    "FtrlV2": (ftrl_v2, 2, True),
    "AdagradDA": (adagrad_da, 2, True),
    "AddSign": (add_sign, 1, False),
    "PowerSign": (power_sign, 1, False),
}


def _check_slope(op, value, slope):
    if value.shape != slope.shape:
        name = "delta" if op.type.endswith("GradientDescent") else "grad"
        words = f"var and {name} do not have the same shape{shapes.text(value.shape)} {shapes.text(slope.shape)}"
        raise InvalidArgumentError(None, op, words)


def _dense(formula, slots, resource, grad_at):
    keys, at = wants(formula), grad_at - slots - 1

    def lower(B, *args, op):
        cells, rest = args[: slots + 1], args[slots + 1 :]
        named = {k: op.attrs[k] for k in keys if k in op.attrs}
        held = [c.read() for c in cells]
        _check_slope(op, held[0], rest[at])
        kernel = native_train.kernel_of(op.type, op.attrs) if B.compiled else None
        if kernel is None:
            made = formula(B, *held, *rest, **named)
        else:
            (made,) = native_train.update(
                kernel, rest[:at] + rest[at + 1 :], [held], [rest[at]], named.get("use_nesterov", False)
            )
        for cell, value in zip(cells, made, strict=True):
            cell.write(value)
        return () if resource else cells[0]

    return lower


def _rows(formula, slots, resource, grad_at):
    keys = wants(formula)

    def lower(B, *args, op):
        cells, rest = args[: slots + 1], list(args[slots + 1 :])
        at = grad_at - slots - 1
        grad, indices = rest[at], rest[at + 1]
        values = [c.read() for c in cells]
        rows = [v[indices] for v in values]
        rest = rest[: at + 1] + rest[at + 2 :]
        rest[at] = grad
        named = {k: op.attrs[k] for k in keys if k in op.attrs}
        made = formula(B, *rows, *rest, **named)
        for cell, value, row in zip(cells, values, made, strict=True):
            cell.write(B.set_at(value, indices, row))
        return () if resource else cells[0]

    return lower


def _infer_ref(var, *rest, op):
    for arg, tensor in zip(op._def.inputs[1:], rest, strict=True):
        if arg.is_ref or arg.name in ("grad", "delta") and not op.type.startswith("Sparse"):
            shapes.merge(var.dims, tensor.dims)
        elif arg.name not in ("grad", "delta", "indices"):
            shapes.with_rank(tensor.dims, 0)
    return [var.dims]


def _slope_of(kind):
    """Which input of an op is the slope."""
    return next(k for k, arg in enumerate(lookup(kind).inputs) if arg.name in ("grad", "delta"))


for _name, (_formula, _slots, _sparse) in _FORMULAS.items():
    for _prefix, _resource in (("Apply", False), ("ResourceApply", True)):
        _kind = _prefix + _name
        if _name == "KerasMomentum" and not _resource:
            continue
        _NODES[_kind] = define(
            _kind,
            infer=(lambda *_: []) if _resource else _infer_ref,
            lower=_dense(_formula, _slots, _resource, _slope_of(_kind)),
            grad=None,
        )
    if not _sparse:
        continue
    for _prefix, _resource in (("SparseApply", False), ("ResourceSparseApply", True)):
        _kind = _prefix + _name
        if _name == "KerasMomentum" and not _resource:
            continue
        _names = [a.name for a in lookup(_kind).inputs]
        _NODES[_kind] = define(
            _kind,
            infer=(lambda *_: []) if _resource else (lambda var, *_: [var.dims]),
            lower=_rows(_formula, _slots, _resource, _names.index("grad")),
            grad=None,
        )
