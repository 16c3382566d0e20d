"""Operators with a change of low rank."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from ..ops.join import concat
from ..ops.linalg import matrix_determinant, matrix_solve, slogdet
from ..ops.matmul import matmul
from ..ops.shape import broadcast_dynamic_shape, shape
from .base import LinearOperator
from .identity import LinearOperatorIdentity
from .matrices import LinearOperatorDiag

__all__ = ["LinearOperatorLowRankUpdate"]


@export("linalg.LinearOperatorLowRankUpdate")
class LinearOperatorLowRankUpdate(LinearOperator):
    """An operator and a product of low rank: L + U D V^H.

    Args:
      base_operator: L, a `LinearOperator`, `[..., m, n]`.
      u: `[..., m, k]`.
      diag_update: `[..., k]`, the diagonal of D; ones if None.
      v: `[..., n, k]`; `u` if None.
      is_diag_update_positive: whether all of `diag_update` is above zero, as far as the caller knows.
      is_non_singular: a hint, as all that follow; see `LinearOperator`.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name.

    Source: determinant and inverse by the lemmas of Sylvester and of Woodbury; Golub and Van Loan, Matrix Computations.
    """

    def __init__(
        self,
        base_operator,
        u,
        diag_update=None,
        v=None,
        is_diag_update_positive=None,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorLowRankUpdate",
    ):
        self._base = base_operator
        positive = True if diag_update is None else is_diag_update_positive
        self._is_diag_update_positive = positive
        if v is None and base_operator.is_self_adjoint:
            is_self_adjoint = True if is_self_adjoint is None else is_self_adjoint
            if base_operator.is_positive_definite and positive:
                is_positive_definite = True if is_positive_definite is None else is_positive_definite
        with name_scope(name, values=[*base_operator.graph_parents, u, diag_update, v]):
            self._u = convert_to_tensor(u, name="u")
            self._v = self._u if v is None else convert_to_tensor(v, name="v")
            self._diag = None if diag_update is None else convert_to_tensor(diag_update, name="diag_update")
            if self._diag is None:
                k = self._u.get_shape()[-1].value
                k = shape(self._u)[-1] if k is None else k
                self._diag_operator = LinearOperatorIdentity(k, dtype=self._u.dtype)
            else:
                self._diag_operator = LinearOperatorDiag(self._diag, is_positive_definite=positive)
            parents = [*base_operator.graph_parents, self._u, self._v]
            hints = is_non_singular, is_self_adjoint, is_positive_definite, is_square
            super().__init__(base_operator.dtype, parents, *hints, name=name)

    u = property(lambda self: self._u, doc="U.")
    v = property(lambda self: self._v, doc="V.")
    diag_update = property(lambda self: self._diag, doc="The diagonal of D, or None.")
    diag_operator = property(lambda self: self._diag_operator, doc="D, as an operator.")
    base_operator = property(lambda self: self._base, doc="L.")
    is_diag_update_positive = property(lambda self: self._is_diag_update_positive, doc="The hint whether D is positive.")

    def _shape(self):
        dims = self._base.shape
        batch = shapes.broadcast(shapes.dims_of(dims[:-2]), shapes.dims_of(self._u.get_shape()[:-2]))
        return shapes.TensorShape(batch).concatenate(dims[-2:])

    def _shape_tensor(self):
        batch = broadcast_dynamic_shape(self._base.batch_shape_tensor(), shape(self._u)[:-2])
        return concat([batch, self._base.shape_tensor()[-2:]], 0)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        u, v = (self._v, self._u) if adjoint else (self._u, self._v)
        plain = self._base.matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
        inner = matmul(v, x, adjoint_a=True, adjoint_b=adjoint_arg)
        return plain + matmul(u, self._diag_operator.matmul(inner, adjoint=adjoint))

    def _capacitance(self, adjoint=False):
        """D^-1 + V^H L^-1 U."""
        u, v = (self._v, self._u) if adjoint else (self._u, self._v)
        inner = matmul(v, self._base.solve(u, adjoint=adjoint), adjoint_a=True)
        inverse = self._diag_operator.adjoint().inverse() if adjoint else self._diag_operator.inverse()
        return inverse.add_to_tensor(inner)

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        u, v = (self._v, self._u) if adjoint else (self._u, self._v)
        plain = self._base.solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)
        inner = matrix_solve(self._capacitance(adjoint), matmul(v, plain, adjoint_a=True))
        return plain - self._base.solve(matmul(u, inner), adjoint=adjoint)

    def _determinant(self):
        inner = matrix_determinant(self._capacitance())
        return inner * self._diag_operator.determinant() * self._base.determinant()

    def _log_abs_determinant(self):
        inner = slogdet(self._capacitance())[1]
        return inner + self._diag_operator.log_abs_determinant() + self._base.log_abs_determinant()
