"""Layers made of columns: `input_layer`, all numbers side by side; and what an Example has to be parsed to."""

from ..build.scopes import get_variable_scope, variable_scope
from ..build.template import make_template
from ..graph.graph import GraphKeys
from ..graph.scopes import get_collection
from ..ground.api import export
from ..ground.errors import need
from ..ops.join import concat
from ..ops.shape import reshape, shape
from .columns import DenseColumn, FeatureColumn, Features, as_columns, check_batch_sizes

__all__ = ["collections_of", "flat", "input_layer", "make_parse_example_spec"]


def collections_of(given):
    """The collections of a layer's variables: those given, GLOBAL_VARIABLES and MODEL_VARIABLES."""
    given = list(given or [])
    return given + [key for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES) if key not in given]


def flat(column, x):
    """A dense column's tensor as a matrix `[batch, elements]`."""
    n = column._variable_shape.num_elements()
    return reshape(x, shape=(shape(x)[0], n))


@export("feature_column.input_layer")
def input_layer(
    features, feature_columns, weight_collections=None, trainable=True, cols_to_vars=None, cols_to_output_tensors=None
):
    """The numbers of all columns side by side, in the order of the columns' names.

    Args:
      features: a dict from key to tensor or SparseTensor, each with as many rows.
      feature_columns: dense columns, of different names.
      weight_collections: further collections for variables, which are in GLOBAL_VARIABLES and MODEL_VARIABLES.
      trainable: whether variables are trained.
      cols_to_vars: a dict that is filled: from column to a list of its variables.
      cols_to_output_tensors: a dict that is filled: from column to its part of the result.

    Returns:
      float32 `[batch, n]`.

    Raises:
      ValueError: a column that isn't dense, two of one name, or tensors with other numbers of rows.
    """
    columns = _dense(feature_columns)
    with variable_scope(None, default_name="input_layer", values=list(features.values())):
        return _numbers(features, columns, weight_collections, trainable, cols_to_vars, cols_to_output_tensors)


def _dense(feature_columns):
    columns = as_columns(feature_columns)
    for column in columns:
        if not isinstance(column, DenseColumn):
            raise ValueError(
                "Items of feature_columns must be a _DenseColumn. You can wrap a categorical column with an embedding_column or "
                f"indicator_column. Given: {column}"
            )
    return columns


def _numbers(features, columns, weight_collections, trainable, cols_to_vars=None, cols_to_output_tensors=None):
    weight_collections, inputs, parts = collections_of(weight_collections), Features(features), []
    columns = sorted(columns, key=lambda column: column.name)
    for column in columns:
        with variable_scope(None, default_name=column._var_scope_name):
            x = column._get_dense_tensor(inputs, weight_collections=weight_collections, trainable=trainable)
            parts.append(flat(column, x))
            if cols_to_vars is not None:
                cols_to_vars[column] = get_collection(GraphKeys.GLOBAL_VARIABLES, scope=get_variable_scope().name)
            if cols_to_output_tensors is not None:
                cols_to_output_tensors[column] = parts[-1]
    check_batch_sizes(parts, columns)
    return concat(parts, 1)


@export("contrib.slim.InputLayer")
class InputLayer:
    """`input_layer` as an object, whose calls share the variables that the first makes.

    Args:
      feature_columns, weight_collections, trainable: as `input_layer` takes them.
      cols_to_vars: unused, as in 1.15.
      name: the scope's name.
      create_scope_now: whether the scope is the one in force now, not the one of the first call.
    """

    def __init__(
        self,
        feature_columns,
        weight_collections=None,
        trainable=True,
        cols_to_vars=None,
        name="feature_column_input_layer",
        create_scope_now=True,
    ):
        self._given = feature_columns, weight_collections, trainable
        self._name = name
        self._template = make_template(name, self._called, create_scope_now_=create_scope_now)

    def _called(self, features):
        columns, weight_collections, trainable = self._given
        return _numbers(features, _dense(columns), weight_collections, trainable)

    def __call__(self, features):
        """The numbers of all columns side by side: float32 `[batch, n]`."""
        return self._template(features)

    name = property(lambda self: self._name, doc="The scope's name.")
    variables = property(lambda self: self._template.variables, doc="Its variables, once it was called.")
    trainable_variables = property(lambda self: self._template.trainable_variables, doc="Those that are trained.")
    non_trainable_variables = property(lambda self: self._template.non_trainable_variables, doc="Those that aren't.")
    weights, trainable_weights = variables, trainable_variables
    non_trainable_weights = non_trainable_variables


@export("feature_column.make_parse_example_spec")
def make_parse_example_spec(feature_columns):
    """What `tf.io.parse_example` has to parse for columns.

    Args:
      feature_columns: columns.

    Returns:
      A dict from key to `FixedLenFeature` or `VarLenFeature`.

    Raises:
      ValueError: what isn't a column, or two that parse one key differently.
    """
    out = {}
    for column in feature_columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(f"All feature_columns must be _FeatureColumn instances. Given: {column}")
        for key, one in column._parse_example_spec.items():
            need(
                out.setdefault(key, one) == one,
                f"feature_columns contain different parse_spec for key {key}. Given {one} and {out[key]}",
            )
    return out
