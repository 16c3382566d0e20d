"""EstimatorSpec: what a model function gives: the tensors and ops of one mode, checked."""

import collections

from ..build.variables import Variable
from ..graph.graph import Operation, Tensor, default_graph
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.shape import reshape
from ..train.scaffold import Scaffold
from ..train.session_run_hook import SessionRunHook
from .export_outputs import get_export_outputs
from .mode_keys import ModeKeys

__all__ = ["LOSS_METRIC_KEY", "EstimatorSpec", "check_common"]

LOSS_METRIC_KEY = "loss"
_FIELDS = (
    "mode predictions loss train_op eval_metric_ops export_outputs training_chief_hooks training_hooks scaffold evaluation_hooks "
    "prediction_hooks"
).split()


def _check_graph(value, what, name):
    """Raises ValueError unless a tensor or op is of the default graph."""
    need(
        value.graph is default_graph(),
        f'{what} with "{name}" must be from the default graph. Possible causes of this error include: \n\n1) {what} was created '
        "outside the context of the default graph.\n\n2) The object passed through to EstimatorSpec was not created in the most "
        'recent call to "model_fn".',
    )


def _check_tensor(value, name):
    need(isinstance(value, Tensor | Variable), f"{name} must be Tensor, given: {value}", kind=TypeError)


def _checked_train_op(op, mode):
    if op is None:
        need(mode != ModeKeys.TRAIN, "Missing train_op.")
        return None
    fits = isinstance(op, Operation | Tensor | Variable)
    need(fits, f"train_op must be Operation or Tensor, given: {op}", kind=TypeError)
    op = op.op if isinstance(op, Variable) else op
    _check_graph(op, "train_op", op.name)
    return op


def _checked_loss(loss, mode):
    """The loss, as a scalar."""
    if loss is None:
        need(mode not in (ModeKeys.TRAIN, ModeKeys.EVAL), "Missing loss.")
        return None
    _check_tensor(loss, "loss")
    shape = loss.get_shape()
    need(shape.num_elements() in (None, 1), f"Loss must be scalar, given: {loss}")
    if not shape.is_compatible_with([]):
        loss = reshape(loss, [])
    _check_graph(loss, "loss", loss.name)
    return loss


def _checked_predictions(predictions, mode):
    if predictions is None:
        need(mode != ModeKeys.PREDICT, "Missing predictions.")
        return {}
    if not isinstance(predictions, dict):
        _check_tensor(predictions, "predictions")
        _check_graph(predictions, "prediction values", predictions.name)
        return predictions
    for key, value in predictions.items():
        _check_tensor(value, f"predictions[{key}]")
    for key, value in predictions.items():
        _check_graph(value, "prediction values", f"{key}: {value.name}")
    return dict(predictions)


def check_common(mode, predictions, loss, train_op, export_outputs):
    """(train_op, loss, predictions, export_outputs), checked as all kinds of specs need it."""
    train_op, loss = _checked_train_op(train_op, mode), _checked_loss(loss, mode)
    predictions = _checked_predictions(predictions, mode)
    if mode == ModeKeys.PREDICT:
        export_outputs = get_export_outputs(export_outputs, predictions)
    return train_op, loss, predictions, export_outputs


def checked_hooks(hooks, what="All hooks must be SessionRunHook instances"):
    """The hooks, a tuple; TypeError if one is none."""
    hooks = tuple(hooks or ())
    for hook in hooks:
        need(isinstance(hook, SessionRunHook), f"{what}, given: {hook}", kind=TypeError)
    return hooks


def _checked_metrics(metrics):
    if metrics is None:
        return {}
    need(isinstance(metrics, dict), f"eval_metric_ops must be a dict, given: {metrics}", kind=TypeError)
    for key, value in metrics.items():
        need(
            isinstance(value, tuple) and len(value) == 2,
            f"Values of eval_metric_ops must be (metric_value, update_op) tuples, given: {value} for key: {key}",
            kind=TypeError,
        )
    for key, pair in metrics.items():
        for value in nest.flatten(pair):
            _check_graph(value, "eval_metric_ops", f"{key}: {value.name}")
    return metrics


def _checked_scaffold(scaffold):
    scaffold = scaffold or Scaffold()
    need(isinstance(scaffold, Scaffold), f"scaffold must be tf.train.Scaffold. Given: {scaffold}", kind=TypeError)
    return scaffold


@export("estimator.EstimatorSpec")
class EstimatorSpec(collections.namedtuple("EstimatorSpec", _FIELDS)):
    """What a model function gives.

    Args:
      mode: one of `ModeKeys`.
      predictions: a tensor, or a dict from name to tensor; needed to predict.
      loss: a scalar, or `[1]`; needed to train and to evaluate.
      train_op: the op of one training step; needed to train.
      eval_metric_ops: a dict from name to (value, update op), as `tf.metrics` gives them.
      export_outputs: a dict from the names of signatures to `ExportOutput`; made of predictions if None.
      training_chief_hooks: hooks of the training on the chief alone.
      training_hooks: hooks of the training.
      scaffold: a `tf.train.Scaffold`.
      evaluation_hooks: hooks of the evaluation.
      prediction_hooks: hooks of the prediction.

    Raises:
      ValueError: what the mode needs is missing, or is of another graph, or the loss is no scalar.
      TypeError: something is of another kind.
    """

    def __new__(
        cls,
        mode,
        predictions=None,
        loss=None,
        train_op=None,
        eval_metric_ops=None,
        export_outputs=None,
        training_chief_hooks=None,
        training_hooks=None,
        scaffold=None,
        evaluation_hooks=None,
        prediction_hooks=None,
    ):
        train_op, loss, predictions, outputs = check_common(mode, predictions, loss, train_op, export_outputs)
        training_hooks, evaluation_hooks = checked_hooks(training_hooks), checked_hooks(evaluation_hooks)
        prediction_hooks, chief_hooks = checked_hooks(prediction_hooks), checked_hooks(training_chief_hooks)
        return super().__new__(
            cls,
            mode=mode,
            predictions=predictions,
            loss=loss,
            train_op=train_op,
            eval_metric_ops=_checked_metrics(eval_metric_ops),
            export_outputs=outputs,
            training_chief_hooks=chief_hooks,
            training_hooks=training_hooks,
            scaffold=_checked_scaffold(scaffold),
            evaluation_hooks=evaluation_hooks,
            prediction_hooks=prediction_hooks,
        )

    def _replace(self, **kwds):
        """The spec with other fields; its mode stays."""
        need(kwds.get("mode", self.mode) == self.mode, "mode of EstimatorSpec cannot be changed.")
        return EstimatorSpec(*map(kwds.pop, self._fields, list(self)))
