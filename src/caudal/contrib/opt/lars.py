"""LARSOptimizer: momentum with a step for each layer."""

from ...build.linalg import norm
from ...ground.api import export
from ...ground.errors import need
from ...ops.elementwise import PLAIN, cast
from ...ops.slicing import where
from ...ops.training import node
from ...train.optimizers import MomentumOptimizer

__all__ = ["LARSOptimizer"]


@export("contrib.opt.LARSOptimizer")
class LARSOptimizer(MomentumOptimizer):
    """Momentum whose step for each variable goes with |x| / (|g| + weight_decay |x|).

    Args:
      learning_rate: a number.
      momentum: at least 0.
      weight_decay: at least 0; of L2, added to the slope.
      eeta: the trust in a layer's slope.
      epsilon: added to the denominator.
      name: of the ops.
      skip_list: parts of the names of variables whose step is `learning_rate` alone.
      use_nesterov: as for `MomentumOptimizer`.

    Raises:
      ValueError: a negative momentum or weight_decay.

    Source: You, Gitman and Ginsburg (2017), alg. 1.
    """

    def __init__(
        self,
        learning_rate,
        momentum=0.9,
        weight_decay=0.0001,
        eeta=0.001,
        epsilon=0.0,
        name="LARSOptimizer",
        skip_list=None,
        use_nesterov=False,
    ):
        need(momentum >= 0.0, f"momentum should be positive: {momentum}")
        need(weight_decay >= 0.0, f"weight_decay should be positive: {weight_decay}")
        super().__init__(learning_rate, momentum, use_locking=False, name=name, use_nesterov=use_nesterov)
        self._weight_decay, self._eeta, self._epsilon, self._skip_list = weight_decay, eeta, epsilon, skip_list

    def compute_lr(self, grad, var):
        """(the variable's step, its slope with the weight decay's)."""
        if self._skip_list is not None and any(part in var.name for part in self._skip_list):
            return self._learning_rate, grad
        size, steep = norm(var, ord=2), norm(grad, ord=2)
        some, any_slope = PLAIN["Greater"](size, 0), PLAIN["Greater"](steep, 0)
        ratio = self._eeta * size / (steep + self._weight_decay * size + self._epsilon)
        trust = where(some, where(any_slope, ratio, 1.0), 1.0)
        return self._learning_rate * trust, grad + self._weight_decay * var

    def _momentum_arguments(self, grad, var):
        rate, grad = self.compute_lr(grad, var)
        return cast(1.0, var.dtype.base_dtype), grad * rate, self._momentum

    def _apply_dense(self, grad, var):
        mom, arguments = self.get_slot(var, "momentum"), self._momentum_arguments(grad, var)
        return node("ApplyMomentum")(var._ref(), mom._ref(), *arguments, use_locking=False, **self._extra)

    def _resource_apply_dense(self, grad, var):
        mom, arguments = self.get_slot(var, "momentum"), self._momentum_arguments(grad, var)
        return node("ResourceApplyMomentum")(var.handle, mom.handle, *arguments, use_locking=False, **self._extra)
