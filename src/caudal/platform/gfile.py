"""tf.gfile: files and folders of this machine, with TF's errors."""

import glob
import os
import shutil

from ..formats.paths import refined as _refined
from ..formats.paths import to_path as _path
from ..ground.api import export
from ..ground.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError, PermissionDeniedError
from .compat import as_bytes

__all__ = ["GFile"]


@export("gfile.GFile", "gfile.Open", "gfile.FastGFile", "io.gfile.GFile")
class GFile:
    """A file, opened when it is first used: bytes inside, so places are counted in bytes.

    Args:
      name: its path.
      mode: "r", "w", "a", with "b" for bytes where text would be read, with "+" for both.

    Raises:
      tf.errors.InvalidArgumentError: a mode that is none.
      tf.errors.NotFoundError: (on use) there is none.
    """

    def __init__(self, name, mode="r"):
        if mode.replace("b", "", 1) not in ("r", "w", "a", "r+", "w+", "a+"):
            raise InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._name, self._mode, self._file = _path(name), mode, None

    name = property(lambda self: self._name, doc="The path.")
    mode = property(lambda self: self._mode, doc="How it is opened.")

    def _writing(self):
        if "r" in self._mode and "+" not in self._mode:
            raise PermissionDeniedError(None, None, "File isn't open for writing")
        return self._open()

    def _reading(self):
        if "r" not in self._mode and "+" not in self._mode:
            raise PermissionDeniedError(None, None, "File isn't open for reading")
        return self._open()

    def _open(self):
        if self._file is None:
            try:
                self._file = open(self._name, self._mode.replace("b", "") + "b")  # noqa: SIM115
            except OSError as error:
                raise _refined(error, self._name) from None
        return self._file

    def _asked(self, read):
        return read if "b" in self._mode else read.decode()

    def read(self, n=-1):
        """n bytes, as text if the mode is text's; all that are left by default."""
        return self._asked(self._reading().read(n))

    def readline(self):
        """One line with its end, which is "\\n" alone: as in TF, no "\\r" is given."""
        return self._asked(self._reading().readline().replace(b"\r", b""))

    def readlines(self):
        """All lines."""
        return list(self)

    def write(self, file_content):
        """Writes bytes, or text in UTF-8, whatever the mode."""
        self._writing().write(as_bytes(file_content))

    def seek(self, offset=None, whence=0, position=None):
        """Goes to a place."""
        self._open().seek(position if offset is None else offset, whence)

    def tell(self):
        """The place."""
        return self._open().tell()

    def size(self):
        """How many bytes the file has."""
        return stat(self._name).length

    def flush(self):
        """Writes what is kept back."""
        if self._file is not None:
            self._file.flush()

    def close(self):
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__


class FileStatistics:
    """Length in bytes, time of the last change in nanoseconds, whether it is a folder."""

    def __init__(self, length, mtime_nsec, is_directory):
        self.length, self.mtime_nsec, self.is_directory = length, mtime_nsec, is_directory


@export("gfile.Stat")
def stat(filename):
    """The `FileStatistics` of a path."""
    try:
        found = os.stat(_path(filename))
    except OSError as error:
        raise _refined(error, _path(filename)) from None
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(filename)))


@export("gfile.Exists")
def exists(filename):
    """Whether there is something at a path."""
    return os.path.exists(_path(filename))


@export("gfile.IsDirectory")
def is_directory(dirname):
    """Whether a path is a folder."""
    return os.path.isdir(_path(dirname))


@export("gfile.Glob")
def glob_(filename):
    """The paths that match a pattern, or each of several; sorted."""
    patterns = filename if isinstance(filename, (list, tuple)) else [filename]
    return sorted(p for pattern in patterns for p in glob.glob(_path(pattern)))


@export("gfile.ListDirectory")
def list_directory(dirname):
    """The names in a folder."""
    if not os.path.isdir(_path(dirname)):
        raise NotFoundError(None, None, "Could not find directory " + _path(dirname))
    return os.listdir(_path(dirname))


@export("gfile.MkDir")
def mkdir(dirname):
    """Makes a folder."""
    try:
        os.mkdir(_path(dirname))
    except FileExistsError:
        return  # TF takes it without a word
    except OSError as error:
        raise _refined(error, _path(dirname)) from None


@export("gfile.MakeDirs")
def makedirs(dirname):
    """Makes a folder and those above it."""
    try:
        os.makedirs(_path(dirname), exist_ok=True)
    except OSError as error:
        raise _refined(error, _path(dirname)) from None


@export("gfile.Remove")
def remove(filename):
    """Removes a file."""
    try:
        os.remove(_path(filename))
    except OSError as error:
        raise _refined(error, _path(filename)) from None


@export("gfile.DeleteRecursively")
def rmtree(dirname):
    """Removes a folder and all in it."""
    try:
        shutil.rmtree(_path(dirname))
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{_path(dirname)} not found") from None
    except OSError as error:
        raise _refined(error, _path(dirname)) from None


@export("gfile.Rename")
def rename(oldname, newname, overwrite=False):
    """Moves a file; `overwrite` says whether there may be one already."""
    if os.path.exists(_path(newname)) and not overwrite:
        raise AlreadyExistsError(None, None, "file already exists")
    try:
        os.replace(_path(oldname), _path(newname))
    except OSError as error:
        raise _refined(error, _path(oldname)) from None


@export("gfile.Copy")
def copy(oldpath, newpath, overwrite=False):
    """Copies a file; `overwrite` says whether there may be one already."""
    if os.path.exists(_path(newpath)) and not overwrite:
        raise AlreadyExistsError(None, None, "file already exists")
    try:
        shutil.copyfile(_path(oldpath), _path(newpath))
    except OSError as error:
        raise _refined(error, _path(oldpath)) from None


@export("gfile.Walk")
def walk(top, in_order=True):
    """(folder, its folders, its files) for a folder and all below it."""
    yield from os.walk(_path(top), topdown=in_order)


# --- tf.io.gfile: the same under later names and with later arguments ------------------------------------


@export("io.gfile.stat")
def _stat(path):
    """The `FileStatistics` of a path."""
    return stat(path)


@export("io.gfile.exists")
def _exists(path):
    """Whether there is something at a path."""
    return exists(path)


@export("io.gfile.isdir")
def _isdir(path):
    """Whether a path is a folder."""
    return is_directory(path)


@export("io.gfile.glob")
def _glob(pattern):
    """The paths that match a pattern, or each of several; sorted."""
    return glob_(pattern)


@export("io.gfile.listdir")
def _listdir(path):
    """The names in a folder."""
    return list_directory(path)


@export("io.gfile.mkdir")
def _mkdir(path):
    """Makes a folder."""
    mkdir(path)


@export("io.gfile.makedirs")
def _makedirs(path):
    """Makes a folder and those above it."""
    makedirs(path)


@export("io.gfile.remove")
def _remove(path):
    """Removes a file."""
    remove(path)


@export("io.gfile.rmtree")
def _rmtree(path):
    """Removes a folder and all in it."""
    rmtree(path)


@export("io.gfile.rename")
def _rename(src, dst, overwrite=False):
    """Moves a file; `overwrite` says whether there may be one already."""
    rename(src, dst, overwrite)


@export("io.gfile.copy")
def _copy(src, dst, overwrite=False):
    """Copies a file; `overwrite` says whether there may be one already."""
    copy(src, dst, overwrite)


@export("io.gfile.walk")
def _walk(top, topdown=True, onerror=None):
    """(folder, its folders, its files) for a folder and all below it; `onerror` is called with what went wrong."""
    yield from os.walk(_path(top), topdown=topdown, onerror=onerror)
