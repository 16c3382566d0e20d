"""Strings joined, cut, stripped and put into cases, each element by itself. A string is bytes; "UTF8_CHAR" counts characters."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError
from .basic import constant, same
from .fill import range_
from .shape import axis_argument, rank
from .text import each, refuse, strings

__all__ = ["reduce_join", "string_join", "string_length", "string_lower", "string_strip", "string_upper", "substr"]


# --- joining ------------------------------------------------------------------------------------------


def _infer_join(*parts):
    if parts and all(p.dims == () for p in parts):
        return [()]
    whole = None
    for part in parts:
        if part.dims:
            whole = shapes.merge(whole, part.dims)
    return [whole]


def _lower_join(B, *parts, separator, op):
    whole = next((p.shape for p in map(np.asarray, parts) if p.ndim), ())
    for part in map(np.asarray, parts):
        if part.ndim and part.shape != whole:
            refuse(op, f"Input shapes do not match: {shapes.text(whole)} vs. {shapes.text(part.shape)}")
    return each(lambda *words: separator.join(words), *parts)


_join = define("StringJoin", infer=_infer_join, lower=_lower_join, host=True, grad=None)


@export("string_join", "strings.join")
def string_join(inputs, separator="", name=None):
    """The elements of string tensors, one after the other.

    Args:
      inputs: a list of string tensors of one shape; scalars go with all.
      separator: what stands between them.
      name: the node's name.

    Returns:
      A string tensor of that shape.

    Raises:
      ValueError: the shapes differ.
    """
    return _join(inputs, separator=separator, name=name)


def _infer_reduce(x, axes, *, keep_dims):
    found = static.value(axes)
    if found is None or x.dims is None:
        return [x.dims if found is not None and not found.size else None]
    n = len(x.dims)
    gone = set()
    for axis in found.reshape(-1).tolist():
        if not -n <= axis < n:
            raise InferError(f"Invalid reduction dimension {axis} for input with {n} dimensions.")
        if axis % n in gone:
            raise InferError(f"Duplicate reduction dimension {axis}")
        gone.add(axis % n)
    if keep_dims:
        return [tuple(1 if k in gone else d for k, d in enumerate(x.dims))]
    return [tuple(d for k, d in enumerate(x.dims) if k not in gone)]


def _lower_reduce(B, x, axes, *, keep_dims, separator, op):
    x, n = np.asarray(x, object), np.ndim(x)
    axes = np.asarray(axes).reshape(-1).tolist()
    for axis in axes:
        if not -n <= axis < n:
            refuse(op, f"Invalid reduction dimension {axis} for input with {n} dimension(s)")
    gone = [axis % n for axis in axes]
    left = [k for k in range(n) if k not in gone]
    dims = [x.shape[k] for k in left]
    rows = x.transpose(left + gone[::-1]).reshape(int(np.prod(dims, dtype=np.int64)), -1)  # the first axis given runs fastest
    joined = strings([separator.join(row) for row in rows.tolist()])
    return joined.reshape([1 if k in gone else d for k, d in enumerate(x.shape)] if keep_dims else dims)


_reduce_join = define("ReduceJoin", infer=_infer_reduce, lower=_lower_reduce, host=True, grad=None)


def _all_axes(x):
    """All axes from the last to the first, so that the elements come in the order of rows."""
    if x.rank is not None:
        return constant(np.arange(x.rank - 1, -1, -1), dtypes.int32)
    return range_(rank(x) - 1, -1, -1)


@export("reduce_join", "strings.reduce_join")
def reduce_join(inputs, axis=None, keep_dims=None, separator="", name=None, reduction_indices=None, keepdims=None):
    """The elements of a string tensor joined along axes.

    Args:
      inputs: strings.
      axis: an int or a list of ints, the first of which runs fastest; all, in the order of rows, if None.
      keep_dims: the older name of `keepdims`; reduction_indices: of `axis`.
      separator: what stands between two elements.
      name: the node's name, within the scope "ReduceJoin".
      keepdims: whether the axes stay, with length 1.

    Returns:
      A string tensor without these axes.

    Raises:
      ValueError: an axis that isn't there, or an argument under both names.
    """
    keepdims = axis_argument(keepdims, keep_dims, "keepdims", "keep_dims")
    axis = axis_argument(axis, reduction_indices, "axis", "reduction_indices")
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        inputs = convert_to_tensor(inputs)
        axis = _all_axes(inputs) if axis is None else axis
        return _reduce_join(inputs, axis, keep_dims=bool(keepdims), separator=separator, name=name)


def _infer_segments(x, ids, count):
    n = static.value(count)
    if x.dims is None or ids.dims is None:
        return [None]
    shapes.merge(x.dims[: len(ids.dims)], ids.dims)
    return [(None if n is None else int(n), *x.dims[len(ids.dims) :])]


def _lower_segments(B, x, ids, count, *, separator, op):
    x, ids = np.asarray(x, object), np.asarray(ids)
    if int(count) < 0:
        refuse(op, f"Number of segments cannot be negative, got {int(count)}")
    inner = x.shape[ids.ndim :]
    rows = x.reshape(ids.size, -1)
    parts = [[[] for _ in range(rows.shape[1])] for _ in range(int(count))]
    for k, segment in enumerate(ids.reshape(-1).tolist()):
        if segment < 0:
            continue  # it is left out
        if segment >= int(count):
            refuse(op, f"segment_ids must be less than num_segments, got {segment} >= {int(count)}")
        for words, word in zip(parts[segment], rows[k], strict=True):
            words.append(word)
    return strings([separator.join(words) for segment in parts for words in segment], (int(count), *inner))


_segments = define("UnsortedSegmentJoin", infer=_infer_segments, lower=_lower_segments, host=True, grad=None)


@export("strings.unsorted_segment_join")
def unsorted_segment_join(inputs, segment_ids, num_segments, separator="", name=None):
    """The elements of each segment of a string tensor, joined.

    Args:
      inputs: strings.
      segment_ids: int, the shape's first axes; each element's segment; those below 0 are left out.
      num_segments: an int scalar.
      separator: what stands between two elements.
      name: the node's name.

    Returns:
      Strings `[num_segments, ...]`; '' for a segment without elements.
    """
    return _segments(inputs, segment_ids, num_segments, separator=separator, name=name)


# --- each element by itself -----------------------------------------------------------------------------


def _alone(kind, function):
    """The node of an op that changes each string by itself."""
    return define(kind, infer=same, lower=lambda B, x: each(function, x), host=True, grad=None)


_strip = _alone("StringStrip", bytes.strip)


@export("string_strip", "strings.strip")
def string_strip(input, name=None):
    """Each string without the white space at its ends."""
    return _strip(input, name=name)


def _in_case(plain, whole):
    """A kernel: ASCII letters alone, or with encoding 'utf-8' all letters."""

    def lower(B, x, *, encoding, op):
        if encoding == b"utf-8":
            return each(lambda word: whole(word.decode("utf-8", "replace")).encode(), x)
        if encoding:
            refuse(op, f"only utf-8 or '' (no encoding) is supported, received {encoding.decode()}")
        return each(plain, x)

    return lower


_upper = define("StringUpper", infer=same, lower=_in_case(bytes.upper, str.upper), host=True, grad=None)
_lower = define("StringLower", infer=same, lower=_in_case(bytes.lower, str.lower), host=True, grad=None)


@export("strings.upper")
def string_upper(input, encoding="", name=None):
    """Each string in capital letters.

    Args:
      input: strings.
      encoding: '' to change ASCII letters alone, or 'utf-8'.
      name: the node's name.
    """
    return _upper(input, encoding=encoding, name=name)


@export("strings.lower")
def string_lower(input, encoding="", name=None):
    """Each string in small letters.

    Args:
      input: strings.
      encoding: '' to change ASCII letters alone, or 'utf-8'.
      name: the node's name.
    """
    return _lower(input, encoding=encoding, name=name)


def starts(word):
    """Where the UTF-8 characters of a string begin."""
    return [k for k, byte in enumerate(word) if byte & 0xC0 != 0x80]


def _lower_length(B, x, *, unit):
    return each(len if unit == b"BYTE" else lambda word: len(starts(word)), x, kind=np.int32)


_length = define("StringLength", infer=same, lower=_lower_length, host=True, grad=None)


@export("strings.length", "compat.v1.strings.length")
def string_length(input, name=None, unit="BYTE"):
    """How long each string is.

    Args:
      input: strings.
      name: the node's name.
      unit: "BYTE", or "UTF8_CHAR" to count characters.

    Returns:
      int32, shaped as `input`.
    """
    return _length(input, unit=unit, name=name)


def _infer_substr(x, pos, length):
    pos_dims = pos.dims
    if pos_dims is not None and length.dims is not None:
        shapes.with_rank(pos_dims, len(length.dims))
        for a, b in zip(pos_dims, length.dims, strict=True):
            if a is not None and b is not None and a != b:
                raise InferError(f"pos and len shapes must match: {shapes.text(pos_dims)} vs. {shapes.text(length.dims)}")
    return [shapes.broadcast(x.dims, pos_dims)]


def _cut(word, pos, length, unit):
    """A piece of a string; None if it begins outside."""
    at = list(range(len(word))) if unit == b"BYTE" else starts(word)
    n = len(at)
    if not -n <= pos <= n:
        return None
    at.append(len(word))
    begin = pos + n if pos < 0 else pos
    return word[at[begin] : at[min(n, begin + max(length, 0))]]


def _lower_substr(B, x, pos, length, *, unit, op):
    pieces = each(lambda word, p, n: _cut(word, p, n, unit), x, pos, length)
    for k, piece in enumerate(pieces.reshape(-1)):
        if piece is None:
            word, p = (np.broadcast_to(a, pieces.shape).reshape(-1)[k] for a in (np.asarray(x, object), pos))
            refuse(op, f"pos {p} out of range for string b'{word.decode('latin1')}' at index {k}")
    return pieces


_substr = define("Substr", infer=_infer_substr, lower=_lower_substr, host=True, grad=None)


@export("substr", "strings.substr", "compat.v1.strings.substr")
def substr(input, pos, len, name=None, unit="BYTE"):
    """A piece of each string.

    Args:
      input: strings.
      pos: int, where it begins; from the end if below 0; shaped so that it broadcasts with `input`.
      len: int, shaped as `pos`; how long it is at most.
      name: the node's name.
      unit: "BYTE", or "UTF8_CHAR" to count characters.

    Raises:
      ValueError: the shapes don't fit; (in run) InvalidArgumentError: it begins outside.
    """
    return _substr(input, pos, len, unit=unit, name=name)
