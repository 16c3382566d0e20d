"""Convolution of any rank and rate: tf.nn.convolution, with_space_to_batch, atrous and one-dimensional convolution."""

import functools

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from . import conv
from .join import concat, stack
from .nn_functions import conv2d, conv2d_backprop_input, conv3d, either, sequence
from .shape import expand_dims, shape, squeeze
from .space_batch import batch_to_space_nd, required_space_to_batch_paddings, space_to_batch_nd

__all__ = ["Convolution", "conv1d", "convolution", "with_space_to_batch"]


def output_length(n, k, padding, stride, dilation=1):
    """How long a convolution's output is along one dimension."""
    if n is None:
        return None
    k = k + (k - 1) * (dilation - 1)
    length = n if padding in ("same", "causal") else n - k + 1
    return (length + stride - 1) // stride


def transposed_length(n, k, padding, stride):
    """How long a transposed convolution's output is along one dimension."""
    n = n * stride
    if padding == "valid":
        n = n + max(k - stride, 0)
    return n


def first(data_format):
    """Whether a data format has its channels behind the batch."""
    return data_format is not None and data_format.startswith("NC")


# --- gaps in a window, through the batch --------------------------------------------------------------------


class SpaceToBatch:
    """A function of windows made one of windows with gaps, for inputs of a shape.

    Args:
      input_shape: the static shape.
      dilation_rate: int `[n]`: the gap along each dimension of space; where all are 1 the function stays as it is.
      padding: "SAME" or "VALID".
      build: `build(n, padding)` -> a function of (input, filter).
      filter_shape: the window; needed for "SAME".
      spatial_dims: which dimensions of the input are space.
      data_format: "NHWC" and the like.

    Raises:
      ValueError: rates, dimensions or a padding that cannot be.
    """

    def __init__(self, input_shape, dilation_rate, padding, build, filter_shape=None, spatial_dims=None, data_format=None):
        self._rate = convert_to_tensor(dilation_rate, dtypes.int32, name="dilation_rate")
        count = _count(self._rate)
        self._space = _space_dims(count, spatial_dims, data_format)
        _check_rank(input_shape, self._space[-1] + (0 if first(data_format) else 1))
        known = static.value(self._rate)
        need(known is None or np.all(known >= 1), "dilation_rate must be positive")
        self._plain = known is not None and bool(np.all(known == 1))
        self._op = build(count, padding if self._plain else "VALID")
        self._input_shape, self._data_format, self._count = input_shape, data_format, count
        if not self._plain:
            self._base = _base(padding, filter_shape, count, self._rate if known is None else known)

    def __call__(self, x, filters):
        if self._plain:
            return self._op(x, filters)
        base = self._base
        if base is None:
            base = _base("SAME", shape(filters), self._count, self._rate)
        paddings, crops = required_space_to_batch_paddings(self._sizes(x), self._rate, base)
        rate = _adjust(self._rate, 1, self._space)
        paddings, crops = _adjust(paddings, 0, self._space), _adjust(crops, 0, self._space)
        inner = self._op(space_to_batch_nd(x, rate, paddings), filters)
        return self._with_channels(batch_to_space_nd(inner, rate, crops), filters)

    def _sizes(self, x):
        dims = self._input_shape.as_list() if self._input_shape.ndims is not None else None
        sizes = None if dims is None else [dims[k] for k in self._space]
        if sizes is not None and None not in sizes:
            return sizes
        whole = shape(x)
        return stack([whole[k] for k in self._space])

    def _with_channels(self, out, filters):
        if first(self._data_format) and filters is not None and not out.dims[1]:
            out.set_shape([out.dims[0], filters.dims[-1], *out.dims[2:]])
        return out


def _count(rate):
    try:
        known = rate.get_shape().with_rank(1)
    except ValueError:
        raise ValueError("rate must be rank 1") from None
    need(known.is_fully_defined(), "rate must have known shape")
    return known.as_list()[0]


def _space_dims(count, given, data_format):
    start = 2 if first(data_format) else 1
    given = list(range(start, count + start) if given is None else given)
    dims = sorted({int(k) for k in given})
    need(
        dims == given and all(k >= 1 for k in dims),
        "spatial_dims must be a montonically increasing sequence of positive integers",
    )
    return dims


def _check_rank(given, least):
    try:
        given.with_rank_at_least(least)
    except ValueError:
        raise ValueError(f"input tensor must have rank {least} at least") from None


def _base(padding, filter_shape, count, rate):
    """The padding that SAME asks for, before blocks are thought of; None if the filter is not known yet."""
    if padding == "VALID":
        return np.zeros([count, 2], np.int32)
    need(padding == "SAME", f"Invalid padding method {padding!r}")
    need(filter_shape is not None, "filter_shape must be specified for SAME padding")
    window = convert_to_tensor(filter_shape, name="filter_shape")
    known = static.value(window)
    window = (window if known is None else known)[:count]
    extra = window + (window - 1) * (rate - 1) - 1
    start = extra // 2
    end = extra - start
    return stack([[start[k], end[k]] for k in range(count)])


def _adjust(values, fill, dims):
    """Rows for `dims` alone as rows for all dimensions up to the last of them; `fill` stands for the others."""
    known = static.value(values)
    rows, parts, before, k = values if known is None else known, [], 0, 0
    kind, rest = values.dtype.as_numpy_dtype, values.get_shape().as_list()[1:]
    while k < len(dims):
        begin = k
        if dims[begin] > before + 1:
            parts.append(np.full([dims[begin] - 1 - before, *rest], fill, kind))
        while k + 1 < len(dims) and dims[k + 1] == dims[k] + 1:
            k += 1
        parts.append(rows[begin : k + 1])
        before, k = dims[k], k + 1
    return concat(parts, 0) if known is None else np.concatenate(parts)


@export("nn.with_space_to_batch")
def with_space_to_batch(input, dilation_rate, padding, op, filter_shape=None, spatial_dims=None, data_format=None):
    """Calls a function of windows so that its windows have gaps: space goes to the batch, and comes back.

    Args:
      input: a tensor, whose space is `spatial_dims`.
      dilation_rate: int32 `[n]`.
      padding: "SAME" or "VALID".
      op: `op(input, n, padding)` -> a tensor with the same dimensions of space.
      filter_shape: int32, the window and what follows it; needed for "SAME".
      spatial_dims: n dimensions of the input, rising; by default those behind the batch.
      data_format: "NHWC" and the like.

    Returns:
      What `op` gives with gaps in its windows.

    Raises:
      ValueError: rates, dimensions or a padding that cannot be.
    """
    input = convert_to_tensor(input, name="input")
    made = SpaceToBatch(
        input.get_shape(),
        dilation_rate,
        padding,
        lambda n, pad: lambda x, _: op(x, n, pad),
        filter_shape,
        spatial_dims,
        data_format,
    )
    return made(input, None)


# --- convolution --------------------------------------------------------------------------------------------


def strides_and_rates(n, strides, rates):
    """Strides and dilation rates as int32 arrays of length n.

    Raises:
      ValueError: a wrong length, a number below 1, or both above 1.
    """
    rates, strides = _positive(rates, n, "dilation_rate"), _positive(strides, n, "strides")
    need(
        np.all(strides == 1) or np.all(rates == 1),
        "strides > 1 not supported in conjunction with dilation_rate > 1",
    )
    return strides, rates


def _positive(values, n, name):
    if values is None:
        return np.ones(n, np.int32)
    need(len(values) == n, f"len({name})={len(values)} but should be {n}")
    values = np.array(values, np.int32)
    need(np.all(values >= 1), f"all values of {name} must be positive")
    return values


def _ranked(input_shape, filter_shape):
    rank = filter_shape.ndims if filter_shape.ndims is not None else input_shape.ndims
    need(rank is not None, "rank of input or filter must be known")
    for given, who in ((input_shape, "input tensor"), (filter_shape, "filter tensor")):
        try:
            given.with_rank(rank)
        except ValueError:
            raise ValueError(f"{who} must have rank {rank}") from None
    return rank


class Convolution:
    """A convolution of some rank, made ready for inputs of a shape.

    Args:
      input_shape, filter_shape: static shapes.
      padding: "SAME", "VALID".
      strides, dilation_rate: a number a spatial dimension.
      name: the node's name.
      data_format: "NHWC" and the like.

    Raises:
      ValueError: shapes or rates that don't fit.
    """

    def __init__(self, input_shape, filter_shape, padding, strides=None, dilation_rate=None, name=None, data_format=None):
        input_shape, filter_shape = shapes.as_shape(input_shape), shapes.as_shape(filter_shape)
        space = _ranked(input_shape, filter_shape) - 2
        at, begin = (1, 2) if first(data_format) else (space + 1, 1)
        depth, expected = input_shape[at], filter_shape[space]
        need(
            depth.is_compatible_with(expected),
            f"number of input channels does not match corresponding dimension of filter, {depth} != {expected}",
        )
        strides, rates = strides_and_rates(space, strides, dilation_rate)
        build = functools.partial(_plain, strides=[int(s) for s in strides], data_format=data_format, name=name)
        self._run = SpaceToBatch(
            input_shape,
            rates,
            padding,
            build,
            filter_shape=filter_shape,
            spatial_dims=range(begin, space + begin),
            data_format=data_format,
        )

    def __call__(self, x, filters):
        return self._run(x, filters)


def _plain(n, padding, *, strides, data_format, name):
    """A convolution without gaps, as a function of (input, filter)."""
    need(n in (1, 2, 3), "num_spatial_dims must be 1, 2, or 3")
    if n == 1:
        known = {None: "NHWC", "NWC": "NHWC", "NHWC": "NHWC", "NCW": "NCHW", "NCHW": "NCHW"}
        need(data_format in known, 'data_format must be "NWC" or "NCW".')
        return lambda x, w: conv1d(x, w, strides[0], padding, data_format=known[data_format], name=name)
    strides = [1, 1, *strides] if first(data_format) else [1, *strides, 1]
    if n == 2:
        return lambda x, w: conv2d(x, w, strides, padding, data_format=data_format or "NHWC", name=name)
    return lambda x, w: conv3d(x, w, strides, padding, data_format=data_format or "NDHWC", name=name)


@export("nn.convolution")
def convolution(
    input, filter, padding, strides=None, dilation_rate=None, name=None, data_format=None, filters=None, dilations=None
):
    """A convolution of any rank.

    Args:
      input: `[batch, *space, in]`.
      filter: `[*window, in, out]`.
      padding: "SAME" or "VALID".
      strides, dilation_rate: a number a spatial dimension; not both above 1.
      name: the node's name.
      data_format: "NHWC" and the like.
      filters: the later name of `filter`.
      dilations: the later name of `dilation_rate`.

    Returns:
      `[batch, *space', out]`.

    Raises:
      ValueError: shapes or rates that don't fit.
    """
    filter = either("filter", filter, "filters", filters)
    rates = either("dilation_rate", dilation_rate, "dilations", dilations)
    with name_scope(name, "convolution", [input, filter]) as scope:
        input, filter = convert_to_tensor(input, name="input"), convert_to_tensor(filter, name="filter")
        inner, window = input.get_shape(), filter.get_shape()
        if rates is None or np.all(np.asarray(rates) == 1):
            n = _ranked(inner, window) - 2
            strides, _ = strides_and_rates(n, strides, rates)
            return _plain(n, padding, strides=[int(s) for s in strides], data_format=data_format, name=scope)(input, filter)
        made = Convolution(inner, window, padding, strides=strides, dilation_rate=rates, name=scope, data_format=data_format)
        return made(input, filter)


@export("nn.atrous_conv2d")
def atrous_conv2d(value, filters, rate, padding, name=None):
    """The two-dimensional convolution with gaps of `rate` between the elements that a filter meets.

    Args:
      value: float `[batch, height, width, in]`.
      filters: `[height, width, in, out]`.
      rate: int, at least 1, in both dimensions.
      padding: "SAME" or "VALID".
      name: the node's name.

    Returns:
      `[batch, height', width', out]`.

    Raises:
      ValueError: shapes that don't fit.

    Source: Chen et al., "Semantic image segmentation with deep convolutional nets and fully connected CRFs" (2015).
    """
    return convolution(value, filters, padding=padding, dilation_rate=np.broadcast_to(rate, (2,)), name=name)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(value, filters, output_shape, rate, padding, name=None):
    """The transpose of `atrous_conv2d`.

    Args:
      value: float `[batch, height, width, in]`.
      filters: `[height, width, out, in]`.
      output_shape: int `[4]`.
      rate: int, at least 1, in both dimensions.
      padding: "SAME" or "VALID".
      name: the scope's name.

    Returns:
      A tensor of `output_shape`.

    Raises:
      ValueError: shapes that don't fit, or a wrong padding.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]) as scope:
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        depth, expected = value.get_shape()[3], filters.get_shape()[3]
        need(
            depth.is_compatible_with(expected),
            f"value's input channels does not match filters' input channels, {depth} != {expected}",
        )
        need(rate >= 1, f"rate {rate} cannot be less than one")
        if rate == 1:
            return conv2d_backprop_input(output_shape, filters, value, [1, 1, 1, 1], padding, name=scope)
        return _atrous_back(value, filters, output_shape, rate, padding)


def _atrous_back(value, filters, output_shape, rate, padding):
    given = convert_to_tensor(output_shape, name="output_shape")
    need(given.get_shape().is_compatible_with([4]), f"output_shape must have shape (4,), got {given.get_shape()}")
    if isinstance(output_shape, tuple):
        output_shape = list(output_shape)
    if isinstance(output_shape, (list, np.ndarray)):
        expected = filters.get_shape()[2]
        need(
            expected.is_compatible_with(output_shape[3]),
            f"output_shape does not match filter's output channels, {output_shape[3]} != {expected}",
        )
    (top, bottom), (left, right) = _atrous_pads(filters, rate, padding)
    height = value_size(value, 1) if padding == "SAME" else output_shape[1]
    width = value_size(value, 2) if padding == "SAME" else output_shape[2]
    low, wide = height + top + bottom, width + left + right
    more_low, more_wide = (rate - low % rate) % rate, (rate - wide % rate) % rate
    block = [rate, rate]
    pads = [[top, bottom + more_low], [left, right + more_wide]]
    inner = space_to_batch_nd(value, block, [[0, more_low], [0, more_wide]])
    sizes = [rate * rate * output_shape[0], (low + more_low) // rate, (wide + more_wide) // rate, output_shape[3]]
    inner = conv2d_backprop_input(sizes, filters, inner, [1, 1, 1, 1], "VALID")
    return batch_to_space_nd(inner, block, pads)


def value_size(value, axis):
    """A dimension, as a number where it is known, else as a tensor."""
    known = value.dims[axis] if value.dims is not None else None
    return shape(value)[axis] if known is None else known


def _atrous_pads(filters, rate, padding):
    need(padding in ("SAME", "VALID"), f"padding must be either VALID or SAME: {padding}")
    if padding == "VALID":
        return (0, 0), (0, 0)
    out = []
    for axis in (0, 1):
        size = value_size(filters, axis)
        extra = size + (size - 1) * (rate - 1) - 1
        out.append((extra // 2, extra - extra // 2))
    return out


@export("nn.conv1d")
def conv1d(
    value=None,
    filters=None,
    stride=None,
    padding=None,
    use_cudnn_on_gpu=None,
    data_format=None,
    name=None,
    input=None,
    dilations=None,
):
    """The one-dimensional convolution, as one in two dimensions of height 1.

    Args:
      value: float `[batch, width, in]`.
      filters: `[width, in, out]`.
      stride: a number.
      padding: "SAME" or "VALID".
      use_cudnn_on_gpu: accepted.
      data_format: "NWC" or "NCW".
      name: the node's name.
      input: the later name of `value`.
      dilations: a number.

    Returns:
      `[batch, width', out]`.

    Raises:
      ValueError: an unknown data format, or shapes that don't fit.
    """
    value = either("value", value, "input", input)
    with name_scope(name, "conv1d", [value, filters]) as scope:
        known = {None: False, "NHWC": False, "NWC": False, "NCHW": True, "NCW": True}
        need(data_format in known, 'data_format must be "NWC" or "NCW".')
        at = 2 if known[data_format] else 1
        strides, gaps = _flat(stride, at, "stride"), _flat(dilations, at, "dilations")
        x, w = expand_dims(value, at), expand_dims(filters, 0)
        out = conv.conv2d_node(
            x,
            w,
            strides=strides,
            padding=padding,
            use_cudnn_on_gpu=True if use_cudnn_on_gpu is None else use_cudnn_on_gpu,
            data_format="NCHW" if at == 2 else "NHWC",
            dilations=gaps,
            explicit_paddings=[],
            name=scope,
        )
        return squeeze(out, [at])


def _flat(value, at, name):
    """A stride along the width, as one for each dimension of an image of height 1."""
    return [1, *sequence(value, 1, 1 if at == 2 else 2, name)]
