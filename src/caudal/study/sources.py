"""Where networks come from: Caudal's own, or a user's file, which is run to get the study in it. worker.py and the command line ask."""

import os
import sys
import types

from .architectures import NETWORKS
from .definition import Study, StudyError
from .identity import source_hash

__all__ = ["NAME", "Origin", "load_networks", "load_study", "origin_of"]

NAME = "study"  # the variable of a user's file that holds its `Study`


class Origin(tuple):
    """A user's file: (path, text). It travels to workers, which may have no such file."""


def origin_of(path):
    """The `Origin` of a file, and the hash of what it computes.

    Raises:
      StudyError: it can't be read, or isn't Python.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        return Origin((os.path.abspath(path), text)), source_hash(text, NAME)
    except OSError as error:
        raise StudyError(f"{path} can't be read: {error.strerror}") from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} isn't Python: {error}") from None


def load_study(origin):
    """The `Study` that a user's file binds to the name `study`.

    Raises:
      StudyError: there is none.
    """
    path, text = origin
    module = types.ModuleType("caudal_study")
    module.__file__ = path
    sys.modules[module.__name__] = module  # dataclasses and pickles look there
    if (folder := os.path.dirname(path)) not in sys.path:
        sys.path.insert(0, folder)  # as Python does for a program
    exec(compile(text, path, "exec"), module.__dict__)
    study = getattr(module, NAME, None)
    if not isinstance(study, Study):
        raise StudyError(
            f"{path} binds no Study to the name `{NAME}`; end it with: {NAME} = Study(networks=..., data=..., grid=...)"
        )
    return study


def load_networks(origin):
    """Name to function: of a user's file, or Caudal's own if `origin` is None."""
    return NETWORKS if origin is None else load_study(origin).networks
