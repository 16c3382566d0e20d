"""numpy_input_fn and pandas_input_fn: input functions that read arrays, through queues."""

import uuid

import numpy as np

from ..ground.api import export
from ..ground.errors import need
from ..ground.late import Late
from .feeding import enqueue_columns, row_numbers

__all__ = ["numpy_input_fn", "pandas_input_fn"]

pandas = Late("pandas")


def _check_shuffle(shuffle):
    need(
        isinstance(shuffle, bool),
        "shuffle must be provided and explicitly set as boolean (it is recommended to set it as True for training); got "
        f"{shuffle}",
    )


def _batch(queue, size, num_epochs):
    """The columns of the next batch, without the rows' names; the last batch may be smaller."""
    return (queue.dequeue_many(size) if num_epochs is None else queue.dequeue_up_to(size))[1:]


@export("estimator.inputs.numpy_input_fn")
def numpy_input_fn(x, y=None, batch_size=128, num_epochs=1, shuffle=None, queue_capacity=1000, num_threads=1):
    """An input function that reads arrays.

    Args:
      x: an array `[rows, ...]`, or a dict of them.
      y: the labels: an array `[rows, ...]`, a dict of them, or None for features alone.
      batch_size: rows of a batch.
      num_epochs: how often it goes through the rows; None for no end.
      shuffle: whether rows are drawn, a bool that must be given.
      queue_capacity: how many rows wait.
      num_threads: how many threads read; one for a fixed order.

    Returns:
      A function without arguments that gives features, or (features, labels), in the form of x and y.

    Raises:
      ValueError: shuffle isn't given; and in the function: arrays that are empty, or of different lengths, or names twice.
      TypeError: x is something else.
    """
    _check_shuffle(shuffle)

    def input_fn():
        columns = _features(x)
        names = list(columns)
        targets = _add_labels(columns, y)
        _check_lengths(columns, names, y)
        count = len(next(iter(columns.values())))
        queue = enqueue_columns(
            row_numbers(count),
            list(columns.values()),
            queue_capacity,
            shuffle=shuffle,
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        batch = dict(zip(columns, _batch(queue, batch_size, num_epochs), strict=True))
        features = {name: batch[name] for name in names} if isinstance(x, dict) else batch[names[0]]
        if targets is None:
            return features
        return features, batch[targets] if isinstance(targets, str) else {name: batch[name] for name in targets}

    return input_fn


def _features(x):
    """The features as a dict, in order of names."""
    if isinstance(x, dict):
        need(x, "x cannot be an empty dict")
        return dict(sorted(x.items(), key=lambda pair: pair[0]))
    need(isinstance(x, np.ndarray), f"x must be a dict or array; got {type(x).__name__}", kind=TypeError)
    need(x.size, "x cannot be an empty array")
    return {"__direct_np_input__": x}


def _add_labels(columns, y):
    """Puts the labels among the columns; their name, or a list of names, or None."""
    if y is None:
        return None
    if not isinstance(y, dict):
        name = "__target_key__"
        while name in columns:
            name += "_n"
        columns[name] = y
        return name
    need(y, "y cannot be empty dict, use None instead.")
    both = set(columns) & set(y)
    need(not both, f"{len(both)} duplicate keys are found in both x and y: {both}")
    columns.update(sorted(y.items(), key=lambda pair: pair[0]))
    return sorted(y)


def _check_lengths(columns, names, y):
    if len({column.shape[0] for column in columns.values()}) == 1:
        return
    shapes = {name: columns[name].shape for name in names}
    labels = {name: y[name].shape for name in sorted(y)} if isinstance(y, dict) else None if y is None else y.shape
    raise ValueError(
        "Length of tensors in x and y is mismatched. All elements in x and y must have the same length.\n"
        f"Shapes in x: {shapes}\nShapes in y: {labels}\n"
    )


@export("estimator.inputs.pandas_input_fn")
def pandas_input_fn(
    x,
    y=None,
    batch_size=128,
    num_epochs=1,
    shuffle=None,
    queue_capacity=1000,
    num_threads=1,
    target_column="target",
):
    """An input function that reads a table of pandas.

    Args:
      x: a `DataFrame`.
      y: the labels: a `Series`, a `DataFrame`, or None for features alone; its index is x's.
      batch_size, num_epochs, shuffle, queue_capacity, num_threads: as for `numpy_input_fn`.
      target_column: what the column of labels is called in between.

    Returns:
      A function without arguments that gives a dict from column to tensor; with labels, (dict, labels).

    Raises:
      ValueError: shuffle isn't given, or the indices differ, or x has a column of that name.
      TypeError: target_column is no text.
    """
    _check_shuffle(shuffle)
    need(isinstance(target_column, str), "target_column must be a string type", kind=TypeError)
    x = x.copy()
    if y is not None:
        need(
            target_column not in x,
            f"Cannot use name {target_column} for target column: DataFrame already has a column with that name: {x.columns}",
        )
        need(
            np.array_equal(x.index, y.index),
            f"Index for x and y are mismatched.\nIndex for x: {x.index}\nIndex for y: {y.index}\n",
        )
        labels = {None: target_column}
        if isinstance(y, pandas.DataFrame):
            labels = {name: f"{name}_{uuid.uuid4()}" if name in x else name for name in y}
            x[list(labels.values())] = y
        else:
            x[target_column] = y
    if queue_capacity is None:
        queue_capacity = 4 * len(x) if shuffle else len(x)

    def input_fn():
        queue = enqueue_columns(
            x.index.to_numpy(),
            [x[name].to_numpy() for name in x.columns],
            queue_capacity,
            shuffle=shuffle,
            min_after_dequeue=max(queue_capacity / 4, 1),
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        features = dict(zip(x.columns, _batch(queue, batch_size, num_epochs), strict=True))
        if y is None:
            return features
        found = {name: features.pop(column) for name, column in labels.items()}
        return features, found[None] if None in found else found

    return input_fn
