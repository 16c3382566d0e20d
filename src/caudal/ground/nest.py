"""Nests: values in lists, tuples, named tuples and dicts, taken apart and put together again (`tf.nest`).

A composite (a SparseTensor, say) is one leaf, or with `expand_composites` a nest of its parts; `register`
says how it is taken apart. A dict's values come in the order of its sorted keys.
"""

import collections.abc

from .api import export

__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]

_composites: list[tuple] = []  # (type, its parts, it again from parts)


def register(kind, parts, build):
    """`parts(value)` gives the tensors of a composite of type `kind`, `build(value, parts)` makes one like it."""
    _composites.append((kind, parts, build))


def _composite(value):
    return next((one for one in _composites if isinstance(value, one[0])), None)


def is_namedtuple(value):
    """Whether `value` is a named tuple."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _is_attrs(value):
    return hasattr(type(value), "__attrs_attrs__")


@export("nest.is_nested", "contrib.framework.nest.is_nested", "contrib.framework.nest.is_sequence")
def is_nested(seq):
    """Whether `seq` is a list, tuple, named tuple or dict (but no string)."""
    return (
        isinstance(seq, (list, tuple, collections.abc.Mapping, collections.abc.MappingView))
        or (isinstance(seq, collections.abc.Sequence) and not isinstance(seq, (str, bytes)))
        or _is_attrs(seq)
    )


def _nested(value, expand):
    return is_nested(value) or (expand and _composite(value) is not None)


def _keys(mapping):
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def children(value):
    """The values one level below, in order."""
    if isinstance(value, collections.abc.Mapping):
        return [value[k] for k in _keys(value)]
    if _is_attrs(value):
        return [getattr(value, a.name) for a in type(value).__attrs_attrs__]
    found = None if is_nested(value) else _composite(value)
    return list(value) if found is None else found[1](value)


def _like(value, parts):
    """A nest of the type of `value` with other values one level below."""
    if isinstance(value, collections.abc.Mapping):
        by_key = dict(zip(_keys(value), parts, strict=True))
        if isinstance(value, collections.defaultdict):
            return type(value)(value.default_factory, [(k, by_key[k]) for k in value])
        return type(value)([(k, by_key[k]) for k in value])
    if is_namedtuple(value) or _is_attrs(value):
        return type(value)(*parts)
    found = None if is_nested(value) else _composite(value)
    if found is not None:
        return found[2](value, parts)
    return type(value)(parts) if isinstance(value, (list, tuple)) else list(parts)


@export("nest.flatten", "contrib.framework.nest.flatten")
def flatten(structure, expand_composites=False):
    """The leaves of a nest as a list; `[structure]` if it is no nest.

    Args:
      structure: a nest, or one value.
      expand_composites: take SparseTensors and the like apart too.

    Raises:
      TypeError: a dict whose keys cannot be sorted.
    """
    if not _nested(structure, expand_composites):
        return [structure]
    return [leaf for one in children(structure) for leaf in flatten(one, expand_composites)]


@export("nest.pack_sequence_as", "contrib.framework.nest.pack_sequence_as")
def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """A nest built as `structure` from the leaves in `flat_sequence`.

    Args:
      structure: a nest, or one value.
      flat_sequence: a list or tuple of leaves.
      expand_composites: leaves of SparseTensors and the like are their parts.

    Raises:
      TypeError: `flat_sequence` is no sequence; ValueError: it has another length.
    """
    if not is_nested(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    flat = list(flat_sequence)
    if not _nested(structure, expand_composites):
        if len(flat) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat)} > 1")
        return flat[0]
    count = len(flatten(structure, expand_composites))
    if count != len(flat):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had {len(flat)} elements.  "
            f"Structure: {structure}, flat_sequence: {flat}."
        )
    leaves = iter(flat)
    return _rebuild(structure, leaves, expand_composites)


def _rebuild(structure, leaves, expand):
    if not _nested(structure, expand):
        return next(leaves)
    return _like(structure, [_rebuild(one, leaves, expand) for one in children(structure)])


@export("nest.map_structure", "contrib.framework.nest.map_structure")
def map_structure(func, *structure, **kwargs):
    """A nest of `func(leaf, ...)` over the leaves of nests that are built alike.

    Args:
      func: takes a leaf of each nest.
      *structure: one nest or more.
      **kwargs: `check_types` (True), whether lists and tuples differ; `expand_composites` (False).

    Raises:
      TypeError: `func` cannot be called, or types differ; ValueError: structures differ, or another keyword.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{'`, `'.join(kwargs)}`")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand)
    flat = [flatten(one, expand) for one in structure]
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*flat, strict=True)], expand)


class _Dot:
    def __repr__(self):
        return "."


@export("nest.assert_same_structure", "contrib.framework.nest.assert_same_structure")
def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """Raises unless two nests are built alike.

    Args:
      nest1: a nest.
      nest2: another.
      check_types: whether a list and a tuple differ.
      expand_composites: look into SparseTensors and the like.

    Raises:
      ValueError: other lengths, or a nest where a leaf is; TypeError: another type of sequence.
    """
    found = _difference(nest1, nest2, check_types, expand_composites)
    if found is None:
        return
    kind, words = found
    dots = [map_structure(lambda _: _Dot(), one) for one in (nest1, nest2)]
    raise kind(
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: {_show(nest1)}\n\nSecond structure: {_show(nest2)}\n\nMore specifically: {words}\n"
        f"Entire first structure:\n{dots[0]}\nEntire second structure:\n{dots[1]}"
    )


def _show(value):
    return f"type={type(value).__name__} str={value}"


def _difference(x, y, check_types, expand):
    """(the exception's class, its words) for the first difference of two nests, or None."""
    nested = _nested(x, expand)
    if nested != _nested(y, expand):
        is_one, is_not = (x, y) if nested else (y, x)
        return ValueError, f'Substructure "{_show(is_one)}" is a sequence, while substructure "{_show(is_not)}" is not'
    if not nested:
        return None
    if check_types:
        found = _other_type(x, y)
        if found is not None:
            return found
    inner = children(x), children(y)
    if len(inner[0]) != len(inner[1]):
        return ValueError, (
            "The two structures don't have the same number of elements. "
            f"First structure: {_show(x)}. Second structure: {_show(y)}"
        )
    pairs = (_difference(a, b, check_types, expand) for a, b in zip(*inner, strict=True))
    return next((found for found in pairs if found is not None), None)


def _other_type(x, y):
    mappings = isinstance(x, collections.abc.Mapping) and isinstance(y, collections.abc.Mapping)
    if mappings:
        if set(x) != set(y):
            return ValueError, (
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{_show(list(x))}, while second structure has keys {_show(list(y))}"
            )
        return None
    if type(x) is type(y) or (is_namedtuple(x) and is_namedtuple(y) and _same_namedtuple(x, y)):
        return None
    return TypeError, (
        f"The two namedtuples don't have the same sequence type. First structure {_show(x)} has type "
        f"{type(x).__name__}, while second structure {_show(y)} has type {type(y).__name__}"
    )


def _same_namedtuple(x, y):
    return type(x).__name__ == type(y).__name__ and x._fields == y._fields


# --- a shallow nest over a deeper one ----------------------------------------------------------------


@export("contrib.framework.nest.assert_shallow_structure")
def assert_shallow_structure(shallow_tree, input_tree, check_types=True):
    """Raises unless `input_tree` is built like `shallow_tree` as deep as that goes.

    Args:
      shallow_tree: a nest.
      input_tree: a nest that may be deeper.
      check_types: whether a list and a tuple differ.

    Raises:
      TypeError: a leaf where a nest should be, or another type; ValueError: another length.
    """
    if not is_nested(shallow_tree):
        return
    if not is_nested(input_tree):
        raise TypeError(f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(input_tree)}.")
    if check_types and _other_type(shallow_tree, input_tree) is not None:
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
        )
    if len(input_tree) != len(shallow_tree):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(input_tree)}, while shallow structure has length {len(shallow_tree)}."
        )
    for shallow, deep in zip(children(shallow_tree), children(input_tree), strict=True):
        assert_shallow_structure(shallow, deep, check_types)


@export("contrib.framework.nest.flatten_up_to")
def flatten_up_to(shallow_tree, input_tree, check_types=True):
    """The parts of `input_tree` that stand where `shallow_tree` has leaves, as a list."""
    assert_shallow_structure(shallow_tree, input_tree, check_types)
    return _up_to(shallow_tree, input_tree)


def _up_to(shallow, deep):
    if not is_nested(shallow):
        return [deep]
    pairs = zip(children(shallow), children(deep), strict=True)
    return [leaf for a, b in pairs for leaf in _up_to(a, b)]


@export("contrib.framework.nest.map_structure_up_to")
def map_structure_up_to(shallow_tree, func, *inputs, **kwargs):
    """A nest like `shallow_tree` of `func` over the parts of `inputs` that stand where it has leaves.

    Args:
      shallow_tree: a nest.
      func: takes a part of each of `inputs`.
      *inputs: nests that may be deeper.
      **kwargs: `check_types`.

    Raises:
      ValueError: no inputs; what `assert_shallow_structure` raises.
    """
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    parts = [flatten_up_to(shallow_tree, one, kwargs.get("check_types", True)) for one in inputs]
    return pack_sequence_as(shallow_tree, [func(*leaves) for leaves in zip(*parts, strict=True)])


@export("contrib.framework.nest.get_traverse_shallow_structure")
def get_traverse_shallow_structure(traverse_fn, structure):
    """A nest of bools: how deep `traverse_fn` lets one go into `structure`.

    Args:
      traverse_fn: of a part whether to go on below it: True, False, or a nest of bools for its own parts.
      structure: a nest.

    Raises:
      TypeError: `traverse_fn` gives something else.
    """
    goes = traverse_fn(structure)
    if not is_nested(structure):
        if not isinstance(goes, bool):
            raise TypeError(f"traverse_fn returned structure: {goes} for non-structure: {structure}")
        return goes
    if isinstance(goes, bool):
        if not goes:
            return False
        return _like(structure, [get_traverse_shallow_structure(traverse_fn, one) for one in children(structure)])
    assert_shallow_structure(goes, structure)
    parts = zip(children(goes), children(structure), strict=True)
    return _like(goes, [get_traverse_shallow_structure(traverse_fn, one) if go is True else go for go, one in parts])


@export("contrib.framework.nest.flatten_dict_items")
def flatten_dict_items(dictionary):
    """A dict whose keys are leaves: a key that is a nest is flattened together with its value.

    Args:
      dictionary: a dict from leaves or nests to values of the same structure.

    Returns:
      A dict of the same type.

    Raises:
      TypeError: no dict; ValueError: a key and its value differ in length, or a leaf comes twice.
    """
    if not isinstance(dictionary, (dict, collections.abc.Mapping)):
        raise TypeError("input must be a dictionary")
    flat = {}
    for key, value in dictionary.items():
        keys, values = (flatten(key), flatten(value)) if is_nested(key) else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. "
                f"Key: {keys}, value: {values}."
            )
        for one, inner in zip(keys, values, strict=True):
            if one in flat:
                raise ValueError(f"Could not flatten dictionary: key {one} is not unique.")
            flat[one] = inner
    return type(dictionary)(flat)
