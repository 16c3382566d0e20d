"""`apply` adds one node: it converts the inputs, works out the attributes, and refuses what TF refuses, in TF's words."""

import numpy as np

from ..ground import dtypes
from ..ground.shapes import dims_of
from .convert import convert, convert_all
from .graph import Tensor, graph_of
from .notes import by_node

__all__ = ["apply"]


def apply(op, *values, name=None, **given):
    """Adds a node of type `op` to the graph of its inputs.

    Args:
      op: the `OpDef`.
      *values: one for each input of the op's definition (a list for a list); tensors or what converts to them.
      name: the node's name; the type's by default.
      **given: attributes that the inputs don't tell. One left out, or None, has its default.

    Returns:
      What the op gives: a tensor, a list for a list, a tuple of these by the outputs' names for several, the `Operation` for nothing.

    Raises:
      TypeError: an input of a wrong type; ValueError: shapes that don't fit, an attribute out of its range.
    """
    graph = graph_of(values)
    scope = graph.open_scope(op.name if name is None else name)
    before, graph._name_stack = graph._name_stack, scope
    depth = graph.push()
    try:
        attrs = {}
        inputs = []
        source = {}  # attribute -> the input that told it
        for arg, value in zip(op.inputs, values, strict=True):
            if arg.is_list:
                _take_list(op, arg, value, attrs, source, inputs)
            else:
                inputs.append(_take(op, arg, value, attrs, source))
        made = graph.add(op, inputs, _attributes(op, attrs, given), scope)
    except (TypeError, ValueError) as error:
        fix = "tf.cast one of them" if "that does not match type" in str(error) else None
        by_node(error, scope, op, values, fix)
        raise
    finally:
        graph.pop(depth)
        graph._name_stack = before
    return result(op, made)


def result(op, made):
    """What a user gets of a new operation: its outputs in the shape of the op's definition."""
    outputs = made.outputs
    if not op.outputs:
        return made
    if len(op.outputs) == 1:
        return list(outputs) if op.outputs[0].is_list else outputs[0]
    out, k = [], 0
    for arg in op.outputs:
        if arg.is_list:
            n = made.attrs[arg.number_attr] if arg.number_attr else len(made.attrs[arg.list_attr])
            out.append(list(outputs[k : k + n]))
            k += n
        else:
            out.append(outputs[k])
            k += 1
    return op.tuple_type._make(out)


def _take(op, arg, value, attrs, source):
    """One input as a tensor; its type goes into `attrs`."""
    key = arg.type_attr
    want = arg.dtype or attrs.get(key)
    if type(value) is Tensor and not arg.is_ref:
        kind = value._dtype.base_dtype
        if kind is want:
            return value
        if want is None and key:
            return _infer_type(op, arg, value, kind, attrs, source)
    hint = None if want is not None or key is None else op.attrs[key].default
    try:
        tensor = convert(value, want, arg.name, hint, arg.is_ref)
    except TypeError as error:
        if want is None:
            raise
        raise TypeError(
            f"Expected {want.name} passed to parameter '{arg.name}' of op '{op.name}', got {value!r} of "
            f"type '{type(value).__name__}' instead. Error: {error}"
        ) from None
    except ValueError:
        raise _wrong_type(op, arg, value, attrs, source) from None
    kind = tensor._dtype.base_dtype
    if key is not None:
        if key in attrs:
            if attrs[key] is not kind:
                raise TypeError(
                    f"Input '{arg.name}' of '{op.name}' Op has type {kind.name} that does not match type "
                    f"{attrs[key].name} of argument '{source[key]}'."
                )
        else:
            _infer_type(op, arg, tensor, kind, attrs, source)
    if arg.is_ref and not tensor._dtype._is_ref_dtype:
        raise TypeError(f"'{op.name}' Op requires that input '{arg.name}' be a mutable tensor (e.g.: a tf.Variable)")
    return tensor


def _infer_type(op, arg, tensor, kind, attrs, source):
    _allow(op, arg, kind, op.attrs[arg.type_attr].allowed)
    attrs[arg.type_attr], source[arg.type_attr] = kind, arg.name
    return tensor


def _wrong_type(op, arg, value, attrs, source):
    """The error for an input that would not become the type it has to have."""
    try:
        seen = convert(value, None, None, None, arg.is_ref)._dtype.name
    except ValueError as error:
        return ValueError(f"Tried to convert '{arg.name}' to a tensor and failed. Error: {error}")
    start = f"Input '{arg.name}' of '{op.name}' Op has type {seen} that does not match"
    if arg.dtype is not None:
        return TypeError(f"{start} expected type of {arg.dtype.name}.")
    key = arg.type_attr
    if key not in attrs:
        attrs[key], source[key] = op.attrs[key].default, "Default in OpDef"
    return TypeError(f"{start} type {attrs[key].name} of argument '{source.get(key)}'.")


def _allow(op, arg, kind, allowed):
    if allowed is not None and kind not in allowed:
        raise TypeError(
            f"Value passed to parameter '{arg.name}' has DataType {kind.name} not in list of allowed values: "
            + ", ".join(a.name for a in allowed)
        )


def _take_list(op, arg, values, attrs, source, inputs):
    """A list input as tensors; length and types go into `attrs`."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"Expected list for '{arg.name}' argument to '{op.name}' Op, not {values}.")
    want = hint = None
    key = arg.type_attr
    if arg.dtype is not None:
        want = arg.dtype
    elif arg.number_attr:
        want = attrs.get(key) or next((v._dtype for v in values if isinstance(v, Tensor)), None)
        if want is None:
            hint = op.attrs[key].default
    if want is not None and not arg.is_ref:
        want = want.base_dtype
    tensors = _convert_list(op, arg, values, want, hint, attrs)
    kinds = [t._dtype.base_dtype for t in tensors]
    if arg.number_attr:
        _length(op, arg, len(tensors), attrs, source)
        if arg.dtype is None and key not in attrs:
            if not kinds:
                raise TypeError(
                    f"Don't know how to infer type variable from empty input list passed to input '{arg.name}' of '{op.name}' Op."
                )
            _infer_type(op, arg, None, kinds[0], attrs, source)
    elif arg.list_attr in attrs:
        if attrs[arg.list_attr] != kinds:
            show = [", ".join(k.name for k in both) for both in (kinds, attrs[arg.list_attr])]
            raise TypeError(
                f"Input '{arg.name}' of '{op.name}' Op has type list of {show[0]} that does not match type "
                f"list {show[1]} of argument '{source[arg.list_attr]}'."
            )
    else:
        for kind in kinds:
            _allow(op, arg, kind, op.attrs[arg.list_attr].allowed)
        attrs[arg.list_attr], source[arg.list_attr] = kinds, arg.name
    if arg.is_ref and not all(t._dtype._is_ref_dtype for t in tensors):
        raise TypeError(f"'{op.name}' Op requires that input '{arg.name}' be a mutable tensor (e.g.: a tf.Variable)")
    inputs.extend(tensors)


def _convert_list(op, arg, values, want, hint, attrs):
    try:
        tensors = convert_all(values, want, arg.name, hint, arg.is_ref)
        if arg.number_attr and len({t._dtype.base_dtype for t in tensors}) > 1:
            raise TypeError("several types")
        return tensors
    except (TypeError, ValueError):
        seen = []
        for value in values:
            try:
                seen.append(convert(value, None, None, None, arg.is_ref)._dtype.base_dtype.name)
            except (TypeError, ValueError):
                seen.append("<NOT CONVERTIBLE TO TENSOR>")
    start = f"Tensors in list passed to '{arg.name}' of '{op.name}' Op have types [{', '.join(seen)}]"
    if not arg.number_attr:
        raise TypeError(f"{start} that are invalid. Tensors: {values}")
    if arg.dtype is not None:
        raise TypeError(f"{start} that do not match expected type {want.name}.")
    if arg.type_attr in attrs:
        raise TypeError(f"{start} that do not match type {want.name} inferred from earlier arguments.")
    raise TypeError(f"{start} that don't all match.")


def _length(op, arg, n, attrs, source):
    key = arg.number_attr
    if key in attrs:
        if n != attrs[key]:
            raise ValueError(
                f"List argument '{arg.name}' to '{op.name}' Op with length {n} must match length {attrs[key]} "
                f"of argument '{source[key]}'."
            )
        return
    attrs[key], source[key] = n, arg.name
    least = op.attrs[key].least
    if least is not None and n < least:
        raise ValueError(f"List argument '{arg.name}' to '{op.name}' Op with length {n} shorter than minimum length {least}.")


def _attributes(op, attrs, given):
    """All attributes of a node, in the definition's order: told by inputs, given, or by default."""
    out = {}
    for attr in op.attr_order:
        key = attr.name
        if key in attrs:
            if key in given and given[key] is not None:
                raise TypeError(f"Should not specify value for inferred attr '{key}'.")
            out[key] = attrs[key]
            continue
        value = given.get(key)
        if value is None and (attr.has_default or attr.kind == "shape"):
            out[key] = list(attr.default) if type(attr.default) is list else attr.default
        elif value is None and key not in given:
            raise TypeError(f"No argument for attr {key}")
        else:
            out[key] = _make(op, attr, value)
    if len(given) > 0:
        for key in given:
            if key not in op.attrs:
                if not key.startswith("_"):
                    raise TypeError(f"apply_op() got unexpected keyword arguments: {key}")
                out[key] = given[key]
    return out


def _make(op, attr, value):
    """An attribute's value, checked."""
    kind, key = attr.kind, attr.name
    if kind.startswith("list("):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"Expected list for attr {key}")
        if attr.least is not None and len(value) < attr.least:
            raise ValueError(f"Attr '{key}' of '{op.name}' Op passed list of length {len(value)} less than minimum {attr.least}.")
        made = [_MAKE[kind[5:-1]](v, key) for v in value]
        if kind == "list(type)" and attr.allowed:
            for one in made:
                _allow_attr(op, attr, one)
        return made
    made = _MAKE[kind](value, key)
    if kind == "int" and attr.least is not None and made < attr.least:
        raise ValueError(f"Attr '{key}' of '{op.name}' Op passed {made} less than minimum {attr.least}.")
    if attr.allowed:
        _allow_attr(op, attr, made)
    return made


def _allow_attr(op, attr, made):
    if attr.kind == "string":
        if made.decode() not in attr.allowed:
            allowed = '", "'.join(attr.allowed)
            raise ValueError(f"Attr '{attr.name}' of '{op.name}' Op passed string '{made.decode()}' not in: \"{allowed}\".")
    elif made not in attr.allowed:
        raise TypeError(
            f"Value passed to parameter '{attr.name}' has DataType {made.name} not in list of allowed values: "
            + ", ".join(a.name for a in attr.allowed)
        )


def _make_bool(value, key):
    if not isinstance(value, bool):
        raise TypeError(f"Expected bool for argument '{key}' not {value!r}.")
    return value


def _make_int(value, key):
    if type(value) is int:
        return value
    if isinstance(value, str):
        raise TypeError(f"Expected int for argument '{key}' not {value!r}.")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument '{key}' not {value!r}.") from None


def _make_float(value, key):
    try:
        return float(np.float32(value))  # an attribute holds 32 bits
    except (TypeError, ValueError):
        raise TypeError(f"Expected float for argument '{key}' not {value!r}.") from None


def _make_string(value, key):
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise TypeError(f"Expected string for argument '{key}' not {value!r}.")
    return value


def _make_type(value, key):
    try:
        return dtypes.as_dtype(value).base_dtype
    except TypeError as error:
        raise TypeError(f"Expected DataType for argument '{key}' not {value!r}.") from error


def _make_shape(value, key):
    try:
        return dims_of(value)
    except TypeError as error:
        raise TypeError(f"Error converting {key} to a TensorShape: {error}.") from None
    except ValueError as error:
        raise ValueError(f"Error converting {key} to a TensorShape: {error}.") from None


_MAKE = {
    "bool": _make_bool,
    "int": _make_int,
    "float": _make_float,
    "string": _make_string,
    "type": _make_type,
    "shape": _make_shape,
    "func": lambda value, key: value,
    "tensor": lambda value, key: value,
}
