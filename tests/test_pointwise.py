"""Programs of functions of elements (backend/pointwise.py): the native kernel against NumPy in float64, and steps and loops whose nodes are
joined to such programs against steps whose nodes aren't."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from on_xla import SEEDS, near, twice

import caudal as tf
from caudal.backend import compiled, native, pointwise
from caudal.backend.pointwise import View, Writer
from caudal.run import compiled_step, loops, raised_joins

pytestmark = pytest.mark.skipif(not native.ready(), reason=native.status())
GROWTH = {  # how far from 0 a result can be, for how far its operands are
    "negative": lambda a: a,
    "relu": lambda a: a,
    "sigmoid": lambda a: 1,
    "tanh": lambda a: 1,
    "square": lambda a: a * a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "sigmoid_slope": lambda y, dy: dy * y * (1 + y),
    "tanh_slope": lambda y, dy: dy * (1 + y * y),
}
UNARY = list(GROWTH)[:5]


@st.composite
def programs(draw):
    """(a program, its arguments, its results' shapes): drawn functions of parts of wide rows, of one row, one column, numbers, with results
    that are parts of wide rows, some in a row of a stack."""
    rows, columns, parts = (
        draw(st.integers(1, 9)),
        draw(st.one_of(st.integers(1, 40), st.integers(250, 520))),
        draw(st.integers(1, 3)),
    )
    numbers = draw(SEEDS)
    writer, wide, stacked, times = Writer(rows, columns), parts * columns, draw(st.booleans()), 4
    first = 1 if stacked else 0  # the stack comes before the other arguments
    arrays = [numbers.uniform(-1, 1, s) for s in ((rows, wide), (columns,), (rows, 1), (), (times, rows, columns))]
    given = [View(first, k * columns, 0, wide, 1) for k in range(parts)]
    given += [View(first + 1, 0, 0, 0, 1), View(first + 2, 0, 0, 1, 0), View(first + 3, 0, 0, 0, 0)]
    given.append(View(first + 4, 3 * rows * columns, -rows * columns if stacked else 0, columns, 1))
    values = [writer.view(view) for view in given] + [writer.constant(draw(st.sampled_from([0.5, -1.0, 0.0])))]
    size = dict.fromkeys(values, 1)
    for _ in range(draw(st.integers(0, 20))):
        name = draw(st.sampled_from([*GROWTH, "relu_slope"]))
        picks = [draw(st.sampled_from(values)) for _ in range(1 if name in UNARY else 2)]
        if name == "relu_slope":  # it leaps: what decides must have the same bits in both
            picks[1], grown = draw(st.sampled_from(values[: len(given)])), size[picks[0]]
        else:
            grown = GROWTH[name](*(size[v] for v in picks))
        if grown <= 30:
            values.append(writer.apply(name, *picks))
            size[values[-1]] = grown
    results = [(rows, wide)]
    puts = [draw(st.sampled_from(values)) for _ in range(parts + stacked)]
    if stacked:
        results.insert(0, (times, rows, columns))
        writer.put(puts.pop(), View(first + 5, 0, rows * columns, columns, 1))
        arrays[:0] = [np.int32(draw(st.integers(0, 3))), numbers.uniform(-1, 1, results[0])]
    for k, value in enumerate(puts):
        writer.put(value, View(first + 5 + stacked, k * columns, 0, wide, 1))
    return writer.program(stacked, int(stacked)), arrays, results


@settings(max_examples=150, deadline=None)
@given(programs())
def test_kernel(case):
    program, arrays, dims = case
    arrays = [np.asarray(x, np.int32 if np.asarray(x).dtype.kind == "i" else np.float32) for x in arrays]
    exact = [x if x.dtype.kind == "i" else x.astype("d") for x in arrays]
    wanted = pointwise.run(program, dims, *exact)
    for one, want in zip(twice(lambda *xs: compiled.pointwise(program, dims, *xs), *arrays), wanted, strict=True):
        assert one.shape == want.shape
        np.testing.assert_allclose(one, want, rtol=1e-4, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 50), SEEDS)
def test_quotients(count, numbers):
    a, b = numbers.standard_normal((2, count)).astype("f")
    b[0] = 0
    writer = Writer(1, count)
    writer.put(writer.apply("divide", *(writer.view(View(k, 0, 0, 0, 1)) for k in (0, 1))), View(2, 0, 0, 0, 1))
    program = writer.program()
    (found,) = twice(lambda *xs: compiled.pointwise(program, [(count,)], *xs), a, b)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(found, a / b, rtol=2e-7)


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name):
    """Each to a few units of the last place, over all of its range, and what is no number."""
    x = np.concatenate(
        [np.linspace(-20, 20, 4001), np.geomspace(1e-30, 1e4, 500), -np.geomspace(1e-30, 1e4, 500), [0.0, -0.0]]
    ).astype("f")
    special = np.array([np.inf, -np.inf, np.nan], "f")
    writer = Writer(1, x.size + 3)
    writer.put(writer.apply(name, writer.view(View(0, 0, 0, 0, 1))), View(1, 0, 0, 0, 1))
    program, both = writer.program(), np.concatenate([x, special])
    (found,) = twice(lambda x: compiled.pointwise(program, [x.shape], x), both)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = pointwise.FUNCTIONS[name][0](both.astype("d")).astype("f")
    np.testing.assert_allclose(found, wanted, rtol=4e-7, atol=1e-37)
    if name != "relu":  # NumPy's maximum of -0 and 0 is either
        there = ~np.isnan(both)
        np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(wanted[there]))


def _numpy(x):
    """What `_chain` computes of float64 numbers."""
    for _ in range(6):
        x = np.tanh(x) * 0.5 + 1 / (1 + np.exp(-x))
    return x


def _chain(x):
    """So many functions of elements that they are a kernel's."""
    for _ in range(6):
        x = tf.tanh(x) * 0.5 + tf.sigmoid(x)
    return x


MOVES = {
    "all columns": lambda t: tf.slice(t, [0, 0], t.shape),
    "one part": lambda t: tf.split(t, 1, axis=1)[0],
    "with nothing": lambda t: tf.concat([t, tf.zeros([30, 0])], 1),
    "halves": lambda t: tf.concat(tf.split(t, 2, axis=1)[::-1], 1),
    "uneven": lambda t: tf.concat(tf.split(t, [10, 30], axis=1)[::-1], 1),
    "rows": lambda t: tf.concat(tf.split(t, 3, axis=0)[::-1], 0),
    "a column": lambda t: t * t[:, :1],
    "a row": lambda t: t - t[:1] + t[2],
    "a number": lambda t: t * t[0, 0],
}


@pytest.mark.parametrize("at", ["first", "between", "last"])
@pytest.mark.parametrize("move", MOVES)
def test_moves_of_columns(move, at):
    """Beside functions of elements, in what a step of a product does."""
    x, w = (np.random.RandomState(k).standard_normal(s).astype("f") for k, s in enumerate([(30, 300), (300, 40)]))
    with tf.Graph().as_default(), tf.Session() as session:
        t = tf.matmul(tf.placeholder_with_default(x, x.shape), w) * 0.05
        plain = t
        t = t if at == "first" else _chain(t)
        t = MOVES[move](t)
        t = t if at == "last" else _chain(t)
        found, given = session.run([t, plain])
        wanted = given.astype("d") if at == "first" else _numpy(given.astype("d"))
        wanted = session.run(MOVES[move](tf.constant(wanted, "float32")))
    near(found, wanted if at == "last" else _numpy(wanted.astype("d")), 1e-5)


def test_constants_of_either_sign():
    x, w = np.ones((20, 300), "f"), np.ones((300, 40), "f")
    for zeros in ([0.0, -0.0], [-0.0], [0.0]):
        with tf.Graph().as_default(), tf.Session() as session:
            t = _chain(tf.matmul(tf.placeholder_with_default(x, x.shape), w))
            for zero, found in zip(zeros, session.run([t / zero for zero in zeros]), strict=True):
                np.testing.assert_array_equal(found, np.copysign(np.inf, zero))


def _cell(kind):
    """A recurrent cell of ten units whose step is a chain of functions of elements."""
    if kind == "peephole":
        return tf.nn.rnn_cell.LSTMCell(12, use_peepholes=True, cell_clip=None)
    if kind == "gru":
        return tf.nn.rnn_cell.GRUCell(12)
    if kind == "norm":
        return tf.contrib.rnn.LayerNormBasicLSTMCell(12)
    return tf.nn.rnn_cell.BasicLSTMCell(12)


def _losses(kind, steps, dynamic, layers=2, batch=5):
    """What three training steps of a recurrent net give: losses and, at the end, its weights."""
    tf.reset_default_graph()
    tf.set_random_seed(3)
    x = tf.placeholder("float32", [steps, batch, 7])
    cell = tf.nn.rnn_cell.MultiRNNCell([_cell(kind) for _ in range(layers)])
    if dynamic:
        lengths = tf.constant([steps] * (batch - 1) + [max(1, steps - 1)])
        outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype="float32", time_major=True)
    else:
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x), dtype="float32")
    loss = (
        tf.reduce_mean(tf.square(tf.convert_to_tensor(outputs)[1:] - 0.3)) + tf.reduce_sum(tf.nest.flatten(state)[0] ** 2) * 0.01
    )
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for v in tf.trainable_variables():
            v.load(np.random.RandomState(len(v.name)).uniform(-0.4, 0.4, v.shape.as_list()).astype("f"), sess)
        feeds = [np.random.RandomState(k).standard_normal((steps, batch, 7)).astype("f") for k in range(3)]
        return [sess.run([loss, train], {x: feed})[0] for feed in feeds], sess.run(tf.trainable_variables())


PLACES = [(compiled_step, "join"), (loops, "join"), (raised_joins, "gather")]


@pytest.mark.parametrize("steps", [2, 3, 30])
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("kind", ["lstm", "peephole", "gru", "norm"])
def test_recurrent_nets(kind, dynamic, steps, monkeypatch):
    """With their nodes joined, in loops of both kinds and outside of them, and without."""
    joined = []

    def noting(real):
        def join(nodes, *rest):
            made = real(nodes, *rest)
            joined.extend(node for node in made if node._def.name == "_Pointwise")
            return made

        return join

    monkeypatch.setattr(compiled_step, "_functions", {})
    for module, name in PLACES:
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    found = _losses(kind, steps, dynamic)
    assert joined
    monkeypatch.setattr(compiled_step, "_functions", {})  # loops of equal code would be those that were compiled before
    for module, name in PLACES:
        monkeypatch.setattr(module, name, lambda nodes, *rest: nodes)
    wanted = _losses(kind, steps, dynamic)
    near(found[0], wanted[0])
    for one, want in zip(found[1], wanted[1], strict=True):
        near(one, want, 1e-4)


def test_a_view_beyond_its_array():
    writer = Writer(2, 5)
    writer.put(writer.apply("tanh", writer.view(View(0, 1, 0, 5, 1))), View(1, 0, 0, 5, 1))
    program = writer.program()
    with pytest.raises(Exception, match="a view beyond its array"):
        twice(lambda x: compiled.pointwise(program, [(10,)], x), np.ones(10, "f"))
