"""TF1's exceptions, and how an error tells what was wrong, where, and what to do."""

__all__ = ["OpError", "advise", "need", "require"]


class OpError(Exception):
    """An op failed while a session ran.

    Args:
      node_def: the failing op's `NodeDef`, or None.
      op: the failing `Operation`, or None.
      message: what was wrong, in TF's words.
      error_code: the code of `tf.errors` (3 is INVALID_ARGUMENT).
    """

    __module__ = "caudal.errors"  # where programs find it

    def __init__(self, node_def, op, message, error_code):
        super().__init__(node_def, op, message)
        self._node_def, self._op, self._message, self._error_code = node_def, op, message, error_code

    @property
    def message(self):
        """What was wrong."""
        return self._message

    @property
    def op(self):
        """The `Operation` that failed, if known."""
        return self._op

    @property
    def node_def(self):
        """The `NodeDef` of the op that failed, if known."""
        if self._node_def is None and self._op is not None:
            self._node_def = self._op.node_def
        return self._node_def

    @property
    def error_code(self):
        """The number of the kind of error."""
        return self._error_code

    def __str__(self):
        return self._message

    def __reduce__(self):
        if type(self) is OpError:
            return OpError, (None, None, self._message, self._error_code)
        return type(self), (None, None, self._message)


_CODES = [  # name, number, what it means
    ("Cancelled", 1, "A run was cancelled."),
    ("Unknown", 2, "An error of unknown kind."),
    ("InvalidArgument", 3, "An op was given a value that it cannot work on."),
    ("DeadlineExceeded", 4, "A run took longer than it was allowed to."),
    ("NotFound", 5, "A file or a name was not found."),
    ("AlreadyExists", 6, "What was to be made is there already."),
    ("PermissionDenied", 7, "The caller may not do that."),
    ("ResourceExhausted", 8, "Memory, disk or a limit ran out."),
    ("FailedPrecondition", 9, "The state does not allow it: an uninitialised variable, say."),
    ("Aborted", 10, "The run was stopped from outside."),
    ("OutOfRange", 11, "A queue or a data set came to its end."),
    ("Unimplemented", 12, "This is not made."),
    ("Internal", 13, "Something broke inside."),
    ("Unavailable", 14, "A server cannot be reached now."),
    ("DataLoss", 15, "Data are lost or broken."),
    ("Unauthenticated", 16, "The caller is not known."),
]


def _kind(name, code, doc):
    def __init__(self, node_def, op, message):
        OpError.__init__(self, node_def, op, message, code)

    def unknown(self, node_def, op, message, error_code=code):
        OpError.__init__(self, node_def, op, message, error_code)

    __init__ = unknown if name == "Unknown" else __init__
    full = name + "Error"
    return type(full, (OpError,), {"__init__": __init__, "__doc__": doc, "__module__": "caudal.errors"})


for _name, _code, _doc in _CODES:
    globals()[_name + "Error"] = _kind(_name, _code, _doc)
CancelledError, UnknownError, InvalidArgumentError, NotFoundError = (
    globals()[n + "Error"] for n in ("Cancelled", "Unknown", "InvalidArgument", "NotFound")
)
AlreadyExistsError, FailedPreconditionError, OutOfRangeError, UnimplementedError = (
    globals()[n + "Error"] for n in ("AlreadyExists", "FailedPrecondition", "OutOfRange", "Unimplemented")
)
DeadlineExceededError, PermissionDeniedError, ResourceExhaustedError, AbortedError = (
    globals()[n + "Error"] for n in ("DeadlineExceeded", "PermissionDenied", "ResourceExhausted", "Aborted")
)
InternalError, UnavailableError, DataLossError, UnauthenticatedError = (
    globals()[n + "Error"] for n in ("Internal", "Unavailable", "DataLoss", "Unauthenticated")
)

OK = 0
BY_CODE = {code: globals()[name + "Error"] for name, code, _ in _CODES}


def exception_type_from_error_code(error_code):
    """The class of errors of a code.

    Args:
      error_code: one of the numbers of `tf.errors`, `tf.errors.NOT_FOUND` say.

    Raises:
      KeyError: no error has that code.
    """
    return BY_CODE[error_code]


def error_code_from_exception_type(cls):
    """The code of a class of errors.

    Args:
      cls: one of the classes of `tf.errors`.

    Raises:
      KeyError: it is none of them.
    """
    return {kind: code for code, kind in BY_CODE.items()}[cls]


CODES = {"OK": 0} | {
    "".join("_" * (i > 0 and c.isupper()) + c.upper() for i, c in enumerate(name)): code for name, code, _ in _CODES
}


class OperatorNotAllowedInGraphError(TypeError):
    """A tensor stands where only a value can: in `if`, `for` or `in`."""


class InferError(Exception):
    """A shape rule refuses its inputs; the graph turns this into TF's ValueError with the node's name."""


def need(true, what, fix=None, kind=ValueError):
    """Raises `kind(what)`, with a note that says what to do, unless `true`.

    Args:
      true: the condition.
      what: TF1's words, the first line of the error.
      fix: what the user should try, without the words "Try: ".
      kind: the exception's class.
    """
    if not true:
        raise advise(kind(what), fix)


def require(true, op, what):
    """Raises InvalidArgumentError for a running `op`, with TF's words, unless `true`."""
    if not true:
        raise BY_CODE[3](None, op, what)


def advise(error, fix):
    """`error` with a note that says what to do."""
    if fix:
        error.add_note(f"  Try: {fix}.")
    return error
