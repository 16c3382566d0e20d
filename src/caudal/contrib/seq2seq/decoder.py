"""Decoder, and dynamic_decode, which runs one until all rows are over."""

import abc

from ...build.scopes import variable_scope
from ...build.while_loop import while_loop
from ...graph import static
from ...graph.convert import convert_to_tensor
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape
from ...ops.basic import constant
from ...ops.elementwise import PLAIN
from ...ops.fill import fill, zeros_like
from ...ops.reduce import reduce_all
from ...ops.shape import shape
from ...ops.slicing import where
from ...ops.tensor_array import TensorArray
from ...rnn.base import zero_states
from ...rnn.step import cache_variables, transpose_batch_time

__all__ = ["Decoder", "dynamic_decode"]


@export("contrib.seq2seq.Decoder")
class Decoder(abc.ABC):
    """What `dynamic_decode` runs. One of your own has `batch_size`, `output_size`, `output_dtype`, `initialize` and `step`."""

    @property
    def batch_size(self):
        """The batch size, an int32 scalar."""
        raise NotImplementedError

    @property
    def output_size(self):
        """The shape of one step's output without the batch, a nest of numbers or shapes."""
        raise NotImplementedError

    @property
    def output_dtype(self):
        """The dtypes of one step's output, a nest."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name=None):
        """(which rows are over, bool `[batch]`; the first inputs; the first state)."""
        raise NotImplementedError

    @abc.abstractmethod
    def step(self, time, inputs, state, name=None):
        """One step.

        Args:
          time: int32 scalar.
          inputs: a nest of tensors `[batch, ...]`.
          state: a nest of tensors and TensorArrays.
          name: the scope's name.

        Returns:
          (the outputs, the next state, the next inputs, which rows are over).
        """
        raise NotImplementedError

    def finalize(self, outputs, final_state, sequence_lengths):
        """(outputs, state) as the user is to have them, of those of all steps; a decoder without this has them as they are."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self):
        """Whether what `step` says is over is so for good: for decoders that change the order of the rows."""
        return False


def _array(size, kind, decoder):
    """The TensorArray of one output."""
    if isinstance(size, TensorShape) and size.ndims != 0:
        rows = static.python_value(convert_to_tensor(decoder.batch_size, name="batch_size"))
        dims = TensorShape([None if rows is None else int(rows)]).concatenate(size)
    else:
        dims = None
    return TensorArray(dtype=kind, size=0, dynamic_size=True, element_shape=dims)


def _kept(finished, new, old):
    """The state before for rows that are over; arrays and scalars are passed on."""
    if isinstance(old, TensorArray):
        return new
    new.set_shape(old.get_shape())
    return new if new.get_shape().ndims == 0 else where(finished, old, new)


def _body(decoder, zeros, impute):
    """One turn of the loop: see `dynamic_decode`."""

    def body(time, arrays, state, inputs, finished, lengths):
        outputs, after, next_inputs, over = decoder.step(time, inputs, state)
        if not decoder.tracks_own_finished:
            over = PLAIN["LogicalOr"](over, finished)
        lengths = where(PLAIN["LogicalNot"](finished), fill(shape(lengths), time + 1), lengths)
        nest.assert_same_structure(state, after)
        nest.assert_same_structure(arrays, outputs)
        nest.assert_same_structure(inputs, next_inputs)
        if impute:
            outputs = nest.map_structure(lambda out, zero: where(finished, zero, out), outputs, zeros)
            after = nest.map_structure(lambda new, old: _kept(finished, new, old), after, state)
        arrays = nest.map_structure(lambda array, out: array.write(time, out), arrays, outputs)
        return time + 1, arrays, after, next_inputs, over, lengths

    return body


@export("contrib.seq2seq.dynamic_decode")
def dynamic_decode(
    decoder,
    output_time_major=False,
    impute_finished=False,
    maximum_iterations=None,
    parallel_iterations=32,
    swap_memory=False,
    scope=None,
    **kwargs,
):
    """A decoder run step by step until all rows are over.

    Args:
      decoder: a `Decoder`.
      output_time_major: whether outputs are `[time, batch, ...]` instead of `[batch, time, ...]`.
      impute_finished: whether a row that is over gives zeros and keeps its state.
      maximum_iterations: int32 scalar: how many steps there may be; None for any number.
      parallel_iterations, swap_memory: kept in the graph.
      scope: a name or `VariableScope`; "decoder" if None.
      **kwargs: taken, as 1.15 takes them for decoders of its own.

    Returns:
      (the outputs, the last state, how long each row was, int32 `[batch]`).

    Raises:
      TypeError: `decoder` is none; ValueError: `maximum_iterations` is no scalar.
    """
    need(isinstance(decoder, Decoder), f"Expected decoder to be type Decoder, but saw: {type(decoder)}", kind=TypeError)
    with variable_scope(scope, "decoder") as varscope:
        cache_variables(varscope)
        most = maximum_iterations
        if most is not None:
            most = convert_to_tensor(most, dtypes.int32, name="maximum_iterations")
            need(most.get_shape().ndims == 0, "maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        sizes, kinds = decoder.output_size, decoder.output_dtype
        zeros = nest.map_structure(lambda s, d: zero_states(s, decoder.batch_size, d), sizes, kinds)
        if most is not None:
            finished = PLAIN["LogicalOr"](finished, 0 >= most)
        lengths = zeros_like(finished, dtype=dtypes.int32)
        time = constant(0, dtype=dtypes.int32)
        arrays = nest.map_structure(lambda s, d: _array(s, d, decoder), sizes, kinds)
        _, arrays, state, _, _, lengths = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: PLAIN["LogicalNot"](reduce_all(finished)),
            _body(decoder, zeros, impute_finished),
            (time, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=most,
            swap_memory=swap_memory,
        )
        outputs = nest.map_structure(lambda array: array.stack(), arrays)
        try:
            outputs, state = decoder.finalize(outputs, state, lengths)
        except NotImplementedError:  # a decoder need not have it
            pass
        if not output_time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
    return outputs, state, lengths
