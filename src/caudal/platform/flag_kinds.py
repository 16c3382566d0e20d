"""The kinds of flags: how a word of the command line becomes a value, and a value a word again."""

import csv
import io

from ..ground.api import export
from .flag_errors import IllegalFlagValueError

__all__ = [
    "ArgumentParser",
    "ArgumentSerializer",
    "BooleanFlag",
    "BooleanParser",
    "EnumClassParser",
    "EnumFlag",
    "EnumParser",
    "Flag",
    "FloatParser",
    "IntegerParser",
    "ListParser",
    "ListSerializer",
    "MultiFlag",
    "WhitespaceSeparatedListParser",
]

# --- parsers: a word to a value -------------------------------------------------------------------


@export("flags.ArgumentParser")
class ArgumentParser:
    """Takes a word as it is; the others derive from it. `syntactic_help` is what --help says of values."""

    syntactic_help = ""

    def parse(self, argument):
        """The value of a word."""
        if not isinstance(argument, str):
            raise TypeError(f'flag value must be a string, found "{type(argument)}"')
        return argument

    def flag_type(self):
        """The kind's name."""
        return "string"


class _Numeric(ArgumentParser):
    """A number between two bounds, either of which may be missing."""

    number_article, number_name = "a", "number"

    def __init__(self, lower_bound=None, upper_bound=None):
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        self.syntactic_help = self._help()

    def _help(self):
        low, high, name = self.lower_bound, self.upper_bound, self.number_name
        if low is not None and high is not None:
            return f"{self.number_article} {name} in the range [{low}, {high}]"
        for sign, (bound, adjective) in (("positive", (low, 1)), ("negative", (high, -1))):
            if bound == adjective:
                return f"a {sign} {name}"
            if bound == 0:
                return f"a non-{'negative' if bound is low else 'positive'} {name}"
        if high is not None:
            return f"{name} <= {high}"
        if low is not None:
            return f"{name} >= {low}"
        return f"{self.number_article} {name}"

    def is_outside_bounds(self, val):
        """Whether a number is outside."""
        low, high = self.lower_bound, self.upper_bound
        return (low is not None and val < low) or (high is not None and val > high)

    def parse(self, argument):
        """The number that a word says."""
        value = self.convert(argument)
        if self.is_outside_bounds(value):
            raise ValueError(f"{value} is not {self.syntactic_help}")
        return value

    def flag_type(self):
        """The kind's name."""
        return self.number_name

    def convert(self, argument):
        """The number, whatever the bounds."""
        raise NotImplementedError


@export("flags.FloatParser")
class FloatParser(_Numeric):
    """A float between two bounds."""

    number_name = "number"

    def convert(self, argument):
        """The float."""
        if isinstance(argument, (int, float, str)) and not isinstance(argument, bool):
            return float(argument)
        raise TypeError(f"Expect argument to be a string, int, or float, found {type(argument)}")

    def flag_type(self):
        """The kind's name."""
        return "float"


@export("flags.IntegerParser")
class IntegerParser(_Numeric):
    """An integer between two bounds; 0x and 0o begin other bases."""

    number_article, number_name = "an", "integer"

    def convert(self, argument):
        """The integer."""
        if isinstance(argument, str):
            head = argument[:2].lower()
            return int(argument, {"0x": 16, "0o": 8}.get(head, 10))
        if isinstance(argument, int) and not isinstance(argument, bool):
            return argument
        raise TypeError(f"Expect argument to be a string or int, found {type(argument)}")

    def flag_type(self):
        """The kind's name."""
        return "int"


@export("flags.BooleanParser")
class BooleanParser(ArgumentParser):
    """true, t, 1 or false, f, 0, in upper or lower case."""

    def parse(self, argument):
        """The bool."""
        if isinstance(argument, str):
            word = argument.lower()
            if word in ("true", "t", "1", "false", "f", "0"):
                return word in ("true", "t", "1")
        elif isinstance(argument, (int, float)) and argument in (0, 1):
            return bool(argument)
        raise ValueError("Non-boolean argument to boolean flag", argument)

    def flag_type(self):
        """The kind's name."""
        return "bool"


@export("flags.EnumParser")
class EnumParser(ArgumentParser):
    """One of a list of words."""

    def __init__(self, enum_values, case_sensitive=True):
        if not enum_values:
            raise ValueError("enum_values cannot be empty, found " + repr(enum_values))
        self.enum_values, self.case_sensitive = list(enum_values), case_sensitive

    def parse(self, argument):
        """The word, spelt as in the list."""
        same = (lambda w: w) if self.case_sensitive else str.upper
        for word in self.enum_values:
            if same(word) == same(argument):
                return word
        raise ValueError(f"value should be one of <{'|'.join(self.enum_values)}>")

    def flag_type(self):
        """The kind's name."""
        return "string enum"


class EnumClassParser(ArgumentParser):
    """A member of a class of `enum.Enum`, by name."""

    def __init__(self, enum_class):
        self.enum_class = enum_class

    def parse(self, argument):
        """The member."""
        if isinstance(argument, self.enum_class):
            return argument
        if argument not in self.enum_class.__members__:
            raise ValueError(f"value should be one of <{'|'.join(self.enum_class.__members__)}>")
        return self.enum_class[argument]

    def flag_type(self):
        """The kind's name."""
        return "enum class"


@export("flags.ListParser")
class ListParser(ArgumentParser):
    """Words with commas between them, quoted as in CSV."""

    syntactic_help = "a comma separated list"

    def parse(self, argument):
        """The list."""
        if isinstance(argument, list):
            return argument
        if not argument:
            return []
        try:
            return [word.strip() for word in next(csv.reader([argument], strict=True))]
        except csv.Error as error:
            raise ValueError(f"Unable to parse the value {argument!r} as a {self.flag_type()}: {error}") from None

    def flag_type(self):
        """The kind's name."""
        return "comma separated list of strings"


@export("flags.WhitespaceSeparatedListParser")
class WhitespaceSeparatedListParser(ArgumentParser):
    """Words with spaces, or also commas, between them."""

    syntactic_help = "a whitespace separated list"

    def __init__(self, comma_compat=False):
        self._comma_compat = comma_compat

    def parse(self, argument):
        """The list."""
        if isinstance(argument, list):
            return argument
        return (argument.replace(",", " ") if self._comma_compat else argument).split() if argument else []

    def flag_type(self):
        """The kind's name."""
        return "whitespace separated list of strings"


# --- serializers: a value to a word ---------------------------------------------------------------


@export("flags.ArgumentSerializer")
class ArgumentSerializer:
    """Writes a value as `str` does."""

    def serialize(self, value):
        """The word."""
        return str(value)


@export("flags.ListSerializer")
class ListSerializer(ArgumentSerializer):
    """Writes a list as CSV, or with another separator between the words."""

    def __init__(self, list_sep=","):
        self.list_sep = list_sep

    def serialize(self, value):
        """The word."""
        if self.list_sep != ",":
            return self.list_sep.join(str(x) for x in value)
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([str(x) for x in value])
        return out.getvalue()


class _EnumSerializer(ArgumentSerializer):
    def serialize(self, value):
        return value.name


# --- flags ----------------------------------------------------------------------------------------


@export("flags.Flag")
class Flag:
    """A flag: its name, value and default, and how it is read.

    Args:
      parser, serializer: how a word becomes a value and back.
      name, short_name: what stands behind the dashes.
      default: the value where the command line has none.
      help_string: what --help says.
      boolean: whether the name alone means true.
      allow_override: whether it may be defined again.
    """

    def __init__(self, parser, serializer, name, default, help_string, short_name=None, boolean=False, allow_override=False, **_):
        self.name, self.short_name, self.help = name, short_name, help_string or "(no help available)"
        self.boolean, self.allow_override = boolean, allow_override
        self.parser, self.serializer = parser, serializer
        self.present, self.using_default_value = 0, True
        self.validators, self.module, self.value = [], "?", None
        self._set_default(default)

    @property
    def default_as_str(self):
        """The default as --help shows it; None if there is none."""
        if self.default is None:
            return None
        if self.boolean:
            return repr("true" if self.default else "false")
        return repr(self.serializer.serialize(self.default))

    def flag_type(self):
        """The kind's name."""
        return self.parser.flag_type()

    def parse(self, argument):
        """Takes a word of the command line as the value."""
        self.value = self._parse(argument)
        self.present += 1

    def unparse(self):
        """Goes back to the default."""
        self.value, self.using_default_value, self.present = self.default, True, 0

    def serialize(self):
        """The flag as it would stand on a command line."""
        if self.value is None:
            return ""
        if self.boolean:
            return f"--{'' if self.value else 'no'}{self.name}"
        return f"--{self.name}={self.serializer.serialize(self.value)}"

    def _parse(self, argument):
        try:
            return self.parser.parse(argument)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={argument}: {error}") from None

    def _set_default(self, value):
        self.default = self.default_unparsed = None if value is None else self._parse(value)
        if self.using_default_value:
            self.value = self.default


@export("flags.BooleanFlag")
class BooleanFlag(Flag):
    """A flag that needs no value: --name and --noname."""

    def __init__(self, name, default, help, short_name=None, **args):
        super().__init__(BooleanParser(), ArgumentSerializer(), name, default, help, short_name, boolean=True, **args)


@export("flags.EnumFlag")
class EnumFlag(Flag):
    """A flag whose value is one of some words."""

    def __init__(self, name, default, help, enum_values, short_name=None, case_sensitive=True, **args):
        super().__init__(EnumParser(enum_values, case_sensitive), ArgumentSerializer(), name, default, help, short_name, **args)
        self.help = f"<{'|'.join(self.parser.enum_values)}>: {self.help}"


class EnumClassFlag(Flag):
    """A flag whose value is a member of a class of `enum.Enum`."""

    def __init__(self, name, default, help, enum_class, short_name=None, **args):
        super().__init__(EnumClassParser(enum_class), _EnumSerializer(), name, default, help, short_name, **args)
        self.help = f"<{'|'.join(enum_class.__members__)}>: {self.help}"


@export("flags.MultiFlag")
class MultiFlag(Flag):
    """A flag that may stand there several times; its value is a list."""

    def parse(self, argument):
        """Takes one more word; the first replaces the default."""
        more = self._parse(argument)
        self.value = self.value + more if self.present else more
        self.present += 1

    def serialize(self):
        """The flag as it would stand on a command line."""
        return "\n".join(f"--{self.name}={self.serializer.serialize(v)}" for v in self.value or [])

    @property
    def default_as_str(self):
        """The default as --help shows it."""
        return None if self.default is None else repr(",".join(self.serializer.serialize(v) for v in self.default))

    def _parse(self, argument):
        words = argument if isinstance(argument, (list, tuple)) else [argument]
        return [Flag._parse(self, word) for word in words]

    def flag_type(self):
        """The kind's name."""
        return "multi " + super().flag_type()
