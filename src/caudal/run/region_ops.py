"""The op types that stand for regions in plans: traced for XLA (`RAISED`), run by the executor (`Hosted`), or asked beforehand (`question`)."""

import copy

import numpy as np

from ..backend import compiled, device, kept
from ..graph.opdef import parse, wants
from ..graph.tensor import Operation
from ..ground import dtypes
from ..ground.errors import InternalError
from .classify import convolves
from .flow import Flow
from .frames import ENTERS
from .interpret import state_key
from .raised import COUNTS, State, Trace
from .raised_arrays import ARRAYS
from .region import through
from .rows import Rows, Stacked, Unraisable, demand
from .store import Cell
from .tree import Loop
from .turns import Slice, askable

__all__ = ["COUNTER", "RAISED", "Hosted", "Made", "hosted", "question"]


def _definition(lower, infer=None):
    made = parse("Region(values: Tin, cells: Ref Tref) -> (y: Tout) [Tin: list(type); Tref: list(type); Tout: list(type)]")
    made.lower, made.lower_wants = lower, wants(lower)
    made.infer, made.infer_wants = infer, wants(infer)
    made.pure = False
    return made


def _counter():
    """The op type whose output is the random counter of an op inside of a region."""
    made = parse("Counter() -> (ref: Ref int64)")
    made.lower, made.lower_wants = (lambda B, *, state: state), ("state",)
    made.begin = lambda op: op.source._def.begin(op.source)
    return made


class Made(Operation):
    """An op that stands in plans alone."""

    def __init__(self, definition, name, like, inputs, controls, attrs, types):
        super().__init__(like.graph, definition, name, inputs, controls, attrs, types, like.place)
        self._id, self.source = like._id, like


class Hosted:
    """The ops of a region on the executor."""

    def __init__(self, region, inputs, store):
        self.slots = dict(inputs)
        self.count = len(self.slots)
        for tensor in region.given:
            self.slots.setdefault(tensor, len(self.slots))
        self.flow = Flow(region.flowing, self.slots, set(inputs), store)
        self.outs = [self.slots[t] for t in region.given]

    def run(self, args):
        """The outputs."""
        values = [*args, *[None] * (len(self.slots) - self.count)]
        self.flow.run(values)
        return tuple(values[k] for k in self.outs)


def hosted(host):
    """The op type of a region that the executor runs; `host` tells whether something in it has to stay on the host."""
    made = _definition(_run_flow)
    made.host, made.dynamic = host, True
    return made


def _run_flow(B, *args, op):
    return op.attrs["_region"].flow.run(args)


# --- regions that XLA takes --------------------------------------------------------------------------


def _infer(*inputs, op):
    """The shapes of what a region gives; notes on the node which of it is known, and what is known of arrays."""
    inputs = op._inputs = _loosened(op)
    op.attrs = {**op.attrs, "metas": tuple(map(_frozen_meta, inputs))}  # what is known of arrays decides the code too
    args = [_abstract(tensor) for tensor in inputs]
    key = _form(op, args)
    found = _found.get(key) if key is not None else None
    if found is None:
        found = _kept(op, inputs, args)
        if key is not None:
            if len(_found) >= _MOST:
                _found.clear()
            _found[key] = found
    dims, op.known, metas, op.flops = found
    op.loops, op.convolves = isinstance(op.attrs["_region"].item, Loop), convolves(op.attrs["_region"].ops)
    for tensor, meta in zip(op.outputs, metas, strict=True):
        tensor.meta = meta
    op._def = copy.copy(op._def)
    op._def.static = tuple(k for k, t in enumerate(inputs) if isinstance(args[k], np.ndarray) and t._dtype.is_integer)
    return dims


def _frozen_meta(tensor):
    """What else is known of an input, hashable."""
    meta = getattr(tensor, "meta", None)
    return meta and (meta[0].__name__, tuple((k, v.tobytes() if isinstance(v, np.ndarray) else v) for k, v in meta[1].items()))


def _loosened(op):
    """A region's inputs, with whole numbers that no op of a branch must know as arguments, and no part of the code.

    So the steps of an unrolled net, each with its own number, share their code.
    """
    region, out = op.attrs["_region"], list(op._inputs)
    if any(inner._def.name in ENTERS for inner in region.ops) or region.keys:
        return out
    fixed = {through(inner._inputs[k], region.stop) for inner in region.ops for k in inner._def.static if k < len(inner._inputs)}
    for k, (tensor, one) in enumerate(zip(region.values, out, strict=False)):
        if one.op._def.name == "Const" and one.dims == () and one._dtype.is_integer and tensor not in fixed:
            out[k] = copy.copy(one)
            out[k].op = copy.copy(one.op)
            out[k].op.attrs = {**one.op.attrs, "argument": True}
    return out


_found: dict[object, tuple] = {}  # what was found out of regions without arrays, for one code and one set of inputs
_MOST = 2000


def _form(op, args):
    """Under what key what is found out of a region is kept; None if it isn't."""
    if op.attrs["_region"].keys:
        return None
    known = ((a.shape, a.dtype.str, a.tobytes()) if isinstance(a, np.ndarray) else (a.shape, a.dtype) for a in args)
    return (op.attrs["code"], op.attrs["told"], *known)


def _kept(op, inputs, args):
    """What is found out of a region, now or by an earlier process."""
    name = kept.name("region", op.attrs["code"], op.attrs["told"], tuple(args), op.attrs["metas"])

    def make():
        dims, known, metas, flops = _found_out(op, args)
        return [dims, known, [meta and (meta[0].__name__, meta[1]) for meta in metas], flops]

    dims, known, metas, flops = kept.note(name, make)
    return dims, known, [meta and (_ARRAYS[meta[0]], meta[1]) for meta in metas], flops


_ARRAYS = {kind.__name__: kind for kind in (Rows, Stacked)}


def _found_out(op, args):
    """(shapes of the outputs, values of those that are known, what is known of arrays, the arithmetic in it)."""
    args, abstract = list(args), [k for k, a in enumerate(args) if not isinstance(a, np.ndarray)]
    made, flops = [], {}

    def run(arrays):
        for k, one in zip(abstract, arrays, strict=True):
            args[k] = one
        made.extend(_traced(op, args, flops)[0])
        return []

    try:
        compiled.shapes(run, [args[k] for k in abstract])
    except Unraisable:
        raise
    except Exception as error:
        raise Unraisable(str(error)) from error
    known = [np.asarray(x) if isinstance(x, (np.ndarray, np.generic, int, float)) else None for x, _ in made]
    return [np.shape(x) for x, _ in made], known, [meta for _, meta in made], sum(flops.values())


def _abstract(tensor):
    """What is known of an input."""
    op = tensor.op
    if op._def.name == "Const" and "argument" not in op.attrs:
        return op.attrs["value"]
    if op._def is COUNTER:
        return _begin_of(op)
    shape = op.attrs["shape"] if op._def.name == "VarHandleOp" else tensor.dims
    kind = op.attrs["dtype"] if op._def.name == "VarHandleOp" else tensor._dtype.base_dtype
    if shape is None or None in shape:
        raise Unraisable(f"{tensor.name} has no known shape")
    return device.Spec(shape, kind.np)


def _begin_of(op):
    first = np.asarray(op._def.begin(op))
    return device.spec(first)


def _traced(node, args, flops=None):
    """([(value, what else is known of it)] of a region's outputs, the state afterwards)."""
    region = node.attrs["_region"]
    trace = _begun(node, args, flops)
    trace.walk([region.item])
    out = [(_given(trace, t, one), None) for t, one in zip(region.given, node.outputs, strict=False)]
    return out + [pair for key in region.keys for pair in _parts(trace.state.get(key))], trace.state


def _begun(node, args, flops=None):
    """A walk before a region."""
    region = node.attrs["_region"]
    state, env, at = {}, {}, 0
    for tensor, value in zip(region.values, args, strict=False):
        env[id(tensor)] = value
    at = len(region.values)
    for key, count in region.arrays:
        meta = node._inputs[at].meta
        array = args[at]
        state[key] = _whole(meta, array, args[at + 1 : at + count])
        at += count
    names = [state_key(t.op) for t in region.refs] + [op._name for op in region.drawing]
    state.update(zip(names, args[at:], strict=True))
    state = State(state)
    for tensor in region.values:
        if tensor._dtype is dtypes.resource:
            name = state_key(tensor.op)
            state.values[name], env[id(tensor)] = env[id(tensor)], Cell(state, name, tensor.op)
    for tensor in region.refs:
        env[id(tensor)] = Cell(state, state_key(tensor.op), tensor.op)
    asked = askable(region.item)
    return Trace(env, state, flops=flops, told={asked[k]: found for k, found in node.attrs["told"]})


def _given(trace, tensor, one):
    """The value of an output; zeros for one of a branch that is known not to be taken, for which nobody asks then."""
    found = trace.found(tensor)
    return np.zeros(one.dims or (), tensor._dtype.base_dtype.np) if found is None else found


def _whole(meta, array, rest):
    kind = meta[0]
    return kind(array, *rest, **meta[1])


def _parts(value):
    """[(array, what else is known)] of an array in the state."""
    if isinstance(value, Rows):
        rest = {k: v for k, v in value.__dict__.items() if k != "array"}
        return [(value.array, (Rows, rest))]
    return [(value.array, (Stacked, {"depth": value.depth, "span": value.span, "fixed": value.fixed})), (value.top, None)]


def _lower(B, *args, op):
    """Traces a region whose shapes `_infer` has found good."""
    cells = {}
    given = []
    for k, value in enumerate(args):
        if isinstance(value, Cell):
            cells[k], value = value, value.peek()
        given.append(value)
    region = op.attrs["_region"]
    try:
        out, state = _traced(op, given)
    except Unraisable as error:
        raise InternalError(None, op.source, str(error)) from error
    first = len(region.values) + sum(count for _, count in region.arrays)
    names = {first + k: name for k, name in enumerate([state_key(t.op) for t in region.refs] + [d._name for d in region.drawing])}
    names |= {k: state_key(t.op) for k, t in enumerate(region.values) if t._dtype is dtypes.resource}
    for k, cell in cells.items():
        if state.get(names[k]) is not given[k]:
            cell.write(state.get(names[k]))
    return tuple(value for value, _ in out)


RAISED, COUNTER = _definition(_lower, _infer), _counter()


def question(op, k):
    """An op for a region that finds out of the `k`-th of its `askable` ops the least and the most, and changes nothing."""
    attrs = {**op.attrs, "number": k}
    return Made(_QUESTION, f"{op._name}/asked", op.source, op._inputs, (), attrs, [dtypes.int32])


def _find_out(B, *args, op, number):
    region = op.attrs["_region"]
    trace = _begun(op, [a.peek() if isinstance(a, Cell) else a for a in args])
    trace.state.set(COUNTS, np.array([np.iinfo(np.int32).max, np.iinfo(np.int32).min], np.int32))
    trace.asked = askable(region.item)[number]
    part = Slice(region.item, trace.asked)
    demand(trace.asked not in part.needed or trace.asked._def.name not in ARRAYS, "an index that hangs on what it leads to")
    trace.walk([part.of(region.item)])
    return compiled.xp.asarray(trace.state.get(COUNTS))


_QUESTION = parse("Question(values: Tin, cells: Ref Tref) -> (y: int32) [Tin: list(type); Tref: list(type); number: int]")
_QUESTION.lower, _QUESTION.lower_wants, _QUESTION.pure = _find_out, wants(_find_out), False
