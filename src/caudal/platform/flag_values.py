"""FlagValues: the flags that were defined, and the command line that sets them, by absl's rules."""

import difflib
import os
import shutil
import sys
import textwrap

from ..ground.api import export
from .flag_errors import (
    DuplicateFlagError,
    Error,
    IllegalFlagValueError,
    UnparsedFlagAccessError,
    UnrecognizedFlagError,
    ValidationError,
)

__all__ = ["FLAGS", "FlagValues", "get_help_width", "text_wrap"]


@export("flags.FlagValues")
class FlagValues:
    """Flags by name: `values.rate` is a value, `values['rate']` the flag itself.

    The state lies in `__dict__` under absl's own names, since programs look for `FLAGS.__flags` there.
    """

    def __init__(self):
        self.__dict__.update({"__flags": {}, "__flags_parsed": False, "__use_gnu_getopt": False, "__validators": []})

    # --- flags by name ----------------------------------------------------------------------------

    def _flags(self):
        return self.__dict__["__flags"]

    def __getitem__(self, name):
        return self._flags()[name]

    def __setitem__(self, name, flag):
        """Defines a flag under `name`."""
        found = self._flags().get(name)
        if found is not None and found is not flag and not (found.allow_override or flag.allow_override):
            raise DuplicateFlagError.between(name, found, flag.module)
        for key in filter(None, (name, flag.short_name)):
            self._flags()[key] = flag

    def __contains__(self, name):
        return name in self._flags()

    def __iter__(self):
        return iter(self._flags())

    def __len__(self):
        return len(self._flags())

    def __dir__(self):
        return sorted(self._flags())

    def __getattr__(self, name):
        if name not in self._flags():
            raise AttributeError(name)
        flag = self._flags()[name]
        if not (self.is_parsed() or flag.present):
            raise UnparsedFlagAccessError(f"Trying to access flag --{name} before flags were parsed.")
        return flag.value

    def __setattr__(self, name, value):
        if name not in self._flags():
            raise AttributeError(name)
        flag = self._flags()[name]
        flag.value, flag.using_default_value = value, False
        self._validate([v for v in self.__dict__["__validators"] if name in v[0]])

    def __delattr__(self, name):
        if name not in self._flags():
            raise AttributeError(name)
        flag = self._flags()[name]
        for key in [key for key, other in self._flags().items() if other is flag]:
            del self._flags()[key]

    def flag_values_dict(self):
        """name -> value, of all flags."""
        return {name: flag.value for name, flag in self._flags().items()}

    def set_default(self, name, value):
        """Gives a flag another default."""
        if name not in self._flags():
            raise AttributeError(name)
        self._flags()[name]._set_default(value)
        self._validate([v for v in self.__dict__["__validators"] if name in v[0]])

    # --- the command line -------------------------------------------------------------------------

    def __call__(self, argv, known_only=False):
        """Reads a command line, program's name first; gives back what is left of it.

        Args:
          argv: the words.
          known_only: whether unknown flags are left in what is given back.

        Raises:
          UnrecognizedFlagError: a flag is not defined.
          IllegalFlagValueError: a value is of the wrong kind, or a validator refuses it.
        """
        if not argv:
            raise ValueError("argv cannot be an empty list")
        unknown, rest = self._parse_args(list(argv[1:]), known_only)
        for name, word in unknown:
            raise UnrecognizedFlagError(name, word, difflib.get_close_matches(name, list(self), 3, 0.75))
        self.mark_as_parsed()
        self._validate(self.__dict__["__validators"])
        return [argv[0], *rest]

    def is_parsed(self):
        """Whether a command line was read."""
        return self.__dict__["__flags_parsed"]

    def mark_as_parsed(self):
        """Says that values may be asked for."""
        self.__dict__["__flags_parsed"] = True

    def unparse_flags(self):
        """Goes back to before the command line."""
        for flag in self._flags().values():
            flag.unparse()
        self.__dict__["__flags_parsed"] = False

    def set_gnu_getopt(self, gnu_getopt=True):
        """Whether flags may stand behind other words."""
        self.__dict__["__use_gnu_getopt"] = gnu_getopt

    def is_gnu_getopt(self):
        """Whether flags may stand behind other words."""
        return self.__dict__["__use_gnu_getopt"]

    def _parse_args(self, words, known_only):
        """Walks the words; keeps what is no known flag: [(name, word)] unknown, and the rest."""
        unknown, rest = [], []
        while words:
            word = words.pop(0)
            name, equals, value = word.lstrip("-").partition("=") if word.startswith("-") else ("", "", "")
            if word == "--":
                rest += [word] if known_only else []
                break
            if not name:
                rest.append(word)
                if self.is_gnu_getopt():
                    continue
                break
            flag, value = self._find(name, word, value if equals else None, words)
            if flag is not None:
                flag.parse(value)
                flag.using_default_value = False
            elif known_only:
                rest.append(word)
            else:
                unknown.append((name, word))
        return unknown, rest + words

    def _find(self, name, word, value, words):
        """The flag that a word names, and its value, which may be the next word."""
        flag = self._flags().get(name)
        if flag is None and name.startswith("no"):
            flag = self._flags().get(name[2:])
            if flag is None or not flag.boolean:
                return None, None
            if value is not None:
                raise ValueError(word + " does not take an argument")
            return flag, "false"
        if flag is not None and value is None:
            if flag.boolean:
                return flag, "true"
            if not words:
                raise Error("Missing value for flag " + word)
            value = words.pop(0)
        return flag, value

    # --- validators -------------------------------------------------------------------------------

    def _add_validator(self, names, check, message):
        """Has `check(name -> value)` hold from now on."""
        validator = (tuple(names), check, message)
        self._validate([validator] if self.is_parsed() else [])
        self.__dict__["__validators"].append(validator)

    def validate_all_flags(self):
        """Holds every validator."""
        self._validate(self.__dict__["__validators"])

    def _validate(self, validators):
        from_flags = self.flag_values_dict()
        for names, check, message in validators:
            values = {name: from_flags[name] for name in names}
            try:
                good, why = check(values), message
            except ValidationError as error:
                good, why = False, str(error)
            if not good:
                raise _illegal(values, why)

    # --- help -------------------------------------------------------------------------------------

    def __str__(self):
        return self.get_help()

    def get_help(self, prefix="", include_special_flags=True):
        """What --helpfull says: all flags by module, the main program's first."""
        modules = {flag.module for flag in self._flags().values()}
        main = _main_module()
        return "\n".join(self._module_help(m, prefix) for m in sorted(modules, key=lambda m: (m != main, m)))

    def main_module_help(self):
        """What --help says: the main program's flags."""
        return self._module_help(_main_module())

    def _module_help(self, module, prefix=""):
        own = {flag.name: flag for flag in self._flags().values() if flag.module == module}
        if not own:
            return ""
        return f"\n{prefix}{module}:\n" + "\n".join(_flag_help(own[name], prefix + "  ") for name in sorted(own)) + "\n"

    def flags_into_string(self):
        """The flags as a file of flags would hold them."""
        return "".join(flag.serialize() + "\n" for flag in dict.fromkeys(self._flags().values()) if flag.value is not None)


class _Lazy(FlagValues):
    """tf.flags.FLAGS: reads sys.argv when a value is first asked for."""

    def __getattr__(self, name):
        if name in ("__flags", "__flags_parsed"):  # before __init__
            raise AttributeError(name)
        if not self.is_parsed() and not name.startswith("__"):
            self(sys.argv)
        return super().__getattr__(name)


def _illegal(values, why):
    if len(values) == 1:
        ((name, value),) = values.items()
        return IllegalFlagValueError(f"flag --{name}={value}: {why}")
    return IllegalFlagValueError(f"flags {', '.join(f'{n}={v}' for n, v in values.items())}: {why}")


def _main_module():
    return sys.argv[0] if sys.argv else "?"


def _flag_help(flag, prefix):
    head = f"-{flag.short_name}," if flag.short_name else ""
    head += f"--[no]{flag.name}: " if flag.boolean else f"--{flag.name}: "
    lines = [text_wrap(head + flag.help, indent=prefix + "  ", firstline_indent=prefix)]
    if flag.default_as_str:
        lines.append(text_wrap(f"(default: {flag.default_as_str})", indent=prefix + "  "))
    if flag.parser.syntactic_help:
        lines.append(text_wrap(f"({flag.parser.syntactic_help})", indent=prefix + "  "))
    return "\n".join(lines)


@export("flags.get_help_width")
def get_help_width():
    """The number of columns that help may fill."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 80
    return width if width >= 40 else 80


@export("flags.text_wrap")
def text_wrap(text, length=None, indent="", firstline_indent=None):
    """A text broken into lines of at most `length` columns, the first and the others indented."""
    first, out = indent if firstline_indent is None else firstline_indent, []
    for line in text.strip().splitlines():
        out += textwrap.wrap(line, length or get_help_width(), initial_indent=first, subsequent_indent=indent) or [""]
        first = indent
    return "\n".join(out)


FLAGS = export("flags.FLAGS")(_Lazy())
