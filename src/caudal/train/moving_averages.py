"""Moving averages of variables and tensors."""

from ..build import initializers
from ..build.scopes import get_variable, get_variable_scope, variable_scope
from ..build.variables import Variable, global_variables, init_scope, moving_average_variables, trainable_variables
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import colocate_with, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.control import group
from ..ops.elementwise import NODES, PLAIN, cast, div
from ..ops.elementwise import truediv as true_quotient
from ..ops.state import assign, assign_sub
from . import slots

__all__ = ["ExponentialMovingAverage", "assign_moving_average", "weighted_moving_average"]

_FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


def assign_moving_average(variable, value, decay, zero_debias=True, name=None):
    """variable <- decay variable + (1 - decay) value.

    Args:
      variable: the average.
      value: what is averaged.
      decay: in [0, 1).
      zero_debias: whether the average's start at 0 is corrected for.
      name: the node's name.

    Returns:
      The variable with its new value.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope, colocate_with(variable._ref()):
        rate = convert_to_tensor(1.0 - decay, name="decay")
        if rate.dtype != variable.dtype.base_dtype:
            rate = cast(rate, variable.dtype.base_dtype)
        if zero_debias:
            return _without_bias(variable, value, rate)
        return assign_sub(variable, (variable - value) * rate, name=scope)


def weighted_moving_average(value, decay, weight, truediv=True, collections=None, name=None):
    """The moving average of `value weight` over that of `weight`.

    Args:
      value: what is averaged.
      decay: in [0, 1).
      weight: of the value; broadcasts to it.
      truediv: whether integers are divided to floats.
      collections: of the two averages' variables; the global ones' by default.
      name: of the scope.

    Returns:
      The average with this value in it.
    """
    collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        kept = {"initializer": initializers.Zeros(), "trainable": False, "collections": collections}
        weighted = get_variable("value_x_weight", value.get_shape(), value.dtype, **kept)
        weights = get_variable("weight", weight.get_shape(), weight.dtype, **kept)
        above = assign_moving_average(weighted, value * weight, decay, zero_debias=False)
        below = assign_moving_average(weights, weight, decay, zero_debias=False)
        return (true_quotient if truediv else div)(above, below, name=scope.name)


def _without_bias(variable, value, rate):
    # Kingma and Ba, "Adam" (2015), sec. 3
    kind = variable.dtype.base_dtype
    with variable_scope(variable.name.split(":")[0], values=[variable, value, rate]):
        with init_scope():
            start = initializers.Zeros()
        biased = get_variable(_free("biased"), shape=variable.get_shape(), dtype=kind, initializer=start, trainable=False)
        steps = get_variable(_free("local_step"), shape=[], dtype=kind, initializer=start, trainable=False)
    new = assign_sub(biased, (biased - value) * rate)
    taken = steps.assign_add(1)
    factor = 1 - NODES["Pow"](1.0 - rate, taken)
    return assign(variable, new / factor, name=default_graph().get_name_scope() + "/")


def _free(name):
    """A name that no variable of the scope in force has."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    have = {v.op.name for v in scope.global_variables()}
    full, k = f"{scope.name}/{name}", 0
    while (f"{full}_{k}" if k else full) in have:
        k += 1
    return f"{name}_{k}" if k else name


@export("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Averages of variables whose older values count less: a <- decay a + (1 - decay) x.

    Args:
      decay: in [0, 1), near 1.
      num_updates: a count of steps; the decay is at most (1 + n) / (10 + n).
      zero_debias: whether averages of tensors, which start at 0, are corrected for that.
      name: of the averages.
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self._decay, self._num_updates, self._zero_debias, self._name = decay, num_updates, zero_debias, name
        self._averages = {}

    @property
    def name(self):
        """The name of the averages."""
        return self._name

    def apply(self, var_list=None):
        """The op that updates the averages; makes those that aren't there.

        Args:
          var_list: variables and tensors, floats; all trainable variables by default.

        Raises:
          TypeError: one of another dtype.
        """
        var_list = trainable_variables() if var_list is None else var_list
        corrected = set()
        for var in var_list:
            need(var.dtype.base_dtype in _FLOATS, f"The variables must be half, float, or double: {var.name}", kind=TypeError)
            if var not in self._averages:
                self._averages[var] = self._start(var, corrected)
        with name_scope(self._name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                n = cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = PLAIN["Minimum"](decay, (1.0 + n) / (10.0 + n))
            updates = [assign_moving_average(self._averages[v], v, decay, self._averages[v] in corrected) for v in var_list]
            return group(*updates, name=scope)

    def _start(self, var, corrected):
        with init_scope():
            if isinstance(var, Variable):
                average = slots.create_slot(var, var.initialized_value(), self._name)
                default_graph().add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
                return average
            is_variable = var.op.type in ("Variable", "VariableV2", "VarHandleOp")
            average = slots.create_zeros_slot(var, self._name, colocate_with_primary=is_variable)
        if self._zero_debias:
            corrected.add(average)
        return average

    def average(self, var):
        """The average of a variable or tensor, or None if it has none."""
        return self._averages.get(var)

    def average_name(self, var):
        """The name under which the average of `var` is, or would be, saved."""
        if var in self._averages:
            return self._averages[var].op.name
        return default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables=None):
        """name -> variable: a dict for a `Saver` that gives variables their averages' values, and all others their own."""
        if moving_avg_variables is None:
            moving_avg_variables = [*trainable_variables(), *moving_average_variables()]
        averaged = dict.fromkeys(moving_avg_variables)
        out = {self.average_name(v): v for v in averaged}
        names = {v.name for v in averaged}
        for v in global_variables():
            if v.name not in names and v.op.name not in out:
                out[v.op.name] = v
        return out
