"""Small programs as people wrote them for TensorFlow 1: what one of them met once is held here."""

import concurrent.futures
import importlib
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import warnings

import numpy as np
import pytest

import caudal as tf


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_a_line_fits_one_point_at_a_time():
    """Placeholders without a shape, fed one number a step: the sum's slope is then one of no axes."""
    x, y = tf.placeholder("float"), tf.placeholder("float")
    slope, start = tf.Variable(0.5, name="weight"), tf.Variable(-0.5, name="bias")
    cost = tf.reduce_sum(tf.pow(tf.add(tf.multiply(x, slope), start) - y, 2)) / 6
    step = tf.train.GradientDescentOptimizer(0.05).minimize(cost)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(300):
            for one in (-1.0, 0.0, 2.0):
                sess.run(step, {x: one, y: 3.0 * one + 1.0})
        got = sess.run([slope, start, cost], {x: np.float32([0, 1, 2]), y: np.float32([1, 4, 7])})
    np.testing.assert_allclose(got, [3.0, 1.0, 0.0], atol=1e-3)


def test_a_state_is_carried_from_run_to_run():
    """A cell's state, a named tuple, is fetched and fed as one."""
    steps = tf.placeholder(tf.float32, [2, 3, 1])
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    start = cell.zero_state(2, tf.float32)
    outs, end = tf.nn.dynamic_rnn(cell, steps, initial_state=start)
    both, _ = tf.nn.dynamic_rnn(cell, tf.concat([steps, steps], 1), initial_state=cell.zero_state(2, tf.float32))
    value = np.random.RandomState(0).normal(size=(2, 3, 1))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        state = sess.run(end, {steps: value})
        assert isinstance(state, tf.nn.rnn_cell.LSTMStateTuple)
        second = sess.run(outs, {steps: value, start: state})
        np.testing.assert_allclose(second, sess.run(both, {steps: value})[:, 3:], rtol=1e-5, atol=1e-7)


def test_what_slim_shows_of_layers():
    """slim.initializers and its like hold the same functions as slim itself."""
    slim = tf.contrib.slim
    assert slim.initializers.xavier_initializer is slim.xavier_initializer
    assert slim.regularizers.l2_regularizer is slim.l2_regularizer
    assert slim.layers.conv2d is slim.conv2d
    assert tf.contrib.layers.python.layers.initializers.variance_scaling_initializer is slim.variance_scaling_initializer
    assert (tf.estimator.ModeKeys.PREDICT, tf.contrib.learn.ModeKeys.INFER) == ("infer", "infer")
    with pytest.raises(ValueError, match="Invalid mode x."):
        tf.contrib.learn.ModeKeys.validate("x")


def test_queue_runners_last_as_long_as_their_block():
    """Batches come inside; the threads have ended after it; blocks don't nest."""
    slim = tf.contrib.slim
    numbers = tf.train.batch([tf.train.range_input_producer(6, shuffle=False).dequeue()], 3)
    with tf.Session() as sess:
        with slim.queues.QueueRunners(sess):
            assert sess.run(numbers).tolist() == [0, 1, 2]
            with pytest.raises(slim.queues.NestedQueueRunnerError), slim.queues.QueueRunners(sess):
                pass


def test_a_missing_private_class_says_so():
    """What TF keeps inside itself and Caudal lacks is refused by name where it is used."""
    tensor_forest = importlib.import_module("tensorflow.contrib.tensor_forest.python.tensor_forest")
    with pytest.raises(NotImplementedError, match="tensor_forest.ForestHParams"):
        tensor_forest.ForestHParams(num_classes=2)


def test_the_debugger_is_refused_where_it_is_used():
    """Programs import it for an option that few ever set."""
    from tensorflow.python import debug as tf_debug
    from tensorflow.python.debug.wrappers.local_cli_wrapper import LocalCLIDebugWrapperSession

    for session in (tf_debug.LocalCLIDebugWrapperSession, LocalCLIDebugWrapperSession):
        with tf.Session() as sess, pytest.raises(NotImplementedError, match="wrappers.local_cli_wrapper.LocalCLIDebugWrapper"):
            session(sess)
    with pytest.raises(NotImplementedError, match="DebugDumpDir"):
        tf_debug.DebugDumpDir("there")
    assert not hasattr(tf_debug, "never_was")
    for bad, cases in ((True, [[1.0, np.nan], -np.inf, [1j, 1j * np.inf]]), (False, [1.0, [1], [], [b"nan"], True])):
        assert [tf_debug.has_inf_or_nan(None, np.array(one)) for one in cases] == [bad] * len(cases)


def test_a_projector_is_told_of_embeddings(tmp_path):
    from tensorflow.contrib.tensorboard.plugins import projector
    from tensorflow.contrib.tensorboard.plugins.projector import projector_config_pb2

    assert projector is tf.contrib.tensorboard.plugins.projector
    assert projector_config_pb2.ProjectorConfig is projector.ProjectorConfig
    words = tf.get_variable("words", [3, 2])
    config = projector.ProjectorConfig(model_checkpoint_path="model.ckpt-1")
    one = config.embeddings.add(tensor_shape=[3, 2])
    one.tensor_name, one.metadata_path, one.bookmarks_path = words.name, "words.tsv", "marks.txt"
    one.sprite.image_path = "words.png"
    one.sprite.single_image_dim.extend([28, 28])
    with tf.summary.FileWriter(str(tmp_path / "log")) as writer:
        projector.visualize_embeddings(writer, config)
    said = (tmp_path / "log" / "projector_config.pbtxt").read_text(encoding="utf-8")
    assert said.splitlines() == [
        'model_checkpoint_path: "model.ckpt-1"',
        "embeddings {",
        '  tensor_name: "words:0"',
        '  metadata_path: "words.tsv"',
        '  bookmarks_path: "marks.txt"',
        "  tensor_shape: 3",
        "  tensor_shape: 2",
        "  sprite {",
        '    image_path: "words.png"',
        "    single_image_dim: 28",
        "    single_image_dim: 28",
        "  }",
        "}",
    ]
    with pytest.raises(ValueError, match="Summary writer must have a logdir"):
        projector.visualize_embeddings(_NoFolder(), config)


class _NoFolder:
    def get_logdir(self):
        return None


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_a_penalty_on_slopes_through_normalisation(training, data_format):
    """A critic's slope by its inputs is itself trained on: the fused normalisation has slopes of its slope."""
    rng = np.random.RandomState(0)
    axes, wide = ((0, 1, 2), (1, 1, 1, 3)) if data_format == "NHWC" else ((0, 2, 3), (1, 3, 1, 1))
    shape = (2, 4, 5, 3) if data_format == "NHWC" else (2, 3, 4, 5)
    x = tf.constant(rng.normal(size=shape), tf.float32)
    scale, offset = tf.constant([1.0, 0.5, -2.0]), tf.constant([0.0, 1.0, 2.0])
    mean, variance = np.float32([0.1, 0.2, 0.3]), np.float32([1.0, 2.0, 3.0])
    given = {} if training else {"mean": mean, "variance": variance}
    fused, _, _ = tf.nn.fused_batch_norm(x, scale, offset, data_format=data_format, is_training=training, **given)
    moments = mean.reshape(wide), variance.reshape(wide)
    if training:  # tf.nn.moments takes its mean for constant, which a second slope sees
        middle = tf.reduce_mean(x, axes, keepdims=True)
        moments = middle, tf.reduce_mean(tf.square(x - middle), axes, keepdims=True)
    by_hand = (x - moments[0]) * tf.rsqrt(moments[1] + 0.001) * tf.reshape(scale, wide) + tf.reshape(offset, wide)

    def penalty(y):
        slope = tf.gradients(tf.reduce_sum(tf.sin(y) * tf.cos(x)), x)[0]
        return tf.gradients(tf.reduce_sum(tf.square(slope - 0.3)), [x, scale, offset])

    with tf.Session() as sess:
        for got, want in zip(*sess.run([penalty(fused), penalty(by_hand)]), strict=True):
            np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-3)


def test_texts_become_rows_of_numbers(tmp_path):
    """What text classifiers begin with: fit, transform, count, look into, save, restore."""
    learn = tf.contrib.learn
    texts = ["the film isn't bad", "the plot of the film", "HTTPServer on-line"]
    make = learn.preprocessing.VocabularyProcessor(4)
    rows = np.array(list(make.fit_transform(texts)))
    assert rows.tolist() == [[1, 2, 3, 4], [1, 5, 6, 1], [7, 8, 9, 0]]
    assert (len(make.vocabulary_), make.vocabulary_._mapping["plot"], make.vocabulary_.get("unseen")) == (10, 5, 0)
    assert list(make.reverse(rows))[1:] == ["the plot of the", "HTTP Server on-line <UNK>"]
    make.save(str(tmp_path / "vocab"))
    again = learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "vocab"))
    assert np.array(list(again.transform(texts))).tolist() == rows.tolist()
    frequent = learn.preprocessing.VocabularyProcessor(3, min_frequency=1).fit(texts)
    assert frequent.vocabulary_._mapping == {"<UNK>": 0, "the": 1, "film": 2}
    (tmp_path / "pickled").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(ValueError, match="fit the processor again"):
        learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "pickled"))
    own = learn.preprocessing.VocabularyProcessor(2, tokenizer_fn=lambda docs: (d.split("/") for d in docs))
    assert [r.tolist() for r in own.fit_transform(["a/b/c", "b"])] == [[1, 2], [2, 0]]
    own.save(str(tmp_path / "own"))
    with pytest.raises(ValueError, match="set its `_tokenizer`"):
        list(learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "own")).transform(["a"]))


def test_an_unrolled_net_stops_at_each_row_s_end():
    """static_rnn with lengths: a cond a step; the last output that counts is gathered by a computed index."""
    rng, steps, width = np.random.RandomState(0), 5, 4
    x, lengths = tf.placeholder("float", [None, steps, 1]), tf.placeholder(tf.int32, [None])
    labels = tf.placeholder("float", [None, 2])
    cell = tf.nn.rnn_cell.BasicLSTMCell(width)
    outs, _ = tf.nn.static_rnn(cell, tf.unstack(x, steps, 1), dtype=tf.float32, sequence_length=lengths)
    outs = tf.transpose(tf.stack(outs), [1, 0, 2])
    last = tf.gather(tf.reshape(outs, [-1, width]), tf.range(0, tf.shape(outs)[0]) * steps + (lengths - 1))
    logits = tf.matmul(last, tf.Variable(tf.random_normal([width, 2], seed=1))) + tf.Variable(tf.zeros([2]))
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=labels))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
    longs = np.int32([1, 2, 3, 4, 3, 2, 4, 1])
    values = rng.normal(size=(8, steps, 1))
    fed = {x: values, lengths: longs, labels: np.eye(2)[(values[:, 0, 0] > 0).astype(int)]}
    beyond = values.copy()
    for row, length in zip(beyond, longs, strict=True):
        row[length:] = 99.0  # what no cell may see
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        first = sess.run(cost, fed)
        assert sess.run(cost, {**fed, x: beyond}) == first
        for _ in range(60):
            sess.run(train, fed)
        assert sess.run(cost, fed) < 0.6 * first


@pytest.mark.parametrize("kept", [lambda own: own, lambda own: own.values(), lambda own: [tuple(own.values())]])
def test_the_variables_to_train_come_in_any_nest(kept):
    """Programs keep a net's weights in a dict and pass it, or its values."""
    own = {"w": tf.Variable(2.0), "b": tf.Variable(3.0)}
    other = tf.Variable(5.0)
    step = tf.train.GradientDescentOptimizer(0.5).minimize(other * own["w"] + own["b"], var_list=kept(own))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        assert sess.run([own["w"], own["b"], other]) == [-0.5, 2.5, 5.0]


def test_a_function_is_an_op_type_of_its_own():
    """Defun: nodes of the function's name; slopes by a Python function, by another Defun, or the function's own."""
    defun = importlib.import_module("tensorflow.python.framework.function").Defun

    @defun(tf.float32, tf.float32, python_grad_func=lambda op, dy: [2.0 * dy, None], func_name="Straight")
    def straight(x, y):
        return tf.round(x) + y

    @defun(tf.float32, tf.float32)
    def thrice(x, dy):
        return 3.0 * dy

    @defun(tf.float32, grad_func=thrice)
    def squared(x):
        return x * x

    scale = tf.Variable(5.0)

    @defun(tf.float32, tf.float32, out_names=["product", "other"], shape_func=lambda op: [op.inputs[0].shape, None])
    def scaled(x, y):
        return x * y * scale, y + 1.0

    x = tf.constant([1.4, 2.6])
    rounded = straight(x, x, name="here")
    product, other = scaled(x, rounded)
    assert (rounded.op.type, rounded.name, str(rounded.shape), str(product.shape)) == ("Straight", "here:0", "<unknown>", "(2,)")
    assert [t.op.type for t in tf.gradients(product, [x, scale])] == ["AddN", "SymbolicGradient"]
    assert [t.name for t in scaled.captured_inputs] == ["Variable/read:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        np.testing.assert_allclose(sess.run(rounded), [2.4, 5.6], rtol=1e-6)
        np.testing.assert_allclose(sess.run(product), [16.8, 72.8], rtol=1e-6)
        np.testing.assert_allclose(sess.run(other), [3.4, 6.6], rtol=1e-6)
        np.testing.assert_allclose(sess.run(tf.gradients(rounded, x)[0]), [2.0, 2.0])
        np.testing.assert_allclose(sess.run(tf.gradients(squared(x), x)[0]), [3.0, 3.0])
        by_x, by_scale = sess.run(tf.gradients(product, [x, scale]))
        np.testing.assert_allclose(by_x, [2.4 * 5 + 2 * 1.4 * 5, 5.6 * 5 + 2 * 2.6 * 5], rtol=1e-6)
        np.testing.assert_allclose(by_scale, 1.4 * 2.4 + 2.6 * 5.6, rtol=1e-6)


def test_a_function_uses_variables_of_the_graph_around_it():
    defun = importlib.import_module("tensorflow.python.framework.function").Defun

    @defun(tf.float32)
    def dot(x):
        return tf.reduce_sum(x * tf.get_variable("w", [2], initializer=tf.ones_initializer()))

    x = tf.constant([2.0, 3.0])
    with tf.variable_scope("layer"):
        y = dot(x)
    assert [v.name for v in tf.trainable_variables()] == ["layer/w:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(y) == 5.0
        assert sess.run(tf.gradients(y, tf.trainable_variables())[0]).tolist() == [2.0, 3.0]


def test_a_function_without_types_is_traced_for_each():
    defun = importlib.import_module("tensorflow.python.framework.function").Defun
    product = defun(func_name="Product")(lambda x, y: x * y)
    assert [product(x, x).op.type for x in (tf.constant(1.0), tf.constant(2))] == ["Product_f32f32", "Product_i32i32"]
    with tf.Session() as sess:
        assert sess.run([product(2, 3), product(2.0, 4.0)]) == [6, 8.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda d: d(tf.float32)(3), "function 3 must be callable"),
        (lambda d: d(tf.float32)(lambda x, y: x), "fewer arguments than the number of specified input types"),
        (lambda d: d(tf.float32)(lambda x=1: x), "argument defaults or keywords arguments are not supported"),
        (lambda d: d(tf.float32)(lambda x: x)(1.0), "is not a valid node name"),
        (lambda d: d(tf.float32, func_name="F")(lambda x: x)(), "Expected number of arguments: 1, received: 0"),
        (
            lambda d: d(tf.float32, func_name="F")(lambda x: x + 1.0)(1),
            "Input 'x' passed int32 expected float while building NodeDef 'F'",
        ),
        (
            lambda d: d(tf.float32, func_name="F", out_names=["a", "b"])(lambda x: x)(1.0),
            r"Length of out_names \(2\) does not match",
        ),
        (
            lambda d: d(tf.float32, func_name="F", shape_func=lambda op: [])(lambda x: x)(1.0),
            "shape_func produced 0 shapes for 1 outputs",
        ),
        (lambda d: d(tf.float32, func_name="F")(lambda x: x)(1.0, inline=True), "Unknown keyword arguments"),
    ],
)
def test_what_a_function_refuses(make, words):
    with pytest.raises(ValueError, match=words):
        make(importlib.import_module("tensorflow.python.framework.function").Defun)


def test_objects_of_a_program_go_into_a_meta_graph_and_come_back():
    """Messages for a collection of one's own, and names that lose a scope on the way."""
    ops = importlib.import_module("tensorflow.python.framework.ops")

    def to_proto(text, export_scope=None):
        return tf.NodeDef(name=ops.strip_name_scope(text, export_scope))

    def from_proto(message, import_scope=None):
        return ops.prepend_name_scope(message.name, import_scope)

    ops.register_proto_function("own_texts", tf.NodeDef, to_proto, from_proto)
    tf.add_to_collection("own_texts", "outer/x")
    with tf.name_scope("outer"):
        tf.constant(1.0, name="x")
    message = tf.train.export_meta_graph(export_scope="outer")
    assert [tf.NodeDef.FromString(one).name for one in message.collection_def["own_texts"].bytes_list.value] == ["x"]
    with tf.Graph().as_default():
        tf.train.import_meta_graph(message, import_scope="inner")
        assert tf.get_collection("own_texts") == ["inner/x"]
    with pytest.raises(TypeError, match="from_proto must be callable"):
        ops.register_proto_function("own_texts", tf.NodeDef, to_proto, 3)


def test_a_scope_of_variables_alone():
    scopes = importlib.import_module("tensorflow.python.ops.variable_scope")
    with scopes._pure_variable_scope("outer") as scope:
        v, c = tf.get_variable("v", [1]), tf.constant(1.0, name="c")
    with scopes._pure_variable_scope(scope, reuse=True):
        assert tf.get_variable("v", [1]) is v
    assert (v.name, c.name) == ("outer/v:0", "c:0")


def test_functions_that_are_made_of_op_types():
    """Modules of ops hold these beside their own: `gen_math_ops.mul` is `math_ops.mul`."""
    math_ops = importlib.import_module("tensorflow.python.ops.math_ops")
    assert math_ops.mul(tf.constant(2.0), 3.0).op.type == "Mul"
    with pytest.raises(AttributeError):
        _ = math_ops.no_such_op


def test_arguments_of_a_function_as_python_told_them():
    spec = importlib.import_module("tensorflow.python.util.tf_inspect").getargspec(lambda a, *b, c=1, **d: a)
    assert (spec.args, spec.varargs, spec.keywords, spec.defaults) == (["a"], "b", "d", None)


def test_events_are_written_one_by_one(tmp_path):
    writer = importlib.import_module("tensorflow.python.pywrap_tensorflow").EventsWriter(str(tmp_path / "run").encode())
    event = tf.Event(wall_time=1.0, step=7, summary=tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.5)]))
    assert writer.InitWithSuffix(b".mine")
    writer.WriteEvent(event)
    writer.Close()
    (path,) = map(str, tmp_path.iterdir())
    assert (path.startswith(str(tmp_path / "run.out.tfevents.")), path.endswith(".mine")) == (True, True)
    assert list(tf.train.summary_iterator(path))[1] == event


def test_outputs_are_collected_with_names():
    """slim.utils, which nets build their end points with: collections, name, tensor."""
    utils = tf.contrib.slim.utils
    x = tf.constant(1.0, name="x")
    assert utils.collect_named_outputs("ends", "block/", x) is x
    assert utils.collect_named_outputs(None, "other", x) is x
    assert utils.convert_collection_to_dict("ends") == {"block": x}
    assert utils.get_variable_collections({"weights": ["w"]}, "weights") == ["w"]
    assert utils.get_variable_collections(["all"], "biases") == ["all"]
    private = importlib.import_module("tensorflow.contrib.layers.python.layers.utils")
    assert private.collect_named_outputs is utils.collect_named_outputs


def test_what_is_known_chooses_a_branch_of_slim():
    utils, unknown = tf.contrib.slim.utils, tf.placeholder(tf.bool, [])
    assert (utils.constant_value(tf.constant(3)), utils.constant_value(tf.Variable(1)), utils.constant_value(2.0)) == (
        3,
        None,
        2.0,
    )
    assert utils.smart_cond(tf.constant(False), lambda: 1, lambda: 2) == 2
    assert utils.smart_cond(unknown, lambda: tf.constant(1), lambda: tf.constant(2), name="by").name == "by/Merge:0"
    assert (utils.n_positive_integers(2, 3), utils.n_positive_integers(2, [1, 2])) == ((3, 3), (1, 2))
    assert utils.channel_dimension(tf.TensorShape([None, 3, 4]), "NCHW") == 3
    for wrong, words in (
        (lambda: utils.n_positive_integers(2, [1]), "Expected sequence of 2 positive integers, but received"),
        (lambda: utils.n_positive_integers(2, 0), "expected positive integer, but received 0"),
        (lambda: utils.n_positive_integers(1.5, 1), "n must be a positive integer"),
        (lambda: utils.constant_value(None), "cannot be None"),
        (lambda: utils.constant_value(tf.constant(1), tf.float32), "It has the wrong type"),
        (lambda: utils.channel_dimension(tf.TensorShape([2, None]), "NHWC"), "channel dimension shape must be known"),
    ):
        with pytest.raises(ValueError, match=words):
            wrong()
    with pytest.raises(TypeError, match="fn2 must be callable"):
        utils.static_cond(True, lambda: 1, 2)


def test_a_moving_average_weighted():
    averages = importlib.import_module("tensorflow.python.training.moving_averages")
    value, weight = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    average = averages.weighted_moving_average(value, 0.5, weight)
    assert [v.op.name for v in tf.global_variables()] == [f"WeightedMovingAvg/{name}" for name in ("value_x_weight", "weight")]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(average, {value: 2.0, weight: 3.0}) == 2.0
        np.testing.assert_allclose(sess.run(average, {value: 6.0, weight: 1.0}), (3 / 4 * 2 + 0.5 * 6) / (0.75 + 0.5), rtol=1e-6)


def test_tests_for_both_ways_run_with_a_graph():
    test_util = importlib.import_module("tensorflow.contrib.eager.python.tfe")
    seen = []

    @test_util.run_all_tests_in_graph_and_eager_modes
    class Both(tf.test.TestCase):
        def test_sum(self):
            seen.append(self.evaluate(tf.constant(1) + 2))

        def test_skipped(self):
            self.skipTest("not now")

    with concurrent.futures.ThreadPoolExecutor(1) as threads:  # where no default graph is to be nested in
        ends = [threads.submit(Both(name).run).result() for name in ("test_sum", "test_skipped")]
    assert [end.wasSuccessful() for end in ends] == [True, True]
    assert seen == [3]
    with pytest.raises(ValueError, match="only supports test methods"):
        test_util.run_test_in_graph_and_eager_modes(Both)


def test_a_custom_getter_is_told_what_is_meant():
    """What was left out is there: a getter asks whether the variable is trained."""
    told = []

    def getter(getter, name, **kwargs):
        told.append((kwargs["trainable"], kwargs["synchronization"].name, kwargs["aggregation"].name))
        return getter(name, **kwargs)

    on_read = tf.VariableSynchronization.ON_READ
    with tf.variable_scope("s", custom_getter=getter):
        for name, settings in (("a", {}), ("b", {"trainable": False}), ("c", {"synchronization": on_read})):
            tf.get_variable(name, [1], **settings)
    assert told == [(True, "AUTO", "NONE"), (False, "AUTO", "NONE"), (False, "ON_READ", "NONE")]
    assert [v.op.name for v in tf.trainable_variables()] == ["s/a"]
    with pytest.raises(ValueError, match="Invalid variable synchronization mode: x for variable: d"):
        tf.get_variable("d", [1], synchronization="x")


def test_the_root_scope_leaves_names_as_they_are():
    """Towers enter it under a name scope of their own; as TF 2.21 names them."""
    with tf.name_scope("clone_0"):
        with tf.variable_scope(tf.get_variable_scope(), reuse=None) as root:
            names = [tf.constant(1.0).name]
            with tf.variable_scope("A") as inner:
                names += [tf.constant(1.0).name, inner.original_name_scope, tf.get_variable("v", [1]).name]
        with tf.variable_scope(""), tf.variable_scope("B"):
            names.append(tf.constant(1.0).name)
    assert (root.name, root.original_name_scope) == ("", "")
    assert names == ["clone_0/Const:0", "clone_0/A/Const:0", "clone_0/A/", "A/v:0", "clone_0/B/Const:0"]


def test_files_beside_the_program(tmp_path, monkeypatch):
    """Paths without a folder: checkpoints, meta graphs and graphs."""
    monkeypatch.chdir(tmp_path)
    v = tf.Variable(1.0)
    with tf.Session() as session:
        session.run(v.initializer)
        assert tf.train.Saver([v]).save(session, "model") == "model"
    tf.train.export_meta_graph("alone.meta")
    assert tf.train.write_graph(v.graph, "", "graph.pbtxt") == "graph.pbtxt"
    files = {"checkpoint", "model.data-00000-of-00001", "model.index", "model.meta", "alone.meta", "graph.pbtxt"}
    assert {path.name for path in tmp_path.iterdir()} == files
    assert tf.train.latest_checkpoint(".") == "./model"


@pytest.mark.parametrize("value", [0.0, 1, True, "a", []])
def test_constants_of_nothing_are_floats(value):
    assert tf.constant(value, shape=[0, 4]).dtype is tf.float32
    assert tf.constant([] if value == [] else 1, tf.int32, shape=[0]).dtype is tf.int32


def test_parts_as_many_as_a_dimension():
    x = tf.placeholder(tf.float32, [4, 6])
    assert len(tf.split(x, x.shape[1], axis=1)) == 6
    assert [t.shape.as_list() for t in tf.split(axis=1, num_or_size_splits=x.shape[1] // 2, value=x)] == [[4, 2]] * 3


def test_a_custom_gradient_with_one_of_its_own():
    """As StyleGAN writes its functions: the slope's slope is custom too."""

    @tf.custom_gradient
    def leaky(x):
        y = tf.maximum(x, 0.2 * x)

        @tf.custom_gradient
        def slope(dy):
            return tf.where(y >= 0, dy, dy * 0.2), lambda d: tf.where(y >= 0, d, d * 0.2)

        return y, slope

    x, w = np.array([-1, 2, -3], np.float32), tf.Variable(np.ones(3, np.float32))
    y = leaky(x * w)
    first = tf.gradients(tf.square(y), w)[0]
    second = tf.gradients(first, w)[0]
    with tf.Session() as session:
        session.run(w.initializer)
        found = session.run([y, first, second])
    slopes = np.where(x >= 0, 1.0, 0.2)
    for one, want in zip(found, (x * slopes, 2 * (x * slopes) * slopes * x, 2 * (slopes * x) ** 2), strict=True):
        np.testing.assert_allclose(one, want, rtol=1e-6)


def test_packages_that_programs_import_come_with_caudal():
    """TF 1.15 brought six and absl-py; what Caudal brings has a version that was tried."""
    home = pathlib.Path(__file__).parent.parent
    brought = tomllib.loads((home / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.match(r"[\w-]+", one)[0] for one in brought}
    tried = {line.partition("==")[0] for line in (home / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert {"six", "absl-py"} <= names <= tried


@pytest.mark.parametrize("wanted", [{}, {"JAX_LOGGING_LEVEL": "DEBUG"}])
def test_a_program_that_logs_everything_is_not_told_what_jax_does(wanted):
    """TF's own log writes nothing there; who asks for JAX's is given it."""
    program = """if True:
        import logging
        logging.basicConfig(level=logging.DEBUG)
        import numpy as np, caudal as tf
        with tf.Session() as sess:
            weights = tf.ones([300, 300])
            print(sess.run(tf.matmul(weights, tf.nn.relu(tf.matmul(weights, weights))))[0, 0])
        logging.info("the program's")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **wanted}, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "90000.0\n"
    assert ("jax" in done.stderr) == bool(wanted) and done.stderr.endswith("\n") and "INFO:root:the program's\n" in done.stderr
    assert wanted or done.stderr.count("\n") == 1


def _known(x):
    """What is decided when the graph is made, or when a step is traced."""
    rows = tf.cast(tf.shape(x)[0] - 200, tf.float32)
    size = tf.cast(tf.minimum(1 / tf.zeros([2]), 200.0), tf.int32)
    return [tf.reshape(x, size) / tf.zeros([]), tf.matmul(x, x) * (1 / rows), x + tf.log(rows)]


def _turns(x):
    """A loop's counter, and what stays the same in it."""
    double = lambda i, y: (i * 1e30, tf.matmul(y, x) / i)
    less = lambda i, y: (i - 1, tf.matmul(y, x) / tf.zeros([]))
    return [*tf.while_loop(lambda i, _: i < 1e38, double, [1.0, x]), *tf.while_loop(lambda i, _: 1.0 / i < 1e9, less, [3.0, x])]


def _branches(x):
    """Both branches are traced."""
    which, nothing = tf.placeholder_with_default(True, []), tf.zeros([2])
    known = tf.cond(tf.reduce_mean(nothing) / nothing[0] > 0, lambda: x / nothing[1], lambda: x + 1 / nothing[1])
    return [known, tf.cond(which, lambda: tf.matmul(x, x) + tf.log(nothing[1]), lambda: tf.matmul(x, x))]


def _nothing(x):
    """Means of nothing, on NumPy alone and in a step."""
    moments = tf.nn.fused_batch_norm(tf.zeros([0, 2, 2, 3]), tf.ones([3]), tf.zeros([3]))[1:3]
    return [tf.reduce_mean(tf.zeros([0, 3]), 0), *moments, tf.matmul(x, x) * tf.reduce_mean(x[:, :0]), tf.reduce_mean(x[:0])]


def _too_large(x):
    """Numbers become infinite that float32 can't hold."""
    return [tf.constant(1e39), tf.constant(np.array([1e39]), tf.float32), tf.constant([1e6], tf.float16), x * 1e39]


@pytest.mark.parametrize("outs", [_known, _turns, _branches, _nothing, _too_large], ids=lambda f: f.__name__.strip("_"))
def test_numbers_without_a_value_are_no_news(outs):
    """TF says nothing of infinities and NaNs, wherever they are computed."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        x = tf.placeholder(tf.float32, [None, None])
        fetches = outs(x)
        with tf.Session() as sess:
            found = [sess.run(one, {x: np.full([200, 200], 1e39)}) for one in fetches] + sess.run(
                fetches, {x: np.zeros([200, 200])}
            )
    assert [str(one.message) for one in told] == []
    assert not np.isfinite(np.concatenate([np.ravel(one).astype(float) for one in found])).all()


def test_files_by_their_older_names(tmp_path, monkeypatch):
    """tensorflow.python.lib.io.file_io; tf_record and python_io hold tf.python_io."""
    file_io = importlib.import_module("tensorflow.python.lib.io.file_io")
    monkeypatch.chdir(tmp_path)
    file_io.recursive_create_dir("a/b")
    file_io.create_dir(b"a/c")
    file_io.write_string_to_file("a/b/x.txt", "one\ntwo\n")
    assert (file_io.read_file_to_string("a/b/x.txt"), file_io.read_file_to_string("a/b/x.txt", True)) == (
        "one\ntwo\n",
        b"one\ntwo\n",
    )
    with file_io.FileIO("a/b/x.txt", mode="r") as file:
        assert (file.size(), file.readline(), file.tell(), file.name) == (8, "one\n", 4, "a/b/x.txt")
    file_io.copy("a/b/x.txt", "a/y.txt")
    with pytest.raises(tf.errors.AlreadyExistsError):
        file_io.copy("a/b/x.txt", "a/y.txt")
    file_io.atomic_write_string_to_file("a/y.txt", b"one\ntwo\n")
    assert (file_io.filecmp("a/b/x.txt", "a/y.txt"), file_io.file_crc32("a/y.txt")) == (True, "0x12ba0be6")
    file_io.rename("a/y.txt", "a/c/z.txt")
    assert file_io.get_matching_files("a/*/*.txt") == ["a/b/x.txt", "a/c/z.txt"]
    assert sorted(file_io.list_directory("a")) == ["b", "c"]
    assert [top for top, _, _ in file_io.walk("a", in_order=False)][-1] == "a"
    assert (file_io.stat("a/c/z.txt").length, file_io.is_directory("a/c"), file_io.file_exists("a/d")) == (8, True, False)
    file_io.delete_file("a/c/z.txt")
    file_io.delete_recursively("a")
    with pytest.raises(tf.errors.NotFoundError, match="a; No such file or directory"):
        file_io.stat("a")
    for name in ("tf_record", "python_io"):
        module = importlib.import_module(f"tensorflow.python.lib.io.{name}")
        assert module.TFRecordWriter is tf.python_io.TFRecordWriter
        assert module.tf_record_iterator is tf.python_io.tf_record_iterator


def test_what_several_gpus_would_add_up():
    """Programs for several GPUs import these on one machine too."""
    nccl = importlib.import_module("tensorflow.python.ops.nccl_ops")
    x, y = tf.constant([1.0, 5.0]), tf.constant([3.0, 4.0])
    with tf.Session() as session:
        for name, want in {"all_sum": [4, 9], "all_max": [3, 5], "all_min": [1, 4], "all_prod": [3, 20]}.items():
            np.testing.assert_array_equal(session.run(getattr(nccl, name)([x, y])), [want, want])
        np.testing.assert_array_equal(session.run([nccl.reduce_sum([x, y]), nccl.broadcast(x)]), [[4, 9], [1, 5]])


def test_the_network_of_the_tutorial():
    """`tensorflow.examples.tutorials.mnist` has both of its modules, as TF's package imports them; the network learns."""
    package = importlib.import_module("tensorflow.examples.tutorials.mnist")
    net = importlib.import_module("tensorflow.examples.tutorials.mnist.mnist")
    assert package.mnist is net and callable(package.input_data.read_data_sets)
    draw = np.random.RandomState(0)
    labels = draw.randint(10, size=64)
    images = np.eye(10, 784, dtype=np.float32)[labels] * 5
    x, y = tf.placeholder(tf.float32, [None, net.IMAGE_PIXELS]), tf.placeholder(tf.int32, [None])
    logits = net.inference(x, 32, 16)
    train, right = net.training(net.loss(logits, y), 0.5), net.evaluation(logits, y)
    assert [v.name for v in tf.trainable_variables()][::2] == [f"{n}/weights:0" for n in ("hidden1", "hidden2", "softmax_linear")]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(200):
            session.run(train, {x: images, y: labels})
        assert session.run([right, tf.train.get_global_step()], {x: images, y: labels}) == [64, 200]
