"""The ops that everything else leans on: constant, placeholder, identity, no_op, group."""

from ..graph.apply import apply
from ..graph.convert import constant_node
from ..graph.define import define
from ..graph.notes import locate
from ..graph.opdef import lookup
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import text

__all__ = ["constant", "identity", "no_op", "placeholder"]


def same(x):
    """The shape rule of an op whose one output is shaped as its input."""
    return [x.dims]


@export("constant", "compat.v1.constant")
def constant(value, dtype=None, shape=None, name="Const", verify_shape=False):
    """A tensor that holds `value`.

    Args:
      value: a number, string, (nested) list or array.
      dtype: its `DType`; told by `value` if None.
      shape: its shape; a shorter `value` is filled up with its last element.
      name: the node's name.
      verify_shape: whether `value` must have `shape` already.

    Raises:
      TypeError: `value` is not of `dtype`, or its shape is not `shape`; ValueError: too many elements.
    """
    return constant_node(value, dtype, name, shape, verify_shape)


CPP_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def _unfed(B, *, op):
    shape = "" if op.attrs["shape"] is None or op.attrs["shape"] == () else f" and shape {text(op.attrs['shape'])}"
    kind = op.attrs["dtype"].name
    words = f"You must feed a value for placeholder tensor '{op._name}' with dtype {CPP_NAMES.get(kind, kind)}{shape}"
    fix = f"sess.run(..., feed_dict={{'{op._name}:0': value}}), or with the tensor itself as the key"
    raise locate(InvalidArgumentError(None, op, words), op, fix)


_placeholder = define("Placeholder", infer=lambda *, shape: [shape], lower=_unfed, grad=None)


@export("placeholder", "compat.v1.placeholder")
def placeholder(dtype, shape=None, name=None):
    """A tensor whose value is fed to each run: `feed_dict={x: ...}`.

    Args:
      dtype: the `DType` of the elements.
      shape: the shape that values have to have, None where any will do; any shape at all if None.
      name: the node's name.
    """
    return _placeholder(name=name, dtype=dtype, shape=shape)


identity_node = define("Identity", infer=same, lower=lambda B, x: x, grad=lambda op, dy: [dy])


@export("identity", "compat.v1.identity")
def identity(input, name=None):
    """`input`, as the output of a node of its own."""
    return identity_node(input, name=name)


@export("no_op")
def no_op(name=None):
    """An operation that does nothing; it is there to be waited for."""
    return apply(lookup("NoOp"), name=name)
