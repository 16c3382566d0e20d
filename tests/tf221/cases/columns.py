"""Feature columns: what layers make of them, under which names. Recorded by TensorFlow 2.21 (tests/held.py)."""

import re, tempfile

from tf221.common import _v, _once, _fails, _t

# what 1.15 makes in another way: rows that ids name twice are looked up once, ids are checked when it runs, `one_hot` makes its values again
_OTHER = re.compile(r'embedding_lookup_sparse/|/one_hot/o|/assert_(less_than|greater_or)|/(num_buckets|zero)(/x)?$|/values_1$|(?<!SparseReshape)(?<!weighted_sum)(?<!_weights)/Identity$|/ones_like/Shape|/assert_less/(Const|Rank|range)')
def _kept(tf, *fetches, **more):
    """The fetches, and as text all nodes' names and types, collections, and shapes of variables."""
    g = tf.get_default_graph(); nodes = [(o.name, {'AddV2': 'Add', 'DivNoNan': 'RealDiv'}.get(o.type, o.type)) for o in g.get_operations() if not _OTHER.search(o.name)]
    held = sorted((str(k), [getattr(v, 'name', type(v).__name__) for v in g.get_collection(k)]) for k in g.get_all_collection_keys() if not str(k).startswith(('__', '(')) and k != 'cond_context')
    return [list(fetches), _t(tf, *nodes), _t(tf, *held), _t(tf, *[(v.name, v.shape) for v in tf.global_variables()])], dict({'runs': 1, 'same': 'values'}, **more)
def _sp(tf, rows, dtype=None):
    at = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]; values = [v for row in rows for v in row]
    return tf.SparseTensor(at or np.zeros([0, 2], 'int64'), tf.constant(values, dtype) if values else tf.constant([], dtype), [len(rows), max(map(len, rows))])
def _filled(tf, **more):
    """Variables set to numbers of their own before the first run."""
    def before(session):
        for k, v in enumerate(tf.global_variables()): v.load(_v(*v.shape.as_list(), step=37 + 2 * k), session)
    return dict({'before': before}, **more)
WORDS = [['a', 'b'], [], ['c', 'a', 'zz'], ['b']]

# numbers
def numbers(tf):
    c = tf.feature_column; f = {'x': tf.constant(_v(4)), 'y': tf.constant(_v(4, 2, 3)), 'i': tf.constant(_v(4, 1, step=7) * 32, tf.int32), 'd': tf.constant(_v(4, 2), tf.float64), 'l': [[1.], [2.], [3.], [4.]]}
    return _kept(tf, c.input_layer(f, [c.numeric_column('y', [2, 3]), c.numeric_column('x'), c.numeric_column('d', 2, dtype=tf.float64, normalizer_fn=lambda x: x * 2), c.numeric_column('i', dtype=tf.int32), c.numeric_column('l')]))
def numbers_fed(tf):
    c = tf.feature_column; x, y = tf.placeholder(tf.float32, [None], 'x'), tf.placeholder(tf.float32, [None, 2], 'y')
    return _kept(tf, c.input_layer({'x': x, 'y': y}, iter([c.numeric_column('y', 2), c.numeric_column('x', normalizer_fn=tf.log)])), feed={x: [1., 2., 4.], y: _v(3, 2)})
def numbers_of_unknown_rank(tf):
    c = tf.feature_column; x, y = tf.placeholder(tf.float32, None, 'x'), tf.placeholder(tf.float32, None, 'y')
    return _kept(tf, c.input_layer({'x': x, 'y': y}, [c.numeric_column('x'), c.numeric_column('y', 2)]), feed={x: [1., 2.], y: _v(2, 2)})
def numbers_linear(tf): c = tf.feature_column; return _kept(tf, c.linear_model({'x': tf.constant(_v(3)), 'y': tf.constant(_v(3, 2, 2))}, [c.numeric_column('y', (2, 2)), c.numeric_column('x')], units=2), **_filled(tf))
def ranges(tf):
    c = tf.feature_column; f = {'x': tf.constant([[-1., 0.], [.5, 1.], [7., float('nan')]]), 'i': tf.constant([[3], [10], [-4]], tf.int64), 'd': tf.constant([.1, .2, .3], tf.float64)}
    b = [c.bucketized_column(c.numeric_column('x', 2), [0., .5, 1.]), c.bucketized_column(c.numeric_column('i', dtype=tf.int64), (3, 10)), c.bucketized_column(c.numeric_column('d', dtype=tf.float64), [.1, .2])]
    return _kept(tf, c.input_layer(f, b), c.linear_model(f, b, units=2), **_filled(tf))
def ranges_fed(tf): c = tf.feature_column; x = tf.placeholder(tf.float32, [None, 1], 'x'); b = c.bucketized_column(c.numeric_column('x'), [0., 1.]); return _kept(tf, c.input_layer({'x': x}, b), c.linear_model({'x': x}, b), **_filled(tf, feed={x: [[-1.], [0.], [2.], [.5]]}))
def bucketize(tf): return _once([tf.raw_ops.Bucketize(input=tf.constant(v, d), boundaries=[-1., 0.1, 3.]) for v, d in [([[-2., -1.], [.1, 3.]], tf.float32), ([.1, 2.9, 4.], tf.float64), ([-1, 0, 3, 16777217], tf.int32), ([5, -9], tf.int64), ([float('nan'), float('inf'), float('-inf')], tf.float32)]], same='values')

# ids
def hashed(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'd': tf.constant([['a', ''], ['b', 'c'], ['', ''], ['x', 'a']]), 'i': tf.constant([[1, -1], [2, 3], [-1, -1], [4, 5]]), 'v': tf.constant(['p', 'q', '', 'p'])}
    h = c.categorical_column_with_hash_bucket; b = [h('s', 7), h('d', 5), h('i', 6, tf.int32), h('v', 4)]
    return _kept(tf, c.input_layer(f, [c.indicator_column(one) for one in b]), c.linear_model(f, b), **_filled(tf))
def hashes_of_ints(tf): c = tf.feature_column; b = c.categorical_column_with_hash_bucket('i', 1000, tf.int64); return _kept(tf, c.linear_model({'i': tf.constant([[5, 123456789012], [-7, 0]], tf.int64)}, [b]), **_filled(tf))
def identity(tf):
    c = tf.feature_column; f = {'i': _sp(tf, [[0, 2], [], [1]], tf.int64), 'd': tf.constant([[5, -1], [1, 9], [-3, 2]]), 'w': tf.constant([0, 1, 2], tf.int64)}
    k = c.categorical_column_with_identity; b = [k('i', 3), k('d', 6, 4), k('w', 3)]
    return _kept(tf, c.input_layer(f, [c.indicator_column(one) for one in b]), c.linear_model(f, b, sparse_combiner='mean'), **_filled(tf))
def listed(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'i': tf.constant([[3, 5], [9, -1], [1, 1], [5, 8]]), 't': tf.constant(['a', 'q', '', 'c']), 'o': _sp(tf, [[7], [8, 9], [], [1]], tf.int64)}
    k = c.categorical_column_with_vocabulary_list; b = [k('s', ['a', 'b', 'c']), k('i', [1, 3, 5], default_value=0), k('t', ('c', 'a'), num_oov_buckets=3), k('o', (9, 7), tf.int64, num_oov_buckets=2)]
    return _kept(tf, c.input_layer(f, [c.indicator_column(one) for one in b]), c.linear_model(f, b, sparse_combiner='sqrtn'), **_filled(tf))
def _file(text):
    with tempfile.NamedTemporaryFile('w', suffix='.txt', delete=False) as file: file.write(text)
    return file.name
def in_file(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'i': tf.constant([[3, 5], [9, -1], [1, 1], [5, 8]]), 't': tf.constant(['a', 'q', '', 'c'])}
    k = c.categorical_column_with_vocabulary_file; words = _file('c\na\nb\n'); b = [k('s', words), k('i', _file('5\n9\n1'), 2, default_value=1, dtype=tf.int32), k('t', words, 2, 3)]
    return _kept(tf, c.input_layer(f, [c.indicator_column(one) for one in b]), c.linear_model(f, b), _t(tf, *[(x.num_buckets, x.vocabulary_size) for x in b]), **_filled(tf))

# crosses, weights
def crossed(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'd': tf.constant([['a', ''], ['b', 'c'], ['', 'a'], ['x', 'a']]), 'i': tf.constant([[1], [2], [3], [-1]], tf.int64), 'x': tf.constant([[.5], [3.], [1.], [-2.]])}
    r = c.bucketized_column(c.numeric_column('x'), [0., 1.]); l = c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c']); k = c.crossed_column
    b = [k(['s', 'd'], 1000), k(['d', r], 97, hash_key=5), k([r, l], 50), k([k(['s', 'd'], 10), 'i'], 200), k(['i', 'd', c.categorical_column_with_identity('i', 4)], 23)]
    return _kept(tf, c.linear_model(f, b), _t(tf, *[(x.name, x.num_buckets) for x in b]), **_filled(tf))
def crosses(tf): return _once([tuple(tf.sparse.cross_hashed(*args)) if False else [x.indices, x.values, x.dense_shape] for args in [([tf.constant([['a', 'b'], ['c', 'd']]), _sp(tf, [['x'], ['y', 'z']])], 10 ** 6), ([tf.constant([[1], [2]]), tf.constant([['q'], ['r']])], 0), ([_sp(tf, [[1, 2], [3]], tf.int64), _sp(tf, [['u'], []]), tf.constant([[7], [8]], tf.int32)], 999983, 77)] for x in [tf.sparse.cross_hashed(*args)]], same='values')
def weighted(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'w': _sp(tf, [[.5, 2.], [], [1., -1., 3.], [.25]]), 'i': tf.constant([[1, 2], [0, -1]] * 2), 'v': tf.constant([[2, 3], [4, 0]] * 2)}
    b = [c.weighted_categorical_column(c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c', 'd']), 'w'), c.weighted_categorical_column(c.categorical_column_with_identity('i', 3), 'v', tf.int32)]
    return _kept(tf, c.input_layer(f, [c.indicator_column(b[0]), c.embedding_column(b[0], 2), c.embedding_column(b[1], 3, 'sum')]), *[c.linear_model(f, b, sparse_combiner=one) for one in ('sum', 'mean', 'sqrtn')], **_filled(tf))

# tables
def embedded(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'i': tf.constant([[1, -1], [0, 2], [3, 3], [-1, -1]])}; s, i = c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c']), c.categorical_column_with_identity('i', 4)
    outs = [c.input_layer(f, [c.embedding_column(s, 2, combiner), c.embedding_column(i, 3, combiner, max_norm=norm)]) for combiner, norm in (('mean', None), ('sum', 1.), ('sqrtn', .5))]
    return _kept(tf, *outs, **_filled(tf))
def embedded_initial(tf): c = tf.feature_column; i = c.categorical_column_with_identity('i', 4); e = c.embedding_column(i, 2, initializer=tf.constant_initializer(_v(4, 2)), trainable=False); return _kept(tf, c.input_layer({'i': tf.constant([[0], [3]])}, e))
def embedded_seeded(tf): c = tf.feature_column; i = c.categorical_column_with_identity('i', 4); return _kept(tf, c.input_layer({'i': tf.constant([[0], [3]])}, [c.embedding_column(i, 5, initializer=tf.truncated_normal_initializer(0., .5, seed=2))]), c.input_layer({'i': tf.constant([[1]])}, [c.embedding_column(i, 5)]) < 9.)
def embedded_in_parts(tf):
    c = tf.feature_column; f = {'i': tf.constant([[0, 1], [4, 3]])}; i = c.categorical_column_with_identity('i', 5); seen = {}
    with tf.variable_scope('part', partitioner=tf.fixed_size_partitioner(2)): a = c.input_layer(f, [c.embedding_column(i, 2)], cols_to_vars=seen); b = c.linear_model(f, [i], cols_to_vars=seen)
    return _kept(tf, a, b, _t(tf, *sorted((getattr(k, 'name', k), [x.name for x in v]) for k, v in seen.items())), **_filled(tf))
def embedded_slopes(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'x': tf.constant(_v(4, 1))}; s = c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c'])
    y = c.input_layer(f, [c.embedding_column(s, 2), c.numeric_column('x')]); z = c.linear_model(f, [s, c.numeric_column('x')]); v = tf.trainable_variables(); n = tf.shape(y)
    return [y, z] + [tf.convert_to_tensor(d) for d in tf.gradients(tf.reduce_sum(y ** 2) + tf.reduce_sum(tf.exp(z)), v)], _filled(tf, runs=1, same='values')
def shared(tf):
    c = tf.feature_column; f = {'a': _sp(tf, [[0, 1], [2]], tf.int64), 'b': tf.constant([[2, -1], [1, 1]]), 'w': _sp(tf, [[.5, 2.], [1.]])}; k = c.categorical_column_with_identity
    a, b = c.shared_embedding_columns([k('b', 3), c.weighted_categorical_column(k('a', 3), 'w')], 2); p, q = c.shared_embedding_columns([k('a', 3), k('b', 3)], 2, 'sum', shared_embedding_collection_name='both', max_norm=.5, trainable=False)
    return _kept(tf, c.input_layer(f, [a, b]), c.input_layer(f, [p, q]), c.input_layer(f, [a]), _t(tf, a.name, b.name, p.name), **_filled(tf))

# layers
def layers_told(tf):
    c = tf.feature_column; f = {'x': tf.constant(_v(2, 1)), 'i': tf.constant([[0], [1]])}; i = c.categorical_column_with_identity('i', 2); seen, outs, more = {}, {}, {}
    a = c.input_layer(f, [c.numeric_column('x'), c.embedding_column(i, 2)], ['mine'], False, seen, outs); b = c.linear_model(f, [i, c.numeric_column('x')], 2, 'sum', ['mine', 'yours'], False, more)
    return _kept(tf, a, b, _t(tf, *sorted((x.name, [v.name for v in vs], outs[x].name) for x, vs in seen.items())), _t(tf, *sorted((getattr(x, 'name', x), [v.name for v in vs]) for x, vs in more.items())), **_filled(tf))
def layers_in_scopes(tf):
    c = tf.feature_column; f = {'x': tf.constant(_v(2, 1)), 'i': tf.constant([[0], [1]])}; i = c.categorical_column_with_identity('i', 2); e = [c.numeric_column('x'), c.embedding_column(i, 2), c.indicator_column(i)]; l = [i, c.numeric_column('x')]; outs = []
    for reuse in (None, True):
        with tf.variable_scope('net', reuse=reuse): outs += [c.input_layer(f, e), c.linear_model(f, l)]
    with tf.name_scope('names'): outs += [c.input_layer(f, e), c.linear_model(f, l)]
    with tf.variable_scope('net', reuse=tf.AUTO_REUSE, use_resource=True), tf.variable_scope('in'): outs += [c.input_layer(f, e), c.linear_model(f, l), c.linear_model(f, l)]
    return _kept(tf, *outs, **_filled(tf))
def linear_features_of_numpy(tf): c = tf.feature_column; return _kept(tf, c.linear_model({'x': _v(3, 1), 'y': tf.constant(_v(3, 2))}, [c.numeric_column('x'), c.numeric_column('y', 2)]), **_filled(tf))
def linear_order(tf): c = tf.feature_column; f = {k: tf.constant(_v(2, 1, step=s)) for k, s in (('b', 3), ('a', 5), ('a_1', 7), ('B', 11))}; l = [c.numeric_column(k) for k in f]; return _kept(tf, c.linear_model(f, l), c.linear_model(f, l[::-1]), c.input_layer(f, l), **_filled(tf))
def trained(tf):
    c = tf.feature_column; f = {'s': _sp(tf, WORDS), 'x': tf.constant(_v(4, 1))}; s = c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c'])
    loss = tf.reduce_mean(tf.square(c.linear_model(f, [s, c.numeric_column('x')]) + tf.reduce_sum(c.input_layer(f, [c.embedding_column(s, 2, initializer=tf.ones_initializer())]), 1, keepdims=True) - _v(4, 1, step=5)))
    return [loss] + tf.trainable_variables(), {'train': tf.train.AdamOptimizer(.1).minimize(loss), 'runs': 4, 'same': 'values'}

# what columns say
def _some(tf):
    c = tf.feature_column; x, i, s, h = c.numeric_column('x', 2, 1.5), c.categorical_column_with_identity('i', 4), c.categorical_column_with_vocabulary_list('s', ['a', 'b'], num_oov_buckets=2), c.categorical_column_with_hash_bucket('h', 9, tf.int64)
    return [x, i, s, h, c.bucketized_column(c.numeric_column('x', 2, 1.5), [1., 2.]), c.crossed_column(['k', s], 8), c.weighted_categorical_column(h, 'w', tf.int32), c.indicator_column(s), c.numeric_column('n', (2, 1), [[1], [2]], tf.int32), c.sequence_categorical_column_with_identity('q', 3), c.sequence_categorical_column_with_hash_bucket('r', 3), c.sequence_categorical_column_with_vocabulary_list('t', ['a'], default_value=0)]
def told(tf):
    c = tf.feature_column; some = _some(tf); e = c.embedding_column(some[1], 3); n = c.sequence_numeric_column('z', 2, normalizer_fn=None)
    return _once(_t(tf, *[repr(x) for x in some], *[(type(x).__name__, x.name, sorted(x.parse_example_spec.items()), getattr(x, 'num_buckets', None), getattr(x, 'variable_shape', None), len(x.parents)) for x in some + [e, n]], n, some[0] < some[1], sorted(some, key=str) == sorted(some), some[0] == c.numeric_column('x', [2], 1.5), hash(some[1]) == hash(c.categorical_column_with_identity('i', 4)), some[0]._fields), same='values')
def parsed_spec(tf): c = tf.feature_column; return _once(_t(tf, *sorted(c.make_parse_example_spec(_some(tf) + c.shared_embedding_columns([c.categorical_column_with_identity('i', 4)], 2)).items())), same='values')
def parsed(tf):
    c = tf.feature_column; x, s = c.numeric_column('x', 2, 0.), c.categorical_column_with_vocabulary_list('s', ['a', 'b', 'c']); w = c.weighted_categorical_column(s, 'w'); columns = [x, c.embedding_column(w, 2, initializer=tf.constant_initializer(_v(3, 2))), c.indicator_column(s)]
    E, F = tf.train.Example, tf.train.Feature; data = [E(features=tf.train.Features(feature={'x': F(float_list=tf.train.FloatList(value=a)), 's': F(bytes_list=tf.train.BytesList(value=b)), 'w': F(float_list=tf.train.FloatList(value=[.5, 2.][:len(b)]))})).SerializeToString() for a, b in (([1., 2.], [b'a', b'c']), ([3., 4.], []), ([5., 6.], [b'q']))]
    return _once(c.input_layer(tf.io.parse_example(tf.constant(data), c.make_parse_example_spec(columns)), columns), same='values')

# sequences: 2.21 has no contrib, so it ran 1.15's file of it
def sequences(tf):
    c, q = tf.feature_column, tf.contrib.feature_column; f = {'s': _sp(tf, WORDS), 'i': _sp(tf, [[0, 1], [2], [0, 0, 1], []], tf.int64), 'n': _sp(tf, [[1., 2., 3., 4.], [], [5., 6.], [7., 8., 9.]])}
    s, i = q.sequence_categorical_column_with_vocabulary_list('s', ['a', 'b', 'c']), c.sequence_categorical_column_with_identity('i', 3)
    outs = [q.sequence_input_layer(f, x) for x in ([c.embedding_column(s, 2)], [c.indicator_column(i)], q.sequence_numeric_column('n', 2, -1.), [c.indicator_column(s), c.embedding_column(s, 3, 'sum', max_norm=.5)])]
    outs += [q.sequence_input_layer({'n': f['n'], 'm': f['n']}, [q.sequence_numeric_column('n', 1, normalizer_fn=lambda x: tf.SparseTensor(x.indices, x.values * 2., x.dense_shape)), q.sequence_numeric_column('m')], trainable=False)]
    return _kept(tf, *[x for pair in outs for x in pair], **_filled(tf))
def sequences_deep(tf):
    c, q = tf.feature_column, tf.contrib.feature_column; at = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [2, 0, 0], [2, 2, 1]]
    f = {'h': tf.SparseTensor(at, tf.constant(['a', 'b', 'c', 'a', 'd']), [3, 4, 2]), 'n': tf.SparseTensor(at, tf.constant(_v(5)), [3, 3, 2]), 'w': tf.SparseTensor(at, tf.constant([.5, 1., 2., 3., 4.]), [3, 4, 2])}; h = q.sequence_categorical_column_with_hash_bucket('h', 5)
    return _kept(tf, *[x for one in ([c.embedding_column(h, 2)], [c.indicator_column(h)], [q.sequence_numeric_column('n', 2)]) for x in q.sequence_input_layer(f, one, ['mine'])], **_filled(tf))
def sequences_shared(tf):
    c, q = tf.feature_column, tf.contrib.feature_column; k = c.sequence_categorical_column_with_identity; f = {'a': _sp(tf, [[0, 1], [2]], tf.int64), 'b': _sp(tf, [[1, 0], [0]], tf.int64)}
    return _kept(tf, *q.sequence_input_layer(f, c.shared_embedding_columns([k('b', 3), k('a', 3)], 2), [tf.GraphKeys.GLOBAL_VARIABLES]), **_filled(tf))
def sequences_unequal(tf):
    c, q = tf.feature_column, tf.contrib.feature_column; f = {'n': _sp(tf, [[1., 2.], [3.]]), 'm': _sp(tf, [[1.], [3.]]), 'i': tf.constant([[1]])}; n, i = q.sequence_numeric_column, c.categorical_column_with_identity('i', 3)
    return _once(_fails(tf, lambda: q.sequence_input_layer(f, [c.numeric_column('n')]), lambda: q.sequence_input_layer(f, [c.embedding_column(i, 2)]), lambda: q.sequence_input_layer(f, [c.indicator_column(i)]), lambda: q.sequence_input_layer(f, [n('n'), n('n')]), lambda: q.sequence_input_layer(f, []), lambda: q.sequence_input_layer(f, [c.sequence_numeric_column('n')]), lambda: n('n', 0), lambda: n('n', normalizer_fn=1)), same='values')
def sequence_told(tf): q = tf.contrib.feature_column; n = q.sequence_numeric_column('n', (2, 1), 0., tf.int64); return _once(_t(tf, n, n.name, n._parse_example_spec, tf.feature_column.make_parse_example_spec([n])), same='values')

# refusals
def wrong_numbers(tf):
    c = tf.feature_column; n, b = c.numeric_column, c.bucketized_column
    return _once(_fails(tf, lambda: n('x', 'a'), lambda: n('x', 0), lambda: n('x', (2, 1.5)), lambda: n('x', (2, -1)), lambda: n('x', dtype=tf.string), lambda: n('x', default_value='a'), lambda: n('x', 2, [1.]), lambda: n('x', 2, [1., 2.], tf.int32), lambda: n('x', 1, 1.5, tf.int32), lambda: n('x', normalizer_fn=3), lambda: n(3), lambda: n('x', (2, 2), [[1, 2], [3]]), lambda: n('x', 2, [1, 2.]), lambda: n('x', 2, np.array([1., 2.])),
        lambda: b(3, [1.]), lambda: b(n('x', (2, 2)), [1.]), lambda: b(n('x'), []), lambda: b(n('x'), {1.}), lambda: b(n('x'), [1., 1.]), lambda: b(n('x'), [2., 1.]), lambda: b(n('x'), None)), same='values')
def wrong_ids(tf):
    c = tf.feature_column; h, i, l, f = c.categorical_column_with_hash_bucket, c.categorical_column_with_identity, c.categorical_column_with_vocabulary_list, c.categorical_column_with_vocabulary_file; words = _file('a\nb\n')
    return _once(_fails(tf, lambda: h('x', None), lambda: h('x', 0), lambda: h(1, 3), lambda: h('x', 3, tf.float32), lambda: i('x', 0), lambda: i('x', 3, 3), lambda: i('x', 3, -1), lambda: i(2, 3), lambda: l('x', []), lambda: l('x', None), lambda: l('x', ['a', 'a']), lambda: l('x', [1.5]), lambda: l('x', ['a'], tf.int32), lambda: l('x', [1], tf.string), lambda: l('x', ['a'], default_value=0, num_oov_buckets=1), lambda: l('x', ['a'], num_oov_buckets=-1), lambda: l(1, ['a']), lambda: l('x', [1], tf.float32),
        lambda: f('x', ''), lambda: f('x', None), lambda: f('x', '/nowhere/at all'), lambda: f('x', words, 0), lambda: f('x', words, -1), lambda: f('x', words, num_oov_buckets=-1), lambda: f('x', words, num_oov_buckets=1, default_value=0), lambda: f('x', words, dtype=tf.float32), lambda: f(3, words)), same='values')
def wrong_crosses(tf):
    c = tf.feature_column; k, h, w = c.crossed_column, c.categorical_column_with_hash_bucket('h', 3), c.weighted_categorical_column; i = c.categorical_column_with_identity('i', 3)
    return _once(_fails(tf, lambda: k(['a', 'b'], 0), lambda: k(['a', 'b'], None), lambda: k(['a'], 3), lambda: k([], 3), lambda: k(['a', c.numeric_column('x')], 3), lambda: k(['a', h], 3), lambda: k(['a', 3], 3), lambda: w(i, 'w', tf.string), lambda: w(i, 'w', None), lambda: w(i, 'i').parse_example_spec,
        lambda: c.linear_model({'a': tf.constant([['a']]), 'i': tf.constant([[1]]), 'w': tf.constant([[1.]])}, [k(['a', w(i, 'w')], 3)]), lambda: c.linear_model({'i': tf.constant([[1]]), 'w': tf.constant([[1]])}, [w(i, 'w')]), lambda: c.linear_model({'a': tf.constant([[1.5]]), 'i': tf.constant([[1]])}, [k(['b', i], 3)])), same='values')
def wrong_tables(tf):
    c = tf.feature_column; e, s, i = c.embedding_column, c.shared_embedding_columns, c.categorical_column_with_identity('i', 3)
    return _once(_fails(tf, lambda: e(i, 0), lambda: e(i, None), lambda: e(i, 2, ckpt_to_load_from='a'), lambda: e(i, 2, tensor_name_in_ckpt='a'), lambda: e(i, 2, initializer=3), lambda: s([i], 0), lambda: s([i], 2, ckpt_to_load_from='a'), lambda: s([i], 2, initializer=3)), same='values')
def wrong_layers(tf):
    c = tf.feature_column; x, i = c.numeric_column('x'), c.categorical_column_with_identity('i', 3); f = {'x': tf.constant([[1.]]), 'i': tf.constant([[1]]), 's': tf.constant([['a']]), 'two': tf.constant([[1.], [2.]]), 'zero': tf.constant(1.), 'sp': _sp(tf, [[1.]]), 'fl': tf.constant([[1.5]])}; n, h = c.numeric_column, c.categorical_column_with_hash_bucket
    return _once(_fails(tf, *[g for l in (c.input_layer, c.linear_model) for g in (lambda l=l: l(f, []), lambda l=l: l(f, {'x': x}), lambda l=l: l(f, [3]), lambda l=l: l(f, [x, n('x')]), lambda l=l: l(f, [n('gone')]), lambda l=l: l(f, [x, n('two')]), lambda l=l: l(f, [n('zero')]), lambda l=l: l(f, [n('sp')]))],
        lambda: c.input_layer(f, [i]), lambda: c.input_layer(f, [x, c.indicator_column(h('fl', 3))]), lambda: c.input_layer(f, [c.indicator_column(h('i', 3))]), lambda: c.linear_model(f, [h('s', 3, tf.int32)]), lambda: c.linear_model(f, [c.categorical_column_with_identity('s', 3)]), lambda: c.linear_model(f, [c.categorical_column_with_vocabulary_list('i', ['a'])]), lambda: c.linear_model(f, [c.categorical_column_with_vocabulary_list('s', [1])]),
        lambda: c.make_parse_example_spec([3]), lambda: c.make_parse_example_spec([x, c.numeric_column('x', 2)])), same='values')
def wrong_sequences(tf):
    c = tf.feature_column; q = c.sequence_categorical_column_with_identity('q', 3); f = {'q': tf.constant([[1]])}; n = c.sequence_numeric_column
    return _once(_fails(tf, lambda: n('z', 0), lambda: n('z', 'a'), lambda: n('z', dtype=tf.string), lambda: n('z', normalizer_fn=3), lambda: c.sequence_categorical_column_with_identity('q', 0), lambda: c.sequence_categorical_column_with_hash_bucket('q', 0), lambda: c.sequence_categorical_column_with_vocabulary_list('q', []), lambda: c.sequence_categorical_column_with_vocabulary_file('q', ''), lambda: c.input_layer(f, [c.indicator_column(q)]), lambda: c.input_layer(f, [c.embedding_column(q, 2)]), lambda: c.make_parse_example_spec([n('z')])), same='values')
def out_of_range(tf): c = tf.feature_column; i = tf.constant([[1], [9]]); out = c.linear_model({'i': i}, [c.categorical_column_with_identity('i', 3, 1)]); return _once(out, same='values')
