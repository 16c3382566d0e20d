"""Weight decay apart from the slope: each step also takes a share of each variable."""

from ...graph.convert import convert_to_tensor
from ...graph.scopes import control_dependencies
from ...ground.api import export
from ...ops.slicing import gather
from ...ops.state import SCATTER
from ...train.optimizers import AdamOptimizer, MomentumOptimizer

__all__ = ["AdamWOptimizer", "DecoupledWeightDecayExtension", "MomentumWOptimizer", "extend_with_decoupled_weight_decay"]


@export("contrib.opt.DecoupledWeightDecayExtension")
class DecoupledWeightDecayExtension:
    """What turns an optimizer, named after it among a class's bases, into one that also decays variables.

    Args:
      weight_decay: the share that a step takes, a number, tensor or function.
      **kwargs: of the optimizer.

    Source: Loshchilov and Hutter (2019).
    """

    def __init__(self, weight_decay, **kwargs):
        self._decay_var_list = None
        self._weight_decay, self._weight_decay_tensor = weight_decay, None
        super().__init__(**kwargs)

    def minimize(
        self,
        loss,
        global_step=None,
        var_list=None,
        gate_gradients=1,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        name=None,
        grad_loss=None,
        decay_var_list=None,
    ):
        """As the optimizer's; only variables of `decay_var_list` decay, all by default."""
        self._decay_var_list = set(decay_var_list) if decay_var_list else False
        return super().minimize(
            loss,
            global_step=global_step,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            name=name,
            grad_loss=grad_loss,
        )

    def apply_gradients(self, grads_and_vars, global_step=None, name=None, decay_var_list=None):
        """As the optimizer's; only variables of `decay_var_list` decay, all by default."""
        self._decay_var_list = set(decay_var_list) if decay_var_list else self._decay_var_list
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def _prepare(self):
        self._weight_decay_tensor = convert_to_tensor(self._call_if_callable(self._weight_decay), name="weight_decay")
        super()._prepare()

    def _decays(self, var):
        return not self._decay_var_list or var in self._decay_var_list

    def _decayed(self, var):
        return [var.assign_sub(self._weight_decay * var, self._use_locking)] if self._decays(var) else []

    def _rows_decayed(self, var, indices, scatter_add):
        return [scatter_add(var, indices, -self._weight_decay * gather(var, indices))] if self._decays(var) else []

    def _apply_dense(self, grad, var):
        with control_dependencies(self._decayed(var)):
            return super()._apply_dense(grad, var)

    def _resource_apply_dense(self, grad, var):
        with control_dependencies(self._decayed(var)):
            return super()._resource_apply_dense(grad, var)

    def _apply_sparse(self, grad, var):
        def scatter_add(x, i, v):
            return SCATTER["Add"](x._ref(), i, v, use_locking=self._use_locking)

        with control_dependencies(self._rows_decayed(var, grad.indices, scatter_add)):
            return super()._apply_sparse(grad, var)

    def _resource_apply_sparse(self, grad, var, indices):
        with control_dependencies(self._rows_decayed(var, indices, self._resource_scatter_add)):
            return super()._resource_apply_sparse(grad, var, indices)


@export("contrib.opt.extend_with_decoupled_weight_decay")
def extend_with_decoupled_weight_decay(base_optimizer):
    """A class of optimizers like `base_optimizer` that take `weight_decay` first."""

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):
        """The optimizer with weight decay.

        Args:
          weight_decay: the share that a step takes; *args, **kwargs: of the optimizer.
        """

        def __init__(self, weight_decay, *args, **kwargs):
            super().__init__(weight_decay, *args, **kwargs)

    return OptimizerWithDecoupledWeightDecay


@export("contrib.opt.MomentumWOptimizer")
class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """`MomentumOptimizer` with weight decay.

    Args:
      weight_decay: the share that a step takes.
      learning_rate, momentum, use_locking, name, use_nesterov: as for `MomentumOptimizer`.
    """

    def __init__(self, weight_decay, learning_rate, momentum, use_locking=False, name="MomentumW", use_nesterov=False):
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            momentum=momentum,
            use_locking=use_locking,
            name=name,
            use_nesterov=use_nesterov,
        )


@export("contrib.opt.AdamWOptimizer")
class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """`AdamOptimizer` with weight decay.

    Args:
      weight_decay: the share that a step takes.
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for `AdamOptimizer`.
    """

    def __init__(self, weight_decay, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name="AdamW"):
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            use_locking=use_locking,
            name=name,
        )
