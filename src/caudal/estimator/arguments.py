"""Which arguments the functions take that users give: an estimator passes a function only what it asks for."""

import functools
import inspect

from ..ground.errors import need
from ..platform import logging

__all__ = ["fn_args", "some_of", "verify_model_fn_args"]

_MODEL_FN_ARGS = {"features", "labels", "mode", "params", "self", "config"}


def fn_args(fn):
    """The names of the positional arguments that are left to give, a tuple: without `self`, or what a partial has given."""
    if isinstance(fn, functools.partial):
        return tuple(name for name in fn_args(fn.func)[len(fn.args) :] if name not in (fn.keywords or ()))
    if not inspect.isroutine(fn) and not inspect.isclass(fn):  # an object that can be called
        fn = fn.__call__
    names = inspect.getfullargspec(fn).args
    return tuple(names[1:] if inspect.ismethod(fn) and fn.__self__ is not None else names)


def some_of(fn, **known):
    """Those of the known arguments that a function asks for, a dict."""
    asked = fn_args(fn)
    return {name: value for name, value in known.items() if name in asked}


def verify_model_fn_args(model_fn, params):
    """Raises ValueError unless a model function has an estimator's arguments."""
    args = set(fn_args(model_fn))
    need("features" in args, f"model_fn ({model_fn}) must include features argument.")
    need(
        params is None or "params" in args,
        f"model_fn ({model_fn}) does not include params argument, but params ({params}) is passed to Estimator.",
    )
    if params is None and "params" in args:
        logging.warning("Estimator's model_fn (%s) includes params argument, but params are not passed to Estimator.", model_fn)
    others = list(args - _MODEL_FN_ARGS)
    need(not others, f"model_fn ({model_fn}) has following not expected args: {others}")
