"""Convolution layers in one, two and three dimensions."""

from ..build.initializers import Zeros
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops import convolution as functions
from ..ops.activations import bias_add
from .base import InputSpec, Layer, shape_of
from .identifiers import activation_of, regularizer_of

__all__ = ["Conv1D", "Conv2D", "Conv3D"]


def normalize_tuple(value, n, name):
    """A number, or a sequence of n, as a tuple.

    Raises:
      ValueError: another length, or not integers.
    """
    if isinstance(value, int):
        return (value,) * n
    words = f"The `{name}` argument must be a tuple of {n} integers. Received: {value}"
    try:
        out = tuple(value)
    except TypeError:
        raise ValueError(words) from None
    need(len(out) == n, words)
    for one in out:
        try:
            int(one)
        except (ValueError, TypeError):
            raise ValueError(f"{words} including element {one} of type {type(one)}") from None
    return tuple(int(v) for v in out)


def normalize_format(value):
    """A data format in lower case.

    Raises:
      ValueError: neither "channels_first" nor "channels_last".
    """
    given, value = value, (value or "channels_last").lower()
    need(
        value in ("channels_first", "channels_last"),
        'The `data_format` argument must be one of "channels_first", "channels_last". Received: ' + str(given),
    )
    return value


def normalize_padding(value):
    """A padding in lower case.

    Raises:
      ValueError: another than "valid", "same", "causal".
    """
    if isinstance(value, (list, tuple)):
        return value
    padding = value.lower()
    need(
        padding in ("valid", "same", "causal"),
        f'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only for `Conv1D). Received: {padding}',
    )
    return padding


def tf_format(data_format, rank):
    """NHWC and the like."""
    space = {1: "W", 2: "HW", 3: "DHW"}[rank]
    return f"N{space}C" if data_format == "channels_last" else f"NC{space}"


class Conv(Layer):
    """What convolutions of all ranks share. The arguments are those of `Conv2D`."""

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=Zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        self.rank = rank
        self.filters = int(filters) if filters is not None else None
        self.kernel_size = normalize_tuple(kernel_size, rank, "kernel_size")
        need(all(self.kernel_size), f"The argument `kernel_size` cannot contain 0(s). Received: {kernel_size}")
        self.strides = normalize_tuple(strides, rank, "strides")
        self.padding = normalize_padding(padding)
        self.data_format = normalize_format(data_format)
        self.dilation_rate = normalize_tuple(dilation_rate, rank, "dilation_rate")
        self.activation, self.use_bias = activation_of(activation), use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = regularizer_of(kernel_regularizer), regularizer_of(bias_regularizer)
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.input_spec = InputSpec(ndim=rank + 2)

    @property
    def _channel_axis(self):
        return 1 if self.data_format == "channels_first" else -1

    def _channels(self, input_shape):
        size = shape_of(input_shape)[self._channel_axis].value
        need(size is not None, "The channel dimension of the inputs should be defined. Found `None`.")
        return size

    def _bias(self, n):
        if not self.use_bias:
            return None
        return self.add_weight(
            name="bias",
            shape=(n,),
            initializer=self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
            trainable=True,
            dtype=self.dtype,
        )

    def build(self, input_shape):
        depth = self._channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, depth, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
            dtype=self.dtype,
        )
        self.bias = self._bias(self.filters)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: depth})
        self._convolution = functions.Convolution(
            shape_of(input_shape),
            self.kernel.shape,
            dilation_rate=self.dilation_rate,
            strides=self.strides,
            padding=self.padding.upper() if isinstance(self.padding, str) else self.padding,
            data_format=tf_format(self.data_format, self.rank),
        )
        self.built = True

    def call(self, inputs):
        return self._finished(self._convolution(inputs, self.kernel))

    def _finished(self, outputs):
        if self.use_bias:
            outputs = self._with_bias(outputs)
        return self.activation(outputs) if self.activation is not None else outputs

    def _with_bias(self, outputs):
        return bias_add(outputs, self.bias, data_format="NCHW" if self.data_format == "channels_first" else "NHWC")

    def compute_output_shape(self, input_shape):
        """The shape of the outputs for inputs of that shape."""
        dims = shape_of(input_shape).as_list()
        space = dims[2:] if self.data_format == "channels_first" else dims[1:-1]
        out = [
            functions.output_length(n, k, self.padding, s, d)
            for n, k, s, d in zip(space, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        ]
        return TensorShape(
            [dims[0], self.filters, *out] if self.data_format == "channels_first" else [dims[0], *out, self.filters]
        )


def _of_rank(rank, name):
    one = 1 if rank == 1 else (1,) * rank

    class Convolution(Conv):
        def __init__(
            self,
            filters,
            kernel_size,
            strides=one,
            padding="valid",
            data_format="channels_last",
            dilation_rate=one,
            activation=None,
            use_bias=True,
            kernel_initializer=None,
            bias_initializer=Zeros(),
            kernel_regularizer=None,
            bias_regularizer=None,
            activity_regularizer=None,
            kernel_constraint=None,
            bias_constraint=None,
            trainable=True,
            name=None,
            **kwargs,
        ):
            super().__init__(
                rank,
                filters,
                kernel_size,
                strides,
                padding,
                data_format,
                dilation_rate,
                activation,
                use_bias,
                kernel_initializer,
                bias_initializer,
                kernel_regularizer,
                bias_regularizer,
                activity_regularizer,
                kernel_constraint,
                bias_constraint,
                trainable,
                name,
                **kwargs,
            )

    Convolution.__name__ = Convolution.__qualname__ = name
    Convolution.__doc__ = f"""A convolution in {rank} dimension(s), with bias and activation.

    Args:
      filters: how many outputs.
      kernel_size: the window's size, a number or a sequence.
      strides, dilation_rate: the same.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      activation: a function; None for none.
      use_bias: whether there is a bias.
      kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
      bias_constraint: of the variables and outputs.
      trainable: whether it is trained.
      name: the layer's name.
    """
    return export("layers." + name)(Convolution)


Conv1D, Conv2D, Conv3D = _of_rank(1, "Conv1D"), _of_rank(2, "Conv2D"), _of_rank(3, "Conv3D")


def _function(kind, name, rank):
    one = 1 if rank == 1 else (1,) * rank

    def call(
        inputs,
        filters,
        kernel_size,
        strides=one,
        padding="valid",
        data_format="channels_last",
        dilation_rate=one,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=Zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        reuse=None,
    ):
        layer = kind(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            _reuse=reuse,
            _scope=name,
        )
        return layer.apply(inputs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"A `{kind.__name__}` layer applied to `inputs`; `reuse` shares the variables of a layer of that name."
    return export("layers." + name)(call)


conv1d, conv2d, conv3d = _function(Conv1D, "conv1d", 1), _function(Conv2D, "conv2d", 2), _function(Conv3D, "conv3d", 3)
