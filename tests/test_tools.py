"""tensorflow.python.tools: graphs are frozen and cut down, checkpoints shown, as TF 1.15's tools do it."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import caudal as tf
from caudal.tools import freeze_graph, inspect_checkpoint, optimize_for_inference_lib, saved_model_utils, strip_unused_lib

X = np.random.RandomState(0).normal(size=(2, 6, 6, 3)).astype("f")
_NAMES = "save/restore_all", "save/Const:0"  # nothing reads them


@pytest.fixture
def net(tmp_path, monkeypatch):
    """The folder of a net with its graph and checkpoint, and what it gives for X."""
    monkeypatch.chdir(tmp_path)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6, 6, 3], name="x")
        with tf.device("/cpu:0"):
            y = tf.pad(tf.image.resize_bilinear(x, [8, 8]), [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
        for k in range(2):
            y = tf.layers.conv2d(y, 4, 3, use_bias=False, name=f"conv{k}")
            y = tf.layers.batch_normalization(y, name=f"bn{k}")
        y = tf.nn.relu(y, name="out")
        session.run(tf.global_variables_initializer())
        for k, variable in enumerate(tf.global_variables()):
            variable.load(np.random.RandomState(k).uniform(0.5, 2, variable.shape.as_list()), session)
        tf.train.Saver().save(session, "./model")
        tf.train.write_graph(session.graph, ".", "graph.pb", as_text=False)
        tf.train.write_graph(session.graph, ".", "graph.pbtxt")
        tf.saved_model.simple_save(session, "saved", {"x": x}, {"y": y})
        return session.run(y, {x: X})


def _given(graph):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph, name="")
        return session.run("out:0", {"x:0": X})


def _frozen(graph="graph.pb", binary=True, **more):
    with tf.Graph().as_default():
        return freeze_graph.freeze_graph(graph, "", binary, "./model", "out", *_NAMES, "frozen.pb", True, "", **more)


@pytest.mark.parametrize(("graph", "more"), [("graph.pbtxt", {}), ("graph.pb", {}), ("", {"input_saved_model_dir": "saved"})])
def test_a_net_is_frozen_and_cut_down(net, graph, more):
    frozen = _frozen(graph, graph.endswith(".pb"), **more)
    assert frozen == tf.GraphDef.FromString(pathlib.Path("frozen.pb").read_bytes())
    assert not any(node.device or node.op.startswith("Variable") for node in frozen.node)
    np.testing.assert_allclose(_given(frozen), net, rtol=1e-5)
    made = optimize_for_inference_lib.optimize_for_inference(frozen, ["x"], ["out"], tf.float32.as_datatype_enum)
    kinds = [node.op for node in made.node if node.op != "Const"]
    assert kinds == ["Placeholder", "Relu", "BiasAdd", "Conv2D", "BiasAdd", "FusedResizeAndPadConv2D"]
    np.testing.assert_allclose(_given(made), net, rtol=1e-5, atol=1e-4)


def test_a_meta_graph_is_frozen(net):
    frozen = _frozen("", True, input_meta_graph="model.meta", variable_names_blacklist="bn0/gamma, bn1/gamma")
    assert sorted(node.name for node in frozen.node if node.op == "VarHandleOp" or node.op.startswith("Variable")) == [
        "bn0/gamma",
        "bn1/gamma",
    ]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ((3, "none"), ValueError, "Input checkpoint 'none' doesn't exist!"),
        ((4, ""), ValueError, "You need to supply the name of a node to --output_node_names."),
        ((0, "none"), OSError, "Input graph file 'none' does not exist!"),
        ((1, "none"), OSError, "Input saver file 'none' does not exist!"),
        ((4, "none"), AssertionError, "none is not in graph"),
        ((0, "frozen.pb"), ValueError, "No variables were found in this model."),
    ],
)
def test_what_cannot_be_frozen(net, change, kind, words):
    _frozen()
    args = ["graph.pb", "", True, "./model", "out", *_NAMES, "", True, ""]
    args[change[0]] = change[1]
    with pytest.raises(kind, match=words), tf.Graph().as_default():
        freeze_graph.freeze_graph(*args)


def test_a_graph_is_cut_at_its_inputs(net):
    given = _frozen()
    made = strip_unused_lib.strip_unused(given, ["conv1/Conv2D"], ["out"], tf.float32.as_datatype_enum)
    assert [node.name for node in made.node if node.op == "Placeholder"] == ["conv1/Conv2D"]
    with pytest.raises(ValueError, match="Name 'x:0' appears to refer to a Tensor, not a Operation."):
        strip_unused_lib.strip_unused(given, ["x:0"], ["out"], 1)
    with pytest.raises(KeyError, match="The following input nodes were not found: {'y'}"):
        strip_unused_lib.strip_unused(given, ["y"], ["out"], 1)
    assert strip_unused_lib.strip_unused_from_files("none", True, "o", True, "x", "out", 1) == -1


def test_a_checkpoint_is_shown(net, capsys):
    show = inspect_checkpoint.print_tensors_in_checkpoint_file
    show("./model", "", False, count_exclude_pattern="bn")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["bn0/beta (DT_FLOAT) [4]", "bn0/gamma (DT_FLOAT) [4]"]
    assert lines[-2:] == ["# Excluding 8 tensors (32 params) that match bn when counting.", "# Total number of params: 252"]
    show("./model", "bn0/beta", False)
    assert capsys.readouterr().out.splitlines()[0] == "tensor_name:  bn0/beta"
    show("./none", "", True)
    assert "./none" in capsys.readouterr().out


def test_tags_of_a_saved_model(net):
    assert saved_model_utils.get_saved_model_tag_sets("saved") == [["serve"]]
    assert len(saved_model_utils.get_meta_graph_def("saved", "serve").graph_def.node)
    with pytest.raises(RuntimeError, match="MetaGraphDef associated with tag-set train could not be found in SavedModel"):
        saved_model_utils.get_meta_graph_def("saved", "train")


@pytest.mark.parametrize("name", ["tensorflow.python.tools.freeze_graph", "caudal.tools.freeze_graph"])
def test_as_a_program(net, name):
    """By the name that TensorFlow has for it, and by ours, with its options."""
    words = "--input_graph=graph.pb --input_binary --input_checkpoint ./model --output_node_names=out --output_graph=by.pb"
    program = f"import runpy, caudal; runpy.run_module('{name}', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", program, *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert tf.GraphDef.FromString(pathlib.Path("by.pb").read_bytes()) == _frozen()
