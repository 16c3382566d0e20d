"""SequenceExamples as tensors: features of the whole, and lists of features step by step."""

from ..graph.composite import SparseTensor
from ..graph.convert import constant_node, convert
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.shapes import as_shape
from . import parsing_nodes as nodes
from .parsing import FixedLenFeature, FixedLenSequenceFeature, VarLenFeature, _clean, _Wanted
from .shape import reshape

__all__ = ["parse_sequence_example", "parse_single_sequence_example"]


def _wanted(context_features, sequence_features):
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = _Wanted(context_features, (VarLenFeature, FixedLenFeature))
    lists = _Wanted(sequence_features, (VarLenFeature, FixedLenSequenceFeature))
    for where, one in (("context", context), ("feature_list", lists)):
        both = set(one.dense) & set(one.sparse)
        if both:
            raise ValueError(f"{where}_dense_keys and {where}_sparse_keys must not intersect; intersection: {both}")
    return context, lists


def _dims(wanted):
    return [as_shape(one)._tuple for _, one in wanted.dense.values()]


def _kinds(wanted):
    return [kind for kind, _ in wanted.dense.values()]


def _context_defaults(context):
    out = []
    for key, (kind, dims) in context.dense.items():
        value = context.defaults.get(key)
        if value is None:
            value = constant_node([], kind)
        elif not isinstance(value, Tensor):
            value = reshape(convert(value, kind, "key_" + _clean(key)), dims)
        out.append(value)
    return out


def _may_miss(lists):
    for key, value in lists.defaults.items():
        if value is not None:
            raise ValueError(f"Value feature_list_dense_defaults[{key}] must be None")
    return list(lists.defaults)


def _named(wanted, indices, values, shapes, dense):
    made = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return dict(zip([*wanted.sparse, *wanted.dense], [*made, *dense], strict=True))


@export("parse_single_sequence_example", "io.parse_single_sequence_example")
def parse_single_sequence_example(serialized, context_features=None, sequence_features=None, example_name=None, name=None):
    """The features of one `SequenceExample` as tensors.

    Args:
      serialized: a string scalar, its bytes.
      context_features: name -> `FixedLenFeature` or `VarLenFeature`, of the whole.
      sequence_features: name -> `FixedLenSequenceFeature` or `VarLenFeature`, step by step.
      example_name: what errors call it.
      name: the scope's name.

    Returns:
      Two dictionaries, of the whole and of the steps: name -> tensor (`[steps, ...]`) or SparseTensor.

    Raises:
      ValueError: no features, or one that cannot stand there.
      tf.errors.InvalidArgumentError: (when run) the example has not what is asked for.
    """
    context, lists = _wanted(context_features, sequence_features)
    with name_scope(name, "ParseSingleSequenceExample", [serialized]):
        defaults = _context_defaults(context)
        made = nodes.parse_single_sequence_node(
            serialized,
            _may_miss(lists),
            list(context.sparse),
            list(context.dense),
            list(lists.sparse),
            list(lists.dense),
            defaults,
            "" if example_name is None else example_name,
            context_sparse_types=list(context.sparse.values()),
            context_dense_shapes=_dims(context),
            feature_list_sparse_types=list(lists.sparse.values()),
            feature_list_dense_types=_kinds(lists),
            feature_list_dense_shapes=_dims(lists),
            name=name,
        )
        return _named(context, *made[:4]), _named(lists, *made[4:])


@export("io.parse_sequence_example")
def parse_sequence_example(serialized, context_features=None, sequence_features=None, example_names=None, name=None):
    """The features of a batch of `SequenceExample`s as tensors.

    Args:
      serialized: string `[batch]`; the other arguments are `parse_single_sequence_example`'s.
      example_names: string `[batch]`.

    Returns:
      Three dictionaries: of the whole (`[batch, ...]`), of the steps (`[batch, steps, ...]`, filled up with zeros or ''),
      and how many steps each dense one has, int64 `[batch]`.
    """
    context, lists = _wanted(context_features, sequence_features)
    with name_scope(name, "ParseSequenceExample", [serialized]):
        defaults = _context_defaults(context)
        made = nodes.parse_sequence_node(
            serialized,
            [] if example_names is None else example_names,
            defaults,
            Ncontext_sparse=len(context.sparse),
            Ncontext_dense=len(context.dense),
            Nfeature_list_sparse=len(lists.sparse),
            Nfeature_list_dense=len(lists.dense),
            context_sparse_keys=list(context.sparse),
            context_sparse_types=list(context.sparse.values()),
            context_dense_keys=list(context.dense),
            context_dense_shapes=_dims(context),
            feature_list_sparse_keys=list(lists.sparse),
            feature_list_sparse_types=list(lists.sparse.values()),
            feature_list_dense_keys=list(lists.dense),
            feature_list_dense_types=_kinds(lists),
            feature_list_dense_shapes=_dims(lists),
            feature_list_dense_missing_assumed_empty=_may_miss(lists),
            name=name,
        )
        lengths = dict(zip(lists.dense, made[8], strict=True))
        return _named(context, *made[:4]), _named(lists, *made[4:8]), lengths
