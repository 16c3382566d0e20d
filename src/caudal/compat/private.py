"""TensorFlow's private modules, made when a program asks for them: places.py says where their names are."""

import functools
import importlib
import re
import sys
import types

from ..build.raw_ops import raw_op
from ..names import Missing, is_module
from . import places
from .extras import EXTRAS

__all__ = ["attach", "private_module"]

_HOME = __name__.split(".")[0]
_GENERATED = re.compile(r"python\.(ops|training)\.gen_\w+$")
_OPS = re.compile(r"python\.(ops|training)\.\w+_ops$")  # these hold the generated functions too


def _public(path):
    """The public module at `path`, or None."""
    found = importlib.import_module(_HOME)
    for part in path.split(".") if path else ():
        found = getattr(found, part, None)
    return found


class _Private(types.ModuleType):
    """A module whose names are found when they are asked for."""

    def __init__(self, path):
        super().__init__(f"tensorflow.{path}", f"What TensorFlow 1.15 keeps in tensorflow.{path}.")
        self.__path__ = []
        self._path = path

    def __getattr__(self, name):
        if not name.startswith("__"):
            path = f"{self._path}.{name}"
            for found in (private_module(path) if _listed(path) else None, self._find(name), private_module(path)):
                if found is not None:
                    setattr(self, name, found)
                    return found
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __call__(self, *_, **__):
        """What was taken for a module, as nothing says what it is, and is a function or a class."""
        raise NotImplementedError(
            f"tensorflow.{self._path}, which TensorFlow 1.15 keeps inside itself, is not made in Caudal. "
            "docs/differences.md lists what is missing."
        )

    __mro_entries__ = __call__

    def _find(self, name):
        if name in EXTRAS.get(self._path, ()):
            return EXTRAS[self._path][name]
        if _GENERATED.match(self._path):
            return raw_op(name)
        for public in places.below(self._path) or ("",):
            found = getattr(_public(public), name, None)
            ours = isinstance(found, types.ModuleType) and not (public and is_module(f"{public}.{name}"))
            if found is not None and not ours and not isinstance(found, Missing):
                return found
        return raw_op(name) if _OPS.match(self._path) else None


def _listed(path):
    """Whether there is certainly a module at `path`."""
    return path in places.PLACES or path in places.FOLDERS or path in places.MODULES or path in EXTRAS


@functools.cache
def private_module(path):
    """The module that TensorFlow has at `path` below its root and does not show; None if there is none.

    Args:
      path: "python.ops.math_ops".
    """
    if path in places.MODULES:
        return importlib.import_module(f"{_HOME}.{places.MODULES[path]}")
    known = _listed(path) or _GENERATED.match(path) or places.below(path) is not None
    return _Private(path) if known and all(map(str.isidentifier, path.split("."))) else None


def attach():
    """Gives each module of contrib its `python`, which programs reach by attribute: `tf.contrib.framework.python.ops`."""
    start = f"{_HOME}.contrib."
    for name, module in list(sys.modules.items()):
        if name.startswith(start) and name.count(".") == 2 and name != f"{_HOME}.contrib.register":
            module.python = private_module(f"{name.removeprefix(_HOME + '.')}.python")
