"""A list of ops run one after another on NumPy: the plain meaning of a graph."""

import contextlib

import numpy as np

from ..backend import device, reference
from ..graph import loaded
from ..graph.notes import locate
from ..ground.errors import InternalError, InvalidArgumentError, OpError, ResourceExhaustedError, UnimplementedError
from .store import Cell

__all__ = ["Interpreted", "bind", "of_xla", "refine"]


def bind(op, B, store):
    """`op`'s lowering with attributes and state filled in: a function of arrays alone."""
    definition = op._def
    lower = definition.lower
    if lower is None:
        raise advise(op)
    if definition.name in loaded.FILES:
        loaded.guard(op)
    named = {}
    for key in definition.lower_wants:
        if key == "op":
            named[key] = op
        elif key == "state":
            named[key] = Cell(store, state_key(op), op)
        else:
            named[key] = op.attrs[key]
    if named:
        return lambda *args: lower(B, *args, **named)
    return lambda *args: lower(B, *args)


def state_key(op):
    """Under what name an op keeps its state: variables by their shared name, others by their own."""
    shared = op.attrs.get("shared_name")
    if shared:
        return shared.decode() if isinstance(shared, bytes) else shared
    return op._name


def advise(op):
    """The error for an op type that has no lowering."""
    error = UnimplementedError(None, op, f"No kernel is registered for op type '{op.type}' (node '{op._name}')")
    return locate(error, op, "docs/differences.md says which ops are missing")


def derefs(op, fed):
    """For each input: whether a variable stands where its value is wanted."""
    wants = []
    for arg in op._def.inputs:
        n = op.attrs[arg.number_attr] if arg.number_attr else len(op.attrs[arg.list_attr]) if arg.list_attr else 1
        wants += [arg.is_ref] * n
    return [t._dtype._is_ref_dtype and not want for t, want in zip(op._inputs, wants, strict=True)]


_BAD = (ValueError, TypeError, IndexError, ZeroDivisionError, FloatingPointError, OverflowError, np.linalg.LinAlgError)


def of_xla(error):
    """TF's error for what XLA says of a run that it gave up."""
    code, _, words = str(error).partition(": ")
    kind = ResourceExhaustedError if code == "RESOURCE_EXHAUSTED" else InternalError
    return kind(None, None, words or code)


def refine(error, op):
    """The error of a failed op, with its node and the user's lines; what NumPy refused is an invalid argument."""
    op = getattr(op, "source", op)
    if isinstance(error, MemoryError):
        error = ResourceExhaustedError(None, op, str(error))
    if not isinstance(error, OpError):
        if not isinstance(error, _BAD):
            return error
        error = InvalidArgumentError(None, op, str(error))
    if error._op is None:
        error._op = op
    error._op = getattr(error._op, "source", error._op)
    return locate(error, error._op)


class Interpreted:
    """A step that runs ops in order on NumPy.

    Args:
      ops: in order.
      slots: tensor -> its place in the list of values; new tensors are given one.
      fed: tensors that are given.
      store: the session's.
      takes_turn: whether it writes variables, and so keeps others from writing meanwhile.
    """

    def __init__(self, ops, slots, fed, store, takes_turn=False):
        self.turn = store.turn if takes_turn else contextlib.nullcontext()
        self.work = []
        made = {t for op in ops for t in op.outputs}
        self.outside = list({slots[t] for op in ops for t in op._inputs if t not in made})
        for op in ops:
            ins = [slots[t] for t in op._inputs]
            outs = []
            for tensor in op.outputs:
                given = tensor in fed
                slot = slots.setdefault(tensor, len(slots))
                kind = tensor._dtype
                plain = not kind._is_ref_dtype and kind.name not in ("resource", "variant")
                outs.append((None if given else slot, kind.np if plain and kind.name != "string" else None))
            self.work.append((op, bind(op, reference, store), tuple(zip(ins, derefs(op, fed), strict=True)), outs))

    def run(self, values):
        """Runs the ops; `values` holds the tensors' values by slot."""
        for k in self.outside:
            if device.is_array(values[k]):
                values[k] = device.host(values[k])
        with self.turn, np.errstate(all="ignore"):
            for op, call, ins, outs in self.work:
                try:
                    args = [_value(values[k]) if deref else values[k] for k, deref in ins]
                    made = call(*args)
                    if len(outs) == 1:
                        slot, kind = outs[0]
                        if type(made) in (tuple, list):
                            (made,) = made
                        if slot is not None:
                            values[slot] = made if kind is None else _kept(made, kind)
                        continue
                    for (slot, kind), one in zip(outs, made or (), strict=True):
                        if slot is not None:
                            values[slot] = one if kind is None else _kept(one, kind)
                except Exception as error:
                    raised = refine(error, op)
                    if raised is error:
                        raise
                    raise raised from error


def _value(x):
    return x.read() if type(x) is Cell else x


def _kept(x, kind):
    """`x` as an array of the dtype that the graph declares."""
    if type(x) is Cell:
        return x
    if type(x) is np.ndarray and x.dtype == kind:
        return x
    return np.asarray(x, kind) if not hasattr(x, "dtype") or x.dtype != kind else np.asarray(x)
