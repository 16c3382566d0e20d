"""Tensors joined and taken apart: concat, stack, unstack, split, pad, reverse."""

import numpy as np

from ..graph import static
from ..graph.convert import convert, convert_to_tensor, register
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, require
from .basic import constant, identity

__all__ = ["concat", "infer_pad", "mirror_padded", "pad", "reverse", "split", "stack", "unstack"]


# --- concat -----------------------------------------------------------------------------------------


def infer_concat(*inputs):
    *parts, axis = inputs
    at = static.number(axis)
    ranks = [len(p.dims) for p in parts if p.dims is not None]
    if at is None:
        if ranks and ranks[0] == 0:
            raise InferError("Can't concatenate scalars (use tf.stack instead)")
        for part in parts if ranks else ():
            shapes.with_rank(part.dims, ranks[0])
        return [(None,) * ranks[0] if ranks else None]
    return [_joined([part.dims for part in parts], at)]


def _joined(parts, at):
    """The shape of known parts, the last first as TF does it: before the axis, along it, behind it."""
    least = at + 1 if at >= 0 else -at
    before = after = None
    middle = 0
    for dims in reversed(parts):
        shapes.with_rank_at_least(dims, least)
        if dims is None:
            middle = None
            continue
        before = shapes.merge(dims[:at], before)
        middle = None if middle is None or dims[at] is None else middle + dims[at]
        after = shapes.merge(dims[at:][1:], after)
    return None if before is None or after is None else (*before, middle, *after)


def _lower_concat(B, *inputs, op):
    *parts, axis = inputs
    at = int(np.asarray(axis))
    ranks = {p.ndim for p in parts}
    if len(ranks) > 1:
        k = next(k for k, p in enumerate(parts) if p.ndim != parts[0].ndim)
        words = f"shape[0] = {_text(parts[0].shape)} vs. shape[{k}] = {_text(parts[k].shape)}"
        raise InvalidArgumentError(None, op, f"ConcatOp : Ranks of all input tensors should match: {words}")
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


concat_node = define("ConcatV2", infer=infer_concat, lower=_lower_concat, static=(-1,))
define(
    "Concat",
    infer=lambda axis, *parts: infer_concat(*parts, axis),
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
    for k, part in reversed(list(enumerate(parts))):
        dims = shapes.told(f"From merging shape {k} with other shapes.", shapes.merge, part.dims, dims)
    if dims is None:
        return [None]
    n = len(dims)
    if not -n - 1 <= axis <= n:
        raise InferError(f"Invalid axis: {axis}; must be in [{-n - 1},{n})")
    at = axis + (n + 1) * (axis < 0)
    return [(*dims[:at], len(parts), *dims[at:])]


def _lower_pack(B, *parts, axis, op):
    shape, n = np.shape(parts[0]), np.ndim(parts[0]) + 1
    require(-n <= axis < n, op, f"axis = {axis} not in [{-n}, {n})")
    for k, part in enumerate(parts[1:], 1):
        if np.shape(part) != shape:
            words = f"values[0].shape = {_text(shape)} != values[{k}].shape = {_text(np.shape(part))}"
            raise InvalidArgumentError(None, op, f"Shapes of all inputs must match: {words}")
    return B.stack(parts, axis)


pack_node = define("Pack", infer=_infer_pack, lower=_lower_pack)


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
    dims = convert_to_tensor(values[0], name=name).dims
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
    """`stack` along a new first dimension, of tensors whose shapes are known and the same.

    Args:
      values: a list of tensors.
      name: the scope's name.
    """
    with name_scope(name):
        dims = convert_to_tensor(values[0]).dims
        rows = [expand_dims_node(value, 0) for value in values]
        return parallel_concat_node(rows, shape=None if dims is None else (len(values), *dims))


def _infer_parallel(*rows, shape):
    if not shapes.known(shape):
        raise InferError("shape attr must be fully defined")
    for row in rows:
        if not shapes.known(row.dims):
            raise InferError("All input shapes must be fully defined.")
        if row.dims[0] != 1:
            raise InferError("Size of first dimension must be 1.")
    return [shape]


expand_dims_node = define("ExpandDims")
parallel_concat_node = define("ParallelConcat", infer=_infer_parallel, lower=lambda B, *rows: B.concatenate(rows, 0))


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


def _lower_unpack(B, x, *, num, axis, op):
    if not -x.ndim <= axis < x.ndim:
        raise InvalidArgumentError(None, op, f"axis = {axis} not in [{-x.ndim}, {x.ndim})")
    if x.shape[axis] != num:
        words = f"Input shape axis {axis % x.ndim} must equal {num}, got shape {_text(x.shape)}"
        raise InvalidArgumentError(None, op, words)
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
    at = static.axis(axis, None if x.dims is None else len(x.dims))
    if x.dims is None:
        return [None] * num_split
    if at is None:
        return [(None,) * len(x.dims)] * num_split
    why = "Number of ways to split should evenly divide the split dimension"
    part = shapes.told(why, shapes.divide, x.dims[at], num_split)
    return [(*x.dims[:at], part, *x.dims[at + 1 :])] * num_split


def _infer_split_v(x, sizes, axis, *, num_split):
    at = static.axis(axis, None if x.dims is None else len(x.dims))
    each = static.value(sizes)
    if x.dims is None:
        return [None] * num_split
    if not x.dims:
        raise InferError("Can't split scalars")
    if at is None:
        return [(None,) * len(x.dims)] * num_split
    parts = [None] * num_split if each is None else _parts(x.dims[at], [int(n) for n in each], num_split)
    return [(*x.dims[:at], part, *x.dims[at + 1 :]) for part in parts]


def _parts(total, each, n):
    """The sizes of the parts of a dimension, where -1 stands for what the others leave."""
    if len(each) != n:
        raise InferError("Length of size_splits should be equal to num_outputs")
    if each.count(-1) > 1:
        raise InferError("size_splits can only have one -1")
    if -1 in each:
        left = None if total is None else max(total - sum(e for e in each if e != -1), 0)
        return [left if e == -1 else e for e in each]
    if total is not None and sum(each) != total:
        raise InferError(f"can't split axis of size {total} into pieces of size [{','.join(map(str, each))}]")
    return each


def _lower_split(B, axis, x, *, num_split, op):
    at = int(axis)
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, op, f"-input rank(-{x.ndim}) <= split_dim < input rank ({x.ndim}), but got {at}")
    at %= x.ndim
    if x.shape[at] % num_split:
        raise InvalidArgumentError(
            None,
            op,
            "Number of ways to split should evenly divide the split dimension, "
            f"but got split_dim {at} (size = {x.shape[at]}) and num_split {num_split}",
        )
    return tuple(B.split(x, num_split, at))


def _lower_split_v(B, x, sizes, axis, *, op):
    at, each = int(axis), [int(n) for n in sizes]
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, op, f"-input rank(-{x.ndim}) <= split_dim < input rank ({x.ndim}), but got {at}")
    given, total = sum(n for n in each if n != -1), x.shape[at]
    if each.count(-1) > 1:
        raise InvalidArgumentError(None, op, "There can only be one -1 in the input.")
    if given > total or (-1 not in each and given != total):
        raise InvalidArgumentError(
            None,
            op,
            "Determined shape must either match input shape along split_dim exactly if fully specified, or be less than "
            f"the size of the input along split_dim if not fully specified.  Got: {given}",
        )
    for k, n in enumerate(each):
        if n < -1:
            raise InvalidArgumentError(None, op, f"Split size at index {k} must be >= 0. Got: {n}")
    each = [total - given if n == -1 else n for n in each]
    return tuple(B.split(x, np.cumsum(each)[:-1], at))


split_node = define("Split", infer=_infer_split, lower=_lower_split, static=(0,))
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
    if isinstance(num_or_size_splits, (int, np.integer, shapes.Dimension)) and not isinstance(num_or_size_splits, bool):
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


def infer_pad(x, paddings, *_):
    pads = shapes.with_rank(paddings.dims, 2)
    shapes.with_value(pads[1], 2)
    dims, rank = x.dims, pads[0]
    if rank is not None:
        dims = shapes.with_rank(dims, rank)
    rank = rank if dims is None else len(dims)
    amounts = static.value(paddings)
    if amounts is None:
        return [None if rank is None else (None,) * rank]
    dims = shapes.with_rank(dims, len(amounts))
    if (amounts < 0).any():
        raise InferError("Paddings must be non-negative")
    return [tuple(None if d is None else d + int(a) + int(b) for d, (a, b) in zip(dims, amounts, strict=True))]


def _lower_pad(B, x, paddings, *value, op):
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise InvalidArgumentError(None, op, f"paddings must be a matrix with 2 columns: {shapes.text(paddings.shape)}")
    if len(paddings) != x.ndim:
        raise InvalidArgumentError(
            None,
            op,
            f"The first dimension of paddings must be the rank of inputs{shapes.text(paddings.shape)} {shapes.text(x.shape)}",
        )
    for a, b in _pairs(paddings):
        if a < 0 or b < 0:
            raise InvalidArgumentError(None, op, f"Paddings must be non-negative: {a} {b}")
    return B.pad(x, _pairs(paddings), constant_values=value[0] if value else 0)


_STRICT = {b"REFLECT": 1, b"SYMMETRIC": 0}  # the border itself is not repeated by one, and is by the other


def mirror_padded(B, x, paddings, *, mode, op):
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise InvalidArgumentError(None, op, f"paddings must be a matrix with 2 columns: {shapes.text(paddings.shape)}")
    if len(paddings) != x.ndim:
        raise InvalidArgumentError(
            None,
            op,
            f"The first dimension of paddings must be the rank of inputs{shapes.text(paddings.shape)} {shapes.text(x.shape)}",
        )
    for n, (a, b) in zip(x.shape, _pairs(paddings), strict=True):
        if a < 0 or b < 0:
            raise InvalidArgumentError(None, op, f"paddings must be non-negative: {a} {b}")
        if max(a, b) > n - _STRICT[mode]:
            words = ("no greater", "greater") if mode == b"SYMMETRIC" else ("less", "not less")
            raise InvalidArgumentError(
                None, op, f"paddings must be {words[0]} than the dimension size: {a}, {b} {words[1]} than {n}"
            )
    return B.pad(x, _pairs(paddings), mode=_MODES[mode])


def _pairs(paddings):
    return [(int(a), int(b)) for a, b in np.asarray(paddings)]


pad_node = define("Pad", infer=infer_pad, lower=_lower_pad, static=(1,))
pad_v2_node = define("PadV2", infer=infer_pad, lower=_lower_pad, static=(1,))
_MODES = {b"REFLECT": "reflect", b"SYMMETRIC": "symmetric"}
mirror_pad_node = define("MirrorPad", infer=infer_pad, lower=mirror_padded, static=(1,))


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
    _restore_padded(made, paddings)
    return made


def _restore_padded(made, paddings):
    """Sets the sizes that follow from what is known of paddings given as nested lists."""
    dims, pads = made.op.inputs[0].dims, _known_numbers(paddings)
    if dims is None or shapes.known(made.dims) or not isinstance(pads, (list, tuple, np.ndarray)):
        return
    sizes = [None if d is None or p is None or None in p else d + sum(p) for d, p in zip(dims, pads, strict=False)]
    made.set_shape(sizes)


def _known_numbers(value):
    """Nested lists of numbers, None for each tensor that only the run knows."""
    if isinstance(value, Tensor):
        return static.partial_values(value)
    return [_known_numbers(one) for one in value] if isinstance(value, (list, tuple)) else value


def _lower_reverse(B, x, axes, *, op):
    at = [int(a) for a in np.asarray(axes).reshape(-1)]
    for k, a in enumerate(at):
        require(-x.ndim <= a < x.ndim, op, f"'axis'[{k}] = {a} is out of valid range [0, {x.ndim - 1}")
    for k, a in enumerate(at):
        require(a % x.ndim not in [b % x.ndim for b in at[:k]], op, f"axis {a % x.ndim} specified more than once.")
    return B.flip(x, tuple(at))


def _infer_reverse(x, axes):
    shapes.with_rank(axes.dims, 1)
    at = static.value(axes)
    if at is None or x.dims is None:
        return [x.dims]
    n, seen = len(x.dims), set()
    for k, axis in enumerate(map(int, at)):
        if not -n <= axis < n:
            raise InferError(f"'axis'[{k}] = {axis} is out of valid range [0, {n - 1}")
        if axis % n in seen:
            raise InferError(f"axis {axis % n} specified more than once.")
        seen.add(axis % n)
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
    if kind.base_dtype is not found:
        value = _cast_nested(value, kind.base_dtype)
    return _pack_nested(value, kind, name or "packed")


cast_node = define("Cast")


def _cast_nested(value, kind):
    """The tensors of a nested list cast to `kind`; all else as it is."""
    if isinstance(value, (list, tuple)):
        return [_cast_nested(one, kind) for one in value]
    if not _holds_tensors([value]):
        return value
    tensor = convert(value)
    return tensor if tensor._dtype.base_dtype is kind else cast_node(tensor, DstT=kind)


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
    if not isinstance(value, (list, tuple)):
        return value
    with name_scope(name) as scope:
        parts = [_pack_nested(one, kind, str(k)) for k, one in enumerate(value)]
        if not any(isinstance(part, Tensor) for part in parts):
            return parts  # 1.15 has used up the scope's name by then
        parts = [part if isinstance(part, Tensor) else constant(part, kind, name=str(k)) for k, part in enumerate(parts)]
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
