"""MetaGraphs read: their nodes added to a graph, their collections filled, a saver made."""

import os

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from ..build.importer import import_graph_def
from ..formats.files import read_file
from ..formats.paths import to_path
from ..formats.proto.meta_graph_pb2 import MetaGraphDef
from ..graph.collection_protos import PROTOS
from ..graph.graph import GraphKeys, default_graph
from ..graph.name_scopes import prepend_scope, strip_scope
from ..ground.api import constant, export
from ..ground.errors import need
from ..platform.logging import error as log_error
from ..platform.logging import info, warn
from .saveables import all_saveables
from .saver import Saver

__all__ = ["import_meta_graph", "import_scoped_meta_graph", "read_meta_graph_file"]

constant(MetaGraphDef, "MetaGraphDef")
_VARIABLES = frozenset(
    {
        GraphKeys.GLOBAL_VARIABLES,
        GraphKeys.LOCAL_VARIABLES,
        GraphKeys.METRIC_VARIABLES,
        GraphKeys.MODEL_VARIABLES,
        GraphKeys.TRAINABLE_VARIABLES,
        GraphKeys.MOVING_AVERAGE_VARIABLES,
        GraphKeys.CONCATENATED_VARIABLES,
        GraphKeys.TRAINABLE_RESOURCE_VARIABLES,
    }
)
_ONCE_NODES = (GraphKeys.LOCAL_VARIABLES, GraphKeys.MODEL_VARIABLES, GraphKeys.METRIC_VARIABLES)


def read_meta_graph_file(filename):
    """The `MetaGraphDef` in a file, of bytes or text.

    Raises:
      OSError: there is no such file, or its text is none.
    """
    path = to_path(filename)
    need(os.path.exists(path), f"File {path} does not exist.", kind=OSError)
    data = read_file(path)
    try:
        return MetaGraphDef.FromString(data)
    except DecodeError:
        text = data.decode("utf-8")
    try:
        return text_format.Merge(text, MetaGraphDef())
    except text_format.ParseError as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from error


@export("train.import_meta_graph")
def import_meta_graph(meta_graph_or_file, clear_devices=False, import_scope=None, **kwargs):
    """Adds a MetaGraph's nodes to the default graph, and fills its collections.

    Args:
      meta_graph_or_file: a `MetaGraphDef`, or the path of a file.
      clear_devices: whether devices are left out.
      import_scope: the scope to put the nodes under.
      **kwargs: `input_map` as `import_graph_def` takes it; `restore_collections_predicate`, a function of a collection's name.

    Returns:
      A `Saver` for its variables; None if it has none.

    Raises:
      OSError: there is no such file, or it cannot be read.
    """
    made = meta_graph_or_file if isinstance(meta_graph_or_file, MetaGraphDef) else read_meta_graph_file(meta_graph_or_file)
    variables, _ = import_scoped_meta_graph(made, clear_devices=clear_devices, import_scope=import_scope, **kwargs)
    if made.HasField("saver_def"):
        scope = import_scope
        if variables:
            name, variable = next(iter(variables.items()))
            scope = variable.name[: -len(name)]
        return Saver(saver_def=made.saver_def, name=scope)
    if all_saveables(import_scope):
        return Saver()
    info("Saver not created because there are no variables in the graph to restore")
    return None


def import_scoped_meta_graph(
    meta_graph_or_file,
    clear_devices=False,
    graph=None,
    import_scope=None,
    input_map=None,
    unbound_inputs_col_name="unbound_inputs",
    restore_collections_predicate=lambda key: True,
    return_elements=None,
):
    """(the variables that came in by name, what `return_elements` names): `import_meta_graph` without a saver.

    Args:
      graph: where to; the default graph if None.
      unbound_inputs_col_name: the collection of names of inputs that `input_map` has to give.
      return_elements: names of ops and tensors.

    Raises:
      ValueError: such an input is not given.
    """
    made = meta_graph_or_file if isinstance(meta_graph_or_file, MetaGraphDef) else read_meta_graph_file(meta_graph_or_file)
    _check_bound(made, unbound_inputs_col_name, input_map)
    graph = default_graph() if graph is None else graph
    with graph.as_default():
        if clear_devices:
            for node in made.graph_def.node:
                node.device = ""
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        known = made.meta_info_def.stripped_op_list if made.meta_info_def.HasField("stripped_op_list") else None
        found = import_graph_def(
            made.graph_def,
            name=import_scope or scope,
            input_map=input_map,
            producer_op_list=known,
            return_elements=return_elements,
        )
        _Collections(graph, made, scope).fill(lambda key: key != unbound_inputs_col_name and restore_collections_predicate(key))
        variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
    return {strip_scope(v.name, scope): v for v in variables}, found


def _check_bound(made, key, input_map):
    if not key or key not in made.collection_def:
        return
    held = made.collection_def[key]
    kind = held.WhichOneof("kind")
    names = [v.decode() if isinstance(v, bytes) else v for v in getattr(held, kind).value] if kind else []
    need(
        not names or (input_map and sorted(names) == sorted(input_map)),
        f"Graph contains unbound inputs: {','.join(n for n in names if not input_map or n not in input_map)}. Must provide "
        "these inputs through input_map.",
    )


class _Collections:
    """Fills a graph's collections from a MetaGraph; a variable in several of them is one object."""

    def __init__(self, graph, made, scope):
        self.graph, self.made, self.scope = graph, made, scope
        self.variables = {}
        version = made.meta_info_def.tensorflow_version
        self.tells_trainable = not version or tuple(int(p) for p in version.split(".")[:2] if p.isdigit()) >= (1, 9)

    def fill(self, wanted):
        """Fills those collections whose names are wanted; trainable variables first."""
        keys = sorted(self.made.collection_def, key=lambda key: (key != GraphKeys.TRAINABLE_VARIABLES, key))
        for key in keys:
            if wanted(key):
                self._fill(key, self.made.collection_def[key])

    def _fill(self, key, held):
        kind = held.WhichOneof("kind")
        if kind is None:
            log_error("Cannot identify data type for collection %s. Skipping.", key)
            return
        if key in PROTOS and PROTOS[key][2] is not None and kind == "bytes_list":
            for value in held.bytes_list.value:
                self.graph.add_to_collection(key, self._of(key, value))
            return
        if key in _ONCE_NODES:
            warn(
                "The saved meta_graph is possibly from an older release:\n'%s' collection should be of type 'byte_list', but "
                "instead is of type '%s'.",
                key,
                kind,
            )
        for value in getattr(held, kind).value:
            self.graph.add_to_collection(key, self._plain(kind, value))

    def _of(self, key, value):
        """The object that a message means."""
        kind, _, of = PROTOS[key]
        if key not in _VARIABLES:
            return of(kind.FromString(value), import_scope=self.scope)
        if value not in self.variables:
            proto = kind.FromString(value)
            if not self.tells_trainable:
                proto.trainable = key == GraphKeys.TRAINABLE_VARIABLES
            self.variables[value] = of(proto, import_scope=self.scope)
        return self.variables[value]

    def _plain(self, kind, value):
        if kind == "node_list":
            return self.graph.as_graph_element(prepend_scope(value, self.scope))
        if kind == "int64_list":
            return int(value)
        if kind == "bytes_list":
            return prepend_scope(value, self.scope)
        return value
