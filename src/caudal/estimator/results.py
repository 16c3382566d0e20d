"""What an evaluation found: its metrics as tensors, and as events in the folder of evaluations."""

import numpy as np
from google.protobuf.message import DecodeError

from ..formats.proto.summary_pb2 import Summary
from ..formats.tensor_proto import make_tensor_proto
from ..ground import dtypes
from ..ground.errors import need
from ..metrics.means import mean
from ..ops.control import group
from ..platform import logging
from ..summary.cache import FileWriterCache
from .spec import LOSS_METRIC_KEY

__all__ = ["metric_ops", "write_checkpoint_path", "write_results"]


def metric_ops(eval_metric_ops, loss):
    """(the op that updates all metrics, a dict from name to value), the loss's mean among them.

    Raises:
      ValueError: a metric has the loss's name.
    """
    need(
        LOSS_METRIC_KEY not in eval_metric_ops,
        f'Metric with name "{LOSS_METRIC_KEY}" is not allowed, because Estimator already defines a default metric with the same '
        "name.",
    )
    eval_metric_ops[LOSS_METRIC_KEY] = mean(loss)
    pairs = sorted(eval_metric_ops.items())
    return group(*[update for _, (_, update) in pairs]), {name: value for name, (value, _) in pairs}


def _shown(results):
    return ", ".join("%s = %s" % pair for pair in sorted(results.items()) if not isinstance(pair[1], bytes))


def write_results(folder, results, step):
    """Writes the metrics as a summary: numbers, arrays, and summaries that metrics are themselves."""
    logging.info("Saving dict for global step %d: %s", step, _shown(results))
    summary = Summary()
    for name, value in results.items():
        if value is not None and name != "global_step":
            _add(summary, name, value)
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()


def _add(summary, name, value):
    if isinstance(value, np.float32 | float):
        summary.value.add(tag=name, simple_value=float(value))
    elif isinstance(value, np.int64 | np.int32 | int):
        summary.value.add(tag=name, simple_value=int(value))
    elif isinstance(value, bytes):
        _add_summary(summary, name, value)
    elif isinstance(value, np.ndarray):
        summary.value.add(tag=name, node_name=name, tensor=make_tensor_proto(value))
        logging.info(
            "Summary for np.ndarray is not visible in Tensorboard by default. Consider using a Tensorboard plugin for "
            "visualization (see https://github.com/tensorflow/tensorboard-plugin-example/blob/master/README.md for more "
            "information)."
        )
    else:
        logging.warning(
            "Skipping summary for %s, must be a float, np.float32, np.int64, np.int32 or int or np.ndarray or a serialized "
            "string of Summary.",
            name,
        )


def _add_summary(summary, name, text):
    try:
        found = Summary.FromString(text)
    except DecodeError:
        logging.warning("Skipping summary for %s, cannot parse string to Summary.", name)
        return
    for k, value in enumerate(found.value):
        value.tag = f"{name}/{k}"
    summary.value.extend(found.value)


def write_checkpoint_path(folder, path, step):
    """Writes which checkpoint was evaluated."""
    logging.info("Saving 'checkpoint_path' summary for global step %d: %s", step, path)
    summary = Summary()
    summary.value.add(tag="checkpoint_path", tensor=make_tensor_proto(path, dtype=dtypes.string))
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()
