"""Long steps: what is handed to the compiler doesn't grow with the length that a net was unrolled to, and the numbers are those of a loop."""

import numpy as np

import caudal as tf

UNITS, BATCH, WORDS = 6, 3, 11


def _language_model(steps, dynamic=False):
    """(op that trains, loss, feed) of two LSTM layers over `steps`, written as a TF1 program."""
    tf.set_random_seed(1)
    x = tf.placeholder(tf.int32, [BATCH, steps])
    y = tf.placeholder(tf.int32, [BATCH, steps])
    embedding = tf.get_variable("embedding", [WORDS, UNITS], initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=2))
    inputs = tf.nn.embedding_lookup(embedding, x)
    with tf.variable_scope("rnn", initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=3)):
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(UNITS) for _ in range(2)])
        if dynamic:
            outputs, _ = tf.nn.dynamic_rnn(cell, inputs, dtype=tf.float32, scope="net")
        else:
            outputs, _ = tf.nn.static_rnn(cell, tf.unstack(inputs, axis=1), dtype=tf.float32, scope="net")
            outputs = tf.stack(outputs, 1)
        logits = tf.layers.dense(tf.reshape(outputs, [-1, UNITS]), WORDS)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(y, [-1]), logits=logits))
    variables = tf.trainable_variables()
    slopes, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(slopes, variables, strict=True))
    draw = np.random.RandomState(0)
    return train, loss, {x: draw.randint(0, WORDS, (BATCH, steps)), y: draw.randint(0, WORDS, (BATCH, steps))}


def _losses(steps, dynamic=False, count=3):
    """The losses of some training steps, and how many nodes were compiled for them."""
    with tf.Graph().as_default(), tf.Session() as session:
        train, loss, feed = _language_model(steps, dynamic)
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train], feed)[0] for _ in range(count)]
        plans = [plan for _, plans, _ in session._plans.values() for plan in plans.values()]
        programs = [p for plan in plans for step in plan.steps for p in getattr(step, "programs", {}).values()]
        distinct = {id(call.function): len(call.part.nodes) for program in programs for call in program.calls}
        return losses, sum(distinct.values())


def test_equal_parts_are_compiled_once(record_property):
    """Four times as many time steps: the same code, but for the ends."""
    (_, short), (_, long) = _losses(35, count=1), _losses(140, count=1)
    record_property("score", f"nodes compiled for an LSTM unrolled over 35 and 140 steps: {short} and {long}")
    assert 0 < long <= 1.1 * short


def test_unrolled_is_the_loop():
    """static_rnn and dynamic_rnn over the same data give the same losses to float32's accuracy."""
    np.testing.assert_allclose(_losses(12)[0], _losses(12, dynamic=True)[0], rtol=2e-6)
