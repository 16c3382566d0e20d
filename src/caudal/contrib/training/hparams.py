"""HParams: a set of named hyperparameters, each of one type."""

import json
import numbers

from ...formats.proto.hparam_pb2 import HParamDef
from ...ground.api import export
from ...ground.errors import need
from .hparam_text import parse_values

__all__ = ["HParams"]


def _cast(name, kind, value):
    """`value` as `kind`, where nothing is lost.

    Raises:
      ValueError: a type that doesn't go with `kind`.
    """
    if type(value) is kind or issubclass(kind, type(None)):
        return value
    text = (str, bytes)
    fine = (
        (not issubclass(kind, text) or isinstance(value, text))
        and issubclass(kind, bool) == isinstance(value, bool)
        and (not issubclass(kind, numbers.Integral) or isinstance(value, numbers.Integral))
        and (not issubclass(kind, numbers.Number) or isinstance(value, numbers.Number))
    )
    need(fine, f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return kind(value)


def _field(kind, is_list):
    """The field of an `HParamType` message that holds values of a type."""
    for known, name in ((bool, "bool"), (int, "int64"), ((str, bytes), "bytes"), (float, "float")):
        if issubclass(kind, known):
            return f"{name}_{'list' if is_list else 'value'}"
    raise ValueError(f"Unsupported parameter type: {kind}")


def _stored(value):
    return value.encode() if isinstance(value, str) else value


def _loaded(value):
    return value.decode() if isinstance(value, bytes) else value


@export("contrib.training.HParams")
class HParams:
    """Hyperparameters as attributes: `HParams(rate=0.1, units=[64, 32]).rate`.

    Args:
      hparam_def: an `HParamDef` message that they come from.
      model_structure: kept for whoever asks.
      **kwargs: their values; a list has elements of one type.

    Raises:
      ValueError: both a message and values; a name that is taken; an empty list.
    """

    def __init__(self, hparam_def=None, model_structure=None, **kwargs):
        self._hparam_types = {}  # name -> (the type of the value or of its elements, whether it is a list)
        self._model_structure = model_structure
        if hparam_def:
            self._init_from_proto(hparam_def)
            need(not kwargs, "hparam_def and initialization values are mutually exclusive")
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def _init_from_proto(self, hparam_def):
        assert isinstance(hparam_def, HParamDef)
        for name, value in hparam_def.hparam.items():
            kind = value.WhichOneof("kind")
            held = getattr(value, kind)
            self.add_hparam(name, _loaded(held) if kind.endswith("_value") else [_loaded(v) for v in held.value])

    def add_hparam(self, name, value):
        """Adds a hyperparameter; its type stays that of its first value.

        Raises:
          ValueError: the name is taken, or the list is empty.
        """
        need(getattr(self, name, None) is None, f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            need(value, f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name, value):
        """Changes the value of a hyperparameter.

        Raises:
          KeyError: there is none of that name; ValueError: a value of another type.
        """
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            need(is_list, f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, one) for one in value])
        else:
            need(not is_list, f"Must pass a list for multi-valued parameter: {name}.")
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name):
        """Removes a hyperparameter, if there is one of that name."""
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values):
        """Changes values by a text such as "rate=0.3,units=[32,16]": see `parse_values`. Returns itself."""
        kinds = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, kinds))

    def override_from_dict(self, values_dict):
        """Changes values by a dict. Returns itself."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def set_from_map(self, values_map):
        """The older name of `override_from_dict`."""
        return self.override_from_dict(values_map)

    def parse_json(self, values_json):
        """Changes values by a JSON object. Returns itself."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent=None, separators=None, sort_keys=False):
        """The values as a JSON object; arguments are `json.dumps`'."""
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def set_model_structure(self, model_structure):
        """Keeps a model's structure."""
        self._model_structure = model_structure

    def get_model_structure(self):
        """The model's structure that was kept."""
        return self._model_structure

    def values(self):
        """A dict of all values."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key, default=None):
        """The value of a hyperparameter, or `default` if there is none of that name.

        Raises:
          ValueError: a default of another type.
        """
        if key not in self._hparam_types:
            return default
        if default is not None:
            self._check_default(key, default)
        return getattr(self, key)

    def _check_default(self, key, default):
        kind, is_list = self._hparam_types[key]
        shown = f"list<{kind}>" if is_list else str(kind)
        words = f"Hparam '{key}' of type '{shown}' is incompatible with default={default}"
        need(is_list == isinstance(default, list), words)
        try:
            for value in default if is_list else [default]:
                _cast(key, kind, value)
        except ValueError as error:
            raise ValueError(f"{words}. {error}") from error

    def to_proto(self, export_scope=None):
        """The hyperparameters as an `HParamDef` message."""
        made = HParamDef()
        for name, (kind, is_list) in self._hparam_types.items():
            field, value = _field(kind, is_list), getattr(self, name)
            if is_list:
                getattr(made.hparam[name], field).value.extend([_stored(v) for v in value])
            else:
                setattr(made.hparam[name], field, _stored(value))
        return made

    @staticmethod
    def from_proto(hparam_def, import_scope=None):
        """The hyperparameters of an `HParamDef` message."""
        return HParams(hparam_def=hparam_def)

    def __contains__(self, key):
        return key in self._hparam_types

    def __str__(self):
        return ",".join(f"{name}={value}" for name, value in self.values().items())

    def __repr__(self):
        return f"{type(self).__name__}({sorted(self.values().items())})"
