"""Values put into tensors at places that rows of indices name: scatter_nd, tensor_scatter_*."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .basic import identity
from .elementwise import negative
from .fill import zeros_like
from .slicing import gather_nd_node

__all__ = ["scatter_nd", "tensor_scatter_nd_add", "tensor_scatter_nd_sub", "tensor_scatter_nd_update"]


def check_static(indices, updates, dims, last):
    """The shapes fit: those of the indices in front, those of what an index names behind."""
    if None in (indices.dims, updates.dims, dims):
        return
    *outer, n = indices.dims if indices.dims else (1,)
    if n is None:
        return
    k = len(outer)
    for here, there, what in (
        (
            outer,
            updates.dims[:k],
            f"The outer {k} dimensions of indices.shape={shapes.text(indices.dims)} must match the outer {k}",
        ),
        (dims[n:], updates.dims[k:], f"The inner {len(dims) - n} dimensions of {last}={shapes.text(dims)} must match the inner"),
    ):
        try:
            shapes.merge(tuple(here), tuple(there))
        except InferError as error:
            if what.startswith("The inner"):
                what += f" {len(updates.dims) - k}"
            raise InferError(f"{what} dimensions of updates.shape={shapes.text(updates.dims)}: {error}") from None


def _infer_scatter(indices, updates, dims):
    known = static.partial_shape(dims)
    check_static(indices, updates, known, "output.shape")
    return [known]


def _infer_over(x, indices, updates):
    check_static(indices, updates, x.dims, "tensor.shape")
    return [x.dims]


def _places(B, indices, dims, op):
    """The rows of indices as an index, which must lie inside."""
    n = indices.shape[-1]
    if not B.compiled and indices.size:
        bad = ((indices < 0) | (indices >= np.array(dims[:n]))).any(-1)
        if bad.any():
            at = tuple(np.argwhere(bad)[0])
            row = ", ".join(str(v) for v in indices[at])
            words = f"indices[{','.join(map(str, at))}] = [{row}] does not index into shape {shapes.text(dims)}"
            raise InvalidArgumentError(None, op, words)
    return tuple(B.moveaxis(indices, -1, 0))


def _lower_scatter(B, indices, updates, dims, *, op):
    dims = tuple(int(d) for d in dims)
    return _put(B, "add_at", B.zeros(dims, updates.dtype), indices, updates, op)


def _put(B, way, x, indices, updates, op):
    """`x` with updates put at places; a row of no indices means the whole of it."""
    if indices.shape[-1] == 0:
        return _put(B, way, x[None], np.zeros((*indices.shape[:-1], 1), np.int32), updates, op)[0]
    return getattr(B, way)(x, _places(B, indices, x.shape, op), updates)


scatter_nd_node = define(
    "ScatterNd",
    infer=_infer_scatter,
    lower=_lower_scatter,
    static=(2,),
    grad=lambda op, dy: [None, gather_nd_node(dy, op.inputs[0]), None],
)


@export("scatter_nd", "manip.scatter_nd")
def scatter_nd(indices, updates, shape, name=None):
    """Zeros to which updates are added at places.

    Args:
      indices: int `[..., n]`, each row a place, or the start of one.
      updates: `indices.shape[:-1] + shape[n:]`; what comes to the same place is added up.
      shape: int `[rank]`, the shape of the result.
      name: the node's name.
    """
    return scatter_nd_node(indices, updates, shape, name=name)


def _over(way, sign=1):
    def lower(B, x, indices, updates, *, op):
        return _put(B, way, x, indices, updates if sign == 1 else -updates, op)

    return lower


def _update_slope(op, dy):
    indices = op.inputs[1]
    by_updates = gather_nd_node(dy, indices)
    return [_update(identity(dy), indices, zeros_like(op.inputs[2], dtype=dy.dtype)), None, by_updates]


def _add_slope(op, dy):
    by_updates = gather_nd_node(dy, op.inputs[1])
    return [identity(dy), None, by_updates]


def _sub_slope(op, dy):
    by_updates = gather_nd_node(dy, op.inputs[1])
    return [identity(dy), None, negative(by_updates)]


_update = define("TensorScatterUpdate", infer=_infer_over, lower=_over("set_at"), grad=_update_slope)
_add = define("TensorScatterAdd", infer=_infer_over, lower=_over("add_at"), grad=_add_slope)
_sub = define("TensorScatterSub", infer=_infer_over, lower=_over("add_at", -1), grad=_sub_slope)


def _public(node, what, *names):
    def scatter(tensor, indices, updates, name=None):
        return node(tensor, indices, updates, name=name)

    scatter.__name__ = scatter.__qualname__ = names[0]
    scatter.__doc__ = f"""A copy of a tensor in which updates {what} at places.

    Args:
      tensor: a tensor.
      indices: int `[..., n]`, each row a place, or the start of one.
      updates: `indices.shape[:-1] + tensor.shape[n:]`.
      name: the node's name.
    """
    return export(*names)(scatter)


tensor_scatter_nd_update = _public(_update, "are put", "tensor_scatter_nd_update", "tensor_scatter_update")
tensor_scatter_nd_add = _public(_add, "are added", "tensor_scatter_nd_add", "tensor_scatter_add")
tensor_scatter_nd_sub = _public(_sub, "are subtracted", "tensor_scatter_nd_sub", "tensor_scatter_sub")
