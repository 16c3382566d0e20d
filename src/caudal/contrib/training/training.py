"""contrib.training.create_train_op and train: a loss to a training op, and the op to a trained model."""

from ...ground.api import export
from ...ground.errors import need
from ...train.monitored_session import MonitoredTrainingSession
from ...train.optimizer import Optimizer
from ..slim import learning

__all__ = ["clip_gradient_norms_fn", "create_train_op", "train"]


@export("contrib.training.clip_gradient_norms_fn")
def clip_gradient_norms_fn(max_norm):
    """A function that scales each slope of a list of (slope, variable) down to a norm of at most `max_norm`."""
    return lambda grads: learning.clip_gradient_norms(grads, max_norm)


@export("contrib.training.create_train_op")
def create_train_op(
    total_loss,
    optimizer,
    global_step=0,
    update_ops=None,
    variables_to_train=None,
    transform_grads_fn=None,
    summarize_gradients=False,
    gate_gradients=Optimizer.GATE_OP,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    check_numerics=True,
):
    """The op that makes one step and gives the loss.

    Args:
      total_loss: a scalar.
      optimizer: an `Optimizer`.
      global_step: the step counter; made if not given; None for none.
      update_ops: what runs before the loss; UPDATE_OPS by default.
      variables_to_train: all trainable ones by default.
      transform_grads_fn: a function from the list of (slope, variable) to the one that is applied.
      summarize_gradients: whether slopes have summaries.
      gate_gradients, aggregation_method, colocate_gradients_with_ops: as `compute_gradients` has them.
      check_numerics: whether a loss that is not finite is an error.
    """
    return learning.create(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        [transform_grads_fn] if transform_grads_fn else [],
        summarize_gradients,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


@export("contrib.training.train")
def train(
    train_op,
    logdir,
    master="",
    is_chief=True,
    scaffold=None,
    hooks=None,
    chief_only_hooks=None,
    save_checkpoint_secs=600,
    save_summaries_steps=100,
    config=None,
    max_wait_secs=7200,
    run_metadata=None,
):
    """Runs a training op until a hook stops it, and gives the last loss.

    Args:
      train_op: what `create_train_op` gave.
      logdir: where checkpoints and summaries are, and go.
      run_metadata: a `RunMetadata` for each run.
      master, is_chief, scaffold, hooks, chief_only_hooks, save_checkpoint_secs, save_summaries_steps, config, max_wait_secs:
        as for `MonitoredTrainingSession`.

    Raises:
      ValueError: files are asked for without a logdir.
    """
    if logdir is None and is_chief:
        need(not save_summaries_steps, "logdir cannot be None when save_summaries_steps is not None")
        need(not save_checkpoint_secs, "logdir cannot be None when save_checkpoint_secs is not None")
    loss = None
    with MonitoredTrainingSession(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss
