"""The slopes of segment ops, as the nodes that 1.15 makes for them."""

from ..graph.opdef import gradient
from ..ground import dtypes
from .basic import constant
from .elementwise import NODES, PLAIN, cast, divide
from .fill import fill, ones_like, zeros_like
from .join import concat
from .segment import segment_sum, unsorted_segment_prod, unsorted_segment_sum
from .shape import expand_dims, rank, shape
from .slicing import gather, where

__all__ = []

gradient("SegmentSum", lambda op, dy: [gather(dy, op.inputs[1]), None])


def _mean(op, dy):
    """Each row's share is one over the number of rows of its segment."""
    rows = rank(op.inputs[0])
    ones_shape = concat([shape(op.inputs[1]), fill(expand_dims(rows - 1, 0), 1)], 0)
    ones = fill(ones_shape, constant(1, dy._dtype))
    scaled = divide(dy, segment_sum(ones, op.inputs[1]))
    return [gather(scaled, op.inputs[1]), None]


def _extreme(op, dy):
    """Shared among all rows that hold the extreme."""
    data, ids = op.inputs
    zero = zeros_like(data)
    here = NODES["Equal"](data, gather(op.outputs[0], ids))
    share = divide(dy, segment_sum(cast(here, dy._dtype), ids))
    return [where(here, gather(share, ids), zero), None]


gradient("SegmentMean", _mean)
gradient("SegmentMax", _extreme)
gradient("SegmentMin", _extreme)


def _gather_drop_negatives(params, ids, clipped=None, positive=None):
    """(the rows that `ids` name, zeros for those below 0; the ids of at least 0; which they are, as wide as the rows)."""
    clipped = PLAIN["Maximum"](ids, zeros_like(ids)) if clipped is None else clipped
    gathered = gather(params, clipped)
    if positive is None:
        positive = PLAIN["GreaterEqual"](ids, 0)
        for _ in range(gathered.rank - positive.rank):
            positive = expand_dims(positive, -1)
        positive = positive & ones_like(gathered, dtype=dtypes.bool)
    return where(positive, gathered, zeros_like(gathered)), clipped, positive


gradient("UnsortedSegmentSum", lambda op, dy: [_gather_drop_negatives(dy, op.inputs[1])[0], None, None])


def _unsorted_extreme(op, dy):
    data, ids, number = op.inputs
    gathered, clipped, positive = _gather_drop_negatives(op.outputs[0], ids)
    here = PLAIN["LogicalAnd"](NODES["Equal"](data, gathered), positive)
    share = divide(dy, unsorted_segment_sum(cast(here, dy._dtype), ids, number))
    spread, _, _ = _gather_drop_negatives(share, None, clipped, positive)
    return [where(here, spread, zeros_like(spread)), None, None]


def _unsorted_prod(op, dy):
    """The product over the element; where that is zero, the product of the others."""
    data, ids, number = op.inputs
    zero = NODES["Equal"](data, 0)
    zeros = unsorted_segment_sum(cast(zero, dtypes.int32), ids, number)
    dy = where(PLAIN["Greater"](zeros, 1), zeros_like(dy), dy)
    others = unsorted_segment_prod(where(zero, ones_like(data), data), ids, number)
    clipped = PLAIN["Maximum"](ids, zeros_like(ids))
    whole, rest = gather(op.outputs[0], clipped), gather(others, clipped)
    slope = where(zero, rest, whole / data)
    return [_gather_drop_negatives(dy, ids, clipped)[0] * slope, None, None]


gradient("UnsortedSegmentMax", _unsorted_extreme)
gradient("UnsortedSegmentMin", _unsorted_extreme)
gradient("UnsortedSegmentProd", _unsorted_prod)
