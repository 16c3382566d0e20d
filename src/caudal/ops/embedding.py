"""Look-ups of rows in tables: whole tables and tables in parts, single ids and weighted sets of them."""

from ..graph.composite import SparseTensor
from ..graph.convert import convert, convert_to_tensor
from ..graph.scopes import colocate_with, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from .basic import constant, identity
from .clip import clip_by_norm
from .elementwise import NODES, PLAIN, cast, sqrt
from .fill import fill, range_
from .join import concat, stack
from .reduce import reduce_sum
from .segment import segment_sum
from .shape import expand_dims, rank, reshape, shape, size
from .slicing import gather, unique, where
from .sparse_segment import sparse_segment_mean, sparse_segment_sqrt_n, sparse_segment_sum
from .stitch import dynamic_partition, parallel_dynamic_stitch

__all__ = ["embedding_lookup", "embedding_lookup_sparse"]


def _tables(params):
    """The parts of a table, as a list."""
    need(params is not None, "params must be specified")
    need(not (isinstance(params, (list, tuple)) and not params), "Need at least one param")
    if hasattr(params, "_variable_list"):
        return list(params)
    return list(params) if isinstance(params, (list, tuple)) else [params]


@export("nn.embedding_lookup")
def embedding_lookup(params, ids, partition_strategy="mod", name=None, validate_indices=True, max_norm=None):
    """The rows `ids` of one or several tables.

    Args:
      params: a variable or tensor `[n, ...]`, or a list of parts.
      ids: int32 or int64.
      partition_strategy: "mod" or "div", how rows lie in the parts.
      name: the scope's name.
      validate_indices: unused.
      max_norm: rows of a greater norm are scaled down to it.

    Returns:
      `ids.shape + params.shape[1:]`.

    Raises:
      ValueError: no parts, or an unknown strategy.
    """
    params = _tables(params)
    with name_scope(name, "embedding_lookup", [*params, ids]) as scope:
        if not any(hasattr(p, "sparse_read") for p in params):
            params = [convert_to_tensor(p, name=f"params_{k}") for k, p in enumerate(params)]
        ids = convert_to_tensor(ids, name="ids")
        if len(params) == 1:
            with colocate_with(params[0]):
                found = _clip(gather(params[0], ids, name=scope), ids, max_norm)
            return identity(found)
        return _clip(_parted(params, ids, partition_strategy, scope), ids, max_norm)


def _clip(rows, ids, max_norm):
    if max_norm is None:
        return rows
    few, many = convert(ids).rank, rows.rank
    axes = list(range(few, many)) if few and many else range_(few or rank(ids), many or rank(rows))
    return clip_by_norm(rows, max_norm, axes=axes)


def _parted(params, ids, strategy, scope):
    flat = reshape(ids, [-1])
    positions = range_(size(flat))
    parts, rows = _places(params, flat, strategy)
    parts = cast(parts, dtypes.int32)
    gathered = dynamic_partition(rows, parts, len(params))
    positions = dynamic_partition(positions, parts, len(params))
    found = []
    for table, chosen in zip(params, gathered, strict=True):
        with colocate_with(table):
            found.append(gather(table, chosen))
    made = parallel_dynamic_stitch(positions, found, name=scope)
    return _unflattened(made, params, ids)


def _places(params, flat, strategy):
    """(the part, the row in it) of each id."""
    n = len(params)
    if strategy == "mod":
        return flat % n, flat // n
    need(strategy == "div", f"Unrecognized partition strategy: {strategy}")
    total = _rows(params, flat.dtype)
    each, extras = total // n, total % n
    parts = PLAIN["Maximum"](flat // (each + 1), (flat - extras) // each)
    return parts, where(parts < extras, flat % (each + 1), (flat - extras) % each)


def _rows(params, kind):
    known = [p.get_shape()[0].value for p in params]
    if None not in known:
        return constant(sum(known), kind)
    sizes = []
    for table, rows in zip(params, known, strict=True):
        with colocate_with(table):
            sizes.append(shape(table)[0] if rows is None else rows)
    return reduce_sum(cast(stack(sizes), kind))


def _unflattened(made, params, ids):
    known = params[0].get_shape()[1:]
    for table in params[1:]:
        known = known.merge_with(table.get_shape()[1:])
    tail = known
    if not known.is_fully_defined():
        with colocate_with(params[0]):
            tail = shape(params[0])[1:]
    made = reshape(made, concat([shape(ids), tail], 0))
    made.set_shape(ids.get_shape().concatenate(known))
    return made


# --- sets of ids --------------------------------------------------------------------------------------------


@export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(params, sp_ids, sp_weights, partition_strategy="mod", name=None, combiner=None, max_norm=None):
    """For each row of ids: the rows of a table that they name, combined.

    Args:
      params: a variable or tensor `[n, ...]`, or a list of parts.
      sp_ids: a SparseTensor of ids, `[batch, m]`; no row is empty.
      sp_weights: a SparseTensor of weights at the same places, or None for ones.
      partition_strategy: "mod" or "div".
      name: the node's name.
      combiner: "mean" (the default), "sum", or "sqrtn": the sum over the root of the squared weights' sum.
      max_norm: rows of a greater norm are scaled down to it.

    Returns:
      `[batch] + params.shape[1:]`.

    Raises:
      TypeError: ids or weights that are not SparseTensors.
      ValueError: an unknown combiner, or no parts.
    """
    combiner = "mean" if combiner is None else combiner
    need(combiner in ("mean", "sqrtn", "sum"), "combiner must be one of 'mean', 'sqrtn' or 'sum'")
    params = _tables(params)
    need(isinstance(sp_ids, SparseTensor), "sp_ids must be SparseTensor", kind=TypeError)
    if sp_weights is not None:
        need(isinstance(sp_weights, SparseTensor), "sp_weights must be either None or SparseTensor", kind=TypeError)
        _check_weights(sp_ids, sp_weights)
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids.indices]) as scope:
        rows = sp_ids.indices[:, 0]
        rows = rows if rows.dtype == dtypes.int32 else cast(rows, dtypes.int32)
        ids, at = unique(sp_ids.values)
        found = embedding_lookup(params, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        if found.dtype in (dtypes.float16, dtypes.bfloat16):
            found = cast(found, dtypes.float32)
        if sp_weights is None:
            return _UNWEIGHTED[combiner](found, at, rows, name=scope)
        return _weighted(found, at, rows, sp_weights.values, combiner, scope)


def _check_weights(ids, weights):
    for part in ("values", "indices", "dense_shape"):
        a, b = getattr(ids, part).get_shape(), getattr(weights, part).get_shape()
        a.assert_is_compatible_with(b)


_UNWEIGHTED = {"mean": sparse_segment_mean, "sum": sparse_segment_sum, "sqrtn": sparse_segment_sqrt_n}


def _weighted(found, at, rows, weights, combiner, scope):
    if weights.dtype != found.dtype:
        weights = cast(weights, found.dtype)
    found = gather(found, at)
    ones = fill(expand_dims(rank(found) - 1, 0), 1)
    known = weights.get_shape()
    weights = reshape(weights, concat([shape(weights), ones], 0))
    if found.get_shape().ndims is not None:
        weights.set_shape(known.concatenate([1] * (found.get_shape().ndims - 1)))
    found = found * weights
    if combiner == "sum":
        return segment_sum(found, rows, name=scope)
    total = segment_sum(found, rows)
    if combiner == "mean":
        return PLAIN["RealDiv"](total, segment_sum(weights, rows), name=scope)
    return PLAIN["RealDiv"](total, sqrt(segment_sum(NODES["Pow"](weights, 2, name="Pow"), rows)), name=scope)
