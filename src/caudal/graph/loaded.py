"""What a graph out of a file may do: reckon, but not run Python nor touch files, unless the user allows it by name."""

from ..ground.errors import PermissionDeniedError, advise

__all__ = ["allow", "guard", "is_loaded", "mark"]

FILES = frozenset(  # op types that read or write files by name
    {"ReadFile", "WriteFile", "MatchingFiles", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2"}
)
_allowed: set[str] = set()


def allow(*names):
    """Lets graphs out of files run ops that run Python or touch files.

    Args:
      *names: op types ("PyFunc", "ReadFile") or names of nodes.
    """
    _allowed.update(names)


def mark(op):
    """Notes that an operation came out of a file."""
    op._is_loaded = True


def is_loaded(op):
    """Whether an operation came out of a file."""
    return getattr(op, "_is_loaded", False)


def guard(op):
    """Refuses to go on if an operation came out of a file and was not allowed.

    Raises:
      PermissionDeniedError: it did, and neither its type nor its name was allowed.
    """
    if not is_loaded(op) or op.type in _allowed or op._name in _allowed:
        return
    error = PermissionDeniedError(
        None, op, f"Node '{op._name}' ({op.type}) came out of a file: it may not run Python or touch files"
    )
    raise advise(error, f"caudal.graph.loaded.allow({op.type!r}), if you trust the file")
