"""What can be wrong with flags, in absl's classes, which tf.flags gives on."""

from ..ground.api import export

__all__ = [
    "CantOpenFlagFileError",
    "DuplicateFlagError",
    "Error",
    "FlagNameConflictsWithMethodError",
    "IllegalFlagValueError",
    "UnparsedFlagAccessError",
    "UnrecognizedFlagError",
    "ValidationError",
]


@export("flags.Error")
class Error(Exception):
    """Something is wrong with flags."""


@export("flags.CantOpenFlagFileError")
class CantOpenFlagFileError(Error):
    """A file of flags cannot be read."""


@export("flags.DuplicateFlagError")
class DuplicateFlagError(Error):
    """A flag is defined twice."""

    @classmethod
    def from_flag(cls, flagname, flag_values, other_flag_values=None):
        """The error for a name that two sets of flags both have, or that is defined again."""
        first, second = flag_values[flagname], (other_flag_values or flag_values)[flagname]
        return cls.between(flagname, first, second.module)

    @classmethod
    def between(cls, name, first, module):
        """The error for a flag that `first` has, defined again in `module`."""
        return cls(
            f"The flag '{name}' is defined twice. First from {first.module}, Second from {module}.  "
            f"Description from first occurrence: {first.help}"
        )


@export("flags.IllegalFlagValueError")
class IllegalFlagValueError(Error):
    """A flag's value is of the wrong kind."""


@export("flags.UnrecognizedFlagError")
class UnrecognizedFlagError(Error):
    """The command line has a flag that nobody defined."""

    def __init__(self, flagname, flagvalue="", suggestions=None):
        self.flagname, self.flagvalue = flagname, flagvalue
        tip = f". Did you mean: {', '.join(suggestions)} ?" if suggestions else ""
        super().__init__(f"Unknown command line flag '{flagname}'{tip}")


@export("flags.UnparsedFlagAccessError")
class UnparsedFlagAccessError(Error):
    """A flag's value was asked for before the command line was read."""


@export("flags.ValidationError")
class ValidationError(Error):
    """A validator refuses a flag's value."""


@export("flags.FlagNameConflictsWithMethodError")
class FlagNameConflictsWithMethodError(Error):
    """A flag has the name of a method of FlagValues."""
