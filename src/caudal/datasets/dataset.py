"""tf.data.Dataset: a data set as users see it; each method adds the node of another one."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor, is_composite
from ..graph.convert import constant_node, convert, convert_all, convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import control_dependencies, name_scope
from ..graph.type_spec import TensorSpec
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.shapes import Dimension, TensorShape, as_shape
from ..ops.basic import identity
from ..ops.check import Assert
from ..ops.elementwise import NODES, PLAIN
from ..ops.files import matching_files
from ..ops.random import get_seed
from ..ops.shape import shape
from ..ops.slicing import where
from ..ops.strings import reduce_join
from . import caches, calls, nodes, specs
from .functions import Function
from .generators import generator_node
from .iterators import begun, classes_of, flat_attributes, once, shapes_of, types_of
from .nests import flatten, map_structure, pack
from .options import Options
from .specs import from_tensors, register_spec, spec_of, specs_from, to_batched, to_tensors, with_shape

__all__ = ["Dataset", "DatasetV1Adapter"]

AUTOTUNE = -1


def int64(value, name):
    """An int64 scalar of an argument."""
    return convert(value, dtypes.int64, name)


def seeds(seed):
    """The two seeds of a node as int64 scalars."""
    first, second = get_seed(seed)
    first = convert(0 if first is None else first, dtypes.int64, "seed")
    if second is None:
        return first, constant_node(0, dtypes.int64, "seed2")
    with name_scope("seed2") as scope:
        second = convert(second, dtypes.int64)
        both = PLAIN["LogicalAnd"](NODES["Equal"](first, 0), NODES["Equal"](second, 0))
        return first, where(both, constant_node(2**31 - 1, dtypes.int64), second, name=scope)


def normalize(element):
    """The parts of an element as tensors."""
    parts = flatten(element)
    with name_scope("normalize_element"):
        made = [
            p if is_composite(p) or isinstance(p, Dataset) else convert_to_tensor(p, name=f"component_{k}")
            for k, p in enumerate(parts)
        ]
    return pack(element, made)


def batched(specs, size):
    """The specs of elements with a new first dimension."""
    return map_structure(lambda s: with_shape(s, TensorShape([size]).concatenate(s.shape)), specs)


@export("data.Dataset")
class Dataset:
    """A sequence of elements; an element is a tensor, or a structure of them in tuples and dictionaries.

    Args:
      variant: the tensor that carries it.
      specs: the structure of its elements' specs.
      sources: the data sets that it is made of.
      options: what is said of how it is run.
    """

    def __init__(self, variant, specs, sources=(), options=None):
        self._variant_tensor, self._specs, self._sources, self._options = variant, specs, sources, options

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def element_spec(self):
        """The structure of an element's specs."""
        return self._specs

    @property
    def output_types(self):
        """The structure of dtypes."""
        return types_of(self._specs)

    @property
    def output_shapes(self):
        """The structure of shapes."""
        return shapes_of(self._specs)

    @property
    def output_classes(self):
        """The structure of classes."""
        return classes_of(self._specs)

    def options(self):
        """The options of this data set and those that it is made of."""
        out = Options()
        for source in self._sources:
            out = out.merge(source.options())
        return out if self._options is None else out.merge(self._options)

    def __repr__(self):
        shown = (str(map_structure(str, one)).replace("'", "") for one in (self.output_shapes, _named(self.output_types)))
        return "<{} shapes: {}, types: {}>".format(type(self).__name__, *shown)

    def __iter__(self):
        raise RuntimeError("__iter__() is only supported inside of tf.function or when eager execution is enabled.")

    def _made(self, node, *args, specs=None, sources=None, attrs=True, **more):
        """The data set of a node on this one."""
        specs = self._specs if specs is None else specs
        more |= flat_attributes(specs) if attrs else {}
        return DatasetV1Adapter(node(self._variant_tensor, *args, **more), specs, sources or (self,))

    def _apply_options(self):
        """This data set with the nodes that its options ask for."""
        options, out = self.options(), self
        wanted = options.optimizations()
        if wanted:
            names = constant_node(wanted, dtypes.string, "optimizations")
            configs = ["map_vectorization:use_choose_fastest:false"]
            out = out._made(nodes.optimize_node, names, optimization_configs=configs)
        if options.experimental_optimization.autotune is not False:
            out = out._made(nodes.model_node)
        return out

    # --- iterators ------------------------------------------------------------------------------------

    def make_one_shot_iterator(self):
        """An iterator that begins by itself, and goes through the data set once.

        Raises:
          ValueError: the data set hangs on state, or on what is fed.
        """
        return once(self)

    def make_initializable_iterator(self, shared_name=None):
        """An iterator that its `initializer` op brings to the beginning, as often as it is run."""
        return begun(self, shared_name)

    # --- sources --------------------------------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors):
        """One element."""
        tensors = normalize(tensors)
        specs = spec_of(tensors)
        made = nodes.tensors_node(to_tensors(specs, tensors), output_shapes=flat_attributes(specs)["output_shapes"])
        return DatasetV1Adapter(made, specs)

    @staticmethod
    def from_tensor_slices(tensors):
        """The rows of tensors.

        Raises:
          ValueError: numbers of rows that differ, or a scalar.
        """
        tensors = normalize(tensors)
        specs = spec_of(tensors)
        for value in flatten(tensors):
            if value.get_shape().ndims == 0:
                raise ValueError(f"Value {value} has insufficient rank for batching.")
        parts = [to_batched(s, v) for s, v in zip(flatten(specs), flatten(tensors), strict=True)]
        rows = [Dimension(None) if t.shape.ndims is None else t.shape.dims[0] for t in parts]
        for other in rows[1:]:
            rows[0].assert_is_compatible_with(other)
        specs = map_structure(lambda s: with_shape(s, s.shape if s.shape.ndims is None else s.shape[1:]), specs)
        made = nodes.slices_node(parts, output_shapes=flat_attributes(specs)["output_shapes"])
        return DatasetV1Adapter(made, specs)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor):
        """The rows of a SparseTensor, as (indices, values, dense shape)."""
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(f"`sparse_tensor` must be a `tf.SparseTensor` object.Was {type(sparse_tensor)}.")
        parts = sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape
        rank = parts[2].shape.with_rank(1).dims[0].value
        rank = None if rank is None else rank - 1
        specs = (
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], sparse_tensor.dtype),
            TensorSpec([rank], dtypes.int64),
        )
        return DatasetV1Adapter(nodes.sparse_slices_node(*parts), specs)

    @staticmethod
    def from_generator(generator, output_types, output_shapes=None, args=None):
        """What a Python generator yields.

        Args:
          generator: a function of arrays (of `args`; scalars as NumPy's, or bytes) that gives something to iterate over.
          output_types: the structure of dtypes; output_shapes: that of shapes.
          args: tensors.

        Raises:
          TypeError: `generator` cannot be called.
        """
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        specs = specs_from(output_types, output_shapes)
        given = convert_all(args or (), name="args")

        def inner(_):
            made = generator_node(given, specs, generator)
            return DatasetV1Adapter(made, specs)

        return Dataset.from_tensors(0).flat_map(inner)

    @staticmethod
    def range(*args):
        """The numbers `range(*args)`, int64.

        Raises:
          ValueError: none, or more than three arguments.
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid arguments to RangeDataset: {args}")
        begin, stop, step = {1: (0, *args, 1), 2: (*args, 1), 3: args}[len(args)]
        begin, stop, step = int64(begin, "start"), int64(stop, "stop"), int64(step, "step")
        specs = TensorSpec([], dtypes.int64)
        return DatasetV1Adapter(nodes.range_node(begin, stop, step, **flat_attributes(specs)), specs)

    @staticmethod
    def zip(datasets):
        """Elements of several data sets together, until the first one ends.

        Args:
          datasets: a structure of data sets.

        Raises:
          TypeError: no data sets, or a list of them.
        """
        for one in flatten(datasets):
            if isinstance(one, list):
                raise TypeError(
                    "The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects. Nested structures do not "
                    "support Python lists; please use a tuple instead."
                )
            if not isinstance(one, Dataset):
                raise TypeError(
                    f"The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects. Got {type(one)}."
                )
        parts = flatten(datasets)
        specs = pack(datasets, [p.element_spec for p in parts])
        made = nodes.zip_node([p._variant_tensor for p in parts], **flat_attributes(specs))
        return DatasetV1Adapter(made, specs, tuple(parts))

    @staticmethod
    def list_files(file_pattern, shuffle=None, seed=None):
        """The names of files that match a pattern, or several.

        Args:
          file_pattern: string scalar or `[n]`.
          shuffle: whether they are mixed; they are by default.
          seed: the seed for that.
        """
        with name_scope("list_files"):
            file_pattern = convert(file_pattern, dtypes.string, "file_pattern")
            names = matching_files(file_pattern)
            found = PLAIN["Greater"](shape(names)[0], 0, name="match_not_found")
            words = NODES["Add"]("No files matched pattern: ", reduce_join(file_pattern, separator=", "), name="message")
            check = Assert(found, [words], summarize=1, name="assert_not_empty")
            with control_dependencies([check]):
                names = identity(names)
            out = Dataset.from_tensor_slices(names)
            if shuffle is None or shuffle:
                out = out.shuffle(PLAIN["Maximum"](shape(names, out_type=dtypes.int64)[0], 1), seed=seed)
            return out

    # --- how many and in which order --------------------------------------------------------------------

    def concatenate(self, dataset):
        """These elements, then those of another data set.

        Raises:
          TypeError: of other types.
        """
        if self.output_types != dataset.output_types:
            raise TypeError(f"Two datasets to concatenate have different types {self.output_types} and {dataset.output_types}")
        if self.output_classes != dataset.output_classes:
            raise TypeError(
                f"Two datasets to concatenate have different classes {self.output_classes} and {dataset.output_classes}"
            )
        common = lambda a, b: with_shape(a, a.shape.most_specific_compatible_shape(b.shape))
        specs = map_structure(common, self._specs, dataset.element_spec)
        return self._made(nodes.concatenate_node, dataset._variant_tensor, specs=specs, sources=(self, dataset))

    def prefetch(self, buffer_size):
        """Elements made ahead; they are the same."""
        return self._made(nodes.prefetch_node, int64(AUTOTUNE if buffer_size is None else buffer_size, "buffer_size"))

    def repeat(self, count=None):
        """The elements so many times; for ever if None or -1."""
        return self._made(nodes.repeat_node, int64(-1 if count is None else count, "count"))

    def enumerate(self, start=0):
        """Elements with their numbers: (number, element)."""
        most = np.iinfo(np.int64).max
        return Dataset.zip((Dataset.range(start, most), self))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=None):
        """Elements mixed.

        Args:
          buffer_size: out of how many the next one is drawn.
          seed: the seed.
          reshuffle_each_iteration: whether each epoch is in an order of its own; it is by default.
        """
        again = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        buffer_size = int64(buffer_size, "buffer_size")
        return self._made(nodes.shuffle_node, buffer_size, *seeds(seed), reshuffle_each_iteration=again)

    def cache(self, filename=""):
        """Elements kept when they are first made: in memory, or in a file."""
        return self._made(caches.cache_node, convert(filename, dtypes.string, "filename"))

    def take(self, count):
        """The first `count` elements; all if -1."""
        return self._made(nodes.take_node, int64(count, "count"))

    def skip(self, count):
        """All but the first `count` elements; none if -1."""
        return self._made(nodes.skip_node, int64(count, "count"))

    def shard(self, num_shards, index):
        """Each `num_shards`-th element, from `index`."""
        return self._made(nodes.shard_node, int64(num_shards, "num_shards"), int64(index, "index"))

    # --- batches --------------------------------------------------------------------------------------

    def batch(self, batch_size, drop_remainder=False):
        """Several elements as one, with a new first dimension.

        Args:
          batch_size: how many.
          drop_remainder: whether a smaller last one is left out.
        """
        batch_size = int64(batch_size, "batch_size")
        drop = convert(drop_remainder, dtypes.bool, "drop_remainder")
        specs = batched(self._specs, _known_size(batch_size, drop))
        return self._made(nodes.batch_v2_node, batch_size, drop, specs=specs)

    def padded_batch(self, batch_size, padded_shapes, padding_values=None, drop_remainder=False):
        """Several elements as one, smaller ones filled up.

        Args:
          batch_size: how many.
          padded_shapes: a structure of shapes, None or -1 for the size of the largest element.
          padding_values: what they are filled up with; 0 or '' by default.
          drop_remainder: whether a smaller last batch is left out.

        Raises:
          TypeError: a filling of another type; ValueError: a shape that is too small.
        """
        batch_size = int64(batch_size, "batch_size")
        parts = flatten(self._specs)
        shapes = [_padded_shape(p, s) for p, s in zip(_like(padded_shapes, self._specs), parts, strict=True)]
        fills = self._fills(padding_values, parts)
        drop = convert(drop_remainder, dtypes.bool, "drop_remainder")
        size = _known_size(batch_size, drop)
        specs = pack(self._specs, [with_shape(s, _static_shape(size, p)) for s, p in zip(parts, shapes, strict=True)])
        made = nodes.padded_node(
            self._variant_tensor,
            batch_size,
            shapes,
            fills,
            drop,
            output_shapes=flat_attributes(specs)["output_shapes"],
        )
        return DatasetV1Adapter(made, specs, (self,))

    def _fills(self, values, parts):
        if values is None:
            values = ["" if s.dtype is dtypes.string else np.zeros((), s.dtype.np) for s in parts]
        else:
            values = flatten(values)
        out = []
        for value, spec in zip(values, parts, strict=True):
            value = convert_to_tensor(value, name="padding_value")
            if value.shape.ndims:
                raise ValueError(f"Padding value should be a scalar, but is not: {value}")
            if value.dtype != spec.dtype:
                raise TypeError(f"Padding value tensor ({value}) does not match output type: {spec.dtype}")
            out.append(value)
        return out

    def unbatch(self):
        """The rows of each element, as elements."""
        normal = self.map(lambda *args: args if len(args) > 1 or isinstance(self._specs, tuple) else args[0])
        specs = map_structure(lambda s: with_shape(s, s.shape if s.shape.ndims is None else s.shape[1:]), self._specs)
        return normal._made(nodes.unbatch_node, specs=specs)

    def window(self, size, shift=None, stride=1, drop_remainder=False):
        """Windows of elements, each a data set (for a structure, a structure of data sets).

        Args:
          size: how many elements.
          shift: from one window to the next; `size` by default.
          stride: from one element of a window to the next.
          drop_remainder: whether smaller windows at the end are left out.
        """
        size = int64(size, "size")
        shift = size if shift is None else int64(shift, "shift")
        stride = int64(stride, "stride")
        drop = convert(drop_remainder, dtypes.bool, "drop_remainder")
        specs = map_structure(DatasetSpec, self._specs)
        return self._made(nodes.window_node, size, shift, stride, drop, specs=specs)

    # --- functions ------------------------------------------------------------------------------------

    def map(self, map_func, num_parallel_calls=None):
        """Each element through a function.

        Args:
          map_func: a function of an element's parts, which gives another element.
          num_parallel_calls: how many at once; the result is the same.

        Raises:
          TypeError: it gives nothing that is an element.
        """
        function = Function(map_func, "Dataset.map()", self._specs)
        more = {"f": function, "specs": function.result}
        if num_parallel_calls is None:
            return self._made(calls.map_node, function.captured, preserve_cardinality=False, **more)
        parallel = convert(num_parallel_calls, dtypes.int32, "num_parallel_calls")
        return self._made(calls.parallel_map_node, function.captured, parallel, preserve_cardinality=False, **more)

    def map_with_legacy_function(self, map_func, num_parallel_calls=None):
        """`map`, under its name for older functions."""
        return self.map(map_func, num_parallel_calls)

    def flat_map(self, map_func):
        """The elements of the data sets that a function gives for each element, one after another.

        Raises:
          TypeError: it gives no data set.
        """
        function = Function(map_func, "Dataset.flat_map()", self._specs, _check_dataset)
        return self._made(calls.flat_map_node, function.captured, f=function, specs=function.result.element_spec)

    def interleave(self, map_func, cycle_length=AUTOTUNE, block_length=1, num_parallel_calls=None):
        """The elements of the data sets that a function gives, in turn.

        Args:
          map_func: a function of an element that gives a data set.
          cycle_length: of how many data sets at a time.
          block_length: how many elements of each at a time.
          num_parallel_calls: how many at once; the result is the same.

        Raises:
          TypeError: it gives no data set.
        """
        function = Function(map_func, "Dataset.interleave()", self._specs, _check_dataset)
        cycle = int64(4 if cycle_length == AUTOTUNE else cycle_length, "cycle_length")
        block = int64(block_length, "block_length")
        more = {"f": function, "specs": function.result.element_spec}
        if num_parallel_calls is None:
            return self._made(calls.interleave_node, function.captured, cycle, block, **more)
        parallel = int64(num_parallel_calls, "num_parallel_calls")
        return self._made(calls.parallel_interleave_v2_node, function.captured, cycle, block, parallel, **more)

    def filter(self, predicate):
        """Those elements for which a function is true.

        Raises:
          ValueError: it gives no bool scalar.
        """
        function = Function(predicate, "Dataset.filter()", self._specs, _check_bool)
        return self._made(calls.filter_node, function.captured, predicate=function)

    def filter_with_legacy_function(self, predicate):
        """`filter`, under its name for older functions."""
        return self.filter(predicate)

    def apply(self, transformation_func):
        """What a function of data sets gives for this one.

        Raises:
          TypeError: no data set.
        """
        out = transformation_func(self)
        if not isinstance(out, Dataset):
            raise TypeError(f"`transformation_func` must return a Dataset. Got {out}.")
        out._sources = (*out._sources, self) if self not in out._sources and out is not self else out._sources
        return out

    def reduce(self, initial_state, reduce_func):
        """What is left when all elements have gone through a function of a state and an element.

        Args:
          initial_state: the first state.
          reduce_func: `f(state, element)` -> the next state.

        Returns:
          The last state, tensors.

        Raises:
          TypeError: the states are of different structures.
        """
        with name_scope("initial_state"):
            initial_state = normalize(initial_state)
        state = spec_of(initial_state)
        function, state = settled(reduce_func, "reduce()", state, self._specs, lambda made: (made, made))
        made = calls.reduce_node(
            self._variant_tensor, to_tensors(state, initial_state), function.captured, f=function, **flat_attributes(state)
        )
        return from_tensors(state, made)

    def with_options(self, options):
        """The same data set with options."""
        return DatasetV1Adapter(self._variant_tensor, self._specs, (self,), options)


def settled(call, where, state, element, split):
    """A function of (state, element), traced until the state's shapes no longer change; and the state's specs.

    Args:
      split: what it gives -> (the state's specs, the specs to give).

    Raises:
      TypeError: the new state is of another structure.
    """
    while True:
        function = Function(call, where, (state, element))
        new, _ = split(function.result)
        if types_of(new) != types_of(state):
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected {types_of(state)}; got {types_of(new)}."
            )
        if classes_of(new) != classes_of(state):
            raise TypeError(
                "The element classes for the new state must match the initial state. "
                f"Expected {classes_of(state)}; got {classes_of(new)}."
            )
        common = map_structure(lambda a, b: with_shape(a, a.shape.most_specific_compatible_shape(b.shape)), state, new)
        if all(a.shape.is_compatible_with(b.shape) and _weak(a, b) for a, b in zip(flatten(state), flatten(common), strict=True)):
            return function, state
        state = common


def _weak(a, b):
    """Whether a common shape says no less than the state's own did."""
    return a.shape._tuple == b.shape._tuple


class DatasetV1Adapter(Dataset):
    """The class of all data sets that users get."""


class _VariantDataset(DatasetV1Adapter):
    """A data set that is a part of an element."""


@export("data.DatasetSpec", "data.experimental.DatasetStructure")
class DatasetSpec:
    """A data set as a part of an element.

    Args:
      element_spec: the structure of its elements' specs.
      dataset_shape: accepted.
    """

    def __init__(self, element_spec, dataset_shape=()):
        self._element_spec = element_spec

    element_spec = property(lambda self: self._element_spec, doc="The structure of its elements' specs.")
    value_type = property(lambda self: _VariantDataset, doc="The class of what it describes.")
    dtype = property(lambda self: dtypes.variant, doc="The dtype of the tensor that carries it.")
    shape = property(lambda self: TensorShape([]), doc="The shape of the tensor that carries it.")

    @staticmethod
    def from_value(value):
        """The spec of a data set."""
        return DatasetSpec(value.element_spec)

    def is_compatible_with(self, spec_or_value):
        """Whether a data set may be of both."""
        other = spec_or_value.element_spec
        pairs = zip(flatten(self._element_spec), flatten(other), strict=False)
        same = len(flatten(self._element_spec)) == len(flatten(other))
        return same and all(a.is_compatible_with(b) for a, b in pairs)

    def most_specific_compatible_type(self, other):
        """The spec of which both are cases.

        Raises:
          ValueError: there is none.
        """
        if not isinstance(other, DatasetSpec) or types_of(self._element_spec) != types_of(other._element_spec):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        common = lambda a, b: with_shape(a, a.shape.most_specific_compatible_shape(b.shape))
        return DatasetSpec(map_structure(common, self._element_spec, other._element_spec))

    def __repr__(self):
        return f"DatasetSpec({self._element_spec!r}, TensorShape([]))"

    def __eq__(self, other):
        return type(other) is DatasetSpec and self._element_spec == other._element_spec

    def __hash__(self):
        return hash(DatasetSpec)


register_spec(Dataset, DatasetSpec.from_value)
specs.flat.register(DatasetSpec, lambda spec: (dtypes.variant, ()))
specs.legacy.register(DatasetSpec, lambda spec: (spec, spec, spec))
specs.with_shape.register(DatasetSpec, lambda spec, shape: spec)
specs.to_tensor.register(DatasetSpec, lambda spec, value: value._variant_tensor)
specs.to_batched.register(DatasetSpec, lambda spec, value: value._variant_tensor)
specs.from_tensor.register(DatasetSpec, lambda spec, tensor: _VariantDataset(tensor, spec.element_spec))


def _named(types):
    """dtypes as they are printed in a data set's text."""
    return map_structure(lambda t: f"tf.{t.name}" if isinstance(t, dtypes.DType) else str(t), types)


def _shown(types):
    return repr(types) if isinstance(types, dtypes.DType) else str(types)


def _check_dataset(result):
    if not isinstance(result, DatasetSpec):
        raise TypeError(f"`map_func` must return a `Dataset` object. Got {type(result)}")


def _check_bool(result):
    if not isinstance(result, TensorSpec) or result.dtype is not dtypes.bool or not result.shape.is_compatible_with([]):
        raise ValueError(f"`predicate` return type must be convertible to a scalar boolean tensor. Was {result}.")


def _known_size(batch_size, drop):
    """The size of batches, if it is the same for all and known."""
    if static.fold(drop) is None or not static.fold(drop):
        return None
    known = static.fold(batch_size)
    return None if known is None else int(known)


def _like(shapes, specs):
    """Shapes, which may be lists themselves, leaf by leaf of an element."""
    if isinstance(specs, dict):
        return [s for k in sorted(specs) for s in _like(shapes[k], specs[k])]
    if isinstance(specs, tuple):
        return [s for one, part in zip(shapes, specs, strict=True) for s in _like(one, part)]
    return [shapes]


def _padded_shape(wanted, spec):
    """A shape to fill up to, as an int64 vector with -1 for the size of the largest.

    Raises:
      ValueError: it is too small.
    """
    if not isinstance(wanted, Tensor):
        try:
            known = as_shape(wanted)
        except (TypeError, ValueError):
            known = None
        if known is not None:
            own = spec.shape
            if own.ndims is not None and (
                known.ndims != own.ndims
                or any(
                    w.value is not None and d.value is not None and d.value > w.value
                    for d, w in zip(own.dims, known.dims, strict=True)
                )
            ):
                raise ValueError(
                    f"The padded shape {known} is not compatible with the corresponding input component shape {own}."
                )
            return convert([-1 if d.value is None else d.value for d in known.dims], dtypes.int64)
    made = convert_to_tensor(wanted)
    if made.shape.ndims != 1:
        raise ValueError(f"Padded shape {made} must be a 1-D tensor of tf.int64 values, but its shape was {made.shape}.")
    if made.dtype != dtypes.int64:
        raise TypeError(
            f"Padded shape {made} must be a 1-D tensor of tf.int64 values, but its element type was {made.dtype.name}."
        )
    return made


def _static_shape(size, padded):
    """The shape of a batch that is filled up, as far as it is known."""
    known = static.fold(padded)
    if known is None:
        dims = padded.dims
        return TensorShape(None) if dims is None or dims[0] is None else TensorShape([size, *[None] * dims[0]])
    return TensorShape([size, *(None if d < 0 else int(d) for d in known)])


def _get(attribute):
    def call(dataset_or_iterator):
        return getattr(dataset_or_iterator, attribute)

    call.__name__ = call.__qualname__ = f"get_{attribute}"
    call.__doc__ = f"The `{attribute}` of a data set or an iterator."
    return call


for _attribute in ("output_types", "output_shapes", "output_classes"):
    constant(_get(_attribute), f"data.get_{_attribute}")
constant(_get("element_spec"), "data.experimental.get_structure")


@export("data.make_one_shot_iterator")
def make_one_shot_iterator(dataset):
    """`dataset.make_one_shot_iterator()`."""
    return dataset.make_one_shot_iterator()


@export("data.make_initializable_iterator")
def make_initializable_iterator(dataset, shared_name=None):
    """`dataset.make_initializable_iterator(shared_name)`."""
    return dataset.make_initializable_iterator(shared_name)
