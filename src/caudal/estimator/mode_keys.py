"""The names of an estimator's modes, which programs with loops of their own use too."""

from ..ground.api import export

__all__ = ["ModeKeys"]


@export("estimator.ModeKeys")
class ModeKeys:
    """What a model is made for."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"
