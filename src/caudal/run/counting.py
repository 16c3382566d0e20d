"""Counts the iterations of a step's loops before the step is run, where compiling it takes that: see turns.py for what is run."""

import copy

import numpy as np

from ..backend import compiled
from .classify import is_variable_op
from .compiled_step import begin
from .interpret import state_key
from .lowering import Traced, lower_nodes
from .packing import whole
from .regions import turns_of
from .rows import Uncounted, demand
from .specialise import Specialised
from .turns import Turns, bucket, loops_in, writes

__all__ = ["Counts", "with_turns"]

_MANY = 1 << 20  # iterations: more than that are not counted to their end
_NEVER = np.iinfo(np.int32).max
_MOST = 100  # counters that are kept


class Counts:
    """The loops of a step that are to be counted, in order.

    Args:
      step: the `RaisedStep`.
    """

    def __init__(self, step):
        self.step, self.exact, self.counters = step, {}, {}
        regions = [op for op in step.ops if op._def.name == "Region"]
        self.place = {loop: (op, k) for op in regions for k, loop in enumerate(loops_in(op.attrs["_region"].item))}

    def note(self, error, before=None):
        """Has the loop of an `Uncounted` counted, or exactly so; `before`: what to count after it.

        Raises:
          Unraisable: it is counted already.
        """
        have = self.exact.get(error.loop)
        demand(have is None or (error.exact and not have), str(error))
        order = [loop for loop in self.exact if loop is not error.loop]
        at = order.index(before) if before is not None else len(order) if have is None else list(self.exact).index(error.loop)
        order.insert(at, error.loop)
        self.exact = {loop: self.exact.get(loop, False) for loop in order}
        self.exact[error.loop] = error.exact

    def turns(self, key, values, inputs):
        """((op, loop's number, its `Turns`) of each loop that is counted).

        Raises:
          Unraisable: one of them can't be.
        """
        while True:
            found = []
            try:
                for loop in self.exact:
                    at = loop
                    found.append((*self.place[loop], self._turns(loop, key, tuple(found), values, inputs)))
                return tuple(found)
            except Uncounted as error:
                self.note(error, before=at)

    def _turns(self, loop, key, found, values, inputs):
        mark = (loop, *key, *found)
        counter = self.counters.get(mark)
        if counter is None:
            if len(self.counters) >= _MOST:
                self.counters.pop(next(iter(self.counters)))
            counter = self.counters[mark] = _Counter(self.step, *self.place[loop], found, self.step.given(values), key[1])
        fewest, most = counter.run(inputs, self.step.store.values)
        demand(most < _MANY, "a loop of very many iterations")
        fewest = min(fewest, most)
        demand(fewest == most or not self.exact[loop], "a loop whose number of iterations changes while it is needed")
        return Turns(most, True) if self.exact[loop] else Turns(bucket(most), False)


class _Counter:
    """What counts one loop, compiled for inputs of certain shapes."""

    def __init__(self, step, op, k, found, known, dims):
        asked = turns_of(op, k)
        ops = with_turns(step.ops, found)
        ops = [*_needed(ops[: step.ops.index(op)], asked), with_turns([asked], _told(found, op, asked))[0]]
        special = Specialised(ops, step.inputs, dims, known, asked.outputs)
        self.nodes = [node for node in special.nodes if not is_variable_op(node)]
        self.params = special.inputs
        self.out = special.env[asked.outputs[0]]
        cells = {t.op._name: t.op for node in self.nodes for t in node._inputs if is_variable_op(t.op)}
        cells |= {node._name: node for node in self.nodes if "state" in node._def.lower_wants}
        self.numbers = {name: number for number, name in enumerate(cells)}
        self.keys = [state_key(op) for op in cells.values()]
        self.states = {state_key(op): op for op in cells.values()}
        self.call = compiled.jit(self._count, donate=(), small=True, loops=True)

    def _count(self, inputs, state):
        traced = Traced({k: value for k, value in enumerate(state) if value is not None})
        env = dict(zip(map(id, self.params), inputs, strict=True))
        lower_nodes(self.nodes, env, traced, self.numbers)
        return env[id(self.out)]

    def run(self, inputs, have):
        """(the fewest, the most iterations)."""
        begin(self.states, have)
        return np.asarray(self.call(inputs, [whole(have.get(key)) for key in self.keys])).tolist()


def _needed(ops, asked):
    """Those of some ops that another one needs, and what changes variables."""
    used, kept = set(asked._inputs), []
    for op in reversed(ops):
        inner = op.attrs["_region"].ops if op._def.name == "Region" else [op]
        if any(t in used for t in op.outputs) or (not is_variable_op(op) and any(map(writes, inner))):
            kept.append(op)
            used.update(op._inputs)
    return kept[::-1]


def _told(found, op, asked):
    return tuple((asked if one is op else one, k, turns) for one, k, turns in found)


def with_turns(ops, found):
    """Ops with notes, at regions, of how often their loops run."""
    told = {}
    for op, k, turns in found:
        told.setdefault(op, []).append((k, turns))
    return [_noted(op, tuple(told[op])) if op in told else op for op in ops]


def _noted(op, turns):
    made = copy.copy(op)
    made.attrs = {**op.attrs, "turns": turns}
    return made
