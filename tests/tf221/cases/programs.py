"""What runs and watches programs: coordinators, hooks, sessions, savers, summaries, saved models, files, logging, tests. Recorded by TensorFlow 2.21 (tests/held.py)."""

from tf221.common import _once, _t, _fail, _s

def _lines(tf, *lines):
    tf.get_default_graph()._unsafe_unfinalize() if tf.get_default_graph().finalized else None
    return _once(_t(tf, *lines), same='values')
def _dir(): import tempfile; return tempfile.mkdtemp()

# clusters, devices, coordinators
def cluster_spec(tf):
    C = tf.train.ClusterSpec; c = C({'worker': ['a:1', 'b:2'], 'ps': {3: 'c:3', 1: 'd:4'}}); d = C(c.as_cluster_def()); e = C(c)
    return _lines(tf, c.jobs, c.num_tasks('worker'), c.task_indices('ps'), c.task_address('ps', 3), c.job_tasks('worker'), c.job_tasks('ps'), sorted(c.as_dict().items()), d == c, e == c, c != C({'x': ['y:1']}), bool(C({})), bool(c), str(c.as_cluster_def()).replace('\n', ' '), repr(C({'a': ['b:1']})), _fail(lambda: c.num_tasks('z')), _fail(lambda: c.task_address('ps', 0)), _fail(lambda: C(3)), _fail(lambda: C({'a': 'b:1'})), _fail(lambda: C({'a': {'x': 'b'}})), _fail(lambda: c.job_tasks('z')), _fail(lambda: c.task_indices('z')), _fail(lambda: hash(c)))
def coordinator_methods(tf):
    import threading, time
    c = tf.train.Coordinator(); out = [c.should_stop(), c.wait_for_stop(.01), c.joined]
    c.request_stop(); out += [c.should_stop(), c.wait_for_stop()]; c.clear_stop(); out.append(c.should_stop())
    with c.stop_on_exception(): raise ValueError('mine')
    out.append(c.should_stop()); out.append(_fail(c.raise_requested_exception)); out.append(_fail(lambda: c.join([])))
    d = tf.train.Coordinator(clean_stop_exception_types=(KeyError,)); d.request_stop(KeyError('x')); out.append(_fail(lambda: d.join([]))); e = tf.train.Coordinator(); n = []; t = threading.Thread(target=lambda: n.append(e.wait_for_stop())); e.register_thread(t); t.start(); e.request_stop(); e.join(stop_grace_period_secs=5); out += [n, t.is_alive()]
    f = tf.train.Coordinator(); f.request_stop(tf.errors.OutOfRangeError(None, None, 'end')); out.append(_fail(f.raise_requested_exception)); f.join()
    with tf.train.Coordinator().stop_on_exception(): out.append('fine')
    g = tf.train.Coordinator(); s = threading.Thread(target=lambda: time.sleep(1)); s.daemon = True; s.start(); g.request_stop(); out.append(_fail(lambda: g.join([s], stop_grace_period_secs=.05))); g.join([s], stop_grace_period_secs=.05, ignore_live_threads=True); return _lines(tf, *out)
def looper_thread(tf):
    n = []; c = tf.train.Coordinator()
    def body(a, b=0):
        n.append(a + b)
        if len(n) == 3: c.request_stop()
    t = tf.train.LooperThread(c, None, target=body, args=(1,), kwargs={'b': 2}); t.setName('loop'); out = [t.getName(), t.isDaemon(), t.is_alive()]; t.start(); c.join([t]); u = tf.train.LooperThread.loop(c, 60, lambda: None); c.join([u])
    class Own(tf.train.LooperThread):
        def start_loop(self): n.append('start')
        def run_loop(self): n.append('run'); self._coord.request_stop()
        def stop_loop(self): n.append('stop')
    d = tf.train.Coordinator(); w = Own(d, None); w.start(); d.join([w]); return _lines(tf, *out, n, _fail(lambda: tf.train.LooperThread(3, None)))
def queue_runner_methods(tf):
    q = tf.FIFOQueue(10, tf.int32); r = tf.train.QueueRunner(q, [q.enqueue(1)] * 2, close_op=q.close(), cancel_op=q.close(True), queue_closed_exception_types=(tf.errors.OutOfRangeError, tf.errors.CancelledError)); p = r.to_proto(); s = tf.train.QueueRunner.from_proto(p); said = tf.Variable('', name='said')
    out = [p.queue_name, list(p.enqueue_op_name), p.close_op_name, p.cancel_op_name, list(p.queue_closed_exception_types), s.name, s.queue.name, len(s.enqueue_ops), s.close_op.name, s.cancel_op.name, [e.__name__ for e in s.queue_closed_exception_types], r.exceptions_raised, _fail(lambda: tf.train.QueueRunner(q, [])), _fail(lambda: tf.train.QueueRunner(queue_runner_def=3)), _fail(lambda: tf.train.QueueRunner(q, [q.enqueue(1)], queue_runner_def=p))]
    def before(session):
        c = tf.train.Coordinator(); t = r.create_threads(session, coord=c, daemon=True, start=True); session.run(q.dequeue_many(5)) if 0 else [session.run(got) for _ in range(5)]; out.append(len(r.create_threads(session, coord=c))); c.request_stop(); session.run(r.cancel_op); c.join(t, stop_grace_period_secs=5); out.append([x.daemon for x in t]); session.run(said.assign(str(out)))
    got = q.dequeue(); return said, {'before': before, 'runs': 1, 'same': 'values'}

# hooks
class _Context:
    def __init__(self, session): self.session, self.original_args, self.stop_requested = session, None, False
    def request_stop(self): self.stop_requested = True
def _hooked(tf, make, steps=5, say=lambda: []):
    """What a monitored session with hooks does, told by a list."""
    out = []; step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); hooks = make(out, step)
    def run():
        with tf.train.SingularMonitoredSession(hooks=hooks) as session:
            for _ in range(steps):
                if session.should_stop(): break
                out.append(int(session.run(up)))
    try: run()
    except Exception as error: out.append(type(error).__name__)
    return _lines(tf, *out, *say())
def stop_at_step(tf): return _hooked(tf, lambda out, step: [tf.train.StopAtStepHook(last_step=3)])
def stop_at_num_steps(tf): return _hooked(tf, lambda out, step: [tf.train.StopAtStepHook(num_steps=2)])
def stop_at_wrong(tf): return _lines(tf, *[_fail(f) for f in (lambda: tf.train.StopAtStepHook(), lambda: tf.train.StopAtStepHook(1, 2))])
def final_ops(tf):
    kept = []
    def make(out, step): p = tf.placeholder_with_default(1., []); kept.append(tf.train.FinalOpsHook([step + 0, p], final_ops_feed_dict={p: 5.})); return kept
    return _hooked(tf, make, 3, lambda: [])
def final_ops_values(tf):
    step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); h = tf.train.FinalOpsHook({'s': step}); g = tf.train.FinalOpsHook(None)
    with tf.train.MonitoredSession(hooks=[h, g]) as session: session.run(up)
    return _lines(tf, h.final_ops_values, g.final_ops_values)
def feed_fn(tf):
    n = []; p = tf.placeholder(tf.float32, []); y = p * 2.; h = tf.train.FeedFnHook(lambda: {p: float(len(n))})
    with tf.train.MonitoredSession(hooks=[h]) as session:
        for _ in range(3): n.append(float(session.run(y)))
    return _lines(tf, n)
def nan_hook(tf):
    x = tf.Variable(1.); up = tf.assign(x, x * 1e30); out = []
    def run(stop):
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(tf.log(-x), fail_on_nan_loss=stop)]) as session:
            while not session.should_stop() and len(out) < 5: session.run(up); out.append(1)
    a = _fail(lambda: run(True)); b = _fail(lambda: run(False)); return _lines(tf, a, b, out)
def logging_hook(tf):
    import logging
    seen = []
    class Keep(logging.Handler):
        def emit(self, record): seen.append(record.getMessage())
    log = tf.get_logger(); keep = Keep(); log.addHandler(keep); level = tf.logging.get_verbosity(); tf.logging.set_verbosity(tf.logging.INFO)
    try: made = _hooked(tf, lambda out, step: [tf.train.LoggingTensorHook({'a': step + 0}, every_n_iter=2), tf.train.LoggingTensorHook([tf.constant([1.5], name='c')], every_n_iter=100, at_end=True, formatter=lambda d: 'mine %s' % sorted(d.values())[0]), tf.train.LoggingTensorHook(['c:0'], at_end=True)], 4); seen = [s for s in seen if 'a = ' in s or 'mine' in s or 'c = ' in s or 'c:0' in s]
    finally: log.removeHandler(keep); tf.logging.set_verbosity(level)
    import re
    return _once([made[0], _t(tf, *[re.sub(r'\([\d.]+ sec\)', '(T sec)', s) for s in seen], *[_fail(f) for f in (lambda: tf.train.LoggingTensorHook(['x']), lambda: tf.train.LoggingTensorHook(['x'], every_n_iter=1, every_n_secs=1), lambda: tf.train.LoggingTensorHook(['x'], every_n_iter=0))])], same='values')
def step_counter(tf):
    class Own(tf.train.StepCounterHook):
        def _log_and_record(self, elapsed_steps, elapsed_time, global_step): n.append((int(elapsed_steps), int(global_step)))
    n = []; return _hooked(tf, lambda out, step: [Own(every_n_steps=2)], 7, lambda: n)
def summary_saver_hook(tf):
    d = _dir(); w = tf.summary.FileWriterCache.get(d)
    def make(out, step): s = tf.summary.scalar('v', tf.cast(step, tf.float32)); return [tf.train.SummarySaverHook(save_steps=2, summary_writer=w, summary_op=s), tf.train.SummarySaverHook(save_steps=3, output_dir=d, scaffold=tf.train.Scaffold(summary_op=s))]
    return _hooked(tf, make, 5, lambda: _events(tf, d))
def _events(tf, d):
    import os
    out = []
    tf.summary.FileWriterCache.clear()
    for name in sorted(os.listdir(d)):
        for e in tf.train.summary_iterator(os.path.join(d, name)): out.append((e.WhichOneof('what'), int(e.step), [(v.tag, round(float(v.simple_value), 4)) for v in e.summary.value] if e.WhichOneof('what') == 'summary' else ''))
    return sorted(set(o for o in map(str, out) if 'graph_def' not in o and 'file_version' not in o))
def checkpoint_saver_hook(tf):
    import os
    d = _dir(); heard = []
    class Listener(tf.train.CheckpointSaverListener):
        def begin(self): heard.append('begin')
        def before_save(self, session, step): heard.append(('before', int(step)))
        def after_save(self, session, step): heard.append(('after', int(step)))
        def end(self, session, step): heard.append(('end', int(step)))
    return _hooked(tf, lambda out, step: [tf.train.CheckpointSaverHook(d, save_steps=2, checkpoint_basename='m', listeners=[Listener()])], 5, lambda: [heard, sorted(f for f in os.listdir(d) if not f.startswith('events'))])
def checkpoint_saver_wrong(tf): return _lines(tf, *[_fail(f) for f in (lambda: tf.train.CheckpointSaverHook('d'), lambda: tf.train.CheckpointSaverHook('d', save_steps=1, save_secs=1), lambda: tf.train.CheckpointSaverHook('d', save_steps=1, saver=3, scaffold=4), lambda: tf.train.SummarySaverHook(save_steps=1), lambda: tf.train.StepCounterHook(every_n_steps=1, every_n_secs=1))])
def listener_stops(tf):
    class Listener(tf.train.CheckpointSaverListener):
        def after_save(self, session, step): return step >= 2
    return _hooked(tf, lambda out, step: [tf.train.CheckpointSaverHook(_dir(), save_steps=1, listeners=[Listener()])], 6)
def waiter_hook(tf): return _hooked(tf, lambda out, step: [tf.train.GlobalStepWaiterHook(0)], 2)
def step_timer(tf):
    T = tf.train.SecondOrStepTimer; t = T(every_steps=3); out = [t.last_triggered_step(), t.should_trigger_for_step(1), t.update_last_triggered_step(1)[1], t.should_trigger_for_step(1), t.should_trigger_for_step(3), t.should_trigger_for_step(4), t.update_last_triggered_step(5)[1], t.last_triggered_step()]; u = T(every_secs=1000.); out += [u.should_trigger_for_step(0), u.update_last_triggered_step(0), u.should_trigger_for_step(9)]; t.reset(); out.append(t.should_trigger_for_step(5)); return _lines(tf, *out, _fail(lambda: T(1, 2)), _fail(lambda: T()))
def run_step_fn(tf):
    step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); out = []
    with tf.train.MonitoredSession() as session:
        def f(step_context): out.append(int(step_context.session.run(step))); return step_context.run_with_hooks(up)
        out.append(int(session.run_step_fn(f))); out.append(session.should_stop()); session.run_step_fn(lambda step_context: step_context.request_stop() if 0 else None)
        out += [_fail(lambda: session.run_step_fn(3)), _fail(lambda: session.run_step_fn(lambda: 1)), _fail(lambda: session.run_step_fn(lambda a, b: 1))]
    return _lines(tf, *out, session.should_stop())
def sessions_made(tf):
    v = tf.Variable(2., name='v'); out = []
    g = tf.train.Scaffold.get_or_default('x', 'held_key', lambda: 5); h = tf.train.Scaffold.get_or_default('x', 'held_key', lambda: 6); out += [g, h, tf.train.Scaffold.default_local_init_op().type]; tf.add_to_collection('held_key', 1); out.append(_fail(lambda: tf.train.Scaffold.get_or_default('x', 'held_key', lambda: 7)))
    s = tf.train.ChiefSessionCreator(tf.train.Scaffold(), master='', checkpoint_dir=_dir()).create_session(); out.append(float(s.run(v)))
    with tf.train.SingularMonitoredSession() as q: out += [float(q.run(v)), type(q.raw_session()).__name__]
    return _lines(tf, *out)
def session_manager(tf):
    v = tf.Variable(2., name='v'); r = tf.report_uninitialized_variables(); m = tf.train.SessionManager(ready_op=r, recovery_wait_secs=1); s = m.prepare_session('', init_op=tf.global_variables_initializer(), init_fn=None); out = [float(s.run(v))]; d = _dir(); saver = tf.train.Saver(); saver.save(s, d + '/c'); q, loaded = m.recover_session('', saver=saver, checkpoint_dir=d); out += [loaded, float(q.run(v))]; p, none = m.recover_session('', saver=saver, checkpoint_dir=_dir()); out += [none, _fail(lambda: m.prepare_session('')), _fail(lambda: tf.train.SessionManager(ready_op=r).wait_for_session('', max_wait_secs=0) if 0 else 1)]; k = m.prepare_session('', saver=saver, checkpoint_filename_with_path=d + '/c'); out.append(float(k.run(v))); return _lines(tf, *out)
def supervisor_old_names(tf):
    step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); d = _dir(); sv = tf.train.Supervisor(logdir=d, save_model_secs=0, save_summaries_secs=0, summary_op=None); out = []
    with sv.managed_session() as s:
        while not sv.ShouldStop():
            out.append(int(s.run(up)))
            if out[-1] == 3: sv.RequestStop()
    out += [sv.should_stop(), sv.is_chief]; return _lines(tf, *out)
def supervisor_prepare(tf):
    g = tf.get_default_graph()
    step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); n = []; sv = tf.train.Supervisor(logdir=None, summary_op=None, saver=None); s = sv.PrepareSession(); sv.StartQueueRunners(s); t = sv.Loop(None, lambda: (n.append(1), sv.RequestStop())); sv.WaitForStop(); sv.Stop([t]); out = [sv.ShouldStop(), n[0]]
    return _lines(tf, *out)
def basic_loop(tf):
    step = tf.train.get_or_create_global_step(); up = tf.assign_add(step, 1); out = []; sv = tf.train.Supervisor(logdir=None, summary_op=None)
    def f(session, a, b=0):
        out.append((int(session.run(up)), a, b))
        if len(out) == 3: sv.request_stop()
    tf.train.basic_train_loop(sv, f, args=(1,), kwargs={'b': 2}); return _lines(tf, *out)

# savers and their files
def saver_protos(tf):
    v = tf.Variable(1., name='v'); s = tf.train.Saver(max_to_keep=3); d = s.as_saver_def(); p = s.to_proto(); q = tf.train.Saver.from_proto(p); s.set_last_checkpoints(['a', 'b']); out = [s.last_checkpoints]; s.set_last_checkpoints_with_time([('c', 1.), ('d', 2.)]); out += [s.last_checkpoints, d.max_to_keep, p.save_tensor_name, q.saver_def.restore_op_name, _fail(lambda: s.set_last_checkpoints(3)), _fail(lambda: s.set_last_checkpoints_with_time(('a',)))]
    m = s.export_meta_graph(clear_devices=True, strip_default_attrs=True); e = tf.train.export_meta_graph(saver_def=d, collection_list=['variables'], clear_extraneous_savers=True); out += [sorted(m.collection_def), m.saver_def.max_to_keep, sorted(e.collection_def), len(e.graph_def.node) > 3, s.to_proto(export_scope='nope')]
    return _lines(tf, *out)
def checkpoint_files(tf):
    import os
    v = tf.Variable(1., name='v'); s = tf.train.Saver(); d = _dir(); T = tf.train
    with tf.Session() as q:
        q.run(v.initializer)
        for k in range(2): s.save(q, d + '/m', k)
    paths = s.last_checkpoints; times = T.get_checkpoint_mtimes(paths + [d + '/none']); state = T.generate_checkpoint_state_proto(d, paths[1], paths, all_model_checkpoint_timestamps=[1., 2.], last_preserved_timestamp=.5); it = T.checkpoints_iterator(d, timeout=0); out = [len(times), times == sorted(times), os.path.basename(state.model_checkpoint_path), len(state.all_model_checkpoint_paths), list(state.all_model_checkpoint_timestamps), state.last_preserved_timestamp, [os.path.basename(p) for p in it]]
    T.remove_checkpoint(paths[0]); out += [sorted(os.listdir(d)), T.checkpoint_exists(paths[0]), list(T.checkpoints_iterator(_dir(), timeout=0)), list(T.checkpoints_iterator(_dir(), timeout=0, timeout_fn=lambda: True))]; return _lines(tf, *out)
def maybe_batches(tf):
    T = tf.train; x = tf.constant([1., 2.]); out = [T.maybe_batch_join([[x], [x * 2.]], tf.constant(True), 2), T.maybe_shuffle_batch([x], 2, 10, 1, keep_input=tf.constant(True), seed=1), T.maybe_shuffle_batch_join([[x], [x]], 2, 10, 1, keep_input=tf.constant(True), seed=1), T.maybe_batch([x], keep_input=[True, False], batch_size=2, enqueue_many=True)]
    return [_s(tf, *[o[0] if isinstance(o, list) else o for o in out]), out[1], out[3]], {'queues': True, 'runs': 1, 'same': 'values'}

# summaries and saved models
def file_writer(tf):
    import os
    d = _dir(); w = tf.summary.FileWriter(d, max_queue=2, flush_secs=1, filename_suffix='.x'); w.add_summary(tf.Summary(value=[tf.Summary.Value(tag='a', simple_value=1.)]), 1); w.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 2); w.add_run_metadata(tf.RunMetadata(), 'meta', global_step=3); bad = _fail(lambda: w.add_run_metadata(tf.RunMetadata(), 'meta')); w.flush(); w.close(); w.reopen(); w.add_event(tf.Event(step=7, summary=tf.Summary())); w.close(); n = len(os.listdir(d)); got = w.get_logdir() == d
    with tf.summary.FileWriter(d, graph=tf.get_default_graph()) as q: q.add_summary(tf.Summary().SerializeToString(), 9)
    return _lines(tf, *_events(tf, d), bad, n, got, all(f.endswith('.x') for f in os.listdir(d)) if n == 1 else '', _fail(lambda: tf.summary.FileWriter(None) if 0 else 1))
def writer_cache(tf): d = _dir(); C = tf.summary.FileWriterCache; a = C.get(d); same = C.get(d) is a; C.clear(); b = C.get(d) is a; C.clear(); return _lines(tf, same, b)
def summary_descriptions(tf): s = tf.summary.tensor_summary('t', tf.constant([1.]), summary_description='d'); return _lines(tf, _fail(lambda: tf.summary.get_summary_description(tf.constant(1.).op.node_def)), _fail(lambda: tf.summary.get_summary_description(s.op.node_def)), s.op.type)
def saved_model_signatures(tf):
    S = tf.saved_model; x = tf.placeholder(tf.string, [None], name='x'); y = tf.placeholder(tf.float32, [None, 2], name='y'); i, o = S.build_tensor_info(x), S.build_tensor_info(y); sp = S.build_tensor_info(tf.sparse_placeholder(tf.int64, name='s')); d = S.build_signature_def({'a': i}, {'b': o}, 'tensorflow/serving/predict'); c = S.classification_signature_def(x, x, y); r = S.regression_signature_def(x, y); p = S.predict_signature_def({'i': x}, {'o': y}); T = S.get_tensor_from_tensor_info
    return _lines(tf, i.name, o.dtype, [e.size for e in o.tensor_shape.dim], sp.coo_sparse.values_tensor_name, d.method_name, sorted(d.inputs), c.method_name, sorted(c.outputs), r.method_name, sorted(r.outputs), [S.is_valid_signature(k) for k in (d, c, r, p, S.build_signature_def({}, {}, 'no'))], T(i) is x, type(T(sp)).__name__, T(i, graph=tf.get_default_graph()).name, _fail(lambda: S.classification_signature_def(None, x, y)), _fail(lambda: S.classification_signature_def(x, y, y)), _fail(lambda: S.classification_signature_def(x, None, None)), _fail(lambda: S.regression_signature_def(x, None)), _fail(lambda: S.regression_signature_def(y, y)), _fail(lambda: T(i, import_scope='no')), S.contains_saved_model(_dir()))
def saved_model_main_ops(tf): S = tf.saved_model; v = tf.Variable(3., name='v'); tf.train.Saver(); m = S.main_op.main_op(); r = S.main_op.main_op_with_restore(tf.get_default_graph().get_operation_by_name('save/restore_all')); return _lines(tf, m.type, len(m.control_inputs), r.type, len(r.control_inputs))
def saved_model_builder(tf):
    S = tf.saved_model; v = tf.Variable(3., name='v'); d = _dir() + '/e'; b = S.Builder(d)
    with tf.Session() as s: s.run(v.initializer); b.add_meta_graph_and_variables(s, ['serve'], main_op=S.main_op.main_op(), strip_default_attrs=True); b.add_meta_graph(['train']); b.save(as_text=True)
    with tf.Graph().as_default(), tf.Session() as s: m = S.loader.load(s, ['serve'], d); out = float(s.run('v:0'))
    return _lines(tf, out, S.contains_saved_model(d), sorted(m.meta_info_def.tags), _fail(lambda: S.Builder(d)))

# files, errors, logging
def gfile_old_and_new(tf):
    import os
    G, N = tf.gfile, tf.io.gfile; d = _dir(); G.MakeDirs(d + '/a/b'); N.makedirs(d + '/a/c'); f = G.FastGFile(d + '/a/t', 'w'); f.write('one\ntwo\n'); f.close(); g = G.FastGFile(d + '/a/t'); out = [g.readline(), g.tell(), g.readlines(), list(G.FastGFile(d + '/a/t')), G.Exists(d + '/a/t'), N.exists(d + '/q'), G.IsDirectory(d + '/a'), N.isdir(d + '/a/t'), [os.path.relpath(p, d) for p in sorted(G.Glob(d + '/a/*'))], [os.path.relpath(p, d) for p in sorted(N.glob([d + '/a/t', d + '/a/b*']))], sorted((os.path.relpath(p, d), sorted(q), sorted(r)) for p, q, r in G.Walk(d)), [os.path.relpath(p, d) for p, _, _ in N.walk(d, topdown=False)][-1], N.stat(d + '/a/t').length, N.stat(d + '/a').is_directory]
    N.rename(d + '/a/t', d + '/a/u'); out += [sorted(N.listdir(d + '/a')), _fail(lambda: N.rename(d + '/a/none', d + '/x')), _fail(lambda: N.stat(d + '/none')), _fail(lambda: G.FastGFile(d + '/none').read()), _fail(lambda: G.FastGFile(d + '/a/u', 'q'))]; G.FastGFile(d + '/a/w', 'w').write('') ; out.append(_fail(lambda: N.rename(d + '/a/u', d + '/a/w'))); N.rename(d + '/a/u', d + '/a/w', overwrite=True); out.append(sorted(N.listdir(d + '/a'))); return _lines(tf, *out)
def error_codes(tf): E = tf.errors; return _lines(tf, E.error_code_from_exception_type(E.NotFoundError), E.exception_type_from_error_code(3).__name__, _fail(lambda: E.exception_type_from_error_code(99)), E.OpError(None, None, 'm', 4).error_code, E.AbortedError(None, None, 'm').error_code, str(E.InvalidArgumentError(None, None, 'words')), E.DataLossError(None, None, 'm').message, E.NotFoundError(None, None, 'm').op, type(E.UnknownError(None, None, 'm').with_traceback(None)).__name__, *[getattr(E, n)(None, None, 'm').error_code for n in ('CancelledError', 'AlreadyExistsError', 'DeadlineExceededError', 'FailedPreconditionError', 'InternalError', 'OutOfRangeError', 'PermissionDeniedError', 'ResourceExhaustedError', 'UnauthenticatedError', 'UnavailableError', 'UnimplementedError')])
def record_options(tf): O = tf.io.TFRecordOptions; k = tf.python_io.TFRecordCompressionType; return _lines(tf, O.get_compression_type_string(O(k.GZIP)), O.get_compression_type_string(O('ZLIB')), O.get_compression_type_string(None), O.get_compression_type_string('GZIP'), O.get_compression_type_string(k.NONE), O(compression_level=3).compression_level, _fail(lambda: O('BZIP')), _fail(lambda: O.get_compression_type_string('x')))
def logging_functions(tf):
    import logging
    seen = []
    class Keep(logging.Handler):
        def emit(self, record): seen.append((record.levelname, record.getMessage()))
    L = tf.logging; log = tf.get_logger(); keep = Keep(); log.addHandler(keep); level = L.get_verbosity()
    try:
        L.set_verbosity(L.DEBUG); L.debug('d %d', 1); L.warn('w'); L.fatal('f'); L.vlog(L.INFO, 'v %s', 'x'); L.log_if(L.INFO, 'yes', True); L.log_if(L.INFO, 'no', False)
        for k in range(5):
            L.log_first_n(L.INFO, 'first %d', 2, k)
        L.set_verbosity(L.WARN); L.debug('hidden'); seen.append(L.get_verbosity())
    finally: log.removeHandler(keep); L.set_verbosity(level)
    return _lines(tf, *seen)

# tests
def test_case_asserts(tf):
    class Own(tf.test.TestCase):
        def runTest(self): pass
    c = Own(); x = tf.constant([1., 2.]); a = np.array([1., 2.]); good, bad = [], []
    for n, right, wrong in (('assertAllClose', (a, [1., 2. + 1e-8]), (a, [1., 3.])), ('assertAllCloseAccordingToType', (a.astype('f2'), a), (a, a + 1)), ('assertAllEqual', (a, [1., 2.]), (a, [1., 3.])), ('assertAllGreater', (a, 0), (a, 1)), ('assertAllGreaterEqual', (a, 1), (a, 2)), ('assertAllLess', (a, 3), (a, 2)), ('assertAllLessEqual', (a, 2), (a, 1)), ('assertAllInRange', (a, 1, 2), (a, 1, 2, True)), ('assertAllInSet', (a, [1., 2.]), (a, [1.])), ('assertArrayNear', (a, [1.01, 2.], .1), (a, [1.5, 2.], .1)), ('assertBetween', (1, 0, 2), (3, 0, 2)), ('assertContainsSubset', ([1], [1, 2]), ([3], [1, 2])), ('assertDTypeEqual', (a, np.float64), (a, np.float32)), ('assertDeviceEqual', ('/cpu:0', '/device:CPU:0'), ('/cpu:0', '/gpu:0')), ('assertEmpty', ([],), ([1],)), ('assertNotEmpty', ([1],), ([],)), ('assertEndsWith', ('abc', 'bc'), ('abc', 'x')), ('assertStartsWith', ('abc', 'ab'), ('abc', 'x')), ('assertLen', ([1, 2], 2), ([1], 2)), ('assertNear', (1., 1.05, .1), (1., 2., .1)), ('assertNDArrayNear', (a, a + .01, .1), (a, a + 1, .1)), ('assertNotAllClose', (a, a + 1), (a, a)), ('assertNotAllEqual', (a, a + 1), (a, a)), ('assertShapeEqual', (a, x), (a, tf.constant([1.]))), ('assertSameElements', ([1, 2], [2, 1, 1]), ([1], [2])), ('assertItemsEqual', ([1, 2], [2, 1]), ([1], [2])), ('assertCountEqual', ([1, 2], [2, 1]), ([1], [2]))):
        f = getattr(c, n); good.append((n, _fail(lambda: f(*right)))); bad.append((n, _fail(lambda: f(*wrong))))
    with c.assertRaisesOpError('bad') if 0 else c.assertRaisesRegexp(ValueError, 'x'): raise ValueError('x')
    with c.assertRaisesWithPredicateMatch(ValueError, lambda e: 'y' in str(e)): raise ValueError('y')
    return _lines(tf, *good, *bad)
def test_functions(tf):
    T = tf.test; x = tf.constant([1., 2.]); y = x * x
    with tf.Session(): j = T.compute_gradient(x, [2], y, [2], x_init_value=np.array([1., 2.], 'f')); e = T.compute_gradient_error(x, [2], y, [2], delta=1e-2, x_init_value=np.array([3., 1.], 'f')); m = T.compute_gradient([x], [[2]], y, [2], x_init_value=[np.array([1., 2.], 'f')])
    with tf.Graph().as_default() as g: tf.constant(1., name='a')
    T.assert_equal_graph_def(g.as_graph_def(), g.as_graph_def()); bad = _fail(lambda: T.assert_equal_graph_def(g.as_graph_def(), tf.Graph().as_graph_def())); return _lines(tf, np.round(j[0], 2).tolist(), np.round(j[1], 2).tolist(), e < 1e-2, len(m), bad, T.is_built_with_cuda(), T.gpu_device_name(), T.is_gpu_available(), T.is_built_with_gpu_support(), T.is_built_with_rocm(), type(T.get_temp_dir()).__name__, type(T.benchmark_config()).__name__)
def stubs(tf):
    class P: a = 1
    s = tf.test.StubOutForTesting(); s.Set(P, 'a', 2); out = [P.a]; s.UnsetAll(); out.append(P.a); s.SmartSet(P, 'a', 3); out.append(P.a); s.SmartUnsetAll(); out.append(P.a); s.Set(P, 'a', 5); s.CleanUp(); out += [P.a, _fail(lambda: s.SmartSet(P, 'zz', 1)), _fail(lambda: s.Set(P, 'zz', 1))]; return _lines(tf, *out)
def benchmark(tf):
    class Own(tf.test.Benchmark): pass
    b = Own(); out = [tf.test.Benchmark.is_abstract(), Own.is_abstract()]
    with tf.Session() as s: r = b.run_op_benchmark(s, tf.constant(1.), min_iters=2, burn_iters=1, store_memory_usage=False, extras={'k': 1}); out += [sorted(set(r) & {'iters', 'wall_time', 'extras'}), r['extras']['k']]
    return _lines(tf, *out, b.report_benchmark(iters=1, wall_time=.5, name='n', extras={'a': 'b'}))
