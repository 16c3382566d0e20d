"""Memory that steps give back stays with the process, as TensorFlow's own allocator keeps it.

glibc hands large blocks back to the system and asks for them anew, so that each step pays for fresh pages: a tenth to a third of the time of
a step with large arrays. A process that has set glibc's own variables is left alone.
"""

import ctypes
import functools
import os
import sys

__all__ = ["keep_freed"]

_OWN = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES")
_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_BLOCK = 1 << 30  # bytes: larger blocks go back to the system at once
_IDLE = (1 << 31) - 1  # bytes at the heap's end that are kept, the most that an int holds
_SHARE = 8  # no more than this part of the machine's memory


@functools.cache
def keep_freed():
    """Asks glibc to keep what is freed; gives what became of it, in words."""
    if sys.platform != "linux":
        return "given back to the system: not Linux"
    if own := [name for name in _OWN if name in os.environ]:
        return f"as {own[0]} says"
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return "given back to the system: the C library has no mallopt"
    most = min(_IDLE, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _SHARE)
    if not (mallopt(_MMAP, min(_BLOCK, most)) and mallopt(_TRIM, most)):
        return "given back to the system: the C library refuses"
    return f"up to {most >> 20} MB stay with the process; MALLOC_TRIM_THRESHOLD_ sets it"
