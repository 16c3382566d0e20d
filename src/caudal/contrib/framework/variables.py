"""Variables as Slim has them: model variables, and those of a scope, by name."""

import functools
import re

import numpy as np

from ...build.scopes import get_variable, get_variable_scope
from ...build.variables import Variable
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import device as device_of
from ...ground import dtypes
from ...ground.api import constant
from ...ground.errors import need
from ...ops.basic import placeholder
from ...ops.control import group
from ...train import global_step
from .arg_scope import add_arg_scope, everywhere

__all__ = ["model_variable", "variable"]

for _name in ("assert_global_step", "create_global_step", "get_global_step", "get_or_create_global_step"):
    for _space in ("contrib.framework.", "contrib.slim."):
        constant(getattr(global_step, _name), _space + _name)


@everywhere("assert_or_get_global_step")
def assert_or_get_global_step(graph=None, global_step_tensor=None):
    """The step counter given, checked; the graph's if none is."""
    if global_step_tensor is None:
        return global_step.get_global_step(graph)
    global_step.assert_global_step(global_step_tensor)
    return global_step_tensor


@everywhere("variable")
@add_arg_scope
def variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=True,
    collections=None,
    caching_device=None,
    device=None,
    partitioner=None,
    custom_getter=None,
    use_resource=None,
    synchronization=None,
    aggregation=None,
):
    """`tf.get_variable` whose collections always hold GLOBAL_VARIABLES, on a device if one is named."""
    collections = set(collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES])
    getter = get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=get_variable_scope().reuse)
    with device_of(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=sorted(collections),
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@everywhere("model_variable")
@add_arg_scope
def model_variable(
    name,
    shape=None,
    dtype=dtypes.float32,
    initializer=None,
    regularizer=None,
    trainable=True,
    collections=None,
    caching_device=None,
    device=None,
    partitioner=None,
    custom_getter=None,
    use_resource=None,
    synchronization=None,
    aggregation=None,
):
    """`variable` that is in MODEL_VARIABLES too."""
    collections = list(collections or [])
    collections += [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@everywhere("local_variable")
def local_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A variable that is not trained, in LOCAL_VARIABLES."""
    return Variable(
        initial_value,
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES],
        validate_shape=validate_shape,
        use_resource=use_resource,
        name=name,
    )


@everywhere("global_variable")
def global_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A variable that is not trained, in GLOBAL_VARIABLES."""
    return Variable(
        initial_value,
        trainable=False,
        collections=[GraphKeys.GLOBAL_VARIABLES],
        validate_shape=validate_shape,
        use_resource=use_resource,
        name=name,
    )


@everywhere("add_model_variable")
def add_model_variable(var):
    """Puts a variable into MODEL_VARIABLES, once."""
    if not any(var is v for v in default_graph().get_collection(GraphKeys.MODEL_VARIABLES)):
        default_graph().add_to_collection(GraphKeys.MODEL_VARIABLES, var)


@everywhere("get_variables")
def get_variables(scope=None, suffix=None, collection=GraphKeys.GLOBAL_VARIABLES):
    """The variables of a collection under a scope, with a suffix."""
    if hasattr(scope, "name") and not isinstance(scope, str):
        scope = scope.name
    if suffix is not None:
        suffix = suffix if ":" in suffix else suffix + ":"
        scope = (scope or "") + ".*" + suffix
    return default_graph().get_collection(collection, scope)


@everywhere("get_model_variables")
def get_model_variables(scope=None, suffix=None):
    """The model's variables under a scope, with a suffix."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


@everywhere("get_local_variables")
def get_local_variables(scope=None, suffix=None):
    """The local variables under a scope, with a suffix."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


@everywhere("get_trainable_variables")
def get_trainable_variables(scope=None, suffix=None):
    """The trainable variables under a scope, with a suffix."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


@everywhere("get_variables_to_restore")
def get_variables_to_restore(include=None, exclude=None):
    """The variables under the scopes `include` and not under `exclude`.

    Raises:
      TypeError: one of them is no list.
    """
    if include is None:
        found = get_variables()
    else:
        if not isinstance(include, (list, tuple)):
            raise TypeError("include is provided but is not a list or a tuple.")
        found = [v for scope in include for v in get_variables(scope)]
    leave = set()
    if exclude is not None:
        if not isinstance(exclude, (list, tuple)):
            raise TypeError("exclude is provided but is not a list or a tuple.")
        leave = {v for scope in exclude for v in get_variables(scope)}
    return [v for v in found if v not in leave]


@everywhere("get_variables_by_suffix")
def get_variables_by_suffix(suffix, scope=None):
    """The variables whose name ends so."""
    return get_variables(scope=scope, suffix=suffix)


@everywhere("get_variables_by_name")
def get_variables_by_name(given_name, scope=None):
    """The variables of that name, below any scope."""
    return get_variables(scope=scope, suffix="/" + given_name + ":|^" + given_name + ":")


@everywhere("get_unique_variable")
def get_unique_variable(var_op_name):
    """The variable whose op has that name.

    Raises:
      ValueError: none, or several.
    """
    found = get_variables(scope=var_op_name)
    need(found, f"Couldn't find variable {var_op_name}")
    for v in found:
        if v.op._name == var_op_name:
            return v
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


@everywhere("get_variable_full_name")
def get_variable_full_name(var):
    """The name of a variable's op."""
    return var._save_slice_info.full_name if var._save_slice_info else var.op.name


@everywhere("assign_from_values")
def assign_from_values(var_names_to_values):
    """(an op that gives variables these values, the feed dict that it needs)."""
    feed, ops = {}, []
    for name, value in var_names_to_values.items():
        found = default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, name)
        need(found, f"Variable {name} wasn't found")
        target = next((v for v in found if v.op.name == name), found[0])
        value = np.asarray(value)
        with device_of(None):
            held = placeholder(target.dtype.base_dtype, target.get_shape(), name="placeholder/" + target.op.name)
        ops.append(target.assign(held))
        feed[held] = value.reshape(target.get_shape().as_list())
    return group(*ops), feed


@everywhere("assign_from_values_fn")
def assign_from_values_fn(var_names_to_values):
    """A function of a session that gives variables these values."""
    op, feed = assign_from_values(var_names_to_values)

    def callback(session):
        return session.run(op, feed)

    return callback


@everywhere("filter_variables")
def filter_variables(var_list, include_patterns=None, exclude_patterns=None, reg_search=True):
    """The variables whose names match one of `include_patterns` and none of `exclude_patterns`."""
    match = re.search if reg_search else re.match
    kept = var_list if include_patterns is None else [v for p in include_patterns for v in var_list if match(p, v.op.name)]
    return [v for v in kept if not any(match(p, v.op.name) for p in exclude_patterns or ())]
