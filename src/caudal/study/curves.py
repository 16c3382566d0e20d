"""Mean and spread over seeds, drawn: curves of training and validation, learning curves. tuner.py gives the trials."""

import numpy as np
from matplotlib.figure import Figure

__all__ = ["learning_curve", "spread", "training_curves"]

_COLOURS = {"training": "#1f5fa8", "validation": "#c8541b"}


def spread(values):
    """(mean, standard deviation) over the first axis; the deviation of a sample, 0 for a single one."""
    values = np.asarray(values, np.float64)
    return values.mean(0), values.std(0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1:])


def training_curves(settings, title, path, stops=None, note=None):
    """Cost and accuracy over steps, a column for each setting: the mean of its trials, and one standard deviation around it.

    Args:
      settings: a dict from a setting's name to its `Trial`s.
      stops: a dict from a setting's name to the steps at which early stopping ends, one a trial; marked by their median.
      note: a sentence below the title, as which data it was.
      path: where the PNG goes.
    """
    figure = Figure(figsize=(1 + 3.6 * len(settings), 6.2), layout="constrained")
    axes = figure.subplots(2, len(settings), sharex="col", sharey="row", squeeze=False)
    for column, (name, trials) in zip(axes.T, settings.items(), strict=True):
        column[0].set_title(name, fontsize=10)
        for axis, measure in zip(column, ("cost", "accuracy"), strict=True):
            _draw(axis, trials, measure)
            if stops and name in stops:
                axis.axvline(np.median(stops[name]), color="#555555", linestyle="--", linewidth=1, label="early stopping")
            axis.grid(alpha=0.25)
        column[1].set_xlabel("step")
    axes[0, 0].set_ylabel("cross-entropy (nats)")
    axes[1, 0].set_ylabel("accuracy")
    axes[1, 0].legend(fontsize=8, loc="lower right")
    figure.suptitle(title + (f"\n{note}" if note else ""), fontsize=12)
    figure.savefig(path, dpi=110)


def _draw(axis, trials, measure):
    """One measure of one setting's trials: training and validation."""
    for part, colour in _COLOURS.items():
        curves = [curve for trial in trials if (curve := getattr(trial, part))]
        if not curves:
            continue
        mean, deviation = spread([getattr(curve, measure) for curve in curves])
        axis.plot(curves[0].steps, mean, color=colour, linewidth=1.5, label=part)
        axis.fill_between(curves[0].steps, mean - deviation, mean + deviation, color=colour, alpha=0.2, linewidth=0)


def learning_curve(rows, recorded, title, path, note=None):
    """Test accuracy over training-set size: ours with its spread, the record's beside it.

    Args:
      rows: a dict from a network to a dict from size to test accuracies.
      recorded: a dict from a network to a dict from size to accuracy in percent.
    """
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axis = figure.subplots()
    for i, (network, cells) in enumerate(rows.items()):
        mean, deviation = np.transpose([spread(accuracies) for accuracies in cells.values()])
        axis.errorbar(list(cells), 100 * mean, 100 * deviation, color=f"C{i}", marker="o", capsize=3, label=f"{network}, ours")
        then = recorded[network]
        axis.plot(list(then), list(then.values()), color=f"C{i}", linestyle=":", marker="x", label=f"{network}, 2017")
    axis.set(xlabel="training examples", ylabel="test accuracy (%)")
    axis.grid(alpha=0.25)
    axis.legend(fontsize=8)
    figure.suptitle(title + (f"\n{note}" if note else ""), fontsize=11)
    figure.savefig(path, dpi=110)
