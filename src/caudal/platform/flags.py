"""tf.flags: DEFINE_string and its like put flags into FLAGS; absl's rules and words, which 1.15 gave on."""

import logging
import os
import sys
import textwrap

from ..ground.api import constant, export
from . import flag_kinds as kinds
from .flag_errors import ValidationError
from .flag_values import FLAGS

__all__ = ["DEFINE", "DEFINE_flag"]

_HERE = os.path.dirname(os.path.abspath(__file__))
_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _calling_module():
    """The module whose line defines a flag: the main program's path, or a module's name."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "__main__")
    return sys.argv[0] if name == "__main__" and sys.argv else name


@export("flags.DEFINE_flag")
def DEFINE_flag(flag, flag_values=FLAGS, module_name=None, required=False):
    """Puts a `Flag` among `flag_values`."""
    flag.module = module_name or _calling_module()
    flag_values[flag.name] = flag
    if required:
        mark_flag_as_required(flag.name, flag_values)


@export("flags.DEFINE")
def DEFINE(parser, name, default, help, flag_values=FLAGS, serializer=None, module_name=None, required=False, **args):
    """Defines a flag that `parser` reads."""
    flag = kinds.Flag(parser, serializer or kinds.ArgumentSerializer(), name, default, help, **args)
    DEFINE_flag(flag, flag_values, module_name, required)


def _renamed(old):
    """Old names of arguments (`flag_name`, `default_value`, `docstring`) as they are called now."""
    if not _OLD_NAMES.keys() & old.keys():
        return old
    logging.warning(
        "Use of the keyword argument names (flag_name, default_value, docstring) is deprecated, please use (name, default, help) instead."
    )
    return {_OLD_NAMES.get(key, key): value for key, value in old.items()}


def _definer(name, takes, doc):
    """A function DEFINE_<name> whose keyword arguments may have their old names; `takes` does the work."""

    def definer(*args, **kwargs):
        takes(*args, **_renamed(kwargs))

    definer.__name__ = definer.__qualname__ = name
    definer.__doc__, definer.__wrapped__ = doc, takes
    return export("flags." + name)(definer)


def _string(name, default, help, flag_values=FLAGS, **args):
    DEFINE(kinds.ArgumentParser(), name, default, help, flag_values, **args)


def _integer(name, default, help, lower_bound=None, upper_bound=None, flag_values=FLAGS, **args):
    DEFINE(kinds.IntegerParser(lower_bound, upper_bound), name, default, help, flag_values, **args)


def _float(name, default, help, lower_bound=None, upper_bound=None, flag_values=FLAGS, **args):
    DEFINE(kinds.FloatParser(lower_bound, upper_bound), name, default, help, flag_values, **args)


def _boolean(name, default, help, flag_values=FLAGS, module_name=None, required=False, **args):
    DEFINE_flag(kinds.BooleanFlag(name, default, help, **args), flag_values, module_name, required)


DEFINE_string = _definer("DEFINE_string", _string, "Defines a flag whose value is a word.")
DEFINE_integer = _definer(
    "DEFINE_integer", _integer, "Defines a flag whose value is an integer, between two bounds if they are given."
)
DEFINE_float = _definer("DEFINE_float", _float, "Defines a flag whose value is a number, between two bounds if they are given.")
DEFINE_boolean = _definer("DEFINE_boolean", _boolean, "Defines a flag that is true or false: --name, --noname, --name=false.")
DEFINE_bool = constant(DEFINE_boolean, "flags.DEFINE_bool")


@export("flags.DEFINE_enum")
def DEFINE_enum(name, default, enum_values, help, flag_values=FLAGS, module_name=None, required=False, **args):
    """Defines a flag whose value is one of some words."""
    DEFINE_flag(kinds.EnumFlag(name, default, help, enum_values, **args), flag_values, module_name, required)


@export("flags.DEFINE_enum_class")
def DEFINE_enum_class(name, default, enum_class, help, flag_values=FLAGS, module_name=None, required=False, **args):
    """Defines a flag whose value is a member of an enum class."""
    DEFINE_flag(kinds.EnumClassFlag(name, default, help, enum_class, **args), flag_values, module_name, required)


@export("flags.DEFINE_list")
def DEFINE_list(name, default, help, flag_values=FLAGS, **args):
    """Defines a flag whose value is a list, commas between its words."""
    DEFINE(kinds.ListParser(), name, default, help, flag_values, kinds.ListSerializer(), **args)


@export("flags.DEFINE_spaceseplist")
def DEFINE_spaceseplist(name, default, help, comma_compat=False, flag_values=FLAGS, **args):
    """Defines a flag whose value is a list, spaces between its words."""
    DEFINE(kinds.WhitespaceSeparatedListParser(comma_compat), name, default, help, flag_values, kinds.ListSerializer(" "), **args)


@export("flags.DEFINE_multi")
def DEFINE_multi(parser, serializer, name, default, help, flag_values=FLAGS, module_name=None, required=False, **args):
    """Defines a flag that may stand there several times, each read by `parser`."""
    DEFINE_flag(kinds.MultiFlag(parser, serializer, name, default, help, **args), flag_values, module_name, required)


@export("flags.DEFINE_multi_string")
def DEFINE_multi_string(name, default, help, flag_values=FLAGS, **args):
    """Defines a flag for several words."""
    DEFINE_multi(kinds.ArgumentParser(), kinds.ArgumentSerializer(), name, default, help, flag_values, **args)


@export("flags.DEFINE_multi_integer")
def DEFINE_multi_integer(name, default, help, lower_bound=None, upper_bound=None, flag_values=FLAGS, **args):
    """Defines a flag for several integers."""
    DEFINE_multi(
        kinds.IntegerParser(lower_bound, upper_bound), kinds.ArgumentSerializer(), name, default, help, flag_values, **args
    )


@export("flags.DEFINE_multi_float")
def DEFINE_multi_float(name, default, help, lower_bound=None, upper_bound=None, flag_values=FLAGS, **args):
    """Defines a flag for several numbers."""
    DEFINE_multi(
        kinds.FloatParser(lower_bound, upper_bound), kinds.ArgumentSerializer(), name, default, help, flag_values, **args
    )


@export("flags.DEFINE_multi_enum")
def DEFINE_multi_enum(name, default, enum_values, help, flag_values=FLAGS, case_sensitive=True, **args):
    """Defines a flag for several of some words."""
    DEFINE_multi(
        kinds.EnumParser(enum_values, case_sensitive), kinds.ArgumentSerializer(), name, default, help, flag_values, **args
    )


@export("flags.DEFINE_alias")
def DEFINE_alias(name, original_name, flag_values=FLAGS, module_name=None):
    """Gives a flag a second name."""
    flag_values._flags()[name] = flag_values[original_name]


# --- validators -----------------------------------------------------------------------------------


@export("flags.register_validator")
def register_validator(flag_name, checker, message="Flag validation failed", flag_values=FLAGS):
    """Has `checker(value)` hold for a flag."""
    flag_values._add_validator([flag_name], lambda values: checker(values[flag_name]), message)


@export("flags.validator")
def validator(flag_name, message="Flag validation failed", flag_values=FLAGS):
    """Decorator: the function is a flag's validator."""

    def decorate(function):
        register_validator(flag_name, function, message, flag_values)
        return function

    return decorate


@export("flags.register_multi_flags_validator")
def register_multi_flags_validator(flag_names, multi_flags_checker, message="Flags validation failed", flag_values=FLAGS):
    """Has `multi_flags_checker(name -> value)` hold for several flags."""
    flag_values._add_validator(flag_names, multi_flags_checker, message)


@export("flags.multi_flags_validator")
def multi_flags_validator(flag_names, message="Flag validation failed", flag_values=FLAGS):
    """Decorator: the function is the validator of several flags."""

    def decorate(function):
        register_multi_flags_validator(flag_names, function, message, flag_values)
        return function

    return decorate


@export("flags.mark_flag_as_required")
def mark_flag_as_required(flag_name, flag_values=FLAGS):
    """Has a flag be given, or have a default that isn't None."""
    message = f"Flag --{flag_name} must have a value other than None."
    register_validator(flag_name, lambda value: value is not None, message, flag_values)


@export("flags.mark_flags_as_required")
def mark_flags_as_required(flag_names, flag_values=FLAGS):
    """Has each of some flags be given."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def _at_most_one(flag_names, required, flag_values, is_set, what):
    def check(values):
        count = sum(map(is_set, values.values()))
        if count == 1 or (not count and not required):
            return True
        raise ValidationError(f"{'Exactly' if required else 'At most'} one of ({', '.join(flag_names)}) must {what}.")

    register_multi_flags_validator(flag_names, check, flag_values=flag_values)


@export("flags.mark_flags_as_mutual_exclusive")
def mark_flags_as_mutual_exclusive(flag_names, required=False, flag_values=FLAGS):
    """Has at most one of some flags (exactly one if `required`) be other than None."""
    _at_most_one(flag_names, required, flag_values, lambda v: v is not None, "have a value other than None")


@export("flags.mark_bool_flags_as_mutual_exclusive")
def mark_bool_flags_as_mutual_exclusive(flag_names, required=False, flag_values=FLAGS):
    """Has at most one of some bool flags (exactly one if `required`) be true."""
    _at_most_one(flag_names, required, flag_values, bool, "be True")


# --- modules, which only --help asks for -----------------------------------------------------------


@export("flags.adopt_module_key_flags")
def adopt_module_key_flags(module, flag_values=FLAGS):
    """Shows a module's flags in the main program's --help."""
    for flag in flag_values._flags().values():
        if flag.module == module.__name__:
            flag.module = _calling_module()


@export("flags.declare_key_flag")
def declare_key_flag(flag_name, flag_values=FLAGS):
    """Shows a flag in the main program's --help."""
    flag_values[flag_name].module = _calling_module()


@export("flags.disclaim_key_flags")
def disclaim_key_flags():
    """Says that the calling module defines flags for others; there is nothing to do."""


@export("flags.flag_dict_to_args")
def flag_dict_to_args(flag_map):
    """The words of a command line, one by one, that set `flag_map` (name -> value)."""
    for key, value in flag_map.items():
        if value is None:
            yield f"--{key}"
        elif isinstance(value, bool):
            yield f"--{'' if value else 'no'}{key}"
        elif isinstance(value, (bytes, str)):
            yield f"--{key}={value}"
        else:
            yield f"--{key}={','.join(map(str, value)) if hasattr(value, '__iter__') else value}"


@export("flags.doc_to_help")
def doc_to_help(doc):
    """A docstring as a text for --help."""
    return textwrap.dedent(doc.strip())
