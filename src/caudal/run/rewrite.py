"""Changes to a specialised step that make it cheaper and leave its meaning: sums of products become one product, and what
falls into many parts does so in a few pieces that share their code."""

import numpy as np

from ..graph import static
from ..graph.opdef import lookup
from ..ground import dtypes
from .classify import READERS
from .interpret import state_key
from .segments import CHUNK
from .specialise import Node

__all__ = ["constant", "even_split", "merge_sums", "needed", "share_reads", "split_in_pieces"]

_PIECE = 16  # parts in a piece
_MANY = 24  # parts: no more are split at once

_FEWEST = 3  # terms: fewer aren't worth joining


def merge_sums(nodes, kept):
    """The nodes with each sum of like products made one product, as the gradient of a weight that is used at every time step.

    `x1' g1 + x2' g2 + ...` is `[x1; x2; ...]' [g1; g2; ...]`: the terms, each as large as the weight, are never written.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for, whose nodes stay.
    """
    uses = {}
    for node in nodes:
        for t in node._inputs:
            uses[id(t)] = uses.get(id(t), 0) + 1
    joined, gone, out = {}, set(), []
    for node in nodes:
        terms = [t.op for t in node._inputs]
        rule = _RULES.get(terms[0]._def.name) if node._def.name == "AddN" and len(terms) >= _FEWEST else None
        own = rule and all(uses[id(t)] == 1 and id(t) not in kept for t in node._inputs)
        if own and _alike(terms) and rule(terms):
            gone |= set(map(id, terms))
            inputs = [_joined([t._inputs[k] for t in terms], node, joined, out) for k in range(len(terms[0]._inputs))]
            node._def, node.attrs, node._inputs = terms[0]._def, terms[0].attrs, inputs
        out.append(node)
    return [node for node in out if id(node) not in gone]


def _alike(terms):
    """Whether all terms are of one kind, with known and equal shapes."""
    first = terms[0]
    shapes = [t.dims for t in first._inputs]
    return (
        first.attrs.get("T") in (dtypes.float32, dtypes.float64)
        and all(s is not None and None not in s for s in shapes)
        and all(t._def is first._def and t.attrs == first.attrs and [i.dims for i in t._inputs] == shapes for t in terms)
    )


_RULES = {
    "MatMul": lambda terms: terms[0].attrs["transpose_a"] and not terms[0].attrs["transpose_b"],
    "BiasAddGrad": lambda terms: terms[0].attrs["data_format"] in (b"NHWC", "NHWC"),
}


def _joined(tensors, place, known, out):
    """The tensors one below the other: a ConcatV2 node, added to `out` if it isn't there."""
    key = tuple(map(id, tensors))
    if key not in known:
        kind = tensors[0]._dtype
        attrs = {"N": len(tensors), "T": kind, "Tidx": dtypes.int32}
        node = Node(place.source, lookup("ConcatV2"), [*tensors, constant(place, 0)], attrs, [kind])
        node.outputs[0].dims = (tensors[0].dims[0] * len(tensors), *tensors[0].dims[1:])
        out.append(node)
        known[key] = node.outputs[0]
    return known[key]


def share_reads(nodes, kept):
    """The nodes with one read of a variable by its handle where there were several, and nothing wrote to it between them.

    An optimizer's update of each variable reads the step's own numbers anew; those that take the same ones can be joined.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for, whose nodes stay.
    """
    latest, instead, out = {}, {}, []  # key of a variable -> what was read; id of a later read -> that
    for node in nodes:
        if instead:
            node._inputs = [instead.get(id(t), t) for t in node._inputs]
        if node._def.name == "ReadVariableOp":
            found = latest.setdefault(state_key(node._inputs[0].op), node.outputs[0])
            if found is not node.outputs[0] and found._dtype is node.outputs[0]._dtype and id(node.outputs[0]) not in kept:
                instead[id(node.outputs[0])] = found
                continue
        elif node._def.name not in READERS:
            for t in node._inputs:
                if t._dtype is dtypes.resource:
                    latest.pop(state_key(t.op), None)
        out.append(node)
    return out


def split_in_pieces(nodes):
    """The nodes with each split into many equal parts made one into pieces, which are then split: code for one piece, not for all parts.

    XLA makes a kernel for every part, so that compiling would take time by the length that a net was unrolled to.
    """
    out = []
    for node in nodes:
        axis = even_split(node) if len(node.outputs) > _MANY else None
        if axis is None:
            out.append(node)
            continue
        x = node._inputs[1 if node._def.name == "Split" else 0]
        for first in range(0, len(node.outputs), _PIECE):
            out += _piece(node, x, axis, first, node.outputs[first : first + _PIECE])
    return out


def even_split(node):
    """The axis along which a node cuts its array into equal parts; None for all other nodes."""
    kind = node._def.name
    if kind == "Unpack":
        return node.attrs["axis"] % len(node._inputs[0].dims) if node._inputs[0].dims else None
    if (
        kind not in ("Split", "SplitV")
        or any(t.dims != node.outputs[0].dims for t in node.outputs)
        or None in node.outputs[0].dims
    ):
        return None
    return int(static.fold(node._inputs[0 if kind == "Split" else 2])) % len(node.outputs[0].dims)


def _piece(node, x, axis, first, outputs):
    """Nodes that give `outputs`, the parts of `x` from number `first` on."""
    size = x.dims[axis] // len(node.outputs)
    kind = x._dtype.base_dtype
    start = constant(node, first * size, argument=True)
    attrs = {"T": kind, "axis": axis, "size": size * len(outputs)}
    chunk = Node(node.source, CHUNK, [x, start], attrs, [kind])
    chunk.outputs[0].dims = (*x.dims[:axis], attrs["size"], *x.dims[axis + 1 :])
    if node._def.name == "Unpack":
        definition, inputs, attrs = node._def, [chunk.outputs[0]], {**node.attrs, "num": len(outputs)}
    else:
        definition, inputs = lookup("Split"), [constant(node, axis), chunk.outputs[0]]
        attrs = {"T": kind, "num_split": len(outputs)}
    part = Node(node.source, definition, inputs, attrs, [])
    part.outputs = outputs
    for k, tensor in enumerate(outputs):
        tensor.op, tensor._value_index = part, k
    return [chunk, part]


def constant(node, value, argument=False):
    """A constant int32 tensor; `argument` says that it is given to the code, and no part of it."""
    attrs = {"value": np.array(value, np.int32), "dtype": dtypes.int32} | ({"argument": True} if argument else {})
    made = Node(node.source, lookup("Const"), [], attrs, [dtypes.int32])
    made.outputs[0].dims = ()
    return made.outputs[0]


def needed(nodes, kept):
    """The nodes without those that only compute what nobody takes."""
    used, out = set(kept), []
    for node in reversed(nodes):
        if not node._def.pure or any(id(t) in used for t in node.outputs):
            out.append(node)
            used |= set(map(id, node._inputs))
    return out[::-1]
