"""MetaGraphs written: a graph with its collections and its saver, whole or one scope of it."""

import os
import re

from google.protobuf.any_pb2 import Any

from ..build.importer import op_list
from ..formats.proto import GraphDef, NodeDef, OpList
from ..formats.proto.meta_graph_pb2 import MetaGraphDef, SaverDef
from ..graph import opdef
from ..graph.collection_protos import PROTOS
from ..graph.graph import Graph, GraphKeys, default_graph
from ..graph.name_scopes import strip_scope
from ..ground.api import export
from ..ground.errors import need
from ..platform.logging import warn
from .graph_io import write_graph

__all__ = ["export_meta_graph", "export_scoped_meta_graph"]

UNBOUND = "$unbound_inputs_"
_VERSION, _GIT = "1.15.5", "v1.15.4-39-g3db52be"
_SAVES = frozenset(
    "SaveV2 Save SaveSlice LegacySave LegacySaveSlice RestoreV2 Restore RestoreSlice LegacyRestore LegacyRestoreSlice".split()
)


@export("train.export_meta_graph")
def export_meta_graph(
    filename=None,
    meta_info_def=None,
    graph_def=None,
    saver_def=None,
    collection_list=None,
    as_text=False,
    graph=None,
    export_scope=None,
    clear_devices=False,
    clear_extraneous_savers=False,
    strip_default_attrs=False,
    save_debug_info=False,
    **kwargs,
):
    """A graph with its collections as a `MetaGraphDef`, written to a file if one is named.

    Args:
      filename: the file.
      meta_info_def: a `MetaInfoDef` with what is known beyond the graph.
      graph_def: the graph as a `GraphDef`, if it is at hand.
      saver_def: the `SaverDef` to put in.
      collection_list: names of the collections to put in; all by default.
      as_text: whether the file is text.
      graph: the graph; the default one if None.
      export_scope: the only scope to put in; it is taken from the names.
      clear_devices: whether devices are left out.
      clear_extraneous_savers: whether nodes of other savers are left out.
      strip_default_attrs: whether attributes with default values are left out.
      save_debug_info: accepted.

    Returns:
      A `MetaGraphDef`.

    Raises:
      TypeError: an argument of another kind.
    """
    made, _ = export_scoped_meta_graph(
        filename=filename,
        meta_info_def=meta_info_def,
        graph_def=graph_def,
        saver_def=saver_def,
        collection_list=collection_list,
        as_text=as_text,
        graph=graph,
        export_scope=export_scope,
        clear_devices=clear_devices,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        save_debug_info=save_debug_info,
        **kwargs,
    )
    return made


def export_scoped_meta_graph(
    filename=None,
    graph_def=None,
    graph=None,
    export_scope=None,
    as_text=False,
    unbound_inputs_col_name="unbound_inputs",
    clear_devices=False,
    saver_def=None,
    clear_extraneous_savers=False,
    strip_default_attrs=False,
    save_debug_info=False,
    **more,
):
    """(a `MetaGraphDef`, the variables in it by name): `export_meta_graph`, which notes inputs from outside of the scope.

    Args:
      unbound_inputs_col_name: the collection that is given the names of such inputs.
      **more: `meta_info_def`, `collection_list`; the rest is `export_meta_graph`'s.
    """
    graph = default_graph() if graph is None else graph
    left_out, unbound = set(), []
    if export_scope or clear_extraneous_savers or clear_devices:
        whole = graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
        if clear_extraneous_savers:
            left_out = _other_savers(whole, saver_def)
        graph_def = GraphDef(versions=whole.versions, library=whole.library)
        for node in whole.node:
            if _inside(node.name, export_scope, left_out):
                graph_def.node.append(_stripped(node, export_scope, unbound, clear_devices))
        if unbound_inputs_col_name:
            graph.clear_collection(unbound_inputs_col_name)
            for name in unbound:
                graph.add_to_collection(unbound_inputs_col_name, name)
    variables = {
        strip_scope(v.name, export_scope): v
        for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=export_scope)
        if _inside(v.name, export_scope, left_out)
    }
    made = create_meta_graph_def(
        graph_def=graph_def,
        graph=graph,
        export_scope=export_scope,
        exclude_nodes=left_out,
        clear_extraneous_savers=clear_extraneous_savers,
        saver_def=saver_def,
        strip_default_attrs=strip_default_attrs,
        **more,
    )
    if filename:
        write_graph(made, os.path.dirname(filename), os.path.basename(filename), as_text=as_text)
    return made, variables


def _inside(name, scope, left_out):
    return name not in left_out and (name.startswith(UNBOUND) or not scope or name.startswith(scope))


def _stripped(node, scope, unbound, clear_devices):
    """A node without the scope in its names; inputs from outside are renamed, and noted."""
    out = NodeDef.FromString(node.SerializeToString())
    out.name = strip_scope(node.name, scope)
    for k, name in enumerate(node.input):
        if scope and not name.lstrip("^").startswith(scope):
            out.input[k] = re.sub(r"([\^]|^)(.*)", lambda m: m[1] + UNBOUND + m[2], name, count=1)
            unbound.append(out.input[k])
        else:
            out.input[k] = strip_scope(name, scope)
    if "_class" in out.attr:
        groups = [g.decode() for g in node.attr["_class"].list.s]
        kept = [strip_scope(g, scope).encode() for g in groups if not scope or g.split("@")[1].startswith(scope)]
        out.attr["_class"].list.s[:] = kept
    if out.op in ("Enter", "RefEnter"):
        frame = node.attr["frame_name"].s.decode()
        out.attr["frame_name"].s = (strip_scope(frame, scope) if not scope or frame.startswith(scope) else frame).encode()
    if clear_devices:
        out.device = ""
    return out


def _other_savers(graph_def, saver_def):
    """The nodes in the scopes of savers other than this one."""
    nodes = {node.name for node in graph_def.node if node.op in _SAVES}
    scopes = {_scope(name) for name in nodes} - nodes
    if saver_def is not None:
        scopes -= {_scope(saver_def.save_tensor_name.split(":")[0]), _scope(saver_def.restore_op_name.split(":")[0])}
    prefixes = tuple(scope + "/" for scope in scopes)
    return {node.name for node in graph_def.node if node.name.startswith(prefixes)} if prefixes else set()


def _scope(name):
    return name.lstrip("^").rpartition("/")[0]


def create_meta_graph_def(
    meta_info_def=None,
    graph_def=None,
    saver_def=None,
    collection_list=None,
    graph=None,
    export_scope=None,
    exclude_nodes=None,
    clear_extraneous_savers=False,
    strip_default_attrs=False,
):
    """A `MetaGraphDef` put together; the arguments are `export_meta_graph`'s, `exclude_nodes` names of nodes to leave out."""
    _check("graph", graph, Graph, "Graph")
    _check("meta_info_def", meta_info_def, MetaGraphDef.MetaInfoDef, "MetaInfoDef")
    _check("graph_def", graph_def, GraphDef, "GraphDef")
    _check("saver_def", saver_def, SaverDef, "SaverDef")
    graph = default_graph() if graph is None else graph
    out = MetaGraphDef()
    if meta_info_def is not None:
        out.meta_info_def.MergeFrom(meta_info_def)
    out.meta_info_def.tensorflow_version, out.meta_info_def.tensorflow_git_version = _VERSION, _GIT
    out.graph_def.MergeFrom(graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def)
    if not out.meta_info_def.stripped_op_list.op:
        out.meta_info_def.stripped_op_list.MergeFrom(_used_ops(out.graph_def))
    if strip_default_attrs:
        _strip_defaults(out)
    if saver_def is not None:
        out.saver_def.MergeFrom(saver_def)
    for key in graph.get_all_collection_keys() if collection_list is None else collection_list:
        own = [saver_def] if clear_extraneous_savers and key == GraphKeys.SAVERS else None
        add_collection(out, key, graph, export_scope, exclude_nodes or set(), own)
    return out


def _check(name, value, kind, shown):
    need(value is None or isinstance(value, kind), f"{name} must be of type {shown}, not {type(value)}", kind=TypeError)


def _used_ops(graph_def):
    """The definitions of the op types in a graph, those that we have."""
    known = set(opdef.names())
    return OpList(op=op_list({node.op for node in graph_def.node} & known))


def _strip_defaults(out):
    for node in out.graph_def.node:
        try:
            definition = opdef.lookup(node.op)
        except KeyError:
            continue
        theirs = {a.name: a.default_value for a in op_list([node.op])[0].attr if a.HasField("default_value")}
        for key in [k for k, v in node.attr.items() if k in definition.attrs and theirs.get(k) == v]:
            del node.attr[key]
    out.meta_info_def.stripped_default_attrs = True


def add_collection(out, key, graph, export_scope, left_out, own=None):
    """Puts a collection into a `MetaGraphDef`; one that has no form there is left out, with a warning."""
    if not isinstance(key, (str, bytes)):
        warn("Only collections with string type keys will be serialized. This key has %s", type(key))
        return
    items = [x for x in own or graph.get_collection(key) if _goes(x, export_scope, left_out)]
    if not items:
        return
    try:
        out.collection_def[key].CopyFrom(_collection(key, items, export_scope, own is not None))
    except (AttributeError, TypeError, ValueError) as error:
        warn(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the items don't match field type in "
            "CollectionDef. Note this is a warning and probably safe to ignore.\n%s",
            key,
            str(error),
        )
        out.collection_def.pop(key, None)


def _goes(item, scope, left_out):
    name = item if isinstance(item, str) else getattr(item, "name", None)
    return not isinstance(name, str) or _inside(name, scope, left_out)


def _collection(key, items, scope, are_protos):
    out = type(MetaGraphDef().collection_def[key])()
    kind, to, _ = PROTOS.get(key, (None, None, None))
    if kind is not None and to is not None:
        for item in items:
            proto = item if are_protos else to(item, export_scope=scope)
            if proto is not None:
                need(isinstance(proto, kind), f"{item!r} in collection {key}", kind=TypeError)
                out.bytes_list.value.append(proto.SerializeToString())
        return out
    first = items[0]
    if isinstance(first, (str, bytes)):
        out.bytes_list.value.extend(x.encode() if isinstance(x, str) else x for x in items)
    elif isinstance(first, Any):
        out.any_list.value.extend(items)
    elif isinstance(first, int):
        out.int64_list.value.extend(items)
    elif isinstance(first, float):
        out.float_list.value.extend(items)
    else:
        out.node_list.value.extend(strip_scope(x.name, scope) for x in items if not scope or x.name.startswith(scope))
    return out
