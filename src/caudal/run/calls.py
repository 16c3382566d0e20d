"""How the calls of `tf.function` run: each call keeps the plan of its body, and a store for the body's own state."""

import numpy as np

from ..graph.define import define
from .plan import Plan
from .store import Store

__all__ = []


class _Calls:
    """The plans of one call, and the state of its body."""

    def __init__(self):
        self.store, self.plans = Store(), {}

    def run(self, body, count, args):
        """The values of the first outputs of the body; other calls of it may have more."""
        key = count, body.graph._changes
        if key not in self.plans:
            self.plans[key] = Plan(self.store, body.outputs[:count], list(body.effects), tuple(body.inputs))
        return self.plans[key].run(list(args))


def _lower(B, *args, op, state):
    return tuple(state.once(lambda halt: _Calls()).run(op._body, len(op.outputs), args))


define("PartitionedCall", lower=_lower)
define("StatefulPartitionedCall", lower=_lower)


class _Branches:
    """The calls of several bodies by one op."""

    def __init__(self, bodies):
        self.bodies, self.calls = bodies, [_Calls() for _ in bodies]

    def run(self, k, args):
        """The values that the k-th body gives."""
        return self.calls[k].run(self.bodies[k], self.bodies[k].given, args)


def _branches(op, state):
    return state.once(lambda halt: _Branches(op._branches))


def _true(value):
    """Whether a condition of any dtype holds: a number that is not 0, a string that is not empty."""
    value = np.asarray(value)
    return bool(value) if value.ndim == 0 and value.dtype.kind not in "OSU" else bool(value.size and len(value.item()))


def _lower_if(B, cond, *args, op, state):
    return tuple(_branches(op, state).run(0 if _true(cond) else 1, args))


def _lower_while(B, *args, op, state):
    calls = _branches(op, state)
    while _true(calls.run(0, args)[0]):
        args = calls.run(1, args)
    return tuple(args)


for _kind, _rule in (("If", _lower_if), ("While", _lower_while)):
    define(_kind, lower=_rule)
    define("Stateless" + _kind, lower=_rule)
define("SymbolicGradient", lower=_lower)
