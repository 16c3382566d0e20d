"""Control flow of a plan as ops like any other: each loop, each cond, each op of a TensorArray becomes one Region.

A region that XLA can take is traced (raised.py); what passes between regions, such as a stack from a loop to the loop of
its gradient, is a tensor. One that only Python can run, since it holds an Assert, strings, a queue, runs on the executor.
"""

import copy

from ..graph.tensor import Operation, Tensor
from ..ground import dtypes
from ..ground.errors import OpError
from .classify import Classes, arithmetic, worth_compiling
from .frames import SWITCHES, find
from .raised import TRIPS
from .raised_arrays import ARRAYS
from .region import Region, base_of, is_array_handle, is_assert, keys_of, size_of
from .region_code import Code
from .region_ops import COUNTER, RAISED, Hosted, Made, hosted
from .tree import PASSING, Cond, Loop, Tangled, reads, tree

__all__ = ["Regions", "refuse", "regions_of"]

_FLOPS = 200_000
_MUCH = 50_000_000  # additions and multiplications


class _Rewired(Operation):
    """An op of a plan that takes what regions give, in place of `whole`, the one of the graph."""

    def __init__(self, op, inputs, controls):
        self.__dict__.update(op.__dict__)
        self._inputs, self._controls, self.whole = inputs, controls, op
        self.source = getattr(op, "source", op)
        self.outputs = [Tensor(self, t._value_index, t._dtype) for t in op.outputs]
        for tensor, old in zip(self.outputs, op.outputs, strict=True):
            tensor.dims = old.dims


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
            if region is not None and region.raised and (size := size_of(item)) is not None:
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
            keys = set(map(base_of, op.attrs["_region"].keys))
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
        region.given = [t for t in region.outputs if not (region.raised and is_array_handle(t))]
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
        op = Made(
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
            return copy.copy(RAISED)
        return hosted(any(op._def.host for op in region.ops))

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
            region.flow = Hosted(region, inputs, self.store)

    def _types(self, region, key):
        """The dtypes of the tensors that have an array."""
        have = self.current.get(key)
        if have is not None:
            return [t._dtype for t in have]
        for op in region.ops:
            if key in keys_of(op):
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
            made = Made(COUNTER, name, source, [], [], {}, [dtypes.int64._as_ref])
            self.counters[name] = made.outputs[0]
            self.ops.append(made)
            self.origins[made] = []
        return self.counters[name]


def _is_raised(op):
    return op._def.name == "Region" and op.attrs["_region"].raised


def _passes(op):
    return op._def.name in SWITCHES


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
    touches = {op: [*have, *((key, True) for key in keys_of(op))] for op, have in Classes(ops, fed).touches.items()}
    touches = {op: have for op, have in touches.items() if op._def.name not in PASSING or reads(op)}
    items, guards = tree(root.items, touches)
    for tensor in wanted:
        refuse(tensor in guards, f"{tensor.name}, of one branch, is asked for")
        refuse(tensor.op._def.name in ARRAYS and is_array_handle(tensor), f"the handle {tensor.name} is asked for")
    regions = {
        id(i): Region(i, fed)
        for i in items
        if isinstance(i, (Cond, Loop)) or (i._def.control and i._def.name not in SWITCHES) or is_assert(i)
    }
    return _raised(items, regions, fed, store)


def _raised(items, regions, fed, store):
    """The `Regions`, with as many of them raised as can be."""
    while True:
        _host_together(regions.values())
        flows = [r for r in regions.values() if not is_assert(r.item)]
        pays = any(r.raised for r in flows) or _pays_beside(items, regions)
        refuse(not pays, "; ".join({r.why: 1 for r in flows if r.why}))
        for region in regions.values():
            leaks = isinstance(region.item, Cond) and region.item.out and not region.raised
            refuse(leaks, f"a value of a branch is used outside of it, and {region.why}")
        made = Regions(items, regions, store)
        classes = made.settle(fed)
        raised = [op for op in made.ops if _is_raised(op)]
        left = [op for op in raised if op not in classes.compiled]
        asserts = [op for op in raised if is_assert(op.attrs["_region"].item) and not classes.can_know(op._inputs[0])]
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


def _pays_beside(items, regions):
    """Whether compiling what is in no region pays, where the executor has all regions: a step is cut into many then."""
    return arithmetic([i for i in items if isinstance(i, Operation) and id(i) not in regions]) > _MUCH


def _host_together(regions):
    """Arrays are on one side: if one region is the executor's, so is each that touches the same arrays."""
    while True:
        why = {k if k is None else base_of(k): r.why for r in regions if not r.raised for k in r.keys}
        more = [(r, base_of(k)) for r in regions if r.raised for k in r.keys if None in why or base_of(k) in why]
        if not more:
            return
        for region, key in more:
            region.lower(why.get(key, why.get(None)))
