"""Compiled programs kept between processes (backend/disk_cache.py)."""

import os
import pathlib
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import numpy as np
import caudal as tf
tf.set_random_seed(1)
x = tf.placeholder(tf.float32, [None, 8])
w = tf.Variable(tf.truncated_normal([8, 8]))
loss = tf.reduce_sum(tf.square(tf.tanh(tf.matmul(x, w))))
train = tf.train.AdamOptimizer(0.1).minimize(loss)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(3):
        print(repr(session.run([loss, train], {x: np.ones((4, 8))})[0]))
"""


def run(cache, ending=""):
    """What the program prints, in a process of its own that keeps its programs in `cache`."""
    env = dict(os.environ, CAUDAL_CACHE=str(cache))
    return subprocess.run([sys.executable, "-c", PROGRAM + ending], env=env, capture_output=True, text=True, check=False)


def entries(cache):
    """The kept programs, with when they were written."""
    return {p.name: p.stat().st_mtime_ns for p in pathlib.Path(cache).glob("*/*.program")}


def test_a_second_process_takes_what_the_first_compiled(tmp_path):
    first = run(tmp_path)
    kept = entries(tmp_path)
    assert first.returncode == 0 and kept, first.stderr
    assert [p.stat().st_mode & 0o77 for p in tmp_path.iterdir()] == [0]
    second = run(tmp_path)
    assert (second.stdout, second.stderr) == (first.stdout, first.stderr)
    assert entries(tmp_path) == kept
    assert {p.suffix for p in tmp_path.glob("*/*")} == {".program"}  # nothing half written


def test_what_a_killed_process_wrote_is_not_used(tmp_path):
    killed = run(tmp_path, "\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert killed.returncode == -9 and entries(tmp_path)
    for path in tmp_path.glob("*/*.program"):
        path.write_bytes(path.read_bytes()[:100])
    again = run(tmp_path)
    assert again.returncode == 0 and again.stderr == "", again.stderr
    assert again.stdout == killed.stdout
    assert all(path.stat().st_size > 100 for path in tmp_path.glob("*/*.program"))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners and modes of files here")
def test_a_folder_that_others_may_write_to_is_left_alone(tmp_path):
    tmp_path.chmod(0o777)
    told = run(tmp_path, "\nfrom caudal.backend import disk_cache\nprint(disk_cache.status())")
    assert told.stdout.splitlines()[-1] == f"off (others may write to '{tmp_path}')", told.stderr
    assert not entries(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    told = run(tmp_path / "file", "\nfrom caudal.backend import disk_cache\nprint(disk_cache.status())")
    assert told.returncode == 0 and told.stdout.splitlines()[-1].startswith("off (Not a directory"), told.stderr
