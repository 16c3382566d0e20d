"""The servers of this process: sessions that name one as their target share its variables."""

import threading

from .store import Store

__all__ = ["Cluster", "find", "join"]

_clusters: dict[bytes, "Cluster"] = {}  # target -> its cluster
_lock = threading.Lock()


class Cluster:
    """The servers of one cluster that are in this process.

    Attributes:
      store: the state that all of them hold.
      tasks: (job, task number) of each.
    """

    def __init__(self):
        self.store, self.tasks = Store(), set()


def join(key, target, job, task):
    """Adds a server to its cluster.

    Args:
      key: the same for all servers of one cluster.
      target: the address that sessions name, bytes.
      job, task: which of the cluster's tasks it is.
    """
    with _lock:
        cluster = _keys.setdefault(key, Cluster())
        cluster.tasks.add((job, task))
        _clusters[target] = cluster


_keys: dict[object, Cluster] = {}


def find(target):
    """The cluster behind a target, bytes; None if no server of this process has it."""
    return _clusters.get(target)
