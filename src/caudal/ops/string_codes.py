"""Bytes that stand for something: raw numbers, base64, compressed data, whole tensors."""

import base64
import gzip
import re
import zlib

import numpy as np
from google.protobuf.message import DecodeError

from ..formats.proto import TensorProto
from ..formats.tensor_proto import make_ndarray, to_proto
from ..graph.define import define
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from .basic import CPP_NAMES, same
from .shape import axis_argument
from .text import each, refuse, strings

__all__ = ["decode_base64", "decode_compressed", "decode_raw", "encode_base64", "parse_tensor", "serialize_tensor"]


# --- raw numbers ----------------------------------------------------------------------------------------


def _lower_raw(B, x, *, out_type, little_endian, op):
    x, kind = np.asarray(x, object), np.dtype(out_type.np)
    words = x.reshape(-1).tolist()
    size = len(words[0]) if words else 0
    for k, word in enumerate(words):
        if len(word) != size:
            refuse(
                op, f"DecodeRaw requires input strings to all be the same size, but element {k} has size {size} != {len(word)}"
            )
    if size % kind.itemsize:
        refuse(
            op,
            f"Input to DecodeRaw has length {size} that is not a multiple of {kind.itemsize}, the size of "
            f"{CPP_NAMES.get(out_type.name, out_type.name)}",
        )
    parts = np.frombuffer(b"".join(words), kind.newbyteorder("<" if little_endian else ">")).astype(kind)
    return parts.reshape(*x.shape, size // kind.itemsize)


_raw = define(
    "DecodeRaw",
    infer=lambda x: [None if x.dims is None else (*x.dims, None)],
    lower=_lower_raw,
    host=True,
    grad=None,
)


@export("decode_raw", "io.decode_raw")
def decode_raw(input_bytes=None, out_type=None, little_endian=True, name=None, bytes=None):
    """The numbers that the bytes of each string are.

    Args:
      input_bytes: strings of one length.
      out_type: the numbers' dtype.
      little_endian: whether the least byte of each comes first.
      name: the node's name.
      bytes: the older name of `input_bytes`.

    Returns:
      Numbers `[..., length // size]`.

    Raises:
      ValueError: no `out_type`; (in run) InvalidArgumentError: lengths that differ or don't fit.
    """
    input_bytes = axis_argument(input_bytes, bytes, "input_bytes", "bytes")
    need(out_type is not None, "decode_raw_v1() missing 1 positional argument: 'out_type'")
    return _raw(input_bytes, out_type=out_type, little_endian=little_endian, name=name)


# --- base64, for file names and addresses ------------------------------------------------------------------


def _encoded(word, pad):
    made = base64.urlsafe_b64encode(word)
    return made if pad else made.rstrip(b"=")


_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*")


def _decoded(word, op):
    bare = word.rstrip(b"=")
    if len(bare) % 4 == 1:
        refuse(op, "Base64 string length cannot be 1 modulo 4.")
    if len(word) != len(bare) and len(word) % 4 or len(word) - len(bare) > 2 or not _ALPHABET.fullmatch(bare):
        refuse(op, "Invalid character found in base64.")
    return base64.urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))


_encode = define("EncodeBase64", infer=same, lower=lambda B, x, *, pad: each(lambda w: _encoded(w, pad), x), host=True, grad=None)
_decode = define("DecodeBase64", infer=same, lower=lambda B, x, *, op: each(lambda w: _decoded(w, op), x), host=True, grad=None)


@export("encode_base64", "io.encode_base64")
def encode_base64(input, pad=False, name=None):
    """Each string in base64, with '-' and '_' for the last two signs.

    Args:
      input: strings.
      pad: whether '=' fills it up to a multiple of 4.
      name: the node's name.
    """
    return _encode(input, pad=pad, name=name)


@export("decode_base64", "io.decode_base64")
def decode_base64(input, name=None):
    """The string that each base64 text stands for.

    Args:
      input: strings in base64, with '-' and '_', padded or not.
      name: the node's name.

    Raises:
      (in run) InvalidArgumentError: no base64.
    """
    return _decode(input, name=name)


# --- compressed data ------------------------------------------------------------------------------------

_OPENERS = {b"": bytes, b"ZLIB": zlib.decompress, b"GZIP": gzip.decompress}


def _lower_open(B, x, *, compression_type, op):
    if compression_type not in _OPENERS:
        refuse(op, f"Only ZLIB, GZIP or NONE are supported compressions, got {compression_type.decode()}")
    return each(_OPENERS[compression_type], x)


_open = define("DecodeCompressed", infer=same, lower=_lower_open, host=True, grad=None)


@export("decode_compressed", "io.decode_compressed")
def decode_compressed(bytes, compression_type="", name=None):
    """Each string as it was before it was compressed.

    Args:
      bytes: strings.
      compression_type: '', 'ZLIB' or 'GZIP'.
      name: the node's name.
    """
    return _open(bytes, compression_type=compression_type, name=name)


# --- whole tensors ----------------------------------------------------------------------------------------


def _lower_serialize(B, x, *, T):
    x = np.asarray(x)
    if T is dtypes.string:
        made = to_proto(x, T)
    else:  # all elements as bytes, be it one
        made = TensorProto(dtype=T.as_datatype_enum, tensor_shape=shapes.TensorShape(x.shape).as_proto())
        made.tensor_content = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<"), copy=False).tobytes()
    return strings([made.SerializeToString()], ())


def _lower_parse(B, data, *, out_type, op):
    data = np.asarray(data, object)
    if data.ndim:
        refuse(op, f"Expected `serialized` to be a scalar, got shape: {shapes.text(data.shape)}")
    message = TensorProto()
    try:
        message.ParseFromString(data[()])
    except DecodeError:
        refuse(op, f"Could not parse `serialized` as TensorProto: '{data[()].decode('latin1')}'")
    found = dtypes.as_dtype(message.dtype)
    if found is not out_type:
        names = [CPP_NAMES.get(k.name, k.name) for k in (found, out_type)]
        refuse(op, f"Type mismatch between parsed tensor ({names[0]}) and dtype ({names[1]})")
    return make_ndarray(message)


_serialize = define("SerializeTensor", infer=lambda x: [()], lower=_lower_serialize, host=True, grad=None)
_parse = define("ParseTensor", infer=lambda x: [None], lower=_lower_parse, host=True, grad=None)


@export("serialize_tensor", "io.serialize_tensor")
def serialize_tensor(tensor, name=None):
    """A tensor as the bytes of a `TensorProto`.

    Args:
      tensor: any tensor.
      name: the node's name.

    Returns:
      A string scalar.
    """
    return _serialize(tensor, name=name)


@export("parse_tensor", "io.parse_tensor")
def parse_tensor(serialized, out_type, name=None):
    """The tensor that the bytes of a `TensorProto` are.

    Args:
      serialized: a string scalar.
      out_type: the tensor's dtype.
      name: the node's name.

    Returns:
      A tensor whose shape only the run knows.

    Raises:
      (in run) InvalidArgumentError: other bytes, or another dtype.
    """
    return _parse(serialized, out_type=out_type, name=name)
