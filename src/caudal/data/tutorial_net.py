"""The network of TF's first tutorial, which programs import from `tensorflow.examples.tutorials.mnist.mnist`: two layers with ReLU, and a linear one."""

import math

import caudal as tf

__all__ = ["IMAGE_PIXELS", "IMAGE_SIZE", "NUM_CLASSES", "evaluation", "inference", "loss", "training"]

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def inference(images, hidden1_units, hidden2_units):
    """The logits `[batch, 10]` of images `[batch, 784]`, float32.

    Args:
      images: the images.
      hidden1_units, hidden2_units: units of the two layers.
    """
    h = images
    for name, units in (("hidden1", hidden1_units), ("hidden2", hidden2_units)):
        with tf.name_scope(name):
            h = tf.nn.relu(_linear(h, units))
    with tf.name_scope("softmax_linear"):
        return _linear(h, NUM_CLASSES)


def _linear(x, units):
    inputs = int(x.shape[1])
    weights = tf.Variable(tf.truncated_normal([inputs, units], stddev=1.0 / math.sqrt(inputs)), name="weights")
    biases = tf.Variable(tf.zeros([units]), name="biases")
    return tf.matmul(x, weights) + biases


def loss(logits, labels):
    """The mean cross-entropy.

    Args:
      logits: `[batch, 10]`.
      labels: `[batch]`, integers.
    """
    return tf.losses.sparse_softmax_cross_entropy(labels=tf.to_int64(labels), logits=logits)


def training(loss, learning_rate):
    """The op of a step of gradient descent, which is counted in `global_step`; the loss becomes a summary."""
    tf.summary.scalar("loss", loss)
    global_step = tf.Variable(0, name="global_step", trainable=False)
    return tf.train.GradientDescentOptimizer(learning_rate).minimize(loss, global_step=global_step)


def evaluation(logits, labels):
    """How many of the labels, `[batch]`, have the greatest logit: an int32 scalar."""
    return tf.reduce_sum(tf.cast(tf.nn.in_top_k(logits, labels, 1), tf.int32))
