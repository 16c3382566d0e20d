"""What a study leaves behind: a table in the terminal, results.json, and where things lie. curves.py draws the pictures."""

import dataclasses
import json
import os

from rich.table import Table

from .curves import spread

__all__ = ["RECORDED", "RECORDED_SECONDS", "iris_table", "mnist_table", "percent", "save"]

_SIZES = (5000, 10000, 20000, 40000, 60000)
RECORDED = {  # test accuracy in percent, 50 epochs, 4 repeats (2017)
    "lenet": dict(zip(_SIZES, (97.82, 98.32, 98.80, 98.85, 98.82), strict=True)),
    "tfnet": dict(zip(_SIZES, (98.92, 99.27, 99.27, 99.22, 99.36), strict=True)),
    "vishnet": dict(zip(_SIZES, (99.16, 99.33, 99.45, 99.48, 99.51), strict=True)),
}
RECORDED_SECONDS = {"lenet": 0.064, "tfnet": 0.59, "vishnet": 1.75}  # a step (2017)


def percent(accuracies):
    """Mean and standard deviation in words: `97.90 ± 0.12 %`; the mean alone if there is one."""
    mean, deviation = spread(accuracies)
    return f"{100 * mean:.2f} %" if len(accuracies) == 1 else f"{100 * mean:.2f} ± {100 * deviation:.2f} %"


def iris_table(rows, title):
    """A rich table; `rows` are dicts with setting, step, training, validation, test (the last three lists of accuracies)."""
    table = Table(title=title, title_justify="left")
    for name in ("setting", "steps", "training", "validation", "test", "validation cost"):
        table.add_column(name, justify="left" if name == "setting" else "right")
    for row in rows:
        mean, deviation = spread(row["cost"])
        cells = (percent(row[part]) for part in ("training", "validation", "test"))
        table.add_row(row["setting"], f"{spread(row['steps'])[0]:.0f}", *cells, f"{mean:.3f} ± {deviation:.3f}")
    return table


def mnist_table(trials, title, epochs):
    """A rich table of `trials`, a dict from (network, size) to `Trial`s, beside the figures of 2017."""
    table = Table(title=title, title_justify="left")
    columns = ("network", "size", "epochs", "trials", "test accuracy", "2017, 50 epochs", "ms a step", "2017, ms a step")
    for name in columns:
        table.add_column(name, justify="left" if name == "network" else "right")
    for (network, size), found in trials.items():
        recorded = RECORDED[network].get(size)
        table.add_row(
            network,
            f"{size:,}",
            f"{epochs:g}",
            str(len(found)),
            percent([trial.test for trial in found]),
            "–" if recorded is None else f"{recorded:.2f} %",
            f"{1000 * spread([trial.seconds_per_step for trial in found])[0]:.2f}",
            f"{1000 * RECORDED_SECONDS[network]:.0f}",
        )
    return table


def save(path, **results):
    """Writes results as JSON, whole or not at all; dataclasses become objects."""
    text = json.dumps(results, indent=1, default=dataclasses.asdict)
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(path + ".part", path)
