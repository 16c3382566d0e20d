"""What tf.estimator refuses, in 1.15's words, and what it reads from its environment."""

import importlib
import json

import pytest
from line_estimator import MODES, Y, batches, estimator, model_fn, receiver, rows

import caudal as tf

# --- refusals -------------------------------------------------------------------------------------


def _other_graph():
    with tf.Graph().as_default():
        return tf.constant(1.0, name="far")


_SPECS = [
    (ValueError, "Missing train_op.", lambda one: (MODES.TRAIN, {"loss": one})),
    (ValueError, "Missing loss.", lambda one: (MODES.TRAIN, {"train_op": one})),
    (ValueError, "Missing loss.", lambda one: (MODES.EVAL, {})),
    (ValueError, "Missing predictions.", lambda one: (MODES.PREDICT, {})),
    (TypeError, "train_op must be Operation or Tensor, given: 1", lambda one: (MODES.TRAIN, {"loss": one, "train_op": 1})),
    (TypeError, "loss must be Tensor, given: 1", lambda one: (MODES.EVAL, {"loss": 1})),
    (ValueError, "Loss must be scalar, given: ", lambda one: (MODES.EVAL, {"loss": tf.zeros([2])})),
    (TypeError, r"predictions\[a\] must be Tensor, given: 1", lambda one: (MODES.PREDICT, {"predictions": {"a": 1}})),
    (TypeError, "predictions must be Tensor, given: 1", lambda one: (MODES.PREDICT, {"predictions": 1})),
    (ValueError, 'loss with "far:0" must be from the default graph. ', lambda one: (MODES.EVAL, {"loss": _other_graph()})),
    (ValueError, 'train_op with "far:0" must be', lambda one: (MODES.TRAIN, {"loss": one, "train_op": _other_graph()})),
    (ValueError, 'prediction values with "a: far:0" must', lambda one: (MODES.PREDICT, {"predictions": {"a": _other_graph()}})),
    (TypeError, "eval_metric_ops must be a dict, given: 1", lambda one: (MODES.EVAL, {"loss": one, "eval_metric_ops": 1})),
    (
        TypeError,
        r"Values of eval_metric_ops must be \(metric_value, update_op\) tuples, given: 1 for key: a",
        lambda one: (MODES.EVAL, {"loss": one, "eval_metric_ops": {"a": 1}}),
    ),
    (
        ValueError,
        'eval_metric_ops with "a: far:0" must be from',
        lambda one: (MODES.EVAL, {"loss": one, "eval_metric_ops": {"a": (_other_graph(), one)}}),
    ),
    (TypeError, "export_outputs must be dict, given: 1", lambda one: (MODES.PREDICT, {"predictions": one, "export_outputs": 1})),
    (
        TypeError,
        "Values in export_outputs must be ExportOutput objects. Given: ",
        lambda one: (MODES.PREDICT, {"predictions": one, "export_outputs": {"a": 1}}),
    ),
    (
        ValueError,
        "Multiple export_outputs were provided, but none of them is specified as the default.  Do this by",
        lambda one: (
            MODES.PREDICT,
            {"predictions": one, "export_outputs": dict.fromkeys("ab", estimator.export.PredictOutput(one))},
        ),
    ),
    (
        TypeError,
        "All hooks must be SessionRunHook instances, given: 1",
        lambda one: (MODES.EVAL, {"loss": one, "evaluation_hooks": [1]}),
    ),
    (TypeError, "scaffold must be tf.train.Scaffold. Given: 1", lambda one: (MODES.EVAL, {"loss": one, "scaffold": 1})),
]


@pytest.mark.parametrize("kind,words,make", _SPECS, ids=[words for _, words, _ in _SPECS])
def test_wrong_specs(kind, words, make):
    with tf.Graph().as_default(), pytest.raises(kind, match="^" + words):
        mode, fields = make(tf.constant(1.0, name="one"))
        estimator.EstimatorSpec(mode, **fields)


def test_a_spec_keeps_its_mode():
    with tf.Graph().as_default():
        spec = estimator.EstimatorSpec(MODES.EVAL, loss=tf.ones([1]))
        assert spec.loss.shape == []
        assert spec._replace(predictions=tf.ones([2])).loss is spec.loss
        with pytest.raises(ValueError, match="^mode of EstimatorSpec cannot be changed.$"):
            spec._replace(mode=MODES.TRAIN)


def _no_hook(model):
    model.train(batches(), hooks=[1])


_CALLS = [
    (ValueError, "Can not provide both steps and max_steps.", lambda m: m.train(batches(), steps=1, max_steps=1)),
    (ValueError, "Must specify steps > 0, given: 0", lambda m: m.train(batches(), steps=0)),
    (ValueError, "Must specify max_steps > 0, given: -1", lambda m: m.train(batches(), max_steps=-1)),
    (ValueError, "Must specify steps > 0, given: 0", lambda m: m.evaluate(batches(), steps=0)),
    (TypeError, "Hooks must be a SessionRunHook, given: 1", _no_hook),
    (
        TypeError,
        "saving_listeners must be a list of CheckpointSaverListener, given: 1",
        lambda m: m.train(batches(), saving_listeners=[1]),
    ),
    (ValueError, r"input_fn should return \(features, labels\) as a len 2 tuple.", lambda m: m.train(lambda: (1, 2, 3), steps=1)),
    (ValueError, "An input_receiver_fn must be defined.", lambda m: m.export_saved_model("x", None)),
    (ValueError, "Couldn't find trained model at ", lambda m: m.export_saved_model("x", receiver())),
    (ValueError, "Could not find trained model in model_dir: ", lambda m: m.get_variable_names()),
    (ValueError, "Expected to run at least one output from ", lambda m: next(m.predict(rows(), predict_keys=["z"]))),
    (TypeError, "`eval_spec` must have type `tf.estimator.EvalSpec`. Got: ", lambda m: estimator.train_and_evaluate(m, 1, 1)),
]


@pytest.mark.parametrize("kind,words,call", _CALLS, ids=[words for _, words, _ in _CALLS])
def test_wrong_calls(tmp_path, kind, words, call):
    with pytest.raises(kind, match="^" + words):
        call(estimator.Estimator(model_fn, str(tmp_path)))


def _given(**fields):
    return lambda: estimator.RunConfig(**fields)


class _Overriding(estimator.Estimator):
    def train(self):
        """Another."""


_MAKERS = [
    (ValueError, "model_fn must be provided to Estimator.", lambda: estimator.Estimator(None)),
    (ValueError, "must include features argument.$", lambda: estimator.Estimator(lambda labels: 1)),
    (
        ValueError,
        "does not include params argument, but params",
        lambda: estimator.Estimator(lambda features: 1, params={"a": 1}),
    ),
    (ValueError, "has following not expected args: \\['other'\\]", lambda: estimator.Estimator(lambda features, other: 1)),
    (ValueError, "config must be an instance of `RunConfig`, but provided 1.", lambda: estimator.Estimator(model_fn, config=1)),
    (ValueError, "Subclasses of Estimator cannot override members of Estimator. .*train", lambda: _Overriding(model_fn)),
    (
        ValueError,
        "`model_dir` are set both in constructor and `RunConfig`",
        lambda: estimator.Estimator(model_fn, "a", estimator.RunConfig("b")),
    ),
    (ValueError, "`ckpt_to_initialize_from` MUST be set in WarmStartSettings", lambda: estimator.WarmStartSettings("")),
    (
        ValueError,
        "warm_start_from must be a string or a WarmStartSettings",
        lambda: estimator.Estimator(model_fn, warm_start_from=1),
    ),
    (
        ValueError,
        "`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set.",
        _given(save_checkpoints_steps=1, save_checkpoints_secs=1),
    ),
    (ValueError, "model_dir should be non-empty", _given(model_dir="")),
    (ValueError, "save_summary_steps should be >= 0", _given(save_summary_steps=-1)),
    (ValueError, "keep_checkpoint_every_n_hours should be > 0", _given(keep_checkpoint_every_n_hours=0)),
    (ValueError, "session_config must be instance of ConfigProto", _given(session_config=1)),
    (ValueError, "tf_random_seed must be integer.", _given(tf_random_seed=1.5)),
    (ValueError, 'device_fn must be callable with exactly one argument "op".', _given(device_fn=lambda x: "")),
    (ValueError, "protocol should be grpc or grpc\\+verbs", _given(protocol="smoke")),
    (ValueError, "Replacing task_id is not supported. Allowed properties are ", lambda: estimator.RunConfig().replace(task_id=1)),
    (TypeError, "`input_fn` must be callable, given: 1", lambda: estimator.TrainSpec(1)),
    (ValueError, "Must specify max_steps > 0, given: 0", lambda: estimator.TrainSpec(rows(), 0)),
    (TypeError, "All hooks must be `SessionRunHook` instances, given: 1", lambda: estimator.TrainSpec(rows(), hooks=[1])),
    (TypeError, "`name` must be string, given: 1", lambda: estimator.EvalSpec(rows(), name=1)),
    (ValueError, "Must specify throttle_secs >= 0, given: -1", lambda: estimator.EvalSpec(rows(), throttle_secs=-1)),
    (
        TypeError,
        "`exporters` must be an Exporter, an iterable of Exporter, or `None`, found 1.",
        lambda: estimator.EvalSpec(rows(), exporters=1),
    ),
    (
        ValueError,
        "`exporters` must have unique names. Such a name cannot be `None`. All exporter names: \\['a', 'a'\\]",
        lambda: estimator.EvalSpec(rows(), exporters=[estimator.FinalExporter("a", None)] * 2),
    ),
    (ValueError, "`compare_fn` must not be None.", lambda: estimator.BestExporter(compare_fn=None)),
    (
        ValueError,
        "must include current_eval_result argument.",
        lambda: estimator.BestExporter(compare_fn=lambda best_eval_result: 1),
    ),
    (
        ValueError,
        "`exports_to_keep`, if provided, must be positive number",
        lambda: estimator.LatestExporter("a", None, exports_to_keep=0),
    ),
    (ValueError, "features must be defined.", lambda: estimator.export.TensorServingInputReceiver(None, None)),
    (ValueError, "feature a must be a Tensor or SparseTensor.", lambda: estimator.export.ServingInputReceiver({"a": 1}, None)),
    (ValueError, "At least one of scores and classes must be set.", lambda: estimator.export.ClassificationOutput()),
    (ValueError, "Regression output value must be a float32 Tensor; got 1", lambda: estimator.export.RegressionOutput(1)),
    (ValueError, "Prediction output value must be a Tensor; got 1.", lambda: estimator.export.PredictOutput(1)),
]


@pytest.mark.parametrize("kind,words,make", _MAKERS, ids=[words for _, words, _ in _MAKERS])
def test_wrong_arguments(kind, words, make):
    with pytest.raises(kind, match=words):
        make()


# --- the environment ------------------------------------------------------------------------------

_TASK = {"type": "chief", "index": 0}


@pytest.mark.parametrize(
    "text,want",
    [
        ({}, {"task_type": "worker", "task_id": 0, "master": "", "is_chief": True, "num_worker_replicas": 1}),
        ({"model_dir": "d"}, {"model_dir": "d"}),
        (
            {"cluster": {"chief": ["a:1"]}, "task": _TASK},
            {"task_type": "chief", "master": "", "is_chief": True, "num_worker_replicas": 1, "num_ps_replicas": 0},
        ),
        (
            {"cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}, "task": {"type": "worker", "index": 1}},
            {
                "master": "grpc://c:1",
                "is_chief": False,
                "num_worker_replicas": 3,
                "num_ps_replicas": 1,
                "global_id_in_cluster": 2,
            },
        ),
        (
            {"cluster": {"chief": ["a:1"]}, "task": {"type": "evaluator", "index": 0}},
            {"task_type": "evaluator", "is_chief": False, "num_worker_replicas": 0, "global_id_in_cluster": None},
        ),
        ({"task": {"type": "ps"}}, 'If "cluster" is not set in TF_CONFIG, task type must be WORKER.'),
        ({"cluster": {"worker": ["a:1"]}, "task": _TASK}, 'If "cluster" is set in TF_CONFIG, it must have one "chief" node.'),
        ({"cluster": {"chief": ["a:1"]}}, 'If "cluster" is set in TF_CONFIG, task type must be set.'),
        ({"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 1}}, "1 is not a valid task_id for task_type chief"),
    ],
)
def test_tf_config(monkeypatch, text, want):
    monkeypatch.setenv("TF_CONFIG", json.dumps(text))
    if isinstance(want, str):
        with pytest.raises(ValueError, match="^" + want):
            estimator.RunConfig()
    else:
        config = estimator.RunConfig()
        assert {name: getattr(config, name) for name in want} == want


def test_a_cluster_of_one_only_trains(monkeypatch, tmp_path):
    spec = estimator.EvalSpec(rows(labels=Y))
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"chief": ["a:1"]}, "task": _TASK}))
    model = estimator.Estimator(model_fn, str(tmp_path))
    assert estimator.train_and_evaluate(model, estimator.TrainSpec(batches(), 2), spec) is None
    assert model.get_variable_value("global_step") == 2 and not (tmp_path / "eval").exists()
    cluster = {"chief": ["a:1"], "worker": ["b:1"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": _TASK}))
    with pytest.raises(NotImplementedError, match="runs on one machine in Caudal"):
        estimator.train_and_evaluate(estimator.Estimator(model_fn, str(tmp_path)), estimator.TrainSpec(batches(), 2), spec)


def test_a_config_of_contrib_learn():
    config = tf.contrib.learn.RunConfig(master="there", num_cores=2, model_dir="a", save_checkpoints_steps=3)
    assert (config.master, config.save_checkpoints_steps, config.save_checkpoints_secs) == ("there", 3, None)
    assert (config.tf_config.intra_op_parallelism_threads, config.environment, config.get_task_id()) == (2, "local", 0)
    assert isinstance(config, estimator.RunConfig)
    assert tf.contrib.learn.RunConfig().save_checkpoints_secs == 600


def test_private_places():
    for path, name in (
        ("python.estimator.model_fn", "EstimatorSpec"),
        ("python.estimator.estimator", "Estimator"),
        ("python.estimator.export.export", "build_raw_serving_input_receiver_fn"),
        ("python.estimator.inputs.numpy_io", "numpy_input_fn"),
        ("contrib.tpu.python.tpu.tpu_config", "TPUConfig"),
        ("contrib.learn.python.learn.datasets.mnist", "read_data_sets"),
    ):
        assert callable(getattr(importlib.import_module(f"tensorflow.{path}"), name))


def test_a_config_with_other_properties():
    config = estimator.RunConfig("a", save_checkpoints_secs=5)
    other = config.replace(save_checkpoints_steps=7, model_dir="b")
    assert (config.save_checkpoints_secs, config.save_checkpoints_steps, config.model_dir) == (5, None, "a")
    assert (other.save_checkpoints_secs, other.save_checkpoints_steps, other.model_dir) == (None, 7, "b")
