"""The nodes of lookup tables: keys to values, kept by the session. A table that is set up once refuses to change after."""

import numpy as np

from ..formats.text_files import lines
from ..graph.define import define
from ..ground import dtypes
from ..ground.errors import FailedPreconditionError, InvalidArgumentError
from .string_numbers import number_of
from .text import refuse, strings

__all__ = ["find_node", "hash_table_node", "mutable_table_node", "text_file_node"]


class Table:
    """A table's contents.

    Args:
      kind: the NumPy dtype of the values.
      dims: the shape of one value.
      fixed: whether it is set up once, and cannot change after.

    Attributes:
      entries: key -> value.
      ready: whether it was set up.
    """

    def __init__(self, kinds, dims=(), fixed=False):
        self.kinds, self.dims, self.fixed = kinds, dims, fixed
        self.entries, self.ready = {}, not fixed

    def check_ready(self, op):
        """Refuses to be read before it is set up."""
        if not self.ready:
            raise FailedPreconditionError(None, op, "Table not initialized.")

    def set_up(self, op, pairs):
        """Fills a fixed table.

        Raises:
          FailedPreconditionError: a key comes with two values, or the table was filled otherwise.
        """
        made = {}
        for key, value in pairs:
            if made.setdefault(key, value) != value:
                words = f"HashTable has different value for same key. Key {_shown(key)} has {_shown(made[key])} and trying to add value {_shown(value)}"
                raise FailedPreconditionError(None, op, words)
        if self.ready and made != self.entries:
            raise FailedPreconditionError(None, op, "Table already initialized.")
        self.entries, self.ready = made, True

    def find(self, keys, default):
        """The values of keys; `default` for those that aren't there."""
        found = [self.entries.get(key, _MISSING) for key in keys.reshape(-1).tolist()]
        out = np.empty((len(found), *self.dims), default.dtype)
        default = default if self.dims else default[()]
        for k, value in enumerate(found):
            out[k] = default if value is _MISSING else value
        return out.reshape(keys.shape + self.dims)

    def put(self, keys, values):
        """Adds entries, in place of those with the same keys."""
        self.entries.update(_pairs(keys, values, self.dims))

    def whole(self):
        """(all keys, all values)."""
        keys, values = list(self.entries), list(self.entries.values())
        made = []
        for kind, items, dims in ((self.kinds[0], keys, ()), (self.kinds[1], values, self.dims)):
            plain = kind is dtypes.string and not dims
            made.append(strings(items) if plain else np.array(items, kind.np).reshape(len(items), *dims))
        return tuple(made)


_MISSING = object()


def _shown(value):
    return value.decode("latin1") if isinstance(value, bytes) else value


def _pairs(keys, values, dims=()):
    keys = np.asarray(keys).reshape(-1)
    values = np.asarray(values).reshape(len(keys), *dims)
    return zip(keys.tolist(), list(values) if dims else values.tolist(), strict=True)


# --- the tables themselves ----------------------------------------------------------------------------------


def _maker(fixed):
    def lower(B, *_, state, op):
        kinds = op.attrs["key_dtype"], op.attrs["value_dtype"]
        return state.once(lambda halt: Table(kinds, op.attrs.get("value_shape") or (), fixed))

    return lower


def _table(kind, fixed=False):
    return define(kind, infer=lambda *_: [()], lower=_maker(fixed), host=True, grad=None)


hash_table_node = _table("HashTableV2", True)
mutable_table_node = _table("MutableHashTableV2")
table_of_tensors_node = _table("MutableHashTableOfTensorsV2")
dense_table_node = _table("MutableDenseHashTableV2")
for _old, _fixed in (("HashTable", True), ("MutableHashTable", False), ("MutableHashTableOfTensors", False)):
    _table(_old, _fixed)
_table("MutableDenseHashTable")


# --- what is done with them ---------------------------------------------------------------------------------


def _table_dims(handle):
    """The shape of one value of the table that a handle leads to, as far as it is known."""
    op = handle.op
    if op.type.startswith("HashTable") or op.type in ("MutableHashTable", "MutableHashTableV2"):
        return ()
    return op.attrs.get("value_shape") if "value_dtype" in op.attrs else None


def _infer_find(handle, keys, default):
    inner = _table_dims(handle)
    return [None if keys.dims is None or inner is None else keys.dims + inner]


def _check_kinds(op, table, *kinds):
    for kind, has, what in zip(kinds, table.kinds, ("Key", "Value"), strict=False):
        if kind is not has:
            words = f"{what} must be type {has.name} but got {kind.name}"
            raise InvalidArgumentError(None, op, words)


def _lower_find(B, table, keys, default, *, Tin, Tout, op):  # noqa: N803  # TF's names
    _check_kinds(op, table, Tin, Tout)
    table.check_ready(op)
    return table.find(np.asarray(keys), np.asarray(default, Tout.np))


def _lower_insert(B, table, keys, values, *, Tin, Tout, op):  # noqa: N803  # TF's names
    _check_kinds(op, table, Tin, Tout)
    if table.fixed:
        refuse(op, "Insert is not supported by an initializable table")
    table.put(keys, values)
    return ()


def _lower_import(B, table, keys, values, *, op):
    if np.size(keys) != np.size(values) and table.fixed:
        refuse(op, f"Expected shape {list(np.shape(keys))} for value, got {list(np.shape(values))}")
    if table.fixed:
        table.set_up(op, _pairs(keys, values))
    else:
        table.entries = dict(_pairs(keys, values, table.dims))
    return ()


def _lower_remove(B, table, keys, *, op):
    for key in np.asarray(keys).reshape(-1).tolist():
        table.entries.pop(key, None)
    return ()


def _lower_size(B, table, *, op):
    return np.int64(len(table.entries))


def _lower_export(B, table, *, op):
    return table.whole()


def _infer_export(handle, **_):
    inner = _table_dims(handle)
    return [(None,), None if inner is None else (None, *inner)]


def _nodes(kind, **rules):
    """The node of an op on tables; its older version takes a reference."""
    define(kind, host=True, grad=None, **rules)
    return define(kind + "V2", host=True, grad=None, **rules)


find_node = _nodes("LookupTableFind", infer=_infer_find, lower=_lower_find)
insert_node = _nodes("LookupTableInsert", infer=lambda *_: [], lower=_lower_insert)
import_node = _nodes("LookupTableImport", infer=lambda *_: [], lower=_lower_import)
size_node = _nodes("LookupTableSize", infer=lambda _: [()], lower=_lower_size)
export_node = _nodes("LookupTableExport", infer=lambda handle: _infer_export(handle), lower=_lower_export)
_nodes("InitializeTable", infer=lambda *_: [], lower=_lower_import)
remove_node = define("LookupTableRemoveV2", infer=lambda *_: [], lower=_lower_remove, host=True, grad=None)


# --- tables out of text files -------------------------------------------------------------------------------


def _part(op, line, number, index, mark, kind):
    """What a line gives as a key or a value."""
    if index == -1:
        return number
    if index == -2:
        word = line
    else:
        words = line.split(mark)
        if index >= len(words):
            refuse(
                op,
                f"Invalid number of columns in line {number} ({line.decode('latin1')}) : expected at least {index + 1} got {len(words)}",
            )
        word = words[index]
    if kind is dtypes.string:
        return word
    value = number_of(word, kind)
    if value is None:
        refuse(op, f"Field {word.decode('latin1')} in line {number} is not a valid {kind.name}.")
    return value


def _lower_text_file(B, table, name, *, key_index, value_index, vocab_size, delimiter, op):
    path = np.asarray(name, object)[()]
    found = list(lines(path))
    if vocab_size >= 0:
        if len(found) < vocab_size:
            refuse(op, f"Invalid vocab_size in {path.decode()}: expected {vocab_size} but got {len(found)}")
        found = found[:vocab_size]
    picked = [
        tuple(
            _part(op, line, n, index, delimiter, kind) for index, kind in zip((key_index, value_index), table.kinds, strict=True)
        )
        for n, line in enumerate(found)
    ]
    table.set_up(op, picked)
    return ()


text_file_node = _nodes("InitializeTableFromTextFile", infer=lambda *_: [], lower=_lower_text_file)
