"""A step that XLA runs: ops specialised for the shapes of a run, cut into segments, each compiled once."""

import contextlib
import functools
import itertools
import operator
import threading

import numpy as np

from ..backend import compiled, device, kept, native, precision
from ..ground import source
from ..ground.errors import ResourceExhaustedError, advise
from ..ground.garbage import put_off
from .classify import arithmetic, convolves, has_loops, is_tiny, is_variable_op
from .decisive import Decisive
from .fusions import LATE, fuse
from .interpret import Interpreted, of_xla, state_key
from .lowering import Traced, lower_nodes, plain
from .packing import Layout, on_host, pack_of, put, whole
from .pointwise import join
from .programs import Programs
from .rewrite import merge_sums, share_reads, split_in_pieces
from .rollup import roll_up
from .segments import Segment, cut
from .specialise import Specialised
from .squares import join_squares
from .updates import join_updates

__all__ = ["CompiledStep", "begin"]


_SHORT = 150  # nodes, and variables beside them
_SMALL = 1_000_000  # additions and multiplications: a step with fewer gains nothing from a second thread


class CompiledStep:
    """Ops that XLA runs.

    Args:
      ops: in order, with the variables and constants that they take.
      slots: tensor -> its place in the list of values; tensors that are needed later are given one.
      fed: tensors that are given to the run.
      wanted: tensors that later steps or the fetches need.
      known: tensors from outside whose values the compiler must know.
      store: the session's.
    """

    def __init__(self, ops, slots, fed, wanted, known, store):
        self.ops, self.store = ops, store
        made = {t for op in ops for t in op.outputs if t not in fed}
        outside = dict.fromkeys(t for op in ops for t in op._inputs if t not in made)
        self.decisive = Decisive(ops, {t for t in outside if t in known}, store)
        self.known = [t for t in outside if t in self.decisive.feeds]
        self.inputs = [t for t in outside if t not in self.decisive.feeds]
        self.outputs = [t for op in ops for t in op.outputs if t in wanted and t in made]
        for tensor in self.outputs:
            slots.setdefault(tensor, len(slots))
        self.in_slots = [slots[t] for t in self.inputs]
        self.known_slots = [slots[t] for t in self.known]
        self.source_slots = [slots[t] for t in self.decisive.sources]
        self.out_slots = [slots[t] for t in self.outputs]
        self.states = {state_key(op): op for op in ops if "state" in op._def.lower_wants}
        self.programs = Programs(self.inputs, [*self.known, *self.decisive.made])
        self.apart = None

    def run(self, values):
        """Runs the step on the values by slot."""
        store, inputs = self.store, [plain(values[k]) for k in self.in_slots]
        given = self.given(values)
        known = tuple(map(_frozen, given.values()))
        key = (known, tuple(map(device.shape, inputs)))
        with store.turn:
            program = self._program(key, given, inputs)
            outs = None if program is None else program.run(inputs, store.values)
        if outs is None:
            self.run_apart(values)
            return
        for slot, value in zip(self.out_slots, outs, strict=True):
            values[slot] = value

    def _program(self, key, given, inputs):
        """The program for a run; None if it is to be made op by op."""
        if self.programs.waits(key):
            return None
        found = self.beside(key, given, inputs)
        mark = (*key, found) if found else key
        program = self.programs.get(mark)
        if program is None and not (found and self.programs.waits(mark)):
            program = self.programs.add(mark, _Program(self, given, key[1], self.ops_with(found)))
        return program

    def run_apart(self, values):
        """Runs the step op by op."""
        if self.apart is None:
            self.apart = self._apart()
        runner, taken, given, size = self.apart
        inner = [values[k] for k in taken] + [None] * (size - len(taken))
        runner.run(inner)
        for k, outer in given:
            values[outer] = inner[k]

    def _apart(self):
        """(what runs the ops one by one, the slots of what it takes, (its slot, the step's) of what it gives, how many slots it has)."""
        slots = {t: k for k, t in enumerate([*self.inputs, *self.known])}
        runner = Interpreted(self.ops, slots, {*slots}, self.store, takes_turn=True)
        return self._runner(runner, slots, self.outputs)

    def _runner(self, runner, slots, outs):
        given = [(slots[t], k) for t, k in zip(outs, self.out_slots, strict=True)]
        return runner, [*self.in_slots, *self.known_slots], given, len(slots)

    def given(self, values):
        """The values that the compiler must know, by tensor."""
        if not self.known and not self.decisive.made:
            return {}
        made = self.decisive.run([on_host(values[k]) for k in self.source_slots])
        known = [on_host(values[k]) for k in self.known_slots]
        return dict(zip([*self.known, *self.decisive.made], [*known, *made], strict=True))

    def beside(self, key, given, inputs):
        """What else the compiler must know of a run: nothing."""
        return ()

    def ops_with(self, found):
        """The ops, for what `beside` gives."""
        return self.ops


def begin(states, have):
    """Sees to it that states, key -> op, have their first values, on the device."""
    for key, op in states.items():
        value = have.get(key)
        if value is None and op._def.begin is not None:
            value = op._def.begin(op)
        if type(value) is np.ndarray:
            have[key] = device.put(value)


class _Program:
    """A step for inputs of certain shapes: its segments, and where each takes its arguments from."""

    @put_off()
    def __init__(self, step, known, dims, ops):
        self.states = step.states
        special = Specialised(ops, step.inputs, dims, known, step.outputs)
        wanted = [special.env[t] for t in step.outputs]
        kept = set(map(id, wanted))
        self.flops, self.convolves = arithmetic(special.nodes), convolves(special.nodes)
        nodes = merge_sums(share_reads([n for n in special.nodes if not is_variable_op(n)], kept), kept)
        with native.left_alone(is_tiny(nodes)):
            nodes = fuse(nodes, kept)
            nodes = join_squares(split_in_pieces(roll_up(nodes, kept)))
            nodes = join(join_updates(fuse(nodes, kept, LATE)), kept)
        parts = [Segment(part, is_variable_op) for part in cut(nodes)]
        slots = {id(t): k for k, t in enumerate(special.inputs)}
        self.constants = []
        for tensor in dict.fromkeys(t for part in parts for t in part.params):
            if tensor.op._def.name == "Const":
                slots[id(tensor)] = len(slots)
                self.constants.append(device.put(tensor.op.attrs["value"]))
        self.calls = []
        uses = _uses(parts, wanted)
        for part, used in zip(parts, uses, strict=True):
            self.calls.append(_Call(part, used, slots, len(parts) == 1, step.store.factors))
        self.size = len(slots)
        self.outs = [_output(t, slots) for t in wanted]

    def run(self, inputs, have):
        """The outputs, for inputs and the session's state; the state is changed."""
        begin(self.states, have)
        values = [*inputs, *self.constants]
        values += [None] * (self.size - len(values))
        for call in self.calls:
            call.run(values, have)
        return [values[k] if fixed is None else fixed(have) for k, fixed in self.outs]


def _output(tensor, slots):
    """Where an output of the step is found: a slot, a constant, or a variable's value at the end."""
    if id(tensor) in slots:
        return slots[id(tensor)], None
    if tensor.op._def.name == "Const":
        value = tensor.op.attrs["value"]
        return None, lambda have: value
    key = state_key(tensor.op)
    return None, lambda have: whole(have[key])


def _uses(parts, wanted):
    """For each segment: the places (node, output) whose values are used outside; equal segments give equal ones."""
    outside = {id(t) for t in wanted} | {id(t) for part in parts for t in part.params}
    by_code = {}
    for part in parts:
        places = {p for t, p in part.place.items() if t in outside and p[0] not in ("param", "cell")}
        by_code.setdefault(part.code, set()).update(places)
    return [sorted(by_code[part.code]) for part in parts]


class _Call:
    """One segment in its place: its arguments' slots, its variables' keys, its results' slots."""

    def __init__(self, part, used, slots, alone, factors):
        self.ins = [slots[id(t)] for t in part.params]
        self.keys = [state_key(op) for op in part.cells]
        self.moving = [k for k, op in zip(self.keys, part.cells, strict=True) if _may_change_shape(op)]
        self.part = part
        self.outs = []
        for k, i in used:
            tensor = part.nodes[k].outputs[i]
            self.outs.append(slots.setdefault(id(tensor), len(slots)))
        self.function = _function(part, tuple(used), factors)
        self.program, self.packed, self.alone = None, (), alone

    def run(self, values, have):
        """Runs the segment on values by slot."""
        inputs = [values[k] for k in self.ins]
        if self.program is None or self.program.there != self._there(have):
            self._choose(inputs, have)
        pack = pack_of(have, self.packed, self.program.layout) if self.packed else None
        variant, changed, kept_keys, written = self.apart if pack is None else self.together
        taken = [_own(whole(have[k])) for k in changed]
        taken = taken if pack is None else [pack.array, *taken]
        restore, keep = functools.partial(put, pack, have, changed), functools.partial(put, pack, have, written)
        try:
            outs = variant.run(inputs, taken, [whole(have[k]) for k in kept_keys], restore, keep)
        except (device.Failed, ValueError) as error:
            raise _failed(error, self.part) from error
        for k, value in zip(self.outs, outs, strict=True):
            values[k] = value

    def _there(self, have):
        """Which of the variables have values, and the shapes of those that may change."""
        there = [have.get(k) is not None for k in self.keys]
        shapes = [have[k] is not None and device.shape(whole(have[k])) for k in self.moving if k in have]
        return tuple(there), tuple(shapes)

    def _choose(self, inputs, have):
        """Takes the program for the variables that have values, and notes the keys of what it changes, keeps and writes."""
        state = [whole(have.get(k)) for k in self.keys]
        program = self.program = self.function.program(self._there(have), inputs, state, self.part)
        self.apart = (program.apart, *(self._named(part) for part in (program.changed, program.kept, program.written)))
        self.packed = ()
        if self.alone and program.layout is not None:
            numbers = program.layout.numbers
            self.packed = self._named(numbers)
            rest = ([k for k in part if k not in numbers] for part in (program.changed, program.kept, program.written))
            self.together = (program.together, *map(self._named, rest))

    def _named(self, numbers):
        return tuple([self.keys[k] for k in numbers])


def _may_change_shape(op):
    """Whether a variable's value may have another shape in a later run: its own isn't known, or it is assigned without a look at it."""
    if op._def.begin is not None:
        return False
    dims, variable = op.attrs["shape"], getattr(op, "source", op)
    return dims is None or None in dims or any(_assigned(one) is variable for one in variable.graph._unchecked_assigns())


def _assigned(op):
    """The variable that an op takes first, itself or through others that pass it on."""
    while not is_variable_op(op) and op._inputs:
        op = op._inputs[0].op
    return op


def _own(value):
    """A value whose buffer may be given away."""
    return value if device.is_array(value) else device.put(value)


def _failed(error, part):
    """The error of a segment that XLA could not run: there is no telling which of its nodes it was."""
    made = of_xla(error)
    first, last = part.nodes[0].source, part.nodes[-1].source
    made.add_note(f"  A compiled step of {len(part.nodes)} nodes, of which the first and the last are")
    for op in (first, last):
        made.add_note(f"    '{op._name}' ({op.type}), made at {source.show(op.place)}")
    return advise(made, _MEMORY if isinstance(made, ResourceExhaustedError) else None)


_MEMORY = "smaller batches, or a device with more memory"


_functions: dict[object, "_Function"] = {}  # one for all segments of one form, whatever graph or session they are of
_MOST = 2000
_lock = threading.Lock()


def _function(part, used, factors):
    key = (part.code, used, factors)
    with _lock:
        found = _functions.get(key)
        if found is None:
            if len(_functions) >= _MOST:
                _functions.pop(next(iter(_functions)))
            found = _functions[key] = _Function(*key)
    return found


class _Function:
    """What all segments of one form share: the code, compiled for each set of variables that have values, and of shapes."""

    def __init__(self, code, used, factors):
        self.code, self.used, self.factors, self.programs = code, used, factors, {}

    def trace(self, part, there, inputs, state):
        """Outputs, and the state that was written, for arrays that are tracers; errors name the nodes of `part`."""
        traced = Traced({k: v for k, v in zip(there, state, strict=True)})
        env = dict(zip(map(id, part.params), inputs, strict=True))
        numbers = {state_key(op): k for k, op in enumerate(part.cells)}
        with precision.using(self.factors):
            lower_nodes(part.nodes, env, traced, numbers)
        return [plain(env[id(part.nodes[k].outputs[i])]) for k, i in self.used], traced.written

    def program(self, there, inputs, state, part):
        """The compiled function, for which of the variables have values, and these arguments."""
        inputs, state = (tuple(None if x is None else device.spec(x) for x in part) for part in (inputs, state))
        found = self.programs.get((there, inputs, state))
        if found is None:
            found = self.programs[there, inputs, state] = _Compiled(self, part, there, inputs, state)
        return found


class _Compiled:
    """A function compiled for one set of variables that have values, and one set of shapes.

    Args:
      function: the `_Function`.
      part: a segment of its form.
      there: what `_Call._there` gives.
      inputs, state: specs of the arguments, and of the cells, None for those without a value.

    Attributes:
      changed, kept: numbers of the cells that it writes, and only reads; written: of all that it gives a value.
      layout: how small ones of `changed` are packed; None if they aren't.
      apart: takes `changed` one by one; together: takes the packed ones as one array before the others.
    """

    def __init__(self, function, part, there, inputs, state):
        self.there, self.inputs = there, inputs
        self.have = [k for k, one in enumerate(state) if one is not None]
        tiny = is_tiny(part.nodes)
        self.trace = functools.cache(functools.partial(self._trace, function, part, state, tiny))
        name = kept.name("step", function.code, function.used, function.factors, inputs, state, tiny)
        written = kept.note(name, lambda: [(k, x.shape, np.dtype(x.dtype).name) for k, x in self.trace()[1].items()])
        after = {k: device.Spec(shape, kind) for k, shape, kind in written}
        self.written = list(after)
        self.changed = [k for k in self.written if k in self.have]
        self.kept = [k for k in self.have if k not in self.written]
        self.layout = Layout.of({k: state[k] for k in self.have}, after)
        kind = {
            "small": arithmetic(part.nodes) < _SMALL,
            "loops": has_loops(part.nodes),
            "short": len(part.nodes) + len(part.cells) < _SHORT,
            "convolves": convolves(part.nodes),
            "tiny": tiny,
        }
        changed, unchanged = ([state[k] for k in numbers] for numbers in (self.changed, self.kept))
        outs = len(function.used)
        self.apart = _Variant(self._apart, (list(inputs), changed, unchanged), kind, outs, kept.part(name, "apart"))
        if self.layout is not None:
            self.packed = self.layout.numbers
            rest = [state[k] for k in self.changed if k not in self.packed]
            taken = [device.Spec([self.layout.size], np.float32), *rest]
            self.together = _Variant(self._together, (list(inputs), taken, unchanged), kind, outs, kept.part(name, "together"))

    def _trace(self, function, part, state, tiny):
        """(the function of inputs and state, traced, what it writes)."""
        made = {}

        def learn(inputs, state):
            outs, new = function.trace(part, self.have, inputs, state)
            made.update(new)
            return outs, list(new.values())

        return compiled.trace(learn, list(self.inputs), [state[k] for k in self.have], tiny=tiny), made

    def _apart(self, inputs, changed, unchanged):
        state = dict(zip([*self.changed, *self.kept], [*changed, *unchanged], strict=True))
        return self.trace()[0](inputs, [state[k] for k in self.have])

    def _together(self, inputs, changed, unchanged):
        rest = [k for k in self.changed if k not in self.packed]
        changed = [*compiled.scatter(changed[0], self.layout.shapes), *changed[1:]]
        state = dict(zip([*self.packed, *rest, *self.kept], [*changed, *unchanged], strict=True))
        outs, new = self.trace()[0](inputs, [state[k] for k in self.have])
        new = dict(zip(self.written, new, strict=True))
        return outs, [compiled.gather([new[k] for k in self.packed]), *(new[k] for k in self.written if k not in self.packed)]


class _Variant:
    """A function of (inputs, changed, unchanged) that gives (outputs, new values), compiled when it is first run.

    Args:
      function, specs, kind: what `compiled.program` takes.
      outputs: how many outputs it gives.
      name: what its program is kept under.

    Attributes:
      function, kind, outputs, name: as they were given.
      program: the function, compiled; the buffers of `changed` are given away; None before the first run.
      proved: whether it ran once to its end, so that memory suffices for it.
    """

    def __init__(self, function, specs, kind, outputs, name):
        self.function, self.specs, self.kind, self.outputs, self.name = function, specs, kind, outputs, name
        self.program, self.proved, self._new = None, False, operator.itemgetter(slice(outputs, None))

    def run(self, inputs, taken, unchanged, restore, keep):
        """Calls the function, and gives the outputs.

        Args:
          inputs, taken, unchanged: its arguments; `taken` are given away.
          restore: called with the values of `taken`, if it fails.
          keep: called with an iterator over the new values, which calls the function when it is asked for the first of them.
        """
        program = self.program or self.compiled()
        arrays = program.given([*inputs, *taken, *unchanged])
        calls = program.later(arrays) if self.proved else map(self._first, (arrays,), (taken,), (restore,))
        with device.room(program.beside) if program.beside > _MUCH else _ENOUGH:
            made, new = itertools.tee(calls)
            keep(itertools.chain.from_iterable(map(self._new, new)))
            return next(made)[: self.outputs]

    @put_off()
    def compiled(self):
        """The program."""
        if self.program is None:
            self.program = kept.program(self.name, lambda: compiled.program(self.function, self.specs, donate=(1,), **self.kind))
        return self.program

    def _first(self, arrays, taken, restore):
        """What the program gives, waited for: if it fails, `restore` is given what was taken."""
        saved = [np.array(device.host(value)) for value in taken]
        try:
            made = next(self.compiled().later(arrays))
            device.wait(made)
        except BaseException:
            restore(map(device.put, saved))
            raise
        self.proved = True
        return made


_MUCH = 1 << 26  # bytes: to see to a run's memory costs little beside a run that takes as many
_ENOUGH = contextlib.nullcontext()


def _frozen(value):
    """A hashable form of a value that the program depends on."""
    array = np.asarray(value)
    return array.shape, array.dtype.str, array.tobytes()
