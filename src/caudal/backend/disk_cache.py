"""Where compiled programs are kept between processes: a private folder of the user's, so that a second start needn't compile.

`CAUDAL_CACHE` names another folder; `CAUDAL_CACHE=0` keeps nothing. Programs hold for one kind of processor and number of threads, so each
such machine has a folder of its own in it. JAX reads and writes the programs; what can go wrong around that is here.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import pathlib
import platform
import stat
import tempfile

from ..ground.processors import threads

__all__ = ["folder", "status"]

_MOST = 1 << 30  # bytes: when there is more, the programs that were not used for longest go
_ENDING = "-cache"  # of JAX's files


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
            _mark(place)
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


def _mark(place):
    """Leaves a file that says that this process writes here; it goes at the process's end."""
    handle, name = tempfile.mkstemp(prefix=f"writer-{os.getpid()}-", dir=place)
    os.close(handle)
    atexit.register(_unmark, name, os.getpid())


def _unmark(name, writer):
    if os.getpid() == writer:  # and not a fork of it
        pathlib.Path(name).unlink(missing_ok=True)


def _drop_unfinished(place):
    """Removes what a process wrote that was killed: its last program may have been cut short."""
    for mark in place.glob("writer-*"):
        if _lives(int(mark.name.split("-")[1])):
            continue
        began = mark.stat().st_mtime
        for entry, found in _entries(place):
            if found.st_mtime >= began:
                entry.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)


def _lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True


def _entries(place):
    """The programs in a folder, as (path, what the system says of the file); another process may remove some meanwhile."""
    out = []
    for entry in place.glob(f"*{_ENDING}"):
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
