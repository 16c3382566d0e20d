"""The names of modes as contrib.learn has them."""

from ...ground.api import export
from ...ground.errors import need

__all__ = ["LearnModeKeys"]


@export("contrib.learn.ModeKeys")
class LearnModeKeys:
    """What a model is made for, in contrib.learn's words."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"

    @classmethod
    def validate(cls, key):
        """Raises:
        ValueError: `key` is no mode.
        """
        need(key in (cls.TRAIN, cls.EVAL, cls.INFER), f"Invalid mode {key}.")


LearnModeKeys.__name__ = LearnModeKeys.__qualname__ = "ModeKeys"
