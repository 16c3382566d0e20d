"""Reductions: sums, means, extremes, arg-extremes, logical ones, and what is made of them."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .basic import constant
from .elementwise import NODES, PLAIN, cast, square
from .elementwise import sqrt as sqrt_of
from .fill import range_, zeros, zeros_like
from .shape import rank, reshape, shape
from .slicing import stop_gradient, where

__all__ = ["reduce_mean", "reduce_sum"]


def _infer(x, axes, *, keep_dims):
    at = static.value(axes)
    if x.dims is None:
        return [None]
    n = len(x.dims)
    if at is None:
        return [(None,) * n if keep_dims else None]
    for a in at.reshape(-1):
        if not -n <= a < n:
            raise InferError(f"Invalid reduction dimension {a} for input with {n} dimensions.")
    over = {int(a) % n for a in at.reshape(-1)}
    if keep_dims:
        return [tuple(1 if k in over else d for k, d in enumerate(x.dims))]
    return [tuple(d for k, d in enumerate(x.dims) if k not in over)]


def _axes(x, axes, op):
    at = [int(a) for a in np.asarray(axes).reshape(-1)]
    for a in at:
        if not -x.ndim <= a < x.ndim:
            raise InvalidArgumentError(None, op, f"Invalid reduction dimension ({a} for input with {x.ndim} dimension(s)")
    return tuple(dict.fromkeys(a % x.ndim for a in at))  # one that comes twice is taken without a word


def _reduction(way, empty=None):
    def lower(B, x, axes, *, keep_dims, op):
        over = _axes(x, axes, op)
        if empty is not None and 0 in x.shape:
            return getattr(B, way)(x, axis=over, keepdims=keep_dims, initial=empty(x.dtype))
        return getattr(B, way)(x, axis=over, keepdims=keep_dims)

    return lower


def _least(kind):
    return -np.inf if np.issubdtype(kind, np.inexact) else np.iinfo(kind).min


def _most(kind):
    return np.inf if np.issubdtype(kind, np.inexact) else np.iinfo(kind).max


def _lower_mean(B, x, axes, *, keep_dims, op):
    over = _axes(x, axes, op)
    if np.issubdtype(x.dtype, np.integer):
        n = int(np.prod([x.shape[a] for a in over], dtype=np.int64))
        total = B.sum(x, axis=over, keepdims=keep_dims, dtype=x.dtype)  # it wraps
        return B.sign(total) * (B.abs(total) // max(n, 1))
    if x.dtype == np.float16:
        return B.mean(x.astype(np.float32), axis=over, keepdims=keep_dims)
    return B.mean(x, axis=over, keepdims=keep_dims)


def _lower_euclidean(B, x, axes, *, keep_dims, op):
    return B.sqrt(B.sum(x * B.conj(x), axis=_axes(x, axes, op), keepdims=keep_dims))


_REDUCTIONS = {
    "Sum": _reduction("sum"),
    "Prod": _reduction("prod"),
    "Mean": _lower_mean,
    "Max": _reduction("max", _least),
    "Min": _reduction("min", _most),
    "All": _reduction("all"),
    "Any": _reduction("any"),
    "EuclideanNorm": _lower_euclidean,
}
for _type, _lower in _REDUCTIONS.items():
    NODES[_type] = define(_type, infer=_infer, lower=_lower, static=(1,))
for _type in ("All", "Any"):
    define(_type, grad=None)


def axes_of(x, axis):
    """The axes of a reduction: as given, or all of them."""
    if axis is not None:
        return axis
    if isinstance(x, SparseTensor) and x.dense_shape.dims and x.dense_shape.dims[0] is not None:
        return constant(np.arange(x.dense_shape.dims[0]), dtypes.int32)
    if isinstance(x, Tensor) and x.dims is not None:
        return constant(np.arange(len(x.dims)), dtypes.int32)
    return range_(0, rank(x))


def _scalar(axis, made):
    """A full reduction is a scalar, also of an unknown shape."""
    if axis is None and made.dims is None:
        made.dims = ()
    return made


def both(axis, old, keepdims, keep):
    """The arguments under their new and old names."""
    if old is not None:
        if axis is not None:
            raise ValueError("Cannot specify both 'reduction_indices' and 'axis'")
        axis = old
    if keep is not None:
        if keepdims is not None:
            raise ValueError("Cannot specify both 'keep_dims' and 'keepdims'")
        keepdims = keep
    return axis, False if keepdims is None else keepdims


def _public(kind, what, *names):
    node = NODES[kind]

    def reduce(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
        axis, keep = both(axis, reduction_indices, keepdims, keep_dims)
        made = node(input_tensor, axes_of(input_tensor, axis), keep_dims=keep, name=name)
        return made if keep else _scalar(axis, made)

    reduce.__name__ = reduce.__qualname__ = names[0]
    reduce.__doc__ = f"""{what} along dimensions.

    Args:
      input_tensor: a tensor.
      axis: an int, a list of ints or an int32 tensor; all dimensions if None.
      keepdims: whether the dimensions stay, with size 1.
      name: the node's name.
      reduction_indices: the older name of `axis`.
      keep_dims: the older name of `keepdims`.
    """
    return export(*names)(reduce)


reduce_sum = _public("Sum", "The sum", "reduce_sum", "math.reduce_sum")
reduce_prod = _public("Prod", "The product", "reduce_prod", "math.reduce_prod")
reduce_mean = _public("Mean", "The mean", "reduce_mean", "math.reduce_mean")
reduce_max = _public("Max", "The greatest element", "reduce_max", "math.reduce_max")
reduce_min = _public("Min", "The least element", "reduce_min", "math.reduce_min")
reduce_all = _public("All", "Whether all hold", "reduce_all", "math.reduce_all")
reduce_any = _public("Any", "Whether any holds", "reduce_any", "math.reduce_any")


@export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """The Euclidean norm along dimensions."""
    keep = bool(keepdims)
    made = NODES["EuclideanNorm"](input_tensor, axes_of(input_tensor, axis), keep_dims=keep, name=name)
    return made if keep else _scalar(axis, made)


@export("reduce_logsumexp", "math.reduce_logsumexp")
def reduce_logsumexp(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
    """log(sum(exp(x))) along dimensions, without overflow; the arguments are those of `reduce_sum`."""
    axis, keep = both(axis, reduction_indices, keepdims, keep_dims)
    input_tensor = convert_to_tensor(input_tensor)
    with name_scope(name, "ReduceLogSumExp", [input_tensor]):
        raw = reduce_max(input_tensor, axis=axis, keepdims=True)
        top = stop_gradient(where(PLAIN["IsFinite"](raw), raw, zeros_like(raw)))
        total = reduce_sum(PLAIN["Exp"](NODES["Sub"](input_tensor, top)), axis, keepdims=keep)
        result = PLAIN["Log"](total)
        if not keep:
            top = reshape(top, shape(result))
        made = NODES["Add"](result, top)
        return made if keep else _scalar(axis, made)


@export("math.reduce_variance")
def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """The variance along dimensions (over n, not n - 1)."""
    with name_scope(name or "reduce_variance"):
        means = reduce_mean(input_tensor, axis=axis, keepdims=True)
        return reduce_mean(square(input_tensor - means), axis=axis, keepdims=keepdims)


@export("math.reduce_std")
def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """The standard deviation along dimensions (over n, not n - 1)."""
    with name_scope(name or "reduce_std"):
        return sqrt_of(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


@export("count_nonzero", "math.count_nonzero")
def count_nonzero(
    input_tensor=None, axis=None, keepdims=None, dtype=dtypes.int64, name=None, reduction_indices=None, keep_dims=None, input=None
):
    """How many elements are not zero (or not an empty string), along dimensions, as `dtype`."""
    axis, keep = both(axis, reduction_indices, keepdims, keep_dims)
    input_tensor = input if input is not None else input_tensor
    with name_scope(name, "count_nonzero", [input_tensor]):
        input_tensor = convert_to_tensor(input_tensor, name="input")
        kind = input_tensor._dtype.base_dtype
        zero = zeros([], dtype=kind)
        total = reduce_sum(cast(NODES["NotEqual"](input_tensor, zero), dtypes.int64), axis=axis, keepdims=keep)
        return cast(total, dtype)


# --- argmax, argmin ---------------------------------------------------------------------------------


def _infer_arg(x, axis):
    shapes.with_rank(axis.dims, 0)
    at = static.value(axis)
    if x.dims is None:
        return [None]
    n = len(x.dims)
    if at is None:
        return [(None,) * (n - 1)]
    at = int(at)
    if not -n <= at < n:
        raise InferError(
            f"Dimension ({at}) must be in the range [{-n}, {n}), where {n} is the number of dimensions in the input."
        )
    at %= n
    return [x.dims[:at] + x.dims[at + 1 :]]


def _arg(way):
    def lower(B, x, axis, *, output_type, op):
        at = int(axis)
        if not -x.ndim <= at < x.ndim:
            raise InvalidArgumentError(None, op, f"Expected dimension in the range [{-x.ndim}, {x.ndim}), but got {at}")
        if x.shape[at] == 0:
            raise InvalidArgumentError(None, op, f"Reduction axis {at} is empty in shape {shapes.text(x.shape)}")
        return getattr(B, way)(x, axis=at).astype(output_type.np)

    return lower


for _type, _way in (("ArgMax", "argmax"), ("ArgMin", "argmin")):
    NODES[_type] = define(_type, infer=_infer_arg, lower=_arg(_way), static=(1,), grad=None)


def _public_arg(kind, what, *names):
    def call(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
        if dimension is not None:
            if axis is not None:
                raise ValueError("Cannot specify both 'dimension' and 'axis'")
            axis = dimension
        return NODES[kind](input, 0 if axis is None else axis, name=name, output_type=output_type)

    call.__name__ = call.__qualname__ = names[0]
    call.__doc__ = f"""Where along a dimension the {what} element stands; of several the first.

    Args:
      input: a tensor.
      axis: int scalar; 0 by default.
      name: the node's name.
      dimension: the older name of `axis`.
      output_type: int32 or int64.
    """
    return export(*names)(call)


argmax = _public_arg("ArgMax", "greatest", "argmax", "math.argmax")
argmin = _public_arg("ArgMin", "least", "argmin", "math.argmin")


@export("arg_max")
def arg_max(input, dimension, output_type=dtypes.int64, name=None):
    """`argmax` in its oldest spelling."""
    return NODES["ArgMax"](input, dimension, output_type=output_type, name=name)


@export("arg_min")
def arg_min(input, dimension, output_type=dtypes.int64, name=None):
    """`argmin` in its oldest spelling."""
    return NODES["ArgMin"](input, dimension, output_type=output_type, name=name)
