"""slim.queues: the queue runners' threads for as long as a block lasts."""

import contextlib

from ...ground.api import export
from ...train.coordinator import Coordinator
from ...train.queue_runner import start_queue_runners

__all__ = ["NestedQueueRunnerError", "QueueRunners"]

_running: list = []  # the session whose threads run, if any


@export("contrib.slim.queues.NestedQueueRunnerError")
class NestedQueueRunnerError(Exception):
    """A block of queue runners stands in another."""


@export("contrib.slim.queues.QueueRunners")
@contextlib.contextmanager
def QueueRunners(session):  # noqa: N802  # TF's name
    """Starts the threads of the graph's queue runners, and stops them at the block's end.

    Args:
      session: the session they run in.

    Raises:
      NestedQueueRunnerError: such a block stands round it.
    """
    if _running:
        raise NestedQueueRunnerError()
    _running.append(session)
    coordinator = Coordinator()
    threads = start_queue_runners(session, coord=coordinator, daemon=True, start=True)
    try:
        yield
    finally:
        coordinator.request_stop()
        try:
            coordinator.join(threads, stop_grace_period_secs=120)
        except RuntimeError:  # a thread waits for an element that nobody will put
            session.close()
        _running.clear()
