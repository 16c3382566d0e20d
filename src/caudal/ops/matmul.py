"""Products of matrices."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import merge_dim, with_rank
from .elementwise import cast, conj
from .shape import transpose

__all__ = ["matmul"]


def _infer(a, b, *, transpose_a, transpose_b):
    x, y = with_rank(a.dims, 2), with_rank(b.dims, 2)
    x, y = (x[::-1] if transpose_a else x), (y[::-1] if transpose_b else y)
    merge_dim(x[1], y[0])
    return [(x[0], y[1])]


def _lower(B, a, b, *, transpose_a, transpose_b, op):
    if a.ndim != 2 or b.ndim != 2:
        which, one = ("In[0]", a) if a.ndim != 2 else ("In[1]", b)
        raise InvalidArgumentError(None, op, f"{which} is not a matrix. Instead it has shape {shapes.text(one.shape)}")
    if a.shape[not transpose_a] != b.shape[transpose_b]:
        raise InvalidArgumentError(
            None, op, f"Matrix size-incompatible: In[0]: {shapes.text(a.shape)}, In[1]: {shapes.text(b.shape)}"
        )
    return B.product(a, b, transpose_a, transpose_b)


matmul_node = define("MatMul", infer=_infer, lower=_lower)


def _infer_batch(x, y, *, adj_x, adj_y):
    for t in (x, y):
        shapes.with_rank_at_least(t.dims, 2)
    if x.dims is None or y.dims is None:
        return [None]
    a, b = x.dims[-2:], y.dims[-2:]
    a, b = (a[::-1] if adj_x else a), (b[::-1] if adj_y else b)
    merge_dim(a[1], b[0])
    batch = shapes.broadcast(x.dims[:-2], y.dims[:-2])
    return [(*batch, a[0], b[1])]


def _adjoint(B, x):
    return B.conj(B.swapaxes(x, -1, -2))


def _lower_batch(B, x, y, *, adj_x, adj_y, op):
    for k, one in enumerate((x, y)):
        if one.ndim < 2:
            raise InvalidArgumentError(None, op, f"In[{k}] ndims must be >= 2: {one.ndim}")
    sizes = [shapes.text(one.shape) for one in (x, y)]
    try:
        shapes.broadcast(x.shape[:-2], y.shape[:-2])
    except shapes.InferError:
        raise InvalidArgumentError(
            None, op, f"In[0] and In[1] must have compatible batch dimensions: {sizes[0]} vs. {sizes[1]}"
        ) from None
    x, y = (_adjoint(B, x) if adj_x else x), (_adjoint(B, y) if adj_y else y)
    if x.shape[-1] != y.shape[-2]:
        mismatch = f"{x.shape[-1]} vs. {y.shape[-2]}: {sizes[0]} {sizes[1]} {int(adj_x)} {int(adj_y)}"
        raise InvalidArgumentError(None, op, f"In[0] mismatch In[1] shape: {mismatch}")
    return B.matmul(x, y)


batch_matmul_node = define("BatchMatMul", infer=_infer_batch, lower=_lower_batch)
batch_matmul_v2_node = define("BatchMatMulV2", infer=_infer_batch, lower=_lower_batch)


@export("matmul", "linalg.matmul")
def matmul(
    a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False, b_is_sparse=False, name=None
):
    """The product of matrices, or of each pair of matrices in two batches.

    Args:
      a: `[..., m, k]`; b: `[..., k, n]`.
      transpose_a, transpose_b: whether the last two dimensions are exchanged first.
      adjoint_a, adjoint_b: the same with the complex conjugate.
      a_is_sparse, b_is_sparse: whether most elements are zero; a hint.
      name: the node's name.

    Returns:
      `[..., m, n]`.

    Raises:
      ValueError: sizes that don't fit, or transpose and adjoint of one matrix.
    """
    with name_scope(name, "MatMul", [a, b]) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        dense = not a_is_sparse and not b_is_sparse
        if dense and any(t.rank is None or t.rank > 2 for t in (a, b)):
            if transpose_a:
                a, adjoint_a = conj(a), True
            if transpose_b:
                b, adjoint_b = conj(b), True
            return batch_matmul_v2_node(a, b, adj_x=adjoint_a, adj_y=adjoint_b, name=scope)
        if adjoint_a:
            a, transpose_a = conj(a), True
        if adjoint_b:
            b, transpose_b = conj(b), True
        if (a_is_sparse or b_is_sparse) and a._dtype in _SPARSE and b._dtype in _SPARSE:
            made = sparse_matmul_node(
                a,
                b,
                transpose_a=transpose_a,
                transpose_b=transpose_b,
                a_is_sparse=a_is_sparse,
                b_is_sparse=b_is_sparse,
                name=scope,
            )
            if a._dtype is b._dtype is dtypes.bfloat16:
                made = cast(made, dtypes.bfloat16)
            return made
        return matmul_node(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)


_SPARSE = (dtypes.bfloat16, dtypes.float32)


def _lower_sparse(B, a, b, *, transpose_a, transpose_b, op):
    return _lower(B, a.astype(np.float32), b.astype(np.float32), transpose_a=transpose_a, transpose_b=transpose_b, op=op)


def _sparse_slope(op, dy):
    """Of `matmul` again, with what is known of which tensor is mostly zeros."""
    a, b = op.inputs
    hints = {a: op.attrs["a_is_sparse"], b: op.attrs["b_is_sparse"], dy: dy.op.type == "ReluGrad"}

    def product(x, y, like, ta=False, tb=False):
        hint_x, hint_y = hints[x], hints[y]
        made = matmul(x, transpose(y) if tb else y, transpose_a=ta, a_is_sparse=hint_x, b_is_sparse=hint_y)
        return cast(made, like._dtype)

    if not op.attrs["transpose_a"]:
        if not op.attrs["transpose_b"]:
            return [product(dy, b, a, tb=True), product(a, dy, b, ta=True)]
        return [product(dy, b, a), product(dy, a, b, ta=True)]
    if not op.attrs["transpose_b"]:
        return [product(b, dy, a, tb=True), product(a, dy, b)]
    return [product(b, dy, a, True, True), product(dy, a, b, True, True)]


sparse_matmul_node = define("SparseMatMul", infer=_infer, lower=_lower_sparse, grad=_sparse_slope)


@export("sparse_matmul")
def sparse_matmul(a, b, transpose_a=False, transpose_b=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """The float32 product of matrices of which most elements are zero, in float32 or bfloat16; arguments as for `matmul`."""
    return sparse_matmul_node(
        a, b, transpose_a=transpose_a, transpose_b=transpose_b, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse, name=name
    )


@export("linalg.matvec")
def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """The product of matrices `[..., m, k]` with vectors `[..., k]`."""
    with name_scope(name, "MatVec", [a, b]):
        made = matmul(
            a, expand_last(b), transpose_a=transpose_a, adjoint_a=adjoint_a, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse
        )
        return squeeze_node(made, squeeze_dims=[-1])


squeeze_node = define("Squeeze")
_expand_node = define("ExpandDims")


def expand_last(b):
    """`b` with a last dimension of size 1."""
    return _expand_node(b, -1)
