"""The networks as TF1 programs: functions of `tf`, which is Caudal or TensorFlow's `compat.v1`, of the placeholders and of `keep`.

`keep` is False where dropout is left out. Training gives a loss; a net alone gives logits.
"""

import importlib

import numpy as np
from works import DECAY, WORKS

__all__ = ["Net", "module"]


def module(peer):
    """`tf`: Caudal, its products' factors as the peer's name says, or TensorFlow as TF1's programs take it."""
    if peer.startswith("caudal"):
        tf = importlib.import_module("caudal")
        if peer == "caudal-bfloat16":
            tf.config.set_product_dtype(tf.bfloat16)
        return tf
    tf = importlib.import_module("tensorflow.compat.v1")
    tf.disable_v2_behavior()
    return tf


class Net:
    """A work, built: `begin` starts its session, `step` runs one step."""

    def __init__(self, tf, name, keep=True):
        self.tf, work = tf, WORKS[name]
        self.arrays = work.feed()
        self.feeds = [
            tf.placeholder(_KINDS[a.dtype.kind], [None, *a.shape[1:]], name=n) for a, n in zip(self.arrays, "xy", strict=True)
        ]
        if work.optimizer is None:
            self.fetch = NETS[work.net](tf, self.feeds[0], False)
            return
        self.loss = LOSSES.get(work.net, _classified)(tf, work, self.feeds, keep)
        self.train = _TRAIN[work.optimizer](tf, self.loss)
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        self.fetch = [self.loss, self.train, *updates]

    def begin(self):
        """Opens a session and initialises the variables."""
        self.session = self.tf.Session()
        self.session.run(self.tf.global_variables_initializer())

    def step(self):
        """One step; gives the loss, or the logits."""
        made = self.session.run(self.fetch, dict(zip(self.feeds, self.arrays, strict=True)))
        return made[0] if isinstance(made, list) else made

    def nodes(self):
        """How many the graph has."""
        return len(self.tf.get_default_graph().get_operations())

    def parameters(self):
        """How many numbers are trained."""
        return sum(int(np.prod(v.shape.as_list())) for v in self.tf.trainable_variables())

    def load(self, weights):
        """Gives the variables these values, in the order in which they were made."""
        for variable, value in zip(self.tf.trainable_variables(), weights, strict=True):
            variable.load(value, self.session)


_KINDS = {"f": "float32", "i": "int64"}


def _adam(tf, loss):
    return tf.train.AdamOptimizer(1e-3).minimize(loss)


def _momentum(tf, loss):
    return tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)


def _descent(tf, loss):
    return tf.train.GradientDescentOptimizer(1.0).minimize(loss)


def _clipped(tf, loss):
    variables = tf.trainable_variables()
    slopes, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
    return tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(slopes, variables, strict=True))


_TRAIN = {"adam": _adam, "momentum": _momentum, "clipped": _clipped, "descent": _descent}


def _classified(tf, work, feeds, keep):
    """Cross-entropy with L2 of the weights."""
    x, y = feeds
    logits = NETS[work.net](tf, x, keep)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    for v in tf.trainable_variables():
        if "weights" in v.name:
            loss += DECAY[work.net] * tf.nn.l2_loss(v)
    return loss


# --- layers -------------------------------------------------------------------------------------------


def _variable(tf, name, shape, scale=0.05):
    return tf.get_variable(name, shape, tf.float32, tf.truncated_normal_initializer(stddev=scale))


def _zeros(tf, name, shape, trainable=True):
    return tf.get_variable(name, shape, tf.float32, tf.zeros_initializer(), trainable=trainable)


def _conv(tf, x, name, size, outputs, padding="SAME"):
    with tf.variable_scope(name):
        w = _variable(tf, "weights", [size, size, x.shape.as_list()[3], outputs])
        y = tf.nn.conv2d(x, w, strides=[1, 1, 1, 1], padding=padding)
        return tf.nn.relu(tf.nn.bias_add(y, _zeros(tf, "biases", [outputs])))


def _dense(tf, x, name, outputs, activation=None):
    with tf.variable_scope(name):
        w = _variable(tf, "weights", [x.shape.as_list()[1], outputs])
        y = tf.nn.bias_add(tf.matmul(x, w), _zeros(tf, "biases", [outputs]))
        return activation(y) if activation else y


def _pool(tf, x, size=2, padding="SAME"):
    return tf.nn.max_pool(x, ksize=[1, size, size, 1], strides=[1, 2, 2, 1], padding=padding)


def _flat(tf, x):
    return tf.reshape(x, [-1, int(np.prod(x.shape.as_list()[1:]))])


def _dropped(tf, x, keep, probability):
    return tf.nn.dropout(x, keep_prob=probability) if keep else x


# --- networks -----------------------------------------------------------------------------------------


def iris(tf, x, keep):
    """The multilayer perceptron of the Iris study."""
    for k, units in enumerate((4, 3)):
        x = _dense(tf, x, f"layer{k}", units, tf.sigmoid)
    return _dense(tf, x, "out", 3)


def lenet(tf, x, keep):
    """LeNet-5: 61,470 weights."""
    x = _pool(tf, _conv(tf, x, "conv1", 5, 6))
    x = _pool(tf, _conv(tf, x, "conv2", 5, 16, "VALID"))
    x = _dense(tf, _flat(tf, x), "fc3", 120, tf.nn.relu)
    return _dense(tf, _dense(tf, x, "fc4", 84, tf.nn.relu), "fc5", 10)


def tfnet(tf, x, keep):
    """The tutorial's network: 3,273,504 weights."""
    x = _pool(tf, _conv(tf, x, "conv1", 5, 32))
    x = _pool(tf, _conv(tf, x, "conv2", 5, 64))
    x = _dense(tf, _flat(tf, x), "fc3", 1024, tf.nn.relu)
    return _dense(tf, _dropped(tf, x, keep, 0.75), "fc4", 10)


def vishnet(tf, x, keep):
    """Three wide convolutions: 1,117,760 weights."""
    x = _pool(tf, _conv(tf, x, "conv1", 5, 64), 3, "VALID")
    x = _pool(tf, _conv(tf, x, "conv2", 5, 128), 3, "VALID")
    x = _conv(tf, x, "conv3", 5, 256)
    return _dense(tf, _dropped(tf, _flat(tf, x), keep, 0.4), "fc4", 10)


def deep(tf, x, keep):
    """Many small dense layers: about 2,000 nodes with gradients and Adam."""
    for k in range(34):
        x = _dense(tf, x, f"layer{k}", 16, tf.tanh)
    return x


def _normed(tf, x, name, outputs, size=3, stride=1):
    """A convolution and batch normalisation, with moving averages."""
    with tf.variable_scope(name):
        w = _variable(tf, "weights", [size, size, x.shape.as_list()[3], outputs])
        x = tf.nn.conv2d(x, w, strides=[1, stride, stride, 1], padding="SAME")
        gamma = tf.get_variable("gamma", [outputs], tf.float32, tf.ones_initializer())
        beta = _zeros(tf, "beta", [outputs])
        y, *moments = tf.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-5, is_training=True)
        for kind, value in zip(("mean", "variance"), moments, strict=True):
            moving = _zeros(tf, f"moving_{kind}", [outputs], trainable=False)
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_sub(moving, 0.1 * (moving - value)).op)
        return y


def resnet20(tf, x, keep):
    """He and others (2015) for 32x32: three stages of three blocks; a 1x1 convolution where the size changes."""
    x = tf.nn.relu(_normed(tf, x, "conv", 16))
    for stage, outputs in enumerate((16, 32, 64)):
        for block in range(3):
            stride = 2 if stage and not block else 1
            with tf.variable_scope(f"stage{stage}_{block}"):
                y = tf.nn.relu(_normed(tf, x, "a", outputs, stride=stride))
                y = _normed(tf, y, "b", outputs)
                if stride > 1:
                    w = _variable(tf, "weights", [1, 1, outputs // 2, outputs])
                    x = tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME")
                x = tf.nn.relu(x + y)
    return _dense(tf, tf.reduce_mean(x, [1, 2]), "out", 10)


NETS = {f.__name__: f for f in (iris, lenet, tfnet, vishnet, deep, resnet20)}


# --- networks with losses of their own ---------------------------------------------------------------------


def _cell(tf, x, state, name, units):
    """An LSTM cell, written out: peers without contrib have none."""
    c, h = state
    with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
        w = _variable(tf, "kernel", [x.shape.as_list()[1] + units, 4 * units])
        y = tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), w), _zeros(tf, "bias", [4 * units]))
        i, j, f, o = tf.split(y, 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        return c, tf.tanh(c) * tf.sigmoid(o)


def _unrolled(tf, inputs, batch, units):
    """The outputs of two layers: by `static_rnn`, where there is one."""
    if tf.__name__.startswith("caudal"):
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(units) for _ in range(2)])
        return tf.nn.static_rnn(cell, inputs, dtype=tf.float32)[0]
    states, outputs = [(tf.zeros([batch, units]),) * 2] * 2, []
    for x in inputs:
        for k in range(2):
            states[k] = _cell(tf, x, states[k], f"cell{k}", units)
            x = states[k][1]
        outputs.append(x)
    return outputs


def _lstm(tf, work, feeds, keep, units=200, words=2000):
    """A language model of two LSTM layers, unrolled, gradients clipped by their global norm."""
    x, y = (tf.reshape(t, [work.batch, work.options["steps"]]) for t in feeds)
    inputs = tf.unstack(tf.nn.embedding_lookup(_variable(tf, "embedding", [words, units]), x), axis=1)
    outputs = _unrolled(tf, inputs, work.batch, units)
    logits = _dense(tf, tf.reshape(tf.concat(outputs, 1), [-1, units]), "softmax", words)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(y, [-1]), logits=logits))


def _word2vec(tf, work, feeds, keep, words=50_000, units=128, sampled=64):
    """Skip-grams with noise-contrastive estimation; `keep` False takes the same noise in each step."""
    x, y = feeds
    inputs = tf.nn.embedding_lookup(_variable(tf, "embedding", [words, units]), x)
    w, b = _variable(tf, "nce_weights", [words, units]), _zeros(tf, "nce_biases", [words])
    drawn = None
    if not keep:
        noise = np.arange(sampled, dtype=np.int64) * 7
        drawn = noise, np.ones((work.batch, 1), "f"), np.ones(sampled, "f")
        drawn = tuple(map(tf.constant, drawn))
    losses = tf.nn.nce_loss(w, b, y, inputs, sampled, words, sampled_values=drawn)
    return tf.reduce_mean(losses)


def _addressed(tf, memory, weights, h, name):
    """Where a head of a Neural Turing Machine looks: by content, then from where it looked before, moved and sharpened."""
    width = memory.shape.as_list()[2]
    told = _dense(tf, h, name, width + 6)
    key, strength, gate, shift, sharp = tf.split(told, [width, 1, 1, 3, 1], 1)
    key = tf.tanh(key)
    product = tf.reduce_sum(memory * tf.expand_dims(key, 1), 2)
    lengths = tf.sqrt(tf.reduce_sum(tf.square(memory), 2)) * tf.sqrt(tf.reduce_sum(tf.square(key), 1, keepdims=True))
    by_content = tf.nn.softmax(tf.nn.softplus(strength) * product / (lengths + 1e-6))
    gate, shift = tf.sigmoid(gate), tf.nn.softmax(shift)
    w = gate * by_content + (1.0 - gate) * weights
    back, stay, on = tf.split(shift, 3, 1)
    moved = back * tf.concat([w[:, 1:], w[:, :1]], 1) + stay * w + on * tf.concat([w[:, -1:], w[:, :-1]], 1)
    sharpened = tf.pow(moved + 1e-6, 1.0 + tf.nn.softplus(sharp))
    return sharpened / tf.reduce_sum(sharpened, 1, keepdims=True)


def _turing(tf, x, state, units):
    """A step of a Neural Turing Machine (Graves and others, 2014): an LSTM with a memory, one head that reads and one that writes."""
    (c, h), memory, reading, writing, read = state
    with tf.variable_scope("machine", reuse=tf.AUTO_REUSE):
        c, h = _cell(tf, tf.concat([x, read], 1), (c, h), "controller", units)
        writing = _addressed(tf, memory, writing, h, "write")
        erased, added = tf.split(_dense(tf, h, "change", 2 * memory.shape.as_list()[2]), 2, 1)
        at = tf.expand_dims(writing, 2)
        memory = memory * (1.0 - at * tf.expand_dims(tf.sigmoid(erased), 1)) + at * tf.expand_dims(tf.tanh(added), 1)
        reading = _addressed(tf, memory, reading, h, "read")
        read = tf.reduce_sum(tf.expand_dims(reading, 2) * memory, 1)
        return _dense(tf, tf.concat([h, read], 1), "out", x.shape.as_list()[1]), ((c, h), memory, reading, writing, read)


def _ntm(tf, work, feeds, keep, units=100, slots=128, width=20):
    """A Neural Turing Machine that copies bits, unrolled, gradients clipped by their global norm."""
    x, y = feeds
    at = tf.one_hot(tf.zeros([work.batch], tf.int32), slots)
    states = (
        (tf.zeros([work.batch, units]),) * 2,
        tf.fill([work.batch, slots, width], 1e-6),
        at,
        at,
        tf.zeros([work.batch, width]),
    )
    outputs = []
    for bits in tf.unstack(x, axis=1):
        output, states = _turing(tf, bits, states, units)
        outputs.append(output)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=tf.stack(outputs, 1)))


LOSSES = {"lstm": _lstm, "word2vec": _word2vec, "ntm": _ntm}
