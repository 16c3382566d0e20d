"""FuncGraph: the body of a function, as a graph of its own, which takes tensors of the graphs around it as they are used."""

from .graph import Graph
from .opdef import lookup

__all__ = ["FuncGraph"]

_PLACEHOLDER = lookup("Placeholder")


class FuncGraph(Graph):
    """A function's body.

    Args:
      name: the function's.
      outer: the graph in which it is made.

    Attributes:
      captures: tensor outside -> the placeholder that stands for it.
    """

    def __init__(self, name, outer):
        super().__init__()
        self.name, self._outer = name, outer
        self.captures = {}
        self._seed = outer._seed
        self._py_funcs = outer._py_funcs
        self._collections = {key: list(values) for key, values in outer._collections.items()}

    def add(self, op, inputs, attrs, scope):
        """Adds a node; inputs from outside are captured."""
        return super().add(op, [self.capture(t) for t in inputs], attrs, scope)

    def capture(self, tensor):
        """The tensor inside that stands for one from anywhere.

        Raises:
          ValueError: it is of a graph that is not around this one.
        """
        if tensor.graph is self:
            return tensor
        found = self.captures.get(tensor)
        if found is None:
            source = tensor
            if self._outer is not tensor.graph:
                if not isinstance(self._outer, FuncGraph):
                    raise ValueError(f"{tensor!r} must be from the same graph as the function, or around it.")
                source = self._outer.capture(tensor)
            found = self.captures[tensor] = self.argument(tensor._dtype.base_dtype, tensor.dims, tensor.op.name.split("/")[-1])
            found.op._captured = source
        return found

    def argument(self, dtype, dims, name):
        """A new placeholder, outside of all scopes that are open."""
        before = self._name_stack, self._controls, self._context
        self._name_stack, self._controls, self._context = "", [], None
        try:
            attrs = {"dtype": dtype, "shape": dims}
            return super().add(_PLACEHOLDER, [], attrs, self.unique_name(name)).outputs[0]
        finally:
            self._name_stack, self._controls, self._context = before

    @property
    def building_function(self):
        """Whether this is the graph of a function's body; it is."""
        return True
