"""Tables from keys to values: fixed ones, which an initializer fills, and ones that change."""

import uuid

from ..build.variables import init_scope
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys
from ..graph.scopes import add_to_collection, colocate_with, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops import tables as nodes
from ..train.saveables import SaveableObject, SaveSpec

__all__ = ["HashTable", "LookupInterface", "MutableDenseHashTable", "MutableHashTable", "StaticHashTable"]


@export("contrib.lookup.LookupInterface")
class LookupInterface:
    """A table that lasts as long as a session.

    Args:
      key_dtype, value_dtype: dtypes.
    """

    _resource_handle = None

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

    @property
    def resource_handle(self):
        """The tensor that leads to the table."""
        return self._resource_handle

    @property
    def name(self):
        """The name of the table's node, without its scopes."""
        return NotImplementedError

    def size(self, name=None):
        """How many entries there are, an int64 scalar."""
        raise NotImplementedError

    def lookup(self, keys, name=None):
        """The values of keys."""
        raise NotImplementedError


def check_keys(table, keys):
    """Refuses keys of another dtype than the table's.

    Raises:
      TypeError: they have one.
    """
    words = f"Signature mismatch. Keys must be dtype {table.key_dtype}, got {keys.dtype}."
    need(keys.dtype.base_dtype is table.key_dtype, words, kind=TypeError)


@export("contrib.lookup.InitializableLookupTableBase")
class InitializableLookupTableBase(LookupInterface):
    """A table that an initializer fills once.

    Args:
      default_value: a scalar, for keys that aren't there.
      initializer: what fills the table.
    """

    def __init__(self, default_value, initializer):
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.get_shape().merge_with(TensorShape([]))
        self._initializer = initializer
        with init_scope():
            self._resource_handle = self._create_resource()
            self._init_op = initializer.initialize(self)

    @property
    def default_value(self):
        """The value for keys that aren't there, a scalar tensor."""
        return self._default_value

    @property
    def initializer(self):
        """The operation that fills the table."""
        return self._init_op

    def size(self, name=None):
        """How many entries there are, an int64 scalar."""
        with name_scope(name, f"{self.name}_Size", [self.resource_handle]):
            return nodes.size_node(self.resource_handle)

    def lookup(self, keys, name=None):
        """The values of keys.

        Args:
          keys: a tensor or a SparseTensor.
          name: the scope's name.

        Returns:
          A tensor or a SparseTensor like `keys`.

        Raises:
          TypeError: keys of another dtype.
        """
        inner = keys.values if isinstance(keys, SparseTensor) else keys
        check_keys(self, keys)
        with name_scope(name, f"{self.name}_Lookup", (self.resource_handle, inner, self._default_value)):
            values = nodes.find_node(self.resource_handle, inner, self._default_value)
        values.set_shape(inner.get_shape())
        return SparseTensor(keys.indices, values, keys.dense_shape) if isinstance(keys, SparseTensor) else values


@export("lookup.StaticHashTable")
class StaticHashTable(InitializableLookupTableBase):
    """A table that doesn't change once it is filled: run `tf.tables_initializer()` first.

    Args:
      initializer: what fills it.
      default_value: a scalar, for keys that aren't there.
      name: the node's name.
    """

    def __init__(self, initializer, default_value, name=None):
        self._shared_name = initializer._shared_name or f"hash_table_{uuid.uuid4()}"
        self._name, self._table_name, self._made_of = name or "hash_table", None, initializer
        super().__init__(default_value, initializer)
        self._value_shape = self._default_value.get_shape()

    def _create_resource(self):
        kinds = {"key_dtype": self._made_of.key_dtype, "value_dtype": self._made_of.value_dtype}
        handle = nodes.hash_table_node(shared_name=self._shared_name, name=self._name, **kinds)
        self._table_name = handle.op.name.split("/")[-1]
        return handle

    @property
    def name(self):
        """The name of the table's node, without its scopes."""
        return self._table_name

    def export(self, name=None):
        """(all keys, all values)."""
        with name_scope(name, f"{self.name}_Export", [self.resource_handle]):
            keys, values = nodes.export_node(self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype)
        values.set_shape(keys.get_shape().concatenate(self._value_shape))
        return keys, values


@export("contrib.lookup.HashTable")
class HashTable(StaticHashTable):
    """`StaticHashTable` under its older name.

    Args:
      initializer: what fills it.
      default_value: a scalar, for keys that aren't there.
      shared_name: a name under which several sessions share it.
      name: the node's name.
    """

    def __init__(self, initializer, default_value, shared_name=None, name=None):
        self._given_name = shared_name
        super().__init__(initializer, default_value, name)

    def _create_resource(self):
        self._shared_name = self._given_name or ""
        return super()._create_resource()

    @property
    def init(self):
        """The operation that fills the table."""
        return self.initializer


class _Saved(SaveableObject):
    """How a changing table is saved: its keys and its values."""

    def __init__(self, table, name):
        keys, values = table.export()
        specs = [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")]
        super().__init__(table, specs, name)

    def restore(self, restored_tensors, restored_shapes, name=None):
        """The operation that fills the table with what was saved."""
        with name_scope(name, f"{self.name}_table_restore"), colocate_with(self.op.resource_handle):
            return nodes.import_node(self.op.resource_handle, *restored_tensors)


class _Changing(LookupInterface):
    """What tables that change have in common."""

    def _begin(self, name, checkpoint):
        self._resource_handle = self._create_resource()
        self._table_name = self._resource_handle.op.name.split("/")[-1]
        if checkpoint:
            add_to_collection(GraphKeys.SAVEABLE_OBJECTS, _Saved(self, name))

    @property
    def name(self):
        """The name of the table's node, without its scopes."""
        return self._table_name

    def _scope(self, name, what, *values):
        return name_scope(name, f"{self.name}_{what}", [self.resource_handle, *values])

    def size(self, name=None):
        """How many entries there are, an int64 scalar."""
        with self._scope(name, "Size"), colocate_with(self.resource_handle):
            return nodes.size_node(self.resource_handle)

    def remove(self, keys, name=None):
        """The operation that takes entries out; keys that aren't there don't matter.

        Raises:
          TypeError: keys of another dtype.
        """
        check_keys(self, keys)
        with self._scope(name, "lookup_table_remove", keys, self._default_value):
            return nodes.remove_node(self.resource_handle, keys)

    def lookup(self, keys, name=None):
        """The values of keys; the default value for those that aren't there."""
        with self._scope(name, "lookup_table_find", keys):
            keys = convert_to_tensor(keys, dtype=self._key_dtype, name="keys")
            with colocate_with(self.resource_handle):
                return nodes.find_node(self.resource_handle, keys, self._default_value)

    def insert(self, keys, values, name=None):
        """The operation that puts entries in, in place of those with the same keys.

        Args:
          keys: keys.
          values: as many values.
          name: the scope's name.
        """
        with self._scope(name, "lookup_table_insert", keys, values):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            with colocate_with(self.resource_handle):
                return nodes.insert_node(self.resource_handle, keys, values)

    def export(self, name=None):
        """(all keys, all values)."""
        with self._scope(name, "lookup_table_export_values"), colocate_with(self.resource_handle):
            return nodes.export_node(self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype)


@export("contrib.lookup.MutableHashTable")
class MutableHashTable(_Changing):
    """A table that changes as a session runs, empty at first.

    Args:
      key_dtype, value_dtype: dtypes.
      default_value: the value for keys that aren't there; its shape is that of all values.
      name: the node's name.
      checkpoint: whether a Saver saves it.
    """

    def __init__(self, key_dtype, value_dtype, default_value, name="MutableHashTable", checkpoint=True):
        self._default_value = convert_to_tensor(default_value, dtype=value_dtype)
        self._name, self._sharing = name, checkpoint
        super().__init__(key_dtype, value_dtype)
        self._begin(name, checkpoint)

    def _create_resource(self):
        given = {"key_dtype": self._key_dtype, "value_dtype": self._value_dtype, "use_node_name_sharing": self._sharing}
        dims = self._default_value.get_shape()
        if dims.ndims == 0:
            return nodes.mutable_table_node(name=self._name, **given)
        return nodes.table_of_tensors_node(name=self._name, value_shape=dims, **given)


@export("contrib.lookup.MutableDenseHashTable", "lookup.experimental.DenseHashTable")
class MutableDenseHashTable(_Changing):
    """A `MutableHashTable` that TF kept in arrays.

    Args:
      key_dtype, value_dtype: dtypes.
      default_value: the value for keys that aren't there; its shape is that of all values.
      empty_key, deleted_key: two keys that are never used.
      initial_num_buckets: kept in the graph.
      name: the node's name.
      checkpoint: whether a Saver saves it.
    """

    def __init__(
        self,
        key_dtype,
        value_dtype,
        default_value,
        empty_key,
        deleted_key,
        initial_num_buckets=None,
        name="MutableDenseHashTable",
        checkpoint=True,
    ):
        self._default_value = convert_to_tensor(default_value, dtype=value_dtype, name="default_value")
        self._name, self._sharing, self._buckets = name, checkpoint, initial_num_buckets
        self._empty_key = convert_to_tensor(empty_key, dtype=key_dtype, name="empty_key")
        self._deleted_key = convert_to_tensor(deleted_key, dtype=key_dtype, name="deleted_key")
        super().__init__(key_dtype, value_dtype)
        self._begin(name, checkpoint)

    def _create_resource(self):
        return nodes.dense_table_node(
            self._empty_key,
            self._deleted_key,
            use_node_name_sharing=self._sharing,
            value_dtype=self._value_dtype,
            value_shape=self._default_value.get_shape(),
            initial_num_buckets=self._buckets,
            name=self._name,
        )

    def insert_or_assign(self, keys, values, name=None):
        """`insert`."""
        return self.insert(keys, values, name)

    def erase(self, keys, name=None):
        """`remove`."""
        return self.remove(keys, name)
