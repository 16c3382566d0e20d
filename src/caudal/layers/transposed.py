"""Transposed convolutions: from a convolution's outputs' shape to its inputs'."""

from ..build.initializers import Zeros
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops import convolution as functions
from ..ops.conv import conv3d_input_grad
from ..ops.join import stack
from ..ops.nn_functions import conv2d_transpose as conv2d_transpose_op
from ..ops.shape import shape, transpose
from .base import InputSpec, shape_of
from .convolutional import Conv, tf_format

__all__ = ["Conv2DTranspose", "Conv3DTranspose"]


class Transposed(Conv):
    """What transposed convolutions of both ranks share."""

    def build(self, input_shape):
        dims = shape_of(input_shape)
        n = self.rank + 2
        need(dims.ndims == n, f"Inputs should have rank {n}. Received input shape: {dims}")
        depth = self._channels(dims)
        self.kernel = self.add_weight(
            "kernel",
            shape=(*self.kernel_size, self.filters, depth),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
            dtype=self.dtype,
        )
        self.input_spec = InputSpec(ndim=n, axes={self._channel_axis: depth})
        self.bias = self._bias(self.filters)
        self.built = True

    def _output_shape(self, inputs):
        """The shape of the outputs as a tensor."""
        first = self.data_format == "channels_first"
        dims = shape(inputs)
        batch = dims[0]
        space = [dims[k + (2 if first else 1)] for k in range(self.rank)]
        sizes = [
            functions.transposed_length(n, k, self.padding, s)
            for n, k, s in zip(space, self.kernel_size, self.strides, strict=True)
        ]
        return stack((batch, self.filters, *sizes) if first else (batch, *sizes, self.filters))

    def compute_output_shape(self, input_shape):
        """The shape of the outputs for inputs of that shape."""
        dims = shape_of(input_shape).as_list()
        first = self.data_format == "channels_first"
        space = dims[2:] if first else dims[1:-1]
        out = [
            None if n is None else functions.transposed_length(n, k, self.padding, s)
            for n, k, s in zip(space, self.kernel_size, self.strides, strict=True)
        ]
        return TensorShape([dims[0], self.filters, *out] if first else [dims[0], *out, self.filters])


@export("layers.Conv2DTranspose")
class Conv2DTranspose(Transposed):
    """The transpose of a convolution: it makes images larger. The arguments are those of `Conv2D`."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format="channels_last",
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
            2,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            1,
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

    def call(self, inputs):
        sizes = self._output_shape(inputs)
        if self.data_format == "channels_first":
            outputs = self._channels_first(inputs, sizes)
        else:
            sizes[0]  # TF1 asks here whether the batch is known, which makes a node
            outputs = self._transposed(inputs, sizes)
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return self._finished(outputs)

    def _channels_first(self, inputs, sizes):
        """The same with the channels last, between two transpositions: a CPU has no other kernel."""
        inputs = transpose(inputs, (0, 2, 3, 1))
        sizes = stack([sizes[0], sizes[2], sizes[3], sizes[1]])
        return transpose(self._transposed(inputs, sizes), (0, 3, 1, 2))

    def _transposed(self, inputs, sizes):
        return conv2d_transpose_op(
            inputs, self.kernel, sizes, strides=(1, *self.strides, 1), padding=self.padding.upper(), data_format="NHWC"
        )


@export("layers.Conv3DTranspose")
class Conv3DTranspose(Transposed):
    """The transpose of a convolution in three dimensions. The arguments are those of `Conv3D`."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1, 1),
        padding="valid",
        data_format="channels_last",
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
            3,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            1,
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

    def call(self, inputs):
        first = self.data_format == "channels_first"
        sizes = self._output_shape(inputs)
        with name_scope("conv3d_transpose") as scope:
            outputs = conv3d_input_grad(
                sizes,
                self.kernel,
                inputs,
                strides=(1, 1, *self.strides) if first else (1, *self.strides, 1),
                padding=self.padding.upper(),
                data_format=tf_format(self.data_format, 3),
                name=scope,
            )
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return self._finished(outputs)


def _function(kind, name, one):
    def call(
        inputs,
        filters,
        kernel_size,
        strides=one,
        padding="valid",
        data_format="channels_last",
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
            strides,
            padding,
            data_format,
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
            _reuse=reuse,
            _scope=name,
        )
        return layer.apply(inputs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"A `{kind.__name__}` layer applied to `inputs`; `reuse` shares the variables of a layer of that name."
    return export("layers." + name)(call)


conv2d_transpose = _function(Conv2DTranspose, "conv2d_transpose", (1, 1))
conv3d_transpose = _function(Conv3DTranspose, "conv3d_transpose", (1, 1, 1))
