"""The slopes of arithmetic, reductions and products of matrices, as the nodes that 1.15 makes for them."""

import numpy as np

from ..graph import static
from ..graph.graph import Tensor, default_graph
from ..graph.opdef import gradient
from ..graph.scopes import colocate_with, control_dependencies
from ..ground import dtypes, shapes
from .basic import constant
from .elementwise import NODES, PLAIN, cast, conj, div_no_nan, grad_nodes, negative, reciprocal_of, square, true_divide
from .elementwise import complex as complex_
from .elementwise import imag as imag_
from .elementwise import real as real_
from .elementwise import sign as sign_
from .fill import fill, ones_like, range_, zeros, zeros_like
from .join import concat
from .math import cumprod, cumsum
from .matmul import matmul, matmul_node
from .reduce import reduce_prod, reduce_sum
from .shape import (
    broadcast_gradient_args,
    invert_permutation,
    rank,
    reshape,
    shape,
    shape_internal,
    size,
    tile,
    transpose,
)
from .slicing import gather, where
from .stitch import dynamic_stitch, set_diff

__all__ = []

sub, mul = NODES["Sub"], NODES["Mul"]


def _same_shapes(x, y, dy):
    return shapes.known(x.dims) and x.dims == y.dims == getattr(dy, "dims", None)


def _summed(slope, axes, like):
    """A slope of a broadcast result, summed back to the shape of an input."""
    return reshape(reduce_sum(slope, axes), like)


def _args(x, y):
    """(shape of x, shape of y, axes to sum for x, axes to sum for y)."""
    sx, sy = shape(x), shape(y)
    rx, ry = broadcast_gradient_args(sx, sy)
    return sx, sy, rx, ry


def _smart_args(x, y, dy):
    """For each of two inputs (its shape, the axes to sum over, whether there is anything to sum); known shapes are constants."""
    if not isinstance(dy, Tensor):  # slices of rows
        sx, sy, rx, ry = _args(x, y)
        return (sx, rx, True), (sy, ry, True)
    if not (shapes.known(x.dims) and shapes.known(y.dims)):
        sx, sy = shape_internal(x, optimize=False), shape_internal(y, optimize=False)
        rx, ry = broadcast_gradient_args(sx, sy)
        return (sx, rx, True), (sy, ry, True)
    kept = x.graph._broadcast_axes
    if (x.dims, y.dims) not in kept:  # 1.15 makes the node once for each pair of shapes
        kept[x.dims, y.dims] = [static.fold(axes) for axes in broadcast_gradient_args(x.dims, y.dims)]
    rx, ry = kept[x.dims, y.dims]
    out = dy.dims if hasattr(dy, "dims") else None
    return (x.dims, rx, x.dims != out), (y.dims, ry, y.dims != out)


def _smart_sum(slope, where_to):
    like, axes, needed = where_to
    return _summed(slope, axes, like) if needed else slope


def _add(op, dy):
    x, y = op.inputs
    if _same_shapes(x, y, dy):
        return [dy, dy]
    to_x, to_y = _smart_args(x, y, dy)
    return [_smart_sum(dy, to_x), _smart_sum(dy, to_y)]


def _sub(op, dy):
    x, y = op.inputs
    if _same_shapes(x, y, dy):
        return [dy, -dy]
    to_x, to_y = _smart_args(x, y, dy)
    dx = _smart_sum(dy, to_x)
    return [dx, _smart_sum(-dy, to_y)]


def _mul(op, dy):
    x, y = op.inputs
    if _same_shapes(x, y, dy) and dy._dtype in (dtypes.int32, dtypes.float32):
        return [mul(dy, y), mul(dy, x)]
    to_x, to_y = _smart_args(x, y, dy)
    x, y = conj(x), conj(y)
    return [_smart_sum(mul(dy, y), to_x), _smart_sum(mul(x, dy), to_y)]


def _real_div(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    x, y = conj(x), conj(y)
    div = PLAIN["RealDiv"]
    return [_summed(div(dy, y), rx, sx), _summed(dy * div(div(-x, y), y), ry, sy)]


def _div_no_nan(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    x, y = conj(x), conj(y)
    div = div_no_nan
    return [_summed(div(dy, y), rx, sx), _summed(dy * div(div(-x, y), y), ry, sy)]


def _pow(op, dy):
    x, y, z = op.inputs[0], op.inputs[1], op.outputs[0]
    to_x, to_y = _smart_args(x, y, dy)
    x, y, z = conj(x), conj(y), conj(z)
    dx = _smart_sum(dy * y * NODES["Pow"](x, y - 1), to_x)
    if x._dtype.is_complex:
        mask = NODES["NotEqual"](x, 0)
    else:
        mask = x > 0
    safe = where(mask, x, ones_like(x))
    log = where(mask, PLAIN["Log"](safe), zeros_like(x))
    return [dx, _smart_sum(dy * z * log, to_y)]


def _extreme(choose):
    def rule(op, dy):
        x, y = op.inputs
        dtype = dy._dtype
        sx, sy, sg = shape(x), shape(y), shape(dy)
        zero = zeros(sg, dtype)
        mask = choose(x, y)
        rx, ry = broadcast_gradient_args(sx, sy)
        dx = _summed(where(mask, dy, zero), rx, sx)
        return [dx, _summed(where(mask, zero, dy), ry, sy)]

    return rule


def _squared_difference(op, dy):
    x, y = op.inputs
    with control_dependencies([dy]):
        slope = two_times(dy) * (x - y)
    if _same_shapes(x, y, dy):
        return [slope, -slope]
    to_x, to_y = _smart_args(x, y, dy)
    return [_smart_sum(slope, to_x), -_smart_sum(slope, to_y)]


def two_times(dy):
    """Twice a slope."""
    return mul(constant(2, dy._dtype.base_dtype, name="scalar"), dy)


for _kind, _rule in (
    ("Add", _add),
    ("AddV2", _add),
    ("Sub", _sub),
    ("Mul", _mul),
    ("RealDiv", _real_div),
    ("DivNoNan", _div_no_nan),
    ("Pow", _pow),
    ("Maximum", _extreme(lambda x, y: x >= y)),
    ("Minimum", _extreme(lambda x, y: x <= y)),
    ("SquaredDifference", _squared_difference),
):
    gradient(_kind, _rule)


def _div(op, dy):
    """Of integers' quotient there is no slope by the divisor that a truncated quotient hasn't: TF's formula."""
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    x, y = conj(x), conj(y)
    div = NODES["Div"]
    return [_summed(div(dy, y), rx, sx), _summed(dy * div(div(-x, y), y), ry, sy)]


gradient("Div", _div)
for _kind in (
    "FloorDiv TruncateDiv Less LessEqual Greater GreaterEqual Equal NotEqual ApproximateEqual LogicalAnd LogicalOr LogicalNot "
    "Floor Ceil Round Rint IsNan IsInf IsFinite ZerosLike OnesLike"
).split():
    if _kind in ("FloorDiv", "TruncateDiv", "Floor", "Ceil", "Round", "Rint"):
        gradient(_kind, lambda op, *dys: [None] * len(op.inputs))
    else:
        gradient(_kind, None)


def _floor_mod(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    floor = NODES["FloorDiv"](x, y)
    return [_summed(dy, rx, sx), _summed(dy * negative(floor), ry, sy)]


gradient("FloorMod", _floor_mod)


def _atan2(op, dy):
    y, x = op.inputs
    with control_dependencies([dy]):
        inverse = dy / (square(x) + square(y))
        return [x * inverse, -y * inverse]


gradient("Atan2", _atan2)


def _after(rule):
    """A rule whose nodes wait for the slope that comes in, as TF's do to save memory."""

    def with_control(op, dy):
        with control_dependencies([dy]):
            return [rule(op, dy)]

    return with_control


def _y(op):
    return conj(op.outputs[0])


def _x(op):
    return conj(op.inputs[0])


def _with_square(node, op, dy):
    """1 plus or minus the square; the square's node comes first."""
    squared = square(_x(op))
    return node(constant(1, dy._dtype), squared)


def _over_root(op, dy):
    return reciprocal_of(sqrt_(_with_square(sub, op, dy)))


def _times(slope, dy):
    return dy * slope


def _rsqrt(op, dy):
    return grad_nodes["RsqrtGrad"](op.outputs[0], dy)


_ONE = {
    "Abs": lambda op, dy: dy * sign_(op.inputs[0]),
    "Neg": lambda op, dy: -dy,
    "Exp": _after(lambda op, dy: dy * _y(op)),
    "Expm1": _after(lambda op, dy: dy * PLAIN["Exp"](_x(op))),
    "Log": _after(lambda op, dy: dy * reciprocal_of(_x(op))),
    "Log1p": _after(lambda op, dy: dy * reciprocal_of(1 + _x(op))),
    "Sinh": _after(lambda op, dy: dy * PLAIN["Cosh"](_x(op))),
    "Cosh": _after(lambda op, dy: dy * PLAIN["Sinh"](_x(op))),
    "Sin": _after(lambda op, dy: dy * PLAIN["Cos"](_x(op))),
    "Cos": _after(lambda op, dy: -dy * PLAIN["Sin"](_x(op))),
    "Sqrt": lambda op, dy: grad_nodes["SqrtGrad"](op.outputs[0], dy),
    "Rsqrt": _rsqrt,
    "Reciprocal": lambda op, dy: grad_nodes["ReciprocalGrad"](op.outputs[0], dy),
    "Inv": lambda op, dy: grad_nodes["ReciprocalGrad"](op.outputs[0], dy),
    "Tanh": _after(lambda op, dy: grad_nodes["TanhGrad"](_y(op), dy)),
    "Sigmoid": _after(lambda op, dy: grad_nodes["SigmoidGrad"](_y(op), dy)),
    "Acos": _after(lambda op, dy: _times(_over_root(op, dy), -dy)),
    "Asin": _after(lambda op, dy: _times(_over_root(op, dy), dy)),
    "Atan": _after(lambda op, dy: _times(reciprocal_of(_with_square(NODES["Add"], op, dy)), dy)),
    "Asinh": _after(lambda op, dy: dy / PLAIN["Cosh"](_y(op))),
    "Acosh": _after(lambda op, dy: dy / PLAIN["Sinh"](_y(op))),
    "Atanh": _after(lambda op, dy: _times(reciprocal_of(_with_square(sub, op, dy)), dy)),
    "Lgamma": _after(lambda op, dy: dy * PLAIN["Digamma"](_x(op))),
    "Conj": lambda op, dy: conj(dy),
    "Sign": lambda op, dy: zeros(shape(op.inputs[0]), op.inputs[0]._dtype),
}


def sqrt_(x):
    """The square root."""
    return NODES["Sqrt"](x)


def _single(rule):
    def call(op, dy):
        made = rule(op, dy)
        return made if isinstance(made, list) else [made]

    return call


for _kind, _rule in _ONE.items():
    gradient(_kind, _single(_rule))


def _square(op, dy):
    with control_dependencies([dy]):
        y = constant(2.0, op.inputs[0]._dtype.base_dtype)
        return [NODES["Mul"](dy, NODES["Mul"](_x(op), y))]


gradient("Square", _square)


def _tan(op, dy):
    with control_dependencies([dy]):
        secant = reciprocal_of(PLAIN["Cos"](_x(op)))
        return [square(secant) * dy]


gradient("Tan", _tan)


def _erf(sign):
    def rule(op, dy):
        factor = constant(sign * 2 / np.sqrt(np.pi), dy._dtype)
        with control_dependencies([dy]):
            return [dy * factor * PLAIN["Exp"](-square(_x(op)))]

    return rule


gradient("Erf", _erf(1))
gradient("Erfc", _erf(-1))


def _complex_abs(op, dy):
    """In the direction of the number; 0 at 0."""
    size = op.outputs[0]
    return [div_no_nan(complex_(dy, zeros_like(dy)) * op.inputs[0], complex_(size, zeros_like(size)))]


gradient("ComplexAbs", _complex_abs)
gradient("Real", lambda op, dy: [complex_(dy, constant(0, dy._dtype))])
gradient("Imag", lambda op, dy: [complex_(constant(0, dy._dtype), dy)])


def _complex(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    return [_summed(real_(dy), rx, sx), _summed(imag_(dy), ry, sy)]


gradient("Complex", _complex)


def _angle(op, dy):
    """-dy / (Im x + i Re x)."""
    x = op.inputs[0]
    with control_dependencies([dy]):
        re, im = real_(x), imag_(x)
        z = reciprocal_of(complex_(im, re))
        return [-complex_(dy, constant(0, dy._dtype)) * z]


gradient("Angle", _angle)


def _sigmoid_grad(op, dy):
    with control_dependencies([dy]):
        a, b = conj(op.inputs[0]), conj(op.inputs[1])
        gb = dy * b
        return [gb - 2.0 * gb * a, grad_nodes["SigmoidGrad"](a, dy)]


def _tanh_grad(op, dy):
    with control_dependencies([dy]):
        a, b = conj(op.inputs[0]), conj(op.inputs[1])
        return [dy * -2.0 * b * a, grad_nodes["TanhGrad"](a, dy)]


def _sqrt_grad(op, dy):
    a, y = op.inputs[0], op.outputs[0]
    with control_dependencies([dy]):
        ga = dy / a
        return [-conj(ga) * y, 0.5 * ga]


def _rsqrt_grad(op, dy):
    a, b = op.inputs
    with control_dependencies([dy]):
        ca, cg = conj(a), conj(dy)
        return [-1.5 * cg * b * square(ca), grad_nodes["RsqrtGrad"](ca, dy)]


def _reciprocal_grad(op, dy):
    b = op.inputs[1]
    with control_dependencies([dy]):
        ca, cg = conj(op.inputs[0]), conj(dy)
        return [cg * -2.0 * b * ca, grad_nodes["ReciprocalGrad"](ca, dy)]


for _kind, _rule in (
    ("SigmoidGrad", _sigmoid_grad),
    ("TanhGrad", _tanh_grad),
    ("SqrtGrad", _sqrt_grad),
    ("RsqrtGrad", _rsqrt_grad),
    ("ReciprocalGrad", _reciprocal_grad),
    ("InvGrad", _reciprocal_grad),
):
    gradient(_kind, _rule)

_CASTS = frozenset({dtypes.float16, dtypes.float32, dtypes.float64, dtypes.bfloat16, dtypes.complex64, dtypes.complex128})


def _cast(op, dy):
    source, target = op.inputs[0]._dtype.base_dtype, dy._dtype.base_dtype
    return [cast(dy, source) if source in _CASTS and target in _CASTS else None]


gradient("Cast", _cast)
gradient("AddN", lambda op, dy: [dy] * len(op.inputs))
gradient("AccumulateNV2", lambda op, dy: [dy] * len(op.inputs))


# --- reductions ---------------------------------------------------------------------------------------


def reduced_shape(input_shape, axes):
    """The shape of a reduction with its dimensions kept."""
    input_shape = cast(input_shape, dtypes.int32)
    axes = cast(axes, dtypes.int32)
    n = size(input_shape)
    axes = (axes + n) % n
    axes_shape = shape(axes)
    return dynamic_stitch([range_(n), axes], [input_shape, fill(axes_shape, 1)])


_SHAPES = ("shapes of reductions",)
_FOLDED = {"Cast", "Concat", "ConcatV2", "Const", "Fill", "Pack", "Range", "Rank", "Shape", "Size"}  # as TF's Python folds


def _known_reduction(dims, axes):
    """(the shape with dimensions kept, how often each repeats) as tuples; their nodes are made once in a graph."""
    found = default_graph().get_collection_ref(_SHAPES)
    if not found:
        found.append({})
    if (dims, axes) not in found[0]:
        kept = static.fold(reduced_shape(dims, axes))
        times = static.fold(_safe_div(dims, tuple(kept.tolist())))
        found[0][dims, axes] = tuple(kept.tolist()), tuple(times.tolist())
    return found[0][dims, axes]


def _sum(op, dy):
    x, axes = op.inputs
    over = static.fold(axes) if x.dims is not None and axes.op.type in _FOLDED else None
    if over is not None:
        n = len(x.dims)
        if np.array_equal(over, np.arange(n)):
            dy = reshape(dy, [1] * n)
            source = constant(x.dims, dtypes.int32) if None not in x.dims else shape(x)
            return [tile(dy, source), None]
        if None not in x.dims:
            kept, times = _known_reduction(x.dims, tuple(over.reshape(-1).tolist()))
            return [tile(reshape(dy, kept), times), None]
    input_shape = shape(x)
    with colocate_with(input_shape):
        kept = reduced_shape(input_shape, axes)
        times = _safe_div(input_shape, kept)
    return [tile(reshape(dy, kept), times), None]


def _safe_div(x, y):
    return x // PLAIN["Maximum"](y, 1)


def _mean(op, dy):
    slope = _sum(op, dy)[0]
    x, y = op.inputs[0], op.outputs[0]
    n_in, n_out = shapes.count(x.dims), shapes.count(y.dims)
    if n_in is not None and n_out is not None:
        factor = constant(n_in // max(n_out, 1), slope._dtype)
    else:
        sx, sy = shape(x), shape(y)
        n = _safe_div(reduce_prod(sx), reduce_prod(sy))
        factor = cast(n, slope._dtype)
    return [true_divide(slope, factor), None]


def _max_min(op, dy):
    """Shared among all elements that are the extreme."""
    input_shape = shape(op.inputs[0])
    kept = reduced_shape(input_shape, op.inputs[1])
    y = reshape(op.outputs[0], kept)
    slope = reshape(dy, kept)
    here = cast(NODES["Equal"](y, op.inputs[0]), slope._dtype)
    n = reshape(reduce_sum(here, op.inputs[1]), kept)
    return [here / n * slope, None]


def _prod(op, dy):
    """Products of all other elements, as cumulative products from both sides."""
    x, axes = op.inputs
    input_shape = shape(x)
    axes = reshape(axes, [-1])
    kept = reduced_shape(input_shape, op.inputs[1])
    times = _safe_div(input_shape, kept)
    dy = tile(reshape(dy, kept), times)
    n = rank(x)
    axes = (axes + n) % n
    reduced = cast(axes, dtypes.int32)
    every = range_(0, n)
    other, _ = set_diff(every, reduced)
    perm = concat([reduced, other], 0)
    reduced_n = reduce_prod(gather(input_shape, reduced))
    other_n = reduce_prod(gather(input_shape, other))
    moved = transpose(x, perm)
    moved_shape = shape(moved)
    flat = reshape(moved, (reduced_n, other_n))
    left, right = cumprod(flat, axis=0, exclusive=True), cumprod(flat, axis=0, exclusive=True, reverse=True)
    y = reshape(conj(left) * conj(right), moved_shape)
    out = dy * transpose(y, invert_permutation(perm))
    return [reshape(out, input_shape), None]


for _kind, _rule in (("Sum", _sum), ("Mean", _mean), ("Max", _max_min), ("Min", _max_min), ("Prod", _prod)):
    gradient(_kind, _rule)


def _euclidean(op, dy):
    out = op.outputs[0]
    if not op.attrs["keep_dims"]:
        kept = reduced_shape(shape(op.inputs[0]), op.inputs[1])
        out, dy = reshape(out, kept), reshape(dy, kept)
    return [PLAIN["RealDiv"](op.inputs[0], out / dy), None]


gradient("EuclideanNorm", _euclidean)
gradient(
    "Cumsum", lambda op, dy: [cumsum(dy, op.inputs[1], exclusive=op.attrs["exclusive"], reverse=not op.attrs["reverse"]), None]
)


def _cumprod(op, dy):
    x, axis = op.inputs
    product = cumprod(x, axis, exclusive=op.attrs["exclusive"], reverse=op.attrs["reverse"])
    out = cumsum(product * dy, axis, exclusive=op.attrs["exclusive"], reverse=not op.attrs["reverse"])
    return [out / x, None]


gradient("Cumprod", _cumprod)


# --- products of matrices -----------------------------------------------------------------------------


def _matmul(op, dy):
    ta, tb = op.attrs["transpose_a"], op.attrs["transpose_b"]
    a, b = conj(op.inputs[0]), conj(op.inputs[1])
    if not ta and not tb:
        return [matmul_node(dy, b, transpose_b=True), matmul_node(a, dy, transpose_a=True)]
    if not ta:
        return [matmul_node(dy, b), matmul_node(dy, a, transpose_a=True)]
    if not tb:
        return [matmul_node(b, dy, transpose_b=True), matmul_node(a, dy)]
    return [matmul_node(b, dy, transpose_a=True, transpose_b=True), matmul_node(dy, a, transpose_a=True, transpose_b=True)]


gradient("MatMul", _matmul)


def _batch_matmul(op, dy):
    x, y = op.inputs
    ax, ay = op.attrs["adj_x"], op.attrs["adj_y"]
    if not ax and not ay:
        dx, dw = matmul(dy, y, adjoint_b=True), matmul(x, dy, adjoint_a=True)
    elif not ax:
        dx, dw = matmul(dy, y), matmul(dy, x, adjoint_a=True)
    elif not ay:
        dx, dw = matmul(y, dy, adjoint_b=True), matmul(x, dy)
    else:
        dx, dw = matmul(y, dy, adjoint_a=True, adjoint_b=True), matmul(dy, x, adjoint_a=True, adjoint_b=True)
    return dx, dw


def _batch_matmul_v2(op, dy):
    x, y = op.inputs
    dx, dw = _batch_matmul(op, dy)
    if shapes.known(x.dims) and x.dims == y.dims:
        return [dx, dw]
    sx, sy = shape(x), shape(y)
    rx, ry = broadcast_gradient_args(sx[:-2], sy[:-2])
    return [_summed(dx, rx, sx), _summed(dw, ry, sy)]


gradient("BatchMatMul", lambda op, dy: list(_batch_matmul(op, dy)))
gradient("BatchMatMulV2", _batch_matmul_v2)
