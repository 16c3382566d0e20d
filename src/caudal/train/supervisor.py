"""Supervisor: a session that starts from the last checkpoint, with threads that write checkpoints and summaries."""

import contextlib
import os

from ..build.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
    tables_initializer,
)
from ..formats.proto.summary_pb2 import SessionLog
from ..graph.graph import GraphKeys, default_graph
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.control import group
from ..platform import logging
from ..summary.functions import merge_all
from ..summary.writer import FileWriter
from .coordinator import Coordinator, LooperThread
from .global_step import global_step as value_of_step
from .graph_io import write_graph
from .meta_graph import create_meta_graph_def
from .saver import Saver
from .session_manager import SessionManager
from .supervisor_threads import CheckpointThread, StepCounterThread, SummaryThread

__all__ = ["Supervisor"]

USE_DEFAULT = 0


def _first(key, make=None):
    """The first thing in a collection of the graph; what `make()` gives, put there, if it is empty."""
    graph = default_graph()
    found = graph.get_collection(key)
    if len(found) > 1:
        logging.info("Found %d %s operations. Returning the first one.", len(found), key)
    if found:
        return found[0]
    made = make() if make else None
    if made is not None:
        graph.add_to_collection(key, made)
    return made


def _given(value, key, make=None):
    return _first(key, make) if value is USE_DEFAULT else value


def _default_global_step():
    """The tensor `global_step:0`, if there is one and it is an integer."""
    try:
        found = default_graph().get_tensor_by_name("global_step:0")
    except KeyError:
        return None
    if found.dtype.base_dtype in (dtypes.int32, dtypes.int64):
        return found
    logging.warning("Found 'global_step' is not an int type: %s", found.dtype)
    return None


def _property(name, what):
    return property(lambda self: getattr(self, "_" + name), doc=what)


@export("train.Supervisor")
class Supervisor:
    """Starts a session from the last checkpoint or from nothing, and writes checkpoints and summaries beside the training.

    What is USE_DEFAULT is found in the graph's collections, or made. The graph is final then.

    Args:
      graph: the graph; the default one if None.
      ready_op: a tensor of names of variables without a value; ready_for_local_init_op: the same, before local_init_op.
      is_chief: whether it initialises variables and writes files.
      init_op: what initialises variables; init_feed_dict: what is fed to it.
      local_init_op: what initialises local variables and tables.
      logdir: where checkpoints and summaries are, and go.
      summary_op: all summaries as one; None if the program writes them itself.
      saver: the `Saver`.
      global_step: the step counter.
      save_summaries_secs: how often summaries are written, seconds; 0 for never.
      save_model_secs: how often checkpoints are.
      recovery_wait_secs: how long it waits between looks for a ready model, seconds.
      stop_grace_secs: how long threads may go on at the end, seconds.
      checkpoint_basename: the beginning of the checkpoints' names.
      session_manager: a `SessionManager`.
      summary_writer: a `FileWriter`.
      init_fn: a function of the session, called after init_op.
      local_init_run_options: `RunOptions` of local_init_op.
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(
        self,
        graph=None,
        ready_op=USE_DEFAULT,
        ready_for_local_init_op=USE_DEFAULT,
        is_chief=True,
        init_op=USE_DEFAULT,
        init_feed_dict=None,
        local_init_op=USE_DEFAULT,
        logdir=None,
        summary_op=USE_DEFAULT,
        saver=USE_DEFAULT,
        global_step=USE_DEFAULT,
        save_summaries_secs=120,
        save_model_secs=600,
        recovery_wait_secs=30,
        stop_grace_secs=120,
        checkpoint_basename="model.ckpt",
        session_manager=None,
        summary_writer=USE_DEFAULT,
        init_fn=None,
        local_init_run_options=None,
    ):
        graph = graph or default_graph()
        with graph.as_default():
            self._ready_op = _given(ready_op, GraphKeys.READY_OP, report_uninitialized_variables)
            self._ready_for_local_init_op = _given(ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP)
            self._init_op = _given(init_op, GraphKeys.INIT_OP, global_variables_initializer)
            self._init_feed_dict = init_feed_dict
            self._local_init_op = _given(
                local_init_op,
                GraphKeys.LOCAL_INIT_OP,
                lambda: group(local_variables_initializer(), tables_initializer()),
            )
            self._saver = _given(saver, GraphKeys.SAVERS, lambda: Saver() if global_variables() else None)
            self._summary_op = _given(summary_op, GraphKeys.SUMMARY_OP, merge_all)
            self._global_step = _given(global_step, GraphKeys.GLOBAL_STEP, _default_global_step)
        self._graph, self._is_chief, self._coord = graph, is_chief, Coordinator()
        self._meta_graph_def = create_meta_graph_def(
            graph_def=graph.as_graph_def(add_shapes=True), saver_def=self._saver.saver_def if self._saver else None
        )
        self._stop_grace_secs, self._init_fn = stop_grace_secs, init_fn
        self._logdir = self._save_summaries_secs = self._save_model_secs = self._save_path = self._summary_writer = None
        if is_chief:
            self._logdir, self._save_summaries_secs, self._save_model_secs = logdir, save_summaries_secs, save_model_secs
            self._save_path = os.path.join(logdir, checkpoint_basename) if logdir else None
            self._summary_writer = summary_writer
            if summary_writer is USE_DEFAULT:
                self._summary_writer = FileWriter(logdir) if logdir else None
            self._graph_added_to_summary = False
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op,
            ready_op=self._ready_op,
            ready_for_local_init_op=self._ready_for_local_init_op,
            graph=graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        self._verify_setup()
        graph.finalize()

    def _verify_setup(self):
        if self._is_chief:
            return
        for op in self._graph.get_operations():
            need(
                op.type not in ("Variable", "VariableV2") or op.device,
                f"When using replicas, all Variables must have their device set: {op}",
            )

    is_chief = _property("is_chief", "Whether it initialises variables and writes files.")
    session_manager = _property("session_manager", "The `SessionManager`.")
    coord = _property("coord", "The `Coordinator` of its threads.")
    init_op = _property("init_op", "What initialises variables.")
    init_feed_dict = _property("init_feed_dict", "What is fed to init_op.")
    ready_op = _property("ready_op", "A tensor of names of variables without a value.")
    ready_for_local_init_op = _property("ready_for_local_init_op", "The same, before local_init_op.")
    summary_writer = _property("summary_writer", "The `FileWriter`, or None.")
    summary_op = _property("summary_op", "All summaries as one, or None.")
    save_summaries_secs = _property("save_summaries_secs", "How often summaries are written, seconds.")
    global_step = _property("global_step", "The step counter, or None.")
    saver = _property("saver", "The `Saver`, or None.")
    save_model_secs = _property("save_model_secs", "How often checkpoints are written, seconds.")
    save_path = _property("save_path", "The checkpoints' path.")

    def _write_graph(self):
        if self._logdir:
            write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self._summary_writer and not self._graph_added_to_summary:
            self._summary_writer.add_graph(self._graph)
            self._summary_writer.add_meta_graph(self._meta_graph_def)
            self._graph_added_to_summary = True

    def start_standard_services(self, sess):
        """Starts the threads that write checkpoints and summaries; the list of them.

        Raises:
          RuntimeError: it is no chief.
        """
        need(
            self._is_chief,
            "Only chief supervisor can start standard services. Because only chief supervisors can write events.",
            kind=RuntimeError,
        )
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer:
            log = SessionLog(status=SessionLog.START)
            self._summary_writer.add_session_log(log, value_of_step(sess, self._global_step))
        threads = []
        if self._save_summaries_secs and self._summary_writer:
            if self._summary_op is not None:
                threads.append(SummaryThread(self, sess))
            if self._global_step is not None:
                threads.append(StepCounterThread(self, sess))
        if self._saver and self._save_model_secs:
            threads.append(CheckpointThread(self, sess))
        for thread in threads:
            thread.start()
        return threads

    def prepare_or_wait_for_session(
        self, master="", config=None, wait_for_checkpoint=False, max_wait_secs=7200, start_standard_services=True
    ):
        """A session that is ready.

        Args:
          master: '' for this process.
          config: a `ConfigProto`.
          wait_for_checkpoint: whether to wait for one.
          max_wait_secs: how long to wait, seconds.
          start_standard_services: whether threads and queue runners are started.
        """
        self._coord.clear_stop()
        if self._summary_writer:
            self._summary_writer.reopen()
        if self._is_chief:
            sess = self._session_manager.prepare_session(
                master,
                init_op=self._init_op,
                saver=self._saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self._init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(sess)
        else:
            sess = self._session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(sess)
        return sess

    def start_queue_runners(self, sess, queue_runners=None):
        """Starts queue runners, the graph's by default; the list of their threads."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        threads = []
        for runner in queue_runners:
            threads.extend(runner.create_threads(sess, coord=self._coord, daemon=True, start=True))
        return threads

    def loop(self, timer_interval_secs, target, args=None, kwargs=None):
        """Starts a `LooperThread` that calls `target`."""
        return LooperThread.loop(self._coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)

    def stop(self, threads=None, close_summary_writer=True, ignore_live_threads=False):
        """Stops all threads, and raises the first error of any.

        Args:
          threads: more threads than its own.
          close_summary_writer: whether the writer is closed.
          ignore_live_threads: whether threads that do not end are left alone.
        """
        self._coord.request_stop()
        try:
            self._coord.join(threads, stop_grace_period_secs=self._stop_grace_secs, ignore_live_threads=ignore_live_threads)
        finally:
            if close_summary_writer and self._summary_writer:
                self._summary_writer.add_session_log(SessionLog(status=SessionLog.STOP))
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def request_stop(self, ex=None):
        """Asks all threads to stop; `ex` is raised by `stop`."""
        self._coord.request_stop(ex=ex)

    def should_stop(self):
        """Whether a stop was asked for."""
        return self._coord.should_stop()

    def stop_on_exception(self):
        """A context manager: an error under it asks all threads to stop."""
        return self._coord.stop_on_exception()

    def wait_for_stop(self):
        """Waits until a stop is asked for."""
        self._coord.wait_for_stop()

    def summary_computed(self, sess, summary, global_step=None):
        """Writes a summary that the program computed.

        Raises:
          RuntimeError: there is no writer.
        """
        need(self._summary_writer, "Writing a summary requires a summary writer.", kind=RuntimeError)
        if global_step is None and self._global_step is not None:
            global_step = value_of_step(sess, self._global_step)
        self._summary_writer.add_summary(summary, global_step)

    @contextlib.contextmanager
    def managed_session(self, master="", config=None, start_standard_services=True, close_summary_writer=True):
        """A context manager that gives a ready session; at its end threads stop, files are closed, and errors are raised.

        Args:
          master: '' for this process.
          config: a `ConfigProto`.
          start_standard_services: whether threads and queue runners are started.
          close_summary_writer: whether the writer is closed.
        """
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(master=master, config=config, start_standard_services=start_standard_services)
            yield sess
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if sess is not None:
                    sess.close()

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed
