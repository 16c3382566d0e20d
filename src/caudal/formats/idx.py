"""idx files, the format of MNIST: a header (type, number of dimensions, their sizes), then the values; plain or gzipped."""

import gzip
import math
import os
import struct
import zlib

import numpy as np

__all__ = ["IdxError", "parse", "read", "unpack"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_MOST = 1 << 32  # bytes that an unpacked file may have; MNIST's largest has 47 million


class IdxError(ValueError):
    """A file is no whole idx file; the message says what is wrong with it."""


def read(path, kind=None):
    """The array in an idx file.

    Args:
      path: the file, plain or gzipped.
      kind: "images" or "labels" where only that will do (3 or 1 dimensions of unsigned bytes).

    Returns:
      an array; of bytes (uint8) where `kind` is given.

    Raises:
      IdxError: the file is not idx, is cut short, or goes on after its end.
      OSError: the file cannot be read.
    """
    return parse(unpack(path), os.fspath(path), kind)


def unpack(path):
    """The bytes of a file, unpacked if it is gzipped."""
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP
    try:
        with gzip.open(path, "rb") if packed else open(path, "rb") as file:
            data = file.read(_MOST + 1)
    except EOFError:
        raise IdxError(f"{path}: the gzip file is cut short; delete it and fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise IdxError(f"{path}: the gzip file is broken ({error}); delete it and fetch it again") from None
    if len(data) > _MOST:
        raise IdxError(f"{path}: more than {_MOST} bytes; this is not an idx file")
    return data


_MAGIC = {"images": 2051, "labels": 2049}


def parse(data, name="data", kind=None):
    """The array in the bytes of an idx file; `name` is what errors call it, the rest as in `read`."""
    if len(data) < 4:
        raise IdxError(f"{name}: {len(data)} bytes are too few for an idx file")
    magic = struct.unpack(">I", data[:4])[0]
    if kind and magic != _MAGIC[kind]:
        raise IdxError(f"{name}: wrong magic number {magic} for {kind}, it should be {_MAGIC[kind]}" + _hint(data))
    rank, letter = magic & 0xFF, _TYPES.get(magic >> 8)
    if letter is None or not rank:
        raise IdxError(f"{name}: wrong magic number {magic}; this is not an idx file" + _hint(data))
    begin = 4 + 4 * rank
    if len(data) < begin:
        raise IdxError(f"{name}: cut short inside the header ({len(data)} bytes, {begin} needed)")
    sizes = struct.unpack(f">{rank}I", data[4:begin])
    dtype = np.dtype(letter)
    want, got = math.prod(sizes) * dtype.itemsize, len(data) - begin
    if got != want:
        what = "cut short" if got < want else "too long"
        raise IdxError(
            f"{name}: {what}: the header says {'x'.join(map(str, sizes))} values, {want} bytes, but {got} bytes follow it"
        )
    return np.frombuffer(data, dtype, offset=begin).reshape(sizes)


def _hint(data):
    head = data[:200].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return " (it is a web page: the server sent an error instead of the file)"
    return ""
