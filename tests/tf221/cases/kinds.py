"""Images, signals, quantised numbers, sets, sparse tensors, strings, metrics. Recorded by TensorFlow 2.21 (tests/held.py)."""

from tf221.common import _v, _once, _t, _says, _s
def _sp(tf): return tf.SparseTensor([[0, 1], [0, 3], [2, 0], [2, 3]], [1., -2., 3., 4.5], [3, 4])

# images
def _boxes(): return _BOXES, _SCORES
_BOXES, _SCORES = np.array([[0, 0, 1, 1], [0, .1, 1, 1.1], [0, -.1, 1, .9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]], 'f'), np.array([.9, .75, .6, .95, .5, .3], 'f')
def nms_overlaps(tf): o = tf.constant(np.clip(_v(6, 6), 0, 1) * .5 + np.eye(6, dtype='f')); a = tf.image.non_max_suppression_overlaps(o, _SCORES, 3); b = tf.image.non_max_suppression_overlaps(o, _SCORES, max_output_size=4, overlap_threshold=.2, score_threshold=.55, name='ov'); return _once([a, b, _s(tf, a)])
def nms_padded(tf): _BOXES, _SCORES = map(tf.constant, _boxes()); a, n = tf.image.non_max_suppression_padded(_BOXES, _SCORES, 5); b, m = tf.image.non_max_suppression_padded(_BOXES, _SCORES, 5, iou_threshold=.3, score_threshold=.4, pad_to_max_output_size=True, name='p'); return _once([a, n, b, m, _s(tf, a, b, n)], same='values')
def nms_padded_unknown(tf): n = tf.placeholder_with_default(3, []); a, k = tf.image.non_max_suppression_padded(tf.constant(_BOXES), tf.constant(_SCORES), n, pad_to_max_output_size=True); return _once([a, k], same='values')
def nms_with_scores(tf): r = [tf.image.non_max_suppression_with_scores(_BOXES, _SCORES, 6), tf.image.non_max_suppression_with_scores(_BOXES, _SCORES, 6, 1., soft_nms_sigma=.5, name='soft'), tf.image.non_max_suppression_with_scores(boxes=_BOXES, scores=_SCORES, max_output_size=tf.constant(4), iou_threshold=.4, score_threshold=.4, soft_nms_sigma=.1)]; return _once(r + [_s(tf, *r[0])])
def combined_nms(tf):
    b = tf.constant(np.stack([_BOXES, _BOXES[::-1]])[:, :, None]); s = tf.constant(np.stack([np.stack([_SCORES, _SCORES[::-1]], 1)] * 2)); f = tf.image.combined_non_max_suppression
    r = [f(b, s, 3, 4), f(b, s, 3, 9, iou_threshold=.4, score_threshold=.55, pad_per_class=True, clip_boxes=False, name='c'), f(tf.concat([b, b * .5], 2), s, tf.constant(2), 5, clip_boxes=True)]; return _once([list(x) for x in r] + [_s(tf, *r[0])])
def extract_patches(tf): x = tf.constant(_v(1, 5, 5, 2)); a = tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID'); b = tf.image.extract_patches(images=x, sizes=[1, 2, 2, 1], strides=[1, 2, 2, 1], rates=[1, 2, 2, 1], padding='SAME', name='ep'); return _once([a, b, tf.extract_image_patches(tf.cast(x * 100, tf.int32), ksizes=[1, 2, 1, 1], strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding='SAME')])
def extract_glimpse(tf): x = tf.constant(_v(2, 6, 6, 2)); f = tf.image.extract_glimpse; a = f(x, [3, 3], [[0., 0.], [.2, -.3]]); b = f(x, size=tf.constant([2, 4]), offsets=[[2., 2.], [0., 1.]], centered=False, normalized=False, uniform_noise=True, name='g'); c = f(x, [3, 2], [[.5, .5], [.6, .4]], centered=False); return _once([a, c, _s(tf, a, b)], same='values')
def ssim_multiscale(tf):
    x = tf.constant(np.stack([np.outer(np.sin(np.arange(180) / 9.), np.cos(np.arange(180) / 7.))] * 2)[..., None].astype('f') * .5 + .5); y = tf.clip_by_value(x + .1 * tf.sin(x * 40.), 0., 1.); a = tf.image.ssim_multiscale(x, y, 1.); b = tf.image.ssim_multiscale(img1=x[:1], img2=y[:1], max_val=1., power_factors=(.3, .7), filter_size=7, filter_sigma=1., k1=.02, k2=.05); return _once([a, b, _s(tf, a, b)], same='values', tol=1e-3)
def ssim_multiscale_slope(tf): x = tf.constant(np.linspace(0, 1, 24 * 24).reshape(1, 24, 24, 1).astype('f')); y = x * x; a = tf.image.ssim_multiscale(x, y, 1., power_factors=[.5, .5], filter_size=5); return _once([a] + tf.gradients(a, [y]), same='values', tol=1e-2)
def decode_and_crop_jpeg(tf): import io; j = tf.image.encode_jpeg(tf.constant((np.arange(8 * 8 * 3) % 50 * 0 + 128).reshape(8, 8, 3).astype('u1'))); a = tf.image.decode_and_crop_jpeg(j, [1, 2, 4, 3]); b = tf.image.decode_and_crop_jpeg(j, [0, 0, 2, 2], channels=1, ratio=1, fancy_upscaling=False, try_recover_truncated=True, acceptable_fraction=.5, dct_method='INTEGER_ACCURATE', name='dc'); return _once([tf.shape(a), tf.shape(b), _s(tf, a, b), tf.reduce_max(tf.abs(tf.cast(a, tf.int32) - 128)) < 3], same='values')

# signals
def rffts(tf):
    x = tf.constant(_v(2, 3, 4, 5)); s = tf.signal; y2, y3 = s.rfft2d(x), s.rfft3d(x)
    return _once([y2, y3, s.irfft2d(y2), s.irfft3d(y3)] + tf.gradients(tf.abs(y2) ** 2, x) + tf.gradients(tf.abs(y3) ** 2, x) if 0 else [y2, y3, s.irfft2d(y2), s.irfft3d(y3)] + tf.gradients(tf.abs(y2) ** 2, x), tol=1e-4)
def rffts_lengths(tf): x = tf.constant(_v(3, 4, 5)); s = tf.signal; a = s.rfft3d(x, [2, 4, 8]); b = s.irfft2d(s.rfft2d(x, fft_length=[4, 6]), fft_length=tf.constant([4, 6]), name='ir'); c = s.irfft3d(a, [2, 4, 7]); return _once([a, b, c, _s(tf, a, b, c)], tol=1e-4)
def irfft2d_slope(tf): z = tf.constant((_v(4, 3) + 1j * _v(4, 3, step=11)).astype('F')); y = tf.signal.irfft2d(z); return _once([y] + tf.gradients(tf.square(y), z), tol=1e-4)
def rffts_wrong(tf): s = tf.signal; return _once(_says(tf, lambda: s.rfft3d(tf.zeros([2, 2])), lambda: s.irfft2d(tf.zeros([3, 3])), lambda: s.rfft2d(tf.zeros([3, 3]), [1, 2, 3])))
def inverse_window(tf): f = tf.signal.inverse_stft_window_fn; a = f(2)(6, dtype=tf.float32); b = f(3, forward_window_fn=tf.signal.hamming_window, name='inv')(7, dtype=tf.float64); c = f(tf.constant(2), tf.ones)(4, dtype=tf.float32); return _once([a, b, c], same='values')
def inverse_window_round_trip(tf): x = tf.constant(_v(32)); f = tf.signal.stft(x, 8, 2); y = tf.signal.inverse_stft(f, 8, 2, window_fn=tf.signal.inverse_stft_window_fn(2)); return _once([y], same='values', tol=1e-4)

# quantised numbers
def dequantize_modes(tf):
    q = tf.constant([0, 3, 255], tf.uint8); q = tf.bitcast(q, tf.quint8); i = tf.bitcast(tf.constant([-128, -5, 127], tf.int8), tf.qint8); u = tf.bitcast(tf.constant([0, 5, 40000], tf.uint16), tf.quint16); w = tf.bitcast(tf.constant([-70000, 0, 2000000000], tf.int32), tf.qint32)
    return _once([tf.dequantize(q, -1., 6.), tf.dequantize(i, -1., 6.), tf.dequantize(q, 0., 2., mode='MIN_FIRST'), tf.dequantize(i, -1., 1., 'MIN_FIRST', name='mf'), tf.dequantize(i, -2., 2., mode='SCALED'), tf.dequantize(q, 0., 3., mode='SCALED'), tf.dequantize(w, -1., 1.), tf.dequantize(w, -1., 1., 'MIN_FIRST'), tf.dequantize(u, -.7, 1.3, 'MIN_FIRST'), tf.dequantize(q, 1.5, 1.5, 'MIN_FIRST'), tf.quantization.dequantize(input=q, min_range=0., max_range=1.)])
def quantize_modes(tf):
    x = tf.constant([-3., -.5, 0., .3, .7, 5.5]); f = tf.quantization.quantize; out = [f(x, -1., 6., tf.quint8), f(x, -1., 6., tf.qint8), f(x, 0., 2., tf.quint8, mode='MIN_FIRST'), f(x, -2., 2., tf.qint8, mode='SCALED', round_mode='HALF_TO_EVEN', name='s'), f(x, -4., 4., tf.qint32, 'MIN_FIRST'), f(x, 0., 3., tf.quint8, mode='SCALED', round_mode='HALF_AWAY_FROM_ZERO')]
    return _once([[tf.bitcast(a.output, tf.int32 if a.output.dtype == tf.qint32 else tf.uint8 if a.output.dtype == tf.quint8 else tf.int8), a.output_min, a.output_max] for a in out], same='values')
def quantize_v2(tf): a = tf.quantize_v2(tf.constant([-1., .2, 1.]), -1., 1., tf.qint8); b = tf.quantize_v2(tf.constant([-1., .2, 1.]), -1., 1., T=tf.quint8, mode='MIN_COMBINED', name='q', round_mode='HALF_AWAY_FROM_ZERO'); return _once([tf.cast(a[0], tf.int32), a[1], a[2], tf.cast(b.output, tf.int32), _t(tf, a._fields)], same='values')
def quantize_wrong(tf): return _once(_says(tf, lambda: tf.quantize_v2([1.], 0., 1., tf.float32), lambda: tf.quantization.quantize([1.], 0., 1., tf.quint8, mode='OTHER'), lambda: tf.quantization.quantize([1], 0., 1., tf.quint8), lambda: tf.dequantize([1.], 0., 1.)))
def quantize_and_dequantize(tf): x = tf.constant([-1.8, -.5, 0., .3, 2.2]); f = tf.quantization.quantize_and_dequantize; return _once([f(x, -1., 1.), f(x, -2., 2., range_given=True), f(x, 0., 2., signed_input=False, num_bits=4, range_given=True, name='qd'), f(x, -2., 2., True, 3, True, 'HALF_UP'), f(x, input_min=-1., input_max=1., num_bits=5, narrow_range=True, range_given=True)] + tf.gradients(f(x, -1., 1., range_given=True), x), same='values')
def quantized_concat(tf): q = lambda *v: tf.bitcast(tf.constant(v, tf.uint8), tf.quint8); c = tf.quantization.quantized_concat(0, [q(0, 128, 255), q(5, 200)], [0., -1.], [1., 3.]); d = tf.quantization.quantized_concat(concat_dim=tf.constant(0), values=[q(1), q(2)], input_mins=[0., 0.], input_maxes=[1., 1.], name='qc'); return _once([tf.cast(c[0], tf.int32), c.output_min, c.output_max, tf.cast(d.output, tf.int32), d[1], d[2]])
def fake_quant_slopes(tf):
    g, x = tf.constant(_v(3, 2)), tf.constant(_v(3, 2) * 6); return _once([tf.fake_quant_with_min_max_args_gradient(g, x), tf.fake_quant_with_min_max_args_gradient(gradients=g, inputs=x, min=-2, max=2, num_bits=4, narrow_range=True, name='a'), tf.fake_quant_with_min_max_vars_gradient(g, x, -1., 3.), tf.fake_quant_with_min_max_vars_gradient(g, x, min=-1., max=3., num_bits=3, narrow_range=True, name='v'), tf.fake_quant_with_min_max_vars_per_channel_gradient(g, x, [-1., -2.], [1., 3.]), tf.fake_quant_with_min_max_vars_per_channel_gradient(g, x, [-1., -2.], [1., 3.], 6, True, name='p')])

# sets
def _set(tf, *rows): return tf.SparseTensor([[i, j] for i, r in enumerate(rows) for j in range(len(r))], [v for r in rows for v in r], [len(rows), max(map(len, rows))])
def sets_three(tf):
    a, b = _set(tf, [1, 2], [3], [4, 5]), _set(tf, [1], [], [4, 6, 5])
    return _once([f(a, b) for f in (tf.sets.union, tf.sets.intersection, tf.sets.difference)] + [tf.sets.difference(a, b, aminusb=False), tf.sets.difference(a, b, True, False), tf.sets.union(a=a, b=b, validate_indices=False), tf.sets.set_union(a, b)])
def sets_dense(tf): a, b = tf.constant([[1, 2, 2], [3, 4, 5]]), tf.constant([[2, 3], [9, 3]]); return _once([tf.sets.union(a, b), tf.sets.intersection(a, b), tf.sets.difference(a, b), tf.sets.difference(a, b, aminusb=False), tf.sets.size(tf.sets.union(a, b))])
def sets_mixed(tf): a = tf.constant([[1, 2], [3, 4]], tf.int64); b = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([2, 9], tf.int64), [2, 1]); return _once([tf.sets.intersection(a, b), tf.sets.union(b, a), tf.sets.union(a, b), tf.sets.difference(b, a), tf.sets.difference(a, b)])
def sets_strings(tf): return _once([tf.sets.union([['a', 'b']], [['b', 'c']]), tf.sets.difference([['a', 'b']], [['b', 'c']])])
def sets_wrong(tf): return _once(_says(tf, lambda: tf.sets.union([[1.]], [[2.]]), lambda: tf.sets.union([[1]], tf.constant([[2]], tf.int64)), lambda: tf.sets.intersection(_sp(tf), _sp(tf))))

# sparse tensors
def sparse_reduces(tf):
    s = _sp(tf); f, g = tf.sparse.reduce_max_sparse, tf.sparse.reduce_sum_sparse
    return _once([f(s, 0), f(s, 1), g(s, 1, keepdims=True), g(s, axis=[0]), g(s, -1), f(s, axis=[0, 1], keepdims=True), tf.sparse_reduce_sum_sparse(s, keep_dims=True, reduction_axes=[1]), tf.sparse_reduce_max_sparse(s, reduction_axes=0), g(s)])
def sparse_reduces_wrong(tf): s = _sp(tf); return _once(_says(tf, lambda: tf.sparse.reduce_sum_sparse(s, 0, reduction_axes=0), lambda: tf.sparse.reduce_max_sparse(s, 0, keepdims=True, keep_dims=True), lambda: tf.sparse.reduce_max_sparse([[1.]])))
def segment_sqrt_n(tf): x = tf.constant(_v(5, 2)); a = tf.sparse.segment_sqrt_n(x, [0, 2, 4, 1], [0, 0, 1, 3]); b = tf.sparse.segment_sqrt_n(data=x, indices=tf.constant([1, 1]), segment_ids=[1, 2], name='sq', num_segments=4); return _once([a, b] + tf.gradients(tf.square(a), x), same='values')
def sparse_dense_matmuls(tf): s, b = _sp(tf), tf.constant(_v(4, 2)); f = tf.sparse.sparse_dense_matmul; c = f(s, b); d = f(s, tf.constant(_v(2, 3)), adjoint_a=True, adjoint_b=True, name='sm'); return _once([c, d, f(tf.sparse.transpose(s), tf.constant(_v(3, 2)))] + tf.gradients([c * c, d], [b, s.values]))
def sparse_dense_matmul_wrong(tf): return _once(_says(tf, lambda: tf.sparse.sparse_dense_matmul(tf.zeros([2, 2]), tf.zeros([2, 2])), lambda: tf.sparse.sparse_dense_matmul(_sp(tf), tf.zeros([4, 2], tf.int32)), lambda: tf.sparse.sparse_dense_matmul(_sp(tf), tf.zeros([4]))))

# strings
def unicode_offsets(tf):
    d, o = tf.strings.unicode_decode_with_offsets(['G\xf6\xf6dnight'.encode(), b'\xf0\x9f\x98\x8a', b''], 'UTF-8'); s, p = tf.strings.unicode_split_with_offsets([b'a\xc3\xa9b', b'\xff\x41'], 'UTF-8', errors='replace', replacement_char=ord('?'), name='us'); e, q = tf.strings.unicode_decode_with_offsets('h\xe9', 'UTF-8', name='one')
    i, i_o = tf.strings.unicode_decode_with_offsets([b'a\xffb\x01'], 'UTF-8', errors='ignore', replacement_char=33, replace_control_characters=True); t, r = tf.strings.unicode_split_with_offsets('\xe9a'.encode(), 'UTF-8'); u, v = tf.strings.unicode_decode_with_offsets(input=[['ab'], ['c']], input_encoding='UTF-16-BE')
    c, c_o = tf.strings.unicode_decode_with_offsets([b'a\tb\x7f\n\xc2\x85\xff\x01z'], 'UTF-8', replacement_char=33, replace_control_characters=True)
    return _once([i_o.values, c.values, c_o.values, tf.strings.unicode_transcode([b'a\tb\x7f\n\xc2\x85\xff\x01z'], 'UTF-8', 'UTF-8', errors='ignore', replace_control_characters=True), d.values, d.row_splits, o.values, s.values, p.values, p.row_splits, e, q, i.values, t, r, u.flat_values, v.flat_values, _t(tf, type(d).__name__, type(e).__name__, u.ragged_rank)], same='values')
def unicode_offsets_wrong(tf): return _once(_says(tf, lambda: tf.strings.unicode_decode_with_offsets([1], 'UTF-8'), lambda: tf.strings.unicode_split_with_offsets(['a'], 'KLINGON'), lambda: tf.strings.unicode_decode_with_offsets(['a'], 'UTF-8', errors='bad'), lambda: tf.strings.unicode_decode_with_offsets(tf.placeholder(tf.string), 'UTF-8')))

# metrics
def _streams(fs, **more): return _once([list(f) for f in fs], same='values', **more)
def at_thresholds(tf):
    y, p = tf.constant([[1, 0], [1, 0], [0, 1]]), tf.constant([[.9, .2], [.4, .6], [.1, .8]]); m = tf.metrics; w = [[1.], [.5], [2.]]; out = []
    for f in (m.false_positives_at_thresholds, m.true_negatives_at_thresholds, m.true_positives_at_thresholds, m.false_negatives_at_thresholds): out += [f(y, p, [.3, .5, .85]), f(labels=y, predictions=p, thresholds=[.5], weights=w, metrics_collections=['mc'], updates_collections=['uc'], name='n')]
    return [o[0] for o in out] + [_t(tf, len(tf.get_collection('mc')), len(tf.get_collection('uc')), *[o[0].name for o in out], *[o[1].name for o in out])], {'same': 'values', 'train': [o[1] for o in out]}
def top_k_metrics(tf):
    y = tf.constant([[1, 2], [0, 3]], tf.int64); i = tf.constant([[2, 0, 1], [3, 2, 0]], tf.int64); m = tf.metrics; out = [m.precision_at_top_k(y, i), m.precision_at_top_k(y, i, k=2) if 0 else m.precision_at_top_k(y, i[:, :2], k=2, name='p'), m.precision_at_top_k(labels=y, predictions_idx=i, k=3, class_id=2, weights=[1., .5]), m.recall_at_top_k(y, i), m.recall_at_top_k(y, i, class_id=3, weights=[1., 2.], metrics_collections=['a'], updates_collections=['b'], name='r')]
    return [o[0] for o in out] + [_t(tf, *[o[0].name for o in out])], {'same': 'values', 'train': [o[1] for o in out]}
def sparse_k_metrics(tf):
    y = tf.constant([[1], [0]], tf.int64); p = tf.constant(_v(2, 4)); m = tf.metrics; s = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 2, 3], tf.int64), [2, 2]); out = [m.sparse_precision_at_k(y, p, 2), m.sparse_precision_at_k(s, p, k=3, class_id=1, weights=[1., 2.], name='q'), m.sparse_average_precision_at_k(y, p, 3), m.sparse_average_precision_at_k(s, p, 2, weights=[.5, 1.], metrics_collections='c', updates_collections='d', name='v')]
    return [o[0] for o in out] + [_t(tf, *[o[0].name for o in out])], {'same': 'values', 'train': [o[1] for o in out]}
def metrics_wrong(tf): return _once(_says(tf, lambda: tf.metrics.true_positives_at_thresholds([1], [.5, .2], [.1]), lambda: tf.metrics.sparse_precision_at_k([[1]], [[.1, .2]], 0), lambda: tf.losses.Reduction.validate('nope'), lambda: tf.losses.Reduction.validate(tf.losses.Reduction.SUM), lambda: tf.losses.Reduction.validate(key='none')), same='values')
