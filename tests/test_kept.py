"""Compiled programs that a later process takes as they are (backend/kept.py): it computes the same, and needs no JAX for it."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from caudal.backend import device, kept

# What a program is made of: each adds fetches and feeds to a graph, and is run three times in a session of its own.
ROWS = {
    "packed": """
x = tf.placeholder(tf.float32, [None, 8])
h = tf.layers.dense(tf.layers.dense(x, 8, tf.nn.relu), 4)
loss = tf.reduce_mean(tf.square(h)) + tf.reduce_sum(tf.random_uniform([3]))
fetches, feeds = [loss, tf.train.AdamOptimizer(0.01).minimize(loss)], {x: numbers(6, 8)}
""",
    "convolution": """
x = tf.placeholder(tf.float32, [None, 12, 12, 3])
h = tf.layers.max_pooling2d(tf.layers.conv2d(x, 8, 3, activation=tf.nn.relu), 2, 2)
loss = tf.reduce_mean(tf.layers.dense(tf.layers.flatten(tf.layers.batch_normalization(h, training=True)), 5) ** 2)
fetches, feeds = [loss, tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)], {x: numbers(4, 12, 12, 3)}
""",
    "unrolled": """
x = tf.placeholder(tf.float32, [4, 40, 6])
outs, _ = tf.nn.static_rnn(tf.nn.rnn_cell.LSTMCell(7), tf.unstack(x, axis=1), dtype=tf.float32)
loss = tf.reduce_mean(tf.square(outs[-1]))
fetches, feeds = [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)], {x: numbers(4, 40, 6)}
""",
    "while loop": """
x = tf.placeholder(tf.float32, [3, 5])
w = tf.get_variable("w", initializer=numbers(5, 5))
y = tf.while_loop(lambda i, h: i < 7, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w))), (0, x))[1]
loss = tf.reduce_sum(y)
fetches, feeds = [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)], {x: numbers(3, 5)}
""",
    "condition": """
x, which = tf.placeholder(tf.float32, [3, 5]), tf.placeholder(tf.bool, [])
w = tf.get_variable("w", initializer=numbers(5, 5))
loss = tf.reduce_sum(tf.cond(which, lambda: tf.matmul(x, w), lambda: tf.tanh(x)) * w[:3])
fetches, feeds = [loss, tf.train.AdagradOptimizer(0.1).minimize(loss)], {x: numbers(3, 5), which: True}
""",
    "sparse slopes": """
ids = tf.placeholder(tf.int64, [6])
table = tf.get_variable("table", initializer=numbers(20, 4))
loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 3)
fetches, feeds = [loss, tf.train.AdamOptimizer(0.1).minimize(loss)], {ids: np.array([1, 5, 1, 19, 0, 5])}
""",
    "dropout and dtypes": """
x = tf.placeholder(tf.float64, [30, 5])
h = tf.nn.dropout(x, 0.5)
fetches, feeds = [tf.reduce_sum(h), tf.cast(h, tf.bfloat16) * 2, h > 0, tf.argmax(h, 1), tf.complex(h, h)], {x: numbers(30, 5)}
""",
    "growing variable": """
v = tf.get_variable("v", initializer=np.ones(2, np.float32), validate_shape=False)
w = tf.get_variable("w", initializer=numbers(40, 40))
grown = tf.assign(v, tf.concat([v, v * 2], 0), validate_shape=False)
fetches, feeds = [grown, tf.matmul(w, w) * tf.reduce_sum(grown)], {}
""",
    "dynamic length": """
x, lengths = tf.placeholder(tf.float32, [4, None, 3]), tf.placeholder(tf.int32, [4])
outs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), x, lengths, dtype=tf.float32)
loss = tf.reduce_sum(state ** 2)
fetches, feeds = [loss, tf.train.RMSPropOptimizer(0.01).minimize(loss)], {x: numbers(4, 9, 3), lengths: [9, 2, 0, 5]}
""",
    "linear algebra": """
x = tf.placeholder(tf.float32, [6, 6])
w = tf.get_variable("w", initializer=numbers(6, 6))
a = tf.matmul(x, w)
loss = tf.reduce_sum(tf.matrix_inverse(a + 9 * tf.eye(6))) + tf.reduce_sum(tf.cholesky(tf.matmul(a, a, transpose_b=True) + tf.eye(6)))
fetches, feeds = [loss, tf.train.GradientDescentOptimizer(0.01).minimize(loss)], {x: numbers(6, 6)}
""",
}
_JAX = {"linear algebra"}  # rows that call LAPACK, which JAX makes known to XLA

PROGRAM = """
import json, sys
import numpy as np
import caudal as tf

def numbers(*shape):
    return np.random.RandomState(3).uniform(-1, 1, shape).astype(np.float32)

for name, code in json.loads(sys.stdin.read()).items():
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        env = dict(globals())
        exec(code, env)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            runs = [session.run(env["fetches"], env["feeds"]) for _ in range(3)]
            runs.append(session.run(tf.global_variables()))
        told = [[None if x is None else np.asarray(x).tobytes().hex() for x in run] for run in runs]
        print(json.dumps([name, "jax" in sys.modules, told]))
"""


def run(cache, rows, **settings):
    """{row: (whether JAX is imported by then, what it computes)} of a process that keeps its programs in `cache`."""
    env = dict(os.environ, CAUDAL_CACHE=str(cache), **settings)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(rows), env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return {name: (jax, told) for name, jax, told in map(json.loads, done.stdout.splitlines())}


def programs(cache):
    """The kept programs, with when they were written."""
    return {p.name: p.stat().st_mtime_ns for p in pathlib.Path(cache).glob("*/*.program")}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """What a process computes that compiles, one that takes what the first kept, and one that keeps nothing; and what was kept."""
    cache = tmp_path_factory.mktemp("cache")
    first = run(cache, ROWS)
    written = programs(cache)
    second = run(cache, ROWS)
    assert programs(cache) == written and written
    return first, second, run("0", ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_kept_program_computes_the_same_bits(three, row):
    first, second, alone = (told[row][1] for told in three)
    assert second == first == alone


@pytest.mark.parametrize("row", ROWS)
def test_a_kept_program_needs_no_jax(three, row):
    assert three[0][row][0] and three[1][row][0] == (row in _JAX)


def test_other_settings_take_other_programs(tmp_path):
    rows = {"packed": ROWS["packed"]}
    run(tmp_path, rows)
    before = programs(tmp_path)
    run(tmp_path, rows, CAUDAL_NATIVE="0")
    assert len(programs(tmp_path)) == 2 * len(before)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:200], lambda data: data[:-1] + b"x", lambda data: b"", lambda data: b"else\n" + data]
)
def test_a_damaged_program_is_compiled_anew(tmp_path, damage):
    rows = {"packed": ROWS["packed"]}
    first = run(tmp_path, rows)
    whole = {}
    for path in tmp_path.glob("*/*.program"):
        whole[path] = path.read_bytes()
        path.write_bytes(damage(whole[path]))
    assert run(tmp_path, rows) == first
    assert all(len(path.read_bytes()) == len(data) for path, data in whole.items())
    assert len(programs(tmp_path)) == len(whole)


# Values that must not share a name.
DIFFERENT = [
    (), (()), 0, 1, True, False, None, 1.0, "1", b"1", "", b"", ("a", "b"), ("ab",), (("a",), "b"), ("a", ("b",)), (1, 2), (12,), -0.0, 0.0,
    float("nan"), device.Spec([2, 3], "f4"), device.Spec([3, 2], "f4"), device.Spec([2, 3], "i4"), np.float32(1), np.float64(1), np.int32(1), np.dtype("f4"),
    np.zeros(2), np.zeros((2, 1)), np.zeros(2, "i8"), frozenset({1, 2}), frozenset({12}),
]  # fmt: skip


def test_names_tell_values_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(kept.disk_cache, "folder", lambda: str(tmp_path))
    names = [kept.name(value) for value in DIFFERENT]
    assert None not in names and len(set(names)) == len({repr(value) for value in DIFFERENT})
    assert names == [kept.name(value) for value in DIFFERENT]


@pytest.mark.parametrize(
    "value", [object(), kept.Own(3), (1, (kept.Own(3),)), [1], {1: 2}, np.array([None]), test_names_tell_values_apart]
)
def test_what_only_this_process_knows_has_no_name(tmp_path, monkeypatch, value):
    monkeypatch.setattr(kept.disk_cache, "folder", lambda: str(tmp_path))
    assert kept.name("step", value) is None
    assert kept.part(kept.name("step", value), "apart") is None
