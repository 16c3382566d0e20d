"""Paths as users give them, and the errors of the operating system as TF's."""

import os

from ..ground.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError, PermissionDeniedError

__all__ = ["refined", "to_path"]


def to_path(name):
    """A path as text; TF's own functions give them as bytes."""
    return name.decode() if isinstance(name, bytes) else os.fspath(name)


def refined(error, name):
    """An error of the operating system, as TF's for that path."""
    words = f"{name}; {error.strerror}"
    if isinstance(error, FileNotFoundError):
        return NotFoundError(None, None, words)
    if isinstance(error, PermissionError):
        return PermissionDeniedError(None, None, words)
    if isinstance(error, FileExistsError):
        return AlreadyExistsError(None, None, words)
    return FailedPreconditionError(None, None, words)
