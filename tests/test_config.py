"""tf.config: what TensorFlow 2.21's `compat.v1` answers on a machine with one CPU, with 1.15's device XLA_CPU and words beside."""

import pytest

import caudal as tf

CPU = "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')"
experimental = tf.config.experimental


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    from caudal.run import config, devices

    for name in ("_visible", "_growth", "_virtual", "_kept", "_options"):
        monkeypatch.setattr(config, name, dict(getattr(config, name)))
    monkeypatch.setattr(devices.DEFAULT, "allow_soft_placement", False)


def _cpu():
    return experimental.list_physical_devices("CPU")[0]


ANSWERS = {
    "physical": (lambda: [str(d) for d in experimental.list_physical_devices("CPU")], [CPU]),
    "gpus": (lambda: experimental.list_physical_devices("GPU"), []),
    "logical": (lambda: [d.name for d in experimental.list_logical_devices("CPU")], ["/device:CPU:0"]),
    "full names": (lambda: tf.config.experimental_list_devices()[0], "/job:localhost/replica:0/task:0/device:CPU:0"),
    "visible": (lambda: experimental.get_visible_devices("CPU") == [_cpu()], True),
    "no virtual devices": (lambda: experimental.get_virtual_device_configuration(_cpu()), None),
    "jit": (tf.config.optimizer.get_jit, ""),
    "options": (tf.config.optimizer.get_experimental_options, {"disable_model_pruning": False, "disable_meta_optimizer": False}),
    "threads": (tf.config.threading.get_intra_op_parallelism_threads, 0),
}
REFUSED = {
    "memory of a CPU": (lambda: experimental.set_memory_growth(_cpu(), True), "Cannot set memory growth on non-GPU devices"),
    "memory of what isn't there": (lambda: experimental.set_memory_growth("x", True), "Unrecognized device: 'x'"),
    "unknown": (lambda: experimental.set_visible_devices(["q"]), "Unrecognized device: 'q'"),
    "another type": (lambda: experimental.set_visible_devices(_cpu(), "GPU"), "Unrecognized device"),
    "limit of a CPU": (
        lambda: experimental.set_virtual_device_configuration(_cpu(), [experimental.VirtualDeviceConfiguration(9)]),
        "memory limit on CPU virtual devices",
    ),
}


@pytest.mark.parametrize("ask, answer", ANSWERS.values(), ids=ANSWERS)
def test_answers(ask, answer):
    assert ask() == answer


@pytest.mark.parametrize("call, words", REFUSED.values(), ids=REFUSED)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_what_was_said_is_told():
    tf.config.optimizer.set_jit(True)
    tf.config.optimizer.set_experimental_options({"constant_folding": False})
    tf.config.threading.set_inter_op_parallelism_threads(num_threads=2)
    experimental.set_visible_devices([], "XLA_CPU")
    experimental.set_virtual_device_configuration(_cpu(), [experimental.VirtualDeviceConfiguration()])
    assert tf.config.optimizer.get_jit() == "autoclustering"
    assert tf.config.optimizer.get_experimental_options()["constant_folding"] is False
    assert tf.config.threading.get_inter_op_parallelism_threads() == 2
    assert experimental.list_logical_devices("XLA_CPU") == []
    assert experimental.get_virtual_device_configuration(_cpu()) == [(None,)]


def test_soft_placement_is_a_sessions_default():
    """1.15 gives a session without a ConfigProto what tf.config was told."""
    with tf.Graph().as_default():
        with tf.device("/GPU:7"):
            x = tf.Variable(1.0)
        with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Cannot assign a device"):
            session.run(x.initializer)
        tf.config.set_soft_device_placement(True)
        assert tf.config.get_soft_device_placement()
        with tf.Session() as session:
            session.run(x.initializer)
            assert session.run(x) == 1.0
