"""Matrices of three diagonals: systems of equations and products."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .basic import constant
from .batch_gather import gather_nd
from .elementwise import conj
from .fill import zeros
from .join import concat, pad, stack
from .matrices import matrix_transpose
from .reduce import reduce_sum
from .shape import expand_dims, rank, squeeze, transpose

__all__ = ["tridiagonal_matmul", "tridiagonal_solve"]


def _dense(B, diagonals):
    """The whole matrices of `[..., 3, m]`: above, on and below the diagonal."""
    m = diagonals.shape[-1]
    out = B.zeros((*diagonals.shape[:-2], m, m), diagonals.dtype)
    at = np.arange(m)
    out = B.set_at(out, (..., at, at), diagonals[..., 1, :])
    out = B.set_at(out, (..., at[:-1], at[1:]), diagonals[..., 0, :-1])
    return B.set_at(out, (..., at[1:], at[:-1]), diagonals[..., 2, 1:])


def _lower_solve(B, diagonals, rhs, *, op):
    try:
        return B.linalg.solve(_dense(B, diagonals), rhs)
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(None, op, "Input matrix is not invertible.") from None


def _infer_solve(diagonals, rhs):
    a, b = shapes.with_rank_at_least(diagonals.dims, 2), shapes.with_rank_at_least(rhs.dims, 2)
    if a is None or b is None:
        return [None]
    shapes.merge_dim(a[-2], 3)
    shapes.merge_dim(a[-1], b[-2])
    return [(*shapes.merge(a[:-2], b[:-2]), shapes.merge_dim(a[-1], b[-2]), b[-1])]


def _moved(part, front, like):
    """`part`, one element short, with a zero before or after it along an axis: -1 of diagonals, -2 of solutions."""
    axis, whole = like
    if shapes.known(whole.dims):
        sizes = list(whole.dims[:-2]) + ([1] if axis == -1 else [1, whole.dims[-1]])
        none = zeros(sizes, dtype=whole._dtype)
        return concat((none, part) if front else (part, none), axis=axis)
    rows = zeros((rank(whole) - 2, 2), dtype=dtypes.int32)
    edge = [[1, 0]] if front else [[0, 1]]
    return pad(part, concat((rows, constant(edge if axis == -1 else [*edge, [0, 0]])), axis=0))


def _turned(diagonals):
    """The diagonals of the transposed matrix."""
    middle = diagonals[..., 1, :]
    above = _moved(diagonals[..., 2, 1:], False, (-1, diagonals))
    below = _moved(diagonals[..., 0, :-1], True, (-1, diagonals))
    return stack([above, middle, below], axis=-2)


def _three_of_product(x, y):
    """The three diagonals of x y^T."""
    middle = reduce_sum(x * y, axis=-1)
    above = reduce_sum(x * _moved(y[..., 1:, :], False, (-2, x)), axis=-1)
    below = reduce_sum(x * _moved(y[..., :-1, :], True, (-2, x)), axis=-1)
    return stack([above, middle, below], axis=-2)


def _solve_slope(op, dy):
    pivoting = op.attrs["partial_pivoting"]
    by_rhs = _solve(_turned(op.inputs[0]), dy, partial_pivoting=pivoting)
    return [-_three_of_product(by_rhs, op.outputs[0]), by_rhs]


_solve = define("TridiagonalSolve", infer=_infer_solve, lower=_lower_solve, grad=_solve_slope)


def _matmul_slope(op, dy):
    above, on, below = (matrix_transpose(op.inputs[k], conjugate=True) for k in range(3))
    x = conj(op.inputs[3])
    rows = [reduce_sum(part * dy, axis=-1) for part in (_up(x), x, _down(x))]
    dx = _down(above * dy) + on * dy + _up(below * dy)
    return [*(expand_dims(row, -2) for row in rows), dx]


def _up(x):
    """Rows moved up by one; zeros come in at the end."""
    return pad(x[..., 1:, :], _rows_more(x, [[0, 1], [0, 0]]))


def _down(x):
    """Rows moved down by one; zeros come in at the beginning."""
    return pad(x[..., :-1, :], _rows_more(x, [[1, 0], [0, 0]]))


def _rows_more(x, more):
    return concat([zeros((rank(x) - 2, 2), dtypes.int32), constant(more)], axis=0)


_matmul = define(
    "TridiagonalMatMul",
    infer=lambda above, on, below, rhs: [rhs.dims],
    lower=lambda B, above, on, below, rhs: B.matmul(_dense(B, B.concatenate([above, on, below], axis=-2)), rhs),
    grad=_matmul_slope,
)


def _compact(diagonals, layout):
    """Diagonals `[..., 3, m]` of those given as a matrix or one by one."""
    if layout == "matrix":
        return _of_matrix(diagonals)
    if layout == "sequence":
        return _of_sequence(diagonals)
    need(layout == "compact", f"Unrecognized diagonals_format: {layout}")
    return diagonals


def _of_matrix(matrix):
    matrix = convert_to_tensor(matrix)
    rows, columns = matrix.dims[-1], matrix.dims[-2]
    words = f"Expected last two dimensions of diagonals to be same, got {rows} and {columns}"
    need(not (rows and columns) or rows == columns, words)
    m = rows or columns
    need(m is not None, 'The size of the matrix needs to be known for diagonals_format="matrix"')
    above = [(i + 1, i) for i in range(m - 1)] + [(0, 0)]
    below = [(0, 0)] + [(i, i + 1) for i in range(m - 1)]
    return transpose(gather_nd(transpose(matrix), [above, [(i, i) for i in range(m)], below]), [*range(2, matrix.rank), 0, 1])


def _of_sequence(diagonals):
    words = "Expected diagonals to be a sequence of length 3."
    need(isinstance(diagonals, (tuple, list)) and len(diagonals) == 3, words)
    above, on, below = (convert_to_tensor(d) for d in diagonals)
    need(
        all(d.shape[:-1].is_compatible_with(on.shape[:-1]) for d in (above, below)),
        "Tensors representing the three diagonals must have the same shape,except for the last dimension, got "
        f"{below.shape}, {on.shape}, {above.shape}",
    )
    m = on.dims[-1]
    below = _padded(below, "subdiagonal", m, [1, 0])
    return stack((_padded(above, "superdiagonal", m, [0, 1]), on, below), axis=-2)


def _padded(diagonal, what, m, edge):
    n = diagonal.dims[-1]
    if not n or n == m:
        return diagonal
    need(n == m - 1, f"Expected {what} to be have length {m} or {m - 1}, got {n}.")
    return pad(diagonal, [[0, 0]] * (diagonal.rank - 1) + [edge])


def _check_sizes(diagonals, rhs):
    words = f"Expected diagonals and rhs to have at least rank 2, got {diagonals.rank}"
    need(diagonals.rank is None or diagonals.rank >= 2, words)
    three = diagonals.dims[-2] if diagonals.dims is not None else None
    need(three in (None, 3), f"Expected 3 diagonals got {three}")


@export("linalg.tridiagonal_solve")
def tridiagonal_solve(
    diagonals, rhs, diagonals_format="compact", transpose_rhs=False, conjugate_rhs=False, name=None, partial_pivoting=True
):
    """The solutions of systems whose matrices have three diagonals.

    Args:
      diagonals: "compact": `[..., 3, m]`, those above, on and below the main one; "sequence": these three as a list;
        "matrix": `[..., m, m]`.
      rhs: `[..., m]` or `[..., m, k]`.
      diagonals_format: how `diagonals` are given.
      transpose_rhs: whether `rhs` is turned first; conjugate_rhs: whether its conjugate is meant.
      name: the scope's name.
      partial_pivoting: whether rows are exchanged for precision.

    Returns:
      The shape of `rhs`.

    Raises:
      ValueError: diagonals that don't fit.
    """
    diagonals, rhs = convert_to_tensor(_compact(diagonals, diagonals_format)), convert_to_tensor(rhs)
    _check_sizes(diagonals, rhs)
    vector = diagonals.rank is not None and rhs.rank == diagonals.rank - 1
    if vector:
        rhs = expand_dims(conj(rhs) if conjugate_rhs else rhs, -1)
        return squeeze(_solve(diagonals, rhs, partial_pivoting=partial_pivoting, name=name), -1)
    if transpose_rhs:
        rhs = matrix_transpose(rhs, conjugate=conjugate_rhs)
    elif conjugate_rhs:
        rhs = conj(rhs)
    made = _solve(diagonals, rhs, partial_pivoting=partial_pivoting, name=name)
    return matrix_transpose(made) if transpose_rhs else made


@export("linalg.tridiagonal_matmul")
def tridiagonal_matmul(diagonals, rhs, diagonals_format="compact", name=None):
    """The products of matrices of three diagonals with `rhs`, `[..., m, k]`; `diagonals` as for `tridiagonal_solve`."""
    if diagonals_format == "compact":
        diagonals = convert_to_tensor(diagonals)
        above, on, below = (diagonals[..., k, :] for k in range(3))
    elif diagonals_format == "sequence":
        above, on, below = (convert_to_tensor(d) for d in diagonals)
    else:
        whole = _compact(diagonals, diagonals_format)
        above, on, below = (whole[..., k, :] for k in range(3))
    with name_scope(name, "tridiagonal_matmul"):
        return _matmul(*(expand_dims(d, -2) for d in (above, on, below)), rhs)
