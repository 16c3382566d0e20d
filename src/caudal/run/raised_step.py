"""A compiled step that holds regions; where these cannot be compiled for the shapes of a run, the executor runs the step."""

import numpy as np

from .compiled_step import CompiledStep
from .counting import Counts, with_turns
from .flow import Flow
from .interpret import state_key
from .rows import Uncounted, Unraisable

__all__ = ["RaisedStep"]


class RaisedStep(CompiledStep):
    """As `CompiledStep`.

    Args:
      regions: the `Regions` that the ops are of.
    """

    def __init__(self, ops, slots, fed, wanted, known, store, regions):
        super().__init__(ops, slots, fed, wanted, known, store)
        self.fed, self.slots = fed, slots
        self.origin = [one for op in ops for one in regions.origins.get(op, [getattr(op, "whole", op)])]
        self.old = {new: old for old, new in regions.given.items()}
        inner = [op.attrs["_region"] for op in ops if op._def.name == "Region"]
        self.variables = {state_key(t.op) for region in inner for t in region.variables()}
        self.folded = regions.folded
        self.flow, self.refused = None, {}
        self.counts = Counts(self)

    def run(self, values):
        """Runs the step on the values by slot."""
        key = tuple([getattr(values[k], "shape", None) for k in self.in_slots])
        key += tuple([np.asarray(values[k]).tobytes() for k in self.known_slots])
        if key in self.refused or any(self.store.values.get(k) is None for k in self.variables):
            self._run_flow(values)
            return
        try:
            self._run_counted(values)
        except Unraisable as error:
            self.refused[key] = str(error)
            self._run_flow(values)

    def _run_counted(self, values):
        while True:
            try:
                super().run(values)
                return
            except Uncounted as error:
                self.counts.note(error)

    def turns(self, key, values, inputs):
        """How often the loops run for which that must be known."""
        return self.counts.turns(key, values, inputs)

    def ops_with(self, turns):
        """The ops, with notes of that."""
        return with_turns(self.ops, turns)

    def _run_flow(self, values):
        if self.flow is None:
            self._make_flow()
        flow, inner, outs, size = self.flow
        given = [None] * size
        for k, outer in inner:
            given[k] = values[outer]
        flow.run(given)
        for k, outer in outs:
            values[outer] = given[k]

    def _make_flow(self):
        ops = list(dict.fromkeys(self.origin))
        ops += [op for op in self.folded if op._inputs[0].op in ops]
        taken = [self.old.get(t, t) for t in (*self.inputs, *self.known)]
        slots = {t: k for k, t in enumerate(taken)}
        outs = [self.old.get(t, t) for t in self.outputs]
        for tensor in outs:
            slots.setdefault(tensor, len(slots))
        flow = Flow(ops, slots, {*self.fed, *taken}, self.store, takes_turn=True)
        inner = [(k, outer) for k, outer in enumerate([*self.in_slots, *self.known_slots])]
        self.flow = flow, inner, [(slots[t], k) for t, k in zip(outs, self.out_slots, strict=True)], len(slots)
