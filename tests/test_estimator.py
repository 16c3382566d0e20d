"""tf.estimator: training equal to a loop by hand, evaluation and prediction equal to NumPy, files, exports, inputs."""

import functools
import glob
import os
import re

import numpy as np
import pytest
from line_estimator import MODES, X, Y, batches, estimator, linear, model_fn, receiver, rows, train

import caudal as tf


@pytest.fixture
def trained(tmp_path):
    """An estimator after three steps."""
    return estimator.Estimator(model_fn, str(tmp_path)).train(batches(), steps=3)


# --- training -------------------------------------------------------------------------------------


class _Losses(tf.train.SessionRunHook):
    def __init__(self):
        self.found = []

    def begin(self):
        (self.loss,) = tf.get_collection(tf.GraphKeys.LOSSES)

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        self.found.append(float(run_values.results))


def _by_hand(count):
    """The losses of the same graph in a loop."""
    with tf.Graph().as_default():
        tf.train.create_global_step()
        features, labels = tf.data.make_one_shot_iterator(batches()()).get_next()
        loss = tf.reduce_mean(tf.square(linear(features["x"]) - labels))
        op = train(loss)
        with tf.train.MonitoredTrainingSession() as session:
            return [float(session.run([op, loss])[1]) for _ in range(count)]


def _dataset():
    return tf.data.Dataset.from_tensor_slices(({"x": X}, Y)).repeat().batch(8)


@pytest.mark.parametrize(
    "input_fn",
    [
        _dataset,
        lambda: tf.data.make_one_shot_iterator(_dataset()).get_next(),
        estimator.inputs.numpy_input_fn({"x": X}, Y, batch_size=8, num_epochs=None, shuffle=False),
    ],
    ids=["dataset", "tensors", "queue"],
)
def test_losses_are_those_of_a_loop_by_hand(tmp_path, input_fn):
    seen = _Losses()
    estimator.Estimator(model_fn, str(tmp_path)).train(input_fn, hooks=[seen], steps=6)
    np.testing.assert_allclose(seen.found, _by_hand(6), rtol=1e-6)


def test_training_goes_on_from_the_latest_checkpoint(tmp_path):
    model = estimator.Estimator(model_fn, str(tmp_path), params={"rate": 0.05})
    assert model.train(batches(), steps=2) is model
    assert tf.train.latest_checkpoint(str(tmp_path)) == model.latest_checkpoint() == str(tmp_path / "model.ckpt-2")
    model.train(batches(), steps=2)
    model.train(batches(), max_steps=5)
    model.train(batches(), max_steps=5)  # done already
    assert model.get_variable_value("global_step") == 5
    assert model.get_variable_names() == ["b", "global_step", "w"]
    kept = {os.path.basename(path) for path in glob.glob(str(tmp_path / "*.index"))}
    assert kept == {f"model.ckpt-{step}.index" for step in (0, 2, 4, 5)}


class _Model:
    def __call__(self, features, labels, mode, config):
        assert config.model_dir
        return model_fn(features, labels, mode)

    def method(self, features, labels, mode, params):
        assert params["rate"] == 0.1
        return model_fn(features, labels, mode, params)


def _rated(rate, features, labels, mode):
    return model_fn(features, labels, mode, {"rate": rate})


@pytest.mark.parametrize(
    "function,params",
    [(_Model(), None), (_Model().method, {"rate": 0.1}), (functools.partial(_rated, 0.1), None)],
    ids=["object", "method", "partial"],
)
def test_functions_of_all_kinds(tmp_path, function, params):
    """Each is given what it asks for; so is an input function."""

    def input_fn(size, mode, config):
        assert (size, mode, config.model_dir) == (8, MODES.TRAIN, str(tmp_path))
        return batches(size=size)()

    seen = _Losses()
    model = estimator.Estimator(function, str(tmp_path), params=params)
    model.train(functools.partial(input_fn, 8), hooks=[seen], steps=3)
    np.testing.assert_allclose(seen.found, _by_hand(3), rtol=1e-6)
    with tf.Graph().as_default():
        tf.train.create_global_step()
        assert model.model_fn({"x": tf.zeros([1, 2])}, tf.zeros([1, 1]), MODES.EVAL, model.config).loss.shape == []


def test_the_end_of_the_input_ends_training(tmp_path):
    model = estimator.Estimator(model_fn, str(tmp_path)).train(batches(repeat=2))
    assert model.get_variable_value("global_step") == 6


def test_events_and_listeners(tmp_path):
    class Listener(tf.train.CheckpointSaverListener):
        saved = []

        def after_save(self, session, global_step_value):
            self.saved.append(int(global_step_value))

    config = estimator.RunConfig(save_checkpoints_steps=2, save_summary_steps=1, keep_checkpoint_max=2, tf_random_seed=1)
    model = estimator.Estimator(model_fn, str(tmp_path), config)
    model.train(batches(), steps=5, saving_listeners=[Listener()])
    model.evaluate(rows(labels=Y), name="all")
    (path,) = glob.glob(str(tmp_path / "events.out.tfevents.*"))
    losses = {e.step: v.simple_value for e in tf.train.summary_iterator(path) for v in e.summary.value if v.tag == "loss"}
    assert Listener.saved == [0, 2, 4, 5]
    assert sorted(losses) == [1, 2, 3, 4, 5]
    assert model.eval_dir("all") == str(tmp_path / "eval_all")
    (path,) = glob.glob(str(tmp_path / "eval_all" / "events.out.tfevents.*"))
    tags = {v.tag for e in tf.train.summary_iterator(path) for v in e.summary.value}
    assert tags == {"loss", "mae", "checkpoint_path"}
    assert len(glob.glob(str(tmp_path / "*.index"))) == 2


def test_warm_start(trained, tmp_path):
    def first_loss(**settings):
        seen = _Losses()
        estimator.Estimator(model_fn, **settings).train(batches(), hooks=[seen], steps=1)
        return seen.found[0]

    settings = estimator.WarmStartSettings(trained.model_dir, vars_to_warm_start="w")
    cold, warm = first_loss(), first_loss(warm_start_from=trained.model_dir)
    assert warm < first_loss(warm_start_from=settings) < cold
    found = estimator.Estimator(model_fn, str(tmp_path / "new"), warm_start_from=trained.model_dir).evaluate(rows(labels=Y))
    assert found["mae"] == pytest.approx(trained.evaluate(rows(labels=Y))["mae"])


# --- evaluation and prediction --------------------------------------------------------------------


def _numpy(model):
    return X @ model.get_variable_value("w") + model.get_variable_value("b")


def test_metrics_are_averages_of_batches(trained):
    errors = _numpy(trained) - Y
    found = trained.evaluate(rows(size=10, labels=Y))
    np.testing.assert_allclose(found["mae"], np.abs(errors).mean(), rtol=1e-5)
    parts = [np.square(part).mean() for part in (errors[:10], errors[10:20], errors[20:])]
    np.testing.assert_allclose(found["loss"], np.mean(parts), rtol=1e-5)  # each batch counts the same, as in 1.15
    assert found["global_step"] == 3
    assert trained.evaluate(rows(size=10, labels=Y), steps=1)["loss"] == pytest.approx(parts[0], rel=1e-5)


def test_more_metrics(trained):
    more = estimator.add_metrics(trained, lambda labels: {"top": tf.metrics.mean(tf.reduce_max(labels))})
    found = more.evaluate(batches(repeat=1, size=24))
    assert found["top"] == Y.max()
    assert found["mae"] == trained.evaluate(batches(repeat=1, size=24))["mae"]
    with pytest.raises(ValueError, match="has following not expected args: \\['z'\\]"):
        estimator.add_metrics(trained, lambda z: {})


def test_predictions_come_in_order(trained):
    want = _numpy(trained)
    found = list(trained.predict(rows()))
    np.testing.assert_allclose([one["y"] for one in found], want, rtol=1e-5)
    assert {tuple(one) for one in found} == {("y", "double")}
    (only,) = {tuple(one) for one in trained.predict(rows(), predict_keys=["double"])}
    assert only == ("double",)
    whole = list(trained.predict(batches(repeat=1), yield_single_examples=False))  # labels are left out
    assert [len(one["y"]) for one in whole] == [8, 8, 8]
    np.testing.assert_allclose(np.concatenate([one["y"] for one in whole]), want, rtol=1e-5)


def test_the_log_is_that_of_1_15(tmp_path, caplog):
    caplog.set_level("INFO", "tensorflow")
    model = estimator.Estimator(model_fn, str(tmp_path), params={}).train(batches(), steps=1)
    loss = model.evaluate(rows(labels=Y), steps=1)["loss"]
    lines = [re.sub(rf"at 2\d.*|\d\.\d+|{tmp_path}\S*", "~", record.getMessage()) for record in caplog.records]
    assert [line for line in lines if not line.startswith(("Using config", "global_step/sec"))] == [
        "Using default config.",
        "Calling model_fn.",
        "Done calling model_fn.",
        "Create CheckpointSaverHook.",
        "Graph was finalized.",
        "Running local_init_op.",
        "Done running local_init_op.",
        "Saving checkpoints for 0 into ~",
        "loss = ~, step = 1",
        "Saving checkpoints for 1 into ~",
        "Loss for final step: ~.",
        "Calling model_fn.",
        "Done calling model_fn.",
        "Starting evaluation ~",
        "Graph was finalized.",
        "Restoring parameters from ~",
        "Running local_init_op.",
        "Done running local_init_op.",
        "Evaluation [1/1]",
        "Finished evaluation ~",
        "Saving dict for global step 1: global_step = 1, loss = ~, mae = ~",
        "Saving 'checkpoint_path' summary for global step 1: ~",
    ]
    assert f"loss = {loss!s}, mae" in caplog.text  # as NumPy shows a float32


def test_a_checkpoint_of_choice(tmp_path):
    model = estimator.Estimator(model_fn, str(tmp_path)).train(batches(), steps=2).train(batches(), steps=2)
    first = model.evaluate(rows(labels=Y), checkpoint_path=str(tmp_path / "model.ckpt-2"))
    assert first["global_step"] == 2
    assert first["loss"] > model.evaluate(rows(labels=Y))["loss"]


# --- exports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["export_saved_model", "export_savedmodel"])
def test_a_saved_model_predicts_the_same(trained, tmp_path, method):
    (tmp_path / "note.txt").write_text("hello")
    extra = {"sub/note.txt": str(tmp_path / "note.txt")}
    out = getattr(trained, method)(str(tmp_path / "out"), receiver(), assets_extra=extra)
    assert isinstance(out, bytes)
    assert (tmp_path / "out" / os.path.basename(out.decode()) / "assets.extra" / "sub" / "note.txt").read_text() == "hello"
    with tf.Session(graph=tf.Graph()) as session:
        signature = tf.saved_model.loader.load(session, ["serve"], out).signature_def["serving_default"]
        found = session.run(signature.outputs["y"].name, {signature.inputs["x"].name: X})
    np.testing.assert_allclose(found, _numpy(trained), rtol=1e-5)


def test_predictors(trained, tmp_path):
    want = _numpy(trained)
    made = [
        tf.contrib.predictor.from_saved_model(trained.export_saved_model(str(tmp_path / "out"), receiver())),
        tf.contrib.predictor.from_estimator(trained, receiver()),
    ]
    for predict in made:
        np.testing.assert_allclose(predict({"x": X})["y"], want, rtol=1e-5)
        with pytest.raises(ValueError, match="^Got unexpected keys in input_dict: {'z'}"):
            predict({"z": X})
        predict.session.close()


def test_a_saved_model_of_examples_and_of_all_modes(trained, tmp_path):
    parsing = estimator.export.build_parsing_serving_input_receiver_fn({"x": tf.FixedLenFeature([2], tf.float32)})
    with tf.Graph().as_default():
        raw = estimator.experimental.build_raw_supervised_input_receiver_fn(
            {"x": tf.placeholder(tf.float32, [None, 2])}, tf.placeholder(tf.float32, [None, 1])
        )
    receivers = {MODES.TRAIN: raw, MODES.EVAL: raw, MODES.PREDICT: parsing}
    out = trained.experimental_export_all_saved_models(str(tmp_path / "out"), receivers)
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend(X[0])
    with tf.Session(graph=tf.Graph()) as session:
        signature = tf.saved_model.loader.load(session, ["serve"], out).signature_def["serving_default"]
        feeds = {signature.inputs["examples"].name: [example.SerializeToString()]}
        np.testing.assert_allclose(session.run(signature.outputs["y"].name, feeds), _numpy(trained)[:1], rtol=1e-5)
    for tag, outputs in (("train", {"loss", "metrics/mae/value", "metrics/mae/update_op"}), ("eval", None)):
        with tf.Session(graph=tf.Graph()) as session:
            signature = tf.saved_model.loader.load(session, [tag], out).signature_def[tag]
            assert set(signature.inputs) == {"x", "label"}
            assert outputs is None or set(signature.outputs) == outputs


def test_signatures_of_kinds(tmp_path):
    """Each output is a signature; those that need examples are left out where tensors are fed."""

    def kinds(features, labels, mode):
        y = linear(features["x"])
        outputs = {
            "serving_default": estimator.export.PredictOutput({"y": y}),
            "value": estimator.export.RegressionOutput(y),
            "scores": estimator.export.ClassificationOutput(scores=y),
        }
        return estimator.EstimatorSpec(
            mode, predictions=y, loss=tf.reduce_sum(y), train_op=train(tf.reduce_sum(y)), export_outputs=outputs
        )

    model = estimator.Estimator(kinds, str(tmp_path)).train(batches(), steps=1)
    parsing = estimator.export.build_parsing_serving_input_receiver_fn({"x": tf.FixedLenFeature([2], tf.float32)})
    for fed_by, want in ((receiver(), {"serving_default"}), (parsing, {"serving_default", "value", "scores"})):
        with tf.Session(graph=tf.Graph()) as session:
            out = model.export_saved_model(str(tmp_path / "out"), fed_by)
            assert set(tf.saved_model.loader.load(session, ["serve"], out).signature_def) == want
    assert len(np.array(list(model.predict(rows())))) == 24  # predictions without a name


# --- train_and_evaluate ---------------------------------------------------------------------------


def test_training_and_evaluation_in_turn(tmp_path):
    config = estimator.RunConfig(save_checkpoints_steps=4)
    model = estimator.Estimator(model_fn, str(tmp_path), config)
    exporters = [
        estimator.LatestExporter("latest", receiver(), exports_to_keep=1),
        estimator.BestExporter(serving_input_receiver_fn=receiver()),
        estimator.FinalExporter("final", receiver()),
    ]
    spec = estimator.EvalSpec(rows(labels=Y), steps=None, exporters=exporters, throttle_secs=0)
    metrics, exports = estimator.train_and_evaluate(model, estimator.TrainSpec(batches(), max_steps=8), spec)
    assert metrics["global_step"] == 8
    assert metrics["mae"] == model.evaluate(rows(labels=Y))["mae"]
    assert [os.path.basename(os.path.dirname(path.decode())) for path in exports] == ["latest", "best_exporter", "final"]
    assert {name: len(os.listdir(tmp_path / "export" / name)) for name in os.listdir(tmp_path / "export")} == {
        "latest": 1,
        "best_exporter": 1,  # the first evaluation is among the event files, and not better than itself
        "final": 1,
    }
    found = _evaluations(tmp_path / "eval")
    assert sorted(found) == [4, 8]


def _evaluations(folder):
    from_files = {}
    for path in glob.glob(str(folder / "events.out.tfevents.*")):
        for event in tf.train.summary_iterator(path):
            from_files.setdefault(event.step, {}).update({v.tag: v.simple_value for v in event.summary.value})
    return {step: found for step, found in from_files.items() if "loss" in found}


def test_the_best_exporter_knows_earlier_runs(trained, tmp_path):
    best = estimator.BestExporter(serving_input_receiver_fn=receiver())
    found = trained.evaluate(rows(labels=Y))
    for writer in tf.summary.FileWriterCache._cache.values():
        writer.flush()
    args = trained, str(tmp_path / "best"), trained.latest_checkpoint()
    assert best.export(*args, {**found, "loss": found["loss"] + 1.0}, False) is None
    assert best.export(*args, {**found, "loss": found["loss"] / 2.0}, False)


@pytest.mark.parametrize(
    "hook,bound",
    [
        ("stop_if_lower_hook", 1e9),
        ("stop_if_higher_hook", -1.0),
        ("stop_if_no_decrease_hook", 0),
        ("stop_if_no_increase_hook", 0),
    ],
)
def test_early_stopping(tmp_path, hook, bound):
    model = estimator.Estimator(model_fn, str(tmp_path))
    for _ in range(2):  # the hook has a variable, so that a checkpoint made without it would not do
        stop = getattr(estimator.experimental, hook)(model, "loss", bound, run_every_secs=None, run_every_steps=1)
        model.train(batches(), hooks=[stop], steps=3)
        model.evaluate(rows(labels=Y))
    assert model.get_variable_value("global_step") == 4


def test_evaluation_within_a_training(tmp_path):
    model = estimator.Estimator(model_fn, str(tmp_path))
    hook = estimator.experimental.InMemoryEvaluatorHook(model, batches(repeat=1), every_n_iter=2)
    model.train(batches(), hooks=[hook], steps=4)
    found = _evaluations(tmp_path / "eval")
    assert sorted(found) == [0, 2, 4]
    assert found[4]["loss"] == pytest.approx(model.evaluate(batches(repeat=1), name="after")["loss"])


# --- input functions ------------------------------------------------------------------------------


def _all_of(input_fn):
    with tf.Graph().as_default():
        made = input_fn()
        out = []
        with tf.train.MonitoredSession() as session:
            while not session.should_stop():
                out.append(session.run(made))
    return out


def test_arrays_come_in_batches_that_cross_epochs():
    found = _all_of(estimator.inputs.numpy_input_fn(np.arange(5), np.arange(5) * 2, batch_size=4, num_epochs=2, shuffle=False))
    assert [list(x) for x, _ in found] == [[0, 1, 2, 3], [4, 0, 1, 2], [3, 4]]
    assert all((y == 2 * x).all() for x, y in found)


def test_shuffled_arrays_keep_their_rows():
    x, y = {"a": np.arange(50), "b": np.arange(100).reshape(50, 2)}, {"y": np.arange(50)}
    found = _all_of(estimator.inputs.numpy_input_fn(x, y, batch_size=7, shuffle=True))
    a = np.concatenate([features["a"] for features, _ in found])
    assert sorted(a) == list(range(50)) and list(a) != list(range(50))
    assert (np.concatenate([features["b"] for features, _ in found])[:, 0] == 2 * a).all()
    assert (np.concatenate([labels["y"] for _, labels in found]) == a).all()


def test_tables_come_as_columns():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": np.arange(5.0), "b": list("vwxyz")}, index=np.arange(10, 15))
    labels = pandas.Series(np.arange(5), index=table.index)
    found = _all_of(estimator.inputs.pandas_input_fn(table, labels, batch_size=3, shuffle=False))
    assert [list(features["b"]) for features, _ in found] == [[b"v", b"w", b"x"], [b"y", b"z"]]
    assert [list(y) for _, y in found] == [[0, 1, 2], [3, 4]]
    assert len(_all_of(estimator.inputs.pandas_input_fn(table, labels.to_frame("t"), shuffle=False))[0][1]["t"]) == 5


@pytest.mark.parametrize(
    "kind,words,call",
    [
        (ValueError, "shuffle must be provided and explicitly set as boolean", lambda f: f(X)),
        (ValueError, "x cannot be an empty dict", lambda f: f({}, shuffle=False)()),
        (ValueError, "x cannot be an empty array", lambda f: f(np.zeros(0), shuffle=False)()),
        (TypeError, "x must be a dict or array; got list", lambda f: f([1], shuffle=False)()),
        (ValueError, "y cannot be empty dict, use None instead.", lambda f: f(X, {}, shuffle=False)()),
        (ValueError, "1 duplicate keys are found in both x and y: {'a'}", lambda f: f({"a": X}, {"a": X}, shuffle=False)()),
        (ValueError, "Length of tensors in x and y is mismatched.", lambda f: f(X, Y[:3], shuffle=False)()),
    ],
)
def test_wrong_arrays(kind, words, call):
    with tf.Graph().as_default(), pytest.raises(kind, match="^" + words.replace("(", r"\(")):
        call(estimator.inputs.numpy_input_fn)
