"""Diagonals, bands and transposes of (batches of) matrices, identity matrices, traces and cross products."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import colocate_with, name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need, require
from .elementwise import PLAIN
from .fill import ones, zeros, zeros_like
from .join import concat
from .reduce import reduce_min, reduce_sum
from .shape import range_node, rank, shape, transpose
from .slicing import slice_

__all__ = [
    "adjoint",
    "diag_part",
    "eye",
    "matrix_band_part",
    "matrix_diag",
    "matrix_diag_part",
    "matrix_set_diag",
    "matrix_transpose",
]


# --- diagonals of matrices ----------------------------------------------------------------------------


def _infer_diag(x):
    dims = shapes.with_rank_at_least(x.dims, 1)
    return [None if dims is None else (*dims, dims[-1])]


def _lower_diag(B, x):
    wide = x[..., None]
    return B.where(np.eye(x.shape[-1], dtype=bool), wide, B.zeros_like(wide))


def _infer_part(x):
    dims = shapes.with_rank_at_least(x.dims, 2)
    if dims is None:
        return [None]
    last = dims[-2:]
    short = 0 if 0 in last else None if None in last else min(last)
    return [(*dims[:-2], short)]


def _lower_part(B, x, *, op):
    require(x.ndim >= 2, op, f"input must be at least 2-dim, received shape: {shapes.text(x.shape)}")
    return B.diagonal(x, axis1=-2, axis2=-1)


def _infer_set(x, diagonal):
    dims = shapes.with_rank_at_least(x.dims, 2)
    part = shapes.with_rank_at_least(diagonal.dims, 1)
    if dims is None or part is None:
        return [dims]
    known = _infer_part(x)[0]
    return [(*shapes.merge(known, part)[:-1], *dims[-2:])]


def _lower_set(B, x, diagonal, *, op):
    rows, columns = x.shape[-2:]
    short = min(rows, columns)
    if diagonal.shape != (*x.shape[:-2], short):
        want = shapes.text((*x.shape[:-2], short))
        raise InvalidArgumentError(
            None,
            op,
            f"must have diagonal.shape == input.shape[:-2] + min(input.shape[-2:]), but received input shape: "
            f"{shapes.text(x.shape)} and diagonal shape: {shapes.text(diagonal.shape)} instead of {want}",
        )
    if short == 0:
        return x
    wide = B.take(diagonal, np.minimum(np.arange(rows), short - 1), axis=-1)[..., None]
    return B.where(np.eye(rows, columns, dtype=bool), wide, x)


def _diag_part_slope(op, dy):
    x = op.inputs[0]
    last = None if x.dims is None else x.dims[-2:]
    if shapes.known(last) and last[0] == last[1]:
        return [matrix_diag(dy)]
    return [matrix_set_diag(zeros_like(x), dy)]


def _set_diag_slope(op, dy):
    x, diagonal = op.inputs
    dims = shapes.merge(x.dims, dy.dims)
    batch = None if dims is None else dims[:-2]
    if batch is not None and diagonal.dims is not None:
        batch = shapes.merge(batch, diagonal.dims[:-1])
    if shapes.known(batch) and shapes.known(dims[-2:]):
        size = [*batch, min(dims[-2:])]
    else:
        with colocate_with(dy):
            whole, n = shape(dy), rank(dy)
            front = slice_(whole, [0], [n - 2])
            size = concat([front, [reduce_min(slice_(whole, [n - 2], [2]))]], 0)
    return [matrix_set_diag(dy, zeros(size, dtype=dy._dtype)), matrix_diag_part(dy)]


_diag = define("MatrixDiag", infer=_infer_diag, lower=_lower_diag, grad=lambda op, dy: [matrix_diag_part(dy)])
_part = define("MatrixDiagPart", infer=_infer_part, lower=_lower_part, grad=_diag_part_slope)
_set = define("MatrixSetDiag", infer=_infer_set, lower=_lower_set, grad=_set_diag_slope)


@export("matrix_diag", "linalg.diag")
def matrix_diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0):
    """Matrices with given diagonals.

    Args:
      diagonal: `[..., n]`.
      name: the node's name.
      k, num_rows, num_cols, padding_value: 1.15.5 takes and ignores them.

    Returns:
      `[..., n, n]`, zero off the diagonal.
    """
    return _diag(diagonal, name=name)


@export("matrix_diag_part", "linalg.diag_part")
def matrix_diag_part(input, name="diag_part", k=0, padding_value=0):
    """The main diagonals of matrices.

    Args:
      input: `[..., m, n]`.
      name: the node's name.
      k, padding_value: 1.15.5 takes and ignores them.

    Returns:
      `[..., min(m, n)]`.
    """
    return _part(input, name=name)


@export("matrix_set_diag", "linalg.set_diag")
def matrix_set_diag(input, diagonal, name="set_diag", k=0):
    """Matrices with other main diagonals.

    Args:
      input: `[..., m, n]`.
      diagonal: `[..., min(m, n)]`.
      name: the node's name.
      k: 1.15.5 takes and ignores it.
    """
    return _set(input, diagonal, name=name)


# --- diagonals of tensors -----------------------------------------------------------------------------


def _infer_tensor_diag(x):
    dims = shapes.with_rank_at_least(x.dims, 1)
    return [None if dims is None else dims + dims]


def _lower_tensor_diag(B, x):
    return _lower_diag(B, x.reshape(-1)).reshape(x.shape + x.shape)


def _infer_tensor_part(x):
    if x.dims is None:
        return [None]
    n = len(x.dims)
    if n % 2 or n == 0:
        raise InferError(f"Input must have even and non-zero rank, input rank is {n}")
    return [tuple(shapes.merge_dim(a, b) for a, b in zip(x.dims[: n // 2], x.dims[n // 2 :], strict=True))]


def _lower_tensor_part(B, x, *, op):
    half = x.shape[: x.ndim // 2]
    if half != x.shape[x.ndim // 2 :]:
        raise InvalidArgumentError(
            None, op, f"Invalid shape {shapes.text(x.shape)}: dimensions {len(half) - 1} and {x.ndim - 1} do not match."
        )
    n = int(np.prod(half))
    return B.diagonal(x.reshape(n, n)).reshape(half)


tensor_diag_node = define("Diag", infer=_infer_tensor_diag, lower=_lower_tensor_diag, grad=lambda op, dy: [diag_part(dy)])
tensor_part_node = define("DiagPart", infer=_infer_tensor_part, lower=_lower_tensor_part, grad=lambda op, dy: [diag(dy)])


@export("diag", "linalg.tensor_diag")
def diag(diagonal, name=None):
    """A tensor of shape `diagonal.shape + diagonal.shape` that is zero but where both indices are one."""
    return tensor_diag_node(diagonal, name=name)


@export("diag_part", "linalg.tensor_diag_part")
def diag_part(input, name=None):
    """The elements of a tensor of shape `s + s` where both indices are one, of shape `s`."""
    return tensor_part_node(input, name=name)


# --- bands --------------------------------------------------------------------------------------------


def _lower_band(B, x, below, above, *, op):
    rows, columns = x.shape[-2:]
    if not B.compiled:
        _check_band(op, below, "num_lower", rows, "rows")
        _check_band(op, above, "num_upper", columns, "columns")
    offset = np.arange(columns)[None, :] - np.arange(rows)[:, None]
    inside = ((below < 0) | (-offset <= below)) & ((above < 0) | (offset <= above))
    return B.where(inside, x, B.zeros_like(x))


def _check_band(op, value, what, limit, of):
    if value > limit:
        raise InvalidArgumentError(
            None, op, f"{what} must be negative or less or equal to number of {of} ({limit}) got: {int(value)}"
        )


band_node = define(
    "MatrixBandPart",
    infer=lambda x, below, above: [x.dims],
    lower=_lower_band,
    grad=lambda op, dy: [matrix_band_part(dy, op.inputs[1], op.inputs[2]), None, None],
)


@export("matrix_band_part", "linalg.band_part")
def matrix_band_part(input, num_lower, num_upper, name=None):
    """Matrices in which all but a band round the diagonal is zero.

    Args:
      input: `[..., m, n]`.
      num_lower: int scalar, how many diagonals below the main one stay; all if negative.
      num_upper: int scalar, how many above it stay; all if negative.
      name: the node's name.
    """
    return band_node(input, num_lower, num_upper, name=name)


# --- transposes, identities, traces -------------------------------------------------------------------


@export("matrix_transpose", "linalg.matrix_transpose", "linalg.transpose")
def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """`[..., m, n]` as `[..., n, m]`; with `conjugate` of complex conjugates.

    Raises:
      ValueError: `a` has fewer than two dimensions.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        if a.dims is None:
            n = rank(a)
            order = concat((range_node(0, n - 2, 1), [n - 1, n - 2]), 0)
        else:
            n = len(a.dims)
            need(n >= 2, f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}")
            order = [*range(n - 2), n - 1, n - 2]
        return transpose(a, perm=order, conjugate=conjugate)


@export("linalg.adjoint")
def adjoint(matrix, name=None):
    """The conjugate transposes of matrices `[..., m, n]`."""
    with name_scope(name, "adjoint", [matrix]):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)


def _diagonal_size(rows, columns):
    """(how long the diagonal is, whether the matrix is known to be square)."""
    if isinstance(rows, Tensor) or isinstance(columns, Tensor):
        return PLAIN["Minimum"](rows, rows if columns is None else columns), columns is None
    columns = rows if columns is None else columns
    whole = all(isinstance(n, (int, np.integer)) for n in (rows, columns))
    need(whole, "num_rows and num_columns must be positive integer values.", kind=TypeError)
    return min(rows, columns), rows == columns


@export("eye", "linalg.eye")
def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """Identity matrices.

    Args:
      num_rows: int, or an int32 scalar.
      num_columns: as many as rows by default.
      batch_shape: ints or an int32 vector, how many; one matrix by default.
      dtype: of the elements.
      name: the scope's name.

    Returns:
      `batch_shape + [num_rows, num_columns]`.

    Raises:
      TypeError: sizes that are no integers.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        size, square = _diagonal_size(num_rows, num_columns)
        batch = [] if batch_shape is None else batch_shape
        columns = num_rows if num_columns is None else num_columns
        if isinstance(batch, Tensor) or isinstance(size, Tensor):
            batch = convert_to_tensor(batch, name="shape", dtype_hint=dtypes.int32)
            length = concat((batch, [size]), axis=0)
            whole = None if square else concat((batch, [num_rows, columns]), axis=0)
        else:
            length, whole = [*batch, size], [*batch, num_rows, columns]
        diagonal = ones(length, dtype=dtype)
        return matrix_diag(diagonal) if square else matrix_set_diag(zeros(whole, dtype=dtype), diagonal)


@export("trace", "linalg.trace")
def trace(x, name=None):
    """The sums of the main diagonals of matrices `[..., m, n]`."""
    with name_scope(name, "Trace", [x]) as scope:
        return reduce_sum(matrix_diag_part(convert_to_tensor(x, name="x")), [-1], name=scope)


def _infer_cross(a, b):
    dims = shapes.merge(shapes.with_rank_at_least(a.dims, 1), shapes.with_rank_at_least(b.dims, 1))
    if dims is not None and dims[-1] not in (None, 3):
        raise InferError(f"Dimension must be 3 but is {dims[-1]}")
    return [dims]


def _cross_slope(op, dy):
    a, b = op.inputs
    return [cross(b, dy), cross(dy, a)]


_cross = define("Cross", infer=_infer_cross, lower=lambda B, a, b: B.cross(a, b), grad=_cross_slope)


@export("cross", "linalg.cross")
def cross(a, b, name=None):
    """The cross products of vectors of three elements, `[..., 3]`."""
    return _cross(a, b, name=name)
