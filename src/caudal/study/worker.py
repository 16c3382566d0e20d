"""A worker: a process that does jobs, one after the other, and writes nothing. Run as `python -m caudal.study.worker`.

It speaks with whoever started it over its standard input and output: data, networks and jobs come in; the steps that are done,
four times a second, and each trial go out. If nobody reads that any more, it ends, whatever it is doing.
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import tempfile
import threading
from multiprocessing.connection import Connection

from .identity import code
from .jobs import perform
from .sources import load_networks

__all__ = ["claimed", "main"]

_BEAT = 0.25  # seconds
_IDLE = 600  # seconds without a job, and it ends


class _Worker:
    """The state of a worker: what it was told, and how far it is."""

    def __init__(self, inbox, outbox):
        self.inbox, self.outbox = inbox, outbox
        self.data, self.networks, self.steps = {}, {}, 0
        self._turn = threading.Lock()

    def send(self, *message):
        """Tells the driver something; ends the process if there is none."""
        try:
            with self._turn:
                self.outbox.send(message)
        except OSError:
            os._exit(1)

    def beat(self):
        """Tells how many steps of the job are done, for ever."""
        while True:
            threading.Event().wait(_BEAT)
            self.send("steps", self.steps)

    def serve(self):
        """Does what comes in, until nothing comes any more."""
        self.send("ready", code(), socket.gethostname(), os.getpid())
        threading.Thread(target=self.beat, daemon=True).start()
        while self.inbox.poll(_IDLE):
            try:
                kind, *what = self.inbox.recv()
            except (EOFError, OSError):
                return
            getattr(self, f"on_{kind}")(*what)

    def on_data(self, checksum, data):
        """Keeps a data set under its checksum."""
        self.data[checksum] = data

    def on_job(self, job, origin, attempts):
        """Does a job, and sends its trial."""
        self.steps = 0
        if origin not in self.networks:
            self.networks[origin] = load_networks(origin)
        trial = perform(job, self.networks[origin][job.network], self.data[job.data], attempts, self.count)
        self.send("trial", trial)

    def count(self, steps):
        """Notes how many steps are done."""
        self.steps = steps


_claims = []  # open files: a claim lasts as long as the process


def claimed(cores, count):
    """`count` of some processors: the first ones that no other worker of this user is kept to, of this study or another.

    Where too few are free, the first ones of the others make up for it.
    """
    free = []
    for core in cores:
        if len(free) < count and _claim(core):
            free.append(core)
    return free + [core for core in cores if core not in free][: count - len(free)]


def _claim(core):
    """Whether this process may have a processor for itself from now on; where that can't be said, it may not."""
    path = os.path.join(tempfile.gettempdir(), f"caudal-{os.getuid()}-processor-{core}")
    with contextlib.suppress(OSError):  # another has it, or the file is not ours
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        _claims.append(file)
        return True
    return False


def main():
    """Serves the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    if cores := os.environ.get("CAUDAL_CORES"):
        os.sched_setaffinity(0, claimed([int(core) for core in cores.split(",")], int(os.environ["NPROC"])))
    inbox, outbox = (Connection(os.dup(fd), readable=fd == 0, writable=fd == 1) for fd in (0, 1))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a network prints goes where errors go
    sys.stdout = sys.stderr
    _Worker(inbox, outbox).serve()


if __name__ == "__main__":
    main()
