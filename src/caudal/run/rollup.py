"""A long step's runs of equal parts made loops: code and time to compile don't grow with the length, and what no iteration takes from
the one before is done for all at once (loops.py).

Works on the nodes of a specialised step. A part takes each of its inputs from itself, from the part before, from the same place
outside as all parts, or from a sequence outside, such as the pieces of an array that was cut up."""

import collections
import itertools

import numpy as np

from ..graph import static
from ..graph.opdef import OpDef, lookup, parse, wants
from ..ground import dtypes
from .loops import LOOP, Body
from .rewrite import constant, even_split, needed
from .segments import forms, is_long, repetition, signatures
from .slices import cut_at_once
from .specialise import Node, parameter

__all__ = ["roll_up"]

_FEWEST = 4  # parts: fewer stay as they are
_SHORTEST, _OFTEN = 8, 100  # nodes in a part that takes from the part before; parts, where they have fewer nodes
_SCATTERED = 64  # stretches that a sequence may be joined from
_FEW = 4  # pieces of an array that are taken one by one


def roll_up(nodes, kept):
    """The nodes with runs of equal parts made loops.

    Args:
      nodes: of a specialised step, in order.
      kept: ids of tensors that are asked for.
    """
    if not is_long(nodes):
        return nodes
    nodes = cut_at_once(nodes, kept)
    step, low = _Step(nodes, kept), 0
    for start, period, times in _repetitions(nodes, step.forms):
        start, times = _extended(step.forms, low, start, period, times)
        step.roll(start, period, times)
        low = start + period * times
    return step.finished() if step.loops else nodes


def _repetitions(nodes, kinds):
    """(start, period, times) of the runs, in order."""
    signs, todo, found = signatures(nodes, kinds), [(0, len(nodes))], []
    while todo:
        low, high = todo.pop()
        run = repetition(signs[low:high]) if high - low > 40 else None
        if run is None:
            continue
        start, period, times = low + run[0], *run[1:]
        found.append((start, period, times))
        todo += [(low, start), (start + times * period, high)]
    return sorted(found)


def _extended(forms, low, start, period, times):
    """(start, times) of a run with the parts before and after it that differ only in how far back their inputs were made."""
    own = forms[start : start + period]
    while start - period >= low and forms[start - period : start] == own:
        start, times = start - period, times + 1
    while forms[start + period * times : start + period * (times + 1)] == own:
        times += 1
    return start, times


class _Step:
    """The nodes, and what became of them.

    Attributes:
      forms: what each node does.
      at: id of tensor -> (number of its node, output).
      pieces: id of tensor -> (array, axis, index), for tensors that are parts of an array.
      loops: number of a run's first node -> (number after its last, the nodes that stand for it).
    """

    def __init__(self, nodes, kept):
        self.nodes, self.kept = nodes, kept
        self.forms = forms(nodes)
        self.at = {id(t): (k, i) for k, node in enumerate(nodes) for i, t in enumerate(node.outputs)}
        self.users = {}
        for k, node in enumerate(nodes):
            for t in node._inputs:
                self.users.setdefault(id(t), []).append(k)
        self.pieces, self.loops = {}, {}
        self.after = collections.defaultdict(list)  # number of a node -> nodes to be put behind it
        for k, node in enumerate(nodes):
            self._note_pieces(k, node)

    def _note_pieces(self, k, node):
        """Notes that a node's outputs are parts of an array."""
        axis = even_split(node) if len(node.outputs) > _FEW else None
        if axis is None:
            return
        x = node._inputs[1 if node._def.name == "Split" else 0]
        if node._def.name != "Unpack":
            x = self._with_parts(k, node, x, axis)
        self.pieces |= {id(t): (x, axis, i) for i, t in enumerate(node.outputs)}

    def _with_parts(self, k, node, x, axis):
        """An array with the axis that a node cuts made two: the number of the part, and what is in it."""
        n = len(node.outputs)
        dims = (*x.dims[:axis], n, x.dims[axis] // n, *x.dims[axis + 1 :])
        kind = x._dtype.base_dtype
        made = Node(node.source, lookup("Reshape"), [x, constant(node, dims)], {"T": kind, "Tshape": dtypes.int32}, [kind])
        made.outputs[0].dims = dims
        self.after[k].append(made)
        return made.outputs[0]

    # --- one run -----------------------------------------------------------------------------------

    def roll(self, start, period, times):
        """Makes a run a loop, if each part takes its inputs as a loop can."""
        if not all(_is_plain(node) for node in self.nodes[start : start + period]):
            return
        found = self._alike(start, period, times)
        if found is None or found[1] < _FEWEST:
            return
        first, times, wires = found
        if period < _SHORTEST and times < _OFTEN and any(way[0] == "late" for way in _flat(wires)):
            return
        body = _Copy(self.nodes[first : first + period])
        for k, i in self._outside(wires):
            tensors = [self.nodes[first + n * period + k]._inputs[i] for n in range(times)]
            if any(self.at.get(id(t), (-1, 0))[0] >= first for t in tensors) or not body.give(k, i, tensors, self):
                return
        body.link(wires, self.nodes[first : first + period])
        self._place(body, first, period, times)

    def _alike(self, start, period, times):
        """(start, times, wires) of the longest stretch whose parts take their inputs in the same way."""
        wires = [self._wires(start + n * period, period) for n in range(times)]
        best = (0, 0)
        for a, b in _stretches(wires[1:]):
            best = max(best, (b - a, a + 1))
        length, first = best
        if not length:
            return None
        own = wires[first]
        if all(x == y or (x[0] != "own" and y[0] != "own") for x, y in zip(_flat(wires[first - 1]), _flat(own), strict=True)):
            first, length = first - 1, length + 1
        return start + first * period, length, own

    def _wires(self, base, period):
        """For each node of a part, for each input: ("own", node, output), ("late", node, output) of the part before, or ("out",)."""
        out = []
        for node in self.nodes[base : base + period]:
            row = []
            for t in node._inputs:
                k, i = self.at.get(id(t), (-1, 0))
                row.append(
                    ("own", k - base, i) if k >= base else ("late", k - base + period, i) if k >= base - period else ("out",)
                )
            out.append(tuple(row))
        return tuple(out)

    @staticmethod
    def _outside(wires):
        return [(k, i) for k, row in enumerate(wires) for i, way in enumerate(row) if way[0] == "out"]

    def _place(self, body, first, period, times):
        """Puts a loop where the parts were."""
        end = first + period * times
        outs = {}  # (node, output) -> the tensors of all parts
        for k in range(period):
            for i in range(len(self.nodes[first + k].outputs)):
                tensors = [self.nodes[first + n * period + k].outputs[i] for n in range(times)]
                if any(id(t) in self.kept or self.users.get(id(t), [0])[-1] >= end for t in tensors):
                    outs[k, i] = tensors
        loop = body.loop(self.nodes[first], times, list(outs))
        for tensors, y in zip(outs.values(), loop.outputs, strict=True):
            y.dims = (times, *tensors[0].dims)
            self.pieces |= {id(t): (y, 0, n) for n, t in enumerate(tensors)}
        self.loops[first] = (end, [*body.extra, loop])

    def sequence(self, tensors, node, extra):
        """(array, (axis, start, step)) of tensors that are parts of an array, or can be joined; None if they are too scattered.

        New nodes are added to `extra`.
        """
        runs = self._runs(tensors)
        if len(runs) == 1 and runs[0][1] is not None:
            return runs[0][0], runs[0][1][:3]
        if len(runs) > _SCATTERED:
            return None
        made = _joined(node, runs, 0, True, (len(tensors), *tensors[0].dims))
        extra.append(made)
        return made.outputs[0], (0, 0, 1)

    def _runs(self, tensors):
        """The tensors as a list of (array, (axis, start, step, count)), for parts that follow each other, or (tensor, None)."""
        runs = []
        for t in tensors:
            x, axis, i = self.pieces.get(id(t), (t, 0, None))
            if i is None:
                runs.append((t, None))
                continue
            last = runs[-1] if runs and runs[-1][0] is x and runs[-1][1][0] == axis else None
            if last is not None:
                _, start, step, count = last[1]
                if count == 1 and abs(i - start) == 1 or count > 1 and i == start + step * count:
                    runs[-1] = (x, (axis, start, i - start if count == 1 else step, count + 1))
                    continue
            runs.append((x, (axis, i, 1, 1)))
        return runs

    # --- the end -----------------------------------------------------------------------------------

    def finished(self):
        """The nodes with the loops in them, what joins parts of one array made short, and what nobody takes left out."""
        out, k = [], 0
        while k < len(self.nodes):
            if k in self.loops:
                k, made = self.loops[k]
                out += made
                continue
            out += [self._join(self.nodes[k]), *self.after.get(k, ())]
            k += 1
        return needed(self._with_takes(out), self.kept)

    def _join(self, node):
        """A node that joins tensors, with those that are parts of one array taken together."""
        kind = node._def.name
        if kind not in ("ConcatV2", "Pack") or len(node._inputs) < _FEWEST:
            return node
        tensors = node._inputs if kind == "Pack" else node._inputs[:-1]
        axis = node.attrs["axis"] if kind == "Pack" else static.fold(node._inputs[-1])
        runs = self._runs(tensors)
        if axis is None or len(runs) > len(tensors) // 2:
            return node
        made = _joined(node, runs, int(axis) % len(node.outputs[0].dims), kind == "Pack", node.outputs[0].dims)
        made.outputs = node.outputs
        made.outputs[0].op = made
        return made

    def _with_takes(self, nodes):
        """The nodes with those that give parts of an array, where they are wanted one by one."""
        made = {id(t) for node in nodes if not self._is_cut(node) for t in node.outputs}
        wanted = {}
        for k, node in enumerate(nodes):
            for t in node._inputs:
                if id(t) in self.pieces and id(t) not in made:
                    wanted.setdefault(id(t), (k, t))
        wanted |= {key: (len(nodes), t) for key, t in self._kept_pieces(made) if key not in wanted}
        counts = collections.Counter(id(self.pieces[key][0]) for key in wanted)
        out, puts = [], collections.defaultdict(list)
        whole = {id(node) for node in nodes if self._is_cut(node) and counts[id(self.pieces[id(node.outputs[0])][0])] > _FEW}
        stay = {id(t) for node in nodes if id(node) in whole for t in node.outputs}
        alone = {key: place for key, place in wanted.items() if key not in stay}
        for k, parts in self._all_parts(alone):
            puts[k].append(_parted(self.pieces[id(parts[0])][0], parts))
            for t in parts:
                del alone[id(t)]
        for key, (k, t) in alone.items():
            puts[k].append(_take(t, *self.pieces[key]))
        for k, node in enumerate(nodes):
            out += puts.get(k, [])
            if not self._is_cut(node) or id(node) in whole:
                out.append(node)
        return out + puts.get(len(nodes), [])

    def _all_parts(self, wanted):
        """(the number of the node that wants the first, tensors in order) for arrays all of whose parts are wanted one by one."""
        found = collections.defaultdict(dict)
        for k, t in wanted.values():
            x, axis, index = self.pieces[id(t)]
            if axis == 0 and x._dtype is dtypes.float32:
                found[id(x)][index] = k, t
        for parts in found.values():
            count = self.pieces[id(next(iter(parts.values()))[1])][0].dims[0]
            if count == len(parts) >= _FEWEST:
                yield min(k for k, _ in parts.values()), [parts[index][1] for index in range(count)]

    def _is_cut(self, node):
        return node._def.name in ("Unpack", "Split", "SplitV") and id(node.outputs[0]) in self.pieces

    def _kept_pieces(self, made):
        tensors = {id(t): t for node in self.nodes for t in node.outputs if id(t) in self.kept and id(t) in self.pieces}
        return [(key, t) for key, t in tensors.items() if key not in made]


def _is_plain(node):
    """Whether a node only computes."""
    return (
        node._def.pure and not any(t._dtype._is_ref_dtype for t in node._inputs) and all(t.dims is not None for t in node.outputs)
    )


def _flat(wires):
    return itertools.chain.from_iterable(wires)


def _stretches(items):
    """(start, end) of stretches of equal items."""
    start = 0
    for _, group in itertools.groupby(items):
        length = sum(1 for _ in group)
        yield start, start + length
        start += length


class _Copy:
    """The nodes of one part, copied, with what they take from outside.

    Attributes:
      extra: nodes that must stand before the loop.
      carries: (node, output, id of the first value) -> (the body's tensor, that with its next value, the first value).
    """

    def __init__(self, nodes):
        self.nodes, self.extra = [], []
        self.fixed, self.sequences = {}, {}  # key -> (the body's tensor, what is given)
        self.carries = {}
        for node in nodes:
            copy = Node(node.source, node._def, list(node._inputs), node.attrs, [t._dtype for t in node.outputs])
            for mine, tensor in zip(copy.outputs, node.outputs, strict=True):
                mine.dims = tensor.dims
            self.nodes.append(copy)

    def give(self, k, i, tensors, step):
        """Gives an input what the parts take there from outside; says whether a loop can."""
        node, first = self.nodes[k], tensors[0]
        if all(t is first for t in tensors) or _same_constant(tensors):
            if first.op._def.name != "Const":
                node._inputs[i] = self._given(self.fixed, id(first), first, first)
            elif first.op.attrs["value"].size > 64:
                node._inputs[i] = self._given(self.fixed, id(first), first, first)
            return True
        alike = all(t.dims == first.dims and t._dtype is first._dtype for t in tensors) and first.dims is not None
        if i in node._def.static or not alike or None in first.dims:
            return False
        key = tuple(map(id, tensors))
        if key not in self.sequences:
            found = step.sequence(tensors, node, self.extra)
            if found is None:
                return False
            self._given(self.sequences, key, first, found)
        node._inputs[i] = self.sequences[key][0]
        return True

    def _given(self, table, key, like, given):
        if key not in table:
            table[key] = (_parameter(like), given)
        return table[key][0]

    def link(self, wires, originals):
        """Joins the nodes to each other, and to those of the part before by carries."""
        for k, row in enumerate(wires):
            for i, (way, *place) in enumerate(row):
                if way == "own":
                    self.nodes[k]._inputs[i] = self.nodes[place[0]].outputs[place[1]]
                elif way == "late":
                    self.nodes[k]._inputs[i] = self._carry(tuple(place), originals[k]._inputs[i])

    def _carry(self, place, first):
        source, key = self.nodes[place[0]].outputs[place[1]], (*place, id(first))
        if key not in self.carries:
            self.carries[key] = (_parameter(source), source, first)
        return self.carries[key][0]

    def loop(self, node, times, outs):
        """The node of the loop."""
        outs = [self.nodes[k].outputs[i] for k, i in outs]
        body = Body(
            self.nodes,
            [t for t, _ in self.fixed.values()],
            [t for t, _ in self.sequences.values()],
            [(t, source) for t, source, _ in self.carries.values()],
            outs,
        )
        given = [x for _, x in self.fixed.values()] + [x for _, (x, _) in self.sequences.values()]
        given += [first for _, _, first in self.carries.values()]
        places = tuple(tuple(place) for _, (_, place) in self.sequences.values())
        kinds = [t._dtype.base_dtype for t in outs]
        attrs = {"body": body, "times": times, "places": places, "Ts": kinds, "Targs": [t._dtype.base_dtype for t in given]}
        return Node(node.source, LOOP, given, attrs, kinds)


def _same_constant(tensors):
    if any(t.op._def.name != "Const" or "argument" in t.op.attrs for t in tensors):
        return False
    first = tensors[0].op.attrs["value"]
    return first.dtype != object and all(
        v.shape == first.shape and v.dtype == first.dtype and v.tobytes() == first.tobytes()
        for v in (t.op.attrs["value"] for t in tensors)
    )


def _parameter(like):
    return parameter(like.op, like._dtype.base_dtype, like.dims)


# --- parts of arrays -------------------------------------------------------------------------------


def _take_def():
    made: OpDef = parse("RolledTake(x: T) -> (y: T) [T: type; axis: int; index: int]")
    made.lower = lambda B, x, *, axis, index: x[(slice(None),) * axis + (index,)]
    made.lower_wants = wants(made.lower)
    return made


def _parts_def():
    made: OpDef = parse("RolledParts(x: T) -> (ys: N * T) [T: type; N: int >= 1]")
    made.lower = lambda B, x: tuple(B.scatter(x.reshape(-1), [x.shape[1:]] * len(x)))
    made.lower_wants = wants(made.lower)
    return made


def _join_def():
    made: OpDef = parse("RolledJoin(parts: Ts) -> (y: T) [Ts: list(type); T: type; axis: int; stack: bool; places: list(int)]")

    def lower(B, *parts, axis, stack, places):
        apart = stack and axis == 0 and len(parts) >= _FEWEST and set(places) == {None}
        if apart and all(x.dtype == np.float32 for x in parts):  # one call, where XLA would make a kernel
            return B.gather(parts).reshape(len(parts), *parts[0].shape)
        return B.concatenate([_piece(B, x, axis, stack, place) for x, place in zip(parts, places, strict=True)], axis)

    made.lower, made.lower_wants = lower, wants(lower)
    return made


def _piece(B, x, axis, stack, place):
    """What an array gives to the whole: itself, or parts of it that follow each other."""
    if place is None:
        return B.expand_dims(x, axis) if stack else x
    along, start, step, count = place
    low = start if step == 1 else start - count + 1
    x = x[(slice(None),) * along + (slice(low, low + count),)]
    x = B.moveaxis(x if step == 1 else B.flip(x, along), along, axis)
    return x if stack else x.reshape(*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :])


_TAKE, _PARTS, _JOIN = _take_def(), _parts_def(), _join_def()


def _take(tensor, array, axis, index):
    made = Node(tensor.op, _TAKE, [array], {"T": tensor._dtype, "axis": axis, "index": index}, [])
    made.outputs = [tensor]
    tensor.op, tensor._value_index = made, 0
    return made


def _parted(array, tensors):
    """A node that gives all parts of an array."""
    made = Node(tensors[0].op, _PARTS, [array], {"T": array._dtype, "N": len(tensors)}, [])
    made.outputs = tensors
    for k, tensor in enumerate(tensors):
        tensor.op, tensor._value_index = made, k
    return made


def _joined(node, runs, axis, stack, dims):
    inputs = [x for x, _ in runs]
    kind = inputs[0]._dtype.base_dtype
    attrs = {"Ts": [kind] * len(inputs), "T": kind, "axis": axis, "stack": stack, "places": tuple(place for _, place in runs)}
    made = Node(node.source, _JOIN, inputs, attrs, [kind])
    made.outputs[0].dims = dims
    return made
