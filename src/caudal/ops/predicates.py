"""Questions about Python objects: whether they are tensors, and of which kind."""

from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.graph import Tensor
from ..ground.api import export

__all__ = ["is_numeric_tensor", "is_tensor"]


@export("is_tensor", "contrib.framework.is_tensor")
def is_tensor(x):
    """Whether `x` is a tensor, a `SparseTensor`, `IndexedSlices` or a variable.

    Args:
      x: any object.
    """
    return isinstance(x, (Tensor, SparseTensor, IndexedSlices)) or (hasattr(x, "_as_graph_element") and not isinstance(x, type))


@export("debugging.is_numeric_tensor", "is_numeric_tensor")
def is_numeric_tensor(tensor):
    """Whether `tensor` is a tensor of numbers: floats, ints, complex or quantized ones.

    Args:
      tensor: any object.
    """
    if not isinstance(tensor, Tensor):
        return False
    kind = tensor.dtype.base_dtype
    return kind.is_floating or kind.is_integer or kind.is_complex or kind.is_quantized
