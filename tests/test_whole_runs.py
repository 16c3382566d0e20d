"""A run that fails, or that Ctrl-C ends, leaves the variables as a whole number of steps left them."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import caudal as tf


def _network(width, layers):
    x = tf.placeholder(tf.float32, [None, width])
    h = x
    for k in range(layers):
        h = tf.tanh(h @ tf.get_variable(f"w{k}", [width, width]) + tf.get_variable(f"b{k}", [width]))
    loss = tf.reduce_mean(h**2)
    count = tf.train.get_or_create_global_step()
    return x, loss, tf.train.AdamOptimizer().minimize(loss, global_step=count), count


@pytest.mark.parametrize(("width", "layers", "rows"), [(4, 3, 10), (40, 8, 300), (300, 3, 1000)])
def test_interrupted(width, layers, rows, monkeypatch):
    """Ctrl-C at any moment of a training step: the step was made, or it wasn't."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        x, loss, step, count = _network(width, layers)
        variables = tf.global_variables()
        begin = tf.global_variables_initializer()
    batch = np.random.RandomState(0).rand(rows, width)
    try:
        with tf.Session(graph=graph) as session:
            session.run(begin)
            session.run([step, loss], {x: batch})
            for k in range(25):
                timer = threading.Timer(0.01 + 0.0007 * k, os.kill, (os.getpid(), signal.SIGINT))
                with pytest.raises(KeyboardInterrupt):
                    timer.start()
                    while True:
                        session.run([step, loss], {x: batch})
            made, left = session.run([count, variables])
    finally:
        signal.signal(signal.SIGINT, before)
    with tf.Session(graph=graph) as session:
        session.run(begin)
        for _ in range(made):
            session.run([step, loss], {x: batch})
        for value, other in zip(left, session.run(variables), strict=True):
            np.testing.assert_array_equal(value, other)


_SHORT_OF_MEMORY = """
import resource, time
import numpy as np
import caudal as tf
v = tf.get_variable("v", [100, 1000], initializer=tf.ones_initializer())
n = tf.placeholder(tf.float32, [30_000, 100])
y = tf.matmul(tf.sin(tf.matmul(n, v)), v, transpose_b=True)
step = tf.assign_add(v, tf.fill([100, 1000], 1 + tf.reduce_mean(tf.abs(y))))
x = np.ones([30_000, 100], np.float32)
with tf.Session() as session:
    session.run(v.initializer)
    for _ in range(2):
        session.run(step, {n: x})
    was = session.run(v)
    time.sleep(0.5)  # another thread frees what the last run held
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (20 << 20), resource.RLIM_INFINITY))
    try:
        session.run(step, {n: x})
    except tf.errors.ResourceExhaustedError as error:
        print(str(error).splitlines()[0])
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("whole" if (session.run(v) == was).all() else "lost")
    session.run(step, {n: x})
    print("goes on" if (session.run(v) > was).all() else "stands still")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems don't limit a process's memory so")
def test_short_of_memory():
    """A program that ran before finds too little memory: the error says so, and no variable is lost."""
    done = subprocess.run([sys.executable, "-c", _SHORT_OF_MEMORY], capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    assert said[1:] == ["whole", "goes on"], done.stdout + done.stderr
    assert said[0].startswith("Out of memory allocating ")
