"""Version 1 of checkpoints: one table, whose first entry tells of all tensors, and with an entry for each part of one.

The file's name may be a pattern: a checkpoint in shards is several such files.
"""

import glob
import math
import os

import numpy as np

from ..ground import dtypes
from ..ground.errors import DataLossError, NotFoundError, UnimplementedError
from .bundle import assemble, kind_of, parsed
from .files import write_file
from .proto.checkpoint_pb2 import SavedSlice, SavedTensorSlices
from .slice_keys import FULL, key_of, overlap, shape_of, slice_message, slice_of
from .table import read_table, table_bytes
from .tensor_proto import make_ndarray

__all__ = ["SliceReader", "SliceWriter"]

_VERSION = 1
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "string": "string_val",
    "float16": "half_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "quint8": "int_val",
    "qint8": "int_val",
    "qint32": "int_val",
    "int32": "int_val",
    "uint8": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint16": "int_val",
}


class SliceReader:
    """A version 1 checkpoint, opened to be read.

    Args:
      pattern: its path, or a pattern of paths.

    Raises:
      NotFoundError: there is none; DataLossError: it is damaged.
    """

    def __init__(self, pattern):
        self.pattern = pattern
        paths = sorted(glob.glob(pattern)) or ([pattern] if os.path.exists(pattern) else [])
        if not paths:
            raise NotFoundError(
                None, None, f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {pattern}"
            )
        self._values, self._found = {}, {}
        for path in paths:
            self._open(path)
        self.names = sorted(self._found)

    def _open(self, path):
        for key, value in _table(path):
            if key:
                self._values[key] = value
                continue
            for one in parsed(SavedTensorSlices, value, path).meta.tensor:
                dims = tuple(d.size for d in one.shape.dim)
                _, _, parts = self._found.setdefault(one.name, (kind_of(one.type, path), dims, []))
                parts += [slice_of(s) for s in one.slice]

    def _tensor(self, name):
        if name not in self._found:
            raise NotFoundError(None, None, f'Tensor name "{name}" not found in checkpoint files {self.pattern}')
        return self._found[name]

    def dtype(self, name):
        """The `DType` of a tensor."""
        return self._tensor(name)[0]

    def shape(self, name):
        """The shape of a tensor, a tuple."""
        return self._tensor(name)[1]

    def parts(self, name):
        """The parts in which a tensor is kept; none for a whole one."""
        parts = self._tensor(name)[2]
        return [] if all(extent == FULL for part in parts for extent in part) else parts

    def told(self):
        """Triples of name, number of the dtype, and shape, in order of names."""
        return [(name.encode(), self.dtype(name).as_datatype_enum, self.shape(name)) for name in self.names]

    def read(self, name, part=None):
        """A tensor, or a part of it, as an array."""
        kind, shape, kept = self._tensor(name)
        part = part or (FULL,) * len(shape)
        wanted = [one for one in dict.fromkeys(kept) if len(one) == len(shape) and overlap(part, one, shape) is not None]
        pieces = [(one, self._piece(name, one, kind, shape)) for one in wanted]  # as large as the file, at most
        return assemble(name, self.pattern, part, shape, kind, pieces)

    def _piece(self, name, part, kind, shape):
        data = self._values.get(key_of(name.encode(), part))
        if data is None:
            raise DataLossError(None, None, f"A part of {name} is not in the checkpoint {self.pattern}")
        proto = parsed(SavedTensorSlices, data, self.pattern).data.data
        dims = shape_of(part, shape)
        field = _FIELDS.get(kind.name)
        held = len(getattr(proto, field)) if field else -1
        if held != math.prod(dims) * (2 if kind.is_complex else 1):
            raise DataLossError(None, None, f"{name}: {held} values where its shape {list(dims)} asks for {math.prod(dims)}")
        proto.dtype = kind.as_datatype_enum
        for size in dims:
            proto.tensor_shape.dim.add(size=size)
        return make_ndarray(proto)


def _table(path):
    try:
        return read_table(path)
    except (DataLossError, NotFoundError) as error:
        words = f"Data loss: {error.message}" if isinstance(error, DataLossError) else f"Not found: {error.message}"
        raise DataLossError(None, None, _unopened(path, words)) from None
    except Exception as error:
        if not hasattr(error, "message"):
            raise
        raise DataLossError(None, None, _unopened(path, f"Failed precondition: {error.message}")) from None


def _unopened(path, why):
    path = path if os.path.dirname(path) else os.path.join(".", path)
    return (
        f"Unable to open table file {path}: {why}: perhaps your file is in a different file format and you need to use a "
        "different restore operator?"
    )


class SliceWriter:
    """Writes a version 1 checkpoint.

    Args:
      path: the file.
    """

    def __init__(self, path):
        self.path, self._found, self._items = path, {}, {}

    def add(self, name, shape, part, array, dtype):
        """Writes a part of a tensor of `shape`.

        Raises:
          UnimplementedError: a dtype that the format does not have.
        """
        kind = dtypes.as_dtype(dtype).base_dtype
        if kind.name not in _FIELDS:
            raise UnimplementedError(None, None, f"Checkpoints of version 1 do not hold {kind.name}: tensor {name}")
        self._found.setdefault(name, (kind, shape, []))[2].append(part)
        value = SavedTensorSlices(data=SavedSlice(name=name, slice=slice_message(part)))
        value.data.data.SetInParent()
        getattr(value.data.data, _FIELDS[kind.name]).extend(_plain(np.asarray(array), kind))
        self._items[key_of(name.encode(), part)] = value.SerializeToString(deterministic=True)

    def finish(self):
        """Writes the file."""
        head = SavedTensorSlices()
        head.meta.versions.producer = _VERSION
        for name, (kind, shape, parts) in sorted(self._found.items()):
            one = head.meta.tensor.add(name=name, type=kind.as_datatype_enum)
            one.shape.SetInParent()
            for size in shape:
                one.shape.dim.add(size=size)
            one.slice.extend(slice_message(part) for part in parts)
        items = [(b"", head.SerializeToString(deterministic=True)), *sorted(self._items.items())]
        write_file(self.path, table_bytes(items))


def _plain(array, kind):
    """The elements as the messages hold them."""
    flat = array.ravel()
    if kind is dtypes.string:
        return [v.encode() if isinstance(v, str) else bytes(v) for v in flat]
    if kind is dtypes.float16:
        return flat.view(np.uint16).tolist()
    return np.stack([flat.real, flat.imag], 1).ravel().tolist() if kind.is_complex else flat.tolist()
