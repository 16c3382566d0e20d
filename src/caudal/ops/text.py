"""What kernels of strings share: a function of bytes, element by element."""

import numpy as np

from ..ground.errors import InvalidArgumentError

__all__ = ["each", "strings"]


def strings(values, shape=None):
    """A list of bytes objects as an array of strings.

    Args:
      values: the list.
      shape: the array's shape; `[len(values)]` if None.
    """
    out = np.empty(len(values), object)
    out[:] = values
    return out if shape is None else out.reshape(shape)


def each(function, *arrays, kind=object):
    """An array of `function` of the elements of arrays, which are broadcast.

    Args:
      function: of one element of each array.
      *arrays: strings or numbers.
      kind: the NumPy dtype of the result.
    """
    arrays = np.broadcast_arrays(*[np.asarray(a) if hasattr(a, "dtype") else np.asarray(a, object) for a in arrays])
    made = [function(*row) for row in zip(*[a.ravel().tolist() for a in arrays], strict=True)]
    shape = arrays[0].shape
    return strings(made, shape) if kind is object else np.array(made, kind).reshape(shape)


def refuse(op, words):
    """Raises the error of an op that cannot work on what it was given."""
    raise InvalidArgumentError(None, op, words)
