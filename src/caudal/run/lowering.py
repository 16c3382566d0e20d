"""A specialised node's lowering, traced: its arguments from what was computed before it, its results beside them."""

import functools

import numpy as np

from ..backend import compiled, reference
from .classify import is_variable_op
from .interpret import bind, derefs, refine, state_key
from .store import Cell

__all__ = ["Traced", "lower_nodes", "plain"]


class Traced:
    """The state of a segment while it is traced: what was there, and what was written. Stands for a `Store`."""

    def __init__(self, values):
        self.values, self.written = dict(values), {}

    def get(self, key):
        """The value under `key`, or None."""
        return self.values.get(key)

    def set(self, key, value):
        """Notes a new value."""
        self.values[key] = self.written[key] = value


@np.errstate(all="ignore")
def lower_nodes(nodes, env, traced, numbers):
    """Adds the nodes' results to `env`, id of tensor -> value; an error names its node.

    Args:
      nodes: in order.
      env: holds what the nodes take from outside.
      traced: the state.
      numbers: name of a variable -> its number in the state.
    """
    for node in nodes:
        try:
            _lower(node, env, traced, numbers)
        except Exception as error:
            raised = refine(error, node.source)
            if raised is error:
                raise
            raise raised from error


def _lower(node, env, traced, numbers):
    args = []
    for k, (tensor, deref) in enumerate(zip(node._inputs, derefs(node, ()), strict=True)):
        fixed = k in node._def.static and tensor.op._def.name == "Const"
        value = None if fixed else env.get(id(tensor))
        if value is None:
            value = (
                Cell(traced, numbers[state_key(tensor.op)], tensor.op.source)
                if is_variable_op(tensor.op)
                else tensor.op.attrs["value"]
            )
        args.append(plain(value) if deref else value)
    if node._def.name in _SHAPES:
        made = _SHAPES[node._def.name](args, node)
    else:
        made = _bind(node, _fits(node, args), traced, numbers)(*args)
    if len(node.outputs) == 1 and not isinstance(made, (tuple, list)):
        made = (made,)
    for tensor, one in zip(node.outputs, made or (), strict=True):
        env[id(tensor)] = _kept(one, tensor._dtype)


def _fits(node, args):
    """The backend for a node: NumPy where all is known, XLA otherwise."""
    known = node._def.pure and args and all(type(a) is not Cell and compiled.is_known(a) for a in args)
    return reference if known else compiled


def _bind(node, B, traced, numbers):
    if "state" not in node._def.lower_wants:
        return bind(node, B, traced)
    named = {k: (node if k == "op" else node.attrs[k]) for k in node._def.lower_wants if k != "state"}
    cell = Cell(traced, numbers[state_key(node)], node.source)
    return functools.partial(node._def.lower, B, state=cell, **named)


_SHAPES = {
    "Shape": lambda args, op: np.array(np.shape(args[0]), op.attrs["out_type"].np),
    "ShapeN": lambda args, op: tuple(np.array(np.shape(a), op.attrs["out_type"].np) for a in args),
    "Rank": lambda args, op: np.array(np.ndim(args[0]), np.int32),
    "Size": lambda args, op: np.array(np.size(args[0]), op.attrs["out_type"].np),
}


def plain(x):
    """A value, read if it is a variable's cell."""
    return x.read() if type(x) is Cell else x


def _kept(x, dtype):
    """`x` with the dtype that the graph declares."""
    if type(x) is Cell:
        return x
    kind = dtype.np
    if not hasattr(x, "dtype"):
        return np.asarray(x, kind)
    return x if x.dtype == kind else x.astype(kind)
