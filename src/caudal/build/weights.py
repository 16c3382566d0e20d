"""Weights that have to fit values: checked statically where shapes are known, by an assertion otherwise."""

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.errors import need
from ..ops.basic import no_op
from ..ops.check import Assert
from ..ops.elementwise import NODES, multiply
from ..ops.fill import ones_like
from ..ops.join import concat
from ..ops.sets import set_difference
from ..ops.shape import expand_dims, rank, shape, size
from .cond import cond

__all__ = ["assert_broadcastable", "broadcast_weights"]

_WORDS = "weights can not be broadcast to values."


def assert_broadcastable(weights, values):
    """The op that is sure that weights are a scalar, or have the values' rank with each dimension 1 or the same.

    Raises:
      ValueError: known shapes that don't fit.
    """
    with name_scope(None, "assert_broadcastable", [weights, values]) as scope:
        with name_scope(None, "weights", [weights]) as inner:
            weights = convert_to_tensor(weights, name=inner)
            weights_shape = shape(weights, name="shape")
            weights_rank = rank(weights, name="rank")
        known_rank = static.fold(weights_rank)
        with name_scope(None, "values", [values]) as inner:
            values = convert_to_tensor(values, name=inner)
            values_shape = shape(values, name="shape")
            values_rank = rank(values, name="rank")
        other_rank = static.fold(values_rank)
        if known_rank is not None and other_rank is not None:
            if int(known_rank) == 0:
                return no_op(name="static_scalar_check_success")
            need(
                int(known_rank) == int(other_rank),
                f"{_WORDS} values.rank={int(other_rank)}. weights.rank={int(known_rank)}. values.shape={values.get_shape()}. "
                f"weights.shape={weights.get_shape()}.",
            )
            mine, theirs = static.fold(weights_shape), static.fold(values_shape)
            if mine is not None and theirs is not None:
                for k, (a, b) in enumerate(zip(mine, theirs, strict=True)):
                    need(
                        a in (1, b),
                        f"{_WORDS} Mismatch at dim {k}. values.shape={theirs} weights.shape={mine}.",
                    )
                return no_op(name="static_dims_check_success")
        return _dynamic(weights, values, weights_shape, values_shape, weights_rank, values_rank, scope)


def _dynamic(weights, values, weights_shape, values_shape, weights_rank, values_rank, scope):
    is_scalar = NODES["Equal"](0, weights_rank, name="is_scalar")
    data = (
        _WORDS,
        "weights.shape=",
        weights.name,
        weights_shape,
        "values.shape=",
        values.name,
        values_shape,
        "is_scalar=",
        is_scalar,
    )
    valid = cond(
        is_scalar,
        lambda: is_scalar,
        lambda: _same_rank(weights_rank, values_rank, weights_shape, values_shape),
        name="is_valid_shape",
    )
    return Assert(valid, data, name=scope)


def _same_rank(weights_rank, values_rank, weights_shape, values_shape):
    parts = [weights_rank, weights_shape, values_rank, values_shape]
    with name_scope(None, "has_valid_nonscalar_shape", parts) as scope:
        same = NODES["Equal"](values_rank, weights_rank, name="is_same_rank")
        return cond(same, lambda: _valid_dims(weights_shape, values_shape), lambda: same, name=scope)


def _valid_dims(weights_shape, values_shape):
    with name_scope(None, "has_invalid_dims", [weights_shape, values_shape]) as scope:
        values_2d = expand_dims(values_shape, -1)
        valid = concat((values_2d, ones_like(values_2d)), axis=1)
        weights_2d = expand_dims(weights_shape, -1)
        invalid = set_difference(weights_2d, valid)
        n = size(invalid.values, out_type=dtypes.int32, name="num_invalid_dims")
        return NODES["Equal"](0, n, name=scope)


def broadcast_weights(weights, values):
    """Weights in the shape of the values."""
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values._dtype.base_dtype, name="weights")
        if weights.get_shape().is_fully_defined() and weights.dims == values.dims:
            return weights
        with control_dependencies((assert_broadcastable(weights, values),)):
            return multiply(weights, ones_like(values), name=scope)
