"""Label sequences made ready for CTC: repeats taken together, and which classes a row has."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ops.elementwise import PLAIN, cast, not_equal
from ..ops.fill import ones_like, range_, sequence_mask
from ..ops.join import concat, pad
from ..ops.reduce import reduce_max, reduce_sum
from ..ops.scatter import scatter_nd
from ..ops.shape import expand_dims, reshape, shape
from ..ops.slicing import boolean_mask, unique
from .functional import map_fn

__all__ = ["collapse_repeated", "ctc_unique_labels"]


def _size(x, axis):
    known = x.get_shape()[axis].value
    return shape(x)[axis] if known is None else known


@export("nn.collapse_repeated")
def collapse_repeated(labels, seq_length, name=None):
    """Labels of which several of the same in a row are one.

    Args:
      labels: `[batch, time]`.
      seq_length: int `[batch]`.
      name: the scope's name.

    Returns:
      (labels `[batch, longest]`, 0 beyond their new lengths; the lengths).
    """
    with name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        fresh = concat([ones_like(labels[:, :1], dtypes.bool), not_equal(labels[:, 1:], labels[:, :-1])], axis=1)
        fresh = PLAIN["LogicalAnd"](fresh, sequence_mask(seq_length, maxlen=_size(labels, 1)))
        lengths = reduce_sum(cast(fresh, dtypes.int32), axis=1)
        longest = reduce_max(lengths)
        room = sequence_mask(lengths, maxlen=longest)
        flat, kept, room = (reshape(x, [-1]) for x in (labels, fresh, room))
        places = range_(_size(room, 0))
        at = expand_dims(boolean_mask(places, room), axis=1)
        made = scatter_nd(at, boolean_mask(flat, kept), shape(room))
        return reshape(made, [_size(labels, 0), longest]), cast(lengths, seq_length.dtype)


@export("nn.ctc_unique_labels")
def ctc_unique_labels(labels, name=None):
    """The classes that each row has, and where each label is among them.

    Args:
      labels: `[batch, time]`.
      name: the scope's name.

    Returns:
      (classes int64 `[batch, time]`, 0 beyond the last; places int32 `[batch, time]`).
    """
    with name_scope(name, "ctc_unique_labels", [labels]):
        labels = convert_to_tensor(labels, name="labels")

        def of_row(row):
            classes, places = unique(row)
            padded = pad(classes, [[0, _size(places, 0) - _size(classes, 0)]])
            return [cast(padded, dtypes.int64), places]

        return map_fn(of_row, labels, dtype=[dtypes.int64, dtypes.int32])
