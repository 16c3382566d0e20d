"""Nodes of a GraphDef held against the definitions of their types, as TF does when it reads them, and in TF's words."""

from ..ground import dtypes
from ..ground.errors import InvalidArgumentError
from .node_def import attr_to_python
from .opdefs import summary, type_name
from .proto import DataType

__all__ = ["attributes", "input_types", "output_types", "refuse"]

_FIELDS = {
    "string": "s",
    "int": "i",
    "float": "f",
    "bool": "b",
    "type": "type",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}
_KINDS = {field: kind for kind, field in _FIELDS.items()}
_NAMED = {number: name for name, number in DataType.items()}


def refuse(message):
    """Raises TF's InvalidArgumentError, which importers turn into ValueError."""
    raise InvalidArgumentError(None, None, message)


def attributes(op, node, name):
    """The attributes of a node as Python values, those left out by their defaults.

    Args:
      op: the `OpDef` of its type.
      node: the `NodeDef`.
      name: the name that it will have, for errors.

    Raises:
      InvalidArgumentError: an attribute is missing, unknown, of a wrong kind or out of its range.
    """
    out, where = {}, f"; NodeDef: {{{{node {name}}}}}"
    wrong = _Refusal(op, where)
    for key, value in node.attr.items():
        if key not in op.attrs:
            if not key.startswith("_"):
                refuse(
                    f"NodeDef mentions attr '{key}' not in {summary(op)}{where}. (Check whether your GraphDef-interpreting "
                    "binary is up to date with your GraphDef-generating binary.)."
                )
            out[key] = attr_to_python(value)
            continue
        if value.WhichOneof("value") is not None:
            _check(op.attrs[key], value, wrong)
            out[key] = _plain(op.attrs[key], value)
    missing = [a.name for a in op.attr_order if a.name not in out and not a.has_default]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        refuse(f"NodeDef missing attr{plural} '{', '.join(missing)}' from {summary(op)}{where}")
    for attr in op.attr_order:
        if attr.name not in out:
            out[attr.name] = list(attr.default) if isinstance(attr.default, list) else attr.default
    return out


def _plain(attr, value):
    """The value as graphs keep it."""
    if attr.kind == "type":
        return dtypes.as_dtype(value.type)
    return attr_to_python(value)


class _Refusal:
    """The end of a message about a node's attribute, made only if it is needed."""

    __slots__ = ("op", "where")

    def __init__(self, op, where):
        self.op, self.where = op, where

    def __call__(self, message):
        refuse(f"{message}\n\t{self.where}; {summary(self.op)}")


def _check(attr, value, wrong):
    kind = value.WhichOneof("value")
    if kind == "placeholder":
        wrong(f"AttrValue had value with unexpected type 'placeholder'\n\t for attr '{attr.name}'")
    if kind == "list":
        _check_list(attr, value.list, wrong)
        return
    _same_kind(attr, _KINDS[kind], wrong)
    if kind == "type":
        _check_type(attr, value.type, wrong)
    elif kind == "i" and attr.least is not None and value.i < attr.least:
        wrong(f"Value for attr '{attr.name}' of {value.i} must be at least minimum {attr.least}")
    elif kind == "s" and attr.allowed and value.s.decode("latin1") not in attr.allowed:
        allowed = '", "'.join(attr.allowed)
        wrong(f'Value for attr \'{attr.name}\' of "{value.s.decode("latin1")}" is not in the list of allowed values: "{allowed}"')


def _same_kind(attr, kind, wrong):
    if kind != attr.kind:
        wrong(f"AttrValue had value with type '{kind}' when '{attr.kind}' expected\n\t for attr '{attr.name}'")


def _check_list(attr, values, wrong):
    held = [f"list({_KINDS[field.name]})" for field, _ in values.ListFields()]
    if len(held) > 1 or not attr.kind.startswith("list("):
        _same_kind(attr, held[0] if held else "list", wrong)
    if held:
        _same_kind(attr, held[0], wrong)
    for number in values.type:
        _check_type(attr, number, wrong)
    size = sum(len(entries) for _, entries in values.ListFields())
    if attr.least is not None and size < attr.least:
        wrong(f"Length for attr '{attr.name}' of {size} must be at least minimum {attr.least}")


def _check_type(attr, number, wrong):
    if number not in _NAMED:
        wrong(f"Attr '{attr.name}' has invalid enum value {number}")
    if number == 0 or number > 100:
        wrong(f"AttrValue must not have value {_NAMED[number]}\n\t for attr '{attr.name}'")
    if attr.allowed and dtypes.as_dtype(number) not in attr.allowed:
        allowed = ", ".join(type_name(a) for a in attr.allowed)
        wrong(
            f"Value for attr '{attr.name}' of {type_name(dtypes.as_dtype(number))} is not in the list of allowed values: {allowed}"
        )


def _types(args, attrs):
    out = []
    for arg in args:
        if arg.list_attr:
            kinds = attrs[arg.list_attr]
        else:
            kinds = [arg.dtype or attrs[arg.type_attr]] * (attrs[arg.number_attr] if arg.number_attr else 1)
        out += [k._as_ref for k in kinds] if arg.is_ref else kinds
    return out


def input_types(op, attrs, count, name):
    """The dtypes that a node with these attributes takes.

    Args:
      op: the `OpDef`.
      attrs: its attributes.
      count: how many inputs it has.
      name: for errors.

    Raises:
      InvalidArgumentError: it has another number of inputs.
    """
    types = _types(op.inputs, attrs)
    if len(types) != count:
        shown = ", ".join(type_name(t) for t in types)
        refuse(
            f"NodeDef expected inputs '{shown}' do not match {count} inputs specified; {summary(op)}; NodeDef: {{{{node {name}}}}}"
        )
    return types


def output_types(op, attrs):
    """The dtypes that a node with these attributes gives."""
    return _types(op.outputs, attrs)
