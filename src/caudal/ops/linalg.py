"""Decompositions of matrices and systems of linear equations, each for one matrix or a batch of them; with their slopes."""

import numpy as np

from ..graph.define import define
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from ..ground.late import Late
from .elementwise import PLAIN, cast, real, reciprocal_of, square
from .fill import zeros_like
from .join import concat
from .matmul import matmul
from .matrices import adjoint, eye, matrix_band_part, matrix_diag, matrix_diag_part, matrix_set_diag, matrix_transpose
from .reduce import reduce_sum
from .shape import expand_dims, reshape, shape

_linalg = Late("scipy.linalg")

__all__ = [
    "cholesky",
    "cholesky_solve",
    "matrix_inverse",
    "matrix_solve",
    "matrix_triangular_solve",
    "qr",
    "self_adjoint_eig",
    "svd",
]

_SINGULAR = "Input matrix is not invertible."


def _square(x):
    """The dims of square matrices; InferError if they are not."""
    dims = shapes.with_rank_at_least(x.dims, 2)
    if dims is None:
        return None
    n = shapes.merge_dim(dims[-2], dims[-1])
    return (*dims[:-2], n, n)


def _check_square(op, x):
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise InvalidArgumentError(None, op, "Input matrix must be square.")


def _attempt(op, words, compute):
    """The result of NumPy's `compute()`; where it finds a singular or unfit matrix, TF's error."""
    try:
        return compute()
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(None, op, words) from None


# --- inverse and determinant --------------------------------------------------------------------------


def _lower_inverse(B, x, *, adjoint, op):
    _check_square(op, x)
    x = B.conj(B.swapaxes(x, -1, -2)) if adjoint else x
    return _attempt(op, "Input is not invertible.", lambda: B.linalg.inv(x))


def _inverse_slope(op, dy):
    y = op.outputs[0]
    if op.attrs["adjoint"]:  # 1.15 makes the nodes of the other case, whose values are wrong here
        return [-matmul(y, matmul(dy, y, adjoint_a=True))]
    return [-matmul(y, matmul(dy, y, adjoint_b=True), adjoint_a=True)]


def _determinant_slope(op, dy):
    y = op.outputs[0]
    inverse = matrix_inverse(op.inputs[0], adjoint=True)
    return [reshape(dy * y, concat([shape(y), [1, 1]], 0)) * inverse]


def _log_determinant_slope(op, _, dy):
    y = op.outputs[1]
    inverse = matrix_inverse(op.inputs[0], adjoint=True)
    return [reshape(dy, concat([shape(y), [1, 1]], 0)) * inverse]


def _batch(x):
    dims = _square(x)
    return None if dims is None else dims[:-2]


def _lower_determinant(B, x, *, op):
    _check_square(op, x)
    return B.linalg.det(x)


_inverse = define("MatrixInverse", infer=lambda x: [_square(x)], lower=_lower_inverse, grad=_inverse_slope)
_determinant = define("MatrixDeterminant", infer=lambda x: [_batch(x)], lower=_lower_determinant, grad=_determinant_slope)
_log_determinant = define(
    "LogMatrixDeterminant",
    infer=lambda x: [_batch(x)] * 2,
    lower=lambda B, x: tuple(B.linalg.slogdet(x)),
    grad=_log_determinant_slope,
)


@export("matrix_inverse", "linalg.inv")
def matrix_inverse(input, adjoint=False, name=None):
    """The inverses of matrices `[..., n, n]`, or with `adjoint` of their conjugate transposes."""
    return _inverse(input, adjoint=adjoint, name=name)


@export("matrix_determinant", "linalg.det")
def matrix_determinant(input, name=None):
    """The determinants of matrices `[..., n, n]`."""
    return _determinant(input, name=name)


@export("linalg.slogdet")
def slogdet(input, name=None):
    """(sign, log_abs_determinant) of matrices `[..., n, n]`: the sign and the logarithm of the size of the determinants."""
    return _log_determinant(input, name=name)


@export("linalg.logdet")
def logdet(matrix, name=None):
    """The logarithms of the determinants of positive definite matrices, by Cholesky."""
    with name_scope(name, "logdet", [matrix]):
        return 2.0 * reduce_sum(PLAIN["Log"](real(matrix_diag_part(cholesky(matrix)))), axis=[-1])


# --- systems of equations -----------------------------------------------------------------------------


def _infer_solve(matrix, rhs):
    a, b = _square(matrix), shapes.with_rank_at_least(rhs.dims, 2)
    if a is None or b is None:
        return [None]
    batch = shapes.merge(a[:-2], b[:-2])
    return [(*batch, shapes.merge_dim(a[-1], b[-2]), b[-1])]


def _check_rows(op, matrix, rhs):
    _check_square(op, matrix)
    if matrix.shape[-2] != rhs.shape[-2]:
        raise InvalidArgumentError(
            None,
            op,
            f"Input matrix and right-hand side must have the same number of rows, got {matrix.shape[-2]} != {rhs.shape[-2]}",
        )


def _lower_solve(B, matrix, rhs, *, adjoint, op):
    _check_rows(op, matrix, rhs)
    matrix = B.conj(B.swapaxes(matrix, -1, -2)) if adjoint else matrix
    return _attempt(op, _SINGULAR, lambda: B.linalg.solve(matrix, rhs))


def _by_sides(op, dy, solve):
    """The slopes by the matrix and by the right-hand side of a solved system."""
    flip, y = op.attrs["adjoint"], op.outputs[0]
    by_rhs = solve(op.inputs[0], dy, not flip)
    by_matrix = -matmul(y, by_rhs, adjoint_b=True) if flip else -matmul(by_rhs, y, adjoint_b=True)
    return by_matrix, by_rhs


def _solve_slope(op, dy):
    return list(_by_sides(op, dy, lambda a, b, flip: matrix_solve(a, b, adjoint=flip)))


def _lower_triangular(B, matrix, rhs, *, lower, adjoint, op):
    _check_rows(op, matrix, rhs)
    if not B.compiled and (B.diagonal(matrix, axis1=-2, axis2=-1) == 0).any():
        raise InvalidArgumentError(None, op, _SINGULAR)
    return B.triangular_solve(matrix, rhs, lower, adjoint)


def _triangular_slope(op, dy):
    low = op.attrs["lower"]
    by_matrix, by_rhs = _by_sides(op, dy, lambda a, b, flip: matrix_triangular_solve(a, b, lower=low, adjoint=flip))
    return [matrix_band_part(by_matrix, -1, 0) if low else matrix_band_part(by_matrix, 0, -1), by_rhs]


_solve = define("MatrixSolve", infer=_infer_solve, lower=_lower_solve, grad=_solve_slope)
_triangular = define("MatrixTriangularSolve", infer=_infer_solve, lower=_lower_triangular, grad=_triangular_slope)


@export("matrix_solve", "linalg.solve")
def matrix_solve(matrix, rhs, adjoint=False, name=None):
    """The solutions x of `matrix` x = `rhs`.

    Args:
      matrix: `[..., n, n]`.
      rhs: `[..., n, k]`.
      adjoint: whether the conjugate transpose of `matrix` is meant.
      name: the node's name.

    Returns:
      `[..., n, k]`.
    """
    return _solve(matrix, rhs, adjoint=adjoint, name=name)


@export("matrix_triangular_solve", "linalg.triangular_solve")
def matrix_triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """`matrix_solve` of triangular matrices, of which the other half is not looked at."""
    return _triangular(matrix, rhs, lower=lower, adjoint=adjoint, name=name)


@export("cholesky_solve", "linalg.cholesky_solve")
def cholesky_solve(chol, rhs, name=None):
    """The solutions x of A x = `rhs`, where `chol` is the Cholesky factor of A."""
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = matrix_triangular_solve(chol, rhs, adjoint=False, lower=True)
        return matrix_triangular_solve(chol, y, adjoint=True, lower=True)


# --- Cholesky, QR, LU ---------------------------------------------------------------------------------


def _lower_cholesky(B, x, *, op):
    _check_square(op, x)
    words = "Cholesky decomposition was not successful. The input might not be valid."
    return _attempt(op, words, lambda: B.linalg.cholesky(x))


def _cholesky_slope(op, dy):
    """Source: Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    low = op.outputs[0]
    rows, batch = shape(low)[-1], shape(low)[:-2]
    inverse = matrix_triangular_solve(low, eye(rows, batch_shape=batch, dtype=low._dtype))
    middle = matmul(low, dy, adjoint_a=True)
    middle = matrix_set_diag(middle, 0.5 * matrix_diag_part(middle))
    middle = matrix_band_part(middle, -1, 0)
    slope = matmul(matmul(inverse, middle, adjoint_a=True), inverse)
    slope += adjoint(slope)
    return [slope * 0.5]


_cholesky = define("Cholesky", infer=lambda x: [_square(x)], lower=_lower_cholesky, grad=_cholesky_slope)


@export("cholesky", "linalg.cholesky")
def cholesky(input, name=None):
    """The lower triangular matrices L with L L* = `input`, of positive definite matrices `[..., n, n]`."""
    return _cholesky(input, name=name)


def _infer_qr(x, *, full_matrices):
    dims = shapes.with_rank_at_least(x.dims, 2)
    if dims is None:
        return [None, None]
    batch, (m, n) = dims[:-2], dims[-2:]
    short = None if m is None or n is None else min(m, n)
    return [(*batch, m, m), dims] if full_matrices else [(*batch, m, short), (*batch, short, n)]


def _lower_qr(B, x, *, full_matrices):
    return tuple(B.linalg.qr(x, mode="complete" if full_matrices else "reduced"))


def _qr_slope(op, dq, dr):
    q, r = op.outputs
    last = None if r.dims is None else r.dims[-2:]
    need(not q._dtype.is_complex, f"QrGrad not implemented for dtype: {q.dtype}", kind=NotImplementedError)
    need(shapes.known(last), "QrGrad not implemented with dynamic shapes.", kind=NotImplementedError)
    words = "QrGrad not implemented when ncols > nrows or full_matrices is true and ncols != nrows."
    need(last[0] == last[1], words, kind=NotImplementedError)
    qdq = matmul(q, dq, adjoint_a=True)
    skew_q = qdq - adjoint(qdq)
    rdr = matmul(r, dr, adjoint_b=True)
    skew_r = rdr - adjoint(rdr)
    low = matrix_band_part(skew_q + skew_r, -1, 0)
    first = matmul(q, dr + _over(low, r))
    return [first + _over(dq - matmul(q, qdq), r)]


def _over(x, r):
    """`x` times the inverse of the conjugate transpose of the triangular `r`."""
    return adjoint(matrix_triangular_solve(r, adjoint(x), lower=False, adjoint=False))


_qr = define("Qr", infer=_infer_qr, lower=_lower_qr, grad=_qr_slope)


@export("qr", "linalg.qr")
def qr(input, full_matrices=False, name=None):
    """(q, r) of matrices `[..., m, n]`: orthonormal columns and an upper triangle with q r = `input`."""
    return _qr(input, full_matrices=full_matrices, name=name)


def _lower_lu(B, x, *, output_idx_type, op):
    _check_square(op, x)
    n = x.shape[-1]
    flat = x.reshape(-1, n, n)
    made = [_one_lu(one) for one in flat]
    packed, order = (np.array([m[k] for m in made]) for k in (0, 1))
    return packed.reshape(x.shape).astype(x.dtype), order.reshape(x.shape[:-1]).astype(output_idx_type.np)


def _one_lu(x):
    packed, pivots = _linalg.lu_factor(x, check_finite=False)
    order = np.arange(len(pivots))
    for k, other in enumerate(pivots):
        order[[k, other]] = order[[other, k]]
    return packed, order


def _infer_lu(x):
    dims = _square(x)
    return [dims, None if dims is None else dims[:-1]]


_lu = define("Lu", infer=_infer_lu, lower=_lower_lu, host=True)


@export("linalg.lu")
def lu(input, output_idx_type=dtypes.int32, name=None):
    """(lu, p) of matrices `[..., n, n]`: both triangles in one matrix, and the order of the rows."""
    return _lu(input, output_idx_type=output_idx_type, name=name)


# --- eigenvalues and singular values ------------------------------------------------------------------


def _infer_eigen(x, *, compute_v):
    dims = _square(x)
    if dims is None:
        return [None, None]
    return [dims[:-1], dims if compute_v else (0,)]


def _lower_eigen(B, x, *, compute_v, op):
    _check_square(op, x)
    values, vectors = B.linalg.eigh(x)
    values = values.astype(x.dtype)
    return (values, vectors) if compute_v else (values, B.zeros((0,), x.dtype))


def _eigen_slope(op, de, dv):
    with control_dependencies([de, dv]):
        values = op.outputs[0]
        if op.attrs["compute_v"]:
            vectors = op.outputs[1]
            gaps = reciprocal_of(expand_dims(values, -2) - expand_dims(values, -1))
            weights = matrix_set_diag(gaps, zeros_like(values))
            inner = matrix_diag(de) + weights * matmul(vectors, dv, adjoint_a=True)
        else:
            _, vectors = self_adjoint_eig(op.inputs[0])
            inner = matrix_diag(de)
        slope = matmul(vectors, matmul(inner, vectors, adjoint_b=True))
        slope = matrix_band_part(slope + adjoint(slope), -1, 0)  # the op looks at the lower half only
        return [matrix_set_diag(slope, 0.5 * matrix_diag_part(slope))]


_eigen = define("SelfAdjointEigV2", infer=_infer_eigen, lower=_lower_eigen, grad=_eigen_slope)


@export("self_adjoint_eig", "linalg.eigh")
def self_adjoint_eig(tensor, name=None):
    """(eigenvalues, eigenvectors) of symmetric matrices `[..., n, n]`, the least eigenvalue first; vectors are columns."""
    return tuple(_eigen(tensor, compute_v=True, name=name))


@export("self_adjoint_eigvals", "linalg.eigvalsh")
def self_adjoint_eigvals(tensor, name=None):
    """The eigenvalues of symmetric matrices `[..., n, n]`, the least first."""
    return _eigen(tensor, compute_v=False, name=name)[0]


def _infer_svd(x, *, compute_uv, full_matrices):
    dims = shapes.with_rank_at_least(x.dims, 2)
    if dims is None:
        return [None] * 3
    batch, (m, n) = dims[:-2], dims[-2:]
    short = None if m is None or n is None else min(m, n)
    if not compute_uv:
        return [(*batch, short), (0,), (0,)]
    return [(*batch, short), (*batch, m, m if full_matrices else short), (*batch, n, n if full_matrices else short)]


def _lower_svd(B, x, *, compute_uv, full_matrices):
    if not compute_uv:
        return B.linalg.svd(x, compute_uv=False).astype(x.dtype), B.zeros((0,), x.dtype), B.zeros((0,), x.dtype)
    u, s, v = B.linalg.svd(x, full_matrices=full_matrices)
    return s.astype(x.dtype), u, B.conj(B.swapaxes(v, -1, -2))


def _svd_slope(op, ds, du, dv):
    """Source: Giles, "An extended collection of matrix derivative results" (2008)."""
    a, full = op.inputs[0], op.attrs["full_matrices"]
    ds = matrix_diag(cast(ds, a._dtype))
    if not op.attrs["compute_uv"]:
        _, u, v = svd(a, compute_uv=True)
        return [matmul(u, matmul(ds, v, adjoint_b=True))]
    m, n = a.dims[-2:] if a.dims is not None else (None, None)
    words = "SVD gradient has not been implemented for input with unknown inner matrix shape."
    need(m is not None and n is not None, words, kind=NotImplementedError)
    s, u, v = op.outputs
    s = cast(s, a._dtype)
    tall = m > n
    if tall:  # of the conjugate transpose, then
        m, n, u, v, du, dv = n, m, v, u, dv, du
    with control_dependencies([ds, du, dv]):
        words = "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True"
        need(not full or n - m <= 1, words, kind=NotImplementedError)
        slope = _svd_inner(s, u, v, ds, du, dv, (m, n, full), a._dtype.is_complex)
        return [matrix_transpose(slope, conjugate=True) if tall else slope]


def _svd_inner(s, u, v, ds, du, dv, sizes, is_complex):
    """The slope of a matrix that is at least as wide as high."""
    m, n, full = sizes
    diagonal, squares = matrix_diag(s), square(s)
    weights = matrix_set_diag(reciprocal_of(expand_dims(squares, -2) - expand_dims(squares, -1)), zeros_like(s))
    inverse = matrix_diag(reciprocal_of(s))
    v1, dv1 = v[..., :, :m], dv[..., :, :m]
    by_u, by_v = matmul(u, du, adjoint_a=True), matmul(v1, dv1, adjoint_a=True)
    f_u, f_v = weights * by_u, weights * by_v
    inner = ds + matmul(f_u + adjoint(f_u), diagonal) + matmul(diagonal, f_v + adjoint(f_v))
    slope = matmul(u, matmul(inner, v1, adjoint_b=True))
    if m != n:
        turned = matrix_transpose(dv1, conjugate=True)
        rest = turned - matmul(matmul(turned, v1), v1, adjoint_b=True)
        if full:
            rest -= matmul(matmul(v1, dv[..., :, m:n], adjoint_a=True), v[..., :, m:n], adjoint_b=True)
        slope = slope + matmul(matmul(u, inverse), rest)
    if is_complex:
        sizes = shape(s)
        part = eye(sizes[-1], batch_shape=sizes[:-1], dtype=s._dtype) * by_v
        slope += 0.5 * matmul(u, matmul(matmul(inverse, adjoint(part) - part), v1, adjoint_b=True))
    return slope


_svd = define("Svd", infer=_infer_svd, lower=_lower_svd, grad=_svd_slope)


@export("svd", "linalg.svd")
def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """(s, u, v) of matrices `[..., m, n]`: u diag(s) v* = `tensor`, the greatest singular value first.

    Args:
      tensor: the matrices.
      full_matrices: whether u and v are square.
      compute_uv: without it only s is given.
      name: the node's name.
    """
    s, u, v = _svd(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (real(s), u, v) if compute_uv else real(s)


# --- functions of matrices ----------------------------------------------------------------------------


def _each(function):
    def lower(B, x, *, op):
        _check_square(op, x)
        flat = x.reshape(-1, *x.shape[-2:])
        made = np.array([function(one) for one in flat]) if len(flat) else flat
        return made.reshape(x.shape).astype(x.dtype)

    return lower


_root = define("MatrixSquareRoot", infer=lambda x: [_square(x)], lower=_each(lambda x: _linalg.sqrtm(x)), host=True)
_logarithm = define(
    "MatrixLogarithm", infer=lambda x: [_square(x)], lower=_each(lambda x: _linalg.logm(x.astype(np.complex128))), host=True
)


@export("matrix_square_root", "linalg.sqrtm")
def matrix_square_root(input, name=None):
    """The matrices whose squares are `input`, `[..., n, n]`."""
    return _root(input, name=name)


@export("linalg.logm")
def logm(input, name=None):
    """The matrices whose exponentials are `input`, complex `[..., n, n]`."""
    return _logarithm(input, name=name)
