"""What all linear operators have in common: hints, shapes, products, solutions, and dense forms where nothing is quicker."""

import contextlib

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.asserts import assert_equal, assert_positive
from ..ops.basic import no_op
from ..ops.elementwise import PLAIN, abs, cast, multiply
from ..ops.linalg import cholesky, cholesky_solve, matrix_determinant, matrix_solve, slogdet, svd
from ..ops.matrices import adjoint as adjoint_of
from ..ops.matrices import eye, matrix_diag_part
from ..ops.reduce import reduce_min, reduce_sum
from ..ops.shape import expand_dims, size, squeeze

__all__ = ["LinearOperator"]


@export("linalg.LinearOperator")
class LinearOperator:
    """A matrix `[..., m, n]` known by what it does; see the classes below it.

    A class gives `_shape()`, `_shape_tensor()` and `_matmul(x, adjoint, adjoint_arg)`, and what it does quicker than the
    dense form: `_to_dense`, `_solve`, `_determinant`, `_log_abs_determinant`, `_diag_part`, `_add_to_tensor`, `_adjoint`,
    `_inverse`.

    Args:
      dtype: its `DType`.
      graph_parents: the tensors that it hangs on.
      is_non_singular: whether it can be inverted, as far as the caller knows; None if that isn't known.
      is_self_adjoint: whether it is its own adjoint.
      is_positive_definite: whether x^H A x has a positive real part for all x but zero.
      is_square: whether it is square.
      name: its name; the class's by default.

    Raises:
      ValueError: hints that contradict each other.
    """

    def __init__(
        self,
        dtype,
        graph_parents=None,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name=None,
    ):
        if is_positive_definite:
            need(is_non_singular is not False, "A positive definite matrix is always non-singular.")
            is_non_singular = True
        if is_non_singular:
            need(is_square is not False, "A non-singular matrix is always square.")
            is_square = True
        if is_self_adjoint:
            need(is_square is not False, "A self-adjoint matrix is always square.")
            is_square = True
        self._square = is_square
        self._dtype = dtypes.as_dtype(dtype).base_dtype if dtype else dtype
        self._graph_parents = list(graph_parents or [])
        self._is_non_singular, self._is_self_adjoint = is_non_singular, is_self_adjoint
        self._is_positive_definite = is_positive_definite
        self._name = name or type(self).__name__

    @contextlib.contextmanager
    def _scope(self, name, values=()):
        with name_scope(self.name), name_scope(name, values=[*values, *self._graph_parents]) as scope:
            yield scope

    # --- what it is ---------------------------------------------------------------------------------

    dtype = property(lambda self: self._dtype, doc="The `DType`.")
    name = property(lambda self: self._name, doc="The name.")
    graph_parents = property(lambda self: self._graph_parents, doc="The tensors that it hangs on.")
    is_non_singular = property(lambda self: self._is_non_singular, doc="The hint whether it can be inverted.")
    is_self_adjoint = property(lambda self: self._is_self_adjoint, doc="The hint whether it is its own adjoint.")
    is_positive_definite = property(lambda self: self._is_positive_definite, doc="The hint whether it is positive definite.")

    @property
    def is_square(self):
        """Whether it is square: by its shape, or else by the hint.

        Raises:
          ValueError: the hint says that it is, the shape that it isn't.
        """
        m, n = self.range_dimension, self.domain_dimension
        if m.value is None or n.value is None:
            return self._square
        same = m.value == n.value
        need(
            same or not self._square,
            "User set is_square hint to True, but the operator was not square. "
            "Fixed static square check: domain and range dimensions differ.",
        )
        return same

    @property
    def shape(self):
        """The static `TensorShape`, `[..., m, n]`."""
        return self._shape()

    @property
    def batch_shape(self):
        """The static shape without the last two dimensions."""
        return self.shape[:-2]

    @property
    def tensor_rank(self):
        """The rank, as a `Dimension`'s value; None if not known."""
        return self.shape.ndims

    @property
    def domain_dimension(self):
        """n, as a `Dimension`."""
        return self.shape[-1] if self.shape.ndims is not None else shapes.Dimension(None)

    @property
    def range_dimension(self):
        """m, as a `Dimension`."""
        return self.shape[-2] if self.shape.ndims is not None else shapes.Dimension(None)

    def shape_tensor(self, name="shape_tensor"):
        """The shape as an int32 tensor, `[rank]`."""
        with self._scope(name):
            return convert_to_tensor(self.shape.as_list()) if self.shape.is_fully_defined() else self._shape_tensor()

    def batch_shape_tensor(self, name="batch_shape_tensor"):
        """The shape without the last two dimensions, as an int32 tensor."""
        with self._scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(self.batch_shape.as_list(), dtypes.int32, name="batch_shape")
            return self._shape_tensor()[:-2]

    def tensor_rank_tensor(self, name="tensor_rank_tensor"):
        """The rank, as an int32 scalar."""
        with self._scope(name):
            return convert_to_tensor(self.tensor_rank) if self.tensor_rank is not None else size(self._shape_tensor())

    def domain_dimension_tensor(self, name="domain_dimension_tensor"):
        """n, as an int32 scalar."""
        with self._scope(name):
            return self._size(self.domain_dimension, -1)

    def range_dimension_tensor(self, name="range_dimension_tensor"):
        """m, as an int32 scalar."""
        with self._scope(name):
            return self._size(self.range_dimension, -2)

    def _size(self, known, at):
        return self._shape_tensor()[at] if known.value is None else convert_to_tensor(known.value)

    # --- what it does -------------------------------------------------------------------------------

    def matmul(self, x, adjoint=False, adjoint_arg=False, name="matmul"):
        """The product with a matrix, or with another operator.

        Args:
          x: `[..., n, r]` of the same dtype, or a `LinearOperator`.
          adjoint: whether the adjoint of this operator is taken.
          adjoint_arg: whether the adjoint of `x` is taken.
          name: the scope's name.

        Returns:
          `[..., m, r]`, or a `LinearOperator`.

        Raises:
          TypeError: another dtype; ValueError: shapes don't fit.
        """
        if isinstance(x, LinearOperator):
            return self._times(x, adjoint, adjoint_arg, name)
        with self._scope(name, [x]):
            x = self._argument(x, "x")
            mine = self.range_dimension if adjoint else self.domain_dimension
            mine.assert_is_compatible_with(x.get_shape()[-1 if adjoint_arg else -2])
            return self._matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _times(self, other, adjoint, adjoint_arg, name):
        left, right = self.adjoint() if adjoint else self, other.adjoint() if adjoint_arg else other
        have, want = right.range_dimension.value, left.domain_dimension.value
        need(
            None in (have, want) or have == want,
            f"Operators are incompatible. Expected `x` to have dimension {want} but got {have}.",
        )
        with self._scope(name):
            return _compose[0]([left, right])

    def _argument(self, x, name):
        x = convert_to_tensor(x, name=name)
        words = f"Expected argument to have dtype {self.dtype}.  Found: {x.dtype} in tensor {x}"
        need(x.dtype.base_dtype is self.dtype, words, kind=TypeError)
        return x

    def matvec(self, x, adjoint=False, name="matvec"):
        """The product with a vector `[..., n]`: `[..., m]`."""
        with self._scope(name, [x]):
            x = self._argument(x, "x")
            return squeeze(self.matmul(expand_dims(x, axis=-1), adjoint=adjoint), axis=-1)

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """The X with A X = `rhs`.

        Args:
          rhs: `[..., m, r]` of the same dtype.
          adjoint: whether the adjoint of this operator is taken.
          adjoint_arg: whether the adjoint of `rhs` is taken.
          name: the scope's name.

        Returns:
          `[..., n, r]`.

        Raises:
          NotImplementedError: it is known not to be square, or to be singular.
        """
        words = "Exact solve not implemented for an operator that is expected to {}."
        need(self.is_non_singular is not False, words.format("be singular"), kind=NotImplementedError)
        need(self.is_square is not False, words.format("not be square"), kind=NotImplementedError)
        with self._scope(name, [rhs]):
            return self._solve(self._argument(rhs, "rhs"), adjoint=adjoint, adjoint_arg=adjoint_arg)

    def solvevec(self, rhs, adjoint=False, name="solve"):
        """The x with A x = `rhs`, a vector `[..., m]`: `[..., n]`."""
        with self._scope(name, [rhs]):
            rhs = self._argument(rhs, "rhs")
            return squeeze(self.solve(expand_dims(rhs, axis=-1), adjoint=adjoint), axis=-1)

    def determinant(self, name="det"):
        """The determinants, `[...]`; NotImplementedError for what is not square."""
        words = "Determinant not implemented for an operator that is expected to not be square."
        need(self.is_square is not False, words, kind=NotImplementedError)
        with self._scope(name):
            return self._determinant()

    def log_abs_determinant(self, name="log_abs_det"):
        """The logarithms of the determinants' moduli, `[...]`; NotImplementedError for what is not square."""
        words = "Determinant not implemented for an operator that is expected to not be square."
        need(self.is_square is not False, words, kind=NotImplementedError)
        with self._scope(name):
            return self._log_abs_determinant()

    def to_dense(self, name="to_dense"):
        """The matrix itself, `[..., m, n]`."""
        with self._scope(name):
            return self._to_dense()

    def diag_part(self, name="diag_part"):
        """The diagonals, `[..., min(m, n)]`."""
        with self._scope(name):
            return self._diag_part()

    def trace(self, name="trace"):
        """The sums of the diagonals, `[...]`."""
        with self._scope(name):
            return reduce_sum(self.diag_part(), axis=-1)

    def add_to_tensor(self, x, name="add_to_tensor"):
        """The sum with a matrix `[..., m, n]`."""
        with self._scope(name, [x]):
            return self._add_to_tensor(self._argument(x, "x"))

    def adjoint(self, name="adjoint"):
        """The adjoint, as an operator."""
        if self.is_self_adjoint is True:
            return self
        with self._scope(name):
            return self._adjoint()

    H = property(lambda self: self.adjoint(), doc="The adjoint.")

    def inverse(self, name="inverse"):
        """The inverse, as an operator.

        Raises:
          ValueError: it is known not to be square, or to be singular.
        """
        words = "Cannot take the Inverse: This operator represents a {} matrix."
        need(self.is_square is not False, words.format("non square"))
        need(self.is_non_singular is not False, words.format("singular"))
        with self._scope(name):
            return self._inverse()

    def cholesky(self, name="cholesky"):
        """The lower triangle L with L L^H = A, as an operator.

        Raises:
          ValueError: it is not known to be positive definite and self-adjoint.
        """
        words = "Cannot take the Cholesky decomposition: Not a positive definite self adjoint matrix."
        need(self._can_use_cholesky(), words)
        with self._scope(name):
            return self._cholesky()

    # --- checks in the run --------------------------------------------------------------------------

    def assert_non_singular(self, name="assert_non_singular"):
        """An op that fails in the run if it is singular: the ratio of its singular values is beyond what the dtype tells."""
        with self._scope(name):
            values = svd(self.to_dense(), compute_uv=False)
            least = reduce_min(PLAIN["RealDiv"](values[..., -1], values[..., 0]))
            return assert_positive(least, message="Singular matrix up to precision epsilon.")

    def assert_positive_definite(self, name="assert_positive_definite"):
        """An op that fails in the run if it is not positive definite."""
        with self._scope(name):
            words = "Diagonal part of the Cholesky decomposition was not positive: the operator is not positive definite."
            return assert_positive(matrix_diag_part(cholesky(self.to_dense())), message=words)

    def assert_self_adjoint(self, name="assert_self_adjoint"):
        """An op that fails in the run if it is not its own adjoint."""
        if self.is_self_adjoint:
            return no_op(name=name)
        with self._scope(name):
            dense = self.to_dense()
            return assert_equal(dense, adjoint_of(dense), message="Matrix was not equal to its adjoint.")

    # --- where a class has nothing quicker ----------------------------------------------------------

    def _can_use_cholesky(self):
        return bool(self.is_self_adjoint and self.is_positive_definite)

    def _to_dense(self):
        batch = self.batch_shape if self.batch_shape.is_fully_defined() else self.batch_shape_tensor()
        batch = batch.as_list() if isinstance(batch, shapes.TensorShape) else batch
        n = self.domain_dimension.value
        n = self.domain_dimension_tensor() if n is None else n
        return self.matmul(eye(n, batch_shape=batch, dtype=self.dtype))

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        if self._can_use_cholesky():
            return cholesky_solve(cholesky(self.to_dense()), rhs)
        return matrix_solve(self.to_dense(), rhs, adjoint=adjoint)

    def _determinant(self):
        if self._can_use_cholesky():
            return PLAIN["Exp"](self.log_abs_determinant())
        return matrix_determinant(self.to_dense())

    def _log_abs_determinant(self):
        if self._can_use_cholesky():
            diagonal = matrix_diag_part(cholesky(self.to_dense()))
            return multiply(2 * cast(1, self.dtype), reduce_sum(PLAIN["Log"](diagonal), axis=[-1]))
        return slogdet(self.to_dense())[1]

    def _diag_part(self):
        return matrix_diag_part(self.to_dense())

    def _add_to_tensor(self, x):
        return self.to_dense() + x

    def _adjoint(self):
        return _adjoints[0](self)

    def _inverse(self):
        return _inverses[0](self)

    def _cholesky(self):
        return _triangles[0](cholesky(self.to_dense()), is_non_singular=True, is_self_adjoint=False, is_square=True)

    def _hints(self):
        """The hints, by name, for an operator that has them all."""
        return {
            "is_non_singular": self.is_non_singular,
            "is_self_adjoint": self.is_self_adjoint,
            "is_positive_definite": self.is_positive_definite,
            "is_square": self.is_square,
        }


# the classes that stand for what is asked of any operator: the files that define them put them here
_compose, _adjoints, _inverses, _triangles = [], [], [], []


def log_modulus(x):
    """log |x| of each element."""
    return PLAIN["Log"](abs(x))
