"""Optimizers round another one: averages of the variables, and bounds of their norms."""

import contextlib

from ...build.variables import global_variables
from ...graph.composite import IndexedSlices
from ...graph.scopes import colocate_with, control_dependencies, name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.clip import clip_by_norm
from ...ops.control import group
from ...ops.slicing import gather
from ...platform import logging
from ...train.moving_averages import ExponentialMovingAverage
from ...train.optimizer import Optimizer
from ...train.saver import Saver

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

    def swapping_saver(self, var_list=None, name="swapping_saver", **kwargs):
        """A `Saver` that gives variables and their averages each other's names: what it writes restores as averages.

        Args:
          var_list: variables, or a dict from names to these; all by default.
          name: of the saver's nodes.
          **kwargs: the `Saver`'s.

        Raises:
          RuntimeError: there are no averages yet; ValueError: one is not among the variables.
        """
        need(
            self._swapped_variable_name_map is not None,
            "Must call apply_gradients or minimize before creating the swapping_saver",
            kind=RuntimeError,
        )
        variables = global_variables() if var_list is None else var_list
        if not isinstance(variables, dict):
            variables = {v.op.name: v for v in variables}
        by_name = {v.op.name: v for v in variables.values()}
        return Saver({key: self._swapped(by_name, v) for key, v in variables.items()}, name=name, **kwargs)

    def _swapped(self, by_name, variable):
        """The variable that stands in another's place: for a trained one its average, for an average the trained one."""
        name = self._swapped_variable_name_map.get(variable.op.name)
        if name is None:
            return variable
        need(
            name in by_name,
            f"Variable to swap {name} is not part of variables to save. This breaks MovingAverageOptimizer.",
        )
        return by_name[name]


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
