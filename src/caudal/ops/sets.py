"""tf.sets: the rows along the last dimension taken as sets. Sets of a dense tensor are its rows; a SparseTensor's are
what it holds in each row. Results are SparseTensors with the elements of each set in ascending order."""

import itertools

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor, convert_or_composite
from ..graph.define import define
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need

__all__ = ["set_difference", "set_intersection", "set_size", "set_union"]

_KINDS = frozenset((dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16, dtypes.string))
_OPERATIONS = {
    "a-b": lambda a, b: a - b,
    "b-a": lambda a, b: b - a,
    "intersection": lambda a, b: a & b,
    "union": lambda a, b: a | b,
}


# --- what sets a tensor holds -------------------------------------------------------------------------


def _dense_sets(x):
    """The shape of the groups, and group -> set."""
    groups = x.shape[:-1]
    return groups, {g: set(x[g].tolist()) for g in itertools.product(*map(range, groups))}


def _sparse_sets(indices, values, dims):
    groups = tuple(int(d) for d in dims[:-1])
    found = {}
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(index[:-1]), set()).add(value)
    return groups, found


def _combined(operation, a, b, kind, op):
    """(indices, values, shape) of the sets that an operation makes of two groups of sets."""
    (groups, first), (others, second) = a, b
    if groups != others:
        raise InvalidArgumentError(None, op, f"Mismatched group shapes {list(groups)} vs {list(others)}")
    combine, nothing = _OPERATIONS[operation], set()
    rows = {g: sorted(combine(first.get(g, nothing), second.get(g, nothing))) for g in sorted({*first, *second})}
    indices = [(*g, k) for g, row in rows.items() for k in range(len(row))]
    values = np.array([v for row in rows.values() for v in row], kind)
    most = max(map(len, rows.values()), default=0)
    return np.array(indices, np.int64).reshape(-1, len(groups) + 1), values, np.array([*groups, most], np.int64)


def _lower_dense(B, a, b, *, set_operation, op):
    return _combined(set_operation.decode(), _dense_sets(a), _dense_sets(b), a.dtype, op)


def _lower_mixed(B, a, indices, values, dims, *, set_operation, op):
    return _combined(set_operation.decode(), _dense_sets(a), _sparse_sets(indices, values, dims), a.dtype, op)


def _lower_sparse(B, indices, values, dims, other_indices, other_values, other_dims, *, set_operation, op):
    a, b = _sparse_sets(indices, values, dims), _sparse_sets(other_indices, other_values, other_dims)
    return _combined(set_operation.decode(), a, b, values.dtype, op)


# --- shapes -------------------------------------------------------------------------------------------


def _result(rank):
    return [(None, rank), (None,), (rank,)]


def _infer_dense(a, b):
    ranks = [t.rank for t in (a, b) if t.rank is not None]
    for k, t in enumerate((a, b)):
        if t.rank is not None and t.rank < 2:
            raise InferError(f"Input {k}, expected rank >= 2, got {t.rank}.")
    if len(ranks) == 2:
        if ranks[0] != ranks[1]:
            raise InferError(f"Ranks do not match: input 0 {ranks[0]}, input 1 {ranks[1]}.")
        shapes.merge(a.dims[:-1], b.dims[:-1])
    return _result(ranks[0] if ranks else None)


def _sparse_rank(indices, dims):
    known = static.partial_shape(dims)
    if known is not None:
        return len(known)
    return indices.dims[1] if indices.rank == 2 else None


def _infer_mixed(a, indices, values, dims):
    rank = a.rank
    if rank is not None and rank < 2:
        raise InferError(f"Input rank should be at least 2, got {rank}.")
    return _result(rank if rank is not None else _sparse_rank(indices, dims))


def _infer_sparse(indices, values, dims, other_indices, other_values, other_dims):
    rank = _sparse_rank(indices, dims)
    return _result(rank if rank is not None else _sparse_rank(other_indices, other_dims))


dense_node = define("DenseToDenseSetOperation", infer=_infer_dense, lower=_lower_dense, dynamic=True, grad=None)
mixed_node = define("DenseToSparseSetOperation", infer=_infer_mixed, lower=_lower_mixed, dynamic=True, grad=None)
sparse_node = define("SparseToSparseSetOperation", infer=_infer_sparse, lower=_lower_sparse, dynamic=True, grad=None)


def _lower_size(B, indices, values, dims):
    groups, found = _sparse_sets(indices, values, dims)
    sizes = np.zeros(groups, np.int32)
    for group, members in found.items():
        sizes[group] = len(members)
    return sizes


size_node = define("SetSize", infer=lambda *_: [None], lower=_lower_size, dynamic=True, grad=None)


# --- public -------------------------------------------------------------------------------------------


@export("sets.size", "sets.set_size")
def set_size(a, validate_indices=True):
    """How many different elements each row of a SparseTensor holds.

    Args:
      a: a `SparseTensor` of ints or strings with sorted indices.
      validate_indices: whether to check that they are sorted.

    Returns:
      int32, the shape of `a` without the last dimension.

    Raises:
      TypeError: no SparseTensor, or of another dtype.
    """
    a = convert_or_composite(a, name="a")
    need(isinstance(a, SparseTensor), f"Expected `SparseTensor`, got {a}.", kind=TypeError)
    need(a.values.dtype.base_dtype in _KINDS, f"Invalid dtype {a.values.dtype}.", kind=TypeError)
    return size_node(a.indices, a.values, a.dense_shape, validate_indices=validate_indices)


def _both(a, b):
    """(a, b, whether they changed places): what is sparse comes last."""
    a = convert_or_composite(a, name="a")
    need(a.dtype.base_dtype in _KINDS, f"'a' invalid dtype {a.dtype}.", kind=TypeError)
    b = convert_or_composite(b, name="b")
    need(b.dtype.base_dtype is a.dtype.base_dtype, f"Types don't match, {a.dtype} vs {b.dtype}.", kind=TypeError)
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


def _made(a, b, operation, validate):
    settings = {"set_operation": operation, "validate_indices": validate}
    if isinstance(a, SparseTensor):
        made = sparse_node(*_parts(a), *_parts(b), **settings)
    elif isinstance(b, SparseTensor):
        made = mixed_node(a, *_parts(b), **settings)
    else:
        made = dense_node(a, b, **settings)
    return SparseTensor(*made)


def _parts(x):
    return x.indices, x.values, x.dense_shape


_ARGUMENTS = """

    Args:
      a: a tensor or SparseTensor `[..., n]` of ints or strings.
      b: one of the same dtype, whose dimensions but the last are those of `a`.
      validate_indices: whether to check that sparse indices are sorted.{more}

    Returns:
      A `SparseTensor` `[..., m]`; the elements of each set come in ascending order.

    Raises:
      TypeError: dtypes that are not taken, or differ.
    """


@export("sets.intersection", "sets.set_intersection")
def set_intersection(a, b, validate_indices=True):
    """What is in both of two sets, row by row."""
    a, b, _ = _both(a, b)
    return _made(a, b, "intersection", validate_indices)


@export("sets.difference", "sets.set_difference")
def set_difference(a, b, aminusb=True, validate_indices=True):
    """What is in the first of two sets and not in the second, row by row."""
    a, b, flipped = _both(a, b)
    return _made(a, b, "b-a" if flipped == bool(aminusb) else "a-b", validate_indices)


@export("sets.union", "sets.set_union")
def set_union(a, b, validate_indices=True):
    """What is in any of two sets, row by row."""
    a, b, _ = _both(a, b)
    return _made(a, b, "union", validate_indices)


for _function in (set_intersection, set_union):
    _function.__doc__ += _ARGUMENTS.format(more="")
set_difference.__doc__ += _ARGUMENTS.format(more="\n      aminusb: False for what is in the second and not in the first.")
