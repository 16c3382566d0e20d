"""RunConfig: how an estimator runs: its folder, its seed, how often it writes, and its place among machines."""

import copy
import tempfile

from ..formats.paths import to_path
from ..formats.proto import config_pb2
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from .arguments import fn_args
from .cluster import TaskType, place, read_tf_config

__all__ = ["RunConfig", "settled"]

_USE_DEFAULT = object()
_REPLACEABLE = (
    "model_dir tf_random_seed save_summary_steps save_checkpoints_steps save_checkpoints_secs session_config keep_checkpoint_max "
    "keep_checkpoint_every_n_hours log_step_count_steps train_distribute device_fn protocol eval_distribute "
    "experimental_distribute experimental_max_worker_delay_secs session_creation_timeout_secs"
).split()
_BOTH = "`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set."
_FILTERS = {  # kind of machine -> the machines that its session sees
    TaskType.MASTER: ["/job:ps", "/job:master"],
    TaskType.CHIEF: ["/job:ps", "/job:chief"],
    TaskType.WORKER: ["/job:ps", "/job:worker/task:%d"],
    TaskType.PS: ["/job:ps", "/job:worker", "/job:chief", "/job:master"],
}
_RULES = (  # property, what holds of it unless it is None, the error's words
    ("model_dir", lambda value: value, "model_dir should be non-empty"),
    ("save_summary_steps", lambda value: value >= 0, "save_summary_steps should be >= 0"),
    ("save_checkpoints_steps", lambda value: value >= 0, "save_checkpoints_steps should be >= 0"),
    ("save_checkpoints_secs", lambda value: value >= 0, "save_checkpoints_secs should be >= 0"),
    (
        "session_config",
        lambda value: isinstance(value, config_pb2.ConfigProto),
        "session_config must be instance of ConfigProto",
    ),
    ("keep_checkpoint_max", lambda value: value >= 0, "keep_checkpoint_max should be >= 0"),
    ("keep_checkpoint_every_n_hours", lambda value: value > 0, "keep_checkpoint_every_n_hours should be > 0"),
    ("log_step_count_steps", lambda value: value > 0, "log_step_count_steps should be > 0"),
    ("tf_random_seed", lambda value: isinstance(value, int), "tf_random_seed must be integer."),
    (
        "experimental_max_worker_delay_secs",
        lambda value: isinstance(value, int),
        "experimental_max_worker_delay_secs must be an integer if set.",
    ),
    ("session_creation_timeout_secs", lambda value: value > 0, "session_creation_timeout_secs should be > 0"),
    (
        "device_fn",
        lambda value: callable(value) and set(fn_args(value)) == {"op"},
        'device_fn must be callable with exactly one argument "op".',
    ),
    ("protocol", lambda value: value in ("grpc", "grpc+verbs"), "protocol should be grpc or grpc+verbs"),
)


def _default_session_config(device_filters=None):
    """The `ConfigProto` of an estimator's sessions, unless its user gives another."""
    once = config_pb2.RewriterConfig(meta_optimizer_iterations=config_pb2.RewriterConfig.ONE)
    graph = config_pb2.GraphOptions(rewrite_options=once)
    return config_pb2.ConfigProto(allow_soft_placement=True, graph_options=graph, device_filters=device_filters)


def _model_dir(tf_config, model_dir):
    """The folder that TF_CONFIG or the user says."""
    need(model_dir != "", "model_dir should be non-empty.")
    other = tf_config.get("model_dir")
    need(other != "", "model_dir in TF_CONFIG should be non-empty.")
    if other:
        need(
            not model_dir or other == model_dir,
            "`model_dir` provided in RunConfig construct, if set, must have the same value as the model_dir in TF_CONFIG. "
            f'model_dir: {model_dir}\nTF_CONFIG["model_dir"]: {other}.\n',
        )
        logging.info("Using model_dir in TF_CONFIG: %s", other)
    return model_dir or other


def _set(config, values):
    """Sets properties of a config, checked; the config."""
    for name, value in values.items():
        need(
            name in _REPLACEABLE,
            f"Replacing {name} is not supported. Allowed properties are {_REPLACEABLE}.",
        )
        setattr(config, "_" + name, value)
    steps, secs = values.get("save_checkpoints_steps"), values.get("save_checkpoints_secs")
    need(steps is None or secs is None, _BOTH)
    if "save_checkpoints_secs" not in values and steps is not None:
        config._save_checkpoints_secs = None
    if "save_checkpoints_steps" not in values and secs is not None:
        config._save_checkpoints_steps = None
    for name, fits, words in _RULES:
        value = getattr(config, "_" + name)
        need(value is None or fits(value), words)
    return config


def _get(name, doc):
    return property(lambda self: getattr(self, "_" + name), doc=doc)


@export("estimator.RunConfig")
class RunConfig:
    """How an estimator runs.

    Args:
      model_dir: the folder of checkpoints and events; a temporary one if neither this nor the estimator says one.
      tf_random_seed: the seed of its graphs, an int.
      save_summary_steps: summaries are written once in so many steps.
      save_checkpoints_steps: checkpoints are written once in so many steps.
      save_checkpoints_secs: or once in so many seconds, 600 if neither is given; None for both writes none.
      session_config: a `ConfigProto`.
      keep_checkpoint_max: how many checkpoints are kept; None or 0 for all.
      keep_checkpoint_every_n_hours: one stays for good in so many hours.
      log_step_count_steps: the loss, and steps a second, are printed once in so many steps; None for never.
      train_distribute, eval_distribute, experimental_distribute: not made: strategies of `tf.distribute`.
      device_fn: a function of an op that gives its device.
      protocol: None, "grpc" or "grpc+verbs".
      experimental_max_worker_delay_secs: how long a worker waits at most before it starts, seconds.
      session_creation_timeout_secs: how long a worker waits for its session, seconds.

    Raises:
      ValueError: a value out of its range; NotImplementedError: a strategy.
    """

    def __init__(
        self,
        model_dir=None,
        tf_random_seed=None,
        save_summary_steps=100,
        save_checkpoints_steps=_USE_DEFAULT,
        save_checkpoints_secs=_USE_DEFAULT,
        session_config=None,
        keep_checkpoint_max=5,
        keep_checkpoint_every_n_hours=10000,
        log_step_count_steps=100,
        train_distribute=None,
        device_fn=None,
        protocol=None,
        eval_distribute=None,
        experimental_distribute=None,
        experimental_max_worker_delay_secs=None,
        session_creation_timeout_secs=7200,
    ):
        steps, secs = save_checkpoints_steps, save_checkpoints_secs
        if steps is _USE_DEFAULT and secs is _USE_DEFAULT:
            steps, secs = None, 600
        steps, secs = (None if often is _USE_DEFAULT else often for often in (steps, secs))
        if train_distribute or eval_distribute or experimental_distribute:
            raise NotImplementedError("tf.estimator.RunConfig with strategies of tf.distribute is not made in Caudal yet.")
        tf_config = read_tf_config()
        values = {
            "model_dir": _model_dir(tf_config, None if model_dir is None else to_path(model_dir)),
            "tf_random_seed": tf_random_seed,
            "save_summary_steps": save_summary_steps,
            "save_checkpoints_steps": steps,
            "save_checkpoints_secs": secs,
            "session_config": session_config,
            "keep_checkpoint_max": keep_checkpoint_max,
            "keep_checkpoint_every_n_hours": keep_checkpoint_every_n_hours,
            "log_step_count_steps": log_step_count_steps,
            "train_distribute": train_distribute,
            "device_fn": device_fn,
            "protocol": protocol,
            "eval_distribute": eval_distribute,
            "experimental_distribute": experimental_distribute,
            "experimental_max_worker_delay_secs": experimental_max_worker_delay_secs,
            "session_creation_timeout_secs": session_creation_timeout_secs,
        }
        vars(_set(self, values)).update(place(tf_config))
        self._maybe_overwrite_session_config_for_distributed_training()

    def _maybe_overwrite_session_config_for_distributed_training(self):
        """Lets the session see only the machines that it works with."""
        if not self._session_config and self._cluster_spec and self._task_type in _FILTERS:
            seen = [name % self._task_id if "%d" in name else name for name in _FILTERS[self._task_type]]
            self._session_config = _default_session_config(device_filters=seen)

    cluster_spec = _get("cluster_spec", "The machines that train together, a `ClusterSpec`.")
    device_fn = _get("device_fn", "A function of an op that gives its device, or None.")
    eval_distribute = _get("eval_distribute", "None: strategies are not made.")
    evaluation_master = _get("evaluation_master", "Where evaluations run, '' for this process.")
    experimental_max_worker_delay_secs = _get("experimental_max_worker_delay_secs", "How long a worker waits at most, seconds.")
    global_id_in_cluster = _get("global_id_in_cluster", "The number of this process among all, or None.")
    is_chief = _get("is_chief", "Whether this process initialises variables and writes files.")
    keep_checkpoint_every_n_hours = _get("keep_checkpoint_every_n_hours", "One checkpoint stays for good in so many hours.")
    keep_checkpoint_max = _get("keep_checkpoint_max", "How many checkpoints are kept.")
    log_step_count_steps = _get("log_step_count_steps", "The loss is printed once in so many steps.")
    master = _get("master", "Where training runs, '' for this process.")
    model_dir = _get("model_dir", "The folder of checkpoints and events, or None.")
    num_ps_replicas = _get("num_ps_replicas", "How many servers of parameters there are.")
    num_worker_replicas = _get("num_worker_replicas", "How many workers there are, with the chief.")
    protocol = _get("protocol", "None, 'grpc' or 'grpc+verbs'.")
    save_checkpoints_secs = _get("save_checkpoints_secs", "Checkpoints are written once in so many seconds, or None.")
    save_checkpoints_steps = _get("save_checkpoints_steps", "Checkpoints are written once in so many steps, or None.")
    save_summary_steps = _get("save_summary_steps", "Summaries are written once in so many steps.")
    service = _get("service", "What TF_CONFIG says of a platform, or None.")
    session_config = _get("session_config", "A `ConfigProto`, or None.")
    session_creation_timeout_secs = _get("session_creation_timeout_secs", "How long a worker waits for its session, seconds.")
    task_id = _get("task_id", "The number of this process among those of its kind.")
    task_type = _get("task_type", "The kind of this process: 'worker', 'chief', 'ps', ...")
    tf_random_seed = _get("tf_random_seed", "The seed of the graphs, or None.")
    train_distribute = _get("train_distribute", "None: strategies are not made.")

    def replace(self, **kwargs):
        """A config with other properties: those that the constructor takes.

        Raises:
          ValueError: a property of another name, or a value out of its range.
        """
        return _set(copy.deepcopy(self), kwargs)


def settled(config, model_dir):
    """An estimator's config, with a folder and a session's config; it and the folder may be None."""
    if config is None:
        config = RunConfig()
        logging.info("Using default config.")
    need(isinstance(config, RunConfig), f"config must be an instance of `RunConfig`, but provided {config}.")
    if config.session_config is None:
        config = RunConfig.replace(config, session_config=_default_session_config())
    model_dir = None if model_dir is None else to_path(model_dir)
    need(
        model_dir is None or config.model_dir is None or config.model_dir == model_dir,
        "`model_dir` are set both in constructor and `RunConfig`, but with different values. In constructor: "
        f"'{model_dir}', in `RunConfig`: '{config.model_dir}' ",
    )
    if not model_dir and config.model_dir is None:
        model_dir = tempfile.mkdtemp()
        logging.warning("Using temporary folder as model directory: %s", model_dir)
    return RunConfig.replace(config, model_dir=model_dir) if model_dir else config
