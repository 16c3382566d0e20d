"""A study of your own network: `caudal study run examples/my_study.py`.

The file says three things: a network, which inserts itself into the graph; data; and a grid. It binds them to the name `study`.
The recorded networks are written in the same way: see src/caudal/study/architectures.py and mnist_study.py.
"""

import numpy as np
from sklearn.datasets import load_digits

import caudal as tf
from caudal.contrib import slim
from caudal.data.split import Dataset, Examples
from caudal.study import Study


def two_layers(images, classes, keep_prob, width=16):
    """A convolution and a layer of units. What is in the grid comes in by name: `keep_prob`, `width`."""
    net = slim.conv2d(images, width, [3, 3], scope="conv1")
    net = slim.max_pool2d(net, [2, 2], scope="pool1")
    net = slim.fully_connected(slim.flatten(net), 64, activation_fn=tf.nn.relu, scope="fc2")
    net = slim.dropout(net, keep_prob, scope="dropout2")
    return slim.fully_connected(net, classes, activation_fn=None, scope="logits")


def digits():
    """scikit-learn's 1,797 digits of 8x8, in three parts: to train, to choose, to test."""
    images, labels = load_digits(return_X_y=True)
    x = (images / 16).reshape(-1, 8, 8, 1).astype(np.float32)
    every = Examples(x, labels.astype(np.int64)).drawn(len(labels), seed=0)
    return Dataset(
        "digits", "scikit-learn's digits (Alpaydin, Kaynak 1998)", every[:1197], every[1197:1497], every[1497:], classes=10
    )


study = Study(
    networks=two_layers,
    data=digits,
    grid={"l2": [0.0, 1e-3], "keep_prob": [0.5, 1.0], "width": [8, 16]},  # chosen on the validation part
    sizes=[150, 300, 600, 1197],  # then trained on growing parts, and tested
    epochs=20,
    repeats=3,
    base={"optimizer": "adam", "rate": 1e-3, "batch": 50},
)
