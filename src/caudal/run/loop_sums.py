"""Sums over a compiled loop's iterations of products, such as the gradient of a weight: one product after the loop.

`x1' g1 + x2' g2 + ...` is `[x1; x2; ...]' [g1; g2; ...]`: the loop keeps the factors, and the sum, as large as the weight,
isn't read and written in each iteration. `merge_sums` in rewrite.py does the same for what is unrolled.
"""

import numpy as np

from ..backend import compiled
from ..ground import dtypes

__all__ = ["Sum", "sums"]

_MOST = 1 << 28  # bytes of factors that are kept


class Sum:
    """A loop variable that adds up what an op gives.

    Attributes:
      variable: the `Variable`; add: the op that adds; term: the op whose result is added.
    """

    def __init__(self, variable, add, term):
        self.variable, self.add, self.term = variable, add, term

    def fits(self, dims, times):
        """Whether the factors, of such shapes, can be kept for all iterations."""
        return times > 1 and times * sum(8 * int(np.prod(d)) for d in dims) < _MOST

    def total(self, begin, factors):
        """The variable at the end, for the factors of all iterations, `[times, rows, ...]`."""
        joined = [x.reshape(-1, *x.shape[2:]) for x in factors]
        named = {key: self.term.attrs[key] for key in self.term._def.lower_wants if key != "op"}
        if "op" in self.term._def.lower_wants:
            named["op"] = self.term
        return compiled.xp.asarray(begin) + self.term._def.lower(compiled, *joined, **named)


def sums(loop, at, carried):
    """The `Sum`s among a loop's variables.

    Args:
      loop: the `Loop`.
      at: tensor -> what it passes on within the loop.
      carried: its variables that change.
    """
    users = {}
    for op in loop.frame.whole():
        for tensor in op._inputs:
            users.setdefault(tensor, []).append(op)
    body = {op for op in loop.body if not hasattr(op, "frame") and not hasattr(op, "pred")}
    found = (_sum(v, at, users, body) for v in carried)
    return [one for one in found if one is not None]


def _sum(variable, at, users, body):
    """The `Sum` that a variable is, or None."""
    start, last = variable.merge.outputs[0], at(variable.after)
    add = last.op
    if add not in body or add._def.name not in ("Add", "AddV2") or len(users.get(last, ())) != 1:
        return None
    parts = [at(t) for t in add._inputs]
    if start not in parts or parts[0] is parts[1]:
        return None
    term = parts[1 - parts.index(start)]
    rule = _RULES.get(term.op._def.name)
    if rule is None or term.op not in body or not rule(term.op) or term.dims != start.dims:
        return None
    alone = _ends(start, at, users) == [add] and _ends(term, at, users) == [add]
    return Sum(variable, add, term.op) if alone else None


def _ends(tensor, at, users):
    """The ops that take a tensor, those that only pass it on left out."""
    out = []
    for op in users.get(tensor, ()):
        passed = [t for t in op.outputs if at(t) is at(tensor)]
        out += [one for t in passed for one in _ends(t, at, users)] if passed else [op]
    return [op for op in out if op._def.name != "Exit"]


_RULES = {
    "MatMul": lambda op: (
        op.attrs["transpose_a"] and not op.attrs["transpose_b"] and op.attrs["T"] in (dtypes.float32, dtypes.float64)
    ),
    "BiasAddGrad": lambda op: op.attrs["data_format"] in (b"NHWC", "NHWC") and op.attrs["T"] in (dtypes.float32, dtypes.float64),
}
