"""A plan: what one kind of run does, found once for its fetches and feeds, and run many times."""

from .interpret import Interpreted
from .prune import prune

__all__ = ["Plan"]


class Plan:
    """The steps of a run.

    Args:
      store: the session's.
      tensors: to be fetched.
      targets: operations to be run.
      fed: tensors that will be given, in order.
    """

    def __init__(self, store, tensors, targets, fed):
        given = set(fed)
        late = [t for t in tensors if t not in given and is_variable_read(t)]
        self.ops = prune([t.op for t in tensors if t not in given] + list(targets), given)
        self.slots = {t: k for k, t in enumerate(fed)}
        self.steps = [Interpreted(self.ops, self.slots, given, store)]
        self.size = len(self.slots)
        self.outs = [(self.slots[t], t in late, t) for t in tensors]

    def run(self, feeds):
        """The values of the fetched tensors; variables are read at the end."""
        values = feeds + [None] * (self.size - len(feeds))
        for step in self.steps:
            step.run(values)
        return [values[slot] for slot, _, _ in self.outs]


def is_variable_read(tensor):
    """Whether a fetch of it means a variable's value, as it is after the run."""
    return tensor._dtype._is_ref_dtype or (tensor.op.type == "Identity" and tensor.op._inputs[0].op.type == "VariableV2")
