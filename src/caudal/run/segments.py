"""A long step cut where it repeats itself: equal parts become one function, called with other arguments."""

import collections
import itertools

import numpy as np

from ..graph.opdef import OpDef, parse, wants
from .interpret import state_key

__all__ = ["CHUNK", "Segment", "cut", "forms", "frozen", "is_long", "literal", "repetition", "signatures"]

_NEAR = 100  # nodes: an input made further back than this is a parameter like any other
_FAR = 10**9  # stands for the distance of what was made outside
_LONGEST = 1000  # nodes in a segment that does not repeat
_SHORT = 400  # nodes: up to so many, a step is one segment, and no loop is made of it
_WHOLE = (
    1500  # nodes: up to so many, it is one segment too if its parts differ: 847 nodes of a ResNet-50 in 12 parts compile in 9 s
)
# and run in 197 ms, as one in 4 s and 145 ms
_VARIED = 1 / 3  # of the nodes lie in parts that differ
_PERIOD = 2500  # the longest repetition looked for
_OFTEN, _LARGE = 3, 10  # times that a region comes, and ops in it, where it is a part of its own
_INLINE = 64  # elements: a constant of no more is part of the code


def _chunk():
    """The op type of a piece of an array, from a start that only the call tells; it stands in specialised steps alone."""
    made: OpDef = parse("Chunk(x: T, start: int32) -> (y: T) [T: type; axis: int; size: int]")
    made.lower = lambda B, x, start, *, axis, size: B.piece(x, start, size, axis)
    made.lower_wants = wants(made.lower)
    return made


CHUNK = _chunk()


def cut(nodes):
    """The nodes as a list of lists: repetitions one period each, what is left in pieces; a large region that comes often, alone."""
    codes = collections.Counter(_code(node) for node in nodes)
    often = {code for code, count in codes.items() if code is not None and count >= _OFTEN}
    if not often:
        return _cut(nodes)
    runs = itertools.groupby(enumerate(nodes), key=lambda pair: pair[0] if _code(pair[1]) in often else -1)
    return [part for _, run in runs for part in _cut([node for _, node in run])]


def _code(node):
    """The code of a region (region_code.py) that is as large as a part; None for all other nodes."""
    return node.attrs["code"] if node._def.name == "Region" and node.attrs["code"].size >= _LARGE else None


def _cut(nodes):
    if not is_long(nodes):
        return _apart(nodes)
    kinds = forms(nodes)
    edges = _edges(nodes, kinds)
    if len(nodes) <= _WHOLE and _distinct(kinds, edges) >= _VARIED * len(nodes):
        edges = [(0, len(nodes))]
    return [part for a, b in edges for part in _apart(nodes[a:b])]


def _distinct(kinds, edges):
    """How many nodes there are in parts that differ."""
    return sum(map(len, {tuple(kinds[a:b]) for a, b in edges}))


def _edges(nodes, kinds):
    """(first, after the last) of the parts, in order."""
    signs = signatures(nodes, kinds)
    pieces = []
    todo = [(0, len(nodes))]
    while todo:
        low, high = todo.pop()
        found = repetition(signs[low:high]) if high - low > 40 else None
        if found is None:
            count = -(-(high - low) // _LONGEST)
            edges = np.linspace(low, high, count + 1).astype(int)
            pieces += [(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True) if b > a]
            continue
        start, period, times = _several(*found)
        start += low
        pieces += [(start + k * period, start + (k + 1) * period) for k in range(times)]
        todo += [(low, start)] * (start > low) + [(start + times * period, high)] * (high > start + times * period)
    return sorted(pieces)


def _apart(nodes):
    """The nodes, with each chunk and what cuts it up as a part of its own."""
    parts, current = [], []
    for node in nodes:
        if node._def is CHUNK:
            parts += [current] if current else []
            current = [node]
        elif current and current[-1]._def is CHUNK:
            parts.append([*current, node])
            current = []
        else:
            current.append(node)
    return parts + ([current] if current else [])


def is_long(nodes):
    """Whether a step is so long that what repeats in it is looked for."""
    return len(nodes) > _SHORT


def forms(nodes):
    """For each node a number that nodes of one type, with equal attributes and shapes, share."""
    known = {}
    return [known.setdefault((node._def.name, frozen(node), tuple([t.dims for t in node.outputs])), len(known)) for node in nodes]


def signatures(nodes, kinds=None):
    """For each node a number that equal nodes share: its form, and how far back its inputs are.

    Args:
      nodes: in order.
      kinds: their `forms`, where they are at hand.
    """
    at = {id(t): k for k, node in enumerate(nodes) for t in node.outputs}
    known, out = {}, []
    for k, (node, kind) in enumerate(zip(nodes, kinds or forms(nodes), strict=True)):
        sign = [kind]
        for t in node._inputs:
            distance = k - at.get(id(t), -_FAR)
            sign.append(distance if distance <= _NEAR else _constant(t))
        out.append(known.setdefault(tuple(sign), len(known)))
    return np.array(out, np.int64)


def _constant(tensor):
    """What is seen of an input from far away: a small constant's value, else nothing."""
    attrs = tensor.op.attrs
    value = attrs["value"] if tensor.op._def.name == "Const" and "argument" not in attrs else None
    return None if value is None or value.size > _INLINE or value.dtype == object else (value.shape, value.tobytes())


def literal(tensor):
    """What a constant tensor is, hashable."""
    value = tensor.op.attrs["value"]
    return ("const", tensor._dtype.name, value.shape, tuple(value.flat) if value.dtype == object else value.tobytes())


def frozen(node):
    """The attributes of a node, hashable."""
    attrs = node.attrs
    return tuple(
        (k, tuple(v) if type(v) is list else (v.shape, v.dtype.str, v.tobytes()) if type(v) is np.ndarray else v)
        for k, v in attrs.items()
        if k[0] != "_" and k not in ("shared_name", "container") and (node._def.begin is None or k not in ("seed", "seed2"))
    )


def repetition(signs):
    """(start, period, times) of the repetition that covers most; None if none is worth it."""
    n = len(signs)
    best = (0, None)
    for period in range(1, min(n // 2, _PERIOD) + 1):
        same = signs[:-period] == signs[period:]
        if np.count_nonzero(same) + period <= best[0]:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], same.view(np.int8), [0]))))
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            continue
        k = int(np.argmax(ends - starts))
        run = int(ends[k] - starts[k])
        if run < period:
            continue
        times = (run + period) // period
        covered = times * period
        if covered > best[0] * 1.1 and covered >= 40:
            best = (covered, (int(starts[k]), period, times))
    if best[1] is None:
        return None
    return best[1]


def _several(start, period, times):
    """A repetition whose period has 20 nodes or more."""
    several = min(times, max(1, -(-20 // period)))
    return start, period * several, times // several


class Segment:
    """Nodes that are one compiled function, seen so that equal segments are equal.

    Attributes:
      nodes: in order.
      params: tensors from outside, in order of first use; small constants are part of the code instead.
      cells: the variables and random counters that it touches, as nodes, in order of first use.
      code: hashable: segments that do the same have equal ones.
    """

    def __init__(self, nodes, is_cell):
        self.nodes = nodes
        self.params, self.cells = [], []
        place = {}
        form = []
        for k, node in enumerate(nodes):
            fixed = node._def.static
            codes = [self._code(t, place, is_cell, i in fixed) for i, t in enumerate(node._inputs)]
            own = self._cell(node, place) if "state" in node._def.lower_wants else None
            form.append((node._def.name, frozen(node), tuple(codes), own))
            for i, t in enumerate(node.outputs):
                place[id(t)] = (k, i)
        self.place, self.code = place, tuple(form)

    def _code(self, tensor, place, is_cell, fixed):
        """How an input is named inside: (node, output), a cell, a constant, or the number of a parameter."""
        key = id(tensor)
        if fixed and tensor.op._def.name == "Const":
            return literal(tensor)
        if key in place:
            return place[key]
        if is_cell(tensor.op):
            place[key] = self._cell(tensor.op, place)
            return place[key]
        inline = _constant(tensor) if tensor.op._def.name == "Const" else None
        if inline is not None:
            return ("const", tensor._dtype.name, *inline)
        place[key] = ("param", len(self.params))
        self.params.append(tensor)
        return place[key]

    def _cell(self, op, place):
        key = ("cell of", state_key(op))
        if key not in place:
            place[key] = ("cell", len(self.cells))
            self.cells.append(op)
        return place[key]
