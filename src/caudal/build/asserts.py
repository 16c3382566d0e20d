"""Puts an assertion into the branch of a cond, so that what it would print is not brought to the host for nothing."""

from ..graph.convert import convert, convert_all
from ..ground import dtypes
from ..ops import check
from ..ops.basic import no_op
from .cond import cond

__all__ = ["guarded"]


def guarded(condition, data, summarize):
    """The operation of `tf.Assert`: of strings and int32 as it is, else as the false branch of a cond."""
    kinds = {t.dtype for t in convert_all(data)}
    if kinds <= {dtypes.string, dtypes.int32}:
        return check.assert_node(condition, data, summarize=summarize, name="Assert")
    condition = convert(condition, None, "Condition")

    def fails():
        return check.assert_node(condition, data, summarize=summarize, name="Assert")

    return cond(condition, no_op, fails, name="AssertGuard").op


check.GUARDED[0] = guarded
