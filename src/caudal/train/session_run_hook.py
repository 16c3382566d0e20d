"""SessionRunHook: what is called before and after each run of a `MonitoredSession`, and what it gives and is given."""

import collections

from ..ground.api import export

__all__ = ["SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues"]


@export("train.SessionRunHook")
class SessionRunHook:
    """What a hook may do; each method does nothing unless a class of its own says otherwise."""

    def begin(self):
        """Called once, before the session is made: the graph may still be added to."""

    def after_create_session(self, session, coord):
        """Called for each new session: the graph is final.

        Args:
          session: the `Session`.
          coord: the `Coordinator` of its threads.
        """

    def before_run(self, run_context):
        """What this hook wants of the next run: a `SessionRunArgs`, or None.

        Args:
          run_context: a `SessionRunContext`.
        """
        return None

    def after_run(self, run_context, run_values):
        """Called after each run that did not fail.

        Args:
          run_context: a `SessionRunContext`.
          run_values: a `SessionRunValues`.
        """

    def end(self, session):
        """Called once at the end, unless an error ended the session; the session still runs.

        Args:
          session: the `Session`.
        """


@export("train.SessionRunArgs")
class SessionRunArgs(collections.namedtuple("SessionRunArgs", ["fetches", "feed_dict", "options"])):
    """What a hook adds to a run.

    Args:
      fetches: what is fetched for it.
      feed_dict: what is fed.
      options: a `RunOptions`.
    """

    def __new__(cls, fetches, feed_dict=None, options=None):
        return super().__new__(cls, fetches, feed_dict, options)


@export("train.SessionRunContext")
class SessionRunContext:
    """The run that is about to happen, or has.

    Args:
      original_args: the caller's `SessionRunArgs`.
      session: the `Session`.
    """

    def __init__(self, original_args, session):
        self._original_args, self._session, self._stop_requested = original_args, session, False

    @property
    def original_args(self):
        """What the caller of `run` gave."""
        return self._original_args

    @property
    def session(self):
        """The `Session` that runs."""
        return self._session

    @property
    def stop_requested(self):
        """Whether some hook asked for the end."""
        return self._stop_requested

    def request_stop(self):
        """Asks for the end: `should_stop` is true after this run."""
        self._stop_requested = True


@export("train.SessionRunValues")
class SessionRunValues(collections.namedtuple("SessionRunValues", ["results", "options", "run_metadata"])):
    """What a run gave a hook: `results` in the shape of its fetches, the `RunOptions` and `RunMetadata`."""
