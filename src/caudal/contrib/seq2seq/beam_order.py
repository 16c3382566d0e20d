"""What a TensorArray gathered during beam search, read back along the beams."""

from ...ground import dtypes
from ...ops.batch_gather import gather_nd
from ...ops.elementwise import cast
from ...ops.fill import range_, sequence_mask
from ...ops.gather_tree import gather_tree
from ...ops.join import stack
from ...ops.reduce import reduce_max
from ...ops.shape import expand_dims, reshape, shape, tile, transpose
from ...ops.slicing import where

__all__ = ["ordered_by_beams"]


def ordered_by_beams(t, parent_ids, sequence_length):
    """`t` with each beam's elements in its place.

    Args:
      t: `[time, batch, beams, ...]` or `[time, batch * beams, ...]`.
      parent_ids: int32 `[time, batch, beams]`.
      sequence_length: int64 `[batch, beams]`.
    """
    known = parent_ids.get_shape().dims
    time, rows, beams = (known[k].value or shape(parent_ids)[k] for k in range(3))
    own = expand_dims(expand_dims(range_(beams), 0), 0)
    own = tile(own, [time, rows, 1])
    longest = cast(reduce_max(sequence_length, axis=1), dtypes.int32)
    found = gather_tree(own, parent_ids, longest, beams + 1)
    inside = transpose(sequence_mask(sequence_length, maxlen=time), perm=[2, 0, 1])
    found = where(inside, x=found, y=own)
    times = tile(reshape(range_(time), [-1, 1, 1]), [1, rows, beams])
    batch = tile(reshape(range_(rows), [-1, 1, 1]), [1, time, beams])
    at = stack([times, transpose(batch, perm=[1, 0, 2]), found], -1)
    whole = shape(t)
    return reshape(gather_nd(reshape(t, [time, rows, beams, -1]), at), whole)
