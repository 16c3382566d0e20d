"""The context of a while loop: values from outside enter its frame, ops inside are tied to its pivot."""

from ..graph.contexts import enclosing_while, is_constant_enter, is_exit, output_context, while_of
from ..graph.convert import convert
from ..graph.graph import default_graph
from ..ground import nest
from ..ground.shapes import TensorShape
from ..ops.basic import identity
from ..ops.control import keep
from ..ops.flow import enter, exit, loop_cond, merge, next_iteration, switch_as_it_is
from ..ops.tensor_array import flow_of, with_flow
from .contexts import Context

__all__ = ["WhileContext"]


class WhileContext(Context):
    """A while loop.

    Args:
      maximum_iterations: an int tensor, or None.
      parallel_iterations: how many iterations TF may have under way at once.
      back_prop: whether it may have a gradient.
      swap_memory: whether TF may keep what the gradient needs in the host's memory.
      name: its name, made unique: the name of its frame.
      grad_state: of a gradient's loop, the state that it belongs to.
    """

    def __init__(
        self,
        maximum_iterations=None,
        parallel_iterations=10,
        back_prop=True,
        swap_memory=False,
        name="while_context",
        grad_state=None,
    ):
        super().__init__()
        if not isinstance(parallel_iterations, int) or parallel_iterations <= 0:
            raise ValueError(f"`parallel_iterations` must be a positive integer: {parallel_iterations}")
        self._name = default_graph().unique_name(name)
        self.maximum_iterations, self.parallel_iterations = maximum_iterations, parallel_iterations
        self.back_prop, self.swap_memory, self.grad_state = back_prop, swap_memory, grad_state
        self.pivot = None  # the loop's condition
        self.pivot_for_pred = self.pivot_for_body = None  # there whenever the condition, the body runs
        self.loop_enters, self.loop_exits = [], []
        self.graph = default_graph()

    def GetWhileContext(self):
        """Itself."""
        return self

    def IsWhileContext(self):
        """True."""
        return True

    def GetControlPivot(self):
        """The tensor that is there whenever the body runs; while the condition is built, the one for that."""
        return self.pivot_for_pred if self.pivot_for_body is None else self.pivot_for_body

    # --- what comes in ----------------------------------------------------------------------------

    def AddValue(self, val):
        """The tensor that stands for `val` inside: an Enter is added for one from outside.

        In a gradient's loop a value of the forward loop is taken from where that loop has kept it.
        """
        if val in self.known or val.op._control_flow_context is self:
            return self.brought.get(val, val)
        self.known.add(val)
        state = self._gradient_of(val)
        if state is not None:
            self.brought[val] = state.GetRealValue(val)
            return self.brought[val]
        outside = val if self.outer_context is None else self.outer_context.AddValue(val)
        with default_graph().control_dependencies(None):
            made = self.enter(outside, is_constant=True)
            made.graph.prevent_feeding(made)
            if self.outer_context is not None:
                self.outer_context.AddInnerOp(made.op)
        self._place_enters([made])
        self.known.add(made)
        self.brought[val] = made
        return made

    @staticmethod
    def _gradient_of(val):
        """The state of the gradient that is being built, if `val` is from its forward loop; else None."""
        loop = enclosing_while(default_graph()._get_control_flow_context())
        if loop is None or not loop.grad_state:
            return None
        forward = enclosing_while(output_context(val.op))
        return loop.grad_state if forward is loop.grad_state.forward_context else None

    def enter(self, x, is_constant=False, use_input_shape=True, name=None):
        """`x` inside of this loop's frame."""
        return enter(x, self._name, is_constant, self.parallel_iterations, use_input_shape, name)

    def AddOp(self, op):
        """Takes in a new op.

        A shape that a gradient's loop takes of a forward value is taken in the forward loop: less to keep.
        """
        if op._def.name in ("Shape", "Size", "Rank"):
            loop = enclosing_while(default_graph()._get_control_flow_context())
            source = op._inputs[0].op
            if loop is not None and loop.grad_state and while_of(source) is loop.grad_state.forward_context:
                context = source._control_flow_context
                op._set_control_flow_context(context)
                context._take(op) if context.IsWhileContext() else context.AddOp(op)
                return
        self._take(op)

    def _take(self, op):
        if op._inputs:
            for k, tensor in enumerate(op._inputs):
                inside = self.AddValue(tensor)
                if inside is not tensor:
                    op._update_input(k, inside)
            _, dropped = self._drop_outside_controls(op)
            if not op._controls and all(is_constant_enter(t.op) for t in op._inputs):
                op._add_control_input(self.GetControlPivot().op)
        else:
            kept, dropped = self._drop_outside_controls(op)
            if not kept:
                op._add_control_input(self.GetControlPivot().op)
        self.known.update(op.outputs)
        if dropped:
            self._wait_inside(op, dropped)
        if self.outer_context is not None or not is_exit(op):
            op.graph.prevent_fetching(op)
            for tensor in op.outputs:
                op.graph.prevent_feeding(tensor)
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def _wait_inside(self, op, controls):
        """Lets `op` wait for ops outside, through identities of their outputs."""
        with default_graph().control_dependencies(None):
            self.Enter()
            waits = [identity(c.outputs[0]).op for c in controls if c.outputs]
            self.Exit()
        op._add_control_inputs(waits)

    def _place_enters(self, enters):
        """Puts Enter ops into this context, with those control inputs in force that stand outside of it."""
        graph = default_graph()
        for tensor in enters:
            op = tensor.op
            controls = graph._controls_for(op._inputs) if graph._controls else []
            op._set_control_flow_context(self)
            op._add_control_inputs([c for c in controls if self._is_outside(c)])
            for block in graph._controls:
                block.add_op(op)

    def _is_outside(self, op):
        """Whether `op` is in a context around this loop, no further out than the next loop."""
        of_op, context = output_context(op), self.outer_context
        stop = enclosing_while(context)
        while context is not of_op:
            if context is None or context is stop:
                return False
            context = context.outer_context
        return True

    # --- the loop itself --------------------------------------------------------------------------

    def BuildLoop(self, pred, body, loop_vars, shape_invariants, return_same_structure):
        """Adds the loop's nodes.

        Args:
          pred: of the loop variables a bool scalar.
          body: of the loop variables their next values.
          loop_vars: a list or tuple, a nest of tensors and TensorArrays.
          shape_invariants: None, or a list of shapes for the flat loop variables.
          return_same_structure: whether a single result stays in its list.

        Returns:
          The loop variables after the last iteration.
        """
        flat = [convert(flow_of(v)) for v in nest.flatten(loop_vars, expand_composites=True)]
        self.Enter()
        try:
            result, exits = self._build(pred, body, loop_vars, flat, shape_invariants)
        finally:
            self.Exit()
        exits = [with_flow(a, t) for a, t in zip(nest.flatten(result, expand_composites=True), exits, strict=True)]
        packed = nest.pack_sequence_as(result, exits, expand_composites=True)
        return packed[0] if len(exits) == 1 and not return_same_structure else packed

    def _build(self, pred, body, loop_vars, flat, invariants):
        enters = self._enter_all(flat, invariants)
        merges = [merge([x, x])[0] for x in enters]
        self.pivot_for_pred = merges[0]
        originals = nest.flatten(loop_vars, expand_composites=True)
        condition = convert(pred(*_packed(loop_vars, originals, merges)))
        self.pivot = loop_cond(condition, name="LoopCond")
        switches = [switch_as_it_is(x, self.pivot) for x in merges]
        inside = [keep(x[1]) for x in switches]
        self.pivot_for_body = inside[0]
        given = _packed(loop_vars, originals, inside)
        result = body(*given)
        if not nest.is_nested(result):
            result = [result]
        nest.assert_same_structure(list(given), list(result), expand_composites=True)
        _close(merges, result)
        self.loop_exits = [exit(x[0]) for x in switches]
        self.ExitResult(self.loop_exits)
        return result, self.loop_exits

    def _enter_all(self, flat, invariants):
        """The loop variables inside of the frame."""
        self.known = set(flat)
        outer = self.outer_context
        real = flat if outer is None else [outer.AddValue(x) for x in flat]
        with default_graph().control_dependencies(None):
            enters = [self.enter(x, use_input_shape=invariants is None) for x in real]
            for x in enters:
                x.graph.prevent_feeding(x)
                if outer is not None:
                    outer.AddInnerOp(x.op)
        pivot = _pivot_around(outer)
        if pivot is not None:
            for x in enters:
                if is_constant_enter(x.op._inputs[0].op):
                    x.op._add_control_input(pivot.op)
        if invariants is not None:
            _set_invariants(real, enters, invariants)
        self._place_enters(enters)
        self.known = set(enters)
        self.loop_enters = enters
        return enters


def _packed(structure, originals, flat):
    """Tensors in the nest of the loop variables, flows as the TensorArrays that they are of."""
    whole = [with_flow(a, t) for a, t in zip(originals, flat, strict=True)]
    return nest.pack_sequence_as(structure, whole, expand_composites=True)


def _pivot_around(context):
    """The innermost pivot of `context` and those around it, or None."""
    while context is not None:
        if context.GetControlPivot() is not None:
            return context.GetControlPivot()
        context = context.outer_context
    return None


def _set_invariants(real, enters, invariants):
    for outside, inside, shape in zip(real, enters, invariants, strict=True):
        if not within(outside.get_shape(), shape):
            raise ValueError(
                f"The shape invariant specified for {outside.name} is not compatible with the initial shape of the "
                f"loop variable. It enters the loop with shape {outside.get_shape()}, but the specified shape "
                f"invariant is {shape}."
            )
        inside.set_shape(shape)


def within(shape, invariant):
    """Whether every array of `shape` is one of `invariant`."""
    if invariant.dims is None:
        return True
    if shape.ndims != invariant.ndims:
        return False
    return all(b.value is None or a.value == b.value for a, b in zip(shape.dims, invariant.dims, strict=True))


def _close(merges, result):
    """Adds the way back from the body's results to the Merges."""
    values = [flow_of(v) for v in nest.flatten(result, expand_composites=True)]
    values = [None if v is None else convert(v) for v in values]
    if len(merges) != len(values):
        raise ValueError(f"Number of inputs and outputs of body must match loop_vars: {len(merges)}, {len(values)}")
    for into, value in zip(merges, values, strict=True):
        add_back_edge(into, value)


def add_back_edge(into, value, check_shape=True):
    """`value` is what the Merge of `into` gives in the next iteration.

    Args:
      into: the first output of a Merge.
      value: a tensor, or what becomes one.
      check_shape: whether it has to have the shape that `into` has.

    Raises:
      ValueError: it has another shape, or is None.
    """
    after = next_iteration(convert(value))
    if check_shape and not within(after.get_shape(), into.get_shape()):
        outside = into.op._inputs[0].op._inputs[0]
        raise ValueError(
            f"Input tensor '{outside.name}' enters the loop with shape {TensorShape._of(outside.dims)}, but has shape "
            f"{after.get_shape()} after one iteration. To allow the shape to vary across iterations, use the "
            "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."
        )
    into.op._update_input(1, after)
    return after
