"""The native CPU path: kernels in C++ (`src/native/`) that XLA calls, where they are faster than XLA's own.

Everything works without them; `status()` says whether they are used, and if not, why.
"""

import contextlib
import ctypes
import functools
import os
import pathlib
import threading

import numpy as np

from ..ground.late import Late
from . import device

__all__ = ["call", "left_alone", "library", "ready", "register", "status", "width"]

jax = Late("jax")

_FILE = pathlib.Path(__file__).with_name("libcaudal_native.so")
_HANDLERS = """adagrad adam avg_pool avg_pool_grad batch_norm batch_norm_grad blank channel_sums conv conv_filter_grad conv_input_grad
    cross_entropy dense gather gather_rows gradient_descent half_squares max_pool max_pool_grad max_pool_relu_grad momentum normal pack_factor pointwise product product_packed relu_bias_grad rms_prop
    scatter scatter_rows uniform winograd winograd_filter_grad winograd_input_grad""".split()
_AT = ctypes.c_void_p
_FILL = (_AT, ctypes.c_uint64, ctypes.c_long, _AT)  # a stream, the number of the first, how many, where to
_CALLS = {
    "draw_normal": _FILL,
    "draw_truncated": _FILL,
    "draw_uniform": _FILL,
    "draw_words": (_AT, _AT, ctypes.c_long, _AT),
    "sample_log_uniform": (_AT, ctypes.c_int64, ctypes.c_long, ctypes.c_int, _AT, ctypes.c_long, _AT, _AT),
}


@functools.cache
def _library():
    """(the loaded library or None, what there is to say)."""
    if os.environ.get("CAUDAL_NATIVE") == "0":
        return None, "off: CAUDAL_NATIVE is 0"
    path = os.environ.get("CAUDAL_NATIVE_LIBRARY") or _FILE
    if not os.path.exists(path):
        return (
            None,
            f"not built ({path} is missing): installing with a C++17 compiler, GCC or Clang, builds it; `pip install -v` shows why not",
        )
    try:
        library = ctypes.CDLL(os.fspath(path))
        library.caudal_native_set.restype = ctypes.c_char_p
    except (OSError, AttributeError) as error:
        return None, f"cannot be loaded: {error}"
    if lacking := [name for name in (*_HANDLERS, *_CALLS) if not hasattr(library, f"caudal_{name}")]:
        return None, f"of another version ({path} lacks {', '.join(lacking)}): installing again, or `make native`, builds it"
    for name, takes in _CALLS.items():
        getattr(library, f"caudal_{name}").argtypes = takes
        getattr(library, f"caudal_{name}").restype = None
    return library, library.caudal_native_set().decode()


def library():
    """The library, for calls outside of steps (src/native/calls.cc); None if it can't be used."""
    return _library()[0]


@functools.cache
def _state():
    """(whether kernels are used, the instruction set or why not)."""
    library, words = _library()
    if library is None:
        return False, words
    platform = device.platform()
    return (True, words) if platform == "cpu" else (False, f"not used: steps run on {platform}")


def ready():
    """Whether native kernels are there and may be used, and steps run on the CPU."""
    return _state()[0] and not getattr(_thread, "left_alone", False)


_thread = threading.local()


@contextlib.contextmanager
def left_alone(really=True):
    """Under it, this thread's code takes no kernels."""
    before = getattr(_thread, "left_alone", False)
    _thread.left_alone = before or really
    try:
        yield
    finally:
        _thread.left_alone = before


def width():
    """How many float32 numbers a vector of the kernels holds."""
    return library().caudal_native_width()


def status():
    """The instruction set of the kernels, or why there are none."""
    return _state()[1]


@functools.cache
def register():
    """Makes the handlers known to XLA, if they are used."""
    if _state()[0]:
        for name in _HANDLERS:
            device.register(f"caudal_{name}", getattr(_library()[0], f"caudal_{name}"))


def call(name, results, *arrays, aliases=None, **attributes):
    """Calls a kernel from code that is being traced.

    Args:
      name: the handler's, without `caudal_`.
      results: the shape and dtype of its result (`jax.ShapeDtypeStruct`), or a sequence of them.
      arrays: its arguments.
      aliases: number of an argument -> number of the result that may take its memory.
      attributes: NumPy scalars and 1-D arrays of the types that the handler binds; floats are taken as float32, integers as int64.

    Returns:
      an array, or a list of them where `results` is a sequence.
    """
    register()
    named = {key: _attribute(value) for key, value in attributes.items()}
    return jax.ffi.ffi_call(f"caudal_{name}", results, input_output_aliases=aliases)(*arrays, **named)


def _attribute(value):
    array = np.asarray(value)
    kind = np.float32 if array.dtype.kind == "f" else np.bool_ if array.dtype.kind == "b" else np.int64
    return array.astype(kind) if array.ndim else kind(value)
