"""Where ops belong when several machines work together: `replica_device_setter`, and the names of the machines."""

from ..formats.proto import ClusterDef, JobDef
from ..graph.devices import DeviceSpec
from ..ground.api import constant, export
from ..ground.errors import need
from ..platform.logging import warn

__all__ = ["ClusterSpec", "replica_device_setter"]

constant(ClusterDef, "train.ClusterDef")
constant(JobDef, "train.JobDef")

_WRONG = "`cluster` must be a dictionary mapping one or more job names to lists of network addresses, or a `ClusterDef` protocol buffer"
_PS_OPS = (
    "Variable VariableV2 AutoReloadVariable MutableHashTable MutableHashTableV2 MutableHashTableOfTensors "
    "MutableHashTableOfTensorsV2 MutableDenseHashTable MutableDenseHashTableV2 VarHandleOp "
    "BoostedTreesEnsembleResourceHandleOp BoostedTreesQuantileStreamResourceHandleOp"
).split()


@export("train.ClusterSpec")
class ClusterSpec:
    """The machines that work together: jobs, and the addresses of each job's tasks.

    Args:
      cluster: a dict from job name to a list of addresses (or a dict from task number to address), a `ClusterDef`,
        or another `ClusterSpec`.

    Raises:
      TypeError: something else.
    """

    def __init__(self, cluster):
        if isinstance(cluster, ClusterDef):
            self._jobs = {job.name: dict(job.tasks) for job in cluster.job}
        elif isinstance(cluster, ClusterSpec):
            self._jobs = {name: dict(tasks) for name, tasks in cluster._jobs.items()}
        else:
            need(isinstance(cluster, dict), _WRONG, kind=TypeError)
            self._jobs = {_text(name, "Job name"): _tasks(name, tasks) for name, tasks in cluster.items()}

    def __bool__(self):
        return bool(self._jobs)

    __nonzero__ = __bool__

    def __eq__(self, other):
        return self._jobs == ClusterSpec(other)._jobs

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __repr__(self):
        shown = ", ".join(f"{job!r}: {tasks!r}" for job, tasks in self.as_dict().items())
        return f"ClusterSpec({{{shown}}})"

    @property
    def jobs(self):
        """The names of the jobs."""
        return list(self._jobs)

    def as_dict(self):
        """Job name -> its addresses: a list if the tasks are numbered from 0 on, else a dict."""
        return {
            name: [tasks[k] for k in range(len(tasks))]
            if sorted(tasks) == list(range(len(tasks)))
            else dict(sorted(tasks.items()))
            for name, tasks in self._jobs.items()
        }

    def as_cluster_def(self):
        """The machines as a `ClusterDef`."""
        out = ClusterDef()
        for name, tasks in sorted(self._jobs.items()):
            job = out.job.add(name=name)
            for k, address in sorted(tasks.items()):
                job.tasks[k] = address
        return out

    def _of(self, job_name):
        need(job_name in self._jobs, f"No such job in cluster: {job_name!r}")
        return self._jobs[job_name]

    def num_tasks(self, job_name):
        """How many tasks a job has.

        Raises:
          ValueError: there is no such job.
        """
        return len(self._of(job_name))

    def task_indices(self, job_name):
        """The numbers of a job's tasks, in order; ValueError if there is no such job."""
        return sorted(self._of(job_name))

    def task_address(self, job_name, task_index):
        """The address of a task; ValueError if there is no such job or task."""
        tasks = self._of(job_name)
        need(task_index in tasks, f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name):
        """The addresses of a job's tasks by number, None where a number is left out; ValueError if there is no such job."""
        tasks = self._of(job_name)
        return [tasks.get(k) for k in range(max(tasks) + 1)] if tasks else []


def _text(value, what):
    if isinstance(value, bytes):
        return value.decode()
    need(isinstance(value, str), f"{what} {value!r} must be bytes or unicode", kind=TypeError)
    return value


def _tasks(name, tasks):
    """A job's tasks as a dict from number to address."""
    if isinstance(tasks, (list, tuple)):
        tasks = dict(enumerate(tasks))
    need(
        isinstance(tasks, dict),
        f"The tasks for job {name!r} must be a list or a dictionary from integers to strings.",
        kind=TypeError,
    )
    return {int(k): _text(address, "Task address") for k, address in tasks.items()}


class _RoundRobin:
    """One task after another, and from the first again."""

    def __init__(self, tasks):
        self._tasks, self._next = tasks, 0

    def __call__(self, op):
        task, self._next = self._next, (self._next + 1) % self._tasks
        return task


@export("train.replica_device_setter")
def replica_device_setter(
    ps_tasks=0,
    ps_device="/job:ps",
    worker_device="/job:worker",
    merge_devices=True,
    cluster=None,
    ps_ops=None,
    ps_strategy=None,
):
    """A device function that spreads variables over parameter servers, and leaves all other ops to the worker.

    Args:
      ps_tasks: how many parameter servers there are.
      ps_device: the device of the parameter servers' job.
      worker_device: the device of all other ops.
      merge_devices: whether what is said of an op's device is kept, and only filled up.
      cluster: a `ClusterDef`, `ClusterSpec` or dict that says how many servers there are.
      ps_ops: the op types that go to the servers: those of variables by default.
      ps_strategy: a function of such an op that gives the number of its server: one after another by default.

    Returns:
      A function for `tf.device`; None if there are no servers.

    Raises:
      TypeError: `cluster` is no cluster, or `ps_strategy` cannot be called.
    """
    if cluster is not None:
        jobs = ClusterSpec(cluster).as_dict()
        job = DeviceSpec.from_string(ps_device).job
        if jobs.get(job) is None:
            return None
        ps_tasks = len(jobs[job])
    if ps_tasks == 0:
        return None
    if not merge_devices:
        warn("DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter")
    strategy = _RoundRobin(ps_tasks) if ps_strategy is None else ps_strategy
    need(callable(strategy), "ps_strategy must be callable", kind=TypeError)
    ps_ops = _PS_OPS if ps_ops is None else ps_ops

    def device(op):
        if not merge_devices and op.device:
            return op.device
        current = DeviceSpec.from_string(op.device or "")
        if not (ps_device and op.node_def.op in ps_ops):
            return DeviceSpec.from_string(worker_device or "").make_merged_spec(current).to_string()
        server = DeviceSpec.from_string(ps_device)
        if server.job and current.job in (None, "", server.job):
            server = server.replace(task=strategy(op))
        return server.make_merged_spec(current).to_string()

    return device
