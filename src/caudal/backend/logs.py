"""JAX's loggers: a level of their own, so that a program which logs everything isn't given what JAX says to its makers.

What the user wants goes first: JAX_LOGGING_LEVEL, a level on the logger `jax`, JAX's own settings.
"""

import logging
import os

from ..ground.late import Late

__all__ = ["hush", "settle"]

jax = Late("jax")
_LEVEL = logging.WARNING  # what Python's is, where nobody sets one
_LOGGERS = [logging.getLogger(name) for name in ("jax", "jaxlib")]


def hush():
    """Sets the level; before JAX is imported, which already logs."""
    if "JAX_LOGGING_LEVEL" not in os.environ:
        for logger in _LOGGERS:
            if logger.level == logging.NOTSET:
                logger.setLevel(_LEVEL)


def settle():
    """Undoes, once JAX is imported, that it took the level for a wish to have it print by itself."""
    if "JAX_LOGGING_LEVEL" not in os.environ and all(logger.level == _LEVEL for logger in _LOGGERS):
        jax.config.update("jax_logging_level", None)
        hush()
