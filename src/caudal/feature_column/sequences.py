"""Columns of sequences: for each example steps, each with ids or numbers of its own."""

import collections

from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.shapes import TensorShape
from ..ops.elementwise import PLAIN, cast
from ..ops.fill import ones_like, zeros
from ..ops.join import concat
from ..ops.parsing import VarLenFeature
from ..ops.reduce import reduce_prod
from ..ops.segment import segment_max
from ..ops.shape import reshape, shape
from ..ops.sparse_dense import sparse_tensor_to_dense
from ..ops.sparse_order import sparse_reshape
from .categorical import categorical_column_with_hash_bucket, categorical_column_with_identity
from .checks import check_normalizer, check_number, check_shape
from .columns import HOME, CategoricalColumn, IdWeightPair, TensorSequenceLengthPair
from .vocabulary import categorical_column_with_vocabulary_file, categorical_column_with_vocabulary_list

__all__ = ["SequenceCategoricalColumn", "SequenceNumbers", "sequence_length", "sequence_numeric_column"]


def sequence_length(x, num_elements=1):
    """How many steps each example of a SparseTensor has: int64 `[batch]`.

    Args:
      x: a SparseTensor `[batch, elements, ...]`.
      num_elements: how many elements a step has.
    """
    with name_scope(None, "sequence_length") as scope:
        rows, columns = x.indices[:, 0], x.indices[:, 1]
        columns += ones_like(columns)
        lengths = segment_max(columns, segment_ids=rows)
        lengths = cast(PLAIN["Ceil"](lengths / num_elements), dtypes.int64)
        missing = shape(x)[:1] - shape(lengths)[:1]  # the last examples, if they have no steps
        return concat([lengths, zeros(missing, dtype=lengths.dtype)], axis=0, name=scope)


# --- ids ------------------------------------------------------------------------------------------------------


class SequenceCategoricalColumn(CategoricalColumn, collections.namedtuple("SequenceCategoricalColumn", "categorical_column")):
    """A categorical column whose ids lie in steps, `[batch, steps, ids]`."""

    __module__ = HOME
    name = property(lambda self: self.categorical_column.name, doc="The column's name.")
    parents = property(lambda self: [self.categorical_column], doc="What it is made of.")
    num_buckets = property(lambda self: self.categorical_column._num_buckets, doc="Ids are below this.")
    parse_example_spec = property(lambda self: self.categorical_column._parse_example_spec, doc="The column's.")

    def _transform_feature(self, inputs):
        return self.categorical_column._transform_feature(inputs)

    def _get_sparse_tensors(self, inputs, weight_collections=None, trainable=None):
        ids, weights = self.categorical_column._get_sparse_tensors(inputs)
        whole = shape(ids)
        target = [whole[0], whole[1], reduce_prod(whole[2:])]
        ids = sparse_reshape(ids, target)
        return IdWeightPair(ids, None if weights is None else sparse_reshape(weights, target))


_NAMES = "feature_column.sequence_categorical_column_with_", "contrib.feature_column.sequence_categorical_column_with_"


def _public(name):
    return export(*(path + name for path in _NAMES))


@_public("hash_bucket")
def sequence_categorical_column_with_hash_bucket(key, hash_bucket_size, dtype=dtypes.string):
    """`categorical_column_with_hash_bucket` of a feature that is a sequence; arguments and errors are its own."""
    return SequenceCategoricalColumn(categorical_column_with_hash_bucket(key, hash_bucket_size, dtype))


@_public("identity")
def sequence_categorical_column_with_identity(key, num_buckets, default_value=None):
    """`categorical_column_with_identity` of a feature that is a sequence; arguments and errors are its own."""
    return SequenceCategoricalColumn(categorical_column_with_identity(key, num_buckets, default_value))


@_public("vocabulary_file")
def sequence_categorical_column_with_vocabulary_file(
    key, vocabulary_file, vocabulary_size=None, num_oov_buckets=0, default_value=None, dtype=dtypes.string
):
    """`categorical_column_with_vocabulary_file` of a feature that is a sequence; arguments and errors are its own."""
    others = vocabulary_size, num_oov_buckets, default_value, dtype
    return SequenceCategoricalColumn(categorical_column_with_vocabulary_file(key, vocabulary_file, *others))


@_public("vocabulary_list")
def sequence_categorical_column_with_vocabulary_list(key, vocabulary_list, dtype=None, default_value=-1, num_oov_buckets=0):
    """`categorical_column_with_vocabulary_list` of a feature that is a sequence; arguments and errors are its own."""
    others = dtype, default_value, num_oov_buckets
    return SequenceCategoricalColumn(categorical_column_with_vocabulary_list(key, vocabulary_list, *others))


# --- numbers --------------------------------------------------------------------------------------------------

_FIELDS = ("key", "shape", "default_value", "dtype", "normalizer_fn")


class SequenceNumbers:
    """What columns of sequences of numbers do; their fields are `sequence_numeric_column`'s arguments."""

    name = property(lambda self: self.key, doc="The key.")
    parents = property(lambda self: [self.key], doc="What it is made of.")
    variable_shape = property(lambda self: TensorShape(self.shape), doc="The shape of a step's numbers.")
    parse_example_spec = property(
        lambda self: {self.key: VarLenFeature(self.dtype)}, doc="A dict from the key to a `VarLenFeature`."
    )

    def _transform_feature(self, inputs):
        x = inputs.get(self.key)
        return x if self.normalizer_fn is None else self.normalizer_fn(x)

    def _get_sequence_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        x = inputs.get(self)
        dense = sparse_tensor_to_dense(x, default_value=self.default_value)
        target = concat([shape(dense)[:1], [-1], self.variable_shape], axis=0)
        dense = reshape(dense, shape=target)
        n = self.variable_shape.num_elements() if x.shape.ndims == 2 else 1
        return TensorSequenceLengthPair(dense, sequence_length(x, num_elements=n))


class SequenceNumericColumn(SequenceNumbers, collections.namedtuple("SequenceNumericColumn", _FIELDS)):
    """See `sequence_numeric_column`. Only layers of Keras take it: in 1.15 it is no `_FeatureColumn`."""

    __module__ = "tensorflow.python.feature_column.sequence_feature_column"
    __lt__ = lambda self, other: str(self) < str(other)
    __gt__ = lambda self, other: str(self) > str(other)


def checked_numbers(kind, key, shape, default_value, dtype, normalizer_fn):
    """A column of class `kind`, its arguments checked."""
    shape = check_shape(shape, key)
    check_number(dtype, key)
    check_normalizer(normalizer_fn)
    return kind(key, shape, default_value, dtype, normalizer_fn)


@export("feature_column.sequence_numeric_column")
def sequence_numeric_column(key, shape=(1,), default_value=0.0, dtype=dtypes.float32, normalizer_fn=None):
    """A feature that is a sequence of numbers.

    Args:
      key: the feature's key.
      shape: the shape of one step's numbers, an int or ints above 0.
      default_value: what stands after the end of shorter sequences.
      dtype: the numbers' dtype.
      normalizer_fn: a function from a SparseTensor to one of that shape, applied first.

    Returns:
      A column.

    Raises:
      TypeError: dimensions that aren't ints, a normalizer that can't be called.
      ValueError: dimensions below 1, a dtype that isn't of numbers.
    """
    return checked_numbers(SequenceNumericColumn, key, shape, default_value, dtype, normalizer_fn)
