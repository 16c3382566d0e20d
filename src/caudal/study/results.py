"""A study's results as Markdown, with their JSON: what docs/results.md is made of, from one study or several."""

import dataclasses
import json

from . import words
from .findings import findings
from .provenance import provenance
from .study_tables import recorded_table, study_tables
from .tables import as_markdown

__all__ = ["results_json", "results_markdown"]

_HEAD = """# Results

Made by `caudal study` from the studies below; the same numbers, raw, are in the JSON beside this file. “2017” is what was recorded then.
"""
_SHOWN = ("recorded", "accuracy", "networks", "chosen", "settings", "changes", "stopping", "seconds", "hours", "lost")


def results_markdown(*records):
    """Studies in Markdown: for each its findings, its tables beside 2017's figures, hours, command, machine and versions.

    Args:
      records: `StudyRecord`s, at least one.
    """
    joint = _joint(records) if len(records) > 1 else ""
    return "\n".join([_HEAD + joint, *map(_section, records)])


def _joint(records):
    """The hours of all studies, and 2017's table beside the cells of those that were computed at its own epochs."""
    hours = sum(trial.seconds for record in records for trial in record.trials) / 3600
    recorded = [record for record in records if record.recorded]
    then = f", beside 2017's {words.number(recorded[0].recorded.hours)}" if recorded else ""
    said = f"\nAll studies on this page together: {words.number(hours)} hours of computing{then}.\n"
    whole = [record for record in recorded if record.settings.get("epochs") == record.recorded.epochs]
    trials = _largest(whole)
    if len({id(record) for record, _ in trials}) < 2 or len({record.data.checksum for record, _ in trials}) > 1:
        return said
    table = recorded_table(dataclasses.replace(whole[0], trials=[trial for _, trial in trials]))
    return said + (f"\n{_table(table)}" if table else "")


def _largest(records):
    """(record, trial) of each network's learning curve, of the study that has most of it: studies may differ in its point."""
    found = {}
    for record in records:
        for network in {trial.network for trial in record.stage("learning")}:
            own = [(record, trial) for trial in record.stage("learning") if trial.network == network]
            if len(own) > len(found.get(network, ())):
                found[network] = own
    return [pair for own in found.values() for pair in own]


def _section(record):
    said = "".join(f"- {one}\n" for one in findings(record))
    tables = {table.name: table for table in study_tables(record)}
    grids = [name for name in tables if name.startswith("grid-")]
    body = [_table(tables[name]) for name in (*_SHOWN[:4], *grids, *_SHOWN[4:]) if name in tables]
    return (
        f"## {record.name}: {', '.join(dict.fromkeys(trial.network for trial in record.trials))}\n\n{_made(record)}\n{said}\n"
        + "\n".join(body)
    )


def _table(table):
    text = f"### {table.title}\n\n{as_markdown(table)}\n{table.note}\n"
    return f"<details><summary>{table.title}</summary>\n\n{text}\n</details>\n" if len(table.rows) > 12 else text


def _made(record):
    """The command, and the machine."""
    facts = provenance(record, record.trials)
    machine = record.settings.get("machine")
    lines = [f"    {record.command}\n", f"Data: {facts['data']}."]
    lines += [f"{record.data.stand_in}."] if record.data.stand_in else []
    lines += [f"Machine: {machine}."] if machine else []
    lines.append(f"Versions: {facts['versions']}. Threads of a trial: {facts['threads']}. Ended {facts['ended']}.")
    return "\n".join(lines) + "\n"


def results_json(*records):
    """The numbers of `results_markdown`, raw: for each study what it was, its tables, and each trial without its curves."""
    return json.dumps([_raw(record) for record in records], indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _raw(record):
    tables = {table.name: {"title": table.title, "note": table.note, "rows": table.rows} for table in study_tables(record)}
    what = {"name": record.name, "kind": record.kind, "made_by": provenance(record, record.trials), "settings": record.settings}
    whole = {
        "data": dataclasses.asdict(record.data),
        "planned": record.planned,
        "seconds": record.seconds,
        "chosen": record.chosen,
    }
    return what | whole | {"findings": findings(record), "tables": tables, "trials": [_trial(trial) for trial in record.trials]}


def _trial(trial):
    left_out = {"training", "validation", "testing", "misread", "first_layer", "confusion"}
    found = {name: value for name, value in vars(trial).items() if name not in left_out}
    return found | {"stop": trial.stop and vars(trial.stop), "score": trial.score}
