"""Worker processes on this machine: started, given jobs, listened to, started again when they die. worker.py is what they run."""

import collections
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
from multiprocessing import connection

from .definition import StudyError
from .identity import code
from .jobs import blank

__all__ = ["LocalPool", "Worker", "cores", "failed"]

_SLOW_START = 3  # workers that die one after the other before they are ready, and then there is something wrong
_LAST_WORDS = 2000  # characters of a dead worker's errors that are shown


def cores():
    """The processors that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def environment(threads, own=()):
    """A worker's environment. XLA takes its number of threads from NPROC, so the bits are the same alone and among others.

    Args:
      threads: processors that its arithmetic may use.
      own: processors of which it is kept to `threads`, those that it should rather have first; or none.
    """
    counted = dict.fromkeys(("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    own = {"CAUDAL_CORES": ",".join(map(str, own))} if own and hasattr(os, "sched_setaffinity") else {}
    return (
        os.environ | counted | own | {"XLA_PYTHON_CLIENT_PREALLOCATE": os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false")}
    )


class Worker:
    """A worker process, and what is known of it.

    Args:
      threads, own: as in `environment`.
    """

    def __init__(self, threads, own=()):
        self.errors = tempfile.TemporaryFile()
        what = [sys.executable, "-m", "caudal.study.worker"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors, "bufsize": 0}
        # in a session of its own, for Ctrl-C is the driver's
        self.process = subprocess.Popen(what, env=environment(threads, own), start_new_session=True, **pipes)
        self.outbox = connection.Connection(os.dup(self.process.stdin.fileno()), readable=False)
        self.inbox = connection.Connection(os.dup(self.process.stdout.fileno()), writable=False)
        self.process.stdin.close()
        self.process.stdout.close()
        self.ready, self.has, self.job, self.steps = False, set(), None, 0

    def give(self, job, data, origin, attempts):
        """Gives it a job, and the job's data if it doesn't have them.

        Raises:
          OSError: it has died.
        """
        self.job, self.steps = job, 0
        if job.data not in self.has:
            self.outbox.send(("data", job.data, data))
            self.has.add(job.data)
        self.outbox.send(("job", job, origin, attempts))

    def hear(self):
        """The trial that it has done, or None for any other message.

        Raises:
          EOFError, OSError: it has died.
          StudyError: it runs other code than the driver does.
        """
        kind, *what = self.inbox.recv()
        if kind == "ready":
            self.ready = True
            if what[0] != code():
                raise StudyError(f"a worker runs other code ({what[0]}) than the study began with ({code()}): begin it again")
        elif kind == "steps":
            self.steps = what[0] if self.job else 0
        else:
            self.job, self.steps = None, 0
            return what[0]
        return None

    def last_words(self):
        """How it died, and the end of what it wrote to its standard error."""
        status = self.process.wait()
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip()[-_LAST_WORDS:]
        return how + (f":\n{said}" if said else "")

    def kill(self):
        """Ends it at once."""
        self.process.kill()
        self.process.wait()
        for end in (self.inbox, self.outbox, self.errors):
            end.close()


class LocalPool:
    """Worker processes on this machine; a context manager, at whose end none is left.

    Args:
      count: how many at once.
      threads: processors that each one's arithmetic may use.
      attempts: how often a job may be begun: then it is to blame for its workers' deaths.
    """

    def __init__(self, count, threads, attempts):
        self.count, self.threads, self.attempts = count, threads, attempts
        self._workers, self._early = {}, 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for worker in self._workers.values():
            worker.kill()
        self._workers.clear()

    def run(self, jobs, datasets, origin, progress):
        """Does jobs; gives their trials as they end.

        Args:
          datasets: checksum to `Dataset`.
          origin: where the networks come from.
          progress: called often, as `progress(steps done of the jobs under way)`.

        Raises:
          StudyError: workers don't start.
        """
        waiting, begun = collections.deque(jobs), collections.Counter()
        while waiting or any(worker.job for worker in self._workers.values()):
            self._fill(waiting, begun, datasets, origin)
            for place in self._heard():
                trial = self._listen(place, waiting, begun)
                if trial is not None:
                    yield trial
            progress(sum(worker.steps for worker in self._workers.values()))

    def _fill(self, waiting, begun, datasets, origin):
        """Gives each idle place a job, with a new worker if it has none."""
        for place in range(self.count):
            if waiting and (place not in self._workers or self._workers[place].job is None):
                worker = self._workers.get(place) or self._start(place)
                job = waiting.popleft()
                begun[job.key] += 1
                try:
                    worker.give(job, datasets[job.data], origin, begun[job.key])
                except OSError:
                    pass  # it is dead: its inbox says so next, and the job is taken back there

    def _start(self, place):
        available = cores()
        first = place * self.threads
        own = available[first:] + available[:first] if self.count * self.threads <= len(available) else ()
        self._workers[place] = Worker(self.threads, own)
        return self._workers[place]

    def _heard(self):
        """The places whose workers said something, or died; waits for one, up to a second."""
        inboxes = {worker.inbox: place for place, worker in self._workers.items()}
        return [inboxes[inbox] for inbox in connection.wait(list(inboxes), timeout=1)]

    def _listen(self, place, waiting, begun):
        worker = self._workers[place]
        try:
            trial = worker.hear()
        except (EOFError, OSError):
            return self._bury(place, waiting, begun)
        self._early = 0 if worker.ready else self._early
        return trial

    def _bury(self, place, waiting, begun):
        """Takes a dead worker away, and its job back; gives a failed trial if the job was begun too often."""
        worker = self._workers.pop(place)
        words, job = worker.last_words(), worker.job
        worker.kill()
        if not worker.ready and worker.process.returncode > 0:
            self._early += 1
            if self._early >= _SLOW_START:
                raise StudyError(f"workers die before they are ready; the last was {words}")
        if job is None:
            return None
        if begun[job.key] < self.attempts:
            waiting.appendleft(job)
            return None
        return failed(job, begun[job.key], words)


def failed(job, attempts, words):
    """The trial of a job whose workers die."""
    said = f"its worker died {attempts} times, the last {words}"
    return dataclasses.replace(blank(job), state="failed", attempts=attempts, error=said)
