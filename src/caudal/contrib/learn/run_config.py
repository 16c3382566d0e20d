"""contrib.learn's RunConfig: an estimator's, with arguments for the session's config."""

from ...estimator.cluster import TaskType, read_tf_config
from ...estimator.run_config import RunConfig as EstimatorRunConfig
from ...formats.proto import config_pb2
from ...ground.api import constant, export

__all__ = ["RunConfig"]

constant(TaskType, "contrib.learn.TaskType")


@export("contrib.learn.RunConfig")
class RunConfig(EstimatorRunConfig):
    """How an estimator runs.

    Args:
      master: where training runs, '' for this process; evaluation_master: where evaluations do.
      num_cores: threads, 0 for all; gpu_memory_fraction: of a GPU; log_device_placement: whether devices are logged.
      save_checkpoints_secs: checkpoints are written once in so many seconds; 0 for 600, unless save_checkpoints_steps is given.
      save_checkpoints_steps: or once in so many steps.
      tf_random_seed, save_summary_steps, keep_checkpoint_max, keep_checkpoint_every_n_hours, log_step_count_steps, protocol,
        model_dir, session_config, session_creation_timeout_secs: as for `tf.estimator.RunConfig`.
    """

    def __init__(
        self,
        master=None,
        num_cores=0,
        log_device_placement=False,
        gpu_memory_fraction=1,
        tf_random_seed=None,
        save_summary_steps=100,
        save_checkpoints_secs=0,
        save_checkpoints_steps=None,
        keep_checkpoint_max=5,
        keep_checkpoint_every_n_hours=10000,
        log_step_count_steps=100,
        protocol=None,
        evaluation_master="",
        model_dir=None,
        session_config=None,
        session_creation_timeout_secs=7200,
    ):
        if save_checkpoints_secs == 0:
            save_checkpoints_secs = 600 if save_checkpoints_steps is None else None
        super().__init__(
            model_dir=model_dir,
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_steps=save_checkpoints_steps,
            save_checkpoints_secs=save_checkpoints_secs,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            protocol=protocol,
            session_creation_timeout_secs=session_creation_timeout_secs,
        )
        self._tf_config = config_pb2.ConfigProto(
            log_device_placement=log_device_placement,
            inter_op_parallelism_threads=num_cores,
            intra_op_parallelism_threads=num_cores,
            gpu_options=config_pb2.GPUOptions(per_process_gpu_memory_fraction=gpu_memory_fraction),
        )
        self._environment = read_tf_config().get("environment", "local")
        if master is not None:
            self._master = master
        self._evaluation_master = evaluation_master

    tf_config = property(lambda self: self._tf_config, doc="The `ConfigProto` of the arguments.")
    environment = property(lambda self: self._environment, doc="What TF_CONFIG says of the environment; 'local' by default.")

    @staticmethod
    def get_task_id():
        """The number of this process among those of its kind, as TF_CONFIG says."""
        return int(read_tf_config().get("task", {}).get("index") or 0)
