"""A sparse matrix times a dense one."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .reduce import reduce_sum
from .shape import transpose
from .slicing import gather
from .sparse_dense import as_sparse

__all__ = ["sparse_tensor_dense_matmul"]


def _infer(indices, values, dims, dense, *, adjoint_a, adjoint_b):
    shapes.with_rank(indices.dims, 2)
    known = static.partial_shape(dims)
    have = shapes.with_rank(known, 2)
    other = shapes.with_rank(dense.dims, 2)
    rows, inner = have[::-1] if adjoint_a else have
    with_inner, columns = other[::-1] if adjoint_b else other
    shapes.merge_dim(inner, with_inner)
    return [(rows, columns)]


def _check(indices, dims, dense, inner, op, adjoint_b):
    have = int(dense.shape[1 if adjoint_b else 0])
    if inner != have:
        raise InvalidArgumentError(
            None,
            op,
            f"Cannot multiply A and B because inner dimension does not match: {inner} vs. {have}. Did you forget a "
            f"transpose? Dimensions of A: [{dims[0]}, {dims[1]}). Dimensions of B: {shapes.text(dense.shape)}",
        )


def _check_bounds(rows, columns, n, m, op):
    for what, at, limit in (("m", rows, n), ("k", columns, m)):
        bad = (at < 0) | (at >= limit)
        if bad.any():
            k = int(bad.argmax())
            raise InvalidArgumentError(None, op, f"{what} ({at[k]}) from index[{k},{int(what == 'k')}] out of bounds (>={limit})")


def _lower(B, indices, values, dims, dense, *, adjoint_a, adjoint_b, op):
    n, m = (int(d) for d in dims)
    n, m = (m, n) if adjoint_a else (n, m)
    _check(indices, dims, dense, m, op, adjoint_b)
    rows, columns = (indices[:, 1], indices[:, 0]) if adjoint_a else (indices[:, 0], indices[:, 1])
    if not B.compiled:
        _check_bounds(rows, columns, n, m, op)
    values = B.conj(values) if adjoint_a else values
    dense = B.conj(dense).T if adjoint_b else dense
    if B.compiled:
        return B.add_at(B.zeros((n, dense.shape[1]), dense.dtype), rows, values[:, None] * dense[columns])
    return _by_rows(rows, columns, values, dense, n)


def _by_rows(rows, columns, values, dense, n):
    """The product, row by row of the elements put in order; much faster than adding them one by one."""
    made = np.zeros((n, dense.shape[1]), dense.dtype)
    if len(rows):
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        made[rows[starts]] = np.add.reduceat(values[order, None] * dense[columns[order]], starts, axis=0)
    return made


def _slope(op, dy):
    indices, values, dims, dense = op.inputs
    adjoint_a, adjoint_b = op.attrs["adjoint_a"], op.attrs["adjoint_b"]
    need(
        not values.dtype.is_complex,
        "SparseTensorDenseMatMul op does not support complex gradients.",
        kind=NotImplementedError,
    )
    by_dense = _node(indices, values, dims, dy, adjoint_a=not adjoint_a)
    by_dense = transpose(by_dense) if adjoint_b else by_dense
    rows, columns = indices[:, 0], indices[:, 1]
    outer = gather(dy, columns if adjoint_a else rows)
    inner = gather(transpose(dense) if adjoint_b else dense, rows if adjoint_a else columns)
    return [None, reduce_sum(outer * inner, axis=1), None, by_dense]


_node = define("SparseTensorDenseMatMul", infer=_infer, lower=_lower, static=(2,), lengths=(0, 1), steady=(3,), grad=_slope)


@export("sparse_tensor_dense_matmul", "sparse.sparse_dense_matmul", "sparse.matmul")
def sparse_tensor_dense_matmul(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    """The product of a sparse matrix and a dense one.

    Args:
      sp_a: a `SparseTensor`, `[n, m]`.
      b: `[m, k]` of the same dtype.
      adjoint_a: whether the conjugate transpose of `sp_a` is taken.
      adjoint_b: whether that of `b` is.
      name: the scope's name.

    Returns:
      `[n, k]`.

    Raises:
      TypeError: no SparseTensor.
      ValueError: shapes don't fit.
    """
    a = as_sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [a.indices, a.values, b]):
        b = convert_to_tensor(b, name="b")
        return _node(a.indices, a.values, a.dense_shape, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)
