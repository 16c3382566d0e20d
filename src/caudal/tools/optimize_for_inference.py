"""The program for `optimize_for_inference_lib`: `python -m caudal.tools.optimize_for_inference --input=FILE ...`."""

import sys

from google.protobuf import text_format

from ..formats.files import write_file
from ..formats.paths import to_path
from ..formats.proto import DataType, GraphDef
from ..platform.gfile import exists
from . import command
from .optimize_for_inference_lib import optimize_for_inference

__all__ = ["main"]


def main(words):
    """The program; gives its exit status."""
    given = command.options(
        words,
        input="",
        output="",
        input_names="",
        output_names="",
        frozen_graph=True,
        placeholder_type_enum=str(DataType.DT_FLOAT),
        toco_compatible=False,
    )
    if not exists(given["input"]):
        print(f"Input graph file '{given['input']}' does not exist!")
        return -1
    kinds = [int(kind) for kind in given["placeholder_type_enum"].split(",")]
    made = optimize_for_inference(
        command.parsed_file(given["input"], GraphDef, given["frozen_graph"]),
        given["input_names"].split(","),
        given["output_names"].split(","),
        kinds if len(kinds) > 1 else kinds[0],
        given["toco_compatible"],
    )
    data = made.SerializeToString() if given["frozen_graph"] else text_format.MessageToString(made).encode()
    write_file(to_path(given["output"]), data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
