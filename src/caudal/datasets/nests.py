"""Structures of elements: tuples and dictionaries are structure; lists are not, they become tensors."""

from ..ground.nest import is_namedtuple

__all__ = ["flatten", "map_structure", "pack"]


def _children(value):
    """The parts of a tuple or dictionary, in order; None for a leaf."""
    if isinstance(value, dict):
        return [value[k] for k in sorted(value)]
    if isinstance(value, tuple):
        return list(value)
    return None


def _like(value, parts):
    if isinstance(value, dict):
        by_key = dict(zip(sorted(value), parts, strict=True))
        return type(value)((k, by_key[k]) for k in value)
    return type(value)(*parts) if is_namedtuple(value) else type(value)(parts)


def flatten(structure):
    """The leaves, in order; those of dictionaries in the order of their keys."""
    parts = _children(structure)
    return [structure] if parts is None else [leaf for part in parts for leaf in flatten(part)]


def pack(structure, leaves):
    """`structure` with other leaves."""
    rest = iter(leaves)

    def build(value):
        parts = _children(value)
        return next(rest) if parts is None else _like(value, [build(p) for p in parts])

    return build(structure)


def map_structure(function, structure, *more):
    """`function` of each leaf, and of those at its place in structures like it.

    Raises:
      TypeError: one of another structure.
    """
    columns = [flatten(structure), *(flatten(m) for m in more)]
    if len({len(c) for c in columns}) > 1:
        raise TypeError("The two structures don't have the same nested structure.")
    return pack(structure, [function(*row) for row in zip(*columns, strict=True)])
