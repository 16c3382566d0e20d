"""Control flow of a plan as ops like any other: each loop, each cond, each op of a TensorArray becomes one Region.

A region that XLA can take is traced (raised.py); what passes between regions, such as a stack from a loop to the loop of
its gradient, is a tensor. One that only Python can run, since it holds an Assert, strings, a queue, runs on the executor.
"""

import copy

import numpy as np

from ..backend import compiled
from ..graph.opdef import parse, wants
from ..graph.tensor import Operation, Tensor
from ..ground import dtypes
from ..ground.errors import InternalError, OpError
from .classify import Classes, arithmetic, convolves, takes, worth_compiling
from .flow import Flow
from .frames import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, find
from .interpret import state_key
from .raised import COUNTS, TRIPS, State, Trace
from .raised_arrays import ARRAYS, HANDLES, root_of
from .region_code import Code
from .rows import Rows, Stacked, Unraisable, demand
from .store import Cell
from .tree import PASSING, Cond, Loop, Tangled, canonical, inside, reads, tree
from .turns import Slice, askable

__all__ = ["Regions", "question", "refuse", "regions_of"]

_FLOPS = 200_000
_FREE = PASSING | EXITS | NEXTS | MERGES | ARRAYS | frozenset({"NoOp", "ControlTrigger"})


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


class _Made(Operation):
    """An op that stands in plans alone."""

    def __init__(self, definition, name, like, inputs, controls, attrs, types):
        super().__init__(like.graph, definition, name, inputs, controls, attrs, types, like.place)
        self._id, self.source = like._id, like


class _Rewired(Operation):
    """An op of a plan that takes what regions give, in place of `whole`, the one of the graph."""

    def __init__(self, op, inputs, controls):
        self.__dict__.update(op.__dict__)
        self._inputs, self._controls, self.whole = inputs, controls, op
        self.source = getattr(op, "source", op)
        self.outputs = [Tensor(self, t._value_index, t._dtype) for t in op.outputs]
        for tensor, old in zip(self.outputs, op.outputs, strict=True):
            tensor.dims = old.dims


class Region:
    """One item of the tree.

    Attributes:
      item: a `Cond`, a `Loop` or an op.
      ops: all ops in it; flowing: these, with the Switches before it, as the executor takes them.
      raised: whether XLA takes it; why: if it doesn't, why not.
      keys: arrays that it touches and that outlive it, in order.
      values, refs: tensors that it takes, and references to variables.
    """

    def __init__(self, item, fed):
        self.item, self.fed = item, fed
        self.ops = list(dict.fromkeys(inside([item])))
        self.raised, self.why = True, None
        spared = _asserts(self.ops) if isinstance(item, Loop) or _is_assert(item) else ()
        for op in self.ops:
            if not (op._def.name in _FREE or takes(op) or op in spared):
                self.lower(f"the compiler can't take {op._name} ({op.type})")
        own = {root_of(op.outputs[0]) for op in self.ops if op._def.name in HANDLES} if isinstance(item, (Cond, Loop)) else set()
        touched = dict.fromkeys(key for op in self.ops for key in _keys(op))
        self.keys = [k for k in touched if k is None or _base(k) not in own]
        self.outputs = _results(item)
        if None in touched:
            self.lower("only the run knows which TensorArray a handle leads to")

    def lower(self, why):
        """Leaves it to the executor."""
        self.raised, self.why = False, self.why or why

    def settle(self, stop):
        """Finds out what it takes from outside; what passes tensors on is left out, but for that which gives one of `stop`."""
        self.stop = {*self.fed, *stop}
        self.flowing = self._with_switches()
        taken = self.taken()
        self.refs = [t for t in taken if t._dtype._is_ref_dtype]
        self.values = [t for t in taken if not t._dtype._is_ref_dtype]

    def _with_switches(self):
        """Its ops, with the Switches before it, the constants of its branches, and words for Asserts."""
        todo, have = list(self.ops), set(self.ops)
        while todo:
            for tensor in todo.pop()._inputs:
                own = tensor.op._controls or tensor._dtype is dtypes.string
                branch = tensor.op._def.name == "Const" and own and tensor not in self.stop
                if (branch or _passes_on(tensor, self.stop)) and tensor.op not in have:
                    have.add(tensor.op)
                    todo.append(tensor.op)
        return sorted(have, key=lambda op: op._id)

    def taken(self):
        """The tensors that it takes from outside, arrays aside."""
        ops = self.ops if self.raised else self.flowing
        made = {t for op in ops for t in op.outputs} - self.fed
        out = [t for op in ops for t in op._inputs if t not in made]
        if not self.raised:
            return list(dict.fromkeys(out))
        if isinstance(self.item, Cond):
            out.append(self.item.pred)
        out = [_through(t, self.stop) for t in out]
        words = {t for t in out if t._dtype is dtypes.string and t.op._def.name == "Const"}
        return list(dict.fromkeys(t for t in out if t not in made and t not in words and not _is_array_handle(t)))

    def variables(self):
        """The variables that it takes."""
        return self.refs + [t for t in self.values if t._dtype is dtypes.resource]


def _asserts(ops):
    """The Asserts among some ops, with the words that only they take: whether they hold is found out before the run."""
    found = {op for op in ops if _is_assert(op)}
    others = {t.op for op in ops if op not in found for t in op._inputs}
    return found | {op for op in ops if op._def.name == "Const" and op not in others}


def _is_assert(item):
    return isinstance(item, Operation) and item._def.name == "Assert"


def _through(tensor, stop):
    """The tensor whose value another has; of a reference, the variable."""
    if tensor._dtype._is_ref_dtype:
        return canonical(tensor)
    while _passes_on(tensor, stop):
        tensor = tensor.op._inputs[0]
    return tensor


def _passes_on(tensor, stop):
    """Whether an op outside of loops only hands a value on."""
    op = tensor.op
    return op._def.name in PASSING and not reads(op) and tensor not in stop and (op._def.name in SWITCHES or not op._controls)


def _is_array_handle(tensor):
    return canonical(tensor).op._def.name in HANDLES and canonical(tensor)._value_index == 0


def _keys(op):
    """The arrays that an op touches; None for one that the graph doesn't tell."""
    kind = op._def.name
    if kind == "TensorArrayGradV3":
        key = root_of(op.outputs[0])
        return [key] if key is None else [key[0], key]
    if kind in HANDLES:
        return [root_of(op.outputs[0])]
    return [root_of(op._inputs[0])] if kind.startswith(("TensorArray", "Stack")) else []


def _size_of(item):
    """The tensor that says how long an array is, for an op that asks."""
    if isinstance(item, (Cond, Loop)) or item._def.name != "TensorArraySizeV3":
        return None
    handle = canonical(item._inputs[0])
    while handle.op._def.name == "TensorArrayGradV3":
        handle = canonical(handle.op._inputs[0])
    return None if handle.op.attrs.get("dynamic_size") else handle.op._inputs[0]


def _base(key):
    return key[0] if isinstance(key[0], tuple) else key


def _results(item):
    """The tensors that an item gives."""
    if isinstance(item, Loop):
        return [op.outputs[0] for op in item.frame.of(EXITS)]
    if isinstance(item, Cond):
        return [t for merge, _, _ in item.merges for t in merge.outputs] + item.out
    return list(item.outputs)


class Regions:
    """The ops of a plan with its control flow as regions.

    Attributes:
      ops: in order.
      given: tensor of the graph -> the one that has its value among `ops`; aliases: the same, of ops that are left out.
      origins: op of a region -> the graph's ops that it stands for.
      arrays: tensors that have a TensorArray or a stack; only regions of one step can pass them on.
    """

    def __init__(self, items, regions, store):
        self.ops, self.given, self.origins, self.store = [], {}, {}, store
        self.aliases, self.folded = {}, []
        self.owner, self.current, self.counters, self.arrays = {}, {}, {}, set()
        for item in items:
            region = regions.get(id(item))
            if region is not None and region.raised and (size := _size_of(item)) is not None:
                self.aliases[item.outputs[0]] = self.now(size)
                self.folded.append(item)
            elif region is not None:
                self._add_region(region)
            elif item._def.name not in SWITCHES:
                self._add_op(item)

    def settle(self, fed):
        """Notes which inputs of regions have to be known, as sizes of arrays, or can be, as counts of iterations."""
        classes = Classes(self.ops, fed)
        for op in filter(_is_raised, self.ops):
            item = op.attrs["_region"].item
            if not isinstance(item, (Cond, Loop)) and item._def.name == "TensorArrayV3":
                op._def.static = (0,)
                continue
            needs = [(k, set()) for k, t in enumerate(op._inputs) if t._dtype.is_integer and t not in self.arrays]
            op._def.static = tuple(k for k, fed in needs if classes._can_know(op._inputs[k], fed) and not fed)
        return Classes(self.ops, fed)

    @property
    def together(self):
        """Lists of ops that pass arrays to each other."""
        groups = []
        for op in (op for op in self.ops if _is_raised(op) and op.attrs["_region"].keys):
            keys = set(map(_base, op.attrs["_region"].keys))
            near = [group for group in groups if not keys.isdisjoint(group[0])]
            groups = [group for group in groups if keys.isdisjoint(group[0])]
            groups.append((keys.union(*(g[0] for g in near)), [op, *(o for g in near for o in g[1])]))
        return [ops for _, ops in groups]

    def _add_op(self, op):
        inputs, controls = [self.now(t) for t in op._inputs], self._controls([op])
        if inputs != op._inputs or controls != list(op._controls):
            made = _Rewired(op, inputs, controls)
            self.given.update(zip(op.outputs, made.outputs, strict=True))
            self.owner[op] = op = made
        self.ops.append(op)

    def now(self, tensor):
        """The tensor that has the value of one of the graph."""
        return self.given[tensor] if tensor in self.given else self.aliases.get(tensor, tensor)

    def _controls(self, ops):
        own = set(ops)
        return list(dict.fromkeys(self.owner.get(c, c) for op in ops for c in op._controls if c not in own and not _passes(c)))

    def _add_region(self, region):
        region.settle(self.given)
        inputs, region.arrays = [self.now(t) for t in region.values], []
        if region.raised:
            for key in region.keys:
                if key in self.current:
                    region.arrays.append((key, len(self.current[key])))
                    inputs += self.current[key]
        region.drawing = [op for op in region.ops if "state" in op._def.lower_wants] if region.raised else []
        refs = [self.now(t) for t in region.refs] + [self._counter(op) for op in region.drawing]
        region.given = [t for t in region.outputs if not (region.raised and _is_array_handle(t))]
        types = [t._dtype for t in region.given] + [
            t for key in (region.keys if region.raised else ()) for t in self._types(region, key)
        ]
        code = Code(region) if region.raised else region
        attrs = {
            "_region": region,
            "code": code,
            "told": (),
            "is_size": isinstance(region.item, Operation) and region.item._def.name == "TensorArraySizeV3",
            "Tin": [t._dtype for t in inputs],
            "Tref": [t._dtype for t in refs],
            "Tout": types,
        }
        op = _Made(
            self._kind(region),
            f"{region.ops[-1]._name}/raised",
            region.ops[-1],
            [*inputs, *refs],
            self._controls(region.flowing),
            attrs,
            types,
        )
        self._note(region, op)

    def _kind(self, region):
        if region.raised:
            return copy.copy(_RAISED)
        made = _definition(_run_flow)
        made.host = any(op._def.host for op in region.ops)
        made.dynamic = True
        return made

    def _note(self, region, op):
        self.ops.append(op)
        self.origins[op] = region.flowing
        self.owner.update(dict.fromkeys(region.ops, op))
        for old, new in zip(region.given, op.outputs, strict=False):
            new.dims = old.dims
            self.given[old] = new
        if region.raised:
            at = len(region.given)
            for key in region.keys:
                count = len(self._types(region, key))
                self.current[key] = op.outputs[at : at + count]
                self.arrays.update(self.current[key])
                at += count
        else:
            inputs = dict(zip([*region.values, *region.refs], range(len(op._inputs)), strict=True))
            region.flow = _Hosted(region, inputs, self.store)

    def _types(self, region, key):
        """The dtypes of the tensors that have an array."""
        have = self.current.get(key)
        if have is not None:
            return [t._dtype for t in have]
        for op in region.ops:
            if key in _keys(op):
                if op._def.name == "StackV2":
                    return [op.attrs["elem_type"], dtypes.int32]
                if op._def.name == "TensorArrayV3":
                    return [op.attrs["dtype"]]
                if op._def.name == "TensorArrayGradV3":
                    return [self.current[key[0]][0]._dtype]
        raise Tangled("an array from nowhere")

    def _counter(self, op):
        name = op._name
        if name not in self.counters:
            source = getattr(op, "source", op)
            made = _Made(_COUNTER, name, source, [], [], {}, [dtypes.int64._as_ref])
            self.counters[name] = made.outputs[0]
            self.ops.append(made)
            self.origins[made] = []
        return self.counters[name]


def _is_raised(op):
    return op._def.name == "Region" and op.attrs["_region"].raised


def _passes(op):
    return op._def.name in SWITCHES


class _Hosted:
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


def _run_flow(B, *args, op):
    return op.attrs["_region"].flow.run(args)


# --- regions that XLA takes --------------------------------------------------------------------------


def _infer(*inputs, op):
    """The shapes of what a region gives; notes on the node which of it is known, and what is known of arrays."""
    inputs = op._inputs = _loosened(op)
    args = [_abstract(tensor) for tensor in inputs]
    key = _form(op, args)
    found = _found.get(key) if key is not None else None
    if found is None:
        found = _found_out(op, args)
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


def _loosened(op):
    """A region's inputs, with whole numbers that no op of a branch must know as arguments, and no part of the code.

    So the steps of an unrolled net, each with its own number, share their code.
    """
    region, out = op.attrs["_region"], list(op._inputs)
    if any(inner._def.name in ENTERS for inner in region.ops) or region.keys:
        return out
    fixed = {_through(inner._inputs[k], region.stop) for inner in region.ops for k in inner._def.static if k < len(inner._inputs)}
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
    if op._def is _COUNTER:
        return _begin_of(op)
    shape = op.attrs["shape"] if op._def.name == "VarHandleOp" else tensor.dims
    kind = op.attrs["dtype"] if op._def.name == "VarHandleOp" else tensor._dtype.base_dtype
    if shape is None or None in shape:
        raise Unraisable(f"{tensor.name} has no known shape")
    return compiled.blank(tuple(shape), kind.np)


def _begin_of(op):
    first = np.asarray(op._def.begin(op))
    return compiled.blank(first.shape, first.dtype)


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


_RAISED, _COUNTER = _definition(_lower, _infer), _counter()


def question(op, k):
    """An op for a region that finds out of the `k`-th of its `askable` ops the least and the most, and changes nothing."""
    attrs = {**op.attrs, "number": k}
    return _Made(_QUESTION, f"{op._name}/asked", op.source, op._inputs, (), attrs, [dtypes.int32])


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


# --- from a plan's ops -------------------------------------------------------------------------------


def regions_of(ops, fed, wanted, store):
    """The ops of a plan with its control flow as regions.

    Args:
      ops: in order.
      fed: tensors that are given.
      wanted: tensors that are asked for.
      store: the session's.

    Raises:
      Tangled: the executor has to run the whole, and why.
    """
    refuse(any(t in fed for op in ops if op._def.control for t in op.outputs), "a value inside of a cond or a loop is fed")
    try:
        root = find(ops, fed)
    except (OpError, ValueError) as error:
        raise Tangled(str(error)) from error
    refuse(not _worth(ops, root), "it does too little to be worth compiling")
    touches = {op: [*have, *((key, True) for key in _keys(op))] for op, have in Classes(ops, fed).touches.items()}
    touches = {op: have for op, have in touches.items() if op._def.name not in PASSING or reads(op)}
    items, guards = tree(root.items, touches)
    for tensor in wanted:
        refuse(tensor in guards, f"{tensor.name}, of one branch, is asked for")
        refuse(tensor.op._def.name in ARRAYS and _is_array_handle(tensor), f"the handle {tensor.name} is asked for")
    regions = {
        id(i): Region(i, fed)
        for i in items
        if isinstance(i, (Cond, Loop)) or (i._def.control and i._def.name not in SWITCHES) or _is_assert(i)
    }
    return _raised(items, regions, fed, store)


def _raised(items, regions, fed, store):
    """The `Regions`, with as many of them raised as can be."""
    while True:
        _host_together(regions.values())
        flows = [r for r in regions.values() if not _is_assert(r.item)]
        refuse(not any(r.raised for r in flows), "; ".join({r.why: 1 for r in flows if r.why}))
        for region in regions.values():
            leaks = isinstance(region.item, Cond) and region.item.out and not region.raised
            refuse(leaks, f"a value of a branch is used outside of it, and {region.why}")
        made = Regions(items, regions, store)
        classes = made.settle(fed)
        raised = [op for op in made.ops if _is_raised(op)]
        left = [op for op in raised if op not in classes.compiled]
        asserts = [op for op in raised if _is_assert(op.attrs["_region"].item) and not classes.can_know(op._inputs[0])]
        if not left and not asserts:
            return made
        for op in left:
            op.attrs["_region"].lower(f"what {op.source._name} takes has a shape or a value that only the run knows")
        for op in asserts:
            del regions[id(op.attrs["_region"].item)]


def refuse(true, why):
    """Leaves the plan to the executor if something is so."""
    if true:
        raise Tangled(why)


def _worth(ops, root):
    """Whether compiling pays: as for other plans, with loops taken to run some iterations."""
    looped = [op for frame in root.inner for op in frame.whole()]
    return worth_compiling(ops) or arithmetic(looped) * TRIPS > _FLOPS


def _host_together(regions):
    """Arrays are on one side: if one region is the executor's, so is each that touches the same arrays."""
    while True:
        why = {k if k is None else _base(k): r.why for r in regions if not r.raised for k in r.keys}
        more = [(r, _base(k)) for r in regions if r.raised for k in r.keys if None in why or _base(k) in why]
        if not more:
            return
        for region, key in more:
            region.lower(why.get(key, why.get(None)))
