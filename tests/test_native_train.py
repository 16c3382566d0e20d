"""Native kernels of the training step: updates against NumPy's formulas over drawn shapes, and gather against scatter."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import caudal as tf
import caudal.backend.compiled  # noqa: F401  # sets up JAX, which is used here directly
from caudal.backend import native, native_train, reference
from caudal.ops import training

pytestmark = pytest.mark.skipif(not native.ready(), reason=native.status())

FORMULAS = {  # kernel: formula, number of slots, the rates' names
    "gradient_descent": (training.gradient_descent, 0, ("alpha",)),
    "momentum": (training.momentum, 1, ("lr", "rate")),
    "adam": (training.adam, 2, ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")),
    "adagrad": (training.adagrad, 1, ("lr",)),
    "rms_prop": (training.rms_prop, 2, ("lr", "rho", "rate", "epsilon")),
}
SIZES = st.lists(st.one_of(st.integers(0, 40), st.sampled_from([1023, 16385, 70001])), min_size=1, max_size=5)


def _states(draw, sizes, slots):
    """Values and slots (positive, as second moments are), and slopes."""
    states = [[np.float32(draw.randn(n)), *(np.float32(draw.rand(n) + 0.1) for _ in range(slots))] for n in sizes]
    return states, [np.float32(draw.randn(n)) for n in sizes]


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("kernel", FORMULAS)
@settings(max_examples=15, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**16), changes=st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_an_update_is_its_formula(kernel, nesterov, sizes, seed, changes):
    """Each variable moves as NumPy moves it, whatever its size and whoever stands beside it."""
    formula, slots, names = FORMULAS[kernel]
    draw = np.random.RandomState(seed)
    rates = [np.float32(r) for r in draw.uniform(0.05, 0.6, len(names))]
    states, slopes = _states(draw, sizes, slots)
    scales = [np.float32(draw.rand()) if c & 1 else None for c, _ in zip(changes, sizes, strict=False)]
    decays = [np.float32(draw.rand()) if c & 2 else None for c, _ in zip(changes, sizes, strict=False)]
    made = jax.jit(lambda *args: native_train.update(kernel, *args, nesterov=nesterov, scales=scales, decays=decays))(
        rates, states, slopes
    )
    keys = {"use_nesterov": nesterov} if kernel in ("momentum", "adam") else {}
    for state, slope, scale, decay, new in zip(states, slopes, scales, decays, made, strict=True):
        slope = slope if scale is None else scale * slope
        slope = slope if decay is None else slope + decay * state[0]
        order = dict(zip(names, rates, strict=True))
        wanted = formula(
            reference, *state, **order, **({"delta": slope} if kernel == "gradient_descent" else {"grad": slope}), **keys
        )
        for ours, theirs in zip(new, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    shapes=st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=1, max_size=60),
    kind=st.sampled_from(["f4", "i8", "u1", "f8"]),
)
def test_what_is_gathered_is_scattered(shapes, kind):
    """Small arrays of any shapes and dtype become one and come back."""
    arrays = [np.random.RandomState(k).randint(0, 100, s).astype(kind) for k, s in enumerate(shapes)]
    flat = jax.jit(native_train.gather)(arrays)
    np.testing.assert_array_equal(flat, np.concatenate([a.reshape(-1) for a in arrays]))
    for ours, theirs in zip(jax.jit(lambda x: native_train.scatter(x, shapes))(flat), arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def _programs():
    x = tf.placeholder(tf.float32, [None, 6])
    w = tf.get_variable("w", [6, 300], initializer=tf.random_normal_initializer(seed=1))
    b = tf.get_variable("b", [300], initializer=tf.zeros_initializer())
    y = tf.tanh(tf.matmul(x, w) + b)
    loss = tf.reduce_mean(y**2) + 0.1 * tf.nn.l2_loss(w)
    return x, w, b, y, loss


OPTIMIZERS = {
    "gradient descent": lambda: tf.train.GradientDescentOptimizer(0.3),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "Adam": lambda: tf.train.AdamOptimizer(0.05),
    "RMSProp": lambda: tf.train.RMSPropOptimizer(0.01),
    "Adagrad": lambda: tf.train.AdagradOptimizer(0.1),
}


def _steps(make, resource, clip):
    """Fetches of five steps: the loss, an activation, the slopes and the variables, read beside the update."""
    with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", use_resource=resource):
        x, w, b, y, loss = _programs()
        slopes = tf.gradients(loss, [w, b])
        given_slopes = tf.clip_by_global_norm(slopes, 0.5)[0] if clip else slopes
        train = make().apply_gradients(zip(given_slopes, [w, b], strict=True))
        session.run(tf.global_variables_initializer())
        feed = {x: np.random.RandomState(0).randn(9, 6).astype("f")}
        return [session.run([loss, y, *slopes, w, b, train], feed)[:-1] for _ in range(5)]


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_program_trains_as_without_them(name, resource, clip, monkeypatch):
    """L2 and clipping are taken into the update, and every fetched number is as it was."""
    native_steps = _steps(OPTIMIZERS[name], resource, clip)
    monkeypatch.setattr(native_train, "kernel_of", lambda kind, attrs: None)
    for ours, theirs in zip(native_steps, _steps(OPTIMIZERS[name], resource, clip), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("resource", [False, True])
def test_what_was_fetched_stays(resource):
    """An update in place leaves alone what earlier runs gave."""
    with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", use_resource=resource):
        x, w, b, _, loss = _programs()
        train = tf.train.AdamOptimizer(0.1).minimize(loss)
        session.run(tf.global_variables_initializer())
        feed = {x: np.ones((2, 6), "f")}
        fetched = [session.run([w, b, train], feed)[:2] for _ in range(4)]
        copies = [[np.array(v) for v in step] for step in fetched]
        session.run([train, train], feed)
        for step, copy in zip(fetched, copies, strict=True):
            for a, c in zip(step, copy, strict=True):
                np.testing.assert_array_equal(a, c)
        assert all(not np.array_equal(a[0], c[0]) for a, c in zip(copies[:-1], copies[1:], strict=True))


def test_a_variable_that_is_written_before_its_update():
    """The L2 term takes the value that was read, though the variable holds another by then."""
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(np.full(5, 2, "f"))
        slope = tf.constant(np.arange(5, dtype="f")) + 0.5 * v.read_value()
        with tf.control_dependencies([slope]):
            written = tf.assign(v, np.full(5, 10, "f"))
        with tf.control_dependencies([written]):
            train = tf.train.GradientDescentOptimizer(1.0).apply_gradients([(tf.identity(slope), v)])
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_array_equal(session.run(v), 10 - np.arange(5) - 1)
