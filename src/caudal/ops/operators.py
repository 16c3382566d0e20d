"""Gives Tensor its operators, so that graph.py imports no op. `+` is AddV2, named "add"."""

from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.convert import convert_to_tensor, register
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from . import elementwise as e
from .matmul import matmul
from .segment import unsorted_segment_sum
from .slicing import getitem
from .sparse_math import dense_times

__all__ = ["OPERATORS"]


def _plain(kind):
    node = e.NODES[kind]
    return lambda x, y, name: node(x, y, name=name)


def _add(x, y, name):
    if x._dtype.base_dtype is dtypes.string:
        return e.NODES["Add"](x, y, name=name)
    return e.NODES["AddV2"](x, y, name=name)


def _multiply(x, y, name):
    if isinstance(y, SparseTensor):
        return SparseTensor(y.indices, dense_times(y.indices, y.values, y.dense_shape, x, name=name), y.dense_shape)
    return e.NODES["Mul"](x, y, name=name)


OPERATORS = {
    "add": _add,
    "sub": _plain("Sub"),
    "mul": _multiply,
    "div": e.div,
    "truediv": e.true_divide,
    "floordiv": e.floordiv,
    "mod": _plain("FloorMod"),
    "pow": e.pow,
    "and": _plain("LogicalAnd"),
    "or": _plain("LogicalOr"),
    "xor": e.logical_xor,
    "matmul": lambda x, y, name: matmul(x, y, name=name),
}


def _binary(name, function):
    def forward(x, y):
        with name_scope(None, name, [x, y]) as scope:
            if isinstance(y, SparseTensor):
                return function(x, y, scope)
            try:
                y = convert_to_tensor(y, dtype_hint=x._dtype.base_dtype, name="y")
            except TypeError:
                if hasattr(type(y), f"__r{name}__"):
                    return NotImplemented
                raise
            return function(x, y, scope)

    def backward(y, x):
        with name_scope(None, name, [x, y]) as scope:
            x = convert_to_tensor(x, dtype=y._dtype.base_dtype, name="x")
            return function(x, y, scope)

    return forward, backward


def _compare(kind, name):
    def call(x, y):
        return e.PLAIN[kind](x, y)

    call.__name__ = name
    return call


def _install():
    for name, function in OPERATORS.items():
        forward, backward = _binary(name, function)
        setattr(Tensor, f"__{name}__", forward)
        setattr(Tensor, f"__r{name}__", backward)
    for kind, name in (("Less", "lt"), ("LessEqual", "le"), ("Greater", "gt"), ("GreaterEqual", "ge")):
        setattr(Tensor, f"__{name}__", _compare(kind, f"__{name}__"))
    Tensor.__neg__ = lambda x: e.negative(x)
    Tensor.__abs__ = lambda x: e.abs(x)
    Tensor.__invert__ = lambda x: e.PLAIN["LogicalNot"](x)
    Tensor.__getitem__ = getitem


_install()


def _densify(value, dtype=None, name=None, as_ref=False):
    """IndexedSlices as one tensor, where one is asked for."""
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype {value.dtype.name}")
    if value.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices without dense_shape: {value}")
    return unsorted_segment_sum(value.values, value.indices, value.dense_shape[0], name=name)


register(IndexedSlices, _densify)
