"""Finds out before a step is run how often its loops run, and that no index or Assert fails, where compiling it takes that.

See turns.py for what is run to find out. A compiled step can't raise: where something fails, the executor has the run.
"""

import copy
import functools

from ..backend import compiled, device, kept
from .classify import is_variable_op
from .compiled_step import begin
from .interpret import state_key
from .lowering import Traced, lower_nodes
from .packing import whole
from .raised_arrays import ARRAYS
from .region_ops import question
from .rows import Left, Uncounted, demand
from .segments import Segment, literal
from .specialise import Specialised
from .turns import Turns, askable, bucket, writes

__all__ = ["Counts", "told"]

_MANY = 1 << 20  # iterations: more than that are not counted to their end
_MOST = 100  # programs that are kept


class Counts:
    """What is to be found out before each run of a step, in order.

    Args:
      step: the `RaisedStep`.
    """

    def __init__(self, step):
        self.step, self.exact, self.counters = step, {}, {}
        regions = [op for op in step.ops if op._def.name == "Region"]
        self.place = {one: (op, k) for op in regions for k, one in enumerate(askable(op.attrs["_region"].item))}

    def note(self, error, before=None):
        """Has found out, from now on, what an `Uncounted` asks for; `before`: what to find out after it.

        Raises:
          Unraisable: it is found out already.
        """
        have = self.exact.get(error.op)
        demand(error.op in self.place and (have is None or (error.exact and not have)), str(error))
        order = list(self.exact)
        if have is None:
            order.insert(len(order) if before is None else order.index(before), error.op)
        self.exact = {op: error.exact if op is error.op else self.exact[op] for op in order}

    def found(self, key, given, inputs):
        """((region, number of the op in it, what was found) for each).

        Raises:
          Unraisable: something can't be found out.
          Left: something would be wrong in this run.
        """
        while True:
            found = []
            try:
                for op in self.exact:
                    found.append((*self.place[op], self._find(op, key, tuple(found), given, inputs)))
                return tuple(found)
            except Uncounted as error:
                self.note(error, before=list(self.exact)[len(found)])

    def _find(self, op, key, found, given, inputs):
        mark = (op, *key, *found)
        counter = self.counters.get(mark)
        if counter is None:
            if len(self.counters) >= _MOST:
                self.counters.pop(next(iter(self.counters)))
            counter = self.counters[mark] = _Counter(self.step, *self.place[op], found, given, key[1])
        least, most = counter.run(inputs, self.step.store.values)
        if op._def.name in ARRAYS or op._def.name == "Assert":
            if least == 0:
                raise Left("an index beyond an array, or an Assert that fails")
            return True
        return self._turns(op, min(least, max(most, 0)), max(most, 0))

    def _turns(self, op, fewest, most):
        demand(most < _MANY, "a loop of very many iterations")
        demand(fewest == most or not self.exact[op], "a loop whose number of iterations changes while it is needed")
        return Turns(most, True) if self.exact[op] else Turns(bucket(most), False)


class _Counter:
    """What finds one thing out, compiled for inputs of certain shapes."""

    def __init__(self, step, op, k, found, known, dims):
        asked = question(op, k)
        ops = told(step.ops, found)
        ops = [*_needed(ops[: step.ops.index(op)], asked), *told([asked], [(asked, *rest) for one, *rest in found if one is op])]
        special = Specialised(ops, step.inputs, dims, known, asked.outputs)
        self.nodes = [node for node in special.nodes if not is_variable_op(node)]
        self.params = special.inputs
        self.out = special.env[asked.outputs[0]]
        self.states = {state_key(t.op): t.op for node in self.nodes for t in node._inputs if is_variable_op(t.op)}
        self.states |= {state_key(node): node for node in self.nodes if "state" in node._def.lower_wants}
        self.keys = list(self.states)
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.programs = {}  # the shapes of the state -> program
        part = Segment(self.nodes, is_variable_op)
        places = {id(t): k for k, t in enumerate(self.params)}
        taken = tuple(places[id(t)] if id(t) in places else literal(t) for t in part.params)  # a constant is part of the program
        order = taken, tuple(self.numbers[state_key(op)] for op in part.cells)
        self.code = part.code, order, part.place[id(self.out)]

    def _count(self, inputs, state):
        traced = Traced({k: value for k, value in enumerate(state) if value is not None})
        env = dict(zip(map(id, self.params), inputs, strict=True))
        lower_nodes(self.nodes, env, traced, self.numbers)
        return env[id(self.out)]

    def run(self, inputs, have):
        """(the least, the most)."""
        begin(self.states, have)
        state = [whole(have.get(key)) for key in self.keys]
        specs = tuple(None if x is None else device.spec(x) for x in state)
        program = self.programs.get(specs)
        if program is None:
            asked = [device.spec(x) for x in inputs], specs
            name = kept.name("count", self.code, tuple(asked[0]), specs)
            make = functools.partial(compiled.program, self._count, asked, small=True, loops=True)
            program = self.programs[specs] = kept.program(name, make)
        (found,) = program([*inputs, *(x for x in state if x is not None)])
        return device.host(found).tolist()


def _needed(ops, asked):
    """Those of some ops that another one needs, and what changes variables."""
    used, kept = set(asked._inputs), []
    for op in reversed(ops):
        inner = op.attrs["_region"].ops if op._def.name == "Region" else [op]
        if any(t in used for t in op.outputs) or (not is_variable_op(op) and any(map(writes, inner))):
            kept.append(op)
            used.update(op._inputs)
    return kept[::-1]


def told(ops, found):
    """Ops with notes, at regions, of what was found out of them."""
    notes = {}
    for op, *rest in found:
        notes.setdefault(op, []).append(tuple(rest))
    return [_noted(op, tuple(notes[op])) if op in notes else op for op in ops]


def _noted(op, notes):
    made = copy.copy(op)
    made.attrs = {**op.attrs, "told": notes}
    return made
