"""What is known of a tensor before any run, for the user: `get_static_value`."""

import numpy as np

from ..graph import static
from ..graph.graph import Tensor
from ..ground.api import export

__all__ = ["get_static_value"]


@export("get_static_value", "contrib.util.constant_value")
def get_static_value(tensor, partial=False):
    """The value of a tensor that constants alone decide, as far as TF's Python can tell.

    Args:
      tensor: a tensor; anything else is given back.
      partial: whether a stack of scalars of which only some are known counts, with None for the others.

    Returns:
      An array, or None. A tensor whose value was told may no longer be fed.
    """
    if not isinstance(tensor, Tensor):
        return tensor
    found = static.python_value(tensor)
    if found is None and partial and tensor.op.type == "Pack":
        found = static.partial_values(tensor)
        known = found is not None and any(part is not None for part in found)
        return np.array(found, dtype=object) if known else None
    if found is not None:
        tensor.graph.prevent_feeding(tensor)
    return found
