"""Columns of ids: hashes of texts, and whole numbers as they are."""

import collections

from ..graph.composite import SparseTensor
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.asserts import assert_greater_equal, assert_less
from ..ops.basic import identity
from ..ops.elementwise import PLAIN, cast
from ..ops.fill import fill
from ..ops.parsing import VarLenFeature
from ..ops.shape import shape
from ..ops.slicing import where_v2
from ..ops.string_hash import string_to_hash_bucket_fast
from ..ops.string_numbers import as_string
from .checks import check_key, check_string_or_int
from .columns import HOME, CategoricalColumn, to_sparse

__all__ = [
    "HashedCategoricalColumn",
    "IdentityCategoricalColumn",
    "categorical_column_with_hash_bucket",
    "categorical_column_with_identity",
    "check_same_kind",
]


def check_same_kind(column, x):
    """Refuses texts for a column of numbers, and numbers for one of texts."""
    need(
        column.dtype.is_integer == x.dtype.is_integer,
        "Column dtype and SparseTensors dtype must be compatible. "
        f"key: {column.key}, column dtype: {column.dtype}, tensor dtype: {x.dtype}",
    )


# --- hashes ---------------------------------------------------------------------------------------------------


class HashedCategoricalColumn(
    CategoricalColumn, collections.namedtuple("HashedCategoricalColumn", ("key", "hash_bucket_size", "dtype"))
):
    """See `categorical_column_with_hash_bucket`."""

    __module__ = HOME
    name = property(lambda self: self.key, doc="The key.")
    parents = property(lambda self: [self.key], doc="What it is made of.")
    num_buckets = property(lambda self: self.hash_bucket_size, doc="Ids are below this.")
    parse_example_spec = property(
        lambda self: {self.key: VarLenFeature(self.dtype)}, doc="A dict from the key to a `VarLenFeature`."
    )

    def _transform_feature(self, inputs):
        x = to_sparse(inputs.get(self.key))
        check_string_or_int(x.dtype, f"column_name: {self.key} input_tensor")
        check_same_kind(self, x)
        text = x.values if self.dtype == dtypes.string else as_string(x.values)
        ids = string_to_hash_bucket_fast(text, self.hash_bucket_size, name="lookup")
        return SparseTensor(x.indices, ids, x.dense_shape)


@export("feature_column.categorical_column_with_hash_bucket")
def categorical_column_with_hash_bucket(key, hash_bucket_size, dtype=dtypes.string):
    """A feature that is texts or whole numbers, of which too many are possible to list: ids are hashes.

    Args:
      key: the feature's key; in a dense feature "" and -1 stand for nothing.
      hash_bucket_size: ids are below this.
      dtype: string, or a dtype of whole numbers, which are hashed as texts.

    Returns:
      A categorical column.

    Raises:
      ValueError: a size below 1, a key that isn't a text, or another dtype.
    """
    need(hash_bucket_size is not None, f"hash_bucket_size must be set. key: {key}")
    words = f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}"
    need(hash_bucket_size >= 1, words)
    check_key(key)
    check_string_or_int(dtype, f"column_name: {key}")
    return HashedCategoricalColumn(key, hash_bucket_size, dtype)


# --- numbers as they are --------------------------------------------------------------------------------------


class IdentityCategoricalColumn(
    CategoricalColumn, collections.namedtuple("IdentityCategoricalColumn", ("key", "number_buckets", "default_value"))
):
    """See `categorical_column_with_identity`."""

    __module__ = HOME
    name = property(lambda self: self.key, doc="The key.")
    parents = property(lambda self: [self.key], doc="What it is made of.")
    num_buckets = property(lambda self: self.number_buckets, doc="Ids are below this.")
    parse_example_spec = property(
        lambda self: {self.key: VarLenFeature(dtypes.int64)}, doc="A dict from the key to a `VarLenFeature`."
    )

    def _transform_feature(self, inputs):
        x = to_sparse(inputs.get(self.key))
        need(x.dtype.is_integer, f"Invalid input, not integer. key: {self.key} dtype: {x.dtype}")
        ids = cast(x.values, dtypes.int64, name="values")
        limit, zero = cast(self.num_buckets, dtypes.int64, name="num_buckets"), cast(0, dtypes.int64, name="zero")
        ids = self._checked(ids, zero, limit) if self.default_value is None else self._replaced(ids, zero, limit)
        return SparseTensor(x.indices, ids, x.dense_shape)

    def _checked(self, ids, zero, limit):
        words = f'Bucket index for categorical column "{self.name}" exceeds number of buckets'
        below = assert_less(ids, limit, data=(ids, limit), message=words, name="assert_less_than_num_buckets")
        words = f'Negative bucket index for categorical column "{self.name}"'
        above = assert_greater_equal(ids, zero, data=(ids,), message=words, name="assert_greater_or_equal_0")
        with control_dependencies([below, above]):
            return identity(ids)

    def _replaced(self, ids, zero, limit):
        wrong = PLAIN["LogicalOr"](ids < zero, ids >= limit, name="out_of_range")
        default = fill(shape(ids), cast(self.default_value, dtypes.int64), name="default_values")
        return where_v2(wrong, default, ids)


@export("feature_column.categorical_column_with_identity")
def categorical_column_with_identity(key, num_buckets, default_value=None):
    """A feature that is ids.

    Args:
      key: the feature's key; in a dense feature -1 stands for nothing.
      num_buckets: ids are in `[0, num_buckets)`.
      default_value: the id for all others; None: they are refused when it runs.

    Returns:
      A categorical column.

    Raises:
      ValueError: no buckets, a default outside them, or a key that isn't a text.
    """
    need(num_buckets >= 1, f"num_buckets {num_buckets} < 1, column_name {key}")
    fits = default_value is None or 0 <= default_value < num_buckets
    need(fits, f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}")
    check_key(key)
    return IdentityCategoricalColumn(key, num_buckets, default_value)
