"""What makes two trials the same: code, data, source of a network, seeds; each as a number or a hash of what it is."""

import ast
import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform

import numpy as np

__all__ = ["checksum", "code", "hashed", "processor", "seed_of", "source_hash", "versions"]

_HOME = pathlib.Path(__file__).parent.parent
_NOT_COMPUTING = ("cli", "study", "compat", "testing")  # folders that change no number; but for these two files:
_COMPUTING = ("study/tuner.py", "study/architectures.py")
_DECIDING = ("jax", "jaxlib", "numpy")  # packages whose version may change a number


def seed_of(*what):
    """A seed in [1, 2**31) from what is computed (study, point, repeat), never from the order of computing."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:4], "big") % (2**31 - 1) + 1


def hashed(what):
    """SHA-256 (hexadecimal) of a nest of dicts, lists, strings and numbers."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


@functools.cache
def code():
    """The version of the code that computes: a hash of Caudal's own files that can change a number, and of its packages' versions."""
    files = (path for path in sorted(_HOME.rglob("*")) if path.suffix in (".py", ".txt", ".cc", ".h", ".so"))
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(_HOME).as_posix()
        if name in _COMPUTING or name.split("/")[0] not in _NOT_COMPUTING:
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update("".join(importlib.metadata.version(package) for package in _DECIDING).encode())
    return digest.hexdigest()[:12]


def versions():
    """What computes here: a dict from a short name to a version."""
    found = {"caudal": _version("caudal"), "code": code(), "python": platform.python_version()}
    return found | {name: _version(name) for name in _DECIDING} | {"processor": processor()}


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def processor():
    """The processor's name, where the system tells it."""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def checksum(data):
    """SHA-256 of a `Dataset`'s arrays."""
    digest = hashlib.sha256()
    for part in (data.train, data.validation, data.test):
        for array in (part.x, part.y):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def source_hash(text, name):
    """A hash of what a user's file computes: its code without comments, layout, and the statement that binds `name` (the study
    itself, whose grid and sizes may change while its trials stay the same).

    Raises:
      SyntaxError: it isn't Python.
    """
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not _binds(node, name)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _binds(node, name):
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
