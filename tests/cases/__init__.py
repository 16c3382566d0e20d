"""The table of all ops: rows by family, and the reasons of those that have none."""

from . import elementwise
from .row import BAD, ROWS, Hole, Row

__all__ = ["BAD", "ROWS", "Hole", "Row"]
