"""Operators that hold next to nothing: the identity, a multiple of it, zeros."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.elementwise import PLAIN, abs, cast, conj, sqrt
from ..ops.fill import ones, zeros
from ..ops.join import concat
from ..ops.matrices import adjoint as adjoint_of
from ..ops.matrices import eye, matrix_diag_part, matrix_set_diag
from ..ops.shape import expand_dims, shape
from .base import LinearOperator

__all__ = ["LinearOperatorIdentity", "LinearOperatorScaledIdentity", "LinearOperatorZeros"]


def _size(value, name):
    """A non-negative int scalar: (its tensor, its value or None)."""
    tensor = convert_to_tensor(value, name=name)
    known = static.python_value(tensor)
    need(tensor.dtype.is_integer, f"Argument {name} must be integer type.  Found: {value}", kind=TypeError)
    need(tensor.rank in (0, None), f"Argument {name} must be a 0-D Tensor.  Found: {value}")
    need(known is None or known >= 0, f"Argument {name} must be non-negative.  Found: {value}")
    return cast(tensor, dtypes.int32), None if known is None else int(known)


def _batch(value):
    """The batch shape: (its tensor, what is known of it); no batch if None."""
    if value is None:
        return convert_to_tensor(np.zeros(0, np.int32), name="batch_shape_arg"), shapes.TensorShape([])
    tensor = convert_to_tensor(value, dtype=dtypes.int32, name="batch_shape_arg")
    need(tensor.rank in (1, None), f"Argument batch_shape must be a 1-D Tensor.  Found: {value}")
    return tensor, shapes.TensorShape(static.python_shape(tensor))


class _Sized(LinearOperator):
    """An operator whose shape is given as numbers."""

    def _keep_sizes(self, num_rows, num_columns, batch_shape):
        self._rows, rows = _size(num_rows, "num_rows")
        self._columns, columns = (self._rows, rows) if num_columns is None else _size(num_columns, "num_columns")
        self._batch, batch = _batch(batch_shape)
        self._known = batch.concatenate(shapes.TensorShape([rows, columns]))

    def _shape(self):
        return self._known

    def _shape_tensor(self):
        return concat([self._batch, [self._rows, self._columns]], 0)


def _grown(x, batch):
    """`x` with the batch's dimensions before its own, by adding zeros."""
    return x if batch.dims == (0,) else x + zeros(concat([batch, [1, 1]], 0), dtype=x.dtype)


@export("linalg.LinearOperatorIdentity")
class LinearOperatorIdentity(_Sized):
    """The identity, `[..., n, n]`.

    Args:
      num_rows: n, an int scalar.
      batch_shape: int32 `[rank]`, the dimensions before; none if None.
      dtype: its `DType`; float32 by default.
      is_non_singular: a hint, as the next three; all are true.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      assert_proper_shapes: unused; the run checks shapes.
      name: its name.

    Raises:
      ValueError: a hint is False.
    """

    def __init__(
        self,
        num_rows,
        batch_shape=None,
        dtype=None,
        is_non_singular=True,
        is_self_adjoint=True,
        is_positive_definite=True,
        is_square=True,
        assert_proper_shapes=False,
        name="LinearOperatorIdentity",
    ):
        hints = is_self_adjoint, is_square, is_non_singular, is_positive_definite
        words = ("self adjoint", "square", "non-singular", "positive-definite")
        for hint, word in zip(hints, words, strict=True):
            need(hint, f"An identity operator is always {word}.")
        with name_scope(name):
            super().__init__(dtype or dtypes.float32, None, True, True, True, True, name=name)
            self._keep_sizes(num_rows, None, batch_shape)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return _grown(adjoint_of(x) if adjoint_arg else x, self._batch)

    _solve = _matmul

    def _to_dense(self):
        return eye(self._rows, batch_shape=self._batch, dtype=self.dtype)

    def _determinant(self):
        return ones(self._batch, dtype=self.dtype)

    def _log_abs_determinant(self):
        return zeros(self._batch, dtype=self.dtype)

    def _diag_part(self):
        return ones(self._shape_tensor()[:-1], dtype=self.dtype)

    def _add_to_tensor(self, x):
        return matrix_set_diag(x, matrix_diag_part(x) + cast(1, self.dtype))

    def _inverse(self):
        return self

    _cholesky = _inverse


@export("linalg.LinearOperatorScaledIdentity")
class LinearOperatorScaledIdentity(LinearOperator):
    """A multiple of the identity, `[..., n, n]`.

    Args:
      num_rows: n, an int scalar.
      multiplier: floats or complex, `[...]`.
      is_non_singular: a hint, as the next three; see `LinearOperator`.
      is_self_adjoint: a hint; real multiples are.
      is_positive_definite: a hint.
      is_square: a hint; it is.
      assert_proper_shapes: unused; the run checks shapes.
      name: its name.

    Raises:
      ValueError: `is_square` is False.
    """

    def __init__(
        self,
        num_rows,
        multiplier,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=True,
        assert_proper_shapes=False,
        name="LinearOperatorScaledIdentity",
    ):
        need(is_square, "A ScaledIdentity operator is always square.")
        with name_scope(name, values=[multiplier, num_rows]):
            self._multiplier = convert_to_tensor(multiplier, name="multiplier")
            if not self._multiplier.dtype.is_complex:
                is_self_adjoint = True
            super().__init__(
                self._multiplier.dtype, None, is_non_singular, is_self_adjoint, is_positive_definite, True, name=name
            )
            self._rows, self._known_rows = _size(num_rows, "num_rows")

    multiplier = property(lambda self: self._multiplier, doc="The multiplier, `[...]`.")

    def _shape(self):
        return self._multiplier.get_shape().concatenate(shapes.TensorShape([self._known_rows] * 2))

    def _shape_tensor(self):
        return concat([shape(self._multiplier), [self._rows, self._rows]], 0)

    def _wide(self):
        return expand_dims(expand_dims(self._multiplier, -1), -1)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return (adjoint_of(x) if adjoint_arg else x) * (conj(self._wide()) if adjoint else self._wide())

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        return (adjoint_of(rhs) if adjoint_arg else rhs) / (conj(self._wide()) if adjoint else self._wide())

    def _determinant(self):
        return self._multiplier ** cast(self._rows, self.dtype)

    def _log_abs_determinant(self):
        modulus = abs(self._multiplier)
        return cast(self._rows, modulus.dtype) * PLAIN["Log"](modulus)

    def _diag_part(self):
        return expand_dims(self._multiplier, -1) * ones([self._rows], dtype=self.dtype)

    def _add_to_tensor(self, x):
        return matrix_set_diag(x, matrix_diag_part(x) + expand_dims(self._multiplier, -1))

    def _scaled(self, multiplier):
        return LinearOperatorScaledIdentity(self._rows, multiplier, **self._hints())

    def _adjoint(self):
        return self._scaled(conj(self._multiplier))

    def _inverse(self):
        return self._scaled(1.0 / self._multiplier)

    def _cholesky(self):
        return self._scaled(sqrt(self._multiplier))


@export("linalg.LinearOperatorZeros")
class LinearOperatorZeros(_Sized):
    """A matrix of zeros, `[..., m, n]`.

    Args:
      num_rows: m, an int scalar.
      num_columns: n; m if None.
      batch_shape: int32 `[rank]`, the dimensions before; none if None.
      dtype: its `DType`; float32 by default.
      is_non_singular: a hint; it is not.
      is_self_adjoint: a hint; a square one is.
      is_positive_definite: a hint; it is not.
      is_square: a hint.
      assert_proper_shapes: unused; the run checks shapes.
      name: its name.

    Raises:
      ValueError: a hint that is known to be wrong.
    """

    def __init__(
        self,
        num_rows,
        num_columns=None,
        batch_shape=None,
        dtype=None,
        is_non_singular=False,
        is_self_adjoint=True,
        is_positive_definite=False,
        is_square=True,
        assert_proper_shapes=False,
        name="LinearOperatorZeros",
    ):
        with name_scope(name):
            if not is_self_adjoint and is_square:
                raise ValueError("A zero operator is always self adjoint.")
            need(not is_non_singular, "A zero operator is always singular.")
            need(not is_positive_definite, "A zero operator is always not positive-definite.")
            super().__init__(dtype or dtypes.float32, None, False, is_self_adjoint, False, is_square, name=name)
            self._keep_sizes(num_rows, num_columns, batch_shape)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        x = adjoint_of(x) if adjoint_arg else x
        rows = self._columns if adjoint else self._rows
        sizes = shape(x)
        made = zeros(concat([sizes[:-2], [rows], sizes[-1:]], 0), dtype=x.dtype)
        return _grown(made, self._batch)

    def _to_dense(self):
        return zeros(self._shape_tensor(), dtype=self.dtype)

    def _determinant(self):
        return zeros(self._batch, dtype=self.dtype)

    def _log_abs_determinant(self):
        return PLAIN["Log"](zeros(self._batch, dtype=self.dtype))

    def _add_to_tensor(self, x):
        return _grown(x, self._batch)

    def _adjoint(self):
        return LinearOperatorZeros(self._columns, self._rows, self._batch, self.dtype, is_self_adjoint=False, is_square=False)
