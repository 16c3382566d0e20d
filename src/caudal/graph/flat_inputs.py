"""An op's inputs and attributes as `create_op` gets them, and as a graph keeps them: flat, grouped by the op's definition where that is asked for."""

from ..formats import node_def as messages

__all__ = ["attr_value", "in_groups", "told_by"]


def attr_value(value):
    """An attribute as `create_op` may get it: an `AttrValue` message, or a Python value."""
    if hasattr(value, "WhichOneof"):
        return messages.attr_to_python(value)
    return value.encode() if isinstance(value, str) else value


def in_groups(op, inputs, attrs):
    """Flat inputs as the definition groups them."""
    out, k = [], 0
    for arg in op.inputs:
        if not arg.is_list:
            out.append((arg, inputs[k : k + 1]))
            k += 1
            continue
        n = attrs.get(arg.number_attr) if arg.number_attr else len(attrs.get(arg.list_attr) or ()) or None
        n = len(inputs) - k - (len(op.inputs) - len(out) - 1) if n is None else n
        out.append((arg, inputs[k : k + n]))
        k += n
    return out


def told_by(op, grouped):
    """The attributes that inputs tell."""
    attrs = {}
    for arg, tensors in grouped:
        kinds = [t._dtype.base_dtype for t in tensors]
        if arg.number_attr:
            attrs[arg.number_attr] = len(tensors)
        if arg.list_attr:
            attrs[arg.list_attr] = kinds
        elif arg.type_attr and kinds:
            attrs[arg.type_attr] = kinds[0]
    return attrs
