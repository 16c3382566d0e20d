"""Rows of variables replaced for each of the first dimensions apart: `batch_scatter_update`."""

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from .elementwise import multiply
from .fill import ones_like
from .join import concat
from .shape import expand_dims, reshape, shape
from .state import scatter_nd_functions

__all__ = ["batch_scatter_update"]

_range, _cast = define("Range"), define("Cast")


@export("batch_scatter_update")
def batch_scatter_update(ref, indices, updates, use_locking=True, name=None):
    """Replaces rows of each batch of a variable: `ref[b1, ..., bk, indices[b1, ..., bk, j]] = updates[b1, ..., bk, j]`.

    Args:
      ref: a variable, `[b1, ..., bk, n, ...]`.
      indices: int `[b1, ..., bk, m]` of known rank.
      updates: `[b1, ..., bk, m, ...]`.
      use_locking: unused; writes take turns.
      name: the scope's name.

    Returns:
      The variable after the update.

    Raises:
      ValueError: the rank of `indices` is not known.
    """
    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        sizes, n = shape(indices), indices.rank
        need(n is not None, "batch_gather does not allow indices with unknown shape.")
        last = expand_dims(indices, axis=-1)
        columns = [_column(last, sizes[dim], dim, n) for dim in range(n - 1)]
        places = concat([*columns, last], axis=-1)
        return scatter_nd_functions["Update"](ref, places, updates, use_locking=use_locking)


def _column(last, size, dim, n):
    """The number along a dimension of each index, shaped as `last`."""
    sizes = [1] * (n + 1)
    sizes[dim] = size
    numbers = reshape(_range(0, size, 1), sizes)
    if numbers.dtype.base_dtype is not last.dtype.base_dtype:
        numbers = _cast(numbers, DstT=last.dtype.base_dtype)
    return multiply(numbers, ones_like(last))
