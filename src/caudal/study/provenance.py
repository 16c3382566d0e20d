"""What made a figure or a table: command, seeds, data checksum, versions, threads. Every one of them says so."""

import datetime

from . import words

__all__ = ["as_text", "provenance"]

_SEEDS = 200  # shown, at most


def provenance(record, trials):
    """What made something that was drawn or counted from `trials`: a dict from what it is to text."""
    seeds = list(dict.fromkeys(trial.seed for trial in sorted(trials, key=lambda trial: trial.repeat)))
    ended = max((trial.ended for trial in trials), default=0)
    data = f"{record.data.name}, SHA-256 {record.data.checksum}"
    parts = len({trial.data for trial in trials} - {record.data.checksum})
    more = f", and {len(seeds) - _SEEDS} more in study.json" if len(seeds) > _SEEDS else ""
    return {
        "command": record.command,
        "trials": f"{len(trials):,}: {_each(trials, 'network')}; examples {_each(trials, 'size')}; epochs {_epochs(trials)}",
        "seeds": ", ".join(map(str, seeds[:_SEEDS])) + more or "–",
        "data": data + (f"; {parts} drawn parts, by the seeds" if parts else ""),
        "stand-in": record.data.stand_in or "",
        "versions": "; ".join(_versions(trials)) or "–",
        "threads": _each(trials, "threads"),
        "ended": datetime.datetime.fromtimestamp(ended, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC") if ended else "–",
    }


def _each(trials, name):
    values = sorted({getattr(trial, name) for trial in trials})
    return ", ".join(f"{value:,}" if isinstance(value, int) else value for value in values)


def _epochs(trials):
    steps = {t.point["steps"] * (t.point.get("batch") or t.size) / t.size for t in trials if t.point.get("steps") and t.size}
    return ", ".join(words.number(round(value, 2)) for value in sorted(steps)) or "–"


def _versions(trials):
    """Each set of versions that the trials had, once."""
    return dict.fromkeys(", ".join(f"{name} {version}" for name, version in trial.versions.items()) for trial in trials)


def as_text(record, trials):
    """The same as lines, for files."""
    return "\n".join(f"{name}: {value}" for name, value in provenance(record, trials).items() if value)
