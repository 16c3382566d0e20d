"""Recurrent networks: cells, their wrappers, and what runs a cell along time."""

from . import cells, dynamic, multi, static, wrappers  # noqa: F401
