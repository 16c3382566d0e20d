"""Layer: a function with variables of its own, made when it is first called."""

import copy
import re

from ..build.scopes import get_variable, variable_scope
from ..build.variables import Variable, init_scope
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import OperatorNotAllowedInGraphError, need
from ..ground.shapes import TensorShape, as_shape
from ..ops.elementwise import cast
from ..ops.shape import shape

__all__ = ["InputSpec", "Layer"]


@export("layers.InputSpec", "keras.layers.InputSpec")
class InputSpec:
    """What a layer asks of its input.

    Args:
      dtype: its dtype; shape: its shape; ndim: its rank; max_ndim, min_ndim: bounds of it.
      axes: a dict from axis to size.
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype, self.shape, self.max_ndim, self.min_ndim = dtype, shape, max_ndim, min_ndim
        self.ndim = len(shape) if shape is not None else ndim
        self.axes = axes or {}


def snake_case(name):
    """`MaxPooling2D` as `max_pooling2d`."""
    middle = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    lower = re.sub("([a-z])([A-Z])", r"\1_\2", middle).lower()
    return "private" + lower if lower[0] == "_" else lower


_NAMES = ("layer names",)
_TAKEN = ("input_shape", "batch_input_shape", "batch_size", "weights")  # what Keras' models make use of


def unique_layer_name(base):
    """A name that no layer of this graph has."""
    kept = default_graph().get_collection_ref(_NAMES)
    if not kept:
        kept.append({})
    kept[0][base] = kept[0].get(base, 0) + 1
    return f"{base}_{kept[0][base]}"


@export("layers.Layer")
class Layer:
    """A layer: `call` computes its outputs, `build` makes its variables.

    Args:
      trainable: whether its variables are trained.
      name: its name, and its scope's.
      dtype: of its variables; its first input's by default.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        self._reuse = kwargs.pop("_reuse", None)
        scope = kwargs.pop("_scope", None)
        self._scope = None
        self.trainable, self.built, self.stateful = trainable, False, False
        self._base_name = snake_case(type(self).__name__) if name is None else name
        self._given_name = name
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self._trainable_weights, self._non_trainable_weights = [], []
        self._updates, self._losses = [], []
        self._graph = None
        self._current_scope = None
        self.input_spec = None
        self._inputs = []
        self._activity_regularizer = kwargs.pop("activity_regularizer", None)
        unknown = next((key for key in kwargs if key not in _TAKEN), None)
        if unknown is not None:
            raise TypeError("Keyword argument not understood:", unknown)
        self._name = unique_layer_name(self._base_name) if name is None else name
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    # --- what it is -----------------------------------------------------------------------------------

    name = property(lambda self: self._name, doc="The layer's name.")
    dtype = property(lambda self: self._dtype, doc="The name of its variables' dtype.")
    updates = property(
        lambda self: self._updates if self.trainable or self.stateful else [], doc="Ops that update its statistics."
    )
    losses = property(lambda self: self._losses, doc="Its regularisation losses.")
    trainable_weights = property(
        lambda self: self._trainable_weights if self.trainable else [], doc="Variables that are trained."
    )
    activity_regularizer = property(lambda self: self._activity_regularizer, doc="The regularizer of its outputs.")

    @property
    def non_trainable_weights(self):
        """Variables that are not trained."""
        return self._non_trainable_weights if self.trainable else self._trainable_weights + self._non_trainable_weights

    @property
    def weights(self):
        """All its variables, those that are trained first."""
        return self.trainable_weights + self.non_trainable_weights

    variables = property(lambda self: self.weights, doc="All its variables.")
    trainable_variables = property(lambda self: self.trainable_weights, doc="Variables that are trained.")
    non_trainable_variables = property(lambda self: self.non_trainable_weights, doc="Variables that are not trained.")

    @property
    def graph(self):
        """The graph that it was built in."""
        return self._graph

    @property
    def output(self):
        """Its output, where Keras made it of its own inputs; a layer called with tensors has none to tell.

        Raises:
          AttributeError: always, as in 1.15.
        """
        raise AttributeError(f"Layer {self.name} has no inbound nodes.")

    @property
    def input(self):
        """Its input, where Keras made it; a layer called with tensors has none to tell.

        Raises:
          AttributeError: always, as in 1.15.
        """
        raise AttributeError(f"Layer {self.name} is not connected, no input to return.")

    @property
    def input_shape(self):
        """The shape of its input, where Keras made it; a layer called with tensors has none to tell.

        Raises:
          AttributeError: always, as in 1.15.
        """
        raise AttributeError("The layer has never been called and thus has no defined input shape.")

    @property
    def output_shape(self):
        """The shape of its output, where Keras made it; a layer called with tensors has none to tell.

        Raises:
          AttributeError: always, as in 1.15.
        """
        raise AttributeError("The layer has never been called and thus has no defined output shape.")

    @property
    def scope_name(self):
        """The name of its variable scope.

        Raises:
          ValueError: it was not called yet.
        """
        need(
            self._scope,
            f'No name available for layer scope because the layer "{self._name}" has not been used yet. The scope name '
            + " is determined the first time the layer instance is called. You must therefore call the layer before querying `scope_name`.",
        )
        return self._scope.name

    def count_params(self):
        """How many numbers its variables hold.

        Raises:
          ValueError: it is not built yet.
        """
        need(
            self.built,
            f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can build it manually via: `{self.name}.build(batch_input_shape)`.",
        )
        return sum(w.get_shape().num_elements() for w in self.weights)

    def get_updates_for(self, inputs):
        """The updates that are computed from these inputs; with None, those that no input is needed for."""
        return _belonging(self.updates, inputs, self._inputs)

    def get_losses_for(self, inputs):
        """The losses that are computed from these inputs; with None, those that no input is needed for."""
        return _belonging(self._losses, inputs, self._inputs)

    # --- what it has ----------------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the variables, for inputs of that shape."""
        self.built = True

    def call(self, inputs, **kwargs):
        """The outputs."""
        return inputs

    def add_loss(self, losses, inputs=None):
        """Adds losses, to the layer and to REGULARIZATION_LOSSES."""
        losses = losses if isinstance(losses, (list, tuple)) else [losses]
        losses = [loss() if callable(loss) else loss for loss in losses]
        self._losses += [loss for loss in losses if loss is not None]
        _into([loss for loss in losses if loss is not None], GraphKeys.REGULARIZATION_LOSSES)

    def add_update(self, updates, inputs=None):
        """Adds ops that update statistics."""
        updates = updates if isinstance(updates, (list, tuple)) else [updates]
        self._updates += [u.op if hasattr(u, "op") else u for u in updates]

    def add_variable(self, *args, **kwargs):
        """The older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def add_weight(
        self,
        name,
        shape,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=None,
        constraint=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        partitioner=None,
        **kwargs,
    ):
        """A variable of the layer.

        Args:
          name: its name below the layer's scope; shape; dtype; initializer; regularizer; trainable; constraint;
          use_resource; synchronization; aggregation; partitioner: as `tf.get_variable` has them.
        """
        trainable = True if trainable is None else trainable
        dtype = self._dtype or dtypes.float32.name if dtype is None else dtype
        before = set(default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)) if regularizer else ()
        self._set_scope(None)
        reuse = self.built or self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(scope.original_name_scope):
                made = get_variable(
                    name,
                    shape=shape,
                    initializer=initializer,
                    dtype=dtypes.as_dtype(dtype),
                    constraint=constraint,
                    trainable=trainable and self.trainable,
                    use_resource=use_resource,
                    partitioner=partitioner,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                if regularizer is not None and _is_new(made, before):
                    self._regularize(name, made, regularizer)
        kept = self._trainable_weights if trainable else self._non_trainable_weights
        if not any(made is v for v in kept):
            kept.append(made)
        return made

    def _regularize(self, name, made, regularizer):
        for part in made if hasattr(made, "_variable_list") else [made]:
            with default_graph().colocate_with(part.op), name_scope(name + "/Regularizer"):
                with init_scope():
                    loss = regularizer(part)
            if loss is not None:
                self.add_loss(loss)

    # --- calling ----------------------------------------------------------------------------------------

    def _set_scope(self, scope):
        if self._scope is not None:
            return
        if self._reuse:
            with variable_scope(scope if scope is not None else self._base_name) as captured:
                self._scope = captured
        else:
            with variable_scope(scope, default_name=self._base_name) as captured:
                self._scope = captured

    def __call__(self, inputs, *args, **kwargs):
        scope = kwargs.pop("scope", None)
        self._set_scope(scope)
        if self._graph is None:
            self._graph = default_graph()
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(scope.original_name_scope):
                inputs = nest.map_structure(_as_tensor, inputs)
                outputs = self._built_call(inputs, args, kwargs)
        _into(self.updates, GraphKeys.UPDATE_OPS)
        return outputs

    def _built_call(self, inputs, args, kwargs):
        flat = [x for x in nest.flatten(inputs) if isinstance(x, Tensor)]
        if not self.built:
            self._check(flat)
            if self._dtype is None and flat:
                self._dtype = flat[0].dtype.base_dtype.name
            self.build(self._shapes(inputs))
            self.built = True
        else:
            self._check(flat)
        self._inputs += flat
        outputs = self._called(inputs, args, kwargs)
        if self._activity_regularizer is not None:
            with name_scope("ActivityRegularizer"):
                for out in nest.flatten(outputs):
                    loss = self._activity_regularizer(out)
                    self.add_loss(loss / cast(shape(out)[0], loss.dtype))  # per example
        return outputs

    def _called(self, inputs, args, kwargs):
        try:
            return self.call(inputs, *args, **kwargs)
        except OperatorNotAllowedInGraphError as error:
            refused = TypeError(
                "You are attempting to use Python control flow in a layer that was not declared to be dynamic. Pass "
                f'`dynamic=True` to the class constructor.\nEncountered error:\n"""\n{error}\n"""'
            )
            refused.__notes__ = list(getattr(error, "__notes__", []))
            raise refused from error

    def _shapes(self, inputs):
        if isinstance(inputs, Tensor):
            return inputs.get_shape()
        shapes = nest.map_structure(lambda x: x.get_shape(), inputs)
        return shapes

    def _check(self, inputs):
        """Refuses inputs that the layer was not made for."""
        spec = self.input_spec
        if spec is None or not inputs:
            return
        for index, (x, one) in enumerate(zip(inputs, [spec] * len(inputs), strict=True)):
            _check_one(x, one, self.name, index)

    def apply(self, inputs, *args, **kwargs):
        """The same as calling it."""
        return self(inputs, *args, **kwargs)

    def compute_output_shape(self, input_shape):
        """The shape of the outputs for inputs of that shape."""
        raise NotImplementedError

    def __deepcopy__(self, memo):
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            shared = key in ("_graph", "_scope", "_current_scope") or isinstance(value, (Variable, Tensor))
            setattr(made, key, value if shared else copy.deepcopy(value, memo) if not callable(value) else value)
        return made


def _as_tensor(x):
    return convert_to_tensor(x) if not isinstance(x, Tensor) and not hasattr(x, "dense_shape") else x


def _belonging(found, inputs, ever):
    """Those of `found` that `inputs` lead to; with None, those that no input ever given leads to."""
    if inputs is None:
        return [one for one in found if not _leads_to(ever, one)]
    return [one for one in found if _leads_to(nest.flatten(inputs), one)]


def _leads_to(tensors, end):
    """Whether data flows from one of the tensors to `end`; walks the graph back, and keeps the ops that it has seen."""
    begins = {id(t) for t in tensors}
    todo, seen = [end.op if isinstance(end, Tensor) else end], set()
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        if any(id(t) in begins for t in op.inputs):
            return True
        todo += [t.op for t in op.inputs]
    return False


def _is_new(made, before):
    parts = list(made) if hasattr(made, "_variable_list") else [made]
    return not any(p in before for p in parts)


def _into(elements, key):
    collection = default_graph().get_collection_ref(key)
    have = {id(e) for e in collection}
    for one in elements:
        if id(one) not in have:
            have.add(id(one))
            collection.append(one)


def _check_one(x, spec, name, index):
    ndim = x.rank
    start = f"Input {index} of layer {name} is incompatible with the layer: "
    if spec.ndim is not None or spec.min_ndim is not None or spec.max_ndim is not None:
        need(ndim is not None, start + "its rank is undefined, but the layer requires a defined rank.")
    if spec.ndim is not None:
        need(
            ndim == spec.ndim,
            start + f"expected ndim={spec.ndim}, found ndim={ndim}. Full shape received: {_listed(x)}",
        )
    if spec.max_ndim is not None:
        need(ndim <= spec.max_ndim, start + f"expected max_ndim={spec.max_ndim}, found ndim={ndim}")
    if spec.min_ndim is not None:
        need(
            ndim >= spec.min_ndim,
            start + f": expected min_ndim={spec.min_ndim}, found ndim={ndim}. Full shape received: {_listed(x)}",
        )
    for axis, value in spec.axes.items():
        size = x.dims[int(axis)]
        need(
            value is None or size in (value, None),
            start + f"expected axis {axis} of input shape to have value {value} but received input with shape {_listed(x)}",
        )


def _listed(x):
    return x.get_shape().as_list()


def shape_of(value):
    """A shape argument of `build` as a `TensorShape`."""
    return value if isinstance(value, TensorShape) else as_shape(value)
