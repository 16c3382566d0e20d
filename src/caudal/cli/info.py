"""`caudal info`: versions, devices, threads."""

import importlib.metadata
import os
import platform
import sys

import caudal

from ..backend import disk_cache, memory, native
from ..ground.processors import threads
from ..run import devices

__all__ = ["facts", "main"]

_PACKAGES = ("numpy", "jax", "jaxlib", "protobuf", "scikit-learn", "matplotlib", "optuna")


def main(args):
    """Prints the facts; 2 if it is given an argument."""
    if args and args[0] not in ("-h", "--help"):
        print(f"caudal info: it takes no arguments, got {args[0]!r}", file=sys.stderr)
        return 2
    for name, fact in facts().items():
        print(f"{name:<15}{fact}")
    return 0


def facts():
    """What identifies this installation and machine: a dict from a short name to a string."""
    found = {"caudal": _version("caudal") or "not installed, run from its source", "TensorFlow API": caudal.__version__}
    found["python"] = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    found |= {name: _version(name) or "not installed" for name in _PACKAGES}
    found["devices"] = ", ".join(device.name for device in devices.listed())
    found["threads"] = f"{threads()} (of {os.cpu_count()} processors)"
    found["native kernels"] = native.status()
    found["compile cache"] = disk_cache.status()
    found["freed memory"] = memory.keep_freed()
    found["data"] = os.environ.get("CAUDAL_DATA") or "CAUDAL_DATA is not set: MNIST comes from the cache, or a mirror"
    return found


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
