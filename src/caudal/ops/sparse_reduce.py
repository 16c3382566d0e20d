"""Sums and greatest elements of SparseTensors along dimensions."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .batch_gather import gather_nd
from .elementwise import cast
from .fill import fill, range_
from .reduce import axes_of, both
from .shape import reshape, shape, size
from .stitch import dynamic_stitch

__all__ = ["sparse_reduce_max", "sparse_reduce_sum"]


def _infer(indices, values, dims, axes, *, keep_dims):
    whole, over = static.partial_shape(dims), static.value(axes)
    if whole is None or over is None:
        return [None]
    n = len(whole)
    gone = {int(a) % n for a in over.reshape(-1)} if n else set()
    return [tuple(1 if k in gone else d for k, d in enumerate(whole) if keep_dims or k not in gone)]


def _groups(op, indices, dims, axes, keep_dims):
    """(for each value the place that it goes to, the places, the shape of the result)."""
    n = len(dims)
    for a in np.asarray(axes).reshape(-1):
        if not -n <= a < n:
            raise InvalidArgumentError(None, op, f"Invalid reduction dimension {a}, for input with {n} dimensions.")
    gone = {int(a) % n for a in np.asarray(axes).reshape(-1)}
    kept = [k for k in range(n) if k not in gone]
    places, which = (
        np.unique(indices[:, kept], axis=0, return_inverse=True)
        if kept
        else (np.zeros((1, 0), np.int64), np.zeros(len(indices), int))
    )
    if keep_dims:
        wide = np.zeros((len(places), n), np.int64)
        wide[:, kept] = places
        return which.reshape(-1), wide, [1 if k in gone else int(d) for k, d in enumerate(dims)]
    return which.reshape(-1), places, [int(dims[k]) for k in kept]


def _reduced(values, which, n, way):
    if way == "sum":
        out = np.zeros(n, values.dtype)
        np.add.at(out, which, values)
        return out
    out = np.full(n, -np.inf if values.dtype.kind == "f" else np.iinfo(values.dtype).min, values.dtype)
    np.maximum.at(out, which, values)
    return out


def _lower(way, sparse):
    def lower(B, indices, values, dims, axes, *, keep_dims, op):
        indices, values = np.asarray(indices), np.asarray(values)
        which, places, sizes = _groups(op, indices, np.asarray(dims), axes, keep_dims)
        found = _reduced(values, which, len(places), way)
        if sparse:
            return places.astype(np.int64), found, np.array(sizes, np.int64)
        out = np.zeros(sizes, values.dtype)
        if len(values):
            out[tuple(places.T)] = found if sizes else found[0]
        return out

    return lower


def _sum_slope(op, dy):
    indices, _, dims, axes = op.inputs
    kept = _kept_shape(dims, axes)
    wide = reshape(dy, kept)
    scale = dims // cast(kept, dtypes.int64)
    return [None, gather_nd(wide, indices // scale), None, None]


def _kept_shape(dims, axes):
    dims, axes = cast(dims, dtypes.int32), cast(axes, dtypes.int32)
    n = size(dims)
    axes = (axes + n) % n
    axes_shape = shape(axes)
    return dynamic_stitch([range_(n), axes], [dims, fill(axes_shape, 1)])


def _arguments(sp_input, axis, old, keepdims, keep):
    axis, keep = both(axis, old, keepdims, keep)
    return (sp_input.indices, sp_input.values, sp_input.dense_shape, axes_of(sp_input, axis)), keep


def _public(kind, way):
    what = "The sum" if way == "sum" else "The greatest element"
    slope = {"grad": _sum_slope} if way == "sum" else {}
    dense = define(f"SparseReduce{kind}", infer=_infer, lower=_lower(way, False), host=True, **slope)
    sparse = define(
        f"SparseReduce{kind}Sparse",
        infer=lambda *_: [None, None, None],
        lower=_lower(way, True),
        host=True,
        grad=None,
    )

    def reduce(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
        inputs, keep = _arguments(sp_input, axis, reduction_axes, keepdims, keep_dims)
        return dense(*inputs, keep_dims=keep)

    def reduce_sparse(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
        inputs, keep = _arguments(sp_input, axis, reduction_axes, keepdims, keep_dims)
        return SparseTensor(*sparse(*inputs, keep_dims=keep))

    for call, last, form in ((reduce, "", "a tensor"), (reduce_sparse, "_sparse", "a SparseTensor")):
        public = f"reduce_{way}{last}"
        call.__name__ = call.__qualname__ = "sparse_" + public
        call.__doc__ = f"""{what} of a SparseTensor along dimensions, as {form}.

    Args:
      sp_input: a SparseTensor.
      axis: an int, a list of ints or an int32 tensor; all dimensions if None.
      keepdims: whether the dimensions stay, with size 1.
      reduction_axes: the older name of `axis`.
      keep_dims: the older name of `keepdims`.
    """
        export(f"sparse_{public}", f"sparse.{public}")(call)
    return reduce


sparse_reduce_sum, sparse_reduce_max = _public("Sum", "sum"), _public("Max", "max")
