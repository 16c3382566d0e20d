"""Slices and look-ups: slice, strided_slice and `x[...]`, gather, boolean_mask, where, unique."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import constant as public
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, require
from ..ground.shapes import Dimension
from .basic import constant, same
from .fill import ones_like
from .join import concat, stack
from .shape import reshape, shape, squeeze

__all__ = ["boolean_mask", "gather", "slice_", "strided_slice", "where"]

newaxis = public(None, "newaxis")


# --- slice ------------------------------------------------------------------------------------------


def _infer_slice(x, begin, size):
    rows = shapes.merge(shapes.with_rank(begin.dims, 1), shapes.with_rank(size.dims, 1))
    dims = x.dims if rows[0] is None else shapes.with_rank(x.dims, rows[0])
    low = static.partial_shape(begin)
    whole = static.value(size)
    if whole is not None:  # TF looks no further: what reaches too far is found when it runs
        low = shapes.with_rank(low, whole.size)
        dims = dims or (None,) * whole.size
        return [tuple(shapes.subtract(d, a) if n == -1 else int(n) for d, a, n in zip(dims, low, whole, strict=True))]
    want = static.partial_shape(size)
    if want is None:
        return [None if dims is None else (None,) * len(dims)]
    shapes.with_rank(low, len(want))
    return [want]


def _lower_slice(B, x, begin, size, *, op):
    begin, size = np.asarray(begin), np.asarray(size)
    if begin.shape != (x.ndim,) or size.shape != (x.ndim,):
        words = f"but got shapes {shapes.text(begin.shape)} and {shapes.text(size.shape)} instead."
        raise InvalidArgumentError(None, op, f"Expected begin and size arguments to be 1-D tensors of size {x.ndim}, {words}")
    index = []
    for k, (low, n) in enumerate(zip(np.asarray(begin), np.asarray(size), strict=True)):
        low, n = int(low), int(n)
        n = x.shape[k] - low if n == -1 else n
        if not 0 <= low <= x.shape[k]:
            raise InvalidArgumentError(None, op, f"Expected begin[{k}] in [0, {x.shape[k]}], but got {low}")
        if not 0 <= n <= x.shape[k] - low:
            raise InvalidArgumentError(None, op, f"Expected size[{k}] in [0, {x.shape[k] - low}], but got {n}")
        index.append(slice(low, low + n))
    return x[tuple(index)]


slice_node = define("Slice", infer=_infer_slice, lower=_lower_slice, static=(1, 2))


@export("slice")
def slice_(input_, begin, size, name=None):
    """The part of a tensor that begins at `begin` and has `size`, both int `[rank]`; -1 is all that is left."""
    return slice_node(input_, begin, size, name=name)


# --- strided_slice ----------------------------------------------------------------------------------


_UNKNOWN = object()  # an index that only the run knows


def _index(rank, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask):
    """The NumPy index that a strided slice means; numbers may be None where they are not known."""
    n = len(strides)
    fill = [k for k in range(n) if ellipsis_mask >> k & 1]
    out = []
    for k in range(n):
        bit = 1 << k
        if ellipsis_mask & bit:
            rest = sum(1 for j in range(k + 1, n) if not new_axis_mask >> j & 1)
            used = sum(1 for j in range(k) if not new_axis_mask >> j & 1)
            out += [slice(None)] * (rank - used - rest)
        elif new_axis_mask & bit:
            out.append(None)
        elif shrink_axis_mask & bit:
            out.append(_UNKNOWN if begin[k] is None else begin[k])
        else:
            low = None if begin_mask & bit else begin[k]
            high = None if end_mask & bit else end[k]
            out.append((low, high, strides[k], bool(begin_mask & bit), bool(end_mask & bit)))
    if not fill:
        out += [slice(None)] * (rank - sum(one is not None for one in out))
    return out


def _infer_strided(x, begin, end, strides, *, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask):
    if x.dims is None:
        return [None]
    n = next((t.dims[0] for t in (begin, end, strides) if t.dims), None)
    if n is None:
        return [None]
    if static.value(strides) is None:
        return [None]
    if ellipsis_mask & (ellipsis_mask - 1):
        raise InferError("Multiple ellipses in slice spec not allowed")
    step, low, high = (_numbers(t, n) for t in (strides, begin, end))
    index = _index(len(x.dims), low, high, step, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    out, k = [], 0
    for one in index:
        if one is None:
            out.append(1)
            continue
        if k >= len(x.dims):
            raise InferError(f"Index out of range using input dim {k}; input has only {len(x.dims)} dims")
        size = x.dims[k]
        k += 1
        if isinstance(one, slice):
            out.append(size)
        elif isinstance(one, tuple):
            out.append(_length(size, *one, k - 1))
        elif one is not _UNKNOWN and size is not None and not -size <= one < size:
            raise InferError(f"slice index {one} of dimension {k - 1} out of bounds.")
    return [tuple(out)]


def _numbers(tensor, n):
    """The numbers in an index vector, None where not known."""
    found = static.value(tensor)
    if found is not None:
        return [int(v) for v in found]
    op = tensor.op
    if op.type == "Pack":
        known = [static.fold(t) for t in op._inputs]
        return [None if v is None else int(v) for v in known]
    return [None] * n


def _length(size, low, high, step, open_low, open_high, dim):
    """How many elements a slice of one dimension has."""
    if step == 0:
        raise InferError(f"strides[{dim}] must be non-zero")
    if step is None or size is None:
        return None
    if (low is None and not open_low) or (high is None and not open_high):
        return None
    return len(range(*slice(low, high, step).indices(size)))


def _lower_strided(B, x, begin, end, strides, *, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op):
    index = concrete(x.shape, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op)
    return x[index]


def concrete(dims, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op):
    low, high, step = ([int(v) for v in np.asarray(t)] for t in (begin, end, strides))
    raw = _index(len(dims), low, high, step, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    out, k = [], 0
    for one in raw:
        if one is None:
            out.append(None)
            continue
        if k >= len(dims):
            raise InvalidArgumentError(None, op, f"Index out of range using input dim {k}; input has only {len(dims)} dims")
        if isinstance(one, tuple):
            if one[2] == 0:
                raise InvalidArgumentError(None, op, f"strides[{k}] must be non-zero")
            out.append(slice(*one[:3]))
        elif isinstance(one, slice):
            out.append(one)
        else:
            if not -dims[k] <= one < dims[k]:
                raise InvalidArgumentError(None, op, f"slice index {one} of dimension {k} out of bounds.")
            out.append(one)
        k += 1
    return tuple(out)


def _infer_from_shape(dims, *_):
    return [static.partial_shape(dims)]


def _lower_strided_grad(
    B, dims, begin, end, strides, dy, *, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op
):
    dims = tuple(int(d) for d in dims)
    index = concrete(dims, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op)
    return B.set_at(B.zeros(dims, dy.dtype), index, dy)


def assign_at(B, x, begin, end, strides, value, masks, op):
    """`x` with `value` in the place of a strided slice; `masks` in the order of the op's attributes."""
    return B.set_at(x, concrete(x.shape, begin, end, strides, *masks, op), value)


strided_slice_node = define("StridedSlice", infer=_infer_strided, lower=_lower_strided, static=(1, 2, 3))
strided_slice_grad_node = define("StridedSliceGrad", infer=_infer_from_shape, lower=_lower_strided_grad, static=(0, 1, 2, 3))


@export("strided_slice")
def strided_slice(
    input_,
    begin,
    end,
    strides=None,
    begin_mask=0,
    end_mask=0,
    ellipsis_mask=0,
    new_axis_mask=0,
    shrink_axis_mask=0,
    var=None,
    name=None,
):
    """Every `strides[i]`-th element of a tensor from `begin` to `end`, which is not included.

    Args:
      input_: a tensor.
      begin: int `[n]`; end: int `[n]`; strides: int `[n]`, ones by default.
      begin_mask: bit i: from the first element; end_mask: bit i: to the last one.
      ellipsis_mask: bit i: as many dimensions as are left; new_axis_mask: bit i: a new one of size 1.
      shrink_axis_mask: bit i: one element, and the dimension is gone.
      var: the variable that `input_` is the value of, so that the slice can be assigned to.
      name: the node's name.
    """
    if strides is None:
        strides = ones_like(begin)
    made = strided_slice_node(
        input_,
        begin,
        end,
        strides,
        name=name,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )
    parent = name

    def assign(val, name=None):
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        where = parent + "_assign" if parent and name is None else name
        return var._strided_slice_assign(
            begin=begin,
            end=end,
            strides=strides,
            value=val,
            name=where,
            begin_mask=begin_mask,
            end_mask=end_mask,
            ellipsis_mask=ellipsis_mask,
            new_axis_mask=new_axis_mask,
            shrink_axis_mask=shrink_axis_mask,
        )

    made.assign = assign
    return made


def getitem(tensor, spec, var=None):
    """`tensor[spec]`: numbers, slices, `...`, `tf.newaxis`, or a boolean mask.

    Raises:
      TypeError: an index of another kind; ValueError: two ellipses, or more indices than dimensions.
    """
    if (
        isinstance(spec, bool)
        or (isinstance(spec, Tensor) and spec._dtype is dtypes.bool)
        or (isinstance(spec, np.ndarray) and spec.dtype == bool)
    ):
        return boolean_mask(tensor, spec)
    parts = spec if isinstance(spec, (list, tuple)) else [spec]
    begin, end, strides = [], [], []
    masks = dict.fromkeys(("begin", "end", "ellipsis", "new_axis", "shrink_axis"), 0)
    for k, one in enumerate(parts):
        bit = 1 << k
        if isinstance(one, slice):
            begin.append(0 if one.start is None else _checked(one.start))
            end.append(0 if one.stop is None else _checked(one.stop))
            strides.append(1 if one.step is None else _checked(one.step))
            masks["begin"] |= bit * (one.start is None)
            masks["end"] |= bit * (one.stop is None)
        elif one is Ellipsis or one is None:
            key = "ellipsis" if one is Ellipsis else "new_axis"
            masks[key] |= bit
            begin.append(0), end.append(0), strides.append(1)
        else:
            begin.append(_checked(one))
            end.append(_checked(one) + 1)
            strides.append(1)
            masks["shrink_axis"] |= bit
    with name_scope(None, "strided_slice", begin + end + strides) as scope:
        if begin:
            packed = stack(begin), stack(end), stack(strides)
            if any(p._dtype is dtypes.int64 for p in packed):
                packed = [p if p._dtype is dtypes.int64 else cast_node(p, DstT=dtypes.int64) for p in packed]
        else:
            packed = [constant([], dtypes.int32)] * 3
        return strided_slice(tensor, *packed, **{f"{k}_mask": v for k, v in masks.items()}, var=var, name=scope)


cast_node = define("Cast")


def _checked(one):
    """An index that is an integer: a number, a Dimension, a tensor.

    Raises:
      TypeError: something else.
    """
    if isinstance(one, Dimension):
        return one.value
    if isinstance(one, (int, np.integer)) and not isinstance(one, bool):
        return one
    if isinstance(one, np.ndarray) and one.ndim == 0 and one.dtype.kind in "iu":
        return one
    inner = getattr(one, "_as_graph_element", None)
    found = inner() if inner is not None and not isinstance(one, type) else one
    if isinstance(found, Tensor) and found._dtype.base_dtype in (dtypes.int32, dtypes.int64) and found.rank in (0, None):
        return one
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices, "
        f"got {one!r}"
    )


# --- gather -----------------------------------------------------------------------------------------


def _infer_gather(x, indices, axis=None, *, batch_dims):
    shapes.with_rank_at_least(x.dims, 1)
    at = 0 if axis is None else static.number(axis)
    if at is not None:
        shapes.with_rank_at_least(x.dims, -at if at < 0 else at + 1)
    if x.dims is None or indices.dims is None:
        return [None]
    if at is None:
        return [(None,) * (len(x.dims) + len(indices.dims) - 1)]
    at %= len(x.dims)
    return [(*x.dims[:at], *indices.dims[batch_dims:], *x.dims[at + 1 :])]


def check_indices(B, indices, size, op):
    """Refuses an index out of range where its value is known."""
    if getattr(B, "compiled", False) or indices.size == 0:
        return
    bad = (indices < 0) | (indices >= size)
    if bad.any():
        at = np.argwhere(bad)[0]
        where = f"[{','.join(map(str, at))}]" if indices.ndim else ""
        raise InvalidArgumentError(None, op, f"indices{where} = {indices[tuple(at)]} is not in [0, {size})")


def _lower_gather(B, x, indices, axis=0, *, batch_dims, op):
    at = int(np.asarray(axis))
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, op, f"Expected axis in the range [{-x.ndim}, {x.ndim}), but got {at}")
    at %= x.ndim
    check_indices(B, indices, x.shape[at], op)
    if batch_dims:
        return _gather_rows(B, x, indices, at, batch_dims % indices.ndim)
    return B.take_clipped(x, indices, at)


def _gather_rows(B, x, indices, at, batch_dims):
    if batch_dims:
        return B.stack([_gather_rows(B, x[k], indices[k], at - 1, batch_dims - 1) for k in range(x.shape[0])])
    return B.take(x, indices, axis=at)


gather_v2_node = define("GatherV2", infer=_infer_gather, lower=_lower_gather, static=(2,))
gather_v1_node = define(
    "Gather",
    infer=lambda x, indices: _infer_gather(x, indices, batch_dims=0),
    lower=lambda B, x, i, *, op: _lower_gather(B, x, i, batch_dims=0, op=op),
)


@export("gather", "compat.v1.gather")
def gather(params, indices, validate_indices=None, name=None, axis=None, batch_dims=0):
    """Slices of `params` along `axis` at `indices`.

    Args:
      params: a tensor.
      indices: int32 or int64, any shape, each in `[0, params.shape[axis])`.
      validate_indices: unused.
      name: the node's name.
      axis: int scalar; `batch_dims` by default.
      batch_dims: how many first dimensions both have in common.

    Returns:
      `params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:]`.
    """
    if axis is None:
        axis = batch_dims
    if axis != 0 or batch_dims:
        return gather_v2_node(params, indices, axis, name=name, batch_dims=batch_dims)
    sparse = getattr(params, "sparse_read", None)
    if sparse is not None:
        return sparse(indices, name=name)
    return gather_v2_node(params, indices, axis, name=name)


def infer_gather_nd(x, indices):
    """The shape of the parts of `x` that the rows of `indices` name."""
    shapes.with_rank_at_least(indices.dims, 1)
    if x.dims is None or indices.dims is None or indices.dims[-1] is None:
        return [None]
    n = indices.dims[-1]
    if n > len(x.dims):
        raise InferError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: {shapes.text(indices.dims)} and params shape: {shapes.text(x.dims)}"
        )
    return [(*indices.dims[:-1], *x.dims[n:])]


def lower_gather_nd(B, x, indices, *, op):
    """The parts of `x` that the rows of `indices` name."""
    require(x.ndim >= 1, op, "params must be at least a vector")
    require(indices.ndim >= 1, op, "indices must be at least a vector")
    n = indices.shape[-1]
    require(n <= x.ndim, op, f"index innermost dimension length must be <= params rank; saw: {n} vs. {x.ndim}")
    if not B.compiled and indices.size:
        limit = np.array(x.shape[:n])
        bad = ((indices < 0) | (indices >= limit)).any(-1)
        if bad.any():
            at = tuple(np.argwhere(bad)[0]) if bad.ndim else ()
            where = f"[{','.join(map(str, at))}]"
            row = ", ".join(str(v) for v in indices[at])
            raise InvalidArgumentError(
                None, op, f"indices{where} = [{row}] does not index into param shape {shapes.text(x.shape)}"
            )
    return x[tuple(B.moveaxis(indices, -1, 0))] if n else B.broadcast_to(x, indices.shape[:-1] + x.shape)


gather_nd_node = define("GatherNd", infer=infer_gather_nd, lower=lower_gather_nd)


# --- masks ------------------------------------------------------------------------------------------


def _lower_where(B, x):
    return np.argwhere(np.asarray(x)).astype(np.int64)


where_node = define("Where", infer=lambda x: [(None, x.rank)], lower=_lower_where, dynamic=True, grad=None)


def _infer_select(c, x, y):
    dims = shapes.merge(x.dims, y.dims)
    if not c.dims or dims is None:  # one condition for all
        return [dims]
    if len(c.dims) == 1 and dims:
        shapes.merge(c.dims, dims[:1])  # a vector of conditions for the rows
        return [dims]
    return [shapes.merge(dims, c.dims)]


def _check_select(c, x, y, op):
    """Refuses what the kernel does: rows for a vector of conditions, otherwise three of one shape."""
    if len(c) == 0 or (len(c) == 1 and len(x) != 1):
        if len(c) == 1 and not x:
            raise InvalidArgumentError(None, op, "'then' must be at least a vector, but saw shape: []")
        if len(c) == 1 and x[0] != c[0]:
            words = f"Number of batches of 'then' must match size of 'cond', but saw: {x[0]} vs. {c[0]}"
            raise InvalidArgumentError(None, op, words)
        if x != y:
            words = f"'then' and 'else' must have the same size.  but received: {shapes.text(x)} vs. {shapes.text(y)}"
            raise InvalidArgumentError(None, op, words)
        return
    for k, other in ((1, x), (2, y)):
        if other != c:
            raise InvalidArgumentError(
                None,
                op,
                f"Inputs to operation {op._name} of type {op.type} must have the same size and shape."
                f"  Input 0: {shapes.text(c)} != input {k}: {shapes.text(other)}",
            )


def _lower_select(B, c, x, y, *, op):
    _check_select(c.shape, x.shape, y.shape, op)
    if c.ndim == 1 and x.ndim > 1:
        c = c.reshape((-1,) + (1,) * (x.ndim - 1))
    return B.where(c, x, y)


select_node = define("Select", infer=_infer_select, lower=_lower_select)
select_v2_node = define(
    "SelectV2",
    infer=lambda c, x, y: [shapes.broadcast(shapes.broadcast(c.dims, x.dims), y.dims)],
    lower=lambda B, c, x, y: B.where(c, x, y),
)


@export("where", "compat.v1.where")
def where(condition, x=None, y=None, name=None):
    """Elements of `x` where `condition` holds, of `y` elsewhere; without both, where it holds.

    Args:
      condition: bool, shaped as `x`, or a vector for its rows.
      x: a tensor; y: one of its shape and dtype.
      name: the node's name.

    Returns:
      A tensor shaped as `x`; without `x` and `y` int64 `[n, rank]`, the places.

    Raises:
      ValueError: only one of `x` and `y`.
    """
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as scope:
            return where_node(convert_to_tensor(condition, dtype_hint=dtypes.bool, name="condition"), name=scope)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return select_node(condition, x, y, name=name)


@export("where_v2")
def where_v2(condition, x=None, y=None, name=None):
    """`where` whose three arguments broadcast."""
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as scope:
            return where_node(convert_to_tensor(condition, dtype_hint=dtypes.bool, name="condition"), name=scope)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return select_v2_node(condition, x, y, name=name)


@export("boolean_mask", "compat.v1.boolean_mask")
def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """The slices of a tensor at which a mask holds.

    Args:
      tensor: `[..., n, ...]`; mask: bool of known rank at least 1, shaped as the dimensions from `axis` on.
      name: the scope's name.
      axis: int; 0 by default.

    Returns:
      A tensor whose masked dimensions are one.

    Raises:
      ValueError: a scalar mask, or shapes that don't fit.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor, mask = convert_to_tensor(tensor, name="tensor"), convert_to_tensor(mask, name="mask")
        mask_shape = mask.get_shape()
        n = mask_shape.ndims
        if n == 0:
            raise ValueError("mask cannot be scalar.")
        if n is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] is ok, but shape=None is not."
            )
        at = 0 if axis is None else int(axis)
        tensor.get_shape()[at : at + n].assert_is_compatible_with(mask_shape)
        leading = prod_node(shape(tensor)[at : at + n], [0])
        tensor = reshape(tensor, concat([shape(tensor)[:at], [leading], shape(tensor)[at + n :]], 0))
        if tensor.dims is not None or mask_shape.ndims is not None:
            first = mask_shape.num_elements()
            if tensor.dims is not None:
                tensor.dims = (*tensor.dims[:at], first, *tensor.dims[at + 1 :])
        mask = reshape(mask, [-1])
        return gather(tensor, squeeze(where(mask), axis=[1]), axis=at)


prod_node = define("Prod")


# --- unique -----------------------------------------------------------------------------------------


def _lower_unique(B, x, *, out_idx):
    found, first, inverse = np.unique(x, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.argsort(order, kind="stable")
    return found[order], place[inverse.reshape(-1)].astype(out_idx.np)


unique_node = define(
    "Unique", infer=lambda x: [(None,), shapes.with_rank(x.dims, 1)], lower=_lower_unique, dynamic=True, grad=None
)


@export("unique")
def unique(x, out_idx=dtypes.int32, name=None):
    """(the different elements of a vector in order of first appearance, where each element of `x` is among them)."""
    return unique_node(x, name=name, out_idx=out_idx)


def _lower_unique_counts(B, x, *, out_idx):
    values, index = _lower_unique(B, x, out_idx=out_idx)
    return values, index, np.bincount(index, minlength=len(values)).astype(out_idx.np)


unique_counts_node = define(
    "UniqueWithCounts",
    infer=lambda x: [(None,), shapes.with_rank(x.dims, 1), (None,)],
    lower=_lower_unique_counts,
    dynamic=True,
    grad=None,
)


@export("unique_with_counts")
def unique_with_counts(x, out_idx=dtypes.int32, name=None):
    """`unique`, and how often each element appears."""
    return unique_counts_node(x, name=name, out_idx=out_idx)


stop_gradient_node = define("StopGradient", infer=same, lower=lambda B, x: x, grad=None)


@export("stop_gradient")
def stop_gradient(input, name=None):
    """`input`, as a constant to `tf.gradients`."""
    return stop_gradient_node(input, name=name)


identity_n_node = define("IdentityN", infer=lambda *xs: [x.dims for x in xs], lower=lambda B, *xs: xs)


@export("identity_n")
def identity_n(input, name=None):
    """Several tensors, each as it is, as outputs of one node."""
    return identity_n_node(input, name=name)


def _infer_default(x, *, shape):
    shapes.merge(x.dims, shape)
    return [shape]


placeholder_with_default_node = define("PlaceholderWithDefault", infer=_infer_default, lower=lambda B, x: x)


@export("placeholder_with_default")
def placeholder_with_default(input, shape, name=None):
    """A tensor that has the value of `input` unless it is fed.

    Args:
      input: the default value.
      shape: what may be fed, None where any size will do.
      name: the node's name.
    """
    return placeholder_with_default_node(input, shape=shape, name=name)
