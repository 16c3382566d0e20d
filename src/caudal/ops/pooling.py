"""The public functions for pooling in one, two and three dimensions, and of any rank and rate."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from . import pool as nodes
from .convolution import first, strides_and_rates, with_space_to_batch
from .nn_functions import avg_pool, either, max_pool, sequence
from .shape import expand_dims, squeeze

__all__ = ["avg_pool1d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d", "pool"]


def _export(name, rank, what, call):
    """Makes a pooling function public with its docstring."""
    space = {1: "width", 2: "height, width", 3: "depth, height, width"}[rank]
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"""The {what} of each window, in {rank} dimension{"s" if rank > 1 else ""}.

    Args:
      input: `[batch, {space}, channels]`.
      ksize: the window's size: a number, one for each dimension of space, or one for each dimension.
      strides: as `ksize`.
      padding: "SAME" or "VALID".
      data_format: where the channels stand.
      name: the node's name.

    Returns:
      A tensor with as many dimensions as `input`.

    Raises:
      ValueError: a window that doesn't fit.
    """
    return export("nn." + name)(call)


def _flat(node, scope_name):
    def call(input, ksize, strides, padding, data_format="NWC", name=None):
        with name_scope(name, scope_name, [input]) as scope:
            data_format = "NWC" if data_format is None else data_format
            channel, at = (1, 2) if first(data_format) else (2, 1)
            ksize = [1, *sequence(ksize, 1, channel, "ksize")]
            strides = [1, *sequence(strides, 1, channel, "strides")]
            wide = expand_dims(input, at)
            out = node(wide, ksize=ksize, strides=strides, padding=padding, data_format="NCHW" if at == 2 else "NHWC", name=scope)
            return squeeze(out, [at])

    return call


def _deep(node, scope_name):
    def call(input, ksize, strides, padding, data_format="NDHWC", name=None):
        with name_scope(name, scope_name, [input]) as scope:
            data_format = "NDHWC" if data_format is None else data_format
            channel = 1 if first(data_format) else 4
            return node(
                input,
                ksize=sequence(ksize, 3, channel, "ksize"),
                strides=sequence(strides, 3, channel, "strides"),
                padding=padding,
                data_format=data_format,
                name=scope,
            )

    return call


def _max_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):
    with name_scope(name, "MaxPool2d", [input]) as scope:
        return max_pool(input, ksize, strides, padding, data_format=data_format, name=scope)


max_pool1d = _export("max_pool1d", 1, "greatest element", _flat(nodes.max_pool_node, "MaxPool1d"))
avg_pool1d = _export("avg_pool1d", 1, "mean", _flat(nodes.avg_pool_node, "AvgPool1D"))
max_pool2d = _export("max_pool2d", 2, "greatest element", _max_pool2d)
max_pool3d = _export("max_pool3d", 3, "greatest element", _deep(nodes.max_pool3d_node, "MaxPool3D"))
avg_pool3d = _export("avg_pool3d", 3, "mean", _deep(nodes.avg_pool3d_node, "AvgPool3D"))


def _any_rank(name, what, plain, flat, deep):
    """`nn.max_pool_v2` and its like: one function for all ranks, which the data format or the input's rank tells."""

    def call(input, ksize, strides, padding, data_format=None, name=None):
        rank = len(data_format) - 2 if data_format is not None else None
        if rank is None:
            known = TensorShape(input.shape).ndims if hasattr(input, "shape") else convert_to_tensor(input).get_shape().ndims
            need(known is not None, "`input` must have a static shape or `data_format` must be given.")
            rank = known - 2
        need(1 <= rank <= 3, f"Input tensor must be of rank 3, 4 or 5 but was {rank + 2}.")
        given = {} if data_format is None else {"data_format": data_format}
        return {1: flat, 2: plain, 3: deep}[rank](input, ksize, strides, padding, name=name, **given)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"""The {what} of each window, in one, two or three dimensions.

    Args:
      input: `[batch, *space, channels]`.
      ksize: the window's size: a number, one for each dimension of space, or one for each dimension.
      strides: as `ksize`.
      padding: "SAME" or "VALID".
      data_format: "NWC", "NHWC", "NDHWC" or "NCW" and the like; from the input's rank if not given.
      name: the node's name.

    Returns:
      A tensor with as many dimensions as `input`.

    Raises:
      ValueError: a rank other than 3, 4 and 5, or a window that doesn't fit.
    """
    return export("nn." + name)(call)


max_pool_v2 = _any_rank("max_pool_v2", "greatest element", max_pool, max_pool1d, max_pool3d)
avg_pool_v2 = _any_rank("avg_pool_v2", "mean", avg_pool, avg_pool1d, avg_pool3d)
_POOLS = {
    ("MAX", 1): max_pool,
    ("MAX", 2): max_pool,
    ("MAX", 3): max_pool3d,
    ("AVG", 1): avg_pool,
    ("AVG", 2): avg_pool,
    ("AVG", 3): avg_pool3d,
}


@export("nn.pool")
def pool(
    input, window_shape, pooling_type, padding, dilation_rate=None, strides=None, name=None, data_format=None, dilations=None
):
    """Pooling of any rank and rate.

    Args:
      input: `[batch, *space, channels]`.
      window_shape: the window's size along each dimension of space.
      pooling_type: "MAX" or "AVG".
      padding: "SAME" or "VALID".
      dilation_rate, strides: a number for each dimension of space; not both above 1.
      name: the node's name.
      data_format: "NHWC" and the like.
      dilations: the later name of `dilation_rate`.

    Returns:
      `[batch, *space', channels]`.

    Raises:
      ValueError: a rank, type, rate or stride that cannot be.
    """
    rates = either("dilation_rate", dilation_rate, "dilations", dilations)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        n = len(window_shape)
        need(1 <= n <= 3, "It is required that 1 <= num_spatial_dims <= 3.")
        input.get_shape().with_rank(n + 2)
        strides, rates = strides_and_rates(n, strides, rates)
        need(padding != "SAME" or np.all(rates == 1), "pooling with SAME padding is not implemented for dilation_rate > 1")
        need(
            np.all(strides <= np.asarray(window_shape)),
            "strides > window_shape not supported due to inconsistency between CPU and GPU implementations",
        )
        need((pooling_type, n) in _POOLS, f"{n}-D {pooling_type} pooling is not supported.")
        op, space = _windowed(pooling_type, n, list(window_shape), [int(s) for s in strides], data_format, scope)
        return with_space_to_batch(input, rates, padding, op, filter_shape=window_shape, spatial_dims=space)


def _windowed(kind, n, window, strides, data_format, name):
    """(op for with_space_to_batch, the dimensions of space)."""
    begin = 2 if first(data_format) else 1
    window, strides = ([1, 1, *v] if begin == 2 else [1, *v, 1] for v in (window, strides))
    given = {} if data_format is None else {"data_format": data_format}
    if n == 1:
        need(data_format in (None, "NWC", "NCW"), 'data_format must be either "NWC" or "NCW".')
        given = {"data_format": "NCHW" if begin == 2 else "NHWC"}
        window, strides = [1, *window], [1, *strides]

    def op(x, _, padding):
        x = expand_dims(x, begin) if n == 1 else x
        out = _POOLS[kind, n](x, window, strides, padding, name=name, **given)
        return squeeze(out, [begin]) if n == 1 else out

    return op, range(begin, begin + n)


# --- the place of the greatest element -----------------------------------------------------------------------


@export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input, ksize, strides, padding, data_format="NHWC", Targmax=None, name=None, output_dtype=None, include_batch_in_index=False
):
    """(greatest element of each window, its place in the input made flat).

    Args:
      input: `[batch, height, width, channels]`.
      ksize: the window's size, one for each dimension.
      strides: as `ksize`.
      padding: "SAME" or "VALID".
      data_format: "NHWC".
      Targmax: int32 or int64, of the places; int64 by default.
      name: the node's name.
      output_dtype: the later name of `Targmax`.
      include_batch_in_index: whether places count from the first image, not from their own.

    Returns:
      Two tensors `[batch, height', width', channels]`.

    Raises:
      ValueError: another data format.
    """
    need(data_format == "NHWC", "Data formats other than 'NHWC' are not yet supported")
    kind = either("Targmax", Targmax, "output_dtype", output_dtype)
    return nodes.max_pool_with_argmax_node(
        input,
        ksize=ksize,
        strides=strides,
        Targmax=dtypes.int64 if kind is None else kind,
        padding=padding,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )
