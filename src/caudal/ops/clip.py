"""Tensors kept within bounds: by value, by norm, by the norm of several together."""

from ..graph.composite import IndexedSlices
from ..graph.convert import convert, convert_to_tensor
from ..graph.define import define
from ..graph.opdef import gradient
from ..graph.scopes import colocate_with, name_scope
from ..ground import dtypes
from ..ground.api import export
from .activations import l2_loss
from .basic import constant, identity
from .elementwise import PLAIN, cast, rsqrt, sqrt
from .fill import ones_like, range_, zeros
from .join import stack
from .reduce import reduce_sum
from .shape import broadcast_gradient_args, rank, reshape, shape, size
from .slicing import where

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm"]

_clip_node = define(
    "ClipByValue", infer=lambda x, low, high: [x.dims], lower=lambda B, x, low, high: B.minimum(B.maximum(x, low), high)
)


@export("clip_by_value")
def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """Elements of `t` no less than one bound and no more than the other.

    Args:
      t: a tensor or IndexedSlices.
      clip_value_min: the least; clip_value_max: the most; both broadcast with `t`.
      name: the scope's name.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name="t")
        lower = PLAIN["Minimum"](values, clip_value_max)
        values.get_shape().merge_with(lower.get_shape())
        upper = PLAIN["Maximum"](lower, clip_value_min, name=scope)
        values.get_shape().merge_with(upper.get_shape())
        return IndexedSlices(upper, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else upper


def _clip_grad(op, dy):
    x, low, high = op.inputs
    zero = zeros(shape(dy), dy._dtype)
    under, over = PLAIN["Less"](x, low), PLAIN["Greater"](x, high)
    _, ry = broadcast_gradient_args(shape(x), shape(low))
    _, rz = broadcast_gradient_args(shape(x), shape(high))
    dx = where(PLAIN["LogicalOr"](under, over), zero, dy)
    d_low = reshape(reduce_sum(where(under, dy, zero), ry), shape(low))
    return [dx, d_low, reshape(reduce_sum(where(over, dy, zero), rz), shape(high))]


gradient("ClipByValue", _clip_grad)


@export("clip_by_norm")
def clip_by_norm(t, clip_norm, axes=None, name=None):
    """`t`, scaled down where its Euclidean norm over `axes` (all by default) is above `clip_norm`."""
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name="t")
        total = reduce_sum(values * values, axes, keepdims=True)
        positive = total > 0
        safe = where(positive, total, ones_like(total))
        norm = where(positive, sqrt(safe), total)
        middle = values * clip_norm
        values.get_shape().merge_with(middle.get_shape())
        made = identity(middle / PLAIN["Maximum"](norm, clip_norm), name=scope)
        return IndexedSlices(made, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else made


@export("global_norm", "linalg.global_norm")
def global_norm(t_list, name=None):
    """The Euclidean norm of all elements of several tensors together; None among them counts as nothing.

    Raises:
      TypeError: no list.
    """
    if not isinstance(t_list, (list, tuple)):
        raise TypeError("t_list should be a sequence")
    t_list = list(t_list)
    with name_scope(name, "global_norm", [t for t in t_list if t is not None]):
        values = [
            convert(t.values if isinstance(t, IndexedSlices) else t, None, f"t_{k}") if t is not None else None
            for k, t in enumerate(t_list)
        ]
        halves = []
        for v in values:
            if v is not None:
                with colocate_with(v):
                    halves.append(l2_loss(v))
        half = reduce_sum(stack(halves))
        return sqrt(half * constant(2.0, dtype=half._dtype), name="global_norm")


@export("clip_by_global_norm")
def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """(tensors scaled down together if their common norm is above `clip_norm`, that norm).

    Args:
      t_list: tensors, IndexedSlices or None.
      clip_norm: the bound, a scalar above 0.
      use_norm: the norm, if it is known already.
      name: the scope's name.

    Raises:
      TypeError: no list.
    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).
    """
    if not isinstance(t_list, (list, tuple)):
        raise TypeError("t_list should be a sequence")
    t_list = list(t_list)
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    with name_scope(name, "clip_by_global_norm", [t for t in t_list if t is not None] + [clip_norm]) as scope:
        scale_for_finite = clip_norm * PLAIN["Minimum"](1.0 / use_norm, constant(1.0, dtype=use_norm._dtype) / clip_norm)
        scale = where(PLAIN["IsFinite"](use_norm), scale_for_finite, constant(float("nan"), dtype=use_norm._dtype))
        values = [
            convert(t.values if isinstance(t, IndexedSlices) else t, None, f"t_{k}") if t is not None else None
            for k, t in enumerate(t_list)
        ]
        clipped = []
        for k, v in enumerate(values):
            if v is None:
                clipped.append(None)
                continue
            with colocate_with(v):
                clipped.append(identity(v * scale, name=f"{scope}_{k}"))
        out = [
            IndexedSlices(c, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else c
            for c, t in zip(clipped, t_list, strict=True)
        ]
    return out, use_norm


@export("clip_by_average_norm")
def clip_by_average_norm(t, clip_norm, name=None):
    """`t`, scaled down if its Euclidean norm over the number of its elements is above `clip_norm`."""
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        elements = cast(size(t), dtypes.float32)
        inverse = rsqrt(reduce_sum(t * t, range_(rank(t))))
        return identity(t * clip_norm * PLAIN["Minimum"](inverse * elements, constant(1.0) / clip_norm), name=scope)
