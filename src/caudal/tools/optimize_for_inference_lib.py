"""A frozen graph without what only training wants: batch normalisation becomes part of the filters before it."""

import collections

import numpy as np

from ..formats.proto import AttrValue, GraphDef, NodeDef
from ..formats.tensor_proto import make_ndarray, make_tensor_proto
from ..ground import dtypes
from ..ground.errors import need
from ..platform.graph_util import remove_training_nodes
from ..platform.logging import warn
from .strip_unused_lib import strip_unused

__all__ = ["fold_batch_norms", "fuse_resize_and_conv", "optimize_for_inference"]

_FUSED = ("conv_op", "gamma_op", "beta_op", "mean_op", "var_op")
INPUT_ORDER = {  # FusedBatchNormV3 is TF 2's row: 1.15's layers make it, and its tool left it
    "BatchNormWithGlobalNormalization": ("conv_op", "mean_op", "var_op", "beta_op", "gamma_op"),
    "FusedBatchNorm": _FUSED,
    "FusedBatchNormV3": _FUSED,
}
EPSILON_ATTR = {
    "BatchNormWithGlobalNormalization": "variance_epsilon",
    "FusedBatchNorm": "epsilon",
    "FusedBatchNormV3": "epsilon",
}


def optimize_for_inference(input_graph_def, input_node_names, output_node_names, placeholder_type_enum, toco_compatible=False):
    """A frozen graph cut down to what inference needs, with normalisations and resizings made part of convolutions.

    Args:
      input_graph_def: a `GraphDef` whose variables are constants.
      input_node_names: names of the nodes that are to be fed; they become placeholders.
      output_node_names: names of the nodes that are to be fetched.
      placeholder_type_enum: the placeholders' dtype as a number, or a list of one for each.
      toco_compatible: whether to leave resizings where they are.

    Returns:
      A `GraphDef`.

    Raises:
      ValueError: two nodes of one name, or an input that isn't there.
    """
    ensure_graph_is_valid(input_graph_def)
    made = strip_unused(input_graph_def, input_node_names, output_node_names, placeholder_type_enum)
    made = fold_batch_norms(remove_training_nodes(made, output_node_names))
    if not toco_compatible:
        made = fuse_resize_and_conv(made, output_node_names)
    ensure_graph_is_valid(made)
    return made


def ensure_graph_is_valid(graph_def):
    """Refuses a graph with two nodes of one name, or with inputs that aren't there (ValueError)."""
    nodes = _by_name(graph_def)
    for node in graph_def.node:
        for name in node.input:
            need(node_name_from_input(name) in nodes, f"Input for {node.name} not found: {name}")


def _by_name(graph_def):
    out = {}
    for node in graph_def.node:
        need(node.name not in out, f"Duplicate node names detected for {node.name}")
        out[node.name] = node
    return out


def node_name_from_input(node_name):
    """The node that an input is of."""
    name, colon, number = node_name.removeprefix("^").rpartition(":")
    return name if colon and number.isdigit() else node_name.removeprefix("^")


def node_from_map(node_map, name):
    """The node that an input is of, from a dict by name.

    Raises:
      ValueError: it isn't there.
    """
    need(node_name_from_input(name) in node_map, f"No node named '{name}' found in map.")
    return node_map[node_name_from_input(name)]


def values_from_const(node_def):
    """The array in a `Const` node.

    Raises:
      ValueError: another node.
    """
    need(node_def.op == "Const", f"Node named '{node_def.name}' should be a Const op for values_from_const.")
    return make_ndarray(node_def.attr["value"].tensor)


def scale_after_normalization(node):
    """Whether a normalisation multiplies by gamma."""
    return node.op != "BatchNormWithGlobalNormalization" or node.attr["scale_after_normalization"].b


# --- batch normalisation into filters: gamma (conv(x, w) - mean) / s + beta = conv(x, w gamma / s) + (beta - mean gamma / s)


def fold_batch_norms(input_graph_def):
    """A graph in which normalisations of convolutions by constants are part of their filters, with a bias added.

    Args:
      input_graph_def: a `GraphDef`. What does not fit is left as it is, with a warning.

    Raises:
      ValueError: two nodes of one name.
    """
    nodes, gone, made = _by_name(input_graph_def), set(), []
    for node in input_graph_def.node:
        parts = _parts(node, nodes) if node.op in INPUT_ORDER else None
        if parts is not None:
            made += _folded(node, nodes, parts)
            gone |= {node.name, nodes_of(node, nodes)["conv_op"].name, *(parts[key][0] for key in parts)}
    return GraphDef(node=[node for node in input_graph_def.node if node.name not in gone] + made)


def nodes_of(node, nodes):
    """The nodes that a normalisation is computed from, by their parts."""
    return {key: node_from_map(nodes, name) for key, name in zip(INPUT_ORDER[node.op], node.input, strict=False)}


def _parts(node, nodes):
    """(name, value) of the constants in a normalisation and in the convolution before it; None if they are not such."""
    found = nodes_of(node, nodes)
    conv = found.pop("conv_op")
    if conv.op not in ("Conv2D", "DepthwiseConv2dNative"):
        warn(f"Didn't find expected Conv2D or DepthwiseConv2dNative input to '{node.name}'")
        return None
    found = {"conv": node_from_map(nodes, conv.input[1]), **{key.removesuffix("_op"): one for key, one in found.items()}}
    out = {}
    for key, one in found.items():
        if one.op != "Const":
            of = conv.name if key == "conv" else node.name
            warn(
                f"Didn't find expected {key} Constant input to '{of}', found {one} instead. Maybe because freeze_graph wasn't run "
                "first?"
            )
            return None
        out[key] = one.name, values_from_const(one)
        channels = out["conv"][1].shape[3] * (out["conv"][1].shape[2] if conv.op != "Conv2D" else 1)
        if key != "conv" and out[key][1].shape != (channels,):
            warn(f"Incorrect shape for {key}, found {out[key][1].shape}, expected {(channels,)}, for node {node.name}")
            return None
    return out


def _folded(node, nodes, parts):
    conv = nodes_of(node, nodes)["conv_op"]
    values = {key: value for key, (_, value) in parts.items()}
    scale = 1.0 / np.sqrt(values["var"].astype("d") + node.attr[EPSILON_ATTR[node.op]].f)
    scale = scale * values["gamma"] if scale_after_normalization(node) else scale
    offset = -values["mean"] * scale + values["beta"]
    filters = values["conv"]
    along = scale if conv.op == "Conv2D" else scale.reshape(filters.shape[2:])
    offset_name = conv.name + "_bn_offset"
    bias = NodeDef(op="BiasAdd", name=node.name, input=[conv.name, offset_name], attr={"T": conv.attr["T"]})
    bias.attr["data_format"].CopyFrom(conv.attr["data_format"])
    return [
        _constant(parts["conv"][0], (filters * along).astype(filters.dtype)),
        conv,
        _constant(offset_name, offset.astype(filters.dtype)),
        bias,
    ]


def _constant(name, value):
    proto = make_tensor_proto(value, shape=value.shape)
    return NodeDef(op="Const", name=name, attr={"dtype": AttrValue(type=proto.dtype), "value": AttrValue(tensor=proto)})


# --- resizing and padding into convolutions ---------------------------------------------------------------


def fuse_resize_and_conv(input_graph_def, output_node_names):
    """A graph in which MirrorPad and ResizeBilinear before a Conv2D are one node with it.

    Args:
      input_graph_def: a `GraphDef`.
      output_node_names: names of the nodes that stay, whatever takes them.

    Raises:
      ValueError: two nodes of one name.
    """
    nodes, made = _by_name(input_graph_def), []
    users = collections.Counter(node_name_from_input(name) for node in input_graph_def.node for name in node.input)
    users.update(output_node_names)
    for node in input_graph_def.node:
        before = _before(node, nodes) if node.op == "Conv2D" else {}
        if before:
            users[node.name] = 0
            users.subtract(one.name for one in before.values())
            made += _fused(node, **before)
    return GraphDef(node=[node for node in input_graph_def.node if users[node.name] > 0] + made)


def _before(conv, nodes):
    """The padding and the resizing right before a convolution, as far as there are such."""
    out, one = {}, node_from_map(nodes, conv.input[0])
    if one.op == "MirrorPad":
        out["pad"], one = one, node_from_map(nodes, one.input[0])
    if one.op == "ResizeBilinear":
        out["resize"] = one
    return out


def _fused(conv, pad=None, resize=None):
    extra = [] if pad else [_constant(conv.name + "_dummy_paddings", np.zeros((4, 2), dtypes.int32.as_numpy_dtype))]
    start = resize.input[:2] if resize else pad.input[:1]
    paddings = pad.input[1] if pad else extra[0].name
    attr = {key: conv.attr[key] for key in ("T", "strides", "padding")}
    attr["mode"] = pad.attr["mode"] if pad else AttrValue(s=b"REFLECT")
    if resize:
        attr["resize_align_corners"] = resize.attr["align_corners"]
    kind = "FusedResizeAndPadConv2D" if resize else "FusedPadConv2D"
    return [*extra, NodeDef(op=kind, name=conv.name, input=[*start, paddings, conv.input[1]], attr=attr)]
