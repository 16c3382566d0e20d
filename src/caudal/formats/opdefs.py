"""Op definitions as TF's OpDef messages."""

from .proto import OpDef

__all__ = ["op_def_message"]


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
        if attr.least is not None:
            made.has_minimum, made.minimum = True, attr.least
    return out
