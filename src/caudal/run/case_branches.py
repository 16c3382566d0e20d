"""How a Case node runs: each of its branches keeps its plan, and a store for its own state."""

import numpy as np

from ..graph.define import define
from .calls import _Calls

__all__ = []


def _lower(B, index, *args, op, state):
    branches = op.attrs["branches"]
    k = int(index)
    k = k if 0 <= k < len(branches) else len(branches) - 1  # any other number is the last branch's
    branch = branches[k]
    calls = state.once(lambda halt: {})
    made = calls.setdefault(k, _Calls()).run(branch.body, len(branch.body.outputs), [args[i] for i in branch.takes])
    return tuple(made[g] if g is not None else np.zeros_like(args[branch.zeros[j]]) for j, g in enumerate(branch.gives))


define("Case", lower=_lower, host=True)
