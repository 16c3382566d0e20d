"""Strings cut apart; the parts are a SparseTensor with a row for each string."""

import numpy as np

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..ground import dtypes, shapes
from .text import refuse, strings

__all__ = ["split_node", "split_v2"]


def _infer(x, separator):
    shapes.with_rank(x.dims, 1)
    return [(None, 2), (None,), (2,)]


def _sparse(rows):
    """(indices, values, shape) of lists of parts."""
    indices = [(r, k) for r, row in enumerate(rows) for k in range(len(row))]
    most = max(map(len, rows), default=0)
    values = strings([part for row in rows for part in row])
    return np.array(indices, np.int64).reshape(-1, 2), values, np.array([len(rows), most], np.int64)


def _at_any(word, marks, skip_empty):
    """The parts between bytes that are among `marks`; single bytes if there are none."""
    if not marks:
        return [word[k : k + 1] for k in range(len(word))]
    for mark in marks[1:]:
        word = word.replace(bytes([mark]), marks[:1])
    parts = word.split(marks[:1])
    return [p for p in parts if p] if skip_empty else parts


def _lower(B, x, marks, *, skip_empty, op):
    x, marks = np.asarray(x, object), np.asarray(marks, object)
    if marks.ndim:
        refuse(op, f"delimiter must scalar, got shape: {shapes.text(marks.shape)}")
    return _sparse([_at_any(word, marks[()], skip_empty) for word in x.tolist()])


split_node = define("StringSplit", infer=_infer, lower=_lower, host=True, grad=None)


def _at_space(word, most):
    """The parts between white space; after `most` cuts the rest is one part, be it empty."""
    parts, word = [], word.lstrip()
    while word:
        part = word.split(None, 1)[0]
        parts.append(part)
        word = word[len(part) :].lstrip()
        if most > 0 and len(parts) == most:
            return [*parts, word]
    return parts


def _lower_v2(B, x, separator, *, maxsplit):
    separator = np.asarray(separator, object)[()]
    if not separator:
        return _sparse([_at_space(word, maxsplit) for word in np.asarray(x, object).tolist()])
    most = maxsplit if maxsplit > 0 else -1
    return _sparse([word.split(separator, most) for word in np.asarray(x, object).tolist()])


def _infer_v2(x, separator):
    shapes.with_rank(separator.dims, 0)
    return _infer(x, separator)


split_v2_node = define("StringSplitV2", infer=_infer_v2, lower=_lower_v2, host=True, grad=None)


def split_v2(source, sep=None, maxsplit=-1):
    """The parts of each string of a vector as a SparseTensor.

    Args:
      source: strings `[n]`.
      sep: what stands between parts; runs of white space if None or ''.
      maxsplit: how many cuts at most; any number if below 1.
    """
    sep = convert_to_tensor("" if sep is None else sep, dtype=dtypes.string)
    return SparseTensor(*split_v2_node(convert_to_tensor(source, dtype=dtypes.string), sep, maxsplit=maxsplit))
