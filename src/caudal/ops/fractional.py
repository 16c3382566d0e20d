"""Pooling over regions of unequal size: fractional_max_pool and fractional_avg_pool. backend/fractional.py draws them."""

import itertools
import math

import numpy as np

from ..backend import philox
from ..backend.fractional import borders, regions
from ..graph import static
from ..graph.define import define
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .shape import shape

__all__ = ["fractional_avg_pool", "fractional_max_pool"]


def _parts(size, ratio):
    """How many regions a dimension has; TF divides in float32."""
    return math.floor(np.float32(size) / np.float32(ratio))


def _infer(x, *, pooling_ratio):
    if len(pooling_ratio) != 4:
        raise InferError("pooling_ratio field must specify 4 dimensions")
    dims = shapes.with_rank(x.dims, 4)
    out = tuple(None if d is None else _parts(d, r) for d, r in zip(dims, pooling_ratio, strict=True))
    return [out, (out[1],), (out[2],)]


def _check(op, x, ratio, deterministic, seeds):
    for right, words in (
        (all(r >= 1 for r in ratio), f"{op.type} pooling_ratio cannot be smaller than 1, got: {min(ratio):g}"),
        (
            ratio[0] == 1 and ratio[3] == 1,
            "Fractional max pooling is not yet supported on the batch nor channel dimension.",
        ),
        (deterministic or not any(seeds), "Both seed and seed2 should be 0 if deterministic is false."),
        (x.ndim == 4, "tensor_in must be 4-dimensional"),
    ):
        if not right:
            raise InvalidArgumentError(None, op, words)


def _windows(x, rows, columns, overlapping):
    """((row, column) of each result, its part of the input, where that lies)."""
    across = regions(rows, x.shape[1], overlapping), regions(columns, x.shape[2], overlapping)
    for (i, high), (j, wide) in itertools.product(*map(enumerate, across)):
        where = (slice(None), high, wide)
        yield (slice(None), i, j), x[where], where


def _pooled(take):
    def lower(B, x, *, pooling_ratio, pseudo_random, overlapping, deterministic, seed, seed2, op):
        x = np.asarray(x)
        _check(op, x, pooling_ratio, deterministic, (seed, seed2))
        out = [_parts(d, r) for d, r in zip(x.shape, pooling_ratio, strict=True)]
        stream = philox.begin(seed, seed2)
        rows, stream = borders(stream, x.shape[1], out[1], pseudo_random)
        columns, stream = borders(stream, x.shape[2], out[2], pseudo_random)
        made = np.zeros(out, x.dtype)
        for at, part, _ in _windows(x, rows, columns, overlapping):
            made[at] = take(part)
        return made, rows, columns

    return lower


def _mean(part):
    total = part.sum(axis=(1, 2))
    count = np.asarray(part.shape[1] * part.shape[2], part.dtype)
    return total / count if part.dtype.kind == "f" else np.trunc(total / count)


def _lower_max_grad(B, x, y, dy, rows, columns, *, overlapping):
    x, dy = np.asarray(x), np.asarray(dy)
    dx = np.zeros_like(x)
    batch, channels = np.ogrid[: x.shape[0], : x.shape[3]]
    for at, part, where in _windows(x, rows, columns, overlapping):
        first = part.reshape(part.shape[0], -1, part.shape[3]).argmax(axis=1)
        i, j = np.unravel_index(first, part.shape[1:3])
        dx[batch, i + where[1].start, j + where[2].start, channels] += dy[at]
    return dx


def _lower_avg_grad(B, dims, dy, rows, columns, *, overlapping):
    dy = np.asarray(dy)
    dx = np.zeros(tuple(int(d) for d in dims), dy.dtype)
    for at, part, where in _windows(dx, rows, columns, overlapping):
        dx[where] += (dy[at] / np.asarray(part.shape[1] * part.shape[2], dy.dtype))[:, None, None].astype(dy.dtype)
    return dx


_max_grad = define("FractionalMaxPoolGrad", infer=lambda x, *_: [shapes.with_rank(x.dims, 4)], lower=_lower_max_grad, host=True)
_avg_grad = define("FractionalAvgPoolGrad", infer=lambda dims, *_: [static.partial_shape(dims)], lower=_lower_avg_grad, host=True)


def _max_slope(op, dy, *_):
    x, (y, rows, columns) = op.inputs[0], op.outputs
    return [_max_grad(x, y, dy, rows, columns, overlapping=op.attrs["overlapping"])]


def _avg_slope(op, dy, *_):
    _, rows, columns = op.outputs
    dims = shape(op.inputs[0], out_type=dtypes.int64)
    return [_avg_grad(dims, dy, rows, columns, overlapping=op.attrs["overlapping"])]


_max = define("FractionalMaxPool", infer=_infer, lower=_pooled(lambda part: part.max(axis=(1, 2))), host=True, grad=_max_slope)
_avg = define("FractionalAvgPool", infer=_infer, lower=_pooled(_mean), host=True, grad=_avg_slope)


def _public(node, name, what):
    def call(value, pooling_ratio, pseudo_random=False, overlapping=False, deterministic=False, seed=0, seed2=0, name=None):
        return node(
            value,
            pooling_ratio=pooling_ratio,
            pseudo_random=pseudo_random,
            overlapping=overlapping,
            deterministic=deterministic,
            seed=seed,
            seed2=seed2,
            name=name,
        )

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"""The {what} of regions that are of unequal size, drawn at random.

    Args:
      value: `[batch, height, width, channels]`.
      pooling_ratio: how many times smaller each dimension gets, four numbers of at least 1; the first and last are 1.
      pseudo_random: whether borders lie at regular places that are shifted; else sizes come in random order.
      overlapping: whether neighbours share the element at their border.
      deterministic: whether the seeds are used, so that each run has the same regions.
      seed: the first seed.
      seed2: the second.
      name: the node's name.

    Returns:
      (the result, the rows' borders int64, the columns' borders int64).

    Source: Graham (2015), Fractional max-pooling.
    """
    return export("nn." + name)(call)


fractional_max_pool = _public(_max, "fractional_max_pool", "greatest element")
fractional_avg_pool = _public(_avg, "fractional_avg_pool", "mean")
