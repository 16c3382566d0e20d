"""What a program takes out of an array index by index (`x[:, t, :]`) as one cut into all parts, and the sum of such parts' slopes as
one array of them: then a step's parts are equal, and a slope as large as the array isn't made for every part."""

import numpy as np

from ..graph.opdef import lookup
from ..ops.slicing import concrete
from .specialise import Node

__all__ = ["cut_at_once"]

_FEWEST = 6  # parts
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def cut_at_once(nodes, kept):
    """The nodes with slices at single indices made cuts, and sums of their slopes made joins.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for.
    """
    return _joined_slopes(_cut(nodes, kept), kept)


def _place(node, dims, indices):
    """(axis, index) of a slice that takes one index along one axis and all of the others; None for other slices."""
    if dims is None or None in dims or any(t.op._def.name != "Const" for t in indices):
        return None
    index = concrete(dims, *(t.op.attrs["value"] for t in indices), *(node.attrs[m] for m in _MASKS), node)
    single = [k for k, one in enumerate(index) if not isinstance(one, slice)]
    if len(single) != 1 or index[single[0]] is None or len(index) != len(dims):
        return None
    axis = single[0]
    whole = all(k == axis or one.indices(d) == (0, d, 1) for k, (one, d) in enumerate(zip(index, dims, strict=True)))
    return (axis, int(index[axis]) % dims[axis]) if whole else None


def _cut(nodes, kept):
    groups = {}  # (id of array, axis) -> [(node, index)]
    for node in nodes:
        if node._def.name == "StridedSlice" and not node._inputs[0]._dtype._is_ref_dtype:
            x = node._inputs[0]
            place = _place(node, x.dims, node._inputs[1:])
            if place is not None:
                groups.setdefault((id(x), place[0]), []).append((node, place[1]))
    first, gone, instead = {}, set(), {}
    for (_, axis), members in groups.items():
        parts = {}
        for node, index in members:
            parts.setdefault(index, node)
        if 2 * len(parts) < members[0][0]._inputs[0].dims[axis] or len(parts) < _FEWEST:
            continue
        first[id(members[0][0])] = _unpack(members[0][0], axis, parts)
        for node, index in members:
            if parts[index] is node:
                gone.add(id(node))
            elif id(node.outputs[0]) not in kept:
                gone.add(id(node))
                instead[id(node.outputs[0])] = parts[index].outputs[0]
    out = []
    for node in nodes:
        out += [first[id(node)]] if id(node) in first else []
        if id(node) not in gone:
            node._inputs = [instead.get(id(t), t) for t in node._inputs]
            out.append(node)
    return out


def _unpack(like, axis, parts):
    """A node that cuts an array into all its parts along `axis`; the tensors of slices, index -> node, become its own."""
    x = like._inputs[0]
    kind, count = x._dtype, x.dims[axis]
    made = Node(like.source, lookup("Unpack"), [x], {"T": kind, "num": count, "axis": axis}, [kind] * count)
    for k in range(count):
        if k in parts:
            made.outputs[k] = parts[k].outputs[0]
            made.outputs[k].op, made.outputs[k]._value_index = made, k
        made.outputs[k].dims = (*x.dims[:axis], *x.dims[axis + 1 :])
    return made


def _joined_slopes(nodes, kept):
    uses = {}
    for node in nodes:
        for t in node._inputs:
            uses[id(t)] = uses.get(id(t), 0) + 1
    gone, out = set(), []
    for node in nodes:
        terms = [t.op for t in node._inputs] if node._def.name == "AddN" and len(node._inputs) >= _FEWEST else []
        own = terms and all(uses[id(t)] == 1 and id(t) not in kept for t in node._inputs)
        if own and all(t._def.name == "StridedSliceGrad" for t in terms):
            parts = _slopes(terms, node.outputs[0].dims)
            if parts is not None:
                gone |= set(map(id, terms))
                _pack(node, *parts)
        out.append(node)
    return [node for node in out if id(node) not in gone]


def _slopes(terms, dims):
    """(axis, slopes by index) of slices' slopes that fall into different parts of one array; None if they don't."""
    places = [_place(t, dims, t._inputs[1:4]) for t in terms]
    if any(p is None or p[0] != places[0][0] for p in places) or len({p[1] for p in places}) < len(places):
        return None
    axis = places[0][0]
    return (axis, {p[1]: t._inputs[4] for p, t in zip(places, terms, strict=True)}) if 2 * len(places) >= dims[axis] else None


def _pack(node, axis, slopes):
    """Makes a sum the join of its parts, zeros where there is none."""
    dims, kind = node.outputs[0].dims, node.outputs[0]._dtype
    rest = (*dims[:axis], *dims[axis + 1 :])
    none = Node(node.source, lookup("Const"), [], {"value": np.zeros(rest, kind.np), "dtype": kind}, [kind])
    none.outputs[0].dims = rest
    node._inputs = [slopes.get(k, none.outputs[0]) for k in range(dims[axis])]
    node._def, node.attrs = lookup("Pack"), {"N": dims[axis], "T": kind, "axis": axis}
