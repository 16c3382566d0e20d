"""What the layers of contrib.layers and Slim share: variables under Slim's names and in its collections, the ends of layers."""

from ...graph.graph import GraphKeys, default_graph
from ..framework import variables

__all__ = ["NAMES", "alias", "applied", "collect", "keep", "model_getter", "normalized", "variable_collections"]

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


def applied(make, inputs, scope, reuse, trainable, weights, biases, normalizer, activation_fn, collections, named=alias, **own):
    """What a layer with a kernel and a bias gives, its variables and outputs in their collections.

    Args:
      make: a layer of tf.layers.
      scope: the layer's `VariableScope`.
      weights, biases: (initializer, regularizer); a normalizer, or no initializer, takes the place of biases.
      normalizer: (function or None, its arguments or None).
      collections: (variables', outputs').
      named: gives the name that the outputs have in collections, of the scope.
      own: arguments of this kind of layer.
    """
    layer = make(
        activation=None,
        use_bias=not normalizer[0] and bool(biases[0]),
        kernel_initializer=weights[0],
        bias_initializer=biases[0],
        kernel_regularizer=weights[1],
        bias_regularizer=biases[1],
        activity_regularizer=None,
        trainable=trainable,
        name=scope.name,
        dtype=inputs.dtype.base_dtype,
        _scope=scope,
        _reuse=reuse,
        **own,
    )
    outputs = layer.apply(inputs)
    keep(layer, collections[0], NAMES)
    return collect(collections[1], normalized(outputs, *normalizer, activation_fn), named(scope))
