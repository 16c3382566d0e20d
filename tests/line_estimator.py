"""A line as an estimator's model, and its data: what the tests of estimators share."""

import numpy as np

import caudal as tf

X = np.random.RandomState(0).randn(24, 2).astype("f")
Y = (X @ np.array([[1.0], [2.0]]) + 0.5).astype("f")
estimator = tf.estimator
MODES = estimator.ModeKeys


def linear(x):
    w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
    return tf.matmul(x, w) + b


def train(loss, rate=0.1):
    return tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=tf.train.get_global_step())


def model_fn(features, labels, mode, params=None):
    y = linear(features["x"])
    if mode == MODES.PREDICT:
        return estimator.EstimatorSpec(mode, predictions={"y": y, "double": y * 2.0})
    loss = tf.reduce_mean(tf.square(y - labels))
    metrics = {"mae": tf.metrics.mean_absolute_error(labels, y)}
    return estimator.EstimatorSpec(
        mode, loss=loss, train_op=train(loss, (params or {}).get("rate", 0.1)), eval_metric_ops=metrics
    )


def batches(repeat=None, size=8):
    def input_fn():
        data = tf.data.Dataset.from_tensor_slices(({"x": X}, Y))
        return data.repeat(repeat).batch(size)

    return input_fn


def rows(size=10, labels=None):
    return estimator.inputs.numpy_input_fn({"x": X}, labels, batch_size=size, shuffle=False)


def receiver():
    return estimator.export.build_raw_serving_input_receiver_fn({"x": tf.placeholder(tf.float32, [None, 2], name="x")})
