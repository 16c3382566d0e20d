"""batch, shuffle_batch and their kin: single examples go into a queue, batches come out of it."""

from ..build.cond import smart_cond
from ..graph.composite import convert_or_composite
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.shapes import as_shape
from ..ops.basic import no_op
from ..ops.elementwise import PLAIN, cast
from ..ops.queues import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from ..ops.stitch import dynamic_partition
from .producers import summarize
from .queue_runner import QueueRunner, add_queue_runner
from .sparse_batches import restore, store, store_join

__all__ = ["batch", "batch_join", "shuffle_batch", "shuffle_batch_join"]


# --- checks of what the user gives --------------------------------------------------------------------


def _listed(tensors):
    """A dictionary's tensors in the order of its keys."""
    return [tensors[k] for k in sorted(tensors)] if isinstance(tensors, dict) else tensors


def _listed_all(tensors_list):
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    if isinstance(tensors_list[0], dict):
        keys = set(tensors_list[0])
        if any(set(tensors) != keys for tensors in tensors_list[1:]):
            raise ValueError("All dictionaries in tensors_list must have the same keys")
        return [_listed(tensors) for tensors in tensors_list]
    return tensors_list


def _like(original, tensors):
    """What came out of the queue, as a dictionary if one went in."""
    if not isinstance(original, dict):
        return tensors
    if len(original) == 1:
        return {next(iter(original)): tensors}
    return dict(zip(sorted(original), tensors, strict=True))


def _checked(tensors):
    tensors = [convert_or_composite(t) for t in tensors]
    if not tensors:
        raise ValueError("Expected at least one tensor in batch().")
    return tensors


def _checked_keep(keep_input, enqueue_many):
    keep_input = convert_to_tensor(keep_input)
    rank = keep_input.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep_input


def _types(lists):
    kinds = [t.dtype for t in lists[0]]
    for tensors in lists[1:]:
        other = [t.dtype for t in tensors]
        if other != kinds:
            shown = [", ".join(k.name for k in each) for each in (kinds, other)]
            raise TypeError(f"Expected types to be consistent: {shown[0]} vs. {shown[1]}.")
    return kinds


def _shapes(lists, shapes, enqueue_many):
    """The shapes of an example's parts: those given, or what the tensors tell."""
    if shapes is not None:
        return shapes
    for tensors in lists:
        for tensor in tensors[: len(lists[0])]:
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
    columns = [[one[k] for one in lists] for k in range(len(lists[0]))]
    return [_merged([as_shape(t.shape.as_list()) for t in column], enqueue_many) for column in columns]


def _merged(shapes, enqueue_many):
    if enqueue_many:
        shapes = [s.with_rank_at_least(1)[1:] for s in shapes]
    for other in shapes[1:]:
        shapes[0].merge_with(other)  # refuses what does not fit; the first one counts
    return shapes[0].as_list()


# --- filling the queue, and taking batches out of it ---------------------------------------------------


def _put(queue, tensors, keep_input, enqueue_many):
    """The op that puts tensors into the queue, if they are to be kept."""
    enqueue = queue.enqueue_many if enqueue_many else queue.enqueue
    if keep_input.shape.ndims == 1:
        kept = cast(keep_input, dtypes.int32)
        return enqueue([dynamic_partition(t, kept, num_partitions=2)[1] for t in tensors])
    return smart_cond(keep_input, lambda: enqueue(tensors), no_op)


def _fill(queue, puts):
    add_queue_runner(QueueRunner(queue, puts))


def _take(queue, batch_size, smaller, sparse, name):
    dequeue = queue.dequeue_up_to if smaller else queue.dequeue_many
    return restore(dequeue(batch_size, name=name), sparse)


def _summarize_fullness(queue, capacity):
    summarize(f"fraction_of_{capacity:d}_full", cast(queue.size(), dtypes.float32) * (1.0 / capacity))


def _summarize_surplus(queue, capacity, least):
    surplus = PLAIN["Maximum"](0, queue.size() - least)
    room = capacity - least
    summarize(f"fraction_over_{least:d}_of_{room:d}_full", cast(surplus, dtypes.float32) * (1.0 / room))


def _named(values):
    """Those of the values that say which graph they are of."""
    return [v for v in values if isinstance(v, Tensor)]


def _batch(
    tensors,
    batch_size,
    keep_input,
    num_threads=1,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    listed = _listed(tensors)
    with name_scope(name, "batch", [*_named(listed), keep_input]) as name:
        listed = _checked(listed)
        keep_input = _checked_keep(keep_input, enqueue_many)
        listed, sparse = store(listed, enqueue_many, keep_input)
        kinds = _types([listed])
        shapes = _shapes([listed], shapes, enqueue_many)
        kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(capacity=capacity, dtypes=kinds, shapes=shapes, shared_name=shared_name)
        _fill(queue, [_put(queue, listed, keep_input, enqueue_many)] * num_threads)
        _summarize_fullness(queue, capacity)
        return _like(tensors, _take(queue, batch_size, allow_smaller_final_batch, sparse, name))


def _batch_join(
    tensors_list,
    batch_size,
    keep_input,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    lists = _listed_all(tensors_list)
    with name_scope(name, "batch_join", [*_named(t for one in lists for t in one), keep_input]) as name:
        lists = [[convert_or_composite(t) for t in one] for one in lists]
        keep_input = _checked_keep(keep_input, enqueue_many)
        lists, sparse = store_join(lists, enqueue_many, keep_input)
        kinds = _types(lists)
        shapes = _shapes(lists, shapes, enqueue_many)
        kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(capacity=capacity, dtypes=kinds, shapes=shapes, shared_name=shared_name)
        _fill(queue, [_put(queue, one, keep_input, enqueue_many) for one in lists])
        _summarize_fullness(queue, capacity)
        return _like(tensors_list[0], _take(queue, batch_size, allow_smaller_final_batch, sparse, name))


def _check_room(capacity, least):
    if capacity <= least:
        raise ValueError(f"capacity {capacity:d} must be bigger than min_after_dequeue {least:d}.")


def _shuffle_batch(
    tensors,
    batch_size,
    capacity,
    min_after_dequeue,
    keep_input,
    num_threads=1,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    listed = _listed(tensors)
    with name_scope(name, "shuffle_batch", [*_named(listed), keep_input]) as name:
        _check_room(capacity, min_after_dequeue)
        listed = _checked(listed)
        keep_input = _checked_keep(keep_input, enqueue_many)
        listed, sparse = store(listed, enqueue_many, keep_input)
        kinds = _types([listed])
        shapes = _shapes([listed], shapes, enqueue_many)
        queue = RandomShuffleQueue(capacity, min_after_dequeue, kinds, shapes, seed=seed, shared_name=shared_name)
        _fill(queue, [_put(queue, listed, keep_input, enqueue_many)] * num_threads)
        _summarize_surplus(queue, capacity, min_after_dequeue)
        return _like(tensors, _take(queue, batch_size, allow_smaller_final_batch, sparse, name))


def _shuffle_batch_join(
    tensors_list,
    batch_size,
    capacity,
    min_after_dequeue,
    keep_input,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    lists = _listed_all(tensors_list)
    with name_scope(name, "shuffle_batch_join", [*_named(t for one in lists for t in one), keep_input]) as name:
        lists = [[convert_or_composite(t) for t in one] for one in lists]
        keep_input = _checked_keep(keep_input, enqueue_many)
        lists, sparse = store_join(lists, enqueue_many, keep_input)
        kinds = _types(lists)
        shapes = _shapes(lists, shapes, enqueue_many)
        queue = RandomShuffleQueue(capacity, min_after_dequeue, kinds, shapes, seed=seed, shared_name=shared_name)
        _fill(queue, [_put(queue, one, keep_input, enqueue_many) for one in lists])
        _summarize_surplus(queue, capacity, min_after_dequeue)
        return _like(tensors_list[0], _take(queue, batch_size, allow_smaller_final_batch, sparse, name))


# --- what users call ----------------------------------------------------------------------------------


@export("train.batch")
def batch(
    tensors,
    batch_size,
    num_threads=1,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """Batches of examples; a QueueRunner runs what makes an example as often as it takes.

    Args:
      tensors: an example, a list or dictionary of tensors.
      batch_size: how many make a batch.
      num_threads: how many threads make examples; with more than one their order is not known.
      capacity: how many examples the queue holds.
      enqueue_many: whether each of `tensors` holds several examples, as rows.
      shapes: the shapes of an example's parts, where the tensors don't tell.
      dynamic_pad: whether parts of different sizes are filled up with zeros.
      allow_smaller_final_batch: whether what is left at the end makes a batch.
      shared_name: the queue's.
      name: the scope's name.

    Returns:
      As `tensors`, each `[batch_size, ...]`.

    Raises:
      ValueError: no tensors, or shapes that aren't known.
      tf.errors.OutOfRangeError: (when run) the examples are at an end.
    """
    return _batch(
        tensors,
        batch_size,
        True,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.maybe_batch")
def maybe_batch(
    tensors,
    keep_input,
    batch_size,
    num_threads=1,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`batch` of those examples for which `keep_input`, a bool scalar (or vector with `enqueue_many`), holds."""
    return _batch(
        tensors,
        batch_size,
        keep_input,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.batch_join")
def batch_join(
    tensors_list,
    batch_size,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`batch` of examples that are made in several ways, in a thread for each.

    Args:
      tensors_list: a list of examples, each as `batch` takes it; the other arguments are `batch`'s.
    """
    return _batch_join(
        tensors_list,
        batch_size,
        True,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.maybe_batch_join")
def maybe_batch_join(
    tensors_list,
    keep_input,
    batch_size,
    capacity=32,
    enqueue_many=False,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`batch_join` of those examples for which `keep_input` holds."""
    return _batch_join(
        tensors_list,
        batch_size,
        keep_input,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.shuffle_batch")
def shuffle_batch(
    tensors,
    batch_size,
    capacity,
    min_after_dequeue,
    num_threads=1,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """Batches of examples out of a queue that mixes them.

    Args:
      tensors, batch_size, num_threads, enqueue_many, shapes, allow_smaller_final_batch, shared_name, name: as for `batch`.
      capacity: how many examples the queue holds.
      min_after_dequeue: how many stay in it for the mixing, below `capacity`.
      seed: the queue's seed.

    Returns:
      As `tensors`, each `[batch_size, ...]`.

    Raises:
      ValueError: as for `batch`, or too small a `capacity`.
    """
    return _shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.maybe_shuffle_batch")
def maybe_shuffle_batch(
    tensors,
    batch_size,
    capacity,
    min_after_dequeue,
    keep_input,
    num_threads=1,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`shuffle_batch` of those examples for which `keep_input` holds."""
    return _shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        keep_input,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list,
    batch_size,
    capacity,
    min_after_dequeue,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`shuffle_batch` of examples that are made in several ways, in a thread for each."""
    return _shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@export("train.maybe_shuffle_batch_join")
def maybe_shuffle_batch_join(
    tensors_list,
    batch_size,
    capacity,
    min_after_dequeue,
    keep_input,
    seed=None,
    enqueue_many=False,
    shapes=None,
    allow_smaller_final_batch=False,
    shared_name=None,
    name=None,
):
    """`shuffle_batch_join` of those examples for which `keep_input` holds."""
    return _shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        keep_input,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )
