"""Objects: initializers, specs, shapes, variables, scopes, ragged tensors, accumulators, tapes, layers, cells. Recorded by TensorFlow 2.21 (tests/held.py)."""

from tf221.common import _v, _once, _graded, _t, _says, _s

# initializers
def _config(tf, *made): return _t(tf, *[(type(i).__name__, sorted((k, v if not callable(v) else v.__name__) for k, v in i.get_config().items())) for i in made])
def initializer_configs(tf):
    i = tf.initializers; made = [i.constant(2.), i.zeros(), i.ones(dtype=tf.int32), i.random_uniform(-1, 1, seed=3), i.random_normal(1., 2., 5), i.truncated_normal(stddev=.5), i.uniform_unit_scaling(2., seed=1), i.variance_scaling(2., 'fan_out', 'uniform', 4), i.orthogonal(.5, 7), i.identity(2.), i.glorot_uniform(seed=1), i.glorot_normal(3), tf.constant_initializer([1, 2], tf.int32, verify_shape=True), tf.zeros_initializer(tf.float64), tf.random_normal_initializer(), tf.truncated_normal_initializer(1., 2.), tf.orthogonal_initializer(), tf.random_uniform_initializer(minval=0, maxval=None), tf.uniform_unit_scaling_initializer(), tf.ones_initializer()]
    return _once(_config(tf, *made))
def initializers_from_config(tf):
    i = tf.initializers; made = [c.from_config(m.get_config()) for c, m in [(i.constant, i.constant([1., 2.])), (i.zeros, i.zeros(tf.int32)), (i.ones, i.ones()), (i.random_uniform, i.random_uniform(-2., 2., 3)), (i.random_normal, i.random_normal(seed=2)), (i.truncated_normal, i.truncated_normal(stddev=2., seed=4)), (i.uniform_unit_scaling, i.uniform_unit_scaling(3.)), (i.variance_scaling, i.variance_scaling(mode='fan_avg')), (i.orthogonal, i.orthogonal(2., 1)), (i.identity, i.identity(3.))]]
    made += [tf.constant_initializer.from_config({'value': 3, 'dtype': 'int32'}), tf.zeros_initializer.from_config({}), tf.glorot_uniform_initializer.from_config(tf.glorot_uniform_initializer(seed=3).get_config()), tf.initializers.glorot_normal.from_config({'seed': 1, 'dtype': 'float64'}), tf.orthogonal_initializer.from_config({'gain': 2.}), tf.random_normal_initializer.from_config({'mean': 1., 'dtype': 'float64'})]
    return _once([_config(tf, *made), made[0]([2]), made[1]([1]), made[9]([2, 3]), made[10]([2]), made[2](shape=[2], dtype=tf.float64), tf.shape(made[8]([3, 2])), tf.identity(made[3]([2], dtype=tf.float32)) < 3.], same='values')
def initializers_called(tf):
    i = tf.initializers; out = [i.zeros()([2, 1]), i.ones()([2], tf.int32, None), i.constant(5)(shape=[2], dtype=tf.int32, partition_info=None, verify_shape=None), tf.constant_initializer([[1, 2], [3, 4]])([2, 2]), tf.constant_initializer([1, 2, 3])([3], tf.float64, verify_shape=True), i.identity()([3, 2], dtype=tf.float64), tf.zeros_initializer()(tf.TensorShape([1, 2])), i.ones()([0, 3])]
    return _once(out + [_s(tf, i.random_uniform(seed=1)([3, 4]), i.random_normal()([2], tf.float64), i.truncated_normal()([]), i.uniform_unit_scaling()([3, 3]), i.orthogonal()([4, 2, 3]), i.glorot_normal()([3, 3], dtype=tf.float32, partition_info=None), i.variance_scaling()([5]))], same='values')
def orthogonal_is_so(tf): a = tf.initializers.orthogonal(2., seed=1)([5, 3]); b = tf.orthogonal_initializer()([2, 6]); return _once([tf.matmul(a, a, True), tf.matmul(b, b, False, True)], same='values', tol=1e-4)
def initializers_wrong(tf): i = tf.initializers; return _once(_says(tf, lambda: i.orthogonal()([3]), lambda: i.identity()([2, 2, 2]), lambda: i.variance_scaling(-1.), lambda: i.variance_scaling(mode='fan'), lambda: i.variance_scaling(distribution='exotic'), lambda: i.zeros.from_config({'bad': 1}), lambda: tf.constant_initializer(object()), lambda: tf.constant_initializer([1, 2], verify_shape=True)([3]), lambda: i.glorot_uniform()([3, 3], dtype=tf.int32), lambda: i.random_normal(dtype=tf.int32), lambda: i.orthogonal(dtype=tf.int32)))

# devices
def device_spec(tf):
    D = tf.DeviceSpec; lower = [D(device_type=k).device_type for k in ('gpu', 'tpu', 'GpU')]; a = D(job='w', replica=1, task=2, device_type='CPU', device_index=0); b = D.from_string('/job:ps/device:GPU:1'); c = D(); c.parse_from_string('/job:x/task:3/gpu:2'); d = D(job='a'); d.merge_from(D(task=4, job='b')); e = D.from_string('/cpu:*'); m = a.make_merged_spec(b) if hasattr(D, 'make_merged_spec') else a
    return _once(_t(tf, lower, a.to_string(), b.to_string(), c.to_string(), d.to_string(), e.to_string(), m.to_string(), a.job, a.replica, a.task, a.device_type, a.device_index, c.parse_from_string('/task:1').to_string(), D().to_string(), D.from_string('').to_string(), a == D.from_string(a.to_string()), hash(D()) == hash(D()), a == 3, D(device_type='GPU').to_string(), c.device_index, D.from_string('/job:a/replica:0/task:1/device:TPU:3').device_type))
def device_spec_setters(tf): d = tf.DeviceSpec(); d.job = 'j'; d.task = 3; d.device_type = 'gpu'; d.device_index = 1; d.replica = 0; return _once(_t(tf, d.to_string(), d.device_type))
def device_spec_wrong(tf): D = tf.DeviceSpec; return _once(_says(tf, lambda: D.from_string('/job:a/nothing:3'), lambda: D.from_string('/cpu:0/gpu:1'), lambda: D(task='x'), lambda: D(device_index=[1]), lambda: D.from_string('/task:q')))
def device_spec_in_device(tf):
    with tf.device(tf.DeviceSpec(job='worker', device_type='CPU')): a = tf.constant(1.)
    with tf.device(tf.DeviceSpec(task=1)), tf.device(lambda op: '/job:ps'): b = tf.constant(1.)
    return _t(tf, a.device, b.device), {'runs': 0, 'init': False, 'same': 'values'}

# shapes and specs
def tensor_shape_protocol(tf):
    S = tf.TensorShape; a = S([2, None, 4]); u = S(None)
    return _once([_t(tf, len(a), list(a), a[0], a[1], a[-1], a[1:], a[:2], u[0], u[1:], u[:2], [d.value for d in a], bool(a), bool(u), S([])[0:], a.__repr__(), str(u), len(S([])), S((3, 4))[1] == 4, S(5), S(S([1])), S([tf.Dimension(3), None]), a.ndims, a.rank if hasattr(a, 'rank') else 3, a.dims[0], u.dims),
        _says(tf, lambda: len(u), lambda: list(u), lambda: a[5], lambda: S('ab'), lambda: S([-1]), lambda: u[2:], lambda: iter(u), lambda: a['x'],)])
def dimension_class(tf): D = tf.Dimension; a, b, u = D(3), D(4), D(None); return _once([_t(tf, a + b, a - 1, a * b, b // a, 7 // a, a % 2, a == 3, a == u, a != b, a < b, a >= u, u + 1, int(a), repr(u), str(a), a.value, D(a), 10 - a, 2 * a, 5 % a, a.is_compatible_with(u), a.merge_with(u), D(np.int64(3))), _says(tf, lambda: D(-1), lambda: a.merge_with(b), lambda: a.assert_is_compatible_with(b), lambda: a / b, lambda: int(u))])
def tensor_spec(tf):
    T = tf.TensorSpec; a = T([2, None], tf.int32, name='a'); b = T.from_tensor(tf.constant([[1.]], name='k')); c = T.from_spec(a); f = T([2, None], tf.int32); d = T.from_spec(a, name='z'); e = T.from_tensor(tf.constant(1), name='q'); u = T(None)
    return _once([_t(tf, a.shape, a.dtype.name, a.name, b.shape, b.name, c.name, d.name, e.name, u.shape, u.dtype.name, a == T([2, None], tf.int32, 'a'), a == c, hash(a) == hash(c), a.is_compatible_with(tf.constant([[1, 2, 3], [1, 2, 3]])), a.is_compatible_with(tf.constant([1])), a.is_compatible_with(T([2, 3], tf.int32)), repr(a), repr(u), f.most_specific_compatible_type(T([3, None], tf.int32)).shape, f.most_specific_compatible_type(T([2], tf.int32)).shape),
        _says(tf, lambda: a.most_specific_compatible_type(T([2], tf.float32)), lambda: a.most_specific_compatible_type(3), lambda: T.from_spec(3), lambda: T.from_tensor(3), lambda: T([2], 'nope'))])
def other_specs(tf):
    S, I = tf.SparseTensorSpec, tf.IndexedSlicesSpec; a = S([None, 3], tf.int32); i = I([3, 2], tf.float32, tf.int64)
    return _once([_t(tf, a.shape, a.dtype.name, a == S([None, 3], tf.int32), a.most_specific_compatible_type(S([2, 4], tf.int32)).shape, i == I([3, 2], tf.float32, tf.int64), i.most_specific_compatible_type(I([3, 4], tf.float32, tf.int64)) == I([3, None], tf.float32, tf.int64), a.is_compatible_with(tf.SparseTensor([[0, 0]], [1], [2, 3])), i.value_type.__name__, a.value_type.__name__),
        _says(tf, lambda: a.most_specific_compatible_type(S([2, 4], tf.float32)), lambda: i.most_specific_compatible_type(3))])

# tensors and variables
def tensor_getitem_forms(tf):
    x = tf.constant(_v(3, 4, 2)); n = tf.constant(1); return _graded(tf, x[1] + 0. * x[-1], x)[0] + [x[..., 0], x[:, None, 1], x[::-1, 1:3], x[n], x[n:, ..., tf.newaxis], x[tf.constant([True, False, True])] if 0 else x[0:2, -1], x[tf.constant(0), 1:, n], x[np.int64(2)], x[..., ::2, :]], {'runs': 1}
def tensor_protocol(tf): x = tf.constant([1, 2]); d = {x.experimental_ref(): 1}; return _once([_t(tf, d[x.experimental_ref()], x.experimental_ref() == x.experimental_ref(), x.experimental_ref().deref() is x if hasattr(x.experimental_ref(), 'deref') else True, hash(x.experimental_ref()) == hash(x.experimental_ref())), _says(tf, lambda: len(x), lambda: list(x), lambda: x['a'], lambda: x[1.5], lambda: x[0, 0], lambda: bool(x), lambda: x[5])])
def variable_getitem_and_iter(tf): v = tf.Variable([[1., 2.], [3., 4.]]); w = tf.Variable([1, 2, 3], use_resource=True); return _once([v[0], v[:, 1], w[1], w[-1:], v[0].assign([9., 8.]) if 0 else v[1, 1], _says(tf, lambda: len(v), lambda: v[2])], same='values')
def variable_sliced_assign(tf): v = tf.Variable([[1., 2.], [3., 4.]]); a = v[0].assign([9., 8.]); return _once([a], same='values')
def variable_protos(tf):
    v = tf.Variable([1., 2.], name='v', trainable=False); p = v.to_proto(); w = tf.Variable.from_proto(p); s = tf.get_variable('a/b', [2], use_resource=True, initializer=tf.zeros_initializer()); q = s.to_proto(); r = tf.Variable.from_proto(q)
    return _once([w, r + 0., _t(tf, p.variable_name, p.initializer_name, p.snapshot_name, p.initial_value_name, p.trainable, p.is_resource, q.variable_name, q.is_resource, q.snapshot_name, q.trainable, w.name, w.trainable, w.initializer.name, r.name, s.to_proto(export_scope='a').variable_name, v.to_proto('nope'))], same='values')
def variable_proto_import_scope(tf):
    with tf.name_scope('imp'): v = tf.Variable(3., name='x')
    p = v.to_proto(export_scope='imp'); w = tf.Variable.from_proto(p, import_scope='imp'); return _once([w, _t(tf, p.variable_name, w.name, w.initializer.name)], same='values')
def variable_scope_setters(tf):
    seen = []
    def getter(getter, name, *a, **k): seen.append(name); return getter(name, *a, **k)
    with tf.variable_scope('s') as s:
        s.set_custom_getter(getter); a = tf.get_variable('a', [2], initializer=tf.ones_initializer()); s.set_custom_getter(None); b = tf.get_variable('b', [2], initializer=tf.ones_initializer()); s.set_partitioner(tf.fixed_size_partitioner(2)); c = tf.get_variable('c', [4, 1], initializer=tf.ones_initializer()); s.set_partitioner(None); s.set_caching_device('/cpu:0'); d = tf.get_variable('d', [1], initializer=tf.ones_initializer()); s.set_initializer(tf.constant_initializer(4.)); e = tf.get_variable('e', [1]); s.set_dtype(tf.float64); f = tf.get_variable('f', [1]); s.set_regularizer(tf.nn.l2_loss); g = tf.get_variable('g', [1]); s.set_use_resource(True); s.reuse_variables()
    return _once([a + b, tf.convert_to_tensor(c), d + e, f, g, _t(tf, seen, s.reuse, s.use_resource, s.caching_device, s.dtype.name, s.initializer is not None, s.partitioner, s.name, s.original_name_scope, s.constraint, s.custom_getter, [v.name for v in s.global_variables()], [v.name for v in s.trainable_variables()], s.local_variables(), [r.name for r in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)], type(c).__name__)], same='values')

# graphs, gradients' registry
def register_gradient(tf):
    @tf.RegisterGradient('HeldTripled')
    def slope(op, dy): return dy * 3.
    x = tf.constant([1., 2.])
    with tf.get_default_graph().gradient_override_map({'Identity': 'HeldTripled'}): y = tf.identity(x)
    return _once([y] + tf.gradients(y, x) + [_says(tf, lambda: tf.RegisterGradient(3), lambda: tf.RegisterGradient('HeldTripled')(slope), lambda: tf.RegisterGradient('HeldTwo')(None))])
def graph_thread_local(tf): g = tf.Graph(); g.switch_to_thread_local(); return _once(_t(tf, g.building_function, g.version, g.finalized))
def tape(tf):
    x = tf.Variable(3., name='x', use_resource=True); c = tf.constant(2.)
    with tf.GradientTape(persistent=True) as t:
        t.watch(c); y = x * x * c
        with t.stop_recording(): z = y * 5.
        w = y + z
    watched = [v.name for v in t.watched_variables()]; g = t.gradient(w, [x, c]); h = t.gradient(z, x); k = t.gradient(y, {'x': x}); u = t.gradient(z, c, unconnected_gradients=tf.UnconnectedGradients.ZERO); o = t.gradient(y, x, output_gradients=tf.constant(10.))
    with tf.GradientTape(watch_accessed_variables=False) as s: q = x * 2.
    with tf.GradientTape() as r: r.watch(c); r.reset(); p = c * 2.
    return _once([g, k, u, o, _t(tf, h, watched, s.gradient(q, x), r.gradient(p, c))], same='values')
def tape_jacobian(tf):
    x = tf.constant([1., 2., 3.])
    with tf.GradientTape(persistent=True) as t: t.watch(x); y = x * x * x[::-1]
    return _once([t.gradient(y, x)], same='values')
def tape_wrong(tf):
    x = tf.constant(2.)
    with tf.GradientTape() as t: t.watch(x); y = x * x
    t.gradient(y, x)
    def again():
        with t: pass
        with tf.GradientTape() as s:
            with s: pass
    def early():
        with tf.GradientTape() as s: s.watch(x); return s.gradient(x * x, x)
    return _once(_says(tf, lambda: t.gradient(y, x), again, early, lambda: tf.GradientTape().watch('a'), lambda: tf.GradientTape().stop_recording().__enter__()))

# ragged tensors
def ragged_makers(tf):
    R = tf.RaggedTensor; v = [3, 1, 4, 1, 5, 9, 2, 6]; made = [R.from_row_splits(v, [0, 4, 4, 7, 8]), R.from_row_lengths(v, [4, 0, 3, 1], name='rl'), R.from_row_limits(v, [4, 4, 7, 8]), R.from_row_starts(v, [0, 4, 4, 7]), R.from_value_rowids(v, [0, 0, 0, 0, 2, 2, 2, 3]), R.from_value_rowids(v, [0, 0, 0, 0, 2, 2, 2, 3], nrows=5, name='vr', validate=False), R.from_row_splits(v, tf.constant([0, 8], tf.int32), validate=False), R.from_nested_row_splits(v, [[0, 2, 2], [0, 3, 8]], name='n', validate=True), R.from_nested_row_lengths(v, [[2, 0], [3, 5]])]
    return _once([[m.flat_values, list(m.nested_row_splits)] for m in made] + [_t(tf, *[(m.shape, m.dtype.name, m.ragged_rank, m.row_splits.dtype.name) for m in made])], same='values')
def ragged_methods(tf):
    r = tf.ragged.constant([[1., 2.], [], [3., 4., 5.]]); n = tf.ragged.constant([[[1], [2, 3]], [], [[4, 5, 6]]], row_splits_dtype=tf.int32)
    return _once([r.nrows(), r.nrows(out_type=tf.int32, name='nr'), r.row_lengths(), n.row_lengths(axis=2).to_tensor() if 0 else n.row_lengths(2).flat_values, n.row_lengths(axis=0), r.row_limits(), r.row_starts(name='rs'), r.value_rowids(), n.value_rowids(name='vi'), r.to_tensor(), r.to_tensor(default_value=-1.), n.to_tensor(), r.to_sparse(), n.to_sparse(name='sp'), r.with_values(tf.constant([6., 7., 8., 9., 10.])).to_tensor(), n.with_flat_values(tf.constant(['a'] * 6)).flat_values, list(n.nested_row_splits)] + tf.gradients(tf.square(r.to_tensor()), r.flat_values), same='values')
def ragged_getitem(tf):
    r = tf.ragged.constant([[1, 2], [], [3, 4, 5]]); n = tf.ragged.constant([[[1], [2, 3]], [], [[4, 5, 6]]]); d = lambda t: [t.flat_values, list(t.nested_row_splits)] if hasattr(t, 'nested_row_splits') else t
    return _once([d(k) for k in (r[0], r[2, 1], r[1:], r[:2], r[:, :1], r[:, -1:], r[::2], r[::-1] if 0 else r[-1], n[0], n[2, 0], n[0, 1, 1], n[:, 0:1], n[:, :, :1], n[..., :2], r[:, tf.newaxis], r[tf.newaxis], r[...], n[0, 1:], r[tf.constant(2)], r[1:3, ::2])] + [_says(tf, lambda: r[:, 0], lambda: r['a'], lambda: r[0, 0, 0], lambda: n[:, 1])], same='values')
def ragged_from_dense_and_sparse(tf):
    R = tf.RaggedTensor; x = tf.constant([[1, 2, 0], [0, 0, 0], [3, 0, 0]]); s = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [5, 6, 7], [3, 4]); d = lambda t: [t.flat_values, list(t.nested_row_splits)]
    return _once([d(R.from_tensor(x)), d(R.from_tensor(x, lengths=[1, 0, 3])), d(R.from_tensor(x, padding=0)), d(R.from_tensor(tf.constant(_v(2, 2, 3)), ragged_rank=2, name='rt', row_splits_dtype=tf.int32)), d(R.from_sparse(s)), d(R.from_sparse(s, name='fs', row_splits_dtype=tf.int32)), d(R.from_tensor(tf.constant([[[1], [0]], [[2], [3]]]), lengths=([2, 1], [1, 0, 1])) if 1 else x), R.from_sparse(s).to_tensor()], same='values')
def ragged_wrong(tf): R = tf.RaggedTensor; r = tf.ragged.constant([[1], []]); return _once(_says(tf, lambda: R.from_row_splits([1], 3), lambda: R.from_row_splits([1], [[0, 1]]), lambda: R.from_row_splits([1], [0., 1.]), lambda: R.from_row_splits(3, [0, 1]), lambda: R.from_tensor([1]), lambda: R.from_tensor([[1]], lengths=[1], padding=0), lambda: R.from_tensor([[1]], ragged_rank=0), lambda: R.from_sparse(3), lambda: R.from_sparse(tf.SparseTensor([[0]], [1], [1])), lambda: R.from_nested_row_splits([1], tf.constant([[0, 1]])), lambda: R.from_value_rowids([1], [0], nrows=-1), lambda: R([1], [0, 1]), lambda: r.with_values(3), lambda: r.row_lengths('a'), lambda: len(r), lambda: R.from_value_rowids([1], [[0]])), same='values')
def ragged_functions(tf):
    g = tf.ragged; r = g.constant([[1., 4.], [], [9.]]); m = g.map_flat_values(tf.sqrt, r); k = g.map_flat_values(tf.multiply, r, 3.); q = g.map_flat_values(tf.add, x=r, y=r); return _once([m.to_tensor(), k.to_tensor(), q.to_tensor(), g.map_flat_values(tf.square, tf.constant([2., 3.])), g.row_splits_to_segment_ids([0, 3, 3, 5]), g.row_splits_to_segment_ids(tf.constant([0, 1], tf.int32), name='s2', out_type=tf.int64), g.segment_ids_to_row_splits([0, 0, 2]), g.segment_ids_to_row_splits(tf.constant([1, 1], tf.int32), num_segments=4, out_type=tf.int64, name='i2'), _says(tf, lambda: g.map_flat_values(tf.add, r, g.constant([[1.], [], [2., 3.]])), lambda: g.row_splits_to_segment_ids([0.]), lambda: g.segment_ids_to_row_splits([[1]]), lambda: g.segment_ids_to_row_splits([.5]))], same='values')
def ragged_values(tf): V = tf.ragged.RaggedTensorValue; v = V(np.array([1, 2, 3]), np.array([0, 2, 3])); w = V(v, np.array([0, 2, 2])); return _once([_t(tf, v.to_list(), w.to_list(), v.shape, w.ragged_rank, v.dtype, w.flat_values, [list(s) for s in w.nested_row_splits], str(v)), _says(tf, lambda: V(np.array([1]), np.array([0., 1.])), lambda: V([1], np.array([0, 1]))), _t(tf, tf.ragged.constant_value([[1], [2, 3]]).values)])

# accumulators
def accumulator(tf):
    a = tf.ConditionalAccumulator(tf.float32, shape=[2], name='acc'); n = a.num_accumulated(); m = a.num_accumulated(name='how'); s = a.set_global_step(2); k = a.set_global_step(new_global_step=tf.constant(3, tf.int64), name='set'); u = a.apply_grad([1., 2.], local_step=5); w = a.apply_grad(tf.constant([3., 6.]), local_step=1, name='ap'); t = a.take_grad(2); said = tf.Variable('', name='said')
    def before(session):
        out = [session.run(n)]; session.run(u); session.run(s); session.run(w); session.run(u); out += [session.run(m), session.run(t).tolist(), session.run(n)]; session.run(k); session.run(w); out.append(session.run(n)); session.run(said.assign(str([np.asarray(o).tolist() for o in out])))
    return said, {'before': before, 'runs': 1, 'same': 'values'}
def accumulator_sum(tf):
    a = tf.ConditionalAccumulator(tf.float64, reduction_type='SUM', shared_name='sh'); b = tf.SparseConditionalAccumulator(tf.float32, shape=[3, 2], reduction_type='MEAN'); u = a.apply_grad(tf.constant([1., 2.], tf.float64)); i = tf.IndexedSlices(tf.constant([[1., 2.]]), tf.constant([1], tf.int64), tf.constant([3, 2], tf.int64)); w = b.apply_indexed_slices_grad(i); x = b.apply_grad([0, 2], [[1., 1.], [3., 3.]], [3, 2]); t = a.take_grad(tf.constant(2)); q = b.take_indexed_slices_grad(2); said = tf.Variable('', name='said'); nb = b.num_accumulated()
    def before(session):
        session.run(u); session.run(u); session.run(w); session.run(x); session.run(said.assign(str([session.run(nb), session.run(t).tolist(), [p.tolist() for p in session.run(q)]])))
    return [said, _t(tf, type(q).__name__, a.name, a.dtype.name, t.shape)], {'before': before, 'runs': 1, 'same': 'values'}
def accumulator_wrong(tf): a = tf.ConditionalAccumulator(tf.float32, [2]); return _once(_says(tf, lambda: tf.ConditionalAccumulator('nope'), lambda: a.apply_grad([1., 2., 3.]), lambda: a.apply_grad('a'), lambda: a.set_global_step('x'), lambda: tf.ConditionalAccumulator(tf.float32, reduction_type='MOST'), lambda: tf.SparseConditionalAccumulator(tf.float32).apply_grad([[0]], [[1.]])), same='values')
