"""What all columns are: descriptions, as named tuples, of how a feature becomes ids or numbers; and the cache of what they made.

A column says what it takes from an Example (`parse_example_spec`), and adds nodes when a layer asks for them:
`_transform_feature` its own form of a feature (once for each layer, kept in `Features`), `_get_sparse_tensors` ids and weights,
`_get_dense_tensor` numbers. The names are those of 1.15's `_FeatureColumn`, which programs derive from.
"""

import collections
import collections.abc

from ..build.cond import cond
from ..graph.composite import SparseTensor, convert_to_tensor_or_sparse_tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.errors import need
from ..ops.asserts import assert_positive
from ..ops.batch_gather import gather_nd
from ..ops.elementwise import NODES, cast
from ..ops.shape import expand_dims, rank, shape
from ..ops.slicing import where
from ..ops.sparse_order import sparse_reshape
from ..platform.logging import debug

__all__ = [
    "CategoricalColumn",
    "DenseColumn",
    "FeatureColumn",
    "Features",
    "IdWeightPair",
    "SequenceDenseColumn",
    "TensorSequenceLengthPair",
    "as_columns",
    "check_batch_sizes",
    "to_sparse",
]

IdWeightPair = collections.namedtuple("IdWeightPair", ("id_tensor", "weight_tensor"))
TensorSequenceLengthPair = collections.namedtuple("TensorSequenceLengthPair", ("dense_tensor", "sequence_length"))

HOME = "tensorflow.python.feature_column.feature_column_v2"  # errors print the classes of columns


class FeatureColumn:
    """What a feature means. Each has a `name`, unique in a layer, and a `parse_example_spec`."""

    name = property(lambda self: "", doc="The column's name.")
    parse_example_spec = property(lambda self: {}, doc="A dict from key to what `tf.io.parse_example` is to parse.")
    _parse_example_spec = property(lambda self: self.parse_example_spec)
    _var_scope_name = property(lambda self: self.name)

    def _transform_feature(self, inputs):
        """The column's own form of what `inputs.get(key)` gives."""
        raise NotImplementedError

    def __lt__(self, other):
        return str(self) < str(other)

    def __gt__(self, other):
        return str(self) > str(other)


class DenseColumn(FeatureColumn):
    """A column that gives numbers, `[batch, *variable_shape]`."""

    _variable_shape = property(lambda self: self.variable_shape)

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        """float32 `[batch, *variable_shape]`."""
        raise NotImplementedError


class CategoricalColumn(FeatureColumn):
    """A column that gives ids in `[0, num_buckets)`, any number for each example."""

    IdWeightPair = IdWeightPair
    _num_buckets = property(lambda self: self.num_buckets)

    def _get_sparse_tensors(self, inputs, weight_collections=None, trainable=None):
        """An `IdWeightPair` of SparseTensors `[batch, ...]`; the weights are None for ones."""
        return IdWeightPair(inputs.get(self), None)


class SequenceDenseColumn(FeatureColumn):
    """A column that gives numbers for each step of a sequence."""

    TensorSequenceLengthPair = TensorSequenceLengthPair

    def _get_sequence_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        """A `TensorSequenceLengthPair`: `[batch, steps, *variable_shape]`, and int64 `[batch]`."""
        raise NotImplementedError


# --- what columns made ----------------------------------------------------------------------------------------


class Features:
    """The features that a layer was given, and what columns made of them: each is made once.

    Args:
      features: a dict from key to tensor or SparseTensor.
    """

    def __init__(self, features):
        self._features = features.copy()
        self._made = {}

    def get(self, key):
        """The feature of that key, of rank 2 at least, or a column's form of one.

        Raises:
          ValueError: no such feature, or a scalar; TypeError: neither key nor column.
        """
        if key not in self._made:
            self._made[key] = self._raw(key) if key in self._features else self._transformed(key)
        return self._made[key]

    def _transformed(self, column):
        if isinstance(column, str):
            raise ValueError(f"Feature {column} is not in features dictionary.")
        if not isinstance(column, FeatureColumn):
            raise TypeError(f'"key" must be either a "str" or "_FeatureColumn". Provided: {column}')
        debug("Transforming feature_column %s.", column)
        made = column._transform_feature(self)
        need(made is not None, f"Column {column.name} is not supported.")
        return made

    def _raw(self, key):
        x = convert_to_tensor_or_sparse_tensor(self._features[key])
        words, n = f"Feature (key: {key}) cannot have rank 0. Given: {x}", x.get_shape().ndims
        if n is None:
            with control_dependencies([assert_positive(rank(x), message=words)]):
                return cond(NODES["Equal"](1, rank(x)), lambda: _as_matrix(x), lambda: x)
        need(n, words)
        return _as_matrix(x) if n == 1 else x


def _as_matrix(x):
    return sparse_reshape(x, [shape(x)[0], 1]) if isinstance(x, SparseTensor) else expand_dims(x, -1)


def to_sparse(x, ignore_value=None):
    """`x` as a SparseTensor; of a tensor without the elements that are "", -1 or 0, as its dtype is, or `ignore_value`."""
    x = convert_to_tensor_or_sparse_tensor(x)
    if isinstance(x, SparseTensor):
        return x
    with name_scope(None, "to_sparse_input", [x, ignore_value]):
        if ignore_value is None:
            plain = "" if x.dtype.base_dtype is dtypes.string else -1
            ignore_value = plain if plain == "" or x.dtype.is_integer else x.dtype.as_numpy_dtype()
        ignored = cast(ignore_value, x.dtype, name="ignore_value")
        at = where(NODES["NotEqual"](x, ignored), name="indices")
        values = gather_nd(x, at, name="values")
        return SparseTensor(at, values, shape(x, out_type=dtypes.int64, name="dense_shape"))


# --- lists of columns -----------------------------------------------------------------------------------------


def as_columns(given):
    """The columns that a layer was given, as an iterable.

    Raises:
      ValueError: a dict, no columns, what isn't a column, or two of one name.
    """
    columns = [given] if isinstance(given, FeatureColumn) else given
    columns = list(columns) if isinstance(columns, collections.abc.Iterator) else columns
    need(not isinstance(columns, dict), "Expected feature_columns to be iterable, found dict.")
    for column in columns:
        if not isinstance(column, FeatureColumn):  # not `need`: a column with many words takes long to show
            raise ValueError(f"Items of feature_columns must be a _FeatureColumn. Given (type {type(column)}): {column}.")
    need(columns, "feature_columns must not be empty.")
    named = {}
    for column in columns:
        if column.name in named:
            raise ValueError(
                f"Duplicate feature column name found for columns: {column} and {named[column.name]}. This usually means that "
                "these columns refer to same base feature. Either one must be discarded or a duplicated but renamed item must be "
                "inserted in features dict."
            )
        named[column.name] = column
    return columns


def check_batch_sizes(tensors, columns):
    """Refuses tensors whose first dimensions are known and differ."""
    first = None
    for x, column in zip(tensors, columns, strict=True):
        size = x.get_shape().dims[0]
        if size.value is None:
            continue
        first = first or (column, size)
        need(
            first[1].is_compatible_with(size),
            "Batch size (first dimension) of each feature must be same. Batch size of columns "
            f"({first[0].name}, {column.name}): ({first[1]}, {size})",
        )
