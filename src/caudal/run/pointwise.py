"""Neighbouring nodes that are functions of single elements, made one node that one native kernel does (backend/pointwise.py): there is
nothing to compile for it, where XLA would take tens of milliseconds for each kernel, and no result between them leaves the cache.

What cuts arrays along their last axis and joins them there is taken in: a recurrent layer's gates are parts of one product.
"""

import math

from ..backend import native, pointwise
from ..ground import dtypes
from .fusions import Joined, Users, joint, made_of
from .rewrite import even_split, needed
from .segments import CHUNK
from .specialise import parameter

__all__ = ["InPlace", "gather", "join"]

_FUNCTIONS = {
    "Neg": "negative",
    "Square": "square",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Relu": "relu",
    "Add": "add",
    "AddV2": "add",
    "AddN": "add",
    "BiasAdd": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "RealDiv": "divide",
    "Div": "divide",
    "SigmoidGrad": "sigmoid_slope",
    "TanhGrad": "tanh_slope",
    "ReluGrad": "relu_slope",
}
_MOST = 32768  # elements of an array: larger ones XLA shares among threads, and it takes in what is summed after that
_NODES = 48  # in one kernel: so many always find places
_PARTS = 8  # of a row, if arrays of several widths are in one kernel
_FEWEST = 6  # functions that are worth a kernel outside of loops: XLA takes few in with what is around them


# --- what a node does -----------------------------------------------------------------------------------------------------


class _Form:
    """What is to be known of a node that may be part of a kernel.

    Attributes:
      rows: of its arrays, seen as matrices whose columns are the last axis.
      widths: numbers of columns that its arrays have, or are cut at.
      whole: ids of the tensors it takes that have all rows and columns.
      spreads: whether it takes one that is the same in all rows, or in all columns.
      parts: for one that only moves columns, the stretches that each output is made of; else None.
    """

    def __init__(self, dims, widths, whole, spreads, parts=None):
        self.rows, self.widths, self.whole, self.spreads = math.prod(dims[:-1]), widths, frozenset(map(id, whole)), spreads
        self.parts = parts


def _form(node):
    """The `_Form` of a node; None if it can't be part of a kernel."""
    kind = node._def.name
    if kind not in _FUNCTIONS and kind not in _MOVES:
        return None
    dims = node.outputs[0].dims
    if not dims or None in dims or not 0 < math.prod(dims) <= _MOST:
        return None
    if any(t._dtype is not dtypes.float32 or t.dims is None for t in node.outputs):
        return None
    return _moved(node, dims) if kind in _MOVES else _computed(node, dims)


def _computed(node, dims):
    if any(t._dtype is not dtypes.float32 or t.dims is None or None in t.dims for t in node._inputs):
        return None
    if node._def.name == "BiasAdd" and node.attrs["data_format"] not in (b"NHWC", "NHWC"):
        return None
    relations = [_relation(t.dims, dims) for t in node._inputs]
    if None in relations:
        return None
    whole = [t for t, relation in zip(node._inputs, relations, strict=True) if relation == "whole"]
    return _Form(dims, (dims[-1],), whole, "row" in relations or "column" in relations)


def _moved(node, dims):
    parts = _MOVES[node._def.name](node)
    stretches = [one for part in parts or () for one in part]
    if not stretches or any(t._dtype is not dtypes.float32 or t.dims is None or None in t.dims for t, _, _ in stretches):
        return None
    inputs = [t for t, _, _ in stretches]
    if any(t.op._def is CHUNK for t in inputs):  # a chunk and what cuts it up are a part of their own
        return None
    if math.prod(inputs[0].dims) > 8 * _MOST or any(t.dims[:-1] != dims[:-1] for t in inputs):
        return None
    widths = [t.dims[-1] for t in (*inputs, *node.outputs)] + [n for _, first, size in stretches for n in (first, size)]
    return _Form(dims, tuple(n for n in widths if n), inputs, False, parts)


def _relation(dims, out):
    """How an array goes into a result of shape `out`: "whole", "one" number, a "row" or a "column" for all; None if in another way."""
    size = math.prod(dims)
    if dims == out:
        return "whole"
    if size == 1:
        return "one"
    if dims[-1:] == out[-1:] and size == dims[-1]:
        return "row"
    return "column" if dims == (*out[:-1], 1) else None


# What becomes of columns: for each output the stretches that it is made of, (tensor, first column, how many); None for what isn't such a move.


def _split(node):
    axis = even_split(node)
    x = node._inputs[1 if node._def.name == "Split" else 0]
    if axis is None or x.dims is None or axis != len(x.dims) - 1:
        return None
    width = node.outputs[0].dims[-1]
    return [[(x, k * width, width)] for k in range(len(node.outputs))]


def _slice(node):
    x, dims = node._inputs[0], node.outputs[0].dims
    if any(t.op._def.name != "Const" for t in node._inputs[1:]) or x.dims is None or x.dims[:-1] != dims[:-1]:
        return None
    return [[(x, int(node._inputs[1].op.attrs["value"][-1]), dims[-1])]]


def _concat(node):
    *parts, axis = node._inputs
    if axis.op._def.name != "Const" or int(axis.op.attrs["value"]) % len(node.outputs[0].dims) != len(node.outputs[0].dims) - 1:
        return None
    return [[(t, 0, t.dims[-1]) for t in parts]] if all(t.dims for t in parts) else None


_MOVES = {"Split": _split, "SplitV": _split, "Slice": _slice, "ConcatV2": _concat}


# --- which nodes ------------------------------------------------------------------------------------------------------------


def join(nodes, kept, loop=None):
    """The nodes with those joined that one kernel can do.

    Args:
      nodes: of a specialised step, or of an iteration, in order.
      kept: ids of tensors that are asked for.
      loop: the `InPlace` of the iteration.
    """
    if not native.ready():
        return nodes
    loop = loop or InPlace()
    made = _Joining(needed(nodes, kept | loop.outs), kept, loop, _FEWEST if loop.index is None else 1).out
    return needed(made, kept | {id(after) for _, after in loop.written.values()} | loop.outs)


def gather(nodes, kept):
    """The nodes of a loop's body, all of them but those that are joined; arguments as `join` has them."""
    return _Joining(nodes, kept, InPlace(), 1).out if native.ready() else nodes


class InPlace:
    """What kernels of an iteration read and write in place, in arrays that hold the values of all iterations.

    Args:
      index: the tensor that is the iteration's number, an int32; None where there is nothing to read or write in place.
      sequences: id of tensor -> `(array, first, step)`: its values are `array[first + step * iteration]`.
      outs: ids of tensors whose values in all iterations are asked for.

    Attributes:
      written: id of one of `outs` -> (the tensor that is the array before a kernel writes a row of it, that after it).
    """

    def __init__(self, index=None, sequences=(), outs=frozenset()):
        self.index, self.sequences, self.outs, self.written = index, sequences, outs, {}


class _Group:
    """Nodes that hang on each other.

    Attributes:
      nodes, forms: in order; made: ids of their outputs.
      rows, unit: of the matrices that their arrays are; the columns of all of them are cut at multiples of `unit`.
    """

    def __init__(self, form):
        self.nodes, self.forms, self.made = [], [], set()
        self.rows, self.unit, self.widest = form.rows, math.gcd(*form.widths), max(form.widths)

    def takes(self, node, form):
        """Whether a node can be one of them."""
        inside = {id(t) for t in node._inputs} & self.made
        unit, widest = math.gcd(self.unit, *form.widths), max(self.widest, *form.widths)
        return form.rows == self.rows and inside <= form.whole and widest <= _PARTS * unit and len(self.nodes) < _NODES

    def takes_all(self, other):
        """Whether another group can be joined to it."""
        widest, unit = max(self.widest, other.widest), math.gcd(self.unit, other.unit)
        return other.rows == self.rows and widest <= _PARTS * unit and len(self.nodes) + len(other.nodes) < _NODES

    def add(self, node, form):
        """Takes a node in."""
        self.nodes.append(node)
        self.forms.append(form)
        self.made |= set(map(id, node.outputs))
        self.unit, self.widest = math.gcd(self.unit, *form.widths), max(self.widest, *form.widths)

    def add_all(self, other):
        """Takes another group in."""
        self.nodes += other.nodes
        self.forms += other.forms
        self.made |= other.made
        self.unit, self.widest = math.gcd(self.unit, other.unit), max(self.widest, other.widest)


class _Joining:
    """Goes through nodes in order. A group is open, and may take in further nodes, until one outside takes something from it: then it stands
    before that one, after all that it takes itself. What isn't worth a kernel stays where it was.

    Attributes:
      out: the nodes, with groups made single ones.
    """

    def __init__(self, nodes, kept, loop, fewest):
        self.users, self.kept, self.loop, self.fewest = Users(nodes, kept), kept, loop, fewest
        self.all, self.gone = [], set()  # nodes, single and joined; ids of those that are joined
        self.maker = {}  # id of tensor -> the open group that makes it
        for node in nodes:
            form = _form(node)
            open_groups = list({id(g): g for t in node._inputs if (g := self.maker.get(id(t)))}.values())
            if form is None:
                for group in open_groups:
                    self._close(group)
            else:
                self._put(node, form, open_groups)
            self.all.append(node)
        for group in {id(g): g for g in self.maker.values()}.values():
            self._close(group)
        self.out = [node for node in self.all if id(node) not in self.gone]

    def _put(self, node, form, open_groups):
        own = None
        for group in open_groups:
            if not group.takes(node, form) or own is not None and not own.takes_all(group):
                self._close(group)
            elif own is None:
                own = group
            else:
                own.add_all(group)
                self.maker |= dict.fromkeys(group.made, own)
        own = own or _Group(form)
        own.add(node, form)
        self.maker |= dict.fromkeys(map(id, node.outputs), own)

    def _close(self, group):
        for key in group.made:
            del self.maker[key]
        inside = set(map(id, group.nodes))
        wanted = [
            t
            for node in group.nodes
            for t in node.outputs
            if id(t) in self.kept or any(id(user) not in inside for user in self.users.all(t))
        ]
        if sum(node._def.name in _FUNCTIONS for node in group.nodes) >= self.fewest:
            plan = _Plan(group, wanted, self.loop)
            if plan.program is not None:
                self.all.append(plan.node())
                self.gone |= inside


# --- their program ------------------------------------------------------------------------------------------------------------


class _Plan:
    """The program of a group.

    Args:
      group: the `_Group`.
      wanted: those of its tensors that are asked for.
      loop: the `InPlace`.

    Attributes:
      program: the `Program`; None if there are too many places for one.
      given: tensors that are its arguments, by id, in order.
    """

    def __init__(self, group, wanted, loop):
        self.group, self.wanted, self.loop = group, wanted, loop
        self.stacked = [t for node in group.nodes for t in node.outputs if id(t) in loop.outs]
        flat = all(set(form.widths) == {group.unit} and not form.spreads and form.parts is None for form in group.forms)
        rows, self.unit = (1, group.rows * group.unit) if flat else (group.rows, group.unit)
        self.flat, self.indexed, self.given, self.values = flat, bool(self.stacked), {}, {}
        self.writer = pointwise.Writer(rows, self.unit)
        for node, form in zip(group.nodes, group.forms, strict=True):
            if form.parts is None:
                self._compute(node)
            else:
                self._move(node, form.parts)
        self._put()
        self.program = self.writer.program(self.indexed, len(self.stacked)) if self.writer.fits() else None

    def node(self):
        """What stands for the group."""
        before, after = (
            [parameter(t.op, dtypes.float32, None) for t in self.stacked] for _ in range(2)
        )  # the loop knows their shapes
        self.loop.written.update({id(t): pair for t, pair in zip(self.stacked, zip(before, after, strict=True), strict=True)})
        index = [self.loop.index] if self.indexed else []
        inputs, outputs = [*index, *before, *self.given.values()], [*after, *self.wanted]
        kinds = [dtypes.float32] * len(outputs)
        attrs = {"Targs": [t._dtype for t in inputs], "Ts": kinds, "program": self.program}
        attrs["dims"] = tuple(t.dims for t in self.wanted)
        nodes = self.group.nodes
        return made_of(Joined(_POINTWISE, attrs, inputs, outputs, nodes, nodes[-1]))

    def _parts(self, tensor, relation, width):
        """The values of a tensor's columns, in stretches of `unit`."""
        if id(tensor) in self.values:
            return self.values[id(tensor)]
        count = 1 if self.flat else width // self.unit
        if relation == "one" and tensor.op._def.name == "Const":
            return [self.writer.constant(tensor.op.attrs["value"].reshape(()))] * count
        array, first, step = self._array(tensor)
        if relation in ("one", "column"):
            return [self.writer.view(pointwise.View(array, first, step, int(relation == "column"), 0))] * count
        row = width if relation == "whole" else 0
        return [self.writer.view(pointwise.View(array, first + k * self.unit, step, row, 1)) for k in range(count)]

    def _array(self, tensor):
        """(the number of the argument that holds a tensor, where it begins, how much further that is in the next iteration)."""
        op, size, first, step = tensor.op, math.prod(tensor.dims), 0, 0
        if id(tensor) in self.loop.sequences:
            tensor, first, step = self.loop.sequences[id(tensor)]
            self.indexed = True
        elif op._def.name == "RolledTake" and op.attrs["axis"] == 0:
            tensor, first = op._inputs[0], op.attrs["index"]
        self.given[id(tensor)] = tensor
        return len(self.stacked) + list(self.given).index(id(tensor)), first * size, step * size

    def _compute(self, node):
        out = node.outputs[0].dims
        columns = [self._parts(t, _relation(t.dims, out), out[-1]) for t in node._inputs]
        name = _FUNCTIONS[node._def.name]
        made = []
        for first, *others in zip(*columns, strict=True):
            value = first if others else self.writer.apply(name, first)
            for other in others:
                value = self.writer.apply(name, value, other)
            made.append(value)
        self.values[id(node.outputs[0])] = made

    def _move(self, node, parts):
        for tensor, stretches in zip(node.outputs, parts, strict=True):
            values = []
            for x, first, size in stretches:
                values += self._parts(x, "whole", x.dims[-1])[first // self.unit : (first + size) // self.unit]
            self.values[id(tensor)] = values

    def _put(self):
        """Has what is asked for written to the results."""
        arguments = len(self.stacked) + len(self.given)
        for number, tensor in enumerate([*self.stacked, *self.wanted]):
            row, step = 0 if self.flat else tensor.dims[-1], math.prod(tensor.dims) if number < len(self.stacked) else 0
            for k, value in enumerate(self.values[id(tensor)]):
                self.writer.put(value, pointwise.View(arguments + number, k * self.unit, step, row, 1))


def _lower(B, *args, program, dims):
    whole = [x.shape for x in args[program.indexed :][: program.shared]]
    return B.pointwise(program, (*whole, *dims), *args)


_POINTWISE = joint("_Pointwise(args: Targs) -> (ys: Ts) [Targs: list(type); Ts: list(type); program: func; dims: func]", _lower)
