"""Graphs written to files."""

import os

from google.protobuf import text_format

from ..formats.files import write_file
from ..graph.graph import Graph
from ..ground.api import export

__all__ = ["write_graph"]


@export("train.write_graph", "io.write_graph")
def write_graph(graph_or_graph_def, logdir, name, as_text=True):
    """Writes a graph to a file; the folder is made if it isn't there.

    Args:
      graph_or_graph_def: a `Graph` or a `GraphDef`.
      logdir: the folder; '' stands for the one in which the program runs.
      name: the file's name.
      as_text: as text (`.pbtxt`); otherwise as bytes (`.pb`).

    Returns:
      The file's path.
    """
    message = graph_or_graph_def.as_graph_def() if isinstance(graph_or_graph_def, Graph) else graph_or_graph_def
    os.makedirs(logdir or os.curdir, exist_ok=True)
    path = os.path.join(logdir, name)
    write_file(path, text_format.MessageToString(message).encode() if as_text else message.SerializeToString(deterministic=True))
    return path
