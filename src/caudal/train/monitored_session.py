"""MonitoredSession: a session that starts ready, calls hooks round its runs, and ends cleanly."""

import inspect

from ..graph.graph import GraphKeys, default_graph
from ..ground.api import export
from ..ground.errors import OutOfRangeError, need
from .coordinator import Coordinator
from .queue_runner import start_queue_runners
from .saving_hooks import CheckpointSaverHook, StepCounterHook, SummarySaverHook
from .scaffold import Scaffold
from .session_creators import ChiefSessionCreator, WorkerSessionCreator
from .wrapped_sessions import CoordinatedSession, HookedSession, RecoverableSession, StepContext

__all__ = ["MonitoredSession", "MonitoredTrainingSession", "SingularMonitoredSession"]

USE_DEFAULT = object()


@export("train.MonitoredTrainingSession")
def MonitoredTrainingSession(  # noqa: N802  # TF's name
    master="",
    is_chief=True,
    checkpoint_dir=None,
    scaffold=None,
    hooks=None,
    chief_only_hooks=None,
    save_checkpoint_secs=USE_DEFAULT,
    save_summaries_steps=USE_DEFAULT,
    save_summaries_secs=USE_DEFAULT,
    config=None,
    stop_grace_period_secs=120,
    log_step_count_steps=100,
    max_wait_secs=7200,
    save_checkpoint_steps=USE_DEFAULT,
    summary_dir=None,
):
    """A `MonitoredSession` for training, with hooks that write checkpoints and summaries.

    Args:
      master: '' for this process.
      is_chief: whether it initialises variables and writes files; others wait for the chief.
      checkpoint_dir: where checkpoints are, and go.
      scaffold: a `Scaffold`.
      hooks: more `SessionRunHook`s.
      chief_only_hooks: hooks for the chief.
      save_checkpoint_secs, save_checkpoint_steps: how often a checkpoint is written; every 600 seconds by default.
      save_summaries_steps, save_summaries_secs: how often summaries are; every 100 steps by default.
      config: a `ConfigProto`.
      stop_grace_period_secs: how long threads may go on at the end, seconds.
      log_step_count_steps: how often steps a second are printed; None for never.
      max_wait_secs: how long others wait for the chief, seconds.
      summary_dir: where summaries go; checkpoint_dir by default.
    """
    summaries = _often(save_summaries_steps, save_summaries_secs, (100, None))
    checkpoints = _often(save_checkpoint_steps, save_checkpoint_secs, (None, 600))
    scaffold = scaffold or Scaffold()
    if not is_chief:
        creator = WorkerSessionCreator(scaffold=scaffold, master=master, config=config, max_wait_secs=max_wait_secs)
        return MonitoredSession(creator, hooks or [], stop_grace_period_secs)
    all_hooks = list(chief_only_hooks or ())
    creator = ChiefSessionCreator(scaffold=scaffold, checkpoint_dir=checkpoint_dir, master=master, config=config)
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir and log_step_count_steps and log_step_count_steps > 0:
        all_hooks.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
    if summary_dir and _some(summaries):
        steps, secs = summaries
        all_hooks.append(SummarySaverHook(scaffold=scaffold, save_steps=steps, save_secs=secs, output_dir=summary_dir))
    if checkpoint_dir and _some(checkpoints):
        steps, secs = checkpoints
        all_hooks.append(CheckpointSaverHook(checkpoint_dir, save_steps=steps, save_secs=secs, scaffold=scaffold))
    return MonitoredSession(creator, all_hooks + list(hooks or ()), stop_grace_period_secs)


def _often(steps, secs, default):
    """(steps, seconds): the default if neither is given; one that isn't given is None."""
    if steps is USE_DEFAULT and secs is USE_DEFAULT:
        return default
    return (None if steps is USE_DEFAULT else steps), (None if secs is USE_DEFAULT else secs)


def _some(often):
    return any(x and x > 0 for x in often)


class _CoordinatedSessionCreator:
    """Makes sessions with a coordinator and running queues, and tells the hooks."""

    def __init__(self, session_creator, hooks, stop_grace_period_secs):
        self._session_creator, self._hooks = session_creator, hooks
        self.coord = self.tf_sess = None
        self._stop_grace_period_secs = stop_grace_period_secs

    def create_session(self):
        """A new session."""
        self.tf_sess = self._session_creator.create_session()
        self.coord = Coordinator(clean_stop_exception_types=())
        if default_graph().get_collection(GraphKeys.QUEUE_RUNNERS):
            start_queue_runners(sess=self.tf_sess, coord=self.coord)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return CoordinatedSession(HookedSession(self.tf_sess, self._hooks), self.coord, self._stop_grace_period_secs)


class _MonitoredSession:
    """What `MonitoredSession` and `SingularMonitoredSession` share."""

    StepContext = StepContext

    def __init__(self, session_creator, hooks, should_recover, stop_grace_period_secs=120):
        self._graph_was_finalized = default_graph().finalized
        self._hooks = hooks or []
        for hook in self._hooks:
            hook.begin()
        self._coordinated_creator = _CoordinatedSessionCreator(
            session_creator or ChiefSessionCreator(), self._hooks, stop_grace_period_secs
        )
        if should_recover:
            self._sess = RecoverableSession(self._coordinated_creator)
        else:
            self._sess = self._coordinated_creator.create_session()

    @property
    def graph(self):
        """The graph; None once it is closed."""
        return None if self._tf_sess() is None else self._tf_sess().graph

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """As `Session.run`, with the hooks round it."""
        return self._sess.run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn):
        """What a function gives that may run several times, with hooks and without.

        Args:
          step_fn: a function of `step_context`.

        Raises:
          ValueError: a function of other arguments.
        """
        names = tuple(inspect.signature(step_fn).parameters)
        if inspect.ismethod(step_fn):
            names = ("self", *names)
        need(
            names in (("step_context",), ("self", "step_context")),
            "`step_fn` may either have one `step_context` argument, or `self` and `step_context` arguments if it's an instance "
            f"method. Got {names} instead.",
        )
        return self._sess.run_step_fn(step_fn, self._tf_sess(), run_with_hooks=None)

    def should_stop(self):
        """Whether the end has come."""
        return self._sess is None or self._sess.should_stop()

    def close(self):
        """Ends the session, the hooks first."""
        self._close_internal()

    def __enter__(self):
        return self

    def __exit__(self, exception_type, exception_value, traceback):
        if exception_type in (OutOfRangeError, StopIteration):
            exception_type = None
        self._close_internal(exception_type)
        return exception_type is None

    def _close_internal(self, exception_type=None):
        try:
            if not exception_type:
                for hook in self._hooks:
                    hook.end(self._tf_sess())
        finally:
            self._close_session()

    def _close_session(self):
        try:
            need(self._sess is not None, "Session is already closed.", kind=RuntimeError)
            self._sess.close()
        finally:
            self._sess = self._coordinated_creator.tf_sess = self._coordinated_creator.coord = None
            if not self._graph_was_finalized:
                default_graph()._unsafe_unfinalize()

    def _is_closed(self):
        return self._tf_sess() is None

    def _tf_sess(self):
        return self._coordinated_creator.tf_sess


@export("train.MonitoredSession")
class MonitoredSession(_MonitoredSession):
    """A session for training: it starts ready, calls hooks, starts queue runners, and is made again when it is lost.

    Args:
      session_creator: what makes sessions; a `ChiefSessionCreator` by default.
      hooks: `SessionRunHook`s.
      stop_grace_period_secs: how long threads may go on at the end, seconds.

    Use it as a context manager: the end of the data and `StopIteration` only end its block.
    """

    def __init__(self, session_creator=None, hooks=None, stop_grace_period_secs=120):
        super().__init__(session_creator, hooks, should_recover=True, stop_grace_period_secs=stop_grace_period_secs)


@export("train.SingularMonitoredSession")
class SingularMonitoredSession(_MonitoredSession):
    """A `MonitoredSession` of this process alone, which is not made again.

    Args:
      hooks: `SessionRunHook`s.
      scaffold: a `Scaffold`.
      master: '' for this process.
      config: a `ConfigProto`.
      checkpoint_dir: where checkpoints are looked for.
      stop_grace_period_secs: how long threads may go on at the end, seconds.
      checkpoint_filename_with_path: the checkpoint itself.
    """

    def __init__(
        self,
        hooks=None,
        scaffold=None,
        master="",
        config=None,
        checkpoint_dir=None,
        stop_grace_period_secs=120,
        checkpoint_filename_with_path=None,
    ):
        creator = ChiefSessionCreator(
            scaffold=scaffold,
            master=master,
            config=config,
            checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
        )
        super().__init__(creator, hooks, should_recover=False, stop_grace_period_secs=stop_grace_period_secs)

    def raw_session(self):
        """The plain session."""
        return self._tf_sess()
