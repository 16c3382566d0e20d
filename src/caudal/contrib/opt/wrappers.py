"""Optimizers round another one: averages of the variables, and bounds of their norms."""

import contextlib

from ...graph.composite import IndexedSlices
from ...graph.scopes import colocate_with, control_dependencies, name_scope
from ...ground.api import export
from ...ops.clip import clip_by_norm
from ...ops.control import group
from ...ops.slicing import gather
from ...platform import logging
from ...train.moving_averages import ExponentialMovingAverage
from ...train.optimizer import Optimizer

__all__ = ["MovingAverageOptimizer", "VariableClippingOptimizer"]


@export("contrib.opt.MovingAverageOptimizer")
class MovingAverageOptimizer(Optimizer):
    """An optimizer that also keeps moving averages of what it trains.

    Args:
      opt: the `Optimizer` that trains.
      average_decay: of the averages.
      num_updates: a count of steps; the decay is smaller at first.
      sequential_update: whether the averages wait for the step.
    """

    def __init__(self, opt, average_decay=0.9999, num_updates=None, sequential_update=True):
        self._optimizer = opt
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._swapped_variable_name_map = None
        self._sequential_update = sequential_update

    def compute_gradients(self, *args, **kwargs):
        """As the optimizer's."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """The op that makes a step and updates the averages; the arguments are the optimizer's."""
        pairs = list(grads_and_vars)
        train_op = self._optimizer.apply_gradients(pairs, global_step=global_step, name=name)
        var_list = [v for g, v in pairs if g is not None]
        with control_dependencies([train_op]) if self._sequential_update else contextlib.nullcontext():
            averaged = self._ema.apply(var_list)
        names = [(v.op.name, self._ema.average(v).op.name) for v in var_list]
        self._swapped_variable_name_map = dict(names) | {b: a for a, b in names}
        return group(train_op, averaged, name="train_with_avg")


@export("contrib.opt.VariableClippingOptimizer")
class VariableClippingOptimizer(Optimizer):
    """An optimizer after whose steps the norms of some variables are bounded.

    Args:
      opt: the `Optimizer` that trains.
      vars_to_clip_dims: a dict from variable to the list of dimensions that a norm is taken over.
      max_norm: the bound.
      use_locking: accepted; updates never mix.
      colocate_clip_ops_with_vars: whether the norm is computed where the variable is.
      name: of the ops.
    """

    def __init__(
        self, opt, vars_to_clip_dims, max_norm, use_locking=False, colocate_clip_ops_with_vars=False, name="VariableClipping"
    ):
        super().__init__(use_locking, name)
        self._opt, self._max_norm, self._colocate = opt, max_norm, colocate_clip_ops_with_vars
        self._vars_to_clip_dims = {var: dims[:] for var, dims in vars_to_clip_dims.items()}

    def compute_gradients(self, *args, **kwargs):
        """As the optimizer's."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, *args, **kwargs):
        """As the optimizer's."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        """As the optimizer's."""
        return self._opt.get_slot_names(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """The op that makes a step and then bounds the norms; the arguments are the optimizer's."""
        pairs = list(grads_and_vars)
        with name_scope(name, self._name) as scope:
            update = self._opt.apply_gradients(pairs, global_step=global_step)
            clipped = []
            with control_dependencies([update]):
                for grad, var in pairs:
                    if grad is None or var not in self._vars_to_clip_dims:
                        continue
                    with name_scope("clip_" + var.op.name):
                        clipped.append(self._clip_sparse(grad, var) if isinstance(grad, IndexedSlices) else self._clip_dense(var))
            return group(update, *clipped, name=scope)

    def _near(self, var):
        return colocate_with(var._ref()) if self._colocate else contextlib.nullcontext()

    def _clip_dense(self, var):
        with self._near(var):
            value = var.read_value()
            excess = value - clip_by_norm(value, self._max_norm, self._vars_to_clip_dims[var])
        with colocate_with(var._ref()):
            return var.assign_sub(excess, use_locking=self._use_locking)

    def _clip_sparse(self, grad, var):
        dims = self._vars_to_clip_dims[var]
        if 0 in dims:
            logging.warning(
                "Clipping norm across dims %s for %s is inefficient when including sparse dimension 0.", dims, var.op.name
            )
            return self._clip_dense(var)
        with colocate_with(var._ref()):
            rows = gather(var, grad.indices)
        with self._near(var):
            excess = IndexedSlices(rows - clip_by_norm(rows, self._max_norm, dims), grad.indices, grad.dense_shape)
        with colocate_with(var._ref()):
            return var.scatter_sub(excess, use_locking=self._use_locking)
