"""A function of one row made a function of all rows at once: `vectorized_map`. Each node of the function's body is
converted: elementwise ones, reductions and products to one node over all rows; what has no rule goes row by row, in a loop."""

import collections

from ..graph.convert import convert
from ..graph.graph import default_graph
from ..graph.scopes import name_scope
from ..graph.static import python_value
from ..ground import dtypes, nest
from ..ground.api import export
from ..ops.basic import placeholder
from ..ops.elementwise import PLAIN, cast_node
from ..ops.fill import ones_like, range_
from ..ops.join import concat, expand_dims_node
from ..ops.matmul import matmul
from ..ops.shape import rank, reshape, shape, tile
from ..ops.slicing import gather
from .functional import map_fn

__all__ = ["vectorized_map"]

Wrapped = collections.namedtuple("Wrapped", ["t", "stacked"])  # a tensor, and whether its first axis counts rows


class _Rows:
    """The conversion of a body.

    Args:
      row: the placeholder for the number of the row.
      count: how many rows, an int32 scalar.
      body: the operations of the body.
    """

    def __init__(self, row, count, body):
        self.row, self.body = row, set(body)
        self.length = reshape(count, [1])
        self.all = range_(count)
        self.made = {row: Wrapped(self.all, True)}

    def whole(self, tensor):
        """A tensor of the body for all rows."""
        found = self.of(tensor)
        return found.t if found.stacked else self.tiled(found.t)

    def tiled(self, tensor):
        """A tensor that is the same for all rows, once for each."""
        ones = ones_like(shape(tensor))
        return tile(expand_dims_node(tensor, 0), concat([self.length, ones], axis=0))

    def of(self, tensor):
        """A tensor of the body as it is for all rows."""
        if tensor not in self.made:
            op = tensor.op
            inputs = [self.of(t) for t in op._inputs] if op in self.body else []
            if not any(x.stacked for x in inputs):
                self.made[tensor] = Wrapped(tensor, False)
            else:
                with name_scope(f"{op._name}/pfor/"):
                    outputs = _RULES.get(op.type, _row_by_row)(self, op, inputs)
                for one, made in zip(op.outputs, outputs, strict=True):
                    self.made[one] = Wrapped(made, True)
        return self.made[tensor]


def _rank_with_rows(x):
    return rank(x.t) if x.stacked else rank(x.t) + 1


def _for_broadcast(inputs):
    """Inputs whose axes broadcast as those of single rows would."""
    ranks = [_rank_with_rows(x) for x in inputs]
    most = ranks[0]
    for one in ranks[1:]:
        most = PLAIN["Maximum"](one, most)
    out = []
    for x, own in zip(inputs, ranks, strict=True):
        if not x.stacked:
            out.append(x.t)
            continue
        dims = shape(x.t)
        gap = reshape(most - own, [1])
        ones = tile([1], gap)
        out.append(reshape(x.t, concat([dims[:1], ones, dims[1:]], axis=0)))
    return out


def _again(op, inputs, **changed):
    """The node's type over other inputs, with its attributes."""
    given = {k: v for k, v in op.attrs.items() if not k.startswith("_")} | changed
    return default_graph().create_op(op.type, inputs, attrs=given).outputs


def _elementwise(rows, op, inputs):
    return _again(op, _for_broadcast(inputs))


def _same_for_rows(rows, op, inputs):
    """Ops that work along the last axes, whatever stands before them."""
    return _again(op, [inputs[0].t, *[x.t for x in inputs[1:]]])


def _gathered(rows, op, inputs):
    params, indices, axis = inputs
    where = python_value(axis.t)
    if params.stacked or not indices.stacked or where is None or int(where) != 0:
        return _row_by_row(rows, op, inputs)
    count = params.t.dims and params.t.dims[0]
    if indices.t is rows.all and count is not None and rows.all.dims == (count,):
        return [params.t]
    return [gather(params.t, indices.t)]


def _reduced(rows, op, inputs):
    x, axes = inputs
    if axes.stacked:
        return _row_by_row(rows, op, inputs)
    axes = cast_node(axes.t, DstT=dtypes.int32) if axes.t.dtype is not dtypes.int32 else axes.t
    moved = axes + cast_node(PLAIN["GreaterEqual"](axes, 0), DstT=dtypes.int32)
    return _again(op, [x.t, moved], Tidx=dtypes.int32)


def _product(rows, op, inputs):
    a, b = inputs
    turns = {"transpose_a": op.attrs["transpose_a"], "transpose_b": op.attrs["transpose_b"]}
    if a.stacked and not b.stacked and not turns["transpose_a"] and a.t.rank == 3:
        dims = shape(a.t)
        flat = matmul(reshape(a.t, concat([[-1], dims[2:]], axis=0)), b.t, **turns)
        return [reshape(flat, concat([dims[:2], shape(flat)[1:]], axis=0))]
    return [matmul(*[x.t if x.stacked else rows.tiled(x.t) for x in inputs], **turns)]


def _reshaped(rows, op, inputs):
    x, dims = inputs
    if dims.stacked:
        return _row_by_row(rows, op, inputs)
    return [reshape(x.t, concat([cast_node(rows.length, DstT=dims.t.dtype), dims.t], axis=0))]


def _row_by_row(rows, op, inputs):
    """The node in a loop over rows."""
    stacked = [x.t for x in inputs if x.stacked]

    def one(parts):
        left = iter(parts)
        return list(_again(op, [next(left) if x.stacked else x.t for x in inputs]))

    kinds = [t._dtype for t in op.outputs]
    made = map_fn(one, stacked, dtype=kinds)
    for tensor, before in zip(made, op.outputs, strict=True):
        if before.dims is not None:
            tensor.set_shape((None, *before.dims))
    return made


_ELEMENTWISE = (
    "Abs Acos Acosh Add AddV2 AddN Asin Asinh Atan Atan2 Atanh Ceil Cast ClipByValue Complex Conj Cos Cosh Digamma Div DivNoNan Elu "
    "Equal Erf Erfc Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Identity Igamma Igammac Imag Inv IsFinite IsInf "
    "IsNan LeakyRelu Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul Neg NotEqual Pow "
    "Real RealDiv Reciprocal Relu Relu6 Rint Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Square "
    "SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod Xdivy Xlogy ZerosLike OnesLike StopGradient"
).split()
_RULES = dict.fromkeys(_ELEMENTWISE, _elementwise)
_RULES |= dict.fromkeys(("Sum", "Prod", "Max", "Min", "Mean", "All", "Any"), _reduced)
_RULES |= {
    "GatherV2": _gathered,
    "MatMul": _product,
    "Reshape": _reshaped,
    "Identity": _same_for_rows,
    "StopGradient": _same_for_rows,
}


@export("vectorized_map")
def vectorized_map(fn, elems):
    """`fn` of each row of `elems`, all rows at once.

    Args:
      fn: of a row (a nest like `elems`); gives a tensor or a nest of tensors.
      elems: a tensor `[rows, ...]`, or a nest of such.

    Returns:
      A nest of tensors `[rows, ...]`, as `map_fn` gives it.
    """
    elems = nest.map_structure(lambda x: convert(x, None), elems)
    graph = default_graph()
    count = shape(nest.flatten(elems)[0])[0]
    before = len(graph._ops)
    with name_scope("loop_body"):
        row = placeholder(dtypes.int32, shape=[])
        made = fn(nest.map_structure(lambda x: gather(x, row), elems))
    body = graph._ops[before:]
    with name_scope("pfor"):
        rows = _Rows(row, count, body)
        outputs = [rows.whole(convert(y, None)) for y in nest.flatten(made)]
    return nest.pack_sequence_as(made, outputs)
