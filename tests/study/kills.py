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
from caudal.study.records import SETTINGS
from caudal.study.storage import Storage

_CAUDAL = [sys.executable, "-c", "from caudal.cli.main import main; main()", "study"]


def start(*args):
    """A `caudal study` command, begun; Ctrl-C reaches it even where the tests themselves run in a shell's background, whose commands ignore it."""
    # What a handler catches, a new program takes in the usual way; what is ignored, it ignores as well.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen([*_CAUDAL, *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, ours)


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
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def kill_something(driver, chance):
    """SIGKILL to the driver, or to one of its workers; what was killed, if anything."""
    try:
        victim = chance.choice([driver.pid, *workers_of(driver.pid)])
        os.kill(victim, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return []
    if victim == driver.pid:
        driver.wait()
    return ["driver" if victim == driver.pid else "worker"]


def disturbed(file, folder, kills, longest, chance):
    """Computes a study under `kills` kills, a random wait of up to `longest` seconds before each; what was killed, by kind."""
    driver, killed = begin(file, folder), collections.Counter()
    while sum(killed.values()) < kills and driver.poll() != 0:
        if driver.poll() is not None:
            said = driver.communicate()[1]
            assert driver.returncode == -signal.SIGKILL, said
            driver = begin(file, folder)
        if at_work(driver):
            time.sleep(chance.uniform(0, longest))
            killed.update(kill_something(driver, chance))
    driver.communicate()
    ended(begin(file, folder))
    return killed


def at_work(driver):
    """Waits until a driver has workers; False if it ended."""
    while driver.poll() is None:
        if workers_of(driver.pid):
            return True
        time.sleep(0.05)
    return False


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
