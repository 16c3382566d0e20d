"""Assert, and the checks of values that are made of it."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.scopes import colocate_with, control_dependencies, name_scope
from ..ground import dtypes, summarize
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .basic import same
from .control import group, with_dependencies

__all__ = ["Assert", "check_numerics"]


def _lower_assert(B, condition, *data, summarize, op):
    if not bool(np.asarray(condition)):
        parts = "".join(f"[{_row(d, summarize)}] " for d in data)
        raise InvalidArgumentError(None, op, f"assertion failed: {parts.rstrip()}")
    return ()


_row = summarize.row
assert_node = define("Assert", infer=lambda *_: [], lower=_lower_assert, host=True, grad=None)


@export("Assert", "debugging.Assert")
def Assert(condition, data, summarize=None, name=None):  # noqa: N802  # TF's name
    """An operation that fails with `data` unless `condition` holds.

    Args:
      condition: a bool scalar.
      data: a list of tensors to show.
      summarize: how many elements of each; 3 by default.
      name: the node's name.

    Returns:
      The operation.
    """
    with name_scope(name, "Assert", [condition, data]):
        return GUARDED[0](condition, data, summarize)


def _plain(condition, data, summarize):
    return assert_node(condition, data, summarize=summarize, name="Assert")


GUARDED = [_plain]  # control flow puts the assertion into the branch of a cond


def _lower_numerics(B, x, *, message, op):
    x = np.asarray(x)
    bad = [w for w, f in (("Inf", np.isinf), ("NaN", np.isnan)) if f(x).any()]
    if bad:
        what = " and ".join(bad)
        raise InvalidArgumentError(None, op, f"{message.decode()} : Tensor had {what} values")
    return x


_SLOPE = "Not a number (NaN) or infinity (Inf) values detected in gradient. %s"
numerics_node = define(
    "CheckNumerics",
    infer=same,
    lower=_lower_numerics,
    host=True,
    grad=lambda op, dy: [check_numerics(dy, _SLOPE % op.attrs["message"])],
)


@export("check_numerics", "debugging.check_numerics")
def check_numerics(tensor, message, name=None):
    """`tensor`, once it is sure that it holds no NaN and no infinity; else an InvalidArgumentError with `message`."""
    return numerics_node(tensor, message=message, name=name)


def _either(new, old, names):
    if old is not None:
        need(new is None, f"Cannot specify both '{names[1]}' and '{names[0]}'")
        return old
    return new


@export("verify_tensor_all_finite", "debugging.assert_all_finite")
def verify_tensor_all_finite(t=None, msg=None, name=None, x=None, message=None):
    """`x`, once it is sure that it holds no NaN and no infinity.

    Args:
      t: the older name of `x`; msg: of `message`.
      name: the scope's name.
      x: a float tensor.
      message: what the error begins with.

    Raises:
      ValueError: an argument under both names.
    """
    x, message = _either(x, t, ("t", "x")), _either(message, msg, ("msg", "message"))
    with name_scope(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with colocate_with(x):
            check = check_numerics(x, message=message)
        return with_dependencies([check], x)


_FLOATS = (dtypes.float16, dtypes.float32, dtypes.float64)


@export("add_check_numerics_ops")
def add_check_numerics_ops():
    """An operation that fails if any float tensor made so far in the graph holds a NaN or an infinity.

    Raises:
      ValueError: some of them are in a branch or a loop.
    """
    last = []
    for op in default_graph().get_operations():
        for tensor in op.outputs:
            if tensor._dtype in _FLOATS:
                need(
                    op._get_control_flow_context() is None,
                    "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as "
                    "`tf.cond()` or `tf.while_loop()`.",
                )
                with control_dependencies(last):
                    last = [check_numerics(tensor, message=f"{op.name}:{tensor.value_index}")]
    return group(*last)
