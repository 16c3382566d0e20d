"""reverse_sequence: the first so many elements of each row in the other order."""

from ..graph.define import define
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need
from ..ground.shapes import merge_dim

__all__ = ["reverse_sequence"]


def _infer(x, lengths, *, seq_dim, batch_dim):
    if lengths.dims is not None and len(lengths.dims) != 1:
        raise InferError(f"Shape must be rank 1 but is rank {len(lengths.dims)}")
    if x.dims is None:
        return [None]
    rank = len(x.dims)
    if batch_dim >= rank:
        raise InferError(f"batch_dim must be < input rank: {batch_dim} vs. {rank}")
    if seq_dim >= rank:
        raise InferError(f"seq_dim must be < input rank: {seq_dim} vs. {rank}")
    rows = merge_dim(x.dims[batch_dim], None if lengths.dims is None else lengths.dims[0])
    return [x.dims[:batch_dim] + (rows,) + x.dims[batch_dim + 1 :]]


def _lower(B, x, lengths, *, seq_dim, batch_dim):
    if lengths.shape[0] != x.shape[batch_dim]:
        raise InvalidArgumentError(
            None, None, f"Length of seq_lengths != input.dims({batch_dim}), ({lengths.shape[0]} vs. {x.shape[batch_dim]})"
        )
    if not B.compiled:
        for k, n in enumerate(lengths):
            if n < 0:
                raise InvalidArgumentError(None, None, f"seq_lens({k}) < 0")
            if n > x.shape[seq_dim]:
                raise InvalidArgumentError(None, None, f"seq_lens({k}) > input.dims({seq_dim})")
    steps = B.arange(x.shape[seq_dim]).astype(lengths.dtype)
    inner = B.moveaxis(x, (batch_dim, seq_dim), (0, 1))
    at = B.where(steps[None, :] < lengths[:, None], lengths[:, None] - 1 - steps[None, :], steps[None, :])
    made = inner[B.arange(inner.shape[0])[:, None], at]
    return B.moveaxis(made, (0, 1), (batch_dim, seq_dim))


reverse_node = define("ReverseSequence", infer=_infer, lower=_lower)


def _grad(op, dy):
    settings = {"seq_dim": op.attrs["seq_dim"], "batch_dim": op.attrs["batch_dim"]}
    return [reverse_node(dy, op.inputs[1], **settings), None]


define("ReverseSequence", grad=_grad)


@export("reverse_sequence")
def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None, batch_dim=None):
    """`input` with the first `seq_lengths[i]` elements of row i in the other order.

    Args:
      input: a tensor.
      seq_lengths: int32 or int64 `[batch]`.
      seq_axis: the axis along which elements change places.
      batch_axis: the axis of the rows; 0 if None.
      name: the node's name.
      seq_dim: `seq_axis` under its older name.
      batch_dim: `batch_axis` under its older name.

    Raises:
      ValueError: an axis is given twice, or shapes don't fit.
    """
    need(seq_axis is None or seq_dim is None, "Cannot specify both 'seq_dim' and 'seq_axis'")
    need(batch_axis is None or batch_dim is None, "Cannot specify both 'batch_dim' and 'batch_axis'")
    seq_dim = seq_axis if seq_dim is None else seq_dim
    batch_dim = batch_axis if batch_dim is None else batch_dim
    return reverse_node(input, seq_lengths, seq_dim=seq_dim, batch_dim=batch_dim or 0, name=name)
