"""The contexts of conds and loops as messages, and back: so a graph from a MetaGraph can be differentiated."""

from ..formats.proto import CondContextDef, WhileContextDef
from ..graph.collection_protos import register_proto
from ..graph.graph import GraphKeys, default_graph
from ..graph.name_scopes import prepend_scope, strip_scope
from .contexts import CondContext, Context
from .while_context import WhileContext

__all__ = ["bare", "cond_from_proto", "while_from_proto"]

_ENTERS = ("Enter", "RefEnter")


def _values(context, out, export_scope):
    """Writes which tensors are known inside, and which stand for those outside."""
    out.values.extend(sorted(strip_scope(t.name, export_scope) for t in context.known))
    for outside, inside in context.brought.items():
        out.external_values[strip_scope(outside.name, export_scope)] = strip_scope(inside.name, export_scope)


def _nested(context, out, export_scope):
    for one in context._nested_contexts:
        made = out.nested_contexts.add()
        field = made.while_ctxt if one.IsWhileContext() else made.cond_ctxt
        field.CopyFrom(one.to_proto(export_scope))


def cond_to_proto(context, export_scope=None):
    """A branch's context as a message; None if it is not in the scope."""
    if export_scope is not None and not context.name.startswith(export_scope):
        return None
    out = CondContextDef(
        context_name=strip_scope(context.name, export_scope),
        pred_name=strip_scope(context.pred.name, export_scope),
        pivot_name=strip_scope(context.pivot.name, export_scope),
        branch=context.branch,
    )
    _values(context, out.values_def, export_scope)
    _nested(context, out, export_scope)
    return out


def while_to_proto(context, export_scope=None):
    """A loop's context as a message; None if it is not in the scope."""
    if export_scope is not None and not context.name.startswith(export_scope):
        return None
    out = WhileContextDef(
        context_name=strip_scope(context.name, export_scope),
        parallel_iterations=context.parallel_iterations,
        back_prop=context.back_prop,
        swap_memory=context.swap_memory,
        pivot_for_pred_name=strip_scope(context.pivot_for_pred.name, export_scope),
        pivot_for_body_name=strip_scope(context.pivot_for_body.name, export_scope),
        pivot_name=strip_scope(context.pivot.name, export_scope),
        loop_exit_names=[strip_scope(t.name, export_scope) for t in context.loop_exits],
        loop_enter_names=[strip_scope(t.name, export_scope) for t in context.loop_enters],
    )
    if context.maximum_iterations is not None:
        out.maximum_iterations_name = strip_scope(context.maximum_iterations.name, export_scope)
    _values(context, out.values_def, export_scope)
    _nested(context, out, export_scope)
    return out


def bare(kind):
    """A context of a kind in the one in force, its contents still to come."""
    made = kind.__new__(kind)
    Context.__init__(made)
    return made


def _finder(import_scope):
    graph = default_graph()
    return lambda name: graph.as_graph_element(prepend_scope(name, import_scope))


def _read_values(context, proto, find, import_scope):
    """Takes in what is known inside; the ops that are inside belong to the context from now on."""
    context.known |= {find(name) for name in proto.values}
    for outside, inside in proto.external_values.items():
        context.brought[find(outside)] = find(inside)
    for op in {tensor.op for tensor in context.known - set(context.brought)}:
        op._set_control_flow_context(context)
        if import_scope and op.type in _ENTERS and context.IsWhileContext():
            op._set_attr("frame_name", context.name.encode())


def _read_nested(context, proto, import_scope):
    context.Enter()
    for one in proto.nested_contexts:
        kind = one.WhichOneof("ctxt")
        (while_from_proto if kind == "while_ctxt" else cond_from_proto)(getattr(one, kind), import_scope)
    context.Exit()


def cond_from_proto(proto, import_scope=None):
    """The context of a branch that a message means, whose nodes are in the default graph."""
    find, made = _finder(import_scope), bare(CondContext)
    made._name = prepend_scope(proto.context_name, import_scope)
    made.pred, made.pivot, made.branch = find(proto.pred_name), find(proto.pivot_name), proto.branch
    _read_values(made, proto.values_def, find, import_scope)
    _read_nested(made, proto, import_scope)
    return made


def while_from_proto(proto, import_scope=None):
    """The context of a loop that a message means, whose nodes are in the default graph."""
    find, made = _finder(import_scope), bare(WhileContext)
    made._name = prepend_scope(proto.context_name, import_scope)
    made.maximum_iterations = find(proto.maximum_iterations_name) if proto.maximum_iterations_name else None
    made.parallel_iterations, made.back_prop = proto.parallel_iterations, proto.back_prop
    made.swap_memory, made.grad_state = proto.swap_memory, None
    made.pivot_for_pred, made.pivot_for_body = find(proto.pivot_for_pred_name), find(proto.pivot_for_body_name)
    made.pivot = find(proto.pivot_name)
    made.loop_exits = [find(name) for name in proto.loop_exit_names]
    made.loop_enters = [find(name) for name in proto.loop_enter_names]
    made.graph = default_graph()
    _read_values(made, proto.values_def, find, import_scope)
    _read_nested(made, proto, import_scope)
    return made


CondContext.to_proto, WhileContext.to_proto = cond_to_proto, while_to_proto
CondContext.from_proto, WhileContext.from_proto = staticmethod(cond_from_proto), staticmethod(while_from_proto)
register_proto(GraphKeys.COND_CONTEXT, CondContextDef, cond_to_proto, cond_from_proto)
register_proto(GraphKeys.WHILE_CONTEXT, WhileContextDef, while_to_proto, while_from_proto)
