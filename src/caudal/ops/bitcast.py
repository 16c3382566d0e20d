"""The bits of a tensor read as another dtype."""

import numpy as np

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError

__all__ = ["bitcast"]


def _infer(x, *, type):
    have, want = x.dtype.base_dtype.size, type.size
    if x.dims is None:
        return [None]
    if have > want:
        return [(*x.dims, have // want)]
    if have == want:
        return [x.dims]
    *head, last = shapes.with_rank_at_least(x.dims, 1)
    if last not in (None, want // have):
        raise InferError(f"Cannot bitcast due to shape. {last} does not match {want // have}")
    return [tuple(head)]


def _lower(B, x, *, type, op):
    have, want = x.dtype.itemsize, type.size
    if have >= want:
        made = x.reshape((*x.shape, 1)).view(type.np)
        return made if have > want else made.reshape(x.shape)
    if not x.ndim or x.shape[-1] * have != want:
        names = x.dtype.name, type.name
        raise InvalidArgumentError(None, op, f"Cannot bitcast from {names[0]} to {names[1]}: shape {shapes.text(x.shape)}")
    whole = x if B.compiled else np.ascontiguousarray(x)  # NumPy's view wants the last dimension in one piece
    return whole.view(type.np)[..., 0]


_node = define("Bitcast", infer=_infer, lower=_lower)


@export("bitcast")
def bitcast(input, type, name=None):
    """The bits of a tensor as elements of another dtype, without converting them.

    Args:
      input: a tensor of numbers.
      type: the `DType`; of one that is k times smaller the result has a last dimension of size k more, of one that is k
        times larger the last dimension of `input` has to be k, and goes.
      name: the node's name.

    Raises:
      ValueError: the last dimension has another size.
    """
    return _node(input, type=type, name=name)
