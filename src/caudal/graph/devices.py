"""Device strings, and the stack of `with tf.device(...)` blocks. Devices are asked for, never required."""

import re

from ..ground.api import export

__all__ = ["DeviceStack", "canonical"]

_PARTS = ("job", "replica", "task", "device_type", "device_index")


@export("DeviceSpec", "compat.v1.DeviceSpec")
class DeviceSpec:
    """What a device string says: `/job:worker/replica:0/task:1/device:GPU:0`, any part left out.

    Args:
      job: name of the job.
      replica: number of the replica.
      task: number of the task.
      device_type: "CPU" or "GPU".
      device_index: number of the device.
    """

    def __init__(self, job=None, replica=None, task=None, device_type=None, device_index=None):
        self.job = job
        self.replica = None if replica is None else int(replica)
        self.task = None if task is None else int(task)
        self.device_type = device_type
        self.device_index = None if device_index is None else int(device_index)

    @property
    def device_type(self):
        """ "CPU", "GPU", or as it was given."""
        return self._device_type

    @device_type.setter
    def device_type(self, device_type):
        kind = device_type if device_type is None else str(device_type)
        self._device_type = kind.upper() if kind in ("cpu", "gpu") else kind

    def parse_from_string(self, spec):
        """Sets the parts from a device string.

        Raises:
          ValueError: it is none.
        """
        made = DeviceSpec()
        splits = [part.split(":") for part in (spec or "").split("/")]
        valid_types = ("CPU", "GPU", "XLA_CPU", "XLA_GPU", "TPU", "TPU_SYSTEM")
        for part in splits:
            n = len(part)
            if n == 2 and part[0] == "job":
                made.job = part[1]
            elif n == 2 and part[0] == "replica":
                made.replica = int(part[1])
            elif n == 2 and part[0] == "task":
                made.task = int(part[1])
            elif n in (1, 2) and part[0].upper() in valid_types:
                if made.device_type is not None:
                    raise ValueError(f"Cannot specify multiple device types: {spec}")
                made.device_type = part[0].upper()
                if n == 2 and part[1] != "*":
                    made.device_index = int(part[1])
            elif n == 3 and part[0] == "device":
                if made.device_type is not None:
                    raise ValueError(f"Cannot specify multiple device types: {spec}")
                made.device_type = part[1]
                if part[2] != "*":
                    made.device_index = int(part[2])
            elif n and part[0] != "":
                raise ValueError(f"Unknown attribute: '{part[0]}' in '{spec}'")
        self.__dict__.update(made.__dict__)
        return self

    @classmethod
    def from_string(cls, spec):
        """The spec of a device string."""
        return cls().parse_from_string(spec)

    def merge_from(self, dev):
        """Takes the parts that `dev` names."""
        for part in _PARTS:
            if getattr(dev, part) is not None:
                setattr(self, part, getattr(dev, part))

    def make_merged_spec(self, dev):
        """A spec with the parts of this one, and those that `dev` names in their place."""
        made = self.replace()
        made.merge_from(dev)
        return made

    def replace(self, **kwargs):
        """A spec with some parts replaced."""
        return DeviceSpec(**({part: getattr(self, part) for part in _PARTS} | kwargs))

    def to_string(self):
        """The device string."""
        out = "".join(f"/{part}:{getattr(self, part)}" for part in _PARTS[:3] if getattr(self, part) is not None)
        if self.device_type is not None:
            out += f"/device:{self.device_type}:{'*' if self.device_index is None else self.device_index}"
        return out

    def __eq__(self, other):
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self):
        return hash(self.to_string())


def canonical(device):
    """A device string in its full form; '' for none.

    Raises:
      ValueError: it is no device string.
    """
    if device is None:
        return ""
    if isinstance(device, DeviceSpec):
        return device.to_string()
    return DeviceSpec.from_string(device).to_string() if device else ""


class DeviceStack(tuple):
    """The device blocks in force, outermost first; a new one is a new stack."""

    def push(self, device):
        if device is None:
            return DeviceStack()
        if not callable(device):
            device = DeviceSpec.from_string(canonical(device))
        return DeviceStack((*self, device))

    def apply(self, op):
        """Gives `op` the device that the blocks ask for, the inner ones first; they fill what is not said."""
        for device in reversed(self):
            if isinstance(device, DeviceSpec):
                spec = DeviceSpec.from_string(canonical(device))
                if op._device and re.match(r"^[/:\w*]*$", op._device):
                    spec.merge_from(DeviceSpec.from_string(op._device))
                op._device = spec.to_string()
            else:
                answer = device(op)
                op._device = answer.to_string() if isinstance(answer, DeviceSpec) else (answer or "")
