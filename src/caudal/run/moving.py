"""Slices in a compiled loop that begin where only the iteration tells: `x[i]`, and its gradient.

An index that only the run knows must be within the tensor in every iteration, or the loop isn't compiled.
"""

import numpy as np

from ..backend import compiled
from .rows import demand
from .tree import canonical

__all__ = ["SLICES", "elements", "moves"]


def elements(trace, tensor):
    """For each element of an int vector: (its value, all values that it can have, or None)."""
    value = trace.value(tensor)
    if isinstance(value, np.ndarray):
        return [(int(v), (int(v),)) for v in value]
    source = canonical(tensor)
    if source.op._def.name == "Pack":
        spans = [(trace.value(t), trace.span(t)) for t in source.op._inputs]
    else:
        facts, vector = trace.facts.get(source, (None, None))
        known = facts if vector == "vector" else [None] * value.shape[0]
        spans = [(value[k], span) for k, span in enumerate(known)]
    return [(span[0] if span is not None and len({*span}) == 1 else v, span) for v, span in spans]


def moves(trace, op):
    """Whether a slice begins where only the run knows."""
    return op._def.name in SLICES and not isinstance(trace.value(op._inputs[SLICES[op._def.name][0]]), np.ndarray)


def _whole(numbers):
    """Those numbers that are known, 0 for the others."""
    return np.array([v if isinstance(v, int) else 0 for v, _ in numbers], np.int64)


def _places(dims, begin, end, attrs):
    """{axis: index} of the indices that only the run knows; `begin` and `end` are changed to take that one place."""
    demand(not attrs["ellipsis_mask"] and not attrs["new_axis_mask"], "a moving slice with an ellipsis")
    out = {}
    for k, (value, span) in enumerate(begin):
        if attrs["shrink_axis_mask"] >> k & 1:
            if not isinstance(value, int):
                demand(span is not None and all(-dims[k] <= i < dims[k] for i in span), "an index that may be out of bounds")
                out[k] = compiled.xp.where(value < 0, value + dims[k], value)
                begin[k], end[k] = (0, None), (1, None)
            continue
        open_low, open_high = attrs["begin_mask"] >> k & 1, attrs["end_mask"] >> k & 1
        demand(open_low or isinstance(value, int), "a slice of a moving range")
        demand(open_high or isinstance(end[k][0], int), "a slice of a moving range")
    return out


def _strided_slice(trace, op):
    x = trace.value(op._inputs[0])
    x = x.read() if hasattr(x, "read") else x
    begin, end, strides = (elements(trace, t) for t in op._inputs[1:4])
    for axis, index in _places(np.shape(x), begin, end, op.attrs).items():
        x = compiled.piece(x, index, 1, axis)
    demand(all(isinstance(v, int) for v, _ in strides), "strides that only the run knows")
    return _lower(op, x, _whole(begin), _whole(end), _whole(strides))


def _strided_slice_grad(trace, op):
    dims, begin, end, strides = (elements(trace, t) for t in op._inputs[:4])
    demand(all(isinstance(v, int) for v, _ in (*dims, *strides)), "a shape that only the run knows")
    full, dy = [v for v, _ in dims], trace.value(op._inputs[4])
    places = _places(full, begin, end, op.attrs)
    part = [1 if k in places else v for k, v in enumerate(full)]
    slope = _lower(op, np.array(part), _whole(begin), _whole(end), _whole(strides), dy)
    start = [places.get(k, 0) for k in range(len(full))]
    return compiled.put(compiled.xp.zeros(full, slope.dtype), slope, start)


def _lower(op, *args):
    named = {key: (op if key == "op" else op.attrs[key]) for key in op._def.lower_wants}
    return op._def.lower(compiled, *args, **named)


SLICES = {"StridedSlice": (1, _strided_slice), "StridedSliceGrad": (1, _strided_slice_grad)}
