"""Where compiled programs are kept between processes: a private folder of the user's, so that a second start needn't compile.

`CAUDAL_CACHE` names another folder; `CAUDAL_CACHE=0` keeps nothing. Programs hold for one kind of processor and number of threads, so each
such machine has a folder of its own in it. kept.py reads and writes the programs.
"""

import contextlib
import functools
import hashlib
import os
import pathlib
import platform
import stat
import time

from ..ground.processors import threads

__all__ = ["ENDING", "folder", "status"]

_MOST = 1 << 30  # bytes: when there is more, the programs that were not used for longest go
ENDING = ".program"
_OLD = 3600  # seconds: a file that is not a program was left by a process that ended while it wrote it


def _root():
    """The folder that is asked for, or None."""
    asked = os.environ.get("CAUDAL_CACHE")
    if asked == "0":
        return None
    if asked:
        return pathlib.Path(asked).expanduser()
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(home, "caudal", "programs")


def _machine():
    """A short name of this machine, its kind of processor and the threads that this process may use."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        kind = sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))})
    except OSError:
        kind = [platform.processor()]
    told = repr((platform.node(), platform.machine(), kind, threads()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@functools.cache
def _found():
    """(folder or None, why it is None)."""
    root = _root()
    if root is None:
        return None, "off (CAUDAL_CACHE=0)"
    place = root / _machine()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        why = _unsafe(place)
        if why is None:
            _drop_unfinished(place)
            _drop_oldest(place)
    except OSError as error:
        why = f"{error.strerror}: '{error.filename}'"
    return (place, None) if why is None else (None, f"off ({why})")


def _unsafe(place):
    """Why what lies in a folder can't be trusted: someone else may write to it. None if it can."""
    if not hasattr(os, "getuid"):
        return None
    for one in (place, place.parent):
        found = one.stat()
        if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return f"others may write to '{one}'"
    return None


def _drop_unfinished(place):
    """Removes what a process was writing when it was killed, and the programs of earlier versions of this package."""
    for entry, found in _entries(place, "*"):
        if not entry.name.endswith(ENDING) and stat.S_ISREG(found.st_mode) and found.st_mtime < time.time() - _OLD:
            entry.unlink(missing_ok=True)


def _entries(place, names=f"*{ENDING}"):
    """The programs in a folder, as (path, what the system says of the file); another process may remove some meanwhile."""
    out = []
    for entry in place.glob(names):
        with contextlib.suppress(FileNotFoundError):
            out.append((entry, entry.stat()))
    return out


def _drop_oldest(place):
    """Keeps the folder within bounds."""
    entries = _entries(place)
    left = sum(found.st_size for _, found in entries)
    for entry, found in sorted(entries, key=lambda pair: max(pair[1].st_atime, pair[1].st_mtime)):
        if left <= _MOST:
            return
        entry.unlink(missing_ok=True)
        left -= found.st_size


def folder():
    """The folder for this machine as a string, made if it wasn't there; None if programs are not kept."""
    place, _ = _found()
    return None if place is None else str(place)


def status():
    """What `caudal info` says of it."""
    place, why = _found()
    if place is None:
        return why
    entries = [found.st_size for _, found in _entries(place)]
    return f"{place}: {len(entries)} programs, {sum(entries) / 1e6:.1f} MB"
