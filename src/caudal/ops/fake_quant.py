"""Numbers rounded as if they had been kept in few bits, so that a net learns to bear it."""

import numpy as np

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export

__all__ = ["fake_quant_with_min_max_args", "fake_quant_with_min_max_vars"]


def _nudged(B, low, high, bits, narrow):
    """(least, greatest, step) of a grid that has 0 on it."""
    first, last = np.float32(1 if narrow else 0), np.float32(2**bits - 1)
    step = (high - low) / (last - first)
    zero = first - low / B.where(step == 0, np.float32(1), step)
    zero = B.clip(B.floor(zero + np.float32(0.5)), first, last)
    return (first - zero) * step, (last - zero) * step, step


def _quantised(B, x, low, high, bits, narrow):
    low, high = (B.asarray(v, np.float32) for v in (low, high))
    least, most, step = _nudged(B, low, high, bits, narrow)
    safe = B.where(step == 0, np.float32(1), step)
    moved = B.floor((B.clip(x, least, most) - least) / safe + np.float32(0.5))
    return B.where((low == 0) & (high == 0), B.zeros_like(x), moved * step + least)


def _slopes(B, dy, x, low, high, bits, narrow, axes):
    """By the numbers, and by both ends of the range."""
    low, high = (B.asarray(v, np.float32) for v in (low, high))
    least, most, _ = _nudged(B, low, high, bits, narrow)
    none = (low == 0) & (high == 0)
    below, above = (x < least) & ~none, (x > most) & ~none
    zero = B.zeros_like(dy)
    by_x = B.where(below | above, zero, dy)
    return by_x, B.sum(B.where(below, dy, zero), axis=axes), B.sum(B.where(above, dy, zero), axis=axes)


def _args_slope(op, dy):
    return [_args_gradient(dy, op.inputs[0], **{k: op.attrs[k] for k in ("min", "max", "num_bits", "narrow_range")})]


def _vars_slope(node):
    return lambda op, dy: list(node[0](dy, *op.inputs, num_bits=op.attrs["num_bits"], narrow_range=op.attrs["narrow_range"]))


def _infer_vars(rank):
    def infer(x, low, high):
        for end in (low, high):
            shapes.with_rank(end.dims, rank)
        return [x.dims]

    return infer


_args_gradient = define(
    "FakeQuantWithMinMaxArgsGradient",
    infer=lambda dy, x: [x.dims],
    lower=lambda B, dy, x, *, min, max, num_bits, narrow_range: _slopes(B, dy, x, min, max, num_bits, narrow_range, None)[0],
)
_args = define(
    "FakeQuantWithMinMaxArgs",
    infer=lambda x: [x.dims],
    lower=lambda B, x, *, min, max, num_bits, narrow_range: _quantised(B, x, min, max, num_bits, narrow_range),
    grad=_args_slope,
)


def _define_vars(kind, rank):
    def slopes(B, dy, x, low, high, *, num_bits, narrow_range):
        axes = None if rank == 0 else tuple(range(x.ndim - 1))
        return _slopes(B, dy, x, low, high, num_bits, narrow_range, axes)

    gradient = define(kind + "Gradient", infer=lambda dy, x, low, high: [x.dims, low.dims, high.dims], lower=slopes)
    plain = define(
        kind,
        infer=_infer_vars(rank),
        lower=lambda B, x, low, high, *, num_bits, narrow_range: _quantised(B, x, low, high, num_bits, narrow_range),
        grad=_vars_slope([gradient]),
    )
    return plain, gradient


_vars, _vars_gradient = _define_vars("FakeQuantWithMinMaxVars", 0)
_channels, _channels_gradient = _define_vars("FakeQuantWithMinMaxVarsPerChannel", 1)


@export("fake_quant_with_min_max_args", "quantization.fake_quant_with_min_max_args")
def fake_quant_with_min_max_args(inputs, min=-6, max=6, num_bits=8, narrow_range=False, name=None):
    """`inputs` cut to a range and rounded to one of 2^`num_bits` steps.

    Args:
      inputs: float32.
      min: the least; max: the greatest; both are moved a little, so that 0 is a step.
      num_bits: 2 to 16.
      narrow_range: whether the lowest step is left out.
      name: the node's name.
    """
    return _args(inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name)


@export("fake_quant_with_min_max_args_gradient", "quantization.fake_quant_with_min_max_args_gradient")
def fake_quant_with_min_max_args_gradient(gradients, inputs, min=-6, max=6, num_bits=8, narrow_range=False, name=None):
    """The slope of `fake_quant_with_min_max_args`: `gradients` within the range, 0 outside."""
    return _args_gradient(gradients, inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name)


def _public_vars(plain, gradient, last, what):
    def quantise(inputs, min, max, num_bits=8, narrow_range=False, name=None):
        return plain(inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name)

    def slope(gradients, inputs, min, max, num_bits=8, narrow_range=False, name=None):
        return gradient(gradients, inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name)

    public = "fake_quant_with_min_max_vars" + last
    quantise.__name__ = quantise.__qualname__ = public
    quantise.__doc__ = f"""`fake_quant_with_min_max_args` with a range that is learnt: `min` and `max` are float32 {what}."""
    slope.__name__ = slope.__qualname__ = public + "_gradient"
    slope.__doc__ = f"""The slopes of `{public}` by `inputs`, `min` and `max`."""
    export(public + "_gradient", f"quantization.{public}_gradient")(slope)
    return export(public, f"quantization.{public}")(quantise)


fake_quant_with_min_max_vars = _public_vars(_vars, _vars_gradient, "", "scalars")
fake_quant_with_min_max_vars_per_channel = _public_vars(
    _channels, _channels_gradient, "_per_channel", "vectors as long as the last dimension"
)
