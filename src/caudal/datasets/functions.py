"""Functions of elements: traced once into a graph of their own, called for each element of a run."""

import itertools

from ..graph.function import FuncGraph
from ..graph.graph import default_graph
from ..ground.errors import need
from .nests import flatten
from .specs import flat, from_tensors, spec_of, to_tensors

__all__ = ["Function", "touch"]

_numbers = itertools.count(1)
_QUIET = frozenset(
    "RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal RandomShuffle Multinomial RandomGamma RandomPoissonV2 "
    "Placeholder VarHandleOp VariableV2 ParameterizedTruncatedNormal".split()
)


_VARIABLES = ("variables", "trainable_variables", "local_variables")


def touch(graph, keys):
    """Lets a graph have collections, be they empty, as it has in 1.15 when a function was traced in it."""
    for key in keys:
        graph.get_collection_ref(key)


class Function:
    """A Python function of an element, as a graph.

    Args:
      call: the Python function.
      where: "Dataset.map()", for names and errors.
      specs: the specs of its argument; a tuple at the top is several arguments.
      check: `check(specs of what it gives)` refuses what it may not give.

    Attributes:
      graph: the body; arguments, outputs: its tensors; result: the specs of what it gives; captured: tensors outside.

    Raises:
      TypeError: it gives nothing that is a value.
    """

    def __init__(self, call, where, specs, check=None):
        need(callable(call), "Argument must be callable")
        title = where.removesuffix("()").replace(".", "_").replace(" ", "_")
        self.name = f"{title}_{getattr(call, '__name__', type(call).__name__)}_{next(_numbers)}"
        outer = default_graph()
        touch(outer, _VARIABLES)
        self.graph = FuncGraph(self.name, outer)
        with self.graph.as_default():
            tensors = [self.graph.argument(*flat(s), "args_" + str(k)) for k, s in enumerate(flatten(specs))]
            self.arguments = tensors
            value = from_tensors(specs, tensors)
            made = call(*value) if isinstance(specs, tuple) else call(value)
            made = tuple(made) if isinstance(made, list) else made
            try:
                self.result = spec_of(made)
            except (TypeError, ValueError):
                raise TypeError(f"Unsupported return value from function passed to {where}: {made}.") from None
            if check is not None:
                check(self.result)
            self.outputs = [self.graph.capture(t) for t in to_tensors(self.result, made)]
        self.captured = [t.op._captured for t in self.graph.captures.values()]

    def effects(self):
        """The operations inside that are run for what they do, whether their outputs are wanted or not."""
        return [op for op in self.graph._ops if op._def.is_stateful and op._def.name not in _QUIET and not _is_data(op)]


def _is_data(op):
    return any(t._dtype.name in ("variant", "resource") for t in op.outputs)
