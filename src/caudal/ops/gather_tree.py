"""Beams read back from the end: `gather_tree`."""

import numpy as np

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError

__all__ = ["gather_tree"]


def _infer(steps, parents, lengths, end):
    dims = shapes.merge(shapes.with_rank(steps.dims, 3), shapes.with_rank(parents.dims, 3))
    rows = shapes.merge_dim(dims[1], shapes.with_rank(lengths.dims, 1)[0])
    shapes.with_rank(end.dims, 0)
    return [(dims[0], rows, dims[2])]


def _check(op, steps, parents, lengths, end):
    for right, words in (
        (steps.ndim == 3, f"step_ids must be a 3-tensor, saw shape: {shapes.text(steps.shape)}"),
        (
            lengths.ndim == 1,
            f"max_sequence_lengths must be a vector, saw shape: {shapes.text(lengths.shape)}",
        ),
        (end.ndim == 0, f"end_token must be a scalar, saw shape: {shapes.text(end.shape)}"),
        (
            steps.shape == parents.shape,
            "step_ids.shape must match parent_ids.shape.  but shapes are: "
            f"{shapes.text(steps.shape)} and {shapes.text(parents.shape)}",
        ),
        (
            steps.ndim == 3 and len(lengths) == steps.shape[1],
            "batch size dimensions step_ids.shape[1] and max_seqeuence_lengths.shape[0] must match.  but shapes are: "
            f"{shapes.text(steps.shape)} and {shapes.text(lengths.shape)}",
        ),
    ):
        if not right:
            raise InvalidArgumentError(None, op, words)


def _lower(B, steps, parents, lengths, end, *, op):
    steps, parents, lengths, end = (np.asarray(x) for x in (steps, parents, lengths, end))
    _check(op, steps, parents, lengths, end)
    time, rows, beams = steps.shape
    out = np.full(steps.shape, end, steps.dtype)
    at = np.tile(np.arange(beams), (rows, 1))
    for t in range(time - 1, -1, -1):
        bad = np.argwhere((at < 0) | (at >= beams))
        if len(bad):
            row, beam = bad[0]
            words = f"Saw invalid parent id {at[row, beam]} at (batch, time, beam) == ({row}, {t}, {beam})"
            raise InvalidArgumentError(None, op, words)
        inside = (t < lengths)[:, None]
        out[t] = np.where(inside, np.take_along_axis(steps[t], at, 1), end)
        at = np.where(inside, np.take_along_axis(parents[t], at, 1), at)
    ended = np.cumsum(out == end, axis=0) > 0  # whatever comes after the end is the end
    return np.where(ended, end, out)


_node = define("GatherTree", infer=_infer, lower=_lower, host=True, grad=None)


@export("contrib.seq2seq.gather_tree")
def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token, name=None):
    """The ids of each beam from its beginning, read back from its last step through the parents.

    Args:
      step_ids: int32 `[time, batch, beams]`, what each step added.
      parent_ids: int32 `[time, batch, beams]`, to which beam of the step before.
      max_sequence_lengths: int32 `[batch]`, where to begin to read.
      end_token: int32 scalar, given for all that comes after it.
      name: the node's name.

    Returns:
      int32 `[time, batch, beams]`.
    """
    return _node(step_ids, parent_ids, max_sequence_lengths, end_token, name=name)
