"""SparseTensors whose values are places: as columns of their own, with weights or as true and false."""

import collections.abc
import numbers

from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from .elementwise import cast
from .fill import fill
from .join import concat
from .shape import expand_dims, shape
from .sparse_dense import as_sparse, sparse_tensor_to_dense
from .sparse_order import sparse_reorder

__all__ = ["sparse_merge", "sparse_to_indicator"]


@export("sparse_merge", "sparse.merge")
def sparse_merge(sp_ids, sp_values, vocab_size, name=None, already_sorted=False):
    """A SparseTensor that has values where ids say: `[d0, ..., ids[d0, ..., k]]` is `values[d0, ..., k]`.

    Args:
      sp_ids: a `SparseTensor` of ints, `[d0, ..., k]`, or a list of such, one for each last dimension of the result.
      sp_values: a `SparseTensor` with elements at the same places.
      vocab_size: an int or int64 scalar above all ids, or a list of such.
      name: the scope's name.
      already_sorted: whether the result is in order without being sorted.

    Returns:
      A `SparseTensor`, `[d0, ..., vocab_size]`.

    Raises:
      TypeError: arguments of wrong types.
      ValueError: not as many sizes as lists of ids.
    """
    return _merge(sp_ids, sp_values, vocab_size, name, already_sorted)


def _is_size(value):
    return isinstance(value, (Tensor, numbers.Integral))


def _lists(sp_ids, vocab_size):
    """Both arguments as lists."""
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        words = f"vocab_size has to be a Tensor or Python int. Found {type(vocab_size)}"
        need(_is_size(vocab_size), words, kind=TypeError)
        return [sp_ids], [vocab_size]
    words = f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}"
    need(isinstance(sp_ids, collections.abc.Iterable), words, kind=TypeError)
    words = "vocab_size has to be a list of Tensors or Python ints. Found {}"
    need(isinstance(vocab_size, collections.abc.Iterable), words.format(type(vocab_size)), kind=TypeError)
    for one in vocab_size:
        need(_is_size(one), words.format(type(one)), kind=TypeError)
    return sp_ids, vocab_size


def _merge(sp_ids, sp_values, vocab_size, name=None, already_sorted=False):
    sp_ids, vocab_size = _lists(sp_ids, vocab_size)
    need(len(sp_ids) == len(vocab_size), "sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge", [sp_ids, sp_values]):
        ids, values = [as_sparse(x) for x in sp_ids], as_sparse(sp_values)
        columns = [expand_dims(cast(x.values, dtypes.int64), axis=1) for x in ids]
        sizes = [cast(n, dtypes.int64) for n in vocab_size]
        indices = concat([ids[0].indices[:, :-1], *columns], 1)
        whole = concat([ids[0].dense_shape[:-1], sizes], 0)
        made = SparseTensor(indices, values.values, whole)
        if already_sorted:
            return made
        made = sparse_reorder(made)
        return SparseTensor(made.indices, made.values, whole)


@export("sparse_to_indicator", "sparse.to_indicator")
def sparse_to_indicator(sp_input, vocab_size, name=None):
    """A bool tensor that tells which ids rows of a SparseTensor hold.

    Args:
      sp_input: a `SparseTensor` of int32 or int64, `[d0, ..., k]`.
      vocab_size: an int above all ids.
      name: the node's name.

    Returns:
      bool `[d0, ..., vocab_size]`.

    Raises:
      TypeError: no SparseTensor.
    """
    x = as_sparse(sp_input)
    with name_scope(name, "SparseToIndicator", [x]) as scope:
        n = shape(x.indices)[0]
        there = SparseTensor(x.indices, fill(expand_dims(n, 0), True), x.dense_shape)
        made = _merge(x, there, vocab_size, scope)
        return sparse_tensor_to_dense(made, default_value=False, validate_indices=False, name=scope)
