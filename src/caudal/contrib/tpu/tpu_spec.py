"""TPUEstimatorSpec: what a model function gives that may run on a TPU: metrics as a function and its tensors."""

import collections
import inspect

from ...estimator.arguments import fn_args
from ...estimator.spec import EstimatorSpec, check_common, checked_hooks
from ...ground.api import export
from ...ground.errors import need
from ...platform import logging
from ...train.session_run_hook import SessionRunArgs, SessionRunHook

__all__ = ["TPUEstimatorSpec"]

_FIELDS = (
    "mode predictions loss train_op eval_metrics export_outputs scaffold_fn host_call training_hooks evaluation_hooks "
    "prediction_hooks"
).split()


class _HostCallHook(SessionRunHook):
    """Runs what a host call made, with each step."""

    def __init__(self, tensors):
        self._tensors = tensors

    def before_run(self, run_context):
        """The tensors."""
        return SessionRunArgs(self._tensors)


@export("contrib.tpu.TPUEstimatorSpec", "estimator.tpu.TPUEstimatorSpec")
class TPUEstimatorSpec(collections.namedtuple("TPUEstimatorSpec", _FIELDS)):
    """What a `TPUEstimator`'s model function gives.

    Args:
      mode, predictions, loss, train_op, export_outputs, training_hooks, evaluation_hooks, prediction_hooks: as for
        `tf.estimator.EstimatorSpec`.
      eval_metrics: (a function that gives a dict from name to (value, update op), its arguments: a list or dict of tensors).
      scaffold_fn: a function that gives a `Scaffold`.
      host_call: (a function that gives tensors to run with each step, its arguments).

    Raises:
      ValueError: something is missing, or a pair is none; RuntimeError: a function takes another number of tensors.
      TypeError: something of another kind.
    """

    def __new__(
        cls,
        mode,
        predictions=None,
        loss=None,
        train_op=None,
        eval_metrics=None,
        export_outputs=None,
        scaffold_fn=None,
        host_call=None,
        training_hooks=None,
        evaluation_hooks=None,
        prediction_hooks=None,
    ):
        for name, call in (("eval_metrics", eval_metrics), ("host_call", host_call)):
            if call is not None:
                _check_call(name, call)
        hooks = [checked_hooks(given) for given in (training_hooks, evaluation_hooks, prediction_hooks)]
        train_op, loss, predictions, outputs = check_common(mode, predictions, loss, train_op, export_outputs)
        made = mode, predictions, loss, train_op, eval_metrics, outputs, scaffold_fn, host_call
        return super().__new__(cls, *made, *hooks)

    def as_estimator_spec(self):
        """The `EstimatorSpec` of it, for CPUs and GPUs."""
        metrics = None if self.eval_metrics is None else _called("eval_metrics", self.eval_metrics)
        hooks = () if self.host_call is None else (_HostCallHook(_called("host_call", self.host_call)),)
        return EstimatorSpec(
            mode=self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=metrics,
            export_outputs=self.export_outputs,
            scaffold=self.scaffold_fn() if self.scaffold_fn else None,
            training_hooks=self.training_hooks + hooks,
            evaluation_hooks=self.evaluation_hooks + hooks,
            prediction_hooks=self.prediction_hooks + hooks,
        )


def _check_call(name, call):
    """Raises unless it is a function and its tensors."""
    need(isinstance(call, tuple | list), f"{name} should be tuple or list")
    need(len(call) == 2, f"{name} should have two elements.")
    function, tensors = call
    need(callable(function), f"{name}[0] should be callable.", kind=TypeError)
    need(isinstance(tensors, tuple | list | dict), f"{name}[1] should be tuple or list, or dict.")
    if not isinstance(tensors, dict) and inspect.getfullargspec(function).varargs is None:
        count = len(fn_args(function))
        need(
            len(tensors) == count,
            f"In TPUEstimatorSpec.{name}, length of tensors {len(tensors)} does not match method args of the function, which "
            f"takes {count}.",
            kind=RuntimeError,
        )


def _called(name, call):
    """What the function gives."""
    function, tensors = call
    if not isinstance(tensors, dict):
        return function(*tensors)
    try:
        return function(**tensors)
    except TypeError as error:
        logging.warning(
            "Exception while calling %s: %s. It is likely the tensors (%s[1]) do not match the function's arguments",
            name,
            error,
            name,
        )
        raise
