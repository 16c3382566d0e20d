"""Neighbouring nodes of a specialised step that one native kernel does: tables of patterns, `ROWS` gone through before loops are made of a long
step, `LATE` after that.

To add a row: write a function of (node, users) that looks from `node` on and gives a `Joined`, or None where the pattern isn't there, and put it
into `ROWS` under the type of `node` with the reason why joining pays. `users.only(tensor)` is the one node that takes a tensor which is neither
taken by another nor asked for from outside: only such a tensor may disappear. What is joined is an op type of its own, declared by `parse`
and lowered by a function of `B`, so that both backends have it. Rows are tried in order, and only if there are native kernels.
"""

from dataclasses import dataclass

from ..backend import native
from ..graph.opdef import OpDef, parse, wants
from ..ground import dtypes
from ..ops.conv_rules import pads_for, space
from ..ops.nn_functions import trained_norm
from .specialise import Node

__all__ = ["LATE", "ROWS", "Joined", "Users", "fuse", "joint", "made_of"]


@dataclass
class Joined:
    """What takes the place of some nodes.

    Attributes:
      definition, attrs: of the new node.
      inputs: tensors that it takes.
      outputs: tensors of the old nodes that it makes.
      gone: the old nodes.
      place: that of `gone` where the new node stands.
    """

    definition: OpDef
    attrs: dict
    inputs: list
    outputs: list
    gone: list
    place: Node


class Users:
    """Who takes which tensor.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for.
    """

    def __init__(self, nodes, kept):
        self.kept, self.of = kept, {}
        for node in nodes:
            for tensor in node._inputs:
                self.of.setdefault(id(tensor), []).append(node)

    def all(self, tensor):
        """The nodes that take a tensor."""
        return self.of.get(id(tensor), [])

    def only(self, tensor, kind=None):
        """The node that alone needs a tensor, if there is one, of a type `kind`; else None."""
        users = self.all(tensor)
        alone = len(users) == 1 and id(tensor) not in self.kept
        return users[0] if alone and kind in (None, users[0]._def.name) else None


def joint(line, lower):
    """The op type of a joined node, from a line as ops.txt has them and its lowering."""
    made = parse(line)
    made.lower, made.lower_wants = lower, wants(lower)
    return made


def fuse(nodes, kept, table=None):
    """The nodes with those joined that a row of the table finds.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for.
      table: `LATE`, or `ROWS`.
    """
    table = ROWS if table is None else table
    if not native.ready() or not any(node._def.name in table for node in nodes):
        return nodes
    users, gone, new = Users(nodes, kept), set(), {}
    for node in nodes:
        for row in table.get(node._def.name, ()):
            found = row(node, users) if id(node) not in gone else None
            if found is not None:
                gone |= set(map(id, found.gone))
                new[id(found.place)] = made_of(found)
    return [new.get(id(node), node) for node in nodes if id(node) in new or id(node) not in gone]


def made_of(found):
    """The node that a `Joined` describes; it takes over the outputs."""
    node = Node(found.place.source, found.definition, found.inputs, found.attrs, [])
    node.outputs = found.outputs
    for k, tensor in enumerate(found.outputs):
        tensor.op, tensor._value_index = node, k
    return node


# --- convolution with bias and ReLU -----------------------------------------------------------------------------------


def _plain(*tensors):
    """Whether tensors are float32 values of known shapes, no variables that someone may yet change."""
    return all(t._dtype is dtypes.float32 and t.dims is not None and None not in t.dims for t in tensors)


def _channels_last(node):
    return node.attrs.get("data_format", b"NHWC") in (b"NHWC", "NHWC")


def _lower_conv(B, x, w, bias, *, strides, padding, dilations, explicit_paddings, relu):
    steps, gaps = space(strides, b"NHWC"), space(dilations, b"NHWC")
    pads = pads_for(x.shape[1:-1], w.shape[:-2], steps, gaps, padding, explicit_paddings, b"NHWC")
    return B.conv_bias(x, w, bias, steps, pads, gaps, relu)


_CONV = joint(
    "_Conv2DBias(input: T, filter: T, bias: T) -> (output: T) "
    "[T: type; strides: list(int); padding: string; dilations: list(int); explicit_paddings: list(int); relu: bool]",
    _lower_conv,
)


def _conv_bias_relu(node, users):
    bias = users.only(node.outputs[0], "BiasAdd")
    if bias is None or bias._inputs[0] is not node.outputs[0] or not _plain(*node._inputs, *bias._inputs, node.outputs[0]):
        return None
    if not _channels_last(node) or not _channels_last(bias):
        return None
    relu = users.only(bias.outputs[0], "Relu")
    last = bias if relu is None else relu
    attrs = {key: node.attrs[key] for key in ("T", "strides", "padding", "dilations", "explicit_paddings")}
    inputs, gone = [*node._inputs, bias._inputs[1]], [node, bias, *([relu] if relu is not None else [])]
    return Joined(_CONV, attrs | {"relu": relu is not None}, inputs, [last.outputs[0]], gone, last)


# --- the way back through pooling, ReLU and bias ------------------------------------------------------------------------


def _lower_slopes(B, x, y, dy, *, ksize, strides, padding):
    window, steps = space(ksize, b"NHWC"), space(strides, b"NHWC")
    pads = pads_for(x.shape[1:-1], window, steps, (1, 1), padding)
    return B.max_pool_relu_grad(x, y, dy, window, steps, pads)


_POOL_SLOPES = joint(
    "_MaxPoolReluGrad(x: T, y: T, dy: T) -> (dx: T, bias: T) [T: type; ksize: list(int); strides: list(int); padding: string]",
    _lower_slopes,
)
_RELU_SLOPES = joint("_ReluBiasGrad(dy: T, y: T) -> (dx: T, bias: T) [T: type]", lambda B, dy, y: B.relu_bias_grad(dy, y))


def _bias_slope(relu, users):
    """The node that sums the slope of a ReLU over all but channels; None if there isn't one alone."""
    found = [n for n in users.all(relu.outputs[0]) if n._def.name == "BiasAddGrad" and _channels_last(n)]
    return found[0] if len(found) == 1 else None


def _pool_relu_bias(node, users):
    relu = users.only(node.outputs[0], "ReluGrad")
    x, y, _ = node._inputs
    if relu is None or relu._inputs[1] is not x or not _plain(*node._inputs) or not _channels_last(node):
        return None
    bias = _bias_slope(relu, users)
    ksize = node.attrs["ksize"]
    if bias is None or ksize[0] != 1 or ksize[-1] != 1:
        return None
    attrs = {key: node.attrs[key] for key in ("T", "ksize", "strides", "padding")}
    return Joined(_POOL_SLOPES, attrs, node._inputs, [relu.outputs[0], bias.outputs[0]], [node, relu, bias], relu)


def _relu_bias(node, users):
    bias = _bias_slope(node, users)
    if bias is None or not _plain(*node._inputs) or node._inputs[0].dims != node._inputs[1].dims:
        return None
    return Joined(_RELU_SLOPES, {"T": dtypes.float32}, node._inputs, [node.outputs[0], bias.outputs[0]], [node, bias], node)


# --- batch normalisation with ReLU --------------------------------------------------------------------------------------


def _lower_norm(B, x, scale, offset, *, epsilon, outputs):
    return (*trained_norm(B, x, scale, offset, epsilon, relu=True), B.zeros(0, x.dtype))[:outputs]


_NORM = joint(
    "_BatchNormRelu(x: T, scale: T, offset: T) -> (y: T, mean: T, variance: T, saved_mean: T, saved_variance: T, rest: T) "
    "[T: type; epsilon: float; outputs: int]",
    _lower_norm,
)
_NORM_SLOPES = joint(
    "_BatchNormReluGrad(dy: T, y: T, x: T, scale: T, mean: T, variance: T) -> (dx: T, d_scale: T, d_offset: T) [T: type; epsilon: float]",
    lambda B, dy, y, x, scale, mean, variance, *, epsilon: B.batch_norm_grad(dy, x, scale, mean, variance, epsilon, y=y),
)


def _norm_relu(node, users):
    relu = users.only(node.outputs[0], "Relu")
    if relu is None or not _trains(node):
        return None
    attrs = {"T": dtypes.float32, "epsilon": node.attrs["epsilon"], "outputs": len(node.outputs)}
    return Joined(_NORM, attrs, node._inputs[:3], [relu.outputs[0], *node.outputs[1:]], [node, relu], node)


def _norm_relu_slopes(node, users):
    norm = users.only(node.outputs[0])
    if norm is None or not norm._def.name.startswith("FusedBatchNormGrad") or norm._inputs[0] is not node.outputs[0]:
        return None
    asked = any(users.all(t) or id(t) in users.kept for t in norm.outputs[3:])
    if asked or not _trains(norm) or not _plain(*node._inputs) or node._inputs[0].dims != node._inputs[1].dims:
        return None
    attrs = {"T": dtypes.float32, "epsilon": norm.attrs["epsilon"]}
    return Joined(_NORM_SLOPES, attrs, [*node._inputs, *norm._inputs[1:5]], norm.outputs[:3], [node, norm], norm)


def _trains(norm):
    """Whether a node normalises a float32 batch, channels last."""
    return norm.attrs["is_training"] and _channels_last(norm) and _plain(*norm._inputs[:3], norm.outputs[0])


# --- dense layers -------------------------------------------------------------------------------------------------------


def _lower_dense(B, x, w, bias, *, transpose_a, transpose_b, relu):
    return B.dense(x, w, bias, relu, transpose_a, transpose_b)


_DENSE = joint(
    "_Dense(a: T, b: T, bias: T) -> (product: T) [T: type; transpose_a: bool; transpose_b: bool; relu: bool]",
    _lower_dense,
)


def _dense(node, users):
    bias = users.only(node.outputs[0], "BiasAdd") or users.only(node.outputs[0], "Add") or users.only(node.outputs[0], "AddV2")
    if bias is None or bias._inputs[0] is not node.outputs[0] or not _plain(*node._inputs, *bias._inputs, node.outputs[0]):
        return None
    if bias._inputs[1].dims != node.outputs[0].dims[1:] or not _channels_last(bias):
        return None
    relu = users.only(bias.outputs[0], "Relu")
    last = bias if relu is None else relu
    attrs = {key: node.attrs[key] for key in ("T", "transpose_a", "transpose_b")} | {"relu": relu is not None}
    gone = [node, bias, *([relu] if relu is not None else [])]
    return Joined(_DENSE, attrs, [*node._inputs, bias._inputs[1]], [last.outputs[0]], gone, last)


ROWS = {
    # the bias and the ReLU cost nothing while a result is still in registers, and a pass over it afterwards
    "Conv2D": [_conv_bias_relu],
    # a slope comes from a place where the result was greatest: if that is 0, the ReLU lets nothing through, and a bias's slope is
    # the sum of few numbers instead of all
    "MaxPoolGrad": [_pool_relu_bias],
    # one pass over both arrays gives the product and its sum
    "ReluGrad": [_norm_relu_slopes, _relu_bias],
    # as with a convolution: the ReLU is done while the result is written
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), [_norm_relu]),
}

LATE = {  # after loops are made of a long step: a loop takes products without what hangs on an iteration out of it
    # as with a convolution: the bias is what the sums begin with
    "MatMul": [_dense],
}
