"""Changes to a specialised step that make it cheaper and leave its meaning: sums of products become one product."""

import numpy as np

from ..graph.opdef import lookup
from ..ground import dtypes
from .specialise import Node

__all__ = ["merge_sums"]

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
        axis = Node(place.source, lookup("Const"), [], {"value": np.int32(0).reshape(()), "dtype": dtypes.int32}, [dtypes.int32])
        axis.outputs[0].dims = ()
        kind = tensors[0]._dtype
        attrs = {"N": len(tensors), "T": kind, "Tidx": dtypes.int32}
        node = Node(place.source, lookup("ConcatV2"), [*tensors, axis.outputs[0]], attrs, [kind])
        node.outputs[0].dims = (tensors[0].dims[0] * len(tensors), *tensors[0].dims[1:])
        out.append(node)
        known[key] = node.outputs[0]
    return known[key]
