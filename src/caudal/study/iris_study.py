"""The Iris study: regularisation, early stopping and the learning rate, over many seeds."""

import dataclasses
import os

from caudal.data import iris

from .curves import training_curves
from .report import iris_table, save
from .tuner import Point, seed_of, stopping_point, train

__all__ = ["PATIENCE", "SETTINGS", "run"]

PATIENCE = 50  # iterations
_PLAIN = Point("iris", optimizer="sgd", rate=1.0, batch=None, steps=1000, every=1, watch_test=True)
SETTINGS = {
    "alpha 1": _PLAIN,
    "alpha 1, L2 0.01": dataclasses.replace(_PLAIN, l2=0.01),
    "alpha 0.1": dataclasses.replace(_PLAIN, rate=0.1),
    "alpha 10": dataclasses.replace(_PLAIN, rate=10.0),
}


def run(out, seeds, steps, progress):
    """Trains every setting with every seed, and writes curves.png and results.json into `out`.

    Args:
      out: an existing folder.
      seeds: how many trials each setting gets; each has a split, weights and nothing else of its own.
      steps: of gradient descent on all training examples at once.
      progress: called after every step.

    Returns:
      (table, paths of what was written).
    """
    trials = {name: [] for name in SETTINGS}
    for repeat in range(seeds):
        data = iris.load(seed=repeat)
        for name, point in SETTINGS.items():
            seed = seed_of("iris", repeat)  # the same weights for every setting, so that settings are paired
            trials[name].append(train(dataclasses.replace(point, steps=steps), data, seed, lambda _: progress()))
    stops = {name: [stopping_point(t.validation.cost, PATIENCE) for t in found] for name, found in trials.items()}
    picture, numbers = os.path.join(out, "curves.png"), os.path.join(out, "results.json")
    rows = [row for name, found in trials.items() for row in _rows(name, found, stops[name])]
    ends = {name: [end + 1 for end, _ in found] for name, found in stops.items() if any(end + 1 < steps for end, _ in found)}
    note = f"gradient descent, {len(data.train)} examples at once; mean and standard deviation over {seeds} seeds"
    training_curves(trials, "Iris, 4-4-3-3 units, sigmoid", picture, ends, note)
    save(numbers, study="iris", source=data.source, seeds=seeds, steps=steps, patience=PATIENCE, rows=rows, trials=trials)
    title = f"Iris: {seeds} seeds, {len(data.train)}/{len(data.validation)}/{len(data.test)} examples"
    return iris_table(rows, title), [picture, numbers]


def _rows(name, trials, stops):
    """A setting's row without early stopping, and its row with it, which keeps the look with the least validation cost."""
    looks = [len(trial.training.steps) - 1 for trial in trials]
    whole = _row(name, trials, looks, looks)
    return [whole, _row("  stopped early", trials, [end for end, _ in stops], [best for _, best in stops])]


def _row(name, trials, ends, kept):
    def at(part, measure):
        return [getattr(getattr(trial, part), measure)[i] for trial, i in zip(trials, kept, strict=True)]

    steps = [trial.training.steps[i] for trial, i in zip(trials, ends, strict=True)]
    row = {"setting": name, "steps": steps, "training": at("training", "accuracy"), "validation": at("validation", "accuracy")}
    return row | {"test": at("testing", "accuracy"), "cost": at("validation", "cost")}
