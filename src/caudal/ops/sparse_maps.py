"""SparseTensors kept aside in a session under numbers, so that a queue can carry them."""

import threading

import numpy as np

from ..graph.define import define
from ..ground.errors import InvalidArgumentError

__all__ = ["add_many_sparse_node", "add_sparse_node", "take_many_sparse_node"]


class _Map:
    """Sparse tensors by their numbers."""

    def __init__(self, *_):
        self.lock, self.items, self.next = threading.Lock(), {}, 0

    def add(self, item):
        """Keeps one; its number."""
        with self.lock:
            number, self.next = self.next, self.next + 1
            self.items[number] = item
        return number

    def take(self, number, op):
        """Gives one out, and forgets it."""
        with self.lock:
            if number not in self.items:
                raise InvalidArgumentError(None, op, f"Unable to find SparseTensor: {number} in map")
            return self.items.pop(number)


def _add(B, indices, values, shape, *, state, op):
    return np.int64(state.once(_Map).add((indices, values, shape)))


def _add_many(B, indices, values, shape, *, state, op):
    """Each row, along the first dimension, is one of its own."""
    kept = state.once(_Map)
    rows = indices[:, 0]
    return np.array([kept.add((indices[rows == k, 1:], values[rows == k], shape[1:])) for k in range(int(shape[0]))], np.int64)


def _take_many(B, handles, *, state, op):
    kept = state.once(_Map)
    items = [kept.take(int(h), op) for h in handles]
    if not items:
        raise InvalidArgumentError(None, op, "Must have at least 1 SparseTensor in the batch")
    ranks = {len(shape) for _, _, shape in items}
    if len(ranks) > 1:
        raise InvalidArgumentError(None, op, "Inconsistent rank across SparseTensors")
    indices = [np.concatenate([np.full((len(v), 1), k, np.int64), i], axis=1) for k, (i, v, _) in enumerate(items)]
    shape = np.max([s for _, _, s in items], axis=0)
    return (
        np.concatenate(indices),
        np.concatenate([v for _, v, _ in items]).astype(op.attrs["dtype"].np),
        np.array([len(items), *shape], np.int64),
    )


add_sparse_node = define("AddSparseToTensorsMap", infer=lambda *_: [()], lower=_add, host=True, grad=None)
add_many_sparse_node = define("AddManySparseToTensorsMap", infer=lambda *_: [(None,)], lower=_add_many, host=True, grad=None)
take_many_sparse_node = define(
    "TakeManySparseFromTensorsMap", infer=lambda _: [(None, None), (None,), (None,)], lower=_take_many, host=True, grad=None
)
