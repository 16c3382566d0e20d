"""How many changes lead from one sequence to another."""

import math

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor, SparseTensorValue
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, need
from .sparse_dense import as_sparse

__all__ = ["edit_distance"]


def _infer(*inputs):
    first, second = (static.partial_shape(x) for x in (inputs[2], inputs[5]))
    if first is None or second is None or not (shapes.known(first) and shapes.known(second)):
        return [None]
    return [tuple(max(a, b) for a, b in zip(first[:-1], second[:-1], strict=False))]


def _sequences(indices, values):
    out = {}
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        out.setdefault(tuple(index[:-1]), []).append(value)
    return out


def _distance(a, b):
    """Levenshtein's: row by row of the table of distances between beginnings."""
    above = list(range(len(b) + 1))
    for k, x in enumerate(a, 1):
        row = [k]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
        above = row
    return above[-1]


def _lower(B, a_at, a, a_dims, b_at, b, b_dims, *, normalize, op):
    if len(a_dims) != len(b_dims):
        words = f"truth_shape.NumElements() == hypothesis_shape.NumElements(): {len(b_dims)} vs. {len(a_dims)}"
        raise InvalidArgumentError(None, op, words)
    guessed, true = _sequences(a_at, a), _sequences(b_at, b)
    out = np.zeros([max(int(x), int(y)) for x, y in zip(a_dims[:-1], b_dims[:-1], strict=True)], np.float32)
    for group in {*guessed, *true}:
        guess, truth = guessed.get(group, []), true.get(group, [])
        changes = _distance(guess, truth)
        out[group] = (changes / len(truth) if truth else math.inf) if normalize else changes
    return out


_node = define("EditDistance", infer=_infer, lower=_lower, dynamic=True, grad=None)


@export("edit_distance")
def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """The least number of insertions, deletions and exchanges that lead from one sequence to another.

    Args:
      hypothesis: a `SparseTensor`, `[..., n]`, the sequences along the last dimension.
      truth: another of the same rank and dtype, in the order of rows.
      normalize: whether to divide by the length of the true sequence (inf where it is empty and the other isn't).
      name: the node's name.

    Returns:
      float32 `[...]`.

    Raises:
      TypeError: no SparseTensors.

    Source: Levenshtein, Binary codes capable of correcting deletions, insertions, and reversals (1966).
    """
    sparse = (SparseTensor, SparseTensorValue)
    need(isinstance(hypothesis, sparse), "Hypothesis must be a SparseTensor.", kind=TypeError)
    need(isinstance(truth, sparse), "Truth must be a SparseTensor.", kind=TypeError)
    a, b = as_sparse(hypothesis), as_sparse(truth)
    parts = a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape
    return _node(*parts, normalize=normalize, name=name)
