"""optimize_loss: a loss, an optimizer's name and a rate to the op that trains, with summaries on the way."""

from ...build.initializers import Constant
from ...build.scopes import get_variable, variable_scope
from ...build.variables import trainable_variables
from ...graph.composite import IndexedSlices
from ...graph.convert import convert_to_tensor
from ...graph.graph import GraphKeys, Tensor, default_graph
from ...ground.api import constant, export
from ...ground.errors import need
from ...ops.asserts import assert_scalar
from ...ops.clip import clip_by_global_norm, global_norm
from ...ops.control import with_dependencies
from ...ops.elementwise import cast
from ...ops.random import truncated_normal
from ...summary.functions import histogram, scalar
from ...train import optimizers as train
from ...train.global_step import assert_global_step, get_global_step
from ...train.optimizer import Optimizer

__all__ = ["optimize_loss"]

OPTIMIZER_CLS_NAMES = {
    "Adagrad": train.AdagradOptimizer,
    "Adam": train.AdamOptimizer,
    "Ftrl": train.FtrlOptimizer,
    "Momentum": lambda learning_rate: train.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": train.RMSPropOptimizer,
    "SGD": train.GradientDescentOptimizer,
}
OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]
for _name in ("OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES"):
    constant(globals()[_name], "contrib.layers." + _name, "contrib.slim." + _name)


@export("contrib.layers.optimize_loss", "contrib.slim.optimize_loss")
def optimize_loss(
    loss,
    global_step,
    learning_rate,
    optimizer,
    gradient_noise_scale=None,
    gradient_multipliers=None,
    clip_gradients=None,
    learning_rate_decay_fn=None,
    update_ops=None,
    variables=None,
    name=None,
    summaries=None,
    colocate_gradients_with_ops=False,
    increment_global_step=True,
):
    """The op that makes one step and gives the loss.

    Args:
      loss: a scalar.
      global_step: the step counter, an integer scalar; the graph's if None.
      learning_rate: a float, a scalar tensor, or None.
      optimizer: a name of OPTIMIZER_CLS_NAMES, a class, a function of the rate, or an `Optimizer`.
      gradient_noise_scale: of normal noise added to slopes, or None.
      gradient_multipliers: a dict from variable or its name to what its slope is multiplied by.
      clip_gradients: a float, the bound of the norm of all slopes; or a function of the list of (slope, variable).
      learning_rate_decay_fn: a function of rate and step that gives the rate.
      update_ops: what runs before the loss; UPDATE_OPS by default.
      variables: all trainable ones by default.
      name: of the scope.
      summaries: names of OPTIMIZER_SUMMARIES; loss, rate and global norm by default.
      colocate_gradients_with_ops: whether an op's slope stands on its device.
      increment_global_step: whether the step is counted.

    Returns:
      The loss, which is there after the step.

    Raises:
      ValueError: an optimizer, a rate, a summary or a bound that is none.
    """
    loss = convert_to_tensor(loss)
    assert_scalar(loss)
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        loss = _after(update_ops, loss)
        rate = _rate(learning_rate)
        summaries = _checked(summaries)
        if learning_rate is not None and learning_rate_decay_fn is not None:
            need(global_step is not None, "global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in summaries:
                scalar("learning_rate", rate)
        opt = _optimizer(optimizer, rate)
        variables = trainable_variables() if variables is None else variables
        pairs = opt.compute_gradients(loss, variables, colocate_gradients_with_ops=colocate_gradients_with_ops)
        pairs = _changed(pairs, gradient_noise_scale, gradient_multipliers)
        with_norm = "global_gradient_norm" in summaries or "gradient_norm" in summaries
        if with_norm:
            scalar("global_norm/gradient_norm", global_norm([g for g, _ in pairs]))
        pairs = _clipped(pairs, clip_gradients)
        _summarize(loss, pairs, summaries)
        if clip_gradients is not None and with_norm:
            scalar("global_norm/clipped_gradient_norm", global_norm([g for g, _ in pairs]))
        step = global_step if increment_global_step else None
        return with_dependencies([opt.apply_gradients(pairs, global_step=step, name="train")], loss)


def _after(update_ops, loss):
    """The loss after the updates."""
    if update_ops is None:
        update_ops = default_graph().get_collection(GraphKeys.UPDATE_OPS)
    return with_dependencies(list(dict.fromkeys(update_ops)), loss) if update_ops else loss


def _rate(learning_rate):
    """The learning rate as a tensor or variable, or None."""
    if learning_rate is None or (isinstance(learning_rate, Tensor) and learning_rate.get_shape().ndims == 0):
        return learning_rate
    if isinstance(learning_rate, float):
        if learning_rate < 0.0:
            raise ValueError("Invalid learning_rate %s.", learning_rate)  # TF forgot the %
        return get_variable("learning_rate", [], trainable=False, initializer=Constant(learning_rate))
    raise ValueError(f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type {type(learning_rate)}")


def _checked(summaries):
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    for one in summaries:
        need(
            one in OPTIMIZER_SUMMARIES,
            f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {one}.",
        )
    return summaries


def _optimizer(optimizer, rate):
    """An `Optimizer` from what the user gave."""
    if isinstance(optimizer, str):
        need(rate is not None, f"Learning rate is None, but should be specified if optimizer is string ({optimizer}).")
        need(
            optimizer in OPTIMIZER_CLS_NAMES,
            f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {optimizer}.",
        )
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        need(rate is not None, f"Learning rate is None, but should be specified if optimizer is class ({optimizer}).")
        return optimizer(learning_rate=rate)
    if isinstance(optimizer, Optimizer):
        return optimizer
    if callable(optimizer):
        made = optimizer(rate) if rate is not None else optimizer()
        need(
            isinstance(made, Optimizer),
            f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.",
        )
        return made
    raise ValueError(
        "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or function with one "
        f"argument. Got {optimizer}."
    )


def _changed(pairs, noise_scale, multipliers):
    """The slopes with noise, and multiplied."""
    if noise_scale is not None:
        pairs = [(None if g is None else g + truncated_normal(_shape(g)) * noise_scale, v) for g, v in pairs]
    if multipliers is not None:
        pairs = [(_multiplied(g, v, multipliers), v) for g, v in pairs]
        need(
            pairs,
            "Empty list of (gradient, var) pairs encountered. This is most likely to be caused by an improper value of "
            "gradient_multipliers.",
        )
    return pairs


def _shape(slope):
    return slope.dense_shape if isinstance(slope, IndexedSlices) else slope.get_shape()


def _multiplied(slope, variable, multipliers):
    key = variable if variable in multipliers else variable.name
    if slope is None or key not in multipliers:
        return slope
    if isinstance(slope, IndexedSlices):
        return IndexedSlices(slope.values * multipliers[key], slope.indices, slope.dense_shape)
    return slope * cast(multipliers[key], slope.dtype)


def _clipped(pairs, clip):
    """The slopes with their norm bounded."""
    if isinstance(clip, float):
        slopes, _ = clip_by_global_norm([g for g, _ in pairs], clip)
        return list(zip(slopes, [v for _, v in pairs], strict=True))
    if callable(clip):
        return clip(pairs)
    need(clip is None, f"Unknown type {type(clip)} for clip_gradients")
    return pairs


def _summarize(loss, pairs, summaries):
    if "loss" in summaries:
        scalar("loss", loss)
    for slope, variable in pairs:
        values = slope.values if isinstance(slope, IndexedSlices) else slope
        if values is None:
            continue
        name = variable.name.replace(":", "_")
        if "gradients" in summaries:
            histogram(f"gradients/{name}", values)
        if "gradient_norm" in summaries:
            scalar(f"gradient_norm/{name}", global_norm([values]))
