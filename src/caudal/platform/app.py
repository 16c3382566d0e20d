"""tf.app: `run` reads the command line's flags and calls the program's main function; `tf.app.flags` is tf.flags."""

import sys
import textwrap

from absl import flags as _absl

from ..ground.api import PUBLIC, constant, export
from ..ground.late import Late
from .flags import FLAGS

__all__ = ["run"]

app = Late("absl.app")  # it brings absl's log along: only programs that call `run` pay for it

for _name in [name for name in PUBLIC if name.startswith("flags.")]:
    constant(PUBLIC[_name], "app." + _name)


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
    app.define_help_flags()
    try:
        left = FLAGS(sys.argv if argv is None else argv, known_only=True)
    except _absl.Error as error:
        words = textwrap.indent(f"\n{error}", "  ") if "\n" in str(error) else f" {error}"
        print(f"FATAL Flags parsing error:{words}\nPass --helpshort or --helpfull to see help on flags.", file=sys.stderr)
        sys.exit(1)
    try:
        sys.exit(main(left))
    except app.UsageError as error:
        app.usage(shorthelp=True, detailed_error=error, exitcode=error.exitcode)
