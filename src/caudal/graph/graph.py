"""Graph: operations in the order of creation, under unique names; scopes, control dependencies, devices, collections."""

import contextlib
import platform
import re
import threading

from ..formats import node_def as messages
from ..ground import source
from ..ground.api import export
from ..ground.errors import InferError, NotFoundError
from . import contexts, static
from .devices import DeviceStack, canonical
from .elements import Collections, Elements
from .flat_inputs import attr_value, in_groups, told_by
from .keys import GraphKeys
from .opdef import lookup
from .refusals import first_refusal, refusal
from .tensor import Operation, Tensor

__all__ = ["Graph", "GraphKeys", "Operation", "Tensor", "default_graph", "graph_of"]

_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-/]*$")
_INNER = re.compile(r"^[A-Za-z0-9_.\-/]*$")
NO_OP = lookup("NoOp")
NO_OP.infer, NO_OP.lower = (lambda *_: []), (lambda B, *_: ())

export("Operation")(Operation)
export("Tensor")(Tensor)


class _Controls:
    """One `with control_dependencies(...)`: its ops, and the ops made under it."""

    def __init__(self, graph, controls):
        self.graph, self.inputs = graph, controls or []
        self.fresh = controls is None
        self.seen = set()

    @property
    def control_inputs(self):
        return self.inputs

    def op_in_group(self, op):
        return op in self.seen

    def add_op(self, op):
        self.seen.add(op)

    def __enter__(self):
        graph = self.graph
        if self.fresh:
            self.before = graph._controls, graph._context
            graph._controls, graph._context = [], None
        graph._controls = [*graph._controls, self]

    def __exit__(self, *_):
        self.graph._controls = self.graph._controls[:-1]
        if self.fresh:
            self.graph._controls, self.graph._context = self.before


def _name_text(name):
    """A name that is no plain str, as one.

    Raises:
      TypeError: it is none; a tensor says that it is no Python bool, as in 1.15.
    """
    if not isinstance(name, (str, bytes)) and name:
        raise TypeError(f"expected string or bytes-like object, got {type(name).__name__!r}")
    return name.decode() if isinstance(name, bytes) else str(name)


@export("Graph")
class Graph(Elements, Collections):
    """A dataflow graph: operations, and the tensors that flow between them. It only grows.

    Operations are added by the functions of `tf` to the default graph: `with graph.as_default():`.
    """

    _outer = None  # the graph around, if this is the body of a function

    def __init__(self):
        self._lock = threading.RLock()
        self._ops: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names: dict[str, int] = {}
        self._name_stack = ""
        self._controls: list[_Controls] = []
        self._context = None  # the control-flow context that new ops belong to
        self._devices = DeviceStack()
        self._colocated: list[Operation] = []
        self._colocation_marks: list = []
        self._collections: dict[object, list] = {}
        self._seed = None
        self._finalized = False
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._attr_scope: dict[str, object] = {}
        self._overrides: dict[str, str] = {}
        self._container = ""
        self._changes = 0  # edits of old nodes: a plan made before one no longer holds
        self._index = 0, 0, {}  # how many nodes, after how many edits, id of a tensor -> those of these nodes that take it
        self._assigns = 0, []  # how many nodes, and those of them that `_unchecked_assigns` gives
        self._variable_creator_stack: list = []
        self._py_funcs: dict[str, object] = {}  # token -> the Python function that a node runs
        self._functions: dict[str, object] = {}  # name -> the FunctionDef of a function that nodes may call
        self._labels: dict[str, str] = {}
        self._broadcast_axes: dict = {}  # pair of shapes -> the axes that their slopes are summed over

    # --- nodes ------------------------------------------------------------------------------------

    def add(self, op, inputs, attrs, scope):
        """Adds a node of a known type with checked inputs and attributes.

        Args:
          op: the `OpDef`.
          inputs: tensors.
          attrs: a value for every attribute of the definition.
          scope: the full, unique name.

        Returns:
          The `Operation`.

        Raises:
          ValueError: its shape rule refuses the inputs.
        """
        self._check_not_finalized()
        if not scope or not _NAME.match(scope):
            raise ValueError(f"'{scope}' is not a valid node name")
        types = []
        for arg in op.outputs:
            kind = arg.dtype or attrs.get(arg.type_attr)
            kinds = attrs[arg.list_attr] if arg.list_attr else [kind] * (attrs[arg.number_attr] if arg.number_attr else 1)
            types += [k._as_ref for k in kinds] if arg.is_ref else kinds
        controls = self._controls_for(inputs) if self._controls else []
        made = Operation(self, op, scope, inputs, controls, attrs, types, source.here())
        self._infer(made)
        return self._enter(made)

    def _enter(self, made):
        """Takes a new node into the graph: scopes, devices, control flow."""
        if self._attr_scope:
            for key, value in self._attr_scope.items():
                value = value(made.node_def) if callable(value) else value
                if value is not None and key not in made.attrs:
                    made.attrs[key] = value
        if self._overrides and made.type in self._overrides and "_gradient_op_type" not in made.attrs:
            made.attrs["_gradient_op_type"] = self._overrides[made.type].encode()
        if self._labels and made.type in self._labels:
            made.attrs["_kernel"] = self._labels[made.type].encode()
        self._ops.append(made)
        self._by_name[made._name] = made
        made._id = len(self._ops)
        for controls in self._controls:
            controls.seen.add(made)
        if self._context is not None:
            made._control_flow_context = self._context
        self._check_contexts(made)
        if self._context is not None:
            self._context.AddOp(made)
        bound = self._referenced(made) if made._def.takes_refs else []
        if self._devices and not bound:
            self._devices.apply(made)
        if bound or self._colocated:
            self._bind(made, self._colocated + bound)
        if self._container and made._def.is_stateful and "container" in made.attrs and not made.attrs["container"]:
            made.attrs["container"] = self._container.encode()
        return made

    @staticmethod
    def _referenced(made):
        """The ops of the variables that `made` takes as references: it has to be where they are."""
        return [t.op for arg, tensors in in_groups(made._def, made._inputs, made.attrs) if arg.is_ref for t in tensors]

    @staticmethod
    def _bind(made, to):
        """Puts `made` where the ops `to` are."""
        made.attrs["_class"] = sorted({g for op in to for g in op.colocation_groups()})
        made._device = next((op._device for op in reversed(to) if op._device), made._device)

    def _check_contexts(self, made):
        for tensor in made._inputs:
            if tensor.op._control_flow_context is not None:
                contexts.check_input(made, tensor.op)

    def _infer(self, made):
        op = made._def
        if op.infer is None:
            return
        wanted = {k: (made if k == "op" else made.attrs[k]) for k in op.infer_wants}
        mark = static.consult()
        try:
            dims = op.infer(*made._inputs, **wanted)
        except InferError as error:
            refused = error
        else:
            for tensor, one in zip(made.outputs, dims, strict=True):
                tensor.dims = one
            return
        finally:
            static.done(mark)
        raise refusal(made, *first_refusal(made, wanted, refused)) from None

    def create_op(
        self,
        op_type,
        inputs,
        dtypes=None,
        input_types=None,
        name=None,
        attrs=None,
        op_def=None,
        compute_shapes=True,
        compute_device=True,
    ):
        """Adds a node. The functions of `tf` call it; few programs need to.

        Args:
          op_type: the op type, "MatMul".
          inputs: tensors.
          dtypes: the outputs' dtypes; told by the definition.
          input_types: unused: the definition tells.
          name: the node's name; the type by default; one that ends in '/' is taken as it is.
          attrs: attribute values, `AttrValue` messages or Python values.
          op_def: unused; compute_shapes, compute_device: unused.

        Returns:
          The `Operation`.

        Raises:
          TypeError: an input is no tensor; ValueError: shapes that don't fit.
        """
        self._check_not_finalized()
        for k, tensor in enumerate(inputs):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Input #{k} is not a tensor: {tensor}")
            if tensor.graph is not self:
                raise ValueError(f"{tensor!r} is not from the same graph")
        try:
            op = lookup(op_type)
        except KeyError:
            raise NotFoundError(
                None,
                None,
                f"Op type not registered '{op_type}' in binary running on {platform.node()}. Make sure the Op and Kernel "
                "are registered in the binary running in this process. Note that if you are loading a saved graph which "
                "used ops from tf.contrib, accessing (e.g.) `tf.contrib.resampler` should be done before importing the "
                "graph, as contrib ops are lazily registered when the module is first accessed.",
            ) from None
        given = {k: attr_value(v) for k, v in (attrs or {}).items()}
        grouped = in_groups(op, list(inputs), given)
        told = told_by(op, grouped)
        full = {a.name: given.get(a.name, told.get(a.name, a.default)) for a in op.attr_order}
        full |= {k: v for k, v in given.items() if k not in full}
        return self.add(op, list(inputs), full, self.node_name(op_type if name is None else name))

    def _changed(self, op):
        self._changes += 1

    # --- names ------------------------------------------------------------------------------------

    def unique_name(self, name, mark_as_used=True):
        """A name that no node has: `name` under the scopes in force, with `_1`, `_2` if taken.

        Names are unique without regard to case, so that they may be files.
        """
        if self._name_stack:
            name = self._name_stack + "/" + name
        key = name.lower()
        names = self._names
        i = names.get(key, 0)
        if mark_as_used:
            names[key] = i + 1
        if i > 0:
            base = key
            while key in names:
                key = f"{base}_{i}"
                i += 1
            if mark_as_used:
                names[key] = 1
            name = f"{name}_{i - 1}"
        return name

    def node_name(self, name):
        """The full name for a new node: `name` itself without its slash, or a unique one."""
        return name[:-1] if name and name[-1] == "/" else self.unique_name(name)

    def open_scope(self, name):
        """The full, unique name of a scope that is opened for one node."""
        if type(name) is not str:
            name = _name_text(name)
        if name[-1:] == "/":
            return name[:-1]
        if not (_INNER if self._name_stack else _NAME).match(name):
            raise ValueError(f"'{name}' is not a valid scope name")
        return self.unique_name(name)

    @contextlib.contextmanager
    def name_scope(self, name):
        """Nodes made under it are named `<name>/...`; None or '' goes back to the root, 'a/' in again.

        Yields:
          The scope's full name with a slash at its end.

        Raises:
          ValueError: no valid name.
        """
        if name:
            name = name.decode() if isinstance(name, bytes) else name
            if not isinstance(name, str):
                raise TypeError(f"Expected binary or unicode string, got {name!r}")
        before = self._name_stack
        self._name_stack = self.open_scope(name) if name else ""
        try:
            yield self._name_stack + "/" if name else ""
        finally:
            self._name_stack = before

    def get_name_scope(self):
        """The name of the scope in force, without a slash at its end."""
        return self._name_stack

    # --- control dependencies, devices, colocation ---------------------------------------------------

    def control_dependencies(self, control_inputs):
        """Ops made under it run after these.

        Args:
          control_inputs: operations, tensors or variables; None forgets those in force.

        Raises:
          TypeError: something else.
        """
        if control_inputs is None:
            return _Controls(self, None)
        ops = []
        current = {c for one in self._controls for c in one.inputs}
        for c in control_inputs:
            if hasattr(c, "_handle") and hasattr(c, "op") or type(c).__name__ == "IndexedSlices":
                c = c.op
            c = self.as_graph_element(c)
            if isinstance(c, Tensor):
                c = c.op
            elif not isinstance(c, Operation):
                raise TypeError(f"Control input must be Operation or Tensor: {c}")
            if c not in current:
                ops.append(c)
                current.add(c)
        return _Controls(self, ops)

    def _controls_for(self, inputs):
        """Control inputs that the blocks in force ask of a node with these inputs."""
        takes = {t.op for t in inputs}
        out = []
        for one in self._controls:
            if not any(op in one.seen for op in takes):
                out += [c for c in one.inputs if c not in takes]
        return list(dict.fromkeys(out))

    def _current_control_dependencies(self):
        return {c for one in self._controls for c in one.inputs}

    def _get_control_flow_context(self):
        return self._context

    def _set_control_flow_context(self, context):
        self._context = context

    canonical_device = staticmethod(canonical)

    @contextlib.contextmanager
    def device(self, device_name_or_function):
        """Ops made under it ask to run on that device; on a machine that hasn't it they run where they can.

        Args:
          device_name_or_function: "/gpu:0", a function of an `Operation`, or None to forget those in force.
        """
        before = self._devices
        self._devices = before.push(device_name_or_function)
        try:
            yield
        finally:
            self._devices = before

    @contextlib.contextmanager
    def colocate_with(self, op, ignore_existing=False):
        """Ops made under it belong on the device of `op`.

        Args:
          op: an operation or tensor; None forgets those in force (with `ignore_existing`).
          ignore_existing: forget the blocks in force.

        Raises:
          ValueError: `op` is None without `ignore_existing`.
        """
        if op is None and not ignore_existing:
            raise ValueError("Trying to reset colocation (op is None) but ignore_existing is not True")
        before, devices = self._colocated, self._devices
        if ignore_existing:
            self._colocated = []
        if op is not None:
            op = op if isinstance(op, Operation) else self.as_graph_element(op)
            op = op.op if isinstance(op, Tensor) else op
            self._colocated = [*self._colocated, op]
        self._devices = DeviceStack()
        try:
            yield
        finally:
            self._colocated, self._devices = before, devices

    @contextlib.contextmanager
    def container(self, container_name):
        """Stateful ops made under it keep their state under that name."""
        before, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = before

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map):
        """Ops of a type made under it take the gradient that is registered for another.

        Args:
          op_type_map: a dict from op type to a name given to `RegisterGradient`.

        Raises:
          TypeError: keys or values are not strings.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not (isinstance(key, str) and isinstance(value, str)):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        before = self._overrides
        self._overrides = before | op_type_map
        try:
            yield
        finally:
            self._overrides = before

    @contextlib.contextmanager
    def _attr_scope_block(self, attr_map):
        before = self._attr_scope
        self._attr_scope = {k: v for k, v in (before | attr_map).items() if v is not None}
        try:
            yield
        finally:
            self._attr_scope = before

    @contextlib.contextmanager
    def _kernel_label_map(self, op_to_kernel_label_map):
        before, self._labels = self._labels, self._labels | op_to_kernel_label_map
        try:
            yield
        finally:
            self._labels = before

    # --- look-up ----------------------------------------------------------------------------------

    def _consumers(self, tensor):
        """The operations that take a tensor: those made after it, then those before it, which do so on a loop's way back."""
        with self._lock:
            made, changes, users = self._index
            if changes != self._changes or made > len(self._ops):
                made, users = 0, {}
            for op in self._ops[made:]:
                for key in {id(t) for t in op._inputs}:
                    users.setdefault(key, []).append(op)
            self._index = len(self._ops), self._changes, users
            return sorted(users.get(id(tensor), ()), key=lambda op: op._id <= tensor.op._id)

    def _unchecked_assigns(self):
        """The operations that may give a variable another shape (`validate_shape` is false)."""
        with self._lock:
            made, found = self._assigns
            found = found + [op for op in self._ops[made:] if op.attrs.get("validate_shape") is False]
            self._assigns = len(self._ops), found
            return found

    # --- collections ------------------------------------------------------------------------------

    # --- state of the whole -----------------------------------------------------------------------

    @property
    def seed(self):
        """The graph-level random seed, or None."""
        return self._seed

    @seed.setter
    def seed(self, seed):
        self._seed = seed

    @property
    def _last_id(self):
        return len(self._ops)

    @property
    def version(self):
        """How many nodes were made; grows with each."""
        return len(self._ops)

    @property
    def building_function(self):
        """Whether this is the graph of a function's body; never, here."""
        return False

    @property
    def graph_def_versions(self):
        """The versions of the format that `as_graph_def` writes."""
        return messages.versions()

    @property
    def finalized(self):
        """Whether nodes can no longer be added."""
        return self._finalized

    def finalize(self):
        """Lets nobody add nodes any more: a loop that does is found at once."""
        self._finalized = True

    def _unsafe_unfinalize(self):
        self._finalized = False

    def _check_not_finalized(self):
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def prevent_feeding(self, tensor):
        """Marks a tensor that may not be fed."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor):
        """Whether the tensor may be fed."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op):
        """Marks an operation that may not be fetched."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op):
        """Whether the tensor or operation may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    def as_graph_def(self, from_version=None, add_shapes=False):
        """The graph as a `GraphDef` message.

        Args:
          from_version: accepted; 1.15 gives all nodes, too.
          add_shapes: write each node's output shapes too.
        """
        return messages.graph_def(self, add_shapes)

    def as_default(self):
        """A context manager: this is the default graph of this thread under it."""
        return _AsDefault(self)

    def switch_to_thread_local(self):
        """Accepted: scopes and stacks are used by one thread at a time."""

    def push(self):
        """Makes this the default graph; gives the mark that `pop` wants back."""
        stack = _local.graphs
        stack.append(self)
        return len(stack) - 1

    def pop(self, depth):
        """Undoes `push`."""
        del _local.graphs[depth:]

    def _session_for(self, session, action, thing, verb, _capital):
        """The session in which `Tensor.eval` and `Operation.run` work."""
        explicit = "run(session=sess)" if action == "run" else f"`{action}(session=sess)`"
        if session is None:
            session = default_session()
            if session is None:
                raise ValueError(
                    f"Cannot {verb} using `{action}()`: No default session is registered. Use `with "
                    f"sess.as_default(){':' if action == 'run' else ''}` or pass an explicit session to `{action}(session=sess)`"
                )
            if session.graph is not self:
                raise ValueError(
                    f"Cannot use the default session to {verb}: the {thing}'s graph is different from the "
                    f"session's graph. Pass an explicit session to {explicit}."
                )
        elif session.graph is not self:
            raise ValueError(
                f"Cannot use the given session to {verb}: the {thing}'s graph is different from the session's graph."
            )
        return session


# --- default graphs and sessions, a stack a thread ---------------------------------------------------


class _Local(threading.local):
    def __init__(self):
        self.graphs: list[Graph] = []
        self.sessions: list = []


_local = _Local()
_root: list[Graph] = []


class _AsDefault:
    def __init__(self, graph):
        self.graph = graph

    def __enter__(self):
        _local.graphs.append(self.graph)
        return self.graph

    def __exit__(self, kind, *_):
        if not _local.graphs or _local.graphs[-1] is not self.graph:
            if kind is None:
                raise AssertionError(f"Nesting violated for default stack of {type(self.graph)} objects")
            return
        _local.graphs.pop()


def default_graph():
    """The default graph of this thread, or of the process."""
    if _local.graphs:
        return _local.graphs[-1]
    if not _root:
        _root.append(Graph())
    return _root[0]


@export("get_default_graph")
def get_default_graph():
    """The default graph of this thread."""
    return default_graph()


@export("reset_default_graph")
def reset_default_graph():
    """Begins a new default graph; outside of `as_default` blocks only.

    Raises:
      AssertionError: inside of one.
    """
    if _local.graphs:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the "
            "nesting and create a new graph."
        )
    _root[:] = [Graph()]


def session_stack():
    """The default sessions of this thread, innermost last."""
    return _local.sessions


def default_session():
    """The default session of this thread, or None."""
    return _local.sessions[-1] if _local.sessions else None


def graph_of(values):
    """The graph that tensors among `values` (lists included) are of; the default one if there are none.

    Raises:
      ValueError: they are of several graphs.
    """
    current = default_graph()
    if current._outer is not None:
        return current  # which takes tensors of the graphs around it
    first = None
    for value in values:
        for one in value if type(value) in (list, tuple) else (value,):
            if isinstance(one, (Tensor, Operation)):
                found = one
            else:
                inner = getattr(one, "_as_graph_element", None)
                if inner is None or isinstance(one, type):
                    continue
                found = inner()
            if first is None:
                first = found
            elif found.graph is not first.graph:
                raise ValueError(f"{found} must be from the same graph as {first}.")
    return current if first is None else first.graph


def from_graph(values, graph=None):
    """`graph`, or the graph of `values`; ValueError if a value is not of it."""
    if graph is None:
        return graph_of(values)
    for value in values:
        if isinstance(value, (Tensor, Operation)) and value.graph is not graph:
            raise ValueError(f"{value} is not from the passed-in graph.")
    return graph
