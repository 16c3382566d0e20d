"""A study as a user writes one, small enough for tests: two blobs of points, a network with one hidden layer, a grid of four."""

import numpy as np

import caudal as tf
from caudal.contrib import slim
from caudal.data.split import Dataset, Examples
from caudal.study import Study


def blobs(n, seed):
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 2, n)
    return Examples((draw.normal(size=(n, 5)) + y[:, None]).astype(np.float32), y)


def data():
    return Dataset("blobs", "drawn here", blobs(120, 0), blobs(40, 1), blobs(60, 2), classes=2)


def tiny(x, classes, keep_prob, units=4):
    net = slim.fully_connected(x, units, activation_fn=tf.nn.relu)
    return slim.fully_connected(slim.dropout(net, keep_prob), classes, activation_fn=None)


study = Study(
    networks=tiny,
    data=data,
    grid={"l2": [0.0, 0.01], "units": [3, 6]},
    sizes=[40, 160],
    base={"batch": 20, "rate": 0.01, "keep_prob": 0.8},
    steps=60,
    repeats=2,
    looks=4,
)
