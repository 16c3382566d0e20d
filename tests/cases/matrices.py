"""Rows of products of matrices, linear algebra, diagonals, Fourier transforms."""

import numpy as np
from scipy import linalg

import caudal as tf

from .row import ints, normal, positive, row

f32, f64, i32, i64, c64 = np.float32, np.float64, np.int32, np.int64, np.complex64


def complexes(*dims):
    return (normal(*dims) + 1j * normal(*dims)).astype(c64)


def spd(*dims):
    """Symmetric positive definite matrices of which no two eigenvalues are close."""
    x = normal(*dims, scale=0.3)
    n = dims[-1]
    return np.matmul(x, np.swapaxes(x, -1, -2)) + np.diag(np.arange(1, n + 1)).astype(f32)


def symmetric(x):
    """The half of a matrix and its transpose: a tensor whose slopes keep it symmetric."""
    order = [*range(x.shape.ndims - 2), x.shape.ndims - 1, x.shape.ndims - 2]
    return (x + tf.transpose(x, order)) / 2


def turned(x, flag):
    """The adjoint of matrices, if so."""
    return np.conj(np.swapaxes(x, -1, -2)) if flag else x


for _a, _b in ((False, False), (True, False), (False, True), (True, True)):
    row(
        "MatMul",
        [normal(*((4, 2) if _a else (2, 4))), normal(*((3, 4) if _b else (4, 3)))],
        lambda x, y, a=_a, b=_b: (x.T if a else x) @ (y.T if b else y),
        transpose_a=_a,
        transpose_b=_b,
    )
    for _op in ("BatchMatMul", "BatchMatMulV2"):
        row(
            _op,
            [complexes(2, *((4, 2) if _a else (2, 4))), complexes(2, *((3, 4) if _b else (4, 3)))],
            lambda x, y, a=_a, b=_b: turned(x, a) @ turned(y, b),
            adj_x=_a,
            adj_y=_b,
        )
row("MatMul", [ints(2, 3), ints(3, 4)], np.matmul)
row("MatMul", [normal(0, 3), normal(3, 2)], np.matmul)
row("MatMul", [normal(2, 0), normal(0, 2)], np.matmul, slopes=())
row("MatMul", [complexes(2, 3), complexes(3, 2)], np.matmul)
row("BatchMatMul", [normal(2, 3, 4), normal(2, 4, 2)], np.matmul)
row("BatchMatMulV2", [normal(2, 1, 3, 4), normal(3, 4, 2)], np.matmul)
row("BatchMatMulV2", [normal(3, 4, kind=f64), normal(5, 4, 2, kind=f64)], np.matmul)
row("BatchMatMulV2", [ints(2, 2, 3), ints(2, 3, 2)], np.matmul)
row("SparseMatMul", [normal(2, 4), normal(3, 4)], lambda x, y: x @ y.T, transpose_b=True, a_is_sparse=True)

row("Cholesky", [spd(2, 3, 3)], np.linalg.cholesky, within=symmetric)
row("Cholesky", [spd(1, 1)], np.linalg.cholesky)
row("MatrixInverse", [spd(3, 3) + normal(3, 3)], np.linalg.inv)
row("MatrixInverse", [complexes(2, 2, 2)], lambda x: np.linalg.inv(turned(x, True)), adjoint=True)
row("MatrixDeterminant", [normal(2, 3, 3)], np.linalg.det)
row("MatrixDeterminant", [complexes(3, 3)], np.linalg.det, slopes=())  # 1.15's rule lacks a conjugate
row("LogMatrixDeterminant", [normal(2, 3, 3, kind=f64)], lambda x: tuple(np.linalg.slogdet(x)))
row("MatrixSolve", [spd(2, 3, 3), normal(2, 3, 2)], np.linalg.solve, tol=1e-5)
row("MatrixSolve", [spd(3, 3) + normal(3, 3), normal(3, 1)], lambda a, b: np.linalg.solve(a.T, b), adjoint=True, tol=1e-5)
_TRIANGLE = spd(2, 3, 3)
row("MatrixTriangularSolve", [_TRIANGLE, normal(2, 3, 2)], lambda a, b: np.linalg.solve(np.tril(a), b))
row("MatrixTriangularSolve", [_TRIANGLE, normal(2, 3, 2)], lambda a, b: np.linalg.solve(np.triu(a), b), lower=False)
row("MatrixTriangularSolve", [_TRIANGLE, normal(2, 3, 2)], lambda a, b: np.linalg.solve(turned(np.tril(a), 1), b), adjoint=True)
row(
    "MatrixTriangularSolve",
    [_TRIANGLE.astype(f64), normal(2, 3, 1, kind=f64)],
    lambda a, b: np.linalg.solve(turned(np.triu(a), True), b),
    lower=False,
    adjoint=True,
)
row(
    "MatrixSolveLs",
    [normal(5, 3, kind=f64), normal(5, 2, kind=f64), f64(0.0)],
    lambda a, b, l2: np.linalg.lstsq(a, b, rcond=None)[0],
    slopes=(0, 1),
    tol=1e-9,
)
row(
    "MatrixSolveLs",
    [normal(2, 5, 3, kind=f64), normal(2, 5, 2, kind=f64), f64(0.3)],
    lambda a, b, l2: np.linalg.solve(turned(a, 1) @ a + 0.3 * np.eye(3), turned(a, 1) @ b),
    slopes=(0, 1),
    tol=1e-9,
)
row("MatrixSquareRoot", [spd(3, 3)], linalg.sqrtm, tol=1e-5)
row("MatrixLogarithm", [spd(3, 3).astype(c64)], lambda x: linalg.logm(x.astype(np.complex128)), tol=1e-5)


def _lu(x):
    """The factors in one, and the order of rows."""
    packed, swaps = linalg.lu_factor(x)
    order = np.arange(len(x))
    for k, s in enumerate(swaps):
        order[[k, s]] = order[[s, k]]
    return packed, order.astype(i32)


row("Lu", [normal(4, 4)], _lu, tol=1e-5)


row("Qr", [normal(4, 3)], lambda x: tuple(np.linalg.qr(x)), tol=1e-5)
row("Qr", [normal(2, 3, 3, kind=f64)], lambda x: tuple(np.linalg.qr(x)))
row("SelfAdjointEigV2", [spd(3, 3)], lambda x: (np.linalg.eigvalsh(x), np.zeros(0, f32)), compute_v=False, within=symmetric)
row(
    "Svd", [normal(2, 4, 3)], lambda x: (np.linalg.svd(x, compute_uv=False), np.zeros(0), np.zeros(0)), compute_uv=False, tol=1e-5
)

row("Cross", [normal(4, 3), normal(4, 3)], np.cross)
row("Cross", [ints(3), ints(3)], np.cross)
row("Diag", [normal(3)], np.diag)
row("Diag", [normal(2, 3)], lambda x: np.diag(x.ravel()).reshape(2, 3, 2, 3))
row("DiagPart", [normal(3, 3)], np.diag)
row("DiagPart", [normal(2, 3, 2, 3)], lambda x: np.diag(x.reshape(6, 6)).reshape(2, 3))


def _each(function):
    """`function` of each matrix (or row) of a stack."""
    return lambda x: np.stack([function(m) for m in x])


row("MatrixDiag", [normal(2, 3)], _each(np.diag))
row("MatrixDiag", [ints(3)], np.diag)
row("MatrixDiagPart", [normal(2, 3, 4)], _each(np.diag))
row("MatrixDiagPart", [normal(2, 4, 3)], _each(np.diag))


def _set_diag(x, d):
    out = x.copy()
    n = d.shape[-1]
    out[..., np.arange(n), np.arange(n)] = d
    return out


row("MatrixSetDiag", [normal(2, 3, 4), normal(2, 3)], _set_diag)
row("MatrixSetDiag", [normal(4, 3), normal(3)], _set_diag)


def _band(x, low, up):
    i, j = np.indices(x.shape[-2:])
    return np.where(((low < 0) | (i - j <= low)) & ((up < 0) | (j - i <= up)), x, 0)


row("MatrixBandPart", [normal(2, 4, 5), i64(1), i64(0)], _band)
row("MatrixBandPart", [normal(4, 4), i64(-1), i64(2)], _band)
row("MatrixBandPart", [ints(4, 3), i32(0), i32(-1)], _band)


def _tridiagonal(diagonals):
    up, main, low = np.moveaxis(diagonals, -2, 0)
    n = main.shape[-1]
    out = np.zeros((*main.shape, n), diagonals.dtype)
    k = np.arange(n)
    out[..., k, k] = main
    out[..., k[:-1], k[1:]] = up[..., :-1]
    out[..., k[1:], k[:-1]] = low[..., 1:]
    return out


row(
    "TridiagonalSolve",
    [positive(2, 3, 4) + np.array([[0], [5], [0]], f32), normal(2, 4, 2)],
    lambda d, b: np.linalg.solve(_tridiagonal(d), b),
)
row(
    "TridiagonalMatMul",
    [normal(2, 1, 4), normal(2, 1, 4), normal(2, 1, 4), normal(2, 4, 3)],
    lambda u, m, d, b: _tridiagonal(np.concatenate([u, m, d], -2)) @ b,
)

for _op, _meaning, _axes in (
    ("FFT", np.fft.fftn, (-1,)),
    ("FFT2D", np.fft.fftn, (-2, -1)),
    ("FFT3D", np.fft.fftn, (-3, -2, -1)),
    ("IFFT", np.fft.ifftn, (-1,)),
    ("IFFT2D", np.fft.ifftn, (-2, -1)),
    ("IFFT3D", np.fft.ifftn, (-3, -2, -1)),
):
    row(_op, [complexes(2, 3, 4)], lambda x, f=_meaning, a=_axes: f(x, axes=a))
for _n, _op in ((1, "RFFT"), (2, "RFFT2D"), (3, "RFFT3D")):
    _slopes = None if _n < 3 else ()  # 1.15 has no slope of the third
    _axes = tuple(range(-_n, 0))
    for _last in (5, 6):
        _dims = (*(3, 4)[: _n - 1], _last)
        row(_op, [normal(2, *_dims), np.array(_dims, i32)], lambda x, n, a=_axes: np.fft.rfftn(x, n, axes=a), slopes=_slopes)
        _half = (*_dims[:-1], _last // 2 + 1)
        row("I" + _op, [complexes(2, *_half), np.array(_dims, i32)], lambda x, n, a=_axes: np.fft.irfftn(x, n, axes=a), slopes=())
row("RFFT", [normal(2, 4), np.array([6], i32)], lambda x, n: np.fft.rfft(x, 6), slopes=())  # 1.15's rule takes no padding
row("RFFT", [normal(2, 6), np.array([4], i32)], lambda x, n: np.fft.rfft(x, 4), slopes=())
