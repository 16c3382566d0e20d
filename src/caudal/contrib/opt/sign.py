"""Steps scaled by whether a slope has the sign of its running mean."""

import math

from ...ground.api import export
from ...train import global_step
from ...train.optimizers import _Simple

__all__ = ["AddSignOptimizer", "PowerSignOptimizer"]


class _Sign(_Simple):
    """What both have in common: the mean as a slot, and a decay of the sign's weight with the steps."""

    _slot_names = (("m", ""),)

    def __init__(self, learning_rate, weight, beta, sign_decay_fn, use_locking, name):
        super().__init__(use_locking, name)
        self._lr, self._weight, self._beta, self._sign_decay_fn = learning_rate, weight, beta, sign_decay_fn

    def _decay(self):
        return 1.0 if self._sign_decay_fn is None else self._sign_decay_fn(global_step.get_global_step())


@export("contrib.opt.AddSignOptimizer")
class AddSignOptimizer(_Sign):
    """x <- x - learning_rate (alpha + f sign(g) sign(m)) g.

    Args:
      learning_rate: a number or tensor; alpha: added to the sign.
      beta: the decay of the mean m.
      sign_decay_fn: a function of the global step, f; 1 by default.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Source: Bello et al. (2017).
    """

    _op, _order = "AddSign", ("learning_rate", "alpha", "sign_decay", "beta", "grad")

    def __init__(self, learning_rate=0.1, alpha=1.0, beta=0.9, sign_decay_fn=None, use_locking=False, name="AddSignOptimizer"):
        super().__init__(learning_rate, alpha, beta, sign_decay_fn, use_locking, name)

    def _hyper(self):
        return {"learning_rate": self._lr, "beta": self._beta, "alpha": self._weight, "sign_decay": self._decay()}


@export("contrib.opt.PowerSignOptimizer")
class PowerSignOptimizer(_Sign):
    """x <- x - learning_rate base^(f sign(g) sign(m)) g.

    Args:
      learning_rate: a number or tensor; base: of the power.
      beta: the decay of the mean m.
      sign_decay_fn: a function of the global step, f; 1 by default.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Source: Bello et al. (2017).
    """

    _op, _order = "PowerSign", ("learning_rate", "logbase", "sign_decay", "beta", "grad")

    def __init__(
        self, learning_rate=0.1, base=math.e, beta=0.9, sign_decay_fn=None, use_locking=False, name="PowerSignOptimizer"
    ):
        super().__init__(learning_rate, math.log(base), beta, sign_decay_fn, use_locking, name)

    def _hyper(self):
        return {"learning_rate": self._lr, "beta": self._beta, "logbase": self._weight, "sign_decay": self._decay()}
