"""Max and average pooling in two and three dimensions, with their slopes."""

from ..graph import static
from ..graph.define import define
from ..ground.errors import InferError, UnimplementedError
from ..ground.shapes import merge, with_rank
from .conv_rules import channels_first, from_nhwc, nhwc_dims, out_dims, pads_for, space, to_nhwc

__all__ = ["avg_pool3d_node", "avg_pool_node", "max_pool3d_node", "max_pool_node"]


def _infer_pool(x, *, ksize, strides, padding, data_format):
    dims = with_rank(x.dims, len(ksize))
    window, steps = space(ksize, data_format), space(strides, data_format)
    inner = nhwc_dims(dims, data_format)
    channels = inner[-1]
    if _across(ksize, data_format):
        return [_infer_across(dims, ksize, strides, channels)]
    return [out_dims(dims, window, steps, (1,) * len(window), padding, channels, data_format)]


def _across(ksize, data_format):
    """Whether the window goes over channels."""
    return (ksize[1] if channels_first(data_format) else ksize[-1]) != 1


def _infer_across(dims, ksize, strides, channels):
    if any(k != 1 for k in ksize[:-1]):
        raise InferError("MaxPooling supports exactly one of pooling across depth or pooling across width/height.")
    if channels is not None and channels % ksize[-1]:
        raise InferError("Depthwise max pooling requires the depth window to evenly divide the input depth")
    return (*dims[:-1], None if channels is None else channels // ksize[-1])


def _geometry(shape, ksize, strides, padding, data_format):
    """(window, strides, pads) of the spatial dimensions for an input of a shape with channels last."""
    window, steps = space(ksize, data_format), space(strides, data_format)
    return window, steps, pads_for(shape[1:-1], window, steps, (1,) * len(window), padding)


def _lower_max(B, x, *, ksize, strides, padding, data_format, op):
    if _across(ksize, data_format):
        return x.reshape(*x.shape[:-1], x.shape[-1] // ksize[-1], ksize[-1]).max(-1)
    if ksize[0] != 1:
        raise UnimplementedError(None, op, "Pooling is not yet supported on the batch dimension.")
    x = to_nhwc(B, x, data_format)
    return from_nhwc(B, B.max_pool(x, *_geometry(x.shape, ksize, strides, padding, data_format)), data_format)


def _lower_avg(B, x, *, ksize, strides, padding, data_format):
    x = to_nhwc(B, x, data_format)
    return from_nhwc(B, B.avg_pool(x, *_geometry(x.shape, ksize, strides, padding, data_format)), data_format)


def _infer_max_grad(x, y, dy):
    return [merge(x.dims, None)]


def _lower_max_grad(B, x, y, dy, *, ksize, strides, padding, data_format):
    x, y, dy = (to_nhwc(B, t, data_format) for t in (x, y, dy))
    dx = B.max_pool_grad(x, y, dy, *_geometry(x.shape, ksize, strides, padding, data_format))
    return from_nhwc(B, dx, data_format)


def _lower_max_grad_grad(B, x, y, ddx, *, ksize, strides, padding, data_format):
    """What `ddx` holds at the greatest element of each window."""
    x, y, ddx = (to_nhwc(B, t, data_format) for t in (x, y, ddx))
    picked = B.max_pool_pick(x, y, ddx, *_geometry(x.shape, ksize, strides, padding, data_format))
    return from_nhwc(B, picked, data_format)


def _infer_avg_grad(shape, dy, *, ksize):
    known = static.partial_shape(shape)
    return [known if known is not None else (None,) * len(ksize)]


def _lower_avg_grad(B, shape, dy, *, ksize, strides, padding, data_format):
    dy = to_nhwc(B, dy, data_format)
    inner = nhwc_dims(tuple(int(d) for d in shape), data_format)
    return from_nhwc(B, B.avg_pool_grad(inner, dy, *_geometry(inner, ksize, strides, padding, data_format)), data_format)


max_pool_grad_grad = define("MaxPoolGradGrad", infer=lambda x, y, g: [y.dims], lower=_lower_max_grad_grad)
max_pool3d_grad_grad = define("MaxPool3DGradGrad", infer=lambda x, y, g: [y.dims], lower=_lower_max_grad_grad)
max_pool_grad = define("MaxPoolGrad", infer=_infer_max_grad, lower=_lower_max_grad)
max_pool3d_grad = define("MaxPool3DGrad", infer=_infer_max_grad, lower=_lower_max_grad)
max_pool_node = define("MaxPool", infer=_infer_pool, lower=_lower_max)
max_pool3d_node = define("MaxPool3D", infer=_infer_pool, lower=_lower_max)
avg_pool_grad = define("AvgPoolGrad", infer=_infer_avg_grad, lower=_lower_avg_grad, static=(0,))
avg_pool3d_grad = define("AvgPool3DGrad", infer=_infer_avg_grad, lower=_lower_avg_grad, static=(0,))
avg_pool_node = define("AvgPool", infer=_infer_pool, lower=_lower_avg)
avg_pool3d_node = define("AvgPool3D", infer=_infer_pool, lower=_lower_avg)
