"""The time of a run."""

import time

from ..graph.define import define
from ..ground.api import export

__all__ = ["timestamp"]

_node = define("Timestamp", infer=lambda: [()], lower=lambda B: time.time(), host=True, grad=None)


@export("timestamp")
def timestamp(name=None):
    """The time at which the node runs.

    Args:
      name: the node's name.

    Returns:
      float64 scalar, seconds since 1970.
    """
    return _node(name=name)
