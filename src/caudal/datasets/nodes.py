"""The nodes of data sets without functions: sources, batches, repetitions, mixtures."""

import math

import numpy as np

from ..graph.define import define
from ..ground import dtypes
from ..ground.errors import InvalidArgumentError, OpError
from ..ops.sparse_serialize import _strings as serialized
from .columns import as_array, padded, rows, stacked
from .elements import INFINITE, UNKNOWN, Elements, End, Stream, of_iterable

__all__ = ["dataset_node", "refuse"]


def refuse(words):
    """Raises the error of a data set that cannot be."""
    raise InvalidArgumentError(None, None, words)


def dataset_node(name, lower):
    """An op that gives a data set."""
    return define(name, infer=lambda *_: [()], lower=lower, host=True, grad=None)


# --- sources --------------------------------------------------------------------------------------------


def _range(B, start, stop, step):
    if step == 0:
        refuse("step must be a non-zero integer.")
    numbers = range(int(start), int(stop), int(step))
    return of_iterable(lambda context: ((np.int64(k),) for k in numbers), len(numbers))


def _tensors(B, *components):
    return of_iterable(lambda context: [components], 1)


def _slices(B, *components, Toutput_types):  # noqa: N803
    n = len(as_array(components[0]))
    for component in components[1:]:
        if len(as_array(component)) != n:
            refuse(f"All components of a TensorSliceDataset must have the same size in the 0th dimension: {n}")
    return of_iterable(lambda context: rows(components, Toutput_types), n)


def _sparse_slices(B, indices, values, shape, *, op):
    """Each row of a SparseTensor, as the parts of a smaller one."""
    n = int(shape[0])

    def make(context):
        for k in range(n):
            mine = indices[:, 0] == k
            yield indices[mine, 1:], values[mine], shape[1:]

    return of_iterable(make, n)


def _random(B, seed, seed2):
    def begin(context):
        draw = Stream(seed, seed2)
        return lambda: (np.int64(draw()),)

    return Elements(begin, INFINITE)


range_node = dataset_node("RangeDataset", _range)
tensors_node = dataset_node("TensorDataset", _tensors)
slices_node = dataset_node("TensorSliceDataset", _slices)
sparse_slices_node = dataset_node("SparseTensorSliceDataset", _sparse_slices)
random_node = dataset_node("RandomDataset", _random)


# --- how often and how many -----------------------------------------------------------------------------


def _repeat(B, source, count):
    n = int(count)
    if source.mixed is not None:
        return _mix_and_repeat(*source.mixed, n)
    size = source.count
    size = 0 if n == 0 or size == 0 else INFINITE if n < 0 or size == INFINITE else UNKNOWN if size < 0 else n * size

    def begin(context):
        done, step, fresh = 0, None, True

        def following():
            nonlocal done, step, fresh
            while n < 0 or done < n:
                if step is None:
                    step, fresh = source.begin(context), True
                try:
                    element = step()
                    fresh = False
                    return element
                except End:
                    if fresh and n < 0:
                        raise
                    step = None
                    done += 1
            raise End

        return following

    return Elements(begin, size)


def _take(B, source, count):
    n, size = int(count), source.count
    if n < 0:
        return Elements(source.begin, size)
    size = n if size == INFINITE else UNKNOWN if size == UNKNOWN else min(n, size)

    def begin(context):
        step, left = source.begin(context) if n else None, n

        def following():
            nonlocal left
            if left <= 0:
                raise End
            element = step()
            left -= 1
            return element

        return following

    return Elements(begin, size)


def _skip(B, source, count):
    n, size = int(count), source.count
    size = 0 if n < 0 else size if size < 0 else max(0, size - n)

    def begin(context):
        step, left = source.begin(context), n

        def following():
            nonlocal left
            if n < 0:
                raise End
            while left:
                step()
                left -= 1
            return step()

        return following

    return Elements(begin, size)


def _shard(B, source, shards, index):
    n, k = int(shards), int(index)
    if n <= 0:
        refuse(f"Number of shards must be greater than zero (currently num_shards = {n}).")
    if not 0 <= k < n:
        refuse(f"Index must be between 0 and {n - 1} (currently index = {k}, num_shards = {n}).")
    size = source.count if source.count < 0 else source.count // n + (k < source.count % n)

    def begin(context):
        step, place = source.begin(context), 0

        def following():
            nonlocal place
            while True:
                element = step()
                place += 1
                if (place - 1) % n == k:
                    return element

        return following

    return Elements(begin, size)


repeat_node = dataset_node("RepeatDataset", _repeat)
take_node = dataset_node("TakeDataset", _take)
skip_node = dataset_node("SkipDataset", _skip)
shard_node = dataset_node("ShardDataset", _shard)


# --- several data sets ----------------------------------------------------------------------------------


def _zip(B, *sources):
    sizes = [s.count for s in sources]
    known = [s for s in sizes if s != INFINITE]
    size = UNKNOWN if UNKNOWN in sizes else min(known, default=INFINITE)

    def begin(context):
        steps = [s.begin(context) for s in sources]
        return lambda: tuple(x for step in steps for x in step())

    return Elements(begin, size)


def _concatenate(B, first, second):
    sizes = [first.count, second.count]
    size = INFINITE if INFINITE in sizes else UNKNOWN if UNKNOWN in sizes else sum(sizes)

    def begin(context):
        step, left = first.begin(context), [second]

        def following():
            nonlocal step
            while True:
                try:
                    return step()
                except End:
                    if not left:
                        raise
                    step = left.pop().begin(context)

        return following

    return Elements(begin, size)


def _directed(B, selector, *sources):
    def begin(context):
        choose, steps = selector.begin(context), [s.begin(context) for s in sources]

        def following():
            while any(steps):
                (k,) = choose()
                if not 0 <= k < len(steps):
                    refuse(f"Selector index out of range: {k} >= {len(steps)}")
                if steps[k] is not None:
                    try:
                        return steps[k]()
                    except End:
                        steps[k] = None
            raise End

        return following

    return Elements(begin)


zip_node = dataset_node("ZipDataset", _zip)
concatenate_node = dataset_node("ConcatenateDataset", _concatenate)
directed_node = dataset_node("DirectedInterleaveDataset", _directed)


# --- batches --------------------------------------------------------------------------------------------


def batches(source, n, drop, join):
    """Several elements at a time, put together by `join`."""
    if n <= 0:
        refuse("Batch size must be greater than zero.")
    size = source.count if source.count < 0 else source.count // n if drop else math.ceil(source.count / n)

    def begin(context):
        step, ended = source.begin(context), False

        def following():
            nonlocal ended
            taken = []
            while not ended and len(taken) < n:
                try:
                    taken.append(step())
                except End:
                    ended = True
            if not taken or (drop and len(taken) < n):
                raise End
            return join(taken)

        return following

    return Elements(begin, size)


def _batch(B, source, n, *drop, op):
    kinds = op.attrs["output_types"]
    return batches(source, int(n), bool(drop and drop[0]), lambda taken: stacked(taken, kinds))


def _padded_batch(B, source, n, *rest, N, Toutput_types):  # noqa: N803
    shapes, fills, drop = rest[:N], rest[N : 2 * N], rest[2 * N :]
    join = lambda taken: padded(taken, Toutput_types, shapes, fills)
    return batches(source, int(n), bool(drop and drop[0]), join)


def _sparse_batch(B, source, n, row_shape, *, output_types):
    kind = output_types[0]

    def join(taken):
        arrays = [as_array(e[0], None) for e in taken]
        dims = [int(d) for d in row_shape]
        for array in arrays:
            if array.ndim != len(dims):
                refuse(f"Input element had shape ({list(array.shape)}) that is incompatible with the row shape ({dims}).")
            if any(w >= 0 and d > w for d, w in zip(array.shape, dims, strict=True)):
                refuse(f"Input element had shape ({list(array.shape)}) that is incompatible with the row shape ({dims}).")
        dims = [max(a.shape[k] for a in arrays) if d < 0 else d for k, d in enumerate(dims)]
        places = [np.argwhere(np.ones(a.shape, bool)) for a in arrays]
        indices = np.concatenate([np.insert(p, 0, k, axis=1) for k, p in enumerate(places)]).astype(np.int64)
        values = np.concatenate([a.reshape(-1) for a in arrays])
        shape = np.array([len(taken), *dims], np.int64)
        own = dtypes.as_dtype(values.dtype)
        return (serialized([(indices, dtypes.int64), (values, own if kind is dtypes.variant else kind), (shape, dtypes.int64)]),)

    return batches(source, int(n), False, join)


def _unbatch(B, source, *, output_types):
    def begin(context):
        step, rest = source.begin(context), iter(())

        def following():
            nonlocal rest
            while True:
                for element in rest:
                    return element
                rest = rows(step(), output_types)

        return following

    return Elements(begin)


def _window(B, source, size, shift, stride, drop, *, output_types):
    n, shift, stride = int(size), int(shift), int(stride)
    for name, value in (("size", n), ("shift", shift), ("stride", stride)):
        if value <= 0:
            refuse(f"Window {name} must be greater than zero.")
    span = (n - 1) * stride + 1

    def begin(context):
        step, held, ended, gap = source.begin(context), [], False, 0

        def following():
            nonlocal ended, gap
            while not ended and len(held) < span:
                try:
                    element = step()
                except End:
                    ended = True
                    break
                if gap:
                    gap -= 1
                else:
                    held.append(element)
            taken = held[:span:stride]
            if not taken or (drop and len(taken) < n):
                raise End
            gap += max(0, shift - len(held))
            del held[:shift]
            return tuple(_fixed([(e[k],) for e in taken]) for k in range(len(output_types)))

        return following

    return Elements(begin)


def _fixed(elements):
    """The data set of a list."""
    return of_iterable(lambda context: elements, len(elements))


def _sliding(B, source, size, shift, stride, *, output_types):
    windows = _window(B, source, size, shift, stride, True, output_types=output_types)

    def begin(context):
        step = windows.begin(context)

        def following():
            parts = [[e[0] for e in _all(part, context)] for part in step()]
            return stacked(list(zip(*parts, strict=True)), output_types)

        return following

    return Elements(begin)


def _all(source, context):
    """Yields the elements of a data set."""
    step = source.begin(context)
    while True:
        try:
            yield step()
        except End:
            return


batch_node = dataset_node("BatchDataset", _batch)
batch_v2_node = dataset_node("BatchDatasetV2", _batch)
dataset_node("PaddedBatchDataset", _padded_batch)
padded_node = dataset_node("PaddedBatchDatasetV2", _padded_batch)
sparse_batch_node = dataset_node("DenseToSparseBatchDataset", _sparse_batch)
unbatch_node = dataset_node("UnbatchDataset", _unbatch)
window_node = dataset_node("WindowDataset", _window)
sliding_node = dataset_node("SlidingWindowDataset", _sliding)


# --- order ----------------------------------------------------------------------------------------------


def _buffered(n):
    if n <= 0:
        refuse("buffer_size must be greater than zero.")


def _mixing(source, n, draw, count, context):
    """The step of a shuffle: TF's ring of n places, in which each epoch has a slice; -1 epochs are endless.

    Source: TF 1.15's ShuffleDataset.
    """
    ring = [None] * n
    slices, held, epoch = [[0, 0]], 0, 0
    step, fresh = source.begin(context), True

    def fill():
        nonlocal held, epoch, step, fresh
        while step is not None and held < n:
            try:
                element = step()
            except End:
                epoch += 1
                if (fresh and count == -1) or (count != -1 and epoch >= count):
                    step = None
                    return
                slices.append([slices[-1][1]] * 2)
                step = source.begin(context)
                continue
            fresh = False
            ring[slices[-1][1] % n] = element
            slices[-1][1] += 1
            held += 1

    def following():
        nonlocal held
        fill()
        if not held:
            raise End
        while slices[0][0] == slices[0][1]:
            slices.pop(0)
        first = slices[0]
        place = (first[0] + draw() % (first[1] - first[0])) % n
        element, ring[place] = ring[place], ring[first[0] % n]
        ring[first[0] % n] = None
        first[0] += 1
        held -= 1
        return element

    return following


def _shuffle(B, source, buffer_size, seed, seed2, *, reshuffle_each_iteration):
    n = int(buffer_size)
    _buffered(n)
    key = object()

    def begin(context):
        if not reshuffle_each_iteration:
            return _mixing(source, n, Stream(seed, seed2), 1, context)
        seeds = context.keep(key, lambda: Stream(seed, seed2))
        return _mixing(source, n, Stream(seeds(), seeds()), 1, context)

    fusable = (source, n, int(seed), int(seed2)) if reshuffle_each_iteration else None
    return Elements(begin, source.count, fusable)


def _mix_and_repeat(source, n, seed, seed2, count):
    size = source.count
    size = INFINITE if count < 0 or size == INFINITE else UNKNOWN if size < 0 else size * count
    return Elements(lambda context: _mixing(source, n, Stream(seed, seed2), count, context) if count else _nothing, size)


def _nothing():
    raise End


def _shuffle_and_repeat(B, source, buffer_size, seed, seed2, count):
    _buffered(int(buffer_size))
    return _mix_and_repeat(source, int(buffer_size), int(seed), int(seed2), int(count))


shuffle_node = dataset_node("ShuffleDataset", _shuffle)
shuffle_and_repeat_node = dataset_node("ShuffleAndRepeatDataset", _shuffle_and_repeat)


# --- kept, fetched ahead, left out -----------------------------------------------------------------------


def _pass(B, source, *_):
    return Elements(source.begin, source.count)


def _prefetch(B, source, buffer_size):
    if buffer_size < -1:
        refuse("buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning")
    return Elements(source.begin, source.count)


def _unique(B, source, *, output_types):
    def begin(context):
        step, seen = source.begin(context), set()

        def following():
            while True:
                element = step()
                array = as_array(element[0], output_types[0])
                key = array.item() if array.ndim == 0 else (array.tobytes(), array.shape)
                if key not in seen:
                    seen.add(key)
                    return element

        return following

    return Elements(begin)


def _ignore_errors(B, source):
    def begin(context):
        step = source.begin(context)

        def following():
            while True:
                try:
                    return step()
                except OpError:
                    continue

        return following

    return Elements(begin)


prefetch_node = dataset_node("PrefetchDataset", _prefetch)
optimize_node = dataset_node("OptimizeDataset", _pass)
model_node = dataset_node("ModelDataset", _pass)
unique_node = dataset_node("UniqueDataset", _unique)
ignore_errors_node = dataset_node("IgnoreErrorsDataset", _ignore_errors)
threads_node = dataset_node("PrivateThreadPoolDataset", _pass)
parallelism_node = dataset_node("MaxIntraOpParallelismDataset", _pass)
