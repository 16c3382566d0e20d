"""Queues that threads fill from arrays: what `numpy_input_fn` and `pandas_input_fn` read."""

import random

import numpy as np

from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.errors import CancelledError, OutOfRangeError
from ..ops.basic import placeholder
from ..ops.elementwise import NODES, cast
from ..ops.queues import FIFOQueue, RandomShuffleQueue
from ..platform import logging
from ..summary.functions import scalar
from ..train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["enqueue_columns"]

_MANY = "enqueue_data was called with "
_ONE_EACH = "This will create multiple threads, all reading the array/dataframe in order"


class _Rows:
    """A feed function: row numbers and rows, batch after batch, epoch after epoch; the end of a batch may lie in the next.

    Args:
      placeholders: for the rows' names, and for each column.
      index: the rows' names, an array; columns: a list of arrays.
      size: of a batch, but for the last.
      random_start: whether the first row is drawn; seed: of that draw.
      epochs: how many; None for no end.
    """

    def __init__(self, placeholders, index, columns, size, random_start, seed, epochs):
        self._placeholders, self._columns, self._count = placeholders, [index, *columns], len(index)
        self._size, self._epochs, self._epoch = size, epochs, 0
        random.seed(seed)
        self._next = random.randrange(self._count) if random_start else 0
        self._last = (self._next - 1) % self._count  # of an epoch

    def __call__(self):
        """The next feed dict.

        Raises:
          OutOfRangeError: the epochs are over.
        """
        if self._epochs is not None and self._epoch >= self._epochs:
            raise OutOfRangeError(None, None, f"Already emitted {self._epoch} epochs.")
        rows = [(self._next + k) % self._count for k in range(self._size)]
        ends = [k for k, row in enumerate(rows) if row == self._last]
        self._epoch += len(ends)
        if self._epochs is not None and self._epoch >= self._epochs:
            rows = rows[: ends[len(ends) - 1 - (self._epoch - self._epochs)] + 1]
            self._epoch = self._epochs
        self._next = (rows[-1] + 1) % self._count
        return {place: column[rows] for place, column in zip(self._placeholders, self._columns, strict=True)}


class _FeedingQueueRunner(QueueRunner):
    """A `QueueRunner` whose ops are fed: the end of what feeds an op is the end of its data.

    Args:
      queue: the queue.
      enqueue_ops: a list of ops; one thread for each.
      feed_fns: for each op a function that gives its feed dict.
    """

    def __init__(self, queue, enqueue_ops, feed_fns):
        super().__init__(queue, enqueue_ops, queue_closed_exception_types=(OutOfRangeError, CancelledError))
        self._feed_fns = dict(zip(self._enqueue_ops, feed_fns, strict=True))

    def _enqueuer(self, sess, enqueue_op):
        feed = self._feed_fns[enqueue_op]
        return lambda: sess.run(enqueue_op, feed_dict=feed())

    def to_proto(self, export_scope=None):
        """Not to be written: arrays feed it."""
        raise NotImplementedError(f"{type(self).__name__} does not support serialization to proto.")


def enqueue_columns(
    index, columns, capacity, shuffle, min_after_dequeue=None, num_threads=1, seed=None, enqueue_size=1, num_epochs=None
):
    """A queue of rows, and the threads' runner among the graph's.

    Args:
      index: the rows' names, an array `[rows]`; columns: a list of arrays `[rows, ...]`.
      capacity: how many rows the queue holds.
      shuffle: whether rows come out in a drawn order.
      min_after_dequeue: how many rows stay to be drawn from; a quarter of the capacity by default.
      num_threads: how many threads fill it, each with all rows.
      seed: of the draws.
      enqueue_size: how many rows a thread puts in at once.
      num_epochs: how often each thread goes through the rows; None for no end.

    Returns:
      The queue: its elements are a row's name, and its row of each column.
    """
    with name_scope("enqueue_input"):
        _warn(num_threads, num_epochs, shuffle)
        kinds = [dtypes.as_dtype(column.dtype) for column in (index, *columns)]
        shapes = [column.shape[1:] for column in (index, *columns)]
        if shuffle:
            least = int(capacity / 4 if min_after_dequeue is None else min_after_dequeue)
            queue = RandomShuffleQueue(capacity, least, dtypes=kinds, shapes=shapes, seed=seed)
        else:
            least, queue = 0, FIFOQueue(capacity, dtypes=kinds, shapes=shapes)
        ops, feeds = [], []
        for k in range(num_threads):
            places = [placeholder(kind) for kind in kinds]
            ops.append(queue.enqueue_many(places))
            drawn = None if seed is None else (k + 1) * seed
            feeds.append(_Rows(places, index, columns, enqueue_size, shuffle, drawn, num_epochs))
        add_queue_runner(_FeedingQueueRunner(queue, ops, feeds))
        full = cast(NODES["Maximum"](0, queue.size() - least), dtypes.float32) * (1.0 / (capacity - least))
        scalar(f"queue/{queue.name}fraction_over_{least}_of_{capacity - least}_full", full)
        return queue


def _warn(num_threads, num_epochs, shuffle):
    if num_threads > 1 and num_epochs is not None:
        logging.warning(
            _MANY + "num_epochs and num_threads > 1. num_epochs is applied per thread, so this will produce more epochs than you "
            "probably intend. If you want to limit epochs, use one thread."
        )
    if shuffle and num_threads > 1 and num_epochs is not None:
        logging.warning(
            _MANY + f"shuffle=True, num_threads > 1, and num_epochs. {_ONE_EACH} adding to the same shuffling queue; the results "
            "will likely not be sufficiently shuffled."
        )
    if not shuffle and num_threads > 1:
        logging.warning(
            _MANY + f"shuffle=False and num_threads > 1. {_ONE_EACH}. If you want examples read in order, use one thread; if you "
            "want multiple threads, enable shuffling."
        )


def row_numbers(count):
    """The names of rows that have none: 0, 1, ..."""
    return np.arange(count, dtype=np.int64)
