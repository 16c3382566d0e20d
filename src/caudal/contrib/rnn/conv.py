"""LSTM cells whose linear maps are convolutions."""

from ...build.initializers import Constant
from ...build.scopes import get_variable
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape
from ...ops.convolution import conv1d
from ...ops.elementwise import sigmoid, tanh
from ...ops.join import concat, split
from ...ops.nn_functions import conv2d, conv3d
from ...rnn.cells import LSTMStateTuple
from .linear import SizedCell

__all__ = ["Conv1DLSTMCell", "Conv2DLSTMCell", "Conv3DLSTMCell", "ConvLSTMCell"]


@export("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(SizedCell):
    """An LSTM cell over signals, images or volumes: its gates are convolutions of [x, h].

    Args:
      conv_ndims: 1, 2 or 3.
      input_shape: of an input without the batch, channels last.
      output_channels: how many channels h has.
      kernel_shape: of the kernel, a number for each dimension.
      use_bias: whether there is a bias.
      skip_connection: whether the output is [h, x].
      forget_bias: added to the forget gate, so that it begins open.
      initializers: not used.
      name: its name.

    Raises:
      ValueError: an `input_shape` of another rank.
    Source: Shi et al., "Convolutional LSTM Network" (2015), eq. 3, without peepholes.
    """

    def __init__(
        self,
        conv_ndims,
        input_shape,
        output_channels,
        kernel_shape,
        use_bias=True,
        skip_connection=False,
        forget_bias=1.0,
        initializers=None,
        name="conv_lstm_cell",
    ):
        need(conv_ndims == len(input_shape) - 1, f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        inner = TensorShape(input_shape[:-1] + [output_channels])
        channels = output_channels + (input_shape[-1] if skip_connection else 0)
        super().__init__(LSTMStateTuple(inner, inner), TensorShape(input_shape[:-1] + [channels]), name=name)
        self._conv_ndims, self._output_channels, self._kernel_shape = conv_ndims, output_channels, kernel_shape
        self._use_bias, self._skip_connection, self._forget_bias = use_bias, skip_connection, forget_bias

    def call(self, inputs, state, scope=None):
        """(output, the next state)."""
        c, h = state
        gates = _convolved([inputs, h], self._kernel_shape, 4 * self._output_channels, self._use_bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=self._conv_ndims + 1)
        c = sigmoid(f + self._forget_bias) * c
        c += sigmoid(i) * tanh(j)
        h = tanh(c) * sigmoid(o)
        if self._skip_connection:
            h = concat([h, inputs], axis=-1)
        return h, LSTMStateTuple(c, h)


def _convolved(args, kernel_shape, channels, bias):
    shapes = [one.get_shape().as_list() for one in args]
    for dims in shapes:
        need(len(dims) in (3, 4, 5), f"Conv Linear expects 3D, 4D or 5D arguments: {shapes}")
        need(len(dims) == len(shapes[0]), f"Conv Linear expects all args to be of same Dimension: {shapes}")
    rank, kind = len(shapes[0]), args[0].dtype
    convolve = {3: conv1d, 4: conv2d, 5: conv3d}[rank]
    kernel = get_variable("kernel", kernel_shape + [sum(dims[-1] for dims in shapes), channels], dtype=kind)
    strides = 1 if rank == 3 else rank * [1]
    made = convolve(concat(axis=rank - 1, values=args), kernel, strides, padding="SAME")
    if not bias:
        return made
    return made + get_variable("biases", [channels], dtype=kind, initializer=Constant(0.0, dtype=kind))


@export("contrib.rnn.Conv1DLSTMCell")
class Conv1DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over signals.

    Args:
      name: its name.
      **kwargs: what ConvLSTMCell takes, without `conv_ndims`.
    """

    def __init__(self, name="conv_1d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=1, name=name, **kwargs)


@export("contrib.rnn.Conv2DLSTMCell")
class Conv2DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over images.

    Args:
      name: its name.
      **kwargs: what ConvLSTMCell takes, without `conv_ndims`.
    """

    def __init__(self, name="conv_2d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=2, name=name, **kwargs)


@export("contrib.rnn.Conv3DLSTMCell")
class Conv3DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over volumes.

    Args:
      name: its name.
      **kwargs: what ConvLSTMCell takes, without `conv_ndims`.
    """

    def __init__(self, name="conv_3d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=3, name=name, **kwargs)
