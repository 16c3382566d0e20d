"""Hooks that write files: checkpoints, summaries, steps a second."""

import os

from ..formats.proto.summary_pb2 import SessionLog, Summary
from ..graph.graph import GraphKeys, default_graph
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from ..summary.cache import FileWriterCache
from .global_step import get_global_step
from .graph_io import write_graph
from .hooks import step_tensor
from .meta_graph import create_meta_graph_def
from .session_run_hook import SessionRunArgs, SessionRunHook
from .timers import SecondOrStepTimer

__all__ = ["CheckpointSaverHook", "CheckpointSaverListener", "StepCounterHook", "SummarySaverHook"]


@export("train.CheckpointSaverListener")
class CheckpointSaverListener:
    """What is told of the checkpoints of a `CheckpointSaverHook`; each method does nothing unless a class of its own says so."""

    def begin(self):
        """Called once, before the session is made."""

    def before_save(self, session, global_step_value):
        """Called before a checkpoint is written."""

    def after_save(self, session, global_step_value):
        """Called after; true asks for the end."""

    def end(self, session, global_step_value):
        """Called at the end, after the last checkpoint."""


@export("train.CheckpointSaverHook")
class CheckpointSaverHook(SessionRunHook):
    """Writes checkpoints: at the start, every so often, and at the end.

    Args:
      checkpoint_dir: the folder.
      save_secs: once in so many seconds.
      save_steps: once in so many steps; exactly one of both is given.
      saver: the `Saver`.
      checkpoint_basename: the beginning of the files' names.
      scaffold: a `Scaffold`, whose saver it is.
      listeners: `CheckpointSaverListener`s.

    Raises:
      ValueError: none or both of save_secs and save_steps; a saver and a scaffold.
    """

    def __init__(
        self,
        checkpoint_dir,
        save_secs=None,
        save_steps=None,
        saver=None,
        checkpoint_basename="model.ckpt",
        scaffold=None,
        listeners=None,
    ):
        logging.info("Create CheckpointSaverHook.")
        need(saver is None or scaffold is None, "You cannot provide both saver and scaffold.")
        self._saver, self._scaffold, self._checkpoint_dir = saver, scaffold, checkpoint_dir
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._listeners = listeners or []
        self._steps_per_run = 1

    def _set_steps_per_run(self, steps_per_run):
        self._steps_per_run = steps_per_run

    def begin(self):
        """Finds the step counter."""
        self._summary_writer = FileWriterCache.get(self._checkpoint_dir)
        self._global_step_tensor = step_tensor(self)
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session, coord):
        """Writes the graph and the first checkpoint."""
        step = session.run(self._global_step_tensor)
        graph = default_graph()
        write_graph(graph.as_graph_def(add_shapes=True), self._checkpoint_dir, "graph.pbtxt")
        saver = self._get_saver()
        meta = create_meta_graph_def(graph_def=graph.as_graph_def(add_shapes=True), saver_def=saver.saver_def if saver else None)
        self._summary_writer.add_graph(graph)
        self._summary_writer.add_meta_graph(meta)
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context):
        """The step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context, run_values):
        """Writes a checkpoint when it is time."""
        if not self._timer.should_trigger_for_step(run_values.results + self._steps_per_run):
            return
        step = run_context.session.run(self._global_step_tensor)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session):
        """Writes the last checkpoint, if there is none of that step."""
        step = session.run(self._global_step_tensor)
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session, step):
        """Writes a checkpoint; whether a listener asks for the end."""
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(session, self._save_path, global_step=step)
        self._summary_writer.add_session_log(SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._save_path), step)
        stop = False
        for listener in self._listeners:
            if listener.after_save(session, step):
                logging.info("A CheckpointSaverListener requested that training be stopped. listener: %s", listener)
                stop = True
        return stop

    def _get_saver(self):
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        savers = default_graph().get_collection(GraphKeys.SAVERS)
        need(
            savers,
            f"No items in collection {GraphKeys.SAVERS}. Please add a saver to the collection or provide a saver or scaffold.",
            kind=RuntimeError,
        )
        need(
            len(savers) == 1,
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by passing it to the "
            "constructor.",
            kind=RuntimeError,
        )
        self._saver = savers[0]
        return self._saver


@export("train.StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Prints steps a second, and writes them as a summary.

    Args:
      every_n_steps: once in so many steps.
      every_n_secs: once in so many seconds; exactly one of both is given.
      output_dir: the summary's folder.
      summary_writer: a `FileWriter` in its place.

    Raises:
      ValueError: none or both are given.
    """

    def __init__(self, every_n_steps=100, every_n_secs=None, output_dir=None, summary_writer=None):
        need(
            (every_n_steps is None) != (every_n_secs is None),
            "exactly one of every_n_steps and every_n_secs should be provided.",
        )
        self._timer = SecondOrStepTimer(every_steps=every_n_steps, every_secs=every_n_secs)
        self._summary_writer, self._output_dir = summary_writer, output_dir
        self._last_global_step, self._steps_per_run = None, 1

    def _set_steps_per_run(self, steps_per_run):
        self._steps_per_run = steps_per_run

    def begin(self):
        """Finds the step counter."""
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._global_step_tensor = step_tensor(self)
        self._summary_tag = get_global_step().op.name + "/sec"

    def before_run(self, run_context):
        """The step."""
        return SessionRunArgs(self._global_step_tensor)

    def _log_and_record(self, elapsed_steps, elapsed_time, global_step):
        speed = elapsed_steps / elapsed_time
        if self._summary_writer is not None:
            summary = Summary(value=[Summary.Value(tag=self._summary_tag, simple_value=speed)])
            self._summary_writer.add_summary(summary, global_step)
        logging.info("%s: %g", self._summary_tag, speed)

    def after_run(self, run_context, run_values):
        """Counts."""
        stale = run_values.results
        if self._timer.should_trigger_for_step(stale + self._steps_per_run):
            step = run_context.session.run(self._global_step_tensor)
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None:
                    self._log_and_record(steps, seconds, step)
        if stale == self._last_global_step:
            logging.log_first_n(
                logging.WARN,
                "It seems that global step (tf.train.get_global_step) has not been increased. Current value (could be stable): "
                "%s vs previous value: %s. You could increase the global step by passing tf.train.get_global_step() to "
                "Optimizer.apply_gradients or Optimizer.minimize.",
                5,
                stale,
                self._last_global_step,
            )
        self._last_global_step = stale


@export("train.SummarySaverHook")
class SummarySaverHook(SessionRunHook):
    """Writes summaries every so often.

    Args:
      save_steps: once in so many steps.
      save_secs: once in so many seconds; exactly one of both is given.
      output_dir: the folder.
      summary_writer: a `FileWriter` in its place.
      scaffold: a `Scaffold`, whose summary_op it is.
      summary_op: a string tensor, or a list of them; exactly one of both is given.

    Raises:
      ValueError: none or both of a pair are given.
    """

    def __init__(self, save_steps=None, save_secs=None, output_dir=None, summary_writer=None, scaffold=None, summary_op=None):
        need(
            (scaffold is None) != (summary_op is None),
            "Exactly one of scaffold or summary_op must be provided.",
        )
        self._summary_op, self._scaffold = summary_op, scaffold
        self._summary_writer, self._output_dir = summary_writer, output_dir
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)

    def begin(self):
        """Finds the step counter."""
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._next_step = None
        self._global_step_tensor = step_tensor(self)

    def before_run(self, run_context):
        """The step, and the summaries when it is time."""
        self._request_summary = self._next_step is None or self._timer.should_trigger_for_step(self._next_step)
        requests = {"global_step": self._global_step_tensor}
        if self._request_summary and self._get_summary_op() is not None:
            requests["summary"] = self._get_summary_op()
        return SessionRunArgs(requests)

    def after_run(self, run_context, run_values):
        """Writes them."""
        if not self._summary_writer:
            return
        step = run_values.results["global_step"]
        if step != self._next_step:  # it was read before the step, not after it; nothing in the graph orders the two
            step += 1
        if self._next_step is None or self._request_summary:
            step = run_context.session.run(self._global_step_tensor)
        if self._next_step is None:
            self._summary_writer.add_session_log(SessionLog(status=SessionLog.START), step)
        if self._request_summary:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._summary_writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session=None):
        """Writes what is kept back."""
        if self._summary_writer:
            self._summary_writer.flush()

    def _get_summary_op(self):
        """The summaries as a list, or None."""
        found = self._summary_op if self._summary_op is not None else self._scaffold.summary_op
        return [found] if found is not None and not isinstance(found, list) else found
