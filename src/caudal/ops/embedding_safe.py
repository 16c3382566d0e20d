"""Look-ups of sets of ids some of which are empty or invalid: `safe_embedding_lookup_sparse`."""

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from .elementwise import PLAIN, cast
from .embedding import embedding_lookup_sparse
from .fill import ones_like, zeros_like
from .join import concat, stack
from .reduce import reduce_prod
from .shape import reshape, shape, size, tile
from .slicing import gather, slice_, where
from .sparse_order import sparse_reshape
from .sparse_parts import sparse_retain
from .sparse_rows import sparse_fill_empty_rows

__all__ = ["safe_embedding_lookup_sparse"]


@export("nn.safe_embedding_lookup_sparse", "contrib.layers.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights,
    sparse_ids,
    sparse_weights=None,
    combiner="mean",
    default_id=None,
    name=None,
    partition_strategy="div",
    max_norm=None,
):
    """`embedding_lookup_sparse` that leaves out negative ids and, but for sums, weights that aren't positive.

    Args:
      embedding_weights: a variable or tensor `[n, m]`, or a list of parts.
      sparse_ids: a `SparseTensor` of ids, `[d0, ..., k]`.
      sparse_weights: a `SparseTensor` of weights at the same places, or None for ones.
      combiner: "mean", "sum" or "sqrtn".
      default_id: whose row an empty set has; zeros if None.
      name: the scope's name.
      partition_strategy: "mod" or "div", how rows lie in the parts.
      max_norm: rows of a greater norm are scaled down to it.

    Returns:
      `[d0, ..., m]`.

    Raises:
      ValueError: no table.
    """
    tables = _tables(embedding_weights, None if sparse_weights is None else sparse_weights.dtype)
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids, sparse_weights]) as scope:
        whole = sparse_ids.dense_shape
        n = shapes.dimension_value(whole.get_shape()[0])
        rank = size(whole) if n is None else n
        ids, weights = _flat(sparse_ids, sparse_weights, whole, rank)
        ids, weights = _valid(ids, weights, combiner)
        ids, empty = sparse_fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = sparse_fill_empty_rows(weights, 1.0)
        found = embedding_lookup_sparse(
            tables,
            ids,
            weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
        )
        if default_id is None:
            empty = tile(reshape(empty, [-1, 1]), stack([1, shape(found)[1]]))
            found = where(empty, zeros_like(found), found, name=scope)
        return _unflattened(found, whole, rank, n)


def _tables(given, kind):
    """The parts of a table as tensors of the weights' dtype; resource variables that have it stay."""
    need(given is not None, f"Missing embedding_weights {given}.")
    parts = list(given) if hasattr(given, "_variable_list") else given if isinstance(given, list) else [given]
    need(parts, f"Missing embedding_weights {parts}.")
    return [p if hasattr(p, "handle") and kind in (None, p.dtype) else convert_to_tensor(p, dtype=kind) for p in parts]


def _flat(ids, weights, whole, rank):
    """Both as matrices, of as many rows as there are sets."""
    rows = reduce_prod(slice_(whole, [0], [rank - 1]))
    ids = sparse_reshape(ids, [rows, gather(whole, rank - 1)])
    if weights is not None:
        weights = SparseTensor(ids.indices, weights.values, ids.dense_shape)
    return ids, weights


def _valid(ids, weights, combiner):
    """Without negative ids, and without weights that make no mean."""
    fine = PLAIN["GreaterEqual"](ids.values, 0)
    if weights is None:
        return sparse_retain(ids, fine), None
    fine = PLAIN["LogicalAnd"](fine, ones_like(weights.values, dtype=dtypes.bool))
    ids, weights = sparse_retain(ids, fine), sparse_retain(weights, fine)
    if combiner == "sum":
        return ids, weights
    fine = PLAIN["Greater"](weights.values, 0)
    return sparse_retain(ids, fine), sparse_retain(weights, fine)


def _unflattened(found, whole, rank, n):
    outer = slice_(cast(whole, dtypes.int32), [0], [rank - 1])
    made = reshape(found, concat([outer, slice_(shape(found), [1], [-1])], 0))
    known = shapes.unknown_shape(None if n is None else n - 1)
    made.set_shape(known.concatenate(found.get_shape()[1:]))
    return made
