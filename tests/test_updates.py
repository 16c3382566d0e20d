"""Updates of several small variables by one kernel (run/updates.py): each variable moves as it does alone."""

import numpy as np
import pytest

import caudal as tf
from caudal.backend import native
from caudal.ops.training import node
from caudal.run import compiled_step, updates

OPTIMIZERS = {
    "GradientDescent": lambda: tf.train.GradientDescentOptimizer(0.1),
    "Momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "Nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "Adam": lambda: tf.train.AdamOptimizer(0.1),
    "RMSProp": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
    "centered RMSProp": lambda: tf.train.RMSPropOptimizer(0.1, centered=True),
    "Adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "AdagradDA": lambda: tf.train.AdagradDAOptimizer(0.1, tf.train.get_or_create_global_step()),
    "Adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
    "Ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
    "ProximalAdagrad": lambda: tf.train.ProximalAdagradOptimizer(0.1, l2_regularization_strength=0.01),
    "ProximalGradientDescent": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01),
}
SHAPES = [(4, 4), (4,), (3, 1, 2), (), (1,), (7, 5)]


def _trained(make, shapes, first=0, steps=4, resource=False):
    """The variables after some steps on a sum of losses of one variable each, and the losses."""
    with tf.Graph().as_default(), tf.Session() as session:
        draw = [np.random.RandomState(first + k) for k in range(len(shapes))]
        variables = [tf.Variable(np.float32(d.randn(*s)), use_resource=resource) for d, s in zip(draw, shapes, strict=True)]
        wanted = [np.float32(d.randn(*s)) for d, s in zip(draw, shapes, strict=True)]
        loss = tf.add_n([tf.reduce_sum(tf.sqrt(1 + tf.square(v - w))) for v, w in zip(variables, wanted, strict=True)])
        train = make().minimize(loss, global_step=tf.train.get_or_create_global_step())
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run([train, loss])
        return session.run(variables)


@pytest.fixture(params=["native", "XLA"])
def sizes(request, monkeypatch):
    """How many variables each of the joined updates changes: where there are native kernels, and where there are none."""
    if request.param == "XLA":
        monkeypatch.setattr(updates.native_train, "kernel_of", lambda kind, attrs: None)
    elif not native.ready():
        pytest.skip(native.status())
    found, close = [], updates._close

    def counted(groups, holder, key, *rest):
        found.append(len(groups[key]))
        return close(groups, holder, key, *rest)

    monkeypatch.setattr(updates, "_close", counted)
    return found


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_variables_move_as_they_do_alone(name, resource, sizes):
    make = OPTIMIZERS[name]
    together = _trained(make, SHAPES, resource=resource)
    assert sizes == ([] if name == "AdagradDA" else [len(SHAPES)])  # AdagradDA's formula takes a step of another dtype
    for k, shape in enumerate(SHAPES):
        (alone,) = _trained(make, [shape], first=k, resource=resource)
        np.testing.assert_allclose(together[k], alone, rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize("resource", [False, True])
def test_what_is_read_between_two_updates_keeps_them_apart(resource, sizes):
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = (tf.Variable(np.ones((8, 8), "f"), use_resource=resource) for _ in range(2))
        step = tf.train.GradientDescentOptimizer(0.5)
        first = step.apply_gradients([(tf.matmul(a, b), a)])
        with tf.control_dependencies([first]):
            second = step.apply_gradients([(tf.matmul(a.read_value(), b), b)])
        session.run(tf.global_variables_initializer())
        session.run(second)
        assert max(sizes) == 1
        np.testing.assert_allclose(session.run(a), np.full((8, 8), -3))
        np.testing.assert_allclose(session.run(b), np.full((8, 8), 1 - 0.5 * 8 * -3))


def test_many_variables_are_joined_in_groups(sizes):
    shapes = [(3, k + 1) for k in range(20)]
    together = _trained(OPTIMIZERS["Adam"], shapes)
    assert sorted(sizes) in ([4, 16], [20])
    (alone,) = _trained(OPTIMIZERS["Adam"], shapes[-1:], first=19)
    np.testing.assert_allclose(together[-1], alone, rtol=5e-6, atol=5e-6)


def test_reads_by_handles_between_writes():
    """Reads of one value are made one, and those after a write see what was written."""
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", [200, 200], initializer=tf.ones_initializer(), use_resource=True)
        products = []
        last = []
        for _ in range(3):
            with tf.control_dependencies(last):
                products.append(tf.matmul(v.read_value(), v.read_value())[0, 0])
            with tf.control_dependencies(products[-1:]):
                last = [v.assign_add(v.read_value() + v.read_value())]
        with tf.control_dependencies(last):
            read, again = v.read_value()[0, 0], v.read_value()[0, 1]
        session.run(v.initializer)
        assert session.run([*products, read, again]) == [200, 200 * 9, 200 * 81, 27, 27]


_RESOURCE = "ResourceApplyGradientDescent"


@pytest.mark.parametrize("joined", [True, False])
def test_slopes_of_another_shape(joined, monkeypatch):
    """Refused, whatever else is updated in the same step, and no variable is changed."""
    if not joined:
        monkeypatch.setattr(compiled_step, "join_updates", lambda nodes: nodes)
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = (
            tf.get_variable(name, [n], initializer=tf.ones_initializer(), use_resource=True) for name, n in (("a", 4), ("b", 8))
        )
        product = tf.matmul(tf.ones([300, 300]), tf.ones([300, 300]))[0, 0] / 300
        rate = tf.constant(0.5)
        swapped = [node(_RESOURCE)(v.handle, rate, tf.fill([n], product), use_locking=False) for v, n in ((a, 8), (b, 4))]
        square = node(_RESOURCE)(a.handle, rate, tf.fill([2, 2], product), use_locking=False)
        right = node(_RESOURCE)(b.handle, rate, tf.fill([8], product), use_locking=False)
        session.run(tf.global_variables_initializer())
        for wrong in (swapped, [square, right], [square]):
            with pytest.raises(tf.errors.InvalidArgumentError, match="do not have the same shape"):
                session.run(wrong)
        assert [v.shape for v in session.run([a, b])] == [(4,), (8,)]
        session.run(right)
        np.testing.assert_array_equal(session.run(b), np.full(8, 0.5))


def test_a_rate_that_is_a_variable_itself():
    with tf.Graph().as_default(), tf.Session() as session:
        v, rate = (tf.Variable(np.full(8, k, "f") if k == 1 else np.float32(k)) for k in (1, 0.5))
        product = tf.matmul(tf.ones([300, 300]), tf.ones([300, 300]))[0, 0] / 300
        step = node("ApplyGradientDescent")(v._ref(), rate._ref(), tf.fill([8], product), use_locking=False)
        session.run(tf.global_variables_initializer())
        session.run(step)
        np.testing.assert_array_equal(session.run(v), np.full(8, 0.5))
