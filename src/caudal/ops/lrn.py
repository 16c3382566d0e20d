"""Local response normalisation, and batch normalisation from given moments in its older form."""

import numpy as np

from ..graph.define import define
from ..ground.api import export
from ..ground.errors import require
from ..ground.shapes import with_rank
from .nn_functions import batch_normalization, either

__all__ = ["batch_norm_with_global_normalization", "local_response_normalization"]


def _near(B, x, radius):
    """The sum over the channels that are at most `radius` away."""
    depth = x.shape[-1]
    band = np.abs(np.arange(depth)[:, None] - np.arange(depth)) <= radius
    return B.matmul(x, B.asarray(band.astype(x.dtype)))


def _norm(B, x, depth_radius, bias, alpha):
    return np.asarray(bias, x.dtype) + np.asarray(alpha, x.dtype) * _near(B, x * x, depth_radius)


def _lower(B, x, *, depth_radius, bias, alpha, beta, op):
    require(x.ndim == 4, op, "in must be 4-dimensional")
    return x * _norm(B, x, depth_radius, bias, alpha) ** np.asarray(-beta, x.dtype)


def _lower_grad(B, dy, x, y, *, depth_radius, bias, alpha, beta):
    """dx = dy norm^-beta - 2 alpha beta x sum over the channels nearby of (dy y / norm)."""
    norm = _norm(B, x, depth_radius, bias, alpha)
    inner = _near(B, dy * y / norm, depth_radius)
    return dy * norm ** np.asarray(-beta, x.dtype) - np.asarray(2 * alpha * beta, x.dtype) * x * inner


def _grad(op, dy):
    named = {key: op.get_attr(key) for key in ("depth_radius", "bias", "alpha", "beta")}
    return [grad_node(dy, op.inputs[0], op.outputs[0], **named)]


grad_node = define("LRNGrad", infer=lambda dy, x, y: [x.dims], lower=_lower_grad)
node = define("LRN", infer=lambda x: [with_rank(x.dims, 4)], lower=_lower, grad=_grad)


@export("nn.lrn", "nn.local_response_normalization")
def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """Each element over (bias + alpha sum of squares of the channels nearby)^beta.

    Args:
      input: float `[batch, height, width, channels]`.
      depth_radius: how far channels are still near.
      bias, alpha, beta: numbers.
      name: the node's name.

    Returns:
      A tensor of `input`'s shape.

    Raises:
      ValueError: a rank other than 4.

    Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012), sec. 3.3.
    """
    return node(input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


@export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    t=None,
    m=None,
    v=None,
    beta=None,
    gamma=None,
    variance_epsilon=None,
    scale_after_normalization=None,
    name=None,
    input=None,
    mean=None,
    variance=None,
):
    """(t - m) / sqrt(v + epsilon) gamma + beta.

    Args:
      t: float `[batch, height, width, channels]`.
      m, v: `[channels]`, the mean and the variance.
      beta, gamma: `[channels]`, offset and scale.
      variance_epsilon: added to the variance.
      scale_after_normalization: whether `gamma` is used.
      name: the scope's name.
      input, mean, variance: the later names of `t`, `m` and `v`.

    Returns:
      A tensor of `t`'s shape.

    Source: Ioffe and Szegedy, "Batch normalization" (2015).
    """
    t, m, v = either("t", t, "input", input), either("m", m, "mean", mean), either("v", v, "variance", variance)
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)
