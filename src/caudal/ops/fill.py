"""Tensors made from nothing: zeros, ones, fill, range, linspace, eye, one_hot, sequence_mask."""

import functools
import numbers
import operator

import numpy as np

from ..graph import static
from ..graph.convert import convert, convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from ..ground.shapes import TensorShape
from .basic import constant, same
from .shape import expand_dims, reshape, shape_internal

__all__ = ["fill", "ones", "ones_like", "one_hot", "range_", "zeros", "zeros_like"]

_LARGE = 1000  # elements: from here on TF fills at run time instead of keeping a constant


def _infer_fill(dims, value):
    shapes.with_rank(dims.dims, 1)
    shapes.with_rank(value.dims, 0)
    found = static.value(dims)
    if found is not None and (found < 0).any():
        raise InferError("Fill dimensions must be >= 0")
    return [static.partial_shape(dims)]


def _lower_fill(B, dims, value, *, op):
    for d in dims:
        if d < 0:
            raise InvalidArgumentError(None, op, f"Dimension {d} must be >= 0")
    return B.broadcast_to(B.asarray(value), tuple(int(d) for d in dims))


fill_node = define("Fill", infer=_infer_fill, lower=_lower_fill, static=(0,))


@export("fill")
def fill(dims, value, name=None):
    """A tensor of shape `dims` (int32 or int64 `[rank]`) that holds `value` everywhere."""
    return fill_node(dims, value, name=name)


def _zero(kind):
    return False if kind is dtypes.bool else "" if kind is dtypes.string else 0


def _full(shape, dtype, name, default, value):
    """What zeros and ones share: a constant where it is small and known, a Fill otherwise."""
    kind = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, default, [shape]) as scope:
        filling = _zero(kind) if default == "zeros" else (True if kind is dtypes.bool else value)
        if not isinstance(shape, Tensor):
            dims = _constant_dims(shape)
            if dims is not None:
                if shapes.count(dims) < _LARGE and _is_list(shape):
                    return constant(filling, kind, dims, name=scope)
                shape = convert(TensorShape(dims), dtypes.int32)
            else:
                _compare_size(shape)
                shape = convert_to_tensor(shape, dtypes.int32)
        if shape.dims != (0,) and (shape.dims is None or len(shape.dims) != 1):
            shape = reshape(shape, [-1])
        made = fill_node(shape, constant(filling, kind), name=scope)
    return made


def _compare_size(shape):
    """1.15 asks whether it is small, which makes nodes where sizes are tensors, and then does without the answer."""
    if isinstance(shape, (list, tuple)) and any(isinstance(d, Tensor) for d in shape):
        functools.reduce(operator.mul, shape) < _LARGE  # noqa: B015


def _is_list(shape):
    """Whether `shape` names its dimensions one by one: of one number alone 1.15 makes no constant."""
    return np.ndim(shape) > 0 or isinstance(shape, TensorShape)


def _constant_dims(shape):
    """A shape given as numbers, as a tuple; None if it holds tensors or unknown dimensions."""
    try:
        dims = shapes.dims_of(shape)
    except (TypeError, ValueError):
        return _cut(shape)
    return dims if shapes.known(dims) else None


def _cut(shape):
    """A small shape of numbers with fractions without them, as 1.15 takes it; None for any other."""
    if not isinstance(shape, (list, tuple)) or not all(isinstance(d, numbers.Real) for d in shape):
        return None
    return tuple(int(d) for d in shape) if 0 <= np.prod(shape) < _LARGE else None


@export("zeros")
def zeros(shape, dtype=dtypes.float32, name=None):
    """A tensor of zeros (False, empty strings).

    Args:
      shape: ints, a `TensorShape`, or an int32 tensor `[rank]`.
      dtype: its `DType`.
      name: the node's name.
    """
    return _full(shape, dtype, name, "zeros", 0)


@export("ones")
def ones(shape, dtype=dtypes.float32, name=None):
    """A tensor of ones; the arguments are those of `zeros`."""
    return _full(shape, dtype, name, "ones", 1)


zeros_like_node = define("ZerosLike", infer=same, lower=lambda B, x: B.zeros_like(x), grad=None)
ones_like_node = define("OnesLike", infer=same, lower=lambda B, x: B.ones_like(x), grad=None)


def zeros_like_impl(tensor, dtype, name, optimize=True):
    """Zeros shaped as `tensor`; what TF makes depends on what is known of its shape."""
    with name_scope(name, "zeros_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        kind = tensor._dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        if optimize and shapes.known(tensor.dims) and tensor._dtype is not dtypes.variant:
            return zeros(tensor.dims, kind, name=scope)
        if kind is tensor._dtype.base_dtype and tensor._dtype is not dtypes.variant:
            return zeros_like_node(tensor, name=scope)
        return zeros(shape_internal(tensor, None, optimize), kind, name=scope)


@export("zeros_like", "compat.v1.zeros_like")
def zeros_like(tensor, dtype=None, name=None, optimize=True):
    """Zeros in the shape of `tensor`, of its dtype or `dtype`."""
    return zeros_like_impl(tensor, dtype, name, optimize)


def ones_like_impl(tensor, dtype, name, optimize=True):
    """Ones shaped as `tensor`."""
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        ones_shape = shape_internal(tensor, None, optimize)
        kind = tensor._dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        made = ones(ones_shape, kind, name=scope)
        made.dims = tensor.dims if made.dims is None or not optimize else made.dims
        return made


@export("ones_like", "compat.v1.ones_like")
def ones_like(tensor, dtype=None, name=None, optimize=True):
    """Ones in the shape of `tensor`, of its dtype or `dtype`."""
    return ones_like_impl(tensor, dtype, name, optimize)


# --- range, linspace, eye ---------------------------------------------------------------------------


def _infer_range(start, limit, delta):
    for which, tensor in (("start", start), ("limit", limit), ("delta", delta)):
        shapes.told(f" for '{which}'", shapes.with_rank, tensor.dims, 0)
    a, b, d = (static.value(t) for t in (start, limit, delta))
    if a is None or b is None or d is None:
        return [(None,)]
    wrong = _wrong_range(a, b, d)
    if wrong:
        raise InferError(wrong)
    return [(max(int(np.ceil(abs((float(b) - float(a)) / float(d)))), 0),)]


def _wrong_range(start, limit, delta):
    """What is wrong with a range, or None."""
    if delta == 0:
        return "Requires delta != 0"
    if delta > 0 and start > limit:
        return f"Requires start <= limit when delta > 0: {start}/{limit}"
    if delta < 0 and start < limit:
        return f"Requires start >= limit when delta < 0: {start}/{limit}"
    return None


def _lower_range(B, start, limit, delta, *, op):
    start, limit, delta = (np.asarray(v)[()] for v in (start, limit, delta))
    wrong = _wrong_range(start, limit, delta)
    if wrong:
        raise InvalidArgumentError(None, op, wrong if delta else f"{wrong}: {delta}")
    if np.issubdtype(start.dtype, np.integer):
        return np.arange(start, limit, delta, dtype=start.dtype)
    n = int(np.ceil(abs((float(limit) - float(start)) / float(delta))))
    return (start + np.arange(n).astype(start.dtype) * delta).astype(start.dtype)


range_node = define("Range", infer=_infer_range, lower=_lower_range, static=(0, 1, 2), grad=None)


@export("range")
def range_(start, limit=None, delta=1, dtype=None, name="range"):
    """The numbers from `start` to `limit`, without it, by `delta`: a vector.

    Args:
      start: the first; the limit, if it stands alone, and counting begins at 0.
      limit: where to stop, not included.
      delta: the step.
      dtype: their `DType`; the widest of the arguments' by default.
      name: the node's name.

    Raises:
      AssertionError: numbers of a dtype other than int32, int64, float32 and float64.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        kind = None if dtype is None else dtypes.as_dtype(dtype)
        start = convert_to_tensor(start, kind, name="start")
        limit = convert_to_tensor(limit, kind, name="limit")
        delta = convert_to_tensor(delta, kind, name="delta")
        if dtype is None:
            order = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]
            if any(t._dtype.base_dtype not in order for t in (start, limit, delta)):
                raise AssertionError  # 1.15's own refusal: a bare assert
            widest = max((t._dtype.base_dtype for t in (start, limit, delta)), key=order.index)
            start, limit, delta = (cast_to(t, widest) for t in (start, limit, delta))
        return range_node(start, limit, delta, name=scope)


def cast_to(x, kind):
    """`x` as `kind`, with a Cast node only where it is another."""
    if x._dtype.base_dtype is kind:
        return x
    with name_scope(None, "Cast", [x]) as scope:
        return cast_node(x, DstT=kind, name=scope)


cast_node = define("Cast")  # shape.py says how it works


def _infer_linspace(start, stop, num):
    for which, tensor in (("start", start), ("stop", stop), ("num", num)):
        shapes.told(f" for '{which}'", shapes.with_rank, tensor.dims, 0)
    n = static.number(num)
    if n is not None and n <= 0:
        raise InferError(f"Requires num > 0: {n}")
    return [(n,)]


def _lower_linspace(B, start, stop, num, *, op):
    n = int(num)
    if n <= 0:
        raise InvalidArgumentError(None, op, f"Requires num > 0: {n}")
    step = (stop - start) / (n - 1) if n > 1 else 0 * start
    return (start + step * B.arange(n).astype(start.dtype)).astype(start.dtype)


linspace_node = define("LinSpace", infer=_infer_linspace, lower=_lower_linspace, static=(2,), grad=None)


@export("linspace", "lin_space")
def linspace(start, stop, num, name=None):
    """`num` numbers at equal distances from `start` to `stop`, both included."""
    return linspace_node(start, stop, num, name=name)


# --- one_hot, sequence_mask -------------------------------------------------------------------------


def _infer_one_hot(indices, depth, on_value, off_value, *, axis):
    if axis < -1:
        raise InferError("axis must be >= -1")
    n = static.dimension(depth, 1)
    if indices.dims is None:
        return [None]
    at = axis % (len(indices.dims) + 1)  # one that is too large is found when it runs
    return [(*indices.dims[:at], n, *indices.dims[at:])]


def _lower_one_hot(B, indices, depth, on_value, off_value, *, axis, op):
    if axis > indices.ndim:
        raise InvalidArgumentError(None, op, f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}")
    if np.ndim(depth):
        raise InvalidArgumentError(None, op, f"depth must be a scalar, but got: {shapes.text(np.shape(depth))}")
    n = int(depth)
    if n < 0:
        raise InvalidArgumentError(None, op, f"depth must be non-negative, got: {n}")
    at = axis if axis >= 0 else indices.ndim
    classes = B.arange(n).reshape((1,) * at + (n,) + (1,) * (indices.ndim - at))
    return B.where(B.expand_dims(indices, at) == classes, on_value, off_value)


one_hot_node = define("OneHot", infer=_infer_one_hot, lower=_lower_one_hot, static=(1,), grad=None)


@export("one_hot")
def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """For each index a vector that is `on_value` there and `off_value` elsewhere.

    Args:
      indices: uint8, int32 or int64, any shape.
      depth: int32 scalar, the length of the vectors.
      on_value: 1 by default.
      off_value: 0 by default.
      axis: where the new dimension stands; last by default.
      dtype: float32 if neither it nor values are given.
      name: the node's name.

    Raises:
      TypeError: the values' dtypes differ from each other or from `dtype`.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as scope:
        given = [v is not None for v in (on_value, off_value)]
        on_dtype = convert_to_tensor(on_value)._dtype.base_dtype if given[0] else None
        off_dtype = convert_to_tensor(off_value)._dtype.base_dtype if given[1] else None
        if any(given):
            if dtype is not None:
                for which, kind in (("on_value", on_dtype), ("off_value", off_dtype)):
                    if kind is not None and kind != dtype:
                        raise TypeError(f"dtype {kind} of {which} does not match dtype parameter {dtype}")
            else:
                dtype = on_dtype or off_dtype
        dtype = dtypes.float32 if dtype is None else dtype
        if not given[0]:
            on_value, on_dtype = convert_to_tensor(1, dtype, name="on_value"), dtype
        if not given[1]:
            off_value, off_dtype = convert_to_tensor(0, dtype, name="off_value"), dtype
        if on_dtype != off_dtype:
            raise TypeError(f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value")
        return one_hot_node(indices, depth, on_value, off_value, axis=axis, name=scope)


@export("sequence_mask")
def sequence_mask(lengths, maxlen=None, dtype=dtypes.bool, name=None):
    """For each length a row that is True (1) for that many elements.

    Args:
      lengths: int, any shape.
      maxlen: int scalar, the length of the rows; the greatest of `lengths` if None.
      dtype: of the mask.
      name: the scope's name.

    Raises:
      ValueError: `maxlen` is no scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            known = None if lengths.dims is None else len(lengths.dims)
            axes = range_(0, rank_of(lengths)) if known is None else constant(np.arange(known), dtypes.int32)
            longest = max_node(lengths, axes)
            maxlen = maximum_node(constant(0, lengths._dtype.base_dtype), longest)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.dims is not None and len(maxlen.dims) != 0:
            raise ValueError("maxlen must be scalar for sequence_mask")
        row = range_node(constant(0, maxlen._dtype.base_dtype), maxlen, constant(1, maxlen._dtype.base_dtype))
        matrix = cast_node(expand_dims(lengths, -1), DstT=maxlen._dtype.base_dtype, name="Cast")
        made = less_node(row, matrix)
        return made if dtype is None or made._dtype.is_compatible_with(dtype) else cast_to(made, dtypes.as_dtype(dtype))


maximum_node, max_node, less_node, rank_of = define("Maximum"), define("Max"), define("Less"), define("Rank")
