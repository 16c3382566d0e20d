"""The optimizers of tf.train; the formulas stand in ops/training.py."""

from ..build import initializers
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.scopes import colocate_with, control_dependencies
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.control import group
from ..ops.elementwise import cast, sqrt
from ..ops.state import SCATTER, assign, assign_sub
from ..ops.training import node
from .optimizer import Optimizer

__all__ = ["AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer"]


class _Simple(Optimizer):
    """An optimizer whose update is one op: its type, slots and hyperparameters are data.

    `_op` is the type without Apply; `_slots_of` the pairs (slot, name of its op); `_values` the hyperparameters in the op's
    order, each with the name of its tensor, `_at` where the slope stands among them.
    """

    _op = ""
    _slot_names: tuple = ()
    _order: tuple = ()
    _dense_first = False
    _extra: dict = {}

    def _hyper(self):
        """name of the tensor -> value."""
        raise NotImplementedError

    def _prepare(self):
        self._tensors = {}
        for name, value in self._hyper().items():
            self._tensors[name] = convert_to_tensor(self._call_if_callable(value), name=name)

    def _value(self, name, var):
        return cast(self._tensors[name], var.dtype.base_dtype)

    def _cells(self, var):
        return [var, *[self.get_slot(var, s) for s, _ in self._slot_names]]

    def _arguments(self, var, grad, indices=None):
        out = []
        for name in self._order:
            if name == "grad":
                out += [grad] if indices is None else [grad, indices]
            else:
                out.append(self._value(name, var))
        return out

    def _named(self):
        return {"use_locking": self._use_locking} | self._extra

    def _create_slots(self, var_list):
        for v in var_list:
            for slot, _ in self._slot_names:
                self._zeros_slot(v, slot, self._name)

    def _apply_dense(self, grad, var):
        refs = [c._ref() for c in self._cells(var)]
        return node("Apply" + self._op)(*refs, *self._arguments(var, grad), **self._named()).op

    def _resource_apply_dense(self, grad, var):
        handles = [c.handle for c in self._cells(var)]
        return node("ResourceApply" + self._op)(*handles, *self._arguments(var, grad), **self._named())

    def _apply_sparse(self, grad, var):
        refs = [c._ref() for c in self._cells(var)]
        return node("SparseApply" + self._op)(*refs, *self._arguments(var, grad.values, grad.indices), **self._named()).op

    def _resource_apply_sparse(self, grad, var, indices):
        handles = [c.handle for c in self._cells(var)]
        return node("ResourceSparseApply" + self._op)(*handles, *self._arguments(var, grad, indices), **self._named())


@export("train.GradientDescentOptimizer")
class GradientDescentOptimizer(_Simple):
    """x <- x - learning_rate g.

    Args:
      learning_rate: a number, tensor or function.
      use_locking: accepted; updates never mix.
      name: of the ops.
    """

    _op, _order = "GradientDescent", ("learning_rate", "grad")

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor = None

    def _hyper(self):
        return {"learning_rate": self._learning_rate}

    def _apply_sparse_duplicate_indices(self, grad, var):
        delta = grad.values * self._value("learning_rate", var)
        return var.scatter_sub(type(grad)(delta, grad.indices, grad.dense_shape), use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        return scatter_add_resource(handle.handle, indices, -grad * self._learning_rate)


scatter_add_resource = define("ResourceScatterAdd")


@export("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(_Simple):
    """A step of gradient descent, then the proximal step of L1 and L2 regularisation.

    Args:
      learning_rate: a number or tensor.
      l1_regularization_strength, l2_regularization_strength: at least 0.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Source: Duchi and Singer (2009).
    """

    _op, _order = "ProximalGradientDescent", ("learning_rate", "l1_regularization_strength", "l2_regularization_strength", "grad")

    def __init__(
        self,
        learning_rate,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="ProximalGradientDescent",
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _hyper(self):
        return {
            "learning_rate": self._learning_rate,
            "l1_regularization_strength": self._l1,
            "l2_regularization_strength": self._l2,
        }


@export("train.MomentumOptimizer")
class MomentumOptimizer(_Simple):
    """m <- momentum m + g; x <- x - learning_rate m.

    Args:
      learning_rate: a number, tensor or function; momentum: the same.
      use_locking: accepted; updates never mix.
      name: of the ops.
      use_nesterov: whether the slope is looked at ahead.

    Source: Sutskever et al. (2013).
    """

    _op, _slot_names, _order = "Momentum", (("momentum", "Momentum"),), ("learning_rate", "grad", "momentum")

    def __init__(self, learning_rate, momentum, use_locking=False, name="Momentum", use_nesterov=False):
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum, self._use_nesterov = learning_rate, momentum, use_nesterov
        self._extra = {"use_nesterov": use_nesterov}

    def _hyper(self):
        return {"learning_rate": self._learning_rate, "momentum": self._momentum}


@export("train.AdagradOptimizer")
class AdagradOptimizer(_Simple):
    """a <- a + g^2; x <- x - learning_rate g / sqrt(a).

    Args:
      learning_rate: a number or tensor.
      initial_accumulator_value: what a starts as, above 0.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Raises:
      ValueError: `initial_accumulator_value` is not above 0.
    Source: Duchi et al. (2011).
    """

    _op, _slot_names, _order = "Adagrad", (("accumulator", "Adagrad"),), ("learning_rate", "grad")

    def __init__(self, learning_rate, initial_accumulator_value=0.1, use_locking=False, name="Adagrad"):
        need(initial_accumulator_value > 0.0, f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial = learning_rate, initial_accumulator_value

    def _hyper(self):
        return {"learning_rate": self._learning_rate}

    def _create_slots(self, var_list):
        for v in var_list:
            kind = v.dtype.base_dtype
            start = initializers.Constant(self._initial, dtype=kind)
            self._get_or_make_slot_with_initializer(v, start, v.get_shape(), kind, "accumulator", self._name)


@export("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(_Simple):
    """Adagrad's step, then the proximal step of L1 and L2 regularisation.

    Args:
      learning_rate: a number or tensor.
      initial_accumulator_value: above 0.
      l1_regularization_strength, l2_regularization_strength: at least 0.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Raises:
      ValueError: `initial_accumulator_value` is not above 0.
    """

    _op, _slot_names = "ProximalAdagrad", (("accumulator", "ProximalAdagrad"),)
    _order = ("learning_rate", "l1_regularization_strength", "l2_regularization_strength", "grad")

    def __init__(
        self,
        learning_rate,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="ProximalAdagrad",
    ):
        need(initial_accumulator_value > 0.0, f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial = learning_rate, initial_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _hyper(self):
        return {
            "learning_rate": self._learning_rate,
            "l1_regularization_strength": self._l1,
            "l2_regularization_strength": self._l2,
        }

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v._ref()):
                start = constant(self._initial, shape=v.get_shape(), dtype=v.dtype.base_dtype)
            self._get_or_make_slot(v, start, "accumulator", self._name)


@export("train.AdadeltaOptimizer")
class AdadeltaOptimizer(_Simple):
    """Steps scaled by the ratio of running means of past steps and slopes.

    Args:
      learning_rate: a number or tensor; rho: the decay of the means; epsilon: added to them.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Source: Zeiler (2012).
    """

    _op, _slot_names = "Adadelta", (("accum", "Adadelta"), ("accum_update", "Adadelta"))
    _order = ("lr", "rho", "epsilon", "grad")

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name="Adadelta"):
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _hyper(self):
        return {"lr": self._lr, "rho": self._rho, "epsilon": self._epsilon}


@export("train.RMSPropOptimizer")
class RMSPropOptimizer(_Simple):
    """Steps scaled by the root of a running mean of squared slopes.

    Args:
      learning_rate: a number, tensor or function; decay: of the mean; momentum: of the steps; epsilon: added to the mean.
      use_locking: accepted; updates never mix.
      centered: whether the mean slope's square is taken off the mean square.
      name: of the ops.

    Source: Tieleman and Hinton (2012).
    """

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name="RMSProp"):
        super().__init__(use_locking, name)
        self._learning_rate, self._decay, self._momentum, self._epsilon = learning_rate, decay, momentum, epsilon
        self._centered = centered
        self._op = "CenteredRMSProp" if centered else "RMSProp"
        first = (("mg", "RMSProp"),) if centered else ()
        self._slot_names = (*first, ("rms", "RMSProp"), ("momentum", "RMSProp"))
        self._order = ("learning_rate", "decay", "momentum", "epsilon", "grad")

    def _hyper(self):
        return {"learning_rate": self._learning_rate, "decay": self._decay, "momentum": self._momentum, "epsilon": self._epsilon}

    def _create_slots(self, var_list):
        for v in var_list:
            kind = v.dtype.base_dtype
            start = initializers.Ones(dtype=kind)
            self._get_or_make_slot_with_initializer(v, start, v.get_shape(), kind, "rms", self._name)
            if self._centered:
                self._zeros_slot(v, "mg", self._name)
            self._zeros_slot(v, "momentum", self._name)


@export("train.FtrlOptimizer")
class FtrlOptimizer(_Simple):
    """Follow the regularised leader.

    Args:
      learning_rate: a number or tensor.
      learning_rate_power: at most 0.
      initial_accumulator_value: at least 0.
      l1_regularization_strength, l2_regularization_strength, l2_shrinkage_regularization_strength: at least 0.
      use_locking: accepted; updates never mix.
      name: of the ops.
      accum_name, linear_name: of the slots.

    Raises:
      ValueError: an argument out of its range.
    Source: McMahan et al. (2013).
    """

    _slot_names = (("accum", "Ftrl"), ("linear", "Ftrl"))

    def __init__(
        self,
        learning_rate,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="Ftrl",
        accum_name=None,
        linear_name=None,
        l2_shrinkage_regularization_strength=0.0,
    ):
        super().__init__(use_locking, name)
        for value, what, bad in (
            (initial_accumulator_value, "initial_accumulator_value", initial_accumulator_value < 0.0),
            (l1_regularization_strength, "l1_regularization_strength", l1_regularization_strength < 0.0),
            (l2_regularization_strength, "l2_regularization_strength", l2_regularization_strength < 0.0),
            (
                l2_shrinkage_regularization_strength,
                "l2_shrinkage_regularization_strength",
                l2_shrinkage_regularization_strength < 0.0,
            ),
        ):
            need(
                not bad,
                f"{what} {value:f} needs to be be positive or zero"
                if what.startswith("initial")
                else f"{what} {value:f} needs to be positive or zero",
            )
        need(learning_rate_power <= 0.0, f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        self._learning_rate, self._power, self._initial = learning_rate, learning_rate_power, initial_accumulator_value
        self._l1, self._l2, self._shrinkage = (
            l1_regularization_strength,
            l2_regularization_strength,
            l2_shrinkage_regularization_strength,
        )
        self._accum_name, self._linear_name = accum_name, linear_name
        more = ("l2_shrinkage_regularization_strength",) if l2_shrinkage_regularization_strength > 0 else ()
        self._op = "FtrlV2" if more else "Ftrl"
        self._order = (
            "grad",
            "learning_rate",
            "l1_regularization_strength",
            "l2_regularization_strength",
            *more,
            "learning_rate_power",
        )

    def _hyper(self):
        return {
            "learning_rate": self._learning_rate,
            "l1_regularization_strength": self._l1,
            "l2_regularization_strength": self._l2,
            "l2_shrinkage_regularization_strength": self._shrinkage,
            "learning_rate_power": self._power,
        }

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v._ref()):
                start = constant(self._initial, shape=v.get_shape(), dtype=v.dtype.base_dtype)
            self._get_or_make_slot(v, start, "accum", self._accum_name or self._name)
            self._zeros_slot(v, "linear", self._linear_name or self._name)


@export("train.AdagradDAOptimizer")
class AdagradDAOptimizer(_Simple):
    """Adagrad with dual averaging, for sparse linear models.

    Args:
      learning_rate: a number or tensor; global_step: a variable that counts steps.
      initial_gradient_squared_accumulator_value: above 0.
      l1_regularization_strength, l2_regularization_strength: at least 0.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Raises:
      ValueError: the accumulator's start is not above 0.
    """

    _op, _slot_names = "AdagradDA", (("gradient_accumulator", ""), ("gradient_squared_accumulator", ""))
    _order = ("grad", "learning_rate", "l1", "l2")

    def __init__(
        self,
        learning_rate,
        global_step,
        initial_gradient_squared_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        use_locking=False,
        name="AdagradDA",
    ):
        need(
            initial_gradient_squared_accumulator_value > 0.0,
            f"initial_gradient_squared_accumulator_value must be positive: {initial_gradient_squared_accumulator_value}",
        )
        super().__init__(use_locking, name)
        self._learning_rate, self._global_step = learning_rate, global_step
        self._initial = initial_gradient_squared_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength
        self._on_worker = None

    def _hyper(self):
        return {"learning_rate": self._learning_rate}

    def _prepare(self):
        super()._prepare()
        with colocate_with(self._tensors["learning_rate"]):
            self._on_worker = identity_node(self._global_step) + 1

    def _create_slots(self, var_list):
        for v in var_list:
            with colocate_with(v._ref()):
                g_start = constant(0.0, shape=v.get_shape(), dtype=v.dtype.base_dtype)
                s_start = constant(self._initial, shape=v.get_shape(), dtype=v.dtype.base_dtype)
            self._get_or_make_slot(v, g_start, "gradient_accumulator", self._name)
            self._get_or_make_slot(v, s_start, "gradient_squared_accumulator", self._name)

    def _arguments(self, var, grad, indices=None):
        first = [grad] if indices is None else [grad, indices]
        step = identity_node(self._on_worker)
        kind = var.dtype.base_dtype
        return [*first, self._value("learning_rate", var), cast(self._l1, kind), cast(self._l2, kind), step]


identity_node = define("Identity")


@export("train.AdamOptimizer")
class AdamOptimizer(_Simple):
    """Steps by running means of slopes over the root of running means of their squares, both corrected for their start.

    Args:
      learning_rate: a number, tensor or function; beta1, beta2: the decays of the two means.
      epsilon: added to the root; the paper's epsilon-hat.
      use_locking: accepted; updates never mix.
      name: of the ops.

    Source: Kingma and Ba (2015).
    """

    _op, _slot_names = "Adam", (("m", "Adam"), ("v", "Adam"))

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name="Adam"):
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon

    def _hyper(self):
        return {"learning_rate": self._lr, "beta1": self._beta1, "beta2": self._beta2, "epsilon": self._epsilon}

    def _get_beta_accumulators(self):
        graph = default_graph()
        return self._get_non_slot_variable("beta1_power", graph), self._get_non_slot_variable("beta2_power", graph)

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power", first)
        self._create_non_slot_variable(self._call_if_callable(self._beta2), "beta2_power", first)
        super()._create_slots(var_list)

    def _arguments(self, var, grad, indices=None):
        powers = [cast(p, var.dtype.base_dtype) for p in self._get_beta_accumulators()]
        rest = [self._value(n, var) for n in ("learning_rate", "beta1", "beta2", "epsilon")]
        return [*powers, *rest, grad]

    def _sparse(self, grad, var, indices, scatter_add):
        """The whole slots decay, and the rows' slopes are added: TF's Adam for rows, which is not lazy."""
        kind = var.dtype.base_dtype
        power1, power2 = (cast(p, kind) for p in self._get_beta_accumulators())
        rate, beta1, beta2, epsilon = (self._value(n, var) for n in ("learning_rate", "beta1", "beta2", "epsilon"))
        rate = rate * sqrt(1 - power2) / (1 - power1)
        m = self.get_slot(var, "m")
        scaled = grad * (1 - beta1)
        m_t = assign(m, m * beta1, use_locking=self._use_locking)
        with control_dependencies([m_t]):
            m_t = scatter_add(m, indices, scaled)
        v = self.get_slot(var, "v")
        squares = grad * grad * (1 - beta2)
        v_t = assign(v, v * beta2, use_locking=self._use_locking)
        with control_dependencies([v_t]):
            v_t = scatter_add(v, indices, squares)
        root = sqrt(v_t)
        update = assign_sub(var, rate * m_t / (root + epsilon), use_locking=self._use_locking)
        return group(*[update, m_t, v_t])

    def _apply_sparse(self, grad, var):
        return self._sparse(
            grad.values,
            var,
            grad.indices,
            lambda x, i, v: SCATTER["Add"](x._ref(), i, v, use_locking=self._use_locking),
        )

    def _resource_apply_sparse(self, grad, var, indices):
        return self._sparse(grad, var, indices, self._resource_scatter_add)

    def _finish(self, update_ops, name_scope):
        with control_dependencies(update_ops):
            power1, power2 = self._get_beta_accumulators()
            with colocate_with(power1._ref()):
                one = power1.assign(power1 * self._tensors["beta1"], use_locking=self._use_locking)
                two = power2.assign(power2 * self._tensors["beta2"], use_locking=self._use_locking)
        return group(*[*update_ops, one, two], name=name_scope)
