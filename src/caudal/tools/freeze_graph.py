"""A graph and a checkpoint as one graph of constants; `python -m caudal.tools.freeze_graph` does it for files."""

import contextlib
import re
import sys

from ..build.importer import import_graph_def
from ..formats.checkpoint_reader import NewCheckpointReader
from ..formats.files import write_file
from ..formats.paths import to_path
from ..formats.proto import GraphDef
from ..formats.proto.meta_graph_pb2 import MetaGraphDef, SaverDef
from ..ground.errors import need
from ..platform.gfile import exists
from ..platform.graph_util import convert_variables_to_constants
from ..run.session import Session
from ..saved_model.constants import SERVING
from ..saved_model.loader import load
from ..train.checkpoint_state import checkpoint_exists
from ..train.meta_graph_import import import_meta_graph
from ..train.saver import Saver
from . import command
from .saved_model_utils import get_meta_graph_def

__all__ = ["freeze_graph", "freeze_graph_with_def_protos"]

_PART = re.compile(r"/part_\d+/")


def freeze_graph_with_def_protos(
    input_graph_def,
    input_saver_def,
    input_checkpoint,
    output_node_names,
    restore_op_name,
    filename_tensor_name,
    output_graph,
    clear_devices,
    initializer_nodes,
    variable_names_whitelist="",
    variable_names_blacklist="",
    input_meta_graph_def=None,
    input_saved_model_dir=None,
    saved_model_tags=None,
    checkpoint_version=SaverDef.V2,
):
    """Freezes a graph with a checkpoint's values; its nodes are added to the default graph.

    Args:
      input_graph_def: a `GraphDef`.
      input_saver_def: the `SaverDef` of its saver; without it one is made for what the checkpoint holds.
      input_checkpoint: the checkpoint's prefix.
      output_node_names: names of the nodes to keep, with commas between.
      restore_op_name, filename_tensor_name: not used.
      output_graph: the file for the frozen graph; "" for none.
      clear_devices: whether to forget the nodes' devices.
      initializer_nodes: names of nodes to run first, with commas between.
      variable_names_whitelist: names of the only variables to freeze, with commas between.
      variable_names_blacklist: names of variables to leave, with commas between.
      input_meta_graph_def: a `MetaGraphDef`, instead of `input_graph_def`.
      input_saved_model_dir: the folder of a SavedModel, instead of a checkpoint.
      saved_model_tags: a list of the tags of the SavedModel's MetaGraph.
      checkpoint_version: of the saver that is made.

    Returns:
      The frozen `GraphDef`.

    Raises:
      ValueError: no checkpoint there, no names, or a graph without variables.
    """
    found = input_saved_model_dir or checkpoint_exists(input_checkpoint)
    need(found, f"Input checkpoint '{input_checkpoint}' doesn't exist!")
    need(output_node_names, "You need to supply the name of a node to --output_node_names.")
    given = input_meta_graph_def.graph_def if input_meta_graph_def else input_graph_def
    if clear_devices and given:
        for node in given.node:
            node.device = ""
    if input_graph_def:
        import_graph_def(input_graph_def, name="")
    with Session() as session:
        if input_saver_def:
            Saver(saver_def=input_saver_def, write_version=checkpoint_version).restore(session, input_checkpoint)
        elif input_meta_graph_def:
            import_meta_graph(input_meta_graph_def, clear_devices=True).restore(session, input_checkpoint)
        elif input_saved_model_dir:
            load(session, saved_model_tags or [], input_saved_model_dir)
        else:
            _saver(session.graph, input_checkpoint, checkpoint_version).restore(session, input_checkpoint)
        if initializer_nodes and not input_saver_def and (input_meta_graph_def or not input_saved_model_dir):
            session.run(_names(initializer_nodes))
        only, never = _names(variable_names_whitelist), _names(variable_names_blacklist)
        frozen = convert_variables_to_constants(session, given, _names(output_node_names), only, never)
    if output_graph:
        write_file(to_path(output_graph), frozen.SerializeToString())
    return frozen


def _names(text):
    """The names in a text with commas between; None if it is empty."""
    return text.replace(" ", "").split(",") if text else None


def _saver(graph, checkpoint, version):
    """A saver of what a checkpoint holds and the graph has."""
    variables = {}
    for name in NewCheckpointReader(checkpoint).get_variable_to_shape_map():
        with contextlib.suppress(KeyError):  # a step's counter, say, that the graph does without
            variables[name] = graph.get_tensor_by_name(f"{name}:0")
    try:
        return Saver(var_list=variables, write_version=version)
    except TypeError:
        parts = [t.name.split(":")[0] for op in graph.get_operations() for t in op.outputs if _PART.search(t.name)]
        need(
            not any(name in part for name in variables for part in parts),
            "Models containing partition variables cannot be converted from checkpoint files. Please pass in a SavedModel using "
            "the flag --input_saved_model_dir.",
        )
        need(
            any(op.type.startswith("Variable") or op.type.endswith("VariableOp") for op in graph.get_operations()),
            "No variables were found in this model. It is likely the model was frozen previously. You cannot freeze a graph twice.",
        )
        raise


def freeze_graph(
    input_graph,
    input_saver,
    input_binary,
    input_checkpoint,
    output_node_names,
    restore_op_name,
    filename_tensor_name,
    output_graph,
    clear_devices,
    initializer_nodes,
    variable_names_whitelist="",
    variable_names_blacklist="",
    input_meta_graph=None,
    input_saved_model_dir=None,
    saved_model_tags=SERVING,
    checkpoint_version=SaverDef.V2,
):
    """`freeze_graph_with_def_protos` for files.

    Args:
      input_graph: the file of a `GraphDef`.
      input_saver: the file of a `SaverDef`, or "".
      input_binary: whether these files hold bytes; they hold text otherwise.
      input_meta_graph: the file of a `MetaGraphDef`, instead of `input_graph`.
      saved_model_tags: tags, with commas between.
      input_checkpoint, output_node_names, restore_op_name, filename_tensor_name, output_graph, clear_devices,
        initializer_nodes, variable_names_whitelist, variable_names_blacklist, input_saved_model_dir, checkpoint_version:
        as there.

    Returns:
      The frozen `GraphDef`.

    Raises:
      OSError: a file isn't there; ValueError: as there.
    """
    graph = meta = None
    if input_saved_model_dir:
        graph = get_meta_graph_def(input_saved_model_dir, saved_model_tags).graph_def
    elif input_graph:
        graph = _message(input_graph, GraphDef, input_binary, "graph")
    if input_meta_graph:
        meta = _message(input_meta_graph, MetaGraphDef, input_binary, "meta graph")
        print(f"Loaded meta graph file '{input_meta_graph}")
    return freeze_graph_with_def_protos(
        graph,
        _message(input_saver, SaverDef, input_binary, "saver") if input_saver else None,
        input_checkpoint,
        output_node_names,
        restore_op_name,
        filename_tensor_name,
        output_graph,
        clear_devices,
        initializer_nodes,
        variable_names_whitelist,
        variable_names_blacklist,
        meta,
        input_saved_model_dir,
        saved_model_tags.replace(" ", "").split(","),
        checkpoint_version,
    )


def _message(path, kind, binary, what):
    need(exists(path), f"Input {what} file '{path}' does not exist!", kind=OSError)
    return command.parsed_file(path, kind, binary)


def main(words):
    """The program; gives its exit status."""
    given = command.options(
        words,
        input_graph="",
        input_saver="",
        input_checkpoint="",
        checkpoint_version=2,
        output_graph="",
        input_binary=False,
        output_node_names="",
        restore_op_name="save/restore_all",
        filename_tensor_name="save/Const:0",
        clear_devices=True,
        initializer_nodes="",
        variable_names_whitelist="",
        variable_names_blacklist="",
        input_meta_graph="",
        input_saved_model_dir="",
        saved_model_tags=SERVING,
    )
    version = given["checkpoint_version"]
    need(version in (SaverDef.V1, SaverDef.V2), f"Invalid checkpoint version (must be '1' or '2'): {version}")
    freeze_graph(**given)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
