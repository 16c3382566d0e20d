"""Op definitions as TF's OpDef messages, and in TF's words."""

from ..ground.dtypes import DType
from .node_def import value_message
from .proto import DataType, OpDef

__all__ = ["op_def_message", "summary"]

_FLAGS = ("is_commutative", "is_aggregate", "is_stateful")


def op_def_message(definition):
    """A definition as an `OpDef` message."""
    out = OpDef(
        name=definition.name,
        is_stateful=definition.is_stateful,
        is_commutative=definition.is_commutative,
        is_aggregate=definition.is_aggregate,
        allows_uninitialized_input=definition.allows_uninitialized,
    )
    for side, args in ((out.input_arg, definition.inputs), (out.output_arg, definition.outputs)):
        for arg in args:
            made = side.add(name=arg.name, is_ref=arg.is_ref)
            if arg.dtype is not None:
                made.type = arg.dtype.as_datatype_enum
            made.type_attr, made.number_attr = arg.type_attr or "", arg.number_attr or ""
            made.type_list_attr = arg.list_attr or ""
    for attr in definition.attr_order:
        made = out.attr.add(name=attr.name, type=attr.kind)
        if attr.has_default and attr.kind not in ("tensor", "func"):
            made.default_value.CopyFrom(value_message(attr.kind, attr.default))
        if attr.least is not None:
            made.has_minimum, made.minimum = True, attr.least
        if attr.allowed:
            made.allowed_values.CopyFrom(value_message(f"list({attr.kind.removeprefix('list(').rstrip(')')})", attr.allowed))
    return out


def summary(definition):
    """A definition in TF's words: `Op<name=Neg; signature=x:T -> y:T; attr=T:type,allowed=[DT_FLOAT]>`."""
    parts = [f"name={definition.name}", f"signature={_arguments(definition.inputs)} -> {_arguments(definition.outputs)}"]
    for attr in definition.attr_order:
        text = f"attr={attr.name}:{attr.kind}"
        if attr.has_default:
            text += ",default=" + _shown(attr.default, attr.kind)
        if attr.least is not None:
            text += f",min={attr.least}"
        if attr.allowed:
            text += ",allowed=" + _shown(attr.allowed)
        parts.append(text)
    parts += [flag + "=true" for flag in _FLAGS if getattr(definition, flag)]
    if definition.allows_uninitialized:
        parts.append("allows_uninitialized_input=true")
    return f"Op<{'; '.join(parts)}>"


_CPP = {"float32": "float", "float64": "double", "float16": "half"}


def type_name(dtype):
    """A dtype's name in C++'s words: `float`, `int32_ref`."""
    base = _CPP.get(dtype.base_dtype.name, dtype.base_dtype.name)
    return base + ("_ref" if dtype._is_ref_dtype else "")


def _arguments(args):
    return ", ".join(f"{arg.name}:{_argument(arg)}" for arg in args)


def _argument(arg):
    text = type_name(arg.dtype) if arg.dtype is not None else arg.type_attr or arg.list_attr
    text = f"{arg.number_attr}*{text}" if arg.number_attr else text
    return f"Ref({text})" if arg.is_ref else text


def _shown(value, kind=""):
    """An attribute's value as TF prints it."""
    if isinstance(value, list):
        return f"[{', '.join(_shown(v) for v in value)}]"
    if isinstance(value, DType):
        return DataType.Name(value.as_datatype_enum)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (bytes, str)):
        return f'"{value.decode("latin1") if isinstance(value, bytes) else value}"'
    if kind == "shape":
        return "<unknown>" if value is None else "[" + ",".join("?" if d is None else str(d) for d in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)
