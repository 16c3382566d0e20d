"""The command lines of the tools: each option is one argument of a function, under its name."""

import argparse

from google.protobuf import text_format

from ..formats.files import read_file
from ..formats.paths import to_path

__all__ = ["options", "parsed_file"]


def options(words, **defaults):
    """What stands on a command line, a dict from name to value; a bool may stand without `=true`.

    Args:
      words: the command line behind the program's name; what isn't known there is passed over, as TF does.
      **defaults: the options, each with the value that it has where it isn't given, which says its type too.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name, default in defaults.items():
        flag = {"nargs": "?", "const": True} if isinstance(default, bool) else {}
        parser.add_argument(f"--{name}", default=default, type=_truth if flag else type(default), **flag)
    return vars(parser.parse_known_args(words)[0])


def _truth(word):
    return word.lower() == "true"


def parsed_file(path, message, binary):
    """The message in a file, of bytes or of text."""
    data = read_file(to_path(path))
    return message.FromString(data) if binary else text_format.Merge(data.decode("utf-8"), message())
