"""Op types as functions: `tf.raw_ops.ConcatV2`, and `concat_v2` as TensorFlow keeps it in `gen_array_ops`."""

import functools
import types

from ..graph.apply import apply
from ..graph.opdef import lookup, names
from ..ground.api import constant

__all__ = ["raw_op"]

_AXIS = dict.fromkeys("All Any EuclideanNorm Max Mean Min Prod Sum".split(), {"reduction_indices": "axis"})
_RENAMED = _AXIS | {  # op type -> what an argument is called in a node and in the function
    "ExpandDims": {"dim": "axis"},
    "Select": {"t": "x", "e": "y"},
    "Split": {"split_dim": "axis"},
    "SplitV": {"split_dim": "axis"},
    "Squeeze": {"squeeze_dims": "axis"},
    "Where": {"input": "condition"},
}


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
    """The function that adds a node of the op type whose name is `name` in lower case; None if there is none.

    It takes the inputs, then the attributes that have no default, then the others, then `name`.
    """
    kind = _by_name().get(name.lstrip("_"))
    return None if kind is None else _made(kind, name)


def _made(kind, shown):
    op = lookup(kind)
    shows = _RENAMED.get(kind, {})
    told = {key for arg in op.inputs for key in (arg.type_attr, arg.number_attr, arg.list_attr)}
    attrs = sorted((a for key, a in op.attrs.items() if key not in told), key=lambda a: a.has_default)
    inputs = [arg.name for arg in op.inputs]
    keys = {shows.get(key, key): key for key in (*inputs, *(a.name for a in attrs), "name")}
    order = tuple(keys)
    needed = order[: len(order) - 1 - sum(a.has_default for a in attrs)]

    def call(*args, **kwargs):
        given = {keys[key]: value for key, value in _arguments(shown, needed, order, args, kwargs).items()}
        return apply(op, *[given.pop(key) for key in inputs], **given)

    call.__name__ = call.__qualname__ = shown
    call.__doc__ = f"Adds a node of type {kind}; takes {', '.join(order)}."
    call.order = order
    return call


def _arguments(shown, needed, order, args, kwargs):
    """The arguments of a call by name, which must be those of a function that takes `order`."""
    if len(args) > len(order):
        raise TypeError(f"{shown}() takes {len(order)} arguments ({', '.join(order)}) but {len(args)} were given")
    given = dict(zip(order, args, strict=False))
    for key in kwargs:
        if key not in order:
            raise TypeError(f"{shown}() got an unexpected keyword argument '{key}'; it takes {', '.join(order)}")
        if key in given:
            raise TypeError(f"{shown}() got multiple values for argument '{key}'")
    given |= kwargs
    missing = [repr(key) for key in needed if key not in given]
    if missing:
        *first, last = missing
        words = f"{', '.join(first)}{',' * (len(first) > 1)} and {last}" if first else last
        raise TypeError(f"{shown}() missing {len(missing)} required positional argument{'s' * bool(first)}: {words}")
    return given


class _Ops(types.ModuleType):
    """Op types under their own names, as functions of keywords: `tf.raw_ops.ConcatV2(values=..., axis=0)`."""

    def __getattr__(self, kind):
        if kind.startswith("_") or kind not in names():
            raise AttributeError(f"module 'tensorflow.raw_ops' has no attribute {kind!r}: no op type has this name")
        made = _made(kind, _snake(kind))

        def call(*args, **kwargs):
            if args:
                raise TypeError(
                    f"{made.__name__} only takes keyword args (possible keys: {list(made.order)}). Please pass these args as kwargs instead."
                )
            return made(**kwargs)

        setattr(self, kind, functools.wraps(made)(call))
        return call

    def __dir__(self):
        return [kind for kind in names() if not kind.startswith("_")]


constant(_Ops("tensorflow.raw_ops", _Ops.__doc__), "raw_ops")
