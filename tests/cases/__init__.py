"""The table of all ops: rows by family, and the reasons of those that have none."""

import importlib
import pathlib

from .row import BAD, ROWS, Hole, Row

__all__ = ["BAD", "ROWS", "Hole", "Row"]

for _path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
    if _path.stem != "__init__":
        importlib.import_module("." + _path.stem, __name__)
