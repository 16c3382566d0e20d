"""What a model gives to those who ask a SavedModel of it: its outputs, and the signatures made of them."""

from ..build.variables import Variable
from ..graph.graph import Operation, Tensor
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..platform import logging
from ..saved_model import constants
from ..saved_model.signatures import (
    classification_signature_def,
    is_valid_signature,
    predict_signature_def,
    regression_signature_def,
    supervised_signature_def,
)
from .mode_keys import ModeKeys

__all__ = ["EXPORT_TAGS", "ExportOutput", "build_all_signature_defs", "export_outputs_for_mode", "get_export_outputs"]

EXPORT_TAGS = {
    ModeKeys.PREDICT: [constants.SERVING],
    ModeKeys.TRAIN: [constants.TRAINING],
    ModeKeys.EVAL: [constants.EVAL],
}
_KEYS = {
    ModeKeys.PREDICT: constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY,
    ModeKeys.TRAIN: constants.DEFAULT_TRAIN_SIGNATURE_DEF_KEY,
    ModeKeys.EVAL: constants.DEFAULT_EVAL_SIGNATURE_DEF_KEY,
}


@export("estimator.export.ExportOutput")
class ExportOutput:
    """What a model that is served gives."""

    def as_signature_def(self, receiver_tensors):
        """The `SignatureDef` with these inputs: a dict from name to tensor."""
        raise NotImplementedError(f"as_signature_def is not implemented for {type(self).__name__}.")


def _named(outputs, default_name, label):
    """The outputs as a dict from text to tensor; a name may be a tuple of texts.

    Raises:
      ValueError: a name of another kind, or no tensor.
    """
    out = {}
    for key, value in (outputs if isinstance(outputs, dict) else {default_name: outputs}).items():
        key = _key(key, label)
        need(isinstance(value, Tensor), f"{label} output value must be a Tensor; got {value}.")
        out[key] = value
    return out


def _key(key, label):
    key = "/".join(key) if isinstance(key, tuple) else key
    need(isinstance(key, str), f"{label} output key must be a string; got {key}.")
    return key


def _examples(receiver_tensors, label):
    """The one tensor of serialised examples."""
    words = f"{label} input must be a single string Tensor; got {receiver_tensors}"
    need(len(receiver_tensors) == 1, words)
    (examples,) = receiver_tensors.values()
    need(dtypes.as_dtype(examples.dtype) == dtypes.string, words)
    return examples


@export("estimator.export.ClassificationOutput")
class ClassificationOutput(ExportOutput):
    """What a classifier gives.

    Args:
      scores: float `[batch, classes]`, or None.
      classes: string `[batch, classes]`, the names that go with the scores; or None. One of both is given.

    Raises:
      ValueError: none is, or one is of another dtype.
    """

    def __init__(self, scores=None, classes=None):
        need(
            scores is None or (isinstance(scores, Tensor) and scores.dtype.is_floating),
            f"Classification scores must be a float32 Tensor; got {scores}",
        )
        need(
            classes is None or (isinstance(classes, Tensor) and dtypes.as_dtype(classes.dtype) == dtypes.string),
            f"Classification classes must be a string Tensor; got {classes}",
        )
        need(scores is not None or classes is not None, "At least one of scores and classes must be set.")
        self._scores, self._classes = scores, classes

    scores = property(lambda self: self._scores, doc="The scores, or None.")
    classes = property(lambda self: self._classes, doc="The names, or None.")

    def as_signature_def(self, receiver_tensors):
        """The signature; the only input is a tensor of serialised examples."""
        return classification_signature_def(_examples(receiver_tensors, "Classification"), self._classes, self._scores)


@export("estimator.export.RegressionOutput")
class RegressionOutput(ExportOutput):
    """What a regression gives.

    Args:
      value: a float tensor.

    Raises:
      ValueError: something else.
    """

    def __init__(self, value):
        need(
            isinstance(value, Tensor) and value.dtype.is_floating,
            f"Regression output value must be a float32 Tensor; got {value}",
        )
        self._value = value

    value = property(lambda self: self._value, doc="The tensor.")

    def as_signature_def(self, receiver_tensors):
        """The signature; the only input is a tensor of serialised examples."""
        return regression_signature_def(_examples(receiver_tensors, "Regression"), self._value)


@export("estimator.export.PredictOutput")
class PredictOutput(ExportOutput):
    """What any model gives.

    Args:
      outputs: a tensor, or a dict from name to tensor.

    Raises:
      ValueError: a name that is no text, or a value that is no tensor.
    """

    def __init__(self, outputs):
        self._outputs = _named(outputs, "output", "Prediction")

    outputs = property(lambda self: self._outputs, doc="A dict from name to tensor.")

    def as_signature_def(self, receiver_tensors):
        """The signature, with any inputs."""
        return predict_signature_def(receiver_tensors, self._outputs)


class SupervisedOutput(ExportOutput):
    """What a model gives while it is trained or evaluated: `method` is which, the rest an EstimatorSpec's."""

    def __init__(self, method, loss=None, predictions=None, metrics=None):
        self._method, self._outputs = method, {}
        for name, given in (("loss", loss), ("predictions", predictions)):
            if given is not None:
                self._outputs |= {_below(key, name): value for key, value in _named(given, name, name).items()}
        if metrics is not None:
            self._outputs |= _metric_tensors(metrics if isinstance(metrics, dict) else {"metrics": metrics})

    def as_signature_def(self, receiver_tensors):
        """The signature, with any inputs."""
        return supervised_signature_def(self._method, receiver_tensors, self._outputs)


def _below(key, name):
    return key if key.startswith(name) else f"{name}/{key}"


def _metric_tensors(metrics):
    """A dict from name to tensor: of each metric its value, and a tensor that updates it."""
    out = {}
    for key, (value, update) in metrics.items():
        key = _below(_key(key, "metrics"), "metrics")
        need(isinstance(value, Tensor), f"{key} output value must be a Tensor; got {value}.")
        known = isinstance(update, Tensor | Variable | Operation)
        need(known, f"{key} update_op must be a Tensor or Operation; got {update}.")
        if not isinstance(update, Tensor):
            with control_dependencies([update]):
                update = constant([], name="metric_op_wrapper")
        out[key + "/value"], out[key + "/update_op"] = value, update
    return out


def export_outputs_for_mode(mode, serving_export_outputs=None, predictions=None, loss=None, metrics=None):
    """A dict from the names of signatures to what the model gives in a mode.

    Raises:
      ValueError: there is no such mode.
    """
    need(
        mode in _KEYS,
        f"Export output type not found for mode: {mode}. Expected one of: {_KEYS.keys()}.\nOne likely error is that V1 Estimator "
        "Modekeys were somehow passed to this function. Please ensure that you are using the new ModeKeys.",
    )
    if mode == ModeKeys.PREDICT:
        return get_export_outputs(serving_export_outputs, predictions)
    train = mode == ModeKeys.TRAIN
    method = constants.SUPERVISED_TRAIN_METHOD_NAME if train else constants.SUPERVISED_EVAL_METHOD_NAME
    return {_KEYS[mode]: SupervisedOutput(method, loss, predictions, metrics)}


def get_export_outputs(export_outputs, predictions):
    """A dict from name to `ExportOutput`: the one given, with a default among them, or one of the predictions.

    Raises:
      TypeError: it is no such dict; ValueError: it has several outputs and none is the default.
    """
    default = constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if export_outputs is None:
        return {default: PredictOutput(predictions)}
    need(isinstance(export_outputs, dict), f"export_outputs must be dict, given: {export_outputs}", kind=TypeError)
    need(
        all(isinstance(value, ExportOutput) for value in export_outputs.values()),
        f"Values in export_outputs must be ExportOutput objects. Given: {export_outputs}",
        kind=TypeError,
    )
    if len(export_outputs) == 1:
        export_outputs.setdefault(default, *export_outputs.values())
    need(
        not export_outputs or default in export_outputs,
        "Multiple export_outputs were provided, but none of them is specified as the default.  Do this by naming one of them with "
        "signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY.",
    )
    return export_outputs


def build_all_signature_defs(receiver_tensors, export_outputs, receiver_tensors_alternatives=None, serving_only=True):
    """A dict from name to `SignatureDef`: of each output with the inputs, and with each other choice of inputs.

    Args:
      receiver_tensors: a tensor, or a dict from name to tensor.
      export_outputs: a dict from name to `ExportOutput`.
      receiver_tensors_alternatives: a dict from name to such inputs, or None.
      serving_only: whether only those are kept that a server can use.

    Raises:
      ValueError: export_outputs is no dict.
    """
    need(isinstance(export_outputs, dict), f"export_outputs must be a dict and not{type(export_outputs)}")
    choices = [("", receiver_tensors)]
    choices += [(f"{name or 'None'}:", inputs) for name, inputs in (receiver_tensors_alternatives or {}).items()]
    made, refused = {}, {}
    for start, inputs in choices:
        inputs = inputs if isinstance(inputs, dict) else {"input": inputs}
        for name, output in export_outputs.items():
            try:
                made[f"{start}{name or 'None'}"] = output.as_signature_def(inputs)
            except ValueError as error:
                refused[f"{start}{name or 'None'}"] = str(error)
    _report(made, refused)
    return {name: one for name, one in made.items() if not serving_only or is_valid_signature(one)}


_METHODS = {
    constants.CLASSIFY_METHOD_NAME: "Classify",
    constants.REGRESS_METHOD_NAME: "Regress",
    constants.PREDICT_METHOD_NAME: "Predict",
    constants.SUPERVISED_TRAIN_METHOD_NAME: "Train",
    constants.SUPERVISED_EVAL_METHOD_NAME: "Eval",
}


def _report(made, refused):
    """Logs which signatures there are, by method, and why others are not."""
    names = {method: [] for method in _METHODS}
    for name, signature in made.items():
        names.setdefault(signature.method_name, []).append(name)
    for method, found in names.items():
        logging.info(f"Signatures INCLUDED in export for {_METHODS.get(method, method)}: {found if found else 'None'}")
    if refused:
        logging.info("Signatures EXCLUDED from export because they cannot be be served via TensorFlow Serving APIs:")
        for name, why in refused.items():
            logging.info(f"'{name}' : {why}")
    if not made:
        logging.warning("Export includes no signatures!")
    elif constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY not in made:
        logging.warning("Export includes no default signature!")
