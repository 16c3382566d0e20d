"""Where a study's trials are kept: Optuna's storage, SQLite in the study's folder, or any SQL server by its URL.

A trial is written when it has ended, in one transaction, with all that it found: so it is there whole or not at all,
whatever dies. Each stage of each network is an Optuna study of its own, "NAME/STAGE/NETWORK", with the grid's axes as
parameters, so that Optuna's dashboard shows them. Only the driver opens a storage.
"""

import base64
import datetime
import errno
import json
import os
import zlib

import optuna
import sqlalchemy
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from .definition import StudyError
from .records import text_of, trial_of

__all__ = ["DATABASE", "DiskFull", "Storage", "without_password"]

DATABASE = "study.db"  # in a study's folder
_PIECE = 60_000  # characters; MySQL's text columns hold 65,535 bytes
_FULL = ("disk is full", "no space left", "disk full", "disk quota")


class DiskFull(OSError):
    """A trial couldn't be written: there is no space left."""


class Storage:
    """The trials of one study.

    Args:
      name: the study's.
      folder: the study's folder.
      url: of an SQL server's database, as SQLAlchemy takes it; None for SQLite in the folder.

    Raises:
      StudyError: it can't be reached, or is broken.
    """

    def __init__(self, name, folder, url=None):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.name, self._studies = name, {}
        self.path = None if url else os.path.join(folder, DATABASE)
        self.url = url or f"sqlite:///{os.path.abspath(self.path)}"
        try:
            self._storage = optuna.storages.RDBStorage(self.url, engine_kwargs=_patience(self.url))
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, ImportError, RuntimeError) as error:
            raise StudyError(f"the storage {without_password(self.url)} can't be used: {_first_line(error)}") from None

    def trials(self):
        """All trials so far, in the order in which they ended: (`Job.cell`, `Trial`)."""
        found = []
        for name in optuna.get_all_study_names(self._storage):
            if name.startswith(self.name + "/"):
                for kept in self._study(name).get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.FAIL)):
                    if (trial := _unpacked(kept)) is not None:
                        found.append((kept.user_attrs["cell"], trial))
        return found

    def plan(self, stage, network, axes, count):
        """Keeps what a stage of a network is going to be: the grid's axes, and how many trials there are."""
        study = self._study(f"{self.name}/{stage}/{network}")
        for name, value in {"axes": axes, "trials": count}.items():
            if study.user_attrs.get(name) != value:
                study.set_user_attr(name, value)

    def add(self, trial, cell, axes):
        """Keeps a trial that has ended, whole or not at all.

        Args:
          cell: `Job.cell`, the hash of what was asked for.
          axes: the names in `trial.point` that are the trial's parameters.

        Raises:
          DiskFull: there is no space left.
          StudyError: the storage can't be reached any more.
        """
        study = self._study(f"{self.name}/{trial.stage}/{trial.network}")
        try:
            study.add_trial(_packed(trial, cell, axes))
        except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            chain = f"{error} {error.__cause__}".lower()
            if any(words in chain for words in _FULL) or getattr(error, "errno", None) == errno.ENOSPC:
                raise DiskFull(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path) from None
            raise StudyError(f"the storage {without_password(self.url)} fails: {_first_line(error)}") from None

    def _study(self, name):
        if name not in self._studies:
            kept = {"study_name": name, "storage": self._storage, "load_if_exists": True}
            self._studies[name] = optuna.create_study(direction="maximize", **kept)
        return self._studies[name]


def without_password(url):
    """A storage's URL for people to see."""
    try:
        return sqlalchemy.make_url(url).render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        return url


def _patience(url):
    """How long the engine waits: an SQL server that doesn't answer is given up."""
    known = {"mysql": "connect_timeout", "mariadb": "connect_timeout", "postgresql": "connect_timeout"}
    word = known.get(url.partition(":")[0].partition("+")[0])
    return {"connect_args": {word: 10}} if word else {}


def _first_line(error):
    text = str(error.__cause__ or error).strip() or type(error).__name__
    return text.splitlines()[0]


def _packed(trial, cell, axes):
    """A trial as Optuna keeps it: what a person looks for in the open, all of it beside that."""
    numbers = {name: value for name in axes if isinstance(value := _value(trial, name), (int, float))}
    packed = base64.b64encode(zlib.compress(text_of(trial).encode())).decode()
    pieces = {f"record {i // _PIECE}": packed[i : i + _PIECE] for i in range(0, len(packed), _PIECE)}
    shown = {
        name: getattr(trial, name) for name in ("key", "label", "state", "size", "repeat", "seed", "test", "worker", "threads")
    }
    shown |= {"cell": cell, "error": trial.error and trial.error.strip().splitlines()[-1][:500]}
    kept = create_trial(
        state=TrialState.COMPLETE if trial.complete else TrialState.FAIL,
        value=(trial.score if trial.stage == "grid" else trial.test) if trial.complete else None,
        params=numbers,
        distributions={name: FloatDistribution(min(0.0, value), max(1.0, value)) for name, value in numbers.items()},
        user_attrs=shown | pieces,
    )
    kept.datetime_start, kept.datetime_complete = map(datetime.datetime.fromtimestamp, (trial.started, trial.ended))
    return kept


def _value(trial, name):
    return getattr(trial, name) if name in ("size", "repeat") else trial.point.get(name)


def _unpacked(kept):
    """The `Trial` in what Optuna keeps; None if something else put it there."""
    pieces = [kept.user_attrs[f"record {i}"] for i in range(len(kept.user_attrs)) if f"record {i}" in kept.user_attrs]
    return trial_of(json.loads(zlib.decompress(base64.b64decode("".join(pieces))))) if pieces else None
