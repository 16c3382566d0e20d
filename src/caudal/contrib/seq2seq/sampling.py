"""Draws that decoders take: of classes, and of yes and no."""

from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ops.elementwise import PLAIN, cast, equal
from ...ops.join import concat, pad
from ...ops.random import multinomial, random_uniform
from ...ops.reduce import reduce_prod
from ...ops.shape import rank, reshape, shape, transpose

__all__ = ["bernoulli_sample", "categorical_sample"]


def _shaped(draw, sample_shape):
    """`draw(n)` for as many as `sample_shape` holds, in that shape."""
    with name_scope(None, "call_sampler", [sample_shape]):
        sample_shape = convert_to_tensor(sample_shape, dtypes.int32, name="sample_shape")
        missing = cast(equal(rank(sample_shape), 0), dtypes.int32)
        vector = pad(shape(sample_shape), paddings=[[missing, 0]], constant_values=1)
        sample_shape = reshape(sample_shape, vector)
        drawn = draw(reduce_prod(sample_shape))
        return reshape(drawn, concat([sample_shape, shape(drawn)[1:]], 0))


def bernoulli_sample(probs, dtype=dtypes.int32, sample_shape=(), seed=None):
    """Draws that are 1 with chance `probs`, as `dtype`, `sample_shape + probs.shape`."""
    probs = convert_to_tensor(probs, name="probs")
    batch = shape(probs)

    def draw(n):
        uniform = random_uniform(concat([[n], batch], 0), seed=seed, dtype=probs.dtype)
        return cast(PLAIN["Less"](uniform, probs), dtype)

    return _shaped(draw, sample_shape)


def categorical_sample(logits, dtype=dtypes.int32, sample_shape=(), seed=None):
    """Classes drawn by the log-probabilities `[..., classes]`, as `dtype`, `sample_shape + [...]`."""
    logits = convert_to_tensor(logits, name="logits")
    classes = shape(logits)[-1]
    batch = shape(logits)[:-1]

    def draw(n):
        rows = logits if logits.get_shape().ndims == 2 else reshape(logits, [-1, classes])
        kind = dtypes.int64 if logits.dtype.size > 4 else dtypes.int32
        drawn = multinomial(rows, n, seed=seed, output_dtype=kind)
        return cast(reshape(transpose(drawn), concat([[n], batch], 0)), dtype)

    return _shaped(draw, sample_shape)
