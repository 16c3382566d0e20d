"""What is greatest and how many there are: top_k, in_top_k, bincount, histograms."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, require
from .basic import constant
from .clip import clip_by_value
from .elementwise import PLAIN, cast, truediv
from .fill import range_, zeros
from .join import stack
from .reduce import reduce_max, reduce_prod
from .scatter import scatter_nd
from .segment import unsorted_segment_sum
from .shape import expand_dims, reshape, shape, size
from .slicing import gather

__all__ = ["bincount", "histogram_fixed_width", "in_top_k", "top_k"]


# --- the greatest -------------------------------------------------------------------------------------


def _infer_top_k(x, k):
    dims, n = shapes.with_rank_at_least(x.dims, 1), static.value(k)
    n = None if n is None else int(n)
    if n is not None and n < 0:
        raise InferError(f"Dimension size, given by scalar input 1, must be non-negative but is {n}")
    if dims is None:
        return [None, None]
    if n is not None and dims[-1] is not None and dims[-1] < n:
        raise InferError(f"input must have last dimension >= k = {n} but is {dims[-1]}")
    return [(*dims[:-1], n)] * 2


def _lower_top_k(B, x, k, *, op):
    require(x.ndim >= 1, op, "input must be >= 1-D, got shape []")
    k, n = int(k), x.shape[-1]
    if k < 0:
        raise InvalidArgumentError(None, op, f"Need k >= 0, got {k}")
    if n < k:
        raise InvalidArgumentError(None, op, f"input must have at least k columns. Had {n}, needed {k}")
    backwards = B.argsort(B.flip(x, -1), axis=-1, stable=True)  # of equal ones the first comes first, then
    order = (n - 1 - B.flip(backwards, -1))[..., :k]
    return B.take_along_axis(x, order, axis=-1), order.astype(np.int32)


def _last_size(sizes):
    return gather(cast(sizes, dtypes.int64), size(sizes) - 1)


def _top_k_slope(op, dy, _):
    """The slopes at the places that were chosen, zeros elsewhere."""
    whole = shape(op.inputs[0])
    chosen = reshape(op.outputs[1], stack([-1, _last_size(shape(op.outputs[1]))]))
    columns = _last_size(whole)
    rows = shape(chosen)[0]
    starts = range_(0, cast(rows, dtypes.int64) * columns, columns)
    place = reshape(chosen + cast(expand_dims(starts, -1), dtypes.int32), [-1])
    flat = scatter_nd(expand_dims(place, -1), reshape(dy, [-1]), [reduce_prod(whole)])
    return [reshape(flat, whole), zeros([], dtype=dtypes.int32)]


top_k_node = define("TopKV2", infer=_infer_top_k, lower=_lower_top_k, grad=_top_k_slope, static=(1,))


@export("nn.top_k", "math.top_k")
def top_k(input, k=1, sorted=True, name=None):
    """(values, indices) of the `k` greatest elements along the last dimension.

    Args:
      input: `[..., n]`.
      k: int32 scalar, at most n.
      sorted: whether the greatest comes first; of equal ones the one with the lower index.
      name: the node's name.

    Returns:
      `[..., k]`, and int32 `[..., k]`.
    """
    return top_k_node(input, k, sorted=sorted, name=name)


def _infer_in_top_k(predictions, targets, k):
    dims, rows = shapes.with_rank(predictions.dims, 2), shapes.with_rank(targets.dims, 1)
    return [(shapes.merge_dim(dims[0], rows[0]),)]


def _lower_in_top_k(B, predictions, targets, k, *, op):
    n, classes = predictions.shape
    if targets.shape[0] != n:
        raise InvalidArgumentError(
            None, op, f"First dimension of predictions {n} must match length of targets {targets.shape[0]}"
        )
    inside = (targets >= 0) & (targets < classes)
    value = B.take_along_axis(predictions, B.where(inside, targets, 0)[:, None], axis=1)
    greater = B.sum(predictions > value, axis=1)
    known = inside & B.isfinite(value[:, 0]) & B.all(B.isfinite(predictions) | (predictions <= value), axis=1)
    return known & (greater < k)


in_top_k_node = define("InTopKV2", infer=_infer_in_top_k, lower=_lower_in_top_k, grad=None)


@export("nn.in_top_k", "math.in_top_k")
def in_top_k(predictions, targets, k, name=None):
    """Whether the true class is among the `k` best.

    Args:
      predictions: float32 `[batch, classes]`.
      targets: int32 or int64 `[batch]`.
      k: int scalar.
      name: the scope's and the node's name.

    Returns:
      bool `[batch]`; those that tie with the k-th count; false for a class out of range or not finite.
    """
    with name_scope(name, "in_top_k"):
        return in_top_k_node(predictions, targets, k, name=name)


# --- counts -------------------------------------------------------------------------------------------


def _infer_bincount(arr, number, weights):
    n = static.value(number)
    if n is not None and n < 0:
        raise InferError(f"Shape [{int(n)}] has negative dimensions")
    return [(None if n is None else int(n),)]


def _lower_bincount(B, arr, number, weights, *, op):
    n, flat = int(number), arr.reshape(-1)
    if n < 0:
        raise InvalidArgumentError(None, op, f"size ({n}) must be non-negative")
    if not B.compiled and (flat < 0).any():
        raise InvalidArgumentError(None, op, "Input arr must be non-negative!")
    each = weights.reshape(-1) if weights.size else B.ones(flat.shape, weights.dtype)
    return B.add_at(B.zeros((n + 1,), weights.dtype), B.minimum(flat, n), each)[:n]


bincount_node = define("Bincount", infer=_infer_bincount, lower=_lower_bincount, static=(1,), grad=None)


@export("bincount", "math.bincount")
def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=dtypes.int32):
    """How often each number comes.

    Args:
      arr: int32, none below 0.
      weights: what each number counts, in the shape of `arr`; 1 by default.
      minlength: the least length of the result.
      maxlength: the greatest; greater numbers are left out.
      dtype: of the result, without weights.

    Returns:
      `[greatest number + 1]`.
    """
    with name_scope("bincount"):
        arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        some = PLAIN["Greater"](reduce_prod(shape(arr)), 0)
        length = cast(some, dtypes.int32) * (reduce_max(arr) + 1)
        if minlength is not None:
            minlength = convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32)
            length = PLAIN["Maximum"](minlength, length)
        if maxlength is not None:
            maxlength = convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32)
            length = PLAIN["Minimum"](maxlength, length)
        if weights is not None:
            return unsorted_segment_sum(convert_to_tensor(weights, name="weights"), arr, length)
        return bincount_node(arr, length, constant([], dtype))


def _infer_histogram(values, value_range, nbins):
    shapes.with_rank(value_range.dims, 1)
    shapes.with_rank(nbins.dims, 0)
    n = static.value(nbins)
    if n is not None and n <= 0:
        raise InferError(f"Requires nbins > 0: {int(n)}")
    return [(None if n is None else int(n),)]


def _lower_histogram(B, values, value_range, nbins, *, dtype, op):
    n = int(nbins)
    if n <= 0:
        raise InvalidArgumentError(None, op, f"nbins should be a positive number, but got '{n}'")
    if not B.compiled and not value_range[0] < value_range[1]:
        shown = ", ".join(static.summarize(v) for v in value_range)
        raise InvalidArgumentError(None, op, f"value_range should satisfy value_range[0] < value_range[1], but got '[{shown}]'")
    step = (value_range[1] - value_range[0]) / n
    at = B.floor((values.reshape(-1) - value_range[0]) / step)
    return B.add_at(B.zeros((n,), dtype.np), B.clip(at, 0, n - 1).astype(np.int32), np.ones((), dtype.np))


histogram_node = define("HistogramFixedWidth", infer=_infer_histogram, lower=_lower_histogram, static=(2,), grad=None)


@export("histogram_fixed_width")
def histogram_fixed_width(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """How many values fall into each of bins of one width; those outside count in the first and the last one.

    Args:
      values: a numeric tensor.
      value_range: `[2]`, of its dtype: where the first bin begins and the last ends.
      nbins: int32 scalar.
      dtype: int32 or int64.
      name: the node's name.

    Returns:
      `[nbins]`.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        return histogram_node(values, value_range, nbins, dtype=dtype, name=scope)


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """The number of the bin that each value falls into, int32 in the shape of `values`; arguments as for the histogram."""
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        whole = shape(values)
        values = reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        n = cast(convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins"), values._dtype)
        scaled = truediv(values - value_range[0], value_range[1] - value_range[0], name="scaled_values")
        at = PLAIN["Floor"](n * scaled, name="indices")
        return reshape(cast(clip_by_value(at, 0, n - 1), dtypes.int32), whole)
