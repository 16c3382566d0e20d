"""Slim's training op, which trains and gives the loss; loop.py runs it."""

from ...graph.composite import IndexedSlices
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import control_dependencies, name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.basic import constant, no_op
from ...ops.check import check_numerics as check_finite
from ...ops.clip import clip_by_norm, global_norm
from ...ops.control import with_dependencies
from ...platform import logging
from ...summary.functions import histogram, scalar
from ...train.global_step import get_or_create_global_step
from ...train.optimizer import Optimizer

__all__ = ["create_train_op"]

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
    return create(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        transforms,
        summarize_gradients,
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


def create(
    total_loss,
    optimizer,
    global_step,
    update_ops,
    variables_to_train,
    transforms,
    summarize,
    gate,
    method,
    colocate,
    check,
):
    """The training op, for slopes changed by a list of functions of the list of (slope, variable)."""
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
    else:
        trainable = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)
        need(all(v in trainable for v in variables_to_train), "", kind=AssertionError)
    need(variables_to_train, "", kind=AssertionError)
    grads = optimizer.compute_gradients(
        total_loss, variables_to_train, gate_gradients=gate, aggregation_method=method, colocate_gradients_with_ops=colocate
    )
    for transform in [*transforms, *([_scoped("summarize_grads", _with_summaries)] if summarize else [])]:
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
