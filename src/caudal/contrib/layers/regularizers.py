"""Regularizers: functions of a variable that give a loss."""

import numbers

from ...graph.convert import convert_to_tensor
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import l2_loss
from ...ops.basic import constant
from ...ops.elementwise import abs as abs_
from ...ops.elementwise import multiply
from ...ops.math import add_n
from ...ops.reduce import reduce_sum

__all__ = ["l1_regularizer", "l2_regularizer"]


def both(name):
    """Decorator: the object is `tf.contrib.layers.<name>` and `tf.contrib.slim.<name>`."""
    return export("contrib.layers." + name, "contrib.slim." + name)


def _checked(scale):
    """Whether there is nothing to do.

    Raises:
      ValueError: an integer, or below 0.
    """
    need(not isinstance(scale, numbers.Integral), f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real):
        need(scale >= 0.0, f"Setting a scale less than 0 on a regularizer: {scale:g}.")
        return scale == 0.0
    return False


@both("l1_regularizer")
def l1_regularizer(scale, scope=None):
    """`scale` times the sum of absolute values."""
    if _checked(scale):
        return lambda _: None

    def l1(weights, name=None):
        with name_scope(scope, "l1_regularizer", [weights]) as inner:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return multiply(factor, reduce_sum(abs_(weights)), name=inner)

    return l1


@both("l2_regularizer")
def l2_regularizer(scale, scope=None):
    """`scale` times half the sum of squares."""
    if _checked(scale):
        return lambda _: None

    def l2(weights):
        with name_scope(scope, "l2_regularizer", [weights]) as inner:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return multiply(factor, l2_loss(weights), name=inner)

    return l2


@both("l1_l2_regularizer")
def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """The sum of both."""
    for one in (scale_l1, scale_l2):
        need(not isinstance(one, numbers.Integral), f"scale cannot be an integer: {one}")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope)


@both("sum_regularizer")
def sum_regularizer(regularizer_list, scope=None):
    """The sum of several regularizers; None if none is left."""
    kept = [r for r in regularizer_list if r is not None]
    if not kept:
        return None

    def sum_reg(weights):
        with name_scope(scope, "sum_regularizer", [weights]) as inner:
            parts = [p for p in (r(weights) for r in kept) if p is not None]
            return add_n(parts, name=inner) if parts else None

    return sum_reg


@both("apply_regularization")
def apply_regularization(regularizer, weights_list=None):
    """The sum of a regularizer over weights, put into REGULARIZATION_LOSSES.

    Raises:
      ValueError: no weights, or a result that is no scalar.
    """
    weights = weights_list or default_graph().get_collection(GraphKeys.WEIGHTS)
    need(weights, "No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights) as scope:
        parts = [constant(0.0) if p is None else p for p in (regularizer(w) for w in weights)]
        for p in parts:
            need(
                p.get_shape().ndims == 0,
                "regularizer must return a scalar Tensor instead of a Tensor with rank %s." % p.get_shape().ndims,
            )
        total = add_n(parts, name=scope)
        default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
