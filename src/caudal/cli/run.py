"""`caudal run SCRIPT [ARGS]`: runs a program as `python SCRIPT [ARGS]` does, with the name `tensorflow` lent to it."""

import builtins
import io
import os
import sys
import types

from ..compat.install import install
from .failure import show

__all__ = ["main", "run"]

_USAGE = "usage: caudal run SCRIPT [ARGS]\n\nRuns SCRIPT as python does; `import tensorflow` gives it Caudal."
_INTERRUPTED = 130  # a shell's status for a program that Ctrl-C ended


def main(args):
    """The exit status of the program in `args[0]`, which gets the rest."""
    if args[:1] == ["--"]:
        args = args[1:]
    if not args or args[0] in ("-h", "--help"):
        print(_USAGE)
        return 0 if args else 2
    try:
        source = _read(args[0])
    except OSError as error:
        print(f"caudal run: can't open file {args[0]!r}: {error.strerror}", file=sys.stderr)
        return 2
    return run(args[0], source, args[1:])


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
    try:
        exec(compile(source, module.__file__, "exec"), module.__dict__)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:
        show(error, module.__file__)
        return 1
    return 0
