"""The module-level words for what the default graph does: name_scope, control_dependencies, device, collections."""

import contextlib

from ..ground.api import export
from .convert import convert
from .graph import Operation, default_graph, from_graph

__all__ = ["name_scope"]


@export("name_scope", "keras.backend.name_scope")
class name_scope:  # noqa: N801  # TF's name
    """A context manager: nodes made under it are named `<scope>/...`.

    Args:
      name: the name the user gave, or None.
      default_name: the name otherwise.
      values: tensors whose graph is meant.

    Raises:
      ValueError: (on entering) neither name is there, but values are.
    """

    def __init__(self, name, default_name=None, values=None):
        self._name = default_name if name is None else name
        self._given, self._default_name, self._values = name, default_name, values

    @property
    def name(self):
        """The name of the scope, as asked for."""
        return self._name

    def __enter__(self):
        if self._name is None and self._values is not None:
            raise ValueError(f"At least one of name ({self._given}) and default_name ({self._default_name}) must be provided.")
        graph = from_graph(self._values or [])
        self._depth, self._graph = graph.push(), graph
        try:
            self._scope = graph.name_scope(self._name)
            return self._scope.__enter__()
        except BaseException:
            graph.pop(self._depth)
            raise

    def __exit__(self, *error):
        self._scope.__exit__(*error)
        self._graph.pop(self._depth)


@export("contrib.framework.get_name_scope")
def get_name_scope():
    """The name of the scope in force in the default graph, without a slash at its end."""
    return default_graph().get_name_scope()


@export("op_scope")
@contextlib.contextmanager
def op_scope(values, name, default_name=None):
    """The older spelling of `name_scope(name, default_name, values)`."""
    with name_scope(name, default_name, values) as scope:
        yield scope


@export("control_dependencies")
def control_dependencies(control_inputs):
    """Ops made under it run after `control_inputs`; None forgets those in force."""
    return default_graph().control_dependencies(control_inputs)


@export("device")
def device(device_name_or_function):
    """Ops made under it ask to run on that device."""
    return default_graph().device(device_name_or_function)


@export("colocate_with")
def colocate_with(op, ignore_existing=False):
    """Ops made under it belong on the device of `op`: an operation, a tensor, or what converts to one."""
    if op is not None and not isinstance(op, Operation) and not hasattr(op, "op"):
        op = convert(op, as_ref=True)
    return default_graph().colocate_with(op, ignore_existing)


@export("container")
def container(container_name):
    """Stateful ops made under it keep their state under that name."""
    return default_graph().container(container_name)


@export("add_to_collection")
def add_to_collection(name, value):
    """Appends `value` to a collection of the default graph."""
    default_graph().add_to_collection(name, value)


@export("add_to_collections")
def add_to_collections(names, value):
    """Appends `value` to several collections of the default graph."""
    default_graph().add_to_collections(names, value)


@export("get_collection")
def get_collection(key, scope=None):
    """A copy of a collection of the default graph; `scope` is a regular expression that names match."""
    return default_graph().get_collection(key, scope)


@export("get_collection_ref")
def get_collection_ref(key):
    """The list itself that is a collection of the default graph."""
    return default_graph().get_collection_ref(key)
