"""Checkpoints of either version, read without a graph: `tf.train.NewCheckpointReader`."""

import os

from ..ground.api import export
from ..ground.errors import UnimplementedError
from .bundle import Bundle, index_file
from .paths import to_path
from .proto import DataType
from .slices_v1 import SliceReader

__all__ = ["CheckpointReader", "open_checkpoint"]

_OF_V1 = frozenset("float32 float64 int32 uint8 int16 int8 int64 string quint8 qint8 qint32".split())


def open_checkpoint(prefix):
    """A reader of whichever version lies at a path: a `Bundle` or a `SliceReader`."""
    return Bundle(prefix) if os.path.exists(index_file(prefix)) else SliceReader(prefix)


class CheckpointReader:
    """Reads the tensors of a checkpoint by name.

    Args:
      filepattern: its path, without `.index` where it is of version 2.

    Raises:
      NotFoundError: there is none; DataLossError: it is damaged.
    """

    def __init__(self, filepattern):
        self._found = open_checkpoint(to_path(filepattern))

    def has_tensor(self, tensor_str):
        """Whether there is a tensor of that name."""
        return tensor_str in self._found.names

    def get_variable_to_shape_map(self):
        """A dict from name to shape, a list of ints."""
        return {name: list(self._found.shape(name)) for name in self._found.names}

    def get_variable_to_dtype_map(self):
        """A dict from name to `DType`."""
        return {name: self._found.dtype(name) for name in self._found.names}

    def get_tensor(self, tensor_str):
        """A tensor as an array.

        Raises:
          NotFoundError: there is none of that name.
          UnimplementedError: a version 1 checkpoint that keeps it in parts, or a dtype that TF's reader does not take there.
        """
        name = tensor_str.decode() if isinstance(tensor_str, bytes) else tensor_str
        if isinstance(self._found, SliceReader):
            self._refuse(name)
        value = self._found.read(name)
        return value if value.ndim else value[()]

    def _refuse(self, name):
        if self._found.dtype(name).name not in _OF_V1:
            raise UnimplementedError(None, None, "Data type not supported")
        if self._found.parts(name):
            raise UnimplementedError(None, None, "Sliced checkpoints are not supported")

    def debug_string(self):
        """Names, dtypes and shapes, a line each, as bytes; of a tensor in parts (version 2) each part's key."""
        lines = self._found.told()
        shown = [
            b"%s (%s) [%s]\n" % (name, DataType.Name(kind).encode(), ",".join(map(str, dims)).encode())
            for name, kind, dims in lines
        ]
        return b"".join(shown)


@export("train.NewCheckpointReader")
def NewCheckpointReader(filepattern):  # noqa: N802  # TF's name
    """A `CheckpointReader` for the checkpoint at a path.

    Args:
      filepattern: its path, without `.index` where it is of version 2.

    Raises:
      NotFoundError: there is none; DataLossError: it is damaged.
    """
    return CheckpointReader(filepattern)
