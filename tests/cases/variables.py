"""Rows of ops that read and write variables: assignments, scatters, one step of each optimizer.

A meaning gives (the variables' values after it, the outputs).
"""

import numpy as np

from .row import classes, ints, normal, positive, row, uniform

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64


def twice(op, inputs, meaning, **attrs):
    """A row for a reference, and one for a resource."""
    row(op, inputs, lambda *a: (meaning(*a), []), **attrs)
    row("Resource" + op, inputs, lambda *a: (meaning(*a), []), **attrs)


# --- assignments ------------------------------------------------------------------------------------------

for _op, _other, _meaning in (
    ("Assign", "AssignVariableOp", lambda x, y: y),
    ("AssignAdd", "AssignAddVariableOp", np.add),
    ("AssignSub", "AssignSubVariableOp", np.subtract),
):
    for _x, _y in ((normal(2, 3), normal(2, 3)), (ints(4, kind=i64), ints(4, kind=i64))):
        row(_op, [_x, _y], lambda x, y, f=_meaning: ([f(x, y)], []))
        row(_other, [_x, _y], lambda x, y, f=_meaning: ([f(x, y)], []))
row("ReadVariableOp", [normal(2, 3)], lambda x: ([x], [x]), dtype=f32)
row("RefIdentity", [normal(2, 3)], lambda x: ([x], []))
row("VariableShape", [normal(2, 3)], lambda x: ([x], [np.array([2, 3], i32)]))
row("IsVariableInitialized", [normal(2)], lambda x: ([x], [True]))
row("VarIsInitializedOp", [normal(2)], lambda x: ([x], [True]))
row("CountUpTo", [i32(3)], lambda x: ([x + 1], [x]), limit=9)
row("ResourceCountUpTo", [i64(3)], lambda x: ([x + 1], [x]), limit=9, T=i64)
row("ResourceGather", [normal(4, 3), classes(2, 2, below=4)], lambda x, i: ([x], [x[i]]), dtype=f32)
row("ResourceGatherNd", [normal(4, 3), np.array([[3, 1], [0, 2]], i32)], lambda x, i: ([x], [x[i[:, 0], i[:, 1]]]), dtype=f32)

# --- scatters ---------------------------------------------------------------------------------------------


def scattered(way):
    """NumPy's `way` at rows, again where a row comes again; None replaces."""

    def meaning(x, rows, updates):
        x = x.copy()
        if way is None:
            x[rows] = updates
        else:
            way.at(x, rows, updates)
        return [x]

    return meaning


for _name, _way in (
    ("Add", np.add),
    ("Sub", np.subtract),
    ("Mul", np.multiply),
    ("Div", np.divide),
    ("Max", np.maximum),
    ("Min", np.minimum),
    ("Update", None),
):
    _rows = np.array([2, 0], i32) if _way is None else np.array([2, 0, 2], i32)
    twice("Scatter" + _name, [positive(4, 3), _rows, positive(len(_rows), 3)], scattered(_way))
    twice("Scatter" + _name, [positive(4, kind=f64), i64(1), f64(2.5)], scattered(_way))
for _name, _way in (("Add", np.add), ("Sub", np.subtract), ("Update", None)):

    def _nd(x, at, updates, way=_way):
        return scattered(way)(x, tuple(np.moveaxis(at, -1, 0)), updates)

    twice("ScatterNd" + _name, [normal(4, 3), np.array([[2, 1], [0, 0]], i32), normal(2)], _nd)
    twice("ScatterNd" + _name, [normal(4, 3), np.array([[3], [1]], i64), normal(2, 3)], _nd)


def _sliced(x, begin, end, strides, value):
    x = x.copy()
    x[1:3, ::2] = value
    return [x]


_CUT = [np.array(v, i32) for v in ((1, 0), (3, 4), (1, 2))]
twice("StridedSliceAssign", [normal(4, 4), *_CUT, normal(2, 2)], _sliced)

# --- optimizers: var, its slots, the rest -> var and slots after a step ------------------------------------


def soft(x, by):
    """x moved towards 0 by an amount."""
    return np.sign(x) * np.maximum(np.abs(x) - by, 0)


def gradient_descent(var, rate, g):
    return (var - rate * g,)


def proximal_gradient_descent(var, rate, l1, l2, g):
    return (soft(var - rate * g, rate * l1) / (1 + rate * l2),)


def momentum(var, accum, rate, g, decay, nesterov=False):
    accum = decay * accum + g
    return (var - rate * (g + decay * accum) if nesterov else var - rate * accum), accum


def keras_momentum(var, accum, rate, g, decay, nesterov=False):
    accum = decay * accum - rate * g
    return (var + decay * accum - rate * g if nesterov else var + accum), accum


def adam(var, m, v, power1, power2, rate, beta1, beta2, epsilon, g, nesterov=False):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    rate = rate * np.sqrt(1 - power2) / (1 - power1)
    return var - rate * (beta1 * m + (1 - beta1) * g if nesterov else m) / (np.sqrt(v) + epsilon), m, v


def ada_max(var, m, v, power1, rate, beta1, beta2, epsilon, g):
    m, v = beta1 * m + (1 - beta1) * g, np.maximum(beta2 * v, np.abs(g))
    return var - rate / (1 - power1) * m / (v + epsilon), m, v


def adagrad(var, accum, rate, g):
    return var - rate * g / np.sqrt(accum + g * g), accum + g * g


def adagrad_v2(var, accum, rate, epsilon, g):
    return var - rate * g / (np.sqrt(accum + g * g) + epsilon), accum + g * g


def proximal_adagrad(var, accum, rate, l1, l2, g):
    accum = accum + g * g
    rate = rate / np.sqrt(accum)
    return soft(var - rate * g, rate * l1) / (1 + rate * l2), accum


def adadelta(var, accum, updates, rate, rho, epsilon, g):
    accum = rho * accum + (1 - rho) * g * g
    step = g * np.sqrt(updates + epsilon) / np.sqrt(accum + epsilon)
    return var - rate * step, accum, rho * updates + (1 - rho) * step * step


def rms_prop(var, ms, mom, rate, rho, decay, epsilon, g):
    ms = rho * ms + (1 - rho) * g * g
    mom = decay * mom + rate * g / np.sqrt(ms + epsilon)
    return var - mom, ms, mom


def centered_rms_prop(var, mg, ms, mom, rate, rho, decay, epsilon, g):
    ms, mg = rho * ms + (1 - rho) * g * g, rho * mg + (1 - rho) * g
    mom = decay * mom + rate * g / np.sqrt(ms - mg * mg + epsilon)
    return var - mom, mg, ms, mom


def ftrl(var, accum, linear, g, rate, l1, l2, power):
    return ftrl_v2(var, accum, linear, g, rate, l1, l2, 0, power)


def ftrl_v2(var, accum, linear, g, rate, l1, l2, shrink, power):
    new = accum + g * g
    linear = linear + g + 2 * shrink * var - (new**-power - accum**-power) / rate * var
    return -soft(linear, l1) / (new**-power / rate + 2 * l2), new, linear


def adagrad_da(var, total, squares, g, rate, l1, l2, step):
    total, squares = total + g, squares + g * g
    return -rate * soft(total, l1 * step) / (l2 * step * rate + np.sqrt(squares)), total, squares


def add_sign(var, m, rate, alpha, decay, beta, g):
    m = beta * m + (1 - beta) * g
    return var - rate * (alpha + decay * np.sign(g) * np.sign(m)) * g, m


def power_sign(var, m, rate, base, decay, beta, g):
    m = beta * m + (1 - beta) * g
    return var - rate * np.exp(base * decay * np.sign(g) * np.sign(m)) * g, m


_G = normal(4, 3)
_VAR, _POSITIVE, _LINEAR = normal(4, 3), positive(4, 3) + f32(2), normal(4, 3)
_R, _L1, _L2, _RHO, _EPS = f32(0.1), f32(0.05), f32(0.2), f32(0.9), f32(1e-3)
_RULES = {  # op type without Apply: meaning, slots, the rest (None where the slope stands), whether it comes by rows too
    "GradientDescent": (gradient_descent, [], [_R, None], False),
    "ProximalGradientDescent": (proximal_gradient_descent, [], [_R, _L1, _L2, None], True),
    "Momentum": (momentum, [_LINEAR], [_R, None, _RHO], True),
    "KerasMomentum": (keras_momentum, [_LINEAR], [_R, None, _RHO], True),
    "Adam": (adam, [_LINEAR, _POSITIVE], [f32(0.8), f32(0.7), _R, _RHO, f32(0.99), _EPS, None], False),
    "AdaMax": (ada_max, [_LINEAR, _POSITIVE], [f32(0.8), _R, _RHO, f32(0.99), _EPS, None], False),
    "Adagrad": (adagrad, [_POSITIVE], [_R, None], True),
    "AdagradV2": (adagrad_v2, [_POSITIVE], [_R, _EPS, None], True),
    "ProximalAdagrad": (proximal_adagrad, [_POSITIVE], [_R, _L1, _L2, None], True),
    "Adadelta": (adadelta, [_POSITIVE, _POSITIVE], [_R, _RHO, _EPS, None], True),
    "RMSProp": (rms_prop, [_POSITIVE, _LINEAR], [_R, _RHO, f32(0.5), _EPS, None], True),
    "CenteredRMSProp": (centered_rms_prop, [uniform(4, 3), _POSITIVE, _LINEAR], [_R, _RHO, f32(0.5), _EPS, None], True),
    "Ftrl": (ftrl, [_POSITIVE, _LINEAR], [None, _R, _L1, _L2, f32(-0.5)], True),
    "FtrlV2": (ftrl_v2, [_POSITIVE, _LINEAR], [None, _R, _L1, _L2, f32(0.3), f32(-0.5)], True),
    "AdagradDA": (adagrad_da, [_LINEAR, _POSITIVE], [None, _R, _L1, _L2, i64(3)], True),
    "AddSign": (add_sign, [_LINEAR], [_R, f32(1), f32(0.8), _RHO, None], False),
    "PowerSign": (power_sign, [_LINEAR], [_R, f32(1), f32(0.8), _RHO, None], False),
}


def by_rows(meaning, slots, at):
    """A rule for the rows whose numbers come after the slope."""

    def rows(*args):
        cells, rest = args[: slots + 1], list(args[slots + 1 :])
        indices = rest.pop(at + 1)
        out = [c.copy() for c in cells]
        for cell, new in zip(out, meaning(*[c[indices] for c in cells], *rest), strict=True):
            cell[indices] = new
        return out

    return rows


def _step(op, inputs, meaning, **attrs):
    row(op, inputs, lambda *a: (list(meaning(*a)), []), tol=1e-5, **attrs)


for _name, (_meaning, _slots, _rest, _sparse) in _RULES.items():
    _kinds = ("ResourceApply",) if _name == "KerasMomentum" else ("Apply", "ResourceApply")
    _dense = [_VAR, *_slots, *[_G if x is None else x for x in _rest]]
    for _kind in _kinds:
        _step(_kind + _name, _dense, _meaning)
        if _name in ("Momentum", "KerasMomentum", "Adam"):
            _step(_kind + _name, _dense, lambda *a, f=_meaning: f(*a, nesterov=True), use_nesterov=True)
    if _sparse:
        _at = [x is None for x in _rest].index(True)
        _few = [x for y in _rest for x in ([_G[:2], np.array([3, 1], i32)] if y is None else [y])]
        for _kind in ("ResourceSparseApply",) if _name == "KerasMomentum" else ("SparseApply", "ResourceSparseApply"):
            _step(_kind + _name, [_VAR, *_slots, *_few], by_rows(_meaning, len(_slots), _at))
