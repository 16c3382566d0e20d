"""Elements put together into batches, and taken apart."""

import numpy as np

from ..formats.paths import to_path
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import text

__all__ = ["as_array", "padded", "rows", "stacked", "texts"]


def as_array(value, kind=None):
    """A component as an array; strings and whole data sets as objects."""
    if kind is not None and kind.name not in ("string", "variant"):
        return np.asarray(value, kind.np)
    if isinstance(value, np.ndarray):
        return value
    out = np.empty((), object)
    out[()] = value
    return out


def rows(components, kinds):
    """Yields the rows of components, as elements."""
    arrays = [as_array(c, k) for c, k in zip(components, kinds, strict=True)]
    for k in range(len(arrays[0])):
        yield tuple(a[k] for a in arrays)


def stacked(elements, kinds):
    """Several elements as one, with a new first dimension.

    Raises:
      InvalidArgumentError: they are of different shapes.
    """
    return tuple(_column([as_array(e[k], kind) for e in elements], kind) for k, kind in enumerate(kinds))


def _column(arrays, kind):
    first = arrays[0].shape
    for array in arrays:
        if array.shape != first:
            raise InvalidArgumentError(
                None,
                None,
                "Cannot add tensor to the batch: number of elements does not match. "
                f"Shapes are: [tensor]: {text(array.shape)}, [batch]: {text(first)}",
            )
    out = np.empty((len(arrays), *first), arrays[0].dtype)
    for k, array in enumerate(arrays):
        out[k] = array[()] if array.ndim == 0 else array
    return out


def padded(elements, kinds, shapes, fills):
    """Several elements as one, each component filled up to a shape, or to the largest of them.

    Args:
      shapes: for each component int64 `[rank]`, -1 for the largest.
      fills: for each component what it is filled up with.

    Raises:
      InvalidArgumentError: a component that is larger.
    """
    out = []
    for k, (kind, shape, fill) in enumerate(zip(kinds, shapes, fills, strict=True)):
        arrays = [as_array(e[k], kind) for e in elements]
        out.append(_filled(arrays, [int(d) for d in shape], as_array(fill, kind)[()]))
    return tuple(out)


def _filled(arrays, shape, fill):
    for array in arrays:
        if array.ndim != len(shape):
            raise InvalidArgumentError(
                None,
                None,
                "All elements in a batch must have the same rank as the padded shape for component0: expected rank "
                f"{len(shape)} but got element with rank {array.ndim}",
            )
        if any(w != -1 and d > w for d, w in zip(array.shape, shape, strict=True)):
            raise InvalidArgumentError(
                None,
                None,
                "Attempted to pad to a smaller size than the input element.",
            )
    dims = [max((a.shape[k] for a in arrays), default=0) if d == -1 else d for k, d in enumerate(shape)]
    out = np.empty((len(arrays), *dims), arrays[0].dtype)
    out.fill(fill)
    for k, array in enumerate(arrays):
        out[(k, *(slice(d) for d in array.shape))] = array[()] if array.ndim == 0 else array
    return out


def texts(values):
    """Strings, one or many, as paths."""
    return [to_path(v if isinstance(v, (bytes, str)) else bytes(v)) for v in np.ravel(as_array(values)).tolist()]
