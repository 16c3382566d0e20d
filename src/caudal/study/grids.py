"""A grid's trials put at their points."""

import dataclasses
import itertools
import statistics

__all__ = ["Cell", "axes_of", "best_of", "grid_cells"]


@dataclasses.dataclass(frozen=True)
class Cell:
    """A point of a grid.

    Args:
      point: a value for each axis.
      trials: those at this point, by repeat.
    """

    point: tuple
    trials: list

    @property
    def score(self):
        """Mean validation accuracy of its complete trials; None if there is none."""
        scores = [trial.score for trial in self.trials if trial.score is not None]
        return statistics.fmean(scores) if scores else None

    @property
    def state(self):
        """In a word: how its trials ended."""
        states = {trial.state for trial in self.trials}
        return "complete" if self.score is not None else " and ".join(sorted(states)) or "not run"


def axes_of(record, net):
    """The axes of a network's grid: name to list of values."""
    return record.grids.get(net, {})


def grid_cells(record):
    """Network to its `Cell`s, in the grid's order, those without a trial too; only networks whose grid has trials."""
    found = {}
    for net, axes in record.grids.items():
        trials = [trial for trial in record.stage("grid") if trial.network == net]
        if axes and trials:
            found[net] = [_cell(axes, values, trials) for values in itertools.product(*axes.values())]
    return found


def _cell(axes, values, trials):
    here = [trial for trial in trials if all(trial.point.get(axis) == value for axis, value in zip(axes, values, strict=True))]
    return Cell(values, sorted(here, key=lambda trial: trial.repeat))


def best_of(cells):
    """The cell with the best score, the first of equals; None if none has one."""
    scored = [cell for cell in cells if cell.score is not None]
    return max(scored, key=lambda cell: cell.score) if scored else None
