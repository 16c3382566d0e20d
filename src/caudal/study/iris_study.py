"""The Iris study: regularisation, early stopping and the learning rate, over many seeds."""

from caudal.data import iris

from .architectures import iris as network
from .definition import Study

__all__ = ["PATIENCE", "SETTINGS", "study_of"]

PATIENCE = 50  # iterations
SETTINGS = {"alpha 1": {}, "alpha 1, L2 0.01": {"l2": 0.01}, "alpha 0.1": {"rate": 0.1}, "alpha 10": {"rate": 10.0}}


def _flowers(repeat):
    return iris.load(seed=repeat)


def study_of(seeds, steps):
    """The study with `seeds` trials of each setting, each with a split and weights of its own; settings share them.

    Every trial is trained for all `steps` and looked at after each; so early stopping is told beside it from the same trial.
    """
    return Study(
        name="iris",
        networks=network,
        data=_flowers,
        settings=SETTINGS,
        base={"optimizer": "sgd", "rate": 1.0, "batch": None},
        steps=steps,
        looks=steps,
        repeats=seeds,
        patience=PATIENCE,
        stops=False,
        watch_test=True,
        learning=False,
    )
