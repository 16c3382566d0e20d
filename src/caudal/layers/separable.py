"""Separable convolutions: each channel on its own, then the channels together."""

from ..build.initializers import Zeros
from ..ground.api import export
from ..ops.activations import bias_add
from ..ops.depthwise import separable_conv2d as separable_conv2d_op
from ..ops.shape import expand_dims, squeeze
from .base import InputSpec
from .convolutional import Conv, tf_format
from .identifiers import regularizer_of

__all__ = ["SeparableConv1D", "SeparableConv2D"]


class Separable(Conv):
    """What separable convolutions of both ranks share. The arguments are those of `SeparableConv2D`."""

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        depth_multiplier,
        activation,
        use_bias,
        depthwise_initializer,
        pointwise_initializer,
        bias_initializer,
        depthwise_regularizer,
        pointwise_regularizer,
        bias_regularizer,
        activity_regularizer,
        depthwise_constraint,
        pointwise_constraint,
        bias_constraint,
        trainable,
        name,
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
            None,
            bias_initializer,
            None,
            bias_regularizer,
            activity_regularizer,
            None,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer, self.pointwise_initializer = depthwise_initializer, pointwise_initializer
        self.depthwise_regularizer = regularizer_of(depthwise_regularizer)
        self.pointwise_regularizer = regularizer_of(pointwise_regularizer)
        self.depthwise_constraint, self.pointwise_constraint = depthwise_constraint, pointwise_constraint

    def build(self, input_shape):
        depth = self._channels(input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: depth})
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            shape=(*self.kernel_size, depth, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            trainable=True,
            dtype=self.dtype,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            shape=(1,) * self.rank + (self.depth_multiplier * depth, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            trainable=True,
            dtype=self.dtype,
        )
        self.bias = self._bias(self.filters)
        self.built = True

    def _separable(self, inputs, depthwise, pointwise, strides, rate):
        first = self.data_format == "channels_first"
        return separable_conv2d_op(
            inputs,
            depthwise,
            pointwise,
            strides=(1, 1, *strides) if first else (1, *strides, 1),
            padding=self.padding.upper(),
            rate=rate,
            data_format=tf_format(self.data_format, 2),
        )


@export("layers.SeparableConv1D")
class SeparableConv1D(Separable):
    """A depthwise convolution along one dimension, then one of width 1. The arguments are those of `SeparableConv2D`."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=Zeros(),
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(
            1,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            depth_multiplier,
            activation,
            use_bias,
            depthwise_initializer,
            pointwise_initializer,
            bias_initializer,
            depthwise_regularizer,
            pointwise_regularizer,
            bias_regularizer,
            activity_regularizer,
            depthwise_constraint,
            pointwise_constraint,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )

    def call(self, inputs):
        at = 2 if self.data_format == "channels_first" else 1
        inputs = expand_dims(inputs, at)
        outputs = self._separable(
            inputs,
            expand_dims(self.depthwise_kernel, 0),
            expand_dims(self.pointwise_kernel, 0),
            self.strides * 2,
            (1, *self.dilation_rate),
        )
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=tf_format(self.data_format, 2))
        outputs = squeeze(outputs, [at])
        return self.activation(outputs) if self.activation is not None else outputs


@export("layers.SeparableConv2D")
class SeparableConv2D(Separable):
    """A depthwise convolution, then one of 1x1: `Conv2D` with `depth_multiplier` filters a channel before it."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format="channels_last",
        dilation_rate=(1, 1),
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=Zeros(),
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
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
            dilation_rate,
            depth_multiplier,
            activation,
            use_bias,
            depthwise_initializer,
            pointwise_initializer,
            bias_initializer,
            depthwise_regularizer,
            pointwise_regularizer,
            bias_regularizer,
            activity_regularizer,
            depthwise_constraint,
            pointwise_constraint,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )

    def call(self, inputs):
        outputs = self._separable(inputs, self.depthwise_kernel, self.pointwise_kernel, self.strides, self.dilation_rate)
        return self._finished(outputs)


def _function(kind, name, one):
    def call(
        inputs,
        filters,
        kernel_size,
        strides=one,
        padding="valid",
        data_format="channels_last",
        dilation_rate=one,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=Zeros(),
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
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
            dilation_rate,
            depth_multiplier,
            activation,
            use_bias,
            depthwise_initializer,
            pointwise_initializer,
            bias_initializer,
            depthwise_regularizer,
            pointwise_regularizer,
            bias_regularizer,
            activity_regularizer,
            depthwise_constraint,
            pointwise_constraint,
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


separable_conv1d = _function(SeparableConv1D, "separable_conv1d", 1)
separable_conv2d = _function(SeparableConv2D, "separable_conv2d", (1, 1))
