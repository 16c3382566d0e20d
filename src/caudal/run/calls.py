"""How the calls of `tf.function` run: each call keeps the plan of its body, and a store for the body's own state."""

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
