"""Dense, Dropout, Flatten."""

from ..build.cond import smart_cond
from ..build.initializers import Zeros
from ..graph.convert import convert_to_tensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.activations import bias_add
from ..ops.basic import identity
from ..ops.matmul import matmul_node
from ..ops.nn_functions import dropout as dropout_op
from ..ops.products import tensordot
from ..ops.shape import reshape, shape, transpose
from .base import InputSpec, Layer, shape_of
from .convolutional import normalize_format
from .identifiers import activation_of, regularizer_of

__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]


@export("layers.Dense")
class Dense(Layer):
    """activation(inputs kernel + bias).

    Args:
      units: how many outputs.
      activation: a function; None for none.
      use_bias: whether there is a bias.
      kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
      bias_constraint: of the variables and outputs.
      trainable: whether it is trained.
      name: the layer's name.
    """

    def __init__(
        self,
        units,
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
        self.units = int(units)
        self.activation, self.use_bias = activation_of(activation), use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = regularizer_of(kernel_regularizer), regularizer_of(bias_regularizer)
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        last = shape_of(input_shape)[-1].value
        need(last is not None, "The last dimension of the inputs to `Dense` should be defined. Found `None`.")
        kind = dtypes.as_dtype(self.dtype or dtypes.float32)
        if not (kind.is_floating or kind.is_complex):
            raise TypeError("Unable to build `Dense` layer with non-floating point dtype %s" % (kind,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: last})
        self.kernel = self.add_weight(
            "kernel",
            shape=[last, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            dtype=self.dtype,
            trainable=True,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=[self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                dtype=self.dtype,
                trainable=True,
            )
        self.built = True

    def call(self, inputs):
        inputs = convert_to_tensor(inputs)
        if inputs.rank is not None and inputs.rank > 2:
            outputs = tensordot(inputs, self.kernel, [[inputs.rank - 1], [0]])
            outputs.set_shape(inputs.get_shape().as_list()[:-1] + [self.units])
        else:
            outputs = matmul_node(inputs, self.kernel)
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return self.activation(outputs) if self.activation is not None else outputs

    def compute_output_shape(self, input_shape):
        """The input's shape with `units` at its end."""
        return shape_of(input_shape)[:-1].concatenate(self.units)


@export("layers.dense")
def dense(
    inputs,
    units,
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
    """A `Dense` layer applied to `inputs`; `reuse` shares the variables of a layer of that name."""
    layer = Dense(
        units,
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
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)


@export("layers.Dropout")
class Dropout(Layer):
    """Elements set to 0 at random while training.

    Args:
      rate: the chance that an element is dropped.
      noise_shape: int `[rank]`.
      seed: the op's seed.
      name: the layer's name.
    """

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def _get_noise_shape(self, inputs):
        if self.noise_shape is None:
            return self.noise_shape
        symbolic = shape(inputs)
        return convert_to_tensor([symbolic[axis] if dim is None else dim for axis, dim in enumerate(self.noise_shape)])

    def call(self, inputs, training=False):
        def dropped():
            return dropout_op(inputs, noise_shape=self._get_noise_shape(inputs), seed=self.seed, rate=self.rate)

        return smart_cond(training, dropped, lambda: identity(inputs))

    def compute_output_shape(self, input_shape):
        """The input's."""
        return input_shape


@export("layers.dropout")
def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """A `Dropout` layer applied to `inputs`; it drops while `training`, a bool or a tensor."""
    return Dropout(rate, noise_shape=noise_shape, seed=seed, name=name).apply(inputs, training=training)


@export("layers.Flatten")
class Flatten(Layer):
    """All dimensions but the batch as one.

    Args:
      data_format: "channels_last", or "channels_first": then the channels are put last before.
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = normalize_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        if self.data_format == "channels_first" and len(inputs.dims or ()) > 1:
            inputs = transpose(inputs, [0, *range(2, len(inputs.dims)), 1])
        batch = inputs.dims[0]
        outputs = reshape(inputs, (batch if batch is not None else shape(inputs)[0], -1))
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return outputs

    def compute_output_shape(self, input_shape):
        """`[batch, product of the rest]`."""
        dims = shape_of(input_shape)
        rest = dims[1:].num_elements() if dims[1:].ndims else 1
        return shape_of([dims[0].value, rest])


@export("layers.flatten")
def flatten(inputs, name=None, data_format="channels_last"):
    """A `Flatten` layer applied to `inputs`."""
    return Flatten(name=name, data_format=data_format).apply(inputs)
