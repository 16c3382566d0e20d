"""Slopes beside differences: `compute_gradient` and `compute_gradient_error`."""

import numpy as np

from ..build.gradients import gradients
from ..graph.composite import IndexedSlices
from ..graph.graph import default_session
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, identity

__all__ = ["compute_gradient", "compute_gradient_error"]


def _real(kind):
    """The NumPy dtype of the parts of a number."""
    return kind.real_dtype.np


def _by_rules(x, x_value, dy, dy_dims, dx, more):
    """The Jacobian that the slopes' nodes give: a row for each element of x, a column for each of y."""
    factor = 2 if dy.dtype.is_complex else 1
    x_dims = (*np.shape(x_value), 2) if x.dtype.is_complex else np.shape(x_value)
    inner = int(np.prod(x_dims[1:], dtype=np.int64))
    out = np.zeros((int(np.prod(x_dims, dtype=np.int64)), int(np.prod(dy_dims, dtype=np.int64)) * factor), _real(x.dtype))
    given = np.zeros(dy_dims, dy.dtype.np)
    flat = given.reshape(-1).view(_real(dy.dtype))
    session = default_session()
    for column in range(out.shape[1]):
        flat[column] = 1
        feeds = {x: x_value, dy: given, **more}
        if isinstance(dx, IndexedSlices):
            indices, values = session.run([dx.indices, dx.values], feeds)
            for i, v in zip(indices, values, strict=True):
                out[i * inner : (i + 1) * inner, column] += v.reshape(-1)
        else:
            out[:, column] = np.ascontiguousarray(session.run(dx, feeds)).reshape(-1).view(out.dtype)
        flat[column] = 0
    return out


def _by_differences(x, x_value, y, y_dims, delta, more):
    """The Jacobian that differences give."""
    x_factor, y_factor = (2 if t.dtype.is_complex else 1 for t in (x, y))
    out = np.zeros((x_value.size * x_factor, int(np.prod(y_dims, dtype=np.int64)) * y_factor), _real(x.dtype))
    for row in range(out.shape[0]):
        both = []
        for step in (delta, -delta):
            moved = x_value.copy()
            moved.reshape(-1).view(_real(x.dtype))[row] += step
            both.append(y.eval(feed_dict={x: moved, **more}))
        slope = (both[0] - both[1]) / np.asarray(2 * delta, _real(y.dtype))[()]
        out[row] = np.ascontiguousarray(np.asarray(slope, y.dtype.np)).reshape(-1).view(_real(y.dtype))
    return out


def _start(x, dims, given):
    if given is None:
        given = np.asarray(np.random.random_sample(dims))
        if x.dtype.is_complex:
            given = given + 1j * np.random.random_sample(dims)
    need(
        list(np.shape(given)) == list(dims),
        f"x_init_value.shape = {np.shape(given)}, x_shape = {tuple(dims)}",
        kind=AssertionError,
    )
    return np.array(given, x.dtype.np)


@export("test.compute_gradient", "compat.v1.test.compute_gradient")
def compute_gradient(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None, extra_feed_dict=None):
    """The Jacobian of `y` by `x`, by slopes and by differences; it needs a default session.

    Args:
      x: a tensor, or a list of tensors.
      x_shape: its shape, or a list of shapes.
      y: a tensor.
      y_shape: its shape.
      x_init_value: where; random numbers from 0 to 1 if None.
      delta: how far x is moved to each side.
      init_targets: operations to run first.
      extra_feed_dict: what else is fed.

    Returns:
      (by slopes, by differences), two arrays `[x elements, y elements]`; a list of such pairs for a list of x.
    """
    xs, dims = (list(x), list(x_shape)) if isinstance(x, list) else ([x], [x_shape])
    starts = x_init_value if isinstance(x, list) and x_init_value is not None else [x_init_value] * len(xs)
    for target in init_targets or ():
        target.run()
    y_dims = shapes.dims_of(y_shape)
    pairs = []
    with y.graph.as_default():
        for one, one_dims, start in zip(xs, dims, starts, strict=True):
            dy = identity(constant(1.0, shape=y_dims, dtype=y.dtype))
            (dx,) = gradients(y, one, dy)
            need(dx is not None, f"No gradient of {y} by {one}", kind=AssertionError)
            pairs.append((one, _start(one, shapes.dims_of(one_dims), start), dy, dx))
    values = {one: value for one, value, _, _ in pairs}
    out = []
    for one, value, dy, dx in pairs:
        more = {**{k: v for k, v in values.items() if k is not one}, **(extra_feed_dict or {})}
        by_rules = _by_rules(one, value, dy, y_dims, dx, more)
        out.append((by_rules, _by_differences(one, value, y, y_dims, delta, more)))
    return out if isinstance(x, list) else out[0]


@export("test.compute_gradient_error")
def compute_gradient_error(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None, extra_feed_dict=None):
    """The greatest distance between slopes and differences; arguments as `compute_gradient`'s."""
    found = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs = found if isinstance(found, list) else [found]
    return max((float(np.abs(a - b).max()) if a.size or b.size else 0.0 for a, b in pairs), default=0.0)
