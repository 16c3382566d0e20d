"""SparseTensors as strings, one for each part, and back: what queues and files of examples hold."""

import numpy as np

from ..formats.proto import TensorProto
from ..formats.tensor_proto import make_ndarray, to_proto
from ..graph.composite import SparseTensor
from ..graph.define import define
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .sparse_dense import as_sparse

__all__ = ["deserialize_many_sparse", "deserialize_sparse", "serialize_many_sparse", "serialize_sparse"]


def _strings(parts):
    """Arrays as serialised `TensorProto`s, whole ones: all elements as bytes."""
    out = np.empty(len(parts), object)
    for k, (array, kind) in enumerate(parts):
        out[k] = to_proto(array, kind).SerializeToString()
    return out


def _kind(op):
    return op.attrs["T"]


def _lower_one(B, indices, values, dims, *, op):
    return _strings([(indices, dtypes.int64), (values, _kind(op)), (dims, dtypes.int64)])


def _lower_many(B, indices, values, dims, *, op):
    if len(dims) < 2:
        raise InvalidArgumentError(None, op, f"Rank of input SparseTensor should be > 1, but saw rank: {len(dims)}")
    rows = []
    for row in range(int(dims[0])):
        mine = indices[:, 0] == row
        parts = [(indices[mine, 1:], dtypes.int64), (values[mine], _kind(op)), (dims[1:], dtypes.int64)]
        rows.append(_strings(parts))
    return np.array(rows, object).reshape(-1, 3)


_one = define("SerializeSparse", infer=lambda *_: [(3,)], lower=_lower_one, host=True, grad=None)
_many = define("SerializeManySparse", infer=lambda *_: [(None, 3)], lower=_lower_many, host=True, grad=None)


@export("serialize_sparse", "io.serialize_sparse", "compat.v1.serialize_sparse")
def serialize_sparse(sp_input, name=None, out_type=dtypes.string):
    """A SparseTensor as three strings: its indices, values and dense shape.

    Args:
      sp_input: a `SparseTensor`.
      name: the node's name.
      out_type: string.

    Returns:
      string `[3]`.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    return _one(x.indices, x.values, x.dense_shape, name=name, out_type=out_type)


@export("serialize_many_sparse", "io.serialize_many_sparse", "compat.v1.serialize_many_sparse")
def serialize_many_sparse(sp_input, name=None, out_type=dtypes.string):
    """Each row of a SparseTensor, of rank 2 or more, as three strings.

    Args:
      sp_input: a `SparseTensor`, `[n, ...]`, in the order of rows.
      name: the node's name.
      out_type: string.

    Returns:
      string `[n, 3]`.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    return _many(x.indices, x.values, x.dense_shape, name=name, out_type=out_type)


# --- back -------------------------------------------------------------------------------------------


def _parsed(text, kind, op):
    array = make_ndarray(TensorProto.FromString(bytes(text)))
    if kind is not dtypes.string and array.dtype != kind.np:
        words = f"Requested SparseTensor of type {kind.name} but SparseTensor has type {array.dtype}"
        raise InvalidArgumentError(None, op, words)
    return array


def _joined(rows, kind, op):
    """SparseTensors, each three strings, under one new first dimension."""
    indices, values, most = [], [], None
    for k, row in enumerate(rows):
        place, value, dims = _parsed(row[0], dtypes.int64, op), _parsed(row[1], kind, op), _parsed(row[2], dtypes.int64, op)
        place = place.reshape(-1, len(dims))
        if most is not None and len(dims) != len(most):
            words = f"Inconsistent rank across SparseTensors: rank prior to SparseTensor[{k}] was: {len(most)} but rank of SparseTensor[{k}] is: {len(dims)}"
            raise InvalidArgumentError(None, op, words)
        most = dims if most is None else np.maximum(most, dims)
        indices.append(np.concatenate([np.full((len(place), 1), k, np.int64), place], axis=1))
        values.append(value.reshape(-1))
    return np.concatenate(indices), np.concatenate(values), most


def _lower_back(B, strings, *, dtype, op):
    if strings.ndim != 2 or strings.shape[1] != 3:
        raise InvalidArgumentError(
            None, op, f"Serialized sparse should have 3 columns but has shape {shapes.text(strings.shape)}"
        )
    indices, values, most = _joined(strings, dtype, op)
    return indices, values, np.array([len(strings), *most], np.int64)


def _lower_back_nested(B, strings, *, dtype, op):
    outer = strings.shape[:-1]
    if not strings.ndim or strings.shape[-1] != 3:
        raise InvalidArgumentError(
            None, op, f"Serialized sparse should have 3 as the last dimension but has shape {shapes.text(strings.shape)}"
        )
    indices, values, most = _joined(strings.reshape(-1, 3), dtype, op)
    if not outer:
        return indices[:, 1:], values, np.array(most, np.int64)
    places = np.stack(np.unravel_index(indices[:, 0], outer), axis=1).astype(np.int64)
    return np.concatenate([places, indices[:, 1:]], axis=1), values, np.array([*outer, *most], np.int64)


_back_many = define(
    "DeserializeManySparse", infer=lambda *_: [(None, None), (None,), (None,)], lower=_lower_back, host=True, grad=None
)
_back = define(
    "DeserializeSparse", infer=lambda *_: [(None, None), (None,), (None,)], lower=_lower_back_nested, host=True, grad=None
)


def _with_rank(made, rank):
    """The parts as a SparseTensor, in which the rank, if it is told, is known."""
    indices, values, dims = made
    indices.set_shape([None, rank])
    dims.set_shape([rank])
    return SparseTensor(indices, values, dims)


@export("deserialize_many_sparse", "io.deserialize_many_sparse")
def deserialize_many_sparse(serialized_sparse, dtype, rank=None, name=None):
    """SparseTensors that were made strings, under one new first dimension.

    Args:
      serialized_sparse: string `[n, 3]`.
      dtype: the `DType` of the values.
      rank: the rank of each of the n, if known.
      name: the node's name.

    Returns:
      A `SparseTensor`, `[n, ...]`, whose sizes are the greatest of all.
    """
    made = _back_many(serialized_sparse, dtype=dtype, name=name)
    return _with_rank(made, None if rank is None else rank + 1)


def deserialize_sparse(serialized_sparse, dtype, rank=None, name=None):
    """As `deserialize_many_sparse`, of strings `[..., 3]`: all dimensions but the last stay in front."""
    return _with_rank(_back(serialized_sparse, dtype=dtype, name=name), rank)
