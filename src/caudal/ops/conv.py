"""Convolution in two and three dimensions, with its two slopes, and depthwise."""

from ..graph import static
from ..graph.define import define
from ..ground.errors import InferError, require
from ..ground.shapes import merge_dim, text, with_rank
from .conv_rules import check_backward, check_forward, check_steps, from_nhwc, nhwc_dims, out_dims, pads_for, space, to_nhwc

__all__ = ["conv2d_node", "conv3d_node"]


def _infer_conv(x, w, *, strides, padding, data_format, dilations, explicit_paddings=()):
    rank = len(strides)
    dims, filters = with_rank(x.dims, rank), with_rank(w.dims, rank)
    depth = nhwc_dims(dims, data_format)[-1]
    _check_depths(depth, *filters[-2:])
    window, steps, gaps = filters[:-2], space(strides, data_format), space(dilations, data_format)
    return [out_dims(dims, window, steps, gaps, padding, filters[-1], data_format, explicit_paddings)]


def _check_depths(depth, each, out):
    """Refuses filters of another depth than the input's, or than that of equal groups of its channels."""
    if depth is None or each is None:
        return
    if not each or depth % each:
        raise InferError(f"Depth of input ({depth}) is not a multiple of input depth of filter ({each})")
    if out is not None and out % (depth // each):
        raise InferError(f"Depth of output ({out}) is not a multiple of the number of groups ({depth // each})")


def infer_conv2d(x, w, *, strides, padding, data_format, dilations, explicit_paddings):
    return _infer_conv(
        x,
        w,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        explicit_paddings=explicit_paddings,
    )


def _geometry(shape, window, strides, padding, data_format, dilations, explicit=()):
    """(strides, pads, dilations) of the spatial dimensions, for an input of a shape with channels last."""
    steps, gaps = space(strides, data_format), space(dilations, data_format)
    return steps, pads_for(shape[1:-1], window, steps, gaps, padding, explicit, data_format), gaps


def _lower_conv(B, x, w, *, strides, padding, data_format, dilations, explicit_paddings=(), op):
    check_forward(op, x, w, strides, dilations, data_format, explicit_paddings)
    x = to_nhwc(B, x, data_format)
    where = _geometry(x.shape, w.shape[:-2], strides, padding, data_format, dilations, explicit_paddings)
    return from_nhwc(B, B.conv(x, w, *where), data_format)


def lower_conv2d(B, x, w, *, strides, padding, data_format, dilations, explicit_paddings, op):
    return _lower_conv(
        B,
        x,
        w,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        explicit_paddings=explicit_paddings,
        op=op,
    )


def _shape_from(tensor, rank):
    known = static.partial_shape(tensor)
    return known if known is not None and len(known) == rank else (None,) * rank


def _infer_input_grad(sizes, w, dy, *, strides):
    return [_shape_from(sizes, len(strides))]


def _infer_filter_grad(x, sizes, dy, *, strides):
    return [_shape_from(sizes, len(strides))]


def _input_grad(B, sizes, w, dy, strides, padding, data_format, dilations, explicit, op):
    dy = to_nhwc(B, dy, data_format)
    sizes = tuple(int(d) for d in sizes)
    if len(sizes) == len(strides) - 2:  # TF takes the spatial part alone as well
        sizes = (dy.shape[0], *sizes, w.shape[-2])
    shape = nhwc_dims(sizes, data_format)
    check_steps(op, strides, dilations, data_format)
    where = _geometry(shape, w.shape[:-2], strides, padding, data_format, dilations, explicit)
    check_backward(op, _LABELS[op.type], shape, w.shape, dy.shape, where)
    return from_nhwc(B, B.conv_input_grad(shape, w, dy, *where), data_format)


_LABELS = {
    "Conv2DBackpropInput": "Conv2DCustomBackpropInput",
    "Conv2DBackpropFilter": "Conv2DCustomBackpropFilter",
    "Conv3DBackpropInputV2": "Conv3DBackpropInputOp",
    "Conv3DBackpropFilterV2": "Conv3DBackpropFilterOp",
}


def _filter_grad(B, x, sizes, dy, strides, padding, data_format, dilations, explicit, op):
    x, dy = to_nhwc(B, x, data_format), to_nhwc(B, dy, data_format)
    shape = tuple(int(d) for d in sizes)
    check_steps(op, strides, dilations, data_format)
    where = _geometry(x.shape, shape[:-2], strides, padding, data_format, dilations, explicit)
    check_backward(op, _LABELS[op.type], x.shape, shape, dy.shape, where)
    return B.conv_filter_grad(x, shape, dy, *where)


def _lower_input_grad2d(B, sizes, w, dy, *, strides, padding, data_format, dilations, explicit_paddings, op):
    return _input_grad(B, sizes, w, dy, strides, padding, data_format, dilations, explicit_paddings, op)


def _lower_filter_grad2d(B, x, sizes, dy, *, strides, padding, data_format, dilations, explicit_paddings, op):
    return _filter_grad(B, x, sizes, dy, strides, padding, data_format, dilations, explicit_paddings, op)


def _lower_input_grad3d(B, sizes, w, dy, *, strides, padding, data_format, dilations, op):
    return _input_grad(B, sizes, w, dy, strides, padding, data_format, dilations, (), op)


def _lower_filter_grad3d(B, x, sizes, dy, *, strides, padding, data_format, dilations, op):
    return _filter_grad(B, x, sizes, dy, strides, padding, data_format, dilations, (), op)


conv2d_node = define("Conv2D", infer=infer_conv2d, lower=lower_conv2d)
conv2d_input_grad = define("Conv2DBackpropInput", infer=_infer_input_grad, lower=_lower_input_grad2d, static=(0,))
conv2d_filter_grad = define("Conv2DBackpropFilter", infer=_infer_filter_grad, lower=_lower_filter_grad2d, static=(1,))


def infer_conv3d(x, w, *, strides, padding, data_format, dilations):
    return _infer_conv(x, w, strides=strides, padding=padding, data_format=data_format, dilations=dilations)


def lower_conv3d(B, x, w, *, strides, padding, data_format, dilations, op):
    return _lower_conv(B, x, w, strides=strides, padding=padding, data_format=data_format, dilations=dilations, op=op)


conv3d_node = define("Conv3D", infer=infer_conv3d, lower=lower_conv3d)
conv3d_input_grad = define("Conv3DBackpropInputV2", infer=_infer_input_grad, lower=_lower_input_grad3d, static=(0,))
conv3d_filter_grad = define("Conv3DBackpropFilterV2", infer=_infer_filter_grad, lower=_lower_filter_grad3d, static=(1,))


# --- depthwise: each channel has filters of its own ------------------------------------------------


def _infer_depthwise(x, w, *, strides, padding, data_format, dilations):
    dims, filters = with_rank(x.dims, 4), with_rank(w.dims, 4)
    depth = merge_dim(nhwc_dims(dims, data_format)[-1], filters[2])
    channels = None if depth is None or filters[3] is None else depth * filters[3]
    window, steps, gaps = filters[:2], space(strides, data_format), space(dilations, data_format)
    return [out_dims(dims, window, steps, gaps, padding, channels, data_format)]


def _grouped(B, w):
    """Depthwise filters as those of a convolution whose other products are zero: `[h, w, in, in * multiplier]`."""
    h, width, depth, times = w.shape
    eye = B.eye(depth, dtype=w.dtype).reshape(1, 1, depth, depth, 1)
    return (w[:, :, :, None, :] * eye).reshape(h, width, depth, depth * times)


def _ungrouped(B, w, shape):
    """The part of a full filter's slope that depthwise filters have."""
    h, width, depth, times = shape
    eye = B.eye(depth, dtype=w.dtype).reshape(1, 1, depth, depth, 1)
    return (w.reshape(h, width, depth, depth, times) * eye).sum(3)


def _lower_depthwise(B, x, w, *, strides, padding, data_format, dilations, op):
    for what, array in (("input", x), ("filter", w)):
        require(array.ndim == 4, op, f"{what} must be 4-dimensional{text(array.shape)}")
    depth = nhwc_dims(x.shape, data_format)[-1]
    require(depth == w.shape[2], op, f"input and filter must have the same depth: {depth} vs {w.shape[2]}")
    x = to_nhwc(B, x, data_format)
    where = _geometry(x.shape, w.shape[:2], strides, padding, data_format, dilations)
    return from_nhwc(B, B.conv(x, _grouped(B, w), *where), data_format)


def _lower_depthwise_input(B, sizes, w, dy, *, strides, padding, data_format, dilations):
    dy = to_nhwc(B, dy, data_format)
    shape = nhwc_dims(tuple(int(d) for d in sizes), data_format)
    where = _geometry(shape, w.shape[:2], strides, padding, data_format, dilations)
    return from_nhwc(B, B.conv_input_grad(shape, _grouped(B, w), dy, *where), data_format)


def _lower_depthwise_filter(B, x, sizes, dy, *, strides, padding, data_format, dilations):
    x, dy = to_nhwc(B, x, data_format), to_nhwc(B, dy, data_format)
    shape = tuple(int(d) for d in sizes)
    full = (*shape[:3], shape[2] * shape[3])
    where = _geometry(x.shape, shape[:2], strides, padding, data_format, dilations)
    return _ungrouped(B, B.conv_filter_grad(x, full, dy, *where), shape)


depthwise_node = define("DepthwiseConv2dNative", infer=_infer_depthwise, lower=_lower_depthwise)
depthwise_input_grad = define(
    "DepthwiseConv2dNativeBackpropInput", infer=_infer_input_grad, lower=_lower_depthwise_input, static=(0,)
)
depthwise_filter_grad = define(
    "DepthwiseConv2dNativeBackpropFilter", infer=_infer_filter_grad, lower=_lower_depthwise_filter, static=(1,)
)
