"""The layers of a `MonitoredSession`: hooks round a session, a coordinator round these, and a new one when one is lost."""

import contextlib

from ..formats.proto import RunMetadata, RunOptions
from ..ground.errors import AbortedError, UnavailableError
from ..platform import logging
from .session_run_hook import SessionRunArgs, SessionRunContext, SessionRunValues

__all__ = ["CoordinatedSession", "HookedSession", "RecoverableSession", "StepContext"]

_LOST = (AbortedError, UnavailableError)


class StepContext:
    """What a step function is given.

    Args:
      session: the plain session.
      run_with_hooks_fn: `run` with the hooks round it.
    """

    def __init__(self, session, run_with_hooks_fn):
        self._session, self._run_with_hooks_fn = session, run_with_hooks_fn

    @property
    def session(self):
        """The plain session, whose runs no hook sees."""
        return self._session

    def run_with_hooks(self, *args, **kwargs):
        """As `MonitoredSession.run`."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self):
        """Asks for the end.

        Raises:
          StopIteration: always; it ends the `with` block of the session.
        """
        raise StopIteration("step_fn has requested the iterations to stop.")


class WrappedSession:
    """A session round another one, or none once it is closed."""

    def __init__(self, sess):
        self._sess = sess
        self._wrapped_is_stoppable = isinstance(sess, WrappedSession)

    @property
    def graph(self):
        """The graph."""
        return self._sess.graph

    def should_stop(self):
        """Whether the end has come."""
        if self._check_stop():
            return True
        return self._wrapped_is_stoppable and self._sess.should_stop() if self._sess else True

    def _check_stop(self):
        return False

    def close(self):
        """Closes the inner session."""
        if self._sess:
            try:
                self._sess.close()
            except _LOST as error:
                logging.error("An error occurred when attempting to close the session. Error: %s", error)
            finally:
                self._sess = None

    def run(self, *args, **kwargs):
        """As `Session.run`."""
        return self._sess.run(*args, **kwargs)

    def run_step_fn(self, step_fn, raw_session, run_with_hooks):
        """What a step function gives."""
        return step_fn(StepContext(raw_session, run_with_hooks or self.run))


class RecoverableSession(WrappedSession):
    """Makes a new session when one is lost.

    Args:
      sess_creator: what makes them.
    """

    def __init__(self, sess_creator):
        self._sess_creator = sess_creator
        super().__init__(self._create_session())

    def _create_session(self):
        while True:
            try:
                return self._sess_creator.create_session()
            except _LOST as error:
                logging.info("An error was raised while a session was being created. The session is made again. Error: %s", error)

    def _check_stop(self):
        if not self._sess:
            return True
        try:
            return self._sess._check_stop()
        except _LOST as error:
            logging.info(
                "An error was raised while considering whether the session is complete; it is made again. Error: %s", error
            )
            self.close()
            self._sess = self._create_session()
        except Exception:  # `run` will meet it, and raise it
            pass
        return False

    def _again(self, call):
        """What `call(session)` gives, with new sessions until none is lost."""
        while True:
            try:
                if not self._sess:
                    self._sess = self._create_session()
                return call(self._sess)
            except _LOST as error:
                logging.info("An error was raised; the session is made again. Error: %s", error)
                self.close()
                self._sess = None

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """As `Session.run`."""
        return self._again(lambda s: s.run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata))

    def run_step_fn(self, step_fn, raw_session, run_with_hooks):
        """What a step function gives."""
        return self._again(lambda s: s.run_step_fn(step_fn, raw_session, run_with_hooks))


class CoordinatedSession(WrappedSession):
    """Raises the errors of a coordinator's threads, and stops these at the end.

    Args:
      sess: the inner session.
      coord: the `Coordinator`.
      stop_grace_period_secs: how long threads may go on, seconds.
    """

    def __init__(self, sess, coord, stop_grace_period_secs=120):
        super().__init__(sess)
        self._coord, self._stop_grace_period_secs = coord, stop_grace_period_secs

    def _check_stop(self):
        self._coord.raise_requested_exception()
        return self._coord.should_stop()

    def close(self):
        """Stops the threads, and closes the session."""
        self._coord.request_stop()
        try:
            self._coord.join(stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True)
        finally:
            with contextlib.suppress(Exception):  # the threads' own errors tell more
                super().close()

    def run(self, *args, **kwargs):
        """As `Session.run`; a session that a thread found lost is told as that."""
        try:
            return self._sess.run(*args, **kwargs)
        except _LOST:
            raise
        except Exception as error:
            try:
                self._coord.raise_requested_exception()
            except _LOST:
                raise
            except Exception:  # the run's own error is what counts
                pass
            raise error


class HookedSession(WrappedSession):
    """Calls hooks before and after each run.

    Args:
      sess: the inner session.
      hooks: `SessionRunHook`s.
    """

    def __init__(self, sess, hooks):
        super().__init__(sess)
        self._hooks, self._should_stop = hooks, False

    def _check_stop(self):
        return self._should_stop

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """As `Session.run`.

        Raises:
          RuntimeError: the end was asked for.
        """
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        actual = {"caller": fetches}
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._sess)
        options = options or RunOptions()
        feeds = self._before(context, actual, feed_dict, options)
        run_metadata = run_metadata or RunMetadata()
        outputs = super().run(fetches=actual, feed_dict=feeds, options=options, run_metadata=run_metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(outputs.get(hook), options, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return outputs["caller"]

    def _before(self, context, fetches, user_feeds, options):
        """What is fed; the hooks' wishes are added to `fetches` and `options`."""
        feeds = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                fetches[hook] = request.fetches
            if request.feed_dict:
                _refuse_both(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options:
                options.trace_level = max(options.trace_level, request.options.trace_level)
                options.timeout_in_ms = max(options.timeout_in_ms, request.options.timeout_in_ms)
                options.inter_op_thread_pool = max(options.inter_op_thread_pool, request.options.inter_op_thread_pool)
                options.output_partition_graphs |= request.options.output_partition_graphs
        if not feeds or not user_feeds:
            return feeds or user_feeds
        _refuse_both(user_feeds, feeds, "Same tensor is fed by a SessionRunHook and user.")
        return feeds | user_feeds


def _refuse_both(one, other, words):
    both = [key for key in one if key in other]
    if both:
        raise RuntimeError(f"{words} Conflict(s): {both}")
