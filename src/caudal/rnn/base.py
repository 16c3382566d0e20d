"""RNNCell: a function of an input and a state that gives an output and the next state; its states of zeros."""

from ..build.scopes import get_variable_scope, variable_scope
from ..graph import static
from ..graph.convert import convert
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import as_shape
from ..layers.base import Layer
from ..ops.activations import elu, relu, selu, softmax, softplus, softsign
from ..ops.basic import constant
from ..ops.elementwise import sigmoid, tanh
from ..ops.fill import zeros
from ..ops.join import concat
from ..ops.shape import expand_dims, shape

__all__ = ["LayerRNNCell", "RNNCell", "activation_of", "check_cell", "check_floats", "joined_shape"]

_ACTIVATIONS = {
    "tanh": tanh,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "elu": elu,
    "selu": selu,
    "softsign": softsign,
    "softplus": softplus,
    "linear": lambda x: x,
}


def activation_of(given):
    """A function: the one given, the one of that name, or tanh.

    Raises:
      ValueError: no function has that name.
    """
    if not given:
        return tanh
    need(callable(given) or given in _ACTIVATIONS, f"Unknown activation function:{given}")
    return given if callable(given) else _ACTIVATIONS[given]


def check_cell(name, cell):
    """Refuses what cannot stand for a cell.

    Raises:
      TypeError: it lacks what a cell has.
    """
    lacks = [
        (_has(cell, "output_size"), "'output_size' property is missing"),
        (_has(cell, "state_size"), "'state_size' property is missing"),
        (
            _has(cell, "zero_state") or _has(cell, "get_initial_state"),
            "either 'zero_state' or 'get_initial_state' method is required",
        ),
        (callable(cell), "is not callable"),
    ]
    words = [what for fine, what in lacks if not fine]
    need(not words, f"The argument {name!r} ({cell}) is not an RNNCell: {', '.join(words)}.", kind=TypeError)


def _has(cell, name):
    """Whether a cell has a property; one that says NotImplementedError is there too."""
    try:
        getattr(cell, name)
    except AttributeError:
        return False
    except NotImplementedError:
        return True
    return True


def check_floats(dtype):
    """Refuses dtypes that no cell works on.

    Raises:
      ValueError: neither floating point nor complex.
    """
    if dtype is not None:
        kind = dtypes.as_dtype(dtype)
        need(kind.is_floating or kind.is_complex, f"RNN cell only supports floating point inputs, but saw dtype: {kind}")


def check_inputs(*values):
    """Refuses inputs and states of dtypes that no cell works on."""
    for tensor in nest.flatten(values):
        check_floats(tensor.dtype)


def _part(size, which):
    """(a vector tensor or None, the same as a list or None) of a size: a number, a shape, a tensor."""
    if isinstance(size, Tensor):
        known = static.value(size)
        if size.get_shape().ndims == 0:
            size = expand_dims(size, 0)
        need(size.get_shape().ndims == 1, f"{which} tensor must be either a scalar or vector, but saw tensor: {size}")
        return size, None if known is None else known.tolist()
    found = as_shape([size] if isinstance(size, int) else size)
    vector = constant(found.as_list(), dtype=dtypes.int32) if found.is_fully_defined() else None
    return vector, found.as_list() if found.ndims is not None else None


def joined_shape(prefix, suffix, known=False):
    """Two sizes one after the other: as an int32 vector, or with `known` as a list with None where not known.

    Args:
      prefix: a number, a shape or an int tensor: batch size, or time and batch.
      suffix: the same: how much for each.
      known: what is known while the graph is built.

    Raises:
      ValueError: a tensor is asked for, and a size is not known.
    """
    (first, first_list), (second, second_list) = _part(prefix, "prefix"), _part(suffix, "suffix")
    if known:
        whole = as_shape(first_list).concatenate(as_shape(second_list))
        return whole.as_list() if whole.ndims is not None else None
    need(first is not None and second is not None, f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return concat((first, second), 0)


def zero_states(state_size, batch_size, dtype):
    """Zeros for each size of a nest of state sizes."""

    def one(size):
        made = zeros(joined_shape(batch_size, size), dtype=dtype)
        made.set_shape(joined_shape(batch_size, size, known=True))
        return made

    return nest.map_structure(one, state_size)


@export("nn.rnn_cell.RNNCell", "contrib.rnn.RNNCell")
class RNNCell(Layer):
    """A cell: `output, next_state = cell(input, state)`. One of your own has `state_size`, `output_size` and `call`.

    Args:
      trainable: whether its variables are trained.
      name: its name, and its scope's.
      dtype: of its variables; its first input's by default.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._entered_scope = None

    def __call__(self, inputs, state, scope=None):
        """Runs the cell once.

        Args:
          inputs: `[batch, depth]`, or a nest of such.
          state: a nest of tensors as `state_size` has it.
          scope: a name or `VariableScope`; the layer's own by default.

        Returns:
          (the output, the next state).
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._keep_variable) as scope:
                return super().__call__(inputs, state, scope=scope)
        if self._entered_scope is None:
            self._entered_scope = variable_scope(get_variable_scope(), custom_getter=self._keep_variable)
        with self._entered_scope:
            return super().__call__(inputs, state)

    def _keep_variable(self, getter, *args, **kwargs):
        """A getter that notes the variables that `call` makes as the cell's."""
        made = getter(*args, **kwargs)
        trained = {id(v) for v in default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)}
        first = list(made)[0] if hasattr(made, "_variable_list") else made
        kept = self._trainable_weights if id(first) in trained else self._non_trainable_weights
        if not any(made is v for v in kept):
            kept.append(made)
        return made

    @property
    def state_size(self):
        """The size of its state: a number, a shape, or a nest of these."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self):
        """The size of its output."""
        raise NotImplementedError("Abstract method")

    def build(self, _):
        """Nothing to make before the first call."""

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """The state to begin with.

        Args:
          inputs: a tensor `[batch, ...]` that tells the rest.
          batch_size: a number or int scalar.
          dtype: of the state.

        Raises:
          ValueError: the arguments contradict each other, or are not enough.
        """
        if inputs is not None:
            inputs = convert(inputs, None, "inputs")
            have = inputs.get_shape().dims[0].value
            if batch_size is not None:
                known = static.value(batch_size) if isinstance(batch_size, Tensor) else batch_size
                need(
                    have == known,
                    "batch size from input tensor is different from the input param. "
                    f"Input tensor batch: {have}, batch_size: {batch_size}",
                )
            need(
                dtype is None or inputs.dtype == dtype,
                f"dtype from input tensor is different from the input param. Input tensor dtype: {inputs.dtype}, dtype: {dtype}",
            )
            batch_size, dtype = have or shape(inputs)[0], inputs.dtype
        need(
            batch_size is not None and dtype is not None,
            f"batch_size and dtype cannot be None while constructing initial state: batch_size={batch_size}, dtype={dtype}",
        )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size, dtype):
        """Zeros as a state.

        Args:
          batch_size: a number or int scalar.
          dtype: of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return zero_states(self.state_size, batch_size, dtype)


@export("contrib.rnn.LayerRNNCell")
class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`, as layers do."""

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        """Runs the cell once.

        Args:
          inputs: `[batch, depth]`, or a nest of such.
          state: a nest of tensors as `state_size` has it.
          scope: a name or `VariableScope`; the layer's own by default.
          *args: for `call`.
          **kwargs: for `call`.
        """
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)
