"""One step of beam search: every beam with every class, and the best of all of them."""

import collections

from ...graph import static
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape
from ...ops.activations import log_softmax
from ...ops.counting import top_k
from ...ops.elementwise import PLAIN, cast, div, equal
from ...ops.fill import fill, one_hot, ones_like, range_
from ...ops.join import concat
from ...ops.reduce import reduce_mean, reduce_sum
from ...ops.shape import expand_dims, reshape, shape, tile
from ...ops.slicing import gather, where
from ...ops.tensor_array import TensorArray
from .wrapper import AttentionWrapperState

__all__ = ["BeamSearchDecoderOutput", "BeamSearchDecoderState", "beam_search_step"]

_FIELDS = ("cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs")


@export("contrib.seq2seq.BeamSearchDecoderState")
class BeamSearchDecoderState(collections.namedtuple("BeamSearchDecoderState", _FIELDS)):
    """What beam search hands on: the cell's state, and for each beam its log-probability, whether it is over, how long it is."""


@export("contrib.seq2seq.BeamSearchDecoderOutput")
class BeamSearchDecoderOutput(collections.namedtuple("BeamSearchDecoderOutput", ("scores", "predicted_ids", "parent_ids"))):
    """A step's scores, ids, and to which beam of the step before each belongs."""


def known_size(batch_size):
    """The batch size as a number, or None."""
    found = static.python_value(batch_size)
    return None if found is None else int(found)


def check_rank(t):
    """Refuses a state of which not even the rank is known."""
    need(t.get_shape().ndims is not None, f"Expected tensor ({t}) to have known rank, but ndims == None.")


def _ended(logs, end_token, finished):
    """The log-probabilities, but for beams that are over: they end, and nothing else."""
    classes = shape(logs)[2]
    kind = logs.dtype
    row = one_hot(end_token, classes, dtype=kind, on_value=convert_to_tensor(0.0, kind), off_value=kind.min)
    rows = tile(reshape(row, [1, 1, -1]), concat([shape(finished), [1]], 0))
    mask = tile(expand_dims(finished, 2), [1, 1, classes])
    return where(mask, rows, logs)


def _length_penalty(lengths, weight):
    """((5 + length) / 6) ** weight: Wu et al. (2016), Google's neural machine translation system, eq. 14."""
    weight = convert_to_tensor(weight, name="penalty_factor")
    weight.set_shape(())
    known = static.python_value(weight)
    if known is not None and known == 0:
        return 1.0
    return div((5.0 + cast(lengths, dtypes.float32)) ** weight, (5.0 + 1.0) ** weight)


def _mean_of(parts):
    """The mean of several tensors."""
    return reduce_mean(concat([expand_dims(part, -1) for part in parts], -1), -1)


def _of_state(state):
    weights = state.alignments
    return _mean_of(weights) if isinstance(weights, tuple) else weights


def attention_of(cell_state, coverage_weight):
    """The attention weights `[batch, beams, time]` that a state holds, on average over its cells; None without a penalty.

    Raises:
      ValueError: there is a penalty, and no attention.
    """
    if coverage_weight == 0.0:
        return None
    found = []
    if isinstance(cell_state, AttentionWrapperState):
        found = [_of_state(cell_state)]
    elif isinstance(cell_state, tuple):
        found = [_of_state(state) for state in cell_state if isinstance(state, AttentionWrapperState)]
    need(found, "coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return found[0] if len(found) == 1 else _mean_of(found)


def _scores(logs, lengths, length_weight, coverage_weight, finished, attended):
    """Log-probabilities over the length penalty, plus the coverage penalty of beams that are over: eq. 14."""
    scores = logs / cast(_length_penalty(lengths, length_weight), logs.dtype)
    coverage_weight = convert_to_tensor(coverage_weight, name="coverage_penalty_weight")
    dims = coverage_weight.get_shape()
    need(dims.ndims == 0, f"coverage_penalty_weight should be a scalar, but saw shape: {dims}")
    if static.python_value(coverage_weight) == 0.0:
        return scores
    need(attended is not None, "accumulated_attention_probs can be None only if coverage penalty is disabled.")
    attended = where(equal(attended, 0.0), ones_like(attended), attended)  # parts beyond a memory's length
    penalty = reduce_sum(PLAIN["Log"](PLAIN["Minimum"](attended, 1.0)), 2)
    penalty *= cast(finished, dtypes.float32)
    return scores + expand_dims(penalty * coverage_weight, 2)


class _Choice:
    """Which of the beams go on: takes what belongs to them out of what belongs to all."""

    def __init__(self, batch_size, beams):
        self.batch_size, self.beams, self.parents = batch_size, beams, None

    def take(self, x, indices, many, flat, name=None):
        """`x[b, indices[b, k]]` for each row b.

        Args:
          x: `[batch, many, ...]`.
          indices: int32 `[batch, beams]`.
          many: how many there are in a row.
          flat: the shape in which rows follow each other.
          name: the scope's name.
        """
        with name_scope(name, "tensor_gather_helper"):
            offsets = expand_dims(range_(self.batch_size) * many, 1)
            indices = reshape(indices + offsets, [-1])
            made = gather(reshape(x, flat), indices)
            made = reshape(made, shape(x)[: 1 + len(flat)], name="output")
            made.set_shape(TensorShape([known_size(self.batch_size)]).concatenate(x.get_shape()[1 : 1 + len(flat)]))
            return made

    def of_parents(self, x):
        """What belongs to the parents of the chosen, `[batch, beams]`."""
        return self.take(x, self.parents, self.beams, [-1])

    def rows_of_parents(self, x, name=None):
        """The same for `[batch, beams, ...]`."""
        return self.take(x, self.parents, self.beams, [self.batch_size * self.beams, -1], name)

    def state_of_parents(self, x):
        """The same for a part of the state: arrays, and what has no beams, as it is."""
        if isinstance(x, TensorArray):
            return x
        check_rank(x)
        return self.rows_of_parents(x) if x.get_shape().ndims >= 2 else x


def _longer(logits, end_token, going, lengths, choice):
    """How long each beam is with each class, int64 `[batch, beams, classes]`."""
    classes = logits.get_shape().dims[-1].value or shape(logits)[-1]
    more = one_hot(
        indices=fill([choice.batch_size, choice.beams], end_token),
        depth=classes,
        on_value=cast(0, dtypes.int64, name="ToInt64"),
        off_value=cast(1, dtypes.int64, name="ToInt64"),
        dtype=dtypes.int64,
    )
    going = cast(going, dtypes.int64)
    more *= expand_dims(going, 2)
    return more + expand_dims(lengths, 2), classes


def _attended(state, beam_state, coverage_weight, going):
    """The attention of all steps so far, or None."""
    now = attention_of(state, coverage_weight)
    if now is None:
        return None
    now *= expand_dims(cast(going, dtypes.float32), 2)
    return beam_state.accumulated_attention_probs + now


def beam_search_step(time, logits, next_cell_state, beam_state, batch_size, beam_width, end_token, weights):
    """The best beams one step further.

    Args:
      time: int32 scalar.
      logits: `[batch, beams, classes]`.
      next_cell_state: the cell's state after this step.
      beam_state: a `BeamSearchDecoderState`.
      batch_size: int32 scalar.
      beam_width: how many beams there are.
      end_token: int32 scalar.
      weights: of the penalties for length and for coverage.

    Returns:
      (a `BeamSearchDecoderOutput`, the next `BeamSearchDecoderState`).
    """
    choice = _Choice(batch_size, beam_width)
    finished = beam_state.finished
    going = PLAIN["LogicalNot"](finished)
    logs = _ended(log_softmax(logits), end_token, finished)
    logs = expand_dims(beam_state.log_probs, 2) + logs
    longer, classes = _longer(logits, end_token, going, beam_state.lengths, choice)
    attended = _attended(next_cell_state, beam_state, weights[1], going)
    scores = _scores(logs, longer, *weights, finished, attended)
    time = convert_to_tensor(time, name="time")
    scores = reshape(scores, [batch_size, -1])
    best, words = top_k(scores, k=convert_to_tensor(beam_width, dtypes.int32, name="beam_width"))
    for chosen in (best, words):
        chosen.set_shape([known_size(batch_size), beam_width])
    logs = choice.take(logs, words, beam_width * classes, [-1], "next_beam_probs")
    ids = cast(PLAIN["FloorMod"](words, classes, name="next_beam_word_ids"), dtypes.int32)
    choice.parents = cast(words / classes, dtypes.int32, name="next_beam_parent_ids")
    over = choice.of_parents(finished)
    finished = PLAIN["LogicalOr"](over, equal(ids, end_token), name="next_beam_finished")
    more = cast(PLAIN["LogicalNot"](over), dtypes.int64)
    lengths = choice.of_parents(beam_state.lengths)
    lengths += more
    kept = () if attended is None else choice.rows_of_parents(attended, "next_accumulated_attention_probs")
    state = nest.map_structure(choice.state_of_parents, next_cell_state)
    return BeamSearchDecoderOutput(best, ids, choice.parents), BeamSearchDecoderState(state, logs, finished, lengths, kept)
