"""Layers, cells, linear operators, distributions, data sets, tables, files, summaries, hooks and what trains. Recorded by TensorFlow 2.21 (tests/held.py)."""

from tf221.common import _v, _once, _graded, _t, _says, _s

# layers
def pools_1d(tf): L = tf.layers; x = tf.constant(_v(2, 6, 3)); return _graded(tf, L.average_pooling1d(x, 2, 2) + L.max_pooling1d(x, 2, 2, name='mp'), x)[0] + [L.average_pooling1d(x, pool_size=[3], strides=[1], padding='same', data_format='channels_last', name='ap'), L.max_pooling1d(inputs=x, pool_size=3, strides=2, padding='SAME'), L.AveragePooling1D(2, 2)(x), L.MaxPooling1D(2, 1, name='obj')(x)], {'runs': 1, 'same': 'values'}
def pools_3d(tf): L = tf.layers; x = tf.constant(_v(1, 4, 4, 4, 2)); return _graded(tf, L.average_pooling3d(x, 2, 2) + L.max_pooling3d(x, (2, 2, 2), (2, 2, 2), name='mp'), x)[0] + [L.average_pooling3d(x, [1, 2, 3], [1, 2, 1], 'same', 'channels_last', 'a3'), L.max_pooling3d(x, 3, 1, padding='same')], {'runs': 1, 'same': 'values'}
def pools_wrong(tf): L = tf.layers; return _once(_says(tf, lambda: L.max_pooling1d(tf.zeros([2, 3]), 2, 2), lambda: L.average_pooling1d(tf.zeros([2, 3, 1]), 2, 2, 'full'), lambda: L.max_pooling3d(tf.zeros([1, 2, 2, 2, 1]), (2, 2), 2), lambda: L.average_pooling3d(tf.zeros([1, 2, 2, 1]), 2, 2), lambda: L.max_pooling1d(tf.zeros([2, 3, 1]), 2, 2, data_format='channels')), same='values')
def output_shapes(tf):
    L = tf.layers; f = lambda l, s: l.compute_output_shape(s); T = tf.TensorShape
    return _once(_t(tf, f(L.Dense(3), T([2, None, 4])), f(L.Conv1D(3, 2), T([2, 6, 1])), f(L.Conv2D(4, 3, 2, 'same'), T([None, 7, 8, 1])), f(L.Conv2DTranspose(2, 3, 2, 'same'), T([1, 4, 4, 2])), f(L.Conv2DTranspose(2, 3), T([1, 4, 4, 2])), f(L.Dropout(), T([2, 3])), f(L.Flatten(), T([2, 3, 4])), f(L.Flatten(), T([None, 3, None])), f(L.BatchNormalization(), T([2, 3])), f(L.MaxPooling1D(2, 2), T([2, 7, 3])), f(L.AveragePooling2D(2, 2, 'same'), T([2, 7, 5, 3])), f(L.MaxPooling3D(2, 2), T([1, 4, 5, 6, 1])), f(L.Conv3D(2, 2), T([1, 4, 4, 4, 1])), f(L.Dense(2), [3, 4]) if 1 else ''), same='values')
def layer_methods(tf):
    L = tf.layers; x = tf.constant(_v(2, 3))
    class Own(L.Layer):
        def build(self, shape): self.w = self.add_weight('w', [int(shape[-1]), 2], initializer=tf.ones_initializer(), regularizer=tf.nn.l2_loss); self.n = self.add_variable('n', shape=[], dtype=tf.float32, initializer=tf.zeros_initializer(), trainable=False); self.built = True
        def call(self, inputs): self.add_update(tf.assign_add(self.n, 1.)); self.add_loss(tf.reduce_sum(inputs)); return tf.matmul(inputs, self.w)
    own = Own(name='own'); y = own(x); z = own.apply(x * 2.)
    return _once([y, z, len(own.losses) * y, _t(tf, own.count_params(),  [v.name for v in own.trainable_weights], [v.name for v in own.non_trainable_weights], [v.name for v in own.variables], own.name, own.scope_name, own.dtype, own.trainable, own.built, own.input_shape if 0 else '', [v.name for v in own.weights], own.input_spec)], same='values')
def layer_wrong(tf): L = tf.layers; d = L.Dense(2); return _once(_says(tf, lambda: d.count_params(), lambda: L.Layer(bad=1), lambda: d(tf.zeros([3])) if 0 else L.Dense(2)(tf.placeholder(tf.float32)), lambda: L.Conv1D(2, 2)(tf.zeros([2, 2])), lambda: L.InputSpec(ndim=2).ndim, lambda: L.Flatten(data_format='x')), same='values')
def input_spec(tf): I = tf.layers.InputSpec; a = I(dtype='float32', shape=(2, None), max_ndim=3, min_ndim=1, axes={-1: 4}); return _once(_t(tf, a.dtype, a.shape, a.ndim, a.max_ndim, a.min_ndim, sorted(a.axes.items()), I(ndim=3).ndim), same='values')

# cells
def cell_states(tf):
    R = tf.nn.rnn_cell; b = R.BasicLSTMCell(3); g = R.GRUCell(2); m = R.MultiRNNCell([R.BasicRNNCell(2), g]); s = b.get_initial_state(batch_size=2, dtype=tf.float32); t = b.get_initial_state(inputs=tf.zeros([4, 5])); u = m.get_initial_state(batch_size=3, dtype=tf.float32); z = g.zero_state(tf.constant(2), tf.float32)
    return _once([s, t, u, z, _t(tf, type(s).__name__, type(u).__name__, b.state_size, b.output_size, m.state_size, m.output_size, g.state_size)], same='values')
def cells_called(tf):
    R = tf.nn.rnn_cell; x = tf.constant(_v(2, 3)); i = tf.constant_initializer(.1)
    with tf.variable_scope('s', initializer=i): a = R.DeviceWrapper(R.GRUCell(2), '/cpu:0'); y, s = a(x, a.zero_state(2, tf.float32))
    with tf.variable_scope('t', initializer=i): m = R.MultiRNNCell([R.BasicRNNCell(2), R.BasicLSTMCell(2)]); z, t = m(x, m.zero_state(2, tf.float32))
    with tf.variable_scope('u', initializer=i): p = R.MultiRNNCell([R.BasicRNNCell(2), R.GRUCell(3)], state_is_tuple=False); q, u = p(x, p.zero_state(2, tf.float32)); n = R.BasicLSTMCell(2, forget_bias=0., activation=tf.nn.relu); w, v = n(x, n.zero_state(2, tf.float32), scope='mine')
    return _once([y, s, z, t, q, u, w, v, _t(tf, *[k.name for k in tf.trainable_variables()])], same='values')
def cells_wrong(tf): R = tf.nn.rnn_cell; return _once(_says(tf, lambda: R.MultiRNNCell([]), lambda: R.MultiRNNCell(3), lambda: R.MultiRNNCell([R.BasicLSTMCell(2)], state_is_tuple=False), lambda: R.BasicRNNCell(2)(tf.zeros([2]), tf.zeros([2, 2])), lambda: R.GRUCell(2).get_initial_state(), lambda: R.DropoutWrapper(3), lambda: R.DropoutWrapper(R.GRUCell(2), input_keep_prob=2.)), same='values')

# linear operators
def linear_operator_methods(tf):
    L = tf.linalg; a = L.LinearOperatorFullMatrix(tf.constant([[4., 1.], [1., 3.]]), is_self_adjoint=True, is_positive_definite=True, is_non_singular=True); d = L.LinearOperatorDiag(tf.constant([[1., 2.], [3., 4.]])); x = tf.constant([[1., 2.], [3., 4.]])
    with tf.control_dependencies([a.assert_non_singular(), a.assert_positive_definite(), a.assert_self_adjoint(), d.assert_non_singular(name='ns')]): k = tf.constant(1.)
    return _once([k, a.add_to_tensor(x), a.batch_shape_tensor(), d.batch_shape_tensor(name='b'), a.determinant(), a.domain_dimension_tensor(), a.range_dimension_tensor(), a.inverse().to_dense(), a.log_abs_determinant(), d.shape_tensor(), a.solvevec([1., 2.]), a.solvevec([1., 2.], adjoint=True), a.tensor_rank_tensor(), d.tensor_rank_tensor(name='t'), d.inverse().to_dense(), d.add_to_tensor(tf.stack([x, x])), d.determinant(), d.log_abs_determinant(), d.trace(), d.diag_part(), a.matvec([1., 2.]), a.matmul(x, adjoint_arg=True), a.solve(x), a.cholesky().to_dense(), a.adjoint().to_dense(), a.H.to_dense(), _t(tf, a.shape, a.dtype.name, a.name, d.batch_shape, a.is_square, a.tensor_rank, d.domain_dimension, a.is_self_adjoint)], same='values', tol=1e-4)
def linear_operator_kinds(tf):
    L = tf.linalg; m = tf.constant([[2., 1.], [0., 3.]]); f = L.LinearOperatorFullMatrix(m, is_non_singular=True); kinds = [L.LinearOperatorAdjoint(f), L.LinearOperatorBlockDiag([f, L.LinearOperatorIdentity(1)]), L.LinearOperatorComposition([f, L.LinearOperatorDiag([1., 2.])]), L.LinearOperatorHouseholder([.6, .8]), L.LinearOperatorIdentity(2, batch_shape=[1]), L.LinearOperatorInversion(f), L.LinearOperatorKronecker([f, L.LinearOperatorIdentity(2)]), L.LinearOperatorLowRankUpdate(L.LinearOperatorDiag([2., 3.], is_positive_definite=True, is_non_singular=True, is_self_adjoint=True), [[1.], [1.]], [2.], is_diag_update_positive=True), L.LinearOperatorLowerTriangular(tf.transpose(m)), L.LinearOperatorScaledIdentity(2, 3.), L.LinearOperatorToeplitz([1., 2.], [1., 3.]), L.LinearOperatorZeros(2)]
    return _once([[k.to_dense(), k.trace(), k.diag_part(), k.matvec(tf.ones([k.shape[-1].value])), k.shape_tensor()] for k in kinds] + [[k.determinant(), k.log_abs_determinant(), k.solvevec(tf.ones([k.shape[-1].value]))] for k in kinds if k is not kinds[-1] and k is not kinds[4]], same='values', tol=1e-4)
def circulants(tf):
    L = tf.linalg; s = tf.constant([4., 1. + 1j, 1. - 1j], tf.complex64); c = L.LinearOperatorCirculant(s, input_output_dtype=tf.complex64); d = L.LinearOperatorCirculant2D(tf.constant([[3., 1.], [1., 2.]], tf.complex64)); t = L.LinearOperatorCirculant3D(tf.constant(_v(2, 1, 2) + 3.5 + 0j, tf.complex64)); k = tf.constant(1.)
    return _once([k, c.to_dense(), c.convolution_kernel(), c.convolution_kernel(name='ck'), c.block_shape_tensor(), d.to_dense(), d.block_shape_tensor(), d.convolution_kernel(), t.to_dense(), t.block_shape_tensor(), d.matvec(tf.ones([4], tf.complex64)), _t(tf, c.block_depth, d.block_shape, t.spectrum.shape, c.shape)], same='values', tol=1e-4)
def tridiagonal_matmuls(tf): d = tf.constant(_v(3, 4)); x = tf.constant(_v(4, 2, step=11)); f = tf.linalg.tridiagonal_matmul; y = f(d, x); s = f(tf.constant([[1., 2., 0.], [3., 4., 5.], [0., 6., 7.]]), tf.constant(_v(3, 1)), diagonals_format='compact', name='tm'); q = f([tf.constant([1., 2., 0.]), tf.constant([3., 4., 5.]), tf.constant([0., 6., 7.])], tf.constant(_v(3, 1)), 'sequence'); m = f(tf.constant(_v(3, 3)), tf.constant(_v(3, 2)), diagonals_format='matrix'); return _once([y, s, q, m] + tf.gradients(y * y, [d, x]), same='values')
def linear_operators_wrong(tf): L = tf.linalg; return _once(_says(tf, lambda: L.LinearOperatorFullMatrix([1.]), lambda: L.LinearOperatorIdentity(-1), lambda: L.LinearOperatorDiag([1, 2]), lambda: L.LinearOperatorFullMatrix(tf.zeros([2, 3])).determinant(), lambda: L.tridiagonal_matmul([[1.]], [[1.]], diagonals_format='odd'), lambda: L.LinearOperatorComposition([])), same='values')

# distributions
def distribution_methods(tf):
    D = tf.distributions; b = D.Bernoulli(probs=[.2, .7]); n = D.Normal([0., 1.], 2.); e = D.Exponential([1., 2.]); u = D.Uniform(1., [3., 4.]); l = D.Laplace(0., [1., 2.]); m = D.Multinomial(4., probs=[.2, .3, .5]); dd = D.Dirichlet([1., 2., 3.])
    return _once([b.batch_shape_tensor(), b.event_shape_tensor(), b.cross_entropy(D.Bernoulli(probs=.4)), b.is_scalar_batch(), b.is_scalar_event(), n.log_cdf([.5, 2.]), n.log_survival_function([.5, 2.]), n.quantile([.1, .9]), n.survival_function([.5, 2.]), e.survival_function([1., 2.]), e.log_cdf(1.), u.survival_function(2.), l.log_survival_function([.5, -1.]), l.log_cdf([3., -4.]), l.cdf(1.), m.covariance(), dd.covariance(), m.is_scalar_event(name='x'), n.cross_entropy(D.Normal(1., 1.)), n.is_scalar_batch(), dd.event_shape_tensor(), n.kl_divergence(D.Normal(1., 1.)), n.entropy(), m.batch_shape_tensor(name='mb'), _t(tf, n.name, b.allow_nan_stats, n.batch_shape, n.event_shape, n.dtype.name, sorted(n.parameters), D.FULLY_REPARAMETERIZED == n.reparameterization_type)], same='values')
def distributions_more(tf):
    D = tf.distributions; g = D.Gamma([2., 3.], [1., 2.]); t = D.StudentT(3., [0., 1.], 2.); be = D.Beta([1., 2.], 3.); c = D.Categorical(logits=[.1, .5, -1.])
    return _once([[d.mean(), d.variance(), d.stddev()] for d in (g, t, be)] + [g.log_prob([1., 2.]), g.cdf([1., 2.]), g.log_cdf([1., 2.]), g.mode(), g.entropy(), t.log_prob(.3), t.cdf([.2, -.4]), t.entropy(), t.mode(), be.log_prob(.4), be.cdf(.4), be.mode(), be.entropy(), c.log_prob([0, 2]), c.prob(1), c.entropy(), c.mode(), c.cross_entropy(D.Categorical(probs=[.2, .3, .5])), g.kl_divergence(D.Gamma(1., 1.)), be.kl_divergence(D.Beta(2., 2.)), D.Dirichlet([1., 2.]).kl_divergence(D.Dirichlet([2., 2.])), D.Dirichlet([1., 2.]).entropy(), D.Dirichlet([3., 2.]).mode(), D.Bernoulli(logits=[.3]).kl_divergence(D.Bernoulli(probs=[.5]))], same='values', tol=2e-5)
def distributions_wrong(tf): D = tf.distributions; return _once(_says(tf, lambda: D.Bernoulli(probs=[.5]).quantile(.1), lambda: D.Bernoulli(probs=[.5]).log_cdf(1.), lambda: D.Bernoulli(probs=[.5]).survival_function(1), lambda: D.Normal(0., 1.).kl_divergence(D.Exponential(1.)), lambda: D.Bernoulli(probs=.5, logits=1.), lambda: D.Bernoulli(probs=[.5]).covariance(), lambda: D.Normal(0., tf.constant(1., tf.float64)), lambda: D.Multinomial(4., probs=[.5, .5]).cdf([1., 1.]), lambda: D.Normal(0., 1.).covariance(), lambda: D.Categorical(probs=[.5, .5]).mean()), same='values')
def register_kl(tf):
    D = tf.distributions
    class Mine(D.Normal): pass
    @D.RegisterKL(Mine, Mine)
    def kl(a, b, name=None): return tf.constant(7.)
    return _once([Mine(0., 1.).kl_divergence(Mine(1., 1.)), D.kl_divergence(Mine(0., 1.), Mine(1., 2.)), _says(tf, lambda: D.RegisterKL(Mine, Mine)(kl), lambda: D.RegisterKL(Mine, Mine)(3))], same='values')

# data sets
def _all(tf, dataset, n): i = tf.data.make_one_shot_iterator(dataset) if hasattr(tf.data, 'make_one_shot_iterator') else dataset.make_one_shot_iterator(); return [i.get_next() for _ in range(0)] or _reads(tf, i.get_next(), n)
def _reads(tf, next_, n):
    said = tf.Variable('', name='said')
    def before(session):
        out = []
        for _ in range(n):
            try: out.append(session.run(next_))
            except tf.errors.OutOfRangeError: out.append('end'); break
        session.run(said.assign(str(_plain(out))))
    return said, {'before': before, 'runs': 1, 'same': 'values'}
def _plain(x):
    if isinstance(x, dict): return {k: _plain(v) for k, v in sorted(x.items())}
    if hasattr(x, 'dense_shape'): return [_plain(v) for v in x]
    if isinstance(x, (list, tuple)): return [_plain(v) for v in x]
    return np.asarray(x).tolist() if not isinstance(x, str) else x
def _D(tf): return tf.data.Dataset
def data_legacy_functions(tf): d = _D(tf).range(6).map_with_legacy_function(lambda x: x + 1, num_parallel_calls=2); return _all(tf, d, 9)
def data_legacy_filter(tf): return _all(tf, _D(tf).range(6).filter_with_legacy_function(lambda x: x > 1), 9)
def data_sparse_slices(tf): return _all(tf, _D(tf).from_sparse_tensor_slices(tf.SparseTensor([[0, 0], [0, 2], [2, 1]], [1, 2, 3], [3, 3])), 5)
def data_enumerate(tf): return _all(tf, _D(tf).from_tensor_slices(['a', 'b']).apply(tf.data.experimental.enumerate_dataset(start=5)), 3)
def data_group_by_reducer(tf): r = tf.data.experimental.Reducer(lambda key: tf.constant(0, tf.int64), lambda s, x: s + x, lambda s: s * 10); return _all(tf, _D(tf).range(10).apply(tf.data.experimental.group_by_reducer(lambda x: x % 3, r)), 5)
def data_parallel_interleave(tf): return _all(tf, _D(tf).range(1, 4).apply(tf.data.experimental.parallel_interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat(x), cycle_length=2, block_length=1, sloppy=False, buffer_output_elements=1, prefetch_input_elements=0)), 8)
def data_map_and_batch_legacy(tf): return _all(tf, _D(tf).range(5).apply(tf.data.experimental.map_and_batch_with_legacy_function(lambda x: x * 2, 2, num_parallel_batches=1, drop_remainder=True)), 4)
def data_copy_and_prefetch_to_device(tf): return _all(tf, _D(tf).range(3).apply(tf.data.experimental.copy_to_device('/cpu:0', source_device='/cpu:0')), 4)
def data_variant(tf): d = _D(tf).range(3); v = tf.data.experimental.to_variant(d); e = tf.data.experimental.from_variant(v, tf.data.experimental.get_structure(d)); said, more = _all(tf, e, 4); return [said, _s(tf, v)], more
def data_structures(tf): d = _D(tf).from_tensors(({'a': tf.zeros([2, 3])}, tf.constant(1))).batch(2); E = tf.data.experimental; s = E.get_structure(d); return _once(_t(tf, s, E.TensorStructure(tf.int32, [2, None]), type(E.SparseTensorStructure(tf.int32, [2, 3])).__name__, E.get_structure(tf.data.make_one_shot_iterator(d)) == s), same='values')
def data_optional(tf):
    E = tf.data.experimental; i = tf.data.make_initializable_iterator(_D(tf).range(1)); o = E.get_next_as_optional(i); h, g = o.has_value(), o.get_value(name='g'); v = E.Optional.from_value((tf.constant(1), tf.constant('a'))); said = tf.Variable('', name='said')
    def before(session): session.run(i.initializer); a = session.run([h, g]); b = session.run(h); session.run(said.assign(str([bool(a[0]), int(a[1]), bool(b)])))
    return [said, v.has_value(name='hv'), v.get_value()], {'before': before, 'runs': 1, 'same': 'values'}
def data_rejection(tf): d = _D(tf).from_tensor_slices([0, 1] * 50).apply(tf.data.experimental.rejection_resample(lambda x: x, [1., 0.], initial_dist=[.5, .5], seed=3)).map(lambda c, x: x).take(5); return _all(tf, d, 6)
def data_csv(tf):
    import tempfile, os
    d = tempfile.mkdtemp(); p = os.path.join(d, 'a.csv'); open(p, 'w').write('x,y,z\n1,2.5,a\n3,,b\n5,6.5,c\n'); E = tf.data.experimental
    a = E.make_csv_dataset(p, 2, label_name='z', shuffle=False, num_epochs=1); b = E.make_csv_dataset([p], batch_size=1, column_names=['q', 'r', 's'], column_defaults=[tf.int32, ''], select_columns=['q', 's'], header=True, num_epochs=1, shuffle=False, num_rows_for_inference=2, na_value='', sloppy=False, ignore_errors=False)
    i, j = tf.data.make_one_shot_iterator(a).get_next(), tf.data.make_one_shot_iterator(b).get_next(); s, more = _reads(tf, i, 4); t, other = _reads(tf, j, 5)
    def before(session): more['before'](session); other['before'](session)
    return [s, t], dict(more, before=before)
def data_examples(tf):
    import tempfile, os
    p = os.path.join(tempfile.mkdtemp(), 'r'); w = tf.python_io.TFRecordWriter(p); E = tf.data.experimental; F = tf.train.Feature
    for k in range(3): w.write(tf.train.Example(features=tf.train.Features(feature={'a': F(int64_list=tf.train.Int64List(value=[k])), 'b': F(bytes_list=tf.train.BytesList(value=[b'x'] * k))})).SerializeToString())
    w.close(); f = {'a': tf.FixedLenFeature([], tf.int64), 'b': tf.VarLenFeature(tf.string)}
    a = tf.data.TFRecordDataset(p).batch(2).apply(E.parse_example_dataset(f, num_parallel_calls=1)); b = E.make_batched_features_dataset(p, 2, f, label_key='a', num_epochs=1, shuffle=False, reader=tf.data.TFRecordDataset, drop_final_batch=False)
    s, more = _all(tf, a, 3); t, other = _all(tf, b, 3)
    def before(session): more['before'](session); other['before'](session)
    return [s, t], dict(more, before=before)
def data_protocol(tf): d = _D(tf).range(2); return _once(_says(tf, lambda: iter(d), lambda: list(d), lambda: tf.data.Options().bad, lambda: d.apply(3), lambda: tf.data.experimental.Reducer(1, 2, 3), lambda: _D(tf).from_sparse_tensor_slices(3)), same='values')

# tables
def lookup_methods(tf):
    L = tf.lookup; k = L.KeyValueTensorInitializer(['a', 'b'], tf.constant([1, 2], tf.int64), key_dtype=tf.string, value_dtype=tf.int64, name='kv'); t = L.StaticHashTable(k, -1, name='t'); e = t.export(name='ex'); v = L.StaticVocabularyTable(L.KeyValueTensorInitializer(['a', 'b'], tf.constant([0, 1], tf.int64)), 3)
    return _once([tf.nn.top_k(e[1])[0], t.lookup(tf.constant(['b', 'z'])), t.size(), v.lookup(tf.constant(['a', 'b'])), v.size(), v.lookup(tf.SparseTensor([[0]], ['b'], [1])) , _t(tf, t.default_value.dtype.name, t.key_dtype.name, t.value_dtype.name, v.key_dtype.name, t.initializer.type)], same='values')
def lookup_files(tf):
    import tempfile, os
    p = os.path.join(tempfile.mkdtemp(), 'v'); open(p, 'w').write('x 10\ny 20\nz 30\n'); L = tf.lookup; a = L.StaticHashTable(L.TextFileInitializer(p, tf.string, L.TextFileIndex.WHOLE_LINE, tf.int64, L.TextFileIndex.LINE_NUMBER), -1); b = L.StaticHashTable(L.TextFileInitializer(p, tf.string, 0, tf.int64, 1, vocab_size=2 if 0 else None, delimiter=' ', name='f'), -1)
    return _once([a.lookup(tf.constant(['y 20', 'q'])), b.lookup(tf.constant(['z', 'q'])), b.size()], same='values')
def dense_hash_table(tf):
    t = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-7, initial_num_buckets=4, name='d', checkpoint=False); i = t.insert(tf.constant([1, 2, 3], tf.int64), tf.constant([10, 20, 30], tf.int64)); j = t.insert_or_assign(tf.constant([2], tf.int64), tf.constant([22], tf.int64), name='ia'); e = t.erase(tf.constant([1], tf.int64), name='er'); l = t.lookup(tf.constant([1, 2, 3, 4], tf.int64)); x = t.export(); said = tf.Variable('', name='said'); r = t.remove(tf.constant([3], tf.int64)); s = t.size()
    def before(session): session.run(i); session.run(j); a = session.run(l).tolist(); session.run(e); b = session.run(l).tolist(); session.run(r); session.run(said.assign(str([a, b, session.run(s)])))
    return said, {'before': before, 'runs': 1, 'same': 'values'}
def lookup_wrong(tf): L = tf.lookup; t = L.StaticHashTable(L.KeyValueTensorInitializer(['a'], [1]), -1); return _once(_says(tf, lambda: t.lookup(tf.constant([1])), lambda: L.KeyValueTensorInitializer(['a', 'b'], [1]), lambda: L.StaticHashTable(3, 0), lambda: L.TextFileInitializer('', tf.string, 0, tf.string, 1), lambda: L.TextFileInitializer('f', tf.int32, -2, tf.int64, -1)), same='values')
