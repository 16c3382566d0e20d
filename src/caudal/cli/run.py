"""`caudal run SCRIPT [ARGS]`: runs a program as `python SCRIPT [ARGS]` does, with the name `tensorflow` lent to it; a module with -m."""

import builtins
import importlib
import io
import os
import runpy
import sys
import types

from ..compat.install import install
from .failure import began, show

__all__ = ["main", "run", "run_module"]

_USAGE = """usage: caudal run SCRIPT [ARGS]
       caudal run -m MODULE [ARGS]

Runs SCRIPT, or a module that Python finds from here, as python does; `import tensorflow` gives it Caudal."""
_INTERRUPTED = 130  # a shell's status for a program that Ctrl-C ended


def main(args):
    """The exit status of the program in `args[0]`, or of the module behind `-m`, which gets the rest."""
    if args[:1] == ["--"]:
        args = args[1:]
    elif args and args[0].startswith("-m"):
        return _module([args[0][2:], *args[1:]] if args[0] != "-m" else args[1:])
    if not args or args[0] in ("-h", "--help"):
        print(_USAGE)
        return 0 if args else 2
    try:
        source = _read(args[0])
    except OSError as error:
        print(f"caudal run: can't open file {args[0]!r}: {error.strerror}", file=sys.stderr)
        return 2
    return run(args[0], source, args[1:])


def _module(args):
    if not args:
        print(f"caudal run: argument expected for -m\n\n{_USAGE}", file=sys.stderr)
        return 2
    return run_module(args[0], args[1:])


def _read(path):
    """The bytes of a program; those of `__main__.py` if `path` is a folder."""
    with io.open_code(os.path.abspath(_file(path))) as file:
        return file.read()


def _file(path):
    return os.path.join(path, "__main__.py") if os.path.isdir(path) else path


def run(path, source, args):
    """Runs `source`, the program at `path`, as the module `__main__`.

    Returns:
      its exit status: 1 after an exception, which is shown from the program's first line on, 130 after Ctrl-C.

    Raises:
      SystemExit: the program raised it.
    """
    install()
    file = _file(path)
    sys.argv[:] = [path, *args]
    sys.path[0] = path if file != path else os.path.dirname(os.path.realpath(path))
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=os.path.abspath(file), __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = module
    return _status(lambda: exec(compile(source, module.__file__, "exec"), module.__dict__))


def run_module(name, args):
    """Runs the module `name`, or a package's `__main__`, as the module `__main__`; what it returns and raises is `run`'s."""
    install()
    sys.argv[:] = ["-m", *args]  # until it is found
    sys.path[0] = os.getcwd()

    def program():
        # one of ours is found by the name that it is lent under
        found = importlib.import_module(name).__spec__.name if name.startswith("tensorflow.") else name
        runpy.run_module(found, run_name="__main__", alter_sys=True)

    return _status(program)


def _status(program):
    """The exit status of a program, after its error was shown."""
    try:
        program()
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:
        if isinstance(error, ImportError) and not began(error):
            print(f"caudal run: {error}", file=sys.stderr)
        else:
            show(error)
        return 1
    return 0
