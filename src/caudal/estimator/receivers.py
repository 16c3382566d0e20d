"""What feeds an exported model: tensors that receive a request, and the features made of them."""

import collections

from ..graph.composite import SparseTensor
from ..graph.graph import Tensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.basic import placeholder
from ..ops.parsing import parse_example

__all__ = ["ServingInputReceiver"]

_SINGLE = {"feature": "feature", "label": "label", "receiver_tensor": "input", "receiver_tensors_alternative": "input"}


def _checked(tensors, field, numbers=False):
    """The tensors as a dict; a single one gets the field's name.

    Raises:
      ValueError: none, a name that is no text (or number, if that may be), or a value that is no tensor.
    """
    need(tensors is not None, f"{field}s must be defined.")
    tensors = tensors if isinstance(tensors, dict) else {_SINGLE[field]: tensors}
    for name, tensor in tensors.items():
        fits = isinstance(name, str) or (numbers and isinstance(name, int))
        need(fits, f"{field} keys must be strings{' or ints' if numbers else ''}: {name}.")
        _check_tensor(tensor, field, name)
    return tensors


def _check_tensor(tensor, field, name=None):
    shown = f" {name}" if name else ""
    need(isinstance(tensor, Tensor | SparseTensor), f"{field}{shown} must be a Tensor or SparseTensor.")


_FIELDS = ["features", "receiver_tensors", "receiver_tensors_alternatives"]


@export("estimator.export.ServingInputReceiver")
class ServingInputReceiver(collections.namedtuple("ServingInputReceiver", _FIELDS)):
    """What a `serving_input_receiver_fn` gives.

    Args:
      features: a tensor or SparseTensor, or a dict of them, for the model function.
      receiver_tensors: a tensor, or a dict from name to tensor, that a request is fed to.
      receiver_tensors_alternatives: a dict from name to other such tensors, or None.

    Raises:
      ValueError: something is missing, or of another kind.
    """

    def __new__(cls, features, receiver_tensors, receiver_tensors_alternatives=None):
        features = _checked(features, "feature", numbers=True)
        receiver_tensors = _checked(receiver_tensors, "receiver_tensor")
        others = receiver_tensors_alternatives
        if others is not None:
            need(isinstance(others, dict), f"receiver_tensors_alternatives must be a dict: {others}.")
            for name in others:
                others[name] = _checked(others[name], "receiver_tensors_alternative")
        return super().__new__(cls, features, receiver_tensors, others)


@export("estimator.export.TensorServingInputReceiver")
class TensorServingInputReceiver(collections.namedtuple("TensorServingInputReceiver", _FIELDS)):
    """A `ServingInputReceiver` whose features are one tensor, which the model function is given as it is."""

    def __new__(cls, features, receiver_tensors, receiver_tensors_alternatives=None):
        need(features is not None, "features must be defined.")
        _check_tensor(features, "feature")
        made = ServingInputReceiver(features, receiver_tensors, receiver_tensors_alternatives)
        return super().__new__(cls, made.features["feature"], *made[1:])


class SupervisedInputReceiver(collections.namedtuple("SupervisedInputReceiver", ["features", "labels", "receiver_tensors"])):
    """What feeds a model that is exported to be trained or evaluated."""

    def __new__(cls, features, labels, receiver_tensors):
        _checked(features, "feature", numbers=True)
        _checked(labels, "label", numbers=True)
        return super().__new__(cls, features, labels, _checked(receiver_tensors, "receiver_tensor"))


@export("estimator.export.build_parsing_serving_input_receiver_fn")
def build_parsing_serving_input_receiver_fn(feature_spec, default_batch_size=None):
    """A function that makes a receiver of serialised `tf.Example`s.

    Args:
      feature_spec: a dict from name to `FixedLenFeature`, `VarLenFeature` or `SparseFeature`.
      default_batch_size: how many examples; None for any number.
    """

    def serving_input_receiver_fn():
        examples = placeholder(dtype=dtypes.string, shape=[default_batch_size], name="input_example_tensor")
        return ServingInputReceiver(parse_example(examples, feature_spec), {"examples": examples})

    return serving_input_receiver_fn


def _placeholder_like(tensor, batch_size):
    """A placeholder of a tensor's name, dtype and shape, but for its first axis."""
    shape = TensorShape([batch_size]).concatenate(tensor.get_shape()[1:])
    op = getattr(tensor, "op", None)
    return placeholder(dtype=tensor.dtype, shape=shape, name=op.name if op is not None else None)


@export("estimator.export.build_raw_serving_input_receiver_fn")
def build_raw_serving_input_receiver_fn(features, default_batch_size=None):
    """A function that makes a receiver of the features themselves.

    Args:
      features: a dict from name to tensor.
      default_batch_size: how many rows; None for any number.
    """

    def serving_input_receiver_fn():
        made = {name: _placeholder_like(tensor, default_batch_size) for name, tensor in features.items()}
        return ServingInputReceiver(made, made)

    return serving_input_receiver_fn


@export("estimator.experimental.build_raw_supervised_input_receiver_fn")
def build_raw_supervised_input_receiver_fn(features, labels, default_batch_size=None):
    """A function that makes a receiver of features and labels.

    Args:
      features, labels: tensors, or dicts from name to tensor.
      default_batch_size: how many rows; None for any number.

    Raises:
      ValueError: a name is in both.
    """
    names = [set(given) if isinstance(given, dict) else {one} for given, one in ((features, "input"), (labels, "label"))]
    both = names[0] & names[1]
    need(not both, f"Features and labels must have distinct keys. Found overlapping keys: {both}")

    def one_or_all(given):
        if isinstance(given, dict):
            return {name: _placeholder_like(tensor, default_batch_size) for name, tensor in given.items()}
        return _placeholder_like(given, default_batch_size)

    def supervised_input_receiver_fn():
        made = one_or_all(features), one_or_all(labels)
        receivers = [one if isinstance(one, dict) else {name: one} for one, name in zip(made, ("input", "label"), strict=True)]
        return SupervisedInputReceiver(*made, receivers[0] | receivers[1])

    return supervised_input_receiver_fn
