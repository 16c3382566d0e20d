"""tf.logging: messages to the error stream, as `INFO:tensorflow:...`."""

import logging as _logging
import sys

from ..ground.api import constant, export

__all__ = ["get_logger"]

DEBUG, INFO, WARN, ERROR, FATAL = (getattr(_logging, n) for n in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
for _name, _level in (("DEBUG", DEBUG), ("INFO", INFO), ("WARN", WARN), ("ERROR", ERROR), ("FATAL", FATAL)):
    constant(_level, "logging." + _name)


@export("get_logger")
def get_logger():
    """The logger that tf.logging writes to."""
    logger = _logging.getLogger("tensorflow")
    if not logger.handlers and not _logging.getLogger().handlers:
        handler = _logging.StreamHandler(sys.stderr)
        handler.setFormatter(_logging.Formatter(_logging.BASIC_FORMAT, None))
        logger.addHandler(handler)
        logger.setLevel(WARN)
    return logger


def _message(name, level):
    def write(msg, *args, **kwargs):
        get_logger().log(level, msg, *args, **kwargs)

    write.__name__, write.__doc__ = name, f"Writes a message of level {name}, `%` filled in with `args`."
    return export("logging." + name)(write)


debug, info, warn, error, fatal = (
    _message(n, level) for n, level in (("debug", DEBUG), ("info", INFO), ("warn", WARN), ("error", ERROR), ("fatal", FATAL))
)
warning = export("logging.warning")(warn)


@export("logging.log")
def log(level, msg, *args, **kwargs):
    """Writes a message of a level."""
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.vlog")
def vlog(level, msg, *args, **kwargs):
    """Writes a message of a level."""
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.get_verbosity")
def get_verbosity():
    """The least level that is written."""
    return get_logger().getEffectiveLevel()


@export("logging.set_verbosity")
def set_verbosity(v):
    """Sets the least level that is written."""
    get_logger().setLevel(v)


@export("logging.flush")
def flush():
    """Nothing is kept back."""


_counts: dict[tuple[str, int], int] = {}


def _count():
    """How often the line that calls our caller has come by before."""
    frame = sys._getframe(2)
    key = frame.f_code.co_filename, frame.f_lineno
    _counts[key] = _counts.get(key, -1) + 1
    return _counts[key]


@export("logging.log_every_n")
def log_every_n(level, msg, n, *args):
    """Writes a message the first time and every n-th time that a line comes by."""
    log_if(level, msg, _count() % n == 0, *args)


@export("logging.log_first_n")
def log_first_n(level, msg, n, *args):
    """Writes a message the first n times that a line comes by."""
    log_if(level, msg, _count() < n, *args)


@export("logging.log_if")
def log_if(level, msg, condition, *args):
    """Writes a message if a condition holds."""
    if condition:
        get_logger().log(level, msg, *args)
