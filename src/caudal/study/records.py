"""What a study found, as records: trials, the study that they belong to, the figures of 2017; and their JSON.

Plain numbers, strings, lists and dicts only, and no number that JSON can't say: a trial whose cost left the finite numbers
ends there, as "diverged". storage.py keeps trials as they end; what is drawn and counted starts from a `StudyRecord`.
"""

import dataclasses
import json
import math
import os

__all__ = ["FILE", "SETTINGS", "Curve", "Data", "Misread", "Recorded", "Stop", "StudyRecord", "Trial", "load", "save"]

FILE = "study.json"  # in a study's folder, from the end of its first trial on
SETTINGS = "settings.json"  # beside it, from the beginning: what was asked for
_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Curve:
    """A part of the data, looked at after each of `steps` steps.

    Args:
      steps: int `[looks]`, rising.
      cost: float `[looks]`, cross-entropy in nats, without L2.
      accuracy: float `[looks]` in [0, 1].
    """

    steps: list
    cost: list
    accuracy: list


@dataclasses.dataclass(frozen=True)
class Stop:
    """Where early stopping ends a trial, and the look that it keeps: that of the least validation cost.

    Args:
      patience: looks without a new least validation cost that it bears.
      end: the step after which it stops.
      kept: the step of the look that it keeps.
      look: that look's index into the trial's curves.
      test: test accuracy in [0, 1] of what it keeps; None for a grid's trial.
      applied: whether training did end here; if not, it went on, so that both can be compared (the trial's `test` is the end's).
    """

    patience: int
    end: int
    kept: int
    look: int
    test: float | None
    applied: bool


@dataclasses.dataclass(frozen=True)
class Misread:
    """A test example that was taken for another class: its index in the test part, its label, and what it was taken for."""

    index: int
    label: int
    predicted: int


@dataclasses.dataclass(frozen=True)
class Trial:
    """One network, trained once.

    Args:
      key: hash (hexadecimal) of what it computes; no two trials of a study share it.
      stage: "grid" (scored on the validation part, to choose a point), "learning" (tested, over sizes) or "settings"
        (tested, one row a setting).
      network: its name.
      label: what a table calls its setting: "alpha 1, L2 0.01"; for a grid's trial its place in the grid.
      point: hyperparameters, name to value: those of the grid's axes and all others (l2, keep_prob, rate, batch, steps, ...).
      size: examples that it trained on.
      repeat: 0, 1, ...; trials of equal repeat are paired: they share what chance decides, as far as it can be shared.
      seed: of weights, dropout and the order of the examples, in [1, 2**31).
      state: "complete", "failed" (it raised an error) or "diverged" (its cost was no longer finite).
      error: what was raised, or at which step the cost was what; None if complete.
      training, validation, testing: a `Curve` or None. `training` is looked at over its first 2,000 examples; `validation` is None where these examples were trained on; `testing`,
        where it is watched, chooses nothing.
      stop: a `Stop` if early stopping was asked for.
      test: accuracy on the test part in [0, 1]; None for a grid's trial, and for one that isn't complete.
      confusion: test examples `[classes, classes]`, true class by row, predicted by column; or None.
      misread: the first of the misread test examples, a bounded number.
      first_layer: the first layer's weights as nested lists: `[height, width, channels, filters]` for images; or None.
      seconds_per_step: of training alone, the median; None if there was no step.
      started, ended: seconds since 1970.
      worker: which worker trained it: host and number.
      attempts: how often it was begun; above 1 if a worker died with it.
      threads: processors that its arithmetic may use.
      versions: name to version: caudal, its code's hash, python, numpy, jax, jaxlib.
      data: SHA-256 of the arrays that it was given.
    """

    key: str
    stage: str
    network: str
    label: str
    point: dict
    size: int
    repeat: int
    seed: int
    state: str = "complete"
    error: str | None = None
    training: Curve | None = None
    validation: Curve | None = None
    testing: Curve | None = None
    stop: Stop | None = None
    test: float | None = None
    confusion: list | None = None
    misread: list = dataclasses.field(default_factory=list)
    first_layer: list | None = None
    seconds_per_step: float | None = None
    started: float = 0.0
    ended: float = 0.0
    worker: str = ""
    attempts: int = 1
    threads: int = 1
    versions: dict = dataclasses.field(default_factory=dict)
    data: str = ""

    @property
    def complete(self):
        """Whether it ended well, and has numbers."""
        return self.state == "complete"

    @property
    def score(self):
        """Validation accuracy in [0, 1] of the look that counts: early stopping's, else the last; None if nothing was validated."""
        if not self.complete or self.validation is None:
            return None
        return self.validation.accuracy[self.stop.look if self.stop and self.stop.applied else -1]

    @property
    def seconds(self):
        """From its start to its end."""
        return self.ended - self.started

    @property
    def numbers(self):
        """What it computed, as a dict: all but clocks, worker and attempts. Equal, to the bit, however often it is computed."""
        by_chance = ("seconds_per_step", "started", "ended", "worker", "attempts")
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in by_chance}


@dataclasses.dataclass(frozen=True)
class Data:
    """Which data a study had.

    Args:
      name: what tables call them.
      source: where they come from, a sentence.
      checksum: SHA-256 of the arrays.
      classes: how many there are.
      train, validation, test: examples in each part.
      stand_in: a sentence, where they stand in for others: every table and picture says so. Else None.
    """

    name: str
    source: str
    checksum: str
    classes: int
    train: int
    validation: int
    test: int
    stand_in: str | None = None


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What was recorded in 2017.

    Args:
      accuracy: network to training-set size to test accuracy in percent, the mean of `repeats` after `epochs`.
      seconds: network to seconds a step.
      points: network to the hyperparameters that its grid search chose.
      trained: network to the points of its grid.
      hours: of computing, in all; `hours_of` by network, where that is known.
      epochs, repeats: of every cell in `accuracy`.
    """

    accuracy: dict
    seconds: dict
    points: dict
    trained: dict
    hours: float
    hours_of: dict
    epochs: int
    repeats: int


@dataclasses.dataclass(frozen=True)
class StudyRecord:
    """A study: what was asked for, and its trials so far.

    Args:
      name: what the user called it.
      kind: "iris", "mnist" or "own".
      command: the command line.
      settings: what the command line meant: epochs, repeats, patience, quick, workers, threads, ...
      data: a `Data`.
      trials: `Trial`s in the study's own order (which isn't the order of their ends).
      planned: how many trials the study has in all; more than `trials` if it was stopped.
      grids: network to axis ("l2", "keep_prob", ...) to the list of its values, as the grid's trials were laid out.
      chosen: network to the hyperparameters that its learning curve was trained with, and "by": "grid", "record" or "user".
      weights: network to its number of weights, without biases.
      recorded: a `Recorded`, or None.
      pictures: index of a misread test example to its uint8 pixels `[height, width]` (nested lists), a bounded number; {} if no images.
      seconds: wall time that was computed in, over all sessions of a study that was resumed.
    """

    name: str
    kind: str
    command: str
    settings: dict
    data: Data
    trials: list
    planned: int
    grids: dict = dataclasses.field(default_factory=dict)
    chosen: dict = dataclasses.field(default_factory=dict)
    weights: dict = dataclasses.field(default_factory=dict)
    recorded: Recorded | None = None
    pictures: dict = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    def stage(self, name):
        """The trials of a stage: "grid", "learning" or "settings"."""
        return [trial for trial in self.trials if trial.stage == name]


def trial_of(found):
    """A `Trial` from what `dataclasses.asdict` made of it."""
    curves = {name: Curve(**found[name]) if found[name] else None for name in ("training", "validation", "testing")}
    stop = Stop(**found["stop"]) if found["stop"] else None
    return Trial(**(found | curves | {"stop": stop, "misread": [Misread(**one) for one in found["misread"]]}))


def text_of(record):
    """A dataclass of this file as JSON.

    Raises:
      ValueError: it holds a number that isn't finite.
    """
    return json.dumps(dataclasses.asdict(record), allow_nan=False, separators=(",", ":"))


def load(folder):
    """The `StudyRecord` in a study's folder.

    Raises:
      FileNotFoundError: there is none.
      ValueError: the file is broken, or of another version of Caudal.
    """
    path = os.path.join(folder, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        begun = os.path.exists(os.path.join(folder, SETTINGS))
        why = f"none of the trials of {folder} has ended yet" if begun else f"{folder} holds no study"
        raise FileNotFoundError(f"{why}: there is no {FILE} in it") from None
    except ValueError as error:
        raise ValueError(f"{path} is broken: {error}") from None
    if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
        raise ValueError(f"{path} is not a study of this version of Caudal")
    return _record_of(found)


def _record_of(found):
    recorded = found["recorded"]
    if recorded:
        accuracy = {net: {int(size): value for size, value in row.items()} for net, row in recorded["accuracy"].items()}
        found["recorded"] = Recorded(**(recorded | {"accuracy": accuracy}))
    pictures = {int(index): pixels for index, pixels in found["pictures"].items()}
    trials = [trial_of(trial) for trial in found["trials"]]
    return StudyRecord(**(found | {"data": Data(**found["data"]), "trials": trials, "pictures": pictures}))


def save(record, folder):
    """Writes a `StudyRecord` into its folder, whole or not at all; returns the path.

    Raises:
      OSError: there is no space left, or the folder can't be written to.
    """
    path = os.path.join(folder, FILE)
    body = {"format": _FORMAT} | dataclasses.asdict(record)
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(body, file, allow_nan=False, separators=(",", ":"))
        file.write("\n")
    os.replace(path + ".part", path)
    return path


def finite(*values):
    """Whether all numbers are finite."""
    return all(math.isfinite(value) for value in values)
