"""Look-ups that are done for each of the first dimensions apart: batch_gather, and gather_nd with batch_dims."""

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from .fill import ones, zeros
from .join import concat, stack, unstack
from .meshgrid import meshgrid
from .shape import rank, reshape, shape, tile, transpose
from .slicing import gather, gather_nd_node

__all__ = ["batch_gather", "batch_gather_nd"]

_prod, _cast, _range = define("Prod"), define("Cast"), define("Range")


@export("batch_gather")
def batch_gather(params, indices, name=None):
    """Slices of each batch of `params`, at the batch's own indices.

    Args:
      params: `[b1, ..., bk, n, ...]`.
      indices: int, `[b1, ..., bk, m]`, each in `[0, n)`; their rank is known.
      name: the scope's name.

    Returns:
      `[b1, ..., bk, m, ...]`.

    Raises:
      ValueError: the rank of `indices` is not known.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        need(indices.rank is not None, "batch_gather does not allow indices with unknown shape.")
        return _flat_gather(params, indices)


def _flat_gather(params, indices):
    """One look-up in the batches side by side; indices count on through them."""
    n, indices_shape, params_shape = indices.rank, shape(indices), shape(params)
    kind = indices.dtype.base_dtype
    below, counted = ones((), dtype=kind), indices
    sizes = _cast(params_shape, DstT=kind)
    for dim in range(n - 1, 0, -1):
        size = sizes[dim - 1]
        below *= sizes[dim]
        start, step = zeros((), dtype=kind), ones((), dtype=kind)
        numbers = _range(start, size, step) * below
        counted += reshape(numbers, stack([1] * (dim - 1) + [size] + [1] * (n - dim), axis=0))
    flat = reshape(counted, [-1])
    inner = params_shape[n:]
    outer = params_shape[:n]
    rows = reshape(params, concat([[_prod(outer, [0])], inner], axis=0))
    return reshape(gather(rows, flat), concat([indices_shape, inner], axis=0))


def batch_gather_nd(params, indices, batch_dims, name=None):
    """`gather_nd` for each of the first `batch_dims` dimensions, which both share.

    Raises:
      ValueError: ranks are not known, or `batch_dims` is too large.
    """
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        need(isinstance(batch_dims, int), f"batch_dims must be an int, but got {batch_dims!r}", kind=TypeError)
        need(batch_dims >= 0, "batch_dims must be non-negative integer.")
        need(params.rank is not None and indices.rank is not None, "batch_dims must be less than rank(params)")
        need(batch_dims < params.rank, "batch_dims must be less than rank(params)")
        params_shape, indices_shape = shape(params), shape(indices)
        batch = params_shape[:batch_dims]
        count = _prod(batch, [0])
        inner = rank(indices) - batch_dims - 1
        own = indices_shape[batch_dims:-1]
        grid = tile(_grid(batch, indices.dtype, inner), concat([(1,), own, (1,)], axis=0))
        flat = reshape(indices, concat([[count], indices_shape[batch_dims:]], axis=0))
        made = gather_nd_node(params, concat([grid, flat], axis=-1))
        return reshape(made, concat([batch, shape(made)[1:]], axis=0))


def _grid(batch, kind, inner):
    """The numbers of all batches, `[count, 1, ..., 1, batch_dims]`."""
    ranges = [_cast(_range(0, size, 1), DstT=kind) for size in unstack(batch, axis=0)]
    flat = [reshape(x, (-1,)) for x in (meshgrid(*ranges, indexing="ij") if ranges else [])]
    numbers = transpose(stack(flat, axis=0))
    sizes = shape(numbers)
    return reshape(numbers, concat([sizes[:1], ones(inner, dtype=dtypes.int32), sizes[1:]], axis=0))


@export("gather_nd", "manip.gather_nd")
def gather_nd(params, indices, name=None, batch_dims=0):
    """Slices of `params` at the places that the rows of `indices` name.

    Args:
      params: a tensor.
      indices: int `[..., n]`.
      name: the node's name.
      batch_dims: how many first dimensions both have in common.

    Returns:
      `indices.shape[:-1] + params.shape[batch_dims + n:]`.
    """
    if batch_dims:
        return batch_gather_nd(params, indices, batch_dims, name)
    sparse = getattr(params, "gather_nd", None)
    return sparse(indices, name=name) if sparse is not None else gather_nd_node(params, indices, name=name)
