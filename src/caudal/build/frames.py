"""Signals cut into frames that overlap, and put together again."""

import math

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import PLAIN
from ..ops.fill import range_, zeros, zeros_like
from ..ops.join import concat, pad, split
from ..ops.reduce import reduce_sum
from ..ops.shape import rank, reshape, shape, size, transpose
from ..ops.slicing import gather, strided_slice
from .while_loop import while_loop

__all__ = ["frame", "overlap_and_add"]


def _gcd(a, b):
    """The greatest common divisor of two int scalars, by Euclid's algorithm where they are not known."""
    with name_scope(None, "gcd", [a, b]):
        known = static.python_value(a), static.python_value(b)
        if all(k is not None for k in known):
            return constant(math.gcd(*(int(k) for k in known)))
        more = lambda _, b: PLAIN["Greater"](b, zeros_like(b))  # noqa: E731
        return while_loop(more, lambda a, b: [b, PLAIN["FloorMod"](a, b)], [a, b], back_prop=False)[0]


def _frames_shape(signal, length, step, pad_end, axis):
    """The static shape of the frames, as far as it is known."""
    length, step, axis = (static.python_value(t) for t in (length, step, axis))
    if signal.dims is None:
        return None
    if axis is None:
        return [None] * (len(signal.dims) + 1)
    axis = int(axis) % len(signal.dims)
    whole, frames = signal.dims[axis], None
    if whole is not None and step is not None:
        if pad_end:
            frames = max(0, -(-whole // int(step)))
        elif length is not None:
            frames = max(0, (whole - int(length) + int(step)) // int(step))
    length = None if length is None else int(length)
    return [*signal.dims[:axis], frames, length, *signal.dims[axis + 1 :]]


@export("signal.frame")
def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """Pieces of a signal that overlap.

    Args:
      signal: `[..., samples, ...]`.
      frame_length: int scalar, the samples of a frame.
      frame_step: int scalar, the samples from one frame's start to the next one's.
      pad_end: whether the last frames are filled up with `pad_value`; otherwise what is left over is dropped.
      pad_value: a scalar.
      axis: int scalar, along which dimension.
      name: the scope's name.

    Returns:
      `[..., frames, frame_length, ...]`.
    """
    with name_scope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        length = convert_to_tensor(frame_length, name="frame_length")
        step = convert_to_tensor(frame_step, name="frame_step")
        axis = convert_to_tensor(axis, name="axis")
        signal.shape.with_rank_at_least(1)
        for one in (length, step, axis):
            one.shape.assert_has_rank(0)
        known = _frames_shape(signal, length, step, pad_end, axis)
        n = rank(signal)
        axis = range_(n)[axis]
        sizes = shape(signal)
        outer, samples, inner = split(sizes, [axis, 1, n - 1 - axis])
        samples = reshape(samples, [])
        around = size(outer), size(inner)
        if pad_end:
            pad_value = convert_to_tensor(pad_value, signal._dtype)
            pad_value.shape.assert_has_rank(0)
            count = -(-samples // step)
            signal = _extended(signal, length + step * (count - 1) - samples, around, pad_value)
            sizes = shape(signal)
            samples = sizes[axis]
        else:
            count = PLAIN["Maximum"](0, 1 + (samples - length) // step)
        frames = _cut(signal, sizes, (outer, samples, inner), (length, step, count), axis)
        if known:
            frames.set_shape(known)
        return frames


def _extended(signal, missing, around, value):
    missing = PLAIN["Maximum"](0, missing)
    before, after = (zeros([n, 2], dtype=missing._dtype) for n in around)
    return pad(signal, concat([before, [[0, missing]], after], 0), constant_values=value)


def _cut(signal, sizes, parts, numbers, axis):
    """Frames as runs of pieces whose length divides both the frames' length and their step."""
    outer, samples, inner = parts
    length, step, count = numbers
    piece = _gcd(length, step)
    in_frame, in_step, pieces = length // piece, step // piece, samples // piece
    end = concat([outer, [pieces * piece], inner], 0)
    apart = concat([outer, [pieces, piece], inner], 0)
    cut = reshape(strided_slice(signal, zeros_like(sizes), end), apart)
    starts = reshape(range_(count) * in_step, [count, 1])
    which = starts + reshape(range_(in_frame), [1, in_frame])
    return reshape(gather(cut, which, axis=axis), concat([outer, [count, length], inner], 0))


@export("signal.overlap_and_add")
def overlap_and_add(signal, frame_step, name=None):
    """The signal whose frames these are: where frames overlap they are added.

    Args:
      signal: `[..., frames, frame_length]`.
      frame_step: int scalar, the samples from one frame's start to the next one's.
      name: the scope's name.

    Returns:
      `[..., frame_length + frame_step (frames - 1)]`.

    Raises:
      ValueError: `frame_step` is no integer.
    """
    with name_scope(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        signal.shape.with_rank_at_least(2)
        step = convert_to_tensor(frame_step, name="frame_step")
        step.shape.assert_has_rank(0)
        need(step._dtype.is_integer, f"frame_step must be an integer. Got {step.dtype}")
        sizes = shape(signal)
        outer = sizes[:-2]
        n = size(outer)
        length, frames = sizes[-1], sizes[-2]
        total = length + step * (frames - 1)
        known = static.python_value(step)
        if known is not None and signal.dims is not None and signal.dims[-1] == known:
            return reshape(signal, concat([outer, [total]], 0))
        return _overlaid(signal, outer, n, (length, frames, step))[..., :total]


def _overlaid(signal, outer, n, numbers):
    """Each frame in segments as long as the step; these moved by one more row each, then summed."""
    length, frames, step = numbers
    full = lambda inner: concat([outer, inner], 0)  # noqa: E731
    segments = -(-length // step)
    paddings = [[0, segments], [0, segments * step - length]]
    signal = pad(signal, concat([zeros([n, 2], dtypes.int32), paddings], 0))
    signal = reshape(signal, full([frames + segments, segments, step]))
    signal = transpose(signal, concat([range_(n), n + [1, 0, 2]], 0))
    signal = reshape(signal, full([(frames + segments) * segments, step]))
    signal = signal[..., : (frames + segments - 1) * segments, :]
    signal = reshape(signal, full([segments, (frames + segments - 1), step]))
    signal = reduce_sum(signal, -3)
    return reshape(signal, full([(frames + segments - 1) * step]))
