"""SparseTensors on their way through a batch's queue, which carries their numbers (ops/sparse_maps.py)."""

import collections.abc
import dataclasses

from ..build.cond import smart_cond
from ..graph.composite import SparseTensor
from ..graph.convert import constant_node
from ..graph.graph import Operation
from ..ground import dtypes
from ..ops.basic import identity
from ..ops.control import with_dependencies
from ..ops.fill import ones
from ..ops.shape import expand_dims, reshape, shape, squeeze
from ..ops.slicing import gather, where
from ..ops.sparse_maps import add_many_sparse_node, add_sparse_node, take_many_sparse_node

__all__ = ["restore", "store", "store_join"]

_ADDS = ("AddSparseToTensorsMap", "AddManySparseToTensorsMap")


@dataclasses.dataclass(frozen=True)
class _Sparse:
    """What is known of a part of an example: whether it is sparse, the op that keeps it, its rank."""

    sparse: bool = False
    keeper: Operation | None = None
    rank: int | None = None

    def merged(self, other):
        """The same of two ways to make the part."""
        rank = self.rank if self.rank == other.rank else None
        return _Sparse(self.sparse, self.keeper or other.keeper, rank)


def _keep(tensor, shared, enqueue_many, keep_input):
    """A SparseTensor as a number, or a vector of numbers of its rows."""
    parts = (tensor.indices, tensor.values, tensor.dense_shape)
    if keep_input.shape.ndims == 1:
        tensor = _retained(tensor, gather(keep_input, tensor.indices[:, 0]))
        return add_many_sparse_node(tensor.indices, tensor.values, tensor.dense_shape, shared_name=shared)
    if not enqueue_many:
        no = lambda: constant_node(-1, dtypes.int64)
        return smart_cond(keep_input, lambda: add_sparse_node(*parts, shared_name=shared), no)
    no = lambda: -1 * ones(shape(tensor)[0:1], dtypes.int64)
    out = smart_cond(keep_input, lambda: add_many_sparse_node(*parts, shared_name=shared), no)
    out.set_shape([None])
    return out


def _retained(tensor, keep):
    """The elements of a SparseTensor for which `keep` holds."""
    rows = reshape(where(keep), [-1])
    return SparseTensor(gather(tensor.indices, rows), gather(tensor.values, rows), identity(tensor.dense_shape))


def _keeper(stored):
    """The op that keeps the part, behind the Merge of a cond or not."""
    return next((t.op for t in stored.op.inputs if t.op.type in _ADDS), stored.op)


def store(tensors, enqueue_many, keep_input, keepers=None):
    """The parts of an example, sparse ones as numbers `[1]`, and what `restore` has to know of them."""
    stored, infos = [], []
    for tensor, keeper in zip(tensors, keepers or [None] * len(tensors), strict=False):
        if not isinstance(tensor, SparseTensor):
            stored.append(tensor)
            infos.append(_Sparse())
            continue
        stored.append(_keep(tensor, keeper.name if keeper else None, enqueue_many, keep_input))
        rank = tensor.dense_shape.shape.with_rank(1).dims[0].value
        if rank is not None and enqueue_many:
            rank -= 1
        infos.append(_Sparse(True, keeper or _keeper(stored[-1]), rank))
    return [expand_dims(s, [-1]) if i.sparse else s for s, i in zip(stored, infos, strict=True)], infos


def store_join(lists, enqueue_many, keep_input):
    """`store` for an example that is made in several ways.

    Raises:
      ValueError: a part is sparse in one and not in another.
    """
    first, infos = store(lists[0], enqueue_many, keep_input)
    out = [first]
    for tensors in lists[1:]:
        stored, other = store(tensors, enqueue_many, keep_input, [i.keeper for i in infos])
        if any(a.sparse != b.sparse for a, b in zip(infos, other, strict=False)):
            raise ValueError(f"Inconsistent SparseTensors list: {lists[0]} vs. {tensors}")
        infos = [a.merged(b) for a, b in zip(infos, other, strict=False)] + infos[len(other) :]
        out.append(stored)
    return out, infos


def restore(batch, infos):
    """What came out of the queue, numbers as SparseTensors again."""
    several = isinstance(batch, collections.abc.Sequence)
    out = [_restored(s, i) if i.sparse else s for s, i in zip(batch if several else [batch], infos, strict=True)]
    if any(i.sparse for i in infos):
        values = [t.values if isinstance(t, SparseTensor) else t for t in out]
        after = lambda x: with_dependencies(values, x)
        tied = [
            SparseTensor(after(t.indices), after(t.values), after(t.dense_shape)) if isinstance(t, SparseTensor) else after(t)
            for t in out
        ]
        return tied if several else out[0]
    return out if several else out[0]


def _restored(handles, info):
    kind = info.keeper.get_attr("T")
    shared = info.keeper.get_attr("shared_name").decode() or info.keeper.name
    made = take_many_sparse_node(squeeze(handles, [1]), dtype=kind, shared_name=shared)
    rank = None if info.rank is None else info.rank + 1
    made[0].set_shape([None, rank])
    made[2].set_shape([rank])
    return SparseTensor(*made)
