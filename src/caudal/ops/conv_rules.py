"""What convolution and pooling share: data formats, paddings, the shapes that come out."""

from ..ground.errors import InferError, InvalidArgumentError

__all__ = ["explicit_pads", "from_nhwc", "out_dims", "space", "to_nhwc", "windows_dims"]


def channels_first(data_format):
    """Whether channels stand behind the batch: NCHW, NCDHW."""
    return data_format[:2] == b"NC" and len(data_format) > 2


def space(values, data_format):
    """The spatial part of a list over all dimensions."""
    return tuple(values[2:] if channels_first(data_format) else values[1:-1])


def to_nhwc(B, x, data_format):
    """`x` with its channels last."""
    return B.moveaxis(x, 1, -1) if channels_first(data_format) else x


def from_nhwc(B, x, data_format):
    """`x`, whose channels are last, in the format asked for."""
    return B.moveaxis(x, -1, 1) if channels_first(data_format) else x


def nhwc_dims(dims, data_format):
    """A shape with its channels last."""
    return (dims[0], *dims[2:], dims[1]) if channels_first(data_format) else tuple(dims)


def format_dims(dims, data_format):
    """A shape with channels last, in the format asked for."""
    return (dims[0], dims[-1], *dims[1:-1]) if channels_first(data_format) else tuple(dims)


def pads_for(sizes, window, strides, dilations, padding, explicit=(), data_format=b"NHWC"):
    """(before, after) for each spatial dimension.

    SAME pads so that there are ceil(size / stride) outputs, more after than before (TF's convention).
    """
    if padding == b"EXPLICIT":
        return explicit_pads(explicit, data_format)
    if padding == b"VALID":
        return [(0, 0)] * len(sizes)
    out = []
    for size, k, s, d in zip(sizes, window, strides, dilations, strict=True):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        out.append((total // 2, total - total // 2))
    return out


def explicit_pads(values, data_format):
    """The spatial part of an `explicit_paddings` attribute."""
    pairs = list(zip(values[::2], values[1::2], strict=True))
    return list(space(pairs, data_format))


def one(size, k, s, d, padding, pad=(0, 0)):
    """How many outputs there are along one dimension; None if that is not known.

    Raises:
      InferError: the window is larger than the padded input.
    """
    if padding == b"SAME":
        return None if size is None else -(-size // s)
    if size is None or k is None:
        return None
    effective = (k - 1) * d + 1
    n = (size + pad[0] + pad[1] - effective + s) // s
    if size + pad[0] + pad[1] - effective + s < 0 or n < 0:
        raise InferError(f"Negative dimension size caused by subtracting {effective} from {size}")
    return n


def windows_dims(sizes, window, strides, dilations, padding, pads=None):
    """The spatial dimensions that come out."""
    pads = pads or [(0, 0)] * len(sizes)
    return tuple(one(*args, padding, pad) for *args, pad in zip(sizes, window, strides, dilations, pads, strict=True))


def out_dims(dims, window, strides, dilations, padding, channels, data_format, explicit=()):
    """The whole shape that comes out of a convolution or pooling of an input of shape `dims`."""
    inner = nhwc_dims(dims, data_format)
    pads = explicit_pads(explicit, data_format) if padding == b"EXPLICIT" else None
    sizes = windows_dims(inner[1:-1], window, strides, dilations, padding, pads)
    return format_dims((inner[0], *sizes, channels), data_format)


def check_forward(op, x_shape, window, channels):
    """Refuses, while a session runs, filters of another depth than the input's."""
    if x_shape[-1] != channels:
        raise InvalidArgumentError(None, op, f"input depth must be evenly divisible by filter depth: {x_shape[-1]} vs {channels}")
