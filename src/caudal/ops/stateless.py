"""Draws that depend on a seed of two integers alone, given with each call: the same seed, the same numbers."""

import numpy as np

from ..backend import draws, philox
from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from .elementwise import NODES
from .random import check_uniform, shape_tensor

__all__ = ["stateless_normal", "stateless_uniform"]


def _infer(sizes, seed, *_):
    _check_seed(seed)
    return [static.partial_shape(sizes)]


def _check_seed(seed):
    dims = shapes.with_rank(seed.dims, 1)
    shapes.merge_dim(dims[0], 2)


def _node(name, function):
    def lower(B, sizes, seed, *rest, op):
        return function(philox.scrambled(np.asarray(seed)), tuple(int(d) for d in sizes), op.outputs[0].dtype.np, *rest)[0]

    return define(name, infer=_infer, lower=lower, host=True, grad=None)


_uniform = _node("StatelessRandomUniform", lambda s, shape, kind: philox.uniform(np, s, shape, kind))
_normal = _node("StatelessRandomNormal", lambda s, shape, kind: philox.normal(np, s, shape, kind))
_truncated = _node("StatelessTruncatedNormal", draws.truncated_normal)
_uniform_int = _node("StatelessRandomUniformInt", lambda s, shape, kind, low, high: philox.uniform_int(np, s, shape, low, high))


@export("random.stateless_uniform")
def stateless_uniform(shape, seed, minval=0, maxval=None, dtype=dtypes.float32, name=None):
    """`tf.random_uniform` of a seed: int32 or int64 `[2]`."""
    kind, maxval = check_uniform(dtype, maxval)
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        minval = convert_to_tensor(minval, dtype=kind, name="min")
        maxval = convert_to_tensor(maxval, dtype=kind, name="max")
        if kind.is_integer:
            return _uniform_int(shape, seed, minval, maxval, name=scope)
        drawn = _uniform(shape, seed, dtype=kind)
        return NODES["Add"](drawn * (maxval - minval), minval, name=scope)


def _scaled(node, shape, seed, mean, stddev, dtype, scope):
    shape = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype=dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
    return NODES["Add"](node(shape, seed, dtype=dtype) * stddev, mean, name=scope)


@export("random.stateless_normal")
def stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """`tf.random_normal` of a seed: int32 or int64 `[2]`."""
    with name_scope(name, "stateless_random_normal", [shape, seed, mean, stddev]) as scope:
        return _scaled(_normal, shape, seed, mean, stddev, dtype, scope)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """`tf.truncated_normal` of a seed: int32 or int64 `[2]`."""
    with name_scope(name, "stateless_truncated_normal", [shape, seed, mean, stddev]) as scope:
        return _scaled(_truncated, shape, seed, mean, stddev, dtype, scope)


def _infer_classes(logits, samples, seed):
    _check_seed(seed)
    n = static.value(samples)
    rows = shapes.with_rank(logits.dims, 2)[0]
    return [(rows, None if n is None else int(n))]


def _lower_classes(B, logits, samples, seed, *, output_dtype):
    return draws.multinomial(np, philox.scrambled(np.asarray(seed)), np.asarray(logits), int(samples), output_dtype.np)[0]


_classes = define("StatelessMultinomial", infer=_infer_classes, lower=_lower_classes, host=True, grad=None)


@export("random.stateless_multinomial")
def stateless_multinomial(logits, num_samples, seed, output_dtype=dtypes.int64, name=None):
    """`tf.multinomial` of a seed: int32 or int64 `[2]`."""
    with name_scope(name, "stateless_multinomial", [logits, seed]):
        return _categorical(logits, num_samples, output_dtype, seed)


@export("random.stateless_categorical")
def stateless_categorical(logits, num_samples, seed, dtype=dtypes.int64, name=None):
    """`tf.random.categorical` of a seed: int32 or int64 `[2]`."""
    with name_scope(name, "stateless_categorical", [logits, seed]):
        return _categorical(logits, num_samples, dtype, seed)


def _categorical(logits, num_samples, dtype, seed):
    logits = convert_to_tensor(logits, name="logits")
    return _classes(logits, num_samples, seed, output_dtype=dtype)
