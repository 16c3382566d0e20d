"""Kullback-Leibler divergences of gamma, beta and Dirichlet distributions, nats.

Source: Penny (2001), KL-divergences of normal, gamma, Dirichlet and Wishart densities.
"""

from ..graph.scopes import name_scope
from ..ops.elementwise import PLAIN
from ..ops.reduce import reduce_sum
from ..ops.special import lbeta
from .base import RegisterKL
from .gamma import Beta, Dirichlet, Gamma

__all__ = []

_digamma, _lgamma, _log = PLAIN["Digamma"], PLAIN["Lgamma"], PLAIN["Log"]


@RegisterKL(Gamma, Gamma)
def _gamma(a, b, name=None):
    with name_scope(name, "kl_gamma_gamma", values=[a.concentration, a.rate, b.concentration, b.rate]):
        shapes = (a.concentration - b.concentration) * _digamma(a.concentration)
        scales = b.concentration * _log(a.rate) - b.concentration * _log(b.rate)
        apart = a.concentration * (b.rate / a.rate - 1.0)
        return shapes + _lgamma(b.concentration) - _lgamma(a.concentration) + scales + apart


@RegisterKL(Beta, Beta)
def _beta(a, b, name=None):
    with name_scope(name, "kl_beta_beta", values=[a.concentration1, b.concentration1, a.concentration0, b.concentration0]):
        size = lambda d: _lgamma(d.concentration1) + _lgamma(d.concentration0) - _lgamma(d.total_concentration)  # noqa: E731
        one = _digamma(a.concentration1) * (b.concentration1 - a.concentration1)
        none = _digamma(a.concentration0) * (b.concentration0 - a.concentration0)
        both = _digamma(a.total_concentration) * (b.total_concentration - a.total_concentration)
        return size(b) - size(a) - one - none + both


@RegisterKL(Dirichlet, Dirichlet)
def _dirichlet(a, b, name=None):
    with name_scope(name, "kl_dirichlet_dirichlet", values=[a.concentration, b.concentration]):
        whole = _digamma(reduce_sum(a.concentration, axis=-1, keepdims=True))
        slope = _digamma(a.concentration) - whole
        apart = reduce_sum((a.concentration - b.concentration) * slope, axis=-1)
        return apart - lbeta(a.concentration) + lbeta(b.concentration)
