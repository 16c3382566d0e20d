"""arg_scope: default arguments for functions that were made to take them."""

import contextlib
import functools
import threading

from ...ground.api import export
from ...ground.errors import need

__all__ = ["add_arg_scope", "arg_scope"]


class _Stack(threading.local):
    def __init__(self):
        self.scopes = [{}]


_stack = _Stack()
_decorated: dict[str, set] = {}


def everywhere(name):
    """Decorator: the object is `tf.contrib.framework.<name>` and `tf.contrib.slim.<name>`."""
    return export("contrib.framework." + name, "contrib.slim." + name)


@everywhere("current_arg_scope")
def current_arg_scope():
    """The default arguments in force, by function."""
    return _stack.scopes[-1]


@export("contrib.slim.arg_scope_func_key")
def arg_scope_func_key(op):
    """The key of a function in an argument scope."""
    return getattr(op, "_key_op", str(op))


@everywhere("has_arg_scope")
def has_arg_scope(func):
    """Whether a function takes default arguments from scopes."""
    return arg_scope_func_key(func) in _decorated


@everywhere("arg_scoped_arguments")
def arg_scoped_arguments(func):
    """The names of arguments that scopes may set for a function.

    Raises:
      AssertionError: it takes none.
    """
    assert has_arg_scope(func)
    return _decorated[arg_scope_func_key(func)]


@everywhere("arg_scope")
@contextlib.contextmanager
def arg_scope(list_ops_or_scope, **kwargs):
    """Calls of the functions under it have these arguments unless they give them.

    Args:
      list_ops_or_scope: functions that `add_arg_scope` decorates; or a scope that an earlier `with ... as` gave.
      **kwargs: the arguments.

    Yields:
      The scope, to be used again.

    Raises:
      TypeError: no list of functions; ValueError: a function that was not decorated, or arguments with an old scope.
    """
    if isinstance(list_ops_or_scope, dict):
        need(not kwargs, "When attempting to re-use a scope by suppling adictionary, kwargs must be empty.")
        scope = list_ops_or_scope.copy()
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = current_arg_scope().copy()
        for op in list_ops_or_scope:
            key = arg_scope_func_key(op)
            if not has_arg_scope(op):
                raise ValueError("%s is not decorated with @add_arg_scope", (op.__module__, op.__name__))
            scope[key] = scope.get(key, {}) | kwargs
    _stack.scopes.append(scope)
    try:
        yield scope
    finally:
        _stack.scopes.pop()


@everywhere("add_arg_scope")
def add_arg_scope(func):
    """A decorator: the function takes default arguments from `arg_scope`."""

    @functools.wraps(func)
    def func_with_args(*args, **kwargs):
        scope = current_arg_scope()
        key = arg_scope_func_key(func_with_args)
        if key in scope:
            kwargs = scope[key] | kwargs
        return func(*args, **kwargs)

    func_with_args._key_op = str(func)
    code = func.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    n = len(func.__defaults__ or ())
    _decorated[str(func)] = set(names[code.co_argcount - n : code.co_argcount]) | set(func.__kwdefaults__ or ())
    return func_with_args
