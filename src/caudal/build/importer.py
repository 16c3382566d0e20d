"""import_graph_def: the nodes of a GraphDef added to a graph, held against their types' definitions on the way."""

import heapq

from ..formats.checks import attributes, input_types, output_types, refuse
from ..formats.opdefs import op_def_message, type_name
from ..formats.proto import GraphDef
from ..graph import loaded
from ..graph.convert import convert_to_tensor
from ..graph.devices import DeviceSpec, canonical
from ..graph.graph import Operation, Tensor, default_graph
from ..graph.opdef import lookup
from ..graph.scopes import name_scope
from ..ground import source
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from ..ground.shapes import TensorShape
from .function_library import Library

__all__ = ["import_graph_def"]

_NAME_START = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.")
_NAME_REST = _NAME_START | set("_-/>\\")
_NEXT, _MERGE = ("NextIteration", "RefNextIteration"), ("Merge", "RefMerge")


@export("import_graph_def", "graph_util.import_graph_def")
def import_graph_def(graph_def, input_map=None, return_elements=None, name=None, op_dict=None, producer_op_list=None):
    """Adds the nodes of `graph_def` to the default graph.

    Args:
      graph_def: a `GraphDef`.
      input_map: name of a tensor (or '^' and the name of an op) in `graph_def` -> the tensor that takes its place.
      return_elements: names of ops and tensors in `graph_def` to be given back.
      name: the prefix of all names: "import" by default; '' for none.
      op_dict: unused.
      producer_op_list: an `OpList` of the program that wrote it: attributes that only that program knows are left out
        where they have their default.

    Returns:
      A list of the ops and tensors that `return_elements` names; None without it.

    Raises:
      TypeError: an argument of another kind; ValueError: a broken graph, or names that it doesn't have.
      NotFoundError: an op type that TF 1.15 doesn't have.
    """
    need(hasattr(graph_def, "node") and hasattr(graph_def, "versions"), "graph_def must be a GraphDef proto.", kind=TypeError)
    graph_def = GraphDef.FromString(graph_def.SerializeToString())
    input_map = _checked_map(input_map)
    wanted = _checked_names(return_elements)
    if producer_op_list is not None:
        _remove_defaults(graph_def, producer_op_list)
    graph = default_graph()
    with name_scope(name, "import", list(input_map.values())) as scope:
        prefix = scope[:-1] if scope else ""
        input_map = _tensors(name, input_map)
    try:
        made = _Importer(graph, graph_def, prefix, input_map, _library(graph, graph_def)).run(wanted or ())
    except InvalidArgumentError as error:
        raise ValueError(error.message) from error
    return None if wanted is None else made


def _library(graph, graph_def):
    """The functions that the GraphDef brings; those of graphs taken in before can be called too."""
    known = {**graph._functions, **{one.signature.name: one for one in graph_def.library.function}}
    graph._functions.update(known)
    return Library(known.values(), graph, _add_nodes)


def _add_nodes(graph, graph_def, given, wanted, library):
    """Adds a function's nodes to its graph."""
    return _Importer(graph, graph_def, "", given, library).run(wanted)


def _checked_map(input_map):
    input_map = {} if input_map is None else input_map
    need(
        isinstance(input_map, dict) and all(isinstance(k, (bytes, str)) for k in input_map),
        "input_map must be a dictionary mapping strings to Tensor objects.",
        kind=TypeError,
    )
    return {k.decode() if isinstance(k, bytes) else k: v for k, v in input_map.items()}


def _checked_names(return_elements):
    if return_elements is None:
        return None
    return_elements = tuple(return_elements)
    need(
        all(isinstance(x, (bytes, str)) for x in return_elements),
        "return_elements must be a list of strings.",
        kind=TypeError,
    )
    return tuple(x.decode() if isinstance(x, bytes) else x for x in return_elements)


def _tensors(name, input_map):
    """The map with what isn't a tensor converted."""
    if all(isinstance(v, Tensor) for v in input_map.values()):
        return input_map
    need(
        name != "",
        "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values. Try calling "
        "tf.convert_to_tensor() on `input_map` values before calling tf.import_graph_def().",
    )
    with name_scope("_inputs"):
        return {k: convert_to_tensor(v) for k, v in input_map.items()}


def _remove_defaults(graph_def, producer_op_list):
    """Leaves out attributes that our definition hasn't, where they have the producer's default."""
    theirs = {op.name: {a.name: a.default_value for a in op.attr} for op in producer_op_list.op}
    for node in graph_def.node:
        try:
            ours = lookup(node.op).attrs
        except KeyError:
            continue
        for key in [k for k in node.attr if k not in ours and not k.startswith("_")]:
            if theirs.get(node.op, {}).get(key) == node.attr[key]:
                del node.attr[key]


def parse(name):
    """(op name, number) of an input: '^op' has -1, 'op' has 0."""
    if name.startswith("^"):
        return name[1:], -1
    before, colon, number = name.rpartition(":")
    return (before, int(number)) if colon and number.isdigit() else (name, 0)


def _shown(key):
    return "^" + key[0] if key[1] < 0 else f"{key[0]}:{key[1]}"


class _Importer:
    """Adds nodes in TF's order: of those whose inputs are there, always the one that comes first in the GraphDef."""

    def __init__(self, graph, graph_def, prefix, input_map, library):
        self.graph, self.nodes, self.prefix, self.library = graph, graph_def.node, prefix, library
        self.map = {parse(k): v for k, v in input_map.items()}
        self.used = set()
        self.index, self.made = {}, {}
        self.backs, self.place = [], source.here()
        self.version = graph_def.versions.producer

    def run(self, wanted):
        """Adds all nodes; gives those that `wanted` names. If the GraphDef is broken, the graph is as it was."""
        graph = self.graph
        graph._check_not_finalized()
        before, names = len(graph._ops), dict(graph._names)
        try:
            self._index_nodes()
            for k in self._order():
                self._add(self.nodes[k])
            self._close_loops()
            out = [self._returned(name) for name in wanted]
            self._settle(graph._ops[before:])
        except BaseException:
            for op in graph._ops[before:]:
                del graph._by_name[op._name]
            del graph._ops[before:]
            graph._names = names
            raise
        self._refuse_unused()  # the nodes stay, as in TF
        return out

    # --- order ------------------------------------------------------------------------------------

    def _index_nodes(self):
        for k, node in enumerate(self.nodes):
            valid = node.name and node.name[0] in _NAME_START and _NAME_REST.issuperset(node.name)
            if not valid:
                refuse(f"Node '{node.name}': Node name contains invalid characters")
            if node.name in self.index:
                refuse(f"Node '{node.name}' is not unique")
            if not node.op:
                refuse(f"Node '{node.name}' does not specify an operation")
            data_over = False
            for name in node.input:
                if data_over and not name.startswith("^"):
                    refuse(f"Node '{node.name}': Control dependencies must come after regular dependencies")
                data_over = name.startswith("^")
            self.index[node.name] = k

    def _order(self):
        """Numbers of nodes, each after those that it needs; a loop's way back is not waited for."""
        loops = {node.name for node in self.nodes if node.op in _NEXT}
        waiting, users = [], {}
        for k, node in enumerate(self.nodes):
            keys = [parse(name) for name in node.input]
            count = len(keys)
            if node.op in _MERGE and any(key[1] >= 0 and key[0] in loops for key in keys):
                count = sum(key[1] < 0 for key in keys) + 1
            for key, name in zip(keys, node.input, strict=True):
                if key in self.map:
                    count -= 1
                elif key[0] not in self.index:
                    refuse(f"Node '{node.name}': Unknown input node '{name}'")
                else:
                    users.setdefault(key[0], []).append(k)
            waiting.append(count)
        ready = [k for k, count in enumerate(waiting) if count <= 0]
        heapq.heapify(ready)
        done = 0
        while ready:
            k = heapq.heappop(ready)
            done += 1
            yield k
            for user in users.get(self.nodes[k].name, ()):
                waiting[user] -= 1
                if waiting[user] == 0:
                    heapq.heappush(ready, user)
        if done < len(self.nodes):
            refuse(f"{len(self.nodes) - done} nodes in a cycle")

    # --- a node -----------------------------------------------------------------------------------

    def _add(self, node):
        name = self._free(f"{self.prefix}/{node.name}" if self.prefix else node.name)
        op = self.library.definition(node.op)
        attrs = attributes(op, node, name)
        data = [n for n in node.input if not n.startswith("^")]
        types = input_types(op, attrs, len(data), name)
        shapes = attrs.pop("_output_shapes", None)
        if "_class" in attrs:
            attrs["_class"] = [self._moved(g) for g in attrs["_class"]]
        made = Operation(self.graph, op, name, [], self._controls(node), attrs, output_types(op, attrs), self.place)
        made._device = canonical(node.device)
        loaded.mark(made)
        inputs = [self._input(node, n) for n in data]
        late = [t is None for t in inputs]
        made._inputs = [t for t in inputs if t is not None]
        if any(late):
            self.backs.append((made, node, data))
        else:
            for k, (tensor, kind) in enumerate(zip(inputs, types, strict=True)):
                _check_edge(made, k, tensor, kind)
            self.graph._infer(made)
            self.library.attach(made)
        if shapes is not None:
            _know_shapes(made, shapes)
        self.made[node.name] = made
        graph = self.graph
        graph._ops.append(made)
        graph._by_name[name] = made
        graph._names.setdefault(name.lower(), 1)
        made._id = len(graph._ops)

    def _free(self, name):
        if name not in self.graph._by_name:
            return name
        k = 1
        while f"{name}_{k}" in self.graph._by_name or f"{name}_{k}" in self.index:
            k += 1
        return f"{name}_{k}"

    def _moved(self, group):
        """A colocation group under the prefix."""
        if not group.startswith(b"loc:@"):
            return group
        name = group[5:].decode()
        return group if not self.prefix or name not in self.index else b"loc:@" + f"{self.prefix}/{name}".encode()

    def _controls(self, node):
        out = []
        for name in node.input:
            if name.startswith("^"):
                key = parse(name)
                if key in self.map:
                    self.used.add(key)
                    out.append(self.map[key].op)
                else:
                    out.append(self.made[key[0]])
        return list(dict.fromkeys(out))

    def _input(self, node, name):
        """The tensor of that name; None where it is made later, on a loop's way back."""
        key = parse(name)
        if key in self.map:
            self.used.add(key)
            return self.map[key]
        op = self.made.get(key[0])
        if op is None:
            return None
        if key[1] >= len(op.outputs):
            refuse(
                f"Node '{node.name}': Connecting to invalid output {key[1]} of source node {key[0]} which has "
                f"{len(op.outputs)} outputs."
            )
        return op.outputs[key[1]]

    def _close_loops(self):
        for made, node, data in self.backs:
            made._inputs = [self._input(node, n) for n in data]
            self.graph._changed(made)
            for k, tensor in enumerate(made._inputs):
                _check_edge(made, k, tensor, made.attrs["T"])
            for tensor in made.outputs[1:]:
                tensor.dims = ()  # which input it was; the shape of the value is not known before the way back is

    # --- afterwards -------------------------------------------------------------------------------

    def _returned(self, name):
        before, colon, _ = name.rpartition(":")
        if not colon:
            if name not in self.made:
                refuse(f"Requested return node '{name}' not found in graph def")
            return self.made[name]
        key = parse(name)
        if key in self.map:
            self.used.add(key)
            return self.map[key]
        if key[0] not in self.made:
            refuse(f"Requested return tensor '{name}' not found in graph def")
        outputs = self.made[key[0]].outputs
        if key[1] >= len(outputs):
            refuse(f"Invalid return output {key[1]} of node '{before}', which has {len(outputs)} output(s)")
        return outputs[key[1]]

    def _refuse_unused(self):
        """Keys that no node takes are fine where the GraphDef has the tensor, and a mistake where it has not."""
        missing = [key for key in self.map if key not in self.used and not self._has(key)]
        need(not missing, f"Attempted to map inputs that were not found in graph_def: [{', '.join(map(_shown, missing))}]")

    def _has(self, key):
        return key[0] in self.made and key[1] < len(self.made[key[0]].outputs)

    def _settle(self, ops):
        """Puts new nodes under what is in force: control dependencies, the context, devices."""
        graph = self.graph
        controls = list(dict.fromkeys(c for block in graph._controls for c in block.inputs))
        for op in ops:
            op._control_flow_context = graph._context
        for op in ops:
            if controls:
                op._add_control_inputs(controls)
            graph._check_contexts(op)
            if graph._context is not None:
                graph._context.AddOp(op)
        self._place(ops)

    def _place(self, ops):
        graph = self.graph
        bound = {}
        for op in ops:
            device, op._device = op._device, ""
            others = [g[5:].decode() for g in op.attrs.get("_class") or () if g.startswith(b"loc:@")]
            others = [n for n in others if n != op._name]
            if others:
                bound[op] = [graph._by_name[n] for n in others if n in graph._by_name]
                continue
            stack = graph._devices.push(DeviceSpec.from_string(device)) if device else graph._devices
            stack.apply(op)
        for op, others in bound.items():
            op._device = next((o._device for o in others if o._device), "")


def _check_edge(op, k, tensor, want):
    """A reference stands for its value, not the other way."""
    have = tensor._dtype
    fits = have is want or have.base_dtype is want
    if not fits:
        refuse(
            f"Input {k} of node {op._name} was passed {type_name(have)} from {tensor.name} incompatible with expected "
            f"{type_name(want)}."
        )


def _know_shapes(op, shapes):
    """Takes in what `_output_shapes` tells beyond what was inferred."""
    if len(shapes) != len(op.outputs):
        refuse(
            f"Node '{op._name}' has {len(op.outputs)} outputs but the _output_shapes attribute specifies shapes for "
            f"{len(shapes)} outputs"
        )
    for tensor, dims in zip(op.outputs, shapes, strict=True):
        told = TensorShape._of(dims)
        if not tensor.shape.is_compatible_with(told):
            refuse(
                f"Node '{op._name}' has an _output_shapes attribute inconsistent with the GraphDef for output "
                f"#{tensor._value_index}: {told} vs {tensor.shape}"
            )
        tensor.set_shape(told)


def op_list(types):
    """`OpDef` messages of op types, in order of their names."""
    return [op_def_message(lookup(name)) for name in sorted(types)]
