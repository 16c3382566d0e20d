"""Scheduled sampling: while it trains, a decoder is fed its own output now and then.

Source: Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks.
"""

from ...build.cond import cond
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ops.batch_gather import gather_nd
from ...ops.elementwise import PLAIN, cast
from ...ops.fill import fill_node
from ...ops.join import concat
from ...ops.reduce import reduce_all, reduce_any
from ...ops.scatter import scatter_nd
from ...ops.shape import shape
from ...ops.slicing import where
from ...rnn.step import transpose_batch_time
from .helpers import TrainingHelper, embedder, unstacked
from .sampling import bernoulli_sample, categorical_sample

__all__ = ["ScheduledEmbeddingTrainingHelper", "ScheduledOutputTrainingHelper"]


def _chance(given):
    chance = convert_to_tensor(given, name="sampling_probability")
    dims = chance.get_shape()
    need(dims.ndims in (0, 1), f"sampling_probability must be either a scalar or a vector. saw shape: {dims}")
    return chance


def _mixed(sampled, at, given, rest, like):
    """Rows `at` from `sampled` and rows `rest` from `given`, in the shape of `like`."""
    whole = shape(like)
    return scatter_nd(at, sampled, whole) + scatter_nd(rest, given, whole)


@export("contrib.seq2seq.ScheduledEmbeddingTrainingHelper")
class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """A TrainingHelper that feeds, now and then, the embedding of a class drawn from the output; its ids are -1 elsewhere.

    Args:
      inputs: `[batch, time, ...]`.
      sequence_length: int32 `[batch]`.
      embedding: a table `[classes, ...]`, or a function of ids.
      sampling_probability: float scalar, or `[batch]`: the chance of being fed one's own output.
      time_major: whether inputs are `[time, batch, ...]`.
      seed: the seed of the class.
      scheduling_seed: the seed of whether.
      name: the scope's name.

    Raises:
      ValueError: a chance of rank 2 or more.
    """

    def __init__(
        self,
        inputs,
        sequence_length,
        embedding,
        sampling_probability,
        time_major=False,
        seed=None,
        scheduling_seed=None,
        name=None,
    ):
        with name_scope(name, "ScheduledEmbeddingSamplingWrapper", [embedding, sampling_probability]):
            self._embedding_fn = embedder(embedding)
            self._sampling_probability = _chance(sampling_probability)
            self._seed, self._scheduling_seed = seed, scheduling_seed
            super().__init__(inputs, sequence_length, time_major=time_major, name=name)

    def sample(self, time, outputs, state, name=None):
        with name_scope(name, type(self).__name__ + "Sample", [time, outputs, state]):
            chosen = bernoulli_sample(self._sampling_probability, dtypes.bool, self.batch_size, self._scheduling_seed)
            return where(chosen, categorical_sample(outputs, seed=self._seed), fill_node([self.batch_size], -1))

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        with name_scope(name, type(self).__name__ + "NextInputs", [time, outputs, state, sample_ids]):
            finished, given, state = super().next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids, name=name
            )

            def mixed():
                at = cast(where(sample_ids > -1), dtypes.int32)
                rest = cast(where(sample_ids <= -1), dtypes.int32)
                ids = gather_nd(sample_ids, at)
                kept = gather_nd(given, rest)
                fed = self._embedding_fn(ids)
                return _mixed(fed, at, kept, rest, given)

            return finished, cond(reduce_all(finished), lambda: given, mixed), state


@export("contrib.seq2seq.ScheduledOutputTrainingHelper")
class ScheduledOutputTrainingHelper(TrainingHelper):
    """A TrainingHelper that feeds, now and then, the output itself; its ids say where.

    Args:
      inputs: `[batch, time, ...]`.
      sequence_length: int32 `[batch]`.
      sampling_probability: float scalar, or `[batch]`: the chance of being fed one's own output.
      time_major: whether inputs are `[time, batch, ...]`.
      seed: the op's seed.
      next_inputs_fn: makes an input of an output; the output itself if None.
      auxiliary_inputs: `[batch, time, ...]`, put behind every input, be it given or not.
      name: the scope's name.

    Raises:
      ValueError: a chance of rank 2 or more.
    """

    def __init__(
        self,
        inputs,
        sequence_length,
        sampling_probability,
        time_major=False,
        seed=None,
        next_inputs_fn=None,
        auxiliary_inputs=None,
        name=None,
    ):
        with name_scope(name, "ScheduledOutputTrainingHelper", [inputs, auxiliary_inputs, sampling_probability]):
            self._sampling_probability = _chance(sampling_probability)
            self._auxiliary_input_tas = None
            if auxiliary_inputs is not None:
                inputs = convert_to_tensor(inputs, name="inputs")
                more = convert_to_tensor(auxiliary_inputs, name="auxiliary_inputs")
                inputs = nest.map_structure(lambda x, y: concat((x, y), -1), inputs, more)
                if not time_major:
                    more = nest.map_structure(transpose_batch_time, more)
                self._auxiliary_input_tas = nest.map_structure(unstacked, more)
            self._seed, self._next_inputs_fn = seed, next_inputs_fn
            super().__init__(inputs, sequence_length, time_major=time_major, name=name)

    def sample(self, time, outputs, state, name=None):
        with name_scope(name, type(self).__name__ + "Sample", [time, outputs, state]):
            return bernoulli_sample(self._sampling_probability, sample_shape=self.batch_size, seed=self._seed)

    def _with_auxiliary(self, time, outputs, at=None):
        """Outputs with the auxiliary inputs of the next step behind them, of all rows or of those `at`."""
        if self._auxiliary_input_tas is None:
            return outputs
        after = time + 1
        more = nest.map_structure(lambda a: a.read(after), self._auxiliary_input_tas)
        if at is not None:
            more = gather_nd(more, at)
        return nest.map_structure(lambda x, y: concat((x, y), -1), outputs, more)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        with name_scope(name, type(self).__name__ + "NextInputs", [time, outputs, state, sample_ids]):
            finished, given, state = super().next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids, name=name
            )
            sample_ids = cast(sample_ids, dtypes.bool)

            def mixed():
                if self._next_inputs_fn is None:
                    return where(sample_ids, self._with_auxiliary(time, outputs), given)
                at = cast(where(sample_ids), dtypes.int32)
                rest = cast(where(PLAIN["LogicalNot"](sample_ids)), dtypes.int32)
                chosen = gather_nd(outputs, at)
                kept = gather_nd(given, rest)
                fed = self._with_auxiliary(time, self._next_inputs_fn(chosen), at)
                return _mixed(fed, at, kept, rest, given)

            over = reduce_all(finished)
            none = PLAIN["LogicalNot"](reduce_any(sample_ids))
            return finished, cond(PLAIN["LogicalOr"](over, none), lambda: given, mixed), state
