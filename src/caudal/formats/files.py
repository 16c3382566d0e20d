"""Files written whole or not at all, and read no further than they are allowed to be long."""

import os

from ..ground.errors import ResourceExhaustedError
from .paths import refined

__all__ = ["read_file", "write_file"]


def write_file(path, data):
    """Puts bytes into a file: it has the old contents until it has all of the new ones.

    Args:
      path: the file.
      data: bytes.

    Raises:
      tf.errors.OpError: the file system refuses.
    """
    temporary = f"{path}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        raise refined(error, temporary) from None


def read_file(path, most=1 << 31):
    """The bytes of a file, if there are no more than `most`.

    Raises:
      tf.errors.OpError: the file system refuses; ResourceExhaustedError: there are more.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise ResourceExhaustedError(None, None, f"{path}: {size} bytes, more than the {most} that are read at once")
            return file.read(most)
    except OSError as error:
        raise refined(error, path) from None
