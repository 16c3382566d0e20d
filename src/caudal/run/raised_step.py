"""A compiled step that holds regions; where these cannot be compiled for the shapes of a run, the executor runs the step."""

from .compiled_step import CompiledStep
from .counting import Counts, told
from .flow import Flow
from .interpret import state_key
from .rows import Left, Uncounted, Unraisable
from .tree import PASSING

__all__ = ["RaisedStep"]


class RaisedStep(CompiledStep):
    """As `CompiledStep`.

    Args:
      regions: the `Regions` that the ops are of.

    Attributes:
      refused: (what was known of a run, what was found out before it) -> why it wasn't compiled.
    """

    def __init__(self, ops, slots, fed, wanted, known, store, regions):
        super().__init__(ops, slots, fed, wanted, known, store)
        self.fed, self.slots = fed, slots
        self.origin = [one for op in ops for one in regions.origins.get(op, [getattr(op, "whole", op)])]
        self.old = {new: old for old, new in regions.given.items()}
        inner = [op.attrs["_region"] for op in ops if op._def.name == "Region"]
        self.variables = {state_key(t.op) for region in inner for t in region.variables()}
        self.folded = regions.folded
        self.refused = {}
        self.counts, self.mark = Counts(self), None

    def run(self, values):
        """Runs the step on the values by slot."""
        if any(self.store.values.get(k) is None for k in self.variables):
            self.run_apart(values)
            return
        try:
            self._run_compiled(values)
        except Left:
            self.run_apart(values)
        except Unraisable as error:
            self.refused[self.mark] = str(error)
            self.run_apart(values)

    def _run_compiled(self, values):
        while True:
            try:
                super().run(values)
                return
            except Uncounted as error:
                self.counts.note(error)

    def beside(self, key, given, inputs):
        """What is found out before a run.

        Raises:
          Left: what is known of the run is among `refused`.
        """
        self._note(key, None)
        found = self.counts.found(key, given, inputs)
        if found:
            self._note(key, found)
        return found

    def _note(self, key, found):
        self.mark = key, found
        if self.mark in self.refused:
            raise Left(self.refused[self.mark])

    def ops_with(self, found):
        """The ops, with notes of that."""
        return told(self.ops, found)

    def _apart(self):
        taken = [self.old.get(t, t) for t in (*self.inputs, *self.known)]
        ops = self._with_passing(list(dict.fromkeys(self.origin)), taken)
        slots = {t: k for k, t in enumerate(taken)}
        outs = [self.old.get(t, t) for t in self.outputs]
        for tensor in outs:
            slots.setdefault(tensor, len(slots))
        return self._runner(Flow(ops, slots, {*self.fed, *taken}, self.store, takes_turn=True), slots, outs)

    def _with_passing(self, ops, taken):
        """The graph's ops that regions stand for, with those that only pass on what these and `taken` give: regions take values from before them."""
        have = {*taken, *(t for op in ops for t in op.outputs)}
        passing, todo = [], [t for op in ops for t in op._inputs]
        while todo:
            op = todo.pop().op
            if have.isdisjoint(op.outputs) and (op in self.folded or op._def.name in PASSING):
                have.update(op.outputs)
                passing.append(op)
                todo += op._inputs
        return ops + passing
