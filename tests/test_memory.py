"""The memory of steps: what a run takes and gives back is taken again by the next, and what isn't there is said before anything is lost."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import caudal as tf
from caudal.backend import memory

_RUNS = """
import contextlib, ctypes, random, resource, sys
from caudal.backend import memory

memory.keep_freed()
c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
size, kept, draw = 96_048_848, [], random.Random(int(sys.argv[2]))
room = memory.room if sys.argv[1] == "held" else lambda size: contextlib.nullcontext()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(40):
    with room(size):
        at = ctypes.c_void_p()
        c.posix_memalign(ctypes.byref(at), 64, size)
        ctypes.memset(at, 1, size)
        kept += [c.malloc(draw.choice([24, 70, 150, 700, 3000])) for _ in range(draw.randint(0, 4))]
        c.free(at)
    if kept and draw.random() < 0.3:
        c.free(kept.pop(draw.randrange(len(kept))))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / size)
"""


def _blocks(how, seed):
    """How many times the size of a run's block the memory of a process grew by in forty runs."""
    words = [sys.executable, "-c", textwrap.dedent(_RUNS), how, str(seed)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps what is freed")
def test_runs_take_the_same_memory():
    """A block that every run takes and gives back, while small ones are taken and stay: mostly one is enough, where three are taken else."""
    assert np.median([_blocks("held", seed) for seed in range(5)]) < 1.3


_GROWING = """
import ctypes, resource
from caudal.backend import memory

memory.keep_freed()
with memory.room(500_000_000):
    pass
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 600_000_000, resource.RLIM_INFINITY))
with memory.room(900_000_000):
    print("larger")
try:
    with memory.room(1_050_000_000 + 600_000_000):
        print("too large")
except MemoryError:
    print("refused")
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
with memory.room(900_000_000):
    taken = c.malloc(800_000_000)  # the run leaves less than there was
try:
    with memory.room(900_000_000):
        print("too large")
except MemoryError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't limit a process's memory so")
def test_room_under_a_limit():
    """A block that is held doesn't stand in the way of a larger one, and is missed where it can't be had again."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(_GROWING)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["larger", "refused", "refused"], done.stdout + done.stderr


def test_what_is_not_there():
    with pytest.raises(MemoryError), memory.room(1 << 60):
        raise AssertionError("there can't be as much")
    with memory.room(1 << 20):
        pass


def test_room_within_room():
    """A run of another thread, or within a run, finds room of its own."""
    with memory.room(1 << 27), memory.room(1 << 27):
        assert np.ones(1 << 20).sum() == 1 << 20


def test_a_step_that_finds_no_room_leaves_variables_whole(monkeypatch):
    x = tf.placeholder("float32", [None, 1000])
    v = tf.get_variable("v", [1000, 1000], initializer=tf.ones_initializer())
    change = v.assign_add(tf.matmul(x, tf.nn.softmax(tf.matmul(x, v)), transpose_a=True))
    feed = np.random.RandomState(0).standard_normal((20_000, 1000)).astype("f")
    with tf.Session() as sess:
        sess.run(v.initializer)
        after = sess.run(change, {x: feed})
        monkeypatch.setattr(memory, "room", _none)
        with pytest.raises(tf.errors.ResourceExhaustedError, match="smaller batches"):
            sess.run(change, {x: feed})
        monkeypatch.undo()
        np.testing.assert_array_equal(sess.run(v), after)


def _none(size):
    raise MemoryError
