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
    """A free block that is as large as what a run takes, held between runs: else something small would settle in it, and the next run take
    a further one.

    Attributes:
      at, size: where it is, 0 if there is none, and how many bytes runs take of it.
    """

    def __init__(self):
        self.at, self.size = 0, 0
        self.c = ctypes.CDLL(None)
        self.c.malloc.argtypes, self.c.malloc.restype, self.c.free.argtypes = (
            [ctypes.c_size_t],
            ctypes.c_void_p,
            [ctypes.c_void_p],
        )

    def free(self):
        """Gives it to the run that comes now."""
        self.c.free(self.at)
        self.at = 0

    def hold(self, size, before):
        """Takes it again, `before` being where it was; if it can't be had there, gives back to the system what lies idle now."""
        self.size = max(size, self.size)
        self.at = self.c.malloc(self.size + _BETWEEN) or 0
        if self.at != before:
            self.c.malloc_trim(0)

    def fits(self, size):
        """Whether there is a block of a size."""
        found = self.c.malloc(size + _BETWEEN)
        self.c.free(found)
        return bool(found)


_lock = threading.Lock()
_block = functools.cache(_Block)


def has_room(size):
    """Whether there are that many bytes."""
    try:
        mmap.mmap(-1, size, **_PRIVATE).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def room(size):
    """For a run that takes `size` bytes and gives them back.

    Raises:
      MemoryError: there aren't as many.
    """
    if size + _BETWEEN > _kept()[0] or not _lock.acquire(blocking=False):  # it isn't kept, or another thread's run has the block
        if not has_room(size):
            raise MemoryError
        yield
        return
    try:
        block = _block()
        if size > block.size and not block.fits(size):
            raise MemoryError
        before = block.at
        block.free()
        try:
            yield
        finally:
            block.hold(size, before)
    finally:
        _lock.release()
