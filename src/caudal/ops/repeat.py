"""Elements repeated along a dimension, each as often as it is told."""

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from .basic import constant
from .fill import ones, sequence_mask
from .join import concat, stack
from .shape import broadcast_to, expand_dims, rank, reshape, shape, tile
from .slicing import boolean_mask

__all__ = ["repeat"]

_cast, _max, _maximum = define("Cast"), define("Max"), define("Maximum")


@export("repeat")
def repeat(input, repeats, axis=None, name=None):
    """Each slice of a tensor several times.

    Args:
      input: a tensor.
      repeats: int, how often; a scalar for all slices, or `[n]` for n slices.
      axis: an int, the dimension along which; None flattens `input` before.
      name: the scope's name.

    Returns:
      A tensor shaped as `input` but for its size along `axis`, the sum of `repeats`.

    Raises:
      TypeError: `axis` is no int, or `repeats` are not ints.
      ValueError: `axis` is out of range, or as many repeats as slices were not given.
    """
    if axis is None:
        input, axis = reshape(input, [-1]), 0
    need(isinstance(axis, int), f"axis must be an int; got {type(axis).__name__}", kind=TypeError)
    with name_scope(name, "Repeat", [input, repeats]):
        data = convert_to_tensor(input, name="data")
        times = _as_int32(convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32))
        times.get_shape().with_rank_at_most(1)
        data = _at_least_vector(data)
        sizes = shape(data)
        axis = _positive(axis, data.rank)
        if times.rank == 1:
            data.get_shape().dims[axis].assert_is_compatible_with(times.get_shape()[0])
        if times.rank == 0:
            tiled = _tile_one(expand_dims(data, axis + 1), axis + 1, times)
            return reshape(tiled, _outer_shape(sizes, axis))
        return _repeat_each(data, times, sizes, axis)


def _repeat_each(data, times, sizes, axis):
    """All slices as often as the most repeated one; a mask then takes out what is too much."""
    if times.rank != axis + 1:
        n, along = shape(times), rank(times)
        times = broadcast_to(times, concat([sizes[: axis + 1 - along], n], axis=0))
        times.set_shape([None] * (axis + 1))
    most = _maximum(0, _max(times, constant(list(range(times.rank)), dtypes.int32), keep_dims=False))
    mask = sequence_mask(times, most)
    tiled = _tile_one(expand_dims(data, axis + 1), axis + 1, most)
    made = boolean_mask(tiled, mask)
    if axis:
        made = reshape(made, _outer_shape(sizes, axis))
    if data.rank is not None:
        empty = times.dims[0] == 0
        made.set_shape([*data.dims[:axis], 0 if empty else None, *data.dims[axis + 1 :]])
    return made


def _as_int32(x):
    need(x.dtype.is_integer, f"repeats must be an integer tensor; dtype={x.dtype}", kind=TypeError)
    return _cast(x, DstT=dtypes.int32)


def _at_least_vector(x):
    if x.rank is None:
        sizes, n = shape(x), rank(x)
        return reshape(x, concat([[1], sizes], axis=0)[-n:])
    return x if x.rank else stack([x])


def _positive(axis, n):
    if n is None:
        need(axis >= 0, "axis may only be negative if ndims is statically known.")
        return axis
    need(-n <= axis < n, f"axis={axis} out of bounds: expected {-n}<=axis<{n}")
    return axis % n


def _tile_one(x, axis, times):
    if x.rank is not None:
        return tile(x, [1] * axis + [times] + [1] * (x.rank - axis - 1))
    n = ones(rank(x), dtypes.int32)
    return tile(x, concat([n[:axis], [times], n[axis + 1 :]], axis=0))


def _outer_shape(sizes, axis):
    return concat([sizes[:axis], [-1], sizes[axis + 1 :]], axis=0)
