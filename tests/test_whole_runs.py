"""Runs that fail, or that Ctrl-C ends, leave the variables as a whole number of steps left them; and what changing shapes cost is bounded."""

import gc
import os
import signal
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

import caudal as tf
from caudal.run import programs as bounded
from caudal.run.compiled_step import CompiledStep
from caudal.run.programs import Programs


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
    gc.disable()  # JAX has a function called at each collection: what is raised in that, Python shows and drops
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
        gc.enable()
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
from caudal.run.programs import Programs
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
        print("ran")
        was = session.run(v)
    except tf.errors.ResourceExhaustedError as error:
        print(str(error).splitlines()[0])
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("whole" if (session.run(v) == was).all() else "lost")
    session.run(step, {n: x})
    print("goes on" if (session.run(v) > was).all() else "stands still")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems don't limit a process's memory so")
@pytest.mark.parametrize("kept", [False, True])
def test_short_of_memory(kept):
    """A program that ran before finds too little memory: the error says so, and no variable is lost. Where freed memory stays with the process,
    what the program takes is held for it."""
    env = os.environ | ({} if kept else {"MALLOC_TRIM_THRESHOLD_": "131072"})
    done = subprocess.run([sys.executable, "-c", _SHORT_OF_MEMORY], capture_output=True, text=True, check=False, env=env)
    said = done.stdout.splitlines()
    assert said[1:] == ["whole", "goes on"], done.stdout + done.stderr
    assert said[0] == "ran" if kept else said[0].startswith("Out of memory allocating ")


def test_shapes_that_keep_changing(caplog):
    """Shapes that come seldom are run op by op, to the same numbers; that they change is said once, with the placeholder's line."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 5], name="x")
        step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(tf.square(x * tf.get_variable("w", [5]))))
        begin = tf.global_variables_initializer()
    with tf.Session(graph=graph) as session:
        session.run(begin)
        for rows in range(1, 15):
            session.run(step, {x: np.ones([rows, 5])})
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "run in 10 different ways" in said[0]
    assert "the shape of 'x:0' (Placeholder), made at test_whole_runs.py:" in said[0] and "padded" in said[0]


def _changing(x, looping):
    """The loss of a net on `[batch, time, 4]`, with a loop over the times or without."""
    h, w = tf.zeros([3, 4]), tf.get_variable("w", initializer=np.eye(4, dtype="f") * 0.9)
    if looping:
        steps = tf.shape(x)[1]
        rows = tf.TensorArray(tf.float32, steps).unstack(tf.transpose(x, [1, 0, 2]))
        out = tf.TensorArray(tf.float32, steps)

        def body(k, h, out):
            h = tf.tanh(rows.read(k) + h @ w)
            return k + 1, h, out.write(k, h)

        _, h, out = tf.while_loop(lambda k, *_: k < steps, body, [0, h, out])
        return tf.reduce_mean(tf.square(out.stack())) + tf.reduce_mean(h)
    return tf.reduce_mean(tf.square(tf.tanh(tf.reshape(x, [-1, 4]) @ w)))


def _last_plan(session):
    return [plan for _, plans, _ in session._plans.values() for plan in plans.values()][-1]


@pytest.mark.parametrize("looping", [False, True])
def test_shapes_that_come_seldom(looping, monkeypatch):
    """They are run op by op, to the same numbers; one that comes often has its program."""

    def run(lengths):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, [3, None, 4])
            loss = _changing(x, looping)
            train = tf.train.AdamOptimizer(0.01).minimize(loss)
            session.run(tf.global_variables_initializer())
            draw = np.random.RandomState(0)
            losses, made = [], []
            for n in lengths:
                losses.append(session.run([loss, train], {x: draw.standard_normal([3, n, 4])})[0])
                (step,) = (step for step in _last_plan(session).steps if isinstance(step, CompiledStep))
                made.append(len(step.programs))
            return losses, made

    lengths = [*range(2, 12), *[5] * 6, 7]
    losses, made = run(lengths)
    assert made == [1, *[2] * 12, *[3] * 4]
    monkeypatch.setattr(bounded, "_AT_ONCE", 100)
    wanted, made = run(lengths)
    assert made[-1] == 10
    np.testing.assert_allclose(losses, wanted, rtol=1e-5)


def test_programs_are_bounded():
    with tf.Graph().as_default():
        programs = Programs([tf.placeholder(tf.float32)], [])
    for k in range(300):
        programs.add(((), ((k,),)), types.SimpleNamespace(number=k, flops=0, convolves=False))
    assert len(programs) < 200 and max(one.number for one in programs.values()) == 299


def test_what_waits_for_a_constant_waits_for_what_it_waits_for():
    """An optimizer's step is counted by adding a constant that waits for the updates: where these fail, or wait, it isn't counted."""
    with tf.Graph().as_default(), tf.Session() as session:
        slopes, told = tf.FIFOQueue(2, tf.float32, [[2]]), tf.FIFOQueue(2, tf.int64, [[]])
        w, step = tf.get_variable("w", initializer=[1.0, 1.0]), tf.train.get_or_create_global_step()
        train = tf.train.GradientDescentOptimizer(0.5).apply_gradients([(slopes.dequeue(), w)], step)
        with tf.control_dependencies([train]):
            tell = told.enqueue((tf.identity(step._ref()),))
        session.run(tf.global_variables_initializer())
        session.run(slopes.enqueue(([1.0, 2.0],)))
        session.run(tell)
        session.run(slopes.close())
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(tell)
        found = session.run([w, step, told.size()])
    np.testing.assert_array_equal(found[0], [0.5, 0.0])
    assert found[1:] == [1, 1]
