"""Tensors joined and taken apart: concat, stack, unstack, split, pad, reverse."""

import numpy as np

from ..graph import static
from ..graph.convert import convert, convert_to_tensor, register
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .basic import constant, identity

__all__ = ["concat", "pad", "reverse", "split", "stack", "unstack"]


# --- concat -----------------------------------------------------------------------------------------


def _infer_concat(*inputs):
    *parts, axis = inputs
    at = static.value(axis)
    known = [p.dims for p in parts if p.dims is not None]
    if not known:
        return [None]
    rank = len(known[0])
    for dims in known[1:]:
        if len(dims) != rank:
            raise InferError(f"Shapes must be equal rank, but are {rank} and {len(dims)}")
    if at is None:
        return [(None,) * rank]
    at = int(at)
    if not -rank <= at < rank or rank == 0:
        if rank == 0:
            raise InferError("Can't concatenate scalars (use tf.stack instead)")
        raise InferError(f"Shape must be at least rank {at + 1 if at >= 0 else -at} but is rank {rank}")
    at %= rank
    out = [None] * rank
    for k in range(rank):
        sizes = [None if p.dims is None else p.dims[k] for p in parts]
        if k == at:
            out[k] = None if None in sizes else sum(sizes)
            continue
        for size in sizes:
            if size is not None:
                if out[k] is not None and out[k] != size:
                    raise InferError(f"Dimension {k} in both shapes must be equal, but are {out[k]} and {size}." + _both(parts))
                out[k] = size
    return [tuple(out)]


def _both(parts):
    known = [p.dims for p in parts if p.dims is not None]
    return f" Shapes are {shapes.text(known[0])} and {shapes.text(known[1])}."


def _lower_concat(B, *inputs, op):
    *parts, axis = inputs
    at = int(np.asarray(axis))
    ranks = {p.ndim for p in parts}
    if len(ranks) == 1 and not -parts[0].ndim <= at < parts[0].ndim:
        n = parts[0].ndim
        raise InvalidArgumentError(
            None, op, f"ConcatOp : Expected concatenating dimensions in the range [{-n}, {n}), but got {at}"
        )
    first = [d for k, d in enumerate(parts[0].shape) if k != at % parts[0].ndim]
    for k, part in enumerate(parts):
        if [d for i, d in enumerate(part.shape) if i != at % parts[0].ndim] != first:
            raise InvalidArgumentError(
                None,
                op,
                f"ConcatOp : Dimensions of inputs should match: shape[0] = {_text(parts[0].shape)} vs. shape[{k}] = {_text(part.shape)}",
            )
    return B.concatenate(parts, at)


def _text(shape):
    return "[" + ",".join(map(str, shape)) + "]"


concat_node = define("ConcatV2", infer=_infer_concat, lower=_lower_concat, static=(-1,))
define(
    "Concat",
    infer=lambda axis, *parts: _infer_concat(*parts, axis),
    lower=lambda B, axis, *parts: B.concatenate(parts, int(axis)),
    static=(0,),
)


@export("concat")
def concat(values, axis, name="concat"):
    """Tensors one after another along a dimension.

    Args:
      values: tensors of one dtype and rank; one alone is given back.
      axis: int32 scalar.
      name: the node's name.

    Raises:
      ValueError: shapes differ in another dimension.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        with name_scope(name):
            convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32).get_shape().assert_has_rank(0)
            return identity(values[0], name=name)
    return concat_node(list(values), axis, name=name)


def _lower_offset(B, axis, *parts):
    at, offset, out = int(axis), 0, []
    for part in parts:
        start = np.zeros(len(part), np.int32)
        start[at] = offset
        out.append(start)
        offset += int(part[at])
    return tuple(out)


concat_offset = define(
    "ConcatOffset", infer=lambda axis, *parts: [p.dims for p in parts], lower=_lower_offset, static=tuple(range(64)), grad=None
)


# --- stack, unstack ---------------------------------------------------------------------------------


def _infer_pack(*parts, axis):
    dims = None
    for part in reversed(parts):
        dims = shapes.merge(part.dims, dims)
    if dims is None:
        return [None]
    n = len(dims)
    if not -n - 1 <= axis <= n:
        raise InferError(f"Invalid axis {axis}")
    at = axis + (n + 1) * (axis < 0)
    return [(*dims[:at], len(parts), *dims[at:])]


pack_node = define("Pack", infer=_infer_pack, lower=lambda B, *parts, axis: B.stack(parts, axis))


@export("stack")
def stack(values, axis=0, name="stack"):
    """Tensors of one shape, as one with a new dimension.

    Args:
      values: a list of tensors, or what converts to them.
      axis: where the new dimension stands, in `[-rank - 1, rank]`.
      name: the node's name.

    Raises:
      ValueError: `axis` is out of range, or shapes differ.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            values = list(values)  # not all of one shape and type: as tensors, then
    dims = convert_to_tensor(values[0]).dims if len(values) else ()
    if dims is not None:
        n = len(dims) + 1
        if axis < -n or axis >= n:
            raise ValueError(f"axis = {axis} not in [{-n}, {n})")
    return pack_node(list(values) if not isinstance(values, Tensor) else values, axis=axis, name=name)


def _holds_tensors(values):
    if isinstance(values, (list, tuple)):
        return any(_holds_tensors(v) for v in values)
    return isinstance(values, Tensor) or hasattr(values, "_as_graph_element")


@export("parallel_stack")
def parallel_stack(values, name="parallel_stack"):
    """`stack` along a new first dimension."""
    return pack_node(list(values), axis=0, name=name)


def _infer_unpack(x, *, num, axis):
    dims = x.dims
    if dims is None:
        return [None] * num
    n = len(dims)
    if not -n <= axis < n:
        raise InferError(f"axis = {axis} not in [{-n}, {n})")
    if dims[axis] not in (None, num):
        raise InferError(f"Dimension must be {num} but is {dims[axis]}")
    at = axis % n
    return [(*dims[:at], *dims[at + 1 :])] * num


def _lower_unpack(B, x, *, num, axis):
    return tuple(x[(slice(None),) * (axis % x.ndim) + (k,)] for k in range(num))


unpack_node = define("Unpack", infer=_infer_unpack, lower=_lower_unpack)


@export("unstack")
def unstack(value, num=None, axis=0, name="unstack"):
    """The slices of a tensor along a dimension, as a list.

    Args:
      value: a tensor.
      num: how many; told by the static shape if None.
      axis: which dimension.
      name: the node's name.

    Raises:
      ValueError: `num` is None and cannot be told, or `axis` is out of range.
    """
    if num is None:
        value = convert_to_tensor(value)
        if value.dims is not None:
            n = len(value.dims)
            if axis < -n or axis >= n:
                raise ValueError(f"axis = {axis} not in [{-n}, {n})")
            num = value.dims[axis]
    if num is None:
        raise ValueError(f"Cannot infer num from shape {value.shape}")
    return unpack_node(value, num=num, axis=axis, name=name)


# --- split ------------------------------------------------------------------------------------------


def _infer_split(axis, x, *, num_split):
    at = static.value(axis)
    if x.dims is None:
        return [None] * num_split
    if at is None:
        return [(None,) * len(x.dims)] * num_split
    at, n = int(at), len(x.dims)
    if not -n <= at < n:
        raise InferError(f"Dimension size, given by scalar input {at}, must be in range [-{n}, {n})")
    size = x.dims[at]
    if size is not None and size % num_split:
        raise InferError(f"Dimension size must be evenly divisible by {num_split} but is {size}")
    at %= n
    return [(*x.dims[:at], None if size is None else size // num_split, *x.dims[at + 1 :])] * num_split


split_node = define(
    "Split", infer=_infer_split, lower=lambda B, axis, x, *, num_split: tuple(B.split(x, num_split, int(axis))), static=(0,)
)


def _infer_split_v(x, sizes, axis, *, num_split):
    at, each = static.value(axis), static.partial_shape(sizes)
    if x.dims is None:
        return [None] * num_split
    if at is None or each is None:
        return [(None,) * len(x.dims)] * num_split
    at = int(at) % len(x.dims)
    total = x.dims[at]
    if total is not None and each.count(None) == 1:
        each = tuple(total - sum(e for e in each if e is not None) if d is None else d for d in each)
    if total is not None and None not in each and sum(each) != total:
        raise InferError(f"can't split axis of size {total} into pieces of size [{','.join(map(str, each))}]")
    return [(*x.dims[:at], e, *x.dims[at + 1 :]) for e in each]


def _lower_split_v(B, x, sizes, axis):
    at = int(axis)
    sizes = np.asarray(sizes, np.int64)
    sizes = np.where(sizes < 0, x.shape[at] - sizes[sizes >= 0].sum(), sizes)
    return tuple(B.split(x, np.cumsum(sizes)[:-1], at))


split_v_node = define("SplitV", infer=_infer_split_v, lower=_lower_split_v, static=(1, 2))


@export("split")
def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """A tensor cut along a dimension, as a list.

    Args:
      value: a tensor.
      num_or_size_splits: how many equal parts; or the size of each, one of which may be -1.
      axis: which dimension.
      num: how many sizes there are, where that cannot be told.
      name: the node's name.

    Raises:
      ValueError: the parts do not fit, or their number cannot be told.
    """
    sizes = convert_to_tensor(num_or_size_splits)
    if isinstance(num_or_size_splits, (int, np.integer)) and not isinstance(num_or_size_splits, bool):
        return split_node(axis, value, num_split=int(num_or_size_splits), name=name)
    if sizes.rank == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: %s"
            % (num_or_size_splits,)
        )
    if num is None:
        num = sizes.dims[0] if sizes.dims else None
        if num is None:
            raise ValueError("Cannot infer num from shape %s" % num_or_size_splits)
    return split_v_node(value, sizes, axis, num_split=num, name=name)


# --- pad, reverse -----------------------------------------------------------------------------------


def _infer_pad(x, paddings, *_):
    pads = static.value(paddings)
    if paddings.dims is not None and len(paddings.dims) != 2:
        raise InferError(f"Shape must be rank 2 but is rank {len(paddings.dims)}")
    rank = x.rank if x.dims is not None else (paddings.dims[0] if paddings.dims else None)
    if rank is None:
        return [None]
    if paddings.dims is not None and paddings.dims[0] not in (None, rank):
        raise InferError(f"Shape must be rank {paddings.dims[0]} but is rank {rank}")
    if x.dims is None or pads is None:
        return [(None,) * rank]
    return [tuple(None if d is None else d + int(a) + int(b) for d, (a, b) in zip(x.dims, pads, strict=True))]


def _pairs(paddings):
    return [(int(a), int(b)) for a, b in np.asarray(paddings)]


pad_node = define("Pad", infer=_infer_pad, lower=lambda B, x, p: B.pad(x, _pairs(p)), static=(1,))
pad_v2_node = define(
    "PadV2", infer=_infer_pad, lower=lambda B, x, p, value: B.pad(x, _pairs(p), constant_values=value), static=(1,)
)
_MODES = {b"REFLECT": "reflect", b"SYMMETRIC": "symmetric"}
mirror_pad_node = define(
    "MirrorPad", infer=_infer_pad, lower=lambda B, x, p, *, mode: B.pad(x, _pairs(p), mode=_MODES[mode]), static=(1,)
)


def _lower_mirror_grad(B, dy, p, *, mode):
    shape = tuple(n - a - b for n, (a, b) in zip(dy.shape, _pairs(p), strict=True))
    index = np.arange(int(np.prod(shape))).reshape(shape)
    where = np.pad(index, _pairs(p), mode=_MODES[mode]).reshape(-1)
    return B.add_at(B.zeros(index.size, dy.dtype), where, B.reshape(dy, -1)).reshape(shape)


mirror_pad_grad_node = define(
    "MirrorPadGrad",
    infer=lambda dy, p: [None if dy.dims is None else (None,) * len(dy.dims)],
    lower=_lower_mirror_grad,
    static=(1,),
)


@export("pad", "compat.v1.pad")
def pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """`tensor` with more around it.

    Args:
      tensor: any.
      paddings: int32 `[rank, 2]`, how much before and after.
      mode: "CONSTANT", "REFLECT" or "SYMMETRIC".
      name: the node's name.
      constant_values: what CONSTANT fills in.

    Raises:
      ValueError: an unknown mode.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if isinstance(constant_values, Tensor) or constant_values != 0:
            made = pad_v2_node(tensor, paddings, constant_values, name=name)
        else:
            made = pad_node(tensor, paddings, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        made = mirror_pad_node(tensor, paddings, mode=mode, name=name)
    else:
        raise ValueError(f"Unknown padding mode: {mode}")
    return made


def _lower_reverse(B, x, axes):
    return B.flip(x, tuple(int(a) for a in np.asarray(axes).reshape(-1)))


def _infer_reverse(x, axes):
    at = static.value(axes)
    if at is not None and x.dims is not None:
        n = len(x.dims)
        for a in at.reshape(-1):
            if not -n <= a < n:
                raise InferError(f"Invalid axis {a}")
        if len({int(a) % n for a in at.reshape(-1)}) < at.size:
            raise InferError(f"axis {int(at.reshape(-1)[-1])} specified more than once.")
    return [x.dims]


reverse_node = define("ReverseV2", infer=_infer_reverse, lower=_lower_reverse, static=(1,))


@export("reverse", "manip.reverse", "reverse_v2")
def reverse(tensor, axis, name=None):
    """`tensor` with the elements along `axis` (int32 `[n]`) in the other order."""
    return reverse_node(tensor, axis, name=name)


# --- lists that hold tensors become one tensor ------------------------------------------------------


def _autopack(value, dtype=None, name=None, as_ref=False):
    """A list with tensors in it becomes their stack; a list of numbers is a constant's matter."""
    if as_ref or not _holds_tensors(value):
        return NotImplemented
    found = _first_dtype(value)
    if found is None:
        return NotImplemented
    kind = found.base_dtype if dtype is None else dtype
    packed = _pack_nested(value, kind, name or "packed")
    return packed if packed._dtype.base_dtype is kind.base_dtype else cast_node(packed, DstT=kind)


cast_node = define("Cast")


def _first_dtype(value):
    if isinstance(value, Tensor):
        return value._dtype.base_dtype
    if isinstance(value, (list, tuple)):
        return next((d for d in map(_first_dtype, value) if d is not None), None)
    inner = getattr(value, "_as_graph_element", None)
    return inner()._dtype.base_dtype if inner is not None else None


def _pack_nested(value, kind, name):
    if isinstance(value, Tensor) or hasattr(value, "_as_graph_element"):
        tensor = convert(value)
        if tensor._dtype.base_dtype is not kind.base_dtype:
            raise TypeError(
                f"Cannot convert a list containing a tensor of dtype {tensor._dtype.base_dtype} to {kind} (Tensor is: {tensor!r})"
            )
        return tensor
    with name_scope(name) as scope:
        parts = []
        for k, one in enumerate(value):
            if isinstance(one, Tensor) or hasattr(one, "_as_graph_element") or _holds_tensors(one):
                parts.append(_pack_nested(one, kind, str(k)))
            else:
                parts.append(constant(one, kind, name=str(k)))
        return pack_node(parts, name=scope)


register((list, tuple), _autopack, 99)


def _from_shape(value, dtype=None, name=None, as_ref=False):
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype.name}")
    sizes = value.as_list()
    if dtype is None:
        dtype = dtypes.int64 if any(d >= 2**31 for d in sizes) else dtypes.int32
    return constant(sizes, dtype, name="shape_as_tensor" if name is None else name)


def _from_dimension(value, dtype=None, name=None, as_ref=False):
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype.name}")
    return constant(value.value, dtype or dtypes.int32, name="shape_as_tensor" if name is None else name)


register(shapes.TensorShape, _from_shape, 100)
register(shapes.Dimension, _from_dimension, 100)
