"""Dense tensors as IndexedSlices, where one has to stand beside such."""

from ..graph.composite import IndexedSlices
from ..graph.graph import Tensor
from ..ground import dtypes
from .elementwise import cast
from .fill import range_
from .shape import shape_internal

__all__ = ["as_slices", "as_slices_list"]


def as_slices(x):
    """`x` as `IndexedSlices`: a tensor is the slices of all its rows.

    Raises:
      TypeError: neither of the two.
    """
    if isinstance(x, IndexedSlices):
        return x
    if not isinstance(x, Tensor):
        raise TypeError(f"Not a Tensor or IndexedSlices: {type(x)}")
    shape = shape_internal(x, optimize=False)
    return IndexedSlices(x, range_(0, shape[0]), shape)


def as_slices_list(values):
    """Each of `values` as `IndexedSlices`, with int64 indices if they are not all int32."""
    slices = [as_slices(v) for v in values]
    if len({s.indices.dtype for s in slices}) <= 1:
        return slices
    return [
        IndexedSlices(s.values, cast(s.indices, dtypes.int64), s.dense_shape) if s.indices.dtype is dtypes.int32 else s
        for s in slices
    ]
