"""Arithmetic with SparseTensors: sums, products with dense tensors, the greater or lesser of two, softmax."""

import numpy as np

from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .batch_gather import gather_nd
from .elementwise import TRUE_DIV, cast, negative, square
from .fill import ones, zeros_like
from .join import concat
from .shape import broadcast_static_shape, expand_dims, shape, size
from .slicing import slice_
from .sparse_dense import as_sparse
from .sparse_reduce import sparse_reduce_sum

__all__ = ["sparse_add", "sparse_maximum", "sparse_minimum", "sparse_softmax"]

_SPARSE = (SparseTensor, SparseTensorValue)


# --- sums -------------------------------------------------------------------------------------------


def _merged(a, b):
    """(the places of two lists of places in the order of rows, for each of both where its elements are among them)."""
    both = np.concatenate([a, b])
    places, where = np.unique(both, axis=0, return_inverse=True)
    where = where.reshape(-1)
    return places, where[: len(a)], where[len(a) :]


def _check_same(a, b, op):
    if tuple(a) != tuple(b):
        k = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
        words = f"Operands' shapes do not match: got {a[k]} and {b[k]} for dimension {k}"
        raise InvalidArgumentError(None, op, words if len(a) == len(b) else "Ranks of input tensors do not match")


def _lower_add(B, a_at, a, a_dims, b_at, b, b_dims, thresh, *, op):
    _check_same(a_dims, b_dims, op)
    places, first, second = _merged(a_at, b_at)
    total = np.zeros(len(places), a.dtype)
    np.add.at(total, first, a)
    np.add.at(total, second, b)
    keep = np.abs(total) >= thresh
    return places[keep].astype(np.int64), total[keep], a_dims


def _infer_add(a_at, a, a_dims, *_):
    n = shapes.with_rank(a_dims.dims, 1)[0]
    return [(None, n), (None,), (n,)]


def _add_slope(op, _, dy, __):
    a_at, a, _, b_at, b, _, _ = op.inputs
    dx, other = _add_grad(dy, a_at, b_at, op.outputs[0])
    dx.set_shape(a.get_shape())
    other.set_shape(b.get_shape())
    return [None, dx, None, None, other, None, None]


def _lower_add_grad(B, dy, a_at, b_at, sum_at):
    places = {tuple(row): k for k, row in enumerate(sum_at.tolist())}

    def part(at):
        found = [places.get(tuple(row), -1) for row in at.tolist()]
        return np.array([dy[k] if k >= 0 else 0 for k in found], dy.dtype)

    return part(a_at), part(b_at)


_add = define("SparseAdd", infer=_infer_add, lower=_lower_add, dynamic=True, grad=_add_slope)
_add_grad = define(
    "SparseAddGrad",
    infer=lambda dy, a, b, _: [(shapes.with_rank(a.dims, 2)[0],), (shapes.with_rank(b.dims, 2)[0],)],
    lower=_lower_add_grad,
    dynamic=True,
    grad=None,
)


def _lower_dense_add(B, indices, values, dims, dense, *, op):
    if not B.compiled and tuple(int(d) for d in dims) != tuple(dense.shape):
        words = "Dimension {} does not equal (no broadcasting is supported): sparse side {} vs dense side {}"
        have = [int(d) for d in dims]
        if len(have) != dense.ndim:
            raise InvalidArgumentError(
                None, op, f"Two operands should have the same ndims; got tensor of {len(have)} dims vs. {dense.ndim} dims"
            )
        k = next(k for k, (x, y) in enumerate(zip(have, dense.shape, strict=True)) if x != y)
        raise InvalidArgumentError(None, op, words.format(k, have[k], dense.shape[k]))
    return B.add_at(dense, tuple(indices[:, k] for k in range(dense.ndim)), values)


_dense_add = define(
    "SparseTensorDenseAdd",
    infer=lambda indices, values, dims, dense: [dense.dims],
    lower=_lower_dense_add,
    lengths=(0, 1),
    steady=(3,),
    grad=lambda op, dy: [None, gather_nd(dy, op.inputs[0]), None, dy],
)


@export("sparse_add", "sparse.add", "compat.v1.sparse_add")
def sparse_add(a, b, threshold=None, thresh=None):
    """The sum of two tensors, one of which at least is sparse.

    Args:
      a: a `SparseTensor`, or a tensor.
      b: the other, of the same shape and dtype.
      threshold: a scalar; sums of two sparse elements that are smaller in magnitude are left out.
      thresh: the older name of `threshold`.

    Returns:
      A `SparseTensor` for two of them, a tensor otherwise.

    Raises:
      TypeError: none is sparse.
    """
    need(threshold is None or thresh is None, "Cannot specify both 'thresh' and 'threshold'")
    threshold = thresh if threshold is None else threshold
    return sparse_sum(a, b, 0 if threshold is None else threshold)


def sparse_sum(a, b, threshold=0):
    """`sparse_add` under its later arguments."""
    sparse = [isinstance(x, _SPARSE) for x in (a, b)]
    need(any(sparse), "At least one input should be SparseTensor; do you mean to use tf.add()?", kind=TypeError)
    if not all(sparse):
        a, b = (b, a) if sparse[1] else (a, b)
        a = as_sparse(a)
        return _dense_add(a.indices, a.values, a.dense_shape, b)
    a, b = as_sparse(a), as_sparse(b)
    threshold = convert_to_tensor(threshold, dtype=a.values.dtype.real_dtype, name="threshold")
    *made, dims = _add(a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, threshold)
    a.get_shape().assert_is_compatible_with(b.get_shape())
    whole = broadcast_static_shape(a.get_shape(), b.get_shape())
    return SparseTensor(*made, whole.as_list() if whole.is_fully_defined() else dims)


# --- a sparse element and the dense one in its place ------------------------------------------------


def _dense_values(B, indices, dims, dense, op):
    """The elements of `dense`, broadcast to the sparse shape, at the sparse places."""
    dims = tuple(int(d) for d in dims)
    fits = dense.ndim <= len(dims) and all(d in (1, n) for d, n in zip(dense.shape[::-1], dims[::-1], strict=False))
    if not fits:
        words = "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
        raise InvalidArgumentError(None, op, f"{words}{shapes.text(dims)} vs. {shapes.text(dense.shape)}")
    return B.broadcast_to(dense, dims)[tuple(indices[:, k] for k in range(len(dims)))]


def _cwise(function):
    def lower(B, indices, values, dims, dense, *, op):
        other = _dense_values(B, indices, dims, dense, op)
        if function == "divide" and values.dtype.kind in "iu":
            return B.cast(B.trunc(values / other), values.dtype)
        return getattr(B, function)(values, other)

    return lower


def _cwise_slope(is_mul):
    def rule(op, dy):
        indices, values, dims, dense = op.inputs
        at, dense_shape = _scaled(indices, dims, dense)
        others = gather_nd(dense, at)
        if is_mul:
            dx = dy * others
            by_dense = dy * values
        else:
            dx = dy / others
            by_dense = dy * (-values / square(others))
        summed = sparse_sum(zeros_like(dense), SparseTensor(at, by_dense, dense_shape))
        return [None, dx, None, summed]

    return rule


def _scaled(indices, dims, dense):
    """(the places in `dense` that broadcasting led to the sparse ones, its shape)."""
    dense_shape = cast(shape(dense), dtypes.int64)
    added = expand_dims(size(dims) - size(dense_shape), 0)
    augmented = concat([ones(added, dtypes.int64), dense_shape], 0)
    at = indices // (dims // augmented)
    return slice_(at, concat([[0], added], 0), [-1, -1]), dense_shape


def _no_slope(op, dy):
    raise NotImplementedError("Gradient for SparseDenseCwiseAdd is not implemented.")


def _values_shape(indices, values, *_):
    return [values.dims]


_by = {"static": (2,), "infer": _values_shape, "lengths": (0, 1)}
dense_plus = define("SparseDenseCwiseAdd", lower=_cwise("add"), grad=_no_slope, **_by)
dense_times = define("SparseDenseCwiseMul", lower=_cwise("multiply"), grad=_cwise_slope(True), **_by)
dense_over = define("SparseDenseCwiseDiv", lower=_cwise("divide"), grad=_cwise_slope(False), **_by)


def _true_over(indices, values, dims, y, name=None):
    """The quotient, of floats if both are ints."""
    with name_scope(name, "truediv", [indices, values, dims, y]) as scope:
        kind, other = values.dtype.base_dtype, y.dtype.base_dtype
        need(kind is other, f"x and y must have the same dtype, got {kind!r} != {other!r}", kind=TypeError)
        need(kind in TRUE_DIV, f"Invalid dtype {kind!r} in __truediv__", kind=TypeError)
        if TRUE_DIV[kind] is not None:
            values, y = cast(values, TRUE_DIV[kind]), cast(y, TRUE_DIV[kind])
        return dense_over(indices, values, dims, y, name=scope)


def _operator(name, function):
    def call(x, y):
        with name_scope(None, name, [x, y]) as scope:
            y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
            made = function(x.indices, x.values, x.dense_shape, y, name=scope)
            return SparseTensor(x.indices, made, x.dense_shape)

    return call


SparseTensor.__mul__ = _operator("mul", dense_times)
SparseTensor.__div__ = _operator("div", dense_over)
SparseTensor.__truediv__ = _operator("truediv", _true_over)


# --- the greater, the lesser, softmax ---------------------------------------------------------------


def _choice(way):
    def lower(B, a_at, a, a_dims, b_at, b, b_dims, *, op):
        _check_same(a_dims, b_dims, op)
        places, first, second = _merged(a_at, b_at)
        x, y = np.zeros(len(places), a.dtype), np.zeros(len(places), b.dtype)
        x[first], y[second] = a, b
        return places.astype(np.int64), getattr(np, way)(x, y)

    return lower


def _public(kind, way, what):
    node = define(f"SparseSparse{kind}", infer=lambda *_: [(None, None), (None,)], lower=_choice(way), dynamic=True, grad=None)

    def call(sp_a, sp_b, name=None):
        with name_scope(name, f"SparseSparse{kind}", [sp_a.indices, sp_a.values, sp_b.indices, sp_b.values]) as scope:
            parts = sp_a.indices, sp_a.values, sp_a.dense_shape, sp_b.indices, sp_b.values, sp_b.dense_shape
            made = node(*parts, name=scope)
        return SparseTensor(*made, sp_a.dense_shape)

    call.__name__ = call.__qualname__ = f"sparse_{way}"
    call.__doc__ = f"""The {what} of two SparseTensors, element by element; one that a side hasn't got is zero.

    Args:
      sp_a: a `SparseTensor`.
      sp_b: another of the same shape and dtype.
      name: the node's name.
    """
    return export(f"sparse_{way}", f"sparse.{way}")(call)


sparse_maximum, sparse_minimum = _public("Maximum", "maximum", "greater"), _public("Minimum", "minimum", "lesser")


def _lower_softmax(B, indices, values, dims, *, op):
    if len(dims) < 2:
        raise InvalidArgumentError(None, op, f"Input should have rank >= 2, but received shape: {shapes.text(tuple(dims))}")
    _, which = np.unique(indices[:, :-1], axis=0, return_inverse=True)
    which = which.reshape(-1)
    n = int(which.max()) + 1 if len(which) else 0
    most = np.full(n, -np.inf, values.dtype)
    np.maximum.at(most, which, values)
    powers = np.exp(values - most[which])
    total = np.zeros(n, values.dtype)
    np.add.at(total, which, powers)
    return powers / total[which]


def _softmax_slope(op, dy):
    indices, dims = op.inputs[0], op.inputs[2]
    made = op.outputs[0]
    product = SparseTensor(indices, made * dy, dims)
    total = negative(sparse_reduce_sum(product, [-1], keepdims=True))
    return [None, dense_plus(indices, dy, dims, total) * made, None]


_softmax = define("SparseSoftmax", infer=_values_shape, lower=_lower_softmax, dynamic=True, grad=_softmax_slope)


@export("sparse_softmax", "sparse.softmax")
def sparse_softmax(sp_input, name=None):
    """Softmax along the last dimension of a SparseTensor, of the elements that are there.

    Args:
      sp_input: a `SparseTensor` of floats, of rank 2 or more.
      name: the scope's name.

    Returns:
      A `SparseTensor` with elements at the same places; those of a row add up to 1.
    """
    with name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]):
        made = _softmax(sp_input.indices, sp_input.values, sp_input.dense_shape)
        return SparseTensor(sp_input.indices, made, sp_input.dense_shape)
