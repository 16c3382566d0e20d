"""A worker: a process that does jobs, one after the other, and writes nothing. Run as `python -m caudal.study.worker`.

It speaks with whoever started it over its standard input and output: data, networks and jobs come in; the steps that are done,
four times a second, and each trial go out. If nobody reads that any more, it ends, whatever it is doing.
"""

import os
import signal
import socket
import sys
import threading
from multiprocessing.connection import Connection

from .identity import code
from .jobs import perform
from .sources import load_networks

__all__ = ["main"]

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


def main():
    """Serves the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    if cores := os.environ.get("CAUDAL_CORES"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    inbox, outbox = (Connection(os.dup(fd), readable=fd == 0, writable=fd == 1) for fd in (0, 1))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a network prints goes where errors go
    sys.stdout = sys.stderr
    _Worker(inbox, outbox).serve()


if __name__ == "__main__":
    main()
