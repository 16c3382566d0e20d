"""Which ops the compiler can take, which variables each touches, and whether a plan is worth compiling."""

import math

from ..ground import dtypes
from .interpret import state_key

__all__ = [
    "arithmetic",
    "convolves",
    "has_loops",
    "is_shape",
    "is_tiny",
    "READERS",
    "Classes",
    "is_variable_op",
    "worth_compiling",
]

_HANDLES = frozenset({dtypes.resource, dtypes.variant, dtypes.string})
READERS = frozenset(
    {"ReadVariableOp", "VarIsInitializedOp", "IsVariableInitialized", "VariableShape", "ResourceGather", "ResourceGatherNd"}
)
_VARIABLES = frozenset({"VariableV2", "Variable", "VarHandleOp", "TemporaryVariable", "Counter"})
SHAPES = frozenset({"Shape", "ShapeN", "Rank", "Size"})
_SMALL = 64  # elements of a fed value that may decide shapes: each value is compiled for
_FLOPS = 200_000  # a plan with less arithmetic than this isn't worth a compilation
_OPS = 400  # nor one with fewer ops


class Classes:
    """For the ordered ops of one plan: whether each is compiled, which tensors must be known to do so, what state it touches.

    Attributes:
      compiled: ops that XLA takes.
      known_feeds: fed tensors whose values shapes depend on.
      touches: op -> [(state key, whether it writes)].
    """

    def __init__(self, ops, fed):
        self.ops, self.fed = ops, fed
        self.origin = {}
        self.touches = {op: self._touched(op) for op in ops}
        self.compiled = {op for op in ops if takes(op)}
        self.known_feeds = set()
        self._settle()

    def _touched(self, op):
        """The state that an op touches, in order, and where its own handles lead."""
        kind = op._def.name
        if kind in _VARIABLES:
            for t in op.outputs:
                self.origin[t] = op
            return []
        out = [(state_key(op), True)] if "state" in op._def.lower_wants else []
        refs = _ref_inputs(op)
        for tensor, is_ref in zip(op._inputs, refs, strict=True):
            source = self.origin.get(tensor)
            if source is None:
                continue
            handle = tensor._dtype is dtypes.resource
            writes = (is_ref or handle) and kind not in READERS
            out.append((state_key(source), writes))
            for t in op.outputs:
                if t._dtype._is_ref_dtype or (handle and t._dtype is dtypes.resource):
                    self.origin[t] = source
        return out

    def _settle(self):
        """Takes out of `compiled` what hangs on values or shapes that only the run knows."""
        moving = {t for op in self.ops for t in self._lists(op)}  # tensors whose shape only the run knows
        moving |= {t for t in self.fed if getattr(t.op, "is_list", False)}
        for op in self.ops:
            if op in self.compiled:
                if any(t in moving for t in op._inputs) or not self._know_static(op):
                    self.compiled.discard(op)
            if op not in self.compiled and not _is_steady(op, moving):
                moving |= {t for t in op.outputs if t.dims is None or None in t.dims}

    def _lists(self, op):
        """Fed lists of elements, which are of another length in each run."""
        inputs = [op._inputs[k] for k in op._def.lengths]
        return [t for t in inputs if t in self.fed and (t.dims is None or None in t.dims)]

    def _know_static(self, op):
        needs = set()
        return all(self._can_know(op._inputs[k], needs) for k in op._def.static if k < len(op._inputs)) and (
            self.known_feeds.update(needs) or True
        )

    def can_know(self, tensor):
        """Whether a value follows from constants and shapes alone."""
        needs = set()
        return self._can_know(tensor, needs) and not needs

    def _can_know(self, tensor, needs):
        """Whether a value can be known when the step is compiled; adds the feeds that it takes to `needs`."""
        if tensor in self.fed:
            if tensor.dims is not None and None not in tensor.dims and math.prod(tensor.dims) > _SMALL:
                return False
            needs.add(tensor)
            return True
        op = tensor.op
        if op._def.name == "Const":
            return True
        if is_shape(op):
            return op in self.compiled
        if not op._def.pure or not takes(op) or op not in self.compiled:
            return False
        return all(self._can_know(t, needs) for t in op._inputs)


def _is_steady(op, moving):
    """Whether an op that isn't compiled gives shapes that change no more than those of feeds."""
    steady = op._def.steady
    return steady is not None and not any(op._inputs[k] in moving for k in steady)


def _ref_inputs(op):
    wants = []
    for arg in op._def.inputs:
        n = op.attrs[arg.number_attr] if arg.number_attr else len(op.attrs[arg.list_attr]) if arg.list_attr else 1
        wants += [arg.is_ref] * n
    return wants


def takes(op):
    """Whether XLA can take an op of this kind with tensors of these types."""
    definition = op._def
    if definition.lower is None or definition.host or definition.dynamic or definition.control:
        return False
    if definition.name in _VARIABLES:
        return all(t._dtype.base_dtype is not dtypes.string for t in op.outputs) and op.attrs.get("dtype") is not dtypes.string
    return not any(t._dtype.base_dtype in _HANDLES and not _is_variable(t) for t in (*op._inputs, *op.outputs))


def _is_variable(tensor):
    while tensor.op._def.name in ("Enter", "Switch"):  # in a loop or a branch
        tensor = tensor.op._inputs[0]
    return tensor._dtype is dtypes.resource and tensor.op._def.name in _VARIABLES


def is_shape(op):
    """Whether an op tells a shape, which is known when its step is compiled; a region that tells an array's length is one."""
    return op._def.name in SHAPES or op.attrs.get("is_size", False)


def is_variable_op(op):
    """Whether an op is a variable itself, which only gives the cell where its value is kept."""
    return op._def.name in _VARIABLES


def arithmetic(ops):
    """About how many additions and multiplications the products and convolutions of some ops take."""
    return sum(_COSTS[op._def.name](op) for op in ops if op._def.name in _COSTS)


def convolves(ops):
    """Whether there are convolutions among some ops."""
    return any(
        "Conv" in op._def.name and op._def.name in _COSTS or convolves(_body(op)) or getattr(op, "convolves", False) for op in ops
    )


def has_loops(ops):
    """Whether some ops are loops, whose iterations' products are too small to share among threads beside other ops."""
    return any(op._def.name == "RolledLoop" or getattr(op, "loops", False) for op in ops)


def _body(op):
    """The nodes of an iteration, for a loop."""
    return op.attrs["body"].nodes if op._def.name == "RolledLoop" else ()


def is_tiny(nodes):
    """Whether a specialised step does so little, by plain loops, that it is best as one kernel."""
    return (
        len(nodes) < _FEW_NODES
        and all(node._def.name in _PLAIN or _is_update(node) for node in nodes)
        and all(t.dims is not None and _count(t.dims, _FEW + 1) <= _FEW for node in nodes for t in (*node._inputs, *node.outputs))
        and arithmetic(nodes) < _FLOPS
    )


def is_plain(node):
    """Whether a node of a loop's body does so little, by plain loops, that it is best in one kernel with others."""
    small = all(t.dims is not None and _count(t.dims, _FEW_INSIDE + 1) <= _FEW_INSIDE for t in (*node._inputs, *node.outputs))
    return small and node._def.name in _PLAIN_INSIDE


def _is_update(node):
    return node._def.name.startswith(("Apply", "ResourceApply", "Joined")) and node.attrs.get("kernel") is None


_FEW_NODES, _FEW = 150, 4096  # nodes; elements of an array
_PLAIN = frozenset(
    (
        "Abs Add AddN AddV2 ArgMax Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp "
        "BiasAdd BiasAddGrad Cast Const Div Equal Exp ExpandDims Fill Greater GreaterEqual Identity InvGrad L2Loss Less "
        "LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max Maximum Mean Min Minimum Mul Neg NoOp "
        "OnesLike Pow ReadVariableOp RealDiv Reciprocal Relu ReluGrad Reshape Rsqrt RsqrtGrad Select Sigmoid SigmoidGrad Sign "
        "Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad SparseSoftmaxCrossEntropyWithLogits Sqrt SqrtGrad Square "
        "SquaredDifference Squeeze Sub Sum Tanh TanhGrad Tile Transpose ZerosLike"
    ).split()
)

_FEW_INSIDE = 32768
_PLAIN_INSIDE = (_PLAIN - {"MatMul"}) | frozenset("Slice Split SplitV ConcatV2 Pack Unpack".split())


def worth_compiling(ops):
    """Whether a run of these ops should be compiled: decided by what it holds, never by how often it ran."""
    flops = 0
    for op in ops:
        kind = op._def.name
        if "Apply" in kind and kind.startswith(("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply")):
            return True
        cost = _COSTS.get(kind)
        if cost:
            flops += cost(op)
            if flops > _FLOPS:
                return True
    return sum(op._def.name not in _FREE for op in ops) > _OPS and not any(op._def.name == "Assign" for op in ops)


_FREE = frozenset({"Const", "Identity", "NoOp", "VariableV2", "VarHandleOp", "Placeholder", "Shape", "Reshape"})


def _count(dims, unknown=32):
    return 1000 if dims is None else math.prod(unknown if d is None else d for d in dims)


def _matmul(op):
    inner = op._inputs[0].dims
    return 2 * _count(op.outputs[0].dims) * (32 if inner is None or not inner else (inner[-1] or 32))


def _convolution(op):
    """Each element of the result, or of its slope, takes a window of the image and the filters that it has a sum with."""
    kind = op._def.name
    filters = (op.outputs[0] if "BackpropFilter" in kind else op._inputs[1]).dims
    result = (op._inputs[2] if "Backprop" in kind else op.outputs[0]).dims
    made = filters[-2:] if kind.startswith("Depthwise") and filters else (filters or (None,))[-1:]
    return 2 * _count(result) * _count(filters) // max(1, _count(made))


_COSTS = dict.fromkeys(("MatMul", "_Dense", "BatchMatMul", "BatchMatMulV2"), _matmul)
_COSTS |= dict.fromkeys(
    (
        "Conv2D _Conv2DBias Conv2DBackpropInput Conv2DBackpropFilter DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput "
        "DepthwiseConv2dNativeBackpropFilter Conv3D Conv3DBackpropInputV2 Conv3DBackpropFilterV2"
    ).split(),
    _convolution,
)
_COSTS["Region"] = lambda op: getattr(op, "flops", 0)
_COSTS["RolledLoop"] = lambda op: op.attrs["times"] * op.attrs["body"].flops
