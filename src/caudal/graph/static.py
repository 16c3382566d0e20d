"""What is known of a tensor's value before any run: constants folded, and shapes carried as values."""

import numpy as np

from ..backend import reference
from ..ground import summarize as summaries
from ..ground.errors import InferError
from ..ground.shapes import with_rank

__all__ = ["partial_shape", "partial_values", "python_shape", "python_value", "value"]

_asked: list[tuple] = []  # of the shape rules under way: what each asked for, and what it may see (None: all)
_LIMIT = 1 << 16  # larger results are not worth keeping at hand


def consult(visible=None):
    """Begins to note what a shape rule asks for, as pairs ("value" or "shape", tensor).

    Args:
      visible: the pairs that it gets an answer to; all by default.
    """
    _asked.append((set(), visible))
    return len(_asked) - 1


def consulted(mark):
    """The pairs that the rule asked for."""
    return _asked[mark][0]


def done(mark):
    """Ends what `consult` began."""
    del _asked[mark:]


def _may_see(kind, tensor):
    notes, visible = _asked[-1]
    notes.add((kind, tensor))
    return visible is None or (kind, tensor) in visible


def value(tensor):
    """The tensor's value as an array, if constants alone decide it; else None."""
    if _asked and not _may_see("value", tensor):
        return None
    return _reached(tensor)


def number(tensor):
    """The int that a scalar holds, or None.

    Raises:
      InferError: in a shape rule, it is no scalar.
    """
    found = value(tensor)
    if found is not None and found.ndim:
        raise InferError(f"Input must be scalar but has rank {found.ndim}")
    return None if found is None else int(found)


def dimension(tensor, index):
    """The size that the scalar input `index` of an op holds, or None.

    Raises:
      InferError: it is below 0.
    """
    size = number(tensor)
    if size is not None and size < 0:
        raise InferError(f"Dimension size, given by scalar input {index}, must be non-negative but is {size}")
    return size


def axis(tensor, rank):
    """The axis that a scalar holds, from the front; None if it or a rank to count back from is not known.

    Raises:
      InferError: a tensor of that rank has no such axis.
    """
    at = number(tensor)
    if at is None or rank is None:
        return None if at is None or at < 0 else at
    if not -rank <= at < rank:
        raise InferError(f"Dimension size, given by scalar input {at} must be in range [-{rank}, {rank})")
    return at % rank


def partial_shape(tensor):
    """The shape that an int vector holds, as a tuple with None where not known; None if not even its length is.

    A -1 among constants counts as unknown, as TF has it.

    Raises:
      InferError: in a shape rule, it is no vector; ValueError: a constant below -1.
    """
    if _asked:
        with_rank(tensor.dims, 1)
        if not _may_see("shape", tensor):
            return _of_length(tensor)
        _check_sizes(_reached(tensor))
    return _partial(tensor)


def _check_sizes(sizes):
    bad = () if sizes is None else sizes[sizes < -1]
    if len(bad):
        raise ValueError(f"Invalid value in tensor used for shape: {bad[0]}")


_PYTHON = frozenset({"Cast", "Concat", "ConcatV2", "Const", "Equal", "Fill", "NotEqual", "Pack", "Range"})


def python_value(tensor):
    """The value where TF's Python finds it: it folds fewer ops than the runtime does, which decides what nodes it makes."""
    return fold(tensor) if _python_folds(tensor) else None


def _python_folds(tensor):
    op = tensor.op
    if op.type in ("Shape", "Size", "Rank"):
        dims = op._inputs[0].dims
        return dims is not None and (op.type == "Rank" or None not in dims)
    return op.type in _PYTHON and all(_python_folds(t) for t in op._inputs)


def fold(tensor):
    """`value`, unnoted."""
    op = tensor.op
    if op.type == "Const":
        return op.attrs["value"]
    cached = op.__dict__.get("_folded")
    if cached is not None:
        return cached[tensor._value_index] if cached else None
    result = _compute(op)
    op._folded = result  # a graph only grows: it stays true
    return result[tensor._value_index] if result else None


def _reached(tensor):
    """What `fold` gives, and that which enters a loop as it is; 1.15 sees that only where it is asked for itself."""
    return fold(tensor.op._inputs[0]) if tensor.op.type == "Enter" else fold(tensor)


_OUTSIDE = frozenset({"ReadFile", "MatchingFiles", "PyFuncStateless"})  # TF calls them pure, but they may change


@np.errstate(all="ignore")
def _compute(op):
    """All outputs of an op whose inputs are known, or ()."""
    kind = op.type
    if kind in ("Shape", "Size", "Rank", "ShapeN"):
        return _of_shapes(op)
    if kind == "Switch":
        return _of_switch(op)
    definition = op._def
    if not definition.pure or definition.lower is None or kind in _OUTSIDE or definition.control or not op._inputs:
        return ()
    if kind in ("Placeholder", "PlaceholderWithDefault", "PreventGradient", "CheckNumerics"):
        return ()
    args = []
    for tensor in op._inputs:
        found = fold(tensor)
        if found is None or found.size > _LIMIT:
            return ()
        args.append(found)
    if any(t.dims is not None and None not in t.dims and int(np.prod(t.dims)) > _LIMIT for t in op.outputs):
        return ()
    try:
        made = definition.lower(reference, *args, **{k: (op if k == "op" else op.attrs[k]) for k in definition.lower_wants})
    except Exception:  # noqa: BLE001  # it fails when it runs, then, and says so there
        return ()
    return tuple(np.asarray(m) for m in (made if isinstance(made, (tuple, list)) else (made,)))


def _of_switch(op):
    """The data on the side where a known predicate sends it; the other side is dead."""
    data, predicate = (fold(t) for t in op._inputs)
    if data is None or predicate is None:
        return ()
    return (None, data) if predicate else (data, None)


def _of_shapes(op):
    kind = (op.attrs.get("out_type") or op.outputs[0]._dtype).np
    out = []
    for tensor in op._inputs:
        dims = tensor.dims
        if dims is None or (op.type != "Rank" and None in dims):
            found = fold(tensor)  # 1.15 runs what hangs on constants alone
            if found is None:
                return ()
            dims = found.shape
        if op.type in ("Shape", "ShapeN"):
            out.append(np.array(dims, kind))
        else:
            out.append(np.array(len(dims) if op.type == "Rank" else int(np.prod(dims, dtype=np.int64)), kind))
    return tuple(out)


def _partial(tensor):
    op = tensor.op
    if op.type == "Shape":
        return op._inputs[0].dims
    if op.type == "ShapeN":
        return op._inputs[tensor._value_index].dims
    if op.type == "Pack":
        return tuple(_scalar(t) for t in op._inputs)
    if op.type in ("ConcatV2", "Concat"):  # part by part: a Shape in it stays as far as it is known
        parts = op._inputs[:-1] if op.type == "ConcatV2" else op._inputs[1:]
        known = [_partial(t) for t in parts]
        return _of_length(tensor) if None in known else tuple(d for k in known for d in k)
    whole = _reached(tensor)
    if whole is not None:
        return tuple(None if d == -1 else int(d) for d in whole.reshape(-1)) if whole.ndim <= 1 else None
    if op.type == "StridedSlice" and len(op._inputs) == 4:
        found = _slice(op, _partial)
        if found is not None:
            return found
    return _of_length(tensor)


def _of_length(tensor):
    """As many unknown dimensions as a vector has elements; None if that is not known."""
    return (None,) * tensor.dims[0] if tensor.dims and tensor.dims[0] is not None else None


def _slice(op, look):
    """`shape[a:b]` of a shape known in part."""
    begin, end, step = (fold(t) for t in op._inputs[1:])
    if begin is None or end is None or step is None or begin.size != 1:
        return None
    if op.attrs["ellipsis_mask"] or op.attrs["new_axis_mask"] or op.attrs["shrink_axis_mask"]:
        return None
    inner = look(op._inputs[0])
    if inner is None:
        return None
    low = None if op.attrs["begin_mask"] & 1 else int(begin[0])
    high = None if op.attrs["end_mask"] & 1 else int(end[0])
    return inner[slice(low, high, int(step[0]))]


def python_shape(tensor):
    """`partial_shape` where TF's Python finds it, which looks through fewer ops than its shape rules do."""
    op = tensor.op
    if op.type == "Shape":
        return op._inputs[0].dims
    if op.type == "Cast":
        return python_shape(op._inputs[0])
    if op.type == "Pack" and op.attrs["axis"] == 0:
        return tuple(_dimension(python_value(t)) for t in op._inputs)
    if op.type == "ConcatV2":
        known = [python_shape(t) for t in op._inputs[:-1]]
        return None if None in known else tuple(d for k in known for d in k)
    if op.type == "StridedSlice":
        found = _slice(op, python_shape)
        if found is not None:
            return found
    whole = python_value(tensor)
    if whole is not None:
        return tuple(map(_dimension, whole.reshape(-1)))
    known = tensor.dims is not None and len(tensor.dims) == 1 and tensor.dims[0] is not None
    return (None,) * tensor.dims[0] if known else None


def _dimension(value):
    return None if value is None or int(value) < 0 else int(value)


def partial_values(tensor):
    """The value as nested lists with None for what only the run knows; None if nothing is known of it."""
    whole = fold(tensor)
    if whole is not None:
        return whole.tolist()
    if tensor.op.type == "Pack" and tensor.op.attrs["axis"] == 0:
        return [partial_values(one) for one in tensor.op._inputs]
    return None


def _scalar(tensor):
    """One dimension held by an int scalar, or None."""
    whole = _reached(tensor)
    if whole is not None:
        return None if whole.reshape(-1)[0] == -1 else int(whole.reshape(-1)[0])
    return None


def summarize(array, limit=256):
    """TF's way to print a small tensor in a message: `2 3`, `[1 2][3 4]`."""
    array = np.asarray(array)
    if array.ndim == 0:
        return _one(array[()])
    if array.ndim == 1:
        tail = "..." if array.size > limit else ""
        return " ".join(_one(v) for v in array[:limit]) + tail
    return "".join(f"[{summarize(row, limit)}]" for row in array)


def _one(item):
    if isinstance(item, (bool, np.bool_)):
        return "1" if item else "0"
    if isinstance(item, (bytes, str)):
        return summaries.escaped(item)
    if isinstance(item, (float, np.floating)):
        return summaries.number(float(item), np.asarray(item).dtype)
    return str(item)
