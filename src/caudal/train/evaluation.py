"""Evaluation: batches counted, values at the end, once for a checkpoint or for each new one."""

import math
import time

from ..build.initializers import Zeros
from ..build.scopes import get_variable
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from ..ops.state import assign_add
from ..platform import logging
from ..summary.cache import FileWriterCache
from ..summary.functions import merge_all
from .checkpoint_state import latest_checkpoint
from .global_step import get_or_create_global_step, global_step
from .hooks import FinalOpsHook
from .monitored_session import MonitoredSession
from .scaffold import Scaffold
from .session_creators import ChiefSessionCreator
from .session_run_hook import SessionRunArgs, SessionRunHook

__all__ = ["StopAfterNEvalsHook", "SummaryAtEndHook", "evaluate_once", "evaluate_repeatedly"]


@export("contrib.training.get_or_create_eval_step")
def get_or_create_eval_step():
    """The local variable that counts evaluated batches, made if it is not there.

    Raises:
      ValueError: there are several.
    """
    found = default_graph().get_collection(GraphKeys.EVAL_STEP)
    need(len(found) <= 1, "Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if found:
        return found[0]
    return get_variable(
        "eval_step",
        shape=[],
        dtype=dtypes.int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


@export("contrib.training.StopAfterNEvalsHook")
class StopAfterNEvalsHook(SessionRunHook):
    """Ends an evaluation after so many batches.

    Args:
      num_evals: how many; None for all.
      log_progress: whether it prints how far it is.
    """

    def __init__(self, num_evals, log_progress=True):
        self._num_evals, self._log_progress, self._evals_completed = num_evals, log_progress, None
        self._log_frequency = 1 if num_evals is None or num_evals < 20 else math.floor(num_evals / 10.0)

    def _set_evals_completed_tensor(self, tensor):
        self._evals_completed = tensor

    def before_run(self, run_context):
        """The count."""
        return SessionRunArgs({"evals_completed": self._evals_completed})

    def after_run(self, run_context, run_values):
        """Prints it, and ends after the last batch."""
        done = run_values.results["evals_completed"]
        if self._log_progress:
            if self._num_evals is None:
                logging.info("Evaluation [%d]", done)
            elif done % self._log_frequency == 0 or self._num_evals == done:
                logging.info("Evaluation [%d/%d]", done, self._num_evals)
        if self._num_evals is not None and done >= self._num_evals:
            run_context.request_stop()


@export("contrib.training.SummaryAtEndHook")
class SummaryAtEndHook(SessionRunHook):
    """Writes summaries at the end.

    Args:
      log_dir: the folder.
      summary_writer: a `FileWriter` in its place.
      summary_op: the summaries as one; all by default.
      feed_dict: what is fed.

    Raises:
      ValueError: neither folder nor writer.
    """

    def __init__(self, log_dir=None, summary_writer=None, summary_op=None, feed_dict=None):
        self._summary_op, self._replace_summary_op = summary_op, summary_op is None
        self._feed_dict, self._summary_writer, self._log_dir = feed_dict, summary_writer, log_dir
        need(log_dir is not None or summary_writer is not None, "One of log_dir or summary_writer should be used.")

    def begin(self):
        """Finds the summaries and the step counter."""
        if self._replace_summary_op:
            self._summary_op = merge_all()
        self._global_step = get_or_create_global_step()

    def after_create_session(self, session, coord):
        """Finds the writer."""
        if self._summary_writer is None and self._log_dir:
            self._summary_writer = FileWriterCache.get(self._log_dir)

    def end(self, session):
        """Writes them."""
        step = global_step(session, self._global_step)
        made = session.run(self._summary_op, self._feed_dict)
        if self._summary_writer:
            self._summary_writer.add_summary(made, step)
            self._summary_writer.flush()


def _counted(eval_ops):
    """The ops, and one that counts their runs."""
    if eval_ops is None:
        return None
    count = assign_add(get_or_create_eval_step(), 1)
    if isinstance(eval_ops, dict):
        return eval_ops | {"update_eval_step": count}
    return [*eval_ops, count] if isinstance(eval_ops, (tuple, list)) else [eval_ops, count]


def _count_after(eval_ops):
    """The count after the ops."""
    ops = eval_ops.values() if isinstance(eval_ops, dict) else eval_ops or ()
    with control_dependencies(list(ops)):
        return identity(get_or_create_eval_step().read_value())


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.localtime())


def _prepared(eval_ops, final_ops, final_ops_feed_dict, hooks):
    """(ops, hooks, the hook that keeps the final values)."""
    get_or_create_eval_step()
    eval_ops, hooks = _counted(eval_ops), list(hooks or ())
    count = _count_after(eval_ops)
    for hook in hooks:
        if isinstance(hook, StopAfterNEvalsHook):
            hook._set_evals_completed_tensor(count)
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    return eval_ops, [*hooks, final], final


def _evaluate(checkpoint_path, master, scaffold, eval_ops, feed_dict, hooks, config):
    logging.info("Starting evaluation at %s", _now())
    creator = ChiefSessionCreator(scaffold=scaffold, checkpoint_filename_with_path=checkpoint_path, master=master, config=config)
    with MonitoredSession(session_creator=creator, hooks=hooks) as session:
        if eval_ops is not None:
            while not session.should_stop():
                session.run(eval_ops, feed_dict)
    logging.info("Finished evaluation at %s", _now())


@export("contrib.training.evaluate_once")
def evaluate_once(
    checkpoint_path,
    master="",
    scaffold=None,
    eval_ops=None,
    feed_dict=None,
    final_ops=None,
    final_ops_feed_dict=None,
    hooks=None,
    config=None,
):
    """Evaluates a checkpoint.

    Args:
      checkpoint_path: the checkpoint.
      master: '' for this process.
      scaffold: a `Scaffold`.
      eval_ops: run for each batch; feed_dict: what is fed to them.
      final_ops: run at the end; final_ops_feed_dict: what is fed to them.
      hooks: `SessionRunHook`s; `StopAfterNEvalsHook` ends the evaluation.
      config: a `ConfigProto`.

    Returns:
      What final_ops gave; None without them.
    """
    eval_ops, hooks, final = _prepared(eval_ops, final_ops, final_ops_feed_dict, hooks)
    _evaluate(checkpoint_path, master, scaffold, eval_ops, feed_dict, hooks, config)
    return final.final_ops_values


@export("contrib.training.evaluate_repeatedly")
def evaluate_repeatedly(
    checkpoint_dir,
    master="",
    scaffold=None,
    eval_ops=None,
    feed_dict=None,
    final_ops=None,
    final_ops_feed_dict=None,
    eval_interval_secs=60,
    hooks=None,
    config=None,
    max_number_of_evaluations=None,
    timeout=None,
    timeout_fn=None,
):
    """Evaluates each new checkpoint of a folder.

    Args:
      checkpoint_dir: the folder.
      eval_interval_secs: at least how long lies between two evaluations, seconds.
      max_number_of_evaluations: how many at most; None for no end.
      timeout: how long it waits for a checkpoint, seconds; None for ever.
      timeout_fn: called then; false goes on waiting.
      master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, hooks, config: as for `evaluate_once`.

    Returns:
      What final_ops gave last.
    """
    eval_ops, hooks, final = _prepared(eval_ops, final_ops, final_ops_feed_dict, hooks)
    scaffold, count = scaffold or Scaffold(), 0
    for path in checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn):
        _evaluate(path, master, scaffold, eval_ops, feed_dict, hooks, config)
        count += 1
        if max_number_of_evaluations is not None and count >= max_number_of_evaluations:
            break
    return final.final_ops_values


@export("contrib.training.wait_for_new_checkpoint")
def wait_for_new_checkpoint(checkpoint_dir, last_checkpoint=None, seconds_to_sleep=1, timeout=None):
    """The path of a checkpoint that is not the last one; None if there is none in time.

    Args:
      checkpoint_dir: the folder.
      last_checkpoint: the one that is known.
      seconds_to_sleep: between looks.
      timeout: how long it waits, seconds; None for ever.
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    end = None if timeout is None else time.time() + timeout
    while True:
        path = latest_checkpoint(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            logging.info("Found new checkpoint at %s", path)
            return path
        if end is not None and time.time() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


@export("train.checkpoints_iterator", "contrib.training.checkpoints_iterator")
def checkpoints_iterator(checkpoint_dir, min_interval_secs=0, timeout=None, timeout_fn=None):
    """Yields the paths of a folder's checkpoints as they come.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: at least how long lies between two, seconds.
      timeout: how long it waits, seconds; None for ever.
      timeout_fn: called then; true ends it, false goes on waiting.
    """
    path = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if not timeout_fn or timeout_fn():
                logging.info("Timed-out waiting for a checkpoint.")
                return
            continue
        path, start = new, time.time()
        yield path
        left = start + min_interval_secs - time.time()
        if left > 0:
            time.sleep(left)
