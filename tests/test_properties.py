"""What holds for any graph, drawn at random: rewriting leaves fetches as they were, broadcasting is NumPy's, names stay unique."""

from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import caudal as tf
from caudal.ground.shapes import broadcast
from caudal.run import plan

settings.register_profile("caudal", max_examples=25, deadline=None, derandomize=True, database=None)
settings.load_profile("caudal")

_UNARY = [tf.negative, tf.tanh, tf.square, tf.sigmoid, tf.stop_gradient, tf.identity, tf.nn.relu, tf.transpose]
_BINARY = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.matmul]
_steps = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=12)


def grown(steps):
    """A graph of square matrices: two placeholders, a constant, a variable, then an op a step; (its tensors, feeds)."""
    draw = np.random.RandomState(len(steps))
    x, y = tf.placeholder(tf.float32, [3, 3], "x"), tf.placeholder(tf.float32, [None, 3], "y")
    feeds = {t: draw.uniform(-1, 1, (3, 3)).astype(np.float32) for t in (x, y)}
    tensors = [x, y, tf.constant(draw.uniform(-1, 1, (3, 3)).astype(np.float32)), tf.Variable(tf.ones([3, 3]) / 3) + 0]
    for kind, a, b in steps:
        function = (_UNARY + _BINARY)[kind % (len(_UNARY) + len(_BINARY))]
        args = [tensors[a % len(tensors)], tensors[b % len(tensors)]]
        tensors.append(function(*args[: 1 if function in _UNARY else 2]) * np.float32(0.5))
    return tensors, feeds


def run(session, fetches, feeds, compiling):
    """The fetches by one of the two backends."""
    session._plans.clear()
    with mock.patch.object(plan, "worth_compiling", lambda ops: compiling):
        return session.run(fetches, feeds)


@given(_steps)
def test_a_fetch_does_not_depend_on_others(steps):
    """Pruning: a tensor alone is, to the bit, what it is among all the others; what it doesn't need need not be fed."""
    with tf.Graph().as_default(), tf.Session() as session:
        tensors, feeds = grown(steps)
        nan = tf.log(tf.placeholder(tf.float32, [], "unfed"))
        session.run(tf.global_variables_initializer())
        whole = run(session, tensors, feeds, False)
        for tensor, value in zip(tensors, whole, strict=True):
            assert np.array_equal(run(session, tensor, feeds, False), value)
        assert nan.graph is tensors[0].graph


@given(_steps)
def test_compiled_gives_what_interpreted_gives(steps):
    """Rewriting, folding and XLA change no value, also of a gradient."""
    with tf.Graph().as_default(), tf.Session() as session:
        tensors, feeds = grown(steps)
        slopes = [g for g in tf.gradients(tf.reduce_sum(tensors[-1]), tensors[:3]) if g is not None]
        session.run(tf.global_variables_initializer())
        fetches = [*tensors[4:], *slopes]
        for got, want in zip(run(session, fetches, feeds, True), run(session, fetches, feeds, False), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@given(_steps, st.randoms(use_true_random=False))
def test_feeds_have_no_order(steps, random):
    """A run does not depend on the order of its feeds, nor a fetched nest on that of its parts."""
    with tf.Graph().as_default(), tf.Session() as session:
        tensors, feeds = grown(steps)
        session.run(tf.global_variables_initializer())
        turned = dict(reversed(feeds.items()))
        order = list(range(len(tensors)))
        random.shuffle(order)
        first = session.run(tensors, feeds)
        second = session.run([tensors[k] for k in order], turned)
        assert all(np.array_equal(first[k], value) for k, value in zip(order, second, strict=True))


@given(_steps, st.integers(0, 99))
def test_a_fed_tensor_is_what_was_fed(steps, at):
    """Any tensor may be fed; what it was made of is then not looked at."""
    with tf.Graph().as_default(), tf.Session() as session:
        tensors, feeds = grown(steps)
        session.run(tf.global_variables_initializer())
        given = tensors[at % len(tensors)]
        value = np.full((3, 3), 0.25, np.float32)
        twice = session.run([given, given * 2], {**feeds, given: value})
        assert np.array_equal(twice[0], value) and np.array_equal(twice[1], 2 * value)


_dims = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=4).map(tuple)


@given(_dims, _dims)
@settings(max_examples=100)
def test_broadcasting_is_numpys(a, b):
    """Shapes broadcast as NumPy's do, or are refused as NumPy refuses them; also with parts unknown."""
    try:
        want = np.broadcast_shapes(a, b)
    except ValueError:
        want = None
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.zeros(a), tf.ones(b)
        try:
            got = tf.add(x, y)
        except ValueError:
            assert want is None
            return
        assert want == tuple(got.shape.as_list()) == session.run(got).shape
        assert broadcast(tuple(None if d == 1 else d for d in a), b) is not None or None in (a, b)


@given(st.lists(st.sampled_from(["a", "A", "b", "a/b", "a_1", "A_1", "scope/", None]), min_size=2, max_size=12))
def test_names_stay_unique(names):
    """No two nodes share a name, regardless of case; a name that ends with a slash is taken as it is, once."""
    with tf.Graph().as_default() as graph:
        absolute = set()
        for name in names:
            if name == "scope/":
                if name in absolute:
                    continue
                absolute.add(name)
            with tf.name_scope(name if name and not name.endswith("/") else "s"):
                tf.constant(1.0, name=name)
        made = [op.name.lower() for op in graph.get_operations()]
        assert len(set(made)) == len(made)
        assert all(graph.get_operation_by_name(op.name) is op for op in graph.get_operations())


@given(st.lists(st.integers(0, 4), min_size=1, max_size=10))
def test_variables_keep_what_was_written(steps):
    """Assignments in several runs do to a variable what the same statements do to an array, compiled or not."""
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(np.arange(4.0, dtype=np.float32))
        row = tf.scatter_update(v, [1, 3], [9.0, 8.0])
        ops = [v.assign_add([1.0] * 4), v.assign_sub(v * 0.5), v.assign(v * v - 1), row.op, v.assign(tf.reverse(v, [0]))]
        session.run(tf.global_variables_initializer())
        want = np.arange(4.0, dtype=np.float32)
        for k, at in enumerate(steps):
            run(session, ops[at], {}, bool(k % 2))
            if at == 3:
                want = want.copy()
                want[[1, 3]] = 9, 8
            else:
                want = [want + 1, want - want * 0.5, want * want - 1, None, want[::-1]][at]
        np.testing.assert_allclose(session.run(v), want, rtol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99), st.booleans()), min_size=2, max_size=14))
def test_steps_keep_the_order_of_reads_and_writes(steps):
    """However a run is cut into compiled steps and calls of Python: what control inputs order stays in that order."""
    with tf.Graph().as_default():
        variables = [tf.Variable(np.full(2, k + 1.0, np.float32), use_resource=k == 1) for k in range(2)]
        touched, written = [[], []], [[], []]  # the ops that used a variable since it was written; the last that wrote it
        tensors = [tf.constant([0.5, -0.25])]
        for kind, at, which in steps:
            value, own = tensors[at % len(tensors)], variables[which]
            if kind == 0:
                with tf.control_dependencies(written[which]):
                    tensors.append(tf.identity(own.read_value()) * value)
                touched[which].append(tensors[-1].op)
            elif kind == 1:
                with tf.control_dependencies([*written[which], *touched[which]]):
                    written[which], touched[which] = [tf.assign(own, 0.5 * value + 1).op], []
            elif kind == 2:
                tensors.append(tf.reshape(tf.py_func(lambda x: np.float32(0.5) - x, [value], tf.float32), [2]))
            else:
                tensors.append(tf.tanh(value) + tensors[-1])
        found = []
        for compiling in (False, True):
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                fetches = [tensors[1:], written]
                found.append([run(session, fetches, {}, compiling)[0] for _ in range(2)] + session.run(variables))
    for got, want in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 7), st.integers(0, 2**31), st.sampled_from(["float32", "float64"]))
def test_classes_are_drawn_alike(rows, classes, samples, seed, kind):
    """Compiled or not, over several runs of the same node; classes of no weight are never drawn."""
    with tf.Graph().as_default():
        given = np.random.RandomState(seed % 1000).uniform(-4, 4, (rows, classes)).astype(kind)
        given[:, 1:][given[:, 1:] > 3] = -np.inf
        logits = tf.placeholder(kind, given.shape)
        drawn = tf.multinomial(logits, samples, seed=seed)
        runs = []
        for compiling in (False, True):
            with tf.Session() as session:
                runs.append([run(session, drawn, {logits: given}, compiling) for _ in range(2)])
    np.testing.assert_array_equal(*runs)
    rows_of = np.arange(rows)[:, None]
    assert all(np.isfinite(given[rows_of, made]).all() for made in runs[0])


def test_layers_of_channels_first():
    """A layer with the channels first gives what it gives with the channels last, turned."""
    x = np.arange(48, dtype="f").reshape(2, 3, 8) % 7
    with tf.Graph().as_default(), tf.Session() as session:
        first, last = tf.constant(x), tf.constant(x.transpose(0, 2, 1))
        for layer in (tf.layers.max_pooling1d, tf.layers.average_pooling1d):
            got, want = session.run([layer(first, 3, 2, data_format="channels_first"), layer(last, 3, 2)])
            assert np.array_equal(got, want.transpose(0, 2, 1))
        got, want = session.run([tf.layers.flatten(first, data_format="channels_first"), tf.layers.flatten(last)])
        assert np.array_equal(got, want)


def test_batch_norm_is_fused_where_it_can_be():
    """`fused=True` asks for one op, and takes several without a word where one can't do it."""
    with tf.Graph().as_default() as graph:
        for shape, axis in (([2, 3], -1), ([2, 3, 3, 4], 2), ([2, 3, 3, 4], 1), ([2, 3, 3, 4], 3)):
            tf.layers.batch_normalization(tf.zeros(shape), axis=axis, fused=True)
        fused = [op for op in graph.get_operations() if op.type == "FusedBatchNormV3"]
    assert [op.get_attr("data_format") for op in fused] == [b"NCHW", b"NHWC"]


def test_metrics_of_sparse_labels():
    """A row's labels may be a SparseTensor: at k, the metrics are those of the same labels as rows of one."""
    scores = np.array([[0.1, 0.5, 0.3, 0.0], [0.9, 0.2, 0.6, 0.4]], "f")
    with tf.Graph().as_default(), tf.Session() as session:
        dense = tf.constant([[1], [2]], tf.int64)
        rows = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([1, 2], tf.int64), [2, 1])
        for metric in (tf.metrics.recall_at_k, tf.metrics.precision_at_k, tf.metrics.average_precision_at_k):
            more = [{}] if metric is tf.metrics.average_precision_at_k else [{}, {"class_id": 2}]
            updates = [metric(labels, scores, 2, **m)[1] for labels in (dense, rows) for m in more]
            session.run(tf.local_variables_initializer())
            values = session.run(updates)
            assert values[: len(more)] == values[len(more) :]


def test_images_and_sequences():
    """Images come back from their columns, and a table's rows do not depend on how often each is taken."""
    x = np.arange(48, dtype="f").reshape(2, 3, 2, 4)
    layers, table = tf.contrib.layers, np.arange(12, dtype="f").reshape(4, 3)
    with tf.Graph().as_default(), tf.Session() as session:
        columns = layers.images_to_sequence(x)
        again, rows = session.run(
            [layers.sequence_to_images(columns, 3), layers.embedding_lookup_unique(table, [[1, 1], [3, 0]])]
        )
        assert columns.shape.as_list() == [2, 6, 4]
        assert np.array_equal(again, x)
        assert np.array_equal(rows, table[[[1, 1], [3, 0]]])
