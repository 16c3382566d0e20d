"""Variants of Adam: by the greatest slope, with Nesterov's look ahead, and with only the rows that have slopes."""

from ...graph.scopes import colocate_with, control_dependencies
from ...ground.api import export
from ...ops.control import group
from ...ops.elementwise import PLAIN, abs, cast, sqrt, square
from ...ops.slicing import gather
from ...ops.state import RESOURCE_SCATTER, SCATTER, assign
from ...train.optimizers import AdamOptimizer

__all__ = ["AdaMaxOptimizer", "LazyAdamOptimizer", "NadamOptimizer"]


@export("contrib.opt.NadamOptimizer")
class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's look ahead; the arguments are those of `AdamOptimizer`.

    Source: Dozat (2016).
    """

    _extra = {"use_nesterov": True}

    def _sparse(self, grad, var, indices, scatter_add):
        kind = var.dtype.base_dtype
        power1, power2 = (cast(p, kind) for p in self._get_beta_accumulators())
        rate, beta1, beta2, epsilon = (self._value(n, var) for n in ("learning_rate", "beta1", "beta2", "epsilon"))
        rate = rate * sqrt(1 - power2) / (1 - power1)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        scaled = grad * (1 - beta1)
        m_t = assign(m, m * beta1, use_locking=self._use_locking)
        with control_dependencies([m_t]):
            m_t = scatter_add(m, indices, scaled)
            ahead = scaled + beta1 * gather(m_t, indices)
        squares = grad * grad * (1 - beta2)
        v_t = assign(v, v * beta2, use_locking=self._use_locking)
        with control_dependencies([v_t]):
            v_t = scatter_add(v, indices, squares)
        root = sqrt(gather(v_t, indices))
        update = scatter_add(var, indices, -rate * ahead / (root + epsilon))
        return group(update, ahead, v_t)


@export("contrib.opt.AdaMaxOptimizer")
class AdaMaxOptimizer(AdamOptimizer):
    """Adam with the greatest slope seen, less and less, in the place of the root of the mean square.

    Args:
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for `AdamOptimizer`.

    Source: Kingma and Ba (2015), sec. 7.1.
    """

    _op = "AdaMax"

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name="AdaMax"):
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _get_beta_accumulators(self):
        return super()._get_beta_accumulators()[:1]

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(self._beta1, "beta1_power", first)
        for v in var_list:
            self._zeros_slot(v, "m", self._name)
            self._zeros_slot(v, "v", self._name)

    def _sparse(self, grad, var, indices, scatter_add, scatter_update):
        kind = var.dtype.base_dtype
        power = cast(self._get_beta_accumulators()[0], kind)
        rate, beta1, beta2, epsilon = (self._value(n, var) for n in ("learning_rate", "beta1", "beta2", "epsilon"))
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = gather(m, indices) * beta1 + grad * (1 - beta1)
        with control_dependencies([m_rows]):
            m_t = scatter_update(m, indices, m_rows)
        v_rows = PLAIN["Maximum"](gather(v, indices) * beta2, abs(grad))
        with control_dependencies([v_rows]):
            v_t = scatter_update(v, indices, v_rows)
        step = -rate / (1 - power) * (m_rows / (v_rows + epsilon))
        with control_dependencies([step]):
            update = scatter_add(var, indices, step)
        return group(update, m_t, v_t)

    def _apply_sparse(self, grad, var):
        def scatter(kind):
            return lambda x, i, v: SCATTER[kind](x._ref(), i, v, use_locking=self._use_locking)

        return self._sparse(grad.values, var, grad.indices, scatter("Add"), scatter("Update"))

    def _resource_apply_sparse(self, grad, var, indices):
        return self._sparse(grad, var, indices, self._resource_scatter_add, _resource_scatter_update)

    def _finish(self, update_ops, name_scope):
        with control_dependencies(update_ops):
            power = self._get_beta_accumulators()[0]
            with colocate_with(power._ref()):
                update = power.assign(power * self._tensors["beta1"], use_locking=self._use_locking)
        return group(*update_ops, update, name=name_scope)


def _resource_scatter_update(x, i, v):
    with control_dependencies([RESOURCE_SCATTER["Update"](x.handle, i, v)]):
        return x.value()


@export("contrib.opt.LazyAdamOptimizer")
class LazyAdamOptimizer(AdamOptimizer):
    """Adam that leaves the rows without slopes, and their means, as they are; the arguments are those of `AdamOptimizer`."""

    def _rate(self, var):
        kind = var.dtype.base_dtype
        power1, power2 = (cast(p, kind) for p in self._get_beta_accumulators())
        return self._value("learning_rate", var) * sqrt(1 - power2) / (1 - power1)

    def _apply_sparse(self, grad, var):
        rate, indices = self._rate(var), grad.indices
        beta1, beta2, epsilon = (self._value(n, var) for n in ("beta1", "beta2", "epsilon"))
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        lock = {"use_locking": self._use_locking}
        m_t = SCATTER["Update"](m._ref(), indices, beta1 * gather(m, indices) + (1 - beta1) * grad.values, **lock)
        v_t = SCATTER["Update"](v._ref(), indices, beta2 * gather(v, indices) + (1 - beta2) * square(grad.values), **lock)
        m_rows, v_rows = gather(m_t, indices), gather(v_t, indices)
        below = sqrt(v_rows) + epsilon
        update = SCATTER["Sub"](var._ref(), indices, rate * m_rows / below, **lock)
        return group(update, m_t, v_t)

    def _resource_apply_sparse(self, grad, var, indices):
        rate = self._rate(var)
        beta1, beta2, epsilon = (self._value(n, var) for n in ("beta1", "beta2", "epsilon"))
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * gather(m, indices) + (1 - beta1) * grad
        m_t = RESOURCE_SCATTER["Update"](m.handle, indices, m_rows)
        v_rows = beta2 * gather(v, indices) + (1 - beta2) * square(grad)
        v_t = RESOURCE_SCATTER["Update"](v.handle, indices, v_rows)
        update = RESOURCE_SCATTER["Sub"](var.handle, indices, rate * m_rows / (sqrt(v_rows) + epsilon))
        return group(update, m_t, v_t)
