"""Assertions that programs make: of values when it runs, or at once where both sides are known; of ranks and types."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .basic import no_op
from .check import Assert
from .control import with_dependencies
from .elementwise import NODES, PLAIN, abs
from .reduce import reduce_all
from .shape import rank as rank_of
from .shape import shape

__all__ = ["assert_equal", "assert_less", "assert_rank", "assert_rank_at_least", "assert_type"]


# --- two sides compared -------------------------------------------------------------------------------

_COMPARED = {  # name: (sign, node, NumPy's test)
    "equal": ("==", "Equal", np.equal),
    "none_equal": ("!=", "NotEqual", np.not_equal),
    "less": ("<", "Less", np.less),
    "less_equal": ("<=", "LessEqual", np.less_equal),
    "greater": (">", "Greater", np.greater),
    "greater_equal": (">=", "GreaterEqual", np.greater_equal),
}


def _binary(kind, x, y, data, summarize, message, name):
    sign, node, test = _COMPARED[kind]
    with name_scope(name, "assert_" + kind, [x, y, data]):
        x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
        if data is None:
            data = [f"Condition x {sign} y did not hold element-wise:", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        if message is not None:
            data = [message, *data]
        condition = reduce_all((PLAIN.get(node) or NODES[node])(x, y))
        known = static.python_value(x), static.python_value(y)
        if all(k is not None for k in known):
            _refuse(np.all(test(*known)), data)
        return Assert(condition, data, summarize=summarize)


def _refuse(holds, data):
    """Raises what the assertion would, now that it is known not to hold."""
    if not holds:
        raise InvalidArgumentError(None, None, "\n".join(_shown(d) for d in data))


def _shown(value):
    known = static.python_value(value) if isinstance(value, Tensor) else None
    return str(value if known is None else known)


def _compare(kind):
    sign = _COMPARED[kind][0]

    def check(x, y, data=None, summarize=None, message=None, name=None):
        return _binary(kind, x, y, data, summarize, message, name)

    def check_equal(x, y, data=None, summarize=None, message=None, name=None):
        with name_scope(name, "assert_equal", [x, y, data]):
            if x is y:
                return no_op()
        return _binary(kind, x, y, data, summarize, message, name)

    made = check_equal if kind == "equal" else check
    made.__name__ = made.__qualname__ = "assert_" + kind
    made.__doc__ = f"""An operation that fails unless x {sign} y for all pairs of elements.

    Args:
      x: a tensor; y: a tensor of the same dtype that broadcasts with it.
      data: what to show; both by default.
      summarize: how many elements of each; 3 by default.
      message: words to begin with.
      name: the scope's name.

    Raises:
      InvalidArgumentError: both are known already, and it does not hold.
    """
    return export("assert_" + kind, "debugging.assert_" + kind)(made)


assert_equal, assert_none_equal, assert_less, assert_less_equal, assert_greater, assert_greater_equal = map(_compare, _COMPARED)


@export("assert_near", "debugging.assert_near")
def assert_near(x, y, rtol=None, atol=None, data=None, summarize=None, message=None, name=None):
    """An operation that fails unless |x - y| < atol + rtol |y| for all pairs of elements.

    Args:
      x: a float tensor; y: one of the same dtype.
      rtol: the relative tolerance; atol: the absolute one; ten times the dtype's precision by default.
      data, summarize, message, name: as for `assert_equal`.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x._dtype)
        least = 10 * np.finfo(x.dtype.as_numpy_dtype).eps
        rtol, atol = (
            convert_to_tensor(least if given is None else given, name=word, dtype=x._dtype)
            for given, word in ((rtol, "rtol"), (atol, "atol"))
        )
        if data is None:
            words = f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}"
            data = [message or "", words, f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        tolerance = atol + rtol * abs(y)
        return Assert(reduce_all(PLAIN["Less"](abs(x - y), tolerance)), data, summarize=summarize)


# --- signs --------------------------------------------------------------------------------------------


def _signed(kind, sign, check, zero_first):
    def assertion(x, data=None, summarize=None, message=None, name=None):
        with name_scope(name, "assert_" + kind, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                words, shown = f"Condition x {sign} 0 did not hold element-wise:", f"x ({x.name}) = "
                joined = kind == "non_positive"  # 1.15 forgot a comma there
                data = [message or "", words + shown, x] if joined else [message or "", words, shown, x]
            zero = convert_to_tensor(0, dtype=x._dtype)
            return check(*((zero, x) if zero_first else (x, zero)), data=data, summarize=summarize)

    assertion.__name__ = assertion.__qualname__ = "assert_" + kind
    assertion.__doc__ = (
        f"""An operation that fails unless x {sign} 0 for all elements; the arguments are those of `assert_equal`."""
    )
    return export("assert_" + kind, "debugging.assert_" + kind)(assertion)


assert_negative = _signed("negative", "<", assert_less, False)
assert_positive = _signed("positive", ">", assert_less, True)
assert_non_negative = _signed("non_negative", ">=", assert_less_equal, True)
assert_non_positive = _signed("non_positive", "<=", assert_less_equal, False)


# --- ranks --------------------------------------------------------------------------------------------


class _WrongRankError(Exception):
    """The static rank is not one of those wanted."""


def _rank_condition(x, ranks, holds, dynamic, data, summarize):
    """The assertion over `dynamic(rank)`; done at once where the ranks are known."""
    for one in ranks:
        assert_type(one, dtypes.int32)
    known = [static.python_value(one) for one in ranks]
    if all(k is not None for k in known):
        need(all(k.ndim == 0 for k in known), "Rank must be a scalar.")
        if x.get_shape().ndims is not None:
            if not holds(x.get_shape().ndims, [int(k) for k in known]):
                raise _WrongRankError
            return no_op(name="static_checks_determined_all_ok")
    condition = dynamic(rank_of(x))
    for one, value in zip(ranks, known, strict=True):
        if value is None:
            check = assert_rank(one, 0, data=["Rank must be a scalar. Received rank: ", one])
            condition = with_dependencies([check], condition)
    return Assert(condition, data, summarize=summarize)


def _assert_ranks(x, ranks, default, what, holds, dynamic, data, summarize, message, name):
    with name_scope(name, default, [x, *ranks, *(data or [])]):
        x = x if isinstance(x, SparseTensor) else convert_to_tensor(x, name="x")
        ranks = [convert_to_tensor(one, name="rank") for one in ranks]
        message = message or ""
        label = "" if isinstance(x, SparseTensor) else x.name
        if data is None:
            data = [message, f"Tensor {label} must have rank{what}", *ranks, "Received shape: ", shape(x)]
        try:
            return _rank_condition(x, ranks, holds, lambda n: dynamic(n, ranks), data, summarize)
        except _WrongRankError:
            wanted = tuple(static.python_value(one) for one in ranks)
            wanted = wanted if default == "assert_rank_in" else int(wanted[0])
            raise ValueError(
                f"{message}.  Tensor {label} must have rank{what} {wanted}.  "
                f"Received rank {x.get_shape().ndims}, shape {x.get_shape()}"
            ) from None


_RANK_ARGS = """

    Args:
      x: a tensor or SparseTensor.
      {rank}
      data: what to show.
      summarize: how many elements of each.
      message: words to begin with.
      name: the scope's name.

    Raises:
      ValueError: the rank is known already, and another.
    """


@export("assert_rank", "debugging.assert_rank")
def assert_rank(x, rank, data=None, summarize=None, message=None, name=None):
    """An operation that fails unless `x` has so many dimensions."""
    return _assert_ranks(
        x, [rank], "assert_rank", "", lambda n, r: n == r[0], lambda n, r: NODES["Equal"](n, r[0]), data, summarize, message, name
    )


@export("assert_rank_at_least", "debugging.assert_rank_at_least")
def assert_rank_at_least(x, rank, data=None, summarize=None, message=None, name=None):
    """An operation that fails unless `x` has so many dimensions or more."""
    dynamic = lambda n, r: PLAIN["GreaterEqual"](n, r[0])  # noqa: E731
    return _assert_ranks(
        x, [rank], "assert_rank_at_least", " at least", lambda n, r: n >= r[0], dynamic, data, summarize, message, name
    )


@export("assert_rank_in", "debugging.assert_rank_in")
def assert_rank_in(x, ranks, data=None, summarize=None, message=None, name=None):
    """An operation that fails unless the number of dimensions of `x` is one of `ranks`."""
    return _assert_ranks(x, ranks, "assert_rank_in", " in", lambda n, r: n in r, _any_equal, data, summarize, message, name)


for _function, _rank in (
    (assert_rank, "rank: int32 scalar."),
    (assert_rank_at_least, "rank: int32 scalar."),
    (assert_rank_in, "ranks: a list of int32 scalars."),
):  # fmt: skip
    _function.__doc__ += _RANK_ARGS.format(rank=_rank)


def _any_equal(n, ranks):
    if not ranks:
        return convert_to_tensor(False)
    result = NODES["Equal"](ranks[0], n)
    for one in ranks[1:]:
        result = PLAIN["LogicalOr"](result, NODES["Equal"](one, n))
    return result


# --- types --------------------------------------------------------------------------------------------


@export("assert_type", "debugging.assert_type")
def assert_type(tensor, tf_type, message=None, name=None):
    """An operation that does nothing; TypeError at once unless the tensor is of dtype `tf_type`."""
    tf_type = dtypes.as_dtype(tf_type)
    with name_scope(name, "assert_type", [tensor]):
        tensor = tensor if isinstance(tensor, SparseTensor) else convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            label = tensor.name if hasattr(tensor, "name") else ""
            raise TypeError(f"{message or ''}  {label} must be of type {tf_type}")
        return no_op("statically_determined_correct_type")


@export("assert_integer", "debugging.assert_integer")
def assert_integer(x, message=None, name=None):
    """An operation that does nothing; TypeError at once unless `x` is of an integer dtype."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x._dtype.is_integer:
            raise TypeError(f'{message or ""}  Expected "x" to be integer type.  Found: {x.name} of dtype {x.dtype}')
        return no_op("statically_determined_was_integer")


@export("assert_scalar", "debugging.assert_scalar", "contrib.framework.assert_scalar")
def assert_scalar(tensor, name=None, message=None):
    """`tensor`; ValueError at once unless it is a scalar."""
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        words = f"{message or ''}Expected scalar shape for {tensor.name}, saw shape: {tensor.shape}."
        need(tensor.rank == 0, words)
        return tensor


@export("assert_proper_iterable", "debugging.assert_proper_iterable")
def assert_proper_iterable(values):
    """TypeError for what is a tensor, an array or a string, or cannot be gone through."""
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, bytes, str)):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def _one_base_type(items, expected):
    first = None
    for item in items:
        if item is None:
            continue
        kind = item.dtype.base_dtype
        label = item.name if hasattr(item, "name") else str(item)
        if not expected:
            expected, first = kind, label
        elif expected != kind:
            like = f" as {first}" if first else ""
            raise ValueError(f"{label}, type={kind}, must be of the same type ({expected}){like}.")
    return expected


@export("assert_same_float_dtype", "debugging.assert_same_float_dtype", "contrib.framework.assert_same_float_dtype")
def assert_same_float_dtype(tensors=None, dtype=None):
    """The one float dtype of `tensors`, and `dtype` if given; float32 where neither is given.

    Raises:
      ValueError: they differ, or it is no float dtype.
    """
    dtype = _one_base_type(tensors, dtype) if tensors else dtype
    if not dtype:
        return dtypes.float32
    need(dtype.is_floating, f"Expected floating point type, got {dtype}.")
    return dtype
