"""Partitioners: into how many parts a variable is cut along each axis."""

import math

from ..ground.api import export
from ..ground.dtypes import DType, string
from ..ground.errors import need
from ..ground.shapes import TensorShape

__all__ = ["fixed_size_partitioner", "min_max_variable_partitioner", "variable_axis_size_partitioner"]


@export("fixed_size_partitioner")
def fixed_size_partitioner(num_shards, axis=0):
    """A partitioner that cuts along one axis into a number of parts, or as many as there are rows.

    Args:
      num_shards: how many.
      axis: the axis.
    """

    def partitioner(shape, **_):
        return _along(shape, axis, min(num_shards, shape.dims[axis].value))

    return partitioner


def _along(shape, axis, parts):
    """The list of parts of each axis, 1 for all but one."""
    return [parts if k == axis % shape.ndims else 1 for k in range(shape.ndims)]


def _check(shape, dtype):
    need(isinstance(shape, TensorShape), f"shape is not a TensorShape: {shape}")
    need(shape.is_fully_defined(), f"shape is not fully defined: {shape}")
    need(isinstance(dtype, DType), f"dtype is not a DType: {dtype}")


@export("variable_axis_size_partitioner")
def variable_axis_size_partitioner(max_shard_bytes, axis=0, bytes_per_string_element=16, max_shards=None):
    """A partitioner that cuts along one axis so that no part is larger than some bytes.

    Args:
      max_shard_bytes: the bytes that a part may have; a part has one row at least.
      axis: the axis.
      bytes_per_string_element: the bytes that a string counts for.
      max_shards: how many parts there may be.

    Raises:
      ValueError: a size that is not positive.
    """
    need(
        max_shard_bytes >= 1 and bytes_per_string_element >= 1,
        "Both max_shard_bytes and bytes_per_string_element must be positive. Currently: max_shard_bytes is "
        f"{max_shard_bytes} and bytes_per_string_element is {bytes_per_string_element}"
        if max_shard_bytes >= 1
        else "Both max_shard_bytes and bytes_per_string_element must be positive.",
    )
    need(not max_shards or max_shards >= 1, "max_shards must be positive.")

    def partitioner(shape, dtype):
        _check(shape, dtype)
        size = bytes_per_string_element if dtype.base_dtype is string else dtype.size
        rows = shape.dims[axis].value
        row_bytes = shape.num_elements() / rows * size
        shards = math.ceil(rows / max(1, math.floor(max_shard_bytes / row_bytes)))
        return _along(shape, axis, min(max_shards, shards) if max_shards else shards)

    return partitioner


@export("min_max_variable_partitioner")
def min_max_variable_partitioner(max_partitions=1, axis=0, min_slice_size=256 << 10, bytes_per_string_element=16):
    """A partitioner that cuts along one axis into as many parts as have some bytes each, up to a number of parts.

    Args:
      max_partitions: how many parts there may be.
      axis: the axis.
      min_slice_size: the least bytes of a part.
      bytes_per_string_element: the bytes that a string counts for.
    """

    def partitioner(shape, dtype):
        _check(shape, dtype)
        need(axis < shape.ndims, f"Cannot partition variable along axis {axis} when shape is only {shape}")
        size = bytes_per_string_element if dtype.base_dtype is string else dtype.size
        parts = math.ceil(shape.num_elements() * size / min_slice_size)
        return _along(shape, axis, max(1, min(shape.dims[axis].value, max_partitions, parts)))

    return partitioner
