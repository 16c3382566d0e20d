"""`assert_shapes`: sizes of several tensors, some given by name, hold together."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import Dimension
from .asserts import assert_rank, assert_rank_at_least, assert_rank_in
from .check import Assert
from .control import group
from .elementwise import NODES
from .shape import shape

__all__ = ["assert_shapes"]


class _Wanted:
    """A tensor, the sizes that its last dimensions should have, and whether there may be more before them."""

    def __init__(self, x, sizes, message):
        self.x = x
        words = "Specified shape must be an iterable.  An iterable has the attribute `__iter__` or `__getitem__`."
        several = hasattr(sizes, "__iter__") or hasattr(sizes, "__getitem__")
        need(several, f"{message}. Tensor {x.name}.  {words}  Received specified shape: {sizes}")
        sizes = tuple(sizes)
        for k, one in enumerate(sizes):
            words = "Symbol `...` or `*` for a variable number of unspecified dimensions is only allowed as the first entry"
            need(k == 0 or not _is_rest(one), f"{message}.  Tensor {x.name} specified shape index {k}.  {words}")
        self.open = bool(sizes) and _is_rest(sizes[0])
        self.sizes = sizes[1:] if self.open else sizes

    def check_rank(self, **arguments):
        """The assertion of the rank, or None where any will do; a scalar counts as one element."""
        n = len(self.sizes)
        if self.open:
            return assert_rank_at_least(x=self.x, rank=n, **arguments) if n > 1 else None
        return assert_rank_in(x=self.x, ranks=[0, 1], **arguments) if n < 2 else assert_rank(x=self.x, rank=n, **arguments)

    def actual(self, at):
        """The size of a dimension: an int, or a tensor."""
        dims = self.x.dims
        if dims is not None and not dims:
            return 1
        known = None if dims is None else dims[at]
        return shape(self.x)[at] if known is None else known


def _is_rest(size):
    return size is Ellipsis or size == "*"


def _is_any(size):
    return size is None or size == "."


def _number(size):
    """A size given as a number, or None."""
    if isinstance(size, (Dimension, int)) and not isinstance(size, bool):
        return None if isinstance(size, Dimension) and size.value is None else int(size)
    return int(size) if isinstance(size, str) and size.isdigit() else None


@export("debugging.assert_shapes")
def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """An operation that fails unless tensors have the shapes that are given, with one size for each symbol.

    Args:
      shapes: a dict or a list of pairs, tensor to shape: a list of ints, of names (`"N"`), of None or `"."` for any size;
        `...` or `"*"` first for any number of further dimensions.
      data: what to show.
      summarize: how many elements of each.
      message: words to begin with.
      name: the scope's name.

    Raises:
      ValueError: it is known already not to hold.
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    message = message or ""
    with name_scope(name, "assert_shapes", [*([data] if data else [])]):
        wanted = [_Wanted(convert_to_tensor(x), sizes, message) for x, sizes in pairs if sizes is not None]
        checks = [one.check_rank(data=data, summarize=summarize, message=message, name=name) for one in wanted]
        ranks = [check for check in checks if check is not None]
        sizes = _check_sizes(wanted, ranks, data, summarize, message)
        with control_dependencies(ranks):
            return group(sizes)


def _check_sizes(wanted, ranks, data, summarize, message):
    """The assertions of sizes that only the run knows; symbols stand for the first size that they are given to."""
    seen, checks = {}, []
    for one in wanted:
        for k, symbol in enumerate(one.sizes):
            at = k - len(one.sizes) if one.open else k
            if _is_any(symbol):
                continue
            number = _number(symbol)
            if number is None and symbol not in seen:
                seen[symbol] = one.actual(at), one.x, at
                continue
            size, by = (number, "Specified explicitly") if number is not None else _specified(seen[symbol])
            with control_dependencies(ranks):
                check = _compare(one, at, size, by, (data, summarize, message))
            checks += [check] if check is not None else []
    return checks


def _specified(first):
    size, x, at = first
    return size, f"Specified by tensor {x.name} dimension {at}"


def _compare(one, at, size, by, shown):
    data, summarize, message = shown
    actual = one.actual(at)
    if isinstance(actual, int) and isinstance(size, int):
        words = f"{message}.  {by}.  Tensor {one.x.name} dimension {at} must have size {size}.  "
        need(actual == size, f"{words}Received size {actual}, shape {one.x.get_shape()}")
        return None
    condition = NODES["Equal"](convert_to_tensor(actual), convert_to_tensor(size))
    if data is None:
        data = [message, by, f"Tensor {one.x.name} dimension", at, "must have size", size, "Received shape: ", shape(one.x)]
    return Assert(condition, data, summarize=summarize)
