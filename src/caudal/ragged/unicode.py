"""Strings as characters: their code points, their scripts, other encodings."""

import codecs

import numpy as np

from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from ..ops.basic import same
from ..ops.join import expand_dims_node, stack
from ..ops.shape import reshape, shape
from ..ops.text import each, refuse, strings
from .scripts import script_of
from .tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor

__all__ = ["unicode_decode", "unicode_encode", "unicode_script", "unicode_split", "unicode_transcode"]


# --- kernels --------------------------------------------------------------------------------------------


def _codec(op, encoding):
    """Python's codec of an encoding."""
    try:
        return codecs.lookup(encoding.decode()).name
    except LookupError:
        refuse(op, f"Could not create converter for input encoding: {encoding.decode()}")


def _characters(op, word, codec, errors, replacement, controls):
    """(character, its first byte) of a string; malformed bytes and, if asked, control signs are replaced."""
    out, at = [], 0
    while at < len(word):
        size, found = _next(word, at, codec)
        if found is None and errors == b"strict":
            refuse(op, "Invalid formatting on input string")
        if found is None or (controls and found <= "\x1f"):
            if errors != b"ignore":
                out.append((chr(replacement), at))
        else:
            out.append((found, at))
        at += size
    return out


def _next(word, at, codec):
    """(how many bytes, the character; None if they are malformed) at a place of a string."""
    for size in (1, 2, 3, 4):
        try:
            found = word[at : at + size].decode(codec)
        except UnicodeDecodeError as error:
            if "unexpected end" not in error.reason and "truncated" not in error.reason and error.reason != "illegal encoding":
                return max(1, error.end - error.start), None
            continue
        if len(found) == 1:
            return size, found
    return len(word) - at if len(word) - at < 4 else 1, None


def _split_rows(op, x, attrs):
    codec = _codec(op, attrs["input_encoding"])
    settings = attrs["errors"], attrs["replacement_char"], attrs["replace_control_characters"]
    return [_characters(op, word, codec, *settings) for word in np.asarray(x, object).reshape(-1).tolist()]


def _lower_decode(B, x, *, op):
    rows = _split_rows(op, x, op.attrs)
    ends = np.cumsum([0, *map(len, rows)]).astype(op.attrs["Tsplits"].np)
    points = np.array([ord(c) for row in rows for c, _ in row], np.int32)
    if op.type == "UnicodeDecode":
        return ends, points
    return ends, points, np.array([at for row in rows for _, at in row], np.int64)


def _infer_decode(x, *, op):
    count = shapes.count(x.dims)
    return [(None if count is None else count + 1,)] + [(None,)] * (len(op.outputs) - 1)


_decode = define("UnicodeDecode", infer=_infer_decode, lower=_lower_decode, host=True, grad=None)
_decode_with = define("UnicodeDecodeWithOffsets", infer=_infer_decode, lower=_lower_decode, host=True, grad=None)


def _encoded(op, points, encoding, errors, replacement):
    out = []
    for point in points:
        if 0 <= point < 0x110000 and not 0xD800 <= point < 0xE000:
            out.append(chr(point))
        elif errors == b"strict":
            raise InvalidArgumentError(None, op, "Code point is out of range for Unicode, or a noncharacter.")
        elif errors == b"replace":
            out.append(chr(replacement))
    return "".join(out).encode(encoding.decode())


def _lower_encode(B, points, splits, *, output_encoding, errors, replacement_char, op):
    points, ends = np.asarray(points).tolist(), np.asarray(splits).tolist()
    rows = [points[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]
    return strings([_encoded(op, row, output_encoding, errors, replacement_char) for row in rows])


def _infer_encode(points, splits):
    dims = shapes.with_rank(splits.dims, 1)
    return [(None if dims[0] is None else dims[0] - 1,)]


_encode = define("UnicodeEncode", infer=_infer_encode, lower=_lower_encode, host=True, grad=None)


def _lower_transcode(B, x, *, output_encoding, op):
    rows = iter(_split_rows(op, x, op.attrs))
    return each(lambda _: "".join(c for c, _ in next(rows)).encode(output_encoding.decode()), x)


_transcode = define("UnicodeTranscode", infer=same, lower=_lower_transcode, host=True, grad=None)
_script = define("UnicodeScript", infer=same, lower=lambda B, x: each(script_of, x, kind=np.int32), host=True, grad=None)


# --- what programs call -----------------------------------------------------------------------------------


def _decoded(input, encoding, errors, replacement_char, controls, offsets):
    """(code points, byte offsets or None), rows for strings."""
    input = convert_to_tensor_or_ragged_tensor(input, name="input")
    n = input.shape.ndims
    need(n is not None, "Rank of `input` must be statically known.")
    if n > 1:
        if not isinstance(input, RaggedTensor):
            input = RaggedTensor.from_tensor(input, ragged_rank=n - 1)
        elif input.ragged_rank < n - 1:
            inner = RaggedTensor.from_tensor(input.flat_values, ragged_rank=n - input.ragged_rank - 1)
            input = input.with_flat_values(inner)
    flat = reshape(input.flat_values if isinstance(input, RaggedTensor) else input, [-1])
    splits, *found = (_decode_with if offsets else _decode)(
        flat,
        input_encoding=encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=controls,
    )
    if n > 0:
        found = [RaggedTensor.from_row_splits(one, splits, validate=False) for one in found]
        found = [input.with_flat_values(one) for one in found] if n > 1 else found
    return found[0], found[1] if offsets else None


@export("strings.unicode_decode")
def unicode_decode(input, input_encoding, errors="replace", replacement_char=65533, replace_control_characters=False, name=None):
    """The code points of each string.

    Args:
      input: strings of any rank.
      input_encoding: 'UTF-8', 'UTF-16-BE', 'latin1', ...
      errors: 'replace', 'strict' or 'ignore': what happens to malformed bytes.
      replacement_char: the code point that replaces them.
      replace_control_characters: whether control signs are replaced too.
      name: the scope's name.

    Returns:
      int32, a RaggedTensor with a row for each string; a vector for one string.

    Raises:
      ValueError: strings of unknown rank.
    """
    with name_scope(name, "UnicodeDecode", [input]):
        return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, False)[0]


@export("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input, input_encoding, errors="replace", replacement_char=65533, replace_control_characters=False, name=None
):
    """(the code points of each string, the byte at which each begins); arguments as `unicode_decode`'s."""
    with name_scope(name, "UnicodeDecodeWithOffsets", [input]):
        return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, True)


def _apart(points):
    """Each code point as a row of its own."""
    if not isinstance(points, RaggedTensor):
        with name_scope(None, "RaggedExpandDims", [points]):
            return expand_dims_node(points, 1)
    with name_scope(None, "RaggedExpandDims", [points]):
        return points.with_values(_apart(points.values))


@export("strings.unicode_split")
def unicode_split(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    """The characters of each string, as strings of their own.

    Args:
      input: strings of any rank.
      input_encoding: 'UTF-8', 'UTF-16-BE' or 'UTF-32-BE'.
      errors: 'replace', 'strict' or 'ignore': what happens to malformed bytes.
      replacement_char: the code point that replaces them.
      name: the scope's name.

    Returns:
      Strings, a RaggedTensor with a row for each string; a vector for one string.
    """
    with name_scope(name, "UnicodeSplit", [input]):
        points, _ = _decoded(input, input_encoding, errors, replacement_char, False, False)
        return unicode_encode(_apart(points), input_encoding, errors, replacement_char)


@export("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    """(the characters of each string, the byte at which each begins); arguments as `unicode_split`'s."""
    with name_scope(name, "UnicodeSplitWithOffsets", [input]):
        points, offsets = _decoded(input, input_encoding, errors, replacement_char, False, True)
        return unicode_encode(_apart(points), input_encoding, errors, replacement_char), offsets


@export("strings.unicode_encode")
def unicode_encode(input, output_encoding, errors="replace", replacement_char=65533, name=None):
    """The string that each row of code points is.

    Args:
      input: int32 `[..., characters]`, a tensor or a RaggedTensor.
      output_encoding: 'UTF-8', 'UTF-16-BE' or 'UTF-32-BE'.
      errors: 'replace', 'strict' or 'ignore': what happens to numbers that are no characters.
      replacement_char: the code point that replaces them.
      name: the scope's name.

    Returns:
      Strings `[...]`.

    Raises:
      ValueError: code points of no known rank, or a scalar.
    """
    more = output_encoding, errors, replacement_char
    with name_scope(name, "UnicodeEncode", [input]):
        x = convert_to_tensor_or_ragged_tensor(input)
        n = x.shape.ndims
        need(n is not None, "Rank of input_tensor must be statically known.")
        if isinstance(x, RaggedTensor):
            if x.flat_values.shape.ndims > 1:
                return x.with_flat_values(unicode_encode(x.flat_values, *more))
            if x.ragged_rank > 1:
                return x.with_values(unicode_encode(x.values, *more))
            named = {"output_encoding": output_encoding, "errors": errors, "replacement_char": replacement_char}
            return _encode(x.values, x.row_splits, **named)
        need(n > 0, "input_tensor's rank must be at least 1.")
        if n == 2:
            return unicode_encode(RaggedTensor.from_tensor(x), *more)
        if n > 2:
            flat = reshape(x, stack([-1, shape(x)[-1]]))
            return reshape(unicode_encode(flat, *more), x.shape[:-1])
        rows = RaggedTensor.from_row_splits(x, stack([0, shape(x, out_type=dtypes.int32)[0]]), validate=False)
        return reshape(unicode_encode(rows, *more), [])


@export("strings.unicode_transcode")
def unicode_transcode(
    input,
    input_encoding,
    output_encoding,
    errors="replace",
    replacement_char=65533,
    replace_control_characters=False,
    name=None,
):
    """Each string in another encoding.

    Args:
      input: strings.
      input_encoding: 'UTF-8', 'UTF-16-BE', 'latin1', ...
      output_encoding: 'UTF-8', 'UTF-16-BE' or 'UTF-32-BE'.
      errors: 'replace', 'strict' or 'ignore': what happens to malformed bytes.
      replacement_char: the code point that replaces them.
      replace_control_characters: whether control signs are replaced too.
      name: the node's name.
    """
    return _transcode(
        input,
        input_encoding=input_encoding,
        output_encoding=output_encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=replace_control_characters,
        name=name,
    )


@export("strings.unicode_script")
def unicode_script(input, name=None):
    """The number of the script that each code point belongs to, as the ICU library counts scripts.

    Args:
      input: int32 code points.
      name: the node's name.

    Returns:
      int32, shaped as `input`; -1 for what is no code point, 0 for signs of all scripts.
    """
    return _script(input, name=name)
