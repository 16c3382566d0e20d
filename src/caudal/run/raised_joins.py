"""Functions of elements in the body of a compiled loop, joined as those of a specialised step are (pointwise.py): shapes are those that a
first trace of the body found."""

import dataclasses

import numpy as np

from ..graph.opdef import lookup, parse
from .pointwise import gather
from .raised_arrays import known
from .specialise import Node, parameter
from .tree import Cond, Loop, canonical, inside, is_idle

__all__ = ["Joint", "joined"]

_OTHER = parse("_Item(args: Targs) -> () [Targs: list(type)]")  # what only takes tensors, as far as it matters here


@dataclasses.dataclass
class Joint:
    """What stands for some ops.

    Attributes:
      node: does what they do, with tensors of its own.
      inputs, outputs: the graph's tensors, for each of the node's.
    """

    node: Node
    inputs: list
    outputs: list


def joined(items, env, skipped, kept):
    """The items of a loop's body with `Joint`s in place of ops that are joined.

    Args:
      items: in order.
      env: id of a tensor -> a value with its shape and dtype, for all that a trace of the body found.
      skipped: ops that are left out.
      kept: tensors that are asked for after an iteration.
    """
    made = _Nodes(env)
    nodes = [made.node(item, item in skipped) for item in items if isinstance(item, (Cond, Loop)) or not is_idle(item)]
    out = []
    for node in gather(nodes, {made.number(t) for t in kept}):
        item = made.items.get(id(node))
        out.append(made.joint(node) if item is None else item)
    return out


class _Nodes:
    """Items as nodes.

    Attributes:
      items: id of a node -> its item.
    """

    def __init__(self, env):
        self.env, self.items = env, {}
        self.mine, self.given = {}, {}  # id of a tensor of the graph -> that of the nodes; id of that -> the graph's

    def node(self, item, skipped):
        """The node for an item."""
        if isinstance(item, (Cond, Loop)):
            taken = dict.fromkeys(t for op in inside([item]) for t in op._inputs)
            taken |= {item.pred: None} if isinstance(item, Cond) else {}
        else:
            taken, found = item._inputs, [self.env.get(id(t)) for t in item.outputs]
            skipped = skipped or bool(found) and all(map(known, found))  # what is known, as of a stack, hangs on such values
        inputs = [self._tensor(t) for t in taken]
        if isinstance(item, (Cond, Loop)) or skipped:
            like = item if skipped else next(inside([item]))
            node = Node(like, _OTHER, inputs, {"Targs": [t._dtype for t in inputs]}, [])
        else:
            node = Node(item, item._def, inputs, item.attrs, [t._dtype for t in item.outputs])
            for mine, tensor in zip(node.outputs, item.outputs, strict=True):
                mine.dims = self._dims(tensor)
                self._note(tensor, mine)
        self.items[id(node)] = item
        return node

    def joint(self, node):
        """The `Joint` of a node that stands for several."""
        return Joint(node, *([self.given[id(t)] for t in tensors] for tensors in (node._inputs, node.outputs)))

    def number(self, tensor):
        """The id that a tensor has among the nodes."""
        return id(self._tensor(tensor))

    def _tensor(self, tensor):
        tensor = canonical(tensor)
        found = self.mine.get(id(tensor))
        if found is None:
            op, kind, value = tensor.op, tensor._dtype.base_dtype, self.env.get(id(tensor))
            if op._def.name == "Const" or (known(value) and value.dtype == kind.np):
                attrs = op.attrs if op._def.name == "Const" else {"value": np.asarray(value), "dtype": kind}
                found = Node(op, lookup("Const"), [], attrs, [kind]).outputs[0]
                found.dims = np.shape(attrs["value"])
            else:
                found = parameter(op, kind, self._dims(tensor))
            self._note(tensor, found)
        return found

    def _note(self, tensor, mine):
        self.mine[id(tensor)], self.given[id(mine)] = mine, tensor

    def _dims(self, tensor):
        """The shape that a value had; None if it has none, or isn't what the graph says."""
        value = self.env.get(id(tensor))
        plain = hasattr(value, "shape") and value.dtype == tensor._dtype.base_dtype.np
        return tuple(value.shape) if plain else None
