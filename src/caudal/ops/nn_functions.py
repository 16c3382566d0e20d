"""The public functions of tf.nn for convolution and pooling, and dropout, normalisation, look-ups."""

import numbers

import numpy as np

from ..graph import static
from ..graph.convert import convert, convert_to_tensor
from ..graph.define import define
from ..graph.opdef import gradient
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need, require
from . import conv, pool
from .basic import constant
from .elementwise import NODES, PLAIN, cast, rsqrt
from .fill import zeros, zeros_like
from .random import random_uniform
from .reduce import reduce_mean
from .shape import shape, shape_n_node, squeeze
from .slicing import stop_gradient

__all__ = ["conv2d", "dropout", "max_pool"]


# --- slopes of convolution and pooling ------------------------------------------------------------------


def _attrs(op, *keys):
    return {k: op.attrs[k] for k in keys}


_CONV2 = ("strides", "padding", "data_format", "dilations", "use_cudnn_on_gpu", "explicit_paddings")
_CONV3 = ("strides", "padding", "data_format", "dilations")


def _conv2d(op, dy):
    x_shape, w_shape = shape_n_node([op.inputs[0], op.inputs[1]])
    named = _attrs(op, *_CONV2)
    return [
        conv.conv2d_input_grad(x_shape, op.inputs[1], dy, **named),
        conv.conv2d_filter_grad(op.inputs[0], w_shape, dy, **named),
    ]


gradient("Conv2D", _conv2d)


def _conv2d_input(op, dy):
    named = _attrs(op, *_CONV2)
    return [
        None,
        conv.conv2d_filter_grad(dy, shape(op.inputs[1]), op.inputs[2], **named),
        conv.conv2d_node(dy, op.inputs[1], **named),
    ]


def _conv2d_filter(op, dy):
    named = _attrs(op, *_CONV2)
    return [
        conv.conv2d_input_grad(shape(op.inputs[0]), dy, op.inputs[2], **named),
        None,
        conv.conv2d_node(op.inputs[0], dy, **named),
    ]


gradient("Conv2DBackpropInput", _conv2d_input)
gradient("Conv2DBackpropFilter", _conv2d_filter)


def _conv3d(op, dy):
    (x, w), named = op.inputs, _attrs(op, *_CONV3)
    return [
        conv.conv3d_input_grad(shape(x), w, dy, **named),
        conv.conv3d_filter_grad(x, shape(w), dy, **named),
    ]


def _conv3d_input(op, dy):
    named = _attrs(op, *_CONV3)
    return [
        None,
        conv.conv3d_filter_grad(dy, shape(op.inputs[1]), op.inputs[2], **named),
        conv.conv3d_node(dy, op.inputs[1], **named),
    ]


def _conv3d_filter(op, dy):
    named = _attrs(op, *_CONV3)
    return [
        conv.conv3d_input_grad(shape(op.inputs[0]), dy, op.inputs[2], **named),
        None,
        conv.conv3d_node(op.inputs[0], dy, **named),
    ]


gradient("Conv3D", _conv3d)
gradient("Conv3DBackpropInputV2", _conv3d_input)
gradient("Conv3DBackpropFilterV2", _conv3d_filter)


def _depthwise(op, dy):
    named = _attrs(op, *_CONV3)
    return [
        conv.depthwise_input_grad(shape(op.inputs[0]), op.inputs[1], dy, **named),
        conv.depthwise_filter_grad(op.inputs[0], shape(op.inputs[1]), dy, **named),
    ]


def _depthwise_input(op, dy):
    named = _attrs(op, *_CONV3)
    by_filter = conv.depthwise_filter_grad(dy, shape(op.inputs[1]), op.inputs[2], **named)
    return [None, by_filter, conv.depthwise_node(dy, op.inputs[1], **named)]


def _depthwise_filter(op, dy):
    named = _attrs(op, *_CONV3)
    by_input = conv.depthwise_input_grad(shape(op.inputs[0]), dy, op.inputs[2], **named)
    return [by_input, None, conv.depthwise_node(op.inputs[0], dy, **named)]


gradient("DepthwiseConv2dNative", _depthwise)
gradient("DepthwiseConv2dNativeBackpropInput", _depthwise_input)
gradient("DepthwiseConv2dNativeBackpropFilter", _depthwise_filter)
_POOL = ("ksize", "strides", "padding", "data_format")
gradient("MaxPool", lambda op, dy: [pool.max_pool_grad(op.inputs[0], op.outputs[0], dy, **_attrs(op, *_POOL))])
gradient("MaxPool3D", lambda op, dy: [pool.max_pool3d_grad(op.inputs[0], op.outputs[0], dy, **_attrs(op, *_POOL))])
gradient("AvgPool", lambda op, dy: [pool.avg_pool_grad(shape(op.inputs[0]), dy, **_attrs(op, *_POOL))])
gradient("AvgPool3D", lambda op, dy: [pool.avg_pool3d_grad(shape(op.inputs[0]), dy, **_attrs(op, *_POOL))])


def _max_pool_grad(op, dy):
    x, y, _ = op.inputs
    nothing = [zeros(shape(x), x.dtype), zeros(shape(y), y.dtype)]
    return [*nothing, pool.max_pool_grad_grad(x, y, dy, **_attrs(op, *_POOL))]


def _max_pool_grad_grad(op, dy):
    x, y, _ = op.inputs
    nothing = [zeros(shape(x), x.dtype), zeros(shape(y), y.dtype)]
    return [*nothing, pool.max_pool_grad(x, y, dy, **_attrs(op, *_POOL))]


def _through(node):
    """The slope of a three-dimensional pooling's slope, which is none for what was pooled."""

    def rule(op, dy):
        x, y, _ = op.inputs
        return [zeros_like(x), zeros_like(y), node(x, y, dy, **_attrs(op, *_POOL))]

    return rule


gradient("MaxPoolGrad", _max_pool_grad)
gradient("MaxPoolGradGrad", _max_pool_grad_grad)
gradient("MaxPool3DGrad", _through(pool.max_pool3d_grad_grad))
gradient("MaxPool3DGradGrad", _through(pool.max_pool3d_grad))
gradient("AvgPoolGrad", lambda op, dy: [stop_gradient(op.inputs[0]), pool.avg_pool_node(dy, **_attrs(op, *_POOL))])
gradient("AvgPool3DGrad", lambda op, dy: [stop_gradient(op.inputs[0]), pool.avg_pool3d_node(dy, **_attrs(op, *_POOL))])


# --- convolution ------------------------------------------------------------------------------------------


def sequence(value, n, channel_index, name):
    """Strides or the like for all dimensions: one number, one for each of space, or one for each."""
    if value is None:
        value = [1]
    elif not isinstance(value, (list, tuple)):
        value = [value]
    size = len(value)
    if size == n + 2:
        return list(value)
    if size not in (1, n, n + 2):
        raise ValueError(f"{name} should be of length 1, {n} or {n + 2} but was {size}")
    value = list(value) * n if size == 1 else list(value)
    return [1, 1, *value] if channel_index == 1 else [1, *value, 1]


def _explicit(padding, data_format):
    """(padding, explicit paddings) of a padding argument that may be a list."""
    if not isinstance(padding, (list, tuple)):
        return padding, []
    if data_format == "NCHW":
        need(
            tuple(padding[0]) == (0, 0) and tuple(padding[1]) == (0, 0),
            f"First and second element of padding must be [0, 0]. Got: {padding}",
        )
    need(len(padding) == 4, f"When padding is a list, it must be of size 4. Got padding of size: {len(padding)}")
    return "EXPLICIT", [p for pair in padding for p in pair]


def either(name_a, a, name_b, b):
    """An argument of two names: whichever was given."""
    if b is not None:
        need(a is None, f"Cannot specify both '{name_b}' and '{name_a}'")
        return b
    return a


@export("nn.conv2d", "compat.v1.nn.conv2d")
def conv2d(
    input,
    filter=None,
    strides=None,
    padding=None,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=[1, 1, 1, 1],  # noqa: B006
    name=None,
    filters=None,
):
    """The two-dimensional convolution (cross-correlation) of images with filters.

    Args:
      input: float `[batch, height, width, in]`.
      filter: `[height, width, in, out]`.
      strides: a number, a pair, or one for each dimension.
      padding: "SAME", "VALID", or a list of four pairs.
      use_cudnn_on_gpu: accepted.
      data_format: "NHWC" or "NCHW".
      dilations: as `strides`.
      name: the node's name.
      filters: the later name of `filter`.

    Returns:
      `[batch, height', width', out]`.

    Raises:
      ValueError: shapes that don't fit, or an unknown padding.
    """
    filter = either("filter", filter, "filters", filters)
    padding, explicit = _explicit(padding, data_format)
    at = 1 if (data_format or "NHWC").startswith("NC") else 3
    strides, dilations = sequence(strides, 2, at, "strides"), sequence(dilations, 2, at, "dilations")
    return conv.conv2d_node(
        input,
        filter,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export("nn.conv2d_backprop_filter")
def conv2d_backprop_filter(
    input,
    filter_sizes,
    out_backprop,
    strides,
    padding,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=[1, 1, 1, 1],
    name=None,  # noqa: B006
):
    """The slope of `conv2d` by its filters of shape `filter_sizes`."""
    padding, explicit = _explicit(padding, data_format)
    return conv.conv2d_filter_grad(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export("nn.conv2d_backprop_input")
def conv2d_backprop_input(
    input_sizes,
    filter=None,
    out_backprop=None,
    strides=None,
    padding=None,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=[1, 1, 1, 1],
    name=None,
    filters=None,  # noqa: B006
):
    """The slope of `conv2d` by its input of shape `input_sizes`."""
    filter = either("filter", filter, "filters", filters)
    padding, explicit = _explicit(padding, data_format)
    return conv.conv2d_input_grad(
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export("nn.conv2d_transpose", "compat.v1.nn.conv2d_transpose")
def conv2d_transpose(
    value=None,
    filter=None,
    output_shape=None,
    strides=None,
    padding="SAME",
    data_format="NHWC",
    name=None,
    input=None,
    filters=None,
    dilations=None,
):
    """The transpose of `conv2d`: from its outputs' shape to its inputs', `[batch, height, width, out]`.

    Args:
      value: `[batch, height, width, in]`.
      filter: `[height, width, out, in]`.
      output_shape: int `[4]`.
      strides, padding, data_format, dilations: those of the convolution.
      name: the node's name.
      input: the later name of `value`; filters: of `filter`.
    """
    value = either("value", value, "input", input)
    filter = either("filter", filter, "filters", filters)
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        data_format = data_format or "NHWC"
        at = 1 if data_format.startswith("NC") else 3
        return conv2d_backprop_input(
            input_sizes=output_shape,
            filter=filter,
            out_backprop=value,
            strides=sequence(strides, 2, at, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=sequence(dilations, 2, at, "dilations"),
            name=scope,
        )


@export("nn.conv3d", "compat.v1.nn.conv3d")
def conv3d(
    input, filter=None, strides=None, padding=None, data_format="NDHWC", dilations=[1, 1, 1, 1, 1], name=None, filters=None
):  # noqa: B006
    """The three-dimensional convolution; the arguments are those of `conv2d` with one dimension more."""
    filter = either("filter", filter, "filters", filters)
    return conv.conv3d_node(
        input, filter, strides=strides, padding=padding, data_format=data_format, dilations=dilations, name=name
    )


@export("nn.depthwise_conv2d_native")
def depthwise_conv2d_native(input, filter, strides, padding, data_format="NHWC", dilations=[1, 1, 1, 1], name=None):  # noqa: B006
    """Each channel convolved with filters of its own, `[height, width, in, multiplier]`."""
    return conv.depthwise_node(
        input, filter, strides=strides, padding=padding, data_format=data_format, dilations=dilations, name=name
    )


# --- pooling ----------------------------------------------------------------------------------------------


def _pool_argument(value, data_format, name):
    return sequence(value, 2, 1 if (data_format or "NHWC").startswith("NC") else 3, name)


@export("nn.max_pool", "compat.v1.nn.max_pool")
def max_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """The greatest element of each window.

    Args:
      value: `[batch, height, width, channels]`.
      ksize: the window's size: a number, a pair, or one for each dimension.
      strides: as `ksize`.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      name: the node's name.
      input: the later name of `value`.
    """
    value = either("value", value, "input", input)
    with name_scope(name, "MaxPool", [value]) as scope:
        data_format = data_format or "NHWC"
        return pool.max_pool_node(
            value,
            ksize=_pool_argument(ksize, data_format, "ksize"),
            strides=_pool_argument(strides, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


@export("nn.avg_pool", "nn.avg_pool2d", "compat.v1.nn.avg_pool")
def avg_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """The mean of each window; the arguments are those of `max_pool`."""
    value = either("value", value, "input", input)
    with name_scope(name, "AvgPool", [value]) as scope:
        data_format = data_format or "NHWC"
        return pool.avg_pool_node(
            value,
            ksize=_pool_argument(ksize, data_format, "ksize"),
            strides=_pool_argument(strides, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


# --- dropout ----------------------------------------------------------------------------------------------


@export("nn.dropout", "compat.v1.nn.dropout")
def dropout(x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None):
    """`x` with elements set to 0 at random, and the others scaled so that the mean stays.

    Args:
      x: a float tensor.
      keep_prob: the chance that an element stays, in (0, 1]; the older name of 1 - `rate`.
      noise_shape: int `[rank]`: dimensions of size 1 are dropped as a whole.
      seed: the op's seed.
      name: the scope's name.
      rate: the chance that an element is dropped, in [0, 1).

    Raises:
      ValueError: no rate, or one out of its range; `x` no float.
    Source: Srivastava et al., "Dropout" (2014).
    """
    try:
        kept = 1.0 - keep_prob if keep_prob is not None else None
    except TypeError:
        raise ValueError(f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})") from None
    rate = either("rate", rate, "keep_prob", kept)
    need(rate is not None, "You must provide a rate to dropout.")
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        need(
            x._dtype.is_floating,
            f"x has to be a floating point tensor since it's going to be scaled. Got a {x._dtype} tensor instead.",
        )
        if isinstance(rate, numbers.Real):
            need(0 <= rate < 1, "rate must be a scalar tensor or a float in the range [0, 1), got %g" % rate)
        if isinstance(rate, numbers.Real) and rate == 0:
            return x
        rate = convert(rate, x._dtype, "rate")
        rate.get_shape().assert_has_rank(0)
        known = static.fold(rate)
        if known is not None and float(known) == 0:
            return x
        noise_shape = _noise_shape(x, noise_shape)
        uniform = random_uniform(noise_shape, seed=seed, dtype=x._dtype)
        keep = 1 - rate
        scale = 1 / keep
        keep_mask = PLAIN["GreaterEqual"](uniform, rate)
        made = x * scale * cast(keep_mask, x._dtype)
        made.set_shape(x.get_shape())
        return made


def _noise_shape(x, noise_shape):
    if noise_shape is None:
        return shape(x)
    try:
        given = shapes.as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.dims is not None and given.dims is not None and len(x.dims) == given.ndims:
        return [a if b is None and a is not None else b for a, b in zip(x.dims, given._tuple, strict=True)]
    return noise_shape


# --- normalisation ----------------------------------------------------------------------------------------


@export("nn.moments", "compat.v1.nn.moments")
def moments(x, axes, shift=None, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) of `x` over `axes`; half precision is computed in float32."""
    keep = keepdims if keep_dims is None else keep_dims
    keep = False if keep is None else keep
    with name_scope(name, "moments", [x, axes]):
        y = cast(x, dtypes.float32) if x.dtype is dtypes.float16 else convert_to_tensor(x)
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        variance = reduce_mean(NODES["SquaredDifference"](y, stop_gradient(mean)), axes, keepdims=True, name="variance")
        if not keep:
            mean, variance = squeeze(mean, axes), squeeze(variance, axes)
        if x.dtype is dtypes.float16:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


@export("nn.batch_normalization")
def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """(x - mean) / sqrt(variance + epsilon) scale + offset; `scale` or `offset` may be None.

    Source: Ioffe and Szegedy, "Batch normalization" (2015).
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        return x * cast(inverse, x.dtype) + cast(offset - mean * inverse if offset is not None else -mean * inverse, x.dtype)


def _channels_last(B, x, data_format):
    return B.moveaxis(x, 1, -1) if data_format == b"NCHW" else x


def _as_given(B, x, data_format):
    return B.moveaxis(x, -1, 1) if data_format == b"NCHW" else x


def trained_norm(B, x, scale, offset, epsilon, relu=False):
    """What a FusedBatchNorm node of a training step gives for `x`, channels last, all but its empty last output."""
    count = x.size // max(scale.size, 1)
    out, mean, variance = B.batch_norm(x, scale, offset, epsilon, relu)
    return out, mean, variance * np.asarray(count / max(count - 1, 1), x.dtype), mean, variance


def _lower_fused(B, x, scale, offset, mean, variance, *, epsilon, data_format, is_training, op):
    require(x.ndim == 4, op, f"input must be 4-dimensional{shapes.text(x.shape)}")
    n = x.shape[1 if data_format == b"NCHW" else 3]
    for what, vector in (("scale", scale), ("offset", offset)):
        require(vector.ndim == 1, op, f"{what} must be 1-dimensional{shapes.text(vector.shape)}")
        words = f"{what} must have the same number of elements as the channels of x, got {vector.size} and {n}"
        require(vector.size == n, op, words)
    kind = scale.dtype
    y = _channels_last(B, x, data_format).astype(kind)
    if is_training:
        out, *moments = trained_norm(B, y, scale, offset, epsilon)
    else:
        inverse = 1 / B.sqrt(variance + np.asarray(epsilon, kind))
        out, moments = (y - mean) * (inverse * scale) + offset, (mean, variance, mean, variance)
    return _as_given(B, out, data_format).astype(x.dtype), *moments, B.zeros(0, kind)


def _infer_fused(x, scale, offset, mean, variance, *, data_format, is_training):
    dims = shapes.with_rank(x.dims, 4)
    at = 1 if data_format == b"NCHW" else 3
    channels = dims[at]
    for vector in (scale, offset) if is_training else (scale, offset, mean, variance):
        channels = shapes.merge_dim(channels, shapes.with_rank(vector.dims, 1)[0])
    return [(*dims[:at], channels, *dims[at + 1 :]), *[(channels,)] * 4, None]


def _fused(kind, outputs):
    def lower(B, x, scale, offset, mean, variance, *, epsilon, data_format, is_training, op):
        return _lower_fused(
            B, x, scale, offset, mean, variance, epsilon=epsilon, data_format=data_format, is_training=is_training, op=op
        )[:outputs]

    def infer(*inputs, data_format, is_training):
        return _infer_fused(*inputs, data_format=data_format, is_training=is_training)[:outputs]

    return define(kind, infer=infer, lower=lower)


fused_v3_node = _fused("FusedBatchNormV3", 6)
fused_v2_node = _fused("FusedBatchNormV2", 5)
fused_node = _fused("FusedBatchNorm", 5)


def _lower_fused_grad(B, dy, x, scale, mean, variance, *rest, epsilon, data_format, is_training):
    kind = scale.dtype
    dy, y = (_channels_last(B, z, data_format).astype(kind) for z in (dy, x))
    dx, d_scale, d_offset = B.batch_norm_grad(dy, y, scale, mean, variance, epsilon, is_training)
    rest = B.zeros(0 if is_training else scale.shape, kind)
    return _as_given(B, dx, data_format).astype(x.dtype), d_scale, d_offset, rest, rest


def _infer_fused_grad(dy, x, scale, *rest, is_training):
    more = (0,) if is_training else scale.dims
    return [x.dims, scale.dims, scale.dims, more, more]


fused_grad_nodes = {
    kind: define(kind, infer=_infer_fused_grad, lower=_lower_fused_grad)
    for kind in ("FusedBatchNormGradV3", "FusedBatchNormGradV2", "FusedBatchNormGrad")
}


def _fused_grad(grad_kind):
    def rule(op, *dys):
        x, scale, _, mean, variance = list(op.inputs)[:5]
        training = op.attrs["is_training"]
        if training:
            mean, variance = op.outputs[3], op.outputs[4]
        more = [op.outputs[5]] if grad_kind.endswith("V3") else []
        made = fused_grad_nodes[grad_kind](
            dys[0], x, scale, mean, variance, *more, **_attrs(op, "epsilon", "data_format", "is_training")
        )
        return [made[0], made[1], made[2], None, None]

    return rule


for _kind, _grad_kind in (
    ("FusedBatchNormV3", "FusedBatchNormGradV3"),
    ("FusedBatchNormV2", "FusedBatchNormGradV2"),
    ("FusedBatchNorm", "FusedBatchNormGrad"),
):
    gradient(_kind, _fused_grad(_grad_kind))


@export("nn.fused_batch_norm", "compat.v1.nn.fused_batch_norm")
def fused_batch_norm(x, scale, offset, mean=None, variance=None, epsilon=0.001, data_format="NHWC", is_training=True, name=None):
    """(normalised x, mean, variance) of images over all but their channels.

    Args:
      x: `[batch, height, width, channels]`.
      scale, offset: `[channels]`.
      mean, variance: `[channels]`; needed when not training.
      epsilon: added to the variance; at least 1.001e-5.
      data_format: "NHWC" or "NCHW".
      is_training: whether the batch's own mean and variance are used.
      name: the node's name.

    Raises:
      ValueError: not training, and no mean or variance.
    """
    x, scale, offset = (convert_to_tensor(v, name=n) for v, n in ((x, "input"), (scale, "scale"), (offset, "offset")))
    if is_training:
        need(mean is None and variance is None, "Both 'mean' and 'variance' must be None if is_training is True.")
    mean = constant([], scale._dtype) if mean is None else mean
    variance = constant([], scale._dtype) if variance is None else variance
    epsilon = max(epsilon, 1.001e-5)
    made = fused_v3_node(
        x, scale, offset, mean, variance, epsilon=epsilon, data_format=data_format, is_training=is_training, name=name
    )
    return made[0], made[1], made[2]
