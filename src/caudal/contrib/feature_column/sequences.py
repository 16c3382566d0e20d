"""`sequence_input_layer`, and the column of sequences of numbers that it takes."""

import collections

from ...build.scopes import variable_scope
from ...feature_column.columns import Features, SequenceDenseColumn, as_columns, check_batch_sizes
from ...feature_column.sequences import SequenceNumbers, checked_numbers
from ...graph.scopes import control_dependencies, name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ops.asserts import assert_equal
from ...ops.basic import identity
from ...ops.join import concat
from ...ops.shape import reshape, shape

__all__ = ["sequence_input_layer", "sequence_numeric_column"]


class _SequenceNumericColumn(
    SequenceNumbers,
    SequenceDenseColumn,
    collections.namedtuple("_SequenceNumericColumn", ("key", "shape", "default_value", "dtype", "normalizer_fn")),
):
    """See `sequence_numeric_column`."""

    __module__ = "tensorflow.contrib.feature_column.python.feature_column.sequence_feature_column"
    _variable_shape = SequenceNumbers.variable_shape


@export("contrib.feature_column.sequence_numeric_column")
def sequence_numeric_column(key, shape=(1,), default_value=0.0, dtype=dtypes.float32, normalizer_fn=None):
    """A feature that is a sequence of numbers, for `sequence_input_layer`; arguments and errors as in `tf.feature_column`."""
    return checked_numbers(_SequenceNumericColumn, key, shape, default_value, dtype, normalizer_fn)


@export("contrib.feature_column.sequence_input_layer")
def sequence_input_layer(features, feature_columns, weight_collections=None, trainable=True):
    """The numbers of all columns of sequences, step by step side by side, in the order of the columns' names.

    Args:
      features: a dict from key to SparseTensor.
      feature_columns: columns of sequences of numbers, and embedding and indicator columns of categorical ones.
      weight_collections: collections for variables.
      trainable: whether variables are trained.

    Returns:
      float32 `[batch, steps, n]`, and the sequences' lengths, int64 `[batch]`.

    Raises:
      ValueError: another column, two of one name, or tensors with other numbers of rows.
    """
    columns = as_columns(feature_columns)
    for column in columns:
        if not isinstance(column, SequenceDenseColumn):
            raise ValueError(
                "All feature_columns must be of type _SequenceDenseColumn. You can wrap a sequence_categorical_column with an "
                f"embedding_column or indicator_column. Given (type {type(column)}): {column}"
            )
    with variable_scope(None, default_name="sequence_input_layer", values=list(features.values())):
        inputs, parts, lengths = Features(features), [], []
        columns = sorted(columns, key=lambda column: column.name)
        for column in columns:
            with variable_scope(None, default_name=column._var_scope_name):
                given = {"weight_collections": weight_collections, "trainable": trainable}
                x, length = column._get_sequence_dense_tensor(inputs, **given)
                n, whole = column._variable_shape.num_elements(), shape(x)
                parts.append(reshape(x, shape=[whole[0], whole[1], n]))
                lengths.append(length)
        check_batch_sizes(parts, columns)
        check_batch_sizes(lengths, columns)
        length = _equal(lengths)
        return concat(parts, -1), length


def _equal(lengths):
    """The lengths, which have to be the same for all columns."""
    with name_scope(None, "assert_all_equal", lengths):
        if len(lengths) == 1:
            return lengths[0]
        with control_dependencies([assert_equal(lengths[0], other) for other in lengths[1:]]):
            return identity(lengths[0])
