"""SessionManager: a session whose variables are restored from a checkpoint, or initialised, and found ready."""

import time

import numpy as np

from ..graph.graph import default_graph
from ..ground.api import export
from ..ground.errors import DeadlineExceededError, FailedPreconditionError, need
from ..platform import logging
from ..run.session import Session
from .checkpoint_state import get_checkpoint_state

__all__ = ["SessionManager", "ready"]


@export("train.SessionManager")
class SessionManager:
    """Makes sessions that are ready to train.

    Args:
      local_init_op: what gives local variables and tables their values.
      ready_op: a tensor of names of variables without a value; empty when all is ready.
      ready_for_local_init_op: the same, before local_init_op is run.
      graph: the graph; the default one if None.
      recovery_wait_secs: how long it waits between looks, seconds.
      local_init_run_options: `RunOptions` of local_init_op.

    Raises:
      ValueError: ready_for_local_init_op without local_init_op.
    """

    def __init__(
        self,
        local_init_op=None,
        ready_op=None,
        ready_for_local_init_op=None,
        graph=None,
        recovery_wait_secs=30,
        local_init_run_options=None,
    ):
        need(
            ready_for_local_init_op is None or local_init_op is not None,
            "If you pass a ready_for_local_init_op you must also pass a local_init_op , ready_for_local_init_op "
            f"[{ready_for_local_init_op}]",
        )
        self._local_init_op, self._ready_op = local_init_op, ready_op
        self._ready_for_local_init_op, self._graph = ready_for_local_init_op, graph or default_graph()
        self._recovery_wait_secs, self._local_init_run_options = recovery_wait_secs, local_init_run_options
        self._target = None

    def _restore_checkpoint(
        self, master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
    ):
        """(a new session, whether its variables come from a checkpoint)."""
        self._target = master
        sess = Session(master, graph=self._graph, config=config)
        need(
            not (checkpoint_dir and checkpoint_filename_with_path),
            "Can not provide both checkpoint_dir and checkpoint_filename_with_path.",
        )
        if not saver or not (checkpoint_dir or checkpoint_filename_with_path):
            return sess, False
        if checkpoint_filename_with_path:
            saver.restore(sess, checkpoint_filename_with_path)
            return sess, True
        state = self._checkpoint(checkpoint_dir, max_wait_secs if wait_for_checkpoint else 0)
        if state is None:
            return sess, False
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        return sess, True

    def _checkpoint(self, folder, max_wait_secs):
        """The state of a folder's checkpoints, waited for; None if there is none."""
        waited = 0
        while True:
            state = get_checkpoint_state(folder)
            if state and state.model_checkpoint_path:
                return state
            if waited >= max_wait_secs:
                return None
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs

    def prepare_session(
        self,
        master,
        init_op=None,
        saver=None,
        checkpoint_dir=None,
        checkpoint_filename_with_path=None,
        wait_for_checkpoint=False,
        max_wait_secs=7200,
        config=None,
        init_feed_dict=None,
        init_fn=None,
    ):
        """A session that is ready.

        Args:
          master: '' for this process.
          init_op: what initialises variables, when no checkpoint is found; init_feed_dict: what is fed to it.
          saver: the `Saver` that restores.
          checkpoint_dir: where checkpoints are looked for.
          checkpoint_filename_with_path: the checkpoint itself.
          wait_for_checkpoint: whether to wait for one, at most max_wait_secs seconds.
          config: a `ConfigProto`.
          init_fn: a function of the session, called after init_op.

        Raises:
          RuntimeError: nothing initialises the variables, or some still have no value.
        """
        sess, restored = self._restore_checkpoint(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        if not restored:
            need(
                init_op is not None or init_fn or self._local_init_op is not None,
                "Model is not initialized and no init_op or init_fn or local_init_op was given",
                kind=RuntimeError,
            )
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        done, words = self._try_run_local_init_op(sess)
        need(
            done,
            f"Init operations did not make model ready for local_init. Init op: {_name(init_op)}, init fn: {init_fn}, "
            f"error: {words}",
            kind=RuntimeError,
        )
        ready, words = self._model_ready(sess)
        need(
            ready,
            f"Init operations did not make model ready.  Init op: {_name(init_op)}, init fn: {init_fn}, local_init_op: "
            f"{_name(self._local_init_op)}, error: {words}",
            kind=RuntimeError,
        )
        return sess

    def recover_session(
        self,
        master,
        saver=None,
        checkpoint_dir=None,
        checkpoint_filename_with_path=None,
        wait_for_checkpoint=False,
        max_wait_secs=7200,
        config=None,
    ):
        """(a session, whether its variables come from a checkpoint and are ready); the arguments are `prepare_session`'s."""
        sess, restored = self._restore_checkpoint(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        done, words = self._try_run_local_init_op(sess)
        if not restored:
            return sess, False
        source = checkpoint_dir or checkpoint_filename_with_path
        if not done:
            logging.info("Restoring model from %s did not make model ready for local init: %s", source, words)
            return sess, False
        ready, words = self._model_ready(sess)
        if not ready:
            logging.info("Restoring model from %s did not make model ready: %s", source, words)
            return sess, False
        logging.info("Restored model from %s", source)
        return sess, True

    def wait_for_session(self, master, config=None, max_wait_secs=float("Inf")):
        """A session whose variables others have initialised.

        Raises:
          DeadlineExceededError: that takes longer than max_wait_secs seconds.
        """
        self._target = master
        limit = float("Inf") if max_wait_secs is None else max_wait_secs
        end = time.monotonic() + limit
        while True:
            sess = Session(master, graph=self._graph, config=config)
            words = None
            done, local_words = self._try_run_local_init_op(sess)
            if done:
                ready, words = self._model_ready(sess)
                if ready:
                    return sess
            sess.close()
            if end - time.monotonic() - self._recovery_wait_secs < 0:
                raise DeadlineExceededError(None, None, f"Session was not ready after waiting {limit:.0f} secs.")
            logging.info("Waiting for model to be ready.  Ready_for_local_init_op:  %s, ready: %s", local_words, words)
            time.sleep(self._recovery_wait_secs)

    def _model_ready(self, sess):
        return ready(self._ready_op, sess, "Model not ready")

    def _try_run_local_init_op(self, sess):
        """(whether local_init_op could be run, or there is none; why not)."""
        if self._local_init_op is None:
            return True, None
        is_ready, words = ready(self._ready_for_local_init_op, sess, "Model not ready for local init")
        if not is_ready:
            return False, words
        logging.info("Running local_init_op.")
        sess.run(self._local_init_op, options=self._local_init_run_options)
        logging.info("Done running local_init_op.")
        return True, None


def _name(op):
    return None if op is None else getattr(op, "name", op)


def ready(op, sess, words):
    """(whether all is ready, as an op tells; why not)."""
    if op is None:
        return True, None
    try:
        value = sess.run(op)
    except FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            logging.warning("%s : error [%s]", words, error)
            raise
        return False, str(error)
    if value is None or value.dtype == np.int32 or value.size == 0:
        return True, None
    return False, "Variables not initialized: " + ", ".join(name.decode() for name in value)
