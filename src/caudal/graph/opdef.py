"""What each op type takes and gives (TF's own list, ops.txt), and what we know of it: its shape rule,
gradient and lowering, declared once by `define`."""

import collections
import functools
import inspect
import os
import re

from ..ground.dtypes import as_dtype, resource

__all__ = ["Arg", "Attr", "OpDef", "gradient", "lookup", "parse", "wants"]

_LIST = os.path.join(os.path.dirname(__file__), "ops.txt")


class Arg:
    """One input or output of an op type.

    `dtype` is fixed, or `type_attr` names the attribute that holds it; `number_attr` holds the length
    of a list of one type, `list_attr` the types of a list of several.
    """

    __slots__ = ("dtype", "is_list", "is_ref", "list_attr", "name", "number_attr", "type_attr")

    def __init__(self, name, kind, attrs):
        self.name, self.dtype, self.type_attr, self.number_attr, self.list_attr = name, None, None, None, None
        self.is_ref = kind.startswith("Ref ")
        kind = kind.removeprefix("Ref ")
        if " * " in kind:
            self.number_attr, kind = kind.split(" * ")
            self.is_ref, kind = self.is_ref or kind.startswith("Ref "), kind.removeprefix("Ref ")
        if kind in attrs:
            self.list_attr = kind if attrs[kind].kind == "list(type)" else None
            self.type_attr = None if self.list_attr else kind
        else:
            self.dtype = as_dtype(kind)
        self.is_list = bool(self.number_attr or self.list_attr)


class Attr:
    """One attribute of an op type: its kind ("type", "list(int)", ...), default, least value, allowed values."""

    __slots__ = ("allowed", "default", "has_default", "kind", "least", "name")

    def __init__(self, name, text):
        self.name, self.allowed, self.least = name, None, None
        text, equals, default = _split_default(text)
        self.has_default = bool(equals)
        if " >= " in text:
            text, least = text.split(" >= ")
            self.least = int(least)
        if " in {" in text:
            text, allowed = text[:-1].split(" in {")
            self.allowed = allowed.split(", ")
        self.kind = text
        if self.kind == "type" and self.allowed:
            self.allowed = [as_dtype(a) for a in self.allowed]
        if self.kind == "list(type)" and self.allowed:
            self.allowed = [as_dtype(a) for a in self.allowed]
        self.default = _value(self.kind, default) if equals else None


def _split_default(text):
    match = re.match(r"^((?:list\(\w+\)|\w+)(?: in \{[^}]*\})?(?: >= -?\d+)?)(?: =( ?.*))?$", text, re.S)
    if not match:
        raise ValueError(f"ops.txt: {text!r}")
    head, tail = match.groups()
    return (head, True, tail.strip(" ")) if tail is not None else (head, False, "")


def _value(kind, text):
    """A default as ops.txt writes it, as a Python value."""
    if kind.startswith("list("):
        inner = text.strip("[]")
        return [_value(kind[5:-1], part.strip()) for part in inner.split(",")] if inner else []
    if kind == "type":
        return as_dtype(text)
    if kind == "bool":
        return text == "True"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "string":
        return text.replace("\\n", "\n").encode("latin1")
    if kind == "shape":
        return (
            None
            if text == "unknown"
            else tuple(None if d in ("?", "-1", "None") else int(d) for d in re.findall(r"\?|None|-?\d+", text))
        )
    return text or None  # func, tensor


class OpDef:
    """One op type: what it takes and gives, its rule for shapes, its gradient, its lowering.

    `infer(*inputs, <attributes by keyword>)` gives the outputs' shapes as tuples, `lower(B, *arrays, <attributes>)`
    the outputs themselves, `grad(op, *dys)` adds the nodes of the slope and gives one tensor (or None) an input.
    A rule names the attributes that it wants as keyword-only arguments; `op` is the operation itself, `state` a
    cell of its own that lasts as long as the session.
    """

    def __init__(self, name, inputs, outputs, attrs, flags):
        self.name, self.inputs, self.outputs, self.attrs = name, inputs, outputs, attrs
        self.is_stateful = "is_stateful" in flags
        self.is_commutative = "is_commutative" in flags
        self.is_aggregate = "is_aggregate" in flags
        self.allows_uninitialized = "allows_uninitialized_input" in flags
        self.infer = self.grad = self.lower = None
        self.infer_wants = self.lower_wants = ()
        self.has_gradient = False  # a rule was registered, be it "there is none"
        self.host = self.dynamic = False
        self.static = ()
        self.lengths, self.steady = (), None
        self.begin = None
        self.control = False
        self.pure = not self.is_stateful and not any(a.is_ref or a.dtype is resource for a in inputs)
        self.takes_refs = any(a.is_ref for a in inputs)
        self.simple_inputs = not any(a.is_list or a.is_ref for a in inputs)
        self.attr_order = list(attrs.values())

    @functools.cached_property
    def tuple_type(self):
        """The class of what an op of several outputs gives: a tuple whose fields have the outputs' names."""
        return collections.namedtuple(self.name, [a.name for a in self.outputs])

    def __repr__(self):
        return f"<OpDef {self.name}>"


@functools.cache
def _lines():
    with open(_LIST, encoding="utf-8") as file:
        return {line.split("(", 1)[0]: line.rstrip("\n") for line in file if line.strip()}


_LINE = re.compile(r"^(\w+)\((.*?)\) -> \((.*?)\)(?: \[(.*)\])?(?:  ([\w ]+))?$", re.S)
_known: dict[str, OpDef] = {}


def lookup(name):
    """The `OpDef` of an op type.

    Raises:
      KeyError: TF 1.15 has none of that name.
    """
    found = _known.get(name)
    if found is None:
        found = _known[name] = parse(_lines()[name])
    return found


def names():
    """All op types that TF 1.15 registers, and ours."""
    return sorted({*_lines(), *_known})


def parse(line):
    """The `OpDef` of a line as ops.txt has them."""
    match = _LINE.match(line)
    if not match:
        raise ValueError(f"ops.txt: {line!r}")
    name, inputs, outputs, attrs, flags = match.groups()
    table = {}
    for part in (attrs or "").split("; ") if attrs else []:
        key, kind = part.split(": ", 1)
        table[key] = Attr(key, kind)
    args = [[Arg(*pair.split(": "), table) for pair in side.split(", ")] if side else [] for side in (inputs, outputs)]
    return OpDef(name, args[0], args[1], table, (flags or "").split())


def wants(rule):
    """The keyword-only arguments of a rule: the attributes that it asks for."""
    if rule is None:
        return ()
    code = getattr(rule, "__code__", None)
    if code is None or hasattr(rule, "__wrapped__"):
        return tuple(inspect.getfullargspec(rule).kwonlyargs)
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]  # the same, quicker


def gradient(name, rule):
    """Registers `rule(op, *dys)` as the gradient of an op type; None says that there is none by nature."""
    op = lookup(name)
    op.grad, op.has_gradient = rule, True
    return rule
