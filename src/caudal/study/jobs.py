"""The trials that a study asks for, each with its seed and the hash of what it computes; and how one is done."""

import dataclasses
import os
import socket
import time
import traceback

from .identity import code, hashed, seed_of, versions
from .records import Trial
from .tuner import Outcome, train

__all__ = ["Job", "Plan", "best_point", "blank", "label_of", "perform", "steps_of"]


@dataclasses.dataclass(frozen=True)
class Job:
    """A trial to be done. It knows all that decides its numbers.

    Args:
      stage, network, label, size, repeat, seed: as in `Trial`.
      point: a `Point`.
      draw: the seed that draws its training examples; None takes all, in the data's order.
      data: SHA-256 of the arrays.
      source: a hash of the network's source, where that isn't Caudal's own; "" if it is.
      threads: processors that its arithmetic may use.
    """

    stage: str
    network: str
    label: str
    point: object
    size: int
    repeat: int
    seed: int
    draw: int | None
    data: str
    source: str
    threads: int

    @property
    def cell(self):
        """A hash of what was asked for, whichever code computes it."""
        what = dataclasses.asdict(self)
        del what["label"], what["repeat"]  # names, which decide nothing
        return hashed(what)

    @property
    def key(self):
        """A hash of what is computed."""
        return hashed([self.cell, code()])

    @property
    def values(self):
        """All hyperparameters, name to value, as `Trial.point` has them."""
        point = dataclasses.asdict(self.point)
        return point | point.pop("more")


def steps_of(size, epochs, batch):
    """Steps of `batch` in `epochs` over `size` examples, at least one: 50 epochs in batches of 50 are `size` steps."""
    return max(1, round(size * epochs / (batch or size)))


class Plan:
    """A study's jobs.

    Args:
      study: a `Study`.
      data: the `Dataset` of repeat 0.
      sums: the checksum of each repeat's data; one, where all repeats share them.
      source: as in `Job`.
      threads: as in `Job`.
    """

    def __init__(self, study, data, sums, source, threads):
        self.study, self.data, self.sums, self.source, self.threads = study, data, sums, source, threads

    def grid(self, network):
        """The jobs that choose a network's point: scored on the validation part, never tested."""
        study = self.study
        epochs, points, repeats = study.grid_epochs or study.epochs, study.grid_points(network), range(study.grid_repeats)
        what = {"size": study.grid_size, "epochs": epochs, "tested": False}
        return [self._job("grid", network, label_of(point), point, repeat, **what) for point in points for repeat in repeats]

    def settings(self, network):
        """The jobs that compare settings; those of a repeat have their weights' seed in common, so that they start alike."""
        settings, repeats = self.study.settings.items(), range(self.study.repeats)
        return [self._job("settings", network, label, changes, n, paired=True) for label, changes in settings for n in repeats]

    def learning(self, network, point):
        """The jobs of a network's learning curve, trained with `point`."""
        sizes, repeats = self.study.sizes or [None], range(self.study.repeats)
        return [self._job("learning", network, label_of(point), point, n, size=size) for size in sizes for n in repeats]

    def _job(self, stage, network, label, changes, repeat, size=None, epochs=None, paired=False, tested=True):
        study, size = self.study, size or len(self.data.train)
        batch = study.point(changes).batch
        steps = study.steps or steps_of(size, epochs or study.epochs, batch)
        watched = {"tested": tested, "watch_test": tested and study.watch_test}
        point = study.point(changes, steps=steps, every=max(1, steps // study.looks), **watched)
        seed = seed_of(study.name, *(() if paired else (stage, network, size, sorted(changes.items()))), repeat)
        draw = None if size == len(self.data.train) else seed_of(study.name, "examples", repeat)
        data = self.sums[repeat if study.anew else 0]
        return Job(stage, network, label, point, size, repeat, seed, draw, data, self.source, self.threads)


def label_of(point):
    """A point in words: `l2 0.0004, keep_prob 0.75`."""
    return ", ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in point.items())


def best_point(study, network, trials):
    """The grid's point with the best mean validation accuracy; of equal ones the least validation cost, then the first.

    Args:
      trials: the network's grid trials; those that aren't complete can't be chosen.

    Returns:
      a dict from axis to value; None if no trial is complete.
    """
    axes, scored = list(study.grid[network]), {}
    for trial in trials:
        if trial.complete:
            scored.setdefault(tuple(trial.point[axis] for axis in axes), []).append((trial.score, -trial.validation.cost[-1]))
    if not scored:
        return None
    best = max(scored, key=lambda values: tuple(sum(part) / len(part) for part in zip(*scored[values], strict=True)))
    return dict(zip(axes, best, strict=True))


def perform(job, network, data, attempts, progress):
    """Does a job: trains, tests, and gives its `Trial`, "failed" with its error if it raises one.

    Args:
      network: the function that inserts the network.
      data: the `Dataset` with the checksum `job.data`.
      attempts: how often it was begun, this time included.
      progress: called after every step, as `progress(steps done)`.
    """
    started = time.time()
    try:
        outcome = train(network, job.point, _part(data, job), job.seed, progress)
    except Exception as error:
        told = "".join(traceback.format_exception(error, limit=-3))
        outcome = Outcome("failed", told[-4000:])
    worker = f"{socket.gethostname()}:{os.getpid()}"
    run = {"started": started, "ended": time.time(), "worker": worker, "attempts": attempts, "versions": versions()}
    return dataclasses.replace(blank(job), **vars(outcome), **run)


def blank(job):
    """A job's `Trial`, before anything is known."""
    same = {
        name: getattr(job, name) for name in ("key", "stage", "network", "label", "size", "repeat", "seed", "threads", "data")
    }
    return Trial(**same, point=job.values)


def _part(data, job):
    """`data` with the examples that this job trains on; where they take the validation part too, nothing is validated."""
    if job.draw is None:
        return data
    if job.size <= len(data.train):
        return dataclasses.replace(data, train=data.train.drawn(job.size, job.draw))
    return dataclasses.replace(data, train=data.everything_seen.drawn(job.size, job.draw), validation=data.validation[:0])
