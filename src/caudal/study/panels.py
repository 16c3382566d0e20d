"""What is drawn of a study: learning curves, grids as heat maps, cost and accuracy over training, times. drawing.py says how it looks."""

import dataclasses
import statistics

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from . import words
from .comparisons import by_cell
from .drawing import ACCENT, INK, MUTED, SERIES, STYLES, figure
from .grids import axes_of, best_of, grid_cells
from .statistics import estimate
from .study_tables import accuracy_of

__all__ = ["Panel", "grid_panels", "learning_panels", "time_panel", "training_panels"]

_LOOKS = 160  # drawn of a curve, at most
_COUNTS = FuncFormatter(lambda x, _: f"{x:,.0f}")
_PLAIN = FuncFormatter(lambda x, _: f"{x:,.10g}")
_PARTS = ("training", "validation", "testing")
_MEASURES = ("cost", "accuracy")


@dataclasses.dataclass(frozen=True)
class Panel:
    """A picture.

    Args:
      name: letters, digits and "-".
      figure: matplotlib's.
      alt: what it shows, for who can't see it.
      trials: those that it is drawn from.
    """

    name: str
    figure: object
    alt: str
    trials: list


def slug(text):
    """A name for files and ids: letters, digits and "-"."""
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "." if sign == "." else "-" for sign in text.lower())
    return "-".join(part for part in kept.split("-") if part).strip(".") or "x"


def learning_panels(record):
    """Test accuracy over training-set size, a panel for each network."""
    cells = by_cell(record.stage("learning"), "network", "size")
    nets = list(dict.fromkeys(net for net, _ in cells))
    by_net = {net: {size: t for (n, size), t in sorted(cells.items()) if n == net} for net in nets}
    alone = [_learning_panel(record, net, found) for net, found in by_net.items()]
    return [_together_panel(record, by_net), *alone] if len(nets) > 1 else alone


def _together_panel(record, by_net):
    """All networks' learning curves in one picture."""
    found = {
        net: {size: accuracy_of(trials, record.data.test) for size, trials in cells.items()} for net, cells in by_net.items()
    }

    def draw(axes):
        for i, (net, cells) in enumerate(found.items()):
            line, marker = STYLES[i % len(STYLES)]
            reach = [[one.mean - one.low for one in cells.values()], [one.high - one.mean for one in cells.values()]]
            look = {"color": SERIES[i % len(SERIES)], "linestyle": line, "marker": marker, "capsize": 3, "label": net}
            axes.errorbar(list(cells), [one.mean for one in cells.values()], reach, **look)
        axes.set(title="All networks", xlabel="training examples", ylabel="test accuracy, %")
        axes.xaxis.set_major_formatter(_COUNTS)
        axes.legend(loc="lower right")

    said = "; ".join(f"{net} {', '.join(f'{one.mean:.2f}' for one in cells.values())}" for net, cells in found.items())
    trials = [trial for cells in by_net.values() for found in cells.values() for trial in found]
    alt = f"Learning curves of all networks, ours: test accuracy in percent by training examples. {said}."
    return Panel("learning-all-networks", figure(draw), alt, trials)


def _learning_panel(record, net, cells):
    found = {size: accuracy_of(trials, record.data.test) for size, trials in sorted(cells.items())}
    then = (record.recorded.accuracy if record.recorded else {}).get(net, {})

    def draw(axes):
        sizes, means = list(found), [one.mean for one in found.values()]
        reach = [[one.mean - one.low for one in found.values()], [one.high - one.mean for one in found.values()]]
        axes.errorbar(sizes, means, reach, color=SERIES[0], marker="o", capsize=3, label="ours, 95 % interval")
        for size, trials in cells.items():
            axes.plot(
                [size] * len(trials), [accuracy_of([t], record.data.test).mean for t in trials], ".", color=SERIES[0], alpha=0.45
            )
        if then:
            axes.plot(
                list(then),
                list(then.values()),
                color=SERIES[1],
                linestyle="--",
                marker="s",
                label=f"2017, mean of {record.recorded.repeats}",
            )
        axes.set(title=net, xlabel="training examples", ylabel="test accuracy, %")
        axes.xaxis.set_major_formatter(_COUNTS)
        axes.legend(loc="lower right")

    said = "; ".join(
        f"{size:,}: {one.mean:.2f}" + (f" (2017: {then[size]:.2f})" if size in then else "") for size, one in found.items()
    )
    alt = f"Learning curve of {net}: test accuracy in percent by training examples. {said}."
    return Panel(f"learning-{slug(net)}", figure(draw), alt, [trial for trials in cells.values() for trial in trials])


def grid_panels(record):
    """Each network's grid as a heat map (a line, where it has one axis); a map for each value of the axes after the second."""
    panels = []
    for net, cells in grid_cells(record).items():
        axes = axes_of(record, net)
        shown = sorted(axes, key=lambda axis: -len(axes[axis]))[:2]
        rest = [axis for axis in axes if axis not in shown]
        for key in dict.fromkeys(_at(axes, cell, rest) for cell in cells):
            here = [cell for cell in cells if _at(axes, cell, rest) == key]
            title = ", ".join(
                (net, *(f"{words.axis_name(axis)} {words.number(value)}" for axis, value in zip(rest, key, strict=True)))
            )
            panels.append(_grid_panel(record, net, axes, shown, here, best_of(cells), title))
    return panels


def _at(axes, cell, names):
    """A cell's values on some axes."""
    point = dict(zip(axes, cell.point, strict=True))
    return tuple(point[name] for name in names)


def _grid_panel(record, net, axes, shown, cells, best, title):
    across, up = shown[0], (shown[1] if len(shown) > 1 else None)
    scores = np.full((len(axes[up]) if up else 1, len(axes[across])), np.nan)
    for cell in cells:
        place = (axes[up].index(*_at(axes, cell, [up])) if up else 0, axes[across].index(*_at(axes, cell, [across])))
        scores[place] = np.nan if cell.score is None else 100 * cell.score
    recorded = (record.recorded.points if record.recorded else {}).get(net, {})

    def draw(where):
        _heat(where, scores)
        _label(where, across, axes[across], up, axes[up] if up else [""])
        where.set_title(f"{title}: validation accuracy, %")
        _mark(where, axes, across, up, best if best in cells else None, recorded)

    alt = f"Heat map of the grid of {title}: validation accuracy by {words.axis_name(across)}"
    alt += f" and {words.axis_name(up)}" if up else ""
    if best:
        at = words.point(dict(zip(axes, best.point, strict=True)))
        alt += f". Best: {at} with {words.percent(best.score)}"
    size = max(4.4, 1.2 + 0.62 * scores.shape[1]), max(1.9, 1.3 + 0.42 * scores.shape[0])
    return Panel(f"grid-{slug(title)}", figure(draw, *size), f"{alt}.", [trial for cell in cells for trial in cell.trials])


def _heat(axes, scores):
    """Cells in cividis, which is even in lightness and safe for colour-blind eyes; the lowest tenth shares the darkest."""
    known = scores[np.isfinite(scores)]
    low, high = (np.percentile(known, 10), known.max()) if known.size else (0, 1)
    scale = np.clip((scores - low) / max(high - low, 1e-9), 0, 1)
    for (row, column), share in np.ndenumerate(scale):
        lost = not np.isfinite(share)
        colour = "none" if lost else _cividis(share)
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor=MUTED if lost else colour, linewidth=0.4)
        )
        text = "lost" if lost else f"{scores[row, column]:.2f}"
        ink = MUTED if lost else "#ffffff" if share < 0.55 else "#000000"
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=7.5)
    axes.set(xlim=(-0.5, scores.shape[1] - 0.5), ylim=(-0.5, scores.shape[0] - 0.5))
    axes.grid(False)


def _cividis(share):
    """cividis at a share in [0, 1], as #rrggbb."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colormaps["cividis"](float(share))[:3])


def _label(axes, across, columns, up, rows):
    axes.xaxis.set_major_locator(FixedLocator(range(len(columns))))
    axes.yaxis.set_major_locator(FixedLocator(range(len(rows))))
    axes.set_xticklabels([words.number(value) for value in columns], rotation=45 if len(columns) > 9 else 0)
    axes.set_yticklabels([words.number(value) for value in rows] if up else [""])
    axes.tick_params(length=0)
    axes.set(xlabel=_axis_label(across), ylabel=_axis_label(up) if up else "")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _axis_label(name):
    known = {"l2": "λ (L2)", "keep_prob": "ρ (share kept by dropout)", "rate": "α (learning rate)"}
    return known.get(name, name)


def _mark(axes, grid, across, up, best, recorded):
    """A frame and a star at the best point; a dashed frame where 2017 had its own."""
    if best:
        column, row = _place(grid, across, up, dict(zip(grid, best.point, strict=True)))
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=ACCENT, linewidth=2.6, zorder=5))
        axes.text(column, row + 0.3, "★", ha="center", va="center", color=ACCENT, fontsize=9, zorder=6)
    there = recorded and all(name in recorded and recorded[name] in grid[name] for name in (across, up) if name)
    if there:
        column, row = _place(grid, across, up, recorded)
        box = Rectangle(
            (column - 0.42, row - 0.42), 0.84, 0.84, fill=False, edgecolor=INK, linewidth=1.4, linestyle="--", zorder=4
        )
        axes.add_patch(box)


def _place(grid, across, up, point):
    return grid[across].index(point[across]), grid[up].index(point[up]) if up else 0


def training_panels(record):
    """Cost and accuracy over steps: for each setting, all on one scale, and for each network at its largest size."""
    panels = []
    for stage in ("settings", "learning"):
        cells = _drawn(record, stage)
        limits = {measure: _limits(cells.values(), measure) if stage == "settings" else None for measure in _MEASURES}
        for (net, label, size), trials in cells.items():
            name = label if stage == "settings" else f"{net}, {size:,} examples"
            panels += [_training_panel(name, trials, measure, limits[measure]) for measure in _MEASURES]
    return panels


def _drawn(record, stage):
    """The cells of a stage whose curves are drawn: those with curves, of a learning curve the largest size."""
    cells = by_cell([trial for trial in record.stage(stage) if trial.training], "network", "label", "size")
    largest = {net: max(size for other, _, size in cells if other == net) for net, _, _ in cells}
    return {key: trials for key, trials in cells.items() if stage == "settings" or key[2] == largest[key[0]]}


def _limits(cells, measure):
    """From the least to the most of the means over these cells' trials, for one scale."""
    means = [_means(trials, part, measure) for trials in cells for part in _PARTS if any(getattr(t, part) for t in trials)]
    return (min(map(min, means)), max(map(max, means))) if means else None


def _means(trials, part, measure):
    """A measure's mean at each look that all trials have."""
    return [
        statistics.fmean(values)
        for values in zip(*(getattr(getattr(t, part), measure) for t in trials if getattr(t, part)), strict=False)
    ]


def _training_panel(name, trials, measure, limits=None):
    parts = [part for part in _PARTS if any(getattr(trial, part) for trial in trials)]
    stops = [trial.stop.end for trial in trials if trial.stop and trial.stop.end < trial.training.steps[-1]]
    kept = [trial.stop.kept for trial in trials if trial.stop]

    def draw(axes):
        for i, part in enumerate(parts):
            curves = [curve for trial in trials if (curve := getattr(trial, part))]
            _spread(axes, curves, measure, SERIES[i], STYLES[i][0], part)
        if stops:
            axes.axvline(np.median(stops), color=MUTED, linestyle=(0, (4, 2)), linewidth=1.2, label="stops early")
            axes.axvline(np.median(kept), color=MUTED, linestyle=":", linewidth=1.2, label="kept")
        axes.set(title=name, xlabel="step", ylabel="cross-entropy, nats" if measure == "cost" else "accuracy, %")
        axes.xaxis.set_major_formatter(_COUNTS)
        _scale(axes, measure, limits)
        axes.figure.legend(loc="outside lower left", ncols=3)

    ends = ", ".join(f"{part} {_end(trials, part, measure)}" for part in parts)
    early = (
        f" Early stopping ends {len(stops)} of {len(trials)} trials, at step {np.median(stops):,.0f} in the median."
        if stops
        else ""
    )
    alt = f"{measure.capitalize()} over steps of {name}, mean of {len(trials)} trials. At the end: {ends}.{early}"
    return Panel(f"{measure}-{slug(name)}", figure(draw, height=3.4), alt, trials)


def _scale(axes, measure, limits):
    """The upward axis: logarithmic for costs over more than a decade and a half."""
    low, high = limits or (axes.dataLim.y0, axes.dataLim.y1)
    if measure == "accuracy":
        if limits:
            axes.set_ylim(max(-1.5, 100 * low - 10), min(101.5, 100 * high + 4))
        return
    if low > 0 and high / low > 30:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(_PLAIN)
        axes.yaxis.set_minor_locator(NullLocator())
        if limits:
            axes.set_ylim(low / 2, high * 2)
    elif limits:
        axes.set_ylim(0, high * 1.25)


def _end(trials, part, measure):
    found = estimate([getattr(curve, measure)[-1] for trial in trials if (curve := getattr(trial, part))])
    return words.spread(found, 3) if measure == "cost" else f"{words.spread(found, 2, 100)} %"


def _spread(axes, curves, measure, colour, line, label):
    """The mean, its interval as a band, and every seed as a faint line; the mean ends where the first seed does."""
    factor = 100 if measure == "accuracy" else 1
    shortest = min(len(curve.steps) for curve in curves)
    picked = np.unique(np.linspace(0, shortest - 1, min(shortest, _LOOKS)).astype(int))
    steps = np.array(curves[0].steps)[picked]
    values = factor * np.array([np.array(getattr(curve, measure))[picked] for curve in curves])
    if len(curves) > 1 and label != "testing":  # it chooses nothing: its mean is enough
        for row in values[:12]:
            axes.plot(steps, row, color=colour, linewidth=0.6, alpha=0.22)
        found = [estimate(column) for column in values.T]
        low, high = [one.low for one in found], [one.high for one in found]
        if measure == "cost":
            low = np.maximum(low, values.min(0) / 2)  # an interval below 0 has no place on a logarithmic axis
        axes.fill_between(steps, low, np.minimum(high, 100) if factor == 100 else high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(steps, values.mean(0), color=colour, linestyle=line, label=label)


def time_panel(record):
    """Seconds a step, ours and 2017's; None without times."""
    ours, trials = {}, [trial for trial in record.trials if trial.complete and trial.seconds_per_step]
    for net, found in by_cell(trials, "network").items():
        ours[net] = 1000 * float(np.median([trial.seconds_per_step for trial in found]))
    if not ours:
        return None
    then = {net: 1000 * s for net, s in (record.recorded.seconds if record.recorded else {}).items() if net in ours}

    def draw(axes):
        for i, net in enumerate(ours):
            axes.barh(i + 0.18 * bool(then), ours[net], 0.34, color=SERIES[0], label="ours" if i == 0 else None)
            axes.text(ours[net], i + 0.18 * bool(then), f" {words.number(ours[net])} ms", va="center", fontsize=8)
            if net in then:
                axes.barh(i - 0.18, then[net], 0.34, color=SERIES[1], label="2017" if i == 0 else None)
                axes.text(then[net], i - 0.18, f" {words.number(then[net])} ms", va="center", fontsize=8)
        axes.set_yticks(range(len(ours)), list(ours))
        axes.set(xscale="log" if then else "linear", title="A training step", xlabel="milliseconds")
        if then:
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlim(left=10 ** np.floor(np.log10(0.6 * min((*ours.values(), *then.values())))))
        axes.xaxis.set_major_formatter(_PLAIN)
        axes.set_xlim(right=3 * max((*ours.values(), *then.values())))
        axes.grid(axis="y", visible=False)
        if then:
            axes.figure.legend(loc="outside lower left", ncols=2)

    said = "; ".join(
        f"{net} {words.number(ms)}" + (f" (2017: {words.number(then[net])})" if net in then else "") for net, ms in ours.items()
    )
    return Panel("time", figure(draw, 4.4, 1.2 + 0.55 * len(ours)), f"Milliseconds a training step, median: {said}.", trials)
