"""`linear_model`: for each example the sum of its ids' weights, of its numbers times weights, and of a bias.

1.15 makes it of layers of Keras: the scope `linear_model` is opened once for its name, once by the layer and once for the sum."""

import numpy as np

from ..build.initializers import Zeros
from ..build.scopes import get_variable, get_variable_scope, variable_scope
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys
from ..graph.scopes import add_to_collection, get_collection, get_collection_ref, name_scope
from ..ground import nest
from ..ground.api import export
from ..ops.activations import bias_add
from ..ops.embedding_safe import safe_embedding_lookup_sparse
from ..ops.math import add_n
from ..ops.matmul import matmul
from ..ops.shape import shape
from ..ops.sparse_order import sparse_reshape
from .columns import CategoricalColumn, DenseColumn, Features, as_columns, check_batch_sizes
from .layers import collections_of, flat

__all__ = ["linear_model"]


@export("feature_column.linear_model")
def linear_model(
    features, feature_columns, units=1, sparse_combiner="sum", weight_collections=None, trainable=True, cols_to_vars=None
):
    """The sum of what each column gives: its ids' weights combined, or its numbers times weights; and of a bias.

    Args:
      features: a dict from key to tensor or SparseTensor, each with as many rows.
      feature_columns: columns, of different names.
      units: how many sums each example has.
      sparse_combiner: "sum", "mean" or "sqrtn", how weights of one column's ids are combined.
      weight_collections: further collections for variables, which are in GLOBAL_VARIABLES and MODEL_VARIABLES.
      trainable: whether variables are trained.
      cols_to_vars: a dict that is filled: from column, and "bias", to a list of variables.

    Returns:
      float32 `[batch, units]`.

    Raises:
      ValueError: what is neither a dense nor a categorical column, two of one name, or tensors with other numbers of rows.
    """
    with variable_scope(None, default_name="linear_model") as scope:
        name = _last(scope.name)
    columns = as_columns(feature_columns)
    weight_collections = collections_of(weight_collections)
    parts = _parts(columns, units, weight_collections, trainable)
    features = nest.map_structure(_as_tensor, features)
    with name_scope(name), variable_scope(name):
        for column in columns:
            if not isinstance(column, (DenseColumn, CategoricalColumn)):
                raise ValueError(f"Items of feature_columns must be either a _DenseColumn or _CategoricalColumn. Given: {column}")
        get_collection_ref(GraphKeys.UPDATE_OPS)  # made, and empty: layers add their updates, of which these have none
        inputs, sums, found = Features(features), [], {}
        for part in parts:
            sums.append(part.sum_of(inputs, sparse_combiner))
            found[part.column] = get_collection(GraphKeys.GLOBAL_VARIABLES, scope=part.scope.name)
        check_batch_sizes(sums, [part.column for part in parts])
        total = add_n(sums, name="weighted_sum_no_bias")
        bias = _bias(units, weight_collections, trainable)
        out = bias_add(total, bias, name="weighted_sum")
    if cols_to_vars is not None:
        cols_to_vars.update(found, bias=list(bias) if hasattr(bias, "_variable_list") else [bias])
    return out


def _last(name):
    return name.rsplit("/", 1)[-1]


def _as_tensor(x):
    return convert_to_tensor(x) if isinstance(x, (np.ndarray, float, int)) else x


def _parts(columns, *settings):
    """A part for each column, sorted by the names that their scopes have where the model is made."""
    parts = {}
    for column in sorted(columns, key=lambda column: column.name):
        with variable_scope(None, default_name=column._var_scope_name) as scope:
            parts[_last(scope.name)] = _Part(column, _last(scope.name), *settings)
    return [parts[name] for name in sorted(parts)]


def _weights(name, shape, weight_collections, trainable):
    made = get_variable(name, shape=shape, initializer=Zeros(), trainable=trainable)
    for key in weight_collections:
        if key != GraphKeys.GLOBAL_VARIABLES:  # where it is already
            for one in made if hasattr(made, "_variable_list") else [made]:
                add_to_collection(key, one)
    return made


def _bias(units, weight_collections, trainable):
    with variable_scope(get_variable_scope()) as scope:
        pass
    with variable_scope(scope, auxiliary_name_scope=False), name_scope(scope.original_name_scope):
        return _weights("bias_weights", [units], weight_collections, trainable)


class _Part:
    """What one column gives, and its weights, in a scope of their own."""

    def __init__(self, column, name, units, weight_collections, trainable):
        self.column, self._name, self._units = column, name, units
        self._settings = weight_collections, trainable
        self.scope = None

    def sum_of(self, inputs, combiner):
        """`[batch, units]`."""
        with variable_scope(None, default_name=self._name) as self.scope:
            pass
        with variable_scope(self.scope, auxiliary_name_scope=False), name_scope(self.scope.original_name_scope):
            if isinstance(self.column, CategoricalColumn):
                return self._of_ids(inputs, combiner)
            return self._of_numbers(inputs)

    def _of_ids(self, inputs, combiner):
        table = _weights("weights", (self.column._num_buckets, self._units), *self._settings)
        weight_collections, trainable = self._settings
        ids, weights = self.column._get_sparse_tensors(inputs, weight_collections=weight_collections, trainable=trainable)
        ids = sparse_reshape(ids, [shape(ids)[0], -1])
        if weights is not None:
            weights = sparse_reshape(weights, [shape(weights)[0], -1])
        return safe_embedding_lookup_sparse(table, ids, sparse_weights=weights, combiner=combiner, name="weighted_sum")

    def _of_numbers(self, inputs):
        table = _weights("weights", [self.column._variable_shape.num_elements(), self._units], *self._settings)
        weight_collections, trainable = self._settings
        x = self.column._get_dense_tensor(inputs, weight_collections=weight_collections, trainable=trainable)
        return matmul(flat(self.column, x), table, name="weighted_sum")
