"""Native kernels of products, of rows by indices and of batch normalisation against NumPy in float64, over shapes drawn at random."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from on_xla import SEEDS, near, twice

import caudal as tf
from caudal.backend import compiled_norms, native, norms, places, products, reference
from caudal.run import fusions

pytestmark = pytest.mark.skipif(not native.ready(), reason=native.status())


# --- products -----------------------------------------------------------------------------------------------------------

SIZES = st.one_of(st.integers(1, 20), st.integers(1, 130), st.sampled_from([320, 321, 700, 1024]))


@settings(max_examples=60, deadline=None)
@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), SEEDS)
def test_a_product(rows, depth, columns, turn_x, turn_y, draw):
    """As it is, and with a factor packed before: the same bits."""
    x, y = draw.standard_normal((rows, depth)).astype("f"), draw.standard_normal((depth, columns)).astype("f")
    wanted = x.astype("d") @ y.astype("d")
    x, y = (x.T.copy() if turn_x else x), (y.T.copy() if turn_y else y)
    (found,) = twice(lambda x, y: products.product(x, y, turn_x, turn_y), x, y)
    assert found.shape == wanted.shape and found.dtype == np.float32
    near(found, wanted, 1e-5 * max(1, depth**0.5 / 4))
    (packed,) = twice(lambda x, y: products.product(x, products.packed(x, y, turn_x, turn_y), turn_x, turn_y), x, y)
    np.testing.assert_array_equal(found, packed)


@pytest.mark.parametrize("batched", [(0, None), (None, 0), (0, 0), (1, None)])
@pytest.mark.parametrize("turn_x, turn_y", [(False, False), (True, False), (False, True)])
def test_a_product_of_batches(batched, turn_x, turn_y):
    draw = np.random.RandomState(0)
    x, y = draw.standard_normal((40, 50)).astype("f"), draw.standard_normal((50, 60)).astype("f")
    x, y = (x.T.copy() if turn_x else x), (y.T.copy() if turn_y else y)
    args = [a if k is None else np.stack([a, 2 * a, a + 1], k) for a, k in zip((x, y), batched, strict=True)]
    (found,) = twice(jax.vmap(lambda x, y: products.product(x, y, turn_x, turn_y), batched), *args)
    for i in range(3):
        a, b = (a if k is None else np.take(a, i, k) for a, k in zip(args, batched, strict=True))
        near(found[i], reference.product(a.astype("d"), b.astype("d"), turn_x, turn_y))


def test_a_product_with_what_is_no_number():
    x = np.ones((8, 70), "f")
    x[2, 3], x[5, 69] = np.nan, np.inf
    found = np.asarray(products.product(jnp.asarray(x), jnp.ones((70, 80), "f")))
    assert np.isnan(found[2]).all() and np.isinf(found[5]).all() and (np.delete(found, (2, 5), 0) == 70).all()


def test_small_products_and_other_dtypes_are_left_to_xla(monkeypatch):
    monkeypatch.setattr(products, "_native", lambda *_: pytest.fail("the kernel was called"))
    for kind, dims in (("f", (2, 9, 9)), ("f", (3, 500, 500)), ("d", (64, 64, 64)), ("i", (64, 64, 64)), ("F", (64, 64, 64))):
        rows, depth, columns = dims
        assert products.product(jnp.ones((rows, depth), kind), jnp.ones((depth, columns), kind)).dtype == np.dtype(kind)


# --- rows by indices ------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.lists(st.integers(1, 40), max_size=2), st.integers(0, 50), st.booleans(), SEEDS)
def test_values_at_rows(count, tail, moved, several, draw):
    """Indices may be negative or beyond the array, and come again."""
    dims = (count, 3, *tail) if several else (count, *tail)
    x = draw.standard_normal(dims).astype("f")
    index = [draw.randint(-n - 2, n + 3, (moved,)) for n in dims[: 1 + several]]
    values = draw.standard_normal((moved, *tail)).astype("f")
    added, put = x.astype("d"), x.copy()
    for k in range(moved):
        place = tuple(int(i[k]) for i in index)
        if all(-n <= i < n for i, n in zip(place, dims, strict=False)):
            added[place] += values[k]
            put[place] = values[k]
    index = tuple(index) if several else index[0]
    (found,) = twice(lambda x, index, values: places.add_at(x, index, values), x, index, values)
    near(found, added)
    (found,) = twice(lambda x, index, values: places.set_at(x, index, values), x, index, values)
    np.testing.assert_array_equal(found, put)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 60), st.lists(st.integers(0, 9), min_size=1, max_size=2), SEEDS)
def test_rows_are_taken(count, width, dims, draw):
    x, index = draw.standard_normal((count, width)).astype("f"), draw.randint(-3, count + 3, dims)
    (found,) = twice(lambda x, index: places.take_clipped(x, index, 0), x, index)
    np.testing.assert_array_equal(found, x[np.clip(index, 0, count - 1)])
    (found,) = twice(jax.vmap(lambda x, index: places.take_clipped(x, index, 0), (None, 0)), x, index)
    np.testing.assert_array_equal(found, x[np.clip(index, 0, count - 1)])


def test_what_is_put_leaves_the_array_alone():
    x = jnp.zeros((4, 20), "f")
    assert float(places.add_at(x, jnp.array([1, 1]), jnp.ones((2, 20), "f")).sum()) == 40
    assert float(x.sum()) == 0


# --- batch normalisation --------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(1, 80), st.booleans(), SEEDS)
def test_batch_normalisation(space, channels, relu, draw):
    """And its slopes; the mean is far from 0, as pixels' is."""
    x, dy = (draw.standard_normal((*space, channels)).astype("f") for _ in range(2))
    x = 3 * x + np.float32(20)
    scale, offset = (draw.standard_normal(channels).astype("f") for _ in range(2))
    found = twice(lambda *args: compiled_norms.batch_norm(*args, 1e-2, relu), x, scale, offset)
    for one, want in zip(found, reference.batch_norm(*(a.astype("d") for a in (x, scale, offset)), 1e-2, relu), strict=True):
        near(one, want, 1e-4)
    y, mean, variance = found
    args = dy, x, scale, mean, variance
    slopes = twice(lambda y, *args: compiled_norms.batch_norm_grad(*args, 1e-2, True, y if relu else None), y, *args)
    kept = dy * (y > 0) if relu else dy
    for one, want in zip(slopes, norms.batch_norm_grad(np, *(a.astype("d") for a in (kept, *args[1:])), 1e-2, True), strict=True):
        near(one, want, 1e-4)


def test_many_rows_are_normalised():
    """More blocks than one: their means and variances are joined."""
    x = np.random.RandomState(0).standard_normal((40_000, 3)).astype("f") + np.float32(1000)
    y, mean, variance = compiled_norms.batch_norm(jnp.asarray(x), jnp.ones(3, "f"), jnp.zeros(3, "f"), 1e-3)
    np.testing.assert_allclose(mean, x.astype("d").mean(0), rtol=1e-6)
    np.testing.assert_allclose(variance, x.astype("d").var(0), rtol=1e-4)
    np.testing.assert_allclose(np.asarray(y, "d").mean(0), 0, atol=1e-4)


def _normed():
    """What a convnet with batch normalisation gives in two steps of training, and the joined nodes' types."""
    draw = np.random.RandomState(2)
    image = draw.standard_normal((4, 6, 6, 3)).astype("f")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6, 6, 3])
        kernel = tf.Variable(draw.standard_normal((3, 3, 3, 10)).astype("f"))
        scale, offset = tf.Variable(tf.ones([10])), tf.Variable(tf.zeros([10]))
        y, mean, variance = tf.nn.fused_batch_norm(tf.nn.conv2d(x, kernel, [1] * 4, "SAME"), scale, offset)
        loss = tf.reduce_sum(tf.square(tf.nn.relu(y) - 0.3))
        slopes = tf.gradients(loss, [kernel, scale, offset, x])
        step = tf.train.GradientDescentOptimizer(1e-3).minimize(loss)
        session.run(tf.global_variables_initializer())
        return [session.run([loss, mean, variance, slopes, step], {x: image})[:4] for _ in range(2)]


def test_normalisation_joined_with_relu_changes_nothing(monkeypatch):
    found, made = [], fusions.made_of
    monkeypatch.setattr(fusions, "made_of", lambda one: found.append(one.definition.name) or made(one))
    joined = jax.tree.leaves(_normed())
    assert {"_BatchNormRelu", "_BatchNormReluGrad"} <= set(found)
    monkeypatch.setattr(fusions, "ROWS", {})
    jax.tree.map(lambda a, b: near(a, b, 1e-4), joined, jax.tree.leaves(_normed()))


@pytest.mark.parametrize("turned", [False, True])
def test_a_factor_is_packed_before_a_loop(turned, monkeypatch):
    """Those that are the same in all iterations, in the loop and in that of its gradient; one that the loop changes is not."""
    taken, times = [], products.Packed.times
    monkeypatch.setattr(products.Packed, "times", lambda factor, *args: taken.append(factor.shape) or times(factor, *args))
    numbers = np.random.RandomState(7)
    x, w, v = (numbers.standard_normal(shape).astype("f") / 8 for shape in ((32, 48), (48, 48), (32, 32)))
    with tf.Graph().as_default(), tf.Session() as session:
        start, weights = tf.placeholder(tf.float32, x.shape), tf.Variable(w)

        def body(k, h, changing):
            return k + 1, tf.tanh(tf.matmul(h, weights, transpose_b=turned) + tf.matmul(changing, h)), changing * 0.5

        out = tf.while_loop(lambda k, h, c: k < 5, body, [0, start, tf.constant(v)])[1]
        slope = tf.gradients(tf.reduce_sum(out), start)[0]
        session.run(tf.global_variables_initializer())
        found = session.run([out, slope], {start: x})
    assert set(taken) == {w.shape}

    def by_hand(x):
        h, c = x.astype("d"), v.astype("d")
        for _ in range(5):
            h, c = np.tanh(h @ (w.T if turned else w) + c @ h), c * 0.5
        return h

    near(found[0], by_hand(x), 1e-5)
    step = 1e-6 * numbers.standard_normal(x.shape)
    along = (by_hand(x + step).sum() - by_hand(x - step).sum()) / 2
    np.testing.assert_allclose((found[1] * step).sum(), along, rtol=1e-4)
