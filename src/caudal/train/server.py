"""Server: what sessions of this process can name as their target, to share variables."""

import itertools
import socket
import threading

from ..formats.proto.config_pb2 import ServerDef
from ..ground.api import constant, export
from ..ground.errors import InternalError, need
from ..run import servers
from .replicas import ClusterSpec

__all__ = ["Server"]

constant(ServerDef, "train.ServerDef")
_numbers = itertools.count()


def _server_def(given, job_name, task_index, protocol, config):
    """The `ServerDef` that the arguments of `Server` mean."""
    if isinstance(given, ServerDef):
        out = ServerDef()
        out.CopyFrom(given)
        if job_name is not None:
            out.job_name = job_name
        if task_index is not None:
            out.task_index = task_index
        if protocol is not None:
            out.protocol = protocol
    else:
        try:
            cluster = ClusterSpec(given)
        except TypeError:
            raise TypeError("Could not convert `server_or_cluster_def` to a `ServerDef` or `ClusterSpec`.") from None
        if job_name is None:
            need(len(cluster.jobs) == 1, "Must specify an explicit `job_name`.")
            job_name = cluster.jobs[0]
        if task_index is None:
            indices = cluster.task_indices(job_name)
            need(len(indices) == 1, "Must specify an explicit `task_index`.")
            task_index = indices[0]
        out = ServerDef(cluster=cluster.as_cluster_def(), job_name=job_name, task_index=task_index, protocol=protocol or "grpc")
    if config is not None:
        out.default_session_config.MergeFrom(config)
    return out


def _free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@export("train.Server")
class Server:
    """A server of this process. Sessions whose target is its `target` share variables and queues, with those of the other
    servers of its cluster that are in this process.

    Args:
      server_or_cluster_def: a `ServerDef`, a `ClusterSpec`, or what makes one.
      job_name: which job it is of; it may be left out if there is one.
      task_index: which task of the job; likewise.
      protocol: "grpc".
      config: a `ConfigProto`.
      start: whether it is started at once.

    Raises:
      TypeError: no cluster; ValueError: a job or task left out; InternalError: one that the cluster has not.
    """

    def __init__(self, server_or_cluster_def, job_name=None, task_index=None, protocol=None, config=None, start=True):
        self._server_def = _server_def(server_or_cluster_def, job_name, task_index, protocol, config)
        jobs = {job.name: dict(job.tasks) for job in self._server_def.cluster.job}
        job, task = self._server_def.job_name, self._server_def.task_index
        need(job in jobs, f'Job "{job}" was not defined in cluster', kind=_internal)
        need(task in jobs[job], f'Task {task} was not defined in job "{job}"', kind=_internal)
        port = jobs[job][task].rpartition(":")[2]
        key = str(sorted(jobs.items()))
        if port == "0":
            port, key = _free_port(), f"{key} {next(_numbers)}"
        self._target, self._key = f"{self._server_def.protocol}://localhost:{port}".encode(), key
        if start:
            self.start()

    def start(self):
        """Lets sessions name it."""
        servers.join(self._key, self._target, self._server_def.job_name, self._server_def.task_index)

    def join(self):
        """Waits until the server ends, which it does with the process."""
        threading.Event().wait()

    @property
    def server_def(self):
        """Its `ServerDef`."""
        return self._server_def

    @property
    def target(self):
        """What sessions name as their target, bytes."""
        return self._target

    @staticmethod
    def create_local_server(config=None, start=True):
        """A server of a cluster of its own."""
        return Server({"local": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def _internal(words):
    return InternalError(None, None, words)
