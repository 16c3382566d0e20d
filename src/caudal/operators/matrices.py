"""Operators that hold their elements: full matrices, lower triangles, diagonals."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from ..ops.asserts import assert_positive
from ..ops.elementwise import PLAIN, abs, conj, sqrt
from ..ops.join import concat
from ..ops.linalg import matrix_triangular_solve
from ..ops.matmul import matmul
from ..ops.matrices import adjoint as adjoint_of
from ..ops.matrices import matrix_band_part, matrix_diag, matrix_diag_part, matrix_set_diag
from ..ops.reduce import reduce_prod, reduce_sum
from ..ops.shape import expand_dims, shape
from .base import LinearOperator, _triangles, log_modulus

__all__ = ["LinearOperatorDiag", "LinearOperatorFullMatrix", "LinearOperatorLowerTriangular"]


def _product(matrix, x, adjoint, adjoint_arg):
    return matmul(matrix, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)


@export("linalg.LinearOperatorFullMatrix")
class LinearOperatorFullMatrix(LinearOperator):
    """A matrix given by all its elements.

    Args:
      matrix: floats or complex, `[..., m, n]`.
      is_non_singular: a hint, as all that follow; see `LinearOperator`.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name.
    """

    def __init__(
        self,
        matrix,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorFullMatrix",
    ):
        with name_scope(name, values=[matrix]):
            self._matrix = convert_to_tensor(matrix, name="matrix")
        known = self._matrix.get_shape().ndims
        need(known is None or known >= 2, f"Argument matrix must have at least 2 dimensions.  Found: {self._matrix}")
        hints = is_non_singular, is_self_adjoint, is_positive_definite, is_square
        super().__init__(self._matrix.dtype, [self._matrix], *hints, name=name)

    def _shape(self):
        return self._matrix.get_shape()

    def _shape_tensor(self):
        return shape(self._matrix)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return _product(self._matrix, x, adjoint, adjoint_arg)

    def _to_dense(self):
        return self._matrix


@export("linalg.LinearOperatorLowerTriangular")
class LinearOperatorLowerTriangular(LinearOperator):
    """A lower triangle.

    Args:
      tril: floats or complex, `[..., n, n]`; what is above the diagonal is not looked at.
      is_non_singular: a hint, as all that follow; see `LinearOperator`.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint; it is.
      name: its name.

    Raises:
      ValueError: `is_square` is False.
    """

    def __init__(
        self,
        tril,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorLowerTriangular",
    ):
        need(is_square is not False, "Only square lower triangular operators supported at this time.")
        with name_scope(name, values=[tril]):
            self._tril = matrix_band_part(convert_to_tensor(tril, name="tril"), -1, 0)
            self._diag = matrix_diag_part(self._tril)
        super().__init__(self._tril.dtype, [self._tril], is_non_singular, is_self_adjoint, is_positive_definite, True, name=name)

    def _shape(self):
        return self._tril.get_shape()

    def _shape_tensor(self):
        return shape(self._tril)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return _product(self._tril, x, adjoint, adjoint_arg)

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        return matrix_triangular_solve(self._tril, rhs, lower=True, adjoint=adjoint)

    def _determinant(self):
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self):
        return reduce_sum(log_modulus(self._diag), axis=[-1])

    def _to_dense(self):
        return self._tril


_triangles.append(LinearOperatorLowerTriangular)


@export("linalg.LinearOperatorDiag")
class LinearOperatorDiag(LinearOperator):
    """A diagonal matrix.

    Args:
      diag: floats or complex, `[..., n]`.
      is_non_singular: a hint, as all that follow; see `LinearOperator`.
      is_self_adjoint: a hint; real diagonals are.
      is_positive_definite: a hint.
      is_square: a hint; it is.
      name: its name.

    Raises:
      ValueError: a hint that is known to be wrong.
    """

    def __init__(
        self,
        diag,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorDiag",
    ):
        with name_scope(name, values=[diag]):
            self._diag = convert_to_tensor(diag, name="diag")
            if not self._diag.dtype.is_complex:
                need(is_self_adjoint is not False, "A real diagonal operator is always self adjoint.")
                is_self_adjoint = True
            need(is_square is not False, "Only square diagonal operators currently supported.")
        super().__init__(self._diag.dtype, [self._diag], is_non_singular, is_self_adjoint, is_positive_definite, True, name=name)

    diag = property(lambda self: self._diag, doc="The diagonal, `[..., n]`.")

    def _shape(self):
        dims = self._diag.get_shape()
        return dims.concatenate(dims[-1:])

    def _shape_tensor(self):
        sizes = shape(self._diag)
        return concat([sizes, sizes[-1:]], 0)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        diagonal = conj(self._diag) if adjoint else self._diag
        return expand_dims(diagonal, -1) * (adjoint_of(x) if adjoint_arg else x)

    def _matvec_diag(self, adjoint):
        return conj(self._diag) if adjoint else self._diag

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        inverse = PLAIN["Reciprocal"](self._matvec_diag(adjoint))
        return rhs * expand_dims(inverse, -1)

    def _determinant(self):
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self):
        return reduce_sum(log_modulus(self._diag), axis=[-1])

    def _to_dense(self):
        return matrix_diag(self._diag)

    def _diag_part(self):
        return self.diag

    def _add_to_tensor(self, x):
        return matrix_set_diag(x, matrix_diag_part(x) + self._diag)

    def _adjoint(self):
        return LinearOperatorDiag(conj(self._diag), **self._hints())

    def _inverse(self):
        return LinearOperatorDiag(PLAIN["Reciprocal"](self._diag), **self._hints())

    def _cholesky(self):
        return LinearOperatorDiag(sqrt(self._diag), **self._hints())

    def assert_non_singular(self, name="assert_non_singular"):
        """An op that fails in the run if an element of the diagonal is zero."""
        with self._scope(name):
            return assert_positive(abs(self._diag), message="Singular operator:  Diagonal contained zero values.")
