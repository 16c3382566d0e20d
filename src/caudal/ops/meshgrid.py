"""Coordinates of a grid's points."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from .fill import ones
from .join import stack
from .shape import reshape, size

__all__ = ["meshgrid"]


@export("meshgrid")
def meshgrid(*args, **kwargs):
    """For each of n vectors its values all over the grid that they span, `[n1, n2, ...]`.

    Args:
      *args: the vectors.
      **kwargs: `indexing`: "xy" (the default: the first two dimensions change places) or "ij"; `name`: the scope's name.

    Raises:
      TypeError: another keyword.
      ValueError: another indexing.
    """
    indexing, name = kwargs.pop("indexing", "xy"), kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    need(indexing in ("xy", "ij"), "indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args):
        n = len(args)
        if not n:
            return []
        made = [reshape(stack(x), (1,) * k + (-1,) + (1,) * (n - k - 1)) for k, x in enumerate(args)]
        sizes = [size(x) for x in args]
        kind = convert_to_tensor(args[0])._dtype.base_dtype
        if indexing == "xy" and n > 1:
            made[0] = reshape(made[0], (1, -1) + (1,) * (n - 2))
            made[1] = reshape(made[1], (-1, 1) + (1,) * (n - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        filled = ones(sizes, kind)
        return [x * filled for x in made]
