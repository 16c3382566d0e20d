"""slim.model_analyzer: the sizes of a graph's variables and operations, counted and printed."""

from ...ground.api import export

__all__ = ["analyze_ops", "analyze_vars", "tensor_description"]


@export("contrib.slim.model_analyzer.tensor_description")
def tensor_description(var):
    """The dtype and shape of a tensor or variable in a few letters, as "(float32_ref 5x4)"."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.get_shape())})"


def _head(*lines):
    print("---------")
    for line in lines:
        print(line)
    print("---------")


def _size(thing):
    """The number of elements; 0 where it is unknown."""
    return thing.get_shape().num_elements() or 0


@export("contrib.slim.model_analyzer.analyze_ops")
def analyze_ops(graph, print_info=False):
    """The number of elements of all outputs of a graph's operations.

    Args:
      graph: a `Graph`.
      print_info: whether each operation is printed.
    """
    if print_info:
        _head("Operations: name -> (type shapes) [size]")
    total = 0
    for op in graph.get_operations():
        size = sum(_size(t) for t in op.outputs)
        shapes = [tensor_description(t) for t in op.outputs if t.get_shape()]
        if print_info:
            print(op.name, "\t->", ", ".join(shapes), "[" + str(size) + "]")
        total += size
    return total


@export("contrib.slim.model_analyzer.analyze_vars")
def analyze_vars(variables, print_info=False):
    """(the number of elements, the number of bytes) of variables.

    Args:
      variables: a list.
      print_info: whether each variable is printed.
    """
    if print_info:
        _head("Variables: name (type shape) [size]")
    total, total_bytes = 0, 0
    for var in variables:
        size = _size(var)
        bytes_ = size * var.dtype.size
        total, total_bytes = total + size, total_bytes + bytes_
        if print_info:
            print(var.name, tensor_description(var), f"[{size}, bytes: {bytes_}]")
    if print_info:
        print(f"Total size of variables: {total}")
        print(f"Total bytes of variables: {total_bytes}")
    return total, total_bytes
