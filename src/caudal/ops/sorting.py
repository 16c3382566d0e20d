"""Tensors in order along a dimension, and where values belong in what is sorted: sort, argsort, searchsorted."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from ..ground.shapes import with_rank
from .basic import constant
from .counting import top_k
from .elementwise import negative
from .fill import range_
from .join import concat
from .shape import rank, reshape, shape, shape_internal, transpose

__all__ = ["argsort", "searchsorted", "sort"]

# --- sort, argsort: the k greatest with k = n, of -x for an ascending order --------------------------


@export("sort", "contrib.framework.sort")
def sort(values, axis=-1, direction="ASCENDING", name=None):
    """A tensor sorted along a dimension.

    Args:
      values: numbers, `[..., n, ...]`.
      axis: a constant int, the dimension.
      direction: "ASCENDING" or "DESCENDING".
      name: the scope's name.

    Raises:
      ValueError: another direction, or an axis that is no constant scalar.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, 0)


@export("argsort", "contrib.framework.argsort")
def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """Where the elements of a sorted tensor stood: `gather(values, argsort(values))` is sorted.

    Args:
      values: numbers, `[..., n, ...]`.
      axis: a constant int, the dimension.
      direction: "ASCENDING" or "DESCENDING".
      stable: unused; equal elements always stay in order.
      name: the scope's name.

    Returns:
      int32, shaped as `values`.

    Raises:
      ValueError: another direction, or an axis that is no constant scalar.
    """
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, 1)


def _sorted(values, axis, direction, which):
    need(direction in ("ASCENDING", "DESCENDING"), f"{direction} should be one of ASCENDING, DESCENDING")
    axis = convert_to_tensor(axis, name="axis")
    known = static.python_value(axis)
    need(axis.rank == 0 and known is not None, "axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), which)
    made = _descending(negative(values), int(known), which)
    return made if which else negative(made)


def _descending(values, axis, which):
    n = shape(values)[axis]
    ranks = rank(values)
    swap = None
    if axis != -1 and axis + 1 != values.rank:
        swap = _swap_with_last(axis, values.rank, ranks)
        values = transpose(values, swap)
    made = top_k(values, n)[which]
    return made if swap is None else transpose(made, swap)


def _swap_with_last(axis, n, ranks):
    """The permutation that makes `axis` the last one; it undoes itself."""
    if axis < 0:
        axis += n or ranks
    if n is not None:
        order = np.arange(n)
        order[[axis, n - 1]] = n - 1, axis
        return constant(order, name="transposition")
    return concat([range_(axis), [ranks - 1], range_(axis + 1, ranks - 1), [axis]], axis=0)


# --- searchsorted -----------------------------------------------------------------------------------


def _infer_bound(sequence, values):
    with_rank(sequence.dims, 2)
    return [with_rank(values.dims, 2)]


def _bound(side):
    def lower(B, sequence, values, *, out_type, op):
        if sequence.shape[0] != values.shape[0]:
            raise InvalidArgumentError(None, op, "Leading dim_size of both tensors must match.")
        if not sequence.shape[0]:
            return B.zeros(values.shape, out_type.np)
        found = [B.searchsorted(row, wanted, side=side) for row, wanted in zip(sequence, values, strict=True)]
        return B.cast(B.stack(found), out_type.np)

    return lower


_lower_bound = define("LowerBound", infer=_infer_bound, lower=_bound("left"), grad=None)
_upper_bound = define("UpperBound", infer=_infer_bound, lower=_bound("right"), grad=None)


@export("searchsorted")
def searchsorted(sorted_sequence, values, side="left", out_type=dtypes.int32, name=None):
    """Where values would have to be put into sorted rows.

    Args:
      sorted_sequence: `[..., n]`, each row in ascending order.
      values: `[..., m]`, of the same dtype and first dimensions.
      side: "left" for the first place where a value fits, "right" for the last.
      out_type: int32 or int64.
      name: the node's name.

    Returns:
      `out_type`, shaped as `values`, each in `[0, n]`.

    Raises:
      ValueError: another side.
    """
    n, m = shape_internal(sorted_sequence)[-1], shape_internal(values)[-1]
    rows, wanted = reshape(sorted_sequence, [-1, n]), reshape(values, [-1, m])
    need(side in ("left", "right"), f"side must be either 'right' or 'left'.  Saw: {side}.")
    bound = _upper_bound if side == "right" else _lower_bound
    return reshape(bound(rows, wanted, out_type=out_type, name=name), shape_internal(values))
