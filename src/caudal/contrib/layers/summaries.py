"""Summaries of activations, tensors and collections."""

import functools
import re

from ...graph.graph import GraphKeys, default_graph
from ...ground import dtypes
from ...ground.api import constant, export
from ...ops.elementwise import PLAIN, cast
from ...ops.reduce import reduce_mean
from ...summary.functions import histogram, scalar

__all__ = ["summarize_activation", "summarize_collection", "summarize_tensor", "summarize_tensors"]


def _scalar(tensor, tag=None):
    tensor.get_shape().assert_has_rank(0)
    return scalar(tag or f"{tensor.op.name}_summary", tensor)


def _histogram(tensor, tag=None):
    return histogram(tag or f"{tensor.op.name}_summary", tensor)


def everywhere(name):
    """Exports under contrib.layers and Slim."""
    return export("contrib.layers." + name, "contrib.slim." + name)


@everywhere("summarize_activation")
def summarize_activation(op):
    """A histogram of an activation; for a Relu, Softplus or Relu6 also the share of units that are 0, or 6.

    Args:
      op: the tensor.

    Returns:
      The histogram's string scalar.
    """
    kind, before = op.op.type, op.op.inputs[0] if op.op.inputs else None
    if kind in ("Relu", "Softplus", "Relu6"):
        low = PLAIN["Less"](before, cast(0.0, before.dtype))
        _scalar(reduce_mean(cast(low, dtypes.float32, name="ToFloat")), f"{op.op.name}/zeros")
    if kind == "Relu6":
        high = PLAIN["Greater"](before, cast(6.0, before.dtype))
        _scalar(reduce_mean(cast(high, dtypes.float32, name="ToFloat")), f"{op.op.name}/sixes")
    return _histogram(op, f"{op.op.name}/activation")


@everywhere("summarize_tensor")
def summarize_tensor(tensor, tag=None):
    """The summary of a number, or the histogram of a tensor; None for strings and bools.

    Args:
      tensor: the tensor.
      tag: its name's by default.
    """
    if tensor.dtype.is_compatible_with(dtypes.string) or tensor.dtype.base_dtype == dtypes.bool:
        return None
    return _scalar(tensor, tag) if tensor.get_shape().ndims == 0 else _histogram(tensor, tag)


@everywhere("summarize_tensors")
def summarize_tensors(tensors, summarizer=summarize_tensor):
    """The summaries of several tensors."""
    return [summarizer(tensor) for tensor in tensors]


@everywhere("summarize_collection")
def summarize_collection(collection, name_filter=None, summarizer=summarize_tensor):
    """The summaries of a collection's tensors whose names begin as the pattern `name_filter` says."""
    found = [t for t in default_graph().get_collection(collection) if name_filter is None or re.match(name_filter, t.op.name)]
    return summarize_tensors(found, summarizer)


summarize_variables = functools.partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES)
summarize_weights = functools.partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = functools.partial(summarize_collection, GraphKeys.BIASES)
for _name in ("summarize_variables", "summarize_weights", "summarize_biases"):
    constant(globals()[_name], "contrib.layers.summaries." + _name)


@everywhere("summarize_activations")
def summarize_activations(name_filter=None, summarizer=summarize_activation):
    """The summaries of the collection ACTIVATIONS."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)
