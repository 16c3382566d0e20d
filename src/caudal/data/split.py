"""Examples with their labels: parts of a data set, shuffled, cut and dealt out in mini-batches."""

import dataclasses

import numpy as np

__all__ = ["Dataset", "Examples", "batches"]


@dataclasses.dataclass(frozen=True)
class Examples:
    """Some examples of a data set.

    Args:
      x: float32 `[n, ...]`, the inputs.
      y: int64 `[n]`, the classes, each in `[0, classes)`.
    """

    x: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        if len(self.x) != len(self.y):
            raise ValueError(f"{len(self.x)} inputs, but {len(self.y)} labels")

    def __len__(self):
        return len(self.y)

    def __getitem__(self, which):
        return Examples(self.x[which], self.y[which])

    def __add__(self, other):
        return Examples(np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y]))

    def drawn(self, n, seed):
        """`n` of them, drawn without replacement by `seed`: the first n of a shuffle, so that 500 lie within 1000."""
        if not 0 < n <= len(self):
            raise ValueError(f"{n} examples asked for, there are {len(self)}")
        return self[np.random.default_rng(seed).permutation(len(self))[:n]]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set in three parts.

    Args:
      name: what tables call it.
      source: where it comes from, a sentence for a reader.
      train, validation, test: `Examples`; `validation` chooses, `test` is looked at once.
      classes: how many there are.
      stand_in: what it stands in for, where it is not the real thing; tables and plots say so.
    """

    name: str
    source: str
    train: Examples
    validation: Examples
    test: Examples
    classes: int
    stand_in: str | None = None

    @property
    def everything_seen(self):
        """Training and validation examples together: all but the test's."""
        return self.validation + self.train


def batches(examples, size, steps, seed):
    """Mini-batches of `size`, `steps` of them; every epoch has an order of its own, drawn by `seed`.

    A batch may begin in one epoch and end in the next, as TF's tutorials deal them.
    """
    order = np.random.default_rng(seed)
    queue = np.empty(0, np.int64)
    for _ in range(steps):
        while len(queue) < size:
            queue = np.concatenate([queue, order.permutation(len(examples))])
        yield examples[queue[:size]]
        queue = queue[size:]
