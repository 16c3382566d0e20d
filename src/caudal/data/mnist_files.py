"""MNIST's four files: where they are looked for, how they are checked.

In the folder that was named, then in `$CAUDAL_DATA`, then in the user's cache, then on public mirrors; always checked by
the SHA-256 of the unpacked bytes. data/mnist.py makes a data set of them.
"""

import hashlib
import os

from ..formats import idx
from .fetch import Unreachable, fetch

__all__ = ["FILES", "MIRRORS", "cache", "find", "read"]

FILES = {  # name: SHA-256 of the unpacked bytes
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    "http://yann.lecun.com/exdb/mnist/",
)


def read(folder=None, progress=None, offline=False):
    """The four arrays as they are stored: train images uint8 `[60000, 28, 28]` and labels, then the test's.

    Raises:
      Unreachable: they are nowhere on this machine, and no mirror gave them.
    """
    folder = folder or os.environ.get("CAUDAL_DATA")
    return [_named(folder, name) if folder else _cached(name, progress, offline) for name in FILES]


def _named(folder, name):
    """A file of a folder that the user named: it must be there, and be right."""
    path = find(folder, name)
    if path is None:
        what = "there is no such folder" if not os.path.isdir(folder) else f"it holds no {name}, nor {name}.gz"
        raise FileNotFoundError(f"MNIST was looked for in {folder}, but {what}")
    return _checked(path, name)


def _cached(name, progress, offline):
    """A file of the cache; fetched if it isn't there or is broken."""
    path = find(cache(), name)
    if path is not None:
        try:
            return _checked(path, name)
        except idx.IdxError:
            os.unlink(path)
    if offline:
        raise Unreachable(f"{name} is not in {cache()}, and the mirrors are left alone")
    path = os.path.join(cache(), name + ".gz")
    fetch(name + ".gz", MIRRORS, FILES[name], path, progress)
    return _checked(path, name)


def cache():
    """The folder where what was fetched is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "caudal", "mnist")


def find(folder, name):
    """The path of a file in a folder, gzipped or plain; None if it holds neither."""
    paths = (os.path.join(folder, name + end) for end in (".gz", ""))
    return next((path for path in paths if os.path.isfile(path)), None)


def _checked(path, name):
    """The array in an idx file, once its bytes are known to be MNIST's."""
    data = idx.unpack(path)
    array = idx.parse(data, path, "images" if "images" in name else "labels")
    if (found := hashlib.sha256(data).hexdigest()) != FILES[name]:
        raise idx.IdxError(f"{path}: the checksum is not MNIST's (SHA-256 {found[:12]}… for {FILES[name][:12]}…); fetch it again")
    return array
