"""Hooks that end a training by what evaluations found so far."""

import collections
import glob
import operator
import os
import time

from ..build.initializers import Constant
from ..build.scopes import AUTO_REUSE, get_variable, variable_scope
from ..formats.paths import to_path
from ..graph.graph import GraphKeys
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.state import assign
from ..platform import logging
from ..summary.event_file import summary_iterator
from ..train.global_step import get_global_step, global_step_read
from ..train.hooks import StopAtStepHook
from ..train.session_run_hook import SessionRunArgs, SessionRunHook
from ..train.timers import SecondOrStepTimer
from .estimator import Estimator
from .training import saved_step

__all__ = ["make_early_stopping_hook", "read_eval_metrics"]


def read_eval_metrics(eval_dir):
    """Step -> a dict from the names of metrics to their values, in order of steps, from a folder's event files."""
    found = collections.defaultdict(dict)
    for path in sorted(glob.glob(os.path.join(to_path(eval_dir), "events.out.tfevents.*"))):
        for event in summary_iterator(path):
            metrics = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
            if metrics:
                found[event.step].update(metrics)
    return collections.OrderedDict(sorted(found.items()))


def _stop_variable():
    with variable_scope("signal_early_stopping", values=[], reuse=AUTO_REUSE):
        return get_variable(
            "STOP",
            shape=[],
            dtype=dtypes.bool,
            initializer=Constant(False),
            collections=[GraphKeys.GLOBAL_VARIABLES],
            trainable=False,
        )


class _StopOnPredicateHook(SessionRunHook):
    """Asks a function now and then whether to stop, and tells other machines by a variable."""

    def __init__(self, should_stop_fn, run_every_secs=60, run_every_steps=None):
        need(callable(should_stop_fn), "`should_stop_fn` must be callable.", kind=TypeError)
        self._should_stop_fn = should_stop_fn
        self._timer = SecondOrStepTimer(every_secs=run_every_secs, every_steps=run_every_steps)

    def begin(self):
        """Finds the step counter, and makes the variable."""
        self._global_step_tensor = get_global_step()
        self._stop_op = assign(_stop_variable(), True)

    def before_run(self, run_context):
        """The step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context, run_values):
        """Asks when it is time."""
        step = run_values.results
        if not self._timer.should_trigger_for_step(step):
            return
        self._timer.update_last_triggered_step(step)
        if self._should_stop_fn():
            logging.info("Requesting early stopping at global step %d", step)
            run_context.session.run(self._stop_op)
            run_context.request_stop()


class _CheckForStoppingHook(SessionRunHook):
    """Stops when the chief's variable says so."""

    def begin(self):
        """Makes the variable."""
        self._stop_var = _stop_variable()

    def before_run(self, run_context):
        """The variable."""
        return SessionRunArgs(self._stop_var)

    def after_run(self, run_context, run_values):
        """Looks at it."""
        if run_values.results:
            logging.info("Early stopping requested, suspending run.")
            run_context.request_stop()


@export("estimator.experimental.make_early_stopping_hook", "contrib.estimator.make_early_stopping_hook")
def make_early_stopping_hook(estimator, should_stop_fn, run_every_secs=60, run_every_steps=None):
    """A hook that ends a training when a function says so.

    Args:
      estimator: the `Estimator`.
      should_stop_fn: a function without arguments that gives a bool.
      run_every_secs: it is asked once in so many seconds.
      run_every_steps: or once in so many steps; then run_every_secs is None.

    Raises:
      TypeError: the first is no estimator; ValueError: both of run_every_secs and run_every_steps.
    """
    need(
        isinstance(estimator, Estimator),
        f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}",
        kind=TypeError,
    )
    need(
        run_every_secs is None or run_every_steps is None,
        "Only one of `run_every_secs` and `run_every_steps` must be set.",
    )
    if not estimator.config.is_chief:
        return _CheckForStoppingHook()
    return _StopOnPredicateHook(should_stop_fn, run_every_secs, run_every_steps)


def _crossed(metrics, name, threshold, better, min_steps):
    """Whether a metric has ever been beyond a threshold, from a step on."""
    words = "greater than" if better is operator.gt else "less than"
    for step, found in metrics.items():
        if step >= min_steps and better(found[name], threshold):
            logging.info(
                'At step %s, metric "%s" has value %s which is %s the configured threshold (%s) for early stopping.',
                step,
                name,
                found[name],
                words,
                threshold,
            )
            return True
    return False


def _at_rest(metrics, name, max_steps, better, min_steps):
    """Whether a metric has not become better for so many steps."""
    best = best_step = None
    for step, found in metrics.items():
        if step < min_steps:
            continue
        if best is None or better(found[name], best):
            best, best_step = found[name], step
        if step - best_step >= max_steps:
            logging.info(
                'No %s in metric "%s" for %s steps, which is greater than or equal to max steps (%s) configured for early stopping.',
                "increase" if better is operator.gt else "decrease",
                name,
                step - best_step,
                max_steps,
            )
            return True
    return False


def _hook(rule, better, estimator, name, bound, eval_dir, min_steps, run_every_secs, run_every_steps):
    """The hook of a rule of the metrics so far."""
    folder = estimator.eval_dir() if eval_dir is None else eval_dir
    decide = lambda: rule(read_eval_metrics(folder), name, bound, better, min_steps)
    return make_early_stopping_hook(estimator, decide, run_every_secs, run_every_steps)


@export("estimator.experimental.stop_if_higher_hook", "contrib.estimator.stop_if_higher_hook")
def stop_if_higher_hook(estimator, metric_name, threshold, eval_dir=None, min_steps=0, run_every_secs=60, run_every_steps=None):
    """A hook that ends a training once a metric is above a threshold.

    Args:
      estimator: the `Estimator`.
      metric_name: the metric, as `evaluate` names it.
      threshold: the threshold.
      eval_dir: the folder of the evaluation's events; the estimator's own by default.
      min_steps: earlier evaluations don't count.
      run_every_secs, run_every_steps: as for `make_early_stopping_hook`.
    """
    rest = eval_dir, min_steps, run_every_secs, run_every_steps
    return _hook(_crossed, operator.gt, estimator, metric_name, threshold, *rest)


@export("estimator.experimental.stop_if_lower_hook", "contrib.estimator.stop_if_lower_hook")
def stop_if_lower_hook(estimator, metric_name, threshold, eval_dir=None, min_steps=0, run_every_secs=60, run_every_steps=None):
    """A hook that ends a training once a metric is below a threshold; the arguments are `stop_if_higher_hook`'s."""
    rest = eval_dir, min_steps, run_every_secs, run_every_steps
    return _hook(_crossed, operator.lt, estimator, metric_name, threshold, *rest)


@export("estimator.experimental.stop_if_no_increase_hook", "contrib.estimator.stop_if_no_increase_hook")
def stop_if_no_increase_hook(
    estimator,
    metric_name,
    max_steps_without_increase,
    eval_dir=None,
    min_steps=0,
    run_every_secs=60,
    run_every_steps=None,
):
    """A hook that ends a training once a metric has not grown for so many steps.

    Args:
      max_steps_without_increase: how many.
      estimator, metric_name, eval_dir, min_steps, run_every_secs, run_every_steps: as for `stop_if_higher_hook`.
    """
    rest = eval_dir, min_steps, run_every_secs, run_every_steps
    return _hook(_at_rest, operator.gt, estimator, metric_name, max_steps_without_increase, *rest)


@export("estimator.experimental.stop_if_no_decrease_hook", "contrib.estimator.stop_if_no_decrease_hook")
def stop_if_no_decrease_hook(
    estimator,
    metric_name,
    max_steps_without_decrease,
    eval_dir=None,
    min_steps=0,
    run_every_secs=60,
    run_every_steps=None,
):
    """A hook that ends a training once a metric has not fallen for so many steps.

    Args:
      max_steps_without_decrease: how many.
      estimator, metric_name, eval_dir, min_steps, run_every_secs, run_every_steps: as for `stop_if_higher_hook`.
    """
    rest = eval_dir, min_steps, run_every_secs, run_every_steps
    return _hook(_at_rest, operator.lt, estimator, metric_name, max_steps_without_decrease, *rest)


class _StopAtCheckpointStepHook(SessionRunHook):
    """Ends the training of a machine that isn't the chief once a step is in a checkpoint."""

    def __init__(self, model_dir, last_step, wait_after_file_check_secs=30):
        need(last_step is not None, "last_step must be specified.")
        need(model_dir is not None, "model_dir must be specified.")
        self._model_dir, self._last_step, self._wait = model_dir, last_step, wait_after_file_check_secs

    def begin(self):
        """Finds the step counter."""
        self._global_step_tensor = global_step_read()
        need(
            self._global_step_tensor is not None,
            "Global step should be created to use StopAtCheckpointStepHook.",
            kind=RuntimeError,
        )

    def before_run(self, run_context):
        """The step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context, run_values):
        """Looks into the folder."""
        if run_values.results + 1 < self._last_step:
            return
        if saved_step(self._model_dir) >= self._last_step:
            run_context.request_stop()
        else:
            time.sleep(self._wait)


@export("estimator.experimental.make_stop_at_checkpoint_step_hook", "contrib.estimator.make_stop_at_checkpoint_step_hook")
def make_stop_at_checkpoint_step_hook(estimator, last_step, wait_after_file_check_secs=30):
    """A hook that ends a training at a step, which another machine may have saved.

    Args:
      estimator: the `Estimator`.
      last_step: the step.
      wait_after_file_check_secs: between looks into the folder, seconds.
    """
    if estimator.config.is_chief:
        return StopAtStepHook(last_step=last_step)
    return _StopAtCheckpointStepHook(estimator.model_dir, last_step, wait_after_file_check_secs)
