"""SparseTensors joined, cut and thinned out: concat, split, slice, retain; and `sparse_mask` of IndexedSlices."""

import numpy as np

from ..graph import static
from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .basic import identity
from .join import concat
from .reduce import reduce_max
from .shape import reshape
from .slicing import gather, where
from .sparse_dense import as_sparse
from .stitch import set_diff

__all__ = ["sparse_concat", "sparse_mask", "sparse_retain", "sparse_slice", "sparse_split"]


def _known_axis(axis, old, old_name):
    need(axis is None or old is None, f"Cannot specify both 'axis' and '{old_name}'")
    return old if axis is None else axis


# --- concat -----------------------------------------------------------------------------------------


def _infer_concat(*inputs, N):  # noqa: N803  # an attribute
    indices, values, sizes = inputs[:N], inputs[N : 2 * N], inputs[2 * N :]
    rows, columns = 0, None
    for index, value in zip(indices, values, strict=True):
        have = shapes.with_rank(index.dims, 2)
        n = shapes.merge_dim(have[0], shapes.with_rank(value.dims, 1)[0])
        rows = None if rows is None or n is None else rows + n
        columns = shapes.merge_dim(columns, have[1])
    for size in sizes:
        columns = shapes.merge_dim(columns, shapes.with_rank(size.dims, 1)[0])
    return [(rows, columns), (rows,), (columns,)]


def _lower_concat(B, *inputs, N, concat_dim, op):  # noqa: N803
    indices, values, sizes = inputs[:N], inputs[N : 2 * N], inputs[2 * N :]
    n = len(sizes[0])
    if not -n <= concat_dim < n:
        raise InvalidArgumentError(None, op, f"Concat dimension must be in range [{-n}, {n}), got {concat_dim}")
    at, begin, moved = concat_dim % n, 0, []
    for k, (index, size) in enumerate(zip(indices, sizes, strict=True)):
        _check_sizes(sizes[0], size, at, k, op)
        moved.append(index + np.eye(n, dtype=np.int64)[at] * begin)
        begin += int(size[at])
    whole = np.array(sizes[0], np.int64)
    whole[at] = begin
    index, value = np.concatenate(moved), np.concatenate(values)
    order = np.lexsort(index.T[::-1]) if len(index) else np.arange(0)
    return index[order], value[order], whole


def _check_sizes(first, size, at, k, op):
    if len(size) != len(first):
        raise InvalidArgumentError(
            None, op, f"Ranks of all input tensors must match: expected {len(first)} but got {len(size)} at position {k}"
        )
    for j, (a, b) in enumerate(zip(first, size, strict=True)):
        if j != at and a != b:
            words = f"Input shapes must match: expected {a} for dimension {j} but got {b} at position {k}"
            raise InvalidArgumentError(None, op, words)


_concat = define("SparseConcat", infer=_infer_concat, lower=_lower_concat, dynamic=True, grad=None)


def sparse_concat_of(axis, sp_inputs, expand_nonconcat_dims=False, name=None):
    """SparseTensors one after another along `axis`."""
    need(isinstance(sp_inputs, (list, tuple)), "Inputs must be a list or tuple.", kind=TypeError)
    parts = [as_sparse(x) for x in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    sizes = [x.dense_shape for x in parts]
    if expand_nonconcat_dims:
        sizes = _grown(sizes, axis)
    indices, values, whole = _concat([x.indices for x in parts], [x.values for x in parts], sizes, concat_dim=axis, name=name)
    known = [static.python_shape(size) for size in sizes]
    if all(map(shapes.known, known)):
        dims = list(known[0])
        dims[axis] = sum(k[axis] for k in known)
        whole = convert_to_tensor(dims, dtypes.int64)
    return SparseTensor(indices, values, whole)


def _grown(sizes, axis):
    """Each shape with the greatest sizes of all but along `axis`."""
    most = reduce_max(concat([reshape(size, [1, -1]) for size in sizes], 0), 0)
    out = []
    for size in sizes:
        before = most[:axis]
        own = size[-1:] if axis == -1 else size[axis : axis + 1]
        out.append(concat([before, own, [] if axis == -1 else most[axis + 1 :]], 0))
    return out


@export("sparse_concat", "sparse.concat", "compat.v1.sparse_concat")
def sparse_concat(axis, sp_inputs, name=None, expand_nonconcat_dim=False, concat_dim=None, expand_nonconcat_dims=None):
    """SparseTensors one after another along a dimension.

    Args:
      axis: the dimension, an int in `[-rank, rank)`.
      sp_inputs: a list of SparseTensors of one rank and dtype; one alone is given back.
      name: the node's name.
      expand_nonconcat_dim: the older name of `expand_nonconcat_dims`.
      concat_dim: the older name of `axis`.
      expand_nonconcat_dims: whether sizes along other dimensions may differ; the result has the greatest.

    Raises:
      TypeError: not a list of SparseTensors.
      tf.errors.InvalidArgumentError: in the run, shapes don't fit.
    """
    need(
        expand_nonconcat_dims is None or not expand_nonconcat_dim,
        "Cannot specify both 'expand_nonconcat_dims' and 'expand_nonconcat_dim'",
    )
    grow = expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims
    return sparse_concat_of(_known_axis(axis, concat_dim, "concat_dim"), sp_inputs, grow, name)


# --- split, slice -----------------------------------------------------------------------------------


def _infer_split(axis, indices, values, dims, *, num_split):
    n = shapes.with_rank(dims.dims, 1)[0]
    return [(None, n)] * num_split + [(None,)] * num_split + [(n,)] * num_split


def _within(indices, values, low, size):
    """The elements from `low` on, less than `size` further, with their places counted from there."""
    inside = np.all((indices >= low) & (indices < low + size), axis=1)
    return indices[inside] - low, values[inside]


def _lower_split(B, axis, indices, values, dims, *, num_split, op):
    n, at = len(dims), int(axis)
    if not -n <= at < n:
        raise InvalidArgumentError(None, op, f"Input axis should be in range [0, {n}), got {at}")
    total = int(dims[at])
    if not 1 <= num_split <= total:
        words = f"Input num_split should be in the interval [1, {total}], got {num_split}"
        raise InvalidArgumentError(None, op, words)
    sizes = [total // num_split + (k < total % num_split) for k in range(num_split)]
    parts, begin = [], 0
    for size in sizes:
        low, whole = np.zeros(n, np.int64), np.array(dims, np.int64)
        low[at], whole[at] = begin, size
        parts.append((*_within(indices, values, low, whole), whole))
        begin += size
    return tuple(part[k] for k in range(3) for part in parts)


_split = define("SparseSplit", infer=_infer_split, lower=_lower_split, dynamic=True)


class KeywordRequired:
    """Stands where positional arguments are refused."""

    def __repr__(self):
        return "KeywordRequired()"


@export("sparse_split", "sparse.split", "compat.v1.sparse_split")
def sparse_split(
    keyword_required=KeywordRequired(),  # noqa: B008
    sp_input=None,
    num_split=None,
    axis=None,
    name=None,
    split_dim=None,
):
    """A SparseTensor cut along a dimension into parts of like size; the first ones are larger by one where it leaves a rest.

    Args:
      keyword_required: nothing; the arguments are given by name.
      sp_input: a `SparseTensor`.
      num_split: an int, into how many parts.
      axis: the dimension.
      name: the node's name.
      split_dim: the older name of `axis`.

    Returns:
      A list of SparseTensors.

    Raises:
      ValueError: an argument by position, or one left out.
      TypeError: no SparseTensor.
    """
    need(isinstance(keyword_required, KeywordRequired), "Keyword arguments are required for this function.")
    need(sp_input is not None, "sp_input is required")
    need(num_split is not None, "num_split is required")
    axis = _known_axis(axis, split_dim, "split_dim")
    need(axis is not None, "axis is required")
    x = as_sparse(sp_input)
    indices, values, sizes = _split(axis, x.indices, x.values, x.dense_shape, num_split=num_split, name=name)
    return [SparseTensor(*part) for part in zip(indices, values, sizes, strict=True)]


def _infer_slice(indices, values, dims, start, size):
    n = shapes.with_rank(dims.dims, 1)[0]
    return [(None, n), (None,), (n,)]


def _lower_slice(B, indices, values, dims, start, size, *, op):
    for name, part in (("start", start), ("size", size)):
        if len(part) != len(dims):
            words = f"Expected {name} to be a vector of length {len(dims)} but got length {len(part)}"
            raise InvalidArgumentError(None, op, words)
    return (*_within(indices, values, start, size), np.minimum(size, np.maximum(dims - start, 0)))


def _slice_slope(op, _, dy, __):
    made = _slice_grad(dy, op.inputs[0], op.inputs[3], op.outputs[0])
    made.set_shape(op.inputs[1].get_shape())
    return [None, made, None, None, None]


def _lower_slice_grad(B, dy, indices, start, kept):
    places = {tuple(row): k for k, row in enumerate((kept + start).tolist())}
    found = [places.get(tuple(row), -1) for row in indices.tolist()]
    out = np.zeros(len(found), dy.dtype)
    for k, at in enumerate(found):
        if at >= 0:
            out[k] = dy[at]
    return out


_slice = define("SparseSlice", infer=_infer_slice, lower=_lower_slice, dynamic=True, grad=_slice_slope)
_slice_grad = define(
    "SparseSliceGrad",
    infer=lambda dy, indices, *_: [indices.dims[:1] if indices.dims else (None,)],
    lower=_lower_slice_grad,
    dynamic=True,
)


@export("sparse_slice", "sparse.slice")
def sparse_slice(sp_input, start, size, name=None):
    """A box cut out of a SparseTensor.

    Args:
      sp_input: a `SparseTensor`.
      start: int64 `[rank]`, where the box begins.
      size: int64 `[rank]`, how large it is.
      name: the node's name.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    start, size = convert_to_tensor(start, dtypes.int64), convert_to_tensor(size, dtypes.int64)
    with name_scope(name, "SparseSlice", [x]) as scope:
        return SparseTensor(*_slice(x.indices, x.values, x.dense_shape, start, size, name=scope))


# --- retain, mask -----------------------------------------------------------------------------------


@export("sparse_retain", "sparse.retain")
def sparse_retain(sp_input, to_retain):
    """Some of the elements of a SparseTensor.

    Args:
      sp_input: a `SparseTensor` of n elements.
      to_retain: bool `[n]`, which.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    keep = convert_to_tensor(to_retain)
    keep.get_shape().assert_has_rank(1)
    if x.values.get_shape().dims is not None:
        x.values.get_shape().dims[0].merge_with(shapes.dimension_at_index(keep.get_shape(), 0))
    which = reshape(where(keep), [-1])
    indices, values = gather(x.indices, which), gather(x.values, which)
    return SparseTensor(indices, values, identity(x.dense_shape))


@export("sparse_mask", "sparse.mask")
def sparse_mask(a, mask_indices, name=None):
    """IndexedSlices without the slices at given rows.

    Args:
      a: `IndexedSlices`.
      mask_indices: int `[n]`, the rows to leave out.
      name: the node's name.
    """
    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        indices, which = set_diff(a.indices, mask_indices)
        return IndexedSlices(gather(a.values, which, name=scope), indices, a.dense_shape)
