"""Sums of several tensors, cumulative sums, and other arithmetic beyond one and two arguments."""

import collections.abc

import numpy as np

from ..graph.composite import IndexedSlices, convert_or_composite
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need
from .basic import identity
from .elementwise import PLAIN, multiply, rsqrt, square
from .reduce import reduce_sum
from .slicing import where_v2

__all__ = ["add_n", "cumsum"]


def _infer_add_n(*xs):
    dims = xs[-1].dims
    for k in range(len(xs) - 2, -1, -1):
        try:
            dims = shapes.merge(xs[k].dims, dims)
        except InferError as error:
            raise InferError(f"{error}\n\tFrom merging shape {k} with other shapes.") from None
    return [dims]


def _lower_add_n(B, *xs, op):
    for k, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise InvalidArgumentError(
                None,
                op,
                f"Inputs to operation {op.name} of type {op.type} must have the same size and shape. "
                f"Input 0: {shapes.text(xs[0].shape)} != input {k}: {shapes.text(x.shape)}",
            )
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


add_n_node = define("AddN", infer=_infer_add_n, lower=_lower_add_n)


@export("add_n", "math.add_n")
def add_n(inputs, name=None):
    """The sum of tensors of one shape and dtype.

    Args:
      inputs: a list of tensors or IndexedSlices.
      name: the node's name.

    Raises:
      ValueError: no tensors, or their shapes differ.
    """
    words = "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape"
    need(isinstance(inputs, collections.abc.Iterable), words)
    inputs = [convert_or_composite(x) for x in inputs]
    need(inputs, words)
    if not all(isinstance(x, (Tensor, IndexedSlices)) for x in inputs):
        raise ValueError(words)
    if len(inputs) == 1:
        values = convert_to_tensor(inputs[0]) if isinstance(inputs[0], IndexedSlices) else inputs[0]
        return identity(values, name=name) if name else values
    return add_n_node(inputs, name=name)


@export("accumulate_n", "math.accumulate_n")
def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """The sum of tensors of one shape and dtype, without waiting for all.

    Raises:
      ValueError: no tensors, or shapes or dtypes differ; TypeError: `tensor_dtype` is another.
    """
    words = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise ValueError(words)
    inputs = [convert_to_tensor(x) for x in inputs]
    if not all(x._dtype is inputs[0]._dtype for x in inputs):
        raise ValueError(words)
    whole = shapes.TensorShape(shape)
    for x in inputs:
        whole = whole.merge_with(x.get_shape())
    if tensor_dtype is not None and tensor_dtype != inputs[0]._dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {inputs[0]._dtype}")
    if len(inputs) == 1 and name is None:
        return inputs[0]
    if len(inputs) == 1:
        return identity(inputs[0], name=name)
    return accumulate_n_node(inputs, shape=whole, name=name)


accumulate_n_node = define("AccumulateNV2", infer=lambda *xs, shape: [shape], lower=_lower_add_n)


# --- cumulative ---------------------------------------------------------------------------------------


def _infer_cum(x, axis):
    return [x.dims]


def _scan_axis(x, axis, op):
    at = int(axis)
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, op, f"ScanOp: Expected scan axis in the range [{-x.ndim}, {x.ndim}), but got {at}")
    return at


def _cumulative(way, start):
    def lower(B, x, axis, *, exclusive, reverse, op):
        at = _scan_axis(x, axis, op)
        if reverse:
            x = B.flip(x, at)
        out = getattr(B, way)(x, axis=at)
        if exclusive:
            first = B.full_like(B.take(x, np.arange(1 if x.shape[at] else 0), axis=at), start)
            out = B.concatenate([first, B.take(out, np.arange(max(x.shape[at] - 1, 0)), axis=at)], at)
        return B.flip(out, at) if reverse else out

    return lower


cumsum_node = define("Cumsum", infer=_infer_cum, lower=_cumulative("cumsum", 0), static=(1,))
cumprod_node = define("Cumprod", infer=_infer_cum, lower=_cumulative("cumprod", 1), static=(1,))


@export("cumsum", "math.cumsum")
def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running sum along `axis`; `exclusive` leaves the element itself out, `reverse` runs from the end."""
    with name_scope(name, "Cumsum", [x]) as scope:
        return cumsum_node(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


@export("cumprod", "math.cumprod")
def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running product along `axis`; the arguments are those of `cumsum`."""
    with name_scope(name, "Cumprod", [x]) as scope:
        return cumprod_node(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


def _lower_logsumexp(B, x, axis, *, exclusive, reverse, op):
    at = _scan_axis(x, axis, op) % x.ndim
    x = B.flip(x, at) if reverse else x
    out = B.cumulative_logaddexp(x, at)
    if exclusive:
        first = B.full_like(B.take(x, np.arange(1 if x.shape[at] else 0), axis=at), np.finfo(x.dtype).min)
        out = B.concatenate([first, B.take(out, np.arange(max(x.shape[at] - 1, 0)), axis=at)], at)
    return B.flip(out, at) if reverse else out


def _logsumexp_slope(op, dy):
    """Of positive and of negative slopes apart, so that logarithms can be taken."""
    x, axis = op.inputs
    flags = {"exclusive": op.attrs["exclusive"], "reverse": not op.attrs["reverse"]}
    least = dy._dtype.min
    up = where_v2(PLAIN["Greater"](dy, 0), PLAIN["Log"](dy), least)
    down = where_v2(PLAIN["Less"](dy, 0), PLAIN["Log"](-dy), least)
    parts = [PLAIN["Exp"](cumulative_logsumexp(part - op.outputs[0], axis=axis, **flags) + x) for part in (up, down)]
    return [parts[0] - parts[1], None]


logsumexp_node = define("CumulativeLogsumexp", infer=_infer_cum, lower=_lower_logsumexp, static=(1,), grad=_logsumexp_slope)


@export("math.cumulative_logsumexp")
def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """log(cumsum(exp(x))) along `axis`, without overflow; the arguments are those of `cumsum`."""
    with name_scope(name, "CumulativeLogsumexp", [x]) as scope:
        return logsumexp_node(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


@export("math.l2_normalize", "linalg.l2_normalize", "nn.l2_normalize")
def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """`x` over its Euclidean norm along `axis`, of which the square is at least `epsilon`."""
    axis = dim if dim is not None else axis
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        total = reduce_sum(square(x), axis, keepdims=True)
        return multiply(x, rsqrt(PLAIN["Maximum"](total, epsilon)), name=scope)
