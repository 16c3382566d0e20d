"""What only Python can do: functions as ops, text, tables, runs in parts; and what graphs out of files may not."""

import numpy as np
import pytest

import caudal as tf
from caudal.backend import hashes
from caudal.ground import summarize


@pytest.fixture(autouse=True)
def _fresh_graph():
    with tf.Graph().as_default():
        yield


def run(fetches, feeds=None):
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        return session.run(fetches, feeds)


def test_loaded_graph_runs_no_python_and_reads_no_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("secret")
    with tf.Graph().as_default() as graph:
        tf.read_file(str(path), name="file")
        tf.py_func(lambda: 1.0, [], tf.float64, name="python")
    file, python = tf.import_graph_def(graph.as_graph_def(), return_elements=["file:0", "python:0"])
    with pytest.raises(tf.errors.PermissionDeniedError):
        run(file)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not found"):
        run(python)


def test_run_in_parts_runs_no_op_twice():
    seen = []
    x, y = tf.placeholder(tf.float64, []), tf.placeholder(tf.float64, [])
    first = tf.py_func(lambda v: seen.append(v) or v * 2, [x], tf.float64)
    last = first + y
    with tf.Session() as session:
        handle = session.partial_run_setup([first, last], [x, y])
        with pytest.raises(tf.errors.InvalidArgumentError, match="can't be computed"):
            session.partial_run(handle, last, {x: 1.0})
        handle = session.partial_run_setup([first, last], [x, y])
        assert session.partial_run(handle, first, {x: 3.0}) == 6.0
        assert session.partial_run(handle, last, {y: 1.0}) == 7.0
    assert seen == [3.0]


def test_table_gives_unknown_words_to_buckets():
    table = tf.contrib.lookup.index_table_from_tensor(["a", "b"], num_oov_buckets=3)
    found = run(table.lookup(tf.constant(["b", "never", "a"])))
    assert found.tolist() == [1, 2 + hashes.farm(b"never") % 3, 0]


def test_py_function_sees_values_and_has_a_slope():
    x = tf.constant([1.0, -2.0])
    y = tf.py_function(lambda t: t * t if t.numpy()[0] > 0 else t, [x], tf.float32)
    value, (slope,) = run([y, tf.gradients(y, x)])
    np.testing.assert_allclose(value, [1, 4])
    np.testing.assert_allclose(slope, [2, -4])


def test_slope_of_a_loop_inside_a_function():
    x = tf.constant(1.5)
    cube = tf.function(lambda t: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * t), [0, tf.constant(1.0)])[1])
    assert run(tf.gradients(cube(x), x)) == [np.float32(6.75)]


def test_vectorized_map_is_map_fn():
    x = tf.constant(np.arange(6.0).reshape(2, 3))
    call = lambda row: tf.reduce_max(row) * row + tf.reshape(row, [3, 1])  # noqa: E731
    rows, loop = run([tf.vectorized_map(call, x), tf.map_fn(call, x)])
    np.testing.assert_allclose(rows, loop)


@pytest.mark.parametrize(
    ("array", "most", "words"),
    [
        (np.arange(9), 2, "[0 1 ... 7 8]"),
        (np.array([[1, 2], [3, 4]]), 3, "[[1 2]\n [3 4]]"),
        (np.float32(1 / 3), 3, "0.333333343"),
        (np.array(b'a"b', object), 3, '"a\\"b"'),
    ],
)
def test_edges(array, most, words):
    assert summarize.edges(array, most) == words


def test_row_cuts_where_tf_print_does():
    assert summarize.row(np.arange(4).reshape(2, 2), 3) == "[0 1][2...]..."
