"""A graph's operations and tensors, found by name or by what stands for them; and its collections."""

import re

from .tensor import Operation, Tensor

__all__ = ["Collections", "Elements"]


class Elements:
    """Look-up in `_ops` and `_by_name`, which a graph keeps."""

    _ops: list
    _by_name: dict

    def get_operations(self):
        """All operations, in the order of creation."""
        return list(self._ops)

    def get_operation_by_name(self, name):
        """The operation of that name.

        Raises:
          TypeError: `name` is no string; KeyError: there is none.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)

    def get_tensor_by_name(self, name):
        """The tensor of that name, "op:0".

        Raises:
          TypeError: `name` is no string; ValueError: it is no tensor's name; KeyError: there is none.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)

    def as_graph_element(self, obj, allow_tensor=True, allow_operation=True):
        """The tensor or operation that `obj` is, names, or stands for.

        Args:
          obj: a `Tensor`, `Operation`, name, or what has `_as_graph_element`.
          allow_tensor: whether a tensor will do.
          allow_operation: whether an operation will do.

        Raises:
          TypeError: nothing of the kind; ValueError: of another graph, or a wrong name; KeyError: no such name.
        """
        if not (allow_tensor or allow_operation):
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        wanted = " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)
        inner = getattr(obj, "_as_graph_element", None)
        if inner:
            obj = inner()
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._named(obj, allow_tensor, allow_operation, wanted)
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(f"Operation {obj} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")

    def _named(self, name, allow_tensor, allow_operation, wanted):
        if ":" in name:
            if not allow_tensor:
                raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a {wanted}.")
            op_name, _, number = name.partition(":")
            try:
                number = int(number)
            except ValueError:
                raise ValueError(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must be of "
                    'the form "<op_name>:<output_index>".'
                ) from None
            start = f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r},"
            if op_name not in self._by_name:
                raise KeyError(f"{start} does not exist in the graph.")
            outputs = self._by_name[op_name].outputs
            if not -len(outputs) <= number < len(outputs):
                raise KeyError(f"{start} exists but only has {len(outputs)} outputs.")
            return outputs[number]
        if allow_operation:
            if name not in self._by_name:
                raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
            return self._by_name[name]
        kind = "refers to an Operation" if name in self._by_name else "looks like an (invalid) Operation name"
        raise ValueError(
            f'The name {name!r} {kind}, not a {wanted}. Tensor names must be of the form "<op_name>:<output_index>".'
        )


class Collections:
    """Lists by name in `_collections`, which a graph keeps."""

    _collections: dict

    def _check_not_finalized(self):
        """Says that nothing may be added to the graph, if so."""
        raise NotImplementedError

    def add_to_collection(self, name, value):
        """Appends `value` to the collection `name`."""
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names, value):
        """Appends `value` to each of the collections; one name may stand alone."""
        names = (names,) if isinstance(names, str) else dict.fromkeys(names)
        for name in names:
            self.add_to_collection(name, value)

    def get_collection_ref(self, name):
        """The list itself that is the collection; made if it isn't there."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name, scope=None):
        """A copy of the collection, of those whose name matches `scope` (a regular expression) from its start."""
        items = self._collections.get(name, [])
        if scope is None or not items:
            return list(items)
        match = re.compile(scope).match
        return [item for item in items if hasattr(item, "name") and match(item.name)]

    def get_all_collection_keys(self):
        """The names of all collections."""
        return [key for key in self._collections if isinstance(key, str)]

    @property
    def collections(self):
        """The names of all collections."""
        return list(self._collections)

    def clear_collection(self, name):
        """Empties the collection `name`."""
        self._check_not_finalized()
        self._collections.pop(name, None)
