"""Max and average pooling in two and three dimensions, with their slopes."""

import itertools

import numpy as np

from ..backend.windows import lowest
from ..graph import static
from ..graph.define import define
from ..ground.errors import InferError, InvalidArgumentError, UnimplementedError
from ..ground.shapes import merge, with_rank
from .conv_rules import channels_first, from_nhwc, nhwc_dims, out_dims, pads_for, space, to_nhwc, windows_dims

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


_FORMATS = {b"NHWC": 0, b"NCHW": 1}


def _check_rank(x, ksize, data_format, op):
    if x.ndim == len(ksize):
        return
    if len(ksize) == 4:
        words = f"tensor_in_shape must have 2 spatial dimensions. {x.ndim} {_FORMATS.get(data_format, 0)}"
    else:
        words = "tensor_in must be 5-dimensional"
    raise InvalidArgumentError(None, op, words)


def _lower_max(B, x, *, ksize, strides, padding, data_format, op):
    _check_rank(x, ksize, data_format, op)
    if _across(ksize, data_format):
        return x.reshape(*x.shape[:-1], x.shape[-1] // ksize[-1], ksize[-1]).max(-1)
    if ksize[0] != 1:
        raise UnimplementedError(None, op, "Pooling is not yet supported on the batch dimension.")
    x = to_nhwc(B, x, data_format)
    return from_nhwc(B, B.max_pool(x, *_geometry(x.shape, ksize, strides, padding, data_format)), data_format)


def _lower_avg(B, x, *, ksize, strides, padding, data_format, op):
    _check_rank(x, ksize, data_format, op)
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


# --- the place of the greatest element ----------------------------------------------------------------------


def _flat_places(shape, window, strides, pads, outs, batch):
    """For each place in the window: where in the flattened input stands what each window has there."""
    n, h, w, c = shape
    for place in itertools.product(*map(range, window)):
        row, column = (np.arange(o) * s + p - pad[0] for o, s, p, pad in zip(outs, strides, place, pads, strict=True))
        first = np.arange(n)[:, None, None, None] * (h * w * c if batch else 0)
        yield place, first + (row[:, None, None] * w + column[:, None]) * c + np.arange(c)


def _lower_argmax(B, x, *, ksize, strides, padding, Targmax, include_batch_in_index):
    window, steps, pads = _geometry(x.shape, ksize, strides, padding, b"NHWC")
    outs = windows_dims(x.shape[1:-1], window, steps, (1, 1), padding)
    low = lowest(x.dtype)
    grown = B.pad(x, [(0, 0), *pads, (0, 0)], constant_values=low)
    best, at = None, None
    for place, flat in _flat_places(x.shape, window, steps, pads, outs, include_batch_in_index):
        spans = zip(place, steps, outs, strict=True)
        here = grown[(slice(None), *[slice(p, p + s * (o - 1) + 1, s) for p, s, o in spans])]
        better = here > (low if best is None else best)
        at = B.where(better, flat, 0 if at is None else at)
        best = here if best is None else B.where(better, here, best)
    return best, at.astype(Targmax.as_numpy_dtype)


def _infer_argmax(x, *, ksize, strides, padding):
    return _infer_pool(x, ksize=ksize, strides=strides, padding=padding, data_format=b"NHWC") * 2


def _lower_argmax_grad(B, x, dy, at, *, include_batch_in_index):
    each = int(np.prod(x.shape[1:]))
    if not include_batch_in_index:
        at = at + (np.arange(x.shape[0]) * each).reshape(-1, 1, 1, 1).astype(at.dtype)
    return B.add_at(B.zeros(x.size, dy.dtype), at.reshape(-1), dy.reshape(-1)).reshape(x.shape)


def _argmax_grad(op, dy, _):
    named = {key: op.get_attr(key) for key in ("ksize", "strides", "padding", "include_batch_in_index")}
    return [argmax_grad_node(op.inputs[0], dy, op.outputs[1], **named)]


argmax_grad_node = define("MaxPoolGradWithArgmax", infer=lambda x, dy, at: [x.dims], lower=_lower_argmax_grad)
max_pool_with_argmax_node = define("MaxPoolWithArgmax", infer=_infer_argmax, lower=_lower_argmax, grad=_argmax_grad)
