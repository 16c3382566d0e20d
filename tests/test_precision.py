"""Products of bfloat16 factors with float32 sums, by choice: held to NumPy's in float64 on rounded factors."""

import contextlib

import ml_dtypes
import numpy as np
import pytest

import caudal as tf
from caudal.backend import precision, windows
from caudal.run import plan


@contextlib.contextmanager
def products_of(dtype):
    tf.config.set_product_dtype(dtype)
    try:
        yield
    finally:
        tf.config.set_product_dtype(tf.float32)


@pytest.fixture(autouse=True)
def compiling(monkeypatch):
    monkeypatch.setattr(plan, "worth_compiling", lambda ops: True)


def _numbers(*dims):
    return np.random.RandomState(sum(dims)).standard_normal(dims).astype("f")


def _rounded(x):
    return x.astype(ml_dtypes.bfloat16).astype(np.float64)


def _values(build, arrays):
    """What a graph over placeholders computes, and its slopes by them for a slope of itself, made from its own shape."""
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = {tf.placeholder(tf.float32, a.shape): a for a in arrays}
        y = build(*feeds)
        dy = tf.placeholder(tf.float32, y.shape)
        return session.run([y, *tf.gradients(y, list(feeds), dy)], feeds | {dy: _numbers(*y.shape.as_list())})


def _matmul(x, w, dy):
    return [x @ w, dy @ w.swapaxes(-1, -2), x.swapaxes(-1, -2) @ dy]


def _convolution(x, w, dy):
    where = (1, 2), [(1, 1), (0, 1)], (1, 1)
    found = (
        windows.conv(x, w, *where),
        windows.conv_input_grad(x.shape, w, dy, *where),
        windows.conv_filter_grad(x, w.shape, dy, *where),
    )
    return list(found)


CASES = {
    "matmul": (tf.matmul, [(5, 300), (300, 7)], _matmul),
    "batches": (tf.matmul, [(2, 5, 30), (2, 30, 7)], _matmul),
    "conv": (lambda x, w: tf.nn.conv2d(x, w, [1, 1, 2, 1], "SAME"), [(2, 8, 8, 9), (3, 3, 9, 5)], _convolution),
}


@pytest.mark.parametrize("build, dims, meant", CASES.values(), ids=CASES)
def test_factors_are_rounded_and_sums_are_not(build, dims, meant):
    arrays = [_numbers(*d) for d in dims]
    exact = _values(build, arrays)
    with products_of(tf.bfloat16):
        found = _values(build, arrays)
    dy = _numbers(*exact[0].shape)
    for got, want, plain in zip(found, meant(*map(_rounded, [*arrays, dy])), exact, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, atol=2e-5 * np.abs(want).max())
        assert np.abs(got - plain).max() > 1e-3 * np.abs(plain).max() > np.abs(got - plain).mean() / 10


def test_a_session_keeps_what_it_was_made_with():
    x = _numbers(4, 64)
    with tf.Graph().as_default(), products_of(tf.bfloat16):
        given = tf.placeholder(tf.float32, x.shape)
        y = tf.matmul(given, given, transpose_b=True)
        with tf.Session() as low:
            tf.config.set_product_dtype(tf.float32)
            with tf.Session() as high:
                runs = [session.run(y, {given: x}) for session in (low, high, low)]
    np.testing.assert_array_equal(runs[0], runs[2])
    np.testing.assert_allclose(runs[1], x @ x.T, rtol=1e-4, atol=1e-4)
    assert np.abs(runs[0] - runs[1]).max() > 1e-3


def test_a_net_learns_with_rounded_factors():
    """A convnet's loss falls as it does with float32 factors, about."""
    x, labels = _numbers(32, 8, 8, 1), np.arange(32) % 4
    losses = {}
    for dtype in precision.FACTORS:
        with tf.Graph().as_default(), products_of(dtype), tf.Session() as session:
            tf.set_random_seed(1)
            h = tf.layers.max_pooling2d(tf.layers.conv2d(tf.constant(x), 8, 3, activation=tf.nn.relu), 2, 2)
            loss = tf.losses.sparse_softmax_cross_entropy(labels, tf.layers.dense(tf.layers.flatten(h), 4))
            train = tf.train.AdamOptimizer(0.02).minimize(loss)
            session.run(tf.global_variables_initializer())
            losses[dtype] = [session.run([loss, train])[0] for _ in range(30)]
    low, high = losses["bfloat16"], losses["float32"]
    assert low[-1] < 0.5 * low[0] and abs(low[-1] - high[-1]) < 0.1 * high[0] and low != high


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="float32 or bfloat16, not float16"):
        tf.config.set_product_dtype(tf.float16)
    assert tf.config.get_product_dtype() is tf.float32
