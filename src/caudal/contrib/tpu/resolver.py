"""TPUClusterResolver: what would find a TPU by its name."""

import os

from ...ground.api import export
from ...ground.errors import advise, need

__all__ = ["TPUClusterResolver"]


@export("contrib.cluster_resolver.TPUClusterResolver", "distribute.cluster_resolver.TPUClusterResolver")
class TPUClusterResolver:
    """Finds a TPU by its name; there is none here.

    Args:
      tpu: the name; that of the environment variable TPU_NAME if None.
      zone, project, job_name, coordinator_name, coordinator_address, credentials, service, discovery_url: not used.

    Raises:
      ValueError: there is no name; NotImplementedError: there is one.
    """

    def __init__(
        self,
        tpu=None,
        zone=None,
        project=None,
        job_name="worker",
        coordinator_name=None,
        coordinator_address=None,
        credentials="default",
        service=None,
        discovery_url=None,
    ):
        tpu = tpu or os.environ.get("TPU_NAME")
        need(tpu, "Please provide a TPU Name to connect to.", NO_TPU)
        error = NotImplementedError(f"The TPU {tpu!r} cannot be used: Caudal runs on CPUs and GPUs.")
        raise advise(error, NO_TPU)


NO_TPU = "give no name of a TPU, and use_tpu=False"
