"""What convolution and pooling share: data formats, paddings, the shapes that come out."""

from ..ground.errors import InferError, InvalidArgumentError, UnimplementedError
from ..ground.shapes import subtract, text

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
      InferError: the window is larger than the padded input; a stride or rate is less than 1.
    """
    if s <= 0:
        raise InferError(f"Stride must be > 0, but got {s}")
    if d < 1:
        raise InferError(f"Dilation rate must be >= 1, but got {d}")
    if padding == b"SAME":
        return None if size is None else -(-size // s)
    if size is None or k is None:
        return None
    return (subtract(size + pad[0] + pad[1], (k - 1) * d + 1) + s) // s


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


def check_forward(op, x, w, strides, dilations, data_format, explicit=()):
    """Refuses, while a session runs, what cannot be convolved: `x` and filters `w`, as they were given."""
    rank = len(strides)
    for what, array in (("input", x), ("filter", w)):
        if array.ndim != rank:
            raise InvalidArgumentError(None, op, f"{what} must be {rank}-dimensional{text(array.shape)}")
    depth = nhwc_dims(x.shape, data_format)[-1]
    if not w.shape[-2] or depth % w.shape[-2]:
        raise InvalidArgumentError(None, op, f"input depth must be evenly divisible by filter depth: {depth} vs {w.shape[-2]}")
    check_steps(op, strides, dilations, data_format)
    steps, gaps = space(strides, data_format), space(dilations, data_format)
    pads = explicit_pads(explicit, data_format) if explicit else None
    padding = b"EXPLICIT" if explicit else op.attrs["padding"]
    try:
        windows_dims(nhwc_dims(x.shape, data_format)[1:-1], w.shape[:-2], steps, gaps, padding, pads)
    except InferError:
        raise InvalidArgumentError(None, op, "Computed output size would be negative") from None


def check_steps(op, strides, dilations, data_format):
    """Refuses, while a session runs, steps and rates over batches and channels."""
    for values, what in ((strides, "strides"), (dilations, "dilations")):
        inner = nhwc_dims(values, data_format)
        if inner[0] != 1 or inner[-1] != 1:
            words = "Current implementation does not yet support {} in the batch and depth dimensions."
            kind = InvalidArgumentError if len(values) == 4 else UnimplementedError
            raise kind(None, op, words.format(what))


def check_backward(op, label, shape, w_shape, dy_shape, where):
    """Refuses, while a session runs, slopes that no convolution of such an input can have; shapes with channels last."""
    steps, pads, gaps = where
    start = f"{label}: "
    if len(shape) != len(dy_shape) or len(w_shape) != len(dy_shape):
        which, n = ("input", len(shape)) if len(shape) != len(dy_shape) else ("filter", len(w_shape))
        raise InvalidArgumentError(None, op, f"{start}{which} must be {len(dy_shape)}-dimensional, not {n}")
    if shape[0] != dy_shape[0]:
        raise InvalidArgumentError(
            None,
            op,
            f"{start}input and out_backprop must have the same batch size."
            f" Input batch: {shape[0]}, outbackprop batch: {dy_shape[0]}, batch_dim: 0",
        )
    if not w_shape[-2] or shape[-1] % w_shape[-2]:
        raise InvalidArgumentError(None, op, f"{start}input depth must be evenly divisible by filter depth")
    if w_shape[-1] != dy_shape[-1]:
        raise InvalidArgumentError(None, op, f"{start}filter and out_backprop must have the same out_depth")
    for k, (i, f, o, s, (a, b), d) in enumerate(zip(shape[1:-1], w_shape, dy_shape[1:-1], steps, pads, gaps, strict=False)):
        made = (i + a + b - ((f - 1) * d + 1) + s) // s
        if made != o:
            raise InvalidArgumentError(
                None,
                op,
                f"{start}Size of out_backprop doesn't match computed: actual = {o}, computed = {made}"
                f" spatial_dim: {k + 1} input: {i} filter: {f} output: {o} stride: {s} dilation: {d}",
            )
