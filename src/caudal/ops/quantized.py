"""Floats as small integers of a range, and back: quantize, dequantize, quantize_and_dequantize, quantized_concat."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .basic import same
from .join import infer_concat

__all__ = ["dequantize", "quantize_and_dequantize", "quantize_v2", "quantized_concat"]


def _limits(kind):
    info = np.iinfo(kind.np)
    return int(info.min), int(info.max)


def _signed(kind):
    return _limits(kind)[0] < 0


_BELOW_2_31 = np.float32(2147483520)  # the greatest float32 that an int32 holds


# --- quantize ---------------------------------------------------------------------------------------


def _widened(low, high, op):
    """The range with zero in it, and not too small a one: (low, high) as floats."""
    low, high = np.float32(low), np.float32(high)
    if low > high:
        raise InvalidArgumentError(None, op, f"min_range must be <= max_range: {low:g} vs. {high:g}")
    low, high = min(np.float32(0), low), max(np.float32(0), high)
    least = np.float32(max(1.0, abs(low), abs(high)) / 100)
    return low, max(high, low + least)


def _rounded(x, mode):
    return np.rint(x) if mode == b"HALF_TO_EVEN" else np.trunc(x + np.copysign(0.5, x)).astype(np.float32)


def _lower_quantize(B, x, low, high, *, T, mode, round_mode, op):  # noqa: N803  # an attribute
    low, high = _widened(low, high, op)
    least, most = _limits(T)
    if mode == b"SCALED":
        return _scaled(x, low, high, T, round_mode)
    if mode == b"MIN_FIRST":
        scale = np.float32((most - least) / np.float64(high - low))
        made = _rounded(x * scale, round_mode) - (_rounded(low * scale, round_mode) - np.float32(least))
        return np.clip(made, np.float32(least), min(np.float32(most), _BELOW_2_31)).astype(T.np), low, high
    scale = np.float32((most - least) / (high - low))
    offset = np.float32((most - least + 1) / 2) if _signed(T) else np.float32(0)
    made = (np.clip(x, low, high) - low) * scale
    return np.clip(_rounded(made - offset, round_mode), least, most).astype(T.np), low, high


def _scaled(x, low, high, kind, round_mode):
    """Zero stays zero, and the range is as wide on both sides as the type allows."""
    least, most = _limits(kind)
    low_scale = np.float32(least / low) if least * low > 0 else np.float32(np.finfo(np.float32).max)
    high_scale = np.float32(most / high) if most * high > 0 else np.float32(np.finfo(np.float32).max)
    scale = min(low_scale, high_scale)
    low, high = np.float32(least / scale), np.float32(most / scale)
    made = _rounded(np.clip(x, low, high) * scale, round_mode)
    return np.clip(made, least, most).astype(kind.np), low, high


def _infer_quantize(x, low, high):
    for one in (low, high):
        shapes.with_rank(one.dims, 0)
    return [x.dims, (), ()]


_quantize = define("QuantizeV2", infer=_infer_quantize, lower=_lower_quantize, host=True, grad=None)


@export("quantize_v2", "compat.v1.quantize_v2")
def quantize_v2(
    input,
    min_range,
    max_range,
    T,
    mode="MIN_COMBINED",
    name=None,
    round_mode="HALF_AWAY_FROM_ZERO",  # noqa: N803
):
    """Floats as small integers that stand for a range.

    Args:
      input: float32, any shape.
      min_range: float32 scalar, what the least integer stands for.
      max_range: float32 scalar, what the greatest one stands for.
      T: qint8, quint8, qint16, quint16 or qint32.
      mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED" (zero stands for zero).
      name: the node's name.
      round_mode: "HALF_AWAY_FROM_ZERO" or "HALF_TO_EVEN".

    Returns:
      (the integers, the least and the greatest float that they stand for); the range may have been widened.
    """
    return _quantize(input, min_range, max_range, T=T, mode=mode, round_mode=round_mode, name=name)


@export("quantization.quantize", "quantize")
def quantize(
    input,
    min_range,
    max_range,
    T,
    mode="MIN_COMBINED",
    round_mode="HALF_AWAY_FROM_ZERO",
    name=None,  # noqa: N803
):
    """`quantize_v2` with its arguments in another order.

    Args:
      input: float32, any shape.
      min_range: float32 scalar.
      max_range: float32 scalar.
      T: the `DType` of the integers.
      mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED".
      round_mode: "HALF_AWAY_FROM_ZERO" or "HALF_TO_EVEN".
      name: the node's name.

    Returns:
      (the integers, the least and the greatest float that they stand for).
    """
    return quantize_v2(input, min_range, max_range, T, mode=mode, round_mode=round_mode, name=name)


# --- dequantize -------------------------------------------------------------------------------------


def _lower_dequantize(B, x, low, high, *, T, mode):  # noqa: N803
    least, most = _limits(T)
    low, high = np.float32(low), np.float32(high)
    if mode == b"SCALED":
        scale = max(low / least, high / most) if least < 0 else high / most
        return x.astype(np.float32) * np.float32(scale)
    if mode == b"MIN_FIRST":
        step = np.float32(np.float64(high - low) / (most - least))
        start = _rounded(low / step, b"HALF_AWAY_FROM_ZERO") * step if step else low
        return (x.astype(np.float32) - np.float32(least)) * step + start
    half = np.float32((most - least + 1) / 2) if least < 0 else np.float32(0)
    return (x.astype(np.float32) + half) * np.float32((high - low) / (most - least)) + low


_dequantize = define("Dequantize", infer=lambda x, low, high: [x.dims], lower=_lower_dequantize, host=True, grad=None)


@export("quantization.dequantize", "dequantize")
def dequantize(input, min_range, max_range, mode="MIN_COMBINED", name=None):
    """The floats that small integers stand for.

    Args:
      input: a quantized tensor.
      min_range: float32 scalar, what the least integer stands for.
      max_range: float32 scalar, what the greatest one stands for.
      mode: the mode in which they were made: "MIN_COMBINED", "MIN_FIRST" or "SCALED".
      name: the node's name.

    Returns:
      float32, shaped as `input`.
    """
    return _dequantize(input, min_range, max_range, mode=mode, name=name)


# --- both ways --------------------------------------------------------------------------------------


def _lower_both(B, x, low, high, bits, *, signed_input, range_given, narrow_range, round_mode=b"HALF_TO_EVEN"):
    n = int(np.asarray(bits))
    least = (-(1 << (n - 1)) + narrow_range) if signed_input else 0
    most = (1 << (n - 1)) - 1 if signed_input else (1 << n) - 1
    if not range_given:
        low, high = np.min(x), np.max(x)
    low_scale = least / low if least * low > 0 else np.inf
    high_scale = most / high if most * high > 0 else np.inf
    scale = min(low_scale, high_scale)
    scale = np.asarray(scale if np.isfinite(scale) else np.finfo(x.dtype).max, x.dtype)
    if range_given:
        x = np.clip(x, np.asarray(least / scale, x.dtype), np.asarray(most / scale, x.dtype))
    made = np.rint(x * scale) if round_mode == b"HALF_TO_EVEN" else np.floor(x * scale + np.asarray(0.5, x.dtype))
    return np.clip(made, least, most) / scale


def _lower_v2(B, x, low, high, *, num_bits, signed_input, range_given, narrow_range, round_mode):
    return _lower_both(
        B,
        x,
        low,
        high,
        num_bits,
        signed_input=signed_input,
        range_given=range_given,
        narrow_range=narrow_range,
        round_mode=round_mode,
    )


def _lower_v3(B, x, low, high, bits, *, signed_input, range_given, narrow_range):
    return _lower_both(B, x, low, high, bits, signed_input=signed_input, range_given=range_given, narrow_range=narrow_range)


def _straight(op, dy):
    """Rounding is passed over: the slope goes on as it comes."""
    return [dy] + [None] * (len(op.inputs) - 1)


_both = define("QuantizeAndDequantizeV2", infer=lambda x, *_: same(x), lower=_lower_v2, host=True, grad=_straight)
define("QuantizeAndDequantizeV3", infer=lambda x, *_: same(x), lower=_lower_v3, host=True, grad=_straight)


@export("quantization.quantize_and_dequantize")
def quantize_and_dequantize(
    input,
    input_min,
    input_max,
    signed_input=True,
    num_bits=8,
    range_given=False,
    round_mode="HALF_TO_EVEN",
    name=None,
    narrow_range=False,
):
    """A tensor rounded to what small integers can tell: quantized and dequantized again.

    Args:
      input: floats, any shape.
      input_min: a scalar, where the range begins, if it is given.
      input_max: a scalar, where it ends.
      signed_input: whether the integers have a sign.
      num_bits: how many bits they have.
      range_given: whether the range is that of the arguments, or that of the elements.
      round_mode: "HALF_TO_EVEN" or "HALF_UP".
      name: the node's name.
      narrow_range: whether the least integer is left out, so that the range is the same on both sides.

    Returns:
      A tensor like `input`, whose slope is that of `input`.
    """
    kinds = {"signed_input": signed_input, "num_bits": num_bits, "range_given": range_given}
    return _both(input, input_min, input_max, **kinds, round_mode=round_mode, narrow_range=narrow_range, name=name)


# --- concat -----------------------------------------------------------------------------------------


def _infer_concat(axis, *inputs):
    return [*infer_concat(*inputs[: len(inputs) // 3], axis), (), ()]


def _lower_concat(B, axis, *inputs, N, op):  # noqa: N803
    parts, lows, highs = inputs[:N], inputs[N : 2 * N], inputs[2 * N :]
    kind = op.attrs["T"]
    low, high = np.float32(min(map(float, lows))), np.float32(max(map(float, highs)))
    least, most = _limits(kind)
    if _signed(kind):  # the same on both sides
        high = max(-low, high) if low < 0 else high
        low = -high
    made = []
    for part, start, end in zip(parts, lows, highs, strict=True):
        if (start, end) != (low, high):
            step = (float(end) - float(start)) / (most - least)
            floats = (part.astype(np.float64) - least) * step + float(start)
            part = np.clip(np.rint((floats - low) * (most - least) / (high - low)) + least, least, most).astype(kind.np)
        made.append(part)
    return np.concatenate(made, int(axis)), low, high


_concat = define("QuantizedConcat", infer=_infer_concat, lower=_lower_concat, host=True, grad=None)


@export("quantization.quantized_concat", "quantized_concat")
def quantized_concat(concat_dim, values, input_mins, input_maxes, name=None):
    """Quantized tensors one after another, as integers of one range.

    Args:
      concat_dim: int32 scalar, the dimension.
      values: two or more quantized tensors of one dtype.
      input_mins: the least float of each one's range.
      input_maxes: the greatest float of each one's range.
      name: the node's name.

    Returns:
      (the whole, the least and the greatest float that its integers stand for).
    """
    values = [convert_to_tensor(v) for v in values]
    return _concat(concat_dim, values, input_mins, input_maxes, name=name)
