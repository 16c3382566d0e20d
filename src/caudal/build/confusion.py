"""The confusion matrix of a classifier, with the checks of its labels."""

from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ops.asserts import assert_less, assert_non_negative
from ..ops.control import with_dependencies
from ..ops.elementwise import NODES, PLAIN, cast
from ..ops.fill import ones_like, zeros
from ..ops.join import stack
from ..ops.reduce import reduce_max
from ..ops.shape import rank, squeeze
from .cond import cond

__all__ = ["confusion_matrix", "remove_squeezable_dimensions"]


def remove_squeezable_dimensions(labels, predictions, expected_rank_diff=0, name=None):
    """(labels, predictions), of which one that has a last dimension of size 1 too many loses it.

    Args:
      labels: a tensor; predictions: a tensor.
      expected_rank_diff: by how much the rank of predictions is meant to be greater.
      name: the scope's name.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        if labels.rank is not None and predictions.rank is not None:
            more = predictions.rank - labels.rank
            if more == expected_rank_diff + 1 and predictions.dims[-1] in (1, None):
                predictions = squeeze(predictions, [-1])
            elif more == expected_rank_diff - 1 and labels.dims[-1] in (1, None):
                labels = squeeze(labels, [-1])
            return labels, predictions
        more = rank(predictions) - rank(labels)
        if predictions.rank is None or predictions.dims[-1] in (1, None):
            predictions = _without_last(predictions, expected_rank_diff + 1, more)
        if labels.rank is None or labels.dims[-1] in (1, None):
            labels = _without_last(labels, expected_rank_diff - 1, more)
        return labels, predictions


def _without_last(x, expected, more):
    return cond(NODES["Equal"](expected, more), lambda: squeeze(x, [-1]), lambda: x)


@export("confusion_matrix", "math.confusion_matrix")
def confusion_matrix(labels, predictions, num_classes=None, dtype=dtypes.int32, name=None, weights=None):
    """How often each class was taken for each other one.

    Args:
      labels: int `[n]`, the true classes.
      predictions: int `[n]`.
      num_classes: how many; one more than the greatest class seen by default.
      dtype: of the result.
      name: the scope's name.
      weights: what each sample counts, `[n]`; 1 by default.

    Returns:
      `[num_classes, num_classes]`, a row for each true class.

    Raises:
      ValueError: the shapes don't fit.
    """
    with name_scope(name, "confusion_matrix", (predictions, labels, num_classes, weights)):
        labels = convert_to_tensor(labels, name="labels")
        labels, predictions = remove_squeezable_dimensions(labels, convert_to_tensor(predictions, name="predictions"))
        predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
        labels = _checked(assert_non_negative(labels, message="`labels` contains negative values"), labels)
        predictions = _checked(assert_non_negative(predictions, message="`predictions` contains negative values"), predictions)
        if num_classes is None:
            num_classes = PLAIN["Maximum"](reduce_max(predictions), reduce_max(labels)) + 1
        else:
            most = cast(num_classes, dtypes.int64)
            labels = _checked(assert_less(labels, most, message="`labels` out of bound"), labels)
            predictions = _checked(assert_less(predictions, most, message="`predictions` out of bound"), predictions)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.get_shape().assert_is_compatible_with(weights.get_shape())
            weights = cast(weights, dtype)
        return _filled(labels, predictions, weights, num_classes, dtype)


def _checked(assertion, x):
    return with_dependencies([assertion], x)


def _filled(labels, predictions, weights, num_classes, dtype):
    size = stack([num_classes, num_classes])
    where = stack([labels, predictions], axis=1)
    values = ones_like(predictions, dtype) if weights is None else weights
    cells = SparseTensor(where, values, cast(size, dtypes.int64))
    nothing = zeros(cast(size, dtypes.int32), dtype)
    return add_node(cells.indices, cells.values, cells.dense_shape, nothing)


def _lower_add(B, indices, values, dims, dense):
    return B.add_at(dense, tuple(indices[:, k] for k in range(indices.shape[1])), values)


def _add_slope(op, dy):
    return [None, gather_nd_node(dy, op.inputs[0]), None, dy]


gather_nd_node = define("GatherNd")
add_node = define(
    "SparseTensorDenseAdd", infer=lambda indices, values, dims, dense: [dense.dims], lower=_lower_add, grad=_add_slope
)
