"""Crosses of features: for each row all combinations of one value of each input, as text or as hashes."""

import itertools

import numpy as np

from ..backend.hashes import farm
from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.define import define
from ..graph.graph import Tensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .elementwise import cast

__all__ = ["sparse_cross", "sparse_cross_hashed"]

_KEY = 0xDECAFCAFFE
_ALL, _MUL = (1 << 64) - 1, 0xC6A4A7935BD1E995


def _mixed(x):
    return x ^ x >> 47


def _joined(first, second):
    """One fingerprint of two."""
    made = first ^ _MUL
    made ^= _mixed(second * _MUL & _ALL) * _MUL & _ALL
    made = made * _MUL & _ALL
    return _mixed(_mixed(made) * _MUL & _ALL)


def _hash(values, key, buckets):
    made = key & _ALL
    for value in values:
        made = _joined(made, farm(value) if isinstance(value, bytes) else int(value) & _ALL)
    return made % (buckets if buckets > 0 else (1 << 63) - 1)


def _text(values):
    return b"_X_".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def _as_bytes(value):
    return value.encode() if isinstance(value, str) else value


def _sparse_rows(indices, values, rows):
    out = [[] for _ in range(rows)]
    for index, value in zip(indices, values.tolist(), strict=True):
        out[int(index[0])].append(_as_bytes(value))
    return out


def _lower(B, *inputs, N, hashed_output, num_buckets, hash_key, op):  # noqa: N803  # an attribute
    n = len(op.attrs["sparse_types"])
    indices, values, sizes, dense = inputs[:N], inputs[N : N + n], inputs[N + n : 2 * N + n], inputs[2 * N + n :]
    counts = {int(size[0]) for size in sizes} | {x.shape[0] for x in dense}
    if len(counts) > 1:
        raise InvalidArgumentError(None, op, f"Expected batch size {min(counts)}, got {max(counts)}")
    rows = counts.pop() if counts else 0
    columns = [_sparse_rows(i, v, rows) for i, v in zip(indices, values, strict=True)]
    columns += [[[_as_bytes(v) for v in row] for row in x.tolist()] for x in dense]
    made = [list(itertools.product(*(column[k] for column in columns))) for k in range(rows)]
    places = [(k, j) for k, row in enumerate(made) for j in range(len(row))]
    flat = [one for row in made for one in row]
    if hashed_output:
        out = np.array([_hash(one, hash_key, num_buckets) for one in flat], np.int64)
    else:
        out = np.empty(len(flat), object)
        out[:] = [_text(one) for one in flat]
    most = max(map(len, made), default=0)
    return np.array(places, np.int64).reshape(-1, 2), out, np.array([rows, most], np.int64)


_node = define("SparseCross", infer=lambda *_: [(None, 2), (None,), (2,)], lower=_lower, dynamic=True, grad=None)


@export("sparse.cross")
def sparse_cross(inputs, name=None):
    """All combinations of one value of each input, row by row, as text "a_X_b".

    Args:
      inputs: a list of SparseTensors and tensors, `[rows, n]`, of strings or ints.
      name: the node's name.

    Returns:
      A `SparseTensor` of strings, `[rows, most]`.

    Raises:
      TypeError: not a list of them.
    """
    return _cross(inputs, False, 0, None, name)


@export("sparse.cross_hashed")
def sparse_cross_hashed(inputs, num_buckets=0, hash_key=None, name=None):
    """All combinations of one value of each input, row by row, as hashes.

    Args:
      inputs: a list of SparseTensors and tensors, `[rows, n]`, of strings or ints.
      num_buckets: hashes are below this, if it is above zero.
      hash_key: an int that the hashes begin with.
      name: the node's name.

    Returns:
      A `SparseTensor` of int64, `[rows, most]`.

    Raises:
      TypeError: not a list of them.
    """
    return _cross(inputs, True, num_buckets, hash_key, name)


def _as_feature(x):
    return x if x.dtype.base_dtype is dtypes.string else cast(x, dtypes.int64)


def _cross(inputs, hashed, buckets, key, name):
    need(isinstance(inputs, list), "Inputs must be a list", kind=TypeError)
    inputs = [SparseTensor.from_value(x) if isinstance(x, SparseTensorValue) else x for x in inputs]
    right = all(isinstance(x, (SparseTensor, Tensor)) for x in inputs)
    need(right, "All inputs must be SparseTensors", kind=TypeError)
    sparse = [x for x in inputs if isinstance(x, SparseTensor)]
    dense = [x for x in inputs if isinstance(x, Tensor)]
    ints = any(x.dtype.base_dtype is not dtypes.string for x in inputs)
    made = _node(
        [x.indices for x in sparse],
        [_as_feature(x.values) for x in sparse],
        [x.dense_shape for x in sparse],
        [_as_feature(x) for x in dense],
        hashed_output=hashed,
        num_buckets=buckets,
        hash_key=key or _KEY,
        out_type=dtypes.int64 if hashed else dtypes.string,
        internal_type=dtypes.int64 if hashed and ints else dtypes.string,
        name=name,
    )
    return SparseTensor(*made)
