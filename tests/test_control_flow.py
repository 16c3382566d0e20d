"""Conds and loops, compiled and run by the executor: the same numbers either way, and what compiles does compile."""

import numpy as np
import pytest

import caudal as tf
from caudal.run import plan as planning
from caudal.run import regions
from caudal.run.flow import Flow
from caudal.run.raised_step import RaisedStep
from caudal.run.rows import Unraisable
from caudal.run.tree import Tangled

X = np.random.RandomState(0).randn(4, 3).astype(np.float32)
WORDS = np.random.RandomState(1).randn(2, 6, 3).astype(np.float32)
PROGRAMS = {}


def program(compiles=True, want=None, runs=3):
    """Registers a program: a function of the fed `x` that gives what to fetch, or (fetches, an op to run between).

    `want`: of X, what NumPy says; `compiles`: whether no step of it is left to the executor.
    """

    def register(function):
        PROGRAMS[function.__name__] = function, compiles, want, runs
        return function

    return register


# --- cond ----------------------------------------------------------------------------------------------


@program(want=lambda x: x * 2 if x.sum() > 0 else x * 3)
def cond_picks(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x * 3)


@program(want=lambda x: [x + 1, x[0]])
def cond_of_several(x):
    return tf.cond(x[0, 0] > 0, lambda: (x + 1, x[0]), lambda: (x - 1, x[1]))


@program()
def cond_nested(x):
    inner = lambda: tf.cond(x[0, 1] > 0, lambda: tf.matmul(x, x, transpose_b=True), lambda: tf.zeros([4, 4]))  # noqa: E731
    return tf.cond(x[0, 0] > 0, inner, lambda: tf.ones([4, 4]))


@program()
def cond_gradient(x):
    y = tf.cond(x[0, 0] > 0, lambda: tf.tanh(x) * x, lambda: tf.exp(x))
    return tf.gradients(y, x)[0]


@program()
def cond_nested_gradient(x):
    inner = lambda: tf.cond(x[0, 1] > 0, lambda: tf.sin(x) * x, lambda: x)  # noqa: E731
    return tf.gradients(tf.cond(x[0, 0] > 0, inner, lambda: tf.exp(x)), x)[0]


@program()
def cond_within_a_model(x):
    weights = tf.get_variable("w", initializer=np.ones((3, 3), np.float32))
    training = tf.placeholder_with_default(True, [])
    h = tf.cond(training, lambda: tf.matmul(x, weights) * 0.5, lambda: tf.matmul(x, weights))
    loss = tf.reduce_sum(h * h)
    return loss, tf.train.GradientDescentOptimizer(0.01).minimize(loss)


@program(compiles=False)
def cond_of_other_shapes(x):
    return tf.cond(x[0, 0] > 0, lambda: x[:2], lambda: x)


@program()
def cond_assigns(x):
    count = tf.get_variable("n", initializer=0.0)
    return tf.cond(x[0, 0] > 0, lambda: tf.assign_add(count, 1.0), lambda: tf.assign_add(count, 10.0)) + 0.0


@program()
def cond_leaves_a_variable(x):
    count = tf.get_variable("n", initializer=np.float32(2), use_resource=True)
    made = tf.cond(x[0, 0] < 0, lambda: tf.group(count.assign_add(1.0)), lambda: tf.no_op())
    with tf.control_dependencies([made]):
        return count.read_value()


@program()
def random_in_a_cond(x):
    return tf.cond(x[0, 0] > 0, lambda: tf.random_uniform([3], seed=4), lambda: tf.random_uniform([3], seed=5))


@program()
def case_of_three(x):
    first = x[0, 0]
    return tf.case([(first > 5, lambda: x), (first > 1, lambda: x * 2)], default=lambda: x * 3)


# --- while ---------------------------------------------------------------------------------------------


@program(want=lambda x: ((((x * 1.5 + 1) * 1.5 + 1) * 1.5 + 1) * 1.5 + 1) * 1.5 + 1)
def while_counts(x):
    return tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a * 1.5 + 1), [0, x])[1]


@program()
def while_data_decide(x):
    return tf.while_loop(lambda i, a: tf.reduce_sum(a) < 100, lambda i, a: (i + 1, a * 1.5 + 1), [0, x])


@program()
def while_never_runs(x):
    return tf.while_loop(lambda i, a: i < 0, lambda i, a: (i + 1, a * 2), [0, x])


@program()
def while_at_most(x):
    return tf.while_loop(
        lambda a: tf.reduce_sum(a) < 1e6,
        lambda a: a * 1.5 + 1,
        [x],
        maximum_iterations=4,
        swap_memory=True,
        parallel_iterations=1,
    )


@program()
def while_at_most_gradient(x):
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: tf.sin(a) + a * 1.5 + 1, [x], maximum_iterations=9)
    return tf.gradients(y, x)[0]


@program()
def while_data_decide_gradient(x):
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: tf.sin(a) + a * 1.5 + 1, [x])
    return tf.gradients(y, x)[0]


@program()
def while_gradient(x):
    w = tf.get_variable("w", initializer=np.eye(3, dtype=np.float32))
    y = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w)) * a + 1), [0, x])[1]
    return tf.gradients(y, [x, w])


@program()
def while_nested(x):
    def body(i, a):
        return i + 1, tf.while_loop(lambda j, b: j < 3, lambda j, b: (j + 1, b * 1.1 + tf.cast(i, tf.float32)), [0, a])[1]

    return tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]


@program()
def while_nested_gradient(x):
    def body(i, a):
        return i + 1, tf.while_loop(lambda j, b: j < 3, lambda j, b: (j + 1, tf.sin(b) * 1.1), [0, a])[1]

    return tf.gradients(tf.while_loop(lambda i, a: i < 4, body, [0, x])[1], x)[0]


@program()
def while_with_a_cond(x):
    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a * 2 + tf.sin(a), lambda: a - 1)

    y = tf.while_loop(lambda i, a: i < 5, body, [0, x])[1]
    return y, tf.gradients(y, x)[0]


@program()
def while_in_a_cond(x):
    loop = lambda: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * a * 0.5), [0, x])[1]  # noqa: E731
    y = tf.cond(x[0, 0] > 0, loop, lambda: x)
    return y, tf.gradients(y, x)[0]


@program()
def while_assigns(x):
    total = tf.get_variable("t", initializer=np.float32(1), use_resource=True)

    def body(i):
        with tf.control_dependencies([tf.assign_add(total, tf.cast(i, tf.float32) + x[0, 0])]):
            return i + 1

    with tf.control_dependencies([tf.while_loop(lambda i: i < 4, body, [0])]):
        return total.read_value()


@program()
def random_in_a_loop(x):
    return tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a + tf.random_normal([4, 3], seed=1)), [0, x])[1]


@program()
def array_in_a_loop(x):
    rows = tf.TensorArray(tf.float32, 5)
    done = tf.while_loop(lambda i, a, r: i < 5, lambda i, a, r: (i + 1, a * 0.9, r.write(i, tf.sin(a))), [0, x, rows])
    y = done[2].stack()
    return y, tf.gradients(y, x)[0]


@program()
def rows_by_index(x):
    y = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.sin(a) + x[i] * x[-1 - i, :2][0]), [0, x[0]])[1]
    return y, tf.gradients(y, x)[0]


@program(compiles=False)
def row_out_of_bounds_if_it_ran(x):
    return tf.while_loop(lambda i, a: tf.reduce_sum(a) < 1, lambda i, a: (i + 1, a + 1 + x[i]), [0, -tf.abs(x[0])])[1]


@program()
def array_of_one_index(x):
    rows = tf.TensorArray(tf.float32, 5, clear_after_read=False).unstack(tf.concat([x, x[:1]], 0))
    at = tf.cast(tf.abs(x[0, 0]), tf.int32)
    return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + rows.read(at)), [0, x[0]])[1]


# --- map, scan, recurrent nets ----------------------------------------------------------------------------


@program(want=lambda x: x * x + 1)
def map_rows(x):
    return tf.map_fn(lambda row: row * row + 1, x)


@program(want=lambda x: 2 * x)
def map_gradient(x):
    return tf.gradients(tf.map_fn(lambda row: row * row + 1, x), x)[0]


@program()
def scan_rows(x):
    y = tf.scan(lambda a, row: a * row + 1, x)
    return y, tf.gradients(y, x)[0]


@program()
def scan_from_a_start(x):
    y = tf.scan(lambda a, row: tf.tanh(a) * row, x, initializer=tf.ones([3]), reverse=True)
    return y, tf.gradients(y, x)[0]


@program()
def folds(x):
    left, right = tf.foldl(lambda a, row: a * row + 1, x), tf.foldr(lambda a, row: a * row + 1, x)
    return left, right, tf.gradients(left + right, x)[0]


def _trains(outputs):
    loss = tf.reduce_mean(tf.square(outputs - 0.3))
    return loss, tf.train.MomentumOptimizer(0.5, 0.9).minimize(loss)


@program(runs=5)
def dynamic_rnn_trains(x):
    cell = tf.nn.rnn_cell.LSTMCell(5, initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2))
    return _trains(tf.nn.dynamic_rnn(cell, tf.constant(WORDS) * x[0], dtype=tf.float32)[0])


@program(runs=5)
def dynamic_rnn_of_lengths_trains(x):
    cell = tf.nn.rnn_cell.GRUCell(5, kernel_initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2))
    lengths = tf.cast(tf.abs(x[0, :2]) * 2, tf.int32)
    return _trains(tf.nn.dynamic_rnn(cell, tf.constant(WORDS) * x[0], lengths, dtype=tf.float32)[0])


@program(runs=5)
def bidirectional_rnn_trains(x):
    cells = [tf.nn.rnn_cell.BasicRNNCell(4) for _ in range(2)]
    with tf.variable_scope("b", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2)):
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(*cells, tf.constant(WORDS) * x[0], dtype=tf.float32)
    return _trains(tf.concat(outputs, 2))


@program(runs=5)
def static_rnn_of_lengths_trains(x):
    cell = tf.nn.rnn_cell.BasicRNNCell(5)
    lengths = tf.cast(tf.abs(x[0, :2]) * 2, tf.int32)
    with tf.variable_scope("s", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2)):
        steps = tf.unstack(tf.constant(WORDS) * x[0], axis=1)
        outputs, _ = tf.nn.static_rnn(cell, steps, sequence_length=lengths, dtype=tf.float32)
    return _trains(tf.stack(outputs))


# --- loops whose turns the data decide, with gradients -----------------------------------------------------


@program()
def turns_fed_gradient(x):
    n, w = tf.cast(tf.abs(x[0, 0]) * 3, tf.int32), tf.get_variable("w", initializer=np.eye(3, dtype=np.float32))
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w)) * a + 1), [0, x])[1]
    return y, tf.gradients(y, [x, w])


@program()
def turns_of_a_random_walk(x):
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: a * 1.1 + tf.random_uniform([4, 3], seed=2), [x])
    return y, tf.gradients(y, x)[0]


@program()
def turns_of_a_large_constant(x):
    """It decides how often the loop runs, and is too large to be part of the code."""
    start = tf.constant(np.linspace(0, 1, 128, dtype="f").reshape(8, 16))
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < 500, lambda a: a * (1.5 + tf.abs(x[0, 0])) + 0.1, [start])
    return y, tf.gradients(y, x)[0]


@program()
def turns_within_turns(x):
    def body(a):
        inner = tf.while_loop(lambda b: tf.reduce_sum(b) < 20, lambda b: b * 1.2 + tf.sin(b) * 0.3 + 1, [a])
        return inner * 0.7 + tf.reduce_mean(a)

    y = tf.while_loop(lambda a: tf.reduce_mean(a) < 3, body, [x])
    return y, tf.gradients(y, x)[0]


@program()
def turns_within_a_count(x):
    def body(i, a):
        inner = tf.while_loop(lambda b: tf.reduce_sum(b) < 20, lambda b: b * 1.2 + 1, [a])
        return i + 1, tf.where(tf.reduce_mean(a) > 0, inner, tf.abs(inner)) * 0.5

    y = tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]
    return y, tf.gradients(y, x)[0]


@program()
def turns_with_a_cond(x):
    def body(i, a):
        return i + 1, tf.cond(a[0, 0] > 3, lambda: a * 1.5, lambda: tf.exp(a * 0.1) + a * 1.2)

    y = tf.while_loop(lambda i, a: tf.reduce_sum(a) < 60, body, [0, x])[1]
    return y, tf.gradients(y, x)[0]


@program()
def turns_in_a_cond(x):
    loop = lambda: tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: tf.sin(a) + a * 1.5 + 1, [x])  # noqa: E731
    y = tf.cond(x[0, 1] > 0, loop, lambda: x)
    return y, tf.gradients(y, x)[0]


@program()
def turns_none(x):
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < -1e6, lambda a: a * 1.5 + 1, [x])
    return y, tf.gradients(y, x)[0]


@program()
def turns_one_after_another(x):
    a = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: tf.sin(a) + a * 1.5 + 1, [x])
    b = tf.while_loop(lambda a: tf.reduce_sum(a) > 3, lambda a: a * 0.8 - 0.1, [a])
    return a, b, tf.gradients(b, x)[0]


@program()
def turns_slope_of_slope(x):
    y = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, lambda a: tf.sin(a) + a * a * 0.1 + 1, [x], maximum_iterations=40)
    first = tf.gradients(y, x)[0]
    return first, y


@program()
def turns_that_write_a_variable(x):
    v = tf.get_variable("v", initializer=1.0, use_resource=True)

    def body(i, a):
        with tf.control_dependencies([v.assign_add(0.5)]):
            return i + 1, a * v.read_value() + 1

    i, y = tf.while_loop(lambda i, a: tf.reduce_sum(a) < 60, body, [0, x], parallel_iterations=1)
    with tf.control_dependencies([y]):
        return i, y, v.read_value()


@program()
def array_that_grows(x):
    rows = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    n = tf.cast(tf.abs(x[0, 0]) * 3, tf.int32)
    done = tf.while_loop(lambda i, a, r: i < n, lambda i, a, r: (i + 1, tf.sin(a) * 0.9, r.write(i, a * a)), [0, x, rows])
    y = done[2].stack()
    return y, done[2].size(), tf.gradients(y, x)[0]


@program()
def array_that_grows_by_the_data(x):
    rows = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    more = lambda i, a, r: tf.reduce_sum(a) < 60  # noqa: E731
    done = tf.while_loop(more, lambda i, a, r: (i + 1, a * 1.4 + 1, r.write(i, a * a)), (0, x, rows), maximum_iterations=30)
    y = done[2].stack()
    return y, tf.gradients(tf.reduce_sum(y, 0), x)[0]


@program()
def row_out_of_bounds_if_it_ran_longer(x):
    n = tf.cast(tf.abs(x[0, 0]) * 2, tf.int32)
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.sin(a) + x[i]), [0, x[0]])[1]
    return y, tf.gradients(y, x)[0]


@program()
def assert_within(x):
    def body(i, a):
        with tf.control_dependencies([tf.assert_less(tf.reduce_sum(a), 1e3, data=["too large", a])]):
            return i + 1, tf.sin(a) + a * 1.2

    y = tf.while_loop(lambda i, a: tf.reduce_sum(a) < 20, body, [0, tf.abs(x)])[1]
    return y, tf.gradients(y, x)[0]


def _decoder(x, attention=None, impute=False, helper=None):
    """A decoder's training on two rows of some lengths; words are six steps at most."""
    words, lengths = tf.constant(WORDS) * x[0], tf.cast(tf.abs(x[0, :2]) * 2, tf.int32) + 1
    with tf.variable_scope("d", initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=2)):
        cell = tf.nn.rnn_cell.GRUCell(5)
        state = cell.zero_state(2, tf.float32)
        if attention is not None:
            read, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), words, lengths, dtype=tf.float32)
            cell = tf.contrib.seq2seq.AttentionWrapper(cell, attention(5, read, lengths), attention_layer_size=5)
            state = cell.zero_state(2, tf.float32).clone(cell_state=state)
        helper = (helper or tf.contrib.seq2seq.TrainingHelper)(words, lengths)
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, state, tf.layers.Dense(3))
        made, _, ends = tf.contrib.seq2seq.dynamic_decode(decoder, impute_finished=impute)
    mask = tf.sequence_mask(lengths, tf.reduce_max(lengths), dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(made.rnn_output - 0.3) * mask[:, :, None])
    return ends, loss, tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)


@program()
def decoder_trains(x):
    return _decoder(x)


@program()
def decoder_that_imputes_trains(x):
    return _decoder(x, impute=True)


@program()
def decoder_of_luong_trains(x):
    return _decoder(x, lambda n, m, k: tf.contrib.seq2seq.LuongAttention(n, m, memory_sequence_length=k, scale=True))


@program()
def decoder_of_bahdanau_trains(x):
    return _decoder(x, lambda n, m, k: tf.contrib.seq2seq.BahdanauAttention(n, m, memory_sequence_length=k))


# --- either way ---------------------------------------------------------------------------------------------


def _refused(*_):
    raise Tangled("told to")


@program(want=lambda x: [(-1.2 * x[:, 0] ** 4 * (1 - 0.3 * x[:, 0] ** 2)).sum(), (x[:, 0] * (1 - 0.3 * x[:, 0] ** 2)) ** 2])
def a_map_of_slopes_with_a_slope(x):
    w = tf.get_variable("w", [], initializer=tf.ones_initializer())

    def inner(row):
        slope = tf.gradients(tf.square(row[0] * w) * row[0], row)[0][0]
        return tf.square(row[0] * (1 - 0.1 * slope))

    out = tf.map_fn(inner, x)
    return [tf.gradients(tf.reduce_sum(out), w)[0], out]


@program()
def a_variable_that_a_cond_sets_first(x):
    mean, w = tf.Variable(0.0, trainable=False, collections=[]), tf.get_variable("w", [], initializer=tf.ones_initializer())
    total = tf.reduce_sum(x)
    set_ = tf.cond(tf.is_variable_initialized(mean), lambda: tf.assign_add(mean, total), lambda: tf.assign(mean, total))
    with tf.control_dependencies([set_]):
        slope = total * 2.0
    step = tf.train.GradientDescentOptimizer(0.01)
    done = tf.cond(tf.is_finite(slope), lambda: step.apply_gradients([(slope, w)]), tf.no_op)
    with tf.control_dependencies([done]):
        return [mean.read_value(), w.read_value()]


def _last_plan(session):
    return [plan for _, plans, _ in session._plans.values() for plan in plans.values()][-1]


def _left(*_):
    raise Unraisable("told to")


def _run(name, monkeypatch, raise_all, leave=False):
    """(values of each run, the plan) of a program, compiled, on the executor, or compiled and left to it when it is run."""
    function, _, _, runs = PROGRAMS[name]
    if raise_all:
        monkeypatch.setattr(regions, "_worth", lambda *_: True)
    else:
        monkeypatch.setattr(planning, "regions_of", _refused)
    if leave:
        monkeypatch.setattr(RaisedStep, "_run_compiled", _left)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        x = tf.placeholder(tf.float32, [4, 3])
        fetches = function(x)
        session.run(tf.global_variables_initializer())
        values = [session.run(fetches, {x: X}) for _ in range(runs)]
        return values, _last_plan(session)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_either_way(name, monkeypatch, record_property):
    """A program gives the same compiled as op by op, run after run, and so does one that is compiled but in the end can't be."""
    record_property("program", "programs with conds and loops, compiled and run op by op")
    _, compiles, want, _ = PROGRAMS[name]
    with monkeypatch.context() as patch:
        have, plan = _run(name, patch, True)
    with monkeypatch.context() as patch:
        other, _ = _run(name, patch, False)
    with monkeypatch.context() as patch:
        left, _ = _run(name, patch, True, leave=True)
    flat = tf.contrib.framework.nest.flatten
    for one, two, three in zip(flat(have), flat(other), flat(left), strict=True):
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=2e-5, atol=2e-6)
            np.testing.assert_allclose(three, two, rtol=2e-5, atol=2e-6)
    if want is not None:
        for one, two in zip(have[0] if isinstance(have[0], (list, tuple)) else [have[0]], _listed(want(X)), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-5)
    assert bool(plan.left()) is not compiles, plan.left()
    assert not compiles or any(isinstance(step, RaisedStep) for step in plan.steps)


def _listed(value):
    return value if isinstance(value, list) else [value]


def test_small_work_stays_interpreted():
    """A small loop is not worth a compilation."""
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.while_loop(lambda i: i < 100, lambda i: i + 1, [0]))
        (_, plans, _), *_ = session._plans.values()
        assert [type(step) for plan in plans.values() for step in plan.steps] == [Flow]


@pytest.mark.parametrize("index", [(lambda i: i, 3), (lambda i: 0, 5), (lambda i: i + 1, 5)])
def test_a_wrong_index_is_told(index, monkeypatch):
    """What TF refuses is refused, since a loop that might do it isn't compiled."""
    monkeypatch.setattr(regions, "_worth", lambda *_: True)
    at, size = index
    with tf.Graph().as_default(), tf.Session() as session:
        rows = tf.TensorArray(tf.float32, size)
        done = tf.while_loop(lambda i, r: i < 5, lambda i, r: (i + 1, r.write(at(i), 1.0)), [0, rows])
        with pytest.raises(tf.errors.InvalidArgumentError, match="index"):
            session.run(done[1].flow)


def test_an_assert_within_a_loop_speaks_up(monkeypatch):
    """It is asked before the run: one that fails does so on the executor, and has changed nothing but what came before it."""
    monkeypatch.setattr(regions, "_worth", lambda *_: True)
    with tf.Graph().as_default(), tf.Session() as session:
        x, w = tf.placeholder(tf.float32, [4, 3]), tf.get_variable("w", initializer=1.0, use_resource=True)

        def body(a):
            with tf.control_dependencies([tf.assert_less(tf.reduce_max(a), 9.0, message="too large")]):
                return tf.identity(a) * 1.5 * w

        y = tf.while_loop(lambda a: tf.reduce_sum(a) < 30, body, [x])
        train = tf.train.GradientDescentOptimizer(0.001).minimize(tf.reduce_sum(y), var_list=[w])
        session.run(tf.global_variables_initializer())
        for scale in (1.0, 1.2):
            assert session.run([y, train], {x: np.abs(X) * scale})[0].sum() >= 30
        before, large = session.run(w), np.abs(X) * 0.01 + [[0, 0, 10]] * (np.arange(4) == 1)[:, None]
        with pytest.raises(tf.errors.InvalidArgumentError, match="too large"):
            session.run([y, train], {x: large})
        assert session.run(w) == before
        session.run([y, train], {x: np.abs(X)})
        assert all(step.programs and not step.refused for step in _last_plan(session).steps if isinstance(step, RaisedStep))


def test_an_index_that_the_data_decide_is_told(monkeypatch):
    """One beyond its array is refused in the run that has it, and only there."""
    monkeypatch.setattr(regions, "_worth", lambda *_: True)
    with tf.Graph().as_default(), tf.Session() as session:
        n = tf.placeholder(tf.int32, [])
        rows = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(tf.constant([1.0, 2.0, 3.0, 4.0]))
        y = tf.while_loop(lambda i, a: a < 9, lambda i, a: (i + n, a + rows.read(i)), [0, tf.constant(0.0)])[1]
        assert session.run(y, {n: 1}) == 10
        with pytest.raises(tf.errors.InvalidArgumentError, match="index"):
            session.run(y, {n: 3})
        assert session.run(y, {n: 0}) == 9


def test_lengths_are_not_compiled_for(monkeypatch):
    """Of fed lengths only the largest decides shapes: batches that agree in it share a program."""
    monkeypatch.setattr(regions, "_worth", lambda *_: True)
    with tf.Graph().as_default(), tf.Session() as session:
        n = tf.placeholder(tf.int32, [None])
        rows = tf.TensorArray(tf.float32, 0, dynamic_size=True)
        most = tf.reduce_max(n)
        made = tf.while_loop(lambda i, r: i < most, lambda i, r: (i + 1, r.write(i, tf.cast(n * i, tf.float32))), [0, rows])
        y = tf.reduce_sum(made[1].stack()[:, :, None] * tf.transpose(tf.sequence_mask(n, dtype=tf.float32))[:, :, None], [0, 2])
        for lengths in ([3, 1], [2, 3], [3, 3], [4, 1]):
            want = [k * k * (k - 1) / 2 for k in lengths]
            np.testing.assert_allclose(session.run(y, {n: lengths}), want)
        assert [len(step.programs) for step in _last_plan(session).steps if isinstance(step, RaisedStep)] == [2]


def test_an_assert_speaks_up(monkeypatch):
    """An Assert in a compiled plan is the executor's, and what comes after it is compiled."""
    monkeypatch.setattr(regions, "_worth", lambda *_: True)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [4, 3])
        with tf.control_dependencies([tf.assert_positive(x)]):
            y = tf.map_fn(lambda row: row * 2, tf.identity(x))
        np.testing.assert_allclose(session.run(y, {x: np.abs(X)}), np.abs(X) * 2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(y, {x: -np.abs(X)})
        (_, plans, _), *_ = session._plans.values()
        steps = [step for plan in plans.values() for step in plan.steps]
        assert any(isinstance(step, RaisedStep) for step in steps) and not any(isinstance(step, Flow) for step in steps)
