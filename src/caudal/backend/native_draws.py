"""Random numbers by native kernels, where there are any: to the bit what philox.py and draws.py make of NumPy, in far less time.

Without a library `words` gives None and `fill` False, and the caller does it by NumPy.
"""

import numpy as np

from ..ground.late import Late
from . import native

__all__ = ["fill", "in_step", "log_uniform", "words"]

jax = Late("jax")


def words(stream, numbers):
    """The uint32 words of the blocks of a stream that a uint64 array numbers, `[n, 4]`."""
    library = native.library()
    if library is None:
        return None
    stream, numbers = np.ascontiguousarray(stream, np.uint64), np.ascontiguousarray(numbers, np.uint64)
    out = np.empty((len(numbers), 4), np.uint32)
    library.caudal_draw_words(stream.ctypes.data, numbers.ctypes.data, len(numbers), out.ctypes.data)
    return out


def log_uniform(stream, most, number, unique, true):
    """(int64 `[number]` classes of [0, most) by Zipf's law; float32, how often those of `true` and these were to be expected); None without
    a library."""
    library = native.library()
    if library is None:
        return None
    stream, true = np.ascontiguousarray(stream, np.uint64), np.ascontiguousarray(true, np.int64)
    drawn, expected = np.empty(number, np.int64), np.empty(true.size + number, np.float32)
    at = [x.ctypes.data for x in (stream, true, drawn, expected)]
    library.caudal_sample_log_uniform(at[0], most, number, unique, at[1], true.size, *at[2:])
    return drawn, expected


def in_step(kind, stream, blocks):
    """float32 `[4 * blocks]`: a stream's next numbers, in a step that is being traced; None without kernels.

    Args:
      kind: uniform or normal.
    """
    if not native.ready():
        return None
    return native.call(kind, jax.ShapeDtypeStruct((4 * blocks,), np.float32), stream)


def fill(kind, stream, first, out):
    """Fills `out`, float32 `[n, 4]`, with a stream's numbers from block, or group, `first` on; whether it could.

    Args:
      kind: uniform, normal or truncated.
    """
    library = native.library()
    if library is None or not out.flags.c_contiguous:
        return False
    stream = np.ascontiguousarray(stream, np.uint64)
    getattr(library, f"caudal_draw_{kind}")(stream.ctypes.data, first, len(out), out.ctypes.data)
    return True
