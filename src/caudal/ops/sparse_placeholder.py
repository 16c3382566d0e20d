"""SparseTensors whose parts are fed, and SparseTensors made of dense tensors."""

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from .basic import constant, placeholder
from .batch_gather import gather_nd
from .elementwise import NODES, cast, not_equal
from .fill import ones, range_
from .join import stack
from .shape import shape as shape_of
from .slicing import where_v2

__all__ = ["from_dense", "sparse_eye", "sparse_placeholder"]


@export("sparse_placeholder", "sparse.placeholder", "compat.v1.sparse_placeholder")
def sparse_placeholder(dtype, shape=None, name=None):
    """A SparseTensor whose parts are fed to each run: `feed_dict={x: (indices, values, dense_shape)}`.

    Args:
      dtype: the `DType` of the values.
      shape: the dense shape, None where any size will do; any rank if None; or an int64 tensor.
      name: the start of the parts' names: `<name>/shape`, `<name>/values`, `<name>/indices`.

    Returns:
      A `SparseTensor`; its dense shape is a constant where `shape` is known.
    """
    names = [None if name is None else f"{name}/{part}" for part in ("shape", "values", "indices")]
    if isinstance(shape, Tensor):
        rank = shape.get_shape()[0]
        dense_shape = cast(shape, dtypes.int64)
    else:
        dims = shapes.dims_of(shape)
        rank = None if dims is None else len(dims)
        if shapes.known(dims):
            dense_shape = convert_to_tensor(list(dims), dtypes.int64, name=names[0])
        else:
            dense_shape = placeholder(dtypes.int64, shape=[rank], name=names[0])
    values = placeholder(dtype, shape=[None], name=names[1])
    indices = placeholder(dtypes.int64, shape=[None, rank], name=names[2])
    return SparseTensor(indices, values, dense_shape)


@export("sparse.from_dense")
def from_dense(tensor, name=None):
    """The elements of a tensor that aren't zero, as a SparseTensor.

    Args:
      tensor: any rank and dtype.
      name: the scope's name.
    """
    with name_scope(name, "dense_to_sparse"):
        tensor = convert_to_tensor(tensor)
        indices = where_v2(not_equal(tensor, constant(0, tensor.dtype)))
        values = gather_nd(tensor, indices)
        return SparseTensor(indices, values, shape_of(tensor, out_type=dtypes.int64))


@export("sparse.eye")
def sparse_eye(num_rows, num_columns=None, dtype=dtypes.float32, name=None):
    """A SparseTensor with ones on the diagonal.

    Args:
      num_rows: an int, or an int tensor.
      num_columns: as `num_rows`, which it is by default.
      dtype: the `DType` of the values.
      name: the scope's name.
    """
    with name_scope(name, "eye", [num_rows, num_columns]):
        rows = _int64(num_rows, "num_rows")
        columns = rows if num_columns is None else _int64(num_columns, "num_columns")
        n = NODES["Minimum"](rows, columns)
        line = range_(n, dtype=dtypes.int64)
        indices = stack([line, line], axis=1)
        return SparseTensor(indices, ones(n, dtype=dtype), [rows, columns])


def _int64(value, name):
    if isinstance(value, int):
        return convert_to_tensor(value, dtypes.int64, name=name)
    need(isinstance(value, Tensor), f"{name} must be an integer value", kind=TypeError)
    return cast(value, dtypes.int64)
