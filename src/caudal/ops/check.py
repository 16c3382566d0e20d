"""Assert, and the checks of values that are made of it."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .basic import no_op, same
from .elementwise import NODES, PLAIN
from .reduce import reduce_all

__all__ = ["Assert", "assert_equal"]


def _lower_assert(B, condition, *data, summarize, op):
    if not bool(np.asarray(condition)):
        parts = "".join(f"[{_shown(d, summarize)}] " for d in data)
        raise InvalidArgumentError(None, op, f"assertion failed: {parts.rstrip()}")
    return ()


def _shown(value, most):
    value = np.asarray(value)
    if value.ndim == 0:
        return static.summarize(value)
    return static.summarize(value.reshape(-1)[:most] if value.ndim == 1 else value, most) + ("..." if value.ndim == 1 and value.size > most else "")


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


def _compare(name, opdata, test, kind):
    def check(x, y, data=None, summarize=None, message=None, name=None):
        with name_scope(name, default, [x, y, data]):
            x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
            first, second = static.fold(x), static.fold(y)
            words = message or ""
            if first is not None and second is not None and np.all(test(first, second)):
                return no_op(name="static_checks_determined_all_ok")
            if data is None:
                data = [words, f"Condition x {opdata} y did not hold element-wise:", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
            condition = reduce_all(_node(kind)(x, y))
            return Assert(condition, data, summarize=summarize)

    default = "assert_" + name
    check.__name__ = check.__qualname__ = default
    check.__doc__ = f"""An operation that fails unless x {opdata} y for all elements.

    Args:
      x: a tensor; y: a tensor of the same dtype that broadcasts with it.
      data: what to show; both by default.
      summarize: how many elements of each.
      message: words to begin with.
      name: the scope's name.

    Raises:
      InvalidArgumentError: both are known already, and it does not hold.
    """
    return check


def _node(kind):
    return PLAIN.get(kind) or NODES[kind]


assert_equal = export("assert_equal", "debugging.assert_equal")(_compare("equal", "==", np.equal, "Equal"))
assert_less = export("assert_less", "debugging.assert_less")(_compare("less", "<", np.less, "Less"))
assert_less_equal = export("assert_less_equal", "debugging.assert_less_equal")(_compare("less_equal", "<=", np.less_equal, "LessEqual"))
assert_greater = export("assert_greater", "debugging.assert_greater")(_compare("greater", ">", np.greater, "Greater"))
assert_greater_equal = export("assert_greater_equal", "debugging.assert_greater_equal")(
    _compare("greater_equal", ">=", np.greater_equal, "GreaterEqual")
)


def _lower_numerics(B, x, *, message, op):
    x = np.asarray(x)
    bad = [w for w, f in (("Inf", np.isinf), ("NaN", np.isnan)) if f(x).any()]
    if bad:
        what = " and ".join(bad)
        raise InvalidArgumentError(None, op, f"{message.decode()} : Tensor had {what} values")
    return x


numerics_node = define("CheckNumerics", infer=same, lower=_lower_numerics, host=True)


@export("check_numerics", "debugging.check_numerics")
def check_numerics(tensor, message, name=None):
    """`tensor`, once it is sure that it holds no NaN and no infinity; else an InvalidArgumentError with `message`."""
    return numerics_node(tensor, message=message, name=name)
