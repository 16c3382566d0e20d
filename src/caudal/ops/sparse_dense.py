"""From lists of elements to whole tensors: `sparse_to_dense`."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .batch_gather import gather_nd
from .fill import zeros, zeros_like
from .reduce import reduce_sum

__all__ = ["sparse_tensor_to_dense", "sparse_to_dense"]


def as_sparse(x):
    """`x` as a SparseTensor; TypeError for anything but one, or its value."""
    x = SparseTensor.from_value(x) if isinstance(x, SparseTensorValue) else x
    need(isinstance(x, SparseTensor), "Input must be a SparseTensor.", kind=TypeError)
    return x


def _infer(indices, sizes, values, default):
    shapes.with_rank(default.dims, 0)
    return [static.partial_shape(sizes)]


def _check(op, at, dims):
    """The indices are within the shape, each once, in the order of rows."""
    for k, row in enumerate(at.tolist()):
        shown = f"indices[{k}] = [{','.join(map(str, row))}]"
        if any(not 0 <= i < d for i, d in zip(row, dims, strict=True)):
            raise InvalidArgumentError(None, op, f"{shown} is out of bounds: need 0 <= index < {shapes.text(dims)}")
        if k and row == at[k - 1].tolist():
            raise InvalidArgumentError(None, op, f"{shown} is repeated")
        if k and row < at[k - 1].tolist():
            raise InvalidArgumentError(None, op, f"{shown} is out of order. Many sparse ops require sorted indices.")


def _lower(B, indices, sizes, values, default, *, validate_indices, op):
    dims = tuple(int(d) for d in sizes)
    at = indices.reshape(-1, 1) if indices.ndim < 2 else indices
    if at.shape[1] != len(dims):
        words = f"output_shape has incorrect number of elements: {len(dims)} should be: {at.shape[1]}"
        raise InvalidArgumentError(None, op, words)
    if values.ndim and values.shape[0] != at.shape[0]:
        words = f"sparse_values has incorrect shape {shapes.text(values.shape)}, should be [] or [{at.shape[0]}]"
        raise InvalidArgumentError(None, op, words)
    if validate_indices and not B.compiled:
        _check(op, at, dims)
    whole = np.full(dims, default) if default.dtype == object else B.broadcast_to(default, dims)
    return B.set_at(whole, tuple(at[:, k] for k in range(len(dims))), values)


def _slope(op, dy):
    indices, sizes = op.inputs[:2]
    by_values = gather_nd(dy, indices)
    by_default = reduce_sum(dy) - reduce_sum(by_values)
    return [zeros_like(indices), zeros_like(sizes), by_values, by_default]


_node = define("SparseToDense", infer=_infer, lower=_lower, grad=_slope, static=(1,), lengths=(0, 2), steady=())


@export("sparse_to_dense")
def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0, validate_indices=True, name=None):
    """A tensor that holds values at given places.

    Args:
      sparse_indices: int `[n, rank]`, in the order of rows; `[n]` or a scalar for a vector.
      output_shape: int `[rank]`.
      sparse_values: `[n]`, or one value for all places.
      default_value: a scalar, for all other places.
      validate_indices: whether places out of order or named twice are refused.
      name: the node's name.
    """
    return _node(sparse_indices, output_shape, sparse_values, default_value, validate_indices=validate_indices, name=name)


@export("sparse_tensor_to_dense", "sparse.to_dense")
def sparse_tensor_to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    """A SparseTensor as a tensor.

    Args:
      sp_input: the SparseTensor.
      default_value: a scalar, for all other places; zero by default.
      validate_indices: whether places out of order or named twice are refused.
      name: the node's name.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    default_value = zeros([], dtype=x.dtype) if default_value is None else default_value
    return sparse_to_dense(x.indices, x.dense_shape, x.values, default_value, validate_indices, name)
