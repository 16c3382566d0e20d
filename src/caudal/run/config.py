"""tf.config: the devices of this machine, and what programs may say to a runtime. Of the latter, soft placement and the precision of
products decide something here; the rest is kept, since threads and memory are XLA's.
"""

import collections

from ..backend import precision
from ..ground import dtypes
from ..ground.api import constant, export
from ..platform import logging
from . import devices

__all__ = ["get_product_dtype", "set_product_dtype"]

PhysicalDevice = collections.namedtuple("PhysicalDevice", ["name", "device_type"])
LogicalDevice = collections.namedtuple("LogicalDevice", ["name", "device_type"])


class VirtualDeviceConfiguration(collections.namedtuple("VirtualDeviceConfiguration", ["memory_limit"])):
    """How much memory, in MB, a part of a device may take."""

    def __new__(cls, memory_limit=None):
        return super().__new__(cls, memory_limit)


constant(VirtualDeviceConfiguration, "config.experimental.VirtualDeviceConfiguration")

_visible = {}  # device type -> those that a program may see; all, for types that are not in it
_growth = {}  # device -> whether its memory grows
_virtual = {}  # device -> its parts
_kept = {"jit": "", "inter": 0, "intra": 0}  # what was said
_options = {"disable_meta_optimizer": False, "disable_model_pruning": False}


def _physical():
    names = sorted(devices.names(), key=lambda name: (name != "CPU:0", name))
    return [PhysicalDevice(f"/physical_device:{name}", name.partition(":")[0]) for name in names]


def _of_type(found, device_type):
    return [device for device in found if device_type in (None, device.device_type)]


def _seen():
    return [d for d in _physical() if d in _visible.get(d.device_type, [d])]


def _check(device):
    if device not in _physical():
        raise ValueError(f"Unrecognized device: {device!r}")


@export("config.experimental.list_physical_devices")
def list_physical_devices(device_type=None):
    """The devices of this machine, as pairs (name, type); of one type where it is given."""
    return _of_type(_physical(), device_type)


@export("config.experimental.list_logical_devices")
def list_logical_devices(device_type=None):
    """The devices that a program can place ops on, as pairs (name, type); of one type where it is given."""
    seen = [LogicalDevice(d.name.replace("physical_device", "device"), d.device_type) for d in _seen()]
    return _of_type(seen, device_type)


@export("config.experimental_list_devices")
def experimental_list_devices():
    """The full names of the devices that a program can place ops on."""
    return ["/job:localhost/replica:0/task:0" + device.name for device in list_logical_devices()]


@export("config.experimental.get_visible_devices")
def get_visible_devices(device_type=None):
    """The devices that a program may see; of one type where it is given."""
    return _of_type(_seen(), device_type)


@export("config.experimental.set_visible_devices")
def set_visible_devices(devices, device_type=None):
    """Says which devices a program may see; of one type where it is given, else of all.

    Raises:
      ValueError: one isn't there, or is of another type.
    """
    devices = list(devices) if isinstance(devices, (list, tuple)) else [devices]
    for device in devices:
        _check(device)
        if device_type not in (None, device.device_type):
            raise ValueError(f"Unrecognized device: {device!r}")
    kinds = [device_type] if device_type is not None else {device.device_type for device in _physical()}
    _visible.update({kind: _of_type(devices, kind) for kind in kinds})


@export("config.experimental.get_memory_growth")
def get_memory_growth(device):
    """Whether a GPU's memory is asked to grow; None if nobody said.

    Raises:
      ValueError: the device isn't there; KeyError: it is no GPU.
    """
    _check(device)
    return {d: _growth.get(d) for d in list_physical_devices("GPU")}[device]


@export("config.experimental.set_memory_growth")
def set_memory_growth(device, enable):
    """Says whether a GPU's memory should grow; XLA decides (XLA_PYTHON_CLIENT_PREALLOCATE=false in its environment makes it so).

    Raises:
      ValueError: the device isn't there, or is no GPU.
    """
    _check(device)
    if device in _virtual:
        raise ValueError("Cannot set memory growth on device when virtual devices configured")
    if device.device_type != "GPU":
        raise ValueError("Cannot set memory growth on non-GPU devices")
    _growth[device] = enable


@export("config.experimental.get_virtual_device_configuration")
def get_virtual_device_configuration(device):
    """The parts that a device was said to have, or None."""
    _check(device)
    return _virtual.get(device)


@export("config.experimental.set_virtual_device_configuration")
def set_virtual_device_configuration(device, virtual_devices):
    """Says in which parts a device is to be seen; it stays one.

    Raises:
      ValueError: the device isn't there, or has several parts of which one limits no memory.
    """
    _check(device)
    parts = list(virtual_devices)
    if device.device_type == "CPU" and any(part.memory_limit is not None for part in parts):
        raise ValueError("Setting memory limit on CPU virtual devices is currently not supported")
    if device.device_type != "CPU" and len(parts) > 1 and any(part.memory_limit is None for part in parts):
        raise ValueError("memory_limit must be set for all virtual devices")
    _virtual[device] = parts


@export("config.get_soft_device_placement")
def get_soft_device_placement():
    """Whether sessions without a `ConfigProto` of their own run ops elsewhere whose device isn't there."""
    return devices.DEFAULT.allow_soft_placement


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled):
    """Says whether sessions without a `ConfigProto` of their own run ops elsewhere whose device isn't there."""
    devices.DEFAULT.allow_soft_placement = enabled


@export("config.optimizer.get_jit")
def get_jit():
    """Whether steps are to be compiled together, as it was said: "autoclustering" or ""."""
    return _kept["jit"]


@export("config.optimizer.set_jit")
def set_jit(enabled):
    """Says whether steps are to be compiled together; they always are."""
    _kept["jit"] = "autoclustering" if enabled is True else enabled or ""


@export("config.optimizer.get_experimental_options")
def get_experimental_options():
    """What was said about rewriting graphs, name to value."""
    return dict(_options)


@export("config.optimizer.set_experimental_options")
def set_experimental_options(options):
    """Says how graphs are to be rewritten, name to value; they are rewritten in our own way."""
    _options.update(options)


@export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads():
    """How many ops may run at once, as it was said; 0 if nobody did."""
    return _kept["inter"]


@export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads):
    """Says how many ops may run at once; XLA takes as many threads as the process may use processors."""
    _kept["inter"] = num_threads


@export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads():
    """How many threads an op may take, as it was said; 0 if nobody did."""
    return _kept["intra"]


@export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads):
    """Says how many threads an op may take; XLA takes as many as the process may use processors."""
    _kept["intra"] = num_threads


@export("config.set_product_dtype")
def set_product_dtype(dtype):
    """Says what float32 products of matrices and convolutions take their factors as, in the compiled steps of sessions made from now on.

    Args:
      dtype: float32, or bfloat16: factors are rounded to 8 significant bits, and sums stay float32. That halves what a product reads,
        and is faster on GPUs, and on processors that multiply bfloat16 numbers; elsewhere it is slower, which is said once.

    Raises:
      ValueError: another type.
    """
    kind = dtypes.as_dtype(dtype).name
    if kind not in precision.FACTORS:
        raise ValueError(f"Products take factors of float32 or bfloat16, not {kind}")
    if kind == "bfloat16" and not precision.has_bfloat16():
        logging.warning(
            "This processor does not multiply bfloat16 numbers itself: steps will be slower than with float32, not faster."
        )
    precision.choose(kind)


@export("config.get_product_dtype")
def get_product_dtype():
    """What float32 products take their factors as in a session that is made now: `tf.float32` or `tf.bfloat16`."""
    return dtypes.as_dtype(precision.chosen())
