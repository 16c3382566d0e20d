"""`define`: where an op is declared whole."""

import functools

from .apply import apply
from .opdef import gradient, lookup, wants

__all__ = ["define"]

_UNSET = object()


def define(
    name,
    infer=None,
    lower=None,
    grad=_UNSET,
    host=False,
    dynamic=False,
    static=(),
    control=False,
    begin=None,
    lengths=(),
    steady=None,
):
    """Says how an op type of `ops.txt` works; gives a function that adds such a node.

    Args:
      name: the op type, "MatMul".
      infer: shapes from inputs, as `OpDef` tells; without it the outputs' shapes are unknown.
      lower: outputs from arrays; without it the op cannot run.
      grad: `grad(op, *dys)` -> a slope for each input; None where there is none by nature. An op for which
        nothing is said has no gradient, and asking for it raises LookupError, as TF's does.
      host: only Python can do it (strings, files, prints): it is never handed to the compiler.
      dynamic: the outputs' shapes depend on the values of the inputs.
      static: positions of inputs whose values the compiler has to know (a shape, an axis).
      control: part of control flow, run by the executor itself.
      lengths: positions of inputs that are lists of elements: fed with any length, they are of another in each run, and
        nothing is compiled for each.
      steady: positions of the inputs that alone decide the outputs' shapes (beside values of others), where the op isn't
        compiled; without it an output of unknown shape has another shape in each run.
      begin: `begin(op)` -> the array that the op's own state begins with in a new session.

    Returns:
      `node(*inputs, name=None, **attributes)`, which is `graph.apply.apply` for this type.
    """
    op = lookup(name)
    if infer is not None:
        op.infer, op.infer_wants = infer, wants(infer)
    if lower is not None:
        op.lower, op.lower_wants = lower, wants(lower)
    if grad is not _UNSET:
        gradient(name, grad)
    op.host, op.dynamic, op.control = host or op.host, dynamic or op.dynamic, control or op.control
    op.static, op.begin = static or op.static, begin or op.begin
    op.lengths, op.steady = lengths or op.lengths, op.steady if steady is None else steady
    return functools.partial(apply, op)
