"""Examples and SequenceExamples as arrays, feature by feature."""

import numpy as np
from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import DecodeError

from ..ground import dtypes
from .proto.example_pb2 import Example, SequenceExample

__all__ = ["example_of_json", "features_of", "parse"]

_KINDS = {"bytes_list": dtypes.string, "float_list": dtypes.float32, "int64_list": dtypes.int64}


def parse(data, sequence=False):
    """The `Example` (or `SequenceExample`) of bytes; None if they are none."""
    try:
        return (SequenceExample if sequence else Example).FromString(data)
    except DecodeError:
        return None


def feature_value(feature):
    """(DType, vector) of a `Feature`; (None, None) if it holds nothing."""
    field = feature.WhichOneof("kind")
    if field is None:
        return None, None
    kind, values = _KINDS[field], getattr(feature, field).value
    if kind is dtypes.string:
        out = np.empty(len(values), object)
        out[:] = list(values)
        return kind, out
    return kind, np.array(values, kind.np)


def features_of(features):
    """Name -> (DType, vector) for the features that hold something."""
    found = {name: feature_value(feature) for name, feature in features.feature.items()}
    return {name: pair for name, pair in found.items() if pair[0] is not None}


def example_of_json(text):
    """The bytes of the `Example` that JSON text says; None if it says none."""
    try:
        return Parse(text, Example()).SerializeToString(deterministic=True)
    except ParseError:
        return None
