"""Small programs as people wrote them for TensorFlow 1: what one of them met once is held here."""

import numpy as np
import pytest

import caudal as tf


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_a_line_fits_one_point_at_a_time():
    """Placeholders without a shape, fed one number a step: the sum's slope is then one of no axes."""
    x, y = tf.placeholder("float"), tf.placeholder("float")
    slope, start = tf.Variable(0.5, name="weight"), tf.Variable(-0.5, name="bias")
    cost = tf.reduce_sum(tf.pow(tf.add(tf.multiply(x, slope), start) - y, 2)) / 6
    step = tf.train.GradientDescentOptimizer(0.05).minimize(cost)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(300):
            for one in (-1.0, 0.0, 2.0):
                sess.run(step, {x: one, y: 3.0 * one + 1.0})
        got = sess.run([slope, start, cost], {x: np.float32([0, 1, 2]), y: np.float32([1, 4, 7])})
    np.testing.assert_allclose(got, [3.0, 1.0, 0.0], atol=1e-3)
