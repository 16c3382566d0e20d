"""Partitioners: into how many parts a variable is cut along each axis."""

from ..ground.api import export

__all__ = ["fixed_size_partitioner"]


@export("fixed_size_partitioner")
def fixed_size_partitioner(num_shards, axis=0):
    """A partitioner that cuts along one axis into a number of parts, or as many as there are rows.

    Args:
      num_shards: how many.
      axis: the axis.
    """

    def partitioner(shape, **_):
        parts = [1] * len(shape)
        parts[axis] = min(num_shards, shape.dims[axis].value)
        return parts

    return partitioner
