"""Hangs every exported object under its public name: `tf.nn.relu`, `tf.contrib.slim.conv2d`, as modules."""

import sys
import types

from .ground.api import PUBLIC

__all__ = ["hang"]


def hang(root):
    """Puts all of `PUBLIC` under the package `root`, making modules where a name has dots."""
    for name, what in PUBLIC.items():
        *path, last = name.split(".")
        setattr(_module(root, path), last, what)


def _module(root, path):
    """The module at `path` below `root`, made if it isn't there."""
    module, name = sys.modules[root], root
    for part in path:
        name += "." + part
        if name not in sys.modules:
            made = types.ModuleType(name, f"The public names of {name.replace(root, 'tf', 1)}.")
            made.__path__ = []  # so that it may have modules below
            sys.modules[name] = made
        setattr(module, part, sys.modules[name])
        module = sys.modules[name]
    return module
