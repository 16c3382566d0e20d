"""Seeded draws from gamma and Poisson distributions, and crops at random places."""

import numpy as np

from ..backend import draws
from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from .check import Assert
from .control import with_dependencies
from .elementwise import PLAIN, broadcast
from .fill import ones, range_, zeros_like
from .join import concat
from .random import begin, random_uniform, seeds_of
from .reduce import reduce_all, reduce_sum
from .shape import reshape, shape
from .slicing import slice_

__all__ = ["random_crop", "random_gamma", "random_poisson"]


def _infer(sizes, parameter):
    known = static.partial_shape(sizes)
    return [None if known is None or parameter.dims is None else (*known, *parameter.dims)]


def _gamma(B, sizes, alpha, *, state, op):
    out, after = draws.gamma(state.get(lambda: begin(op)), tuple(int(d) for d in sizes), np.asarray(alpha))
    state.write(after)
    return out


def _gamma_slope(op, dy):
    """By the implicit function theorem: the draw moves so that its rank in the distribution stays."""
    sizes, alpha = op.inputs
    with control_dependencies([dy]):
        samples = shape(sizes)[0]
        wide = reshape(alpha, concat((ones([samples], dtypes.int32), shape(alpha)), 0))
        slope = gamma_slope_node(wide, op.outputs[0])
        return [None, reduce_sum(dy * slope, axis=range_(samples))]


gamma_node = define("RandomGamma", infer=_infer, lower=_gamma, grad=_gamma_slope, static=(0,), host=True, begin=begin)
gamma_slope_node = define("RandomGammaGrad", infer=broadcast, lower=lambda B, alpha, x: B.gamma_slope(alpha, x))


@export("random_gamma", "random.gamma")
def random_gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers from gamma distributions, of which the slope by `alpha` and `beta` is known.

    Args:
      shape: int `[rank]`, how many for each parameter.
      alpha: the shape parameters, above 0.
      beta: the rates (inverse scales), above 0, 1 by default; broadcast with `alpha`.
      dtype: float16, float32 or float64.
      seed: the op's seed.
      name: the scope's name.

    Returns:
      `shape + (shape of alpha + beta)`.

    Source: Marsaglia and Tsang (2000); the slope: Figurnov et al., "Implicit reparameterization gradients" (2018).
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        drawn = gamma_node(shape, alpha + zeros_like(beta), **seeds_of(seed))
        return PLAIN["Maximum"](np.finfo(alpha.dtype.as_numpy_dtype).tiny, drawn / beta)


def _poisson(B, sizes, rate, *, state, op, dtype):
    out, after = draws.poisson(state.get(lambda: begin(op)), tuple(int(d) for d in sizes), np.asarray(rate), dtype.np)
    state.write(after)
    return out


poisson_node = define("RandomPoissonV2", infer=_infer, lower=_poisson, static=(0,), host=True, begin=begin, grad=None)


@export("random_poisson", "random.poisson")
def random_poisson(lam, shape, dtype=dtypes.float32, seed=None, name=None):
    """Numbers from Poisson distributions.

    Args:
      lam: their means.
      shape: int `[rank]`, how many for each.
      dtype: float16, float32, float64, int32 or int64.
      seed: the op's seed.
      name: the scope's name.

    Returns:
      `shape + lam.shape`.

    Source: Hörmann (1993).
    """
    with name_scope(name, "random_poisson", [lam, shape]):
        sizes = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        return poisson_node(sizes, lam, dtype=dtype, **seeds_of(seed))


@export("random_crop", "image.random_crop")
def random_crop(value, size, seed=None, name=None):
    """A part of `value` of a given size, at a place that is equally likely everywhere.

    Args:
      value: any tensor.
      size: int `[rank]`, no greater than its shape.
      seed: the op's seed.
      name: the scope's name.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        whole = shape(value)
        check = Assert(reduce_all(whole >= size), ["Need value.shape >= size, got ", whole, size], summarize=1000)
        whole = with_dependencies([check], whole)
        limit = whole - size + 1
        place = random_uniform(shape(whole), dtype=size.dtype, maxval=size.dtype.max, seed=seed) % limit
        return slice_(value, place, size, name=scope)
