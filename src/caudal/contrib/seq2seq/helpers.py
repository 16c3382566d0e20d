"""Helpers: what a decoder's output means, and what is fed to it next. scheduled.py has those that mix both."""

import abc

from ...build.cond import cond
from ...graph.convert import convert_to_tensor
from ...graph.graph import Tensor
from ...graph.scopes import name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape
from ...ops.elementwise import cast, equal
from ...ops.embedding import embedding_lookup
from ...ops.fill import zeros_like
from ...ops.reduce import argmax, reduce_all
from ...ops.shape import shape, size, tile
from ...ops.tensor_array import TensorArray
from ...rnn.step import transpose_batch_time
from .sampling import categorical_sample

__all__ = ["CustomHelper", "GreedyEmbeddingHelper", "Helper", "InferenceHelper", "SampleEmbeddingHelper", "TrainingHelper"]


def unstacked(x):
    """A tensor as a TensorArray over its first axis."""
    array = TensorArray(dtype=x.dtype, size=shape(x)[0], element_shape=x.get_shape()[1:])
    return array.unstack(x)


def embedder(embedding):
    """`embedding` if it is a function of ids, else the function that looks them up in it."""
    return embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)


@export("contrib.seq2seq.Helper")
class Helper(abc.ABC):
    """What stands between a decoder's output and its next input. One of your own has all of these methods."""

    @property
    @abc.abstractmethod
    def batch_size(self):
        """The batch size, an int32 scalar."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_shape(self):
        """The shape of what `sample` gives, without the batch."""
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_dtype(self):
        """The dtype of what `sample` gives."""
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    @abc.abstractmethod
    def initialize(self, name=None):
        """(which rows are over, bool `[batch]`; the first inputs)."""

    @abc.abstractmethod
    def sample(self, time, outputs, state, name=None):
        """What the outputs mean: ids."""

    @abc.abstractmethod
    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """(which rows are over, the next inputs, the state)."""


class _OfIds(Helper):
    """A helper whose samples are int32 ids."""

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return TensorShape([])

    @property
    def sample_ids_dtype(self):
        return dtypes.int32


@export("contrib.seq2seq.CustomHelper")
class CustomHelper(Helper):
    """A helper out of three functions.

    Args:
      initialize_fn: gives (which rows are over, the first inputs).
      sample_fn: of `time`, `outputs`, `state` the ids.
      next_inputs_fn: of `time`, `outputs`, `state`, `sample_ids` (which rows are over, the next inputs, the state).
      sample_ids_shape: the ids' shape without the batch; () by default.
      sample_ids_dtype: the ids' dtype; int32 by default.
    """

    def __init__(self, initialize_fn, sample_fn, next_inputs_fn, sample_ids_shape=None, sample_ids_dtype=None):
        self._initialize_fn, self._sample_fn, self._next_inputs_fn = initialize_fn, sample_fn, next_inputs_fn
        self._batch_size = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self):
        need(self._batch_size is not None, "batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_ids_dtype

    def initialize(self, name=None):
        with name_scope(name, type(self).__name__ + "Initialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size(finished)
        return finished, inputs

    def sample(self, time, outputs, state, name=None):
        with name_scope(name, type(self).__name__ + "Sample", (time, outputs, state)):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        with name_scope(name, type(self).__name__ + "NextInputs", (time, outputs, state)):
            return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


@export("contrib.seq2seq.TrainingHelper")
class TrainingHelper(_OfIds):
    """A helper that feeds given inputs, whatever came out; its ids are the greatest outputs.

    Args:
      inputs: `[batch, time, ...]`.
      sequence_length: int32 `[batch]`.
      time_major: whether inputs are `[time, batch, ...]`.
      name: the scope's name.

    Raises:
      ValueError: lengths that are no vector.
    """

    def __init__(self, inputs, sequence_length, time_major=False, name=None):
        with name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            self._inputs = inputs = convert_to_tensor(inputs, name="inputs")
            if not time_major:
                inputs = nest.map_structure(transpose_batch_time, inputs)
            self._input_tas = nest.map_structure(unstacked, inputs)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            dims = self._sequence_length.get_shape()
            need(dims.ndims == 1, f"Expected sequence_length to be a vector, but received shape: {dims}")
            self._zero_inputs = nest.map_structure(lambda x: zeros_like(x[0, :]), inputs)
            self._batch_size = size(sequence_length)

    @property
    def inputs(self):
        """The inputs as they were given."""
        return self._inputs

    @property
    def sequence_length(self):
        """The lengths, int32 `[batch]`."""
        return self._sequence_length

    def _read(self, over, time):
        """The inputs of a time step; zeros once all rows are over."""
        arrays = self._input_tas
        return cond(over, lambda: self._zero_inputs, lambda: nest.map_structure(lambda a: a.read(time), arrays))

    def initialize(self, name=None):
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._read(reduce_all(finished), 0)

    def sample(self, time, outputs, name=None, **_):
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(self, time, outputs, state, name=None, **_):
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs, state]):
            after = time + 1
            finished = after >= self._sequence_length
            return finished, self._read(reduce_all(finished), after), state


@export("contrib.seq2seq.GreedyEmbeddingHelper")
class GreedyEmbeddingHelper(_OfIds):
    """A helper that feeds back the likeliest class, as its embedding.

    Args:
      embedding: a table `[classes, ...]`, or a function of ids.
      start_tokens: int32 `[batch]`.
      end_token: int32 scalar: a row is over when it comes.

    Raises:
      ValueError: start tokens that are no vector, an end token that is no scalar.
    """

    def __init__(self, embedding, start_tokens, end_token):
        self._embedding_fn = embedder(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        need(self._start_tokens.get_shape().ndims == 1, "start_tokens must be a vector")
        self._batch_size = size(start_tokens)
        need(self._end_token.get_shape().ndims == 0, "end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

    def initialize(self, name=None):
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        need_tensor(outputs)
        return argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished = equal(sample_ids, self._end_token)
        over = reduce_all(finished)
        return finished, cond(over, lambda: self._start_inputs, lambda: self._embedding_fn(sample_ids)), state


def need_tensor(outputs):
    """Refuses outputs that are a nest."""
    need(isinstance(outputs, Tensor), f"Expected outputs to be a single Tensor, got: {type(outputs)}", kind=TypeError)


@export("contrib.seq2seq.SampleEmbeddingHelper")
class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """A helper that feeds back a class drawn by its probability, as its embedding.

    Args:
      embedding: a table `[classes, ...]`, or a function of ids.
      start_tokens: int32 `[batch]`.
      end_token: int32 scalar: a row is over when it comes.
      softmax_temperature: what the logits are divided by; 1 if None.
      seed: the op's seed.

    Raises:
      ValueError: start tokens that are no vector, an end token that is no scalar.
    """

    def __init__(self, embedding, start_tokens, end_token, softmax_temperature=None, seed=None):
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature, self._seed = softmax_temperature, seed

    def sample(self, time, outputs, state, name=None):
        need_tensor(outputs)
        logits = outputs if self._softmax_temperature is None else outputs / self._softmax_temperature
        return categorical_sample(logits, seed=self._seed)


@export("contrib.seq2seq.InferenceHelper")
class InferenceHelper(Helper):
    """A helper that feeds back whatever a function makes of the outputs.

    Args:
      sample_fn: of the outputs the samples.
      sample_shape: a sample's shape, without the batch.
      sample_dtype: a sample's dtype.
      start_inputs: the first inputs, `[batch, ...]`.
      end_fn: of the samples which rows are over, bool `[batch]`.
      next_inputs_fn: of the samples the next inputs; the samples themselves if None.
    """

    def __init__(self, sample_fn, sample_shape, sample_dtype, start_inputs, end_fn, next_inputs_fn=None):
        self._sample_fn, self._end_fn, self._next_inputs_fn = sample_fn, end_fn, next_inputs_fn
        self._sample_shape, self._sample_dtype = TensorShape(sample_shape), sample_dtype
        self._batch_size = shape(start_inputs)[0]
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_dtype

    def initialize(self, name=None):
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state
