"""Lends the name `tensorflow`: each of its modules is Caudal's of the same path."""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types

from .private import attach, private_module

__all__ = ["install", "lend"]

_HOME = __name__.split(".")[0]
_OTHER = {"examples.tutorials.mnist.input_data": "data.tutorial", "examples.tutorials.mnist.mnist": "data.tutorial_net"}
_EMPTY = frozenset({"examples", "examples.tutorials", "examples.tutorials.mnist"})


class _Folder(types.ModuleType):
    """A place where programs look for modules: they are imported when they are asked for, as TF's packages import theirs."""

    def __getattr__(self, name):
        path = f"{self.__name__}.{name}".partition(".")[2]
        if path not in _OTHER:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return importlib.import_module(f"tensorflow.{path}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `tensorflow` and what is below it."""

    first = False  # whether it goes before a TensorFlow that is installed

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow" and not name.startswith("tensorflow."):
            return None
        if not self.first and importlib.machinery.PathFinder.find_spec("tensorflow") is not None:
            return None
        if name.endswith(".__main__"):
            return importlib.machinery.ModuleSpec(name, self, origin=_program(name)) if _program(name) else None
        if _target(name) is None:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        real = _target(spec.name)
        _specs.setdefault(real.__name__, real.__spec__)
        return real

    def get_code(self, name):
        """What `python -m` runs: the `main` of one of our modules that is a program."""
        return compile(f"import sys\nfrom {_program(name)} import main\nsys.exit(main(sys.argv[1:]))", f"<{name}>", "exec")

    def exec_module(self, module):
        module.__spec__ = _specs.get(module.__name__)  # the import machinery wrote its own
        if not hasattr(module, "__path__"):
            module.__path__ = []


def _program(name):
    """The name of our module that `name`, with `.__main__` at its end, runs; None if it is no program."""
    found = _target(name.removesuffix(".__main__"))
    ours = found is not None and found.__name__.startswith(f"{_HOME}.tools.") and hasattr(found, "main")
    return found.__name__ if ours else None


_specs: dict[str, object] = {}


def _target(name):
    """Our module for a name below tensorflow, or None."""
    root = importlib.import_module(_HOME)
    path = name.partition(".")[2]
    if path in _OTHER:
        return importlib.import_module(f"{_HOME}.{_OTHER[path]}")
    if path in _EMPTY:
        return _Folder(name, _Folder.__doc__)
    hidden = private_module(path)
    if hidden is not None:
        return hidden
    found = root
    for part in path.split(".") if path else ():
        found = getattr(found, part, None)
        if found is None:
            return None
    return found if isinstance(found, types.ModuleType) else None


_finder = _Finder()


def install():
    """Provides the name `tensorflow` in this process, whatever else is installed."""
    _finder.first = True
    lend()


def lend():
    """Provides the name `tensorflow` in this process if nothing else does."""
    attach()
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)  # before the finder of files, which would load our packages a second time
