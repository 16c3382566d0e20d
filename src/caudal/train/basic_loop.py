"""basic_train_loop: calls a step until a supervisor stops."""

from ..ground.api import export
from ..ground.errors import AbortedError

__all__ = ["basic_train_loop"]


@export("train.basic_train_loop")
def basic_train_loop(supervisor, train_step_fn, args=None, kwargs=None, master=""):
    """Calls a function with a ready session, again and again, until a stop is asked for.

    Args:
      supervisor: a `Supervisor`.
      train_step_fn: a function of the session, args and kwargs.
      args, kwargs: what else it is given.
      master: '' for this process.
    """
    retry = True
    while retry:
        try:
            retry = False
            with supervisor.managed_session(master) as sess:
                while not supervisor.should_stop():
                    train_step_fn(sess, *(args or ()), **(kwargs or {}))
        except AbortedError:  # a server was started anew
            retry = True
