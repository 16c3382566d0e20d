"""The study's networks. Each is a function that inserts itself into the default graph, written as a TF1 program would.

A network takes its inputs, the number of classes and rho, the share of units that dropout keeps, and returns logits.
What is common to all layers (regularisation) comes in by an arg scope; tuner.py sets it.
"""

import caudal as tf
from caudal.contrib import slim

__all__ = ["NETWORKS", "count_weights", "iris", "lenet", "tfnet", "vishnet"]


def iris(measures, classes=3, keep_prob=1.0):
    """A multilayer perceptron of 4, 4, 3 and 3 units: input, two hidden layers, output; sigmoid.

    Args:
      measures: float32 `[batch, 4]`.

    Returns:
      logits float32 `[batch, classes]`. 37 weights.
    """
    with slim.arg_scope([slim.fully_connected], activation_fn=tf.sigmoid):
        net = slim.fully_connected(measures, 4, scope="hidden1")
        net = slim.fully_connected(net, 3, scope="hidden2")
        return slim.fully_connected(net, classes, activation_fn=None, scope="output")


def lenet(images, classes=10, keep_prob=1.0):
    """LeNet-5 with ReLU and max pooling, and without dropout.

    Args:
      images: float32 `[batch, 28, 28, 1]`.

    Returns:
      logits float32 `[batch, classes]`. 61,470 weights.

    Source: LeCun, Bottou, Bengio, Haffner (1998), sec. II.B.
    """
    net = slim.conv2d(images, 6, [5, 5], scope="conv1")
    net = slim.max_pool2d(net, [2, 2], scope="pool1")
    net = slim.conv2d(net, 16, [5, 5], padding="VALID", scope="conv2")
    net = slim.max_pool2d(net, [2, 2], scope="pool2")
    net = slim.flatten(net)
    net = slim.fully_connected(net, 120, scope="fc3")
    net = slim.fully_connected(net, 84, scope="fc4")
    return slim.fully_connected(net, classes, activation_fn=None, scope="logits")


def tfnet(images, classes=10, keep_prob=1.0):
    """The network of TensorFlow's tutorial "Deep MNIST for experts" (2016).

    Args:
      images: float32 `[batch, 28, 28, 1]`.
      keep_prob: the share of the 1,024 units that dropout keeps, in (0, 1], a number or a tensor.

    Returns:
      logits float32 `[batch, classes]`. 3,273,504 weights.
    """
    net = slim.conv2d(images, 32, [5, 5], scope="conv1")
    net = slim.max_pool2d(net, [2, 2], scope="pool1")
    net = slim.conv2d(net, 64, [5, 5], scope="conv2")
    net = slim.max_pool2d(net, [2, 2], scope="pool2")
    net = slim.flatten(net)
    net = slim.fully_connected(net, 1024, scope="fc3")
    net = slim.dropout(net, keep_prob, scope="dropout3")
    return slim.fully_connected(net, classes, activation_fn=None, scope="logits")


def vishnet(images, classes=10, keep_prob=1.0):
    """Three wide convolutions. The source counts its weights and doesn't draw it: this plan is our reconstruction.

    Args:
      images: float32 `[batch, 28, 28, 1]`.
      keep_prob: the share of the 9,216 units that dropout keeps, in (0, 1], a number or a tensor.

    Returns:
      logits float32 `[batch, classes]`. 1,117,760 weights.
    """
    net = slim.conv2d(images, 64, [5, 5], scope="conv1")
    net = slim.max_pool2d(net, [3, 3], stride=2, scope="pool1")
    net = slim.conv2d(net, 128, [5, 5], scope="conv2")
    net = slim.max_pool2d(net, [3, 3], stride=2, scope="pool2")
    net = slim.conv2d(net, 256, [5, 5], scope="conv3")
    net = slim.flatten(net)
    net = slim.dropout(net, keep_prob, scope="dropout3")
    return slim.fully_connected(net, classes, activation_fn=None, scope="logits")


NETWORKS = {net.__name__: net for net in (iris, lenet, tfnet, vishnet)}


def count_weights():
    """How many weights the default graph's trainable variables hold, without biases."""
    shapes = (v.get_shape() for v in tf.trainable_variables() if v.op.name.endswith("weights"))
    return sum(shape.num_elements() for shape in shapes)
