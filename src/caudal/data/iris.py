"""Iris: 150 flowers, 50 of each of 3 kinds, 4 measures of each (Fisher 1936), as scikit-learn ships them."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from .split import Dataset, Examples

__all__ = ["MEASURES", "load"]

MEASURES = ("sepal length", "sepal width", "petal length", "petal width")  # centimetres
_SOURCE = "Fisher, The use of multiple measurements in taxonomic problems (1936); the copy in scikit-learn"


def load(seed=0, validation=30, test=30, standardise=True):
    """Iris, split anew by `seed`, each kind with its share in every part.

    Args:
      seed: draws the split.
      validation, test: examples in these parts; the rest trains.
      standardise: whether each measure has mean 0 and standard deviation 1 over the training part; else centimetres.
    """
    x, y = load_iris(return_X_y=True)
    rest, test_part = train_test_split(np.arange(150), test_size=test, stratify=y, random_state=seed)
    train, valid = train_test_split(rest, test_size=validation, stratify=y[rest], random_state=seed)
    if standardise:
        x = (x - x[train].mean(0)) / x[train].std(0)
    x, y = x.astype(np.float32), y.astype(np.int64)
    parts = (Examples(x[part], y[part]) for part in (train, valid, test_part))
    return Dataset("Iris", _SOURCE, *parts, classes=3)
