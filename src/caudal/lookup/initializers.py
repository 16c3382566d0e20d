"""What fills a table once: keys and values, or the lines of a text file."""

from ..build.variables import init_scope
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, Tensor
from ..graph.scopes import add_to_collection, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.tables import import_node, text_file_node

__all__ = ["KeyValueTensorInitializer", "TableInitializerBase", "TextFileInitializer"]


def _check_kinds(table, key_dtype, value_dtype):
    for what, has, given in (("key", table.key_dtype, key_dtype), ("value", table.value_dtype, value_dtype)):
        need(given.base_dtype is has, f"Invalid {what} dtype, expected {has} but got {given}.", kind=TypeError)


@export("contrib.lookup.TableInitializerBase")
class TableInitializerBase:
    """What fills a table.

    Args:
      key_dtype, value_dtype: dtypes of the table.
    """

    def __init__(self, key_dtype, value_dtype):
        self._key_dtype, self._value_dtype = dtypes.as_dtype(key_dtype), dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self):
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self):
        """The dtype of the values."""
        return self._value_dtype

    def initialize(self, table):
        """The operation that fills a table."""
        raise NotImplementedError

    @property
    def _shared_name(self):
        return ""


@export("lookup.KeyValueTensorInitializer", "contrib.lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with keys and values.

    Args:
      keys: `[n]`.
      values: `[n]`.
      key_dtype, value_dtype: dtypes, for keys and values that are no tensors.
      name: the name of the operation's scope.
    """

    def __init__(self, keys, values, key_dtype=None, value_dtype=None, name=None):
        with init_scope():
            self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
            self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table):
        """The operation that fills a table; it is in the collection `table_initializer`.

        Raises:
          TypeError: the table has other dtypes.
        """
        _check_kinds(table, self._keys.dtype, self._values.dtype)
        with name_scope(self._name, values=(table.resource_handle, self._keys, self._values)):
            op = import_node(table.resource_handle, self._keys, self._values)
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        return op


@export("lookup.TextFileIndex", "contrib.lookup.TextFileIndex")
class TextFileIndex:
    """What of a line is meant: its number, the whole line, or (from 0 on) a column."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


def _check_index(what, index, kind):
    """Refuses a column that cannot give that dtype."""
    need(index >= -2, f"Invalid {what.lower()[:-1]} index {index}.")
    if index == TextFileIndex.LINE_NUMBER and kind is not dtypes.int64:
        raise ValueError(f"Signature mismatch. {what} must be dtype {dtypes.int64}, got {kind}.")
    if index == TextFileIndex.WHOLE_LINE and what == "Keys" and not kind.is_integer and kind is not dtypes.string:
        raise ValueError(f"Signature mismatch. Keys must be integer or string, got {kind}.")
    if index == TextFileIndex.WHOLE_LINE and what == "Values" and kind is not dtypes.string:
        raise ValueError(f"Signature mismatch. Values must be dtype {dtypes.string}, got {kind}.")


@export("lookup.TextFileInitializer", "contrib.lookup.TextFileInitializer")
class TextFileInitializer(TableInitializerBase):
    """Fills a table with an entry for each line of a text file.

    Args:
      filename: the file's name; a text or a string scalar.
      key_dtype, value_dtype: dtypes.
      key_index, value_index: a column, from 0, or one of `TextFileIndex`.
      vocab_size: how many lines there are, if that is known; more are left out.
      delimiter: the sign between columns.
      name: the name of the operation's scope.

    Raises:
      ValueError: no file name; an index or a size that cannot be; dtypes that don't go with the indices.
    """

    def __init__(self, filename, key_dtype, key_index, value_dtype, value_index, vocab_size=None, delimiter="\t", name=None):
        need(isinstance(filename, Tensor) or filename, f"Filename required for {name}.")
        key_dtype, value_dtype = dtypes.as_dtype(key_dtype), dtypes.as_dtype(value_dtype)
        _check_index("Keys", key_index, key_dtype)
        _check_index("Values", value_index, value_dtype)
        need(vocab_size is None or vocab_size > 0, f"Invalid vocab_size {vocab_size}.")
        self._filename_arg, self._delimiter, self._name = filename, delimiter, name
        self._key_index, self._value_index, self._vocab_size = key_index, value_index, vocab_size
        with init_scope():
            self._filename = convert_to_tensor(filename, dtypes.string, name="asset_path")
        super().__init__(key_dtype, value_dtype)

    def initialize(self, table):
        """The operation that fills a table; it is in the collection `table_initializer`.

        Raises:
          TypeError: the table has other dtypes.
        """
        _check_kinds(table, self.key_dtype, self.value_dtype)
        with name_scope(self._name, "text_file_init", (table.resource_handle,)):
            filename = convert_to_tensor(self._filename, dtypes.string, name="asset_filepath")
            size = -1 if self._vocab_size is None else self._vocab_size
            where = {"key_index": self._key_index, "value_index": self._value_index}
            op = text_file_node(table.resource_handle, filename, vocab_size=size, delimiter=self._delimiter, **where)
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        if filename.op.type == "Const":
            add_to_collection(GraphKeys.ASSET_FILEPATHS, filename)
        return op

    @property
    def _shared_name(self):
        sizes = [] if not self._vocab_size else [self._vocab_size]
        parts = [self._filename_arg, *sizes, self._key_index, self._value_index]
        return "hash_table_" + "_".join(map(str, parts))


@export("contrib.lookup.TextFileStringTableInitializer")
class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from numbers to words; arguments as `TextFileInitializer`'s."""

    def __init__(
        self,
        filename,
        key_column_index=TextFileIndex.LINE_NUMBER,
        value_column_index=TextFileIndex.WHOLE_LINE,
        vocab_size=None,
        delimiter="\t",
        name="text_file_string_table_init",
    ):
        columns = dtypes.int64, key_column_index, dtypes.string, value_column_index
        super().__init__(filename, *columns, vocab_size=vocab_size, delimiter=delimiter, name=name)


@export("contrib.lookup.TextFileIdTableInitializer")
class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from words to numbers; arguments as `TextFileInitializer`'s."""

    def __init__(
        self,
        filename,
        key_column_index=TextFileIndex.WHOLE_LINE,
        value_column_index=TextFileIndex.LINE_NUMBER,
        vocab_size=None,
        delimiter="\t",
        name="text_file_id_table_init",
        key_dtype=dtypes.string,
    ):
        columns = key_dtype, key_column_index, dtypes.int64, value_column_index
        super().__init__(filename, *columns, vocab_size=vocab_size, delimiter=delimiter, name=name)
