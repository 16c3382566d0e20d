"""What a tensor is said to be: of a shape, or constant."""

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .basic import same

__all__ = ["ensure_shape", "guarantee_const"]


def _lower_ensure(B, x, *, shape, op):
    have = tuple(x.shape)
    if shape is None or (len(shape) == len(have) and all(want in (None, size) for want, size in zip(shape, have, strict=True))):
        return x
    source = op._inputs[0].op
    name = f"_arg_{source._name}_0_0" if source.type == "Placeholder" else source._name  # what 1.15 puts in a feed's place
    words = f"Shape of tensor {name} {shapes.text(have)} is not compatible with expected shape {shapes.text(shape)}."
    raise InvalidArgumentError(None, op, words)


_ensure = define(
    "EnsureShape",
    infer=lambda x, *, shape: [shapes.merge(shape, x.dims)],
    lower=_lower_ensure,
    grad=lambda op, dy: [dy],
)


@export("ensure_shape")
def ensure_shape(x, shape, name=None):
    """`x`, whose shape is checked in each run.

    Args:
      x: a tensor.
      shape: the `TensorShape` that it has to have, None where any size will do.
      name: the node's name.

    Returns:
      `x` with a static shape that has all that is known of both.

    Raises:
      ValueError: the static shapes don't fit.
      tf.errors.InvalidArgumentError: in the run, the shape is another.
    """
    shape = shape if isinstance(shape, shapes.TensorShape) else shapes.TensorShape(shape)
    return _ensure(x, shape=shape, name=name)


_guarantee = define("GuaranteeConst", infer=same, lower=lambda B, x: x, grad=None)


@export("guarantee_const")
def guarantee_const(input, name=None):
    """`input`, of which the caller promises that it never changes.

    Args:
      input: a tensor.
      name: the node's name.
    """
    return _guarantee(input, name=name)
