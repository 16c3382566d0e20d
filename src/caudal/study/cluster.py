"""The same jobs on many machines: a Dask scheduler that runs already, or workers that dask-jobqueue starts through Slurm.

A Dask task only watches over a worker process of ours (pool.py), one for each task that its Dask worker does at once: so threads
and bits are the same as on one machine, and a task whose driver is gone can be ended.
"""

import contextlib
import importlib
import queue
import threading
from multiprocessing import connection

from .definition import StudyError
from .pool import Worker, failed

__all__ = ["DaskPool", "dask_client", "slurm_client"]

_WAIT = 20  # seconds for a scheduler to answer
_EXTRA = "pip install 'caudal[cluster]'"
_idle, _turn = {}, threading.Lock()  # threads to the idle worker processes of this Dask worker


def _imported(name):
    """A module of the extra `caudal[cluster]`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise StudyError(f"a cluster needs {error.name}, which is not installed; try: {_EXTRA}") from None


def dask_client(address):
    """A client of a running scheduler.

    Raises:
      StudyError: it doesn't answer, or is of another version.
    """
    distributed = _imported("distributed")
    try:
        return distributed.Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise StudyError(f"the scheduler {address} can't be reached: {str(error).splitlines()[0]}") from None


def slurm_client(count, arguments):
    """A client of a cluster that is started through Slurm, with `count` workers; it ends with the client.

    Args:
      arguments: of dask_jobqueue.SLURMCluster, name to text, as {"queue": "long", "cores": "4"}.

    Raises:
      StudyError: an argument is wrong, or Slurm isn't there.
    """
    jobqueue, distributed = _imported("dask_jobqueue"), _imported("distributed")
    try:
        cluster = jobqueue.SLURMCluster(**{name: int(text) if text.isdigit() else text for name, text in arguments.items()})
        cluster.scale(count)
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        raise StudyError(f"Slurm can't be used: {str(error).splitlines()[0]}") from None
    return distributed.Client(cluster, set_as_default=False)


class DaskPool:
    """Has jobs done by a Dask cluster; a context manager, at whose end nothing of ours is under way there.

    Args:
      client: a `distributed.Client`; closed at the end.
      threads: processors that each trial's arithmetic may use.
      attempts: how often a job may be begun.
    """

    def __init__(self, client, threads, attempts):
        self.client, self.threads, self.attempts = client, threads, attempts
        self._futures, self._sent = {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(Exception):  # a scheduler that is gone has nothing to cancel
            self.client.cancel(list(self._futures))
            self.client.close(timeout=1)
            if self.client.cluster is not None:
                self.client.cluster.close(timeout=1)

    def run(self, jobs, datasets, origin, progress):
        """Does jobs; gives their trials as they end. As `LocalPool.run`.

        Raises:
          StudyError: the scheduler is gone.
        """
        heard, steps, begun = queue.SimpleQueue(), {}, {}
        topic = f"caudal-{self.client.id}"
        self.client.subscribe_topic(topic, lambda event: heard.put(("steps", *event[1])))
        for job in jobs:
            self._submit(job, datasets, origin, begun, topic, heard)
        while self._futures:
            kind, key, value = self._next(heard)
            if kind == "steps":
                steps[key] = value
            elif kind == "ended":
                steps.pop(key, None)
                trial = self._ended(value, datasets, origin, begun, topic, heard)
                if trial is not None:
                    yield trial
            progress(sum(steps.values()))

    def _next(self, heard):
        try:
            return heard.get(timeout=1)
        except queue.Empty:
            if self.client.status not in ("running", "connecting"):
                raise StudyError("the scheduler is gone; begin again with `caudal study resume`") from None
            return None, None, None

    def _submit(self, job, datasets, origin, begun, topic, heard):
        """Hands a job to the scheduler; the data go there once."""
        begun[job.key] = begun.get(job.key, 0) + 1
        if job.data not in self._sent:
            self._sent[job.data] = self.client.scatter(datasets[job.data], broadcast=False, hash=False)
        name = f"caudal-{job.key}-{self.client.id}-{begun[job.key]}"
        what = (job, self._sent[job.data], origin, begun[job.key], topic)
        future = self.client.submit(_watch_over, *what, key=name, pure=False, retries=0)
        self._futures[future] = job
        future.add_done_callback(lambda done: heard.put(("ended", job.key, done)))

    def _ended(self, future, datasets, origin, begun, topic, heard):
        """The trial of a future; None if its worker died and it is begun again."""
        job = self._futures.pop(future)
        if future.status == "finished":
            return future.result()
        if future.status == "error" and isinstance(error := future.exception(), StudyError):
            raise error
        if begun[job.key] < self.attempts:
            self._submit(job, datasets, origin, begun, topic, heard)
            return None
        return failed(
            job,
            begun[job.key],
            f"with {future.status}: {future.exception() if future.status == 'error' else 'it was taken away'}",
        )


class WorkerDied(Exception):
    """A worker process died with its job."""


def _watch_over(job, data, origin, attempts, topic):
    """The Dask task: has a job done by a worker process, and gives its trial."""
    here = importlib.import_module("distributed").get_worker()
    mine = here.get_current_task()
    with _worker(job.threads) as worker:
        try:
            worker.give(job, data, origin, attempts)
            while True:
                if not connection.wait([worker.inbox], timeout=1):
                    continue
                if (trial := worker.hear()) is not None:
                    return trial
                here.log_event(topic, (job.key, worker.steps))
                _check_wanted(here, mine)
        except (EOFError, OSError):
            raise WorkerDied(worker.last_words()) from None


def _check_wanted(here, mine):
    """Ends a task that nobody waits for any more."""
    task = here.state.tasks.get(mine)
    if task is None or task.state != "executing":
        raise WorkerDied("it was told to stop")


@contextlib.contextmanager
def _worker(threads):
    """An idle worker process, or a new one; kept for the next task if it did its job, and killed if not."""
    with _turn:
        idle = _idle[threads] = [worker for worker in _idle.get(threads, ()) if worker.process.poll() is None]
        worker = idle.pop() if idle else None
    worker = worker or Worker(threads)
    try:
        yield worker
    except BaseException:
        worker.kill()
        raise
    with _turn:
        _idle[threads].append(worker)
