"""Slim's training: the op that trains and gives the loss, and the loop that runs it."""

import time

from ...build.variables import global_variables_initializer, local_variables_initializer, tables_initializer
from ...graph.composite import IndexedSlices
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import control_dependencies, name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.basic import constant, no_op
from ...ops.check import check_numerics as check_finite
from ...ops.clip import clip_by_norm, global_norm
from ...ops.control import group, with_dependencies
from ...platform import logging
from ...run.session import Session
from ...summary.functions import histogram, scalar
from ...train.global_step import get_or_create_global_step
from ...train.optimizer import Optimizer

__all__ = ["create_train_op", "train"]

_USE_GLOBAL_STEP = 0


@export("contrib.slim.learning.clip_gradient_norms", "contrib.training.clip_gradient_norms")
def clip_gradient_norms(gradients_to_variables, max_norm):
    """Each slope scaled down to a norm of at most `max_norm`."""
    out = []
    for grad, var in gradients_to_variables:
        if grad is not None:
            if isinstance(grad, IndexedSlices):
                grad = IndexedSlices(clip_by_norm(grad.values, max_norm), grad.indices, grad.dense_shape)
            else:
                grad = clip_by_norm(grad, max_norm)
        out.append((grad, var))
    return out


@export("contrib.slim.learning.multiply_gradients", "contrib.training.multiply_gradients")
def multiply_gradients(grads_and_vars, gradient_multipliers):
    """Slopes times a number for their variable (or its name).

    Raises:
      ValueError: no list, no dict, or a variable without a slope.
    """
    need(isinstance(grads_and_vars, list), "`grads_and_vars` must be a list.")
    need(gradient_multipliers, "`gradient_multipliers` is empty.")
    need(isinstance(gradient_multipliers, dict), "`gradient_multipliers` must be a dict.")
    out = []
    for grad, var in grads_and_vars:
        key = var if var in gradient_multipliers else var.op.name
        if key in gradient_multipliers:
            need(grad is not None, "Requested multiple of `None` gradient.")
            factor = constant(gradient_multipliers[key], dtype=grad.dtype)
            if isinstance(grad, IndexedSlices):
                grad = IndexedSlices(grad.values * factor, grad.indices, grad.dense_shape)
            else:
                grad = grad * factor
        out.append((grad, var))
    return out


@export("contrib.slim.learning.add_gradients_summaries", "contrib.training.add_gradients_summaries")
def add_gradients_summaries(grads_and_vars):
    """A histogram and the norm of each slope, as summaries.

    Returns:
      The list of their string scalars.
    """
    out = []
    for grad, var in grads_and_vars:
        if grad is None:
            logging.info("Var %s has no gradient", var.op.name)
            continue
        values = grad.values if isinstance(grad, IndexedSlices) else grad
        out.append(histogram(var.op.name + "_gradient", values))
        out.append(scalar(var.op.name + "_gradient_norm", global_norm([values])))
    return out


@export("contrib.slim.learning.create_train_op")
def create_train_op(
    total_loss,
    optimizer,
    global_step=_USE_GLOBAL_STEP,
    update_ops=None,
    variables_to_train=None,
    clip_gradient_norm=0,
    summarize_gradients=False,
    gate_gradients=Optimizer.GATE_OP,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    gradient_multipliers=None,
    check_numerics=True,
):
    """The op that makes one step and gives the loss.

    Args:
      total_loss: a scalar.
      optimizer: an `Optimizer`.
      global_step: the step counter; made if not given; None for none.
      update_ops: what runs before the loss; UPDATE_OPS by default.
      variables_to_train: all trainable ones by default.
      clip_gradient_norm: above 0: the bound of each slope's norm.
      summarize_gradients: whether slopes have summaries.
      gate_gradients, aggregation_method, colocate_gradients_with_ops: as `compute_gradients` has them.
      gradient_multipliers: a dict from variable to number.
      check_numerics: whether a loss that is not finite is an error.
    """
    transforms = []
    if gradient_multipliers:
        transforms.append(_scoped("multiply_grads", lambda grads: multiply_gradients(grads, gradient_multipliers)))
    if clip_gradient_norm > 0:
        transforms.append(_scoped("clip_grads", lambda grads: clip_gradient_norms(grads, clip_gradient_norm)))
    if summarize_gradients:
        transforms.append(_scoped("summarize_grads", _with_summaries))
    return _create(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        transforms,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


def _with_summaries(grads):
    add_gradients_summaries(grads)
    return grads


def _scoped(name, transform):
    """`transform` with its nodes below a name."""

    def inside(grads):
        with name_scope(name):
            return transform(grads)

    return inside


def _create(total_loss, optimizer, global_step, update_ops, variables_to_train, transforms, gate, method, colocate, check):
    graph = default_graph()
    if global_step is _USE_GLOBAL_STEP:
        global_step = get_or_create_global_step()
    collected = set(graph.get_collection(GraphKeys.UPDATE_OPS))
    update_ops = collected if update_ops is None else set(update_ops)
    if update_ops:
        with control_dependencies(sorted(update_ops, key=lambda u: u.name)):
            barrier = no_op(name="update_barrier")
        total_loss = with_dependencies([barrier], total_loss)
    if variables_to_train is None:
        variables_to_train = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)
    grads = optimizer.compute_gradients(
        total_loss, variables_to_train, gate_gradients=gate, aggregation_method=method, colocate_gradients_with_ops=colocate
    )
    for transform in transforms:
        grads = transform(grads)
    updates = optimizer.apply_gradients(grads, global_step=global_step)
    with name_scope("train_op"):
        if check:
            total_loss = check_finite(total_loss, "LossTensor is inf or nan")
        train_op = with_dependencies([updates], total_loss)
    collection = graph.get_collection_ref(GraphKeys.TRAIN_OP)
    if train_op not in collection:
        collection.append(train_op)
    return train_op


@export("contrib.slim.learning.train_step")
def train_step(sess, train_op, global_step, train_step_kwargs):
    """Runs one step: (loss, whether to stop). `train_step_kwargs` may hold `should_stop`, `should_log`, tensors."""
    start = time.time()
    loss, step = sess.run([train_op, global_step])
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        print(f"global step {int(step)}: loss = {float(loss):.4f} ({time.time() - start:.3f} sec/step)")
    should_stop = bool(sess.run(train_step_kwargs["should_stop"])) if "should_stop" in train_step_kwargs else False
    return loss, should_stop


@export("contrib.slim.learning.train")
def train(
    train_op,
    logdir,
    train_step_fn=train_step,
    train_step_kwargs=None,
    log_every_n_steps=1,
    graph=None,
    master="",
    is_chief=True,
    global_step=None,
    number_of_steps=None,
    init_op=None,
    init_feed_dict=None,
    local_init_op=None,
    init_fn=None,
    ready_op=None,
    summary_op=None,
    save_summaries_secs=600,
    summary_writer=None,
    startup_delay_steps=0,
    saver=None,
    save_interval_secs=600,
    sync_optimizer=None,
    session_config=None,
    session_wrapper=None,
    trace_every_n_steps=None,
    ignore_live_threads=False,
):
    """Runs a train op until `number_of_steps`, and gives the last loss.

    Args:
      train_op: what `create_train_op` gave.
      logdir: where checkpoints would go; None for nowhere.
      train_step_fn: one step, as `train_step`; train_step_kwargs: its last argument.
      log_every_n_steps: how often the loss is printed.
      graph, global_step, number_of_steps, init_op, init_feed_dict, local_init_op, init_fn, session_config: as they say.
      master, is_chief, ready_op, summary_op, save_summaries_secs, summary_writer, startup_delay_steps, saver,
      save_interval_secs, sync_optimizer, session_wrapper, trace_every_n_steps, ignore_live_threads: accepted.

    Raises:
      ValueError: no train op.
    """
    need(train_op is not None, "train_op cannot be None.")
    graph = graph or default_graph()
    with graph.as_default():
        if global_step is None:
            global_step = get_or_create_global_step()
        if init_op is None:
            init_op = global_variables_initializer()
        if local_init_op is None:
            local_init_op = group(local_variables_initializer(), tables_initializer())
        with Session(master, graph=graph, config=session_config) as session:
            session.run(init_op, init_feed_dict)
            session.run(local_init_op)
            if init_fn is not None:
                init_fn(session)
            return _loop(session, train_op, global_step, train_step_fn, train_step_kwargs, number_of_steps, log_every_n_steps)


def _loop(session, train_op, global_step, step_fn, step_kwargs, number_of_steps, log_every):
    loss, k = None, 0
    while True:
        start = time.time()
        loss, should_stop = step_fn(session, train_op, global_step, step_kwargs or {})
        k += 1
        if log_every and k % log_every == 0:
            print(f"global step {k}: loss = {float(loss):.4f} ({time.time() - start:.3f} sec/step)")
        if should_stop or (number_of_steps and int(session.run(global_step)) >= number_of_steps):
            return loss
