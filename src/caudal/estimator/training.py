"""The training of an `EstimatorSpec`: its hooks, its checkpoints, its loop."""

from ..formats.checkpoint_reader import CheckpointReader
from ..graph.graph import GraphKeys, default_graph
from ..ground.errors import need
from ..platform import logging
from ..summary.functions import scalar
from ..train.checkpoint_state import latest_checkpoint
from ..train.global_step import get_global_step
from ..train.hooks import LoggingTensorHook, NanTensorHook
from ..train.monitored_session import MonitoredTrainingSession
from ..train.saver import Saver
from ..train.saving_hooks import CheckpointSaverHook, StepCounterHook, SummarySaverHook
from .cluster import TaskType

__all__ = ["saved_step", "train_with_spec"]


def saved_step(folder):
    """The step of the latest checkpoint in a folder, 0 if there is none."""
    path = latest_checkpoint(folder)
    if path is None:
        return 0
    reader = CheckpointReader(path)
    return reader.get_tensor(GraphKeys.GLOBAL_STEP) if reader.has_tensor(GraphKeys.GLOBAL_STEP) else 0


def train_with_spec(spec, config, hooks, saving_listeners):
    """Runs training steps until a hook or the input's end stops them.

    Args:
      spec: the `EstimatorSpec`, made in the default graph.
      config: the `RunConfig`.
      hooks: of the input and of the user.
      saving_listeners: `CheckpointSaverListener`s.

    Returns:
      The last step's loss; None if there was no step.
    """
    _add_loss(spec.loss)
    hooks = [*hooks, *_loss_hooks(spec.loss, config), *spec.training_hooks]
    _add_saver(spec.scaffold, config)
    chief_hooks = _saving_hooks(spec, config, hooks, saving_listeners)
    often = config.save_summary_steps, config.log_step_count_steps
    if config.cluster_spec and {TaskType.WORKER, TaskType.MASTER} <= set(config.cluster_spec.jobs):
        hooks += _first_workers_hooks(spec.scaffold, config)  # there the master only evaluates and saves
        often = 0, None
    with MonitoredTrainingSession(
        master=config.master,
        is_chief=config.is_chief,
        checkpoint_dir=config.model_dir,
        scaffold=spec.scaffold,
        hooks=hooks,
        chief_only_hooks=(*chief_hooks, *spec.training_chief_hooks),
        save_checkpoint_secs=0,  # the hook above does it
        save_summaries_steps=often[0],
        config=config.session_config,
        max_wait_secs=config.session_creation_timeout_secs,
        log_step_count_steps=often[1],
    ) as session:
        loss, ran = None, False
        while not session.should_stop():
            _, loss = session.run([spec.train_op, spec.loss])
            ran = True
    if not ran:
        logging.warning("Training with estimator made no steps. Perhaps input is empty or misspecified.")
    return loss


def _add_loss(loss):
    """Puts the loss among summaries and losses."""
    graph = default_graph()
    if not any(x.op.name == "loss" for x in graph.get_collection(GraphKeys.SUMMARIES)):
        scalar("loss", loss)
    graph.add_to_collection(GraphKeys.LOSSES, loss)


def _loss_hooks(loss, config):
    hooks = [NanTensorHook(loss)]
    if config.log_step_count_steps is not None:
        shown = {"loss": loss, "step": get_global_step()}
        hooks.append(LoggingTensorHook(shown, every_n_iter=config.log_step_count_steps))
    return hooks


def _add_saver(scaffold, config):
    graph = default_graph()
    if scaffold.saver or graph.get_collection(GraphKeys.SAVERS):
        return
    saver = Saver(
        sharded=True,
        max_to_keep=config.keep_checkpoint_max,
        keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
        defer_build=True,
        save_relative_paths=True,
    )
    graph.add_to_collection(GraphKeys.SAVERS, saver)


def _saving_hooks(spec, config, hooks, listeners):
    """The hook that writes checkpoints, in a list, unless the user has one; the listeners are told of it.

    Raises:
      ValueError: there are listeners, and no checkpoint is to be written.
    """
    made = []
    found = [hook for hook in (*hooks, *spec.training_chief_hooks) if isinstance(hook, CheckpointSaverHook)]
    secs, steps = config.save_checkpoints_secs, config.save_checkpoints_steps
    if not found and (secs or steps):
        made = [CheckpointSaverHook(config.model_dir, save_secs=secs, save_steps=steps, scaffold=spec.scaffold)]
        found = made
    need(
        found or not listeners,
        "There should be a CheckpointSaverHook to use saving_listeners. Please set one of the RunConfig.save_checkpoints_steps "
        "or RunConfig.save_checkpoints_secs.",
    )
    for listener in listeners:
        if listener not in found[0]._listeners:
            found[0]._listeners.append(listener)
    return made


def _first_workers_hooks(scaffold, config):
    """Hooks for summaries and counted steps, which the first worker has beside a master."""
    if config.task_type != TaskType.WORKER or config.task_id != 0:
        return []
    hooks = []
    if config.save_summary_steps and config.save_summary_steps > 0:
        often = config.save_summary_steps
        hooks.append(SummarySaverHook(save_steps=often, output_dir=config.model_dir, scaffold=scaffold))
    if config.log_step_count_steps and config.log_step_count_steps > 0:
        hooks.append(StepCounterHook(every_n_steps=config.log_step_count_steps, output_dir=config.model_dir))
    return hooks
