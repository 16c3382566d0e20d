"""What an error tells: TF1's class and first line, then the node, the user's lines, and what to try; a session survives it."""

import numpy as np
import pytest

import caudal as tf

# --- what is wrong, and the words that say so -----------------------------------------------------------


def uninitialized():
    weights = tf.get_variable("weights", [2, 3])
    tf.Session().run(weights * 2.0)


def uninitialized_resource():
    weights = tf.get_variable("weights", [2, 3], use_resource=True)
    tf.Session().run(weights * 2.0)


def uninitialized_local():
    total = tf.get_local_variable("total", [], initializer=tf.zeros_initializer())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(total)


def shapes_differ():
    rows = tf.zeros([2, 3], name="rows")
    columns = tf.placeholder(tf.float32, [4, None], name="columns")
    tf.matmul(rows, columns)


def labels_one_hot():
    logits = tf.zeros([32, 10], name="logits")
    labels = tf.placeholder(tf.int64, [32, 10], name="labels")
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xent")


def shapes_do_not_broadcast():
    tf.zeros([2, 3], name="rows") + tf.zeros([4], name="bias")


def many_inputs():
    tf.concat([tf.zeros([2, k + 1]) for k in range(20)], 0)


def dtypes_differ():
    counts = tf.constant([1, 2, 3], name="counts")
    tf.zeros([3], name="sums") + counts


def feed_shape():
    images = tf.placeholder(tf.float32, [None, 3], name="images")
    tf.Session().run(images + 1.0, {images: [1.0, 2.0, 3.0]})


def feed_dtype():
    images = tf.placeholder(tf.float32, [None], name="images")
    tf.Session().run(images + 1.0, {images: ["cat"]})


def feed_too_large():
    ids = tf.placeholder(tf.int32, name="ids")
    tf.Session().run(ids + 1, {ids: 2**40})


def feed_tensor():
    images = tf.placeholder(tf.float32, name="images")
    tf.Session().run(images + 1.0, {images: tf.zeros([3])})


def not_fed():
    images = tf.placeholder(tf.float32, [None, 3], name="images")
    tf.Session().run(tf.reduce_sum(images))


def fetch_of_another_graph():
    with tf.Graph().as_default():
        other = tf.constant(1.0, name="other")
    tf.constant(2.0)
    tf.Session().run(other)


def fetch_misspelt():
    tf.constant(1.0, name="outputs")
    tf.Session().run("output:0")


def fetch_missing_slot():
    v = tf.get_variable("v", [2])
    optimizer = tf.train.AdamOptimizer()
    optimizer.minimize(tf.reduce_sum(v * v))
    tf.Session().run(optimizer.get_slot(v, "velocity"))


def closed():
    x = tf.constant(1.0)
    with tf.Session() as session:
        session.run(x)
    session.run(x)


def exists_already():
    tf.get_variable("v", [1])
    tf.get_variable("v", [2])


def does_not_exist():
    with tf.variable_scope("layer", reuse=True):
        tf.get_variable("v", [1])


def nan_checked():
    x = tf.placeholder(tf.float32, [2], name="x")
    loss = tf.check_numerics(tf.log(x), "the loss")
    tf.Session().run(loss, {x: [-1.0, 2.0]})


def nan_found():
    x = tf.placeholder(tf.float32, [2], name="x")
    logarithm = tf.log(x)
    check = tf.add_check_numerics_ops()
    tf.Session().run([logarithm * 2.0, check], {x: [0.0, 2.0]})


def compiled_step():
    train, x = _trained(tf.placeholder(tf.float32, name="x"))
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    session.run(train, {x: np.ones((2, 5))})


def equal_step_of_another_graph():
    for _ in range(2):  # the second graph's step is the same code: its own line is named all the same
        with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError):
            compiled_step()
    train, x = _trained(tf.placeholder(tf.float32, name="another"))
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    session.run(train, {x: np.ones((2, 5))})


def device_missing():
    with tf.device("/gpu:7"):
        v = tf.Variable(1.0, name="v")
    tf.Session().run(v.initializer)


def used_as_a_bool():
    total = tf.reduce_sum(tf.zeros([3]), name="total")
    if total > 0.0:
        raise AssertionError


def used_as_a_number():
    total = tf.reduce_sum(tf.zeros([3]), name="total")
    np.sqrt(total)


def _trained(x):
    w = tf.get_variable("w", [3, 4], initializer=tf.ones_initializer())
    loss = tf.reduce_sum(tf.nn.relu(tf.matmul(x, w)))
    return tf.train.AdamOptimizer(0.1).minimize(loss), x


_HERE = "made at test_errors.py:"
ROWS = [  # program, class, how its first line begins, words that its notes have
    (
        uninitialized,
        tf.errors.FailedPreconditionError,
        "Attempting to use uninitialized value weights",
        [
            "Node 'weights' (VariableV2), " + _HERE,
            'weights = tf.get_variable("weights", [2, 3])',
            "Try: ",
            "global_variables_init",
        ],
    ),
    (
        uninitialized_resource,
        tf.errors.FailedPreconditionError,
        "Error while reading resource variable weights from Container: localhost.",
        ["Node 'weights' (VarHandleOp), " + _HERE, "use_resource=T…", "global_variables_initializer()"],
    ),
    (
        uninitialized_local,
        tf.errors.FailedPreconditionError,
        "Attempting to use uninitialized value total",
        ["Node 'total' (VariableV2), ", "tf.local_variables_initializer()"],
    ),
    (
        shapes_differ,
        ValueError,
        "Dimensions must be equal, but are 3 and 4 for 'MatMul' (op: 'MatMul') with input shapes: [2,3], [4,?].",
        [
            "Node 'MatMul' (MatMul), " + _HERE,
            "tf.matmul(rows, columns)",
            "a: 'rows:0' float32[2, 3], " + _HERE,
            "b: 'columns:0' float32[4, ?], " + _HERE,
            "columns = tf.placeholder(tf.float32, [4…",
            "Try: transpose_a=True or transpose_b=True",
        ],
    ),
    (
        labels_one_hot,
        ValueError,
        "Rank mismatch: Rank of labels (received 2) should equal rank of logits minus 1 (received 2).",
        [
            "Node 'xent' (SparseSoftmaxCrossEntropyWithLogits), " + _HERE,
            "logits: 'logits:0' float32[32, 10], " + _HERE,
            "labels: 'labels:0' int64[32, 10], " + _HERE,
            "Try: one-hot labels go with tf.nn.softmax_cross_entropy_with_logits.",
        ],
    ),
    (
        shapes_do_not_broadcast,
        ValueError,
        "Dimensions must be equal, but are 3 and 4 for 'add'",
        ["x: 'rows:0' float32[2, 3], ", "y: 'bias:0' float32[4], ", "Try: shapes are compared from their last dimensions on"],
    ),
    (
        many_inputs,
        ValueError,
        "Dimension 0 in both shapes must be equal, but are 19 and 20.",
        ["values[0]: 'zeros:0' float32[2, 1], ", "and 15 more inputs", "Try: "],
    ),
    (
        dtypes_differ,
        TypeError,
        "Input 'y' of 'AddV2' Op has type int32 that does not match type float32 of argument 'x'.",
        ["Node 'add' (AddV2), " + _HERE, "y: 'counts:0' int32[3], ", "Try: tf.cast one of them."],
    ),
    (
        feed_shape,
        ValueError,
        "Cannot feed value of shape (3,) for Tensor 'images:0', which has shape '(?, 3)'",
        ["Node 'images' (Placeholder), " + _HERE, "Try: value[None] adds a first dimension"],
    ),
    (
        feed_dtype,
        ValueError,
        "could not convert string to float",
        ["Node 'images' (Placeholder), " + _HERE, "Try: feed numbers that become float32"],
    ),
    (feed_too_large, TypeError, "Type of feed value 1099511627776", ["Node 'ids' (Placeholder), " + _HERE]),
    (
        feed_tensor,
        TypeError,
        "The value of a feed cannot be a tf.Tensor object.",
        ["Node 'images' (Placeholder), " + _HERE, "Try: feed the value that sess.run gives"],
    ),
    (
        not_fed,
        tf.errors.InvalidArgumentError,
        "You must feed a value for placeholder tensor 'images' with dtype float and shape [?,3]",
        ["Node 'images' (Placeholder), " + _HERE, "Try: sess.run(..., feed_dict={'images:0': value})"],
    ),
    (
        fetch_of_another_graph,
        ValueError,
        "Fetch argument <tf.Tensor 'other:0' shape=() dtype=float32> cannot be interpreted as a Tensor.",
        ["Node 'other' (Const), " + _HERE, 'other = tf.constant(1.0, name="other")', "Try: it is of another graph"],
    ),
    (
        fetch_misspelt,
        ValueError,
        "Fetch argument 'output:0' cannot be interpreted as a Tensor.",
        ["Try: 'outputs:0' is in the graph."],
    ),
    (fetch_missing_slot, TypeError, "Fetch argument None has invalid type <class 'NoneType'>", ["Try: ", "optimizer.get_slot"]),
    (closed, RuntimeError, "Attempted to use a closed Session.", ["Try: make a new tf.Session"]),
    (
        exists_already,
        ValueError,
        "Variable v already exists, disallowed.",
        ["Variable 'v:0', " + _HERE, 'tf.get_variable("v", [1])', "Try: reuse=tf.AUTO_REUSE shares it"],
    ),
    (does_not_exist, ValueError, "Variable layer/v does not exist", ["Try: make it first"]),
    (
        nan_checked,
        tf.errors.InvalidArgumentError,
        "the loss : Tensor had NaN values",
        ["Node 'CheckNumerics' (CheckNumerics), " + _HERE, "tensor: 'Log:0' float32[2], " + _HERE, "Try: "],
    ),
    (
        nan_found,
        tf.errors.InvalidArgumentError,
        "Log:0 : Tensor had Inf values",
        ["tensor: 'Log:0' float32[2], " + _HERE, "logarithm = tf.log(x)"],
    ),
    (
        compiled_step,
        tf.errors.InvalidArgumentError,
        "In[0] mismatch In[1] shape: 5 vs. 3: [2,5] [3,4] 0 0",
        [
            "Node 'MatMul' (BatchMatMulV2), " + _HERE,
            "loss = tf.reduce_sum(tf.nn.relu(tf.matmul(x, w)))",
            "x: 'x:0' float32, " + _HERE,
        ],
    ),
    (
        equal_step_of_another_graph,
        tf.errors.InvalidArgumentError,
        "In[0] mismatch In[1] shape",
        ["x: 'another:0' float32, " + _HERE],
    ),
    (
        device_missing,
        tf.errors.InvalidArgumentError,
        "Cannot assign a device for operation v: node v was explicitly assigned to /device:GPU:7",
        ["Try: tf.ConfigProto(allow_soft_placement=True)"],
    ),
    (
        used_as_a_bool,
        TypeError,
        "using a `tf.Tensor` as a Python `bool` is not allowed",
        ["Node 'Greater' (Greater), " + _HERE, "x: 'total:0' float32[], " + _HERE, "Try: tf.cond chooses while the graph runs"],
    ),
    (
        used_as_a_number,
        NotImplementedError,
        "Cannot convert a symbolic Tensor (total:0) to a numpy array.",
        ["Node 'total' (Sum), " + _HERE, "Try: sess.run(x)"],
    ),
]


@pytest.mark.parametrize(("program", "kind", "first", "words"), ROWS, ids=[row[0].__name__ for row in ROWS])
def test_says_what_where_and_how(program, kind, first, words):
    with tf.Graph().as_default(), pytest.raises(kind) as caught:
        program()
    assert str(caught.value).startswith(first)
    notes = "\n".join(getattr(caught.value, "__notes__", []))
    for one in words:
        assert one in notes, notes
    assert len((str(caught.value) + "\n" + notes).splitlines()) <= 12


# --- a session survives its errors ----------------------------------------------------------------------


@pytest.fixture
def net():
    """(session, train op, its placeholder, the values of all variables after a step)."""
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        train, x = _trained(tf.placeholder(tf.float32, name="x"))
        session.run(tf.global_variables_initializer())
        session.run(train, {x: np.ones((2, 3))})
        yield session, train, x, _values(session)


def _values(session):
    return session.run(session.graph.get_collection("variables"))


def _same(session, before):
    for have, want in zip(_values(session), before, strict=True):
        np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("feed", [None, np.ones((2, 5)), np.ones((2, 3, 1)), "text"])
def test_variables_survive_a_failed_step(net, feed):
    session, train, x, before = net
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
        session.run(train, None if feed is None else {x: feed})
    _same(session, before)
    session.run(train, {x: np.ones((2, 3))})


def test_variables_survive_a_failed_check(net):
    session, train, x, _ = net
    check = tf.check_numerics(tf.log(-tf.reduce_sum(x)), "bad")
    before = _values(session)
    with tf.control_dependencies([check]):
        later = tf.assign_add(tf.global_variables()[0], tf.ones([3, 4]))
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(later, {x: np.ones((2, 3))})
    _same(session, before)


def test_variables_survive_a_step_that_gave_their_buffers_away():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None], name="x")
        w = tf.get_variable("w", [3], initializer=tf.ones_initializer())
        row = tf.reshape(x, [1, -1])
        huge = tf.reduce_sum(tf.tanh(tf.matmul(row, row, transpose_a=True)) * tf.reduce_sum(w))  # n x n
        train = tf.train.AdamOptimizer(0.1).minimize(huge)
        session.run(tf.global_variables_initializer())
        session.run(train, {x: np.ones(3)})
        before = _values(session)
        with pytest.raises(tf.errors.ResourceExhaustedError) as caught:
            session.run(train, {x: np.ones(3_000_000)})  # 36 TB
        assert any(_HERE in note for note in caught.value.__notes__)
        _same(session, before)
        session.run(train, {x: np.ones(3)})


def test_odd_names_and_axes():
    """A tensor given as a name, two axes for argmax, boxes on no picture: refused when the node is made, in TF's words."""
    with tf.Graph().as_default():
        x = tf.constant(1.0)
        assert tf.cos(x, name=b"as_bytes").op.name == "as_bytes"
        assert tf.get_collection("nothing", x) == []
        with pytest.raises(TypeError, match="using a `tf.Tensor` as a Python `bool` is not allowed"):
            tf.cos(x, x)
        with pytest.raises(ValueError, match=r"Shape must be rank 0 but is rank 1 for 'ArgMax'"):
            tf.argmax(tf.placeholder(tf.float32), [0, 1])
        with pytest.raises(ValueError, match="Shape must be at least rank 3 but is rank 2"):
            tf.image.draw_bounding_boxes(tf.zeros([2, 3]), tf.zeros([1, 1, 4]))
