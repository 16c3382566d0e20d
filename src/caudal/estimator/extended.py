"""What goes round a model function: more metrics, and the call of a function of logits."""

from ..graph.graph import Tensor
from ..ground.api import export
from ..ground.errors import need
from .arguments import fn_args, some_of
from .estimator import Estimator
from .mode_keys import ModeKeys

__all__ = ["add_metrics", "call_logit_fn"]

_METRIC_FN_ARGS = {"features", "labels", "predictions", "config"}


@export("estimator.add_metrics", "contrib.estimator.add_metrics")
def add_metrics(estimator, metric_fn):
    """An estimator that evaluates more metrics.

    Args:
      estimator: the `Estimator`; its folder and config are the new one's.
      metric_fn: a function of those that it asks for of features, labels, predictions and config; it gives a dict from name to
        (value, update op).

    Raises:
      ValueError: it asks for something else.
    """
    others = list(set(fn_args(metric_fn)) - _METRIC_FN_ARGS)
    need(not others, f"metric_fn ({metric_fn}) has following not expected args: {others}")

    def new_model_fn(features, labels, mode, config):
        spec = estimator.model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        known = some_of(metric_fn, features=features, labels=labels, predictions=spec.predictions, config=config)
        return spec._replace(eval_metric_ops=(spec.eval_metric_ops or {}) | metric_fn(**known))

    return Estimator(
        model_fn=new_model_fn,
        model_dir=estimator.model_dir,
        config=estimator.config,
        warm_start_from=estimator._warm_start_settings,
    )


@export("estimator.experimental.call_logit_fn", "contrib.estimator.call_logit_fn")
def call_logit_fn(logit_fn, features, mode, params, config):
    """What a function of features, and of those that it asks for of mode, params and config, gives: logits.

    Returns:
      A tensor, or a dict from name to tensor.

    Raises:
      ValueError: it gives something else.
    """
    made = logit_fn(features=features, **some_of(logit_fn, mode=mode, params=params, config=config))
    parts = made.items() if isinstance(made, dict) else [("", made)]
    need(
        all(isinstance(name, str) and isinstance(value, Tensor) for name, value in parts),
        f"logit_fn should return a Tensor or a dictionary mapping strings to Tensors.  logit_fn returned: {made}",
    )
    return made
