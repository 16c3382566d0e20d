"""A graph cut at the nodes that are to be fed."""

from google.protobuf import text_format

from ..formats.files import write_file
from ..formats.paths import to_path
from ..formats.proto import AttrValue, GraphDef, NodeDef
from ..ground.errors import need
from ..platform.gfile import exists
from ..platform.graph_util import extract_sub_graph
from .command import parsed_file

__all__ = ["strip_unused", "strip_unused_from_files"]

_KEPT = ("_output_shapes", "shape")


def strip_unused(input_graph_def, input_node_names, output_node_names, placeholder_type_enum):
    """The part of a graph between some nodes, of which the first become placeholders.

    Args:
      input_graph_def: a `GraphDef`.
      input_node_names: names of the nodes that are to be fed.
      output_node_names: names of the nodes that are to be fetched.
      placeholder_type_enum: the placeholders' dtype as a number, or a list of one for each.

    Returns:
      A `GraphDef`.

    Raises:
      ValueError: a name of a tensor; KeyError: a node that isn't there.
    """
    for name in input_node_names:
        need(":" not in name, f"Name '{name}' appears to refer to a Tensor, not a Operation.")
    missing = set(input_node_names) - {node.name for node in input_graph_def.node}
    need(not missing, f"The following input nodes were not found: {missing}", kind=KeyError)
    kinds = placeholder_type_enum
    kinds = kinds if isinstance(kinds, list) else [kinds] * len(input_node_names)
    fed = dict(zip(input_node_names, kinds, strict=True))
    nodes = [_placeholder(node, fed[node.name]) if node.name in fed else node for node in input_graph_def.node]
    return extract_sub_graph(GraphDef(node=nodes), output_node_names)


def _placeholder(node, kind):
    attr = {name: node.attr[name] for name in _KEPT if name in node.attr}
    return NodeDef(op="Placeholder", name=node.name, attr={"dtype": AttrValue(type=kind), **attr})


def strip_unused_from_files(
    input_graph, input_binary, output_graph, output_binary, input_node_names, output_node_names, placeholder_type_enum
):
    """`strip_unused` from file to file; the names stand in one text, with commas between.

    Returns:
      None, or -1 where there is no such file, or nothing to fetch, which is printed.
    """
    if not exists(input_graph):
        print(f"Input graph file '{input_graph}' does not exist!")
        return -1
    if not output_node_names:
        print("You need to supply the name of a node to --output_node_names.")
        return -1
    given = parsed_file(input_graph, GraphDef, input_binary)
    made = strip_unused(given, input_node_names.split(","), output_node_names.split(","), placeholder_type_enum)
    data = made.SerializeToString() if output_binary else text_format.MessageToString(made).encode()
    write_file(to_path(output_graph), data)
    print(f"{len(made.node)} ops in the final graph.")
    return None
