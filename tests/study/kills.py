"""Kills a study's workers and its driver at random, begins it again each time, and compares what it ends with.

    python tests/study/kills.py FILE --kills 50

FILE is a study. It is computed undisturbed by one worker, then by two once more with SIGKILL to a random process of it, each time after a random
wait; at the end every trial has to be there exactly once, with the same bits.
"""

import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from caudal.study import records
from caudal.study.driver import SETTINGS
from caudal.study.storage import Storage

_CAUDAL = [sys.executable, "-c", "from caudal.cli.main import main; main()", "study"]


def start(*args):
    """A `caudal study` command, begun."""
    return subprocess.Popen([*_CAUDAL, *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def begin(file, folder, workers=2):
    """The command that begins a study, or goes on with it if it was begun."""
    how = ["--workers", str(workers), "--attempts", "1000", "--no-report"]
    if os.path.exists(os.path.join(folder, SETTINGS)):
        return start("resume", folder, *how)
    return start("run", file, "--out", folder, *how)


def ended(process):
    """Waits for a command, which has to end well."""
    said = process.communicate()[1]
    assert process.returncode == 0, said


def workers_of(pid):
    """The processes that a driver started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def kill_something(driver, chance):
    """SIGKILL to the driver, or to one of its workers; whether something was killed."""
    try:
        targets = [driver.pid, *workers_of(driver.pid)]
        victim = chance.choice(targets)
        os.kill(victim, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return "driver" if victim == driver.pid else "worker"


def disturbed(file, folder, kills, longest, chance):
    """Computes a study under `kills` kills, a random wait of up to `longest` seconds before each; what was killed, by kind."""
    driver, killed = begin(file, folder), collections.Counter()
    while sum(killed.values()) < kills:
        time.sleep(chance.uniform(0, longest))
        if driver.poll() is None and (what := kill_something(driver, chance)):
            killed[what] += 1
        if driver.poll() == 0:
            break  # the study ended before all kills were spent
        if driver.poll() is not None or what == "driver":
            driver.communicate()
            driver = begin(file, folder)
    if driver.poll() is None:
        driver.communicate()
    ended(begin(file, folder))
    return killed


def counted(name, folder):
    """How often each key is in the storage."""
    return collections.Counter(trial.key for _, trial in Storage(name, folder).trials())


def same(one, other):
    """Whether two studies have the same numbers, to the bit."""
    return [trial.numbers for trial in one.trials] == [trial.numbers for trial in other.trials]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--longest", type=float, default=6.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, wild = os.path.join(folder, "calm"), os.path.join(folder, "wild")
        ended(begin(args.file, calm, workers=1))
        killed = disturbed(args.file, wild, args.kills, args.longest, random.Random(args.seed))
        one, other = records.load(calm), records.load(wild)
        counts = counted(other.name, wild)
        print(
            f"killed: {dict(killed)}; {len(other.trials)} of {other.planned} trials, each in the storage {set(counts.values())} times"
        )
        print("the same bits" if same(one, other) else "other numbers")
        return 0 if same(one, other) and len(counts) == other.planned and set(counts.values()) == {1} else 1


if __name__ == "__main__":
    sys.exit(main())
