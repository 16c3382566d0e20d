"""The devices of this machine, and what a session says to those it hasn't got."""

import collections
import re
import types

from google.protobuf import text_format

from ..backend import device
from ..ground.errors import InvalidArgumentError, NotFoundError, advise
from .servers import find

__all__ = ["DEFAULT", "check_config", "check_placement", "check_target", "listed", "names"]

DeviceAttributes = collections.namedtuple("DeviceAttributes", ["name", "device_type", "memory_limit_bytes", "incarnation"])


def is_config(value):
    """Whether it is a `ConfigProto`."""
    return hasattr(value, "allow_soft_placement")


def check_config(config):
    """Refuses what is no `ConfigProto`."""
    if config is not None and not hasattr(config, "SerializeToString"):
        raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")


DEFAULT = types.SimpleNamespace(
    allow_soft_placement=False
)  # what a session has that is given no ConfigProto; tf.config changes it
_SHOWN = 'device_count { key: "CPU" value: 1 } device_count { key: "GPU" value: 0 } gpu_options { experimental { } }'


def _shown(config):
    """A `ConfigProto` in a line."""
    if config is not None:
        return text_format.MessageToString(config, as_one_line=True)
    return _SHOWN + " allow_soft_placement: true" * DEFAULT.allow_soft_placement


def check_target(target, config=None):
    """Refuses a server's address: sessions run in this process."""
    if target and target not in (b"local", "local") and find(target) is None:
        text = target.decode() if isinstance(target, bytes) else target
        raise NotFoundError(
            None,
            None,
            f'No session factory registered for the given session options: {{target: "{text}" config: {_shown(config)}}} Registered '
            "factories are {DIRECT_SESSION, GRPC_SESSION}.",
        )


def check_placement(session):
    """Refuses ops of the session's graph that ask for a device which isn't there and may not run elsewhere.

    Raises:
      InvalidArgumentError: there is one; TF names the first that has inputs or is a variable.
    """
    ops, config = session.graph._ops, session._config
    asking = [op for op in ops[session._placed :] if op._device]
    there = _there(config) if asking else ()
    soft = (DEFAULT if config is None else config).allow_soft_placement
    tasks = session._cluster.tasks if session._cluster else {("localhost", 0)}
    bad = [op for op in asking if not _fits(op._device, there, soft, tasks)]
    if not bad:
        session._placed = len(ops)
        return
    op = next((o for o in bad if o._inputs or any(t._dtype._is_ref_dtype for t in o.outputs)), bad[0])
    words = (
        f"Cannot assign a device for operation {op._name}: node {op._name} was explicitly assigned to {op._device} but "
        f"available devices are [ {', '.join(sorted(_HERE + d for d in there))} ]. Make sure the device specification refers "
        "to a valid device."
    )
    if "GPU" in op._device and not any(d.startswith("GPU") for d in there):
        words += " The requested device appears to be a GPU, but CUDA is not enabled."
    fix = "tf.ConfigProto(allow_soft_placement=True) lets it run where it can"
    raise advise(InvalidArgumentError(None, op, words), fix)


_HERE = "/job:localhost/replica:0/task:0/device:"
_PART = re.compile(r"/(job|replica|task|device):([^/]+)")


def _there(config):
    """The devices of this process, "CPU:0", as far as `config` lets it use them."""
    counts = dict(config.device_count) if config is not None else {}
    cpus = counts.get("CPU", 1)
    gpus = min(counts.get("GPU", 1 << 20), device.accelerators())
    return {f"CPU:{k}" for k in range(cpus)} | {f"GPU:{k}" for k in range(gpus)} | {"XLA_CPU:0"}


def _fits(device, there, soft, tasks):
    """Whether an op that asks for `device` can run here, where the tasks (job, number) are."""
    asked = dict(_PART.findall(device))
    job, task = asked.get("job"), asked.get("task", "*")
    if asked.get("replica", "0") not in ("0", "*"):
        return False
    if not any(job in (None, name) and task in ("*", str(number)) for name, number in tasks):
        return False
    kind, _, number = asked.get("device", "*").partition(":")
    if soft or kind == "*":
        return True
    return any(d == f"{kind}:{number}" or (number in ("", "*") and d.startswith(kind + ":")) for d in there)


def names():
    """The short names of this machine's devices, as "CPU:0"."""
    return _there(None)


def listed():
    """The devices of this machine."""
    return [DeviceAttributes(_HERE + name, name.partition(":")[0], 1 << 28, 0) for name in sorted(_there(None) - {"XLA_CPU:0"})]
