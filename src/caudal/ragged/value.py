"""What a fetched RaggedTensor is: arrays."""

import numpy as np

from ..ground.api import export

__all__ = ["RaggedTensorValue"]


@export("ragged.RaggedTensorValue", "compat.v1.ragged.RaggedTensorValue")
class RaggedTensorValue:
    """The value of a RaggedTensor.

    Args:
      values: an array, or a RaggedTensorValue.
      row_splits: int `[rows + 1]`.

    Raises:
      TypeError: the splits aren't int32 or int64.
    """

    def __init__(self, values, row_splits):
        if not (isinstance(row_splits, (np.ndarray, np.generic)) and row_splits.dtype in (np.int64, np.int32)):
            raise TypeError("row_splits must be a 1D int32 or int64 numpy array")
        if not isinstance(values, (np.ndarray, np.generic, RaggedTensorValue)):
            raise TypeError("values must be a numpy array or a RaggedTensorValue")
        self._values, self._row_splits = values, row_splits

    @property
    def values(self):
        """The elements of all rows."""
        return self._values

    @property
    def row_splits(self):
        """Where rows begin and end."""
        return self._row_splits

    @property
    def flat_values(self):
        """The innermost values, an array."""
        return self._values.flat_values if isinstance(self._values, RaggedTensorValue) else self._values

    @property
    def nested_row_splits(self):
        """The splits of all ragged axes, the outermost first."""
        inner = self._values.nested_row_splits if isinstance(self._values, RaggedTensorValue) else ()
        return (self._row_splits, *inner)

    @property
    def ragged_rank(self):
        """How many axes are ragged."""
        return len(self.nested_row_splits)

    @property
    def dtype(self):
        """The NumPy dtype of the values."""
        return self.flat_values.dtype

    @property
    def shape(self):
        """The shape: None for ragged axes."""
        return (len(self._row_splits) - 1, None, *self._values.shape[1:])

    def to_list(self):
        """Nested lists of the elements."""
        inner = self._values.to_list() if isinstance(self._values, RaggedTensorValue) else self._values.tolist()
        return [inner[a:b] for a, b in zip(self._row_splits[:-1].tolist(), self._row_splits[1:].tolist(), strict=True)]

    def __str__(self):
        return f"<tf.RaggedTensorValue {self.to_list()}>"

    def __repr__(self):
        return f"tf.RaggedTensorValue(values={self._values!r}, row_splits={self._row_splits!r})"
