"""Runs of equal parts made loops: every fetched number is what it is without the loop, and the code doesn't grow with the length."""

import numpy as np
import pytest

import caudal as tf
from caudal.run import compiled_step

UNITS, BATCH, STEPS, FEATURES = 5, 3, 24, 4


def _inputs():
    x = tf.placeholder(tf.float32, [BATCH, STEPS, FEATURES], name="x")
    data = np.random.RandomState(0).randn(BATCH, STEPS, FEATURES).astype("f")
    return x, {x: data}


def _trained(loss, optimizer=None):
    variables = tf.trainable_variables()
    slopes, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 1.0)
    train = (optimizer or tf.train.AdamOptimizer(0.01)).apply_gradients(zip(slopes, variables, strict=True))
    return train, norm


def _static(cell, sequence_of=lambda x: tf.unstack(x, axis=1)):
    x, feed = _inputs()
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
        outputs, state = tf.nn.static_rnn(cell, sequence_of(x), dtype=tf.float32)
    return outputs, state, feed


def lstm():
    """Two layers, all outputs in the loss."""
    cells = [tf.nn.rnn_cell.BasicLSTMCell(UNITS) for _ in range(2)]
    outputs, state, feed = _static(tf.nn.rnn_cell.MultiRNNCell(cells))
    train, norm = _trained(tf.reduce_mean(tf.square(tf.stack(outputs))))
    return [train, norm, outputs[0], outputs[7], outputs[-1], state[0].c, state[1].h], feed


def peepholes():
    """An LSTM with peepholes and a projection, of which the last output alone counts."""
    outputs, state, feed = _static(tf.nn.rnn_cell.LSTMCell(UNITS, use_peepholes=True, num_proj=3))
    train, norm = _trained(tf.reduce_sum(outputs[-1] ** 2))
    return [train, norm, outputs[3], state.c], feed


def gru():
    """Gated units, whose sequence is a list of slices."""
    outputs, state, feed = _static(tf.nn.rnn_cell.GRUCell(UNITS), lambda x: tf.split(tf.reshape(x, [BATCH, -1]), STEPS, 1))
    train, norm = _trained(tf.add_n([tf.reduce_sum(o * o) for o in outputs]))
    return [train, norm, state, outputs[1]], feed


def sliced():
    """A loop of the program's own over slices of what a layer gave, some of them taken twice."""
    x, feed = _inputs()
    w, p = (
        tf.get_variable(name, shape, initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=2))
        for name, shape in (("w", [FEATURES + UNITS, UNITS]), ("p", [FEATURES, FEATURES]))
    )
    x = tf.reshape(tf.tanh(tf.matmul(tf.reshape(x, [-1, FEATURES]), p)), [BATCH, STEPS, FEATURES])
    h, all_h = tf.zeros([BATCH, UNITS]), []
    for t in range(STEPS):
        u = tf.sigmoid(tf.matmul(tf.concat([x[:, t, :], h], 1), w))
        v = tf.tanh(tf.matmul(tf.concat([x[:, t, :] * 0.5, u], 1), w))
        h = u * v + h * 0.5
        all_h.append(h)
    train, norm = _trained(tf.reduce_mean(tf.concat(all_h, 1)), tf.train.MomentumOptimizer(0.1, 0.9))
    return [train, norm, all_h[5], all_h[-1], x[:, 3]], feed


def once():
    """As PTB's program has it: each slice is taken once."""
    x, feed = _inputs()
    scale = tf.get_variable("scale", [FEATURES], initializer=tf.ones_initializer())
    x, cell = x * scale, tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    state, outputs = cell.zero_state(BATCH, tf.float32), []
    with tf.variable_scope("RNN", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
        for t in range(STEPS):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(x[:, t, :], state)
            outputs.append(output)
    train, norm = _trained(tf.reduce_mean(tf.concat(outputs, 1) ** 2))
    return [train, norm, outputs[8], state.c], feed


def backwards():
    """Both directions."""
    x, feed = _inputs()
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
        cells = [tf.nn.rnn_cell.BasicRNNCell(UNITS), tf.nn.rnn_cell.BasicLSTMCell(UNITS)]
        outputs, a, b = tf.nn.static_bidirectional_rnn(*cells, tf.unstack(x, axis=1), dtype=tf.float32)
    train, norm = _trained(tf.reduce_mean(tf.stack(outputs) ** 2))
    return [train, norm, outputs[4], a, b.h], feed


def fed():
    """A state in the middle is fed, another fetched."""
    outputs, state, feed = _static(tf.nn.rnn_cell.BasicLSTMCell(UNITS))
    train, norm = _trained(tf.reduce_mean(outputs[-1]) + tf.reduce_mean(outputs[2] ** 2))
    return [train, norm, outputs[11], state.h], {**feed, outputs[9]: np.full([BATCH, UNITS], 0.25, "f")}


def dropped():
    """Dropout between steps: random, and so no loop."""
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(UNITS), output_keep_prob=0.5, seed=3)
    outputs, _, feed = _static(cell)
    train, norm = _trained(tf.reduce_mean(tf.stack(outputs) ** 2))
    return [train, norm, outputs[6]], feed


def _attention(back):
    x, feed = _inputs()
    w = tf.get_variable("w", [2 * UNITS + FEATURES, UNITS], initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=2))
    q = tf.get_variable("q", [UNITS, FEATURES], initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=4))
    hs = [tf.zeros([BATCH, UNITS])] * 2
    for _ in range(STEPS):
        weights = tf.nn.softmax(tf.reduce_sum(x * tf.expand_dims(tf.matmul(hs[-1], q), 1), 2))
        seen = tf.reduce_sum(x * tf.expand_dims(weights, 2), 1)
        hs.append(tf.tanh(tf.matmul(tf.concat([seen, hs[-1], hs[-back] * 0.5], 1), w)))
    train, norm = _trained(tf.reduce_mean(tf.stack(hs[2:]) ** 2))
    return [train, norm, hs[9], hs[-1]], feed


def attending():
    """Each step looks at all inputs, weighted by a softmax."""
    return _attention(1)


def skipping():
    """Each step also takes what was two steps before, which no loop does."""
    return _attention(2)


def chained():
    """Many times a few nodes, each of which takes the one before."""
    x, feed = _inputs()
    w = y = tf.get_variable("w", [FEATURES], initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=2))
    for _ in range(150):
        y = tf.nn.relu(y * 0.5 + 0.25)
    train, norm = _trained(tf.reduce_mean(x * y * w))
    return [train, norm, y], feed


PROGRAMS = [lstm, peepholes, gru, sliced, once, backwards, fed, dropped, attending, skipping, chained]
ROLLED = {lstm, peepholes, gru, sliced, once, backwards, attending, chained}


def _run(program, count=3):
    """(all fetched numbers of some steps and the variables at the end, how many loops were compiled)."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        fetches, feed = program()
        session.run(tf.global_variables_initializer())
        numbers = [session.run(fetches[1:] + fetches[:1], feed)[:-1] for _ in range(count)]
        plans = [plan for _, plans, _ in session._plans.values() for plan in plans.values()]
        programs = [p for plan in plans for step in plan.steps for p in getattr(step, "programs", {}).values()]
        loops = sum(node._def.name == "RolledLoop" for p in programs for call in p.calls for node in call.part.nodes)
        return numbers + [session.run(tf.trainable_variables())], loops


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_a_loop_changes_no_number(program, monkeypatch):
    """Outputs, states, norms and trained weights, over three steps, are those of the parts run one after another."""
    rolled, loops = _run(program)
    monkeypatch.setattr(compiled_step, "roll_up", lambda nodes, kept: nodes)
    plain, none = _run(program)
    assert none == 0
    assert loops or program not in ROLLED
    for ours, theirs in zip(rolled, plain, strict=True):
        for a, b in zip(tf.contrib.framework.nest.flatten(ours), tf.contrib.framework.nest.flatten(theirs), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)
