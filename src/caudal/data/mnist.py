"""MNIST: 60,000 and 10,000 handwritten digits of 28x28 grey values (LeCun, Cortes, Burges 1998).

mnist_files.py finds them; if they cannot be had, scikit-learn's 1,797 real digits stand in, and say so.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits

from .fetch import Unreachable
from .mnist_files import read
from .split import Dataset, Examples

__all__ = ["load", "stand_in"]

_SOURCE = "MNIST (LeCun, Cortes, Burges 1998)"
_STAND_IN = "scikit-learn's 1,797 digits, enlarged from 8x8 to 28x28, stand in for MNIST"


def load(folder=None, progress=None, offline=False, validation=5000):
    """MNIST as a `Dataset`: 55,000 examples to train, 5,000 for validation, 10,000 to test.

    Args:
      folder: where its four files lie; None looks at `$CAUDAL_DATA`, the cache and the mirrors.
      progress: as in `fetch`.
      offline: whether to leave the mirrors alone.
      validation: how many of the first training examples validate, as in TensorFlow's tutorials.

    Returns:
      images float32 `[n, 28, 28, 1]` in [0, 1]; the stand-in, with a warning, if MNIST cannot be had.

    Raises:
      FileNotFoundError: a file isn't in the folder that was named.
      IdxError: a file is broken, or is another than MNIST's.
    """
    try:
        images, labels, test_images, test_labels = read(folder, progress, offline)
    except Unreachable as error:
        warnings.warn(f"{error}\n{_STAND_IN}", stacklevel=2)
        return stand_in()
    train, test = _examples(images, labels), _examples(test_images, test_labels)
    return Dataset("MNIST", _SOURCE, train[validation:], train[:validation], test, classes=10)


def _examples(images, labels):
    return Examples(images[..., None].astype(np.float32) / np.float32(255), labels.astype(np.int64))


def stand_in():
    """scikit-learn's digits (Alpaydin, Kaynak 1998) in MNIST's form: a box of 20x20 in a field of 28x28."""
    digits, labels = load_digits(return_X_y=True)
    x = np.zeros((len(labels), 28, 28, 1), np.float32)
    x[:, 4:24, 4:24, 0] = _enlarge(digits.reshape(-1, 8, 8) / 16, 20)
    every = Examples(x, labels.astype(np.int64)).drawn(len(labels), seed=0)
    source = "Optical recognition of handwritten digits (Alpaydin, Kaynak 1998); the test part, in scikit-learn"
    return Dataset("digits", source, every[397:], every[297:397], every[:297], 10, stand_in=_STAND_IN)


def _enlarge(images, size):
    """Images `[n, k, k]` drawn anew on a grid of `size`, in straight lines between the old points."""
    at = np.linspace(0, images.shape[1] - 1, size)
    low = np.minimum(at.astype(int), images.shape[1] - 2)
    part = at - low
    rows = images[:, low] * (1 - part)[:, None] + images[:, low + 1] * part[:, None]
    return rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part
