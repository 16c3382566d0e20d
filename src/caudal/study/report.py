"""What a study leaves to look at, from its record: the page, its tables and figures as files, events for TensorBoard, results.md."""

import contextlib
import os

from . import events, panels
from .drawing import save_files
from .page import Contents, page
from .provenance import as_text, provenance
from .results import results_json, results_markdown
from .study_tables import study_tables
from .tables import as_csv, as_json, as_latex

__all__ = ["contents_of", "write", "write_page"]


def write(record, folder):
    """Writes everything that a study's record gives to look at; what an earlier call wrote is replaced.

    Args:
      record: a `StudyRecord`; a study that isn't whole gives what it has.
      folder: an existing folder; it gets report.html, results.md and results.json, tables/ (CSV, JSON and LaTeX of each table),
        figures/ (PNG and SVG of each) and tensorboard/ (an event file for each trial).

    Returns:
      list of paths: the page first, then what else a reader would open. Folders end in a slash.

    Raises:
      OSError: there is no space left, or the folder can't be written to.
    """
    contents = contents_of(record)
    made = [_put(os.path.join(folder, "report.html"), page(contents))]
    made += write_page([record], os.path.join(folder, "results.md"))
    made.append(_tables(contents, _folder(folder, "tables")))
    made.append(_figures(contents, _folder(folder, "figures")))
    made.append(events.write(record, _folder(folder, "tensorboard")))
    return made


def write_page(records, path):
    """Writes studies as one page of Markdown, and their numbers as JSON beside it.

    Args:
      records: `StudyRecord`s, at least one.
      path: of the Markdown, ending in ".md".

    Returns:
      list of the two paths.

    Raises:
      OSError: as `write`.
    """
    beside = path.removesuffix(".md") + ".json"
    return [_put(path, results_markdown(*records)), _put(beside, results_json(*records))]


def contents_of(record):
    """The `Contents` of a record's page: all tables and panels."""
    tables = {table.name: table for table in study_tables(record)}
    time = panels.time_panel(record)
    drawn = {
        "learning": panels.learning_panels(record),
        "grid": panels.grid_panels(record),
        "training": panels.training_panels(record),
        "time": [time] if time else [],
    }
    return Contents(record, tables, drawn)


def _folder(*parts):
    path = os.path.join(*parts, "")
    os.makedirs(path, exist_ok=True)
    return path


def _put(path, text):
    """Writes a file whole or not at all; returns its path."""
    try:
        with open(path + ".part", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".part", path)
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(path + ".part")
        raise
    return path


def _tables(contents, folder):
    record = contents.record
    for table in contents.tables.values():
        path = os.path.join(folder, table.name)
        _put(path + ".csv", as_csv(table))
        _put(path + ".json", as_json(table, made_by=provenance(record, record.trials)))
        _put(path + ".tex", as_latex(table, as_text(record, record.trials)))
    return folder


def _figures(contents, folder):
    for panel in (panel for kind in contents.panels.values() for panel in kind):
        save_files(panel.figure, os.path.join(folder, panel.name), f"{panel.alt}\n{as_text(contents.record, panel.trials)}")
    return folder
