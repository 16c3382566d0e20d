"""The configuration of a `TPUEstimator`."""

import collections
import re

from ...estimator.cluster import TaskType, read_tf_config
from ...estimator.run_config import RunConfig as EstimatorRunConfig
from ...formats.proto import config_pb2
from ...ground.api import export
from ...ground.errors import need
from ...platform import logging

__all__ = ["InputPipelineConfig", "RunConfig", "TPUConfig", "check_positive_integer", "parse_iterations_per_loop"]


def check_positive_integer(value, name):
    """Raises TypeError unless a value is an int, ValueError unless it is above 0."""
    need(isinstance(value, int), f"{name} must be int, got {type(value)}", kind=TypeError)
    need(value > 0, f"{name} must be positive, got {value}")


Iterations = collections.namedtuple("Iterations", ["value", "unit"])
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}


def parse_iterations_per_loop(iterations_per_loop):
    """A number of steps, as a count; or a time such as "60m", in seconds."""
    found = re.match(r"^([1-9]\d*)([smh])?$", str(iterations_per_loop))
    need(
        found,
        "Invalid TPUConfig `iterations_per_loop` value. Value must be positive integer value or time-based value `<N><s|m|h>` "
        "where <N> is anypositive integer and `s`, `m`, `h` are unit of time in seconds, minutes, hours respectively. Examples of "
        "valid values: `3600s`, `60m`, `1h`.",
    )
    return Iterations(int(found[1]) * _SECONDS[found[2]], "seconds" if found[2] else "count")


@export("contrib.tpu.InputPipelineConfig", "estimator.tpu.InputPipelineConfig")
class InputPipelineConfig:
    """Where input functions run: for each core or for each host."""

    PER_SHARD_V1, PER_HOST_V1, PER_HOST_V2, BROADCAST, SLICED = 1, 2, 3, 4, 5


_FIELDS = (
    "iterations_per_loop num_shards num_cores_per_replica per_host_input_for_training tpu_job_name initial_infeed_sleep_secs "
    "input_partition_dims eval_training_input_configuration experimental_host_call_every_n_steps"
).split()


@export("contrib.tpu.TPUConfig", "estimator.tpu.TPUConfig")
class TPUConfig(collections.namedtuple("TPUConfig", _FIELDS)):
    """How a program would use a TPU; without one only `iterations_per_loop` counts: how often steps are logged.

    Args:
      iterations_per_loop: steps of one run, or a time such as "60s".
      num_shards, num_cores_per_replica, per_host_input_for_training, tpu_job_name, initial_infeed_sleep_secs,
        input_partition_dims, eval_training_input_configuration, experimental_host_call_every_n_steps: checked, and kept.

    Raises:
      ValueError: a value out of its range; TypeError: a number that is none.
    """

    def __new__(
        cls,
        iterations_per_loop=2,
        num_shards=None,
        num_cores_per_replica=None,
        per_host_input_for_training=True,
        tpu_job_name=None,
        initial_infeed_sleep_secs=None,
        input_partition_dims=None,
        eval_training_input_configuration=InputPipelineConfig.PER_HOST_V1,
        experimental_host_call_every_n_steps=1,
    ):
        parse_iterations_per_loop(iterations_per_loop)
        if num_shards is not None:
            check_positive_integer(num_shards, "TPUConfig num_shards")
        if input_partition_dims is not None:
            few = len(input_partition_dims) in (1, 2)
            need(few, "input_partition_dims must be a list/tuple with one or two elements.")
            need(
                per_host_input_for_training is InputPipelineConfig.PER_HOST_V2,
                "input_partition_dims is only supported in PER_HOST_V2 mode.",
            )
            need(num_cores_per_replica is not None, "input_partition_dims requires setting num_cores_per_replica.")
        need(
            num_cores_per_replica in (None, 1, 2, 4, 8, 16, 32, 64, 128),
            f"num_cores_per_replica must be 1, 2, 4, 8, 16, 32, 64, 128; got {num_cores_per_replica}",
        )
        need(
            eval_training_input_configuration in (InputPipelineConfig.PER_HOST_V1, InputPipelineConfig.SLICED),
            f"eval_training_input_configuration must be PER_HOST_V1 or SLICED; got {eval_training_input_configuration}",
        )
        if isinstance(per_host_input_for_training, bool):
            where = InputPipelineConfig.PER_HOST_V1 if per_host_input_for_training else InputPipelineConfig.PER_SHARD_V1
            per_host_input_for_training = where
        if initial_infeed_sleep_secs:
            check_positive_integer(initial_infeed_sleep_secs, "TPUConfig initial_infeed_sleep_secs")
        return super().__new__(
            cls,
            iterations_per_loop,
            num_shards,
            num_cores_per_replica,
            per_host_input_for_training,
            tpu_job_name or _job_name(),
            initial_infeed_sleep_secs,
            input_partition_dims,
            eval_training_input_configuration,
            experimental_host_call_every_n_steps,
        )


def _job_name():
    """The name that TF_CONFIG has for a TPU's machines, or None."""
    name = (read_tf_config().get("service") or {}).get("tpu_worker_job_name")
    if name:
        logging.info("Load TPU job name from TF_CONFIG: %s", name)
    return name


@export("contrib.tpu.RunConfig", "estimator.tpu.RunConfig")
class RunConfig(EstimatorRunConfig):
    """How a `TPUEstimator` runs.

    Args:
      tpu_config: a `TPUConfig`.
      evaluation_master: where evaluations run; where training does if None.
      master: where training runs, '' for this process.
      cluster: a `TPUClusterResolver`; at most one of master and this is given.
      **kwargs: as `tf.estimator.RunConfig` takes them.

    Raises:
      ValueError: both of master and cluster.
    """

    def __init__(self, tpu_config=None, evaluation_master=None, master=None, cluster=None, **kwargs):
        super().__init__(**kwargs)
        self._tpu_config, self._cluster = tpu_config or TPUConfig(), cluster
        need(master is None or cluster is None, "Both master and cluster are set.")
        if master is not None:
            self._master = master
        elif cluster:
            self._master = cluster.master()
        if evaluation_master is not None:
            self._evaluation_master = evaluation_master
        elif not self._evaluation_master and self.task_type != TaskType.EVALUATOR:
            self._evaluation_master = self._master
        if cluster:
            self._use(cluster)

    def _use(self, cluster):
        self._cluster_spec = cluster.cluster_spec()
        if self._session_config is None:
            self._session_config = config_pb2.ConfigProto(allow_soft_placement=True, isolate_session_state=True)
        need(
            not self._session_config.HasField("cluster_def"),
            "You cannot provide a ClusterResolver and session_config.cluster_def.",
        )
        if self._cluster_spec:
            self._session_config.cluster_def.CopyFrom(self._cluster_spec.as_cluster_def())

    def _maybe_overwrite_session_config_for_distributed_training(self):
        """A TPU's session sees all machines."""

    tpu_config = property(lambda self: self._tpu_config, doc="The `TPUConfig`.")
    cluster = property(lambda self: self._cluster, doc="The `TPUClusterResolver`, or None.")

    def replace(self, **kwargs):
        """A config with other properties, `tpu_config` among those that may change."""
        tpu_config = kwargs.pop("tpu_config", self._tpu_config)
        made = super().replace(**kwargs)
        made._tpu_config = tpu_config
        return made
