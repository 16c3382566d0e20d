"""What the environment variable TF_CONFIG says of the machines that train together, and which of them this process is."""

import json
import os

from ..ground.errors import need
from ..platform import logging
from ..train.replicas import ClusterSpec

__all__ = ["TaskType", "place", "read_tf_config"]

_NOTE = "Note that these values may be coming from the TF_CONFIG environment variable."


class TaskType:
    """The kinds of machines."""

    MASTER, PS, WORKER, CHIEF, EVALUATOR = "master", "ps", "worker", "chief", "evaluator"


def read_tf_config():
    """What TF_CONFIG holds, a dict."""
    found = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if found:
        logging.info("TF_CONFIG environment variable: %s", found)
    return found


def place(tf_config):
    """The attributes of a `RunConfig` that say where this process is among others, in 1.15's order."""
    service = tf_config.get("service")
    need(
        service is None or isinstance(service, dict),
        f'If "service" is set in TF_CONFIG, it must be a dict. Given {type(service)}',
        kind=TypeError,
    )
    cluster, task = ClusterSpec(tf_config.get("cluster", {})), tf_config.get("task", {})
    return {"_service": service} | (_place_among(cluster, task, tf_config) if cluster else _place_alone(cluster, task, tf_config))


def _place_alone(cluster, task, tf_config):
    kind, number = task.get("type", TaskType.WORKER), int(task.get("index", 0))
    need(kind == TaskType.WORKER, 'If "cluster" is not set in TF_CONFIG, task type must be WORKER.')
    need(number == 0, 'If "cluster" is not set in TF_CONFIG, task index must be 0.')
    return {
        "_cluster_spec": cluster,
        "_task_type": kind,
        "_task_id": number,
        "_global_id_in_cluster": 0,
        "_master": tf_config.get("session_master", ""),
        "_evaluation_master": tf_config.get("eval_session_master", ""),
        "_is_chief": True,
        "_num_ps_replicas": 0,
        "_num_worker_replicas": 1,
    }


def _place_among(cluster, task, tf_config):
    chief = TaskType.MASTER if TaskType.MASTER in cluster.jobs else TaskType.CHIEF
    need(
        chief == TaskType.CHIEF or TaskType.CHIEF not in cluster.jobs,
        "If `master` node exists in `cluster`, job `chief` is not supported.",
    )
    kind, number = _task(cluster, task, chief)
    evaluates = kind == TaskType.EVALUATOR
    need(
        chief == TaskType.CHIEF or not evaluates,
        "If `master` node exists in `cluster`, task_type `evaluator` is not supported.",
    )
    counts = {job: len(cluster.job_tasks(job)) for job in cluster.jobs}
    return {
        "_cluster_spec": ClusterSpec({}) if evaluates else cluster,
        "_task_type": kind,
        "_task_id": number,
        "_evaluation_master": tf_config.get("eval_session_master", "") if evaluates else "",
        "_master": "" if evaluates else _master(cluster, kind, number, tf_config),
        "_num_ps_replicas": 0 if evaluates else counts.get(TaskType.PS, 0),
        "_num_worker_replicas": 0 if evaluates else counts.get(TaskType.WORKER, 0) + counts[chief],
        "_global_id_in_cluster": None if evaluates else _global_id(cluster, kind, number, chief),
        "_is_chief": kind == chief,
    }


def _task(cluster, task, chief):
    """(kind, number) of this process, checked."""
    need(chief in cluster.jobs, f'If "cluster" is set in TF_CONFIG, it must have one "{chief}" node.')
    need(len(cluster.job_tasks(chief)) <= 1, f'The "cluster" in TF_CONFIG must have only one "{chief}" node.')
    kind, number = task.get("type"), task.get("index")
    need(kind, 'If "cluster" is set in TF_CONFIG, task type must be set.')
    need(number is not None, 'If "cluster" is set in TF_CONFIG, task index must be set.')
    number = int(number)
    need(number >= 0, "Task index must be non-negative number.")
    if kind != TaskType.EVALUATOR:
        need(kind in cluster.jobs, f"{kind} is not a valid task_type in the cluster_spec:\n{cluster}\n\n{_NOTE}")
        need(
            number < len(cluster.job_tasks(kind)),
            f"{number} is not a valid task_id for task_type {kind} in the cluster_spec:\n{cluster}\n\n{_NOTE}",
        )
    return kind, number


def _master(cluster, kind, number, tf_config):
    if "session_master" in tf_config:
        return tf_config["session_master"]
    if len(cluster.jobs) == 1 and len(cluster.job_tasks(cluster.jobs[0])) == 1:
        return ""
    return "grpc://" + cluster.job_tasks(kind)[number]


def _global_id(cluster, kind, number, chief):
    """The number among all tasks: the chief's first, then the others' in order of jobs, servers of parameters last."""
    others = sorted(job for job in cluster.jobs if job not in (chief, TaskType.PS))
    order = [chief, *others, TaskType.PS]
    return sum(len(cluster.job_tasks(job)) for job in order[: order.index(kind)]) + number
