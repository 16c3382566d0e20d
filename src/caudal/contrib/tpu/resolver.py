"""TPUClusterResolver: what would find a TPU by its name."""

import os

from ...ground.api import export
from ...ground.errors import advise, need

__all__ = ["TPUClusterResolver"]


@export("contrib.cluster_resolver.TPUClusterResolver", "distribute.cluster_resolver.TPUClusterResolver")
class TPUClusterResolver:
    """Finds a TPU by its name; here there is only this process, whose name is ''.

    Args:
      tpu: the name; that of the environment variable TPU_NAME if None; '' or "local" for this process.
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
        tpu = os.environ.get("TPU_NAME") if tpu is None else tpu
        need(tpu is not None, "Please provide a TPU Name to connect to.", NO_TPU)
        if tpu not in ("", "local"):
            raise advise(NotImplementedError(f"The TPU {tpu!r} cannot be used: Caudal runs on CPUs and GPUs."), NO_TPU)

    def master(self, task_type=None, task_id=None, rpc_layer=None):
        """Where sessions run: '', this process."""
        return ""

    def cluster_spec(self):
        """None: there are no other machines."""
        return None


NO_TPU = "give no name of a TPU, and use_tpu=False"
