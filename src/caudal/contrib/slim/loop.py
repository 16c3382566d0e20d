"""slim.learning.train: the loop that runs a training op, with checkpoints, summaries and a last loss."""

import json
import os
import sys
import time

from ...build.variables import (
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
    tables_initializer,
)
from ...formats.proto import RunMetadata, RunOptions
from ...graph.graph import default_graph
from ...graph.scopes import name_scope
from ...ground.api import PUBLIC, export
from ...ground.errors import AbortedError, OutOfRangeError, need
from ...ops.basic import constant
from ...ops.control import group
from ...ops.elementwise import PLAIN, equal
from ...platform import logging
from ...summary.functions import merge_all
from ...train.global_step import get_or_create_global_step
from ...train.saver import Saver
from ...train.supervisor import Supervisor

__all__ = ["train", "train_step"]

_USE_DEFAULT = 0


@export("contrib.slim.learning.train_step")
def train_step(sess, train_op, global_step, train_step_kwargs):
    """Makes one step.

    Args:
      sess: the session.
      train_op: what `create_train_op` gave.
      global_step: the step counter.
      train_step_kwargs: a dict of tensors `should_stop`, `should_log`, `should_trace`, which say what to do after the step;
        with the last `logdir`, and perhaps `summary_writer`.

    Returns:
      (loss, whether to stop).

    Raises:
      ValueError: `should_trace` without `logdir`.
    """
    start = time.time()
    options = metadata = None
    if "should_trace" in train_step_kwargs:
        need(
            "logdir" in train_step_kwargs,
            "logdir must be present in train_step_kwargs when should_trace is present",
        )
        if sess.run(train_step_kwargs["should_trace"]):
            options, metadata = RunOptions(trace_level=RunOptions.FULL_TRACE), RunMetadata()
    loss, step = sess.run([train_op, global_step], options=options, run_metadata=metadata)
    elapsed = time.time() - start
    if metadata is not None:
        _trace(train_step_kwargs, metadata, int(step), start, elapsed)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed)
    stop = sess.run(train_step_kwargs["should_stop"]) if "should_stop" in train_step_kwargs else False
    return loss, stop


def _trace(train_step_kwargs, metadata, step, start, elapsed):
    """Writes when a step ran, as Chrome's tracing reads it."""
    path = os.path.join(train_step_kwargs["logdir"], f"tf_trace-{step}.json")
    logging.info("Writing trace to %s", path)
    event = {"ph": "X", "cat": "Op", "name": "Session.run", "pid": 0, "tid": 0, "ts": start * 1e6, "dur": elapsed * 1e6}
    with open(path, "w") as file:
        json.dump({"traceEvents": [event]}, file, indent=4)
    if "summary_writer" in train_step_kwargs:
        train_step_kwargs["summary_writer"].add_run_metadata(metadata, f"run_metadata-{step}")


@export("contrib.slim.learning.train")
def train(
    train_op,
    logdir,
    train_step_fn=train_step,
    train_step_kwargs=_USE_DEFAULT,
    log_every_n_steps=1,
    graph=None,
    master="",
    is_chief=True,
    global_step=None,
    number_of_steps=None,
    init_op=_USE_DEFAULT,
    init_feed_dict=None,
    local_init_op=_USE_DEFAULT,
    init_fn=None,
    ready_op=_USE_DEFAULT,
    summary_op=_USE_DEFAULT,
    save_summaries_secs=600,
    summary_writer=_USE_DEFAULT,
    startup_delay_steps=0,
    saver=None,
    save_interval_secs=600,
    sync_optimizer=None,
    session_config=None,
    session_wrapper=None,
    trace_every_n_steps=None,
    ignore_live_threads=False,
):
    """Runs a training op until `number_of_steps`, the end of the data or a stop, and gives the last loss.

    Args:
      train_op: what `create_train_op` gave.
      logdir: where checkpoints and summaries are, and go; None for nowhere.
      train_step_fn: one step, as `train_step`; train_step_kwargs: its last argument.
      log_every_n_steps: how often the loss is printed, at the level INFO; 0 for never.
      graph: the graph; the default one if None.
      master: '' for this process.
      is_chief: whether it initialises variables and writes files.
      global_step: the step counter; found or made if None.
      number_of_steps: when to stop; None for never.
      init_op: what initialises variables; init_feed_dict: what is fed to it.
      local_init_op: what initialises local variables and tables.
      init_fn: a function of the session, called after init_op, as `assign_from_checkpoint_fn` gives it.
      ready_op: a tensor of names of variables without a value.
      summary_op: all summaries as one; None for none.
      save_summaries_secs: how often summaries are written, seconds.
      summary_writer: a `FileWriter`; None for none.
      startup_delay_steps: how many steps one that is no chief lets others make first.
      saver: the `Saver`.
      save_interval_secs: how often checkpoints are written, seconds.
      sync_optimizer: a `SyncReplicasOptimizer`, or a list of them.
      session_config: a `ConfigProto`.
      session_wrapper: a function from the session to the one that is used.
      trace_every_n_steps: how often a trace is written; None for never.
      ignore_live_threads: whether threads that do not end are left alone.

    Raises:
      ValueError: no train op, or arguments that want a logdir without one.
    """
    _check(train_op, logdir, summary_op, saver, trace_every_n_steps, number_of_steps)
    sync = _as_list(sync_optimizer)
    need(sync is None or startup_delay_steps <= 0, "startup_delay_steps must be zero when sync_optimizer is supplied.")
    graph = graph or default_graph()
    with graph.as_default():
        if global_step is None:
            global_step = get_or_create_global_step()
        saver = saver or Saver()
        _check_sync(sync)
        ops = _init_ops(init_op, ready_op, local_init_op, sync, is_chief)
        if summary_op is _USE_DEFAULT:
            summary_op = merge_all()
        if summary_writer is _USE_DEFAULT:
            summary_writer = Supervisor.USE_DEFAULT
        tokens = runners = None
        if is_chief and sync is not None:
            tokens = [opt.get_init_tokens_op() for opt in sync]
            runners = [opt.get_chief_queue_runner() for opt in sync]
        if train_step_kwargs is _USE_DEFAULT:
            train_step_kwargs = _step_arguments(
                global_step, number_of_steps, log_every_n_steps, trace_every_n_steps if is_chief else None, logdir
            )
    sv = Supervisor(
        graph=graph,
        is_chief=is_chief,
        logdir=logdir,
        init_feed_dict=init_feed_dict,
        summary_op=summary_op,
        summary_writer=summary_writer,
        global_step=global_step,
        saver=saver,
        save_summaries_secs=save_summaries_secs,
        save_model_secs=save_interval_secs,
        init_fn=init_fn,
        **ops,
    )
    if summary_writer is not None:
        train_step_kwargs["summary_writer"] = sv.summary_writer

    def begin(sess):
        """The threads that are started before the first step."""
        if is_chief:
            if logdir:
                sv.start_standard_services(sess)
        elif startup_delay_steps > 0:
            _wait_for_step(sess, global_step, min(startup_delay_steps, number_of_steps or sys.maxsize))
        threads = sv.start_queue_runners(sess)
        logging.info("Starting Queues.")
        if runners is not None:
            sv.start_queue_runners(sess, runners)
            sess.run(tokens)
        return threads

    loss, retry = None, True
    while retry:
        try:
            retry = False
            with sv.managed_session(master, start_standard_services=False, config=session_config) as sess:
                logging.info("Starting Session.")
                if session_wrapper is not None:
                    logging.info("Wrapping session with wrapper function: %s", session_wrapper)
                    sess = session_wrapper(sess)
                threads = begin(sess)
                try:
                    while not sv.should_stop():
                        loss, stop = train_step_fn(sess, train_op, global_step, train_step_kwargs)
                        if stop:
                            logging.info("Stopping Training.")
                            sv.request_stop()
                            break
                except OutOfRangeError as error:
                    logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
                if logdir and sv.is_chief:
                    logging.info("Finished training! Saving model to disk.")
                    sv.saver.save(sess, sv.save_path, global_step=sv.global_step)
                    sv.stop(threads, close_summary_writer=True, ignore_live_threads=ignore_live_threads)
        except AbortedError:  # a server was started anew
            logging.info("Retrying training!")
            retry = True
    return loss


def _check(train_op, logdir, summary_op, saver, trace_every_n_steps, number_of_steps):
    need(train_op is not None, "train_op cannot be None.")
    if logdir is None:
        need(summary_op is _USE_DEFAULT, "Cannot provide summary_op because logdir=None")
        need(saver is None, "Cannot provide saver because logdir=None")
        need(trace_every_n_steps is None, "Cannot provide trace_every_n_steps because logdir=None")
    need(number_of_steps is None or number_of_steps > 0, "`number_of_steps` must be either None or a positive number.")


def _as_list(sync_optimizer):
    kind = PUBLIC.get("train.SyncReplicasOptimizer")
    return [sync_optimizer] if kind is not None and isinstance(sync_optimizer, kind) else sync_optimizer


def _check_sync(sync):
    kind = PUBLIC.get("train.SyncReplicasOptimizer")
    for opt in sync if sync is not None else ():
        need(
            kind is not None and isinstance(opt, kind),
            "`sync_optimizer` must be a tf.train.SyncReplicasOptimizer.",
        )


def _init_ops(init_op, ready_op, local_init_op, sync, is_chief):
    """The ops by which a session gets ready."""
    with name_scope("init_ops"):
        if init_op is _USE_DEFAULT:
            init_op = global_variables_initializer()
        if ready_op is _USE_DEFAULT:
            ready_op = report_uninitialized_variables()
        if local_init_op is _USE_DEFAULT:
            local_init_op = group(local_variables_initializer(), tables_initializer())
        ready_for_local = None
        if isinstance(sync, list):
            local_init_op = [opt.chief_init_op if is_chief else opt.local_step_init_op for opt in sync]
            ready_for_local = [opt.ready_for_local_init_op for opt in sync]
    return {
        "init_op": init_op,
        "ready_op": ready_op,
        "local_init_op": local_init_op,
        "ready_for_local_init_op": ready_for_local,
    }


def _step_arguments(global_step, number_of_steps, log_every_n_steps, trace_every_n_steps, logdir):
    """What `train_step` is given by default."""
    with name_scope("train_step"):
        out = {"should_stop": PLAIN["GreaterEqual"](global_step, number_of_steps) if number_of_steps else constant(False)}
        if log_every_n_steps > 0:
            out["should_log"] = equal(PLAIN["FloorMod"](global_step, log_every_n_steps), 0)
        if trace_every_n_steps is not None:
            out["should_trace"] = equal(PLAIN["FloorMod"](global_step, trace_every_n_steps), 0)
            out["logdir"] = logdir
    return out


def _wait_for_step(sess, global_step, step):
    """Waits until others have counted to a step."""
    while sess.run(global_step) < step:
        logging.info("Waiting for step %d to start.", step)
        time.sleep(1.0)
