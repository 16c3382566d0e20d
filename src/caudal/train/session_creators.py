"""What makes the sessions of a `MonitoredSession`."""

from ..graph.graph import default_graph
from ..ground.api import export
from .scaffold import Scaffold
from .session_manager import SessionManager

__all__ = ["ChiefSessionCreator", "SessionCreator", "WorkerSessionCreator"]


@export("train.SessionCreator")
class SessionCreator:
    """Makes sessions."""

    def create_session(self):
        """A new session."""
        raise NotImplementedError(f"create_session is not implemented for {self}.")


class _Creator(SessionCreator):
    def __init__(self, scaffold, master, config):
        self._scaffold, self._master, self._config = scaffold or Scaffold(), master, config
        self._session_manager = None

    def _get_session_manager(self):
        if self._session_manager is None:
            self._session_manager = SessionManager(
                local_init_op=self._scaffold.local_init_op,
                ready_op=self._scaffold.ready_op,
                ready_for_local_init_op=self._scaffold.ready_for_local_init_op,
                graph=default_graph(),
            )
        return self._session_manager


@export("train.ChiefSessionCreator")
class ChiefSessionCreator(_Creator):
    """Makes sessions whose variables are restored, or initialised.

    Args:
      scaffold: a `Scaffold`.
      master: '' for this process.
      config: a `ConfigProto`.
      checkpoint_dir: where checkpoints are looked for.
      checkpoint_filename_with_path: the checkpoint itself.
    """

    def __init__(self, scaffold=None, master="", config=None, checkpoint_dir=None, checkpoint_filename_with_path=None):
        super().__init__(scaffold, master, config)
        self._checkpoint_dir, self._checkpoint_filename_with_path = checkpoint_dir, checkpoint_filename_with_path

    def create_session(self):
        """A new session."""
        self._scaffold.finalize()
        return self._get_session_manager().prepare_session(
            self._master,
            saver=self._scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=self._scaffold.init_op,
            init_feed_dict=self._scaffold.init_feed_dict,
            init_fn=self._scaffold.init_fn,
        )


@export("train.WorkerSessionCreator")
class WorkerSessionCreator(_Creator):
    """Makes sessions whose variables a chief initialises.

    Args:
      scaffold: a `Scaffold`.
      master: '' for this process.
      config: a `ConfigProto`.
      max_wait_secs: how long it waits for the chief, seconds.
    """

    def __init__(self, scaffold=None, master="", config=None, max_wait_secs=30 * 60):
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self):
        """A new session."""
        self._scaffold.finalize()
        return self._get_session_manager().wait_for_session(self._master, config=self._config, max_wait_secs=self._max_wait_secs)
