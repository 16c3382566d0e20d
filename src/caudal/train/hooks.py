"""Hooks that steer a run: when it stops, what it prints, feeds and waits for."""

import time

import numpy as np

from ..graph.graph import default_graph
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from .global_step import global_step_read
from .session_run_hook import SessionRunArgs, SessionRunHook
from .timers import NeverTriggerTimer, SecondOrStepTimer

__all__ = [
    "FeedFnHook",
    "FinalOpsHook",
    "GlobalStepWaiterHook",
    "LoggingTensorHook",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "StopAtStepHook",
]


def element(thing):
    """A tensor or operation of the default graph, by itself or its name."""
    graph = default_graph()
    if not isinstance(thing, str):
        need(
            getattr(thing, "graph", None) is graph,
            f"Passed {thing} should have graph attribute that is equal to current graph {graph}.",
        )
        return thing
    if ":" in thing:
        return graph.as_graph_element(thing)
    made = graph.as_graph_element(thing + ":0")
    need(
        len(made.op.outputs) == 1,
        f"Name {thing} is ambiguous, as this `Operation` has multiple outputs (at least 2).",
    )
    return made


def step_tensor(hook):
    """The tensor that a hook reads the step from.

    Raises:
      RuntimeError: the graph counts no steps.
    """
    found = global_step_read()
    need(found is not None, f"Global step should be created to use {type(hook).__name__}.", kind=RuntimeError)
    return found


@export("train.LoggingTensorHook")
class LoggingTensorHook(SessionRunHook):
    """Prints tensors, at the level INFO.

    Args:
      tensors: a list of tensors or names, or a dict from what is printed before the value to these.
      every_n_iter: print once in so many runs.
      every_n_secs: print once in so many seconds.
      at_end: whether they are printed at the end.
      formatter: a function of the dict of values that gives the line.

    Raises:
      ValueError: not exactly one of every_n_iter and every_n_secs is given (or none, with at_end).
    """

    def __init__(self, tensors, every_n_iter=None, every_n_secs=None, at_end=False, formatter=None):
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        need(
            only_at_end or (every_n_iter is None) != (every_n_secs is None),
            "either at_end and/or exactly one of every_n_iter and every_n_secs must be provided.",
        )
        need(every_n_iter is None or every_n_iter > 0, f"invalid every_n_iter={every_n_iter}.")
        self._tag_order = sorted(tensors) if isinstance(tensors, dict) else tensors
        self._tensors = tensors if isinstance(tensors, dict) else {item: item for item in tensors}
        self._formatter, self._log_at_end = formatter, at_end
        self._timer = NeverTriggerTimer() if only_at_end else SecondOrStepTimer(every_n_secs, every_n_iter)

    def begin(self):
        """Finds the tensors."""
        self._timer.reset()
        self._iter_count = 0
        self._current_tensors = {tag: element(t) for tag, t in self._tensors.items()}

    def before_run(self, run_context):
        """The tensors, when it is time."""
        self._should_trigger = self._timer.should_trigger_for_step(self._iter_count)
        return SessionRunArgs(self._current_tensors) if self._should_trigger else None

    def _log_tensors(self, values):
        elapsed, _ = self._timer.update_last_triggered_step(self._iter_count)
        with np.printoptions(suppress=True):
            if self._formatter:
                logging.info(self._formatter(values))
                return
            line = ", ".join("%s = %s" % (tag, values[tag]) for tag in self._tag_order)
        if elapsed is None:
            logging.info("%s", line)
        else:
            logging.info("%s (%.3f sec)", line, elapsed)

    def after_run(self, run_context, run_values):
        """Prints them."""
        if self._should_trigger:
            self._log_tensors(run_values.results)
        self._iter_count += 1

    def end(self, session):
        """Prints them once more, if asked."""
        if self._log_at_end:
            self._log_tensors(session.run(self._current_tensors))


@export("train.StopAtStepHook")
class StopAtStepHook(SessionRunHook):
    """Asks for the end at a step.

    Args:
      num_steps: how many steps from the session's first on.
      last_step: the last step; exactly one of both is given.

    Raises:
      ValueError: none or both are.
    """

    def __init__(self, num_steps=None, last_step=None):
        need(num_steps is not None or last_step is not None, "One of num_steps or last_step must be specified.")
        need(num_steps is None or last_step is None, "Only one of num_steps or last_step can be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self):
        """Finds the step counter."""
        self._global_step_tensor = step_tensor(self)

    def after_create_session(self, session, coord):
        """Works out the last step."""
        if self._last_step is None:
            self._last_step = session.run(self._global_step_tensor) + self._num_steps

    def before_run(self, run_context):
        """The step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context, run_values):
        """Asks for the end at the last step; the step that was fetched may be from before the run."""
        if run_values.results + 1 >= self._last_step:
            if run_context.session.run(self._global_step_tensor) >= self._last_step:
                run_context.request_stop()


@export("train.NanLossDuringTrainingError")
class NanLossDuringTrainingError(RuntimeError):
    """The loss is not a number."""

    def __str__(self):
        return "NaN loss during training."


@export("train.NanTensorHook")
class NanTensorHook(SessionRunHook):
    """Ends the training when the loss is not a number.

    Args:
      loss_tensor: the loss.
      fail_on_nan_loss: whether that is an error, or only the end.
    """

    def __init__(self, loss_tensor, fail_on_nan_loss=True):
        self._loss_tensor, self._fail_on_nan_loss = loss_tensor, fail_on_nan_loss

    def before_run(self, run_context):
        """The loss."""
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context, run_values):
        """Looks at it.

        Raises:
          NanLossDuringTrainingError: it is not a number.
        """
        if not np.isnan(run_values.results):
            return
        if self._fail_on_nan_loss:
            logging.error("Model diverged with loss = NaN.")
            raise NanLossDuringTrainingError
        logging.warning("Model diverged with loss = NaN.")
        run_context.request_stop()


@export("train.GlobalStepWaiterHook")
class GlobalStepWaiterHook(SessionRunHook):
    """Waits before the first run until others have counted to a step.

    Args:
      wait_until_step: the step.
    """

    def __init__(self, wait_until_step):
        self._wait_until_step, self._worker_is_started = wait_until_step, False

    def begin(self):
        """Finds the step counter."""
        self._worker_is_started = False
        self._global_step_tensor = step_tensor(self)

    def before_run(self, run_context):
        """Waits, half a second at a time."""
        if self._worker_is_started:
            return
        if self._wait_until_step <= 0:
            self._worker_is_started = True
            return
        logging.info("Waiting for global step %d before starting training.", self._wait_until_step)
        last_logged = 0
        while True:
            step = run_context.session.run(self._global_step_tensor)
            if step >= self._wait_until_step:
                self._worker_is_started = True
                return
            if step - last_logged > 1000:
                logging.info(
                    "Waiting for global step %d before starting training. Current step is %d.", self._wait_until_step, step
                )
                last_logged = step
            time.sleep(0.5)


@export("train.FinalOpsHook")
class FinalOpsHook(SessionRunHook):
    """Runs ops at the end, and keeps what they give.

    Args:
      final_ops: a tensor, or a nest of them.
      final_ops_feed_dict: what is fed.
    """

    def __init__(self, final_ops, final_ops_feed_dict=None):
        self._final_ops, self._final_ops_feed_dict, self._final_ops_values = final_ops, final_ops_feed_dict, None

    @property
    def final_ops_values(self):
        """What they gave, or None before the end."""
        return self._final_ops_values

    def end(self, session):
        """Runs them."""
        if self._final_ops is not None:
            self._final_ops_values = session.run(self._final_ops, feed_dict=self._final_ops_feed_dict)


@export("train.FeedFnHook")
class FeedFnHook(SessionRunHook):
    """Feeds each run with what a function gives.

    Args:
      feed_fn: a function without arguments that gives a feed dict.
    """

    def __init__(self, feed_fn):
        self.feed_fn = feed_fn

    def before_run(self, run_context):
        """The feed dict."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())
