"""Operators made of others: products, adjoints, inverses, blocks on a diagonal, Kronecker products."""

import functools

from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.elementwise import cast, conj
from ..ops.join import concat, split
from ..ops.matrices import adjoint as adjoint_of
from ..ops.shape import broadcast_dynamic_shape, reshape, shape, transpose
from .base import LinearOperator, _adjoints, _compose, _inverses

__all__ = [
    "LinearOperatorAdjoint",
    "LinearOperatorBlockDiag",
    "LinearOperatorComposition",
    "LinearOperatorInversion",
    "LinearOperatorKronecker",
]


def _checked(operators):
    operators = list(operators)
    need(operators, f"Expected a non-empty list of operators. Found: {operators}")
    kinds = {one.dtype for one in operators}
    names = [(one.name, one.dtype) for one in operators]
    need(len(kinds) == 1, f"Expected all operators to have the same dtype.  Found {names}", kind=TypeError)
    return operators


def _all(operators, hint):
    """True if all are; the given hint otherwise."""
    return True if all(operators) else hint


def _parents(operators):
    return [tensor for one in operators for tensor in one.graph_parents]


def _batch_of(operators):
    """The static batch shape that all broadcast to, and the same as a tensor."""
    known = functools.reduce(
        lambda a, b: shapes.TensorShape(shapes.broadcast(shapes.dims_of(a), shapes.dims_of(b))),
        [one.batch_shape for one in operators],
    )
    return known, lambda: functools.reduce(broadcast_dynamic_shape, [one.batch_shape_tensor() for one in operators])


@export("linalg.LinearOperatorComposition")
class LinearOperatorComposition(LinearOperator):
    """The product of operators: the last is applied first.

    Args:
      operators: a list of `LinearOperator`s of one dtype whose shapes fit.
      is_non_singular: a hint; so it is if all are.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name; "A_o_B" by default.

    Raises:
      TypeError: several dtypes; ValueError: no operators, or a hint that is wrong.
    """

    def __init__(
        self, operators, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None, name=None
    ):
        self._operators = _checked(operators)
        if all(one.is_non_singular for one in self._operators):
            need(is_non_singular is not False, "The composition of non-singular operators is always non-singular.")
            is_non_singular = True
        name = "_o_".join(one.name for one in self._operators) if name is None else name
        with name_scope(name, values=_parents(self._operators)):
            hints = is_non_singular, is_self_adjoint, is_positive_definite, is_square
            super().__init__(self._operators[0].dtype, _parents(self._operators), *hints, name=name)

    operators = property(lambda self: self._operators, doc="The operators.")

    def _shape(self):
        for one, other in zip(self._operators, self._operators[1:], strict=False):
            one.domain_dimension.assert_is_compatible_with(other.range_dimension)
        batch, _ = _batch_of(self._operators)
        first, last = self._operators[0], self._operators[-1]
        return batch.concatenate(shapes.TensorShape([first.range_dimension, last.domain_dimension]))

    def _shape_tensor(self):
        first, last = self._operators[0], self._operators[-1]
        sizes = [first.range_dimension_tensor(), last.domain_dimension_tensor()]
        return concat([_batch_of(self._operators)[1](), sizes], 0)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        order = self._operators if adjoint else self._operators[::-1]
        for k, one in enumerate(order):
            x = one.matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg and not k)
        return x

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        order = self._operators[::-1] if adjoint else self._operators
        for k, one in enumerate(order):
            rhs = one.solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg and not k)
        return rhs

    def _determinant(self):
        return functools.reduce(lambda a, b: a * b, [one.determinant() for one in self._operators])

    def _log_abs_determinant(self):
        return sum_of([one.log_abs_determinant() for one in self._operators])


_compose.append(LinearOperatorComposition)


def sum_of(parts):
    """The sum of tensors, one after another."""
    return functools.reduce(lambda a, b: a + b, parts)


class _Wrapped(LinearOperator):
    """An operator that turns another one round."""

    _suffix = ""

    def __init__(
        self, operator, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None, name=None
    ):
        self._operator = operator
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        for key, hint in hints.items():
            mine = getattr(operator, key)
            need(None in (hint, mine) or hint == mine, f"Inconsistent hint: {key} is {hint}, that of the operator {mine}.")
            hints[key] = mine if hint is None else hint
        name = operator.name + self._suffix if name is None else name
        with name_scope(name, values=operator.graph_parents):
            super().__init__(operator.dtype, operator.graph_parents, **hints, name=name)

    operator = property(lambda self: self._operator, doc="The operator that it was made of.")

    def _turned(self, dims):
        return dims if dims.ndims is None else dims[:-2].concatenate(shapes.TensorShape([dims[-1], dims[-2]]))

    def _shape(self):
        return self._turned(self._operator.shape)

    def _shape_tensor(self):
        sizes = self._operator.shape_tensor()
        return concat([sizes[:-2], [sizes[-1], sizes[-2]]], 0)


@export("linalg.LinearOperatorAdjoint")
class LinearOperatorAdjoint(_Wrapped):
    """The adjoint of an operator.

    Args:
      operator: a `LinearOperator`.
      is_non_singular: a hint, as all that follow; the operator's by default.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name; "<name>_adjoint" by default.

    Raises:
      ValueError: a hint is another than the operator's.
    """

    _suffix = "_adjoint"

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return self._operator.matmul(x, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        return self._operator.solve(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _determinant(self):
        found = self._operator.determinant()
        return conj(found) if found.dtype.is_complex else found

    def _log_abs_determinant(self):
        return self._operator.log_abs_determinant()

    def _to_dense(self):
        return adjoint_of(self._operator.to_dense())

    def _adjoint(self):
        return self._operator


_adjoints.append(LinearOperatorAdjoint)


@export("linalg.LinearOperatorInversion")
class LinearOperatorInversion(_Wrapped):
    """The inverse of an operator.

    Args:
      operator: a `LinearOperator` that can be inverted.
      is_non_singular: a hint, as all that follow; the operator's by default.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name; "<name>_inv" by default.

    Raises:
      ValueError: the operator is known to be singular, or a hint is another than its.
    """

    _suffix = "_inv"

    def __init__(
        self, operator, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None, name=None
    ):
        singular = False in (operator.is_non_singular, is_non_singular)
        need(not singular, f"Operator {operator.name} had hint `is_non_singular` False: it has no inverse.")
        super().__init__(operator, is_non_singular, is_self_adjoint, is_positive_definite, is_square, name)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return self._operator.solve(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        return self._operator.matmul(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _determinant(self):
        return 1.0 / self._operator.determinant()

    def _log_abs_determinant(self):
        return -1.0 * self._operator.log_abs_determinant()

    def _inverse(self):
        return self._operator


_inverses.append(LinearOperatorInversion)


class _Square(LinearOperator):
    """Of several square operators, which make a square one."""

    _join = ""

    def __init__(self, operators, is_non_singular, is_self_adjoint, is_positive_definite, is_square, name):
        self._operators = _checked(operators)
        is_non_singular = _all([one.is_non_singular for one in self._operators], is_non_singular)
        is_self_adjoint = _all([one.is_self_adjoint for one in self._operators], is_self_adjoint)
        is_positive_definite = _all([one.is_positive_definite for one in self._operators], is_positive_definite)
        name = self._join.join(one.name for one in self._operators) if name is None else name
        with name_scope(name, values=_parents(self._operators)):
            hints = is_non_singular, is_self_adjoint, is_positive_definite, is_square
            super().__init__(self._operators[0].dtype, _parents(self._operators), *hints, name=name)

    operators = property(lambda self: self._operators, doc="The operators.")

    def _sizes(self, way):
        known = [one.domain_dimension.value for one in self._operators]
        n = None if None in known else functools.reduce(way, known)
        batch, _ = _batch_of(self._operators)
        return batch.concatenate(shapes.TensorShape([n, n]))

    def _size_tensors(self, way):
        n = functools.reduce(way, [one.domain_dimension_tensor() for one in self._operators])
        return concat([_batch_of(self._operators)[1](), [n, n]], 0)


@export("linalg.LinearOperatorBlockDiag")
class LinearOperatorBlockDiag(_Square):
    """Square operators as blocks on a diagonal.

    Args:
      operators: a list of square `LinearOperator`s of one dtype.
      is_non_singular: a hint, as all that follow; so it is if all are.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint; it is.
      name: its name; "A_ds_B" by default.

    Raises:
      TypeError: several dtypes; ValueError: no operators, or one that is not square.
    """

    _join = "_ds_"

    def __init__(
        self, operators, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=True, name=None
    ):
        need(is_square is not False, "All operators must be square.")
        need(all(one.is_square is not False for one in operators), "Can only represent a block diagonal of square matrices.")
        super().__init__(operators, is_non_singular, is_self_adjoint, is_positive_definite, True, name)

    def _shape(self):
        return self._sizes(lambda a, b: a + b)

    def _shape_tensor(self):
        return self._size_tensors(lambda a, b: a + b)

    def _blockwise(self, x, adjoint_arg, act):
        """`act` of each operator on its rows of `x`."""
        x = adjoint_of(x) if adjoint_arg else x
        sizes = [one.domain_dimension.value for one in self._operators]
        sizes = [one.domain_dimension_tensor() for one in self._operators] if None in sizes else sizes
        parts = split(x, sizes, axis=-2, num=len(self._operators))
        return concat([act(one, part) for one, part in zip(self._operators, parts, strict=True)], axis=-2)

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return self._blockwise(x, adjoint_arg, lambda one, part: one.matmul(part, adjoint=adjoint))

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        return self._blockwise(rhs, adjoint_arg, lambda one, part: one.solve(part, adjoint=adjoint))

    def _determinant(self):
        return functools.reduce(lambda a, b: a * b, [one.determinant() for one in self._operators])

    def _log_abs_determinant(self):
        return sum_of([one.log_abs_determinant() for one in self._operators])

    def _diag_part(self):
        return concat([one.diag_part() for one in self._operators], axis=-1)

    def _adjoint(self):
        return LinearOperatorBlockDiag([one.adjoint() for one in self._operators], **self._hints())

    def _inverse(self):
        return LinearOperatorBlockDiag([one.inverse() for one in self._operators], **self._hints())

    def _cholesky(self):
        return LinearOperatorBlockDiag([one.cholesky() for one in self._operators], is_non_singular=True)


@export("linalg.LinearOperatorKronecker")
class LinearOperatorKronecker(_Square):
    """The Kronecker product of square operators.

    Args:
      operators: a list of square `LinearOperator`s of one dtype.
      is_non_singular: a hint, as all that follow; so it is if all are.
      is_self_adjoint: a hint.
      is_positive_definite: a hint.
      is_square: a hint.
      name: its name; "A_x_B" by default.

    Raises:
      TypeError: several dtypes; ValueError: no operators.
    """

    _join = "_x_"

    def __init__(
        self, operators, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None, name=None
    ):
        super().__init__(operators, is_non_singular, is_self_adjoint, is_positive_definite, is_square, name)

    def _shape(self):
        return self._sizes(lambda a, b: a * b)

    def _shape_tensor(self):
        return self._size_tensors(lambda a, b: a * b)

    def _factorwise(self, x, adjoint_arg, act):
        """`act` of each operator along its own part of the rows of `x`, one after another.

        Source: (A x B) vec(X) = vec(A X B^T), rows first; Van Loan, The ubiquitous Kronecker product (2000).
        """
        x = adjoint_of(x) if adjoint_arg else x
        sizes = shape(x)
        batch, rows, columns = sizes[:-2], sizes[-2], sizes[-1]
        for one in self._operators:
            n = one.domain_dimension_tensor()
            x = act(one, reshape(x, concat([batch, [n, -1]], 0)))
            batch, rank = shape(x)[:-2], x.rank  # the operator's own dimensions may have come before
            x = reshape(x, concat([batch, [n, rows // n, columns]], 0))
            x = transpose(x, [*range(rank - 2), rank - 1, rank - 2, rank])
        return reshape(x, concat([batch, [rows, columns]], 0))

    def _matmul(self, x, adjoint=False, adjoint_arg=False):
        return self._factorwise(x, adjoint_arg, lambda one, part: one.matmul(part, adjoint=adjoint))

    def _solve(self, rhs, adjoint=False, adjoint_arg=False):
        return self._factorwise(rhs, adjoint_arg, lambda one, part: one.solve(part, adjoint=adjoint))

    def _power(self, one):
        """How often an operator's determinant goes into the whole's."""
        return self.domain_dimension_tensor() // one.domain_dimension_tensor()

    def _determinant(self):
        parts = [one.determinant() ** cast(self._power(one), self.dtype) for one in self._operators]
        return functools.reduce(lambda a, b: a * b, parts)

    def _log_abs_determinant(self):
        found = [(one.log_abs_determinant(), one) for one in self._operators]
        return sum_of([value * cast(self._power(one), value.dtype) for value, one in found])

    def _adjoint(self):
        return LinearOperatorKronecker([one.adjoint() for one in self._operators], **self._hints())

    def _inverse(self):
        return LinearOperatorKronecker([one.inverse() for one in self._operators], **self._hints())

    def _cholesky(self):
        return LinearOperatorKronecker([one.cholesky() for one in self._operators], is_non_singular=True)
