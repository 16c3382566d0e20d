"""How the copies of a variable are kept in step where there are several; variables take these words and keep them."""

import enum

from ..ground.api import export

__all__ = ["VariableAggregation", "VariableSynchronization", "resolve"]


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When the copies of a variable are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How the copies of a variable become one value."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3

    def __hash__(self):
        return hash(self.value)


def resolve(synchronization, aggregation, trainable, name):
    """(synchronization, aggregation, trainable) of the variable `name`, with what None means in place of None.

    Raises:
      ValueError: one of them is no such word.
    """
    synchronization = _word(VariableSynchronization, "AUTO", synchronization, "synchronization", name)
    aggregation = _word(VariableAggregation, "NONE", aggregation, "aggregation", name)
    trainable = synchronization is not VariableSynchronization.ON_READ if trainable is None else trainable
    return synchronization, aggregation, trainable


def _word(kind, default, value, what, name):
    if value is None:
        return kind[default]
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"Invalid variable {what} mode: {value} for variable: {name}") from None
