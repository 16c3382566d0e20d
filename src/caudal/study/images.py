"""Small images for a page, as data addresses: misread examples, a first layer's filters."""

import base64
import collections

import numpy as np
from matplotlib import colormaps

from ..formats.png_write import encode
from .comparisons import by_cell

__all__ = ["filters", "hardest", "png_address", "shown_trials"]

_MOST_FILTERS, _MOST_VALUES = 64, 1024


def png_address(pixels):
    """uint8 `[height, width]` or `[height, width, channels]` as an address that holds a PNG file."""
    pixels = np.asarray(pixels, np.uint8)
    data = encode(pixels[..., None] if pixels.ndim == 2 else pixels)
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def shown_trials(record):
    """For each network and setting its trials at the largest size: a dict from what they are called."""
    trials = record.stage("learning") + record.stage("settings")
    cells, found = by_cell(trials, "network", "label", "size"), {}
    for (net, label, size), here in sorted(cells.items(), key=lambda item: item[0][2]):
        found[(net, label)] = f"{net}, {label}" if here[0].stage == "settings" else f"{net}, {size:,} examples", here
    order = dict.fromkeys((trial.network, trial.label) for trial in trials)
    return {found[key][0]: found[key][1] for key in order if key in found}


def hardest(trials, pictures, most=40):
    """The test images that most of these trials misread.

    Args:
      trials: `Trial`s.
      pictures: index to pixels.
      most: how many are wanted.

    Returns:
      list of (index, label, predicted by most, trials that misread it), those of most trials first.
    """
    guesses = collections.defaultdict(collections.Counter)
    labels = {}
    for trial in trials:
        for one in trial.misread:
            guesses[one.index][one.predicted] += 1
            labels[one.index] = one.label
    found = [(i, labels[i], count.most_common(1)[0][0], count.total()) for i, count in guesses.items() if i in pictures]
    return sorted(found, key=lambda one: (-one[3], one[0]))[:most]


def filters(weights):
    """A first layer as small images: orange where a weight is above 0, purple below, pale at 0; all on one scale.

    Args:
      weights: `[height, width, channels, filters]`, one image a filter (the channels' mean, but for three: red, green, blue);
        or `[inputs, units]`, one image.

    Returns:
      list of uint8 `[height, width, 3]`; [] for another shape, or for a matrix too large to be looked at.
    """
    weights = np.asarray(weights, np.float64)
    largest = np.abs(weights).max(initial=0) or 1.0
    if weights.ndim == 4 and weights.shape[0] > 1:
        kept = np.moveaxis(weights[..., :_MOST_FILTERS], -1, 0) / largest
        return [np.uint8(127.5 + 127.5 * one) if one.shape[-1] == 3 else _diverging(one.mean(-1)) for one in kept]
    if weights.ndim == 2 and weights.size <= _MOST_VALUES:
        return [_diverging(weights / largest)]
    return []


def _diverging(values):
    """[-1, 1] in matplotlib's PuOr, which colour-blind eyes read."""
    return np.uint8(255 * colormaps["PuOr_r"]((values + 1) / 2)[..., :3])
