"""QueueRunner: threads that keep a queue filled."""

import threading
import weakref

from ..formats.proto.meta_graph_pb2 import QueueRunnerDef
from ..graph.collection_protos import register_proto
from ..graph.graph import GraphKeys, default_graph, default_session
from ..ground import errors
from ..ground.api import export
from ..ops.queues import QueueBase
from ..platform import logging
from ..run.session import BaseSession

__all__ = ["QueueRunner", "add_queue_runner", "start_queue_runners"]


@export("train.QueueRunner", "train.queue_runner.QueueRunner")
class QueueRunner:
    """Runs enqueue ops again and again, each in a thread of its own, until the queue is closed or the data end.

    Args:
      queue: the queue.
      enqueue_ops: a list of ops; one thread for each.
      close_op: closes the queue; made if None.
      cancel_op: closes it, and cancels the runs that wait; made if None.
      queue_closed_exception_types: a tuple of the errors that mean the end of the data; OutOfRangeError by default.
      queue_runner_def: a `QueueRunnerDef` to make it from, instead of all these.
      import_scope: under what name scope the def's graph was imported.

    Raises:
      ValueError: both kinds of arguments, or none.
      TypeError: `queue_closed_exception_types` is no tuple of classes of errors.
    """

    def __init__(
        self,
        queue=None,
        enqueue_ops=None,
        close_op=None,
        cancel_op=None,
        queue_closed_exception_types=None,
        queue_runner_def=None,
        import_scope=None,
    ):
        if queue_runner_def:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            if not isinstance(queue_runner_def, QueueRunnerDef):
                raise AssertionError(f"queue_runner_def is no QueueRunnerDef: {queue_runner_def!r}")
            self._from_message(queue_runner_def, import_scope)
        else:
            self._from_ops(queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types)
        self._lock = threading.Lock()
        self._runs = weakref.WeakKeyDictionary()
        self._exceptions_raised = []

    def _from_ops(self, queue, enqueue_ops, close_op, cancel_op, kinds):
        if not queue or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        kinds = (errors.OutOfRangeError,) if kinds is None else kinds
        if not isinstance(kinds, tuple) or not kinds or not all(issubclass(k, errors.OpError) for k in kinds):
            raise TypeError(f"queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: {kinds}")
        self._queue, self._enqueue_ops, self._kinds = queue, list(enqueue_ops), kinds
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op

    def _from_message(self, message, scope):
        graph = default_graph()

        def find(name):
            return graph.as_graph_element(f"{scope}/{name}" if scope else name)

        handle = find(message.queue_name)
        handle = handle.outputs[0] if hasattr(handle, "outputs") else handle
        kinds = handle.op.attrs.get("component_types")
        shapes = handle.op.attrs.get("shapes") or None
        self._queue = QueueBase(kinds, shapes, None, handle)
        self._enqueue_ops = [find(name) for name in message.enqueue_op_name]
        self._close_op, self._cancel_op = find(message.close_op_name), find(message.cancel_op_name)
        codes = message.queue_closed_exception_types or [errors.CODES["OUT_OF_RANGE"]]
        self._kinds = tuple(errors.BY_CODE[code] for code in codes)

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def queue(self):
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self):
        """The ops that are run."""
        return self._enqueue_ops

    @property
    def close_op(self):
        """The op that closes the queue."""
        return self._close_op

    @property
    def cancel_op(self):
        """The op that closes the queue and cancels those who wait."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self):
        """The errors that mean the end of the data."""
        return self._kinds

    @property
    def exceptions_raised(self):
        """Errors of threads that had no coordinator to tell."""
        return self._exceptions_raised

    @property
    def name(self):
        """The name of the queue's op."""
        return self._queue.name

    # --- threads ------------------------------------------------------------------------------------

    def _enqueuer(self, sess, enqueue_op):
        """What a thread calls again and again."""
        return sess.make_callable(enqueue_op)

    def _run(self, sess, enqueue_op, coord=None):
        """What a thread does."""
        counted = True
        try:
            enqueue = self._enqueuer(sess, enqueue_op)
            while not (coord and coord.should_stop()):
                try:
                    enqueue()
                except self._kinds:
                    counted = False
                    self._end(sess)
                    return
        except Exception as error:
            if coord:
                coord.request_stop(error)
            else:
                logging.error("Exception in QueueRunner: %s", str(error))
                with self._lock:
                    self._exceptions_raised.append(error)
                raise
        finally:
            if counted:
                with self._lock:
                    self._runs[sess] -= 1

    def _end(self, sess):
        """The end of one thread's data; that of the last closes the queue."""
        with self._lock:
            self._runs[sess] -= 1
            last = self._runs[sess] == 0
        if last:
            try:
                sess.run(self._close_op)
            except errors.OpError as error:  # closed already, say
                logging.debug("Ignored exception: %s", str(error))

    def _close_on_stop(self, sess, cancel_op, coord):
        """What the thread does that waits for the coordinator's stop."""
        coord.wait_for_stop()
        try:
            sess.run(cancel_op)
        except (errors.OpError, RuntimeError) as error:  # closed already, or the session is
            logging.debug("Ignored exception: %s", str(error))

    def create_threads(self, sess, coord=None, daemon=False, start=False):
        """Threads, one for each enqueue op, and with a coordinator one that closes the queue when that stops.

        Args:
          sess: the session.
          coord: a `Coordinator`.
          daemon: whether the process ends without them.
          start: whether they are started.

        Returns:
          A list of threads; an empty one if there are some in that session already.
        """
        with self._lock:
            if self._runs.get(sess, 0) > 0:
                return []
            self._runs[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        threads = [
            threading.Thread(target=self._run, args=(sess, op, coord), name=f"QueueRunnerThread-{self.name}-{op.name}")
            for op in self._enqueue_ops
        ]
        if coord:
            name = f"QueueRunnerThread-{self.name}-close_on_stop"
            threads.append(threading.Thread(target=self._close_on_stop, args=(sess, self._cancel_op, coord), name=name))
        for thread in threads:
            if coord:
                coord.register_thread(thread)
            if daemon:
                thread.daemon = True
            if start:
                thread.start()
        return threads

    # --- files --------------------------------------------------------------------------------------

    def to_proto(self, export_scope=None):
        """A `QueueRunnerDef`; None if the queue is not under the scope."""
        if export_scope is not None and not self.queue.name.startswith(export_scope):
            return None
        short = lambda name: name if export_scope is None else name.removeprefix(export_scope.rstrip("/") + "/")
        return QueueRunnerDef(
            queue_name=short(self.queue.name),
            enqueue_op_name=[short(op.name) for op in self.enqueue_ops],
            close_op_name=short(self.close_op.name),
            cancel_op_name=short(self.cancel_op.name),
            queue_closed_exception_types=[errors.error_code_from_exception_type(kind) for kind in self._kinds],
        )

    @staticmethod
    def from_proto(queue_runner_def, import_scope=None):
        """The QueueRunner of a `QueueRunnerDef`."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


@export("train.add_queue_runner", "train.queue_runner.add_queue_runner")
def add_queue_runner(qr, collection=GraphKeys.QUEUE_RUNNERS):
    """Puts a `QueueRunner` among those that `start_queue_runners` starts."""
    default_graph().add_to_collection(collection, qr)


@export("train.start_queue_runners", "train.queue_runner.start_queue_runners")
def start_queue_runners(sess=None, coord=None, daemon=True, start=True, collection=GraphKeys.QUEUE_RUNNERS):
    """Starts the threads of all `QueueRunner`s of the session's graph.

    Args:
      sess: the session; the default one if None.
      coord: a `Coordinator` for them.
      daemon: whether the process ends without them.
      start: whether they are started, or only made.
      collection: where the runners are.

    Returns:
      The threads.

    Raises:
      ValueError: there is no session; TypeError: `sess` is none.
    """
    if sess is None:
        sess = default_session()
        if not sess:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with sess.as_default()` or pass an "
                "explicit session to tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, BaseSession):
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            return []  # they have started them
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    runners = sess.graph.get_collection(collection)
    if not runners:
        logging.warn(
            "`tf.train.start_queue_runners()` was called when no queue runners were defined. You can safely remove the call "
            "to this deprecated function."
        )
    with sess.graph.as_default():
        return [t for runner in runners for t in runner.create_threads(sess, coord=coord, daemon=daemon, start=start)]


register_proto(GraphKeys.QUEUE_RUNNERS, QueueRunnerDef, QueueRunner.to_proto, QueueRunner.from_proto)
