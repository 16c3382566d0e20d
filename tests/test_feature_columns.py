"""Feature columns: what layers of them compute, in NumPy; what they start from; how they refuse. tests/tf221 has what TensorFlow makes."""

import numpy as np
import pytest

import caudal as tf
from caudal.compat.private import private_module

fc = tf.feature_column
rng = np.random.RandomState(7)


@pytest.fixture(autouse=True)
def graph():
    """A graph of its own for each test."""
    with tf.Graph().as_default():
        yield


def run(*fetches, feed=None):
    """The fetches' values, variables set to numbers of their own."""
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        for v in tf.global_variables():
            v.load(np.random.RandomState(sum(v.name.encode())).randn(*v.shape.as_list()), session)
        return session.run([*fetches, {v.op.name: v for v in tf.global_variables()}], feed)


def rows_of(ids):
    """Ids as a SparseTensor, each row of its own length."""
    at = [(i, j) for i, row in enumerate(ids) for j in range(len(row))]
    return tf.SparseTensor(at, tf.constant([v for row in ids for v in row]), [len(ids), max(map(len, ids))])


IDS = [[0, 3, 3], [], [4], [2, 1], [0]]
WEIGHTS = [[0.5, 2.0, 1.0], [], [3.0], [1.5, -1.0], [0.25]]


# --- laws -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2)])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64, tf.int32])
def test_numbers(shape, dtype):
    x = (rng.randn(5, *shape) * 9).astype(dtype.as_numpy_dtype)
    column = fc.numeric_column("x", shape or 1, dtype=dtype, normalizer_fn=lambda x: x * 3)
    made, _ = run(fc.input_layer({"x": tf.constant(x)}, column))
    np.testing.assert_allclose(made, x.reshape(5, -1).astype("f") * 3, rtol=1e-6)


def test_columns_stand_in_the_order_of_their_names():
    features = {k: tf.constant(rng.randn(3, 1), tf.float32) for k in "bCa1"}
    made, *parts, _ = run(fc.input_layer(features, map(fc.numeric_column, features)), *(features[k] for k in sorted(features)))
    np.testing.assert_array_equal(made, np.hstack(parts))


@pytest.mark.parametrize("boundaries", [[0.0], [-1.0, 0.0, 0.5], list(np.linspace(-2, 2, 50))])
def test_ranges(boundaries):
    x = np.r_[rng.randn(20), boundaries[:3], [np.inf, -np.inf]].astype("f")[:, None]
    column = fc.bucketized_column(fc.numeric_column("x"), boundaries)
    feed = tf.placeholder(tf.float32, [None, 1])
    ones, total, held = run(fc.input_layer({"x": feed}, [column]), fc.linear_model({"x": feed}, [column]), feed={feed: x})
    which = np.searchsorted(np.array(boundaries, "f"), x[:, 0], side="right")
    np.testing.assert_array_equal(ones, np.eye(len(boundaries) + 1)[which])
    table, bias = held["linear_model/x_bucketized/weights"], held["linear_model/bias_weights"]
    np.testing.assert_allclose(total, table[which] + bias, rtol=1e-6)


def combined(table, ids, weights, combiner):
    """Rows of a table combined as 1.15 does it: but for sums, weights that aren't positive are left out."""
    out = np.zeros((len(ids), table.shape[1]))
    for k, (row, of) in enumerate(zip(ids, weights, strict=True)):
        pairs = [(i, w) for i, w in zip(row, of, strict=True) if combiner == "sum" or w > 0]
        if pairs:
            over = {"sum": 1, "mean": sum(w for _, w in pairs), "sqrtn": sum(w * w for _, w in pairs) ** 0.5}[combiner]
            out[k] = sum(w * table[i] for i, w in pairs) / over
    return out


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
def test_tables(combiner, weighted):
    ids = fc.categorical_column_with_identity("i", 5)
    ids = fc.weighted_categorical_column(ids, "w") if weighted else ids
    features = {"i": rows_of(IDS), "w": rows_of(WEIGHTS)}
    numbers = fc.input_layer(features, [fc.embedding_column(ids, 3, combiner)])
    total = fc.linear_model(features, [ids], units=2, sparse_combiner=combiner)
    numbers, total, held = run(numbers, total)
    weights = WEIGHTS if weighted else [[1.0] * len(row) for row in IDS]
    table, sums = held[f"input_layer/{ids.name}_embedding/embedding_weights"], held[f"linear_model/{ids.name}/weights"]
    np.testing.assert_allclose(numbers, combined(table, IDS, weights, combiner), rtol=1e-5, atol=1e-6)
    expected = combined(sums, IDS, weights, combiner) + held["linear_model/bias_weights"]
    np.testing.assert_allclose(total, expected, rtol=1e-5, atol=1e-6)


def test_indicators():
    ids = fc.categorical_column_with_identity("i", 5)
    columns = [fc.indicator_column(ids), fc.indicator_column(fc.weighted_categorical_column(ids, "w"))]
    once = {"i": rows_of([[0, 3], [], [4], [2, 1], [0]]), "w": rows_of([[0.5, 2.0], [], [3.0], [1.5, -1.0], [0.25]])}
    made, weighted, _ = run(fc.input_layer({"i": rows_of(IDS)}, columns[0]), fc.input_layer(once, columns[1]))
    np.testing.assert_array_equal(made, [np.bincount(row, minlength=5) for row in IDS])
    where = [[0.5, 0, 0, 2, 0], [0] * 5, [0, 0, 0, 0, 3], [0, -1, 1.5, 0, 0], [0.25, 0, 0, 0, 0]]
    np.testing.assert_array_equal(weighted, where)


def test_words_beyond_the_list():
    words = tf.constant([["a", "q"], ["c", ""], ["zz", "b"]])
    left, put, hashed = (
        fc.indicator_column(fc.categorical_column_with_vocabulary_list("s", ["a", "b", "c"], **more))
        for more in ({}, {"default_value": 1}, {"num_oov_buckets": 4})
    )
    left, put, hashed, buckets, _ = run(
        *(fc.input_layer({"s": words}, one) for one in (left, put, hashed)), tf.string_to_hash_bucket_fast(["q", "zz"], 4)
    )
    np.testing.assert_array_equal(left, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(put, [[1, 1, 0], [0, 0, 1], [0, 2, 0]])
    expected = np.hstack([left, np.zeros((3, 4))])
    expected[0, 3 + buckets[0]] += 1
    expected[2, 3 + buckets[1]] += 1
    np.testing.assert_array_equal(hashed, expected)


def test_crosses_count_all_combinations():
    features = {"a": tf.constant([["x", "y"], ["z", ""]]), "b": rows_of([["p"], ["q", "r"]])}
    column = fc.crossed_column(["a", "b"], 10**6)
    crossed = tf.sparse.cross_hashed([features["b"], features["a"]], 10**6)
    made, ids, _ = run(fc.linear_model(features, [column]), crossed)
    assert made.shape == (2, 1) and ids.values.shape == (6,) and len(set(ids.values)) == 6  # in a cross "" is a word


def test_crosses_are_tensorflows():
    """Numbers of 2.21; 1.15's kernel takes the same fingerprints."""
    x = [tf.constant([["a", "b"], ["c", "d"]]), tf.constant([[1], [2]])]
    hashed, texts, _ = run(tf.sparse.cross_hashed(x, 1000), tf.sparse.cross(x))
    assert hashed.values.tolist() == [485, 983, 523, 923]
    assert texts.values.tolist() == [b"a_X_1", b"b_X_1", b"c_X_2", b"d_X_2"]


def test_sequences():
    q = tf.contrib.feature_column
    steps = q.sequence_categorical_column_with_identity("i", 5)
    numbers = [[1.0, 2, 3, 4, 5, 6], [], [7, 8], [9, 10, 11, 12], [13, 14]]
    columns = [fc.embedding_column(steps, 2), q.sequence_numeric_column("n", 2)]
    made, lengths = q.sequence_input_layer({"i": rows_of(IDS), "n": rows_of(numbers)}, columns)
    made, lengths, held = run(made, lengths)
    np.testing.assert_array_equal(lengths, [len(row) for row in IDS])
    expected = np.zeros((5, 3, 4))
    for k, (row, flat) in enumerate(zip(IDS, numbers, strict=True)):
        for t, i in enumerate(row):
            expected[k, t] = [*held["sequence_input_layer/i_embedding/embedding_weights"][i], *flat[2 * t : 2 * t + 2]]
    np.testing.assert_allclose(made, expected, rtol=1e-6)


# --- variables ------------------------------------------------------------------------------------------------


def test_tables_start_as_a_cut_normal():
    column = fc.embedding_column(fc.categorical_column_with_identity("i", 4000), 16)
    fc.input_layer({"i": tf.constant([[1]])}, column)
    (table,) = tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)
    with tf.Session() as session:
        session.run(table.initializer)
        values = session.run(table)
    assert abs(values).max() <= 2 / 4 and abs(values.mean()) < 0.01 and abs(values.std() - 0.88 / 4) < 0.01


def test_tables_start_from_checkpoints(tmp_path):
    kept = rng.randn(3, 2).astype("f")
    with tf.Graph().as_default(), tf.Session() as session:
        saved = tf.Variable(kept, name="old")
        session.run(saved.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    a, b = (fc.categorical_column_with_identity(k, 3) for k in "ab")
    features = {"a": tf.constant([[0], [2]]), "b": tf.constant([[1], [1]])}
    own = fc.embedding_column(a, 2, ckpt_to_load_from=path, tensor_name_in_ckpt="old")
    shared = fc.shared_embedding_columns([a, b], 2, ckpt_to_load_from=path, tensor_name_in_ckpt="old")
    with tf.variable_scope("parts", partitioner=tf.fixed_size_partitioner(2)):
        parts = fc.input_layer(features, own)
    layers = [fc.input_layer(features, own), parts, fc.input_layer(features, shared)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second, third = session.run(layers)
    np.testing.assert_array_equal(first, kept[[0, 2]])
    np.testing.assert_array_equal(second, kept[[0, 2]])
    np.testing.assert_array_equal(third, np.hstack([kept[[0, 2]], kept[[1, 1]]]))


def test_an_input_layer_shares_its_variables():
    column = fc.embedding_column(fc.categorical_column_with_identity("i", 3), 2)
    layer = tf.contrib.slim.InputLayer([column])
    assert layer.name == "feature_column_input_layer"
    one, two = layer({"i": tf.constant([[0], [1]])}), layer({"i": tf.constant([[1]])})
    (table,) = layer.variables
    assert table is layer.trainable_weights[0] and not layer.non_trainable_variables
    assert table.op.name == "feature_column_input_layer/i_embedding/embedding_weights"
    one, two, _ = run(one, two)
    np.testing.assert_array_equal(one[1:], two)


def test_a_linear_model_learns_from_batches():
    """Wide columns and deep ones, from a data set, until they say what they were told."""
    words, x = np.array(["red", "green", "blue"])[rng.randint(3, size=64)], rng.randn(64).astype("f")
    y = np.where(words == "red", 2.0, -1.0) + (x > 0.3)
    data = tf.data.Dataset.from_tensor_slices(({"w": words, "x": x}, y.astype("f"))).repeat().batch(16)
    features, labels = data.make_one_shot_iterator().get_next()
    word = fc.categorical_column_with_vocabulary_list("w", ["red", "green", "blue"])
    where = fc.bucketized_column(fc.numeric_column("x"), [0.0, 0.3])
    wide = fc.linear_model(features, [word, where, fc.crossed_column([word, where], 50)])
    deep = tf.layers.dense(fc.input_layer(features, [where, fc.embedding_column(word, 3)]), 1)
    loss = tf.losses.mean_squared_error(labels[:, None], wide + deep)
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.train.MonitoredSession() as session:
        for _ in range(150):
            _, found = session.run([train, loss])
    assert found < 0.02


# --- refusals -------------------------------------------------------------------------------------------------

SPARSE = "The corresponding Tensor of numerical column must be a Tensor. SparseTensor is not supported. key: s"
SEQUENCE = (
    "In indicator_column: q_indicator. categorical_column must not be of type _SequenceCategoricalColumn. Suggested fix A: If you "
    "wish to use DenseFeatures, use a non-sequence categorical_column_with_*. Suggested fix B: If you wish to create sequence "
    "input, use SequenceFeatures instead of DenseFeatures. Given (type <class 'tensorflow.python.feature_column."
    "feature_column_v2.SequenceCategoricalColumn'>): SequenceCategoricalColumn(categorical_column=IdentityCategoricalColumn("
    "key='q', number_buckets=3, default_value=None))"
)
KINDS = (
    "To use shared_embedding_column, all categorical_columns must have the same type, or be weighted_categorical_column of the "
    "same type. Given column: IdentityCategoricalColumn(key='a', number_buckets=3, default_value=None) of type: <class "
    "'tensorflow.python.feature_column.feature_column_v2.IdentityCategoricalColumn'> does not match given column: "
    "HashedCategoricalColumn(key='b', hash_bucket_size=3, dtype=tf.string) of type: <class "
    "'tensorflow.python.feature_column.feature_column_v2.HashedCategoricalColumn'>"
)
COUNTS = (
    "To use shared_embedding_column, all categorical_columns must have the same number of buckets. Given column: "
    "IdentityCategoricalColumn(key='a', number_buckets=3, default_value=None) with buckets: 3 does  not match column: "
    "IdentityCategoricalColumn(key='b', number_buckets=4, default_value=None) with buckets: 4"
)
_identity = fc.categorical_column_with_identity
REFUSED = {  # what 2.21 says in other words, or with other steps, than 1.15
    "sparse numbers": (lambda: fc.input_layer({"s": rows_of([[1.0]])}, fc.numeric_column("s")), SPARSE),
    "a sequence": (
        lambda: fc.input_layer(
            {"q": tf.constant([[1]])}, fc.indicator_column(fc.sequence_categorical_column_with_identity("q", 3))
        ),
        SEQUENCE,
    ),
    "shared by two kinds": (
        lambda: fc.shared_embedding_columns([_identity("a", 3), fc.categorical_column_with_hash_bucket("b", 3)], 2),
        KINDS,
    ),
    "shared, of two sizes": (lambda: fc.shared_embedding_columns([_identity("b", 4), _identity("a", 3)], 2), COUNTS),
}


@pytest.mark.parametrize("call, words", REFUSED.values(), ids=REFUSED)
def test_refused(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == words


@pytest.mark.parametrize(
    "ids, words",
    [
        ([[1], [3]], 'assertion failed: [Bucket index for categorical column \\"i\\" exceeds number of buckets] [1 3] [3]'),
        ([[1], [-2]], 'assertion failed: [Negative bucket index for categorical column \\"i\\"] [1 -2]'),
    ],
)
def test_ids_out_of_range_are_refused_in_a_run(ids, words):
    made = fc.linear_model({"i": tf.constant(ids)}, [_identity("i", 3)])
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        run(made)
    assert str(error.value).splitlines()[0] == words


def test_a_collection_holds_one_table():
    shared = fc.shared_embedding_columns([_identity("a", 3)], 2, shared_embedding_collection_name="both")
    tf.add_to_collection("both", tf.get_variable("other", [4, 2]))
    with pytest.raises(ValueError, match="Shared embedding collection both contains variable other:0 of unexpected shape"):
        fc.input_layer({"a": tf.constant([[1]])}, shared)
    tf.add_to_collection("both", tf.get_variable("another", [3, 2]))
    with pytest.raises(ValueError, match="can only contain one variable. Suggested fix A: Choose a unique name"):
        fc.input_layer({"a": tf.constant([[1]])}, shared)


def test_columns_of_ones_own():
    """Programs derive from classes that 1.15 keeps in private modules."""
    feature_column, feature_column_v2 = (
        private_module(f"python.feature_column.{name}") for name in ("feature_column", "feature_column_v2")
    )

    class Doubled(feature_column._DenseColumn):
        name = "doubled"
        _variable_shape = tf.TensorShape([1])
        _parse_example_spec = {"x": tf.FixedLenFeature([1], tf.float32)}

        def _transform_feature(self, inputs):
            return inputs.get("x") * 2.0

        def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
            return inputs.get(self)

    made, _ = run(fc.input_layer({"x": tf.constant([[1.0], [4.0]])}, [Doubled(), fc.numeric_column("x")]))
    np.testing.assert_array_equal(made, [[2, 1], [8, 4]])
    assert isinstance(fc.numeric_column("x"), (feature_column._FeatureColumn, feature_column_v2.NumericColumn))
    assert set(fc.make_parse_example_spec([Doubled()])) == {"x"}
