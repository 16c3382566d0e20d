"""Operators with structure: reflections, Toeplitz and circulant matrices."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.asserts import assert_less_equal
from ..ops.elementwise import PLAIN, abs, cast, conj, imag, square
from ..ops.fill import ones, range_, zeros
from ..ops.fourier import COMPLEX
from ..ops.join import concat, reverse
from ..ops.matmul import matmul
from ..ops.matrices import adjoint as adjoint_of
from ..ops.matrices import matrix_transpose
from ..ops.reduce import reduce_max, reduce_mean, reduce_prod, reduce_sum
from ..ops.shape import expand_dims, reshape, shape
from ..ops.slicing import gather
from .base import LinearOperator, log_modulus

__all__ = [
    "LinearOperatorCirculant",
    "LinearOperatorCirculant2D",
    "LinearOperatorCirculant3D",
    "LinearOperatorHouseholder",
    "LinearOperatorToeplitz",
]


@export("linalg.LinearOperatorHouseholder")
class LinearOperatorHouseholder(LinearOperator):
    """The reflection at the plane that is normal to v: I - 2 v v^H / |v|^2.

    Args:
      reflection_axis: v, floats or complex, `[..., n]`, not zero.
      is_non_singular: a hint; it is.
      is_self_adjoint: a hint; it is.
      is_positive_definite: a hint; it is not.
      is_square: a hint; it is.
      name: its name.

    Raises:
      ValueError: a hint that is wrong.
    """

    def __init__(
        self,
        reflection_axis,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorHouseholder",
    ):
        with name_scope(name, values=[reflection_axis]):
            self._axis = convert_to_tensor(reflection_axis, name="reflection_axis")
            need(is_self_adjoint is not False, "A Householder operator is always self adjoint.")
            need(is_positive_definite is not True, "A Householder operator is always non-positive definite.")
            need(is_square is not False, "A Householder operator is always square.")
            need(is_non_singular is not False, "A Householder operator is always non-singular.")
            super().__init__(self._axis.dtype, [self._axis], True, True, False, True, name=name)

    reflection_axis = property(lambda self: self._axis, doc="v.")

    def _shape(self):
        dims = self._axis.get_shape()
        return dims.concatenate(dims[-1:])

    def _shape_tensor(self):
        sizes = shape(self._axis)
        return concat([sizes, sizes[-1:]], 0)

    def _unit(self):
        """v of length 1, as a column."""
        length = reduce_sum(square(abs(self._axis)), axis=-1, keepdims=True)
        return expand_dims(self._axis / cast(length**0.5, self.dtype), -1)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        x = adjoint_of(x) if adjoint_arg else x
        unit = self._unit()
        return x - 2 * matmul(unit, matmul(unit, x, adjoint_a=True))

    _solve = _matmul

    def _determinant(self):
        return -ones(self.batch_shape_tensor(), dtype=self.dtype)

    def _log_abs_determinant(self):
        return zeros(self.batch_shape_tensor(), dtype=self.dtype)

    def _diag_part(self):
        unit = self._unit()[..., 0]
        return cast(1, self.dtype) - 2 * unit * conj(unit)

    def _inverse(self):
        return self


@export("linalg.LinearOperatorToeplitz")
class LinearOperatorToeplitz(LinearOperator):
    """A matrix whose diagonals are constant.

    Args:
      col: the first column, `[..., n]`.
      row: the first row, `[..., n]`; its first element is not looked at.
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
        col,
        row,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name="LinearOperatorToeplitz",
    ):
        with name_scope(name, values=[row, col]):
            self._row, self._col = convert_to_tensor(row, name="row"), convert_to_tensor(col, name="col")
            need(is_square is not False, "Only square Toeplitz operators currently supported.")
            parents = [self._row, self._col]
            super().__init__(self._row.dtype, parents, is_non_singular, is_self_adjoint, is_positive_definite, True, name=name)

    col = property(lambda self: self._col, doc="The first column.")
    row = property(lambda self: self._row, doc="The first row.")

    def _shape(self):
        row, col = (shapes.dims_of(x.get_shape()) for x in (self._row, self._col))
        dims = shapes.TensorShape(shapes.broadcast(row, col))
        return dims.concatenate(dims[-1:])

    def _both(self):
        """Row and column, broadcast to one shape."""
        nothing = zeros(shape(self._row), dtype=self.dtype) + zeros(shape(self._col), dtype=self.dtype)
        return self._row + nothing, self._col + nothing

    def _shape_tensor(self):
        sizes = shape(self._both()[0])
        return concat([sizes, sizes[-1:]], 0)

    def _to_dense(self):
        row, col = self._both()
        line = concat([reverse(row[..., 1:], axis=[-1]), col], -1)  # the diagonals, from the upper right one on
        n = shape(row)[-1]
        places = expand_dims(range_(n), 1) - expand_dims(range_(n), 0) + n - 1
        return gather(line, places, axis=-1)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return matmul(self._to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _diag_part(self):
        return self._both()[1][..., :1] * ones([self.domain_dimension_tensor()], dtype=self.dtype)


class _Circulant(LinearOperator):
    """F^H diag(spectrum) F, with F the Fourier transform in 1, 2 or 3 dimensions; the spectrum's last ones."""

    def __init__(
        self,
        spectrum,
        block_depth,
        input_output_dtype,
        is_non_singular,
        is_self_adjoint,
        is_positive_definite,
        is_square,
        name,
    ):
        self._depth = block_depth
        with name_scope(name, values=[spectrum]):
            self._spectrum = convert_to_tensor(spectrum, name="spectrum")
            known = self._spectrum.get_shape().ndims
            words = f"Argument spectrum must have at least {block_depth} dimensions.  Found: {self._spectrum}"
            need(known is None or known >= block_depth, words)
            if not self._spectrum.dtype.is_complex:
                need(is_self_adjoint is not False, "A real spectrum always corresponds to a self-adjoint operator.")
                is_self_adjoint = True
            need(is_square is not False, "A [[nested] block] circulant operator is always square.")
        kind = dtypes.as_dtype(input_output_dtype)
        super().__init__(kind, [self._spectrum], is_non_singular, is_self_adjoint, is_positive_definite, True, name=name)

    spectrum = property(lambda self: self._spectrum, doc="The eigenvalues, in the order of the Fourier transform.")
    block_depth = property(lambda self: self._depth, doc="In how many dimensions it is circulant.")

    @property
    def block_shape(self):
        """The spectrum's last dimensions, as a `TensorShape`."""
        return self._spectrum.get_shape()[-self._depth :]

    def block_shape_tensor(self):
        """The spectrum's last dimensions, as an int32 tensor."""
        return shape(self._spectrum)[-self._depth :]

    def _shape(self):
        n = self.block_shape.num_elements()
        return self._spectrum.get_shape()[: -self._depth].concatenate(shapes.TensorShape([n, n]))

    def _shape_tensor(self):
        sizes = shape(self._spectrum)
        n = reduce_prod(sizes[-self._depth :])
        return concat([sizes[: -self._depth], [n, n]], 0)

    def _complex(self):
        kind = dtypes.complex128 if self.dtype in (dtypes.float64, dtypes.complex128) else dtypes.complex64
        return cast(self._spectrum, kind)

    def _filtered(self, x, spectrum):
        """The inverse transform of the spectrum times the transform of each column of `x`."""
        rows = matrix_transpose(cast(x, spectrum.dtype))
        sizes = shape(rows)
        grid = reshape(rows, concat([sizes[:-1], self.block_shape_tensor()], 0))
        factor = expand_dims(spectrum, -self._depth - 1)
        made = COMPLEX["IFFT", self._depth](factor * COMPLEX["FFT", self._depth](grid))
        made = reshape(made, concat([shape(made)[: -self._depth], sizes[-1:]], 0))
        return cast(matrix_transpose(made), self.dtype)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        x = adjoint_of(x) if adjoint_arg else x
        return self._filtered(x, conj(self._complex()) if adjoint else self._complex())

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        inverse = PLAIN["Reciprocal"](self._complex())
        return self._filtered(rhs, conj(inverse) if adjoint else inverse)

    def _axes(self):
        return list(range(-self._depth, 0))

    def _determinant(self):
        return cast(reduce_prod(self._spectrum, axis=self._axes()), self.dtype)

    def _log_abs_determinant(self):
        return cast(reduce_sum(log_modulus(self._spectrum), axis=self._axes()), self.dtype)

    def _diag_part(self):
        mean = cast(reduce_mean(self._complex(), axis=self._axes()), self.dtype)
        return expand_dims(mean, -1) * ones([self.domain_dimension_tensor()], dtype=self.dtype)

    def convolution_kernel(self, name="convolution_kernel"):
        """What it convolves with: the inverse transform of the spectrum."""
        with self._scope(name):
            return cast(COMPLEX["IFFT", self._depth](self._complex()), self.dtype)

    def assert_hermitian_spectrum(self, name="assert_hermitian_spectrum"):
        """An op that fails in the run if the operator is not real: the spectrum is not Hermitian."""
        with self._scope(name):
            kernel = COMPLEX["IFFT", self._depth](self._complex())
            limit = 5 * np.finfo(np.float32).eps * np.sqrt(self.block_shape.num_elements() or 1)
            words = "Spectrum was not Hermitian: the operator has imaginary parts."
            return assert_less_equal(reduce_max(abs(imag(kernel))), np.float32(limit), message=words)


def _public(depth, where):
    name = "LinearOperatorCirculant" + (f"{depth}D" if depth > 1 else "")

    def __init__(
        self,
        spectrum,
        input_output_dtype=dtypes.complex64,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=True,
        name=name,
    ):
        hints = is_non_singular, is_self_adjoint, is_positive_definite, is_square
        _Circulant.__init__(self, spectrum, depth, input_output_dtype, *hints, name)

    doc = f"""A matrix that convolves round in a circle{where}, known by its eigenvalues.

    Args:
      spectrum: floats or complex, `[..., {", ".join(f"n{k}" for k in range(depth))}]`: the transform of its first column.
      input_output_dtype: the `DType` of what it multiplies.
      is_non_singular: a hint, as all that follow; see `LinearOperator`.
      is_self_adjoint: a hint; those with a real spectrum are.
      is_positive_definite: a hint.
      is_square: a hint; it is.
      name: its name.

    Raises:
      ValueError: a hint that is wrong.
    """
    made = type(name, (_Circulant,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})
    return export("linalg." + name)(made)


LinearOperatorCirculant = _public(1, "")
LinearOperatorCirculant2D = _public(2, " in two dimensions")
LinearOperatorCirculant3D = _public(3, " in three dimensions")
