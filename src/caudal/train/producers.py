"""Queues that give out file names, numbers or rows, epoch after epoch; batching.py makes batches of what is read."""

from ..build.variables import Variable
from ..graph.composite import convert_or_composite
from ..graph.convert import constant_node, convert
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ops.basic import identity
from ..ops.check import Assert
from ..ops.elementwise import PLAIN, cast
from ..ops.files import matching_files
from ..ops.fill import range_
from ..ops.queues import FIFOQueue
from ..ops.random import random_shuffle
from ..ops.shape import shape, size
from ..ops.slicing import gather
from ..ops.summaries import scalar_node
from .queue_runner import QueueRunner, add_queue_runner

__all__ = ["input_producer", "limit_epochs", "range_input_producer", "slice_input_producer", "string_input_producer"]


def summarize(name, value):
    """A summary of how full a queue is."""
    with name_scope(name, None, [value]) as scope:
        made = scalar_node(scope[:-1], value, name=scope)
    default_graph().add_to_collection(GraphKeys.SUMMARIES, made)


@export("train.limit_epochs")
def limit_epochs(tensor, num_epochs=None, name=None):
    """`tensor`, so many times; then it raises OutOfRangeError.

    Args:
      tensor: a tensor.
      num_epochs: how often it may be taken, above 0; None for ever.
      name: the scope's name.

    Raises:
      ValueError: `num_epochs` is not above 0.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs:d}.")
    with name_scope(name, "limit_epochs", [tensor]) as name:
        zero = constant_node(0, dtypes.int64)
        epochs = Variable(zero, name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES])
        with control_dependencies([epochs.count_up_to(num_epochs)]):
            return identity(tensor, name=name)


@export("train.input_producer")
def input_producer(
    input_tensor,
    element_shape=None,
    num_epochs=None,
    shuffle=True,
    seed=None,
    capacity=32,
    shared_name=None,
    summary_name=None,
    name=None,
    cancel_op=None,
):
    """A queue of the rows of a tensor, and a QueueRunner that fills it.

    Args:
      input_tensor: `[n, ...]`.
      element_shape: the shape of a row, where the tensor doesn't tell.
      num_epochs: how often each row is given; for ever if None. It is counted in a local variable.
      shuffle: whether each epoch is in an order of its own, drawn with `seed`.
      capacity: how many rows the queue holds.
      shared_name, name: the queue's.
      summary_name: the name of a summary of how full it is.
      cancel_op: cancels those that wait.

    Returns:
      The queue.

    Raises:
      ValueError: the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        input_tensor = convert(input_tensor, name="input_tensor")
        element_shape = input_tensor.shape[1:].merge_with(element_shape)
        if not element_shape.is_fully_defined():
            raise ValueError("Either `input_tensor` must have a fully defined shape or `element_shape` must be specified")
        if shuffle:
            input_tensor = random_shuffle(input_tensor, seed=seed)
        input_tensor = limit_epochs(input_tensor, num_epochs)
        kind = input_tensor.dtype.base_dtype
        queue = FIFOQueue(capacity=capacity, dtypes=[kind], shapes=[element_shape], shared_name=shared_name, name=name)
        put = queue.enqueue_many([input_tensor])
        add_queue_runner(QueueRunner(queue, [put], cancel_op=cancel_op))
        if summary_name is not None:
            summarize(summary_name, cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return queue


@export("train.string_input_producer")
def string_input_producer(
    string_tensor, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None, name=None, cancel_op=None
):
    """A queue of strings, file names mostly; the arguments are `input_producer`'s.

    Args:
      string_tensor: string `[n]`, n above 0.

    Returns:
      The queue.

    Raises:
      ValueError: no strings; tf.errors.InvalidArgumentError: (when run) none after all.
    """
    words = "string_input_producer requires a non-null input tensor"
    if not hasattr(string_tensor, "op") and not len(string_tensor):
        raise ValueError(words)
    with name_scope(name, "input_producer", [string_tensor]) as name:
        string_tensor = convert(string_tensor, dtypes.string)
        with control_dependencies([Assert(PLAIN["Greater"](size(string_tensor), 0), [words])]):
            string_tensor = identity(string_tensor)
        return input_producer(
            input_tensor=string_tensor,
            element_shape=[],
            num_epochs=num_epochs,
            shuffle=shuffle,
            seed=seed,
            capacity=capacity,
            shared_name=shared_name,
            name=name,
            summary_name=f"fraction_of_{capacity:d}_full",
            cancel_op=cancel_op,
        )


@export("train.range_input_producer")
def range_input_producer(limit, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None, name=None):
    """A queue of the numbers from 0 to below `limit`, an int32 scalar; the arguments are `input_producer`'s."""
    with name_scope(name, "input_producer", [limit]) as name:
        numbers = range_(limit)
        full = f"fraction_of_{capacity:d}_full"
        return input_producer(numbers, [], num_epochs, shuffle, seed, capacity, shared_name, full, name)


@export("train.slice_input_producer")
def slice_input_producer(tensor_list, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None, name=None):
    """One row of each of several tensors at a time; the arguments are `input_producer`'s.

    Args:
      tensor_list: tensors `[n, ...]` with the same n.

    Returns:
      A list of tensors, rows of one number.

    Raises:
      ValueError: no tensors.
    """
    with name_scope(name, "input_producer", tensor_list):
        tensor_list = [convert_or_composite(t) for t in tensor_list]
        if not tensor_list:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        rows = shape(tensor_list[0])[0]
        queue = range_input_producer(rows, num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [gather(t, index) for t in tensor_list]


@export("train.match_filenames_once", "io.match_filenames_once")
def match_filenames_once(pattern, name=None):
    """A local variable that holds the names of the files that match a pattern when it is initialised."""
    with name_scope(name, "matching_filenames", [pattern]) as name:
        return Variable(
            name=name,
            initial_value=matching_files(pattern),
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )
