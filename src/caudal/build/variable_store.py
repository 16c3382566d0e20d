"""The variables of a graph by their full names: shared, or made as `get_variable` was told to. scopes.py has the scopes."""

import functools
import inspect

from ..formats.tensors import to_array
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes, source
from ..ground.errors import advise, need
from ..ground.shapes import TensorShape
from . import initializers
from .partitioned import get_partitioned
from .variables import Variable, init_scope

__all__ = ["VariableStore", "get"]


class VariableStore:
    """A graph's variables by name, and how often each scope was opened.

    Attributes:
      scope: the `VariableScope` in force.
    """

    def __init__(self, scope):
        self._vars, self._partitioned, self.opened = {}, {}, {}
        self.scope = scope

    def open(self, name):
        self.opened[name] = self.opened.get(name, 0) + 1

    def close_below(self, name):
        for key in self.opened:
            if not name or key.startswith(name + "/"):
                self.opened[key] = 0

    def count(self, name):
        return self.opened.get(name, 0)


def get(
    store,
    name,
    shape=None,
    dtype=dtypes.float32,
    initializer=None,
    regularizer=None,
    reuse=None,
    trainable=None,
    collections=None,
    caching_device=None,
    partitioner=None,
    validate_shape=True,
    use_resource=None,
    constraint=None,
    synchronization=None,
    aggregation=None,
):
    """The variable of a full name: shared or made. The arguments have TF's names, as custom getters pass them."""
    dtype = dtypes.as_dtype(dtype)
    named = {
        "trainable": trainable,
        "collections": collections,
        "caching_device": caching_device,
        "validate_shape": validate_shape,
        "use_resource": use_resource,
        "constraint": constraint,
        "synchronization": synchronization,
        "aggregation": aggregation,
    }

    def found(full, sizes, kind, start, info=None):
        if full in store._vars:
            return _shared(store, full, sizes, kind, reuse)
        return _make(store, full, sizes, kind, start, reuse, regularizer, info, named)

    if partitioner is not None:
        need(callable(partitioner), f"Partitioner must be callable, but received: {partitioner}")
        with name_scope(None):
            return get_partitioned(store, found, name, shape, dtype, initializer, reuse, partitioner)
    need(
        initializer is None or shape is None or callable(initializer),
        "If initializer is a constant, do not specify shape.",
    )
    need(
        f"{name}/part_0" not in store._vars,
        f"No partitioner was provided, but a partitioned version of the variable was found: {name}/part_0. Perhaps a variable of "
        "the same name was already created with partitioning?",
    )
    return found(name, shape, dtype, initializer)


def _shared(store, name, shape, dtype, reuse):
    found = store._vars[name]
    if reuse in (False, None):
        file, line, function = found.op.place
        where = f'  File "{file}", line {line}, in {function}'
        raise _placed(
            ValueError(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in "
                f"VarScope? Originally defined at:\n\n{where}\n"
            ),
            found,
        )
    shape = TensorShape(shape)
    need(
        shape.is_compatible_with(found.get_shape()),
        f"Trying to share variable {name}, but specified shape {shape} and found shape {found.get_shape()}.",
    )
    need(
        dtype.is_compatible_with(found.dtype),
        f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}.",
    )
    return found


def _placed(error, found):
    error.add_note(f"  Variable '{found.name}', made at {source.show(found.op.place)}")
    return advise(error, "reuse=tf.AUTO_REUSE shares it; another name or scope makes a second one")


def _make(store, name, shape, dtype, initializer, reuse, regularizer, partition_info, named):
    """A new variable of a full name, kept in the store; `named` goes on to `Variable`."""
    shape = TensorShape(shape)
    given = initializer is not None and not callable(initializer)
    if given:
        shape = _value_shape(initializer)
    if reuse is True:
        error = ValueError(
            f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
        raise advise(error, "make it first with reuse=False; reuse=True only finds what is there")
    from_value = given
    if initializer is None:
        initializer, from_value = _default_initializer(name, shape, dtype)
    with init_scope():
        if from_value:
            start, kind = initializer, None
        else:
            if isinstance(initializer, type):
                initializer = initializer()
            start, kind = _starter(initializer, shape, dtype, partition_info)
        made = Variable(initial_value=start, name=name, dtype=kind, **named)
    store._vars[name] = made
    if regularizer:
        with default_graph().colocate_with(made.op), name_scope(name + "/Regularizer/"):
            with init_scope():
                loss = regularizer(made)
            if loss is not None:
                default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    return made


def _value_shape(value):
    if isinstance(value, Tensor) or hasattr(value, "get_shape"):
        return value.get_shape()
    return TensorShape(to_array(value)[0].shape)


def _takes_nothing(initializer):
    try:
        arguments = inspect.signature(initializer).parameters.values()
    except (TypeError, ValueError):
        return False
    return not any(a.default is a.empty and a.kind in (a.POSITIONAL_ONLY, a.POSITIONAL_OR_KEYWORD) for a in arguments)


def _starter(initializer, shape, dtype, partition_info=None):
    """(function without arguments that makes the initial value, dtype)."""
    if shape.is_fully_defined():
        sizes = shape.as_list()
        try:
            names = inspect.signature(initializer).parameters
            wants = "partition_info" in names or any(p.kind is p.VAR_KEYWORD for p in names.values())
        except (TypeError, ValueError):
            wants = False
        if wants:
            return functools.partial(initializer, sizes, dtype=dtype, partition_info=partition_info), dtype.base_dtype
        if names:
            return functools.partial(initializer, sizes, dtype=dtype), dtype.base_dtype
        return initializer, dtype.base_dtype
    if _takes_nothing(initializer):
        return initializer, None
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be provided "
        "or an instance of `tf.keras.initializers.*' and `shape` should be fully defined."
    )


def _default_initializer(name, shape, dtype):
    if dtype.is_floating:
        return initializers.GlorotUniform(), False
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype is dtypes.string:
        return initializers.Zeros(), False
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")
