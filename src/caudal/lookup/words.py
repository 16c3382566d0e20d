"""Tables of words and their numbers; words that a table doesn't know go to buckets by their hash."""

import collections
import functools
import numbers

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..graph.static import value
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.errors import need
from ..ops.basic import no_op
from ..ops.elementwise import add, cast, not_equal
from ..ops.fill import range_
from ..ops.shape import size
from ..ops.slicing import where_v2
from ..ops.string_hash import string_to_hash_bucket, string_to_hash_bucket_fast, string_to_hash_bucket_strong
from ..ops.string_numbers import as_string
from .initializers import (
    KeyValueTensorInitializer,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileStringTableInitializer,
)
from .tables import HashTable, LookupInterface, StaticHashTable, check_keys

__all__ = ["IdTableWithHashBuckets", "StaticVocabularyTable", "index_table_from_file", "index_table_from_tensor"]


@export("contrib.lookup.HasherSpec")
class HasherSpec(collections.namedtuple("HasherSpec", ["hasher", "key"])):
    """Which hash finds a word's bucket: "fasthash", "stronghash" under a `key`, or "legacy"."""

    __slots__ = ()


FastHashSpec = constant(HasherSpec("fasthash", None), "contrib.lookup.FastHashSpec")


@export("contrib.lookup.StrongHashSpec")
class StrongHashSpec(HasherSpec):
    """The hash "stronghash" under a key.

    Args:
      key: two numbers of 64 bits.
    """

    __slots__ = ()

    def __new__(cls, key):
        need(len(key) == 2, f"key must have size 2, got {len(key)}.")
        whole = all(isinstance(k, numbers.Integral) for k in key)
        need(whole, f"Invalid key {key}. Must be unsigned integer values.", kind=TypeError)
        return super().__new__(cls, "stronghash", key)


def _hash_of(spec):
    """The function that gives words their buckets."""
    known = {"fasthash": string_to_hash_bucket_fast, "legacy": string_to_hash_bucket}
    if spec.hasher == "stronghash":
        return functools.partial(string_to_hash_bucket_strong, key=spec.key)
    need(spec.hasher in known, f"Unknown hasher {spec.hasher}")
    return known[spec.hasher]


class _WithBuckets(LookupInterface):
    """A table of numbers, or none, and after its numbers those of the buckets."""

    _hasher_spec = FastHashSpec

    @property
    def name(self):
        """The table's name."""
        return self._table_name

    @property
    def resource_handle(self):
        """The tensor that leads to the inner table, or None."""
        return None if self._table is None else self._table.resource_handle

    @property
    def initializer(self):
        """The operation that fills the inner table."""
        if self._table is not None:
            return self._table.initializer
        with name_scope(None, "init"):
            return no_op()

    def size(self, name=None):
        """How many numbers there are, buckets included, an int64 scalar."""
        with name_scope(name, f"{self.name}_Size"):
            inner = convert_to_tensor(0, dtype=dtypes.int64) if self._table is None else self._table.size()
            return inner + self._num_oov_buckets

    def lookup(self, keys, name=None):
        """The numbers of keys.

        Args:
          keys: a tensor or a SparseTensor.
          name: the scope's name.

        Returns:
          An int64 tensor or SparseTensor like `keys`.

        Raises:
          TypeError: keys of another dtype.
        """
        check_keys(self, keys)
        values = keys.values if isinstance(keys, SparseTensor) else keys
        if self._table is not None and self._table.key_dtype.base_dtype is dtypes.int64:
            values = cast(values, dtypes.int64)
        ids = self._table.lookup(values, name=name) if self._num_oov_buckets == 0 else self._find(values, name)
        return SparseTensor(keys.indices, ids, keys.dense_shape) if isinstance(keys, SparseTensor) else ids

    def _find(self, values, name):
        with name_scope(name, f"{self.name}_Lookup"):
            words = values if values.dtype.base_dtype is dtypes.string else as_string(values)
            buckets = _hash_of(self._hasher_spec)(words, num_buckets=self._num_oov_buckets, name="hash_bucket")
            if self._table is None:
                return buckets
            ids = self._table.lookup(values)
            buckets = add(buckets, self._table.size())
            return where_v2(not_equal(ids, self._table.default_value), ids, buckets)


def _check_kinds(found, wanted):
    """Refuses a table from other than words or whole numbers to whole numbers."""
    allowed = (dtypes.int64, dtypes.string)
    need(found.key_dtype in allowed, f"Invalid key dtype, expected one of {allowed}, but got {wanted}.", kind=TypeError)
    words = "integer" if wanted.is_integer else "non-integer"
    fits = found.key_dtype.is_integer == wanted.is_integer
    need(fits, f"Invalid key dtype, expected {words} but got {found.key_dtype}.", kind=TypeError)
    whole = found.value_dtype is dtypes.int64
    need(whole, f"Invalid value dtype, expected {dtypes.int64} but got {found.value_dtype}.", kind=TypeError)


@export("contrib.lookup.IdTableWithHashBuckets")
class IdTableWithHashBuckets(_WithBuckets):
    """A table of numbers with buckets for the words that it doesn't know.

    Args:
      table: from words (or int64) to int64; None for buckets alone.
      num_oov_buckets: how many buckets.
      hasher_spec: which hash finds a word's bucket.
      name: the table's name.
      key_dtype: the dtype of the keys; the table's by default.

    Raises:
      ValueError: neither a table nor buckets; TypeError: dtypes or `hasher_spec` that don't do.
    """

    def __init__(self, table, num_oov_buckets, hasher_spec=FastHashSpec, name=None, key_dtype=None):
        name = name.rstrip("/") if name else name
        if table is not None:
            key_dtype = table.key_dtype if key_dtype is None else key_dtype
            _check_kinds(table, key_dtype)
            name = name or table.name
        else:
            need(num_oov_buckets > 0, "oov_buckets must be > 0 if no table is supplied.")
            key_dtype, name = dtypes.string if key_dtype is None else key_dtype, name or "hash_bucket"
        fits = key_dtype.is_integer or key_dtype is dtypes.string
        need(fits, f"Invalid key_dtype, expected integer or string, got {key_dtype}.", kind=TypeError)
        known = isinstance(hasher_spec, HasherSpec)
        need(known, f"hasher_spec must be of type HasherSpec, got {hasher_spec}", kind=TypeError)
        self._table, self._num_oov_buckets, self._hasher_spec = table, num_oov_buckets, hasher_spec
        self._table_name = name.split("/")[-1]
        super().__init__(key_dtype, dtypes.int64)

    @property
    def init(self):
        """The operation that fills the inner table."""
        return self.initializer


@export("lookup.StaticVocabularyTable")
class StaticVocabularyTable(_WithBuckets):
    """A table of numbers with buckets for the words that it doesn't know.

    Args:
      initializer: what fills it; None for buckets alone.
      num_oov_buckets: how many buckets, 1 or more.
      lookup_key_dtype: the dtype of the keys; the initializer's by default.
      name: the table's name.

    Raises:
      ValueError: no buckets; TypeError: dtypes that don't do.
    """

    def __init__(self, initializer, num_oov_buckets, lookup_key_dtype=None, name=None):
        need(num_oov_buckets > 0, "oov_buckets must be > 0.")
        name = name.rstrip("/") if name else name
        self._table = None
        if initializer is not None:
            lookup_key_dtype = initializer.key_dtype if lookup_key_dtype is None else lookup_key_dtype
            _check_kinds(initializer, lookup_key_dtype)
            self._table = HashTable(initializer, -1, initializer._shared_name)
            name = name or self._table.name
        else:
            lookup_key_dtype, name = dtypes.string, name or "hash_bucket"
        fits = lookup_key_dtype.is_integer or lookup_key_dtype is dtypes.string
        need(fits, f"Invalid key_dtype, expected integer or string, got {lookup_key_dtype}.", kind=TypeError)
        self._num_oov_buckets, self._table_name = num_oov_buckets, name.split("/")[-1]
        super().__init__(lookup_key_dtype, dtypes.int64)


# --- tables in one call -----------------------------------------------------------------------------------


def _check_file(vocabulary_file, vocab_size):
    given = vocabulary_file is not None and vocabulary_file != ""
    need(given, "vocabulary_file must be specified and must not be empty.")
    return vocab_size is None or vocab_size >= 1


def _check_buckets(count, kind):
    need(count >= 0, f"num_oov_buckets must be greater or equal than 0, got {count}.")
    fits = kind.is_integer or kind.base_dtype is dtypes.string
    need(fits, "Only integer and string keys are supported.", kind=TypeError)


@export("contrib.lookup.index_table_from_file")
def index_table_from_file(
    vocabulary_file=None,
    num_oov_buckets=0,
    vocab_size=None,
    default_value=-1,
    hasher_spec=FastHashSpec,
    key_dtype=dtypes.string,
    name=None,
    key_column_index=TextFileIndex.WHOLE_LINE,
    value_column_index=TextFileIndex.LINE_NUMBER,
    delimiter="\t",
):
    """A table from the words of a file to their line numbers.

    Args:
      vocabulary_file: the file's name; a text or a string scalar.
      num_oov_buckets: how many buckets there are for other words.
      vocab_size: how many words there are, if that is known.
      default_value: the number of other words, if there are no buckets.
      hasher_spec: which hash finds a word's bucket.
      key_dtype: the dtype of the keys, string or whole numbers.
      name: the scope's name.
      key_column_index, value_column_index: columns, or what `TextFileIndex` has.
      delimiter: the sign between columns.

    Raises:
      ValueError: no file; a negative number of buckets, a size below 1; TypeError: another dtype of keys.
    """
    fits = _check_file(vocabulary_file, vocab_size)
    need(num_oov_buckets >= 0, f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    if not fits:
        shown = vocabulary_file
        if isinstance(shown, Tensor):
            shown = value(shown) if value(shown) is not None else "?"
        raise ValueError(f"vocab_size must be greater than 0, got {vocab_size}. vocabulary_file: {shown}")
    _check_buckets(num_oov_buckets, key_dtype)
    with name_scope(name, "string_to_index"):
        with name_scope(None, "hash_table"):
            init = TextFileIdTableInitializer(
                vocabulary_file,
                vocab_size=vocab_size,
                key_dtype=dtypes.int64 if key_dtype.is_integer else key_dtype,
                name="table_init",
                key_column_index=key_column_index,
                value_column_index=value_column_index,
                delimiter=delimiter,
            )
            table = StaticHashTable(init, default_value)
        if num_oov_buckets:
            return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec=hasher_spec, key_dtype=key_dtype)
        return table


@export("contrib.lookup.index_table_from_tensor")
def index_table_from_tensor(
    mapping, num_oov_buckets=0, default_value=-1, hasher_spec=FastHashSpec, dtype=dtypes.string, name=None
):
    """A table from words to their places in a vector.

    Args:
      mapping: `[n]`, the words, each once.
      num_oov_buckets: how many buckets there are for other words.
      default_value: the number of other words, if there are no buckets.
      hasher_spec: which hash finds a word's bucket.
      dtype: the dtype of the keys, string or whole numbers.
      name: the scope's name.

    Raises:
      ValueError: no words, words of another dtype, a negative number of buckets; TypeError: another dtype of keys.
    """
    need(mapping is not None, "vocabulary_list must be specified.")
    _check_buckets(num_oov_buckets, dtype)
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(mapping)
        words = "integer" if dtype.is_integer else "non-integer"
        need(keys.dtype.is_integer == dtype.is_integer, f"Expected {words}, got {keys.dtype}.")
        need(dtype.is_integer or keys.dtype.base_dtype is dtype, f"Expected {dtype}, got {keys.dtype}.")
        values = cast(range_(size(keys)), dtypes.int64)
        with name_scope(None, "hash_table"):
            keys = cast(keys, dtypes.int64) if keys.dtype.is_integer else keys
            init = KeyValueTensorInitializer(keys, values, keys.dtype.base_dtype, dtypes.int64, name="table_init")
            table = StaticHashTable(init, default_value)
        if num_oov_buckets:
            return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec=hasher_spec, key_dtype=dtype)
        return table


@export("contrib.lookup.index_to_string_table_from_file")
def index_to_string_table_from_file(
    vocabulary_file,
    vocab_size=None,
    default_value="UNK",
    name=None,
    key_column_index=TextFileIndex.LINE_NUMBER,
    value_column_index=TextFileIndex.WHOLE_LINE,
    delimiter="\t",
):
    """A table from line numbers to the words of a file.

    Args:
      vocabulary_file: the file's name; a text or a string scalar.
      vocab_size: how many words there are, if that is known.
      default_value: the word for other numbers.
      name: the scope's name.
      key_column_index, value_column_index: columns, or what `TextFileIndex` has.
      delimiter: the sign between columns.

    Raises:
      ValueError: no file, or a size below 1.
    """
    fits = _check_file(vocabulary_file, vocab_size)
    need(fits, f"vocab_size must be greater than 0, got {vocab_size}.")
    with name_scope(name, "index_to_string"):
        init = TextFileStringTableInitializer(
            vocabulary_file,
            vocab_size=vocab_size,
            name="table_init",
            key_column_index=key_column_index,
            value_column_index=value_column_index,
            delimiter=delimiter,
        )
        return StaticHashTable(init, default_value)


@export("contrib.lookup.index_to_string_table_from_tensor")
def index_to_string_table_from_tensor(mapping, default_value="UNK", name=None):
    """A table from places in a vector to its words.

    Args:
      mapping: strings `[n]`.
      default_value: the word for other numbers.
      name: the scope's name.

    Raises:
      ValueError: no words.
    """
    need(mapping is not None, "vocabulary_list must be specified.")
    with name_scope(name, "index_to_string"):
        words = convert_to_tensor(mapping, dtypes.string)
        keys = cast(range_(size(words)), dtypes.int64)
        init = KeyValueTensorInitializer(keys, words, dtypes.int64, dtypes.string, name="table_init")
        return StaticHashTable(init, default_value)


# --- older names --------------------------------------------------------------------------------------------


@export("contrib.lookup.string_to_index_table_from_file")
def string_to_index_table_from_file(
    vocabulary_file=None, num_oov_buckets=0, vocab_size=None, default_value=-1, hasher_spec=FastHashSpec, name=None
):
    """`index_table_from_file` with keys that are strings."""
    return index_table_from_file(vocabulary_file, num_oov_buckets, vocab_size, default_value, hasher_spec, name=name)


@export("contrib.lookup.string_to_index_table_from_tensor")
def string_to_index_table_from_tensor(mapping, num_oov_buckets=0, default_value=-1, hasher_spec=FastHashSpec, name=None):
    """`index_table_from_tensor` with keys that are strings."""
    words = convert_to_tensor(mapping, dtypes.string)
    return index_table_from_tensor(words, num_oov_buckets, default_value, hasher_spec, name=name)


@export("contrib.lookup.string_to_index")
def string_to_index(tensor, mapping, default_value=-1, name=None):
    """The places of strings in a vector of words; `default_value` for others."""
    table = index_table_from_tensor(mapping, default_value=default_value, name=name)
    return table.lookup(tensor)


@export("contrib.lookup.index_to_string")
def index_to_string(tensor, mapping, default_value="UNK", name=None):
    """The words at places of a vector; `default_value` for other places."""
    table = index_to_string_table_from_tensor(mapping, default_value=default_value, name=name)
    return table.lookup(tensor)
