"""What a user may ask of `Session.run`, taken apart into tensors and ops, and put together again from values."""

import collections
import difflib
import itertools

from ..graph.composite import IndexedSlices, IndexedSlicesValue, SparseTensor, SparseTensorValue
from ..graph.graph import Operation, Tensor
from ..graph.notes import locate
from ..ground.errors import advise

__all__ = ["Fetches"]

_MANY = 20_000  # names that are looked through for one like a name that isn't there


class Fetches:
    """The leaves of a nest of fetches, and how the nest is rebuilt.

    Args:
      graph: the session's.
      nest: tensors, ops, variables, names, IndexedSlices, SparseTensors, in lists, tuples, named tuples, dicts.

    Raises:
      TypeError: something that cannot be fetched; ValueError: not in the graph.
    """

    def __init__(self, graph, nest):
        self.graph = graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._places: dict[Tensor, int] = {}
        self.rebuild = self._build(nest)

    def _tensor(self, tensor):
        if tensor not in self._places:
            self._places[tensor] = len(self.tensors)
            self.tensors.append(tensor)
        k = self._places[tensor]
        return lambda values: values[k]

    def _build(self, nest):
        if nest is None:
            fix = "take the None out: a function gave none, as optimizer.get_slot does for a slot that it hasn't"
            raise advise(TypeError(f"Fetch argument {nest!r} has invalid type {type(nest)!r}"), fix)
        if isinstance(nest, (list, tuple)) and not isinstance(nest, (SparseTensorValue, IndexedSlicesValue)):
            parts = [self._build(one) for one in nest]
            kind = type(nest)
            if hasattr(nest, "_fields"):
                return lambda values: kind(*[p(values) for p in parts])
            if kind is list:
                return lambda values: [p(values) for p in parts]
            return lambda values: kind([p(values) for p in parts])
        if isinstance(nest, collections.abc.Mapping):
            keys, parts = list(nest), [self._build(one) for one in nest.values()]
            kind = type(nest)
            if kind is dict:
                return lambda values: dict(zip(keys, [p(values) for p in parts], strict=True))
            return lambda values: kind(zip(keys, [p(values) for p in parts], strict=True))
        if isinstance(nest, (SparseTensor, IndexedSlices)):
            return self._composite(nest)
        for kinds, expand in _EXPANSIONS:
            if isinstance(nest, kinds):
                tensors, contract = expand(nest)
                parts = [self._leaf(t) for t in tensors]
                return lambda values: contract([p(values) for p in parts])
        return self._leaf(nest)

    def _composite(self, nest):
        if isinstance(nest, SparseTensor):
            parts = [self._tensor(self._element(t)) for t in (nest.indices, nest.values, nest.dense_shape)]
            return lambda values: SparseTensorValue(*[p(values) for p in parts])
        given = [nest.values, nest.indices] + ([nest.dense_shape] if nest.dense_shape is not None else [])
        parts = [self._tensor(self._element(t)) for t in given]
        return lambda values: IndexedSlicesValue(*([p(values) for p in parts] + [None] * (3 - len(parts))))

    def _element(self, leaf):
        try:
            found = self.graph.as_graph_element(leaf, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            words = f"Fetch argument {leaf!r} has invalid type {type(leaf)!r}, must be a string or Tensor. ({error})"
            raise advise(TypeError(words), "fetch a tensor, an op, a variable, a name, or a list of them") from None
        except (ValueError, KeyError) as error:
            words = f"Fetch argument {leaf!r} cannot be interpreted as a Tensor. ({error})"
            raise self._lost(ValueError(words), leaf) from None
        if not self.graph.is_fetchable(found):
            name = found.op._name if isinstance(found, Tensor) else found._name
            raise ValueError(
                f"Operation {name!r} has been marked as not fetchable. Typically this happens when it is defined in another "
                "function or code block. Use return values,explicit Python locals or TensorFlow collections to access it."
            )
        return found

    def _lost(self, error, leaf):
        """Notes to the error for a fetch that isn't in the graph: where it is, or what has such a name."""
        leaf = leaf.decode() if isinstance(leaf, bytes) else leaf
        if isinstance(leaf, str):
            near = difflib.get_close_matches(leaf.partition(":")[0], itertools.islice(self.graph._by_name, _MANY), 3)
            told = " or ".join(f"'{name}:0'" for name in near)
            return advise(error, f"{told} is in the graph" if near else "tensor.name tells a tensor's name, 'scope/op:0'")
        inner = getattr(leaf, "_as_graph_element", lambda: leaf)()
        op = getattr(inner, "op", inner)
        return locate(
            error, op, "it is of another graph: tf.Session(graph=x.graph) runs it; tf.reset_default_graph() begins a new graph"
        )

    def _leaf(self, leaf):
        found = self._element(leaf)
        if isinstance(found, Tensor):
            return self._tensor(found)
        self.targets.append(found)
        return lambda values: None


_EXPANSIONS: list[tuple] = []


def register_fetch(kinds, expand):
    """`expand(fetch)` -> (a list of tensors, a function from their values to the fetch's): for kinds of a user's own."""
    _EXPANSIONS.insert(0, (kinds, expand))
