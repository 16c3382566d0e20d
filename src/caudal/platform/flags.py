"""tf.flags: absl's flags, as in 1.15, whose definitions also take arguments by their older names, and whose FLAGS reads the command line
when it is first asked for a value."""

import functools
import logging
import sys

from absl import flags as _absl

from ..ground.api import constant

__all__ = ["FLAGS"]

_NAMES = """ArgumentParser ArgumentSerializer BooleanFlag BooleanParser CantOpenFlagFileError DEFINE DEFINE_alias DEFINE_enum DEFINE_enum_class
    DEFINE_flag DEFINE_list DEFINE_multi DEFINE_multi_enum DEFINE_multi_float DEFINE_multi_integer DEFINE_multi_string DEFINE_spaceseplist
    DuplicateFlagError EnumFlag EnumParser Error Flag FlagNameConflictsWithMethodError FlagValues FloatParser IllegalFlagValueError IntegerParser
    ListParser ListSerializer MultiFlag UnparsedFlagAccessError UnrecognizedFlagError ValidationError WhitespaceSeparatedListParser
    adopt_module_key_flags declare_key_flag disclaim_key_flags doc_to_help flag_dict_to_args get_help_width mark_bool_flags_as_mutual_exclusive
    mark_flag_as_required mark_flags_as_mutual_exclusive mark_flags_as_required multi_flags_validator register_multi_flags_validator
    register_validator text_wrap validator""".split()
_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


class _Flags:
    """absl's FLAGS, read from the command line when a value is first asked for."""

    def __getattribute__(self, name):
        return getattr(_absl.FLAGS, name) if name.startswith("__") else object.__getattribute__(self, name)

    def __getattr__(self, name):
        if not _absl.FLAGS.is_parsed() and name in _absl.FLAGS:
            _absl.FLAGS(sys.argv)
        return getattr(_absl.FLAGS, name)

    def __setattr__(self, name, value):
        setattr(_absl.FLAGS, name, value)

    def __delattr__(self, name):
        delattr(_absl.FLAGS, name)

    def __dir__(self):
        return dir(_absl.FLAGS)

    def __getitem__(self, name):
        return _absl.FLAGS[name]

    def __setitem__(self, name, flag):
        _absl.FLAGS[name] = flag

    def __contains__(self, name):
        return name in _absl.FLAGS

    def __len__(self):
        return len(_absl.FLAGS)

    def __iter__(self):
        return iter(_absl.FLAGS)

    def __str__(self):
        return str(_absl.FLAGS)

    def __call__(self, *args, **kwargs):
        return _absl.FLAGS(*args, **kwargs)


def _definer(function):
    """A function that defines flags, whose arguments may have their older names."""

    @functools.wraps(function)
    def definer(*args, **kwargs):
        if _OLD_NAMES.keys() & kwargs.keys():
            logging.warning(
                "Use of the keyword argument names (flag_name, default_value, docstring) is deprecated, please use (name, default, help) instead."
            )
            kwargs = {_OLD_NAMES.get(key, key): value for key, value in kwargs.items()}
        return function(*args, **kwargs)

    return definer


for _name in _NAMES:
    constant(getattr(_absl, _name), "flags." + _name)
for _name in ("DEFINE_boolean", "DEFINE_float", "DEFINE_integer", "DEFINE_string"):
    constant(_definer(getattr(_absl, _name)), "flags." + _name)
constant(_absl.DEFINE_bool, "flags.DEFINE_bool")
FLAGS = constant(_Flags(), "flags.FLAGS")
_absl.disclaim_key_flags()  # flags are those of the module that asks for them, not of this one
