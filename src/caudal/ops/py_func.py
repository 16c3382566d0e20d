"""A Python function as an op: `py_func` and `numpy_function`, on arrays. py_function, on tensors, is in build/."""

import itertools
import traceback

import numpy as np

from ..graph import loaded
from ..graph.define import define
from ..graph.graph import graph_of
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import (
    InternalError,
    InvalidArgumentError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
    need,
)
from .basic import CPP_NAMES
from .text import refuse, strings

__all__ = ["numpy_function", "py_func"]

_numbers = itertools.count()
_KINDS = (  # what a function raises -> what the run raises
    ((ValueError, TypeError), InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


def register(graph, function):
    """The token under which a graph's nodes find a function; it lives as long as the graph."""
    token = f"pyfunc_{next(_numbers)}"
    graph._py_funcs[token] = function
    return token


def function_of(op):
    """The function that a node runs.

    Raises:
      InvalidArgumentError: no function of that token; PermissionDeniedError: the node came out of a file.
    """
    token = op.attrs["token"].decode()
    found = op.graph._py_funcs.get(token)
    if found is None:
        refuse(op, f"ValueError: callback {token} is not found")
    loaded.guard(op)
    return found


def called(op, function, *args):
    """`function(*args)`; what it raises as TF's errors."""
    try:
        return function(*args)
    except Exception as error:
        kind = next((kind for classes, kind in _KINDS if isinstance(error, classes)), UnknownError)
        words = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        raise kind(None, op, words) from error


def plain(args):
    """Arrays as a user's function is given them: its own to change, and scalars as NumPy's, or as bytes."""
    return [a[()] if isinstance(a, np.ndarray) and a.ndim == 0 else np.array(a) for a in args]


def _as_array(op, value):
    """What a function gave as an array; text as strings of bytes."""
    array = np.asarray(value, order="C")
    if array.dtype.kind == "S" and array is not value:
        array = np.asarray(value, dtype=object)
    elif array.dtype.kind == "U":
        array = array.astype(object)
    if array.dtype.kind not in "OS":
        return array
    flat = [v.encode() if isinstance(v, str) else v for v in array.reshape(-1).tolist()]
    for one in flat:
        if not isinstance(one, bytes):
            raise InternalError(None, op, f"Unsupported object type {type(one).__name__}")
    return strings(flat, array.shape)


def _given(op, token, result):
    """A function's result as arrays, as many and of the dtypes that the node has."""
    kinds = op.attrs["Tout"]
    if isinstance(result, bytes):
        result = [result]
    results = [] if result is None else result if isinstance(result, (list, tuple)) else [result]
    arrays = [_as_array(op, r) for r in results]
    if len(arrays) != len(kinds):
        refuse(op, f"{token} returns {len(arrays)} values, but expects to see {len(kinds)} values.")
    for k, (array, kind) in enumerate(zip(arrays, kinds, strict=True)):
        if array.dtype != kind.np:
            names = [CPP_NAMES.get(t.name, t.name) for t in (dtypes.as_dtype(array.dtype), kind)]
            refuse(op, f"{k}-th value returned by {token} is {names[0]}, but expects {names[1]}")
    return arrays


def _lower(B, *args, token, op):
    function = function_of(op)
    return _given(op, token.decode(), called(op, function, *plain(args)))


def _unknown(*_, Tout):  # noqa: N803  # TF's name
    return [None] * len(Tout)


_stateful = define("PyFunc", infer=_unknown, lower=_lower, host=True, grad=None)
_stateless = define("PyFuncStateless", infer=_unknown, lower=_lower, host=True, grad=None)


def as_asked(made, Tout):  # noqa: N803  # TF's name
    """A node's outputs as the user wants them: a list for a list, else the one tensor, or the operation."""
    if isinstance(Tout, (list, tuple)):
        return made
    return made[0] if made else made


@export("py_func")
def py_func(func, inp, Tout, stateful=True, name=None):  # noqa: N803  # TF's name
    """A Python function of arrays as an op.

    Args:
      func: takes one array (or NumPy scalar) for each of `inp`, and gives an array or a list of arrays.
      inp: a list of tensors.
      Tout: the dtype of what it gives; a list of dtypes for a list.
      stateful: whether it may give something else for the same arrays, or do something beside.
      name: the node's name.

    Returns:
      A tensor, or a list of tensors; their shapes are not known, and they have no gradient.

    Raises:
      ValueError: `func` cannot be called. (In run) `tf.errors`: InvalidArgumentError for a ValueError or TypeError of
        the function and for what it gives of another dtype, UnknownError for most others.
    """
    return _made(_stateful if stateful else _stateless, func, inp, Tout, name)


def _made(node, func, inp, Tout, name):  # noqa: N803  # TF's name
    need(callable(func), f"Expected func to be callable, got func of type {type(func)}")
    kinds = list(Tout) if isinstance(Tout, (list, tuple)) else [Tout]
    graph = graph_of(inp if isinstance(inp, (list, tuple)) else [inp])
    made = node(inp, token=register(graph, func), Tout=kinds, name=name)
    return as_asked(made, Tout)


@export("numpy_function")
def numpy_function(func, inp, Tout, name=None):  # noqa: N803  # TF's name
    """A Python function of arrays as an op; `py_func` with `stateful`, under its later name.

    Args:
      func: takes one array (or NumPy scalar) for each of `inp`, and gives an array or a list of arrays.
      inp: a list of tensors.
      Tout: the dtype of what it gives; a list of dtypes for a list.
      name: the node's name.

    Returns:
      A tensor, or a list of tensors; their shapes are not known, and they have no gradient.
    """
    return _made(_stateful, func, inp, Tout, name)
