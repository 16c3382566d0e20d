"""Training from start to end: the order of reads in a run, sessions with hooks, Slim's loop, the files that they write."""

import glob
import threading

import numpy as np
import pytest

import caudal as tf


def _loss():
    x = tf.constant(np.arange(6, dtype="f").reshape(3, 2))
    w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
    return tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))


def _graph(seed=1):
    graph = tf.Graph()
    graph.seed = seed
    return graph


def test_a_read_after_an_assignment_sees_it():
    with _graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0)
        with tf.control_dependencies([v.assign_add(1.0)]):
            after = tf.identity(v)
        session.run(tf.global_variables_initializer())
        assert session.run(after) == 2.0


def test_a_read_that_nothing_orders_comes_first():
    with _graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0)
        step, free = v.assign_add(1.0), v * 10.0
        session.run(tf.global_variables_initializer())
        assert session.run([step.op, free])[1] == 10.0


def test_monitored_training_goes_on_where_it_stopped(tmp_path):
    steps = []
    for last in (3, 5):
        with _graph().as_default():
            train = tf.train.GradientDescentOptimizer(0.01).minimize(_loss(), global_step=tf.train.get_or_create_global_step())
            hooks = [tf.train.StopAtStepHook(last_step=last)]
            with tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path), hooks=hooks) as session:
                count = 0
                while not session.should_stop():
                    session.run(train)
                    count += 1
            steps.append(count)
    assert steps == [3, 2]


def test_a_hook_ends_training_when_the_loss_is_no_number():
    with _graph().as_default():
        loss = tf.log(tf.Variable(-1.0))
        with (
            pytest.raises(tf.train.NanLossDuringTrainingError),
            tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss)]) as session,
        ):
            session.run(loss)


@pytest.mark.filterwarnings("ignore:Attempting to use a closed FileWriter")  # TF closes it twice, too
def test_slim_trains_and_writes_events(tmp_path):
    slim = tf.contrib.slim
    with _graph().as_default():
        loss = _loss()
        tf.summary.scalar("loss", loss)
        op = slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.01))
        last = slim.learning.train(op, str(tmp_path), number_of_steps=4, log_every_n_steps=0)
    assert last < 1.0
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-4")
    (path,) = glob.glob(str(tmp_path / "events.out.tfevents.*"))
    kinds = [event.WhichOneof("what") for event in tf.train.summary_iterator(path)]
    assert kinds[:3] == ["file_version", "graph_def", "meta_graph_def"]
    assert "session_log" in kinds


def test_sessions_of_a_server_share_variables():
    server = tf.train.Server.create_local_server()
    with _graph().as_default():
        v = tf.Variable(1.0)
        step = v.assign_add(1.0)
        with tf.Session(server.target) as session:
            session.run(tf.global_variables_initializer())
            session.run(step)
        with tf.Session(server.target) as session:
            assert session.run(v) == 2.0


def test_scipy_finds_the_least_of_a_loss_within_bounds():
    least = tf.contrib.opt.ScipyOptimizerInterface
    seen = []
    with _graph().as_default(), tf.Session() as session:
        vector = tf.Variable([7.0, 7.0], name="vector")
        session.run(tf.global_variables_initializer())
        loss = tf.reduce_sum(tf.square(vector))
        least(loss, options={"maxiter": 100}).minimize(session, fetches=[loss], loss_callback=seen.append)
        np.testing.assert_allclose(session.run(vector), [0.0, 0.0], atol=1e-5)
        least(loss, var_to_bounds={vector: ([1.0, 2.0], np.inf)}).minimize(session)
        np.testing.assert_allclose(session.run(vector), [1.0, 2.0], atol=1e-5)
        least(loss, equalities=[vector[0] - 3.0], inequalities=[vector[1] - 1.0], method="SLSQP").minimize(session)
        np.testing.assert_allclose(session.run(vector), [3.0, 1.0], atol=1e-5)
    assert seen[0] == 98.0
    assert seen[-1] < 1e-8


def test_an_outer_optimizer_reads_one_vector_of_all_variables():
    """A variable that the loss doesn't use has slopes of 0; the feeds of a run go to the loss."""

    class Halving(tf.contrib.opt.ExternalOptimizerInterface):
        def _minimize(self, initial_val, loss_grad_func, optimizer_kwargs, step_callback, **_):
            step_callback(initial_val)
            return np.concatenate([[optimizer_kwargs["first"]], loss_grad_func(initial_val)[1][1:]])

    starts = []
    with _graph().as_default(), tf.Session() as session:
        used, unused, rate = tf.Variable([[1.0, 2.0]]), tf.Variable(5.0), tf.placeholder(tf.float32)
        outer = Halving(rate * tf.reduce_sum(used * used), first=9.0)
        session.run(tf.global_variables_initializer())
        outer.minimize(session, {rate: 2.0}, step_callback=starts.append)
        assert session.run([used, unused])[0].tolist() == [[9.0, 8.0]]
        assert session.run(unused) == 0.0
    assert starts[0].tolist() == [1.0, 2.0, 5.0]


def test_what_scipy_is_told_by_caudal_is_not_told_twice():
    with _graph().as_default(), tf.Session() as session:
        loss = tf.square(tf.Variable(1.0))
        session.run(tf.global_variables_initializer())
        for key, words in (("bounds", "Bounds must be set using"), ("jac", "Optimizer keyword arg 'jac' is set")):
            with pytest.raises(ValueError, match=words):
                tf.contrib.opt.ScipyOptimizerInterface(loss, **{key: None}).minimize(session)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning"
)  # the chief's thread waits for gradients at the end
def test_workers_that_wait_for_each_other():
    """SyncReplicasOptimizer with one worker: each step is the optimizer's own, with gradients that went through accumulators."""
    rows = tf.constant([0, 2])
    w, table = tf.get_variable("w", initializer=[1.0, -2.0]), tf.get_variable("table", initializer=[[1.0], [2.0], [3.0]])
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(tf.square(w)) + tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, rows)))
    averages = tf.train.ExponentialMovingAverage(0.5)
    made = tf.train.SyncReplicasOptimizer(
        tf.train.GradientDescentOptimizer(0.1), 1, 1, variable_averages=averages, variables_to_average=[w]
    )
    train = made.minimize(loss, global_step=step)
    hook = made.make_session_run_hook(is_chief=True, num_tokens=0)
    assert [v.name for v in tf.local_variables()] == ["sync_rep_local_step:0"]
    assert {"sync_token_q", "dummy_queue", "sync_replicas/conditional_accumulator"} <= {
        op.name for op in w.graph.get_operations()
    }
    with tf.train.MonitoredTrainingSession(hooks=[hook], stop_grace_period_secs=1) as session:
        for k in range(1, 4):
            session.run(train)  # waits for the token of the step that it made
            found = session.run([w, table, step, averages.average(w)])
            np.testing.assert_allclose(found[0], np.float32([1, -2]) * 0.8**k, rtol=1e-5)
            np.testing.assert_allclose(found[1].ravel(), [0.8**k, 2, 3 * 0.8**k], rtol=1e-5)
            assert found[2] == k
    for thread in threading.enumerate():
        if thread.name.startswith("QueueRunnerThread"):
            thread.join(10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda made, pairs, step: made.apply_gradients(pairs), "Global step is required to check staleness"),
        (lambda made, pairs, step: made.apply_gradients([], step), "Must supply at least one variable"),
        (lambda made, pairs, step: made.get_chief_queue_runner(), "Should be called after apply_gradients"),
        (lambda made, pairs, step: made.get_init_tokens_op(), r"get_init_tokens_op\(\) should be called after apply_gradients"),
        (lambda made, pairs, step: made.make_session_run_hook(True).begin(), "should be called before using the hook"),
        (
            lambda made, pairs, step: (made.apply_gradients(pairs, step), made.get_init_tokens_op(1)),
            "Too few tokens .* 1 .* vs 2 ",
        ),
    ],
)
def test_what_synchronised_workers_refuse(call, words):
    v = tf.Variable(1.0)
    made = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 4, 2)
    with pytest.raises(ValueError, match=words):
        call(made, [(tf.constant(1.0), v)], tf.train.get_or_create_global_step())
