"""The slopes of array ops, as the nodes that 1.15 makes for them."""

from ..graph import static
from ..graph.composite import IndexedSlices
from ..graph.contexts import output_context
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.opdef import gradient
from ..graph.scopes import colocate_with
from ..ground import dtypes
from .basic import constant
from .elementwise import cast
from .fill import ones, range_, zeros, zeros_like
from .join import concat, concat_offset, mirror_pad_grad_node, mirror_pad_node, pad, reverse, split_v_node, stack, unstack
from .reduce import reduce_prod, reduce_sum
from .scatter import scatter_nd
from .segment import unsorted_segment_sum
from .shape import (
    broadcast_gradient_args,
    expand_dims,
    invert_permutation,
    rank,
    reshape,
    shape,
    shape_n_node,
    size,
    squeeze,
    transpose,
)
from .slicing import select_node, slice_, strided_slice, strided_slice_grad_node
from .state import shape_of_variable
from .stitch import dynamic_partition, dynamic_stitch

__all__ = []


def dense(dy):
    """A slope as one tensor, be it IndexedSlices."""
    return convert_to_tensor(dy)


def _to_input_shape(op, dy):
    return reshape(dy, shape(op.inputs[0]))


gradient("Reshape", lambda op, dy: [_to_input_shape(op, dy), None])
gradient("ExpandDims", lambda op, dy: [_to_input_shape(op, dy), None])
gradient("Squeeze", lambda op, dy: [_to_input_shape(op, dy)])
gradient("Transpose", lambda op, dy: [transpose(dy, invert_permutation(op.inputs[1])), None])
gradient("ConjugateTranspose", lambda op, dy: [transpose(dy, invert_permutation(op.inputs[1]), conjugate=True), None])
gradient("IdentityN", lambda op, *dys: list(dys))
gradient("PlaceholderWithDefault", lambda op, dy: [dy])
gradient("Pack", lambda op, dy: unstack(dy, num=op.attrs["N"], axis=op.attrs["axis"]))
gradient("Unpack", lambda op, *dys: [stack(list(dys), axis=op.attrs["axis"])])
gradient("Split", lambda op, *dys: [None, concat(list(dys), op.inputs[0])])
gradient("SplitV", lambda op, *dys: [concat(list(dys), op.inputs[2])] + [None] * (len(op.inputs) - 1))
gradient("ReverseV2", lambda op, dy: [reverse(dy, op.inputs[1]), None])
gradient("Fill", lambda op, dy: [None, reduce_sum(dy)])


def _tile(op, dy):
    """Multiples and sizes side by side, then a sum over the multiples."""
    input_shape = shape(op.inputs[0])
    parts = reshape(transpose(stack([op.inputs[1], input_shape])), [-1])
    axes = range_(0, size(parts), 2)
    if isinstance(dy, IndexedSlices):
        dy = unsorted_segment_sum(dy.values, dy.indices, dy.dense_shape[0])
    slope = reduce_sum(reshape(dy, parts), axes)
    slope.set_shape(op.inputs[0].get_shape())
    return [slope, None]


gradient("Tile", _tile)


def _broadcast_to(op, dy):
    x, new_shape = op.inputs
    x_shape = shape(x)
    _, axes = broadcast_gradient_args(new_shape, x_shape)
    return [reshape(reduce_sum(dy, axes, keepdims=True), x_shape), None]


gradient("BroadcastTo", _broadcast_to)


def _here(axis, dy):
    """A constant axis made again, if it was made in another loop or branch than the slope."""
    if axis.op._def.name != "Const" or output_context(axis.op) is output_context(dy.op):
        return axis
    return constant(axis.op.attrs["value"], axis.dtype)


def _sizes(values):
    """The shapes of tensors: constants if all are known; TF makes those before the first that isn't all the same."""
    sizes = []
    for one in values:
        found = shape(one)
        if found.op._def.name != "Const":
            return shape_n_node(values)
        sizes.append(found)
    return sizes


def _concat(op, dy, values, axis, before):
    """Each part's slope is a slice of the whole; of IndexedSlices only along the first axis."""
    none = [None]
    if len(values) == 1:
        return none + [dy] if before else [dy] + none
    with colocate_with(axis):
        plain = _here(axis, dy) % rank(values[0])
        sizes = _sizes(values)
        if len(sizes) > 16:
            along = squeeze(slice_(stack(sizes, axis=1), [plain, 0], [1, -1]))
            out = list(split_v_node(dy, along, plain, num_split=len(values)))
        else:
            offsets = concat_offset(plain, sizes)
            out = [slice_(dy, begin, size_) for begin, size_ in zip(offsets, sizes, strict=True)]
    return none + out if before else out + none


gradient("ConcatV2", lambda op, dy: _concat(op, dy, list(op.inputs)[:-1], op.inputs[-1], False))
gradient("Concat", lambda op, dy: _concat(op, dy, list(op.inputs)[1:], op.inputs[0], True))


def _slice(op, dy):
    """The slope with zeros round it."""
    x, begin = op.inputs[0], op.inputs[1]
    n = rank(x)
    sizes = shape(op.outputs[0])
    padded = stack([n, 1])
    before = reshape(begin, padded)
    after = reshape(shape(x) - sizes - begin, padded)
    return [pad(dy, concat([before, after], 1)), None, None]


gradient("Slice", _slice)


def _strided(op, dy):
    x = op.inputs[0]
    x_shape = shape(x, out_type=op.inputs[1]._dtype.base_dtype)
    masks = {k: op.attrs[k] for k in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    begin, end, strides = list(op.inputs)[1:]
    return [strided_slice_grad_node(x_shape, begin, end, strides, dy, **masks), None, None, None]


gradient("StridedSlice", _strided)


def _strided_grad(op, dy):
    _, begin, end, strides, _ = list(op.inputs)
    masks = {k: op.attrs[k] for k in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    return [None, None, None, None, strided_slice(dy, begin, end, strides, **masks)]


gradient("StridedSliceGrad", _strided_grad)


def _gather(op, dy):
    """The rows' slopes as IndexedSlices."""
    params, indices = op.inputs[0], op.inputs[1]
    with colocate_with(params):
        params_shape = shape(params, out_type=dtypes.int64)
        params_shape = cast(params_shape, dtypes.int32)
    n = expand_dims(size(indices), 0)
    values = reshape(dy, concat([n, params_shape[1:]], 0))
    return IndexedSlices(values, reshape(indices, n), params_shape)


gradient("Gather", lambda op, dy: [_gather(op, dy), None])


def _resource_gather(op, dy):
    """The rows' slopes of a variable behind a handle, as IndexedSlices."""
    handle, indices = op.inputs[0], op.inputs[1]
    while handle.op.type != "VarHandleOp":
        handle = handle.op.inputs[0]
    dims = handle.op.attrs.get("shape")
    params_shape = constant(dims) if dims is not None and None not in dims else shape_of_variable(handle, out_type=dtypes.int32)
    n = expand_dims(size(indices), 0)
    values = reshape(dy, concat([n, params_shape[1:]], 0))
    return [IndexedSlices(values, reshape(indices, n), params_shape), None]


gradient("ResourceGather", _resource_gather)


def _gather_v2(op, dy):
    params, indices, axis = op.inputs[0], op.inputs[1], op.inputs[2]
    with colocate_with(params):
        params_shape = shape(params, out_type=dtypes.int64)
        params_shape = cast(params_shape, dtypes.int32)
    n = expand_dims(size(indices), 0)
    at = static.python_value(axis)
    if at is not None and int(at) == 0:
        values = reshape(dy, concat([n, params_shape[1:]], 0))
        return [IndexedSlices(values, reshape(indices, n), params_shape), None, None]
    batch = op.attrs["batch_dims"]
    batch = batch + indices.rank if batch < 0 else batch
    return [_gather_along(dy, params_shape, indices, axis, batch), None, None]


def _gather_along(dy, params_shape, indices, axis, batch):
    """The slope along another axis, which is moved to the front (behind the batch) and back."""
    outer, inner = params_shape[:axis], params_shape[axis:][1:]
    whole = concat([outer, [-1], inner], 0)
    dims, axis_dims = size(whole), size(outer)
    first, before, after = range_(batch), range_(batch, axis_dims), range_(axis_dims + 1, dims)
    values = reshape(dy, whole)
    moved = transpose(values, concat([first, [axis_dims], before, after], 0))
    summed = _sum_rows(params_shape, moved, indices, batch, params_shape[axis])
    return transpose(summed, concat([first, before + 1, [batch], after], 0))


def _sum_rows(params_shape, values, indices, batch, rows):
    """The rows that were gathered, added up where they came from; batch dimensions are made part of the row's number."""
    n = expand_dims(size(indices), 0)
    if batch:
        sizes = shape(values)
        outer, inner = sizes[:batch], sizes[batch:][1:]
        count = prod_node(outer, [0], keep_dims=False)
        flat = concat([[-1], inner], 0)
        rows *= count
        indices = _batch_numbers(params_shape, indices, batch)
        values = reshape(dense(values), flat)
    made = unsorted_segment_sum(values, reshape(indices, n), rows)
    return reshape(made, concat([outer, flat], 0)) if batch else made


def _batch_numbers(params_shape, indices, batch):
    """Indices that count through all batches."""
    made, kind = indices, indices._dtype.base_dtype
    sizes = cast(params_shape, kind)
    below = ones((), dtype=kind)
    for dim in range(batch, 0, -1):
        size_ = sizes[dim - 1]
        below *= sizes[dim]
        start, step = zeros((), dtype=kind), ones((), dtype=kind)
        numbers = range_(start, size_, step) * below
        made += reshape(numbers, stack([1] * (dim - 1) + [size_] + [1] * (indices.rank - dim), axis=0))
    return made


prod_node = define("Prod")
gradient("GatherV2", _gather_v2)


def _gather_nd(op, dy):
    ref, indices = op.inputs[0], op.inputs[1]
    ref_shape = shape(ref, out_type=indices._dtype)
    if indices.rank == 2 and indices.dims[-1] == 1:
        return [IndexedSlices(dy, squeeze(indices, axis=-1), ref_shape), None]
    return [scatter_nd(indices, dy, ref_shape), None]


gradient("GatherNd", _gather_nd)


def _partition(op, *dys):
    """The parts' slopes put back where the parts came from."""
    data, partitions = op.inputs
    sizes, n = shape(partitions), op.attrs["num_partitions"]
    places = reshape(range_(0, reduce_prod(sizes)), sizes)
    made = dynamic_stitch(dynamic_partition(places, partitions, n), list(dys))
    return [reshape(made, shape(data)), None]


gradient("DynamicPartition", _partition)


def _pad(op, dy):
    x, paddings = op.inputs[0], op.inputs[1]
    before = slice_(paddings, [0, 0], stack([rank(x), 1]))
    begin = reshape(before, [-1])
    sizes = shape(x)
    return [slice_(dy, begin, sizes)] + [None] * (len(op.inputs) - 1)


gradient("Pad", _pad)
gradient("PadV2", _pad)
gradient("MirrorPad", lambda op, dy: [mirror_pad_grad_node(dy, op.inputs[1], mode=op.attrs["mode"]), None])
gradient("MirrorPadGrad", lambda op, dy: [mirror_pad_node(dy, op.inputs[1], mode=op.attrs["mode"]), None])


def _select(op, dy):
    c, x = op.inputs[0], op.inputs[1]
    zero = zeros_like(x)
    return [None, select_node(c, dy, zero), select_node(c, zero, dy)]


gradient("Select", _select)


def _select_v2(op, dy):
    c, x, y = list(op.inputs)
    zero = zeros([], dtype=dy.dtype.base_dtype)
    dx = where_v2(c, dy, zero)
    x_shape, whole = shape(x), shape(op.outputs[0])
    dx = _summed(dx, x_shape, whole)
    dy = where_v2(c, zero, dy)
    return [None, dx, _summed(dy, shape(y), whole)]


def _summed(slope, like, whole):
    """A slope of the shape `whole`, summed to what was broadcast to it."""
    axes, _ = broadcast_gradient_args(like, whole)
    return reshape(reduce_sum(slope, keepdims=True, axis=axes), like)


where_v2 = define("SelectV2")
gradient("SelectV2", _select_v2)
