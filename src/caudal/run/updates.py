"""Variables' updates by one formula made one: a kernel for all of them instead of several kernels for each.

Works on the nodes of a specialised step. Updates are joined if they share their rate and all else but the slope, and nothing between
them looks at what they change. An optimizer's formulas are element by element, so that it doesn't matter whose elements stand together.
A native kernel takes variables as they are, and takes in what scales their slopes (clipping) or adds a part of themselves to these (L2);
without one, small variables are joined to one array.
"""

import functools

import numpy as np

from ..backend import native_train
from ..graph.opdef import OpDef, lookup, parse, wants
from ..ground import dtypes
from .classify import READERS, is_variable_op
from .interpret import state_key
from .segments import frozen
from .specialise import Node

__all__ = ["join_updates"]

_LARGEST = 1024  # elements: joining copies
_MOST = 16  # variables at once: the compiler's time grows faster than what it joins
_SLOPES = ("grad", "delta")


def join_updates(nodes):
    """The nodes with small variables' updates joined.

    Args:
      nodes: of a specialised step, in order.
    """
    changed, stale = set(), set()  # names of variables that were written; ids of updates whose variable was
    out, groups, holder = [], {}, {}  # `holder`: name of a variable that an open group changes -> that group's key
    sums = {}  # name of a variable -> the sum of its squares, computed before it is changed
    for node in nodes:
        for key in dict.fromkeys(holder[name] for name in _touched(node) if name in holder):
            out.append(_close(groups, holder, key, stale, sums))
        if node._def.name in ("L2Loss", "HalfSquares"):
            sums.update((_read(t), node.outputs[0]) for t in node._inputs if _read(t) is not None)
        key = _kind_of(node)
        if key is not None and any(state_key(t.op) in changed for t in _inputs(node)[0]):
            stale.add(id(node))
        if node._def.takes_refs or _writes(node):
            changed |= set(_touched(node))
        if key is None:
            out.append(node)
            continue
        group = groups.setdefault(key, [])
        group.append(node)
        holder.update((state_key(t.op), key) for t in node._inputs if is_variable_op(t.op))
        if len(group) == _MOST and _kernel(node) is None:
            out.append(_close(groups, holder, key, stale, sums))
    return out + [_close(groups, holder, key, stale, sums) for key in list(groups)]


def _writes(node):
    """Whether a node may change a variable that it takes by its handle."""
    return node._def.name not in READERS and any(t._dtype is dtypes.resource for t in node._inputs)


def _kernel(node):
    return native_train.kernel_of(node._def.name, node.attrs)


def _touched(node):
    """Names of variables that a node takes, itself or as what an update gives."""
    for tensor in node._inputs:
        while tensor._dtype._is_ref_dtype and not is_variable_op(tensor.op) and tensor.op._inputs:
            tensor = tensor.op._inputs[0]
        yield state_key(tensor.op)


def _kind_of(node):
    """What updates that may be joined have in common; None for all other nodes."""
    if not node._def.name.startswith(("Apply", "ResourceApply")) or node.attrs.get("T") is not dtypes.float32:
        return None
    cells, shared, slope = _inputs(node)
    size = slope.dims
    if size is None or None in size or (np.prod(size) > _LARGEST and _kernel(node) is None):
        return None
    plain = [*shared, slope]
    if not all(is_variable_op(t.op) and _fits(t.op, size) for t in cells) or any(t._dtype is not dtypes.float32 for t in plain):
        return None
    return node._def.name, frozen(node), tuple(map(id, shared)), len({state_key(t.op) for t in cells}) == len(cells) or id(node)


def _fits(variable, dims):
    """Whether a variable and its slope have one shape; of references the op's own rule has seen to it."""
    return variable._def.name != "VarHandleOp" or variable.attrs["shape"] == dims


def _inputs(node):
    """(cells, what all share, slope) among the inputs of an update."""
    pairs = list(zip(node._def.inputs, node._inputs, strict=True))
    cells = [t for arg, t in pairs if arg.is_ref or t._dtype is dtypes.resource]
    shared = [t for arg, t in pairs if not arg.is_ref and t._dtype is not dtypes.resource and arg.name not in _SLOPES]
    return cells, shared, next(t for arg, t in pairs if arg.name in _SLOPES)


def _close(groups, holder, key, stale, sums):
    """One node for a group's updates. A kernel waits for the sums of squares of what it changes: they would take copies of it else."""
    members = groups.pop(key)
    for name in [name for name, k in holder.items() if k == key]:
        del holder[name]
    first, kernel = members[0], _kernel(members[0])
    if len(members) == 1 and kernel is None:
        return first
    parts = [_inputs(m) for m in members]
    cells = [part[0][k] for k in range(len(parts[0][0])) for part in parts]
    shared, slopes = parts[0][1], [(part[2], None, None) for part in parts]
    if kernel is not None:
        slopes = [_taken_in(part[0][0], part[2], id(m) in stale) for m, part in zip(members, parts, strict=True)]
    scalars = [x for slope in slopes for x in slope[1:] if x is not None]
    changes = tuple((a is not None) + 2 * (b is not None) for _, a, b in slopes)
    read = [sums[state_key(t.op)] for t in cells if state_key(t.op) in sums] if kernel is not None else []
    after = list({id(t): t for t in read}.values())
    counts = {"N": len(members), "R": len(cells), "S": len(shared), "C": len(scalars), "F": len(after)}
    attrs = {**first.attrs, **counts, "kernel": kernel, "changes": changes}
    inputs = [*cells, *shared, *(s for s, _, _ in slopes), *scalars, *after]
    made = Node(first.source, _joined(first._def.name), inputs, attrs, [])
    made.outputs = [t for m in members for t in m.outputs]
    for k, tensor in enumerate(made.outputs):
        tensor.op, tensor._value_index = made, k
    return made


def _taken_in(cell, slope, stale):
    """(slope, scale, decay) of an update: it takes `scale * slope + decay * variable`; None stands for 1 and 0."""
    decay = None
    if slope.op._def.name in ("AddN", "Add", "AddV2") and len(slope.op._inputs) == 2 and not stale:
        for own, other in (slope.op._inputs, slope.op._inputs[::-1]):
            factor, value = _scaled(own)
            if factor is not None and _reads(value, cell) and other.dims == slope.dims:
                slope, decay = other, factor
                break
    scale, value = _scaled(slope)
    return value, scale, decay


def _scaled(tensor):
    """(scalar, tensor) that a tensor is the product of; (None, tensor) if it is no such product."""
    if tensor.op._def.name == "Mul":
        for factor, value in (tensor.op._inputs, tensor.op._inputs[::-1]):
            if factor.dims == () and value.dims == tensor.dims and factor._dtype is value._dtype is dtypes.float32:
                return factor, value
    return None, tensor


def _reads(tensor, cell):
    """Whether a tensor is the value of a variable."""
    return _read(tensor) == state_key(cell.op)


def _read(tensor):
    """The name of the variable whose value a tensor is; None if it is something else."""
    kind, inputs = tensor.op._def.name, tensor.op._inputs
    found = kind in ("Identity", "ReadVariableOp") and is_variable_op(inputs[0].op)
    return state_key(inputs[0].op) if found else None


@functools.cache
def _joined(kind):
    """The op type of joined updates; it stands in specialised steps alone."""
    cells, out = ("R * resource", "") if kind.startswith("Resource") else ("Ref R * T", "out: Ref N * T")
    made: OpDef = parse(
        f"Joined{kind}(cells: {cells}, shared: S * T, slopes: N * T, scalars: C * T, after: F * T) -> ({out}) "
        "[T: type; N: int; R: int; S: int; C: int; F: int]"
    )
    slope = next(k for k, arg in enumerate(lookup(kind).inputs) if arg.name in _SLOPES)
    made.lower = functools.partial(_lower, lookup(kind), slope)
    made.lower_wants = wants(_lower)
    return made


def _lower(definition, slope, B, *args, op):
    count, cells = op.attrs["N"], args[: op.attrs["R"]]
    given = cells[: len(op.outputs)]
    shared, slopes = args[len(cells) :][: op.attrs["S"]], args[len(cells) + op.attrs["S"] :][:count]
    if op.attrs["kernel"] is not None:
        _lower_native(cells, shared, slopes, args[len(cells) + op.attrs["S"] + count :], op)
        return given
    shapes = [x.shape for x in slopes]
    ends = np.cumsum([0, *(int(np.prod(s)) for s in shapes)]).tolist()
    flat = [_Flat(B.concatenate([c.read().reshape(-1) for c in cells[k : k + count]])) for k in range(0, len(cells), count)]
    rest = [*flat, *shared]
    rest.insert(slope, B.concatenate([x.reshape(-1) for x in slopes]))
    definition.lower(B, *rest, op=op)
    for k, cell in enumerate(cells):
        at = k % count
        cell.write(flat[k // count].value[ends[at] : ends[at + 1]].reshape(shapes[at]))
    return given


def _lower_native(cells, shared, slopes, scalars, op):
    count, first = len(slopes), len(scalars) - op.attrs["F"]
    scalars, after = iter(scalars[:first]), scalars[first:]
    scales, decays = [], []
    for change in op.attrs["changes"]:
        scales.append(next(scalars) if change & 1 else None)
        decays.append(next(scalars) if change & 2 else None)
    states = [[c.read() for c in cells[k::count]] for k in range(count)]
    nesterov = op.attrs.get("use_nesterov", False)
    made = native_train.update(op.attrs["kernel"], shared, states, slopes, nesterov, scales, decays, after)
    for k, state in enumerate(made):
        for cell, value in zip(cells[k::count], state, strict=True):
            cell.write(value)


class _Flat:
    """Several variables' elements, one after the other; stands for a cell."""

    def __init__(self, value):
        self.value = value

    def read(self):
        """The elements."""
        return self.value

    def write(self, value):
        """Replaces them."""
        self.value = value
