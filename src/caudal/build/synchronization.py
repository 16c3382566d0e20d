"""How the copies of a variable are kept in step where there are several; variables take these words and keep them."""

import enum

from ..ground.api import export

__all__ = ["VariableAggregation", "VariableSynchronization"]


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
