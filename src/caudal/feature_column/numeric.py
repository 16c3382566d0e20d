"""Columns of numbers: as they are, and the ranges that they lie in."""

import collections

from ..graph.composite import SparseTensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.bucketize import bucketize
from ..ops.elementwise import cast
from ..ops.fill import one_hot, range_
from ..ops.join import stack
from ..ops.parsing import FixedLenFeature
from ..ops.shape import expand_dims, reshape, shape, tile, transpose
from .checks import check_default, check_key, check_normalizer, check_number, check_shape
from .columns import HOME, CategoricalColumn, DenseColumn, IdWeightPair

__all__ = ["BucketizedColumn", "NumericColumn", "bucketized_column", "numeric_column"]


class NumericColumn(
    DenseColumn, collections.namedtuple("NumericColumn", ("key", "shape", "default_value", "dtype", "normalizer_fn"))
):
    """See `numeric_column`."""

    __module__ = HOME
    name = property(lambda self: self.key, doc="The key.")
    parents = property(lambda self: [self.key], doc="What it is made of.")
    variable_shape = property(lambda self: TensorShape(self.shape), doc="The shape of an example's numbers.")
    parse_example_spec = property(
        lambda self: {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)},
        doc="A dict from the key to a `FixedLenFeature`.",
    )

    def _transform_feature(self, inputs):
        x = inputs.get(self.key)
        words = "The corresponding Tensor of numerical column must be a Tensor. SparseTensor is not supported. key: "
        need(not isinstance(x, SparseTensor), words + self.key)
        return cast(x if self.normalizer_fn is None else self.normalizer_fn(x), dtypes.float32)

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        return inputs.get(self)


@export("feature_column.numeric_column")
def numeric_column(key, shape=(1,), default_value=None, dtype=dtypes.float32, normalizer_fn=None):
    """A feature that is numbers.

    Args:
      key: the feature's key.
      shape: the shape of one example's numbers, an int or ints above 0.
      default_value: what examples without the feature have; a number for all, or numbers of that shape. None: they are refused.
      dtype: the numbers' dtype.
      normalizer_fn: a function from a tensor to one of that shape, applied first.

    Returns:
      A column of float32 numbers.

    Raises:
      TypeError: dimensions that aren't ints; a default of another dtype; a normalizer that can't be called.
      ValueError: dimensions below 1; a default of another shape; a dtype that isn't of numbers; a key that isn't a text.
    """
    shape = check_shape(shape, key)
    check_number(dtype, key)
    default_value = check_default(shape, default_value, dtype, key)
    check_normalizer(normalizer_fn)
    check_key(key)
    return NumericColumn(key, shape, default_value, dtype, normalizer_fn)


class BucketizedColumn(
    DenseColumn, CategoricalColumn, collections.namedtuple("BucketizedColumn", ("source_column", "boundaries"))
):
    """See `bucketized_column`."""

    __module__ = HOME
    name = property(lambda self: f"{self.source_column.name}_bucketized", doc="The source's name and `_bucketized`.")
    parents = property(lambda self: [self.source_column], doc="What it is made of.")
    parse_example_spec = property(lambda self: self.source_column._parse_example_spec, doc="The source's.")
    num_buckets = property(
        lambda self: (len(self.boundaries) + 1) * self.source_column.shape[0], doc="How many ranges all numbers have together."
    )
    variable_shape = property(
        lambda self: TensorShape((*self.source_column.shape, len(self.boundaries) + 1)), doc="A one-hot vector for each number."
    )

    def _transform_feature(self, inputs):
        return bucketize(inputs.get(self.source_column), self.boundaries)

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        ids = cast(inputs.get(self), dtypes.int64)
        return one_hot(ids, depth=len(self.boundaries) + 1, on_value=1.0, off_value=0.0)

    def _get_sparse_tensors(self, inputs, weight_collections=None, trainable=None):
        """The ids of an example's k-th number lie from `k * (len(boundaries) + 1)` on."""
        x = inputs.get(self)
        batch, n = shape(x)[0], self.source_column.shape[0]
        rows = reshape(tile(expand_dims(range_(0, batch), 1), [1, n]), (-1,))
        columns = tile(range_(0, n), [batch])
        ids = reshape(x, (-1,)) + (len(self.boundaries) + 1) * columns
        at = cast(transpose(stack((rows, columns))), dtypes.int64)
        return IdWeightPair(SparseTensor(at, ids, cast(stack([batch, n]), dtypes.int64)), None)


@export("feature_column.bucketized_column")
def bucketized_column(source_column, boundaries):
    """Which range each number of a numeric column lies in: `[boundaries[k-1], boundaries[k])` is range k.

    Args:
      source_column: a numeric column of rank 1.
      boundaries: a list or tuple of numbers, each above the one before.

    Returns:
      A column both of one-hot vectors and of ids.

    Raises:
      ValueError: another column, or boundaries that are none, or not sorted.
    """
    words = f"source_column must be a column generated with numeric_column(). Given: {source_column}"
    need(isinstance(source_column, NumericColumn), words)
    need(len(source_column.shape) <= 1, f"source_column must be one-dimensional column. Given: {source_column}")
    need(boundaries, "boundaries must not be empty.")
    need(isinstance(boundaries, (list, tuple)), "boundaries must be a sorted list.")
    rising = all(low < high for low, high in zip(boundaries, boundaries[1:], strict=False))
    need(rising, "boundaries must be a sorted list.")
    return BucketizedColumn(source_column, tuple(boundaries))
