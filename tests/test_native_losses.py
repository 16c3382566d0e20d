"""Native kernels of sums of squares, sums over rows, cross-entropy, dense layers and random numbers against NumPy in float64, over shapes
drawn at random, and what steps do of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from on_xla import SEEDS, near, twice

import caudal as tf
from caudal.backend import compiled_losses, losses, native, philox, products
from caudal.run import squares, updates

pytestmark = pytest.mark.skipif(not native.ready(), reason=native.status())
SIZES = st.one_of(st.integers(1, 20), st.integers(1, 130), st.sampled_from([1000, 1001]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 200), st.sampled_from([16384, 16385, 100_000])), min_size=1, max_size=5), SEEDS)
def test_half_of_squares(sizes, draw):
    arrays = [draw.standard_normal(n).astype("f") + np.float32(3) for n in sizes]
    found = twice(lambda *xs: compiled_losses.half_squares(xs), *arrays)
    near(found, [np.sum(x.astype("d") ** 2) / 2 for x in arrays], 2e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.one_of(SIZES, st.integers(1000, 1100)), SEEDS)
def test_sums_of_channels(space, channels, draw):
    x = draw.standard_normal((*space, channels)).astype("f") + np.float32(3)
    (found,) = twice(compiled_losses.channel_sums, x)
    near(found, losses.channel_sums(np, x.astype("d")), 2e-6)
    (batches,) = twice(jax.vmap(compiled_losses.channel_sums), np.stack([x, 2 * x]))
    near(batches, [losses.channel_sums(np, k * x.astype("d")) for k in (1, 2)], 2e-6)


@settings(max_examples=60, deadline=None)
@given(SIZES, SIZES, st.sampled_from(["i4", "i8", "f4"]), st.sampled_from([1, 30, 3000]), SEEDS)
def test_cross_entropy(rows, classes, kind, scale, draw):
    """Labels that are no class among them, and logits that are far from each other."""
    logits = (scale * draw.standard_normal((rows, classes))).astype("f")
    labels = (
        draw.randint(-1, classes + 1, rows).astype(kind) if kind != "f4" else draw.dirichlet(np.ones(classes), rows).astype("f")
    )
    loss, slope = twice(compiled_losses.cross_entropy, logits, labels)
    wanted = losses.cross_entropy(np, logits.astype("d"), labels if kind != "f4" else labels.astype("d"))
    near(loss, wanted[0], 3e-6)
    near(slope, wanted[1], 3e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["i4", "f4"])
def test_cross_entropy_of_what_is_no_number(value, kind):
    """As XLA's own: one -inf is a class that can't be, others leave no number in their row; and rows that aren't concerned are as ever."""
    logits = np.linspace(-2, 2, 40, dtype="f").reshape(4, 10)
    logits[1, 3], logits[2] = value, value
    labels = np.array([1, 3, 0, 9], kind) if kind == "i4" else np.full((4, 10), 0.1, kind)
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = [np.asarray(x) for x in losses.cross_entropy(jnp, jnp.asarray(logits), jnp.asarray(labels))]
    for found, want in zip(twice(compiled_losses.cross_entropy, logits, labels), wanted, strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), st.booleans(), SEEDS)
def test_a_dense_layer(rows, depth, columns, turn_x, turn_y, relu, draw):
    x, y, bias = (draw.standard_normal(shape).astype("f") for shape in ((rows, depth), (depth, columns), (columns,)))
    wanted = x.astype("d") @ y + bias
    x, y = (x.T.copy() if turn_x else x), (y.T.copy() if turn_y else y)
    (found,) = twice(lambda x, y, bias: products.dense(x, y, bias, relu, turn_x, turn_y), x, y, bias)
    near(found, np.maximum(wanted, 0) if relu else wanted, 1e-5 * max(1, depth**0.5 / 4))


@pytest.mark.parametrize("shape", [(1,), (4,), (7, 3), (50, 1024), (0, 3)])
@pytest.mark.parametrize("draw", [philox.uniform, philox.normal])
def test_numbers_drawn_in_a_step_are_those_drawn_outside(draw, shape):
    stream = philox.begin(3, 2**40 + 5)
    found, after = twice(lambda stream: draw(jnp, stream, shape, np.float32), stream)
    wanted, then = draw(np, stream, shape, np.float32)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(after, then)


# --- in steps -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def joined(monkeypatch):
    """Of how many arrays each joined sum is, in order, and how many sums each update waits for."""
    found, node, close = {"sums": [], "waits": []}, squares._Group.node, updates._close

    def noted(group):
        found["sums"].append(len(group.members))
        return node(group)

    def closed(*args):
        made = close(*args)
        found["waits"].append(made.attrs.get("F", 0))
        return made

    monkeypatch.setattr(squares._Group, "node", noted)
    monkeypatch.setattr(updates, "_close", closed)
    return found


def _weights():
    return [tf.Variable(np.random.RandomState(k).standard_normal((130, 120)).astype("f")) for k in range(3)]


def _weighed(ws):
    loss = tf.reduce_sum(tf.matmul(tf.matmul(ws[0], ws[1], transpose_b=True), ws[2]))
    for w in ws:
        loss += 0.1 * tf.nn.l2_loss(w)
    return loss


def _clipped(ws):
    return [
        tf.clip_by_global_norm(tf.gradients(_weighed(ws), ws), 1.0)[0][0],
        tf.global_norm([w.initialized_value() for w in ws]),
    ]


def _changed_between(ws):
    """The second sum is of what the variable holds after the first."""
    first = tf.nn.l2_loss(ws[0])
    with tf.control_dependencies([first]):
        changed = tf.assign(ws[0], 2 * ws[1])
    with tf.control_dependencies([changed]):
        return [first, tf.nn.l2_loss(ws[0].read_value()), tf.nn.l2_loss(ws[1])]


def _chained(ws):
    """Each sum takes the one before."""
    out = [tf.nn.l2_loss(ws[0])]
    for w in ws[1:]:
        out.append(tf.nn.l2_loss(w * out[-1]))
    return out


def _of_a_sum(ws):
    """A sum of what a sum gave."""
    first = tf.nn.l2_loss(ws[0])
    return [first, tf.nn.l2_loss(ws[1]), tf.nn.l2_loss(first)]


PROGRAMS = {
    "penalties": (lambda ws: [_weighed(ws), tf.train.AdamOptimizer(0.01).minimize(_weighed(ws))], [3], 1),
    "clipping": (_clipped, [3], None),
    "a change between": (_changed_between, None, None),
    "each takes the one before": (_chained, [], None),
    "one of another": (_of_a_sum, [2], None),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_sums_joined_are_what_they_are_alone(name, joined, monkeypatch):
    make, sums, waits = PROGRAMS[name]

    def run():
        with tf.Graph().as_default(), tf.Session() as session:
            ws = _weights()
            product = tf.reduce_mean(tf.matmul(ws[0], ws[1], transpose_b=True))  # enough for the step to be compiled
            fetches = [*make(ws), product]
            session.run(tf.global_variables_initializer())
            return [x for _ in range(3) for x in session.run([fetches, ws])[0] if x is not None] + session.run(ws)

    found = run()
    assert sums is None or all(count in joined["sums"] for count in sums), joined
    assert waits is None or waits in joined["waits"], joined
    monkeypatch.setattr(native, "ready", lambda: False)
    for one, other in zip(found, run(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
