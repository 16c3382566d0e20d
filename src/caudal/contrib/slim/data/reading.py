"""slim.parallel_reader and slim.prefetch_queue: several readers into one queue, and batches made ahead."""

from ....graph.scopes import name_scope
from ....ground import dtypes as kinds
from ....ground.api import export
from ....ops.elementwise import cast
from ....ops.math import add_n
from ....ops.queues import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from ....ops.readers import ReaderBase
from ....platform.gfile import glob_
from ....train.producers import string_input_producer, summarize
from ....train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "prefetch_queue", "single_pass_read"]


def _summarize(queue, capacity):
    summarize(f"fraction_of_{capacity:d}_full", cast(queue.size(), kinds.float32) * (1.0 / capacity))


@export("contrib.slim.parallel_reader.ParallelReader")
class ParallelReader(ReaderBase):
    """Several readers that fill one queue, each in a thread of its own.

    Args:
      reader_class: makes a reader.
      common_queue: a queue of (key, value), two strings.
      num_readers: how many readers.
      reader_kwargs: their arguments.

    Raises:
      TypeError: a queue of other components.
    """

    def __init__(self, reader_class, common_queue, num_readers=4, reader_kwargs=None):
        if len(common_queue.dtypes) != 2 or not all(d.is_compatible_with(kinds.string) for d in common_queue.dtypes):
            raise TypeError("common_queue.dtypes must be [dtypes.string, dtypes.string]")
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    num_readers = property(lambda self: len(self._readers), doc="How many readers.")
    common_queue = property(lambda self: self._common_queue, doc="The queue that they fill.")

    def read(self, queue, name=None):
        """The next (key, value) out of the common queue; `queue` holds the files' names."""
        self._begin(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue, num_records, name=None):
        """Up to `num_records` (key, value) out of the common queue."""
        self._begin(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _begin(self, queue):
        puts = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        add_queue_runner(QueueRunner(self._common_queue, puts))

    def num_records_produced(self, name=None):
        """How many records all have given, an int64 scalar."""
        return add_n([r.num_records_produced() for r in self._readers], name=name)

    def num_work_units_completed(self, name=None):
        """How many files all have done with, an int64 scalar."""
        return add_n([r.num_work_units_completed() for r in self._readers], name=name)


@export("contrib.slim.parallel_reader.parallel_read")
def parallel_read(
    data_sources,
    reader_class,
    num_epochs=None,
    num_readers=4,
    reader_kwargs=None,
    shuffle=True,
    dtypes=None,
    capacity=256,
    min_after_dequeue=128,
    seed=None,
    scope=None,
):
    """(key, value) of the records of files, which several readers read.

    Args:
      data_sources: names of files, or patterns.
      reader_class: makes a reader; reader_kwargs: its arguments; num_readers: how many.
      num_epochs: how often each file is read; for ever if None.
      shuffle: whether files and records are mixed, with `seed`.
      dtypes: those of key and value.
      capacity: how many records the queue holds; min_after_dequeue: how many stay in it for the mixing.
      scope: the scope's name.
    """
    files = get_data_files(data_sources)
    with name_scope(scope, "parallel_read"):
        names = string_input_producer(files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames")
        dtypes = dtypes or [kinds.string, kinds.string]
        if shuffle:
            queue = RandomShuffleQueue(capacity, min_after_dequeue, dtypes, seed=seed, name="common_queue")
        else:
            queue = FIFOQueue(capacity=capacity, dtypes=dtypes, name="common_queue")
        _summarize(queue, capacity)
        return ParallelReader(reader_class, queue, num_readers=num_readers, reader_kwargs=reader_kwargs).read(names)


@export("contrib.slim.parallel_reader.single_pass_read")
def single_pass_read(data_sources, reader_class, reader_kwargs=None, scope=None):
    """(key, value) of the records of files, each once, in order; the arguments are `parallel_read`'s."""
    files = get_data_files(data_sources)
    with name_scope(scope, "single_pass_read"):
        names = string_input_producer(files, num_epochs=1, shuffle=False, capacity=1, name="filenames")
        return reader_class(**(reader_kwargs or {})).read(names)


@export("contrib.slim.parallel_reader.get_data_files")
def get_data_files(data_sources):
    """The names of the files that names and patterns mean.

    Raises:
      ValueError: none.
    """
    if isinstance(data_sources, (list, tuple)):
        files = [name for source in data_sources for name in get_data_files(source)]
    else:
        files = glob_(data_sources) if any(c in data_sources for c in "*?[") else [data_sources]
    if not files:
        raise ValueError(f"No data files found in {data_sources}")
    return files


@export("contrib.slim.prefetch_queue.prefetch_queue")
def prefetch_queue(tensors, capacity=8, num_threads=1, dynamic_pad=False, shared_name=None, name=None):
    """A queue of tensors that are made ahead.

    Args:
      tensors: a list, or a dictionary.
      capacity: how many the queue holds.
      num_threads: how many threads make them.
      dynamic_pad: whether their shapes may be unknown in part.
      shared_name, name: the queue's.

    Returns:
      The queue.
    """
    names = sorted(tensors) if isinstance(tensors, dict) else None
    listed = tensors if names is None else [tensors[n] for n in names]
    with name_scope(name, "prefetch_queue", listed) as name:
        kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(
            capacity=capacity,
            dtypes=[t.dtype for t in listed],
            shapes=[t.get_shape() for t in listed],
            names=names,
            shared_name=shared_name,
        )
        add_queue_runner(QueueRunner(queue, [queue.enqueue(tensors)] * num_threads))
        _summarize(queue, capacity)
        return queue
