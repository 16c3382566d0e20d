"""The device that steps run on: its arrays and its programs, by jaxlib alone.

JAX traces and compiles. A process whose programs an earlier one kept (kept.py) runs them without it, and starts in half of the time.
What is called here is the interface between jaxlib and JAX, which is not JAX's public one: only this module knows it.
"""

import contextlib
import ctypes
import importlib.util
import operator
import os
import sys
import threading
from importlib import metadata

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # as JAX does: else jaxlib tells of its devices
from jaxlib import _jax, cpu_feature_guard, xla_client

from ..ground.late import Late
from . import logs, memory

__all__ = [
    "Failed", "Program", "Spec", "accelerators", "asked_precision", "client", "compiled", "host", "is_array", "lend", "load", "model", "platform", "put", "register", "room",
    "save", "shape", "spec", "wait",
]  # fmt: skip

logs.hush()
jax = Late("jax")
Failed = _jax.JaxRuntimeError
_Array = _jax.ArrayImpl
_BUFFERS = frozenset("?bhilqBHILQefdFD")  # what NumPy sees through a buffer; the others are JAX's to convert
_ZERO_COPY, _AT_ONCE = xla_client.HostBufferSemantics.ZERO_COPY, xla_client.HostBufferSemantics.IMMUTABLE_ONLY_DURING_CALL


class Spec:
    """What is known of an array before the run: its shape and dtype. It stands on an array where JAX has its `ShapedArray`."""

    __slots__ = ("dtype", "shape", "weak_type")

    def __init__(self, shape, dtype):
        self.shape, self.dtype, self.weak_type = tuple(shape), np.dtype(dtype), False

    @property
    def size(self):
        """How many elements."""
        return int(np.prod(self.shape))

    def __eq__(self, other):
        return type(other) is Spec and self.shape == other.shape and self.dtype == other.dtype

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        return f"{self.dtype.name}{list(self.shape)}"


class _Sharding(_jax.SingleDeviceSharding):
    """All of an array on one device, with what jaxlib asks of JAX's class of that name."""

    memory_kind = None

    def _to_xla_hlo_sharding(self, _):
        return _WHOLE


_WHOLE = xla_client.HloSharding.replicate()


class _Here:
    """The device: JAX's first, or where JAX isn't used so far and there is nothing but processors, one of our own."""

    def __init__(self):
        self.own = not _has_accelerators() and "jax" not in sys.modules
        if self.own:
            cpu_feature_guard.check_cpu_features()
            device = xla_client.make_cpu_client(asynchronous=False).local_devices()[0]
        else:
            # a run waits anyway, and waking a thread takes longer than a small one
            jax.config.update("jax_cpu_enable_async_dispatch", False)
            device = jax.devices()[0]
        memory.keep_freed()
        self.client, self.devices, self.platform = device.client, [device], device.platform
        self.sharding = _Sharding(device)
        # a run of JAX's client may go on after the call; then feeds may change
        self.taking = _ZERO_COPY if self.own else _AT_ONCE


def _has_accelerators():
    """Whether JAX may find other devices than processors: it has plug-ins for that, or was told to use some."""
    asked = os.environ.get("JAX_PLATFORMS", "")
    if asked:
        return asked != "cpu"
    plugged = "PJRT_NAMES_AND_LIBRARY_PATHS" in os.environ or any(map(importlib.util.find_spec, ("jax_plugins", "libtpu")))
    return plugged or bool(metadata.entry_points(group="jax_plugins"))


_lock = threading.Lock()
_found = []


def _here():
    if not _found:
        with _lock:
            if not _found:
                _found.append(_Here())
    return _found[0]


def client():
    """jaxlib's client."""
    return _here().client


def platform():
    """JAX's name of the kind of device: "cpu" or "gpu"."""
    return _here().platform


def model():
    """What programs are compiled for: the kind of device, and the version of what drives it."""
    here = _here()
    return here.platform, here.devices[0].device_kind, here.client.platform_version


def accelerators():
    """How many GPUs this process can use."""
    return 0 if _here().own else sum(device.platform == "gpu" for device in jax.local_devices())


def asked_precision():
    """What the program at hand has asked JAX for, if it uses JAX itself: how precise products are to be."""
    return str(jax.config.jax_default_matmul_precision) if "jax" in sys.modules else "None"


def lend():
    """Has JAX, which is imported by now, use this process's client, if it has one of its own."""
    with _lock:
        own = bool(_found) and _found[0].own
    if own:
        jax.config.update("jax_platforms", "cpu")
        with contextlib.suppress(RuntimeError):  # the program has used JAX itself meanwhile
            importlib.import_module("jax.extend.backend").register_backend_factory("cpu", client)


# --- arrays ------------------------------------------------------------------------------------------


def is_array(x):
    """Whether `x` is an array on the device."""
    return type(x) is _Array


def shape(x):
    """The shape of an array, NumPy's or the device's."""
    return x.aval.shape if type(x) is _Array else x.shape


def spec(x):
    """The `Spec` of an array, NumPy's or the device's."""
    return x.aval if type(x) is _Array else Spec(x.shape, x.dtype)


def put(x):
    """A copy of a NumPy array that is the device's own, so that its buffer may be given away."""
    here = _here()
    return _jax.batched_device_put(
        Spec(x.shape, x.dtype), here.sharding, [x], here.devices, True, True, _taking(x, _ZERO_COPY), True
    )


def _taking(x, usual):
    """How a NumPy array is taken. A large one that XLA can't use where it lies would be copied by another thread, and the run that waits for it
    be made there, with memory that glibc gives that thread anew: resnet20's step took a sixth longer, and the process 100 MB more."""
    return _AT_ONCE if x.nbytes >= _LARGE and x.__array_interface__["data"][0] % _ALIGNED else usual


_LARGE = 100_000  # bytes: smaller arrays XLA copies at once
_ALIGNED = 64  # bytes: at multiples of them it uses arrays where they lie


def host(x):
    """An array of the device as a NumPy array, which nobody may write to, and that must be gone before the buffer is given away."""
    if x.aval.dtype.char in _BUFFERS and _here().platform == "cpu":
        return np.asarray(x)
    return x._single_device_array_to_np_array_did_copy()[0]


def wait(arrays):
    """Waits until arrays are computed."""
    _jax.batched_block_until_ready(arrays)


@contextlib.contextmanager
def room(size):
    """For a run that takes `size` bytes beside its arguments; one that found too little memory would have given its buffers away by then.

    Raises:
      Failed: there aren't as many.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_room(size))
        except MemoryError:
            raise Failed(f"RESOURCE_EXHAUSTED: Out of memory allocating {size} bytes.") from None
        yield


def _room(size):
    if platform() == "cpu":
        return memory.room(size)
    known = _here().devices[0].memory_stats() or {}
    if size > known.get("bytes_limit", np.inf) - known.get("bytes_in_use", 0):
        raise MemoryError
    return contextlib.nullcontext()


# --- programs ----------------------------------------------------------------------------------------


class Program:
    """A compiled function of arrays.

    Args:
      executable: jaxlib's.
      takes, gives: `Spec`s of its arguments and results.
      used: numbers of the arguments that the executable takes; the others don't matter.
      calls: names of functions that it calls, beside ours and XLA's own.

    Attributes:
      executable, takes, gives, used, calls: as they were given.
      beside: bytes that a run takes beside its arguments: its results, and what it holds meanwhile.
    """

    def __init__(self, executable, takes, gives, used, calls=()):
        here = _here()
        self.executable, self.calls = executable, calls
        self.takes, self.gives, self.used = tuple(takes), tuple(gives), tuple(used)
        self._some = operator.itemgetter(*used, slice(0, 0)) if len(used) < len(self.takes) else None
        self._taken = self.takes if self._some is None else self._some(self.takes)[:-1]
        self._execute = executable.execute_sharded
        handlers = [_jax.array_result_handler(one, here.sharding, True, True) for one in self.gives]
        self._results = operator.methodcaller("consume_with_handlers", handlers)
        self._sharding, self._devices, self._taking = here.sharding, here.devices, here.taking
        size = executable.get_compiled_memory_stats()
        self.beside = size.temp_size_in_bytes + size.output_size_in_bytes - size.alias_size_in_bytes

    def given(self, arrays):
        """What `later` takes, for all arguments; NumPy arrays that lie as XLA wants them needn't be copied, and may not change in a run."""
        if self._some is not None:
            arrays = self._some(arrays)[:-1]
        return [
            x
            if type(x) is _Array
            else _jax.batched_device_put(known, self._sharding, [x], self._devices, True, False, _taking(x, self._taking), True)
            for x, known in zip(arrays, self._taken, strict=True)
        ]

    def later(self, arrays):
        """An iterator over one list, the results for the device's arrays. The run is made when it is asked for it, all in C."""
        return map(self._results, map(self._execute, (arrays,)))

    def __call__(self, arrays):
        """The results, for NumPy arrays or the device's."""
        return next(self.later(self.given(arrays)))


def save(program):
    """What `load` makes the program of, in another process on this kind of machine; None if it calls what isn't known there."""
    known = all(name.startswith("lapack_") for name in program.calls)
    return client().serialize_executable(program.executable) if known else None


def compiled(made, takes, gives, calls):
    """The program of what JAX compiled (`jax.stages.Compiled`)."""
    executable, used = made.runtime_executable(), sorted(made._executable._kept_var_idx)
    if executable.client is not client():  # the program at hand uses JAX itself, which has a client of its own
        executable = _read(executable.client.serialize_executable(executable))
    return Program(executable, takes, gives, used, calls)


def load(data, takes, gives, used, calls):
    """The program that `save` told of.

    Raises:
      Failed: this jaxlib can't read it.
    """
    if calls:  # of LAPACK's functions, which JAX makes known to XLA
        importlib.import_module("jax")
        importlib.import_module("jaxlib.lapack").prepare_lapack_call("getrf_ffi", np.float32)
    return Program(_read(data), takes, gives, used, calls)


def _read(data):
    here = _here()
    return here.client.deserialize_executable(data, _jax.DeviceList(tuple(here.devices)), None)


def register(name, function):
    """Makes a handler of XLA's foreign function interface, a function that ctypes found, known under a name for processors."""
    xla_client.register_custom_call_target(name, _capsule(ctypes.cast(function, ctypes.c_void_p), None, None), "cpu", 1)


_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)
