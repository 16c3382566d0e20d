"""Where in the control flow an op stands: questions about contexts that need no op of their own.

The contexts themselves, which add Switch and Enter nodes, are build/contexts.py and build/while_context.py.
"""

__all__ = ["check_input", "contains", "enclosing_while", "is_constant_enter", "is_exit", "output_context", "while_of"]

_ENTERS = frozenset({"Enter", "RefEnter"})
_EXITS = frozenset({"Exit", "RefExit"})
_SWITCHES = frozenset({"Switch", "RefSwitch"})
_PASSING = _SWITCHES | {"Identity", "RefIdentity"}


def is_enter(op):
    """Whether `op` takes a value into a loop."""
    return op._def.name in _ENTERS


def is_exit(op):
    """Whether `op` takes a value out of a loop."""
    return op._def.name in _EXITS


def is_switch(op):
    """Whether `op` is a switch, of a cond or a loop."""
    return op._def.name in _SWITCHES


def is_loop_switch(op):
    """Whether `op` is the switch of a loop variable."""
    context = op._control_flow_context
    return is_switch(op) and context is not None and context.IsWhileContext() and not _is_cond_switch(op)


def _is_cond_switch(op):
    """Whether all that take the outputs of a switch stand in branches."""
    for tensor in op.outputs:
        for user in tensor.consumers():
            context = user._control_flow_context
            if is_enter(user) and context is not None:
                context = context.outer_context
            if context is None or not context.IsCondContext():
                return False
    return True


def is_constant_enter(op):
    """Whether `op` takes a value into a loop that is the same in every iteration."""
    return is_enter(op) and op.attrs["is_constant"]


def constant_enter_of(tensor):
    """The Enter op whose unchanging value `tensor` is, or None."""
    op = tensor.op
    while op._def.name in _PASSING:
        op = op._inputs[0].op
    return op if is_constant_enter(op) else None


def output_context(op):
    """The context that the outputs of `op` belong to: for an Exit the one around the loop."""
    context = op._control_flow_context
    return context.outer_context if context is not None and is_exit(op) else context


def while_of(op):
    """The innermost loop that `op` stands in, or None."""
    return enclosing_while(op._control_flow_context)


def enclosing_while(context):
    """`context`, if it is a loop, or the innermost loop around it, or None."""
    return None if context is None else context.GetWhileContext()


def contains(outer, context):
    """Whether `context` is `outer` or inside of it; None is around everything."""
    while context is not outer:
        if context is None:
            return False
        context = context.outer_context
    return True


def check_input(op, source):
    """Refuses an input from inside of a loop that `op` does not stand in.

    Args:
      op: the new operation.
      source: an operation that gives it an input.

    Raises:
      ValueError: no run could ever give this value to `op`.
    """
    inside, given = op._control_flow_context, output_context(source)
    if given is None or given is inside:
        return
    loop, given_loop = enclosing_while(inside), enclosing_while(given)
    if loop is None:
        if given_loop is None or is_enter(op) or is_switch(op):
            return
        why = f"'{source._name}' is in a while loop."
    elif contains(given_loop, loop) or _of_gradient(loop, given_loop):
        return
    else:
        why = "they are in different while loops."
    raise ValueError(f"Cannot use '{source._name}' as input to '{op._name}' because {why} See info log for more details.")


def _of_gradient(loop, given):
    """Whether one of two loops belongs to the gradient of the other, as it may while that is built."""
    forward = loop.grad_state and loop.grad_state.forward_context
    if forward and (contains(given, forward) or forward is given.outer_context):
        return True
    of_given = given.grad_state and given.grad_state.forward_context
    if not of_given:
        return False
    return of_given is loop or bool(of_given.grad_state and of_given.grad_state.forward_context is loop)
