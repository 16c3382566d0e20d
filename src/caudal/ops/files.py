"""Whole files: read, written, found by pattern."""

import fnmatch
import os

import numpy as np

from ..formats.paths import refined, to_path
from ..formats.text_files import read_whole
from ..graph.define import define
from ..ground.api import export
from ..ground.shapes import with_rank

__all__ = ["matching_files", "read_file", "write_file"]


def strings(lower_one):
    """A lowering that works string by string, from a function of bytes."""

    def lower(B, values, **named):
        if np.ndim(values) == 0:
            return lower_one(_bytes(values), **named)
        out = np.empty(np.shape(values), object)
        for place, value in np.ndenumerate(values):
            out[place] = lower_one(_bytes(value), **named)
        return out

    return lower


def _bytes(value):
    value = value.item() if isinstance(value, np.ndarray) else value
    return value.encode() if isinstance(value, str) else value


def _write(B, name, contents):
    path = to_path(_bytes(name))
    folder = os.path.dirname(path)
    try:
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(path, "wb") as file:
            file.write(_bytes(contents))
    except FileExistsError as error:  # a file where a folder should be
        raise refined(NotADirectoryError(error.errno, "Not a directory"), path) from None
    except OSError as error:
        raise refined(error, path) from None
    return ()


def find_files(patterns):
    """The files that match patterns, sorted; `*` and the like do not go from one folder into another."""
    found = []
    for pattern in np.ravel(np.asarray(patterns, object)):
        found += _match(to_path(_bytes(pattern)))
    return sorted(name.encode() for name in found)


def _match(pattern):
    """The paths for one pattern, folder by folder, so that they are named as the pattern names them."""
    head, tail = os.path.split(pattern)
    if not tail:
        return [pattern] if os.path.exists(pattern) else []
    folders = _match(head) if any(c in head for c in "*?[\\") else [head]
    out = []
    for folder in folders:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        out += [os.path.join(folder, n) for n in names if fnmatch.fnmatchcase(n, tail)]
    return out


def _matching(B, patterns):
    found = find_files(patterns)
    out = np.empty(len(found), object)
    out[:] = found
    return out


def _scalars(*inputs):
    for one in inputs:
        with_rank(one.dims, 0)


def _infer_read(name):
    _scalars(name)
    return [()]


def _infer_write(name, contents):
    _scalars(name, contents)
    return []


_read_node = define("ReadFile", infer=_infer_read, lower=strings(read_whole), host=True, grad=None)
_write_node = define("WriteFile", infer=_infer_write, lower=_write, host=True, grad=None)
matching_node = define("MatchingFiles", infer=lambda _: [(None,)], lower=_matching, host=True, grad=None)


@export("read_file", "io.read_file")
def read_file(filename, name=None):
    """The bytes of a file, a string scalar.

    Raises:
      tf.errors.NotFoundError: (when run) there is none.
    """
    return _read_node(filename, name=name)


@export("write_file", "io.write_file")
def write_file(filename, contents, name=None):
    """The op that writes a string scalar to a file; folders on the way are made."""
    return _write_node(filename, contents, name=name)


@export("matching_files", "io.matching_files")
def matching_files(pattern, name=None):
    """The names of files that match a pattern (or several), a sorted string vector."""
    return matching_node(pattern, name=name)
