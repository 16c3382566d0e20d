"""Columns of ids that are places in a list of words: given as it is, or in a file."""

import collections

import numpy as np

from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..lookup.words import index_table_from_file, index_table_from_tensor
from ..ops.elementwise import cast
from ..ops.parsing import VarLenFeature
from ..platform.gfile import GFile, exists
from ..platform.logging import info
from .categorical import check_same_kind
from .checks import check_key, check_string_or_int
from .columns import HOME, CategoricalColumn, to_sparse

__all__ = [
    "VocabularyFileCategoricalColumn",
    "VocabularyListCategoricalColumn",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_list",
]


class _Words(CategoricalColumn):
    """What both have in common; `_table(dtype, name)` makes the table from words to ids."""

    name = property(lambda self: self.key, doc="The key.")
    parents = property(lambda self: [self.key], doc="What it is made of.")
    parse_example_spec = property(
        lambda self: {self.key: VarLenFeature(self.dtype)}, doc="A dict from the key to a `VarLenFeature`."
    )

    def _transform_feature(self, inputs):
        x = to_sparse(inputs.get(self.key))
        check_same_kind(self, x)
        check_string_or_int(x.dtype, f"column_name: {self.key} input_tensor")
        kind = self.dtype
        if x.dtype.is_integer:
            kind, x = dtypes.int64, cast(x, dtypes.int64)
        return self._table(kind, f"{self.key}_lookup").lookup(x)


def _check_buckets(key, count, has_default):
    if count:
        need(not has_default, f"Can't specify both num_oov_buckets and default_value in {key}.")
        need(count >= 0, f"Invalid num_oov_buckets {count} in {key}.")


class VocabularyListCategoricalColumn(
    _Words,
    collections.namedtuple(
        "VocabularyListCategoricalColumn", ("key", "vocabulary_list", "dtype", "default_value", "num_oov_buckets")
    ),
):
    """See `categorical_column_with_vocabulary_list`."""

    __module__ = HOME
    num_buckets = property(lambda self: len(self.vocabulary_list) + self.num_oov_buckets, doc="Ids are below this.")

    def _table(self, dtype, name):
        words = tuple(self.vocabulary_list)
        return index_table_from_tensor(words, self.num_oov_buckets, self.default_value, dtype=dtype, name=name)


@export("feature_column.categorical_column_with_vocabulary_list")
def categorical_column_with_vocabulary_list(key, vocabulary_list, dtype=None, default_value=-1, num_oov_buckets=0):
    """A feature that is words, or whole numbers, of a list: an id is the place in it.

    Args:
      key: the feature's key; in a dense feature "" and -1 stand for nothing.
      vocabulary_list: the words, each once.
      dtype: string, or a dtype of whole numbers; the list's by default.
      default_value: the id of all other words; -1 leaves them out.
      num_oov_buckets: into how many further ids other words are hashed.

    Returns:
      A categorical column.

    Raises:
      ValueError: no words, a word twice, dtypes that don't fit, both kinds of ids for other words, or a key that isn't a text.
    """
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}")
    kind = dtypes.as_dtype(np.array(vocabulary_list).dtype)
    _check_buckets(key, num_oov_buckets, default_value != -1)
    check_string_or_int(kind, f"column_name: {key} vocabulary")
    dtype = kind if dtype is None else dtype
    words = f"dtype {dtype} and vocabulary dtype {kind} do not match, column_name: {key}"
    need(dtype.is_integer == kind.is_integer, words)
    check_string_or_int(dtype, f"column_name: {key}")
    check_key(key)
    return VocabularyListCategoricalColumn(key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets)


class VocabularyFileCategoricalColumn(
    _Words,
    collections.namedtuple(
        "VocabularyFileCategoricalColumn",
        ("key", "vocabulary_file", "vocabulary_size", "num_oov_buckets", "dtype", "default_value"),
    ),
):
    """See `categorical_column_with_vocabulary_file`."""

    __module__ = HOME
    num_buckets = property(lambda self: self.vocabulary_size + self.num_oov_buckets, doc="Ids are below this.")

    def _table(self, dtype, name):
        file, size = self.vocabulary_file, self.vocabulary_size
        return index_table_from_file(file, self.num_oov_buckets, size, self.default_value, key_dtype=dtype, name=name)


@export("feature_column.categorical_column_with_vocabulary_file")
def categorical_column_with_vocabulary_file(
    key, vocabulary_file, vocabulary_size=None, num_oov_buckets=0, default_value=None, dtype=dtypes.string
):
    """A feature that is words, or whole numbers, of a file with one on each line: an id is the line's number, from 0.

    Args:
      key: the feature's key; in a dense feature "" and -1 stand for nothing.
      vocabulary_file: the file's name.
      vocabulary_size: how many lines count; all of them by default.
      num_oov_buckets: into how many further ids other words are hashed.
      default_value: the id of all other words; -1, which leaves them out, by default.
      dtype: string, or a dtype of whole numbers.

    Returns:
      A categorical column.

    Raises:
      ValueError: no file, a size below 1, both kinds of ids for other words, another dtype, or a key that isn't a text.
    """
    need(vocabulary_file, f"Missing vocabulary_file in {key}.")
    if vocabulary_size is None:
        need(exists(vocabulary_file), f"vocabulary_file in {key} does not exist.")
        with GFile(vocabulary_file) as file:
            vocabulary_size = sum(1 for _ in file)
        words = "vocabulary_size = %d in %s is inferred from the number of elements in the vocabulary_file %s."
        info(words, vocabulary_size, key, vocabulary_file)
    need(vocabulary_size >= 1, f"Invalid vocabulary_size in {key}.")
    _check_buckets(key, num_oov_buckets, default_value is not None)
    check_string_or_int(dtype, f"column_name: {key}")
    check_key(key)
    default_value = -1 if default_value is None else default_value
    return VocabularyFileCategoricalColumn(key, vocabulary_file, vocabulary_size, num_oov_buckets or 0, dtype, default_value)
