"""Op types as functions: `tf.raw_ops`, and what TensorFlow keeps in its `gen_*_ops`."""

import importlib

import numpy as np
import pytest

import caudal as tf
from caudal.compat import install

raw = tf.raw_ops


@pytest.fixture(autouse=True)
def graph():
    """A graph of its own for each test."""
    with tf.Graph().as_default() as made:
        yield made


RENAMED = {  # as 2.21's functions are called
    "Sum": ("input", "axis", "keep_dims", "name"),
    "ExpandDims": ("input", "axis", "name"),
    "Split": ("axis", "value", "num_split", "name"),
    "SplitV": ("value", "size_splits", "axis", "num_split", "name"),
    "Squeeze": ("input", "axis", "name"),
    "Select": ("condition", "x", "y", "name"),
    "Where": ("condition", "name"),
    "ConcatV2": ("values", "axis", "name"),
    "MatMul": ("a", "b", "transpose_a", "transpose_b", "name"),
    "VariableV2": ("shape", "dtype", "container", "shared_name", "name"),
}


@pytest.mark.parametrize("kind", RENAMED)
def test_arguments_in_order(kind):
    assert getattr(raw, kind).order == RENAMED[kind]


def test_every_op_type_is_there():
    assert {"Add", "Switch", "VarHandleOp", "BatchMatMulV2"} <= set(dir(raw))
    assert all(getattr(raw, kind).__doc__ for kind in dir(raw))


def test_nodes_and_values():
    parts = raw.Split(axis=0, value=[1.0, 2.0, 3.0], num_split=3, name="cut")
    total = raw.Sum(input=parts[1:], axis=[0], keep_dims=True)
    assert [t.name for t in parts] == ["cut:0", "cut:1", "cut:2"]
    assert (total.op.type, total.op.get_attr("keep_dims"), total.eval(session=tf.Session()).tolist()) == ("Sum", True, [[5.0]])
    sides = raw.Switch(data=1.0, pred=True)
    assert (type(sides).__name__, sides._fields) == ("Switch", ("output_false", "output_true"))
    assert isinstance(raw.NoOp(name="none"), tf.Operation)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: raw.Add(1, 2), r"add only takes keyword args \(possible keys: \['x', 'y', 'name'\]\)"),
        (lambda: raw.Add(x=1.0), r"add\(\) missing 1 required positional argument: 'y'"),
        (lambda: raw.SplitV(value=1), r"missing 3 required positional arguments: 'size_splits', 'axis', and 'num_split'"),
        (lambda: raw.Add(x=1.0, y=2.0, z=3), r"add\(\) got an unexpected keyword argument 'z'"),
        (lambda: _generated("add")(1.0, 2.0, "n", 4), r"add\(\) takes 3 arguments \(x, y, name\) but 4 were given"),
        (lambda: _generated("add")(1.0, x=2.0), r"add\(\) got multiple values for argument 'x'"),
    ],
)
def test_arguments_that_do_not_fit(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_name_that_no_op_has():
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        _ = raw.Nope


def _generated(name):
    install()
    return getattr(importlib.import_module("tensorflow.python.ops.gen_math_ops"), name)


def test_generated_training_ops():
    """Custom optimizers of programs take these: from python/training as from python/ops."""
    install()
    for path in ("tensorflow.python.training.gen_training_ops", "tensorflow.python.training.training_ops"):
        v = tf.Variable([1.0, 2.0])
        step = importlib.import_module(path).apply_gradient_descent(v, 0.5, [2.0, 2.0], use_locking=True)
        with tf.Session() as session:
            session.run(v.initializer)
            np.testing.assert_array_equal(session.run(step), [0.0, 1.0])
        assert step.op.get_attr("use_locking") is True


@pytest.mark.parametrize("size", [2, 300])
def test_two_handles_of_one_variable(size):
    """What is written through one is read through the other, in the same step; an optimizer's updates add up."""

    def handle(name):
        return raw.VarHandleOp(dtype=tf.float32, shape=[size], shared_name="kept", name=name)

    def read(one):
        return raw.ReadVariableOp(resource=one, dtype=tf.float32)

    def descend(one):
        return raw.ResourceApplyGradientDescent(var=one, alpha=0.5, delta=x)

    a, b, x = handle("a"), handle("b"), tf.placeholder(tf.float32, [size])
    square = tf.placeholder(tf.float32, [size, size])  # a step worth compiling
    start = raw.AssignVariableOp(resource=a, value=tf.zeros([size]))
    with tf.control_dependencies([raw.AssignAddVariableOp(resource=a, value=2 * x)]):
        first = read(b)
    with tf.control_dependencies([first]):
        second = descend(b)
    with tf.control_dependencies([second]):
        third = descend(a)
    with tf.control_dependencies([third]):
        last = read(b)
    product = square @ square
    with tf.Session() as session:
        session.run(start)
        ones = np.ones(size, np.float32)
        for k in range(3):
            got = session.run([first, last, product], {x: ones, square: np.eye(size, dtype=np.float32)})
            np.testing.assert_array_equal(got[:2], [(k + 2) * ones, (k + 1) * ones])
