"""Version 2 of checkpoints, a "tensor bundle": `.index`, a table of what lies where, and `.data-00000-of-00001`, the bytes.

The table's first entry, under the empty key, is a header. Each tensor has an entry under its name. A tensor in parts
has one that lists the parts, and one more for each part, under a key of its own (slice_keys.py). Numbers are little-endian.
Strings are their lengths (varints), a checksum of these, and the bytes.
"""

import math
import os
import struct
import uuid

import google_crc32c
import numpy as np
from google.protobuf.message import DecodeError

from ..ground import dtypes
from ..ground.errors import DataLossError, InvalidArgumentError, NotFoundError, OutOfRangeError, UnimplementedError
from .files import write_file
from .paths import refined
from .proto.checkpoint_pb2 import BundleEntryProto, BundleHeaderProto
from .slice_keys import key_of, overlap, shape_of, slice_message, slice_of
from .table import entries, table_bytes
from .varint import pack, take

__all__ = ["Bundle", "BundleWriter", "merge_bundles"]

_VERSION = 1
_MASK = 0xA282EAD8
_MOST = 1 << 40  # elements


def data_file(prefix, shard, shards):
    """The name of a data file."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


def index_file(prefix):
    """The name of the index."""
    return prefix + ".index"


def _unmasked(crc):
    rotated = (crc - _MASK) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def _masked(crc):
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


# --- reading -----------------------------------------------------------------------------------------


class Bundle:
    """A version 2 checkpoint, opened to be read.

    Args:
      prefix: its path without `.index`.

    Raises:
      NotFoundError: there is none; DataLossError: it is damaged.
    """

    def __init__(self, prefix):
        self.prefix = prefix
        self._entries = {}
        for key, value in self._table():
            self._entries[key] = parsed(BundleEntryProto, value, prefix)
        self.names = [decoded(key, prefix) for key in self._entries if not key.startswith(b"\0")]

    def _table(self):
        path = index_file(self.prefix)
        found = entries(path)
        try:
            first = next(found, None)
        except DataLossError as error:
            raise self._corrupt(path, error) from None
        if first is None or first[0]:
            raise DataLossError(None, None, f"Unable to read file ({path}): the header is missing")
        header = parsed(BundleHeaderProto, first[1], path)
        self.shards = header.num_shards
        if header.endianness != BundleHeaderProto.LITTLE:
            raise UnimplementedError(None, None, "Reading a bundle with different endianness from the reader")
        if header.version.min_consumer > _VERSION:
            raise InvalidArgumentError(None, None, f"{path} is of a later version than {_VERSION}, which is what can be read")
        return found

    @staticmethod
    def _corrupt(path, error):
        """The table's own words, unless it is its first block that is broken."""
        if error.message not in ("block checksum mismatch", "bad block contents", "bad entry in block", "truncated block read"):
            return error
        words = (
            f"Unable to read file ({path}). Perhaps the file is corrupt or was produced by a newer version of TensorFlow with "
            f"format changes (failed to seek to header entry): {error.message}"
        )
        return DataLossError(None, None, words)

    def entry(self, name):
        """The entry of a tensor.

        Raises:
          NotFoundError: there is none.
        """
        found = self._entries.get(name.encode())
        if found is None:
            raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
        return found

    def dtype(self, name):
        """The `DType` of a tensor."""
        return _kind(self.entry(name))

    def shape(self, name):
        """The shape of a tensor, a tuple."""
        return _dims(self.entry(name))

    def parts(self, name):
        """The parts in which a tensor is kept; none for a whole one."""
        return [slice_of(s) for s in self.entry(name).slices]

    def told(self):
        """Triples of key, number of the dtype, and shape, in order of keys; a tensor in parts is told by its parts."""
        return [(key, entry.dtype, _dims(entry)) for key, entry in self._entries.items() if not entry.slices]

    def read(self, name, part=None):
        """A tensor, or a part of it, as an array."""
        entry = self.entry(name)
        kept = set(self.parts(name))
        if not kept:
            whole = self._values(entry, name)
            return whole if part is None else whole[_index(part, whole.shape)]
        shape = _dims(entry)
        pieces = [(one, self._values(self._part(name, one), name)) for one in kept]  # as large as the file, at most
        return assemble(name, self.prefix, part or tuple((0, size) for size in shape), shape, _kind(entry), pieces)

    def _part(self, name, part):
        found = self._entries.get(key_of(name.encode(), part))
        if found is None:
            raise DataLossError(None, None, f"A part of {name} is not in the checkpoint {self.prefix}")
        return found

    def _values(self, entry, name):
        kind, shape = _kind(entry), _checked(_dims(entry), name)
        if kind is dtypes.string:
            return self._strings(entry, shape)
        want = math.prod(shape) * kind.np.itemsize
        if entry.size != want:
            raise DataLossError(
                None, None, f"Invalid size in bundle entry: key {name}; stored size {entry.size}; expected size {want}"
            )
        data = self._bytes(entry)
        self._check(entry, google_crc32c.value(data))
        return np.frombuffer(data, kind.np if kind.np.kind in "Vb" else kind.np.newbyteorder("<")).astype(kind.np).reshape(shape)

    def _bytes(self, entry):
        path = data_file(self.prefix, entry.shard_id, self.shards)
        try:
            with open(path, "rb") as file:
                if entry.offset < 0 or entry.size < 0 or entry.offset + entry.size > os.fstat(file.fileno()).st_size:
                    raise OutOfRangeError(None, None, "Read less bytes than requested")
                file.seek(entry.offset)
                return file.read(entry.size)
        except OSError as error:
            raise refined(error, path) from None

    @staticmethod
    def _check(entry, crc):
        stored = _unmasked(entry.crc32c)
        if stored != crc:
            raise DataLossError(
                None, None, f"Checksum does not match: stored {stored} vs. calculated on the restored bytes {crc}"
            )

    def _strings(self, entry, shape):
        data, lengths, at = self._bytes(entry), [], 0
        count = math.prod(shape)
        if count > len(data):
            raise DataLossError(None, None, f"{count} strings in {len(data)} bytes")
        try:
            for _ in range(count):
                length, at = take(data, at)
                lengths.append(length)
        except ValueError:
            raise DataLossError(None, None, "Corrupt string lengths") from None
        crc = _crc_of_lengths(lengths)
        if data[at : at + 4] != struct.pack("<I", _masked(crc)):
            raise DataLossError(None, None, "The length checksum does not match: the string lengths are damaged")
        if at + 4 + sum(lengths) != len(data):
            raise DataLossError(None, None, f"Strings of {sum(lengths)} bytes in {len(data) - at - 4} bytes")
        self._check(entry, google_crc32c.extend(crc, data[at:]))
        out, at = np.empty(count, object), at + 4
        for k, length in enumerate(lengths):
            out[k] = data[at : at + length]
            at += length
        return out.reshape(shape)


def assemble(name, path, part, shape, kind, pieces):
    """A part of a tensor of `shape`, put together from pieces: pairs of (part, array).

    Raises:
      NotFoundError: they are not all of it; DataLossError: a piece has another shape than its part says.
    """
    for one, value in pieces:
        if len(one) != len(shape) or shape_of(one, shape) != value.shape:
            raise DataLossError(None, None, f"A part of {name} in {path} has the shape {list(value.shape)}, and should not")
    shared = [(overlap(part, one, shape), value) for one, value in pieces]
    shared = [(where, value) for where, value in shared if where is not None]
    want = shape_of(part, shape)
    missing = math.prod(want) - sum(where[2] for where, _ in shared)
    if missing > 0:
        raise NotFoundError(None, None, f"Not all of {name} is in the checkpoint {path}: {missing} elements are not")
    out = np.zeros(want, kind.np)
    for where, value in shared:
        out[where[0]] = value[where[1]]
    return out


def parsed(kind, data, path):
    """The message in bytes out of a file; DataLossError if they are none."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise DataLossError(None, None, f"Failed to parse an entry of {path}: {error}") from None


def decoded(key, path):
    """The name in a key; DataLossError if it is none."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise DataLossError(None, None, f"A name in {path} is no text: {key!r}") from None


def kind_of(number, path):
    """The `DType` of that number; DataLossError if there is none."""
    try:
        return dtypes.as_dtype(number)
    except TypeError:
        raise DataLossError(None, None, f"No dtype has the number {number}: {path}") from None


def _kind(entry):
    return kind_of(entry.dtype, "an entry of the index")


def _dims(entry):
    return tuple(d.size for d in entry.shape.dim)


def _checked(shape, name):
    """The shape, if its sizes can be."""
    if any(d < 0 for d in shape) or math.prod(shape) > _MOST:
        raise DataLossError(None, None, f"{name} cannot have the shape {list(shape)}")
    return shape


def _index(part, shape):
    return tuple(slice(s, size if n < 0 else s + n) for (s, n), size in zip(part, shape, strict=True))


def _crc_of_lengths(lengths):
    return google_crc32c.value(b"".join(struct.pack("<I" if n <= 0xFFFFFFFF else "<Q", n) for n in lengths))


# --- writing -----------------------------------------------------------------------------------------


class BundleWriter:
    """Writes a version 2 checkpoint; the files are there once it is finished, and not before.

    Args:
      prefix: its path without `.index`.
    """

    def __init__(self, prefix):
        self.prefix = prefix
        self._entries, self._size = {}, 0
        self._path = f"{data_file(prefix, 0, 1)}.tempstate{uuid.uuid4().int >> 64}"
        _make_folder(os.path.dirname(prefix))
        try:
            self._file = open(self._path, "wb")  # noqa: SIM115
        except OSError as error:
            raise refined(error, self._path) from None

    def add(self, name, array, dtype=None):
        """Writes a tensor.

        Raises:
          InvalidArgumentError: there is one of that name already.
        """
        self._add(name.encode(), array, dtype)

    def add_part(self, name, shape, part, array, dtype=None):
        """Writes a part of a tensor of `shape`."""
        key = name.encode()
        whole = self._entries.get(key)
        if whole is None:
            kind = dtypes.as_dtype(array.dtype if dtype is None else dtype)
            whole = self._entries[key] = BundleEntryProto(dtype=kind.as_datatype_enum)
            whole.shape.SetInParent()
            for size in shape:
                whole.shape.dim.add(size=size)
        whole.slices.append(slice_message(part))
        self._add(key_of(key, part), array, dtype)

    def _add(self, key, array, dtype):
        if key in self._entries:
            raise InvalidArgumentError(None, None, f"Adding duplicate key: {key.decode('utf-8', 'replace')}")
        array = np.asarray(array)
        kind = dtypes.as_dtype(array.dtype if dtype is None else dtype).base_dtype
        data, crc = _string_bytes(array) if kind is dtypes.string else _number_bytes(array)
        entry = self._entries[key] = BundleEntryProto(
            dtype=kind.as_datatype_enum, offset=self._size, size=len(data), crc32c=_masked(crc)
        )
        entry.shape.SetInParent()
        for size in array.shape:
            entry.shape.dim.add(size=size)
        self._file.write(data)
        self._size += len(data)

    def finish(self):
        """Closes the data file, and writes the index."""
        self._file.close()
        os.replace(self._path, data_file(self.prefix, 0, 1))
        _write_index(self.prefix, self._entries, 1)

    def give_up(self):
        """Leaves nothing behind."""
        self._file.close()
        os.remove(self._path)


def _make_folder(path):
    """Makes the folder, if only it is missing."""
    if path and not os.path.isdir(path):
        try:
            os.mkdir(path)
        except FileExistsError:  # made meanwhile, or a file: opening tells
            return
        except OSError as error:
            raise refined(error, path) from None


def _write_index(prefix, found, shards):
    header = BundleHeaderProto(num_shards=shards)
    header.version.producer = _VERSION
    items = [(key, found[key].SerializeToString(deterministic=True)) for key in sorted(found)]
    write_file(index_file(prefix), table_bytes([(b"", header.SerializeToString()), *items]))


def _number_bytes(array):
    if array.dtype.kind in "iufc" and array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    data = np.ascontiguousarray(array).tobytes()
    return data, google_crc32c.value(data)


def _string_bytes(array):
    values = [v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel()]
    crc = _crc_of_lengths([len(v) for v in values])
    rest = struct.pack("<I", _masked(crc)) + b"".join(values)
    return b"".join(pack(len(v)) for v in values) + rest, google_crc32c.extend(crc, rest)


def merge_bundles(prefixes, merged):
    """Makes one checkpoint of several: their data files are renamed, their indices put together.

    Args:
      prefixes: paths without `.index`, in order of the data files.
      merged: the path of the whole.

    Raises:
      NotFoundError: one isn't there; InvalidArgumentError: two hold the same tensor.
    """
    bundles = [Bundle(prefix) for prefix in prefixes]
    shards = sum(b.shards for b in bundles)
    found, shard = {}, 0
    for bundle in bundles:
        for key, entry in bundle._entries.items():
            entry.shard_id += shard if not entry.slices else 0
            _merge(found, key, entry)
        for k in range(bundle.shards):
            _rename(data_file(bundle.prefix, k, bundle.shards), data_file(merged, shard + k, shards))
        shard += bundle.shards
    _write_index(merged, found, shards)
    for prefix in prefixes:
        os.remove(index_file(prefix))


def _merge(found, key, entry):
    before = found.setdefault(key, entry)
    if before is entry:
        return
    if not (before.slices and entry.slices):
        raise InvalidArgumentError(
            None, None, f"Duplicate tensor keyed by {key.decode('utf-8', 'replace')} encountered, when merging"
        )
    before.slices.extend(entry.slices)


def _rename(old, new):
    try:
        os.replace(old, new)
    except OSError as error:
        raise refined(error, old) from None
