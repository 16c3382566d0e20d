"""What real TensorFlow 1.15.5 does with small programs, recorded; and the same programs held against another module.

    hold.py check  caudal     [FILE[:CASE]...]   run them again and say what differs; exit 1 if anything does

A case is a function of `tf` in cases/*.py. It builds a graph and returns what to fetch, and, where needed, a dict:
feed = {tensor: value}, train = an op to run between the fetches, runs = how often to fetch (2), init = False for no initialiser,
before = a function of the session, called once before the first fetch, queues = True to start the queue runners,
same = 'nodes' or 'values' where only that is held, tol = relative tolerance (1e-5 for floats; 0 means the bits).
Held: every node outside `gradients*/` (with HOLD_GRADIENTS=1 these too) in order of creation (name, type, inputs, control inputs, attributes, shape and dtype of each
output), the collections, and the values of each run. Python 3.7 or later, NumPy only.
"""
import importlib, json, lzma, os, re, sys, traceback
import numpy as np

HERE = os.environ.get('HOLD_DIR') or os.path.dirname(os.path.abspath(__file__))  # holds cases/ and recorded/
GRADIENT = re.compile(r'(^|/)gradients(_\d+)?/')
SKIP_ATTRS = {'_class', 'token', '_output_shapes', 'container', 'shared_name', 'use_cudnn_on_gpu', 'explicit_paddings', 'validate_indices'}


def plain(value):
    """An attribute as JSON: dtypes by name, shapes as lists, bytes as text."""
    if value is None or isinstance(value, (bool, int, str)): return value
    if isinstance(value, float): return float(repr(value))
    if isinstance(value, bytes): return value.decode('latin1')
    if isinstance(value, (list, tuple)): return [plain(v) for v in value]
    if hasattr(value, 'as_datatype_enum'): return value.base_dtype.name + ('_ref' if getattr(value, '_is_ref_dtype', False) else '')
    if hasattr(value, 'as_list') or hasattr(value, 'dims'): return shape(value)
    kind = type(value).__name__
    if kind == 'TensorShapeProto': return None if value.unknown_rank else [d.size if d.size >= 0 else None for d in value.dim]
    return '<%s>' % kind


def shape(s):
    return None if s.dims is None else [None if d.value is None else int(d.value) for d in s.dims]


def attributes(op):
    if not hasattr(op, 'node_def'): return None  # then the attributes aren't held
    out = {}
    for key in sorted(op.node_def.attr):
        if key in SKIP_ATTRS or key.startswith('_'): continue
        if key == 'value' and op.type == 'Const': out[key] = constant(op); continue
        try: out[key] = plain(op.get_attr(key))
        except Exception as error: out[key] = '<%s>' % type(error).__name__
    return out


def constant(op):
    from_proto = getattr(importlib.import_module(type_module), 'make_ndarray', None)
    if from_proto is None: return None
    array = from_proto(op.get_attr('value'))
    return encode(array) if array.size <= 16 else {'dtype': array.dtype.name, 'shape': list(array.shape)}


def node(op):
    return [op.name, op.type, [t.name for t in op.inputs], sorted(c.name for c in op.control_inputs), attributes(op),
            [[t.dtype.base_dtype.name, shape(t.get_shape())] for t in op.outputs]]


def encode(value):
    """A fetched value as JSON that gives the same bits back."""
    if isinstance(value, (list, tuple)): return {'list': [encode(v) for v in value]}
    if isinstance(value, dict): return {'dict': {str(k): encode(v) for k, v in sorted(value.items())}}
    if value is None: return None
    if hasattr(value, '_fields'): return {'list': [encode(v) for v in value]}
    array = np.asarray(value)
    if array.dtype.kind in 'OSU': data = [v.decode('latin1') if isinstance(v, bytes) else str(v) for v in array.ravel()]
    elif array.dtype.kind == 'c': data = [[float(v.real), float(v.imag)] for v in array.ravel()]
    elif array.dtype.kind == 'f': data = [float('%.9g' % v) if array.dtype.itemsize <= 4 else float(v) for v in array.astype('f8' if array.dtype.itemsize > 4 else 'f4').ravel().tolist()]
    else: data = array.ravel().tolist()
    return {'dtype': 'string' if array.dtype.kind in 'OSU' else array.dtype.name, 'shape': list(array.shape), 'data': data}


def differs(got, want, tol, where):
    """The first difference between two encoded values, in words, or None."""
    if not isinstance(got, dict) or not isinstance(want, dict): return None if got == want else '%s: %r for %r' % (where, got, want)
    for key in ('list', 'dict'):
        if key in want:
            if key not in got or len(got[key]) != len(want[key]): return '%s: another structure' % where
            pairs = zip(got[key], want[key]) if key == 'list' else [(got[key].get(k), v) for k, v in want[key].items()]
            for k, (g, w) in enumerate(pairs):
                found = differs(g, w, tol, '%s[%d]' % (where, k))
                if found: return found
            return None
    if (got.get('dtype'), got.get('shape')) != (want['dtype'], want['shape']):
        return '%s: %s%s for %s%s' % (where, got.get('dtype'), got.get('shape'), want['dtype'], want['shape'])
    if 'data' not in want or got['data'] == want['data']: return None
    if want['dtype'].startswith(('float', 'complex', 'bfloat')) and tol:
        g, w = np.array(got['data'], 'f8'), np.array(want['data'], 'f8')
        ok = np.isclose(g, w, rtol=tol, atol=tol * min(1., float(np.max(np.abs(w[np.isfinite(w)]), initial=0.)) or 1.), equal_nan=True)
        if ok.all(): return None
        k = int(np.argmin(ok.ravel()))
        return '%s: %.9g for %.9g at %d, %d of %d differ' % (where, g.ravel()[k], w.ravel()[k], k, (~ok).sum(), ok.size)
    k = next(k for k, (g, w) in enumerate(zip(got['data'], want['data'])) if g != w)
    return '%s: %r for %r at %d' % (where, got['data'][k], want['data'][k], k)


def run(tf, case):
    """Build and run one case; what is held, as JSON."""
    with tf.Graph().as_default() as graph:
        built = case(tf)
        fetches, more = built if isinstance(built, tuple) and len(built) == 2 and isinstance(built[1], dict) else (built, {})
        ops = graph.get_operations()
        out = {'nodes': [node(op) for op in ops], 'collections': {}, 'runs': []}
        for key in sorted(map(str, graph.get_all_collection_keys())):
            if not key.startswith('__'): out['collections'][key] = [getattr(v, 'name', type(v).__name__) for v in graph.get_collection(key)]
        with tf.Session(graph=graph) as session:
            if more.get('init', True): session.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer(), tf.tables_initializer()))
            if 'before' in more: more['before'](session)
            threads = tf.train.Coordinator(), None
            if more.get('queues'): threads = threads[0], tf.train.start_queue_runners(session, threads[0])
            for k in range(more.get('runs', 2)):
                if k and 'train' in more: session.run(more['train'], more.get('feed'))
                out['runs'].append(encode(session.run(fetches, more.get('feed'))))
            if more.get('queues'): threads[0].request_stop(); threads[0].join(threads[1], stop_grace_period_secs=5)
        out['same'], out['tol'] = more.get('same', 'all'), more.get('tol', 1e-5)
    return out


def forward(nodes):
    """The nodes outside gradients; what they take from inside has no name."""
    outside = lambda name: 'a gradient' if GRADIENT.search(name) else name
    return [[n[0], n[1], [outside(i) for i in n[2]], sorted({outside(c) for c in n[3]})] + n[4:] for n in nodes if not GRADIENT.search(n[0])]


def compare(got, want):
    """All differences between a run and its record, in words."""
    out = []
    if want['same'] != 'values':
        nodes, wanted = (one['nodes'] if os.environ.get('HOLD_GRADIENTS') else forward(one['nodes']) for one in (got, want))
        for k, (g, w) in enumerate(zip(nodes + [None] * len(wanted), wanted)):
            if g and w and g[4] is None: g = g[:4] + [w[4]] + g[5:]
            if g != w: out.append('node %d: %s for %s' % (k, g and [x for x, y in zip(g, w) if x != y][:2], [w[0], w[1]] if g is None or g[:2] != w[:2] else [w[0]] + [y for x, y in zip(g, w) if x != y][:2])); break
        if not out and len(nodes) > len(wanted): out.append('%d nodes too many, first %s' % (len(nodes) - len(wanted), nodes[len(wanted)][:2]))
        if got['collections'] != want['collections']: out.append('collections: %s for %s' % tuple({k: v for k, v in a.items() if b.get(k) != v} for a, b in ((got['collections'], want['collections']), (want['collections'], got['collections']))))
    if want['same'] != 'nodes':
        for k, (g, w) in enumerate(zip(got['runs'], want['runs'])):
            found = differs(g, w, want['tol'], 'run %d' % k)
            if found: out.append(found); break
    return out


def cases(name):
    space = {'np': np}
    path = os.path.join(HERE, 'cases', name + '.py')
    with open(path) as file: exec(compile(file.read(), path, 'exec'), space)
    return {k: v for k, v in space.items() if callable(v) and not k.startswith('_') and getattr(v, '__code__', None) and v.__code__.co_filename == path and v.__code__.co_varnames[:v.__code__.co_argcount] == ('tf',)}


def records(name):
    """What 1.15.5 did with the cases of a file."""
    with lzma.open(os.path.join(HERE, 'recorded', name + '.json.xz'), 'rt') as file: return json.load(file)


def main(mode, module, *names):
    global type_module
    type_module = module
    tf = importlib.import_module(module)
    everything = sorted(f[:-3] for f in os.listdir(os.path.join(HERE, 'cases')) if f.endswith('.py'))
    held = total = 0
    for name in dict.fromkeys(n.split(':')[0] for n in names) if names else everything:
        only = {n.split(':')[1] for n in names if n.startswith(name + ':')}
        record = records(name)
        for key, case in cases(name).items():
            if only and key not in only: continue
            total += 1
            try: got = json.loads(json.dumps(run(tf, case)))
            except Exception as error:
                print('%s:%s  %s: %s' % (name, key, type(error).__name__, (str(error).splitlines() or [''])[0][:150]))
                if only: traceback.print_exc()
                continue
            found = compare(got, record[key]) if key in record else ['not recorded']
            held += not found
            for line in found: print('%s:%s  %s' % (name, key, line[:400]))
    print('%d of %d cases %s' % (held, total, 'held'))
    return held < total


if __name__ == '__main__': sys.exit(main(*sys.argv[1:]))
