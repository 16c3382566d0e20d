"""The MNIST study: three networks, tuned on the validation images, then trained on growing parts of the training set, and tested.

The record says how many points its grids had and which one won; it doesn't say which points. These are ours, round the winners:
lenet has no dropout, so that its 42 points are all values of lambda; the others' are 5 of lambda by 5 of rho.
"""

import dataclasses

from .architectures import lenet, tfnet, vishnet
from .definition import Study
from .recorded import RECORDED, SIZES

__all__ = ["BASE", "GRIDS", "NETWORKS", "QUICK", "quick_part", "study_of"]

NETWORKS = {net.__name__: net for net in (lenet, tfnet, vishnet)}
# The record doesn't name its optimizer: this is our choice. Its accuracies level off as those of one rate do; a rate that falls to 0 ends up to 0.4
# points above them. TF's own epsilon of 1e-8 lets Adam jump where slopes have become small: single trials then end up to 5 points lower.
BASE = {"optimizer": "adam", "rate": 1e-3, "epsilon": 1e-4, "batch": 50}
GRIDS = {
    "lenet": {"l2": [float(f"{m}e-{k}") for k in range(7, 1, -1) for m in (1, 2, 3, 4, 5, 6, 8)]},
    "tfnet": {"l2": [5e-7, 5e-6, 5e-5, 5e-4, 5e-3], "keep_prob": [0.25, 0.5, 0.75, 0.9, 1.0]},
    "vishnet": {"l2": [3e-9, 3e-8, 3e-7, 3e-6, 3e-5], "keep_prob": [0.2, 0.4, 0.6, 0.8, 1.0]},
}
QUICK = {  # all of the study in small; the grids hold the record's points
    "grids": {
        "lenet": {"l2": [4e-6, 4e-5, 4e-4, 4e-3]},
        "tfnet": {"l2": [5e-5, 5e-4], "keep_prob": [0.5, 0.75]},
        "vishnet": {"l2": [3e-7], "keep_prob": [0.4, 0.8]},
    },
    "sizes": [150, 300, 600],
    "epochs": 5,
    "repeats": 2,
    "grid_size": 300,
    "grid_epochs": 5,
    "looks": 2,
}
_QUICK_PARTS = 1000, 2000  # validation and test examples


def quick_part(data):
    """`data` with less to validate and to test; its name and source say so."""
    validation, test = data.validation[: _QUICK_PARTS[0]], data.test[: _QUICK_PARTS[1]]
    said = f"{data.name}, {len(validation):,} validation and {len(test):,} test examples of it"
    return dataclasses.replace(
        data, name=said, source=f"{data.source}; the first {len(test):,} test examples", validation=validation, test=test
    )


def study_of(data, nets, sizes=None, epochs=50, repeats=4, grids=None, grid_epochs=None, grid_size=None, patience=None, looks=10):
    """The study.

    Args:
      data: a `Dataset`, MNIST or what stands in for it.
      nets: names in `NETWORKS`.
      sizes: training-set sizes; None for the record's.
      epochs: passes over the training examples: n examples are trained for n steps of 50 in 50 epochs.
      repeats: trials of each network and size.
      grids: network to axes, as in `Study.grid`; None takes the points of 2017.
      grid_epochs, grid_size: of the grid's trials; None for `epochs` and for all 55,000.
      patience: looks that early stopping bears; None for none.
      looks: how often a trial is looked at.
    """
    return Study(
        name="mnist",
        networks={net: NETWORKS[net] for net in nets},
        data=data,
        grid={net: grids[net] for net in nets if net in grids} if grids else {},
        points={net: RECORDED.points[net] for net in nets},
        sizes=list(sizes or SIZES),
        base=BASE,
        epochs=epochs,
        repeats=repeats,
        grid_epochs=grid_epochs,
        grid_size=grid_size,
        patience=patience,
        looks=looks,
    )
