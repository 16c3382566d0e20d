"""What becomes a tensor when it stands where one is wanted: numbers, lists, arrays, and what others register."""

import collections.abc

import numpy as np

from ..formats.tensors import to_array
from ..ground import dtypes
from ..ground.api import export
from .graph import Operation, Tensor, default_graph
from .opdef import lookup

__all__ = ["constant_node", "convert", "convert_all", "convert_to_tensor", "register"]

_CONST = lookup("Const")
_CONST.infer, _CONST.infer_wants = lambda *, value: [value.shape], ("value",)
_CONST.lower, _CONST.lower_wants = lambda B, *, value: value, ("value",)
_CONST.grad, _CONST.has_gradient = None, True

_rules: list[tuple] = []  # (priority, turn, types, function)
_found: dict[type, list] = {}  # type -> the functions that apply, in order


def constant_node(value, dtype=None, name="Const", shape=None, verify_shape=False):
    """Adds a `Const` node that holds `value`."""
    array, kind = to_array(value, dtype, shape, verify_shape)
    graph = default_graph()
    return graph.add(_CONST, [], {"value": array, "dtype": kind}, graph.node_name(name or "Const")).outputs[0]


def register(kinds, function, priority=100):
    """`function(value, dtype=None, name=None, as_ref=False)` makes tensors of values of these types."""
    _rules.append((priority, len(_rules), kinds, function))
    _rules.sort(key=lambda rule: rule[:2])
    _found.clear()


@export("register_tensor_conversion_function")
def register_tensor_conversion_function(base_type, conversion_func, priority=100):
    """Registers a function that converts objects of a type to tensors.

    Args:
      base_type: a type, or a tuple of types.
      conversion_func: `f(value, dtype=None, name=None, as_ref=False)` -> a `Tensor` or `NotImplemented`.
      priority: lower numbers are asked first; the built-in ones are 100.

    Raises:
      TypeError: `base_type` is no type, or `conversion_func` cannot be called.
    """
    kinds = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(k, type) for k in kinds):
        raise TypeError("base_type must be a type or a tuple of types.")
    if any(issubclass(k, (Tensor,)) for k in kinds) or any(k in (int, float, np.generic, np.ndarray) for k in kinds):
        raise TypeError("Cannot register conversions for Python numeric types and NumPy scalars and arrays.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    register(base_type, conversion_func, priority)


def convert(value, dtype=None, name=None, hint=None, as_ref=False):
    """`value` as a tensor of `dtype` if one is wanted, of `hint` if that can be done.

    Raises:
      TypeError: nothing converts it; ValueError: it has another dtype.
    """
    if isinstance(value, Tensor):
        if dtype is not None and dtype is not value._dtype and not dtype.is_compatible_with(value._dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value._dtype.name}: {value!r}"
            )
        return value
    kind = type(value)
    functions = _found.get(kind)
    if functions is None:
        functions = _found[kind] = [f for _, _, kinds, f in _rules if isinstance(value, kinds)]
    for function in functions:
        made = None
        if dtype is None and hint is not None:
            try:
                made = function(value, dtype=hint, name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                made = None  # it will not be what was preferred, then: as it comes
            else:
                if made is not NotImplemented and made._dtype.base_dtype is not hint.base_dtype:
                    raise TypeError(
                        f"convert_to_tensor did not convert to the preferred dtype: {made._dtype.base_dtype} vs {hint.base_dtype} "
                    )
        if made is None:
            made = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if made is NotImplemented:
            continue
        prefix = f"{name}: " if name else ""
        if not isinstance(made, Tensor):
            raise RuntimeError(f"{prefix}Conversion function {function!r} for type {kind} returned non-Tensor: {made!r}")
        if dtype is not None and not dtype.is_compatible_with(made._dtype):
            raise RuntimeError(
                f"{prefix}Conversion function {function!r} for type {kind} returned incompatible dtype: "
                f"requested = {dtype.name}, actual = {made._dtype.name}"
            )
        return made
    prefix = f"{name}: " if name else ""
    raise TypeError(f"{prefix}Cannot convert {value!r} with type {kind} to Tensor: no conversion function registered.")


def convert_all(values, dtype=None, name=None, hint=None, as_ref=False):
    """Each of `values` as a tensor; the k-th one's node is `<name>_<k>`."""
    if not isinstance(values, collections.abc.Sequence):
        raise TypeError("values must be a sequence.")
    return [convert(v, dtype, None if name is None else f"{name}_{k}", hint, as_ref) for k, v in enumerate(values)]


@export("convert_to_tensor")
def convert_to_tensor(value, dtype=None, name=None, preferred_dtype=None, dtype_hint=None):
    """Converts `value` to a tensor.

    Args:
      value: a tensor, a number, a list, an array, or anything with a registered conversion.
      dtype: the type that it has to have.
      name: the name of the `Const` node, where one is made.
      preferred_dtype: the type that it should have, if it can.
      dtype_hint: the same, under its later name.

    Returns:
      A `Tensor`.

    Raises:
      TypeError: nothing converts it; ValueError: a tensor of another dtype.
    """
    hint = preferred_dtype if dtype_hint is None else dtype_hint
    return convert(
        value,
        None if dtype is None else dtypes.as_dtype(dtype),
        name,
        None if hint is None else dtypes.as_dtype(hint),
    )


def _constant(value, dtype=None, name=None, as_ref=False):
    return constant_node(value, dtype, name or "Const")


def _from_tensor_like(value, dtype=None, name=None, as_ref=False):
    """Anything with `_as_graph_element` (a variable of a user's own) stands for that tensor."""
    inner = getattr(value, "_as_graph_element", None)
    return NotImplemented if inner is None else convert(inner(), dtype, name, None, as_ref)


def _refuse_operation(value, dtype=None, name=None, as_ref=False):
    prefix = f"{name}: " if name else ""
    raise TypeError(f"{prefix}Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function registered.")


register(Operation, _refuse_operation, 0)
register(object, _from_tensor_like, 150)
register(object, _constant, 200)
