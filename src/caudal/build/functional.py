"""A function along the first axis of tensors, as one loop: map_fn, foldl, foldr, scan."""

import contextlib

from ..graph.convert import convert
from ..graph.scopes import name_scope
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import Dimension, TensorShape, dimension_value
from ..ops.basic import constant
from ..ops.shape import shape
from ..ops.tensor_array import TensorArray
from .scopes import get_variable_scope
from .while_loop import while_loop

__all__ = ["foldl", "foldr", "map_fn", "scan"]


@contextlib.contextmanager
def _cached_variables():
    """Variables made under it are read on the device of what reads them."""
    scope = get_variable_scope()
    if scope.caching_device is not None:
        yield
        return
    scope.set_caching_device(lambda op: op.device)
    yield
    scope.set_caching_device(None)


def _count(tensor):
    """The length of the first axis: a number if it is known, else a tensor."""
    known = dimension_value(tensor.get_shape()[0])
    return shape(tensor)[0] if known is None else known


def _count_or_zero(tensor):
    """`_count`; a known length of 0 as a tensor, as TF has it."""
    return dimension_value(tensor.get_shape()[0]) or shape(tensor)[0]


def _array(tensor, count, **more):
    """The rows of a tensor as a TensorArray."""
    return TensorArray(dtype=tensor.dtype, size=count, dynamic_size=False, infer_shape=True, **more).unstack(tensor)


def _read(arrays, i):
    return nest.map_structure(lambda array: array.read(i), arrays)


@export("foldl", "compat.v1.foldl")
def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """`fn(fn(fn(a, x0), x1), x2)` and so on, over the rows of `elems`.

    Args:
      fn: of what it gave for the row before, and a row.
      elems: a tensor `[n, ...]`, or a nest of such.
      initializer: the first `a`; the first row if None.
      parallel_iterations: kept in the graph.
      back_prop: whether there may be gradients.
      swap_memory: kept in the graph.
      name: the name of the scope.

    Raises:
      TypeError: `fn` cannot be called.
    """
    need(callable(fn), "fn must be callable.", kind=TypeError)
    with name_scope(name, "foldl", [elems]), _cached_variables():
        count = _count_or_zero([convert(e, None, "elem") for e in nest.flatten(elems)][0])
        arrays = nest.map_structure(lambda e: _array(e, count), elems)
        start = _read(arrays, 0) if initializer is None else initializer
        i = constant(1 if initializer is None else 0)

        def body(i, a):
            a = fn(a, _read(arrays, i))
            return [i + 1, a]

        settings = {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}
        return while_loop(lambda i, a: i < count, body, [i, start], maximum_iterations=count, **settings)[1]


@export("foldr", "compat.v1.foldr")
def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """`foldl` from the last row to the first.

    Args:
      fn: of what it gave for the row after, and a row.
      elems: a tensor `[n, ...]`, or a nest of such.
      initializer: what `fn` is first given; the last row if None.
      parallel_iterations: kept in the graph.
      back_prop: whether there may be gradients.
      swap_memory: kept in the graph.
      name: the name of the scope.

    Raises:
      TypeError: `fn` cannot be called.
    """
    need(callable(fn), "fn must be callable.", kind=TypeError)
    with name_scope(name, "foldr", [elems]), _cached_variables():
        count = _count_or_zero([convert(e, None, "elem") for e in nest.flatten(elems)][0])
        arrays = nest.map_structure(lambda e: _array(e, count), elems)
        i = count - 1 if initializer is None else count
        start = _read(arrays, i) if initializer is None else initializer

        def body(i, a):
            i -= 1
            return [i, fn(a, _read(arrays, i))]

        settings = {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}
        return while_loop(lambda i, a: i > 0, body, [i, start], maximum_iterations=count, **settings)[1]


@export("map_fn")
def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True, name=None):
    """`fn` of each row of `elems`, put together.

    Args:
      fn: of a row.
      elems: a tensor `[n, ...]`, or a nest of such.
      dtype: the nest of dtypes that `fn` gives, if it is not that of `elems`.
      parallel_iterations: kept in the graph; 10 if None.
      back_prop: whether there may be gradients.
      swap_memory: kept in the graph.
      infer_shape: whether `fn` gives the same shape for each row.
      name: the name of the scope.

    Returns:
      Tensors `[n, ...]` in the nest of `dtype` or `elems`.

    Raises:
      TypeError: `fn` cannot be called, or gives another nest; ValueError: `elems` are scalars or of different lengths.
    """
    need(callable(fn), "fn must be callable.", kind=TypeError)
    pack = _packer(elems)
    output_pack = pack if dtype is None else _packer(dtype)
    flat = nest.flatten(elems)
    with name_scope(name, "map", flat), _cached_variables():
        flat = [convert(e, None, "elem") for e in flat]
        dtype = dtype or pack([e.dtype for e in flat])
        _check_rank(flat)
        count = _count_or_zero(flat[0])
        inputs = _arrays(flat, count)
        i = constant(0)
        outputs = [
            TensorArray(dtype=kind, size=count, dynamic_size=False, infer_shape=infer_shape) for kind in nest.flatten(dtype)
        ]

        def body(i, arrays):
            made = fn(pack([array.read(i) for array in inputs]))
            nest.assert_same_structure(dtype, made)
            arrays = [array.write(i, value) for array, value in zip(arrays, nest.flatten(made), strict=True)]
            return i + 1, arrays

        _, outputs = while_loop(
            lambda i, _: i < count,
            body,
            (i, outputs),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return output_pack(_stacked(outputs, flat))


@export("scan")
def scan(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    reverse=False,
    name=None,
):
    """`foldl` that keeps what `fn` gave for each row.

    Args:
      fn: of what it gave for the row before, and a row.
      elems: a tensor `[n, ...]`, or a nest of such.
      initializer: what `fn` is first given; the first row if None.
      parallel_iterations: kept in the graph.
      back_prop: whether there may be gradients.
      swap_memory: kept in the graph.
      infer_shape: whether `fn` gives the same shape for each row.
      reverse: from the last row to the first.
      name: the name of the scope.

    Returns:
      Tensors `[n, ...]` in the nest of `initializer` or `elems`.

    Raises:
      TypeError: `fn` cannot be called, or gives another nest; ValueError: a result of another shape.
    """
    need(callable(fn), "fn must be callable.", kind=TypeError)
    pack = _packer(elems)
    like = elems if initializer is None else initializer
    output_pack = _packer(like)
    flat = nest.flatten(elems)
    with name_scope(name, "scan", flat), _cached_variables():
        flat = [convert(e, None, "elem") for e in flat]
        count = _count(flat[0])
        inputs = [
            TensorArray(dtype=e.dtype, size=count, dynamic_size=False, element_shape=e.get_shape()[1:], infer_shape=True)
            for e in flat
        ]
        inputs = [array.unstack(e) for array, e in zip(inputs, flat, strict=True)]
        first = initializer is None
        start = _rows(inputs, count, reverse) if first else [convert(v) for v in nest.flatten(initializer)]
        outputs = [
            TensorArray(
                dtype=v.dtype,
                size=count,
                element_shape=v.get_shape() if infer_shape else None,
                dynamic_size=False,
                infer_shape=infer_shape,
            )
            for v in start
        ]
        if first:
            outputs = [a.write(count - 1 if reverse else 0, v) for a, v in zip(outputs, start, strict=True)]

        def body(i, values, arrays):
            made = fn(output_pack(values), pack([array.read(i) for array in inputs]))
            nest.assert_same_structure(like, made)
            made = nest.flatten(made)
            arrays = [array.write(i, value) for array, value in zip(arrays, made, strict=True)]
            return (i - 1 if reverse else i + 1), made, arrays

        done = 1 if first else 0
        _, _, outputs = while_loop(
            (lambda i, *_: i >= 0) if reverse else (lambda i, *_: i < count),
            body,
            (count - 1 - done if reverse else done, start, outputs),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return output_pack(_stacked(outputs, flat))


def _packer(structure):
    """Leaves, as a list, in the nest of `structure`."""
    return (lambda x: nest.pack_sequence_as(structure, x)) if nest.is_nested(structure) else (lambda x: x[0])


def _check_rank(flat):
    if flat[0].get_shape().ndims == 0:
        one = "elems must be a 1+ dimensional Tensor, not a scalar"
        raise ValueError(one if len(flat) == 1 else "elements in elems must be 1+ dimensional Tensors, not scalars")


def _arrays(flat, count):
    """The rows of several tensors: first all arrays, then what is in them."""
    arrays = [TensorArray(dtype=e.dtype, size=count, dynamic_size=False, infer_shape=True) for e in flat]
    return [array.unstack(e) for array, e in zip(arrays, flat, strict=True)]


def _rows(arrays, count, reverse):
    return [array.read(count - 1 if reverse else 0) for array in arrays]


def _stacked(arrays, flat):
    """The arrays' elements as tensors, as long as the inputs."""
    results = [array.stack() for array in arrays]
    length = Dimension(dimension_value(flat[0].get_shape().with_rank_at_least(1)[0]))
    for other in flat[1:]:
        length = length.merge_with(Dimension(dimension_value(other.get_shape().with_rank_at_least(1)[0])))
    for result in results:
        result.set_shape(TensorShape(length).concatenate(result.get_shape()[1:]))
    return results
