"""`einsum`: sums of products by an equation of axis labels, as transposes, reshapes and one `matmul` for each two tensors."""

import re
import string

from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from ..platform.logging import warn
from .elementwise import multiply
from .matmul import matmul
from .matrices import trace
from .reduce import reduce_sum
from .shape import expand_dims, reshape, shape, transpose

__all__ = ["einsum"]


def _labels(equation, inputs):
    """(the axis labels of each input, those of the result)."""
    match = re.match(r"^([a-zA-Z,.]+)(->[a-zA-Z.]*)?$", equation)
    if not match:
        raise ValueError(f"Indices have incorrect format: {equation}")
    before, after = match.group(1).split(","), match.group(2)[2:] if match.group(2) else None
    words = f'Got {len(inputs)} arguments for equation "{equation}", expecting {len(before)}'
    need(len(inputs) == len(before), words)
    dots = ""
    if "..." in equation:
        before, after, dots = _spell_out(before, after, inputs)
    if after is None:
        every = "".join(before)
        after = dots + "".join(sorted(a for a in set(every) - set(dots) if every.count(a) == 1))
    return before, after


def _spell_out(before, after, inputs):
    """Labels in place of each ellipsis; the longest of these."""
    unused = "".join(c for c in string.ascii_letters if c not in "".join(before))
    longest = ""
    for i, axes in enumerate(before):
        if "..." in axes:
            parts = axes.split("...")
            need(len(parts) == 2, "Unable to resolve ellipsis. Excess number found.")
            need(inputs[i].rank is not None, "Unable to statically infer ellipsis axes.")
            n = inputs[i].rank - len("".join(parts))
            need(n >= 0, "Ellipses lengths do not match.")
            need(len(unused) >= n, "Unable to resolve ellipsis, too many distinct labels.")
            new = unused[-n:] if n > 0 else ""
            before[i] = axes.replace("...", new)
            longest = max(longest, new, key=len)
    after = None if after is None else after.replace("...", longest)
    need(not any("." in axes for axes in [*before, after or ""]), 'period "." found outside of ellipsis')
    return before, after, longest


@export("einsum", "linalg.einsum")
def einsum(equation, *inputs, **kwargs):
    """The sum of products of tensors over the axes whose labels the result has not.

    Args:
      equation: "ij,jk->ik": a label for each axis of each tensor, and those of the result; without "->" these are the
        labels that come once, sorted. "..." stands for any further axes.
      *inputs: the tensors.
      **kwargs: `name`, the scope's name.

    Raises:
      TypeError: another keyword; ValueError: an equation that does not fit.
    """
    equation = equation.replace(" ", "")
    name = kwargs.pop("name", None)
    words = "invalid keyword arguments for this function: " + ", ".join(sorted(kwargs))
    need(not kwargs, words, kind=TypeError)
    with name_scope(name, "einsum", [equation, inputs]):
        inputs = list(inputs)
        before, after = _labels(equation, inputs)
        if len(before) == 1 and "->" not in equation and _is_trace(before[0]):
            return trace(inputs[0])
        for axes in before:
            words = f"Subscript not supported: an axis appears more than once: {axes}"
            need(len(set(axes)) == len(axes), words)
        for label in sorted(set("".join(before)) - set(after)):
            if sum(label in axes for axes in before) > 2:
                warn(
                    "Falling back to exponential-space implementation of einsum() because index %r is summed over more "
                    "than two inputs.",
                    label,
                )
                return _all_at_once(inputs, before, after)
        return _one_by_one(equation, inputs, before, after)


def _is_trace(axes):
    return axes == axes[::-1] and any(axes.count(a) == 2 for a in axes)


def _one_by_one(equation, inputs, before, after):
    made, labels = inputs[0], before[0]
    for other, axes in zip(inputs[1:], before[1:], strict=True):
        summed = set(labels) & set(axes) - set(after)
        made, labels = _product(made, labels, other, axes, summed)
    if set(labels) - set(after):
        made = reduce_sum(made, axis=[i for i, a in enumerate(labels) if a not in after])
        labels = "".join(a for a in labels if a in after)
    need(sorted(labels) == sorted(after), f"Invalid equation: {equation}")
    return _ordered(made, [labels.index(a) for a in after])


def _product(x, x_labels, y, y_labels, summed):
    """The product of two tensors, summed over some of the axes that both have; its labels.

    The axes go in the order: kept by both, of x alone, summed; and kept, summed, of y alone.
    """
    for which, tensor, labels in (("t0", x, x_labels), ("t1", y, y_labels)):
        n = len(tensor.get_shape())
        need(len(labels) == n, f"Tensor {which} of rank {n} does not match einsum reduction of length {len(labels)}")
    kept = set(x_labels) & set(y_labels) - summed
    x_order = sorted(x_labels, key=lambda a: (-1 if a in kept else 1 if a in summed else 0, a))
    y_order = sorted(y_labels, key=lambda a: (-1 if a in kept else 0 if a in summed else 1, a))
    x = _ordered(x, [x_labels.find(a) for a in x_order])
    y = _ordered(y, [y_labels.find(a) for a in y_order])
    k, s = len(kept), len(summed)
    if not summed:
        for _ in y_order[k:]:
            x = expand_dims(x, -1)
        for _ in x_order[k:]:
            y = expand_dims(y, k)
        return multiply(x, y), "".join(x_order + y_order[k:])
    made = _by_matmul(x, y, k, s)
    return made, "".join(x_order[: len(x_order) - s] + y_order[k + s :])


def _by_matmul(x, y, kept, summed):
    """The axes of each kind as one, a product of matrices, and the axes apart again."""
    x_sizes = _sizes(x)
    inner = _count(x_sizes[-summed:])
    x = _shaped(x, [*x_sizes[:kept], _count(x_sizes[kept:-summed]), inner])
    y_sizes = _sizes(y)
    y = _shaped(y, [*y_sizes[:kept], inner, _count(y_sizes[kept + summed :])])
    return _shaped(matmul(x, y), x_sizes[: len(x_sizes) - summed] + y_sizes[kept + summed :])


def _ordered(tensor, order):
    return tensor if order == list(range(len(order))) else transpose(tensor, perm=order)


def _shaped(tensor, sizes):
    same = len(sizes) == len(tensor.dims) and all(
        type(s) is int and s in (d, -1) for d, s in zip(tensor.dims, sizes, strict=True)
    )
    return tensor if same else reshape(tensor, tuple(sizes))


def _sizes(tensor):
    """The sizes as ints, where they are known, and as tensors."""
    sizes = list(tensor.dims)
    if None in sizes:
        known_later = shape(tensor)
        sizes = [known_later[i] if d is None else d for i, d in enumerate(sizes)]
    return sizes


def _count(sizes):
    total = 1
    for one in sizes:
        total *= one
    return total


def _all_at_once(inputs, before, after):
    """The product of all, in all axes, then the sum: for an axis of three and more tensors."""
    every = sorted(set("".join(before)) | set(after))
    order = [a for a in every if a not in after] + list(after)
    spread = []
    for i, (x, axes) in enumerate(zip(inputs, before, strict=True)):
        words = f"Input {i} with axes {axes} has incorrect number of dimensions (expected {len(axes)}, got {x.rank})"
        need(x.rank == len(axes), words)
        sorted_axes = sorted(axes, key=order.index)
        inputs[i] = _ordered(x, [axes.find(a) for a in sorted_axes])
        sizes = dict(zip(sorted_axes, inputs[i].dims, strict=True))
        spread.append([(sizes[a] or -1) if a in sizes else 1 for a in order])
    for label, sizes in zip(order, zip(*spread, strict=True), strict=True):
        need(len({d for d in sizes if d > 1}) <= 1, f"Dimension mismatch on axis: {label}")
    made = 1
    for part in [reshape(x, sizes) for x, sizes in zip(inputs, spread, strict=True)]:
        made = made * part
    return reduce_sum(made, [i for i, a in enumerate(order) if a not in after])
