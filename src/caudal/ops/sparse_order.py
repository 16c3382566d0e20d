"""SparseTensors whose elements stay and whose places change: reorder, reshape, transpose, expand_dims, reset_shape."""

import math

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .asserts import assert_equal, assert_less_equal
from .basic import constant, identity
from .control import with_dependencies
from .elementwise import NODES, add, cast
from .fill import ones_like, range_, zeros
from .join import concat
from .reduce import reduce_max
from .shape import invert_permutation, rank, shape, transpose
from .slicing import gather, slice_, where_v2
from .sparse_dense import as_sparse

__all__ = [
    "sparse_expand_dims",
    "sparse_reorder",
    "sparse_reset_shape",
    "sparse_reshape",
    "sparse_transpose",
]


# --- reorder ----------------------------------------------------------------------------------------


def _infer_reorder(indices, values, dims):
    rows = shapes.with_rank(indices.dims, 2)
    shapes.with_rank(dims.dims, 1)
    return [rows, shapes.with_rank(values.dims, 1)]


def _lower_reorder(B, indices, values, dims):
    order = np.lexsort(indices.T[::-1]) if indices.size else np.arange(len(indices))
    return indices[order], values[order]


def _reorder_slope(op, _, dy):
    indices, _, dims = op.inputs
    n = shape(indices)[0]
    ordered = sparse_reorder(SparseTensor(indices, range_(n), dims))
    return [None, gather(dy, invert_permutation(ordered.values)), None]


_reorder = define("SparseReorder", infer=_infer_reorder, lower=_lower_reorder, dynamic=True, grad=_reorder_slope)


@export("sparse_reorder", "sparse.reorder")
def sparse_reorder(sp_input, name=None):
    """A SparseTensor with its elements in the order of rows.

    Args:
      sp_input: a `SparseTensor`.
      name: the node's name.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    indices, values = _reorder(x.indices, x.values, x.dense_shape, name=name)
    whole = x.get_shape()
    return SparseTensor(indices, values, whole.as_list() if whole.is_fully_defined() else identity(x.dense_shape))


# --- reshape ----------------------------------------------------------------------------------------


def _infer_reshape(indices, dims, new):
    n = shapes.with_rank(new.dims, 1)[0]
    return [(shapes.with_rank(indices.dims, 2)[0], n), (n,)]


def _lower_reshape(B, indices, dims, new, *, op):
    have, wanted = math.prod(int(d) for d in dims), [int(d) for d in new]
    if wanted.count(-1) > 1:
        at = [k for k, d in enumerate(wanted) if d == -1]
        raise InvalidArgumentError(None, op, f"only one output dimension may be -1, not both {at[0]} and {at[1]}")
    known = math.prod(d for d in wanted if d != -1)
    if -1 in wanted:
        if known == 0 or have % known:
            words = f"Input to reshape is a SparseTensor with {have} dense values, but the requested shape requires a multiple of {known}. "
            shown = f"input_shape={shapes.text(tuple(dims))} output_shape={shapes.text(tuple(wanted))}"
            raise InvalidArgumentError(None, op, words + shown)
        wanted[wanted.index(-1)] = have // known
    elif known != have:
        words = f"Input to reshape is a tensor with {have} dense values, but the requested shape has {known}. "
        shown = f"input_shape={shapes.text(tuple(dims))} output_shape={shapes.text(tuple(wanted))}"
        raise InvalidArgumentError(None, op, words + shown)
    if not len(indices):
        return np.zeros((0, len(wanted)), np.int64), np.array(wanted, np.int64)
    flat = np.ravel_multi_index(tuple(indices.T), tuple(int(d) for d in dims))
    return np.stack(np.unravel_index(flat, wanted), axis=1).astype(np.int64), np.array(wanted, np.int64)


_reshape = define("SparseReshape", infer=_infer_reshape, lower=_lower_reshape, dynamic=True, grad=None)


@export("sparse_reshape", "sparse.reshape")
def sparse_reshape(sp_input, shape, name=None):
    """A SparseTensor as `reshape` would shape its dense form.

    Args:
      sp_input: a `SparseTensor`.
      shape: int `[rank]`; one of them may be -1: what is left.
      name: the node's name.

    Raises:
      TypeError: no SparseTensor.
      ValueError: the number of elements is another, or two dimensions are -1.
    """
    x = as_sparse(sp_input)
    shape = cast(shape, dtype=dtypes.int64)
    with name_scope(name, "SparseReshape", [x]) as scope:
        indices, made = _reshape(x.indices, x.dense_shape, shape, name=scope)
        known = static.python_shape(shape)
        if known is not None and x.get_shape().is_fully_defined():
            made = _known_reshape(x.get_shape().as_list(), list(known), shape, made)
        return SparseTensor(indices, identity(x.values), made)


def _known_reshape(have, want, given, made):
    """The new shape as a constant, if all but one of its sizes are known."""
    asked = static.python_value(given)
    if asked is not None:
        need(int(np.sum(asked == -1)) <= 1, f"At most one dimension can be inferred (-1). Found: {asked}")
    count, unknown = math.prod(have), want.count(None)
    full = list(want)
    if unknown == 1:
        full[want.index(None)] = int(count // max(math.prod(d for d in want if d is not None), 1))
    if unknown > 1:
        return made
    size = math.prod(full)
    need(size == count, f"Cannot reshape a tensor with {count} elements to shape {want} ({size} elements).")
    return constant(full, dtype=dtypes.int64)


# --- transpose, expand_dims -------------------------------------------------------------------------


@export("sparse_transpose", "sparse.transpose")
def sparse_transpose(sp_input, perm=None, name=None):
    """A SparseTensor with its dimensions in another order.

    Args:
      sp_input: a `SparseTensor`.
      perm: the order; reversed if None.
      name: the scope's name.

    Raises:
      TypeError: no SparseTensor.
    """
    with name_scope(name, "SparseTranspose", [sp_input]):
        if perm is None:
            n = rank(sp_input)
            perm = (n - 1) - range_(0, n, 1)
        indices = transpose(gather(transpose(sp_input.indices), perm))
        order = static.python_value(convert_to_tensor(perm))
        dims = sp_input.get_shape()
        if order is not None and dims.is_fully_defined():
            dense_shape = [dims.as_list()[int(k)] for k in order]
        else:
            dense_shape = gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, dense_shape))


@export("sparse.expand_dims")
def sparse_expand_dims(sp_input, axis=None, name=None):
    """A SparseTensor with a dimension of size 1 put in.

    Args:
      sp_input: a `SparseTensor`.
      axis: where, in `[-rank - 1, rank]`; last if None.
      name: the scope's name.
    """
    n = sp_input.dense_shape.get_shape()[0]
    with name_scope(name, "expand_dims", [sp_input]):
        x = SparseTensor.from_value(sp_input) if isinstance(sp_input, SparseTensorValue) else sp_input
        axis = convert_to_tensor(-1 if axis is None else axis, name="axis")
        axis = where_v2(axis >= 0, axis, axis + n + 1)
        rows = shape(x.indices)[0]
        column = zeros([rows, 1], dtype=dtypes.int64)
        before = slice_(x.indices, [0, 0], [-1, axis])
        after = slice_(x.indices, [0, axis], [-1, -1])
        indices = concat([before, column, after], axis=1)
        before, after = slice_(x.dense_shape, [0], [axis]), slice_(x.dense_shape, [axis], [-1])
        one = convert_to_tensor([1], name="new_shape", dtype=dtypes.int64)
        return SparseTensor(indices, x.values, concat([before, one, after], axis=0))


# --- reset_shape ------------------------------------------------------------------------------------


@export("sparse_reset_shape", "sparse.reset_shape")
def sparse_reset_shape(sp_input, new_shape=None):
    """A SparseTensor with another dense shape, which holds all its elements.

    Args:
      sp_input: a `SparseTensor`.
      new_shape: int `[rank]`, nowhere smaller than the old one; the least that holds the elements if None.

    Raises:
      TypeError: no SparseTensor.
      ValueError: `new_shape` is of another rank, or too small.
    """
    x = as_sparse(sp_input)
    indices, values, dims = identity(x.indices), identity(x.values), identity(x.dense_shape)
    if new_shape is None:
        highest = reduce_max(indices, axis=0)
        zero = constant(0, dtype=dtypes.int64)
        made = NODES["Maximum"](zero, add(highest, ones_like(dims)))
    else:
        made = _checked_shape(x, dims, new_shape)
    return SparseTensor(indices, values, made)


def _checked_shape(x, dims, new_shape):
    new = convert_to_tensor(new_shape)
    new.get_shape().assert_has_rank(1)
    new = cast(new, dtypes.int64)
    if new.get_shape().ndims is not None:
        new.get_shape().dims[0].merge_with(dims.get_shape().dims[0])
    known = static.python_value(new)
    if known is not None and x.get_shape().is_fully_defined():
        have = np.array(x.get_shape().as_list())
        need(
            bool(np.all(have <= known)),
            "Requested new_shape should have dimension sizes >= sp_input.shape.  "
            f"Found new_shape ({have}), sp_input.shape ({known}).",
        )
        return known
    new = with_dependencies([assert_equal(shape(dims), shape(new))], new)
    return with_dependencies([assert_less_equal(dims, new)], new)
