"""Seeded draws: uniform, normal, truncated normal, shuffle, multinomial; each op's stream goes on from run to run."""

import numpy as np

from ..backend import draws, philox
from ..graph import seeds, static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, require
from ..ground.shapes import dimension_value, text, with_rank
from .basic import same
from .elementwise import NODES

__all__ = ["random_normal", "random_uniform", "set_random_seed", "truncated_normal"]


@export("set_random_seed", "random.set_random_seed", "compat.v1.set_random_seed")
def set_random_seed(seed):
    """Sets the default graph's seed, from which ops without one of their own derive theirs."""
    default_graph().seed = seed


@export("get_seed", "random.get_seed")
def get_seed(op_seed):
    """(graph seed, op seed) that an op made now has, None for both if nothing is seeded."""
    graph = default_graph()
    return seeds.resolve(graph.seed, op_seed, graph._last_id)


def begin(op):
    """The stream that an op has in a new session."""
    return philox.begin(op.attrs["seed"], op.attrs["seed2"])


def _shaped(shape, *_):
    return [static.partial_shape(shape)]


def _sizes(shape, op):
    """A shape as a tuple of ints."""
    if np.ndim(shape) != 1:
        raise InvalidArgumentError(None, op, f"shape must be a vector of {{int32,int64}}, got shape {text(np.shape(shape))}")
    sizes = tuple(int(d) for d in shape)
    if any(d < 0 for d in sizes):
        raise InvalidArgumentError(None, op, f"Dimension {min(sizes)} must be >= 0")
    return sizes


def _lower_int(B, shape, low, high, *, state, op):
    sizes = _sizes(shape, op)
    if not B.compiled and 0 not in sizes and not low < high:
        raise InvalidArgumentError(None, op, f"Need minval < maxval, got {low} >= {high}")
    out, after = philox.uniform_int(B.xp, state.get(lambda: begin(op)), sizes, low, high)
    state.write(after)
    return out


def _draw(function):
    def lower(B, shape, *rest, state, op):
        out, after = function(B, state.get(lambda: begin(op)), _sizes(shape, op), op.attrs.get("dtype"), *rest)
        state.write(after)
        return out

    return lower


def _node(name, function, host=False):
    return define(name, infer=_shaped, lower=_draw(function), static=(0,), host=host, begin=begin, grad=None)


uniform_node = _node("RandomUniform", lambda B, s, shape, kind: philox.uniform(B.xp, s, shape, kind.np))
normal_node = _node("RandomStandardNormal", lambda B, s, shape, kind: philox.normal(B.xp, s, shape, kind.np))
truncated_node = _node("TruncatedNormal", lambda B, s, shape, kind: draws.truncated_normal(s, shape, kind.np), host=True)
uniform_int_node = define("RandomUniformInt", infer=_shaped, lower=_lower_int, static=(0,), begin=begin, grad=None)


def seeds_of(seed):
    """The attributes `seed` and `seed2` of a node that is made now."""
    first, second = get_seed(seed)
    return {"seed": first or 0, "seed2": second or 0}


def shape_tensor(shape):
    """A shape argument, which may hold `Dimension`s, as an int vector."""
    dtype = None
    if isinstance(shape, (list, tuple)):
        dtype = None if shape else dtypes.int32
        shape = tuple(dimension_value(d) for d in shape)
    return convert_to_tensor(shape, dtype=dtype, name="shape")


@export("random_normal", "random.normal")
def random_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers from a normal distribution.

    Args:
      shape: int `[rank]`.
      mean: its mean; stddev: its standard deviation.
      dtype: float16, bfloat16, float32 or float64.
      seed: the op's seed.
      name: the scope's name.
    """
    with name_scope(name, "random_normal", [shape, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = normal_node(shape, dtype=dtype, **seeds_of(seed))
        return NODES["Add"](NODES["Mul"](drawn, stddev, name="mul"), mean, name=scope)


@export("truncated_normal", "random.truncated_normal")
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers from a normal distribution, drawn again where they are more than two deviations off."""
    with name_scope(name, "truncated_normal", [shape, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = truncated_node(shape, dtype=dtype, **seeds_of(seed))
        return NODES["Add"](NODES["Mul"](drawn, stddev, name="mul"), mean, name=scope)


_UNIFORM = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64)


def check_uniform(dtype, maxval):
    """The `DType` and the bound of a uniform draw; ValueError for those that there are none of."""
    kind = dtypes.as_dtype(dtype)
    if kind not in _UNIFORM:
        raise ValueError(f"Invalid dtype {kind!r}")
    if maxval is None and kind.is_integer:
        raise ValueError(f"Must specify maxval for integer dtype {kind!r}")
    return kind, 1 if maxval is None else maxval


@export("random_uniform", "random.uniform")
def random_uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers that are equally likely from `minval` to `maxval`, without it.

    Args:
      shape: int `[rank]`.
      minval: the least; maxval: the bound, 1 for floats by default.
      dtype: a float type, int32 or int64.
      seed: the op's seed.
      name: the scope's name.

    Raises:
      ValueError: another dtype, or integers without `maxval`.
    """
    kind, maxval = check_uniform(dtype, maxval)
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        minval = convert_to_tensor(minval, dtype=kind, name="min")
        maxval = convert_to_tensor(maxval, dtype=kind, name="max")
        drawn_seeds = seeds_of(seed)
        if kind.is_integer:
            return uniform_int_node(shape, minval, maxval, name=scope, **drawn_seeds)
        drawn = uniform_node(shape, dtype=kind, **drawn_seeds)
        return NODES["Add"](NODES["Mul"](drawn, maxval - minval, name="mul"), minval, name=scope)


def _shuffle(B, value, *, state, op):
    value = np.asarray(value)
    if value.size <= 1 or value.shape[0] <= 1:
        return value
    order, after = draws.shuffle_order(state.get(lambda: begin(op)), value.shape[0])
    state.write(after)
    return value[order]


shuffle_node = define("RandomShuffle", infer=same, lower=_shuffle, host=True, begin=begin, grad=None)


@export("random_shuffle", "random.shuffle")
def random_shuffle(value, seed=None, name=None):
    """The rows of `value` in a random order."""
    return shuffle_node(value, name=name, **seeds_of(seed))


def _infer_multinomial(logits, samples):
    rows = with_rank(logits.dims, 2)[0]
    n = static.value(samples)
    return [(rows, None if n is None else int(n))]


def _multinomial(B, logits, samples, *, state, op, output_dtype):
    require(logits.ndim == 2, op, f"logits should be a matrix, got shape {text(logits.shape)}")
    out, after = draws.multinomial(B.xp, state.get(lambda: begin(op)), logits, int(samples), output_dtype.np)
    state.write(after)
    return out


multinomial_node = define("Multinomial", infer=_infer_multinomial, lower=_multinomial, static=(1,), begin=begin, grad=None)


@export("multinomial", "random.multinomial")
def multinomial(logits, num_samples, seed=None, name=None, output_dtype=None):
    """For each row of unnormalised log-probabilities `[batch, classes]` so many drawn classes, int64."""
    with name_scope(name, "multinomial", [logits]):
        return _categorical(logits, num_samples, output_dtype, seed)


@export("random.categorical")
def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """`multinomial` under its later name."""
    with name_scope(name, "categorical", [logits]):
        return _categorical(logits, num_samples, dtype, seed)


def _categorical(logits, num_samples, dtype, seed):
    logits = convert_to_tensor(logits, name="logits")
    return multinomial_node(logits, num_samples, output_dtype=dtype, **seeds_of(seed))
