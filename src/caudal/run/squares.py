"""Sums of squares made one op for as many arrays as can be waited for: the norms of weights and of slopes that a step asks for.

Works on the nodes of a specialised step. An op joins another where its array is there when that is run, and nothing between them takes
what the other gave.
"""

from ..backend import native
from ..graph.opdef import OpDef, parse, wants
from ..ground import dtypes
from .specialise import Node

__all__ = ["join_squares"]


def _definition():
    made: OpDef = parse("HalfSquares(arrays: N * T) -> (sums: N * T) [T: type; N: int]")
    made.lower = lambda B, *arrays: tuple(B.half_squares(arrays))
    made.lower_wants = wants(made.lower)
    return made


_HALF_SQUARES = _definition()


def join_squares(nodes):
    """The nodes with `L2Loss` of several arrays joined.

    Args:
      nodes: of a specialised step, in order.
    """
    if not native.ready():
        return nodes
    places, open_group, groups = {}, None, []  # id of tensor -> number of the node that makes it
    for k, node in enumerate(nodes):
        if open_group is not None and any(id(t) in open_group.sums for t in node._inputs):
            open_group = None
        if _is_sum(node):
            taken = id(node._inputs[0])
            made = next((one.last for one in groups if taken in one.sums), places.get(taken, -1))
            group = open_group or next((one for one in groups if made < one.last), None)
            if group is None:
                group = open_group = _Group(k)
                groups.append(group)
            group.add(node, k if group is open_group else group.last)
        for t in node.outputs:
            places[id(t)] = k
    joined = {group.last: group for group in groups if len(group.members) > 1}
    gone = {id(node) for group in joined.values() for node in group.members}
    out = []
    for k, node in enumerate(nodes):
        out += [joined[k].node()] if k in joined else []
        out += [] if id(node) in gone else [node]
    return out


def _is_sum(node):
    return node._def.name == "L2Loss" and node.attrs["T"] is dtypes.float32 and not node._inputs[0]._dtype._is_ref_dtype


class _Group:
    """Ops that are joined.

    Attributes:
      last: number of the node before which the joined op stands.
      members: the ops; sums: ids of what they give.
    """

    def __init__(self, k):
        self.last, self.members, self.sums = k, [], set()

    def add(self, node, last):
        """Joins an op."""
        self.members.append(node)
        self.sums.add(id(node.outputs[0]))
        self.last = last

    def node(self):
        """The joined op; it takes over the outputs."""
        like = self.members[0]
        made = Node(
            like.source, _HALF_SQUARES, [m._inputs[0] for m in self.members], {"T": dtypes.float32, "N": len(self.members)}, []
        )
        made.outputs = [m.outputs[0] for m in self.members]
        for k, tensor in enumerate(made.outputs):
            tensor.op, tensor._value_index = made, k
        return made
