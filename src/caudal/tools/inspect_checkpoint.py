"""Prints what a checkpoint holds; `python -m caudal.tools.inspect_checkpoint --file_name=PREFIX` does it too."""

import math
import re
import sys

from ..formats.checkpoint_reader import NewCheckpointReader
from .command import options

__all__ = ["print_tensors_in_checkpoint_file"]

_PREFIX = """
It's likely that this is a V2 checkpoint and you need to provide the filename
*prefix*.  Try removing the '.' and extension.  Try:
inspect checkpoint --file_name = {}"""
_USAGE = "Usage: inspect_checkpoint --file_name=checkpoint_file_name [--tensor_name=tensor_to_print] [--all_tensors] [--all_tensor_names]"


def print_tensors_in_checkpoint_file(file_name, tensor_name, all_tensors, all_tensor_names=False, count_exclude_pattern=""):
    """Prints names, values and the number of elements; what goes wrong is printed too.

    Args:
      file_name: the checkpoint's prefix.
      tensor_name: the one tensor to print; None or "" for a list of names, dtypes and shapes.
      all_tensors: whether to print all names and values.
      all_tensor_names: whether to print all names.
      count_exclude_pattern: a regular expression: names in which it is found aren't counted.
    """
    try:
        _print_all(NewCheckpointReader(file_name), tensor_name, all_tensors, all_tensor_names, count_exclude_pattern)
    except Exception as error:
        print(error)
        if "corrupted compressed block contents" in str(error):
            print("It's likely that your checkpoint file has been compressed with SNAPPY.")
        if "Data loss" in str(error) and any(end in file_name for end in (".index", ".meta", ".data")):
            print(_PREFIX.format(file_name.rpartition(".")[0]))


def _print_all(reader, tensor_name, all_tensors, all_tensor_names, pattern):
    if all_tensors or all_tensor_names:
        for name in sorted(reader.get_variable_to_shape_map()):
            print("tensor_name: ", name)
            if all_tensors:
                print(reader.get_tensor(name))
    elif tensor_name:
        print("tensor_name: ", tensor_name)
        print(reader.get_tensor(tensor_name))
    else:
        print(reader.debug_string().decode("utf-8"))
    print(f"# Total number of params: {_counted(reader, pattern)}")


def _counted(reader, pattern):
    """How many elements all tensors have, but for those whose names the pattern is found in."""
    sizes = {name: math.prod(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    left_out = [sizes.pop(name) for name in list(sizes) if pattern and re.search(pattern, name)]
    if pattern:
        print(f"# Excluding {len(left_out)} tensors ({sum(left_out)} params) that match {pattern} when counting.")
    return sum(sizes.values())


def main(words):
    """The program; gives its exit status."""
    given = options(words, file_name="", tensor_name="", all_tensors=False, all_tensor_names=False, count_exclude_pattern="")
    if not given["file_name"]:
        print(_USAGE)
        return 1
    print_tensors_in_checkpoint_file(**given)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
