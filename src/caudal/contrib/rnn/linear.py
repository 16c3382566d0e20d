"""What contrib's recurrent cells share: linear maps, normalised layers, weights cut into rows, cells of known sizes."""

from ...build.initializers import Constant
from ...build.scopes import get_variable, get_variable_scope, variable_scope
from ...graph.graph import GraphKeys, default_graph
from ...ground import dtypes, nest
from ...ground.errors import need
from ...ops.activations import bias_add
from ...ops.basic import constant
from ...ops.join import concat
from ...ops.matmul import matmul
from ...rnn.base import RNNCell
from ..layers.layers import layer_norm

__all__ = ["Linear", "SizedCell", "input_depth", "normalized", "sharded_weights"]


class SizedCell(RNNCell):
    """A cell whose sizes are known when it is made.

    Args:
      state_size: of its state.
      output_size: of its output.
      reuse: whether to share variables that are there.
      name: its name.
    """

    def __init__(self, state_size, output_size, reuse=None, name=None):
        super().__init__(_reuse=reuse, name=name)
        self._state_size, self._output_size = state_size, output_size

    @property
    def state_size(self):
        """The size of its state."""
        return self._state_size

    @property
    def output_size(self):
        """The size of its output."""
        return self._output_size


class Linear:
    """x W + b of a matrix, or of several side by side. The variables `kernel` and `bias` are made at once.

    Args:
      args: a matrix, or a list of them, of the depths that calls will have.
      output_size: how wide the result is.
      build_bias: whether there is a b.
      bias_initializer: of b; zeros if None.
      kernel_initializer: of W; the scope's if None.

    Raises:
      ValueError: no matrices, or an unknown depth.
    """

    def __init__(self, args, output_size, build_bias, bias_initializer=None, kernel_initializer=None):
        self._several = nest.is_nested(args)
        need(args is not None and not (self._several and not args), "`args` must be specified")
        args = args if self._several else [args]
        rows, kind = _total_depth(args), args[0].dtype.base_dtype
        self._bias = None
        with variable_scope(get_variable_scope()) as outer:
            self._weights = get_variable("kernel", [rows, output_size], dtype=kind, initializer=kernel_initializer)
            if build_bias:
                with variable_scope(outer) as inner:
                    inner.set_partitioner(None)
                    first = Constant(0.0, dtype=kind) if bias_initializer is None else bias_initializer
                    self._bias = get_variable("bias", [output_size], dtype=kind, initializer=first)

    def __call__(self, args):
        """The map of matrices like those it was made for."""
        args = args if self._several else [args]
        if len(args) == 1:
            made = matmul(args[0], self._weights)
        else:
            axis = constant(1, dtype=dtypes.int32)
            made = matmul(concat(args, axis), self._weights)
        return made if self._bias is None else bias_add(made, self._bias)


def _total_depth(args):
    shapes = [one.get_shape() for one in args]
    for dims in shapes:
        need(dims.ndims == 2, f"linear is expecting 2D arguments: {shapes}")
        need(
            dims.dims[1].value is not None,
            f"linear expects shape[1] to be provided for shape {dims}, but saw {dims.dims[1]}",
        )
    return sum(dims.dims[1].value for dims in shapes)


def input_depth(inputs):
    """How wide the input matrix is.

    Raises:
      ValueError: it isn't known.
    """
    depth = inputs.get_shape().with_rank(2).dims[1].value
    need(depth is not None, "Could not infer input size from inputs.get_shape()[-1]")
    return depth


def normalized(inputs, scope, gain, shift, dtype=dtypes.float32):
    """`inputs` normalised over its last axis, by variables `gamma` and `beta` in `scope`."""
    dims = inputs.get_shape()[-1:]
    with variable_scope(scope):
        get_variable("gamma", shape=dims, initializer=Constant(gain), dtype=dtype)
        get_variable("beta", shape=dims, initializer=Constant(shift), dtype=dtype)
    return layer_norm(inputs, reuse=True, scope=scope)


def sharded_weights(name, shape, dtype, count):
    """A matrix whose rows lie in `count` variables, as one tensor (which is made once in a graph).

    Raises:
      ValueError: more parts than rows.
    """
    rows = shape[0]
    need(count <= rows, f"Too many shards: shape={shape}, num_shards={count:d}")
    least, more = divmod(rows, count)
    sizes = [least + (k < more) for k in range(count)]
    parts = [get_variable(f"{name}_{k}", [size] + shape[1:], dtype=dtype) for k, size in enumerate(sizes)]
    if count == 1:
        return parts[0]
    full_name = f"{get_variable_scope().name}/{name}/concat:0"
    graph = default_graph()
    for made in graph.get_collection(GraphKeys.CONCATENATED_VARIABLES):
        if made.name == full_name:
            return made
    whole = concat(parts, 0, name=name + "/concat")
    graph.add_to_collection(GraphKeys.CONCATENATED_VARIABLES, whole)
    return whole
