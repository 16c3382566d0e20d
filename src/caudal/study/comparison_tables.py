"""Tables of differences: between networks, between settings, with and without early stopping, and between two studies."""

from . import words
from .comparisons import networks, settings, stopping, studies, verdict
from .tables import Column, Table

__all__ = ["compare", "comparison_tables"]

_UNITS = {"test accuracy": (100, "points"), "validation cost": (1, "nats")}
_HOLM = "p by Holm over all rows of the table; “not distinguishable”: p of 0.05 or more."


def comparison_tables(record):
    """One table for each kind of question that the record's trials can answer."""
    learning = "Test accuracy in points, the first less the second, at equal sizes."
    pairs = "Pairs of equal repeats."
    splits = "Where every repeat splits the examples anew, Nadeau and Bengio's correction makes t smaller."
    made = [
        _table("networks", "Which networks differ", f"{learning} {pairs} {_tests(networks(record))} {_HOLM}", networks(record)),
        _table(
            "changes",
            "What each setting changed",
            f"The setting less “{_first(record)}”, at the end of training. {pairs} {splits} {_HOLM}",
            settings(record),
        ),
        _table(
            "stopping",
            "What early stopping changed",
            f"What it keeps, less the end of the same trial. {pairs} {_HOLM}",
            stopping(record),
        ),
    ]
    return [table for table in made if table.rows]


def _first(record):
    return next((trial.label for trial in record.stage("settings")), "")


def _tests(found):
    """The names of the tests that were used."""
    names = sorted({one.answer.test for one in found} - {""})
    more = ", as the lists of misread images are not whole" if "two shares" in names else ""
    return f"Test: {', '.join(names)}{more}." if names else ""


def _table(name, title, note, found):
    rows = [_row(one) for one in found]
    several = len({row["measure"] for row in rows}) > 1
    columns = [Column("at" if name == "networks" else "network", lambda row: _where(row["where"]), words=name != "networks")]
    if name != "networks" and len({row["where"] for row in rows}) < 2:
        columns = []
    columns += [_SETTING if name == "stopping" else _COMPARED]
    columns += [Column("in", lambda row: f"{row['measure']}, {row['unit']}", words=True)] if several else []
    columns += _difference_columns()
    return Table(name, title, note, columns, rows, marked=lambda row: row["sure"])


_COMPARED = Column("compared", lambda row: f"{row['first']} − {row['second']}", words=True)
_SETTING = Column("setting", lambda row: row["second"] or row["where"], words=True)


def _where(where):
    return f"{where:,}" if isinstance(where, int) else str(where)


def _difference_columns():
    return [
        Column("pairs", lambda row: str(row["pairs"])),
        Column("difference", lambda row: words.signed(row["difference"], _places(row))),
        Column("95 % interval", lambda row: words.interval(row["low"], row["high"], _places(row), sign=True)),
        Column("p (Holm)", lambda row: words.p_value(row["p_holm"])),
        Column("verdict", lambda row: row["verdict"], words=True),
    ]


def _places(row):
    return 2 if row["unit"] == "points" else 3


def _row(one):
    factor, unit = _UNITS[one.measure]
    answer = one.answer
    return {
        "where": one.where,
        "first": one.first,
        "second": one.second,
        "measure": one.measure,
        "unit": unit,
        "pairs": answer.n,
        "difference": factor * answer.difference,
        "low": None if answer.low is None else factor * answer.low,
        "high": None if answer.high is None else factor * answer.high,
        "test": answer.test,
        "p": answer.p,
        "p_holm": one.p,
        "sure": one.sure,
        "verdict": verdict(one),
    }


def compare(first, second):
    """The cells that two studies both have, the first less the second.

    Args:
      first, second: `StudyRecord`s.

    Returns:
      two `Table`s: what each was, and their differences, without rows if they share no cell.
    """
    return [_both(first, second), _cells(first, second)]


def _both(first, second):
    rows = [_study_row(record) for record in (first, second)]
    columns = [
        Column("study", lambda row: row["study"], words=True),
        Column("data", lambda row: row["data"], words=True),
        Column("trials", lambda row: f"{row['complete']} of {row['planned']}"),
        Column("hours", lambda row: words.number(row["hours"])),
        Column("caudal", lambda row: row["caudal"], words=True),
        Column("jax", lambda row: row["jax"], words=True),
        Column("threads", lambda row: row["threads"]),
        Column("command", lambda row: row["command"], words=True),
    ]
    return Table("studies", "Two studies", "Hours: the sum of the trials' own times.", columns, rows)


def _study_row(record):
    versions = record.trials[0].versions if record.trials else {}
    threads = sorted({trial.threads for trial in record.trials})
    return {
        "study": record.name,
        "data": f"{record.data.name}, {record.data.checksum[:8]}",
        "complete": sum(trial.complete for trial in record.trials),
        "planned": record.planned,
        "hours": sum(trial.seconds for trial in record.trials) / 3600,
        "caudal": f"{versions.get('caudal', '–')} ({versions.get('code', '–')[:8]})",
        "jax": versions.get("jax", "–"),
        "threads": ", ".join(map(str, threads)) or "–",
        "command": record.command,
    }


def _cells(first, second):
    """The table of differences."""
    rows = [_row(one) | {"equal_trials": equal} for one, equal in studies(first, second)]
    columns = [
        Column("cell", lambda row: _where(row["where"]), words=True),
        Column("in", lambda row: f"{row['measure']}, {row['unit']}", words=True),
        *_difference_columns(),
        Column("the same bits", lambda row: f"{row['equal_trials']} of {row['pairs']}"),
    ]
    note = (
        f"{first.name} less {second.name}. Trials of equal seeds are pairs; else Welch's t. {_HOLM} “The same bits”: trials whose "
        "curves and results are equal to the last digit."
    )
    return Table("compare", f"{first.name} beside {second.name}", note, columns, rows, marked=lambda row: row["sure"])
