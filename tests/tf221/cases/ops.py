"""Functions of tf, tf.nn, tf.image, tf.quantization, tf.signal, tf.linalg, tf.strings that the programs of tf115 don't use. Recorded by TensorFlow 2.21 (tests/held.py)."""

from tf221.common import _v, _once, _graded, _t, _fails, _says, _s

# tf.*
def no_gradient(tf):
    f = getattr(tf, 'NoGradient'); return _once(_says(tf, lambda: f('Relu'), lambda: f(3), lambda: tf.NotDifferentiable('Relu')))
def container_scopes(tf):
    with tf.container('c'): v = tf.Variable(1., name='v', use_resource=True); h = tf.FIFOQueue(3, tf.float32)
    with tf.get_default_graph().container('d'): w = tf.Variable(2., name='w', use_resource=True)
    return _once([v + w, _t(tf, *[o.get_attr('container') for o in tf.get_default_graph().get_operations() if 'container' in o.node_def.attr])], same='values')
def behaviour_switches(tf): return _once(_t(tf, tf.control_flow_v2_enabled(), tf.resource_variables_enabled(), tf.executing_eagerly(), tf.disable_control_flow_v2(), tf.disable_eager_execution(), tf.disable_resource_variables(), tf.disable_tensor_equality(), tf.disable_v2_tensorshape()))
def resource_variables_switch(tf):
    try: tf.enable_resource_variables(); v = tf.get_variable('v', [2], initializer=tf.ones_initializer()); on = tf.resource_variables_enabled()
    finally: tf.disable_resource_variables()
    w = tf.get_variable('w', [2], initializer=tf.ones_initializer()); return _once([v + w, _t(tf, on, tf.resource_variables_enabled(), v.op.type, w.op.type)], same='values')
def get_logger(tf): return _once(_t(tf, tf.get_logger().name, type(tf.get_logger()).__name__))
def get_static_value(tf):
    f = tf.get_static_value; x = tf.constant([[1, 2], [3, 4]]); p = tf.placeholder(tf.int32, [None, 3])
    return _once(_t(tf, f(x), f(p), f(tf.shape(p)), [v if v is None else int(v) for v in f(tf.stack([1, tf.shape(p)[0]]), partial=True)], f(tf.shape(x)), f(tf.size(x)), f(tf.rank(p)), f(tf.range(2, 9, 3)), f(tf.cast(x, tf.float32)), f(tf.concat([[1], [2]], 0)), f(tf.zeros([2])), f(tf.fill([2], 7)), f(tf.equal(x, x)), f(tf.stack([1, 2])), f(tf.constant('a'))))
def grad_pass_through(tf):
    with tf.variable_scope('s', use_resource=True): x = tf.constant([1.4, -2.6]); y = tf.grad_pass_through(tf.round)(x); return _graded(tf, y, x)
def grad_pass_through_variable(tf): v = tf.Variable([3., 4.], use_resource=True); w = tf.Variable(2., use_resource=True); y = tf.grad_pass_through(lambda a: tf.floor(a * w / 3.))(v); return _once([y] + tf.gradients(y * y, [v]))
def init_scope_in_control(tf):
    a = tf.constant(1., name='a')
    with tf.name_scope('s'), tf.control_dependencies([a]):
        with tf.init_scope(): b = tf.constant(2., name='b')
        c = tf.constant(3., name='c')
    return _once([b + c, _t(tf, b.name, c.name, len(b.op.control_inputs), len(c.op.control_inputs))])
def initialize_all_tables(tf): tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(['a'], [1]), -1); i = tf.initialize_all_tables(); j = tf.initialize_all_tables('mine'); return _once(_t(tf, i.type, j.name, len(i.control_inputs)), same='values')
def initialize_no_tables(tf): i = tf.initialize_all_tables(name='n'); return _once(_t(tf, i.type, i.name, len(i.control_inputs)))
def moving_average_variables(tf):
    with tf.variable_scope('a'): v = tf.Variable(1., name='v')
    w = tf.Variable(2., name='w'); e = tf.train.ExponentialMovingAverage(.9); e.apply([v, w]); return _once(_t(tf, [x.name for x in tf.moving_average_variables()], [x.name for x in tf.moving_average_variables('a')], tf.moving_average_variables(scope='nothing')))
def timestamp(tf): t = tf.timestamp(); u = tf.timestamp(name='now'); return _once([u >= 1e9, t.shape.as_list() == [] and t > 1e9, _s(tf, t, u)], same='values')
def to_bfloat16(tf): x = tf.constant([1.00390625, -2.5, 3e38]); y = tf.to_bfloat16(x); z = tf.to_bfloat16([1, 2], name='b'); return _once([tf.cast(y, tf.float32), tf.cast(z, tf.int32), _s(tf, y, z)] + tf.gradients(tf.cast(y, tf.float32), x))
def batch_scatter_update(tf): v = tf.Variable(tf.zeros([2, 4])); u = tf.batch_scatter_update(v, [[0, 2], [3, 1]], [[1., 2.], [3., 4.]]); return _once([u, _s(tf, u)], same='values')
def batch_scatter_update_deep(tf): v = tf.Variable(tf.ones([2, 3, 2])); u = tf.batch_scatter_update(v, tf.constant([[2], [0]]), tf.constant([[[5., 6.]], [[7., 8.]]]), use_locking=False, name='bs'); return _once([u], same='values')
def batch_scatter_update_one(tf): v = tf.Variable([1, 2, 3]); return _once([tf.batch_scatter_update(v, [1], [9])], same='values')
def batch_scatter_update_wrong(tf): v = tf.Variable(tf.zeros([2, 4])); return _once(_says(tf, lambda: tf.batch_scatter_update(v, [[0], [1], [2]], [[1.], [2.], [3.]]), lambda: tf.batch_scatter_update(v, [[0, 2], [3, 1]], [[1.], [2.]])), same='values')
def sparse_minimum(tf):
    a = tf.SparseTensor([[0], [3]], [1., -2.], [5]); b = tf.SparseTensor([[1], [3]], [-4., 6.], [5]); m = tf.sparse_minimum(a, b); n = tf.sparse.maximum(a, b, name='mx'); k = tf.sparse.minimum(sp_a=b, sp_b=a, name='mn'); return _once([m, n, k, _t(tf, type(m).__name__)])
def matrix_square_root(tf): a = tf.constant([[4., 1.], [1., 3.]]); s = tf.matrix_square_root(a); b = tf.constant(np.stack([np.eye(3) * 4, np.diag([1., 9., 16.])])); return _once([s, tf.matmul(s, s), tf.matrix_square_root(b, name='root'), tf.linalg.sqrtm(tf.constant([[2.]]))])
def matrix_square_root_wrong(tf): return _once(_fails(tf, lambda: tf.matrix_square_root([1.]), lambda: tf.matrix_square_root(tf.zeros([2, 3])), lambda: tf.matrix_square_root(tf.constant([[1, 2], [3, 4]]))))
def fft3d(tf): x = tf.constant(_v(2, 2, 3, 2) + 1j * _v(2, 2, 3, 2, step=17), tf.complex64); y = tf.fft3d(x); return _once([y, tf.ifft3d(y), tf.ifft3d(x, name='i')] + tf.gradients(tf.abs(y) ** 2, x), tol=1e-4)
def fft3d_double(tf): x = tf.constant(_v(2, 3, 2, dtype='d') + 0j, tf.complex128); return _once([tf.fft3d(x, name='f'), tf.signal.ifft3d(input=x)] + tf.gradients(tf.real(tf.signal.ifft3d(x)), x))
def fft3d_unknown(tf): x = tf.placeholder(tf.complex64, [None, None, 2, 2]); y = tf.fft3d(x); return _once([y, _s(tf, y)], feed={x: (_v(1, 2, 2, 2) + 0j).astype('F')})
def fft3d_wrong(tf): return _once(_fails(tf, lambda: tf.fft3d(tf.zeros([2, 2], tf.complex64)), lambda: tf.fft3d(tf.zeros([2, 2, 2]))))

# tf.nest
def nest_functions(tf):
    n = tf.nest; import collections; P = collections.namedtuple('P', 'x y'); d = {'b': [1, 2], 'a': P(3, (4,))}
    return _once([_t(tf, n.is_nested([]), n.is_nested(()), n.is_nested({}), n.is_nested('ab'), n.is_nested(np.zeros(3)), n.is_nested(tf.constant([1])), n.is_nested({1}), n.is_nested(P(1, 2)), n.is_nested(range(3)), n.is_nested(None)),
        _t(tf, n.map_structure(lambda x: x * 2, d), n.map_structure(lambda a, b: (a, b), [1, (2,)], [3, (4,)]), n.map_structure(str, 5), n.map_structure(lambda: 1) if 0 else '', n.map_structure(lambda a, b: a + b, [1, (2,)], (3, [4]), check_types=False), n.map_structure(lambda a, b: a + b, {'a': 1}, {'a': 2}, check_types=True), n.flatten(d), n.pack_sequence_as(d, [1, 2, 3, 4])),
        _fails(tf, lambda: n.map_structure(3, [1]), lambda: n.map_structure(str), lambda: n.map_structure(max, [1], (2,)), lambda: n.map_structure(max, [1, 2], [1]), lambda: n.map_structure(max, [1], [1], check_typs=False), lambda: n.assert_same_structure([1], 1))])

# pools
def avg_pool1d(tf): x = tf.constant(_v(2, 6, 3)); return _graded(tf, tf.nn.avg_pool1d(x, 2, 2, 'VALID'), x)
def avg_pool1d_same_named(tf): x = tf.constant(_v(2, 5, 3)); return _graded(tf, tf.nn.avg_pool1d(input=x, ksize=[3], strides=[2], padding='SAME', data_format='NWC', name='ap'), x)
def max_pool1d(tf): x = tf.constant(_v(2, 6, 3)); return _graded(tf, tf.nn.max_pool1d(x, ksize=3, strides=1, padding='SAME', name='mp'), x)
def max_pool1d_long_ksize(tf): x = tf.constant(_v(2, 6, 3)); return _graded(tf, tf.nn.max_pool1d(x, [1, 2, 1], [1, 2, 1], 'VALID'), x)
def pools1d_unknown(tf): x = tf.placeholder(tf.float32, [None, None, 2]); a, b = tf.nn.avg_pool1d(x, 2, 2, 'SAME'), tf.nn.max_pool1d(x, 2, 2, 'SAME'); return _once([a, b, _s(tf, a, b)], feed={x: _v(1, 3, 2)})
def pools1d_wrong(tf): x = tf.zeros([2, 6, 3]); return _once(_says(tf, lambda: tf.nn.avg_pool1d(x, [1, 2], 2, 'VALID'), lambda: tf.nn.max_pool1d(x, 2, 2, 'FULL'), lambda: tf.nn.max_pool1d(tf.zeros([2, 6, 3, 1]), 2, 2, 'VALID'), lambda: tf.nn.avg_pool1d(x, 7, 2, 'VALID')))
def pools3d(tf): x = tf.constant(_v(1, 4, 4, 3, 2)); return _graded(tf, tf.nn.max_pool3d(x, [1, 2, 2, 2, 1], [1, 2, 2, 1, 1], 'VALID'), x)
def pools3d_short_and_named(tf): x = tf.constant(_v(1, 4, 3, 5, 2)); return _graded(tf, tf.nn.avg_pool3d(x, 2, [2, 1, 2], 'SAME', data_format='NDHWC', name='p3') + tf.nn.max_pool3d(x, [2, 2, 2], [2, 1, 2], 'SAME', name='m3'), x)
def pools3d_second_gradient(tf): x = tf.constant(_v(1, 2, 2, 3, 1)); g, = tf.gradients(tf.square(tf.nn.avg_pool3d(x, 2, 1, 'SAME')), x); h, = tf.gradients(tf.square(tf.nn.max_pool3d(x, 2, 1, 'SAME')), x); return _once([g, h, tf.gradients(tf.square(g), x)[0], tf.gradients(tf.square(h), x)[0]])
def pools3d_wrong(tf): x = tf.zeros([1, 4, 4, 4, 2]); return _once(_says(tf, lambda: tf.nn.max_pool3d(x, [2, 2], 1, 'SAME'), lambda: tf.nn.avg_pool3d(x, 5, 1, 'VALID'), lambda: tf.nn.max_pool3d(tf.zeros([1, 4, 4, 2]), 2, 1, 'SAME'), lambda: tf.nn.max_pool3d(x, 2, 1, 'OTHER')))
def pool_v2_2d(tf): x = tf.constant(_v(1, 4, 4, 2)); return _graded(tf, tf.nn.avg_pool_v2(x, 2, 2, 'VALID') + tf.nn.max_pool_v2(x, [2, 2], [2, 2], 'SAME', data_format='NHWC', name='mp'), x)
def pool_v2_1d(tf): x = tf.constant(_v(1, 4, 2)); return _graded(tf, tf.nn.avg_pool_v2(x, 2, 2, 'VALID', name='a') + tf.nn.max_pool_v2(x, 2, 2, 'VALID'), x)
def pool_v2_3d(tf): x = tf.constant(_v(1, 4, 4, 2, 2)); return _graded(tf, tf.nn.avg_pool_v2(x, 2, 2, 'VALID') + tf.nn.max_pool_v2(x, 2, 2, 'VALID', data_format='NDHWC'), x)
def pool_v2_wrong(tf): return _once(_says(tf, lambda: tf.nn.avg_pool_v2(tf.zeros([2, 3]), 2, 2, 'SAME'), lambda: tf.nn.max_pool_v2(tf.zeros([2, 3]), 2, 2, 'SAME'), lambda: tf.nn.max_pool_v2(tf.placeholder(tf.float32), 2, 2, 'SAME')))
def fractional_pools(tf): x = tf.constant(_v(1, 6, 6, 2)); y = tf.nn.fractional_avg_pool(x, [1., 1.44, 1.73, 1.], pseudo_random=True, overlapping=True, deterministic=True, seed=3, seed2=5); z = tf.nn.fractional_max_pool(x, [1., 1.2, 1.5, 1.], deterministic=True, seed=1, seed2=2, name='fm'); return _once([_s(tf, *y), _s(tf, *z), _t(tf, type(y).__name__, y._fields, z._fields)], same='values')

# convolutions' slopes
def conv3d_backprop_filter(tf): x, d = _v(1, 4, 4, 3, 2), _v(1, 2, 2, 2, 3, step=11); f = tf.nn.conv3d_backprop_filter; return _once([f(x, [2, 2, 2, 2, 3], d, [1, 2, 2, 1, 1], 'VALID'), f(tf.constant(x, tf.float64), tf.constant([3, 1, 2, 2, 3]), tf.constant(_v(1, 2, 4, 3, 3), tf.float64), strides=[1, 2, 1, 1, 1], padding='SAME', data_format='NDHWC', dilations=[1, 1, 1, 1, 1], name='cb')])
def conv3d_backprop_filter_slopes(tf): x, d = tf.constant(_v(1, 3, 3, 3, 1)), tf.constant(_v(1, 2, 2, 2, 2)); return _graded(tf, tf.nn.conv3d_backprop_filter_v2(x, [2, 2, 2, 1, 2], d, [1] * 5, 'VALID'), x, d)
def depthwise_backprops(tf):
    x, w, d = tf.constant(_v(2, 5, 5, 2)), tf.constant(_v(3, 3, 2, 2)), tf.constant(_v(2, 3, 3, 4))
    a = tf.nn.depthwise_conv2d_backprop_filter(x, [3, 3, 2, 2], d, [1, 1, 1, 1], 'VALID'); b = tf.nn.depthwise_conv2d_backprop_input([2, 5, 5, 2], w, d, [1, 1, 1, 1], 'VALID', name='bi')
    c = tf.nn.depthwise_conv2d_native_backprop_filter(input=x, filter_sizes=tf.constant([3, 3, 2, 2]), out_backprop=d, strides=[1, 2, 2, 1], padding='SAME', data_format='NHWC', dilations=[1, 1, 1, 1], name='nf'); e = tf.nn.depthwise_conv2d_native_backprop_input(tf.constant([2, 5, 5, 2]), w, d, [1, 2, 2, 1], 'SAME')
    return _graded(tf, tf.reduce_sum(a) * tf.reduce_sum(b * b) + tf.reduce_sum(c * c) * tf.reduce_sum(e), x, w, d) if 0 else _once([a, b, c, e] + tf.gradients([a * a, c], [x, d]) + tf.gradients([b * b, e], [w, d]))
def with_space_to_batch(tf):
    x, w = tf.constant(_v(1, 7, 8, 2)), tf.constant(_v(3, 3, 2, 3))
    def op(y, num_spatial_dims, padding): return tf.nn.conv2d(y, w, [1, 1, 1, 1], padding)
    a = tf.nn.with_space_to_batch(x, [2, 3], 'SAME', op, filter_shape=[3, 3]); b = tf.nn.with_space_to_batch(x, [2, 2], 'VALID', op); c = tf.nn.with_space_to_batch(x, [1, 1], 'SAME', op); d = tf.nn.with_space_to_batch(x, [2], 'SAME', op, filter_shape=[3, 3, 2, 3], spatial_dims=[2]); return _graded(tf, a + c, x, w)[0] + [b, d], {'runs': 1}
def with_space_to_batch_wrong(tf):
    x = tf.zeros([1, 8, 8, 2]); op = lambda y, num_spatial_dims, padding: y; f = tf.nn.with_space_to_batch
    return _once(_says(tf, lambda: f(x, [2, 2], 'SAME', op), lambda: f(x, [2, 2], 'FULL', op), lambda: f(x, [0, 2], 'VALID', op), lambda: f(x, [[2, 2]], 'VALID', op), lambda: f(x, [2, 2], 'VALID', op, spatial_dims=[2, 1]), lambda: f(x, [2, 2], 'VALID', op, spatial_dims=[0, 1]), lambda: f(tf.zeros([2, 3]), [2, 2], 'VALID', op)))

# CTC
def collapse_repeated(tf): a, n = tf.nn.collapse_repeated([[1, 1, 2, 2, 1], [1, 1, 1, 2, 2], [0, 0, 0, 0, 0]], [4, 5, 0]); b, m = tf.nn.collapse_repeated(labels=tf.constant([[3, 3, 4]], tf.int64), seq_length=tf.constant([3]), name='col'); return _once([a, n, b, m, _s(tf, a, n)])
def ctc_unique_labels(tf): u, i = tf.nn.ctc_unique_labels([[3, 4, 4, 3], [5, 5, 5, 0]]); w, j = tf.nn.ctc_unique_labels(tf.constant([[1, 2]], tf.int64), name='un'); return _once([u, i, w, j, _s(tf, u, i)], same='values')
def _ctc(tf): z = tf.constant(_v(5, 2, 4) * 2); return z, tf.constant([[1, 2, 2], [3, 0, 0]]), tf.constant([3, 1]), tf.constant([5, 4])
def ctc_loss_v2(tf): z, y, a, b = _ctc(tf); l = tf.nn.ctc_loss_v2(y, z, a, b); return _once([l, _s(tf, l)] + tf.gradients(l, z), same='values')
def ctc_loss_v2_batch_major(tf): z, y, a, b = _ctc(tf); x = tf.transpose(z, [1, 0, 2]); l = tf.nn.ctc_loss_v2(labels=y - 1 + 1, logits=x, label_length=a, logit_length=b, logits_time_major=False, blank_index=0, name='c'); return _once([l] + tf.gradients(l, z), same='values')
def ctc_loss_v2_unique(tf): z, y, a, b = _ctc(tf); l = tf.nn.ctc_loss_v2(y, z, a, b, unique=tf.nn.ctc_unique_labels(y), blank_index=0); return _once([l] + tf.gradients(l * l, z), same='values')
def ctc_loss_v2_last_blank(tf): z, y, a, b = _ctc(tf); l = tf.nn.ctc_loss_v2(tf.constant([[1, 2, 2], [0, 0, 0]]), z, a, b, blank_index=-1); return _once([l] + tf.gradients(l, z), same='values')
def ctc_loss_v2_sparse(tf): z, _, _, b = _ctc(tf); y = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 2, 0], [2, 2]); l = tf.nn.ctc_loss_v2(y, z, None, b, blank_index=-1); m = tf.nn.ctc_loss_v2(y, z, None, b, blank_index=3); return _once([l, m] + tf.gradients(l, z), same='values')
def ctc_loss_v2_wrong(tf): z, y, a, b = _ctc(tf); s = tf.SparseTensor([[0, 0], [1, 0]], [1, 0], [2, 2]); return _once(_says(tf, lambda: tf.nn.ctc_loss_v2(s, z, None, b), lambda: tf.nn.ctc_loss_v2(y, z, None, b)))
def ctc_beam_v2(tf): z, _, _, b = _ctc(tf); d, p = tf.nn.ctc_beam_search_decoder_v2(z, b, beam_width=10, top_paths=2); e, q = tf.nn.ctc_beam_search_decoder_v2(z, b); return _once([d, p, e, q, _s(tf, p, q), _t(tf, type(d).__name__, type(d[0]).__name__)])
