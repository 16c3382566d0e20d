"""What the layers of contrib.layers and Slim share: variables under Slim's names and in its collections, the ends of layers."""

from ...graph.graph import GraphKeys, default_graph
from ..framework import variables

__all__ = ["NAMES", "alias", "collect", "keep", "model_getter", "normalized", "variable_collections"]

NAMES = {"kernel": "weights", "bias": "biases"}  # of a layer's variables, to those that Slim gives them


def collect(collections, outputs, name):
    """Puts outputs into collections, with their alias; gives them back."""
    if collections:
        outputs.alias = name
        if not hasattr(outputs, "aliases"):
            outputs.aliases = []
        outputs.aliases.append(name)
        default_graph().add_to_collections(collections, outputs)
    return outputs


def alias(scope):
    """The alias of a layer's outputs: its scope's name."""
    name = scope.original_name_scope
    return name[:-1] if name.endswith("/") else name


def variable_collections(collections, name):
    """The collections for a variable of that name: the same for all, or a dict by name."""
    if isinstance(collections, dict):
        return collections.get(name)
    return collections


def model_getter(rename=None):
    """A custom getter that makes model variables, under Slim's names."""

    def call(
        getter,
        name,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=True,
        collections=None,
        caching_device=None,
        partitioner=None,
        rename=rename,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        **_,
    ):
        short = name.split("/")[-1]
        if rename and short in rename:
            name = "/".join(name.split("/")[:-1] + [rename[short]])
        return variables.model_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=collections,
            trainable=trainable,
            caching_device=caching_device,
            partitioner=partitioner,
            custom_getter=getter,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )

    return call


def _add(variable, collections):
    """Puts a variable into MODEL_VARIABLES and its own collections."""
    for key in set(collections or []) | {GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES}:
        if not any(variable is v for v in default_graph().get_collection(key)):
            default_graph().add_to_collection(key, variable)


def keep(layer, collections, names):
    """Puts a layer's variables into collections, by the names that Slim gives them."""
    for attribute, name in names.items():
        found = getattr(layer, attribute, None)
        if found is not None:
            _add(found, variable_collections(collections, name))


def normalized(outputs, normalizer_fn, normalizer_params, activation_fn):
    """What ends a layer: normalisation, with its arguments, and activation, where there are any."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    return activation_fn(outputs) if activation_fn is not None else outputs
