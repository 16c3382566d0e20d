"""The streaming measures: those of tf.metrics with the predictions first."""

import inspect

from ...ground import dtypes
from ...ground.api import PUBLIC, constant
from ...metrics import auc, average_precision, counts, means, thresholds, top_k  # noqa: F401  # they export what we look up
from ...ops.counting import in_top_k
from ...ops.elementwise import cast

__all__ = []

_REQUIRED = inspect.Parameter.empty
_ENDS = {"metrics_collections": None, "updates_collections": None, "name": None}
_PAIR = {"predictions": _REQUIRED, "labels": _REQUIRED}
_PLAIN = _PAIR | {"weights": None} | _ENDS
_VALUES = {"values": _REQUIRED, "weights": None} | _ENDS


def _with(name, *after, default=_REQUIRED):
    """The arguments of a measure with one more behind the labels."""
    return _PAIR | {name: default} | dict.fromkeys(after) | {"weights": None} | _ENDS


def _at(name):
    return _PAIR | {name: _REQUIRED, "weights": None, "num_thresholds": 200} | _ENDS


# our name -> (tf.metrics' name, arguments in order with their defaults)
_MEASURES = {
    **{
        name: (name, _PLAIN)
        for name in (
            "accuracy precision recall true_positives true_negatives false_positives false_negatives mean_absolute_error "
            "mean_squared_error root_mean_squared_error"
        ).split()
    },
    "mean": ("mean", _VALUES),
    "mean_tensor": ("mean_tensor", _VALUES),
    "percentage_less": ("percentage_below", {"values": _REQUIRED, "threshold": _REQUIRED, "weights": None} | _ENDS),
    "mean_relative_error": ("mean_relative_error", _with("normalizer")),
    "mean_cosine_distance": ("mean_cosine_distance", _with("dim")),
    "mean_iou": ("mean_iou", _with("num_classes")),
    "precision_at_thresholds": ("precision_at_thresholds", _with("thresholds")),
    "recall_at_thresholds": ("recall_at_thresholds", _with("thresholds")),
    "sensitivity_at_specificity": ("sensitivity_at_specificity", _at("specificity")),
    "specificity_at_sensitivity": ("specificity_at_sensitivity", _at("sensitivity")),
    "auc": (
        "auc",
        _PAIR
        | {"weights": None, "num_thresholds": 200, "metrics_collections": None, "updates_collections": None}
        | {"curve": "ROC", "name": None},
    ),
    "sparse_recall_at_k": ("recall_at_k", _with("k", "class_id")),
    "sparse_precision_at_k": ("precision_at_k", _with("k", "class_id")),
    "sparse_average_precision_at_k": ("average_precision_at_k", _with("k")),
    **{
        name + "_at_thresholds": (name + "_at_thresholds", _PAIR | {"thresholds": _REQUIRED, "weights": None})
        for name in ("true_positives", "true_negatives", "false_positives", "false_negatives")
    },
}


def _make(name, target, arguments):
    measure = PUBLIC["metrics." + target]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(n, kind, default=d) for n, d in arguments.items()])

    def streaming(*args, **kwargs):
        return measure(**signature.bind(*args, **kwargs).arguments)

    streaming.__name__ = streaming.__qualname__ = "streaming_" + name
    streaming.__signature__ = signature
    streaming.__doc__ = f"As `tf.metrics.{target}`, with the predictions before the labels."
    _hang(streaming)


def _hang(function):
    constant(function, "contrib.metrics." + function.__name__, "contrib.slim.metrics." + function.__name__)


for _name, (_target, _arguments) in _MEASURES.items():
    _make(_name, _target, _arguments)


def streaming_recall_at_k(predictions, labels, k, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """How often the class is among the k highest, over all batches.

    Args:
      predictions: float `[batch, classes]`.
      labels: int `[batch]`.
      k: how many.
      weights: what each example counts.
      metrics_collections, updates_collections: what value and update go into.
      name: of the scope.

    Returns:
      (value, update_op).
    """
    found = cast(in_top_k(predictions, labels, k), dtypes.float32)
    return PUBLIC["metrics.mean"](found, weights, metrics_collections, updates_collections, name or f"recall_at_{k:d}")


_hang(streaming_recall_at_k)
