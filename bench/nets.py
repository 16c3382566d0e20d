"""The networks that are measured, as TF1 programs: functions of `tf`, which is Caudal or TensorFlow's `compat.v1`.

Each gives (op that trains, loss, function that gives a feed).
"""

import numpy as np


def _variable(tf, name, shape, scale=0.05):
    return tf.get_variable(name, shape, tf.float32, tf.truncated_normal_initializer(stddev=scale))


def _conv(tf, x, name, size, outputs, padding="SAME"):
    with tf.variable_scope(name):
        w = _variable(tf, "weights", [size, size, x.shape.as_list()[3], outputs])
        b = tf.get_variable("biases", [outputs], tf.float32, tf.zeros_initializer())
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, strides=[1, 1, 1, 1], padding=padding), b))


def _dense(tf, x, name, outputs, activation=None):
    with tf.variable_scope(name):
        w = _variable(tf, "weights", [x.shape.as_list()[1], outputs])
        b = tf.get_variable("biases", [outputs], tf.float32, tf.zeros_initializer())
        y = tf.nn.bias_add(tf.matmul(x, w), b)
        return activation(y) if activation else y


def _pool(tf, x, size=2, padding="SAME"):
    return tf.nn.max_pool(x, ksize=[1, size, size, 1], strides=[1, 2, 2, 1], padding=padding)


def _flat(tf, x):
    return tf.reshape(x, [-1, int(np.prod(x.shape.as_list()[1:]))])


def _train(tf, logits, labels, decay, optimizer=None):
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    for v in tf.trainable_variables():
        if "weights" in v.name:
            loss += decay * tf.nn.l2_loss(v)
    return (optimizer or tf.train.AdamOptimizer(1e-3)).minimize(loss), loss


def _images(tf, net, size=28, channels=1, batch=50):
    x = tf.placeholder(tf.float32, [None, size, size, channels], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    train, loss = _train(tf, net(x), y, 4e-4)
    draw = np.random.RandomState(0)
    data = draw.rand(batch, size, size, channels).astype("f"), draw.randint(0, 10, batch)
    return train, loss, lambda: {x: data[0], y: data[1]}


def iris(tf):
    """The Iris network, all 120 flowers a step."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    net = x
    for k, units in enumerate((4, 3)):
        net = _dense(tf, net, f"layer{k}", units, tf.sigmoid)
    train, loss = _train(tf, _dense(tf, net, "out", 3), y, 0.01)
    draw = np.random.RandomState(0)
    data = draw.rand(120, 4).astype("f"), draw.randint(0, 3, 120)
    return train, loss, lambda: {x: data[0], y: data[1]}


def lenet(tf):
    """LeNet-5: 61,470 weights."""

    def net(x):
        x = _pool(tf, _conv(tf, x, "conv1", 5, 6))
        x = _pool(tf, _conv(tf, x, "conv2", 5, 16, "VALID"))
        x = _dense(tf, _flat(tf, x), "fc3", 120, tf.nn.relu)
        return _dense(tf, _dense(tf, x, "fc4", 84, tf.nn.relu), "fc5", 10)

    return _images(tf, net)


def tfnet(tf):
    """The tutorial's network: 3,273,504 weights."""

    def net(x):
        x = _pool(tf, _conv(tf, x, "conv1", 5, 32))
        x = _pool(tf, _conv(tf, x, "conv2", 5, 64))
        x = _dense(tf, _flat(tf, x), "fc3", 1024, tf.nn.relu)
        return _dense(tf, tf.nn.dropout(x, keep_prob=0.75), "fc4", 10)

    return _images(tf, net)


def vishnet(tf):
    """Three wide convolutions: 1,117,760 weights."""

    def net(x):
        x = _pool(tf, _conv(tf, x, "conv1", 5, 64), 3, "VALID")
        x = _pool(tf, _conv(tf, x, "conv2", 5, 128), 3, "VALID")
        x = _conv(tf, x, "conv3", 5, 256)
        return _dense(tf, tf.nn.dropout(_flat(tf, x), keep_prob=0.4), "fc4", 10)

    return _images(tf, net)


def _cell(tf, x, state, name, units):
    """An LSTM cell, written out: peers without contrib have none."""
    c, h = state
    with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
        w = _variable(tf, "kernel", [x.shape.as_list()[1] + units, 4 * units])
        b = tf.get_variable("bias", [4 * units], tf.float32, tf.zeros_initializer())
        i, j, f, o = tf.split(tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), w), b), 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        return c, tf.tanh(c) * tf.sigmoid(o)


def lstm(tf, steps=35, batch=20, units=200, words=2000):
    """A language model of two LSTM layers, unrolled, gradients clipped by their global norm."""
    x = tf.placeholder(tf.int32, [batch, steps], name="x")
    y = tf.placeholder(tf.int32, [batch, steps], name="y")
    inputs = tf.nn.embedding_lookup(_variable(tf, "embedding", [words, units]), x)
    if hasattr(tf.nn, "static_rnn") and tf.__name__.startswith("caudal"):
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(units) for _ in range(2)])
        outputs, _ = tf.nn.static_rnn(cell, tf.unstack(inputs, axis=1), dtype=tf.float32)
    else:
        states, outputs = [(tf.zeros([batch, units]),) * 2] * 2, []
        for x_t in tf.unstack(inputs, axis=1):
            for k in range(2):
                states[k] = _cell(tf, x_t, states[k], f"cell{k}", units)
                x_t = states[k][1]
            outputs.append(x_t)
    logits = _dense(tf, tf.reshape(tf.concat(outputs, 1), [-1, units]), "softmax", words)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(y, [-1]), logits=logits))
    variables = tf.trainable_variables()
    slopes, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(slopes, variables, strict=True))
    draw = np.random.RandomState(0)
    data = draw.randint(0, words, (batch, steps)), draw.randint(0, words, (batch, steps))
    return train, loss, lambda: {x: data[0], y: data[1]}


def lstm140(tf):
    """The same over 140 steps."""
    return lstm(tf, steps=140)


def deep(tf):
    """Many small dense layers: about 2,000 nodes with gradients and Adam."""
    x = tf.placeholder(tf.float32, [None, 16], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    net = x
    for k in range(34):
        net = _dense(tf, net, f"layer{k}", 16, tf.tanh)
    train, loss = _train(tf, net, y, 1e-4)
    draw = np.random.RandomState(0)
    data = draw.rand(32, 16).astype("f"), draw.randint(0, 10, 32)
    return train, loss, lambda: {x: data[0], y: data[1]}


NETS = {f.__name__: f for f in (iris, lenet, tfnet, vishnet, lstm, lstm140, deep)}
