"""The command `caudal`: finds the command that is asked for, and loads nothing else.

`run` and `info` need no more than Caudal itself; `study` needs the extra `caudal[study]`.
"""

import importlib
import sys

__all__ = ["main"]

_COMMANDS = {  # name: its module's last part, what it does
    "run": ("run", "run a TensorFlow 1 program, unchanged"),
    "info": ("info", "versions, devices, threads"),
    "study": ("study", "train networks over grids, sizes and seeds; tables and curves"),
}
_STUDY_NEEDS = {"click", "matplotlib", "optuna", "rich", "scipy", "sklearn", "sqlalchemy"}


def main(args=None):
    """Runs one command; `args` is None for the process's own.

    Raises:
      SystemExit: always, with the command's exit status.
    """
    args = sys.argv[1:] if args is None else list(args)
    if not args or args[0] in ("-h", "--help", "help"):
        print(_usage())
        sys.exit(0 if args else 2)
    if args[0] not in _COMMANDS:
        print(f"caudal: there is no command {args[0]!r}\n\n{_usage()}", file=sys.stderr)
        sys.exit(2)
    sys.exit(_command(args[0]).main(args[1:]))


def _command(name):
    """The module of a command."""
    try:
        return importlib.import_module(f"caudal.cli.{_COMMANDS[name][0]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _STUDY_NEEDS:
            raise
        sys.exit(f"caudal {name}: {error.name} is not installed; try: pip install 'caudal[study]'")


def _usage():
    lines = (f"  caudal {name:<8}{what}" for name, (_, what) in _COMMANDS.items())
    return "usage: caudal COMMAND ...\n\n" + "\n".join(lines)
