"""GraphDefs cut down and frozen: `tf.graph_util`."""

import numpy as np

from ..formats.proto import AttrValue, DataType, GraphDef, NodeDef
from ..formats.tensor_proto import make_tensor_proto
from ..ground.api import export
from ..ground.errors import need
from .logging import info

__all__ = ["convert_variables_to_constants", "extract_sub_graph", "remove_training_nodes"]

_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})
_PINNED = frozenset(
    "Assign AssignAdd AssignSub Queue ScatterAdd ScatterSub ScatterUpdate TruncatedNormal Variable VariableV2".split()
)
_INT_TYPE = {"DynamicStitch": "T", "ParallelDynamicStitch": "T", "Cast": "SrcT"}


def _node_name(name):
    """The node that an input is of."""
    return name[1:] if name.startswith("^") else name.split(":")[0]


def _groups(node):
    """The nodes with which a node has to be on one device."""
    found = node.attr["_class"].list.s if "_class" in node.attr else ()
    return [group.decode().removeprefix("loc:@") for group in found]


@export("graph_util.must_run_on_cpu")
def must_run_on_cpu(node, pin_variables_on_cpu=False):
    """Whether a node only runs on a CPU: constants of strings or int32, int32 stitches and casts.

    Args:
      node: an `Operation` or a `NodeDef`.
      pin_variables_on_cpu: whether variables and what writes them count too.
    """
    node = getattr(node, "node_def", node)
    if pin_variables_on_cpu and node.op in _PINNED:
        return True
    if node.op == "Const":
        return node.attr["dtype"].type in (DataType.DT_STRING, DataType.DT_INT32)
    return node.op in _INT_TYPE and node.attr[_INT_TYPE[node.op]].type == DataType.DT_INT32


@export("graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph, input_name):
    """The static shape of the tensor that an input's name means: "op" is "op:0"."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else input_name + ":0").get_shape()


@export("graph_util.extract_sub_graph")
def extract_sub_graph(graph_def, dest_nodes):
    """The part of a graph that some nodes need.

    Args:
      graph_def: a `GraphDef`.
      dest_nodes: names of nodes.

    Returns:
      A `GraphDef`, its nodes in their order.

    Raises:
      TypeError: no GraphDef, or a single name; AssertionError: a node that isn't there.
    """
    need(isinstance(graph_def, GraphDef), "graph_def must be a graph_pb2.GraphDef proto.", kind=TypeError)
    need(not isinstance(dest_nodes, str), "dest_nodes must be a list.", kind=TypeError)
    inputs = {node.name: [_node_name(n) for n in node.input] + _groups(node) for node in graph_def.node}
    for name in dest_nodes:
        need(name in inputs, f"{name} is not in graph", kind=AssertionError)
    kept, waiting = set(), list(dest_nodes)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += inputs.get(name, ())
    out = GraphDef(node=[node for node in graph_def.node if node.name in kept])
    out.library.CopyFrom(graph_def.library)
    out.versions.CopyFrom(graph_def.versions)
    return out


@export("graph_util.remove_training_nodes")
def remove_training_nodes(input_graph, protected_nodes=None):
    """The graph without what only training wants: CheckNumerics, and Identities that nothing waits for.

    Args:
      input_graph: a `GraphDef`.
      protected_nodes: names of nodes that stay: Identities that are outputs, say.

    Returns:
      A `GraphDef`.
    """
    protected = set(protected_nodes or ())
    checks = {n.name for n in input_graph.node if n.op == "CheckNumerics" and n.name not in protected}
    nodes = [
        _with_inputs(n, [i for i in n.input if i.lstrip("^") not in checks]) for n in input_graph.node if n.name not in checks
    ]
    spliced = _spliced(nodes, protected)
    out = GraphDef()
    for node in nodes:
        if node.name not in spliced:
            out.node.append(_with_inputs(node, [_source(i, spliced) for i in node.input]))
    return out


def _with_inputs(node, inputs):
    made = NodeDef()
    made.CopyFrom(node)
    made.input[:] = inputs
    return made


def _spliced(nodes, protected):
    """Names of Identities that can go -> their inputs: no control edge touches them, no device hangs on them."""
    waited_for = {i[1:] for n in nodes for i in n.input if i.startswith("^")}
    bound = {group for n in nodes for group in _groups(n)}
    return {
        n.name: n.input[0]
        for n in nodes
        if n.op in ("Identity", "StopGradient")
        and n.name not in protected | bound | waited_for
        and not any(i.startswith("^") for i in n.input)
    }


def _source(name, spliced):
    while name.lstrip("^") in spliced:
        name = spliced[name.lstrip("^")]
    return name


@export("graph_util.convert_variables_to_constants")
def convert_variables_to_constants(
    sess, input_graph_def, output_node_names, variable_names_whitelist=None, variable_names_blacklist=None
):
    """The part of a graph that some nodes need, its variables as constants: a frozen graph.

    Args:
      sess: the `Session` that holds the variables.
      input_graph_def: a `GraphDef`.
      output_node_names: names of nodes.
      variable_names_whitelist: names of the only variables to freeze.
      variable_names_blacklist: names of variables to leave.

    Returns:
      A `GraphDef`.

    Raises:
      AssertionError: a node that isn't there; FailedPreconditionError: a variable without a value.
    """
    graph = extract_sub_graph(input_graph_def, output_node_names)
    nodes = {node.name: node for node in graph.node}
    fetches = {}
    for node in graph.node:
        if node.op in _VARIABLES and _chosen(node.name, variable_names_whitelist, variable_names_blacklist):
            fetches[node.name] = node.name + ("/Read/ReadVariableOp:0" if node.op == "VarHandleOp" else ":0")
    values = dict(zip(fetches, sess.run(list(fetches.values())) if fetches else [], strict=True))
    info("Froze %d variables.", len(values))
    handles = _handles(graph, nodes)
    out = GraphDef()
    for node in graph.node:
        out.node.extend(_frozen(node, nodes, values, handles))
    out.library.CopyFrom(graph.library)
    info("Converted %d variables to const ops.", len(values))
    return out


def _chosen(name, only, never):
    return (only is None or name in only) and (never is None or name not in never)


def _variable_of(node, nodes):
    """The variable that a node reads, and the Identities of its handle on the way."""
    between, source = [], node.input[0].split(":")[0]
    while nodes[source].op == "Identity":
        between.append(source)
        source = nodes[source].input[0].split(":")[0]
    need(nodes[source].op == "VarHandleOp", "Cannot find the variable that is an input to the ReadVariableOp.")
    return source, between


def _handles(graph, nodes):
    """Identity of a handle -> (the variable, the variable's dtype)."""
    out = {}
    for node in graph.node:
        if node.op in ("ReadVariableOp", "ResourceGather"):
            source, between = _variable_of(node, nodes)
            out.update(dict.fromkeys(between, (source, node.attr["dtype"])))
    return out


def _frozen(node, nodes, values, handles):
    """What takes a node's place."""
    if node.name in values:
        return [_constant(node.name, node.attr["dtype"], values[node.name])]
    if node.name in handles and handles[node.name][0] in values:
        made = _with_inputs(node, node.input)
        made.attr["T"].CopyFrom(handles[node.name][1])
        return [made]
    if node.op in ("ReadVariableOp", "ResourceGather") and _variable_of(node, nodes)[0] in values:
        return _read(node) if node.op == "ReadVariableOp" else _gather(node)
    return [node]


def _constant(name, dtype, value):
    proto = make_tensor_proto(np.asarray(value), dtype=dtype.type, shape=np.shape(value))
    return NodeDef(name=name, op="Const", attr={"dtype": dtype, "value": AttrValue(tensor=proto)})


def _kept_group(node):
    return {"_class": node.attr["_class"]} if "_class" in node.attr else {}


def _read(node):
    attr = {"T": node.attr["dtype"]} | _kept_group(node)
    return [NodeDef(name=node.name, op="Identity", input=[node.input[0]], attr=attr)]


def _gather(node):
    need(node.attr["batch_dims"].i == 0, "batch_dims != 0 is not supported by freeze_graph.")
    axis = _constant(node.name + "/axis", node.attr["Tindices"], np.array(0))
    kinds = {"Tparams": node.attr["dtype"], "Tindices": node.attr["Tindices"], "Taxis": node.attr["Tindices"]}
    inputs = [node.input[0], node.input[1], axis.name]
    return [axis, NodeDef(name=node.name, op="GatherV2", input=inputs, attr=kinds | _kept_group(node))]
