"""The tables of a study, from its record: each says what was run. tables.py writes them, comparison_tables.py has the tests'."""

import statistics as plain

from . import words
from .comparison_tables import comparison_tables
from .comparisons import by_cell, tested, tied
from .grids import axes_of, grid_cells
from .statistics import estimate, proportion
from .tables import Column, Table

__all__ = ["accuracy_of", "epochs_of", "recorded_table", "study_tables"]


_OPTIMIZERS = {"sgd": "gradient descent", "adam": "Adam"}


def study_tables(record):
    """All tables that this record has trials for, in the order in which they are read."""
    made = (recorded_table, cells_table, chosen_table, settings_table, seconds_table, hours_table, lost_table)
    found = [table for make in made if (table := make(record))]
    grids = [grid_table(record, net) for net in grid_cells(record)]
    return [*found[:3], *grids, *found[3:], *comparison_tables(record)]


def epochs_of(trial):
    """Passes over its training examples, as far as it went; None where that can't be said."""
    steps, batch = trial.point.get("steps"), trial.point.get("batch") or trial.size
    if trial.stop and trial.stop.applied:
        steps = trial.stop.end
    return steps * batch / trial.size if steps and trial.size else None


def accuracy_of(trials, n):
    """An `Estimate` of test accuracy, in percent: over the repeats; of one trial by the examples that it was tested on."""
    shares = [tested(trial) for trial in trials]
    return (proportion(shares[0], n) if len(shares) == 1 else estimate(shares)).times(100)


def _range(values, show=words.number):
    """`50`, or `12 to 50`."""
    values = sorted({value for value in values if value is not None})
    return " to ".join(show(value) for value in dict.fromkeys((values[0], values[-1]))) if values else "–"


def _what(record, trials):
    """What was run, in sentences."""
    cells = by_cell(trials, "network", "label", "size").values()
    said = [
        f"{record.data.stand_in}." if record.data.stand_in else "",
        f"{record.data.name}: {_range([t.size for t in trials], '{:,}'.format)} training examples",
        f"{_range([round(e, 2) for t in trials if (e := epochs_of(t))], '{:g}'.format)} epochs",
        f"batches of {_range([t.point.get('batch') or t.size for t in trials])}",
        _optimizer(trials),
        f"{(count := _range([len(cell) for cell in cells]))} {'trial' if count == '1' else 'trials'} a row",
    ]
    return said[0] + " " * bool(said[0]) + ", ".join(filter(None, said[1:])) + "."


def _optimizer(trials):
    """Optimizers and learning rates in words."""
    points = [trial.point for trial in trials]
    names = ", ".join(dict.fromkeys(_OPTIMIZERS.get(name, name) for point in points if (name := point.get("optimizer"))))
    rates = _range([point.get("rate") for point in points])
    falling = " falling to 0" if points and all(point.get("falling") for point in points) else ""
    epsilons = _range([point.get("epsilon") for point in points], "{:g}".format)
    return f"{names}, α {rates}{falling}" + (f", ε {epsilons}" if epsilons != "–" else "") if names else ""


def _beside_2017(record, nets):
    """What has to be said where ours stands beside 2017's."""
    then = f"2017: {record.recorded.epochs} epochs, {record.recorded.repeats} trials a cell; its optimizer isn't named"
    rebuilt = " vishnet's plan isn't recorded, only its number of weights: ours is a reconstruction." if "vishnet" in nets else ""
    return f"{then}.{rebuilt}"


def recorded_table(record):
    """The table of 2017, and ours in its form; None without trials or without a record."""
    cells = by_cell(record.stage("learning"), "network", "size")
    nets = list(dict.fromkeys(net for net, _ in cells))
    if not cells or not record.recorded or not set(nets) & set(record.recorded.accuracy):
        return None
    sizes = sorted({size for _, size in cells} | {size for net in nets for size in record.recorded.accuracy.get(net, {})})
    rows = [row for net in nets for row in _recorded_rows(record, cells, net, sizes)]
    columns = [Column("", lambda row: f"{row['network']}, {row['what']}", words=True)]
    columns += [Column(f"{size:,}", lambda row, key=f"accuracy_{size}": _recorded_cell(row, key)) for size in sizes]
    ours = f"{_what(record, record.stage('learning'))} Test accuracy in percent, mean ± standard deviation."
    note = f"{ours} {_beside_2017(record, nets)}"
    title = "Test accuracy over training-set size, ours beside 2017"
    return Table("recorded", title, note, columns, rows, marked=lambda row: row["what"] == "ours")


def _recorded_rows(record, cells, net, sizes):
    ours = {size: accuracy_of(cells[net, size], record.data.test) for size in sizes if (net, size) in cells}
    then = record.recorded.accuracy.get(net, {})
    lines = {
        "ours": {size: found.mean for size, found in ours.items()},
        "2017": then,
        "difference": {size: found.mean - then[size] for size, found in ours.items() if size in then},
    }
    for what, values in lines.items():
        row = {"network": net, "what": what}
        for size in sizes:
            row[f"accuracy_{size}"] = values.get(size)
            row[f"deviation_{size}"] = ours[size].deviation if what == "ours" and size in ours else None
        yield row


def _recorded_cell(row, key):
    value, deviation = row[key], row[key.replace("accuracy", "deviation")]
    if value is None:
        return "–"
    if row["what"] == "difference":
        return words.signed(value)
    return f"{value:.2f}" + (f" ± {deviation:.2f}" if deviation is not None else "")


def _if_recorded(record, *columns):
    """Columns of what was recorded in 2017; none for a study that has no such record."""
    return columns if record.recorded else ()


def cells_table(record):
    """Each network at each size, in full."""
    cells = by_cell(record.stage("learning"), "network", "size")
    rows = [_cell_row(record, *key, trials) for key, trials in cells.items()]
    if not rows:
        return None
    columns = [
        Column("network", lambda row: row["network"], words=True),
        Column("size", lambda row: f"{row['size']:,}"),
        Column("epochs", lambda row: words.number(row["epochs"])),
        Column("trials", lambda row: str(row["trials"])),
        Column("test accuracy, %", lambda row: _plus_minus(row["accuracy_percent"], row["deviation_percent"])),
        Column("95 % interval", lambda row: words.interval(row["low_percent"], row["high_percent"])),
        *_if_recorded(
            record,
            Column("2017, %", lambda row: "–" if row["recorded_percent"] is None else f"{row['recorded_percent']:.2f}"),
            Column("difference", lambda row: "–" if row["difference_points"] is None else words.signed(row["difference_points"])),
        ),
    ]
    note = (
        f"{_what(record, record.stage('learning'))} Intervals: Student's t over the repeats; of one trial Wilson's, over "
        f"{record.data.test:,} test examples."
    )
    return Table("accuracy", "Test accuracy of each network and size", note, columns, rows)


def _cell_row(record, net, size, trials):
    found = accuracy_of(trials, record.data.test)
    then = (record.recorded.accuracy if record.recorded else {}).get(net, {}).get(size)
    epochs = [e for trial in trials if (e := epochs_of(trial)) is not None]
    return {
        "network": net,
        "size": size,
        "epochs": plain.fmean(epochs) if epochs else None,
        "trials": found.n if found.deviation is not None else len(trials),
        "accuracy_percent": found.mean,
        "deviation_percent": found.deviation,
        "low_percent": found.low,
        "high_percent": found.high,
        "interval": found.by,
        "recorded_percent": then,
        "difference_points": None if then is None else found.mean - then,
    }


def _plus_minus(value, deviation, places=2):
    return f"{value:.{places}f}" + ("" if deviation is None else f" ± {deviation:.{places}f}")


def grid_table(record, net):
    """Each point of a network's grid, the best first."""
    axes, cells = axes_of(record, net), grid_cells(record)[net]
    scored = sorted((cell for cell in cells if cell.score is not None), key=lambda cell: -cell.score)
    ties = tied([cell.score for cell in scored], record.data.validation) if scored else []
    rows = [_grid_row(axes, cell, rank, tie) for rank, (cell, tie) in enumerate(zip(scored, ties, strict=True), 1)]
    rows += [_grid_row(axes, cell, None, False) for cell in cells if cell.score is None]
    columns = [Column("rank", lambda row: words.number(row["rank"]))]
    columns += [Column(words.axis_name(axis), lambda row, axis=axis: words.number(row[axis])) for axis in axes]
    columns += [
        Column("trials", lambda row: str(row["trials"])),
        Column("validation accuracy", lambda row: words.percent(row["validation_accuracy"])),
        Column("beside the best", lambda row: _beside(row), words=True),
    ]
    note = (
        f"{_what(record, record.stage('grid'))} Scored on {record.data.validation:,} validation examples, never on the test part. "
        "“Not distinguishable” from the best: two shares, Holm."
    )
    return Table(f"grid-{net}", f"Grid of {net}: {len(cells)} points", note, columns, rows, marked=lambda row: row["rank"] == 1)


def _grid_row(axes, cell, rank, tie):
    point = dict(zip(axes, cell.point, strict=True))
    scored = {"validation_accuracy": cell.score, "tied_with_best": tie, "state": cell.state}
    return {"rank": rank, **point, "trials": len(cell.trials), **scored}


def _beside(row):
    if row["validation_accuracy"] is None:
        return row["state"]
    return "best" if row["rank"] == 1 else "not distinguishable" if row["tied_with_best"] else "lower"


def chosen_table(record):
    """What each network's grid chose, beside 2017."""
    rows = []
    for net, cells in grid_cells(record).items():
        scored = [cell for cell in cells if cell.score is not None]
        if scored:
            rows.append(_chosen_row(record, net, cells, max(scored, key=lambda cell: cell.score), scored))
    if not rows:
        return None
    columns = [
        Column("network", lambda row: row["network"], words=True),
        Column("points", lambda row: str(row["points"])),
        Column("best", lambda row: row["best"], words=True),
        Column("validated", lambda row: words.percent(row["validation_accuracy"])),
        Column("95 % interval", lambda row: words.interval(100 * row["low"], 100 * row["high"])),
        Column("tied", lambda row: str(row["tied"])),
        Column("trained with", lambda row: row["trained_with"] or "–", words=True),
        *_if_recorded(record, Column("2017", lambda row: row["recorded"] or "–", words=True)),
    ]
    then = " 2017: its number of points, and what it chose." if record.recorded else ""
    note = f"{_what(record, record.stage('grid'))} “Validated”: accuracy on validation examples, its interval Wilson's. “Tied”: points that can't be distinguished from the best (two shares, Holm).{then}"
    return Table("chosen", "What the grid chose", note, columns, rows)


def _chosen_row(record, net, cells, best, scored):
    found, then = proportion(best.score, record.data.validation), record.recorded
    known = then and net in then.points
    return {
        "network": net,
        "points": len(cells),
        "best": words.point(dict(zip(axes_of(record, net), best.point, strict=True))),
        "validation_accuracy": best.score,
        "low": found.low,
        "high": found.high,
        "tied": sum(tied([cell.score for cell in scored], record.data.validation)) - 1,
        "trained_with": words.point({k: v for k, v in record.chosen.get(net, {}).items() if k != "by"}),
        "recorded": f"{then.trained[net]}: {words.point(then.points[net])}" if known else None,
    }


def settings_table(record):
    """Each setting, without and with early stopping."""
    cells = by_cell(record.stage("settings"), "network", "label")
    rows = [row for key, trials in cells.items() for row in _setting_rows(*key, trials)]
    if not rows:
        return None
    columns = [Column("network", lambda row: row["network"], words=True)] if len({net for net, _ in cells}) > 1 else []
    columns += [
        Column("setting", lambda row: row["setting"], words=True),
        Column("trials", lambda row: str(row["trials"])),
        Column("steps", lambda row: _plus_minus(row["steps"], row["steps_deviation"], 0)),
        Column("training, %", lambda row: _part(row, "training")),
        Column("validation, %", lambda row: _part(row, "validation")),
        Column("test, %", lambda row: _part(row, "test")),
        Column("validation cost, nats", lambda row: _part(row, "cost", 3, "nats")),
    ]
    patience = {trial.stop.patience for trials in cells.values() for trial in trials if trial.stop}
    stopped = f" Early stopping: patience of {_range(patience)} looks; it keeps the least validation cost." if patience else ""
    note = f"{_what(record, record.stage('settings'))} Mean ± standard deviation over the trials.{stopped}"
    return Table("settings", f"{record.data.name}: what each setting reached", note, columns, rows)


def _part(row, name, places=1, unit="percent"):
    value = row[f"{name}_{unit}"]
    return "–" if value is None else _plus_minus(value, row[f"{name}_deviation"], places)


def _setting_rows(net, label, trials):
    """A setting's row at the trials' end, and one for what early stopping keeps, where that is another question."""
    ends = [len(trial.training.steps) - 1 for trial in trials]
    yield _setting_row(net, label, trials, ends, [t.training.steps[-1] for t in trials], [tested(t) for t in trials])
    if all(trial.stop and not trial.stop.applied and trial.stop.test is not None for trial in trials):
        looks, steps = [trial.stop.look for trial in trials], [trial.stop.end for trial in trials]
        yield _setting_row(net, f"{label}, stopped early", trials, looks, steps, [trial.stop.test for trial in trials])


def _setting_row(net, label, trials, looks, steps, tests):
    row = {"network": net, "setting": label, "trials": len(trials)} | _mean("steps", "steps", steps, bare=True)
    row |= _mean("training", "percent", [100 * t.training.accuracy[i] for t, i in zip(trials, looks, strict=True)])
    validated = all(trial.validation for trial in trials)
    valid = [100 * t.validation.accuracy[i] for t, i in zip(trials, looks, strict=True)] if validated else None
    costs = [t.validation.cost[i] for t, i in zip(trials, looks, strict=True)] if validated else None
    return (
        row
        | _mean("validation", "percent", valid)
        | _mean("test", "percent", [100 * x for x in tests])
        | _mean("cost", "nats", costs)
    )


def _mean(name, unit, values, bare=False):
    found = estimate(values) if values else None
    key = name if bare else f"{name}_{unit}"
    return {key: found and found.mean, f"{name}_deviation": found and found.deviation}


def seconds_table(record):
    """Seconds a step."""
    rows = []
    for net, trials in by_cell(record.trials, "network").items():
        times = [trial.seconds_per_step for trial in trials if trial.seconds_per_step]
        then = (record.recorded.seconds if record.recorded else {}).get(net)
        if times:
            rows.append(_seconds_row(record, net, times, then, trials))
    if not rows:
        return None
    columns = [
        Column("network", lambda row: row["network"], words=True),
        Column("weights", lambda row: "–" if row["weights"] is None else f"{row['weights']:,}"),
        Column("trials", lambda row: str(row["trials"])),
        Column("threads", lambda row: row["threads"]),
        Column("ms a step, median", lambda row: words.number(1000 * row["seconds"])),
        Column("least to most", lambda row: " to ".join(words.number(1000 * row[k]) for k in ("seconds_least", "seconds_most"))),
        *_if_recorded(
            record,
            Column(
                "2017, ms", lambda row: "–" if row["recorded_seconds"] is None else words.number(1000 * row["recorded_seconds"])
            ),
            Column("times as fast", lambda row: "–" if row["ratio"] is None else words.number(row["ratio"], 2)),
        ),
    ]
    then = " 2017's machine was another." if record.recorded else ""
    note = f"{_what(record, record.trials)} Each trial's median step of training; other workers may have run beside it.{then}"
    return Table("seconds", "Time of a training step", note, columns, rows)


def _seconds_row(record, net, times, then, trials):
    return {
        "network": net,
        "weights": record.weights.get(net),
        "trials": len(times),
        "threads": _range([trial.threads for trial in trials]),
        "seconds": plain.median(times),
        "seconds_least": min(times),
        "seconds_most": max(times),
        "recorded_seconds": then,
        "ratio": None if then is None else then / plain.median(times),
    }


def hours_table(record):
    """Hours of computing by network and stage, and in all."""
    rows = []
    for net in dict.fromkeys(trial.network for trial in record.trials):
        for stage in dict.fromkeys(trial.stage for trial in record.trials if trial.network == net):
            trials = [trial for trial in record.trials if (trial.network, trial.stage) == (net, stage)]
            rows.append(_hours_row(net, stage, trials, None))
    if not rows:
        return None
    rows.append(_hours_row("all", "", record.trials, record.recorded.hours if record.recorded else None))
    columns = [
        Column("network", lambda row: row["network"], words=True),
        Column("stage", lambda row: row["stage"], words=True),
        Column("trials", lambda row: str(row["trials"])),
        Column("steps", lambda row: f"{row['steps']:,}"),
        Column("hours", lambda row: words.number(row["hours"])),
        *_if_recorded(
            record,
            Column("2017, hours", lambda row: "–" if row["recorded_hours"] is None else words.number(row["recorded_hours"])),
        ),
    ]
    then = "2017's 360 hours are its learning curves and grids whole, on a cluster." if record.recorded else ""
    note = f"The sum of the trials' own times; it took {words.duration(record.seconds)} on the clock. {then}".strip()
    return Table("hours", "Hours of computing", note, columns, rows, marked=lambda row: row["network"] == "all")


def _hours_row(net, stage, trials, then):
    steps = sum(trial.training.steps[-1] for trial in trials if trial.training)
    hours = sum(trial.seconds for trial in trials) / 3600
    return {"network": net, "stage": stage, "trials": len(trials), "steps": steps, "hours": hours, "recorded_hours": then}


def lost_table(record):
    """Trials that failed or diverged, with what was raised."""
    rows = [_lost_row(trial) for trial in record.trials if not trial.complete]
    if not rows:
        return None
    columns = [Column(name, lambda row, name=name: words.number(row[name]), words=name != "size") for name in rows[0]]
    note = "They count in no mean and in no test."
    return Table("lost", "Trials that ended without a result", note, columns, rows)


def _lost_row(trial):
    what = {"network": trial.network, "stage": trial.stage, "point": words.point(trial.point), "size": trial.size}
    return what | {"repeat": trial.repeat, "state": trial.state, "error": (trial.error or "").partition("\n")[0]}
