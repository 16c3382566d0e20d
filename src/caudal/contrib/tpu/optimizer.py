"""CrossShardOptimizer: what would add up slopes over the cores of a TPU."""

from ...ground.api import export
from ...ground.errors import need
from ...losses.functions import Reduction
from ...platform import logging
from ...train.optimizer import Optimizer

__all__ = ["CrossShardOptimizer"]


@export("contrib.tpu.CrossShardOptimizer", "tpu.CrossShardOptimizer")
class CrossShardOptimizer(Optimizer):
    """An optimizer that adds up slopes over a TPU's cores; without a TPU it is the one that it is given.

    Args:
      opt: the `Optimizer`.
      reduction: `Reduction.SUM` or `Reduction.MEAN`.
      name: its name.
      group_assignment: which cores belong together.

    Raises:
      ValueError: another reduction.
    """

    def __init__(self, opt, reduction=Reduction.MEAN, name="CrossShardOptimizer", group_assignment=None):
        need(reduction in (Reduction.SUM, Reduction.MEAN), f"Unsupported reduction: {reduction}.")
        super().__init__(False, name)
        self._opt, self._reduction, self._group_assignment = opt, reduction, group_assignment

    def compute_gradients(self, loss, var_list=None, **kwargs):
        """As the optimizer's."""
        logging.warning(
            "CrossShardOptimizer should be used within a tpu_shard_context, but got unset number_of_shards. Assuming 1."
        )
        return self._opt.compute_gradients(loss, var_list=var_list, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """As the optimizer's."""
        return self._opt.apply_gradients(grads_and_vars, global_step, name)

    def get_slot(self, *args, **kwargs):
        """As the optimizer's."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        """As the optimizer's."""
        return self._opt.get_slot_names(*args, **kwargs)

    def variables(self):
        """As the optimizer's."""
        return self._opt.variables()
