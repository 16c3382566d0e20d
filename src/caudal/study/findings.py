"""What a study says, in sentences: the first thing that is read. The numbers are the tables'."""

import collections

from . import words
from .comparisons import networks, settings, stopping, verdict
from .study_tables import cells_table, chosen_table, hours_table, seconds_table

__all__ = ["CLOSE", "findings", "tiles"]

CLOSE = 0.3  # points: as near to 2017's accuracy as this is near


def findings(record):
    """Sentences, the most asked-for first."""
    said = [_standing(record), _recorded(record), *_networks(record), *_grids(record), *_settings(record), _time(record)]
    return [sentence for sentence in said if sentence]


def _standing(record):
    done, lost = len(record.trials), [trial for trial in record.trials if not trial.complete]
    said = [record.data.stand_in and f"{record.data.stand_in}."]
    if done < record.planned:
        said.append(f"{done:,} of {record.planned:,} trials are computed so far: the rest of this page is about these.")
    if lost:
        states = collections.Counter(trial.state for trial in lost)
        said.append(
            f"{_counted(len(lost), 'trial')} ended without a result ({', '.join(f'{n} {s}' for s, n in states.items())})."
        )
    return " ".join(filter(None, said))


def _counted(n, noun):
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _recorded(record):
    table = cells_table(record)
    rows = [row for row in table.rows if row["difference_points"] is not None] if table else []
    if not rows:
        return ""
    close = sum(abs(row["difference_points"]) <= CLOSE for row in rows)
    worst = max(rows, key=lambda row: abs(row["difference_points"]))
    where = f"{worst['network']} at {worst['size']:,} ({words.signed(worst['difference_points'])} points)"
    epochs = {round(row["epochs"], 2) for row in rows if row["epochs"]}
    fewer = "" if epochs == {float(record.recorded.epochs)} else " Not after as many epochs: 2017 had 50."
    return f"{close} of {len(rows)} cells lie within {CLOSE} points of 2017's; farthest is {where}.{fewer}"


def _networks(record):
    """One sentence for each two networks."""
    pairs = collections.defaultdict(list)
    for found in networks(record):
        pairs[found.first, found.second].append(found)
    for (first, second), found in pairs.items():
        answers = collections.Counter(verdict(one) for one in found)
        said = ", ".join(f"{answer} at {n} of {_counted(len(found), 'size')}" for answer, n in answers.items())
        yield f"{first} against {second}: {said}."


def _grids(record):
    table = chosen_table(record)
    for row in table.rows if table else []:
        tied = f"; {_counted(row['tied'], 'point')} can't be told from it" if row["tied"] else ""
        then = f" 2017 chose, of {row['recorded']}." if row["recorded"] else ""
        yield f"{row['network']}'s grid is best at {row['best']} ({words.percent(row['validation_accuracy'])} validated){tied}.{then}"


def _settings(record):
    for name, found in (("", settings(record)), ("Early stopping: ", stopping(record))):
        sure = [one for one in found if one.sure]
        for one in sure:
            yield f"{f'{name}{one.second}' if name else f'{one.first} against {one.second}'}: {_changed(one)}."
        asked = [one for one in found if one.p is not None]
        rest = len(asked) - len(sure)
        if rest:
            yield f"{name}{rest} of {_counted(len(asked), 'tested difference')} {'is' if rest == 1 else 'are'} not distinguishable."


def _changed(one):
    answer = one.answer
    factor, places, unit = (100, 1, "points") if one.measure == "test accuracy" else (1, 3, "nats")
    said = f"{one.measure} {words.signed(factor * answer.difference, places)} {unit}"
    if answer.low is None:
        return said
    return f"{said} ({words.interval(factor * answer.low, factor * answer.high, places, sign=True)})"


def _time(record):
    table = hours_table(record)
    if not table:
        return ""
    row = table.rows[-1]
    then = f"; 2017's whole study took {words.number(row['recorded_hours'])} h" if row["recorded_hours"] else ""
    steps = _counted(row["steps"], "step")
    return f"{_counted(row['trials'], 'trial')} of {steps} took {words.duration(3600 * row['hours'])} of computing{then}."


def tiles(record):
    """A few figures for the page's head: (figure, what it is, what stands beside it)."""
    found, table = [], cells_table(record)
    largest = {}
    for row in table.rows if table else []:
        if row["network"] not in largest or row["size"] > largest[row["network"]]["size"]:
            largest[row["network"]] = row
    for net, row in largest.items():
        then = f"; 2017: {row['recorded_percent']:.2f} %" if row["recorded_percent"] is not None else ""
        found.append((f"{row['accuracy_percent']:.2f} %", f"{net}, {row['size']:,} examples", f"test accuracy{then}"))
    done = sum(trial.complete for trial in record.trials)
    found.append((f"{done:,}", "trials complete", f"of {record.planned:,} planned"))
    hours = hours_table(record)
    if hours:
        row = hours.rows[-1]
        beside = (
            f"2017: {words.number(row['recorded_hours'])} h"
            if row["recorded_hours"]
            else f"{words.duration(record.seconds)} on the clock"
        )
        found.append((words.duration(3600 * row["hours"]), "of computing", beside))
    times = seconds_table(record)
    return found + [_time_tile(row) for row in (times.rows if times else [])][: 5 - min(4, len(found))]


def _time_tile(row):
    then = f"2017: {words.number(1000 * row['recorded_seconds'])} ms" if row["recorded_seconds"] else "here"
    return f"{words.number(1000 * row['seconds'])} ms", f"a step of {row['network']}", then
