"""Strings cut apart into rows of words, bytes or n-grams."""

import numpy as np

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.join import concat, stack
from ..ops.shape import axis_argument, reshape, shape
from ..ops.string_split import split_node, split_v2
from ..ops.text import strings
from .tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor

__all__ = ["bytes_split", "ngrams", "string_split", "strings_split"]

_RESULTS = "result_type must be 'RaggedTensor' or 'SparseTensor'."


@export("string_split")
def string_split(source, sep=None, skip_empty=True, delimiter=None, result_type="SparseTensor", name=None):
    """The parts of each string of a vector.

    Args:
      source: strings `[n]`.
      sep: signs, each of which stands between two parts; ' ' by default, '' for single bytes.
      skip_empty: whether empty parts are left out.
      delimiter: the older name of `sep`.
      result_type: 'SparseTensor' or 'RaggedTensor'.
      name: the scope's name.

    Returns:
      A SparseTensor (or RaggedTensor) with a row for each string.

    Raises:
      ValueError: another `result_type`, no vector, or both `sep` and `delimiter`.
    """
    sep = axis_argument(sep, delimiter, "sep", "delimiter")
    with name_scope(name, "StringSplit", [source, sep]):
        sep = convert_to_tensor(" " if sep is None else sep, dtype=dtypes.string)
        source = convert_to_tensor(source, dtype=dtypes.string)
        sparse = SparseTensor(*split_node(source, sep, skip_empty=skip_empty))
        if result_type == "SparseTensor":
            return sparse
        need(result_type == "RaggedTensor", _RESULTS)
        return _ragged(sparse)


def _ragged(sparse):
    rows, count = sparse.indices[:, 0], sparse.dense_shape[0]
    return RaggedTensor.from_value_rowids(sparse.values, rows, nrows=count, validate=False)


@export("strings.split", "compat.v1.strings.split")
def strings_split(input=None, sep=None, maxsplit=-1, result_type="SparseTensor", source=None, name=None):
    """The parts of each string, as Python's `str.split` cuts it.

    Args:
      input: strings of any rank.
      sep: what stands between parts; runs of white space if None or ''.
      maxsplit: how many cuts at most; any number if below 1.
      result_type: 'SparseTensor' or 'RaggedTensor'.
      source: the older name of `input`.
      name: the scope's name.

    Returns:
      A SparseTensor (or RaggedTensor) with a row for each string.

    Raises:
      ValueError: another `result_type`, or strings of unknown rank.
    """
    input = axis_argument(input, source, "input", "source")
    with name_scope(name, "StringSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, dtype=dtypes.string, name="input")
        if result_type == "SparseTensor" and input.shape.ndims == 1:
            return split_v2(input, sep=sep, maxsplit=maxsplit)
        ragged = _split_rows(input, sep, maxsplit)
        if result_type == "SparseTensor":
            return ragged.to_sparse()
        need(result_type == "RaggedTensor", _RESULTS)
        return ragged


def _split_rows(input, sep, maxsplit):
    """The parts of strings of any rank, a RaggedTensor (a vector for one string)."""
    with name_scope(None, "StringSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, dtype=dtypes.string, name="input")
        if isinstance(input, RaggedTensor):
            return input.with_flat_values(_split_rows(input.flat_values, sep, maxsplit))
        n = input.shape.ndims
        need(n is not None, "input must have a known rank.")
        if n == 0:
            return _split_rows(stack([input]), sep, maxsplit)[0]
        if n == 1:
            return _ragged(split_v2(input, sep=sep, maxsplit=maxsplit))
        return _split_rows(RaggedTensor.from_tensor(input, ragged_rank=n - 1), sep, maxsplit)


@export("strings.bytes_split")
def bytes_split(input, name=None):
    """The bytes of each string.

    Args:
      input: strings of any rank.
      name: the scope's name.

    Returns:
      A RaggedTensor with a row for each string; a vector for one string.

    Raises:
      ValueError: strings of unknown rank.
    """
    with name_scope(name, "StringsByteSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        if isinstance(input, RaggedTensor):
            return input.with_flat_values(bytes_split(input.flat_values))
        n = input.shape.ndims
        need(n is not None, "input must have a statically-known rank.")
        if n == 0:
            return bytes_split(stack([input]))[0]
        if n == 1:
            indices, values, dims = split_node(input, "", skip_empty=False)
            return RaggedTensor.from_value_rowids(values, indices[:, 0], nrows=dims[0], validate=False)
        return bytes_split(RaggedTensor.from_tensor(input, ragged_rank=n - 1))


# --- n-grams ------------------------------------------------------------------------------------------------


def _grams(row, width, pad, left, right):
    """The lists of `width` words that follow each other in a row with `pad` signs at its ends."""
    pad = min(width - 1 if pad < 0 else pad, width - 1)
    whole = [left] * pad + row + [right] * pad
    return [whole[k : k + width] for k in range(len(whole) - width + 1)]


def _lower_grams(
    B,
    data,
    splits,
    *,
    separator,
    ngram_widths,
    left_pad,
    right_pad,
    pad_width,
    preserve_short_sequences,
    Tsplits,  # noqa: N803
):
    out, ends = [], [0]
    for a, b in zip(splits[:-1].tolist(), splits[1:].tolist(), strict=True):
        row = data[a:b].tolist()
        made = [g for width in ngram_widths for g in _grams(row, width, pad_width, left_pad, right_pad)]
        if preserve_short_sequences and not made and row:
            pad = max(pad_width, 0)
            made = [[left_pad] * pad + row + [right_pad] * pad]
        out += [separator.join(g) for g in made]
        ends.append(len(out))
    return strings(out), np.array(ends, Tsplits.np)


def _infer_grams(data, splits):
    shapes.with_rank(data.dims, 1)
    return [(None,), shapes.with_rank(splits.dims, 1)]


_grams_node = define("StringNGrams", infer=_infer_grams, lower=_lower_grams, host=True, grad=None)


def _padding(pad_values, padding_width):
    """(left sign, right sign, how many at most)."""
    if pad_values is None:
        return "", "", 0
    need(
        isinstance(pad_values, (str, tuple)),
        "pad_values must be a string, tuple of strings, or None.",
        kind=TypeError,
    )
    left, right = (pad_values, pad_values) if isinstance(pad_values, str) else pad_values
    fits = isinstance(left, str) and isinstance(right, str)
    need(fits, "pad_values must be a string, tuple of strings, or None.", kind=TypeError)
    need(padding_width is None or padding_width > 0, "padding_width must be greater than 0.")
    return left, right, -1 if padding_width is None else padding_width


@export("strings.ngrams")
def ngrams(
    data,
    ngram_width,
    separator=" ",
    pad_values=None,
    padding_width=None,
    preserve_short_sequences=False,
    name=None,
):
    """The words of each row that follow each other, joined.

    Args:
      data: strings `[..., words]`, a tensor or a RaggedTensor.
      ngram_width: how many words; an int or a tuple of ints.
      separator: what stands between two words.
      pad_values: what stands before and after each row; a string, or two in a tuple.
      padding_width: how many of these at most; one fewer than the width by default.
      preserve_short_sequences: whether a row that is too short for any gives itself.
      name: the scope's name.

    Returns:
      Strings, a tensor for a tensor.

    Raises:
      TypeError: a width or a padding of another kind; ValueError: a width below 1, data of no known rank.
    """
    with name_scope(name, "StringNGrams", [data]):
        widths = list(ngram_width) if isinstance(ngram_width, (list, tuple)) else [ngram_width]
        whole = all(isinstance(w, int) for w in widths)
        need(whole, f"ngram_width must be an integer. Got {ngram_width}", kind=TypeError)
        need(all(w >= 1 for w in widths), f"All ngram_widths must be greater than 0. Got {ngram_width}")
        left, right, pad = _padding(pad_values, padding_width)
        data = convert_to_tensor_or_ragged_tensor(data, name="data", dtype=dtypes.string)
        dense = concat([shape(data)[:-1], [-1]], axis=0) if isinstance(data, Tensor) else None
        same = (separator, pad_values, padding_width, preserve_short_sequences)
        if dense is not None:
            n = data.shape.ndims
            need(n is not None, "Rank of data must be known.")
            need(n > 0, "Data must have rank>0")
            if n == 1:
                return ngrams(RaggedTensor.from_row_starts(data, [0], validate=False), ngram_width, *same, name)[0]
            data = RaggedTensor.from_tensor(data, ragged_rank=n - 1)
        if data.ragged_rank > 1:
            made = data.with_values(ngrams(data.values, ngram_width, *same, name))
        else:
            made = RaggedTensor.from_row_splits(
                *_grams_node(
                    data.flat_values,
                    data.row_splits,
                    separator=separator,
                    ngram_widths=widths,
                    left_pad=left,
                    right_pad=right,
                    pad_width=pad,
                    preserve_short_sequences=preserve_short_sequences,
                ),
                validate=False,
            )
        return made if dense is None else reshape(made.flat_values, dense)
