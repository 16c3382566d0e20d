"""Compiled programs kept between processes, under what they were made of: a later process needs neither trace nor compile them, nor import JAX.

A name is the hash of all that decides what a program does: the code of its step, shapes, options, this package's files, the versions of
what compiles. What holds an object that only this process knows has no name, and isn't kept. `disk_cache.py` says where the files lie.
"""

import contextlib
import dataclasses
import functools
import hashlib
import itertools
import json
import os
import pathlib
import tempfile
import time
from importlib import metadata

import numpy as np
from jaxlib.version import __version__ as jaxlib_version

from ..ground.dtypes import DType
from . import device, disk_cache, native

__all__ = ["Own", "name", "note", "part", "program"]

_FORMAT = b"caudal 1\n"
# how environment variables begin that may change what is compiled
_SETTINGS = ("JAX_", "XLA_", "CAUDAL_NATIVE", "CAUDAL_WINOGRAD")
_BEGAN = time.time_ns()  # files that were changed later may not be those that were imported


class Own(int):
    """A number that means something in this process alone, such as an object's `id`."""


class _Unnamed(Exception):
    """Something has no name that holds in another process."""


def name(*parts):
    """The name of what is made of `parts`; None if there is none.

    Args:
      parts: numbers, texts, dtypes, specs, NumPy arrays, tuples and frozensets of them, and objects of this package whose fields are of such if
        they are dataclasses, or whose `code` or `form` is.
    """
    if disk_cache.folder() is None or _world() is None:
        return None
    out = [_world(), device.asked_precision().encode()]
    try:
        for part in parts:
            _add(part, out)
    except _Unnamed:
        return None
    return hashlib.sha256(b"".join(out)).hexdigest()


def part(named, words):
    """The name of a part of what has a name; None if that has none."""
    return f"{named}-{words}" if named else None


def _add(x, out):
    """Adds bytes that differ for different values."""
    kind = type(x)
    if kind is tuple:
        out.append(b"(%d" % len(x))
        for one in x:
            _add(one, out)
    elif kind is str:
        _text(b"s", x.encode(), out)
    elif kind is bytes:
        _text(b"b", x, out)
    elif x is None or kind in (bool, int, float):
        _text(b"n", repr(x).encode(), out)
    elif kind is device.Spec:
        _text(b"a", repr(x).encode(), out)
    elif isinstance(x, (DType, np.dtype)):
        _text(b"d", x.name.encode(), out)
    elif kind is np.ndarray and x.dtype != object or isinstance(x, np.generic):
        _text(b"g", repr((x.dtype.name, x.shape)).encode(), out)
        _text(b"b", x.tobytes(), out)
    elif kind is frozenset:
        parts = [[] for _ in x]
        for one, part in zip(x, parts, strict=True):
            _add(one, part)
        _text(b"f", b"".join(sorted(map(b"".join, parts))), out)
    elif kind.__module__.startswith(_HERE):
        _text(b"o", kind.__qualname__.encode(), out)
        _add(_inner(x), out)
    else:
        raise _Unnamed(kind)


def _inner(x):
    """What an object of this package stands for."""
    if dataclasses.is_dataclass(x):
        return tuple(getattr(x, field.name) for field in dataclasses.fields(x))
    found = getattr(x, "form", None) or getattr(x, "code", None)
    if found is None:
        raise _Unnamed(type(x))
    return found


_HERE = __name__.partition(".")[0] + "."


def _text(mark, text, out):
    out.append(mark + b"%d:" % len(text) + text)


@functools.cache
def _world():
    """What decides beside a step: this package's files, the versions and settings of what compiles, the kernels, the device.

    None if files were changed since they were imported, or can't be looked at: nobody knows then of what code a program is.
    """
    walk = os.walk(pathlib.Path(__file__).parents[1])
    found = sorted(os.path.join(folder, file) for folder, _, files in walk for file in files if file.endswith((".py", ".so")))
    try:
        files = [(path, told.st_size, told.st_mtime_ns) for path, told in zip(found, map(os.lstat, found), strict=True)]
    except OSError:
        return None
    if any(changed > _BEGAN for _, _, changed in files):
        return None
    versions = [metadata.version("jax"), jaxlib_version, np.__version__]
    settings = sorted((k, v) for k, v in os.environ.items() if k.startswith(_SETTINGS))
    return repr((files, versions, settings, native.status(), device.model())).encode()


def _path(named):
    return pathlib.Path(disk_cache.folder(), named + disk_cache.ENDING)


def _read(named):
    """(what was noted, bytes) under a name; None if nothing is, or what is there was damaged."""
    try:
        data = _path(named).read_bytes()
    except OSError:
        return None
    told, _, rest = data.removeprefix(_FORMAT).partition(b"\n")
    if not data.startswith(_FORMAT) or hashlib.sha256(rest).hexdigest().encode() != told:
        return None
    noted, _, body = rest.partition(b"\n")
    return _untold(json.loads(noted)), body


def _write(named, noted, body=b""):
    """Keeps something under a name: there is all of it, or nothing. A disk that is full, or forbids it, keeps nothing."""
    rest = json.dumps(_told(noted)).encode() + b"\n" + body
    with contextlib.suppress(OSError):
        handle, path = tempfile.mkstemp(dir=disk_cache.folder())
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_FORMAT + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
            os.replace(path, _path(named))
        except BaseException:
            os.unlink(path)
            raise


def _told(x):
    """A value as JSON has it."""
    kind = type(x)
    if kind is list:
        return [_told(one) for one in x]
    if kind in (tuple, frozenset):
        return {kind.__name__: [_told(one) for one in x]}
    if kind is dict:
        return {"dict": [[_told(key), _told(value)] for key, value in x.items()]}
    if kind is np.ndarray:
        return {"array": [x.dtype.name, x.shape, x.tobytes().hex()]}
    return {"dtype": x.name} if isinstance(x, np.dtype) else x


def _untold(x):
    """What `_told` was given."""
    if type(x) is list:
        return [_untold(one) for one in x]
    if type(x) is not dict:
        return x
    ((kind, inner),) = x.items()
    return _MAKERS[kind](_untold(inner))


_MAKERS = {
    "tuple": tuple,
    "frozenset": frozenset,
    "dict": dict,
    "array": lambda told: np.frombuffer(bytes.fromhex(told[2]), told[0]).reshape(told[1]),
    "dtype": np.dtype,
}


def note(named, make):
    """What `make()` gives, or an earlier process kept under the name.

    Args:
      named: what `name` gave.
      make: gives numbers, texts, dtypes, NumPy arrays, and lists, tuples, frozensets and dicts of them.
    """
    found = _read(named) if named else None
    if found is not None:
        return found[0]
    made = make()
    if named:
        _write(named, made)
    return made


def program(named, make):
    """The `Program` that `make()` gives, or an earlier process kept under the name."""
    found = _read(named) if named else None
    if found is not None:
        native.register()
        with contextlib.suppress(device.Failed):
            takes, gives, *rest = found[0]
            return device.load(found[1], itertools.starmap(device.Spec, takes), itertools.starmap(device.Spec, gives), *rest)
    made = make()
    body = device.save(made) if named else None
    if body is not None:
        noted = [[(x.shape, x.dtype.name) for x in part] for part in (made.takes, made.gives)]
        _write(named, [*noted, made.used, sorted(made.calls)], body)
    return made
