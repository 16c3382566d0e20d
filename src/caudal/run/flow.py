"""A step that holds control flow, run on NumPy: what TF's executor means by Switch, Merge, Enter, Exit and the rest.

A value that is not there, because its branch was not taken, is `DEAD`; an op with a dead input is dead itself, and a
Merge gives the one of its inputs that is not. A loop (frames.py) is one item, run iteration by iteration. Passing
values on costs nothing: Merge, Switch, Identity and Exit of a loop variable share one slot.
"""

import contextlib

import numpy as np

from ..backend import device, reference
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import text
from .frames import ENTERS, EXITS, MERGES, SWITCHES, Frame, find
from .interpret import bind, derefs, refine
from .store import Cell

__all__ = ["DEAD", "Flow", "has_flow"]


class _Dead:
    def __repr__(self):
        return "DEAD"


DEAD = _Dead()


def has_flow(ops):
    """Whether a list of ops needs this executor."""
    return any(op._def.control for op in ops)


class Flow:
    """A step that runs ops with control flow among them.

    Args:
      ops: all ops of the step.
      slots: tensor -> its place in the list of values; new tensors are given one.
      fed: tensors that are given.
      store: the session's.
      takes_turn: whether it writes variables, and so keeps others from writing meanwhile.
      why: why it isn't compiled.
    """

    def __init__(self, ops, slots, fed, store, takes_turn=False, why=None):
        self.why = why
        self.turn = store.turn if takes_turn else contextlib.nullcontext()
        made = {t for op in ops for t in op.outputs}
        self.outside = list({slots[t] for op in ops for t in op._inputs if t not in made or t in fed})
        self.calls = _Builder(slots, fed, store).calls(find(ops, fed))

    def run(self, values):
        """Runs the step; `values` holds the tensors' values by slot."""
        for k in self.outside:
            if device.is_array(values[k]):
                values[k] = device.host(values[k])
        with self.turn, np.errstate(all="ignore"):
            for call in self.calls:
                call(values)


class _Builder:
    """Makes of each item a function of the list of values.

    Attributes:
      risky: tensors and ops that may be dead.
    """

    def __init__(self, slots, fed, store):
        self.slots, self.fed, self.store = slots, fed, store
        self.risky = set()

    def slot(self, key):
        """The place of a tensor, or of an op's mark of being alive."""
        return self.slots.setdefault(key, len(self.slots))

    def share(self, tensor, other):
        """Lets `tensor` have the place of `other`."""
        if tensor not in self.fed:
            self.slots[tensor] = self.slot(other)

    def calls(self, root):
        """The functions for the outermost frame."""
        return [call for item in root.items for call in self.item(item)]

    def item(self, item):
        """The functions, none or one, for an op or an inner frame."""
        if isinstance(item, Frame):
            return [self.loop(item)]
        kind = item._def.name
        self._note_risk(item)
        if kind in SWITCHES:
            return [self.switch(item)]
        if kind in MERGES:
            return [self.merge(item)]
        if kind in ("Identity", "LoopCond") and self._passes(item):
            self.share(item.outputs[0], item._inputs[0])
            return []
        if kind in ("NoOp", "ControlTrigger") and item not in self.risky:
            return []
        return [self.op(item)]

    def _note_risk(self, op):
        kind = op._def.name
        if kind == "ControlTrigger":
            return
        if kind in SWITCHES or not self.risky.isdisjoint(op._inputs) or not self.risky.isdisjoint(op._controls):
            self.risky.add(op)
            self.risky.update(op.outputs)

    def _passes(self, op):
        """Whether an op only hands on a value, so that no copy of it is needed."""
        tensor = op._inputs[0]
        return not tensor._dtype._is_ref_dtype and op.outputs[0] not in self.fed and self.risky.isdisjoint(op._controls)

    def marks(self, op):
        """The places that are dead if a control input of `op` is."""
        return [self._mark(c) for c in op._controls if c in self.risky]

    def _mark(self, op):
        if op._def.name in SWITCHES:
            return self.slot(op._inputs[0])
        return self.slot(op.outputs[0] if op.outputs else op)

    # --- ops --------------------------------------------------------------------------------------

    def op(self, op):
        """An op's kernel, between reading its inputs and keeping its outputs."""
        ins, outs = [self.slot(t) for t in op._inputs], self._outs(op)
        flags = derefs(op, self.fed)
        flags = flags if any(flags) else None
        kernel = bind(op, reference, self.store)
        work = _kernel(op, kernel, ins, flags, outs)
        if op not in self.risky:
            return work
        checks = list({*ins, *self.marks(op)})
        dead = [slot for slot, _ in outs if slot is not None] or [self.slot(op)]
        mark = None if op.outputs else self.slot(op)
        return _guarded(work, checks, dead, mark)

    def _outs(self, op):
        out = []
        for tensor in op.outputs:
            kind = tensor._dtype
            plain = not kind._is_ref_dtype and kind.name not in ("resource", "variant", "string")
            out.append((None if tensor in self.fed else self.slot(tensor), kind.np if plain else None))
        return out

    def switch(self, op):
        """A value for the side that is taken."""
        data, pred = (self.slot(t) for t in op._inputs)
        false, true = (self.slot(t) for t in op.outputs)
        marks = self.marks(op)

        def call(values):
            value, taken = values[data], values[pred]
            if value is DEAD or taken is DEAD or any(values[k] is DEAD for k in marks):
                values[false] = values[true] = DEAD
                return
            if type(taken) is Cell:
                taken = taken.read()
            if np.ndim(taken):
                raise refine(_no_scalar(taken), op)
            values[false], values[true] = (DEAD, value) if taken else (value, DEAD)

        return call

    def merge(self, op):
        """The one value that is there."""
        ins = [self.slot(t) for t in op._inputs]
        out, index = (self.slot(t) for t in op.outputs)

        def call(values):
            for number, k in enumerate(ins):
                if values[k] is not DEAD:
                    values[out], values[index] = values[k], np.int32(number)
                    return
            values[out] = values[index] = DEAD

        return call

    # --- loops ------------------------------------------------------------------------------------

    def loop(self, frame):
        """A whole loop."""
        enters = [op._inputs[0] for op in frame.of(ENTERS)]
        controls = [c for op in frame.of(ENTERS) for c in op._controls]
        risky = not self.risky.isdisjoint(enters) or not self.risky.isdisjoint(controls)
        checks = [self.slot(t) for t in enters] + [self._mark(c) for c in controls if c in self.risky]
        for op in frame.of(ENTERS):
            self.share(op.outputs[0], op._inputs[0])
        places = []
        for variable in frame.variables:
            place = self.slot(variable.merge)
            self.slots[variable.merge.outputs[0]] = place
            places.append(place)
        for op in frame.switches:
            for tensor in op.outputs:
                self.share(tensor, op._inputs[0])
        before, self.risky = self.risky, set()
        condition, body, after = ([c for i in part for c in self.item(i)] for part in (frame.condition, frame.body, frame.after))
        self.risky = before
        exits = frame.of(EXITS)
        for op in exits:
            self.share(op.outputs[0], op._inputs[0])
            if risky:
                self.risky |= {op, op.outputs[0]}
        carried = [(p, self.slot(v.after)) for p, v in zip(places, frame.variables, strict=True) if v.after is not None]
        counted = [self.slot(v.merge.outputs[1]) for v in frame.variables]
        return _Loop(
            begin=[(p, self.slot(v.enter)) for p, v in zip(places, frame.variables, strict=True)],
            pred=self.slot(frame.pred),
            condition=condition,
            body=body,
            after=after,
            places=[p for p, _ in carried],
            sources=[k for _, k in carried],
            numbers=counted,
            checks=checks if risky else [],
            dead=[self.slot(op.outputs[0]) for op in exits],
            of=frame.pred.op,
        ).run


class _Loop:
    """A loop, ready to run on the list of values.

    Attributes:
      begin: (place of a variable, of what it begins with).
      pred: the place of the condition.
      condition, body, after: functions of the list of values.
      places, sources: where variables are, and where their next values are.
      numbers: places of the Merges' second outputs.
      checks: places that are dead if the whole loop is; `dead`: places that are dead then.
      of: the op that decides, for errors.
    """

    def __init__(self, **parts):
        self.__dict__.update(parts)

    def run(self, values):
        """Runs it to its end."""
        if any(values[k] is DEAD for k in self.checks):
            for k in self.dead:
                values[k] = DEAD
            return
        start = [values[k] for _, k in self.begin]
        for (place, _), value in zip(self.begin, start, strict=True):
            values[place] = value
        first = np.int32(0)
        for k in self.numbers:
            values[k] = first
        condition, body, pred, places, sources = self.condition, self.body, self.pred, self.places, self.sources
        while True:
            for call in condition:
                call(values)
            if not self._goes_on(values[pred]):
                break
            for call in body:
                call(values)
            following = [values[k] for k in sources]
            for k, value in zip(places, following, strict=True):
                values[k] = value
            if first is not None:
                first = None
                for k in self.numbers:
                    values[k] = np.int32(1)
        for call in self.after:
            call(values)

    def _goes_on(self, pred):
        if type(pred) is Cell:
            pred = pred.read()
        if np.ndim(pred):
            raise refine(_no_scalar(pred), self.of)
        return bool(pred)


def _no_scalar(pred):
    return InvalidArgumentError(None, None, f"The second input must be a scalar, but it has shape {text(np.shape(pred))}")


def _kernel(op, kernel, ins, flags, outs):
    """A function that runs an op on the list of values."""
    single = outs[0] if len(outs) == 1 and outs[0][0] is not None else None

    def call(values):
        try:
            args = [values[k] for k in ins]
            if flags is not None:
                args = [_value(a) if flag else a for a, flag in zip(args, flags, strict=True)]
            made = kernel(*args)
            if single is not None:
                if type(made) in (tuple, list):
                    (made,) = made
                slot, kind = single
                values[slot] = made if kind is None else _kept(made, kind)
                return
            for (slot, kind), one in zip(
                outs, (made,) if len(outs) == 1 and type(made) not in (tuple, list) else made or (), strict=True
            ):
                if slot is not None:
                    values[slot] = one if kind is None else _kept(one, kind)
        except Exception as error:
            raised = refine(error, op)
            if raised is error:
                raise
            raise raised from error

    return call


def _guarded(work, checks, dead, mark):
    """`work`, unless something that it needs is dead; then what it would give is dead too."""

    def call(values):
        for k in checks:
            if values[k] is DEAD:
                for place in dead:
                    values[place] = DEAD
                return
        if mark is not None:
            values[mark] = None
        work(values)

    return call


def _value(x):
    return x.read() if type(x) is Cell else x


def _kept(x, kind):
    """`x` as an array of the dtype that the graph declares."""
    if type(x) is np.ndarray and x.dtype == kind:
        return x
    if type(x) is Cell:
        return x
    return np.asarray(x, kind) if not hasattr(x, "dtype") or x.dtype != kind else np.asarray(x)
