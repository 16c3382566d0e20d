"""A plan: what one kind of run does, found once for its fetches and feeds, and run many times."""

import functools
import itertools

from ..ground.errors import InvalidArgumentError
from ..ground.garbage import put_off
from .classify import Classes, is_shape, is_variable_op, worth_compiling
from .compiled_step import CompiledStep
from .flow import DEAD, Flow, has_flow
from .interpret import Interpreted, state_key
from .late_reads import with_late_reads
from .prune import prune
from .raised_step import RaisedStep
from .regions import refuse, regions_of
from .store import Cell
from .tree import Tangled

__all__ = ["Plan"]

_PASSES = 8  # over the ops of a plan, to bring those together that belong together


class Plan:
    """The steps of a run.

    Args:
      store: the session's.
      tensors: to be fetched.
      targets: operations to be run.
      fed: tensors that will be given, in order.
      done: ops that ran already, in an earlier part of the same run.
      kept: tensors whose values are wanted beside, for later parts.
    """

    @put_off()
    def __init__(self, store, tensors, targets, fed, done=frozenset(), kept=()):
        given = set(fed)
        late = {t: variable_of(t) for t in tensors if t not in given and variable_of(t) is not None}
        roots = [t.op for t in tensors if t not in given and t not in late] + list(targets)
        self.ops = with_late_reads(prune(roots, given, done), given)
        self.slots = {t: k for k, t in enumerate(fed)}
        self.steps = _steps(self.ops, self.slots, given, {*(t for t in tensors if t not in late), *kept}, store)
        for tensor in late:
            self.slots.setdefault(tensor, len(self.slots))
        self.size = len(self.slots)
        self.late = [(self.slots[t], Cell(store, state_key(op), op)) for t, op in late.items()]
        self.tensors, self.outs = tensors, [self.slots[t] for t in tensors]

    def run(self, feeds):
        """The values of the fetched tensors; a fetched variable is read at the end."""
        return self.fetched(self.values(feeds))

    def values(self, feeds):
        """Runs the steps; gives all values by slot."""
        values = feeds + [None] * (self.size - len(feeds))
        for step in self.steps:
            step.run(values)
        for slot, cell in self.late:
            cell.read()
            values[slot] = cell
        return values

    def left(self):
        """Why some of it, in all runs or in runs like some that were made, is run op by op though it holds control flow."""
        flows = [step.why for step in self.steps if isinstance(step, Flow)]
        return flows + [why for step in self.steps if isinstance(step, RaisedStep) for why in step.refused.values()]

    def fetched(self, values):
        """The values of the fetched tensors among those by slot."""
        out = [values[slot] for slot in self.outs]
        for k, value in enumerate(out):
            if value is DEAD:
                raise InvalidArgumentError(None, self.tensors[k].op, f"Retval[{k}] does not have value")
        return out


def variable_of(tensor):
    """The variable whose value a fetch of `tensor` means, as it is after the run; None for all other tensors."""
    op = tensor.op
    if op._def.name == "Identity" and not op._controls and op._inputs[0]._dtype._is_ref_dtype:
        op = op._inputs[0].op
    return op if op._def.name in ("VariableV2", "Variable") else None


def _steps(ops, slots, given, wanted, store):
    """The ops as compiled and interpreted steps, in order."""
    if has_flow(ops):
        return _with_flow(ops, slots, given, wanted, store)
    return _cut(ops, slots, given, wanted, store, worth_compiling(ops), CompiledStep)


def _with_flow(ops, slots, given, wanted, store):
    """The steps of ops with control flow among them: compiled if they can be and it pays, else one of the executor."""
    try:
        return _raised(ops, slots, given, wanted, store)
    except Tangled as error:
        touches = Classes(ops, given).touches
        writes = any(writes for op in ops for _, writes in touches[op])
        return [Flow(ops, slots, given, store, writes and not any(op._def.host for op in ops), why=str(error))]


def _raised(ops, slots, given, wanted, store):
    regions = regions_of(ops, given, wanted, store)
    new = set(map(regions.now, wanted))
    make = functools.partial(RaisedStep, regions=regions)
    steps = _cut(regions.ops, slots, given, new, store, True, make, regions.together)
    for tensor in (t for step in steps if isinstance(step, RaisedStep) for t in step.inputs):
        refuse(tensor in regions.arrays, f"the TensorArray or stack {tensor.op._name} would be passed between steps")
    slots.update({t: slots[regions.now(t)] for t in wanted})
    return steps


def _cut(ops, slots, given, wanted, store, compiling, step, together=()):
    """The ops as steps; `step` makes compiled ones; ops of each of `together` are best in one."""
    classes = Classes(ops, given)
    compiled = classes.compiled if compiling else set()
    ops = _useful(ops, wanted) if compiling else ops
    parts = _parts(ops, classes, compiled, together)
    if not any(part[0] in compiled for part in parts):
        compiled = set()
    out = []
    used_later = set(wanted)
    needs = []
    parts = [(_with_known(part, given) if part[0] in compiled else part, part[0] in compiled) for part in parts]
    for part, _ in reversed(parts):
        needs.append(set(used_later))
        used_later |= {t for op in part for t in op._inputs}
    for (part, takes), need in zip(parts, reversed(needs), strict=True):
        whole = _with_variables(part)
        if takes:
            out.append(step(whole, slots, given, need, classes.known_feeds, store))
        else:
            writes = any(writes for op in part for _, writes in classes.touches[op])
            out.append(Interpreted(whole, slots, given, store, writes and not any(op._def.host for op in part)))
    return out


def _useful(ops, wanted):
    """Without ops that are only waited for: nobody uses what they give, and whoever compiles doesn't ask whether they fail."""
    used, kept = set(wanted), []
    for op in reversed(ops):
        idle = op._def.pure and not op._def.host and op.outputs and not op._controls
        if not idle or shared(op) or any(t in used for t in op.outputs):
            kept.append(op)
            used.update(op._inputs)
    return kept[::-1]


def _with_variables(part):
    """The ops of a step, with the variables and constants that they take before them."""
    inside = set(part)
    extra = {t.op for op in part for t in op._inputs if shared(t.op) and t.op not in inside}
    return sorted(extra, key=lambda op: op._id) + part if extra else part


def _with_known(part, given):
    """The ops of a compiled step, with the earlier ones that make what the compiler must know: they fold away."""
    inside, seen, extra = set(part), set(), []
    todo = [op._inputs[k] for op in part for k in op._def.static if k < len(op._inputs)]
    while todo:
        tensor = todo.pop()
        op = tensor.op
        if tensor in given or op in seen or shared(op):
            continue
        seen.add(op)
        if op not in inside:
            extra.append(op)
        if not is_shape(op):
            todo += op._inputs
    return sorted(extra, key=lambda op: op._id) + part


def shared(op):
    """Whether an op costs nothing, and so stands in every step that takes it."""
    return is_variable_op(op) or op._def.name == "Const"


def _parts(ops, classes, compiled, together=()):
    """Groups of ops that are one step each: as few as the order among them allows, those of each of `together` in one if it does."""
    level, floors = {}, {}
    for _ in range(_PASSES):
        level = _later(ops, classes, compiled, _levels(ops, classes, compiled, floors), floors)
        floors = {op: max(level[one] for one in group) for group in together for op in group}
        if all(level[op] == floor for op, floor in floors.items()):
            break
    by_level = {}
    for op in ops:
        if op in level:
            by_level.setdefault(level[op], []).append(op)
    alone = [op for op in ops if shared(op)]
    parts = []
    for k in sorted(by_level):
        parts += [list(g) for _, g in itertools.groupby(by_level[k], key=lambda op: op._def.host)] if k % 2 else [by_level[k]]
    return _place(alone, parts)


def _before(op):
    """The ops that an op waits for; in the place of one that stands in every step, those that that one waits for."""
    found = [t.op for t in op._inputs] + op._controls
    for one in found:
        if one._controls and shared(one):
            found += one._controls
    return found


def _levels(ops, classes, compiled, floors):
    """For each op a level: even for compiled ones, odd for the others, no lower than those of the ops before it, or its floor."""
    level = {}
    last = {}  # state key -> (its last writer's level, the highest level that read it since)
    inside = set(ops)
    for op in ops:
        if shared(op):
            continue
        odd = 0 if op in compiled else 1
        least = max(odd, floors.get(op, odd))
        for before in _before(op):
            if before in inside and before in level:
                least = max(least, level[before] + ((level[before] ^ odd) & 1))
        for key, writes in classes.touches[op]:
            wrote, read = last.get(key, (0, 0))
            behind = max(wrote, read) if writes else wrote
            least = max(least, behind + ((behind ^ odd) & 1))
        level[op] = least
        for key, writes in classes.touches[op]:
            wrote, read = last.get(key, (0, 0))
            last[key] = (least, 0) if writes else (wrote, max(read, least))
    return level


def _later(ops, classes, compiled, level, floors):
    """The levels, with each compiled op as high as those that come after it allow: what waits for nothing then waits for the
    last step that it may be a part of, which passes less from step to step. Ops that have a floor stay."""
    out = dict(level)
    most = {}  # op -> the highest level that it may have
    behind = {}  # state key -> (the lowest level that touches it later, the lowest that writes it later)
    top = max(level.values(), default=0)
    for op in reversed(ops):
        if op not in level:
            continue
        bounds = [most.get(op, top)]
        for key, writes in classes.touches[op]:
            touched, written = behind.get(key, (top, top))
            bounds.append(touched if writes else written)
        if op in compiled and op not in floors:
            highest = min(bounds)
            out[op] = max(level[op], highest - (highest & 1))
        for before in _before(op):
            most[before] = min(most.get(before, top), out[op])
        for key, writes in classes.touches[op]:
            touched, written = behind.get(key, (top, top))
            behind[key] = (min(touched, out[op]), min(written, out[op]) if writes else written)
    return out


def _place(alone, parts):
    """Puts the shared ops that are asked for themselves (as targets or fetches) into the first step."""
    used = {t.op for part in parts for op in part for t in op._inputs}
    rest = [op for op in alone if op not in used]
    return ([rest] if rest else []) + parts
