"""parse_example and its kin: what features an Example has, and its bytes as tensors."""

import collections
import re

from ..graph.composite import SparseTensor
from ..graph.convert import constant_node, convert
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import PUBLIC, export
from ..ground.shapes import as_shape
from ..platform import logging
from . import parsing_nodes as nodes
from .check import Assert
from .control import with_dependencies
from .elementwise import NODES
from .shape import expand_dims, rank, reshape, shape, squeeze
from .slicing import slice_

__all__ = ["FixedLenFeature", "FixedLenSequenceFeature", "SparseFeature", "VarLenFeature", "parse_example"]


# --- what a feature is ----------------------------------------------------------------------------------


@export("VarLenFeature", "io.VarLenFeature")
class VarLenFeature(collections.namedtuple("VarLenFeature", ["dtype"])):
    """A feature with any number of values; it becomes a SparseTensor."""


@export("SparseFeature", "io.SparseFeature")
class SparseFeature(collections.namedtuple("SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"])):
    """A sparse vector (or more) whose indices and values are features of their own.

    Args:
      index_key: the name of the feature that holds the indices, or several.
      value_key: the name of that which holds the values.
      dtype: the values' dtype.
      size: how long the vector is; a list for several indices.
      already_sorted: whether the indices come in order.
    """

    def __new__(cls, index_key, value_key, dtype, size, already_sorted=False):
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


@export("FixedLenFeature", "io.FixedLenFeature")
class FixedLenFeature(collections.namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])):
    """A feature of one shape; it becomes a tensor.

    Args:
      shape: its shape.
      dtype: float32, int64 or string.
      default_value: what it is where it is missing; without it every Example must have it.
    """

    def __new__(cls, shape, dtype, default_value=None):
        return super().__new__(cls, shape, dtype, default_value)


@export("FixedLenSequenceFeature", "io.FixedLenSequenceFeature")
class FixedLenSequenceFeature(
    collections.namedtuple("FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"])
):
    """A feature of any number of rows of one shape; shorter ones are filled up.

    Args:
      shape: the shape of a row.
      dtype: float32, int64 or string.
      allow_missing: whether it may be missing; in Examples it has to be True.
      default_value: what it is filled up with; 0 or '' if None.
    """

    def __new__(cls, shape, dtype, allow_missing=False, default_value=None):
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


# --- features sorted into sparse and dense --------------------------------------------------------------


class _Wanted:
    """Features by kind, in the order of their names.

    Attributes:
      sparse: key -> dtype; dense: key -> (dtype, shape); defaults: key -> the value given.
    """

    def __init__(self, features, kinds):
        self.sparse, self.dense, self.defaults = {}, {}, {}
        for key in sorted(features or {}):
            feature = features[key]
            kind = next((k for k in _KINDS if isinstance(feature, k)), None)
            if kind is None:
                raise ValueError(f"Invalid feature {key}:{feature}.")
            if kind not in kinds:
                raise ValueError(f"Unsupported {kind.__name__} {feature}.")
            _KINDS[kind](self, key, feature)

    def _var_len(self, key, feature):
        _check_type(key, feature)
        self.sparse[key] = dtypes.as_dtype(feature.dtype)

    def _sparse_parts(self, key, feature):
        if not feature.index_key:
            raise ValueError(f"Missing index_key for SparseFeature {feature}.")
        if not feature.value_key:
            raise ValueError(f"Missing value_key for SparseFeature {feature}.")
        _check_type(key, feature)
        keys = [feature.index_key] if isinstance(feature.index_key, str) else feature.index_key
        if len(keys) > 1:
            logging.warn(
                "SparseFeature is a complicated feature config and should only be used after careful consideration of "
                "VarLenFeature."
            )
        for index in sorted(keys):
            self._part(index, dtypes.int64, "int64")
        self._part(feature.value_key, dtypes.as_dtype(feature.dtype), feature.dtype)

    def _part(self, key, kind, shown):
        seen = self.sparse.setdefault(key, kind)
        if seen != kind:
            raise ValueError(f"Conflicting type {seen} vs {shown} for feature {key}.")

    def _fixed(self, key, feature):
        _check_type(key, feature)
        _check_shape(key, feature)
        known = as_shape(feature.shape)
        if feature.shape and known.ndims and known.dims[0].value is None:
            raise ValueError(f"First dimension of shape for feature {key} unknown. Consider using FixedLenSequenceFeature.")
        if not known.is_fully_defined():
            raise ValueError(f"All dimensions of shape for feature {key} need to be known but received {feature.shape}.")
        self.dense[key] = dtypes.as_dtype(feature.dtype), feature.shape
        if feature.default_value is not None:
            self.defaults[key] = feature.default_value

    def _sequence(self, key, feature):
        _check_type(key, feature)
        _check_shape(key, feature)
        self.dense[key] = dtypes.as_dtype(feature.dtype), feature.shape
        if feature.allow_missing:
            self.defaults[key] = None
        if feature.default_value is not None:
            self.defaults[key] = feature.default_value


_KINDS = {
    VarLenFeature: _Wanted._var_len,
    SparseFeature: _Wanted._sparse_parts,
    FixedLenFeature: _Wanted._fixed,
    FixedLenSequenceFeature: _Wanted._sequence,
}


def _check_type(key, feature):
    if not feature.dtype:
        raise ValueError(f"Missing type for feature {key}.")


def _check_shape(key, feature):
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}.")


def _with_rows(features):
    """Sequences of rows with an unknown first dimension, as Examples hold them."""
    out = {}
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature):
            if not feature.allow_missing:
                raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
            feature = feature._replace(shape=[None, *feature.shape])
        out[key] = feature
    return out


# --- defaults as tensors --------------------------------------------------------------------------------


def _clean(key):
    return re.sub("[^A-Za-z0-9_.\\-/]", "_", key)


def _default(value, key, kind, dims):
    """The tensor of one dense feature's default: empty if it has none."""
    if dims.ndims and dims.dims[0].value is None:  # a scalar to fill up with
        if value is None:
            return convert("" if kind is dtypes.string else 0, kind)
        return reshape(convert(value, kind, "padding_" + _clean(key)), [])
    if value is None:
        return constant_node([], kind)
    if isinstance(value, Tensor):
        return value
    return reshape(convert(value, kind, "key_" + _clean(key)), dims)


def _raw(wanted):
    """The defaults' tensors and the shapes of dense features.

    Raises:
      ValueError: no features, or one that is dense and sparse.
    """
    if not wanted.sparse and not wanted.dense:
        raise ValueError("Must provide at least one sparse key or dense key")
    both = set(wanted.dense) & set(wanted.sparse)
    if both:
        raise ValueError(f"Dense and sparse keys must not intersect; intersection: {both}")
    dims = {key: as_shape(one) for key, (_, one) in wanted.dense.items()}
    defaults = [_default(wanted.defaults.get(k), k, kind, dims[k]) for k, (kind, _) in wanted.dense.items()]
    return defaults, [d._tuple for d in dims.values()]


def _named(wanted, indices, values, shapes, dense):
    """The op's outputs under the features' names."""
    made = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return dict(zip([*wanted.sparse, *wanted.dense], [*made, *dense], strict=True))


def _finished(features, tensors):
    """The tensors of the features asked for: the parts of SparseFeatures put together."""
    out = dict(tensors)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            ids = feature.index_key
            ids = tensors[ids] if isinstance(ids, str) else [tensors[k] for k in ids]
            merge = PUBLIC["sparse_merge"]
            out[key] = merge(ids, out[feature.value_key], vocab_size=feature.size, already_sorted=feature.already_sorted)
    return {key: tensor for key, tensor in out.items() if key in features}


_ANY = (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)


# --- Examples -------------------------------------------------------------------------------------------


@export("parse_example", "io.parse_example")
def parse_example(serialized, features, name=None, example_names=None):
    """The features of a batch of `Example`s as tensors.

    Args:
      serialized: string `[batch]`, Examples as bytes.
      features: name -> `FixedLenFeature`, `VarLenFeature`, `SparseFeature` or `FixedLenSequenceFeature`.
      name: the scope's name.
      example_names: string `[batch]`, what errors call the Examples.

    Returns:
      name -> a tensor `[batch, ...]` or a SparseTensor.

    Raises:
      ValueError: a feature that is none.
      tf.errors.InvalidArgumentError: (when run) an Example that has not what is asked for.
    """
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    features = _with_rows(features)
    return _finished(features, _parse_batch(serialized, example_names, _Wanted(features, _ANY), name))


def _parse_batch(serialized, names, wanted, name):
    with name_scope(name, "ParseExample", [serialized, names]):
        defaults, dims = _raw(wanted)
        made = nodes.parse_example_node(
            serialized,
            [] if names is None else names,
            list(wanted.sparse),
            list(wanted.dense),
            defaults,
            sparse_types=list(wanted.sparse.values()),
            dense_shapes=dims,
            name=name,
        )
        return _named(wanted, *made)


@export("parse_single_example", "io.parse_single_example")
def parse_single_example(serialized, features, name=None, example_names=None):
    """The features of one `Example` as tensors; as `parse_example`, without the batch.

    Args:
      serialized: a string scalar.
      features, name: as for `parse_example`.
      example_names: a string scalar, what errors call the Example.
    """
    if not features:
        raise ValueError("Missing features.")
    features = _with_rows(features)
    wanted = _Wanted(features, _ANY)
    if example_names is None:
        return _finished(features, _parse_one(serialized, wanted, name))
    return _finished(features, _parse_batch_of_one(serialized, example_names, wanted, name))


def _parse_one(serialized, wanted, name):
    with name_scope(name, "ParseSingleExample", [serialized]):
        serialized = convert(serialized, name="serialized")
        defaults, dims = _raw(wanted)
        made = nodes.parse_single_node(
            serialized,
            defaults,
            num_sparse=len(wanted.sparse),
            sparse_keys=list(wanted.sparse),
            dense_keys=list(wanted.dense),
            sparse_types=list(wanted.sparse.values()),
            dense_shapes=dims,
            name=name,
        )
        return _named(wanted, *made)


def _parse_batch_of_one(serialized, names, wanted, name):
    """By way of a batch, whose errors tell the Example's name."""
    with name_scope(name, "ParseSingleExample", [serialized, names]):
        serialized = expand_dims(_scalar(convert(serialized, name="serialized"), "serialized"), 0)
        names = expand_dims(_scalar(convert(names, name="names"), "names"), 0)
        out = _parse_batch(serialized, names, wanted, name)
        for key in wanted.dense:
            out[key] = squeeze(out[key], [0], name="Squeeze_" + _clean(key))
        for key in wanted.sparse:
            one = out[key]
            out[key] = SparseTensor(
                slice_(one.indices, [0, 1], [-1, -1], name="Slice_Indices_" + _clean(key)),
                one.values,
                slice_(one.dense_shape, [1], [-1], name="Squeeze_Shape_" + _clean(key)),
            )
        return out


def _scalar(value, name):
    ndims = value.get_shape().ndims
    if ndims is None:
        words = [f"Expected shape [] for {name}, got shape", shape(value)]
        check = Assert(NODES["Equal"](rank(value), 0), words, name=f"{name}IsScalar")
        return with_dependencies([check], value, name=f"{name}Dependencies")
    if ndims:
        raise ValueError(f"Input {name} must be a scalar")
    return value


@export("decode_json_example", "io.decode_json_example")
def decode_json_example(json_examples, name=None):
    """`Example`s written as JSON, as bytes; string to string of the same shape."""
    return nodes.json_node(json_examples, name=name)
