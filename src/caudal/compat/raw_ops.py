"""Op types as functions, which TensorFlow keeps in `gen_*_ops`: inputs, then attributes, then a name."""

import functools

from ..graph.apply import apply
from ..graph.opdef import lookup, names

__all__ = ["raw_op"]


def _snake(kind):
    """`ConcatV2` as `concat_v2`, the way TensorFlow writes it."""
    out = ""
    for k, c in enumerate(kind):
        turn = c.isupper() and k > 0
        if turn and (kind[k - 1].islower() or (k + 1 < len(kind) and kind[k + 1].islower())):
            out += "_"
        out += c.lower()
    return out


@functools.cache
def _by_name():
    return {_snake(kind): kind for kind in names()}


@functools.cache
def raw_op(name):
    """The function that adds a node of the op type whose name is `name` in lower case; None if there is none."""
    kind = _by_name().get(name.lstrip("_"))
    if kind is None:
        return None
    op = lookup(kind)
    told = {key for arg in op.inputs for key in (arg.type_attr, arg.number_attr, arg.list_attr)}
    attrs = sorted((a for key, a in op.attrs.items() if key not in told), key=lambda a: a.has_default)
    order = [arg.name for arg in op.inputs] + [a.name for a in attrs]

    def call(*args, name=None, **kwargs):
        if len(args) == len(order) + 1:
            *args, name = args
        given = dict(zip(order, args, strict=False)) | kwargs
        inputs = [given.pop(arg.name) for arg in op.inputs]
        return apply(op, *inputs, name=name, **given)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Adds a node of type {kind}; takes {', '.join(order)}, and `name`."
    return call
