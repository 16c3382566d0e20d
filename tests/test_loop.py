"""caudal.loop: many training steps by one call, with the bits of as many calls of Session.run."""

import threading

import numpy as np
import pytest

import caudal as tf
from caudal.run import stepping

STEPS, BATCH = 7, 6


def _iris(x, keep):
    x = tf.layers.dense(x, 4, tf.sigmoid, kernel_regularizer=_l2)
    return tf.layers.dense(tf.layers.dense(x, 3, tf.sigmoid, kernel_regularizer=_l2), 3, kernel_regularizer=_l2)


def _l2(weights):
    return 0.01 * tf.nn.l2_loss(weights)


def _dropout(x, keep):
    return tf.layers.dense(tf.nn.dropout(tf.layers.dense(x, 12, tf.nn.relu), keep), 3)


def _convs(filters, units):
    def net(x, keep):
        for k in filters:
            x = tf.layers.max_pooling2d(tf.layers.conv2d(x, k, 5, padding="same", activation=tf.nn.relu), 2, 2)
        x = tf.layers.dense(tf.layers.flatten(x), units, tf.nn.relu)
        return tf.layers.dense(tf.nn.dropout(x, keep), 10)

    return net


def _norm(x, keep):
    x = tf.layers.batch_normalization(tf.layers.conv2d(x, 4, 3), training=True)
    return tf.layers.dense(tf.layers.flatten(tf.nn.relu(x)), 10)


def _lstm(x, keep):
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(8) for _ in range(2)])
    outputs, _ = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
    return tf.layers.dense(outputs[-1], 10)


NETS = {  # name: (net, shape of an example)
    "iris": (_iris, (4,)),
    "dropout": (_dropout, (4,)),
    "lenet": (_convs([6, 16], 84), (20, 20, 1)),
    "tfnet": (_convs([8, 16], 64), (14, 14, 1)),
    "norm": (_norm, (8, 8, 2)),
    "lstm": (_lstm, (4, 5)),
}


@pytest.fixture(autouse=True)
def _graph():
    with tf.Graph().as_default():
        yield


class Case:
    """A network with data, and sessions that begin alike."""

    def __init__(self, name, optimizer=None):
        net, shape = NETS[name]
        draw = np.random.RandomState(0)
        tf.set_random_seed(1)
        self.x, self.y = tf.placeholder(tf.float32, [None, *shape], "x"), tf.placeholder(tf.int64, [None], "y")
        logits = net(self.x, 0.75)
        self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=logits))
        self.loss += sum(tf.losses.get_regularization_losses())
        self.right = tf.equal(tf.argmax(logits, 1), self.y)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            self.train = (optimizer or tf.train.AdamOptimizer(0.01)).minimize(self.loss)
        self.arrays = {self.x: draw.rand(40, *shape).astype("f"), self.y: draw.randint(0, 3, 40)}
        self.order = draw.randint(0, 40, (STEPS, BATCH))

    def session(self):
        """A new session, its variables initialised."""
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        return session

    def by_runs(self, session, fetches):
        """What each step's `session.run` gives."""
        return [session.run([self.train, fetches], {k: a[rows] for k, a in self.arrays.items()})[1] for rows in self.order]


@pytest.mark.parametrize(("every", "chunk"), [(1, 1000), (3, 2)])
@pytest.mark.parametrize("name", NETS)
def test_bits_of_runs(name, every, chunk, monkeypatch):
    """Losses, predictions and all variables have the bits of as many runs; so has a run after them."""
    monkeypatch.setattr(stepping, "_CHUNK", chunk)
    case = Case(name)
    one, other = case.session(), case.session()
    runs = case.by_runs(one, [case.loss, case.right])
    losses, right = tf.loop.run_steps(other, case.train, case.arrays, case.order, [case.loss, case.right], every)
    kept = runs[every - 1 :: every]
    assert losses.shape == (STEPS // every,) and right.shape == (STEPS // every, BATCH)
    np.testing.assert_array_equal(losses, np.array([k[0] for k in kept]))
    np.testing.assert_array_equal(right, np.array([k[1] for k in kept]))
    variables = tf.global_variables()
    for a, b in zip(one.run(variables), other.run(variables), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(case.by_runs(one, case.loss), case.by_runs(other, case.loss))


def test_small_steps_are_one_program(monkeypatch):
    """The plan's own program makes the first step alone."""
    case = Case("iris")
    called = []
    own = stepping.Stepping._apart
    monkeypatch.setattr(stepping.Stepping, "_apart", lambda self, rows, every: called.append(len(rows)) or own(self, rows, every))
    tf.loop.run_steps(case.session(), case.train, case.arrays, case.order, case.loss)
    assert called == [1]


def test_again_and_between():
    """A second call goes on, with what other runs assigned in between, and other batch sizes."""
    case = Case("iris", tf.train.MomentumOptimizer(0.1, 0.9))
    one, other = case.session(), case.session()
    steps = tf.loop.Steps(other, case.train, case.arrays, {"loss": case.loss})
    halved = [tf.assign(v, 0.5 * v) for v in tf.trainable_variables()]
    for rows in (BATCH, BATCH, 3):
        case.order = case.order[:, :rows]
        np.testing.assert_array_equal(case.by_runs(one, case.loss), steps.run(case.order)["loss"])
        one.run(halved), other.run(halved)


def test_fetched_variables_and_fixed_feeds():
    """A fetched variable is as it is after its step; what is fed whole is the same in each step."""
    case = Case("iris")
    bias = tf.trainable_variables()[1]
    scale = tf.placeholder(tf.float32, [])
    scaled = scale * case.loss
    one, other = case.session(), case.session()
    found = tf.loop.run_steps(other, case.train, case.arrays, case.order, [scaled, bias], feed_dict={scale: 3.0})
    for k, rows in enumerate(case.order):
        fed = {**{key: a[rows] for key, a in case.arrays.items()}, scale: 3.0}
        _, (value, variable) = one.run([case.train, [scaled, bias]], fed)
        assert value == found[0][k]
        np.testing.assert_array_equal(variable, found[1][k])


def test_what_is_not_compiled():
    """Ops that Python computes, random ones and checks among them, take part; so does a plan that isn't worth compiling."""
    case = Case("iris")
    noise = tf.reduce_sum(tf.truncated_normal([3], seed=4)) + tf.reduce_sum(tf.random_gamma([2], 1.5, seed=5))
    total = tf.get_variable("total", [], initializer=tf.zeros_initializer(), trainable=False)
    fetches = [tf.check_numerics(case.loss, "loss") + noise, case.right]
    one, other = case.session(), case.session()
    for train in (case.train, tf.assign_add(total, tf.reduce_sum(case.x))):
        case.train = train
        runs, found = case.by_runs(one, fetches), tf.loop.run_steps(other, train, case.arrays, case.order, fetches)
        np.testing.assert_array_equal(found[0], [r[0] for r in runs])
        np.testing.assert_array_equal(found[1], [r[1] for r in runs])
        assert one.run(total) == other.run(total)


def test_without_fetches_and_without_steps():
    """Nothing is fetched of nothing."""
    case = Case("iris")
    assert tf.loop.run_steps(case.session(), case.train, case.arrays, case.order) is None
    assert tf.loop.run_steps(case.session(), case.train, case.arrays, case.order[:0], case.loss).shape == (0,)
    assert tf.loop.run_steps(case.session(), case.train, case.arrays, case.order, case.loss, every=100).shape == (0,)


def test_threads_lose_no_step():
    """Several threads' steps on one session: each takes its turn."""
    case = Case("iris")
    count = tf.train.get_or_create_global_step()
    train = tf.group(case.train, tf.assign_add(count, 1))
    session = case.session()
    work = lambda: tf.loop.run_steps(session, train, case.arrays, case.order)
    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert session.run(count) == 4 * STEPS


def test_interrupted(monkeypatch):
    """Ctrl-C between chunks leaves the variables as a whole number of steps left them."""
    monkeypatch.setattr(stepping, "_CHUNK", 2)
    case = Case("iris")
    count = tf.train.get_or_create_global_step()
    train = tf.group(case.train, tf.assign_add(count, 1))
    session = case.session()
    own, left = stepping._Loop._keep, [2]

    def keep(self, *args):
        own(self, *args)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(stepping._Loop, "_keep", keep)
    with pytest.raises(KeyboardInterrupt):
        tf.loop.run_steps(session, train, case.arrays, case.order)
    assert session.run(count) == 5
    other = case.session()
    case.train, case.order = train, case.order[:5]
    case.by_runs(other, case.loss)
    for a, b in zip(session.run(tf.global_variables()), other.run(tf.global_variables()), strict=True):
        np.testing.assert_array_equal(a, b)


def _fails(kind, words, **changes):
    case = Case("iris")
    given = dict(session=case.session(), train=case.train, arrays=case.arrays, order=case.order, fetches=case.loss)
    given |= {k: v(case) for k, v in changes.items()}
    with pytest.raises(kind, match=words):
        tf.loop.run_steps(**given)


def test_wrong_arguments():
    """What is wrong is named."""
    _fails(ValueError, "There are no arrays", arrays=lambda case: {})
    _fails(ValueError, "'y_1:0' has 39", arrays=lambda case: {**case.arrays, case.y: case.arrays[case.y][1:]})
    _fails(ValueError, r"integers \[steps, batch\], but is int64\[6\]", order=lambda case: case.order[0])
    _fails(ValueError, "but is float64", order=lambda case: 1.0 * case.order)
    _fails(IndexError, "examples from -1 to", order=lambda case: case.order * 0 - 1)
    _fails(IndexError, "to 40, but there are 40", order=lambda case: case.order * 0 + 40)
    _fails(ValueError, "can't be 0", every=lambda case: 0)
    _fails(
        ValueError, "Cannot feed value of shape", arrays=lambda case: {case.x: case.arrays[case.y], case.y: case.arrays[case.y]}
    )
    _fails(TypeError, "Cannot interpret feed_dict key", arrays=lambda case: {3: case.arrays[case.x]})
    _fails(ValueError, "'PyFunc' .* works outside of the graph", fetches=lambda case: tf.py_func(abs, [case.loss], tf.float32))


def test_errors_of_runs():
    """A closed session, and variables without values, are refused in a run's words."""
    case = Case("iris")
    with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value"):
        tf.loop.run_steps(tf.Session(), case.train, case.arrays, case.order)
    session = case.session()
    steps = tf.loop.Steps(session, case.train, case.arrays)
    session.close()
    with pytest.raises(RuntimeError, match="closed Session"):
        steps.run(case.order)
