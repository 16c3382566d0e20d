"""Control flow traced for the compiler: conds and loops as functions of what they change.

A `Trace` walks a tree of items (tree.py) and computes with tracers, or with NumPy arrays where values are known, so that
shapes and counters fold. What a branch or an iteration changes - loop variables, the session's variables and random
counters, TensorArrays and stacks - is carried from one to the next; all else is seen from within.
"""

import dataclasses
import math

import numpy as np

from ..backend import compiled
from ..graph.tensor import Operation
from .classify import READERS, arithmetic
from .frames import EXITS, MERGES
from .loop_sums import sums
from .lowering import lower_nodes
from .moving import SLICES, moves
from .raised_arrays import ARRAYS, HANDLES, INDEXED, Arrays, Handle, known, root_of
from .raised_joins import Joint, joined
from .rows import Inexact, Rows, Stacked, Uncounted, Unraisable, demand
from .store import Cell
from .tree import PASSING, Cond, Loop, canonical, inside, is_idle, reads
from .trips import Trips

__all__ = ["COUNTS", "TRIPS", "State", "Trace"]

TRIPS = 20  # iterations that a loop is taken to have where only the run knows
COUNTS = ("turns",)  # under what key a state has the least and the most of what was found of the op that is asked for
_MANY = 1 << 20  # iterations: of more than that no count is made


class State:
    """What ops change: variables and counters by name, arrays by the keys of their handles."""

    def __init__(self, values):
        self.values = dict(values)

    def get(self, key):
        """The value under `key`, or None."""
        return self.values.get(key)

    def set(self, key, value):
        """Keeps a value."""
        self.values[key] = value

    def copy(self):
        """A state that changes on its own."""
        return State(self.values)

    def changed(self, since):
        """Keys that were there before, and have another value now."""
        return [k for k, v in since.items() if self.values[k] is not v]


class _Same(dict):
    """Names as they are."""

    def __missing__(self, key):
        return key


class _Stand(Operation):
    """An op as lowerings of nodes take it."""

    def __init__(self, op):
        self.__dict__.update(op.__dict__)
        self.source = op


class Trace(Arrays):
    """One walk.

    Attributes:
      env: id of a tensor -> its value.
      state: the `State`.
      bounds: for each loop around, the most iterations that it can have, None if only the run knows.
      facts: canonical tensor -> (its values in the iterations, the loop's depth), or of what was popped (all that it
        can be, "popped"), and of a vector (that of each element, "vector").
      told: what was found out before: op that decides a loop -> its `Turns`; other op -> True, if all is well with it.
      asked: the op of which it is found out.
      sure: whether what happens here is sure to happen, as often as is known.
      skipped: ops that are left out, since something else stands for them.
      packed: product -> its second factor as it was packed before the loop, where that is the same in all iterations.
      flops: op -> about how many additions and multiplications it takes in all iterations.
    """

    def __init__(self, env, state, bounds=(), facts=None, flops=None, told=None, asked=None, sure=True):
        self.env, self.state, self.bounds = env, state, bounds
        self.facts, self.flops = facts or {}, {} if flops is None else flops
        self.told, self.asked, self.sure = told or {}, asked, sure
        self.skipped, self.packed = frozenset(), {}

    def inner(self, state, sure):
        """A walk of a branch."""
        return Trace(dict(self.env), state, self.bounds, self.facts, self.flops, self.told, self.asked, sure)

    def value(self, tensor):
        """The value of a tensor.

        Raises:
          KeyError: there is none.
        """
        found = self.env.get(id(tensor))
        if found is None:
            op = tensor.op
            if op._def.name == "Const":
                return op.attrs["value"]
            if op._def.name in HANDLES and tensor._value_index == 0:
                return Handle(root_of(tensor))
            if op._def.name not in PASSING or reads(op):
                raise KeyError(tensor.name)
            found = self.env[id(tensor)] = self.value(op._inputs[0])
        return Cell(self.state, found.key, found.op) if isinstance(found, Cell) else found

    def found(self, tensor):
        """The value of a tensor; None in a branch that is known not to be taken."""
        try:
            return self.value(tensor)
        except KeyError:
            return None

    @np.errstate(all="ignore")
    def walk(self, items):
        """Computes items in order."""
        for item in items:
            if isinstance(item, Cond):
                self.cond(item)
            elif isinstance(item, Loop):
                self.loop(item)
            elif isinstance(item, Joint):
                self.joint(item)
            else:
                self.op(item)

    # --- ops --------------------------------------------------------------------------------------

    def op(self, op):
        """Computes one op."""
        kind = op._def.name
        if op in self.skipped:
            return
        if op is self.asked and (kind in ARRAYS or kind == "Assert"):
            self.check(op)
            return
        if is_idle(op):
            return
        if kind == "Assert":
            holds = self.value(op._inputs[0])
            if self.told.get(op) is not True and not (known(holds) and holds.all()):
                raise Uncounted("an Assert of what only the run knows", op)
            return
        if kind in ARRAYS:
            self.array(op)
            return
        if moves(self, op):
            self.env[id(op.outputs[0])] = SLICES[kind][1](self, op)
            return
        for tensor in op._inputs:
            self.env[id(tensor)] = self.value(tensor)
        self.flops[op] = arithmetic([op]) * math.prod(TRIPS if n is None else n for n in self.bounds)
        if op in self.packed:
            self.env[id(op._inputs[1])] = self.packed[op]
        lower_nodes([_Stand(op)], self.env, self.state, _Same())
        if op in self.packed:
            del self.env[id(op._inputs[1])]

    def joint(self, item):
        """Computes what stands for several ops."""
        node = item.node
        self.env |= {id(mine): self.value(t) for mine, t in zip(node._inputs, item.inputs, strict=True)}
        lower_nodes([node], self.env, self.state, _Same())
        self.env |= {id(t): self.env[id(mine)] for mine, t in zip(node.outputs, item.outputs, strict=True)}

    def check(self, op):
        """Notes whether all is well with the op that is asked for."""
        if op._def.name == "Assert":
            self.answer(compiled.xp.asarray(self.value(op._inputs[0])).all())
            return
        index, rows = self.value(op._inputs[1]), self.state.get(self.value(op._inputs[0]).key)
        demand(rows is not None, "an array that is made in a loop")
        self.answer(compiled.xp.logical_and(index >= 0, index < rows.n))

    def answer(self, value):
        """Notes a value of what is asked for."""
        value, (least, most) = compiled.xp.asarray(value, np.int32), self.state.get(COUNTS)
        self.state.set(COUNTS, compiled.xp.stack([compiled.xp.minimum(least, value), compiled.xp.maximum(most, value)]))

    # --- branches ---------------------------------------------------------------------------------

    def cond(self, item):
        """Computes a cond."""
        pred = self.value(item.pred)
        pred = pred.read() if isinstance(pred, Cell) else pred
        demand(np.ndim(pred) == 0, "a condition that is no scalar")
        if known(pred):
            self._take(item, int(bool(pred)))
            return
        self.make_gradients(inside([item]))
        before = dict(self.state.values)
        probes = [self._probe(item, side) for side in (0, 1)]
        keys = [k for k in before if any(k in probe.keys for probe in probes)]
        shapes = [a if a is not None else b for a, b in zip(*(p.shapes for p in probes), strict=True)]
        fixed = {k: value for probe in probes for k, value in probe.fixed.items()}
        live = [k for k, shape in enumerate(shapes) if shape is not None and k not in fixed]
        for a, b in zip(*(p.shapes for p in probes), strict=True):
            demand(a is None or b is None or (a.shape == b.shape and a.dtype == b.dtype), "branches of several shapes")
        self._prepare(keys, probes)

        def branch(side):
            def run():
                made = self.inner(self.state.copy(), sure=False)
                outs = [_array(x) for x in self._outs(item, side, made)]
                outs = [outs[k] if outs[k] is not None else compiled.xp.zeros(shapes[k].shape, shapes[k].dtype) for k in live]
                return outs, [_arrays(made.state.get(k)) for k in keys]

            return run

        outs, arrays = compiled.cond(pred, branch(1), branch(0))
        for key, one in zip(keys, arrays, strict=True):
            metas = [probe.keys[key] for probe in probes if key in probe.keys]
            self.state.set(key, _with_arrays(_met(metas), one))
        tensors = [merge.outputs[0] for merge, _, _ in item.merges] + item.out
        for k, one in (*zip(live, outs, strict=True), *fixed.items()):
            self.env[id(tensors[k])] = one
        for merge, *numbers in item.merges:
            self.env[id(merge.outputs[1])] = compiled.xp.where(pred, np.int32(numbers[1]), np.int32(numbers[0]))

    def _take(self, item, side):
        """Computes the one branch that is known to be taken."""
        self.walk(item.sides[side])
        for merge, *numbers in item.merges:
            self.env[id(merge.outputs[0])] = self.value(merge._inputs[numbers[side]])
            self.env[id(merge.outputs[1])] = np.int32(numbers[side])

    def _outs(self, item, side, made):
        """What a branch gives: the Merges' values, then what is used elsewhere, None where the other side makes it."""
        made.walk(item.sides[side])
        out = [made.value(merge._inputs[numbers[side]]) for merge, *numbers in item.merges]
        own = {t for op in inside(item.sides[side]) for t in op.outputs}
        found = [made.found(t) if t in own else None for t in item.out]
        return out + [None if isinstance(x, Handle) else x for x in found]

    def _probe(self, item, side):
        """Traces a branch for what it changes and gives."""
        found = _Probe()

        def run():
            made = self.inner(self.state.copy(), sure=False)
            before = dict(made.state.values)
            outs = self._outs(item, side, made)
            found.fixed = {k: x for k, x in enumerate(outs) if k >= len(item.merges) and known(x)}
            outs = [_array(x) for x in outs]
            found.keys = {k: made.state.get(k) for k in made.state.changed(before)}
            found.shapes = [None if x is None else _shape_of(x) for x in outs]
            return []

        compiled.shapes(run)
        return found

    def _prepare(self, keys, probes):
        """Gives arrays that a branch or an iteration fills their shapes before it."""
        for key in keys:
            for probe in probes:
                if key in probe.keys:
                    self.state.set(key, _prepared(self.state.get(key), probe.keys[key]))

    # --- loops ------------------------------------------------------------------------------------

    def loop(self, item):
        """Computes a loop."""
        frame = item.frame
        self.make_gradients(frame.whole())
        asked = [op._inputs[1] for op in frame.ops if op._def.name in INDEXED]
        asked += [t for op in frame.ops if op._def.name == "Pack" and op.outputs[0]._dtype.is_integer for t in op._inputs]
        op = frame.pred.op
        trips = Trips(item, self.value, asked, self.told.get(op))
        demand(all(map(_harmless, inside(item.condition))), "a condition with effects")
        try:
            self._loop(item, trips)
        except Uncounted:
            raise
        except Unraisable as error:
            around = op in self.told and None in self.bounds  # it may be the loop around that isn't counted yet
            if trips.count is not None or op is self.asked or around:
                raise
            raise Uncounted(str(error), op, exact=op in self.told or isinstance(error, Inexact)) from error

    def _loop(self, item, trips):
        frame = item.frame
        begin = {v: self.value(v.enter) for v in frame.variables}
        carried = [v for v in frame.variables if not self._stays(v, trips)]
        for variable in frame.variables:
            if variable not in carried:
                self.env[id(variable.merge.outputs[0])] = begin[variable]
        demand(not any(isinstance(begin[v], (Cell, Handle)) for v in carried), "a handle that changes in a loop")
        start = [_strong(begin[v], v.merge.outputs[0]._dtype.base_dtype.np) for v in carried]
        loop = _Loop(self, item, trips, carried)
        ends = [begin[v] for v in carried] if trips.count == 0 else loop.run(start)
        if frame.pred.op is self.asked:
            self.answer(loop.turns)
        for variable, end in zip(carried, ends, strict=True):
            end = trips.last.get(variable, end)
            self.env[id(variable.merge.outputs[0])] = end
        made = self.inner(self.state, self.sure)
        made.walk(item.condition)
        made.walk(item.after)
        for op in frame.of(EXITS):
            self.env[id(op.outputs[0])] = made.value(op._inputs[0])

    @staticmethod
    def _stays(variable, trips):
        """Whether a loop variable is in each iteration what it was at first."""
        return variable.after is None or trips.at(variable.after) is variable.merge.outputs[0]


class _Probe:
    """What a branch or an iteration changes, key -> what is there after it, and the shapes of what it gives.

    Attributes:
      fixed: number of an output that only the branch makes -> its value, where that is known.
      env: id of a tensor -> its value, of which only shape and dtype count.
    """


class _Loop:
    """A loop that is being traced."""

    def __init__(self, trace, item, trips, carried):
        self.trace, self.item, self.trips, self.carried = trace, item, trips, carried
        seen = {t: values for t, values in trips.seen.items() if t._dtype.is_integer and t.dims == ()}
        facts = {canonical(t): ([int(v) for v in values], trace.depth + 1) for t, values in seen.items()}
        self.facts = {**trace.facts, **facts}
        self.bounds = (*trace.bounds, trips.most)
        self.sums = sums(item, trips.at, carried) if (trips.count or 0) > 1 else []
        self.kept, self.packed, self.turns, self.items = [], {}, np.int32(trips.count or 0), item.body

    def inner(self, variables, state):
        """A walk of an iteration."""
        sure = self.trace.sure and self.trips.count is not None
        trace = self.trace
        made = Trace(dict(trace.env), state, self.bounds, dict(self.facts), trace.flops, trace.told, trace.asked, sure)
        made.skipped, made.packed = self._skipped(), self.packed
        for v, value in zip(self.carried, variables, strict=True):
            made.env[id(v.merge.outputs[0])] = value
        return made

    def _skipped(self):
        return {op for one in self.kept for op in (one.add, one.term)}

    def step(self, variables, state):
        """(the variables after an iteration; the walk)."""
        made = self.inner(variables, state)
        made.walk(self.item.condition)
        made.walk(self.items)
        return [_strong(made.value(v.after), v.merge.outputs[0]._dtype.base_dtype.np) for v in self.carried], made

    def run(self, start):
        """The variables at the end; the trace's state is changed."""
        state = self.trace.state
        probe = self._probe(start)
        for one, shape in zip(start, probe.shapes, strict=True):
            demand(tuple(one.shape) == tuple(shape.shape), "a loop variable that changes its shape")
        self.trace._prepare(list(probe.keys), [probe])
        self.keys = [k for k, after in probe.keys.items() if k in probe.moved]
        self.first = state.copy()
        begin = dict(zip(self.carried, start, strict=True))
        factors = self._keep_factors(begin, probe)
        wanted = [*(v.after for v in self.carried), *self.factors]
        self.packed = self._packed(probe)
        self.items = joined(self.items, probe.env, self._skipped(), wanted)
        start = [begin[v] for v in self.carried]
        arrays = [_arrays(state.get(k)) for k in self.keys]
        self.turns, ends, arrays, factors = compiled.while_loop(self._goes_on, self._body, (np.int32(0), start, arrays, factors))
        moved = dict(zip(self.keys, arrays, strict=True))
        for key, after in probe.keys.items():
            state.set(key, _with_arrays(after, moved.get(key) or _own(state.get(key))))
        ends = dict(zip(self.carried, ends, strict=True))
        rows = dict(zip(self.factors, factors, strict=True))
        for one in self.kept:
            ends[one.variable] = one.total(begin[one.variable], [rows[t] for t in one.term._inputs])
        return [ends[v] for v in begin]

    def _keep_factors(self, begin, probe):
        """Takes variables that only add up products out of the loop; gives arrays for the products' factors."""
        count = self.trips.count
        for one in self.sums:
            shape, *dims = probe.terms[one]
            if shape == begin[one.variable].shape and one.fits(dims, count):
                self.kept.append(one)
        self.carried = [v for v in self.carried if all(v is not one.variable for one in self.kept)]
        self.factors = list(dict.fromkeys(t for one in self.kept for t in one.term._inputs))
        shapes = {t: d for one in self.kept for t, d in zip(one.term._inputs, probe.terms[one][1:], strict=True)}
        return [compiled.xp.zeros((count, *shapes[t]), t._dtype.np) for t in self.factors]

    def _packed(self, probe):
        """The second factors that are the same in all iterations, by product."""
        out = {}
        for op in self.item.body:
            if isinstance(op, Operation) and op._def.name == "MatMul" and op not in self._skipped():
                factor, turns = self.trace.found(op._inputs[1]), (op.attrs["transpose_a"], op.attrs["transpose_b"])
                if factor is not None and not isinstance(factor, Cell):
                    out[op] = compiled.packed(probe.env[id(op._inputs[0])], compiled.xp.asarray(factor), *turns)
        return out

    def _state(self, arrays):
        """The state in an iteration."""
        made = self.first.copy()
        for key, one in zip(self.keys, arrays, strict=True):
            made.set(key, _with_arrays(made.get(key), one))
        return made

    def _body(self, k, variables, arrays, factors):
        after, made = self.step(variables, self._state(arrays))
        factors = [compiled.with_row(x, k, made.value(t)) for x, t in zip(factors, self.factors, strict=True)]
        return k + np.int32(1), after, [_arrays(made.state.get(key)) for key in self.keys], factors

    def _goes_on(self, k, variables, arrays, factors):
        if self.trips.count is not None:
            return k < np.int32(self.trips.count)
        made = self.inner(variables, self._state(arrays))
        made.walk(self.item.condition)
        pred = made.value(self.item.frame.pred)
        pred = pred.read() if isinstance(pred, Cell) else pred
        demand(np.ndim(pred) == 0, "a condition that is no scalar")
        most = _MANY if self.item.frame.pred.op is self.trace.asked else self.trips.most if self.trips.bounded else None
        return pred if most is None else compiled.xp.logical_and(pred, k < np.int32(most))

    def _probe(self, start):
        found = _Probe()

        def run(variables):
            made = self.trace.state.copy()
            before = dict(made.values)
            after, walk = self.step(variables, made)
            found.keys = {k: walk.state.get(k) for k in walk.state.changed(before)}
            found.moved = {k for k, value in found.keys.items() if not _same(value, before[k])}
            found.shapes = [_shape_of(x) for x in after]
            found.env = walk.env
            terms = {one: (one.term.outputs[0], *one.term._inputs) for one in self.sums}
            found.terms = {one: [np.shape(walk.value(t)) for t in tensors] for one, tensors in terms.items()}
            return []

        compiled.shapes(run, start)
        return found


def _harmless(op):
    """Whether it does no harm to run an op once more."""
    return op._def.pure or op._def.name in READERS or op._def.name in PASSING | MERGES


def _strong(x, kind):
    """A value as a device's array of a dtype."""
    demand(not isinstance(x, (Cell, Handle)), "a handle that changes")
    return compiled.xp.asarray(x, kind)


def _array(x):
    if x is None:
        return None
    if isinstance(x, Cell):
        x = x.read()
    demand(not isinstance(x, Handle), "a handle that a branch decides")
    return compiled.xp.asarray(x)


def _shape_of(x):
    return compiled.blank(np.shape(x), x.dtype)


def _own(value):
    """The arrays of a part of the state, as they are."""
    if isinstance(value, Rows):
        return [value.array]
    if isinstance(value, Stacked):
        return [value.top] if value.blank else [value.array, value.top]
    return [value]


def _same(value, other):
    return all(a is b for a, b in zip(_own(value), _own(other), strict=True))


def _arrays(value):
    """The arrays of a part of the state, on the device."""
    return [compiled.xp.asarray(x) for x in _own(value)]


def _with_arrays(meta, arrays):
    """A part of the state with other arrays."""
    if isinstance(meta, Rows):
        return dataclasses.replace(meta, array=arrays[0])
    if isinstance(meta, Stacked):
        *array, top = arrays
        return dataclasses.replace(meta, array=array[0] if array else meta.array, top=top)
    return arrays[0]


def _prepared(before, after):
    """What is there before a branch or a loop that makes `after` of it, with its shape."""
    if isinstance(before, Rows):
        if before.blank and not after.blank:
            if after.n > before.n:
                before = before.longer(after.n)
            return before.shaped(after.array.shape[1:])
        return before
    if isinstance(before, Stacked):
        if not before.blank or after.blank:
            return before
        return dataclasses.replace(before, array=compiled.xp.zeros(after.array.shape, after.array.dtype))
    demand(before.shape == after.shape and before.dtype == after.dtype, "a variable that changes its shape")
    return before


def _met(metas):
    """What is known of a part of the state after either branch."""
    first = metas[0]
    if isinstance(first, Rows):
        written, read = (frozenset().union(*(getattr(m, key) for m in metas)) for key in ("written", "read"))
        return dataclasses.replace(first, written=written, read=read)
    if isinstance(first, Stacked):
        demand(all(first.alike(m) for m in metas), "a stack of known values and others")
    return first
