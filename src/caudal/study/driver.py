"""Has a study computed: what is missing is given to workers, what they find is kept. It alone writes.

Everything that is known of a study lies in its storage and its settings; so a driver that dies is begun again, and goes on.
"""

import contextlib
import dataclasses
import fcntl
import json
import math
import os
import shutil
import time
import traceback

import numpy as np

from . import records
from .cluster import DaskPool, dask_client, slurm_client
from .definition import StudyError
from .identity import checksum, code, processor
from .jobs import Plan, best_point
from .pool import LocalPool, cores
from .records import SETTINGS
from .storage import DiskFull, Storage, without_password
from .tuner import weigh

__all__ = ["Events", "Options", "Request", "compute", "read_settings"]

_FORMAT = 1
_RESERVE = 4 << 20  # bytes that are held back, so that there is room for trials that end when the disk is full
_A_TRIAL = 200_000  # bytes, about, that a trial takes
_SAVED = 60  # seconds until the record is written anew, for who looks at it meanwhile
_PICTURES = 100  # misread examples that are kept as pictures, at most


@dataclasses.dataclass(frozen=True)
class Options:
    """How a study is computed; of these only `threads` decides its numbers.

    Args:
      workers: processes at once; None for one a processor, or for as many as the cluster gives.
      threads: processors that a trial's arithmetic may use.
      storage: URL of an SQL server's database; None for SQLite in the study's folder.
      attempts: how often a trial may be begun, when its workers die.
      retry: whether failed trials are done again.
      keep: whether trials that other code computed are taken as they are.
      cluster: address of a Dask scheduler, as "tcp://host:8786".
      slurm: arguments of dask_jobqueue.SLURMCluster, name to value; starts workers through Slurm.
    """

    workers: int | None = None
    threads: int = 1
    storage: str | None = None
    attempts: int = 5
    retry: bool = False
    keep: bool = False
    cluster: str | None = None
    slurm: dict | None = None


@dataclasses.dataclass(frozen=True)
class Request:
    """Which study is asked for.

    Args:
      study: a `Study`.
      kind: "iris", "mnist" or "own".
      asked: what resumes it: the command's options, name to value.
      command: the command line.
      origin, source: of a user's file (sources.py); None and "" for Caudal's own networks.
      recorded: a `Recorded`, or None.
      by: who chose the points in `study.points`: "record" or "user".
    """

    study: object
    kind: str
    asked: dict
    command: str
    origin: object = None
    source: str = ""
    recorded: object = None
    by: str = "user"


class Events:
    """What happens while a study is computed. These do nothing; a command line shows them."""

    def stage(self, jobs, missing):
        """A stage begins: all its jobs, and those that aren't done yet."""

    def steps(self, under_way):
        """So many steps of jobs under way are done."""

    def ended(self, trial):
        """A trial has ended."""

    def say(self, words):
        """Something that the user should know."""


def compute(request, folder, options, events):
    """Computes what is missing of a study, and keeps it.

    Args:
      request: a `Request`.
      folder: the study's; made if there is none.
      options: `Options`.
      events: an `Events`.

    Returns:
      the `StudyRecord`; it lies in the folder too, also if this is interrupted.

    Raises:
      StudyError: it can't be computed as it was asked for; nothing that was computed is lost.
    """
    with _lock(_made(folder)):
        session = _Session(request, folder, options, events)
        try:
            session.run()
        finally:
            record = session.save()
    return record


class _Session:
    """One go at a study: all is checked when it is made, computed when it is run."""

    def __init__(self, request, folder, options, events):
        self.request, self.folder, self.options, self.events = request, folder, options, events
        self.study = study = request.study
        self.datasets, sums = _datasets(study)
        self.data = self.datasets[sums[0]]
        study.check_sizes(self.data)
        self.weights = {name: _weighed(study, name, self.data) for name in study.networks}
        _check_room(folder, _count(study))
        _check_folder(folder, request)
        self.storage = Storage(study.name, folder, options.storage)
        self.plan = Plan(study, self.data, sums, request.source, options.threads)
        self.known = self._known()
        self.jobs, self.chosen, self.saved = [], {}, -math.inf
        self._write_settings()

    def _known(self):
        """The trials so far: key, or cell where other code's are taken, to `Trial`."""
        kept = self.storage.trials()
        return {cell if self.options.keep else trial.key: trial for cell, trial in kept}

    def _name(self, job):
        return job.cell if self.options.keep else job.key

    def _write_settings(self):
        url = self.options.storage and without_password(self.options.storage)
        own = {"name": self.study.name, "kind": self.request.kind, "asked": self.request.asked, "command": self.request.command}
        text = json.dumps({"format": _FORMAT} | own | {"storage": url, "threads": self.options.threads}, indent=1)
        path = os.path.join(self.folder, SETTINGS)
        with open(path + ".part", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(path + ".part", path)

    def run(self):
        """Computes both halves: what chooses a point, and what is trained with it."""
        with _reserve(self.folder) as reserve, _pool(self.options) as pool:
            networks = list(self.study.networks)
            self._stage(pool, [job for name in networks for job in self.plan.grid(name)], reserve)
            self._choose(networks)
            rest = [job for name in networks for job in self.plan.settings(name)]
            if self.study.learning:
                rest += [job for name, (point, _) in self.chosen.items() for job in self.plan.learning(name, point)]
            self._stage(pool, rest, reserve)

    def _stage(self, pool, jobs, reserve):
        """Does the jobs that aren't done yet, and keeps their trials."""
        self.jobs += jobs
        missing = [job for job in {self._name(job): job for job in jobs}.values() if self._is_missing(job)]
        if not jobs:
            return
        self._keep_plan(jobs)
        self.events.stage(jobs, missing)
        by_key = {job.key: job for job in missing}
        for trial in pool.run(missing, self.datasets, self.request.origin, self.events.steps) if missing else ():
            self._keep(trial, by_key[trial.key], reserve)
            self.events.ended(trial)
            if time.monotonic() - self.saved > _SAVED:
                self.save()

    def _is_missing(self, job):
        trial = self.known.get(self._name(job))
        return trial is None or (self.options.retry and trial.state == "failed")

    def _keep_plan(self, jobs):
        for stage, network in {(job.stage, job.network): None for job in jobs}:
            count = sum((job.stage, job.network) == (stage, network) for job in jobs)
            self.storage.plan(stage, network, self.study.grid.get(network, {}) if stage == "grid" else {}, count)

    def _keep(self, trial, job, reserve):
        """Keeps a trial; where the disk is full, in the room that was held back, and then stops."""
        axes = {*self.study.grid.get(trial.network, {}), "size", "repeat", *self.study.settings.get(trial.label, {})}
        try:
            self.storage.add(trial, job.cell, sorted(axes))
        except DiskFull as error:
            reserve.free()
            self.storage.add(trial, job.cell, sorted(axes))
            self.known[self._name(job)] = trial
            raise StudyError(
                f"{error.strerror} for {error.filename}: all that has ended is kept; make room, and resume it"
            ) from None
        self.known[self._name(job)] = trial

    def _choose(self, networks):
        """The point that each network's learning curve is trained with, and who chose it."""
        for name in networks:
            if name in self.study.grid:
                point, by = best_point(self.study, name, self._trials("grid", name)), "grid"
                if point is None and self.study.learning:
                    self.events.say(f"no trial of the grid of {name} is complete: its learning curve is left out")
                    continue
            else:
                point, by = self.study.points.get(name, {}), self.request.by
            self.chosen[name] = (point, by)

    def _trials(self, stage, network):
        jobs = (job for job in self.jobs if (job.stage, job.network) == (stage, network))
        return [self.known[self._name(job)] for job in jobs if self._name(job) in self.known]

    def save(self):
        """Writes the `StudyRecord`, and gives it."""
        trials = [
            dataclasses.replace(self.known[self._name(job)], label=job.label, repeat=job.repeat, network=job.network)
            for job in self.jobs
            if self._name(job) in self.known
        ]
        study, request = self.study, self.request
        record = records.StudyRecord(
            name=study.name,
            kind=request.kind,
            command=request.command,
            settings=_settings_of(study, self.options, request),
            data=_described(self.data),
            trials=trials,
            planned=_count(study),
            grids={net: {axis: list(values) for axis, values in axes.items()} for net, axes in study.grid.items()},
            chosen={net: point | {"by": by} for net, (point, by) in self.chosen.items() if study.learning},
            weights=self.weights,
            recorded=request.recorded,
            pictures={} if study.anew else _pictures(trials, self.data.test),
            seconds=_wall(trials),
        )
        records.save(record, self.folder)
        self.saved = time.monotonic()
        return record


def _made(folder):
    """The folder, made if there is none."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise StudyError(f"the folder {folder} can't be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise StudyError(f"the folder {folder} can't be written to")
    return folder


@contextlib.contextmanager
def _lock(folder):
    """Nobody else computes in this folder meanwhile. The system lets go of it if this process dies."""
    with open(os.path.join(folder, ".lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StudyError(f"another process computes the study in {folder}") from None
        yield


def _datasets(study):
    """(checksum to `Dataset`, checksums by repeat)."""
    made = [study.dataset(repeat) for repeat in range(max(study.repeats, study.grid_repeats) if study.anew else 1)]
    sums = [checksum(data) for data in made]
    return dict(zip(sums, made, strict=True)), sums


def _weighed(study, name, data):
    """How many weights a network has; it is inserted into a graph once, so that its errors show before anything is computed."""
    first = study.grid_points(name)[0] if name in study.grid else study.points.get(name, {})
    try:
        return weigh(study.networks[name], study.point(first), data.train.x.shape[1:], data.classes)
    except Exception as error:
        told = "".join(traceback.format_exception(error, limit=-2))
        raise StudyError(f"the network {name!r} can't be inserted into a graph:\n{told}") from error


def _count(study):
    """How many trials a study has."""
    nets, cells = len(study.networks), len(study.sizes or [None]) if study.learning else 0
    grid = sum(len(study.grid_points(name)) for name in study.networks) * study.grid_repeats
    return grid + nets * study.repeats * (cells + len(study.settings))


def _check_room(folder, count):
    need, free = 2 * _RESERVE + count * _A_TRIAL, shutil.disk_usage(folder).free
    if free < need:
        raise StudyError(f"{folder} has {free / 1e6:,.0f} MB left; {count} trials need about {need / 1e6:,.0f} MB")


def _check_folder(folder, request):
    """Refuses a folder that holds another study."""
    if os.path.exists(os.path.join(folder, SETTINGS)):
        held = read_settings(folder)
        if (held["name"], held["kind"]) != (request.study.name, request.kind):
            raise StudyError(f"{folder} holds the study {held['name']!r}; choose another folder with --out")


def read_settings(folder):
    """What `compute` wrote of a study, when it began it.

    Raises:
      StudyError: there is no study in the folder, or it is another version's.
    """
    path = os.path.join(folder, SETTINGS)
    try:
        with open(path, encoding="utf-8") as file:
            held = json.load(file)
    except FileNotFoundError:
        raise StudyError(f"{folder} holds no study: there is no {SETTINGS} in it") from None
    except ValueError as error:
        raise StudyError(f"{path} is broken: {error}") from None
    if not isinstance(held, dict) or held.get("format") != _FORMAT:
        raise StudyError(f"{path} is not a study of this version of Caudal")
    return held


class _Reserve:
    """A file that takes up room until it is freed."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, "wb") as file:
                file.write(bytes(_RESERVE))
        except OSError as error:
            self.free()
            raise StudyError(f"{os.path.dirname(path)} can't be written to: {error.strerror}") from None

    def free(self):
        """Gives the room back."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


@contextlib.contextmanager
def _reserve(folder):
    held = _Reserve(os.path.join(folder, ".reserve"))
    try:
        yield held
    finally:
        held.free()


def _pool(options):
    """The workers that were asked for; a scheduler that doesn't answer shows here, before anything is computed."""
    count = _workers(options)
    if options.cluster:
        return DaskPool(dask_client(options.cluster), options.threads, options.attempts)
    if options.slurm is not None:
        return DaskPool(slurm_client(count, options.slurm), options.threads, options.attempts)
    return LocalPool(count, options.threads, options.attempts)


def _workers(options):
    return options.workers or max(1, len(cores()) // options.threads)


def _described(data):
    parts = {name: len(getattr(data, name)) for name in ("train", "validation", "test")}
    return records.Data(data.name, data.source, checksum(data), data.classes, **parts, stand_in=data.stand_in)


def _settings_of(study, options, request):
    names = (
        "sizes",
        "epochs",
        "steps",
        "repeats",
        "grid_epochs",
        "grid_size",
        "grid_repeats",
        "patience",
        "stops",
        "looks",
        "base",
    )
    own = {name: getattr(study, name) for name in names}
    workers = {
        "workers": _workers(options),
        "threads": options.threads,
        "cluster": options.cluster or ("Slurm" if options.slurm else None),
        "machine": f"{len(cores())} processors, {processor()}",
    }
    return own | workers | {"settings": study.settings, "code": code(), "quick": bool(request.asked.get("quick"))}


def _pictures(trials, test):
    """The misread test examples that most trials misread, as pictures."""
    if test.x.ndim not in (3, 4) or (test.x.ndim == 4 and test.x.shape[-1] != 1) or not trials:
        return {}
    found = [one.index for trial in trials for one in trial.misread]
    indices, counts = np.unique(np.array(found, np.int64), return_counts=True)
    most = indices[np.lexsort((indices, -counts))][:_PICTURES]
    grey = np.clip(test.x[most].reshape(len(most), *test.x.shape[1:3]), 0, 1)
    return {int(i): picture for i, picture in zip(most, np.round(255 * grey).astype(np.uint8).tolist(), strict=True)}


def _wall(trials):
    """Seconds in which at least one trial was under way."""
    total, until = 0.0, 0.0
    for start, end in sorted((trial.started, trial.ended) for trial in trials):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
