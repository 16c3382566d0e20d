"""Losses that take logits first, as TensorFlow did before 1.0; and alpha_dropout."""

import numbers

from ...graph import static
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from ...ops.elementwise import NODES, cast
from ...ops.random import random_uniform
from ...ops.shape import shape

__all__ = ["alpha_dropout"]


@export("contrib.nn.deprecated_flipped_softmax_cross_entropy_with_logits")
def deprecated_flipped_softmax_cross_entropy_with_logits(logits, labels, dim=-1, name=None):
    """`tf.nn.softmax_cross_entropy_with_logits` with the logits first."""
    return softmax_cross_entropy_with_logits(labels=labels, logits=logits, dim=dim, name=name)


@export("contrib.nn.deprecated_flipped_sparse_softmax_cross_entropy_with_logits")
def deprecated_flipped_sparse_softmax_cross_entropy_with_logits(logits, labels, name=None):
    """`tf.nn.sparse_softmax_cross_entropy_with_logits` with the logits first."""
    return sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


@export("contrib.nn.deprecated_flipped_sigmoid_cross_entropy_with_logits")
def deprecated_flipped_sigmoid_cross_entropy_with_logits(logits, targets, name=None):
    """`tf.nn.sigmoid_cross_entropy_with_logits` with the logits first."""
    return sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name=name)


_ALPHA = -1.7580993408473766  # where selu goes for large negative inputs


@export("contrib.nn.alpha_dropout")
def alpha_dropout(x, keep_prob, noise_shape=None, seed=None, name=None):
    """Dropout that keeps mean and variance of what selu gives: dropped elements become selu's lowest value.

    Args:
      x: a float tensor.
      keep_prob: the chance that an element is kept, in (0, 1].
      noise_shape: the shape of what is drawn; x's by default.
      seed: the op's seed.
      name: the scope's name.

    Returns:
      A tensor of x's shape and dtype.

    Raises:
      ValueError: `keep_prob` is beyond (0, 1].

    Source: Klambauer et al. (2017), Self-normalizing neural networks, sec. 3.
    """
    with name_scope(name, "alpha_dropout", [x]):
        x = convert_to_tensor(x, name="x")
        fine = not isinstance(keep_prob, numbers.Real) or 0 < keep_prob <= 1
        need(fine, f"keep_prob must be a scalar tensor or a float in the range (0, 1], got {keep_prob:g}" if not fine else "")
        keep_prob = convert_to_tensor(keep_prob, x.dtype, name="keep_prob")
        keep_prob.get_shape().assert_is_compatible_with([])
        if static.python_value(keep_prob) == 1:
            return x
        drawn = random_uniform(shape(x) if noise_shape is None else noise_shape, seed=seed, dtype=x.dtype)
        kept = cast(NODES["GreaterEqual"](drawn, 1 - keep_prob), x.dtype)
        x = x * kept + _ALPHA * (1 - kept)
        a = (keep_prob + keep_prob * (1 - keep_prob) * _ALPHA**2) ** -0.5
        b = -a * _ALPHA * (1 - keep_prob)
        return a * x + b
