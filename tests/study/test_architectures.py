"""The recorded networks have the recorded numbers of weights, counted from the graph."""

import pytest

import caudal as tf
from caudal.study.architectures import NETWORKS, count_weights

COUNTS = {"iris": 37, "lenet": 61_470, "tfnet": 3_273_504, "vishnet": 1_117_760}


@pytest.mark.parametrize("name", COUNTS)
def test_weights_without_biases(name):
    shape, classes = ([None, 4], 3) if name == "iris" else ([None, 28, 28, 1], 10)
    with tf.Graph().as_default():
        logits = NETWORKS[name](tf.placeholder(tf.float32, shape), classes)
        assert count_weights() == COUNTS[name]
        assert logits.get_shape().as_list() == [None, classes]
