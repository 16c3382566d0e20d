"""A copy of a step's ops for the shapes of one run: shapes known, constants folded, what does nothing left out."""

import numpy as np

from ..graph import static
from ..graph.opdef import lookup
from ..graph.tensor import Operation, Tensor
from ..ground.errors import InferError
from .classify import is_variable_op

__all__ = ["Node", "Specialised", "parameter"]

_CONST = lookup("Const")
_OF_SHAPES = frozenset({"Shape", "ShapeN", "Rank", "Size", "Switch"})  # may be known though their inputs aren't


class Node(Operation):
    """An op of a specialised step: it looks like the `Operation` that it was made from, with known shapes."""

    def __init__(self, op, definition, inputs, attrs, types):
        self.graph, self._def, self._name, self._id = op.graph, definition, op._name, op._id
        self._inputs, self._controls, self.attrs, self.place = inputs, (), attrs, op.place
        self._device, self._control_flow_context = "", None
        self.outputs = [Tensor(self, i, t) for i, t in enumerate(types)]
        self.source = op


def parameter(op, kind, dims):
    """A tensor for a value from outside, of a dtype and a shape, as if `op` made it."""
    made = Node(op, lookup("Placeholder"), [], {"dtype": kind, "shape": dims}, [kind])
    made.outputs[0].dims = dims
    return made.outputs[0]


class Specialised:
    """The ops that are left to do, and what stands for each of the step's tensors.

    Args:
      ops: the step's, in order.
      inputs: tensors from outside.
      dims: their shapes.
      known: tensors from outside -> their values, which shapes depend on.
      wanted: tensors whose values are asked for.

    Attributes:
      nodes: what is left, in order.
      env: tensor of the step -> the specialised tensor that has its value.
      inputs: the specialised tensors of `inputs`, in order.
    """

    def __init__(self, ops, inputs, dims, known, wanted):
        self.env = {}
        self.nodes = []
        self.inputs = [self._outside(t, d) for t, d in zip(inputs, dims, strict=True)]
        for tensor, value in known.items():
            self.env[tensor] = self._constant(tensor, np.asarray(value))
        for op in ops:
            self._take(op)
        self._drop_unused(wanted)

    def _outside(self, tensor, dims):
        self.env[tensor] = parameter(tensor.op, tensor._dtype.base_dtype, dims)
        return self.env[tensor]

    def _constant(self, tensor, value):
        node = Node(tensor.op, _CONST, [], {"value": value, "dtype": tensor._dtype}, [tensor._dtype])
        node.outputs[0].dims = value.shape
        return node.outputs[0]

    def _take(self, op):
        env = self.env
        if op._def.name == "Const":
            for tensor in op.outputs:
                env.setdefault(tensor, self._constant(tensor, op.attrs["value"]))
            return
        inputs = [env[t] for t in op._inputs]
        alias = _ALIASES.get(op._def.name)
        if alias is not None and not inputs[0]._dtype._is_ref_dtype and alias(op, inputs):
            for tensor, one in zip(op.outputs, inputs, strict=False):
                env.setdefault(tensor, one)
            return
        node = Node(op, op._def, inputs, op.attrs, [t._dtype for t in op.outputs])
        _infer(node, op)
        for tensor, one, value in zip(op.outputs, node.outputs, getattr(node, "known", ()), strict=False):
            if value is not None:  # a region's rule knows some of its outputs
                self.env[tensor] = self._constant(tensor, value)
                self.env[tensor].meta = one.meta
        known = op._def.name in _OF_SHAPES or all(t.op._def is _CONST for t in inputs)  # what was folded before is a constant
        folded = static._compute(node) if known and op._def.pure and not is_variable_op(op) else ()
        if folded:
            for tensor, value in zip(op.outputs, folded, strict=True):
                env.setdefault(tensor, self._constant(tensor, np.asarray(value, tensor._dtype.np)))
            return
        for tensor, one in zip(op.outputs, node.outputs, strict=True):
            env.setdefault(tensor, one)
        self.nodes.append(node)

    def _drop_unused(self, wanted):
        """Leaves out what nobody needs once shapes are known."""
        used = {id(self.env[t]) for t in wanted}
        kept = []
        for node in reversed(self.nodes):
            effect = not node._def.pure and not is_variable_op(node)
            if effect or any(id(t) in used for t in node.outputs):
                kept.append(node)
                used |= {id(t) for t in node._inputs}
        self.nodes = kept[::-1]


def _infer(node, op):
    """The node's shapes from those of its inputs; the graph's own where the rule cannot tell."""
    definition = op._def
    dims = [t.dims for t in op.outputs]
    if definition.infer is not None:
        named = {k: (node if k == "op" else node.attrs[k]) for k in definition.infer_wants}
        try:
            dims = definition.infer(*node._inputs, **named)
        except InferError:
            dims = [None] * len(dims)  # the lowering will say what is wrong, in the words of a run
    for tensor, one in zip(node.outputs, dims, strict=True):
        tensor.dims = one


def _same_shape(op, inputs):
    """Whether a reshape or broadcast changes nothing."""
    want = static.fold(inputs[1])
    have = inputs[0].dims
    if want is None or have is None or None in have:
        return False
    want = tuple(int(d) for d in want.reshape(-1))
    return want == have or (len(want) == len(have) and sum(a != b for a, b in zip(want, have, strict=True)) == 1 and -1 in want)


def _no_axes(op, inputs):
    """Whether a reduction reduces nothing."""
    axes = static.fold(inputs[1])
    return axes is not None and axes.size == 0


def _always(op, inputs):
    return True


_ALIASES = dict.fromkeys(("Identity", "StopGradient", "PreventGradient", "IdentityN", "Snapshot"), _always)
_ALIASES |= {"Reshape": _same_shape, "BroadcastTo": _same_shape}
_ALIASES |= dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any"), _no_axes)
_ALIASES |= {"Cast": lambda op, inputs: op.attrs["SrcT"] is op.attrs["DstT"], "AddN": lambda op, inputs: len(inputs) == 1}
