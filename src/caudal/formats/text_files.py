"""Files as streams of lines, or of records of one length; packed or not."""

import zlib

from ..ground.errors import DataLossError, InvalidArgumentError
from .paths import refined, to_path

__all__ = ["fixed_records", "lines", "read_whole"]

_CHUNK = 1 << 18
_BITS = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS + 16}


def _open(path):
    try:
        return open(to_path(path), "rb")
    except OSError as error:
        raise refined(error, to_path(path)) from None


def read_whole(path):
    """A file's bytes.

    Raises:
      NotFoundError: there is none; FailedPreconditionError: it is a folder.
    """
    with _open(path) as file:
        return file.read()


def _pieces(path, compression):
    """The bytes of a file, unpacked, piece by piece."""
    inflate = zlib.decompressobj(_BITS[compression]) if compression else None
    with _open(path) as file:
        while data := file.read(_CHUNK):
            try:
                yield inflate.decompress(data) if inflate else data
            except zlib.error as error:
                words = str(error).removeprefix("Error -3 while decompressing data: ")
                raise DataLossError(None, None, f"inflate() failed with error -3: {words}") from None


def lines(path, compression="", skip=0):
    """Yields the lines of a file without their ends, after the first `skip` of them."""
    held = b""
    number = 0
    for piece in _pieces(path, compression):
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            number += 1
            if number > skip:
                yield line.replace(b"\r", b"")
    if held and number >= skip:
        yield held.replace(b"\r", b"")


def fixed_records(path, size, header=0, footer=0, hop=0, compression="", exact=False):
    """Yields the records of `size` bytes between a file's header and footer.

    Args:
      path: the file.
      size, header, footer: bytes.
      hop: from one record's begin to the next one's, bytes; `size` if 0.
      compression: "", "ZLIB" or "GZIP".
      exact: whether what is between has to be a whole number of records.

    Raises:
      InvalidArgumentError: it is not.
    """
    held, first, left = bytearray(), header, header
    body = 0
    for piece in _pieces(path, compression):
        held += piece
        if left:
            gone = min(left, len(held))
            del held[:gone]
            left -= gone
        while not left and len(held) >= max(size, hop) + footer:
            yield bytes(held[:size])
            body += hop or size
            del held[: hop or size]
    if not left and len(held) >= size + footer:  # the last one, after which there is no whole hop
        yield bytes(held[:size])
        body += hop or size
        del held[: hop or size]
    rest = len(held) - footer
    if exact and (left or rest):
        raise InvalidArgumentError(
            None,
            None,
            f'Excluding the header ({first} bytes) and footer ({footer} bytes), input file "{to_path(path)}" has body length '
            f"{body + rest} bytes, which is not an exact multiple of the record length ({size} bytes).",
        )
