"""Variables as `VariableDef` messages, and back: how collections of variables lie in a MetaGraph."""

from ..formats.proto import SaveSliceInfoDef, VariableDef
from ..graph.collection_protos import register_proto
from ..graph.graph import GraphKeys, default_graph
from ..graph.name_scopes import prepend_scope, strip_scope
from .partitioned import SaveSliceInfo
from .synchronization import VariableAggregation, VariableSynchronization
from .variables import RefVariable, ResourceVariable, Variable

__all__ = ["from_proto", "to_proto"]


def to_proto(variable, export_scope=None):
    """A variable as a message, a scope taken from the names; None if it is not in the scope."""
    if export_scope is not None and not variable._variable.name.startswith(export_scope):
        return None
    resource = isinstance(variable, ResourceVariable)
    out = VariableDef(
        variable_name=strip_scope(variable._variable.name, export_scope),
        initializer_name=strip_scope(variable.initializer.name, export_scope),
        snapshot_name=strip_scope(_snapshot(variable).name, export_scope),
        is_resource=resource,
        trainable=bool(variable.trainable),
        synchronization=_number(variable.synchronization),
        aggregation=_number(variable.aggregation),
    )
    if variable._initial_value is not None:
        out.initial_value_name = strip_scope(variable._initial_value.name, export_scope)
    if variable._save_slice_info:
        out.save_slice_info_def.CopyFrom(_slice_to_proto(variable._save_slice_info, export_scope))
    return out


def _snapshot(variable):
    """The tensor that reads it."""
    if isinstance(variable, ResourceVariable):
        return variable._graph_element if variable._cached is None else variable._cached
    return variable._snapshot


def _number(choice):
    return getattr(choice, "value", 0)


def _slice_to_proto(info, export_scope):
    if export_scope is not None and not info.full_name.startswith(export_scope):
        return SaveSliceInfoDef()
    return SaveSliceInfoDef(
        full_name=strip_scope(info.full_name, export_scope),
        full_shape=info.full_shape,
        var_offset=info.var_offset,
        var_shape=info.var_shape,
    )


def from_proto(proto, import_scope=None):
    """The variable that a message means, whose nodes are in the default graph under `import_scope`.

    Raises:
      KeyError: one of its nodes is not there.
    """
    return (ResourceVariable if proto.is_resource else RefVariable)(variable_def=proto, import_scope=import_scope)


def fill(variable, proto, import_scope):
    """Makes of a bare object the variable that a message means."""
    graph = variable._graph = default_graph()

    def find(name):
        return graph.as_graph_element(prepend_scope(name, import_scope))

    variable._variable = find(proto.variable_name)
    variable._initializer_op = find(proto.initializer_name)
    variable._initial_value = find(proto.initial_value_name) if proto.initial_value_name else None
    variable._snapshot = find(proto.snapshot_name) if proto.snapshot_name else None
    variable._trainable = proto.trainable
    variable._synchronization = VariableSynchronization(proto.synchronization)
    variable._aggregation = VariableAggregation(proto.aggregation)
    if proto.HasField("save_slice_info_def"):
        info = proto.save_slice_info_def
        name = prepend_scope(info.full_name, import_scope)
        variable._set_save_slice_info(SaveSliceInfo(name, list(info.full_shape), list(info.var_offset), list(info.var_shape)))
    variable._restore_extra()


Variable.to_proto = to_proto
Variable._from_proto = fill
Variable.from_proto = staticmethod(from_proto)

for _key in (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.GLOBAL_STEP,
    GraphKeys.EVAL_STEP,
    GraphKeys.METRIC_VARIABLES,
):
    register_proto(_key, VariableDef, to_proto, from_proto)
