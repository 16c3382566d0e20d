"""Graphs, nodes and attributes as TF's messages, and attributes of messages as Python values."""

import numpy as np

from ..ground import dtypes
from ..ground.shapes import TensorShape
from .proto import AttrValue, GraphDef, NodeDef, TensorProto, VersionDef
from .tensor_proto import make_ndarray, to_proto

__all__ = ["attr_to_python", "attribute", "graph_def", "node_def", "versions"]

_PRODUCER = 134  # of TF 1.15


def versions():
    """The versions of the format that TF 1.15 writes."""
    return VersionDef(producer=_PRODUCER)


def shape_message(dims):
    """A tuple of dimensions as a message."""
    return TensorShape._of(dims).as_proto()


def _kind(op, name, value):
    """The kind of an attribute: by its definition, or by what it holds."""
    attr = op._def.attrs.get(name)
    if attr is not None:
        return attr.kind
    if isinstance(value, list):
        return "list(string)" if not value or isinstance(value[0], bytes) else f"list({_kind_of(value[0])})"
    return _kind_of(value)


def _kind_of(value):
    if isinstance(value, AttrValue):
        return "message"
    for types, kind in (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        ((bytes, str), "string"),
        (dtypes.DType, "type"),
        (tuple, "shape"),
        (np.ndarray, "tensor"),
    ):
        if isinstance(value, types):
            return kind
    return "func"


def message(op, name, value):
    """An attribute's Python value as an `AttrValue`."""
    out = AttrValue()
    _fill(out, _kind(op, name, value), value, op.attrs.get("dtype"))
    return out


def value_message(kind, value, dtype=None):
    """A Python value as an `AttrValue` of a kind ("int", "list(type)"); `dtype` is a tensor's."""
    out = AttrValue()
    _fill(out, kind, value, dtype)
    return out


def _fill(out, kind, value, dtype):
    if kind == "message":
        out.CopyFrom(value)
    elif kind.startswith("list("):
        out.list.SetInParent()
        for one in value:
            _put(out.list, kind[5:-1], one, True, dtype)
    else:
        _put(out, kind, value, False, dtype)


_FIELDS = {"bool": "b", "int": "i", "float": "f", "type": "type"}


def _put(out, kind, value, in_list, dtype):
    if kind in _FIELDS:
        value = value.as_datatype_enum if kind == "type" else value
        if in_list:
            getattr(out, _FIELDS[kind]).append(value)
        else:
            setattr(out, _FIELDS[kind], value)
    elif kind == "string":
        value = value.encode() if isinstance(value, str) else value
        if in_list:
            out.s.append(value)
        else:
            out.s = value
    elif kind == "shape":
        made = shape_message(value)
        (out.shape.add() if in_list else out.shape).CopyFrom(made)
    elif kind == "tensor":
        made = value if isinstance(value, TensorProto) else to_proto(value, dtype)
        (out.tensor.add() if in_list else out.tensor).CopyFrom(made)
    else:
        (out.func.add() if in_list else out.func).name = value if isinstance(value, str) else getattr(value, "name", str(value))


def node_def(op):
    """An operation as a `NodeDef`."""
    out = NodeDef()
    _write(op, out)
    return out


def _write(op, out):
    """Writes an operation into an empty `NodeDef` where that lies, without a copy."""
    out.name, out.op, out.device = op._name, op.type, op._device
    out.input.extend(t._as_node_def_input() for t in op._inputs)
    out.input.extend(sorted("^" + c._name for c in op._controls))
    for key, value in op.attrs.items():
        if value is not None or (key in op._def.attrs and op._def.attrs[key].kind == "shape"):
            _fill(out.attr[key], _kind(op, key, value), value, op.attrs.get("dtype"))


def attribute(op, name):
    """`Operation.get_attr`."""
    if name not in op.attrs:
        raise ValueError(f"Operation '{op._name}' has no attr named '{name}'.")
    value = op.attrs[name]
    kind = _kind(op, name, value)
    if kind == "shape":
        return shape_message(value)
    if kind == "list(shape)":
        return [shape_message(v) for v in value]
    if kind in ("tensor", "func", "message", "list(func)"):
        return _plain(message(op, name, value), kind)
    return list(value) if isinstance(value, list) else value


def _plain(made, kind):
    return {"tensor": lambda: made.tensor, "func": lambda: made.func, "list(func)": lambda: list(made.list.func)}.get(
        kind, lambda: attr_to_python(made)
    )()


def attr_to_python(value):
    """An `AttrValue` as the value that the graph keeps."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "list":
        return _list(value.list)
    if kind == "type":
        return dtypes.as_dtype(value.type)
    if kind == "shape":
        return TensorShape(value.shape)._tuple
    if kind == "tensor":
        return make_ndarray(value.tensor)
    if kind == "func":
        return value.func.name
    return getattr(value, kind)


def _list(values):
    for field in ("s", "i", "f", "b"):
        if len(getattr(values, field)):
            return list(getattr(values, field))
    if len(values.type):
        return [dtypes.as_dtype(t) for t in values.type]
    if len(values.shape):
        return [TensorShape(s)._tuple for s in values.shape]
    if len(values.tensor):
        return [make_ndarray(t) for t in values.tensor]
    return [f.name for f in values.func]


def graph_def(graph, add_shapes=False):
    """A graph as a `GraphDef`."""
    out = GraphDef(versions=versions())
    for op in graph._ops:
        made = out.node.add()
        _write(op, made)
        if add_shapes and op.outputs:
            _fill(made.attr["_output_shapes"], "list(shape)", [t.dims for t in op.outputs], None)
    out.library.function.extend(graph._functions.values())
    return out
