"""Products of tensors over any dimensions."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from .fill import range_
from .join import concat, stack
from .matmul import matmul
from .reduce import reduce_prod
from .shape import rank, reshape, shape, transpose
from .slicing import gather, where
from .stitch import set_diff

__all__ = ["tensordot"]


def _axes(a, axes):
    """The dimensions of each side that are summed over."""
    if isinstance(axes, int):
        need(axes >= 0, "'axes' must be at least 0.")
        if a.rank is not None:
            need(axes <= a.rank, f"'axes' must not be larger than the number of dimensions of tensor {a}.")
            return list(range(a.rank - axes, a.rank)), list(range(axes))
        n = rank(a)
        return range_(n - axes, n), range_(0, axes)
    if isinstance(axes, (list, tuple)):
        need(len(axes) == 2, "'axes' must be an integer or have length 2.")
        one, two = ([x] if isinstance(x, (int, np.integer)) else x for x in axes)
        need(
            len(one) == len(two),
            f"Different number of contraction axes 'a' and 'b', {len(one)} != {len(two)}.",
        )
        return one, two
    axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def _flattened(x, axes, flip):
    """`x` as a matrix of (free, summed) dimensions or the other way; the sizes of the free ones."""
    if x.dims is not None and None not in x.dims and isinstance(axes, (list, tuple)):
        axes = [k if k >= 0 else k + len(x.dims) for k in axes]
        free = [k for k in range(len(x.dims)) if k not in axes]
        sizes = [x.dims[k] for k in free]
        rows, columns = int(np.prod(sizes)), int(np.prod([x.dims[k] for k in axes]))
        perm = list(axes) + free if flip else free + list(axes)
        new = [columns, rows] if flip else [rows, columns]
        return reshape(transpose(x, perm), new), sizes, sizes
    if x.dims is not None and isinstance(axes, (list, tuple)):
        axes = [k if k >= 0 else k + len(x.dims) for k in axes]
        free = [k for k in range(len(x.dims)) if k not in axes]
        known = [x.dims[k] for k in axes], [x.dims[k] for k in free]
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        free = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        sizes_static = known[1]
        dims = shape(x)
    else:
        sizes_static = None
        dims = shape(x)
        n = rank(x)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = where(axes >= 0, axes, axes + n)
        free, _ = set_diff(range_(n), axes)
    free_dims, axes_dims = gather(dims, free), gather(dims, axes)
    rows, columns = reduce_prod(free_dims), reduce_prod(axes_dims)
    if flip:
        perm, new = concat([axes, free], 0), stack([columns, rows])
    else:
        perm, new = concat([free, axes], 0), stack([rows, columns])
    return reshape(transpose(x, perm), new), free_dims, sizes_static


@export("tensordot", "linalg.tensordot")
def tensordot(a, b, axes, name=None):
    """The sum of products of `a` and `b` over pairs of dimensions.

    Args:
      a: a tensor; b: a tensor of the same dtype.
      axes: how many last dimensions of `a` go with first ones of `b`; or the lists of both.
      name: the scope's name.

    Returns:
      A tensor of the free dimensions of `a`, then those of `b`.

    Raises:
      ValueError: lists of different lengths.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        a_axes, b_axes = _axes(a, axes)
        a_flat, a_free, a_known = _flattened(a, a_axes, False)
        b_flat, b_free, b_known = _flattened(b, b_axes, True)
        product = matmul(a_flat, b_flat)
        if isinstance(a_free, list) and isinstance(b_free, list):
            return reshape(product, a_free + b_free, name=scope)
        a_free = convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = convert_to_tensor(b_free, dtype=dtypes.int32)
        made = reshape(product, concat([a_free, b_free], 0), name=scope)
        if a_known is not None and b_known is not None:
            made.set_shape(a_known + b_known)
        return made
