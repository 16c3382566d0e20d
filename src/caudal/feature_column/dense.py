"""Columns of numbers made of ids: vectors with a one for each id, and rows of a table that is learned."""

import collections
import math

from ..build.initializers import TruncatedNormal
from ..build.partitioned import PartitionedVariable
from ..build.scopes import get_variable
from ..graph.graph import GraphKeys
from ..graph.scopes import add_to_collection, get_collection, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.embedding_safe import safe_embedding_lookup_sparse
from ..ops.fill import one_hot
from ..ops.reduce import reduce_sum
from ..ops.scatter import scatter_nd
from ..ops.sparse_dense import sparse_tensor_to_dense
from ..ops.sparse_ids import sparse_merge
from ..ops.sparse_parts import sparse_slice
from ..train.checkpoint_utils import init_from_checkpoint
from .columns import HOME, CategoricalColumn, DenseColumn, SequenceDenseColumn, TensorSequenceLengthPair
from .crossed import WeightedCategoricalColumn
from .sequences import SequenceCategoricalColumn, sequence_length

__all__ = ["EmbeddingColumn", "IndicatorColumn", "embedding_column", "indicator_column", "shared_embedding_columns"]

_NEW = ("DenseFeatures", "SequenceFeatures instead of DenseFeatures", "SequenceCategoricalColumn to use SequenceFeatures")
_NEW_OLD = (*_NEW[:2], "_SequenceCategoricalColumn to use SequenceFeatures")
_OLD = ("input_layer", "sequence_input_layer instead of input_layer", "_SequenceCategoricalColumn to use sequence_input_layer")


class _OfIds(DenseColumn, SequenceDenseColumn):
    """What all have in common: they are made of a `categorical_column`.

    Attributes:
      _kind: what errors call the column; _words: what they call the layers to use.
    """

    _kind, _words = "embedding_column", _NEW

    parents = property(lambda self: [self.categorical_column], doc="What it is made of.")
    parse_example_spec = property(lambda self: self.categorical_column._parse_example_spec, doc="The categorical column's.")

    def _transform_feature(self, inputs):
        return inputs.get(self.categorical_column)

    def _refuse_sequence(self):
        """A layer of examples takes no column of sequences."""
        plain, instead, _ = self._words
        if isinstance(self.categorical_column, SequenceCategoricalColumn):
            raise ValueError(
                f"In {self._kind}: {self.name}. categorical_column must not be of type _SequenceCategoricalColumn. Suggested fix "
                f"A: If you wish to use {plain}, use a non-sequence categorical_column_with_*. Suggested fix B: If you wish to "
                f"create sequence input, use {instead}. Given (type {type(self.categorical_column)}): {self.categorical_column}"
            )

    def _need_sequence(self):
        """A layer of sequences takes no other column."""
        if not isinstance(self.categorical_column, SequenceCategoricalColumn):
            raise ValueError(
                f"In {self._kind}: {self.name}. categorical_column must be of type {self._words[2]}. Suggested fix: Use one of "
                f"sequence_categorical_column_with_*. Given (type {type(self.categorical_column)}): {self.categorical_column}"
            )


# --- a one for each id ----------------------------------------------------------------------------------------


class IndicatorColumn(_OfIds, collections.namedtuple("IndicatorColumn", "categorical_column")):
    """See `indicator_column`."""

    __module__ = HOME
    _kind, _words = "indicator_column", _NEW_OLD

    name = property(lambda self: f"{self.categorical_column.name}_indicator", doc="The column's name and `_indicator`.")
    variable_shape = property(
        lambda self: TensorShape([1, self.categorical_column._num_buckets]), doc="One vector, as long as there are ids."
    )

    def _transform_feature(self, inputs):
        ids, weights = self.categorical_column._get_sparse_tensors(inputs)
        n = self._variable_shape[-1]
        if weights is not None:
            x = sparse_merge(ids, weights, vocab_size=int(n))
            x = sparse_slice(x, [0, 0], x.dense_shape)
            return scatter_nd(x.indices, x.values, x.dense_shape)
        ones = one_hot(sparse_tensor_to_dense(ids, default_value=-1), depth=n, on_value=1.0, off_value=0.0)
        return reduce_sum(ones, axis=[-2])

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._refuse_sequence()
        return inputs.get(self)

    def _get_sequence_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._need_sequence()
        made = inputs.get(self)
        ids, _ = self.categorical_column._get_sparse_tensors(inputs)
        return TensorSequenceLengthPair(made, sequence_length(ids))


@export("feature_column.indicator_column")
def indicator_column(categorical_column):
    """How often each id of a categorical column occurs, or the sum of its weights.

    Args:
      categorical_column: a categorical column.

    Returns:
      A dense column, a vector as long as there are ids for each example.
    """
    return IndicatorColumn(categorical_column)


# --- rows of a table ------------------------------------------------------------------------------------------


class EmbeddingColumn(
    _OfIds,
    collections.namedtuple(
        "EmbeddingColumn",
        (
            "categorical_column",
            "dimension",
            "combiner",
            "initializer",
            "ckpt_to_load_from",
            "tensor_name_in_ckpt",
            "max_norm",
            "trainable",
        ),
    ),
):
    """See `embedding_column`."""

    __module__ = HOME
    name = property(lambda self: f"{self.categorical_column.name}_embedding", doc="The column's name and `_embedding`.")
    variable_shape = property(lambda self: TensorShape([self.dimension]), doc="A row of the table.")

    def _found(self, ids, weights, weight_collections, trainable):
        if weight_collections and GraphKeys.GLOBAL_VARIABLES not in weight_collections:
            weight_collections.append(GraphKeys.GLOBAL_VARIABLES)
        return _looked_up(self, _table(self, weight_collections, trainable), ids, weights)

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._refuse_sequence()
        ids, weights = self.categorical_column._get_sparse_tensors(inputs, weight_collections, trainable)
        return self._found(ids, weights, weight_collections, trainable)

    def _get_sequence_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._need_sequence()
        ids, weights = self.categorical_column._get_sparse_tensors(inputs)
        made = self._found(ids, weights, weight_collections, trainable)
        return TensorSequenceLengthPair(made, sequence_length(ids))


def _table(column, weight_collections, trainable):
    """The variable of the scope in force, `[ids, dimension]`."""
    return get_variable(
        "embedding_weights",
        shape=(column.categorical_column._num_buckets, column.dimension),
        dtype=dtypes.float32,
        initializer=column.initializer,
        trainable=column.trainable and trainable,
        collections=weight_collections,
    )


def _looked_up(column, table, ids, weights):
    """The rows of each example's ids, combined; of a table that begins with what the checkpoint holds, if there is one."""
    if column.ckpt_to_load_from is not None:
        parts = list(table) if isinstance(table, PartitionedVariable) else table
        init_from_checkpoint(column.ckpt_to_load_from, {column.tensor_name_in_ckpt: parts})
    return safe_embedding_lookup_sparse(
        table, ids, weights, combiner=column.combiner, name=f"{column.name}_weights", max_norm=column.max_norm
    )


def _check(dimension, ckpt_to_load_from, tensor_name_in_ckpt, initializer, words):
    """Refuses what no table has; gives the initializer."""
    need(dimension is not None and dimension >= 1, f"Invalid dimension {dimension}.")
    both = (ckpt_to_load_from is None) == (tensor_name_in_ckpt is None)
    need(both, "Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them.")
    need(initializer is None or callable(initializer), words)
    return TruncatedNormal(0.0, 1 / math.sqrt(dimension)) if initializer is None else initializer


@export("feature_column.embedding_column")
def embedding_column(
    categorical_column,
    dimension,
    combiner="mean",
    initializer=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """For each id of a categorical column a vector that is learned; an example has its ids' combined.

    Args:
      categorical_column: a categorical column.
      dimension: how long the vectors are.
      combiner: "mean", "sum", or "sqrtn": the sum over the root of the squared weights' sum.
      initializer: of the vectors; a normal of deviation 1 / sqrt(dimension), cut at two deviations, by default.
      ckpt_to_load_from: a checkpoint that they begin with; tensor_name_in_ckpt: their name in it.
      max_norm: longer vectors are scaled down to this.
      trainable: whether they are trained.

    Returns:
      A dense column, `[dimension]` for each example.

    Raises:
      ValueError: a dimension below 1, a checkpoint without a name or the reverse, an initializer that can't be called.
    """
    words = "initializer must be callable if specified. Embedding of column_name: {}"
    bad = initializer is not None and not callable(initializer)
    words = words.format(categorical_column.name) if bad else ""
    initializer = _check(dimension, ckpt_to_load_from, tensor_name_in_ckpt, initializer, words)
    source = ckpt_to_load_from, tensor_name_in_ckpt
    return EmbeddingColumn(categorical_column, dimension, combiner, initializer, *source, max_norm, trainable)


class _SharedEmbeddingColumn(
    _OfIds,
    collections.namedtuple(
        "_SharedEmbeddingColumn",
        (
            "categorical_column",
            "dimension",
            "combiner",
            "initializer",
            "shared_embedding_collection_name",
            "ckpt_to_load_from",
            "tensor_name_in_ckpt",
            "max_norm",
            "trainable",
        ),
    ),
):
    """See `shared_embedding_columns`."""

    __module__ = HOME.removesuffix("_v2")
    _words = _OLD

    name = property(lambda self: f"{self.categorical_column.name}_shared_embedding")
    variable_shape = property(lambda self: TensorShape([self.dimension]))
    _var_scope_name = property(lambda self: self.shared_embedding_collection_name)

    def _found(self, inputs, weight_collections, trainable):
        with name_scope(None, default_name=self.name):
            ids, weights = self.categorical_column._get_sparse_tensors(inputs, weight_collections, trainable)
            table = self._kept()
            if table is None:
                table = _table(self, weight_collections, trainable)
                add_to_collection(self.shared_embedding_collection_name, table)
            return _looked_up(self, table, ids, weights)

    def _kept(self):
        """The table that the collection of this name holds, or None."""
        collection = self.shared_embedding_collection_name
        found, shape = get_collection(collection), (self.categorical_column._num_buckets, self.dimension)
        if not found:
            return None
        fixes = (
            "Suggested fix A: Choose a unique name for this collection. Suggested fix B: Do not add any variables to this "
            "collection. The feature_column library already adds a variable under the hood."
        )
        need(len(found) == 1, f"Collection {found} can only contain one variable. {fixes}")
        (table,) = found
        need(
            table.get_shape() == shape,
            f"Shared embedding collection {collection} contains variable {table.name} of unexpected shape "
            f"{table.get_shape()}. Expected shape is {shape}. {fixes}",
        )
        return table

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._refuse_sequence()
        return self._found(inputs, weight_collections, trainable)

    def _get_sequence_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        self._need_sequence()
        made = self._found(inputs, weight_collections, trainable)
        ids, _ = self.categorical_column._get_sparse_tensors(inputs)
        return TensorSequenceLengthPair(made, sequence_length(ids))


def _check_alike(columns):
    """Columns that share a table are of one kind, whatever weights they have, and have as many ids."""
    first, *others = columns
    n = first._num_buckets
    if not isinstance(first, CategoricalColumn):
        words = "All categorical_columns must be subclasses of _CategoricalColumn. Given: {}, of type: {}"
        raise ValueError(words.format(first, type(first)))
    first = _unweighted(first)
    for other in map(_unweighted, others):
        if not isinstance(other, type(first)):
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same type, or be "
                f"weighted_categorical_column of the same type. Given column: {first} of type: {type(first)} does not match "
                f"given column: {other} of type: {type(other)}"
            )
        if n != other._num_buckets:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same number of buckets. Given column: "
                f"{first} with buckets: {n} does  not match column: {other} with buckets: {other._num_buckets}"
            )


def _unweighted(column):
    return column.categorical_column if isinstance(column, WeightedCategoricalColumn) else column


@export("feature_column.shared_embedding_columns")
def shared_embedding_columns(
    categorical_columns,
    dimension,
    combiner="mean",
    initializer=None,
    shared_embedding_collection_name=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """`embedding_column` for several categorical columns, whose ids have the same vectors.

    Args:
      categorical_columns: a list of categorical columns of one kind, with as many ids.
      dimension: how long the vectors are.
      combiner: "mean", "sum" or "sqrtn".
      initializer: of the vectors; a normal of deviation 1 / sqrt(dimension), cut at two deviations, by default.
      shared_embedding_collection_name: their collection's and scope's name; the columns' names, joined, by default.
      ckpt_to_load_from: a checkpoint that they begin with; tensor_name_in_ckpt: their name in it.
      max_norm: longer vectors are scaled down to this.
      trainable: whether they are trained.

    Returns:
      A list of dense columns, in the order given.

    Raises:
      ValueError: as `embedding_column` has it; columns of several kinds, or with other numbers of ids.
    """
    words = "initializer must be callable if specified."
    initializer = _check(dimension, ckpt_to_load_from, tensor_name_in_ckpt, initializer, words)
    ordered = sorted(categorical_columns, key=lambda column: column.name)
    _check_alike(ordered)
    name = shared_embedding_collection_name or "_".join(column.name for column in ordered) + "_shared_embedding"
    source = ckpt_to_load_from, tensor_name_in_ckpt
    return [
        _SharedEmbeddingColumn(column, dimension, combiner, initializer, name, *source, max_norm, trainable)
        for column in categorical_columns
    ]
