"""Columns made of categorical columns: crosses of several, and one with weights."""

import collections

from ..graph.composite import SparseTensor, convert_to_tensor_or_sparse_tensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.elementwise import cast
from ..ops.parsing import VarLenFeature
from ..ops.sparse_cross import sparse_cross_hashed
from .categorical import HashedCategoricalColumn
from .columns import HOME, CategoricalColumn, FeatureColumn, IdWeightPair, to_sparse

__all__ = ["CrossedColumn", "WeightedCategoricalColumn", "crossed_column", "weighted_categorical_column"]


class CrossedColumn(CategoricalColumn, collections.namedtuple("CrossedColumn", ("keys", "hash_bucket_size", "hash_key"))):
    """See `crossed_column`."""

    __module__ = HOME
    parents = property(lambda self: list(self.keys), doc="What it is made of.")
    num_buckets = property(lambda self: self.hash_bucket_size, doc="Ids are below this.")

    @property
    def name(self):
        """The names of all that is crossed, sorted, with `_X_` between them."""
        return "_X_".join(sorted(key.name if isinstance(key, FeatureColumn) else key for key in _leaves(self)))

    @property
    def parse_example_spec(self):
        """A dict from key to what is to be parsed: strings where a key stands alone."""
        out = {}
        for key in self.keys:
            out.update(key._parse_example_spec if isinstance(key, FeatureColumn) else {key: VarLenFeature(dtypes.string)})
        return out

    def _transform_feature(self, inputs):
        crossed = [_ids(key, inputs) for key in _leaves(self)]
        return sparse_cross_hashed(crossed, num_buckets=self.hash_bucket_size, hash_key=self.hash_key)


def _leaves(cross):
    """What is crossed, with the parts of crosses in their places."""
    return [leaf for key in cross.keys for leaf in (_leaves(key) if isinstance(key, CrossedColumn) else [key])]


def _ids(key, inputs):
    if isinstance(key, str):
        return inputs.get(key)
    if not isinstance(key, CategoricalColumn):
        raise ValueError(f"Unsupported column type. Given: {key}")
    ids, weights = key._get_sparse_tensors(inputs)
    words = "crossed_column does not support weight_tensor, but the given column populates weight_tensor. Given column: "
    need(weights is None, words + key.name)
    return ids


@export("feature_column.crossed_column")
def crossed_column(keys, hash_bucket_size, hash_key=None):
    """Which values occur together: for each example, all combinations of one value of each feature, hashed.

    Args:
      keys: keys of features of strings or whole numbers, and categorical columns, two at least.
      hash_bucket_size: ids are below this.
      hash_key: an int that the hashes begin with.

    Returns:
      A categorical column.

    Raises:
      ValueError: fewer than two, what can't be crossed (hashed columns among them), or no buckets.
    """
    some = hash_bucket_size and hash_bucket_size >= 1
    need(some, f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, (str, CategoricalColumn)):
            raise ValueError(
                "Unsupported key type. All keys must be either string, or categorical column except HashedCategoricalColumn. "
                f"Given: {key}"
            )
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError(
                "categorical_column_with_hash_bucket is not supported for crossing. Hashing before crossing will increase "
                f"probability of collision. Instead, use the feature name as a string. Given: {key}"
            )
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)


# --- weights --------------------------------------------------------------------------------------------------


class WeightedCategoricalColumn(
    CategoricalColumn,
    collections.namedtuple("WeightedCategoricalColumn", ("categorical_column", "weight_feature_key", "dtype")),
):
    """See `weighted_categorical_column`."""

    __module__ = HOME
    parents = property(lambda self: [self.categorical_column, self.weight_feature_key], doc="What it is made of.")
    num_buckets = property(lambda self: self.categorical_column._num_buckets, doc="Ids are below this.")

    @property
    def name(self):
        """The column's name, `_weighted_by_` and the weights' key."""
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self):
        """The column's, and the weights'.

        Raises:
          ValueError: both are of one key.
        """
        spec, key = self.categorical_column._parse_example_spec, self.weight_feature_key
        need(key not in spec, f"Parse config {spec.get(key)} already exists for {key}.")
        return {**spec, key: VarLenFeature(self.dtype)}

    def _transform_feature(self, inputs):
        weights = self._weights(inputs.get(self.weight_feature_key))
        return inputs.get(self.categorical_column), weights

    def _weights(self, x):
        need(x is not None, f"Missing weights {self.weight_feature_key}.")
        x = convert_to_tensor_or_sparse_tensor(x)
        need(self.dtype == x.dtype.base_dtype, f"Bad dtype, expected {self.dtype}, but got {x.dtype}.")
        x = x if isinstance(x, SparseTensor) else to_sparse(x, ignore_value=0.0)
        return x if x.dtype.is_floating else cast(x, dtypes.float32)

    def _get_sparse_tensors(self, inputs, weight_collections=None, trainable=None):
        return IdWeightPair(*inputs.get(self))


@export("feature_column.weighted_categorical_column")
def weighted_categorical_column(categorical_column, weight_feature_key, dtype=dtypes.float32):
    """A categorical column whose ids have weights, from a feature that has elements at the same places.

    Args:
      categorical_column: a categorical column.
      weight_feature_key: the key of the weights' feature.
      dtype: the weights' dtype.

    Returns:
      A categorical column.

    Raises:
      ValueError: a dtype that isn't of numbers.
    """
    fits = dtype is not None and (dtype.is_integer or dtype.is_floating)
    need(fits, f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtype)
