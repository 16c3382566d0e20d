"""A run in parts: each part feeds some tensors and fetches some, and no op runs twice."""

import itertools

from ..ground.errors import InvalidArgumentError
from .classify import is_variable_op
from .flow import DEAD
from .plan import Plan
from .prune import prune

__all__ = ["PartialRun"]

_numbers = itertools.count()


def _refuse(words):
    raise InvalidArgumentError(None, None, words)


class PartialRun:
    """One run, and how far it came.

    Args:
      store: the session's.
      asked: the `Fetches` of the whole run.
      feeds: the tensors that will be fed.

    Attributes:
      handle: its name.
      values: tensor -> value, of what was fed, and of what later parts take from earlier ones.
      done: the ops that ran.
    """

    def __init__(self, store, asked, feeds):
        self.store, self.handle = store, f"->{next(_numbers)}"
        self.fetches, self.feeds = {*asked.tensors, *asked.targets}, dict.fromkeys(feeds, False)
        self.left = dict.fromkeys([*asked.tensors, *asked.targets])
        self.whole = prune([t.op for t in asked.tensors] + list(asked.targets), set(feeds))
        self.values, self.done = {}, frozenset()

    def run(self, asked, tensors, values, plans):
        """One part.

        Args:
          asked: its `Fetches`.
          tensors, values: what it feeds.
          plans: a dict that keeps plans for later runs of the same part.

        Returns:
          The values of the fetched tensors.

        Raises:
          InvalidArgumentError: a feed or a fetch that was not announced, came already, or cannot be computed yet.
        """
        self._check(asked, tensors)
        for tensor, value in zip(tensors, values, strict=True):
            self.values[tensor], self.feeds[tensor] = value, True
        fed = tuple(self.values)
        key = ("partial", tuple(asked.tensors), tuple(asked.targets), fed, self.done, tuple(self.left))
        if key not in plans:
            plans[key] = self._plan(asked, fed)
        plan, kept = plans[key]
        given = plan.values(list(self.values.values()))
        self.done |= frozenset(op for op in plan.ops if not is_variable_op(op))
        self.values |= {t: given[plan.slots[t]] for t in kept if given[plan.slots[t]] is not DEAD}
        for one in (*asked.tensors, *asked.targets):
            self.left.pop(one, None)
        return plan.fetched(given)

    def _plan(self, asked, fed):
        """(the plan of a part, the tensors whose values later parts need)."""
        given = set(fed)
        roots = [t.op for t in asked.tensors] + list(asked.targets)
        ops = prune(roots, given, self.done)
        self._check_computable(asked, ops)
        after = self.done | set(ops)
        later = {t for op in self.whole if op not in after for t in op._inputs} | {t for t in self.left if hasattr(t, "op")}
        kept = [t for op in ops if not is_variable_op(op) for t in op.outputs if t in later and t not in given]
        return Plan(self.store, asked.tensors, asked.targets, fed, self.done, kept), kept

    def _check(self, asked, tensors):
        for tensor in tensors:
            if tensor not in self.feeds:
                _refuse(f"The feed {tensor.name} was not specified in partial_run_setup.")
            if self.feeds[tensor]:
                _refuse(f"The feed {tensor.name} has already been fed.")
        for one in (*asked.tensors, *asked.targets):
            if one not in self.fetches:
                _refuse(f"The fetch {one.name} was not specified in partial_run_setup.")
            if one not in self.left:
                _refuse(f"The fetch {one.name} has already been fetched.")

    def _check_computable(self, asked, ops):
        missing = {t.op for t, fed in self.feeds.items() if not fed}
        if missing.isdisjoint(ops):
            return
        for one in (*asked.tensors, *asked.targets):
            if not missing.isdisjoint(prune([getattr(one, "op", one)], set(self.values), self.done)):
                _refuse(f"Fetch {one.name} can't be computed from the feeds that have been fed so far.")
