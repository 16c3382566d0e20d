"""tf.app: `run` reads the command line's flags and calls the program's main function; `tf.app.flags` is tf.flags."""

import sys

from ..ground.api import PUBLIC, constant, export
from . import flags
from .flag_errors import Error

__all__ = ["run"]

for _name in [name for name in PUBLIC if name.startswith("flags.")]:
    constant(PUBLIC[_name], "app." + _name)

_ASKS_FOR_HELP = frozenset(dash + word for dash in ("-", "--") for word in ("help", "helpshort", "helpfull"))


@export("app.run")
def run(main=None, argv=None):
    """Reads the flags, calls `main` with what is left of the command line, and ends the program with what it gives.

    Args:
      main: a function of the words that are left, the program's name first; that of `__main__` if None.
      argv: the command line; `sys.argv` if None. Flags that were not defined stay in what `main` gets.

    Raises:
      SystemExit: always: the status is what `main` gives, or 1 where a flag is wrong or help was asked for.
    """
    main = main or sys.modules["__main__"].main
    argv = sys.argv if argv is None else argv
    if _ASKS_FOR_HELP & set(argv[1:]):
        print(_usage(argv[0]))
        sys.exit(1)
    try:
        left = flags.FLAGS(argv, known_only=True)
    except Error as error:
        print(f"FATAL Flags parsing error:\n  {error}\nPass --help to see help on flags.", file=sys.stderr)
        sys.exit(1)
    sys.exit(main(left))


def _usage(program):
    """What --help shows: the program's own words, then each flag with its default."""
    lines = [sys.modules["__main__"].__doc__ or f"USAGE: {program} [flags]", "flags:"]
    for name in sorted(flags.FLAGS):
        flag = flags.FLAGS[name]
        lines += [f"  --{name}: {flag.help}"] + [f"    (default: {flag.default!r})"] * (flag.default is not None)
    return "\n".join(lines)
