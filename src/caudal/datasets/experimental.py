"""tf.data.experimental and tf.contrib.data: transformations that `Dataset.apply` takes, and more data sets."""

import numpy as np

from ..graph.convert import constant_node, convert, convert_to_tensor
from ..graph.scopes import name_scope
from ..graph.type_spec import SparseTensorSpec, TensorSpec
from ..ground import dtypes
from ..ground.api import PUBLIC, constant, export
from ..ground.shapes import as_shape
from ..ops.check import Assert
from ..ops.elementwise import NODES, PLAIN, cast
from ..ops.shape import expand_dims, shape, squeeze
from . import calls, nodes
from .dataset import Dataset, DatasetV1Adapter, _check_dataset, _known_size, batched, int64, normalize, seeds, settled
from .functions import Function
from .iterators import flat_attributes
from .nests import flatten, map_structure, pack
from .specs import from_tensors, spec_of, to_tensors, with_shape

__all__ = []

AUTOTUNE = -1
constant(AUTOTUNE, "data.experimental.AUTOTUNE", "contrib.data.AUTOTUNE")
constant(-1, "data.experimental.INFINITE_CARDINALITY")
constant(-2, "data.experimental.UNKNOWN_CARDINALITY")


def both(name):
    """Decorator: the public names in tf.data.experimental and tf.contrib.data."""
    return export("data.experimental." + name, "contrib.data." + name)


# --- how many and in which order ------------------------------------------------------------------------


@both("unbatch")
def unbatch():
    """The rows of each element, as elements."""
    return lambda dataset: dataset.unbatch()


@both("unique")
def unique():
    """Each element once."""
    return lambda dataset: dataset._made(nodes.unique_node)


@both("ignore_errors")
def ignore_errors():
    """Only the elements that are made without an error."""
    return lambda dataset: dataset._made(nodes.ignore_errors_node)


@both("enumerate_dataset")
def enumerate_dataset(start=0):
    """Elements with their numbers, from `start`."""
    return lambda dataset: dataset.enumerate(start)


@both("shuffle_and_repeat")
def shuffle_and_repeat(buffer_size, count=None, seed=None):
    """Elements mixed, so many times; epochs run into one another, each complete."""

    def apply(dataset):
        size = int64(buffer_size, "buffer_size")
        times = int64(-1 if count is None else count, "count")
        return dataset._made(nodes.shuffle_and_repeat_node, size, *seeds(seed), times)

    return apply


@both("take_while")
def take_while(predicate):
    """Elements until a function of them is false."""

    def check(result):
        if not (isinstance(result, TensorSpec) and result.dtype is dtypes.bool and result.shape.is_compatible_with([])):
            raise ValueError("`predicate` must return a scalar boolean tensor.")

    def apply(dataset):
        function = Function(predicate, "tf.data.experimental.take_while()", dataset.element_spec, check)
        return dataset._made(calls.take_while_node, function.captured, predicate=function)

    return apply


@both("scan")
def scan(initial_state, scan_func):
    """`f(state, element)` gives (the next state, an element)."""

    def split(result):
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError("The scan function must return a pair comprising the new state and the output value.")
        return result

    def apply(dataset):
        first = normalize(initial_state)
        function, state = settled(scan_func, "tf.data.experimental.scan()", spec_of(first), dataset.element_spec, split)
        state_tensors = to_tensors(state, first)
        return dataset._made(
            calls.scan_node, state_tensors, function.captured, f=function, preserve_cardinality=True, specs=function.result[1]
        )

    return apply


# --- batches --------------------------------------------------------------------------------------------


@both("map_and_batch")
def map_and_batch(map_func, batch_size, num_parallel_batches=None, drop_remainder=False, num_parallel_calls=None):
    """`map`, then `batch`.

    Args:
      map_func: as for `Dataset.map`.
      batch_size: how many elements make a batch.
      num_parallel_batches, num_parallel_calls: how much at once; the result is the same.
      drop_remainder: whether a smaller last batch is left out.

    Raises:
      ValueError: both ways to say how much.
    """
    if num_parallel_batches is None and num_parallel_calls is None:
        parallel = batch_size
    elif num_parallel_batches is not None and num_parallel_calls is None:
        parallel = batch_size * num_parallel_batches
    elif num_parallel_batches is not None:
        raise ValueError("The `num_parallel_batches` and `num_parallel_calls` arguments are mutually exclusive.")
    else:
        parallel = num_parallel_calls

    def apply(dataset):
        function = Function(map_func, "tf.data.experimental.map_and_batch()", dataset.element_spec)
        size, at_once = int64(batch_size, "batch_size"), int64(parallel, "num_parallel_calls")
        drop = convert(drop_remainder, dtypes.bool, "drop_remainder")
        specs = batched(function.result, _known_size(size, drop))
        more = {"f": function, "preserve_cardinality": True, "specs": specs}
        return dataset._made(calls.map_and_batch_node, function.captured, size, at_once, drop, **more)

    return apply


constant(map_and_batch, "data.experimental.map_and_batch_with_legacy_function")


@export("contrib.data.batch_and_drop_remainder")
def batch_and_drop_remainder(batch_size):
    """`batch` without a smaller last one."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


@export("contrib.data.padded_batch_and_drop_remainder")
def padded_batch_and_drop_remainder(batch_size, padded_shapes, padding_values=None):
    """`padded_batch` without a smaller last one."""
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


@both("dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size, row_shape):
    """Tensors of different sizes as the rows of a SparseTensor.

    Args:
      batch_size: how many make a batch.
      row_shape: the shape of a row, None or -1 for that of the largest.
    """

    def apply(dataset):
        kind, known = dataset.output_types, as_shape(row_shape)
        dims = convert([-1 if d.value is None else d.value for d in known.dims], dtypes.int64)
        spec = SparseTensorSpec([None, *known.as_list()], kind)
        return dataset._made(nodes.sparse_batch_node, batch_size, dims, specs=spec)

    return apply


@export("contrib.data.sliding_window_batch")
def sliding_window_batch(window_size, stride=None, window_shift=None, window_stride=1):
    """Windows of elements as batches; smaller ones are left out.

    Raises:
      ValueError: `stride` and `window_shift` together.
    """
    if stride is not None and window_shift is not None:
        raise ValueError("Cannot specify both `stride` and `window_shift`")
    shift = window_shift if stride is None else stride
    shift = 1 if shift is None else shift

    def apply(dataset):
        parts = int64(window_size, "window_size"), int64(shift, "window_shift"), int64(window_stride, "window_stride")
        return dataset._made(nodes.sliding_node, *parts, specs=batched(dataset.element_spec, None))

    return apply


# --- groups ---------------------------------------------------------------------------------------------


@both("group_by_window")
def group_by_window(key_func, reduce_func, window_size=None, window_size_func=None):
    """Elements of one key together, so many at a time.

    Args:
      key_func: element -> its key, an int64 scalar.
      reduce_func: `f(key, data set of the elements)` -> a data set.
      window_size: how many; or window_size_func: key -> how many.

    Raises:
      ValueError: not exactly one of the two.
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError("Must pass either window_size or window_size_func, but not both.")
    size_of = (lambda _: np.int64(window_size)) if window_size_func is None else window_size_func

    def apply(dataset):
        where = "tf.data.experimental.group_by_window()"
        as_int64 = lambda f: lambda *a: cast(f(*a), dtypes.int64)
        number = TensorSpec([], dtypes.int64)
        key = Function(as_int64(key_func), where, dataset.element_spec)
        size = Function(lambda k: convert_to_tensor(size_of(k), dtypes.int64), where, number)
        window = PUBLIC["data.DatasetSpec"](dataset.element_spec)
        reduce = Function(reduce_func, where, (number, window), _check_dataset)
        return dataset._made(
            calls.group_by_window_node,
            key.captured,
            reduce.captured,
            size.captured,
            key_func=key,
            reduce_func=reduce,
            window_size_func=size,
            specs=reduce.result.element_spec,
        )

    return apply


@both("Reducer")
class Reducer:
    """How the elements of a key become one.

    Args:
      init_func: key -> the first state; reduce_func: `f(state, element)` -> the next one; finalize_func: state -> the result.
    """

    def __init__(self, init_func, reduce_func, finalize_func):
        self._init_func, self._reduce_func, self._finalize_func = init_func, reduce_func, finalize_func

    init_func = property(lambda self: self._init_func, doc="key -> the first state.")
    reduce_func = property(lambda self: self._reduce_func, doc="(state, element) -> the next state.")
    finalize_func = property(lambda self: self._finalize_func, doc="state -> the result.")


@both("group_by_reducer")
def group_by_reducer(key_func, reducer):
    """One element for each key: what a `Reducer` makes of its elements."""

    def apply(dataset):
        where = "tf.data.experimental.group_by_reducer()"
        number = TensorSpec([], dtypes.int64)
        key = Function(key_func, where, dataset.element_spec)
        init = Function(reducer.init_func, where, number)
        reduce, state = settled(reducer.reduce_func, where, init.result, dataset.element_spec, lambda made: (made, made))
        final = Function(reducer.finalize_func, where, state)
        return dataset._made(
            calls.group_by_reducer_node,
            key.captured,
            init.captured,
            reduce.captured,
            final.captured,
            key_func=key,
            init_func=init,
            reduce_func=reduce,
            finalize_func=final,
            specs=final.result,
        )

    return apply


@export("contrib.data.reduce_dataset")
def reduce_dataset(dataset, reducer):
    """What a `Reducer` makes of a whole data set, tensors."""
    zero = lambda *_: np.int64(0)
    return get_single_element(dataset.apply(group_by_reducer(zero, reducer)))


@both("bucket_by_sequence_length")
def bucket_by_sequence_length(
    element_length_func,
    bucket_boundaries,
    bucket_batch_sizes,
    padded_shapes=None,
    padding_values=None,
    pad_to_bucket_boundary=False,
    no_padding=False,
    drop_remainder=False,
):
    """Elements of like length in one batch.

    Args:
      element_length_func: element -> its length, an int32 scalar.
      bucket_boundaries: the lengths at which buckets end, in order.
      bucket_batch_sizes: how many make a batch in each bucket, one more than there are boundaries.
      padded_shapes, padding_values, drop_remainder: as for `Dataset.padded_batch`.
      pad_to_bucket_boundary: whether unknown sizes are filled up to the boundary less one.
      no_padding: whether elements are of one size already.

    Raises:
      ValueError: not a size for each bucket.
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    with name_scope("bucket_by_seq_length"):
        sizes = constant_node(bucket_batch_sizes, dtypes.int64)
    least = [np.iinfo(np.int32).min, *bucket_boundaries]
    most = [*bucket_boundaries, np.iinfo(np.int32).max]

    def bucket_of(*args):
        length = element_length_func(*args)
        inside = PLAIN["LogicalAnd"](PLAIN["LessEqual"](least, length), PLAIN["Less"](length, most))
        return PUBLIC["reduce_min"](PUBLIC["where"](inside))

    def size_of(bucket):
        return sizes[bucket]

    def shapes_for(bucket, dataset):
        specs = dataset.element_spec
        shapes = map_structure(lambda s: s.shape, specs) if padded_shapes is None else padded_shapes
        if not pad_to_bucket_boundary:
            return shapes, ()
        fits = Assert(
            PLAIN["Less"](bucket, np.int64(len(bucket_boundaries))),
            ["When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries)."],
        )
        with PUBLIC["control_dependencies"]([fits]):
            bound = convert_to_tensor(bucket_boundaries, dtypes.int64)[bucket] - 1
        return map_structure(lambda s: _bounded(s, bound), shapes), ()

    def batches(bucket, dataset):
        size = size_of(bucket)
        if no_padding:
            return dataset.batch(size, drop_remainder=drop_remainder)
        shapes, _ = shapes_for(bucket, dataset)
        return dataset.padded_batch(size, shapes, padding_values, drop_remainder=drop_remainder)

    return lambda dataset: dataset.apply(group_by_window(bucket_of, batches, window_size_func=size_of))


def _bounded(dims, bound):
    """A shape whose unknown sizes are `bound`."""
    parts = [bound if d.value is None else convert_to_tensor(d.value, dtypes.int64) for d in as_shape(dims).dims]
    return PUBLIC["stack"](parts) if parts else convert([], dtypes.int64)


# --- several data sets ----------------------------------------------------------------------------------


@both("parallel_interleave")
def parallel_interleave(
    map_func, cycle_length, block_length=1, sloppy=False, buffer_output_elements=None, prefetch_input_elements=None
):
    """`Dataset.interleave`; the order is always the same, `sloppy` or not."""

    def apply(dataset):
        function = Function(map_func, "tf.data.experimental.parallel_interleave()", dataset.element_spec, _check_dataset)
        cycle, block = int64(cycle_length, "cycle_length"), int64(block_length, "block_length")
        loose = convert(sloppy, dtypes.bool, "sloppy")
        ahead = 2 * block_length if buffer_output_elements is None else buffer_output_elements
        inputs = 2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements
        more = int64(ahead, "buffer_output_elements"), int64(inputs, "prefetch_input_elements")
        return dataset._made(
            calls.parallel_interleave_node,
            function.captured,
            cycle,
            block,
            loose,
            *more,
            f=function,
            specs=function.result.element_spec,
        )

    return apply


@export("contrib.data.sloppy_interleave")
def sloppy_interleave(map_func, cycle_length, block_length=1):
    """`parallel_interleave` in any order."""
    return parallel_interleave(map_func, cycle_length, block_length, sloppy=True)


def _directed(selector, datasets):
    first = datasets[0]
    for other in datasets[1:]:
        if other.output_types != first.output_types or other.output_classes != first.output_classes:
            raise TypeError("All datasets must have the same type and class.")
    common = first.element_spec
    for other in datasets[1:]:
        widest = lambda a, b: with_shape(a, a.shape.most_specific_compatible_shape(b.shape))
        common = map_structure(widest, common, other.element_spec)
    made = nodes.directed_node(selector._variant_tensor, [d._variant_tensor for d in datasets], **flat_attributes(common))
    return DatasetV1Adapter(made, common, (selector, *datasets))


@both("choose_from_datasets")
def choose_from_datasets(datasets, choice_dataset):
    """Elements of the data set that the next number, int64, of another data set names.

    Raises:
      TypeError: numbers that are none, or data sets of several structures.
    """
    spec = choice_dataset.element_spec
    if not (isinstance(spec, TensorSpec) and spec.dtype is dtypes.int64 and spec.shape.is_compatible_with([])):
        raise TypeError("`choice_dataset` must be a dataset of scalar `tf.int64` tensors.")
    return _directed(choice_dataset, datasets)


@both("sample_from_datasets")
def sample_from_datasets(datasets, weights=None, seed=None):
    """Elements of several data sets, drawn at random.

    Args:
      datasets: data sets of one structure.
      weights: how often each is drawn, `[n]`, or a data set of such; as often as one another if None.
      seed: the seed.

    Raises:
      ValueError: not a weight for each.
    """
    draw = (
        PUBLIC["random.stateless_categorical"]
        if "random.stateless_categorical" in PUBLIC
        else PUBLIC["random.stateless_multinomial"]
    )
    if isinstance(weights, Dataset):
        logits = weights.map(lambda *p: PUBLIC["log"](p[0], name="logits"))
        pick = lambda logits, seed: squeeze(draw(logits, 1, seed=seed), axis=[0, 1])
        logits = logits.map(lambda x: expand_dims(x, 0))
        numbers = Dataset.zip((logits, random_dataset(seed).batch(2))).map(pick)
        return _directed(numbers, datasets)
    if weights is None:
        logits = [[1.0] * len(datasets)]
    else:
        weights = convert_to_tensor(weights, name="weights")
        if weights.dtype not in (dtypes.float32, dtypes.float64):
            raise TypeError("`weights` must be convertible to a tensor of `tf.float32` or `tf.float64` elements.")
        if not weights.shape.is_compatible_with([len(datasets)]):
            raise ValueError("`weights` must be a vector of length `len(datasets)`.")
        logits = expand_dims(PUBLIC["log"](weights, name="logits"), 0)
    if len(datasets) == 1:
        return datasets[0]
    pick = lambda seed: squeeze(draw(logits, 1, seed=seed), axis=[0, 1])
    function = Function(pick, "Dataset.map()", TensorSpec([None], dtypes.int64))
    source = random_dataset(seed).batch(2)
    numbers = source._made(
        calls.map_node,
        function.captured,
        f=function,
        preserve_cardinality=False,
        use_inter_op_parallelism=False,
        specs=function.result,
    )
    return _directed(numbers, datasets)


@both("rejection_resample")
def rejection_resample(class_func, target_dist, initial_dist=None, seed=None):
    """Elements left out at random, so that classes come as often as is wanted: (class, element).

    Args:
      class_func: element -> its class, an int32 scalar.
      target_dist: float `[classes]`, how often each is to come.
      initial_dist: how often each comes; counted while it goes on if None.
      seed: the seed.
    """
    target = np.asarray(target_dist, np.float64) if not hasattr(target_dist, "op") else target_dist

    def apply(dataset):
        labelled = dataset.map(lambda *a: (cast(class_func(*a), dtypes.int64), a[0] if len(a) == 1 else a))
        wanted = cast(convert_to_tensor(target), dtypes.float32)
        count = int(wanted.shape.as_list()[0])
        hot = lambda label: cast(NODES["Equal"](convert_to_tensor(np.arange(count)), label), dtypes.float32)

        def counted(seen, label, element):
            seen = seen + hot(label)
            return seen, (seen / PUBLIC["reduce_sum"](seen), label, element)

        if initial_dist is None:
            first = np.full(count, 1e-8, np.float32)
            known = labelled.apply(scan(first, lambda seen, pair: counted(seen, *pair)))
        else:
            have = cast(convert_to_tensor(initial_dist), dtypes.float32)
            known = labelled.map(lambda label, element: (have, label, element))

        def kept(have, label, _):
            ratio = wanted / PLAIN["Maximum"](have, 1e-8)
            chance = (ratio / PUBLIC["reduce_max"](ratio))[label]
            return PLAIN["Less"](PUBLIC["random_uniform"]([], seed=seed), chance)

        return known.filter(kept).map(lambda _, label, element: (cast(label, dtypes.int32), element))

    return apply


# --- sources and ends -----------------------------------------------------------------------------------


def random_dataset(seed=None):
    """Random numbers without end, int64 of 32 bits."""
    spec = TensorSpec([], dtypes.int64)
    return DatasetV1Adapter(nodes.random_node(*seeds(seed), **flat_attributes(spec)), spec)


@both("RandomDataset")
class RandomDataset(DatasetV1Adapter):
    """Random numbers without end, int64 of 32 bits.

    Args:
      seed: the seed.
    """

    def __init__(self, seed=None):
        made = random_dataset(seed)
        super().__init__(made._variant_tensor, made.element_spec)


@both("Counter")
def counter(start=0, step=1, dtype=dtypes.int64):
    """Numbers without end, from `start` in steps of `step`."""
    with name_scope("counter"):
        start = convert_to_tensor(start, dtype=dtype, name="start")
        step = convert_to_tensor(step, dtype=dtype, name="step")
        return Dataset.from_tensors(0).repeat(None).apply(scan(start, lambda state, _: (state + step, state)))


@export("data.experimental.cardinality")
def cardinality(dataset):
    """How many elements there are, an int64 scalar; -1 for no end, -2 where it is not known."""
    return calls.count_node(dataset._variant_tensor)


@both("get_single_element")
def get_single_element(dataset):
    """The one element of a data set, tensors.

    Raises:
      TypeError: no data set; tf.errors.InvalidArgumentError: (when run) none, or more than one.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
    specs = dataset.element_spec
    return from_tensors(specs, calls.single_node(dataset._variant_tensor, **flat_attributes(specs)))


@both("TFRecordWriter")
class TFRecordWriter:
    """Writes a data set of strings to a TFRecord file.

    Args:
      filename: string scalar.
      compression_type: "", "ZLIB" or "GZIP".
    """

    def __init__(self, filename, compression_type=None):
        self._filename = convert(filename, dtypes.string, "filename")
        kind = "" if compression_type is None else compression_type
        self._compression_type = convert(kind, dtypes.string, "compression_type")

    def write(self, dataset):
        """The op that writes it.

        Raises:
          TypeError: no data set of string scalars.
        """
        if not isinstance(dataset, Dataset):
            raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
        if dataset.output_types != dtypes.string or not dataset.output_shapes.is_compatible_with([]):
            raise TypeError(
                "`dataset` must produce scalar `DT_STRING` tensors whereas it produces shape "
                f"{dataset.output_shapes} and types {dataset.output_types}"
            )
        return calls.write_records_node(dataset._variant_tensor, self._filename, self._compression_type)


@export("contrib.data.assert_element_shape")
def assert_element_shape(expected_shapes):
    """Elements whose shapes are checked, and known from then on."""

    def apply(dataset):
        shapes = map_structure(as_shape, expected_shapes) if not isinstance(expected_shapes, (list, tuple)) else expected_shapes
        flat = [as_shape(s) for s in (flatten(shapes) if isinstance(dataset.element_spec, (tuple, dict)) else [shapes])]

        def checked(*args):
            value = args if isinstance(dataset.element_spec, tuple) else args[0]
            out = []
            for tensor, want in zip(flatten(value), flat, strict=True):
                known = [d.value for d in want.dims]
                fits = PUBLIC["reduce_all"](
                    [NODES["Equal"](shape(tensor)[k], d) for k, d in enumerate(known) if d is not None] or [True]
                )
                with PUBLIC["control_dependencies"]([Assert(fits, ["Shape mismatch", shape(tensor)])]):
                    tensor = PUBLIC["identity"](tensor)
                tensor.set_shape(want)
                out.append(tensor)
            return pack(value, out)

        return dataset.map(checked)

    return apply


@both("parse_example_dataset")
def parse_example_dataset(features, num_parallel_calls=1):
    """Batches of `Example`s, string `[n]`, as dictionaries of their features."""
    if features is None:
        raise ValueError("Missing: features was %s." % features)
    parse = PUBLIC["parse_example"]
    return lambda dataset: dataset.map(lambda x: parse(x, features), num_parallel_calls)


@both("prefetch_to_device")
def prefetch_to_device(device, buffer_size=None):
    """Elements made ahead; where they lie is the compiler's business here."""
    return lambda dataset: dataset.prefetch(AUTOTUNE if buffer_size is None else buffer_size)


@both("copy_to_device")
def copy_to_device(target_device, source_device="/cpu:0"):
    """The same elements: where they lie is the compiler's business here."""
    return lambda dataset: dataset
