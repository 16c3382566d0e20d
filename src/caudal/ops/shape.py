"""What asks for or changes a shape: shape, size, rank, reshape, expand_dims, squeeze, transpose, tile, broadcast_to."""

import math

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, UnimplementedError, require
from .basic import CPP_NAMES, constant

__all__ = ["expand_dims", "rank", "reshape", "shape", "size", "squeeze", "tile", "transpose"]


def axis_argument(axis, old, name="axis", old_name="dim"):
    """An argument that has a deprecated second name: whichever was given.

    Raises:
      ValueError: both were.
    """
    if old is None:
        return axis
    if axis is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{name}'")
    return old


# --- shape, size, rank ------------------------------------------------------------------------------


def _infer_shape(x):
    return [(x.rank,)]


shape_node = define("Shape", infer=_infer_shape, lower=lambda B, x, *, out_type: np.array(np.shape(x), out_type.np), grad=None)
shape_n_node = define(
    "ShapeN",
    infer=lambda *xs: [(x.rank,) for x in xs],
    lower=lambda B, *xs, out_type: tuple(np.array(np.shape(x), out_type.np) for x in xs),
    grad=None,
)
size_node = define("Size", infer=lambda x: [()], lower=lambda B, x, *, out_type: np.array(np.size(x), out_type.np), grad=None)
rank_node = define("Rank", infer=lambda x: [()], lower=lambda B, x: np.array(np.ndim(x), np.int32), grad=None)


def shape_internal(input, name=None, optimize=True, out_type=dtypes.int32):
    """The shape of `input` as a vector; a constant where it is known and `optimize` allows.

    1.15 converts it once to look at it and again for the node: of a resource variable that is two reads.
    """
    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, SparseTensor):
            return cast_shape(input.dense_shape, out_type)
        dims = convert_to_tensor(input).dims
        if optimize and shapes.known(dims):
            return constant(dims, out_type, name=scope)
        return shape_node(input, name=scope, out_type=out_type)


def cast_shape(x, out_type):
    """`x` as `out_type`."""
    return x if x._dtype.base_dtype is out_type else cast_node(x, DstT=out_type)


def _infer_cast(x):
    return [x.dims]


def _lower_cast(B, x, *, SrcT, DstT, op):  # noqa: N803  # attributes
    if (SrcT is dtypes.string) != (DstT is dtypes.string):
        raise UnimplementedError(
            None, op, f"Cast {CPP_NAMES.get(SrcT.name, SrcT.name)} to {CPP_NAMES.get(DstT.name, DstT.name)} is not supported"
        )
    return B.cast(x, DstT.np)


cast_node = define("Cast", infer=_infer_cast, lower=_lower_cast)


@export("shape", "compat.v1.shape")
def shape(input, name=None, out_type=dtypes.int32):
    """The shape of a tensor, as a tensor.

    Args:
      input: a tensor or `SparseTensor`.
      name: the node's name.
      out_type: int32 or int64.

    Returns:
      `[rank]`; a constant where the static shape is known.
    """
    return shape_internal(input, name, True, dtypes.as_dtype(out_type))


@export("shape_n")
def shape_n(input, out_type=dtypes.int32, name=None):
    """The shapes of several tensors, each `[rank]`."""
    return shape_n_node(input, name=name, out_type=out_type)


@export("size", "compat.v1.size")
def size(input, name=None, out_type=dtypes.int32):
    """How many elements a tensor has, a scalar of `out_type`."""
    with name_scope(name, "Size", [input]) as scope:
        if isinstance(input, SparseTensor):
            return prod_node(cast_shape(input.dense_shape, out_type), 0, name=scope)
        dims = convert_to_tensor(input).dims
        n = 0 if dims is not None and 0 in dims else shapes.count(dims)
        if n is not None:
            return constant(n, out_type, name=scope)
        return size_node(input, name=scope, out_type=out_type)


prod_node = define("Prod")  # reduce.py says how it works


def rank_internal(input, name=None, optimize=True):
    """The rank of `input`; a constant where it is known and `optimize` allows."""
    with name_scope(name, "Rank", [input]) as scope:
        if isinstance(input, SparseTensor):
            return size_node(input.dense_shape, name=scope)
        dims = convert_to_tensor(input).dims
        if optimize and dims is not None:
            return constant(len(dims), dtypes.int32, name=scope)
        return rank_node(input, name=scope)


@export("rank")
def rank(input, name=None):
    """How many dimensions a tensor has, an int32 scalar."""
    return rank_internal(input, name, True)


# --- reshape ----------------------------------------------------------------------------------------


def _infer_reshape(x, want):
    dims = static.partial_shape(want)
    have = shapes.count(x.dims)
    if dims is None or have is None or dims.count(None) > 1:
        return [dims]
    known = math.prod(d for d in dims if d is not None)
    if None in dims:
        left = None if known == 0 else shapes.divide(have, known)
        return [tuple(left if d is None else d for d in dims)]
    if known != have:
        raise InferError(_wrong_count(x, dims, have, known))
    return [dims]


def _wrong_count(x, dims, have, known):
    return f"Cannot reshape a tensor with {have} elements to shape {shapes.text(dims)} ({known} elements)"


def _may_be(shape, want):
    return len(shape) == len(want) and all(w in (-1, d) for d, w in zip(shape, want, strict=True))


def _lower_reshape(B, x, want, *, op):
    want = tuple(int(d) for d in np.asarray(want).reshape(-1))
    have = math.prod(x.shape)
    known = math.prod(d for d in want if d != -1)
    if want.count(-1) > 1:
        if shapes.known(op._inputs[0].dims) and op._inputs[1].op.type == "Const" and _may_be(x.shape, want):
            return x  # TF's optimiser takes such a node out before it could complain
        first, second = [k for k, d in enumerate(want) if d == -1][:2]
        raise InvalidArgumentError(None, op, f"Only one input size may be -1, not both {first} and {second}")
    for k, d in enumerate(want):
        if d < -1:
            raise InvalidArgumentError(None, op, f"Size {k} must be non-negative, not {d}")
    if -1 in want and known == 0:
        raise InvalidArgumentError(
            None,
            op,
            "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero",
        )
    if -1 in want and have % known:
        raise InvalidArgumentError(
            None, op, f"Input to reshape is a tensor with {have} values, but the requested shape requires a multiple of {known}"
        )
    if -1 not in want and have != known:
        raise InvalidArgumentError(
            None, op, f"Input to reshape is a tensor with {have} values, but the requested shape has {known}"
        )
    return B.reshape(x, want)


reshape_node = define("Reshape", infer=_infer_reshape, lower=_lower_reshape, static=(1,))


@export("reshape", "manip.reshape")
def reshape(tensor, shape, name=None):
    """The elements of a tensor in another shape.

    Args:
      tensor: any.
      shape: int32 or int64 `[rank]`; one of them may be -1: what is left.
      name: the node's name.

    Returns:
      A tensor of that shape.

    Raises:
      ValueError: the number of elements is another.
    """
    return reshape_node(tensor, shape, name=name)


# --- expand_dims, squeeze ---------------------------------------------------------------------------


def _infer_expand(x, axis):
    at = static.value(axis)
    if at is not None and at.size != 1:
        raise InferError("'dim' input must be a tensor with a single value")
    if x.dims is None:
        return [None]
    if at is None:
        return [(None,) * (len(x.dims) + 1)]
    at = int(at.reshape(-1)[0])
    n = len(x.dims)
    if not -n - 1 <= at <= n:
        raise InferError(f"dim {at} not in the interval [{-n - 1}, {n}].")
    at += (n + 1) * (at < 0)
    return [(*x.dims[:at], 1, *x.dims[at:])]


def _lower_expand(B, x, axis, *, op):
    at = int(np.asarray(axis).reshape(-1)[0])
    if not -x.ndim - 1 <= at <= x.ndim:
        raise InvalidArgumentError(None, op, f"Tried to expand dim index {at} for tensor with {x.ndim} dimensions.")
    return B.expand_dims(x, at)


expand_dims_node = define(
    "ExpandDims",
    infer=_infer_expand,
    lower=_lower_expand,
    static=(1,),
)


@export("expand_dims", "compat.v1.expand_dims")
def expand_dims(input, axis=None, name=None, dim=None):
    """`input` with a dimension of size 1 put in.

    Args:
      input: a tensor.
      axis: where, in `[-rank - 1, rank]`.
      name: the node's name.
      dim: the older name of `axis`.

    Raises:
      ValueError: both or none of `axis` and `dim`, or out of range.
    """
    axis = axis_argument(axis, dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return expand_dims_node(input, axis, name=name)


def _infer_squeeze(x, *, squeeze_dims):
    dims = x.dims
    if dims is None:
        return [None]
    if not squeeze_dims:
        return [None if None in dims else tuple(d for d in dims if d != 1)]
    n, at = len(dims), set()
    for axis in squeeze_dims:
        if not -n <= axis < n:
            raise InferError(f"squeeze_dims[{list(squeeze_dims).index(axis)}] not in [{-n},{n}).")
        at.add(axis % n)
    for k in sorted(at):
        if dims[k] not in (1, None):
            raise InferError(f"Can not squeeze dim[{k}], expected a dimension of 1, got {dims[k]}")
    return [tuple(d for k, d in enumerate(dims) if k not in at)]


def _lower_squeeze(B, x, *, squeeze_dims, op):
    for a in squeeze_dims:
        require(-x.ndim <= a < x.ndim, op, f"Tried to squeeze dim index {a} for tensor with {x.ndim} dimensions.")
    axes = [a % x.ndim for a in squeeze_dims] or [k for k, d in enumerate(x.shape) if d == 1]
    for k in axes:
        if x.shape[k] != 1:
            raise InvalidArgumentError(None, op, f"Can not squeeze dim[{k}], expected a dimension of 1, got {x.shape[k]}")
    return B.reshape(x, tuple(d for k, d in enumerate(x.shape) if k not in axes))


squeeze_node = define("Squeeze", infer=_infer_squeeze, lower=_lower_squeeze)


@export("squeeze", "compat.v1.squeeze")
def squeeze(input, axis=None, name=None, squeeze_dims=None):
    """`input` without its dimensions of size 1.

    Args:
      input: a tensor.
      axis: which; all of size 1 if None.
      name: the node's name.
      squeeze_dims: the older name of `axis`.

    Raises:
      ValueError: one of them has another size, or both names were given.
    """
    axis = axis_argument(axis, squeeze_dims, "axis", "squeeze_dims")
    axis = [axis] if axis is not None and np.isscalar(axis) else axis
    return squeeze_node(input, name=name, squeeze_dims=axis)


subtract_node, range_node = define("Sub"), define("Range")  # elementwise.py and fill.py say how they work


# --- transpose --------------------------------------------------------------------------------------


def _infer_transpose(x, perm):
    order = static.value(perm)
    n = shapes.count(perm.dims)
    if x.dims is None and n is None and order is None:
        return [None]
    rank = len(x.dims) if x.dims is not None else n if n is not None else order.size
    if x.dims is None and rank < 2:
        return [None]
    dims = shapes.with_rank(x.dims, rank)
    shapes.with_rank(perm.dims, 1)
    shapes.with_value(n, rank)
    if order is None:
        return [(None,) * rank]
    for axis in order:
        if axis >= rank:
            raise InferError(f"perm dim {axis} is out of range of input rank {rank}")
    return [tuple(dims[int(a)] for a in order)]


def _lower_transpose(B, x, perm, *, op):
    if np.ndim(perm) != 1:
        raise InvalidArgumentError(None, op, f"perm must be a vector, not {shapes.text(np.shape(perm))}")
    if len(perm) != x.ndim:
        raise InvalidArgumentError(
            None, op, f"transpose expects a vector of size {x.ndim}. But input(1) is a vector of size {len(perm)}"
        )
    order = [int(p) + (x.ndim if p < 0 else 0) for p in perm]
    for p in order:
        if not 0 <= p < x.ndim:
            raise InvalidArgumentError(None, op, f"{p} is out of range [0 .. {x.ndim})")
    for k in range(x.ndim):
        if k not in order:
            raise InvalidArgumentError(None, op, f"{k} is missing from {{{','.join(map(str, order))}}}.")
    return B.transpose(x, order)


transpose_node = define("Transpose", infer=_infer_transpose, lower=_lower_transpose, static=(1,))
conjugate_transpose_node = define(
    "ConjugateTranspose",
    infer=_infer_transpose,
    lower=lambda B, x, perm: B.conj(B.transpose(x, [int(p) for p in perm])),
    static=(1,),
)


@export("transpose", "compat.v1.transpose")
def transpose(a, perm=None, name="transpose", conjugate=False):
    """`a` with its dimensions in another order.

    Args:
      a: a tensor.
      perm: the order; reversed if None.
      name: the node's name.
      conjugate: whether to take the complex conjugate as well.
    """
    with name_scope(name, "transpose", [a]) as scope:
        node = conjugate_transpose_node if conjugate and convert_to_tensor(a)._dtype.is_complex else transpose_node
        if perm is not None:
            return node(a, perm, name=scope)
        a = convert_to_tensor(a, name="a")
        if a.dims is None:
            n = rank(a)
            perm = subtract_node(subtract_node(n, 1, name="sub"), range_node(0, n, 1, name="Range"), name="sub_1")
        else:
            perm = np.arange(len(a.dims) - 1, -1, -1, dtype=np.int32)
        made = node(a, perm, name=scope)
        if a.dims is not None and made.dims is not None:
            made.dims = a.dims[::-1]
        return made


def _lower_invert(B, x, *, op):
    x = np.asarray(x)
    for k in x[(x < 0) | (x >= x.size)]:
        raise InvalidArgumentError(None, op, f"{k} is not between 0 and {x.size}")
    out = np.full(x.size, -1, x.dtype)
    for k, at in enumerate(x):
        if out[at] != -1:
            raise InvalidArgumentError(None, op, f"{at} is duplicated in the input.")
        out[at] = k
    return out


invert_node = define(
    "InvertPermutation", infer=lambda x: [shapes.with_rank(x.dims, 1)], lower=_lower_invert, static=(0,), grad=None
)


@export("math.invert_permutation", "invert_permutation")
def invert_permutation(x, name=None):
    """The permutation that undoes `x`: `y[x[i]] == i`, int32 or int64 `[n]`."""
    return invert_node(x, name=name)


# --- tile, broadcast_to -----------------------------------------------------------------------------


def _infer_tile(x, multiples):
    times, dims = static.partial_shape(multiples), x.dims
    if dims is not None:
        times = shapes.with_rank(times, len(dims))
    if times is None:
        return [None]
    dims = shapes.with_rank(dims, len(times))
    return [tuple(None if a is None or b is None else a * b for a, b in zip(dims, times, strict=True))]


def _lower_tile(B, x, times, *, op):
    if np.ndim(times) != 1:
        raise InvalidArgumentError(None, op, f"Expected multiples to be 1-D, but got shape {shapes.text(np.shape(times))}")
    if len(times) != x.ndim:
        raise InvalidArgumentError(
            None, op, f"Expected multiples argument to be a vector of length {x.ndim} but got length {len(times)}"
        )
    for k, n in enumerate(times):
        if n < 0:
            raise InvalidArgumentError(None, op, f"Expected multiples[{k}] >= 0, but got {n}")
    return B.tile(x, tuple(int(t) for t in times))


tile_node = define("Tile", infer=_infer_tile, lower=_lower_tile, static=(1,))


@export("tile", "manip.tile")
def tile(input, multiples, name=None):
    """`input`, repeated `multiples[i]` times along dimension i."""
    return tile_node(input, multiples, name=name)


def _infer_broadcast_to(x, want):
    dims = static.partial_shape(want)
    if dims is None or x.dims is None:
        return [dims]
    if len(x.dims) > len(dims):
        raise InferError(f"Shape must be rank {len(dims)} but is rank {len(x.dims)}")
    return [shapes.broadcast(x.dims, dims)]


def _lower_broadcast_to(B, x, want, *, op):
    want = tuple(int(d) for d in want)
    words = f"Rank of input ({x.ndim}) must be no greater than rank of output shape ({len(want)})."
    require(x.ndim <= len(want), op, words)
    fits = all(a in (1, b) for a, b in zip(x.shape[::-1], want[::-1], strict=False))
    require(fits, op, f"Incompatible shapes: {shapes.text(x.shape)} vs. {shapes.text(want)}")
    return B.broadcast_to(x, want)


broadcast_to_node = define("BroadcastTo", infer=_infer_broadcast_to, lower=_lower_broadcast_to, static=(1,))


@export("broadcast_to")
def broadcast_to(input, shape, name=None):
    """`input`, repeated so that it has `shape`, as NumPy's broadcasting does."""
    return broadcast_to_node(input, shape, name=name)


def _lower_broadcast_gradient_args(B, x, y):
    """The dimensions over which each of two broadcast shapes' slopes are summed; none if they are the same."""
    x, y = [int(d) for d in x], [int(d) for d in y]
    if x == y:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    n = max(len(x), len(y))
    x, y = [1] * (n - len(x)) + x, [1] * (n - len(y)) + y
    over = [np.array([k for k in range(n) if one[k] == 1], np.int32) for one in (x, y)]
    return over[0], over[1]


broadcast_gradient_args = define(
    "BroadcastGradientArgs", infer=lambda x, y: [(None,), (None,)], lower=_lower_broadcast_gradient_args, static=(0, 1), grad=None
)


# --- broadcast shapes -------------------------------------------------------------------------------


def _infer_broadcast_args(x, y):
    n, m = shapes.with_rank(x.dims, 1)[0], shapes.with_rank(y.dims, 1)[0]
    return [(None if n is None or m is None else max(n, m),)]


def _lower_broadcast_args(B, x, y, *, op):
    try:
        made = shapes.broadcast(tuple(int(d) for d in x), tuple(int(d) for d in y))
    except InferError:
        raise InvalidArgumentError(None, op, "Incompatible shapes") from None
    return np.array(made, np.asarray(x).dtype)


broadcast_args_node = define("BroadcastArgs", infer=_infer_broadcast_args, lower=_lower_broadcast_args, static=(0, 1), grad=None)


@export("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that two shapes, int vectors, broadcast to."""
    return broadcast_args_node(shape_x, shape_y)


@export("broadcast_static_shape")
def broadcast_static_shape(shape_x, shape_y):
    """The `TensorShape` that two of them broadcast to.

    Raises:
      ValueError: they don't.
    """
    try:
        return shapes.TensorShape(shapes.broadcast(*(shapes.dims_of(s) for s in (shape_x, shape_y))))
    except InferError:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None
