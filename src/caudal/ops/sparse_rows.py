"""Rows of SparseTensors that hold nothing, given an element."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .sparse_dense import as_sparse

__all__ = ["sparse_fill_empty_rows"]


def _infer(indices, values, dims, default):
    places = shapes.with_rank(indices.dims, 2)
    n = shapes.merge_dim(places[0], shapes.with_rank(values.dims, 1)[0])
    whole = static.partial_shape(dims)
    shapes.with_rank(default.dims, 0)
    return [(None, places[1]), (None,), (None if whole is None else whole[0],), (n,)]


def _lower(B, indices, values, dims, default, *, op):
    rows = int(dims[0])
    if not rows and len(indices):
        words = f"Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {len(indices)}"
        raise InvalidArgumentError(None, op, words)
    for k, row in enumerate(indices[:, 0].tolist()):
        if not 0 <= row < rows:
            raise InvalidArgumentError(None, op, f"indices({k}, 0) is invalid: {row} >= {rows}")
    empty = np.ones(rows, bool)
    empty[indices[:, 0]] = False
    added = np.zeros((int(empty.sum()), indices.shape[1]), np.int64)
    added[:, 0] = np.flatnonzero(empty)
    places = np.concatenate([indices, added])
    filled = np.concatenate([values, np.full(len(added), default, values.dtype)])
    order = np.argsort(places[:, 0], kind="stable")
    back = np.argsort(order, kind="stable")[: len(indices)]
    return places[order], filled[order], empty, back.astype(np.int64)


def _lower_grad(B, back, dy):
    kept = np.zeros(len(dy), bool)
    kept[back] = True
    return dy[back], dy[~kept].sum(dtype=dy.dtype)


def _slope(op, _, dy, __, ___):
    by_values, by_default = _grad(op.outputs[3], dy)
    return [None, by_values, None, by_default]


_node = define("SparseFillEmptyRows", infer=_infer, lower=_lower, dynamic=True, grad=_slope)
_grad = define(
    "SparseFillEmptyRowsGrad",
    infer=lambda back, dy: [shapes.with_rank(back.dims, 1), ()],
    lower=_lower_grad,
    dynamic=True,
)


@export("sparse_fill_empty_rows", "sparse.fill_empty_rows")
def sparse_fill_empty_rows(sp_input, default_value, name=None):
    """A SparseTensor whose empty rows have one element, in their first column.

    Args:
      sp_input: a `SparseTensor`.
      default_value: a scalar of its dtype, the element put in.
      name: the scope's name.

    Returns:
      (the `SparseTensor`, bool `[rows]`: which rows were empty).

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [x]):
        default_value = convert_to_tensor(default_value, dtype=x.values.dtype)
        indices, values, empty, _ = _node(x.indices, x.values, x.dense_shape, default_value)
        return SparseTensor(indices, values, x.dense_shape), empty
