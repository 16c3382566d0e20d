"""Many steps of one plan without a round trip for each: batches are rows of arrays that stay on the device.

A small plan's steps are one program, which runs in chunks. XLA gives what convolves other bits inside of a loop than alone, and such a step costs
far more than its call: there the plan's own program is called step after step. A plan with steps that aren't compiled takes its rows by NumPy.
"""

import functools
import weakref

import numpy as np

from ..backend import compiled, device, kept, repeats
from ..ground.errors import advise
from .classify import arithmetic, convolves, has_loops
from .compiled_step import CompiledStep
from .interpret import of_xla
from .packing import pack_of, put, whole

__all__ = ["Stepping"]

_CHUNK = 1000  # steps that one program makes before an interrupt is heard
_SMALL = 1_000_000  # additions and multiplications: steps that do more gain nothing from being one program
_BYTES = 1 << 26  # of fetches that are kept on the device

_loops = weakref.WeakKeyDictionary()  # a segment's variant -> {(which of its inputs are rows, all specs): its loop, compiled}


class Stepping:
    """A plan, and the arrays that its steps are given.

    Args:
      plan: as `Session.run` makes it.
      store: the session's.
      arrays: for each feed, in order, a NumPy array.
      batched: for each feed, whether a step takes rows of the array, or all of it.

    Raises:
      ValueError: an op of the plan works outside of the graph, as a queue does.
    """

    def __init__(self, plan, store, arrays, batched):
        outside = next((op for op in plan.ops if _is_outside(op)), None)
        if outside is not None:
            words = f"Operation {outside._name!r} ({outside.type}) works outside of the graph, so steps with it can't be made by one call."
            raise advise(ValueError(words), "leave it out of the fetches, or call session.run for each step")
        self.plan, self.store, self.batched = plan, store, batched
        self.compiled = all(isinstance(step, CompiledStep) for step in plan.steps)
        self.arrays, self.takes = [device.put(a) for a in arrays] if self.compiled else arrays, {}

    def run(self, rows, every):
        """Makes the steps; gives, for each `every`-th of them, the list of what the plan fetches.

        Args:
          rows: int32 `[steps, batch]`.
          every: of how many steps the last one's fetches are wanted.
        """
        out, k, loop = [], 0, None
        try:
            while k < len(rows):
                loop = loop or self._loop(every, rows.shape[1])
                n, each = self._next(k, len(rows), every, loop)
                piece = rows[k : k + n]
                values = loop.run(piece, each) if loop else self._apart(piece, each)
                k += n
                out += values if k % every == 0 else []
        except device.Failed as error:
            raise of_xla(error) from error
        return out

    def _next(self, k, steps, every, loop):
        """(how many steps are made at once from the k-th on, of how many each the fetches are asked for)."""
        whole_ones = min(steps - k, loop.most if loop else every) // every * every
        if loop and whole_ones and k % every == 0:
            return whole_ones, every
        n = min(every - k % every, steps - k, loop.most if loop else 1)
        return n, n

    def _apart(self, rows, every):
        """Calls the plan's steps for each step."""
        out = []
        for k, index in enumerate(rows):
            values = self._feeds(index)
            values += [None] * (self.plan.size - len(values))
            for step in self.plan.steps:
                step.run(values)
            if (k + 1) % every == 0:
                out.append(self._fetched(values))
        return out

    def _feeds(self, index):
        """The values of a step's feeds."""
        rowwise = [a for a, batched in zip(self.arrays, self.batched, strict=True) if batched]
        taken = iter(self._rows(rowwise, index) if self.compiled else [a[index] for a in rowwise])
        return [next(taken) if batched else a for a, batched in zip(self.arrays, self.batched, strict=True)]

    def _rows(self, arrays, index):
        """Those rows of each of the device's arrays."""
        take = self.takes.get(len(index))
        if take is None:
            specs = [device.spec(a) for a in arrays], device.spec(index)
            name = kept.name("rows", tuple(specs[0]), specs[1])
            take = self.takes[len(index)] = kept.program(name, lambda: compiled.program(repeats.rows_of, specs))
        return take([*arrays, index])

    def _fetched(self, values):
        """What the plan fetches: variables as they are now."""
        for slot, cell in self.plan.late:
            values[slot] = cell.read()
        return [np.array(device.host(v)) if device.is_array(v) else v for v in self.plan.fetched(values)]

    def _loop(self, every, batch):
        """The steps as one program; None if they may not be that, or the plan hasn't run yet."""
        step = self.plan.steps[0] if len(self.plan.steps) == 1 else None
        if type(step) is not CompiledStep or step.known or step.decisive.made or self.plan.late:
            return None
        inputs = [(self.arrays[k], self.batched[k]) for k in step.in_slots]
        dims = tuple((batch, *a.shape[1:]) if batched else a.shape for a, batched in inputs)
        program = step.programs.get(((), dims))
        if program is None or len(program.calls) != 1 or not _is_small(program.calls[0].part.nodes):
            return None
        made = {slot: k for k, slot in enumerate(program.calls[0].outs)}
        slots = dict(zip(step.out_slots, [slot for slot, _ in program.outs], strict=True))
        wanted = [made.get(slots.get(slot)) for slot in self.plan.outs]
        return None if None in wanted else _Loop(self.store, program, inputs, wanted, every, batch)


_CHECKS = frozenset({"Assert", "CheckNumerics"})


def _is_outside(op):
    """Whether an op takes from, gives to or waits for what is neither a feed nor a variable: a queue, a file, a Python function."""
    definition = op._def
    return definition.host and not definition.pure and definition.begin is None and definition.name not in _CHECKS


def _is_small(nodes):
    return arithmetic(nodes) < _SMALL and not convolves(nodes) and not has_loops(nodes)


class _Loop:
    """The steps of a program of one segment, as one program.

    Args:
      store: the session's.
      program: the step's, for inputs of such shapes; it ran before, so all of its variables have values.
      inputs: (array, whether a step takes rows of it) of each of the step's inputs.
      wanted: which of the segment's outputs are fetched.
      every: of how many steps the last one's fetches will be asked for; batch: rows of a step.

    Attributes:
      most: how many steps it makes at once.
    """

    def __init__(self, store, program, inputs, wanted, every, batch):
        self.store, self.call, self.wanted = store, program.calls[0], wanted
        values = [*inputs, *((constant, False) for constant in program.constants)]
        self.inputs, self.batched = zip(*(values[k] for k in self.call.ins), strict=True)
        variant, *_ = self._variant()
        self.outs = variant.compiled().gives[: variant.outputs]
        size = sum(x.dtype.itemsize * x.size for x in self.outs)
        self.times = max(1, min(_CHUNK // every, _BYTES // max(1, size)))
        self.most = self.times * every if every <= _CHUNK else _CHUNK

    def run(self, rows, every):
        """Makes the steps; the fetches of each `every`-th. The variables change when all are made."""
        times = len(rows) // every
        counts = np.array(times), np.array(every)
        rows = np.concatenate([rows, np.zeros((_CHUNK - len(rows), rows.shape[1]), rows.dtype)])
        blank = [np.zeros((self.times, *x.shape), x.dtype) for x in self.outs]
        with self.store.turn:
            variant, pack, state, written, unchanged = self._variant()
            looped = _looped(variant, self.batched, (self.inputs, rows, state, unchanged, *counts, blank))
            results = looped([*self.inputs, rows, *state, *unchanged, *counts, *blank])
            made = [np.array(device.host(x)) for x in results[len(state) :]]  # waits
            self._keep(pack, written, results[: len(state)])
        return [[made[k][i] for k in self.wanted] for i in range(times)]

    def _variant(self):
        """The segment's variant for what the store holds, the pack of small variables, what a step changes and keeps."""
        call, have = self.call, self.store.values
        pack = pack_of(have, call.packed, call.program.layout) if call.packed else None
        variant, changed, unchanged, written = call.apart if pack is None else call.together
        state = [] if pack is None else [pack.array]
        return variant, pack, [*state, *(whole(have[k]) for k in changed)], written, [whole(have[k]) for k in unchanged]

    def _keep(self, pack, written, new):
        """Puts the variables' values into the store."""
        put(pack, self.store.values, written, new)


def _looped(variant, batched, args):
    """A variant's loop for arguments, arrays and lists of arrays, compiled when it is first run."""
    specs = tuple(tuple(map(device.spec, x)) if isinstance(x, (list, tuple)) else device.spec(x) for x in args)
    found = _loops.setdefault(variant, {})
    if (batched, specs) not in found:
        name = kept.name("loop", variant.name, batched, specs) if variant.name else None
        found[batched, specs] = kept.program(name, functools.partial(_repeated, variant, batched, specs))
    return found[batched, specs]


def _repeated(variant, batched, specs):
    return compiled.program(repeats.repeated(variant.function, batched), tuple(map(_listed, specs)), **variant.kind)


def _listed(specs):
    """Specs as `repeats` takes arrays: lists of them, not tuples."""
    return list(specs) if type(specs) is tuple else specs
