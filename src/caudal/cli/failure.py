"""How `caudal run` shows an error: the program's own frames, TF's words, and the notes that say where and what to try."""

import os
import sys
import sysconfig
import traceback

from ..ground import source

__all__ = ["began", "show"]

_LIBRARIES = tuple(sysconfig.get_paths()[k] + os.sep for k in ("stdlib", "platstdlib", "purelib", "platlib"))
_FULL = "CAUDAL_TRACEBACK"
_STARTERS = {"importlib", "runpy"}  # what comes before a program, beside the commands


def began(error):
    """Whether an error came out of the program, rather than of finding it."""
    return _program(error.__traceback__) is not None


def show(error):
    """Writes an error to stderr as Python does, from the program's first frame on, without the frames inside Caudal.

    With CAUDAL_TRACEBACK=full in the environment they are shown too. A program's own `sys.excepthook` is called instead.
    """
    error = error.with_traceback(_program(error.__traceback__))
    if sys.excepthook is not sys.__excepthook__ or os.environ.get(_FULL) == "full":
        sys.excepthook(type(error), error, error.__traceback__)
        return
    told = traceback.TracebackException.from_exception(error)
    hidden = _strip(told)
    sys.stderr.write("".join(told.format()))
    if hidden and not getattr(error, "__notes__", None):
        sys.stderr.write(f"  (frames inside Caudal are left out: {_FULL}=full shows them)\n")


def _program(trace):
    """A traceback without what comes before the program's first frame; None if it never came there."""
    while trace is not None and _starts(trace.tb_frame.f_globals.get("__name__", "")):
        trace = trace.tb_next
    return trace


def _starts(module):
    return module.startswith(__package__ + ".") or module.partition(".")[0] in _STARTERS


def _strip(told):
    """Takes the frames that are not the user's out of an error and of what led to it; whether there were any."""
    kept, inside = [], False
    for frame in told.stack:
        ours = source.is_ours(frame.filename)
        inside = ours or (inside and frame.filename.startswith(_LIBRARIES))
        if not inside:
            kept.append(frame)
    hidden = len(kept) < len(told.stack)
    told.stack = traceback.StackSummary.from_list(kept)
    cause = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    if cause is not None:
        hidden = _strip(cause) or hidden
        if not cause.stack:  # it never left Caudal: the error says what it means
            told.__cause__ = told.__context__ = None
    return hidden
