"""Hyperparameters written as text: "rate=0.1,units=[64,32],units[1]=16"."""

import re

from ...ground.api import export

__all__ = ["parse_values"]

_CLAUSE = re.compile(
    r"""
    (?P<name>[a-zA-Z][\w.]*)
    (\[\s*(?P<index>\d+)\s*\])?
    \s*=\s*
    ((?P<val>[^,\[]*)|\[(?P<vals>[^\]]*)\])
    ($|,\s*)
    """,
    re.VERBOSE,
)


def _fail(name, kind, value, whole):
    raise ValueError(f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{value}' in {whole}")


def _again(name, whole):
    raise ValueError(f"Multiple assignments to variable '{name}' in {whole}")


def _reader(name, kind, whole):
    """The function that reads one value."""
    if kind is not bool:
        return kind

    def read(text):
        if text in ("true", "True", "false", "False"):
            return text in ("true", "True")
        try:
            return bool(int(text))
        except ValueError:
            _fail(name, kind, text, whole)

    return read


def _read(name, kind, whole, text, values):
    """All values, or the error that says which text they came from."""
    read = _reader(name, kind, whole)
    try:
        return [read(value) for value in values]
    except ValueError:
        _fail(name, kind, text, whole)


def _take_one(found, name, kind, part, whole):
    """`name=value` or `name[index]=value`."""
    (value,) = _read(name, kind, whole, part["val"], [part["val"]])
    if not part["index"]:
        if name in found:
            _again(name, whole)
        found[name] = value
        return
    places = found.setdefault(name, {})
    if not isinstance(places, dict):
        _again(name, whole)
    index = int(part["index"])
    if index in places:
        _again(f"{name}[{index}]", whole)
    places[index] = value


def _take_list(found, name, kind, part, whole):
    """`name=[value,value]`."""
    if part["index"] is not None:
        raise ValueError("Assignment of a list to a list index.")
    if name in found:
        _again(name, whole)
    found[name] = _read(name, kind, whole, part["vals"], filter(None, re.split("[ ,]", part["vals"])))


@export("contrib.training.parse_values")
def parse_values(values, type_map, ignore_unknown=False):
    """Hyperparameters out of a text: `name=value`, `name=[value,value]` and `name[index]=value`, with commas between.

    Args:
      values: the text.
      type_map: for each name the type of its value, or of its list's elements.
      ignore_unknown: whether names that have no type are left out; else they are refused.

    Returns:
      A dict of values, lists, and dicts from index to value.

    Raises:
      ValueError: what cannot be read, or is set twice.
    """
    found, at = {}, 0
    while at < len(values):
        clause = _CLAUSE.match(values, at)
        if not clause:
            raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
        at = clause.end()
        part = clause.groupdict()
        name = part["name"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        take = _take_one if part["val"] is not None else _take_list
        take(found, name, type_map[name], part, values)
    return found
