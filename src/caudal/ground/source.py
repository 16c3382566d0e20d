"""Which line of the user's program made this: the nearest frame that is not ours."""

import linecache
import os
import sys

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OPEN = (os.path.join(_HOME, "study", ""), os.path.join(_HOME, "examples", ""))  # written as a user would
_ours: dict[object, bool] = {}  # code object -> does it belong to this package


def is_ours(file):
    """Whether a file's frames tell a user nothing: this package's, and what stands between it and itself."""
    mine = file.startswith(_HOME) and not file.startswith(_OPEN)
    return mine or file.startswith(("<frozen", "<string>")) or "/contextlib.py" in file


def _is_ours(code):
    _ours[code] = mine = is_ours(code.co_filename)
    return mine


def here():
    """(file, line number, function) of the user's line that is being run; the outermost if all is ours."""
    frame = sys._getframe(1)
    while True:
        code = frame.f_code
        if not (_ours[code] if code in _ours else _is_ours(code)):
            break
        if frame.f_back is None:
            break
        frame = frame.f_back
    return code.co_filename, frame.f_lineno, code.co_name


def show(place, width=60):
    """A place in words: `mnist.py:57  loss = tf.nn.sparse_…`."""
    if place is None:
        return "an unknown line"
    file, number, _ = place
    text = linecache.getline(file, number).strip()
    if len(text) > width:
        text = text[: width - 1] + "…"
    return f"{os.path.basename(file)}:{number}" + (f"  {text}" if text else "")
