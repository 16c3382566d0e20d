"""contrib.tpu without a TPU: its estimator's batches and metrics, and what it refuses."""

import json

import numpy as np
import pytest

import caudal as tf

X = np.arange(24, dtype="f").reshape(12, 2) / 10.0
tpu = tf.contrib.tpu
MODES = tf.estimator.ModeKeys


def model_fn(features, labels, mode, params):
    assert params["use_tpu"] is False
    y = tf.layers.dense(features["x"], 1, kernel_initializer=tf.ones_initializer())
    if mode == MODES.PREDICT:
        return tpu.TPUEstimatorSpec(mode, predictions={"y": y, "size": tf.fill([tf.shape(y)[0]], params["batch_size"])})
    loss = tf.reduce_mean(tf.square(y - labels))
    optimizer = tpu.CrossShardOptimizer(tf.train.GradientDescentOptimizer(0.1))
    train = optimizer.minimize(loss, tf.train.get_global_step())
    metrics = lambda y, labels: {"mae": tf.metrics.mean_absolute_error(labels, y)}
    return tpu.TPUEstimatorSpec(mode, loss=loss, train_op=train, eval_metrics=(metrics, [y, labels]))


def input_fn(params):
    data = tf.data.Dataset.from_tensor_slices(({"x": X}, X[:, :1]))
    return data.batch(params["batch_size"])


def _made(tmp_path, model_fn=model_fn, **settings):
    config = tpu.RunConfig(model_dir=str(tmp_path), tpu_config=tpu.TPUConfig(iterations_per_loop=2))
    given = {"use_tpu": False, "train_batch_size": 4, "eval_batch_size": 3, "predict_batch_size": 6} | settings
    return tpu.TPUEstimator(model_fn, config=config, **given)


def test_it_trains_evaluates_and_predicts(tmp_path):
    model = _made(tmp_path)
    model.train(input_fn, max_steps=2)
    w, b = model.get_variable_value("dense/kernel"), model.get_variable_value("dense/bias")
    assert model.get_variable_value("global_step") == 2
    found = model.evaluate(input_fn)
    np.testing.assert_allclose(found["mae"], np.abs(X @ w + b - X[:, :1]).mean(), rtol=1e-5)
    predicted = list(model.predict(input_fn))
    np.testing.assert_allclose([one["y"] for one in predicted], X @ w + b, rtol=1e-5)
    assert {int(one["size"]) for one in predicted} == {6}


@pytest.mark.parametrize("params", [None, {"more": 1}, tf.contrib.training.HParams(more=1)], ids=["none", "dict", "HParams"])
def test_its_step_is_a_plain_optimizers(tmp_path, params):
    def any_params(function):
        """HParams are told the batch's size, too."""
        as_dict = lambda params: params if isinstance(params, dict) else params.values()
        if function is input_fn:
            return lambda params: input_fn(as_dict(params))
        return lambda features, labels, mode, params: model_fn(features, labels, mode, as_dict(params))

    model = _made(tmp_path, any_params(model_fn), params=params)
    model.train(any_params(input_fn), max_steps=1)
    error = X[:4].sum(1, keepdims=True) - X[:4, :1]
    slope = 2 * (X[:4] * error).mean(0)
    np.testing.assert_allclose(model.get_variable_value("dense/kernel")[:, 0], 1 - 0.1 * slope, rtol=1e-5)


def test_it_exports_a_graph_for_cpus(tmp_path):
    def no_size(features, labels, mode, params):
        assert "batch_size" not in params or mode == MODES.TRAIN
        y = tf.layers.dense(features["x"], 1)
        loss = tf.reduce_mean(y)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, tf.train.get_global_step())
        return tpu.TPUEstimatorSpec(mode, predictions={"y": y}, loss=loss, train_op=train)

    model = _made(tmp_path, no_size)
    model.train(input_fn, max_steps=1)
    receiver = tf.estimator.export.build_raw_serving_input_receiver_fn({"x": tf.placeholder(tf.float32, [None, 2], name="x")})
    out = model.export_saved_model(str(tmp_path / "out"), receiver)
    with tf.Session(graph=tf.Graph()) as session:
        signature = tf.saved_model.loader.load(session, ["serve"], out).signature_def["serving_default"]
        found = session.run(signature.outputs["y"].name, {signature.inputs["x"].name: X})
    want = X @ model.get_variable_value("dense/kernel") + model.get_variable_value("dense/bias")
    np.testing.assert_allclose(found, want, rtol=1e-5)


def test_a_tpu_is_refused_with_advice(tmp_path):
    with pytest.raises(RuntimeError, match="^Cannot find any TPU cores in the system. Please") as caught:
        _made(tmp_path, use_tpu=True).train(input_fn, max_steps=1)
    assert "use_tpu=False" in caught.value.__notes__[0]
    found = _made(tmp_path, use_tpu=True, eval_on_tpu=False).evaluate(input_fn)  # this is not a TPU's
    assert found["global_step"] == 0
    with pytest.raises(NotImplementedError, match="The TPU 'mine' cannot be used"):
        tf.contrib.cluster_resolver.TPUClusterResolver("mine")
    config = tpu.RunConfig(cluster=tf.contrib.cluster_resolver.TPUClusterResolver(""))  # this process
    assert config.master == ""


def _spec(**fields):
    with tf.Graph().as_default():
        return tpu.TPUEstimatorSpec(MODES.EVAL, loss=tf.constant(1.0), **fields)


@pytest.mark.parametrize(
    "kind,words,call",
    [
        (
            ValueError,
            "`config` must be provided with type `tpu_config.RunConfig`",
            lambda: tpu.TPUEstimator(model_fn, use_tpu=False),
        ),
        (ValueError, "reserved keys but existed in params", lambda: _made("d", params={"batch_size": 1})),
        (ValueError, "`train_batch_size` cannot be `None`", lambda: _made("d", use_tpu=True, train_batch_size=None)),
        (TypeError, "eval_batch_size must be int, got <class 'float'>", lambda: _made("d", use_tpu=True, eval_batch_size=1.5)),
        (ValueError, "does not include params argument, required by TPUEstimator", lambda: _made("d").train(lambda: 1)),
        (ValueError, "Invalid TPUConfig `iterations_per_loop` value.", lambda: tpu.TPUConfig(iterations_per_loop="5x")),
        (
            ValueError,
            "num_cores_per_replica must be 1, 2, 4, 8, 16, 32, 64, 128; got 3",
            lambda: tpu.TPUConfig(num_cores_per_replica=3),
        ),
        (ValueError, "TPUConfig num_shards must be positive, got 0", lambda: tpu.TPUConfig(num_shards=0)),
        (ValueError, "Both master and cluster are set.", lambda: tpu.RunConfig(master="", cluster=1)),
        (ValueError, "eval_metrics should be tuple or list", lambda: _spec(eval_metrics=1)),
        (ValueError, "eval_metrics should have two elements.", lambda: _spec(eval_metrics=[1])),
        (TypeError, r"host_call\[0\] should be callable.", lambda: _spec(host_call=(1, []))),
        (
            RuntimeError,
            "length of tensors 0 does not match method args of the function, which takes 1",
            lambda: _spec(eval_metrics=(lambda a: 1, [])),
        ),
        (ValueError, "Please provide a TPU Name to connect to.", lambda: tf.contrib.cluster_resolver.TPUClusterResolver()),
    ],
)
def test_wrong_arguments(kind, words, call):
    with pytest.raises(kind, match=words):
        call()


def test_a_config_keeps_its_part(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"service": {"tpu_worker_job_name": "job"}}))
    config = tpu.RunConfig(master="there", save_checkpoints_steps=3, tpu_config=tpu.TPUConfig("5m"))
    assert (config.master, config.evaluation_master, config.tpu_config.tpu_job_name) == ("there", "there", "job")
    other = config.replace(tf_random_seed=2)
    assert (other.tpu_config, other.save_checkpoints_steps, other.tf_random_seed) == (config.tpu_config, 3, 2)
    assert config.replace(tpu_config=tpu.TPUConfig(7)).tpu_config.iterations_per_loop == 7
