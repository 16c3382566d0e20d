"""Memory that steps give back stays with the process, as TensorFlow's own allocator keeps it.

glibc hands large blocks back to the system and asks for them anew, so that each step pays for fresh pages: a tenth to a third of the time of
a step with large arrays. A process that has set glibc's own variables is left alone.
"""

import contextlib
import ctypes
import functools
import mmap
import os
import sys
import threading

__all__ = ["keep_freed", "room"]

_OWN = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES")
_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_BLOCK = 1 << 30  # bytes: larger blocks go back to the system at once
_IDLE = (1 << 31) - 1  # bytes at the heap's end that are kept, the most that an int holds
_SHARE = 8  # no more than this part of the machine's memory


@functools.cache
def _kept():
    """(bytes of the largest block that stays with the process, what there is to say)."""
    if sys.platform != "linux":
        return 0, "given back to the system: not Linux"
    if own := [name for name in _OWN if name in os.environ]:
        return 0, f"as {own[0]} says"
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return 0, "given back to the system: the C library has no mallopt"
    most = min(_IDLE, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _SHARE)
    block = min(_BLOCK, most)
    if not (mallopt(_MMAP, block) and mallopt(_TRIM, most)):
        return 0, "given back to the system: the C library refuses"
    return block, f"up to {most >> 20} MB stay with the process; MALLOC_TRIM_THRESHOLD_ sets it"


def keep_freed():
    """Asks glibc to keep what is freed; gives what became of it, in words."""
    return _kept()[1]


# --- the block of a run ---------------------------------------------------------------------------------------------------

_BETWEEN = 4096  # bytes beside what a run takes: malloc keeps a few of a block that is to lie at a multiple of 64
_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


class _Block:
    """A free block that is as large as what a run takes, held between runs as long as the process lives: else something small would settle in it,
    and the next run take a further one.

    Attributes:
      at, size: where it is, 0 if there is none, and how many bytes runs take of it.
    """

    def __init__(self):
        self.at, self.size, self._before = 0, 0, 0
        self.c = ctypes.CDLL(None)
        self.c.malloc.argtypes, self.c.malloc.restype, self.c.free.argtypes = (
            [ctypes.c_size_t],
            ctypes.c_void_p,
            [ctypes.c_void_p],
        )

    def give(self, size):
        """Frees it for the run that comes now; says whether there are `size` bytes."""
        self._before, self.at = self.at, 0
        self.c.free(self._before)
        if self._before and size <= self.size:
            return True
        found = self.c.malloc(size + _BETWEEN)
        self.c.free(found)
        return bool(found)

    def hold(self, size):
        """Takes it again, for runs of `size` bytes; if it can't be had where it was, what lies idle now is given back to the system."""
        self.size = max(size, self.size)
        self.at = self.size and self.c.malloc(self.size + _BETWEEN) or 0
        if self.at != self._before:
            self.c.malloc_trim(0)


_lock = threading.Lock()
_block = functools.cache(_Block)


def _has_room(size):
    try:
        mmap.mmap(-1, size, **_PRIVATE).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def room(size):
    """For a run that takes `size` bytes and gives them back; where freed memory stays with the process, they are held for the next run then.

    Raises:
      MemoryError: there aren't as many.
    """
    if size + _BETWEEN > _kept()[0] or not _lock.acquire(blocking=False):  # it isn't kept, or another thread's run has the block
        if not _has_room(size):
            raise MemoryError
        yield
        return
    block = _block()
    try:
        there = block.give(size)
        try:
            if not there:
                raise MemoryError
            yield
        finally:
            block.hold(size if there else 0)
    finally:
        _lock.release()
