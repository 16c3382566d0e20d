"""Optimizer: from a loss to the op that trains; what the single optimizers share."""

from ..build.gradients import AggregationMethod, gradients
from ..build.variables import Variable, init_scope, trainable_variables
from ..graph.composite import IndexedSlices
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import colocate_with, control_dependencies, name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops import state
from ..ops.control import group
from ..ops.control import tuple as tuple_
from ..ops.segment import unsorted_segment_sum
from ..ops.shape import shape
from ..ops.slicing import unique
from ..ops.state import RESOURCE_SCATTER
from . import slots

__all__ = ["Optimizer"]

_KINDS = frozenset({dtypes.float16, dtypes.float32, dtypes.float64, dtypes.bfloat16})


def is_resource(variable):
    """Whether a variable is one behind a handle."""
    return hasattr(variable, "handle")


class _Ref:
    """How a reference variable is updated."""

    def __init__(self, variable):
        self.variable = variable

    def target(self):
        return self.variable._ref()

    def update(self, optimizer, slope):
        if isinstance(slope, IndexedSlices):
            need(self.variable.constraint is None, "Cannot use a constraint function on a sparse variable.", kind=RuntimeError)
            return optimizer._apply_sparse_duplicate_indices(slope, self.variable)
        op = optimizer._apply_dense(slope, self.variable)
        if self.variable.constraint is None:
            return op
        with control_dependencies([op]):
            return self.variable.assign(self.variable.constraint(self.variable))


class _Resource(_Ref):
    """How a resource variable is updated."""

    def target(self):
        return self.variable.handle if not hasattr(self.variable, "_parent") else self.variable._parent.handle

    def update(self, optimizer, slope):
        if isinstance(slope, IndexedSlices):
            need(self.variable.constraint is None, "Cannot use a constraint function on a sparse variable.", kind=RuntimeError)
            return optimizer._resource_apply_sparse_duplicate_indices(slope.values, self.variable, slope.indices)
        op = optimizer._resource_apply_dense(slope, self.variable)
        if self.variable.constraint is None:
            return op
        with control_dependencies([op]):
            return self.variable.assign(self.variable.constraint(self.variable))


class _TensorTarget:
    """A tensor that slopes are taken by; it cannot be updated."""

    def __init__(self, tensor):
        self.variable = tensor

    def target(self):
        return self.variable

    def update(self, optimizer, slope):
        raise NotImplementedError("Trying to update a Tensor ", self.variable)


def _processor(variable):
    if variable.op.type == "VarHandleOp":
        return _Resource(variable)
    if isinstance(variable, Variable):
        return _Ref(variable)
    if isinstance(variable, Tensor):
        return _TensorTarget(variable)
    raise NotImplementedError("Trying to optimize unsupported type ", variable)


def _deduplicated(values, indices):
    """(rows summed by index, the different indices)."""
    found, places = unique(indices)
    return unsorted_segment_sum(values, places, shape(found)[0]), found


@export("train.Optimizer")
class Optimizer:
    """What turns slopes into updates. Use one of its kinds: `minimize` gives the op that trains.

    Args:
      use_locking: accepted; updates never mix.
      name: of the ops.

    Raises:
      ValueError: no name.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking, name):
        need(name, "Must specify the optimizer name")
        self._use_locking, self._name = use_locking, name
        self._slots = {}
        self._non_slot_dict = {}
        self._deferred_slot_restorations = {}

    def get_name(self):
        """The name that it was made with."""
        return self._name

    # --- from loss to update -------------------------------------------------------------------------

    def minimize(
        self,
        loss,
        global_step=None,
        var_list=None,
        gate_gradients=GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        name=None,
        grad_loss=None,
    ):
        """The op that makes one step against the slope of `loss`.

        Args:
          loss: a scalar tensor.
          global_step: a variable that is increased by 1 with each step.
          var_list: the variables to train; all trainable ones by default.
          gate_gradients: GATE_NONE, GATE_OP or GATE_GRAPH: what is computed before any slope is used.
          aggregation_method: one of `AggregationMethod`.
          colocate_gradients_with_ops: whether an op's slope stands on its device.
          name: the op's name.
          grad_loss: the slope to begin with.

        Raises:
          ValueError: no variable has a slope.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        with_slope = [v for g, v in pairs if g is not None]
        need(
            with_slope,
            "No gradients provided for any variable, check your graph for ops that do not support gradients, between variables "
            f"{[str(v) for _, v in pairs]} and loss {loss}.",
        )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss,
        var_list=None,
        gate_gradients=GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        grad_loss=None,
    ):
        """(slope, variable) for each variable; the arguments are those of `minimize`.

        Raises:
          TypeError: a variable of a wrong kind; ValueError: no variables, or a wrong gate.
        """
        need(
            not callable(loss),
            "`loss` passed to Optimizer.compute_gradients should be a function when eager execution is enabled.",
            kind=RuntimeError,
        )
        need(
            gate_gradients in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH),
            f"gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not {gate_gradients}",
        )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            var_list = [*trainable_variables(), *default_graph().get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)]
        else:
            var_list = list(_flat(var_list))
        var_list += default_graph().get_collection("_STREAMING_MODEL_PORTS")
        processors = [_processor(v) for v in var_list]
        need(var_list, "No variables to optimize.")
        slopes = gradients(
            loss,
            [p.target() for p in processors],
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP,
            aggregation_method=aggregation_method or AggregationMethod.DEFAULT,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == Optimizer.GATE_GRAPH:
            slopes = tuple_(slopes)
        pairs = list(zip(slopes, var_list, strict=True))
        self._assert_valid_dtypes([v for g, v in pairs if g is not None and v.dtype != dtypes.resource])
        return pairs

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """The op that updates variables by their slopes.

        Args:
          grads_and_vars: pairs of a slope (a tensor, IndexedSlices, or None) and its variable.
          global_step: a variable that is increased by 1.
          name: the op's name.

        Raises:
          TypeError: a slope of a wrong kind; ValueError: no slopes.
        """
        pairs = tuple(grads_and_vars)
        need(pairs, "No variables provided.")
        checked = []
        for g, v in pairs:
            if g is not None:
                try:
                    g = g if isinstance(g, IndexedSlices) else convert_to_tensor(g)
                except TypeError:
                    raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {g}") from None
                if not isinstance(g, (Tensor, IndexedSlices)):
                    raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {g}")
            checked.append((g, v, _processor(v)))
        var_list = [v for g, v, _ in checked if g is not None]
        need(var_list, f"No gradients provided for any variable: {[str(v) for _, v, _ in checked]}.")
        with init_scope():
            self._create_slots(var_list)
        updates = []
        with name_scope(name, self._name) as scope:
            self._prepare()
            for slope, variable, processor in checked:
                if slope is None:
                    continue
                plain = variable.op._name if not is_resource(variable) else variable.handle.op._name
                with (
                    name_scope("update_" + plain),
                    colocate_with(variable._ref() if isinstance(variable, Variable) else variable),
                ):
                    updates.append(processor.update(self, slope))
            done = self._finish(updates, scope) if global_step is None else self._step_after(updates, global_step, scope)
            train_op = default_graph().get_collection_ref(GraphKeys.TRAIN_OP)
            done = done.op if isinstance(done, Tensor) else done
            if done not in train_op:
                train_op.append(done)
            return done

    def _step_after(self, updates, global_step, scope):
        with (
            control_dependencies([self._finish(updates, "update")]),
            colocate_with(global_step._ref() if isinstance(global_step, Variable) else global_step),
        ):
            if is_resource(global_step):
                return assign_add_resource_node(global_step.handle, convert_to_tensor(1, dtype=global_step.dtype), name=scope)
            return state.assign_add(global_step, 1, name=scope)

    # --- what kinds of optimizers fill in -------------------------------------------------------------

    def _create_slots(self, var_list):
        """Makes the slots of the variables."""

    def _prepare(self):
        """Makes the tensors that all updates share."""

    def _apply_dense(self, grad, var):
        raise NotImplementedError

    def _resource_apply_dense(self, grad, handle):
        raise NotImplementedError

    def _apply_sparse(self, grad, var):
        raise NotImplementedError

    def _resource_apply_sparse(self, grad, handle, indices):
        raise NotImplementedError

    def _finish(self, update_ops, name_scope):
        return group(*update_ops, name=name_scope)

    def _apply_sparse_duplicate_indices(self, grad, var):
        values, indices = _deduplicated(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        values, different = _deduplicated(grad, indices)
        return self._resource_apply_sparse(values, handle, different)

    def _resource_scatter_add(self, x, i, v):
        with control_dependencies([RESOURCE_SCATTER["Add"](x.handle, i, v)]):
            return x.value()

    # --- slots ------------------------------------------------------------------------------------------

    def _slot_dict(self, slot_name):
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var, val, slot_name, op_name):
        named = self._slot_dict(slot_name)
        if var not in named:
            named[var] = slots.create_slot(var, val, op_name)
        return named[var]

    def _get_or_make_slot_with_initializer(self, var, initializer, shape, dtype, slot_name, op_name):
        named = self._slot_dict(slot_name)
        if var not in named:
            named[var] = slots.create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        return named[var]

    def _zeros_slot(self, var, slot_name, op_name):
        named = self._slot_dict(slot_name)
        if var not in named:
            named[var] = slots.create_zeros_slot(var, op_name)
        return named[var]

    def get_slot(self, var, name):
        """The slot `name` of a variable, or None if there is none."""
        named = self._slots.get(name)
        return None if not named else named.get(var)

    def get_slot_names(self):
        """The names of the slots, sorted."""
        return sorted(self._slots)

    def variables(self):
        """The variables that the optimizer made, sorted by name."""
        here = default_graph()
        own = [v for (_, graph), v in self._non_slot_dict.items() if graph is here]
        own += [s for named in self._slots.values() for v, s in named.items() if s.graph is here]
        return sorted(own, key=lambda v: v.name)

    def _create_non_slot_variable(self, initial_value, name, colocate_with):
        key = (name, colocate_with.graph)
        if key not in self._non_slot_dict:
            with default_graph().colocate_with(colocate_with._ref()):
                self._non_slot_dict[key] = Variable(
                    initial_value, name=name, trainable=False, use_resource=is_resource(colocate_with)
                )
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name, graph=None):
        return self._non_slot_dict.get((name, graph))

    # --- values that may be numbers, tensors or functions ----------------------------------------------

    def _call_if_callable(self, param):
        return param() if callable(param) and not isinstance(param, Variable) else param

    def _assert_valid_dtypes(self, tensors):
        for t in tensors:
            kind = t.dtype.base_dtype
            if kind not in self._valid_dtypes():
                raise ValueError(
                    f"Invalid type {kind!r} for {t.name}, expected: {[v for v in _ORDER if v in self._valid_dtypes()]}."
                )

    def _valid_dtypes(self):
        return _KINDS


_ORDER = [dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16]
assign_add_resource_node = define("AssignAddVariableOp")


def _flat(values):
    for one in nest.flatten(values):
        yield from one if hasattr(one, "_variable_list") else [one]
