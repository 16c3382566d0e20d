"""Modules that take long to start, and that few programs need: imported when something of them is first asked for."""

import importlib

__all__ = ["Late"]


class Late:
    """Stands for a module until it is used: `special = Late("scipy.special")`, then `special.erf`.

    Args:
      name: the module's full name.
    """

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        found = getattr(importlib.import_module(self._name), name)
        setattr(self, name, found)
        return found

    def __repr__(self):
        return f"<the module {self._name}, imported when it is used>"
