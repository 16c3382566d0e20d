"""Tensors that have to have a shape: told while the graph is built where it is known, else by an assertion in the run."""

from ...graph.composite import SparseTensor
from ...graph.convert import convert_to_tensor
from ...graph.graph import Tensor
from ...graph.scopes import control_dependencies, name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.basic import identity
from ...ops.check import Assert
from ...ops.elementwise import NODES, equal
from ...ops.reduce import reduce_all
from ...ops.shape import rank, reshape, shape, size

__all__ = ["with_same_shape", "with_shape"]


def _is_rank(expected, tensor):
    with name_scope("is_rank", values=[tensor]) as scope:
        expected = convert_to_tensor(expected, name="expected")
        return equal(expected, rank(tensor, name="actual"), name=scope)


def _all_equal(x, y):
    with name_scope("all_equal", values=[x, y]) as scope:
        return reduce_all(equal(x, y, name="equal"), name=scope)


def _is_shape(expected, tensor, actual):
    with name_scope("is_shape", values=[tensor]) as scope:
        same_rank = _is_rank(size(expected), tensor)
        same = _all_equal(convert_to_tensor(expected, name="expected"), actual)
        return NODES["LogicalAnd"](same_rank, same, name=scope)


def _assert_shape(expected, tensor):
    with name_scope("assert_shape", values=[tensor]) as scope:
        actual = shape(tensor, name="actual")
        data = [f"Wrong shape for {tensor.name} [expected] [actual].", expected, actual]
        return Assert(_is_shape(expected, tensor, actual), data, name=scope)


@export("contrib.framework.with_shape")
def with_shape(expected_shape, tensor):
    """`tensor`, which has to have a shape.

    Args:
      expected_shape: a shape, a list, or an int vector tensor.
      tensor: a tensor.

    Returns:
      The tensor itself if its shape is known and fits; else an identity behind an assertion.

    Raises:
      ValueError: a SparseTensor, or the known shape is another.
    """
    need(not isinstance(tensor, SparseTensor), "SparseTensor not supported.")
    expected = expected_shape.as_list() if hasattr(expected_shape, "as_list") else expected_shape
    actual = tensor.get_shape()
    late = isinstance(expected, Tensor)
    if late or not actual.is_fully_defined():
        with name_scope(tensor.op.name + "/", values=[tensor]):
            with control_dependencies([_assert_shape(expected, tensor)]):
                made = identity(tensor)
            if not late:
                made.set_shape(expected)
            return made
    if not actual.is_compatible_with(expected):
        if len(expected) < 1 and actual.is_compatible_with([1]):
            with name_scope(tensor.op.name + "/", values=[tensor]):
                return reshape(tensor, [])
        raise ValueError(f"Invalid shape for tensor {tensor.name}, expected {expected}, got {actual}.")
    return tensor


@export("contrib.framework.with_same_shape")
def with_same_shape(expected_tensor, tensor):
    """`tensor`, which has to have the shape of `expected_tensor`: see `with_shape`."""
    with name_scope(tensor.op.name + "/", values=[expected_tensor, tensor]):
        dims = expected_tensor.get_shape()
        expected = dims.as_list() if dims.is_fully_defined() else shape(expected_tensor, name="expected_shape")
        return with_shape(expected, tensor)
