"""Batch normalisation."""

from ..build.cond import smart_cond, smart_constant_value
from ..build.initializers import Ones, Zeros
from ..graph.convert import convert_to_tensor
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import cast
from ..ops.fill import ones_like, zeros_like
from ..ops.nn_functions import batch_normalization as batch_normalization_op
from ..ops.nn_functions import fused_batch_norm, moments
from ..ops.reduce import reduce_mean
from ..ops.shape import reshape
from ..ops.shape import shape as shape_tensor
from ..ops.slicing import stop_gradient
from .averages import Renorm, assign_moving_average
from .base import InputSpec, Layer, shape_of

__all__ = ["BatchNormalization"]


@export("layers.BatchNormalization")
class BatchNormalization(Layer):
    """Inputs brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    Args:
      axis: the dimension of the channels.
      momentum: the decay of the moving statistics.
      epsilon: added to the variance.
      center, scale: whether there are beta and gamma.
      beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: of the variables.
      beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of the variables.
      renorm: whether batch renormalisation corrects by the moving statistics.
      renorm_clipping: a dict of `rmin`, `rmax`, `dmax`, the corrections' bounds; renorm_momentum: of renorm's statistics.
      fused: False for none; otherwise one op does it where it can: 4 dimensions, channels at 1 or 3, nothing special.
      trainable: whether beta and gamma are trained.
      virtual_batch_size: how many examples are normalised together; all by default.
      adjustment: a function of the inputs' shape that gives (scale, offset) of the normalised values while training.
      name: the layer's name.

    Source: Ioffe and Szegedy (2015).
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer=Zeros(),
        gamma_initializer=Ones(),
        moving_mean_initializer=Zeros(),
        moving_variance_initializer=Ones(),
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        fused=None,
        trainable=True,
        virtual_batch_size=None,
        adjustment=None,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.renorm, self.virtual_batch_size, self.adjustment = renorm, virtual_batch_size, adjustment
        if renorm:
            self.renorm_clipping, self.renorm_momentum = renorm_clipping or {}, renorm_momentum
            keys = ["rmax", "rmin", "dmax"]
            need(
                set(self.renorm_clipping) <= set(keys),
                f"renorm_clipping {self.renorm_clipping} contains keys not in {keys}",
            )
        need(isinstance(axis, (int, list)), f"axis must be int or list, type given: {type(axis)}", kind=TypeError)
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.momentum, self.epsilon, self.center, self.scale = momentum, epsilon, center, scale
        self.initializers = {
            "beta": beta_initializer,
            "gamma": gamma_initializer,
            "moving_mean": moving_mean_initializer,
            "moving_variance": moving_variance_initializer,
        }
        self.regularizers = {"beta": beta_regularizer, "gamma": gamma_regularizer}
        self.constraints = {"beta": beta_constraint, "gamma": gamma_constraint}
        self.fused, self._given_fused = fused, fused

    def build(self, input_shape):
        dims = shape_of(input_shape)
        if not dims.ndims:
            raise ValueError("Input has undefined rank:", dims)
        n = dims.ndims
        self.axis = [a + n if a < 0 else a for a in self.axis]
        for a in self.axis:
            need(0 <= a < n, f"Invalid axis: {a}")
        need(len(self.axis) == len(set(self.axis)), f"Duplicate axis: {self.axis}")
        self._check_virtual()
        if self.fused in (None, True):
            plain = not self.renorm and self.virtual_batch_size is None and self.adjustment is None
            self.fused = n == 4 and self.axis in ([1], [3]) and plain
        self._data_format = "NCHW" if self.fused and self.axis == [1] else "NHWC"
        axes = {a: dims.dims[a].value for a in self.axis}
        for size in axes.values():
            if size is None:
                raise ValueError("Input has undefined `axis` dimension. Input shape: ", dims)
        self.input_spec = InputSpec(ndim=n, axes=axes)
        if len(axes) == 1 and self.virtual_batch_size is None:
            shape = (next(iter(axes.values())),)
        else:
            shape = [axes.get(k, 1) for k in range(n)]
        if self.virtual_batch_size is not None:
            shape.insert(1, 1)  # the dimension of the batches in the batch
            self.axis = [a + 1 for a in self.axis]
        kind = dtypes.float32 if self.dtype in ("float16", "bfloat16") else dtypes.as_dtype(self.dtype or "float32")
        self.gamma = self._parameter("gamma", shape, kind) if self.scale else None
        if not self.scale and self.fused:
            self._gamma_const = constant(1.0, dtype=kind, shape=shape)
        self.beta = self._parameter("beta", shape, kind) if self.center else None
        if not self.center and self.fused:
            self._beta_const = constant(0.0, dtype=kind, shape=shape)
        self.moving_mean = self._statistic("moving_mean", shape, kind)
        self.moving_variance = self._statistic("moving_variance", shape, kind)
        self._renorm = Renorm(self, shape, kind) if self.renorm else None
        self.built = True

    def _check_virtual(self):
        if self.virtual_batch_size is None:
            return
        need(
            self.virtual_batch_size > 0,
            "virtual_batch_size must be a positive integer that divides the true batch size of the input Tensor",
        )
        need(
            0 not in self.axis,
            "When using virtual_batch_size, the batch dimension must be 0 and thus axis cannot include 0",
        )
        need(self.adjustment is None, "When using virtual_batch_size, adjustment cannot be specified")

    def _parameter(self, name, shape, kind):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=kind,
            initializer=self.initializers[name],
            regularizer=self.regularizers[name],
            constraint=self.constraints[name],
            trainable=True,
        )

    def _statistic(self, name, shape, kind):
        return self.add_weight(name=name, shape=shape, dtype=kind, initializer=self.initializers[name], trainable=False)

    def call(self, inputs, training=False):
        if self.fused:
            return self._fused(inputs, training)
        if self.virtual_batch_size is None:
            return self._unfused(inputs, training)
        whole = [-1, *inputs.get_shape().as_list()[1:]]
        outputs = self._unfused(reshape(inputs, [self.virtual_batch_size, -1, *whole[1:]]), training)
        return reshape(outputs, whole)

    def _unfused(self, inputs, training):
        """Step by step."""
        axes = [k for k in range(len(inputs.dims)) if k not in self.axis]
        if self.virtual_batch_size is not None:
            del axes[1]
        wide = self._wide(inputs, axes)
        scale, offset = wide(self.gamma), wide(self.beta)
        if smart_constant_value(training) is not False:
            if self.adjustment:
                scale, offset = _composed(*self._adjusted(inputs, training), scale, offset)
            mean, variance, scale, offset = self._trained(inputs, axes, wide, scale, offset, training)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        mean, variance = cast(mean, inputs._dtype), cast(variance, inputs._dtype)
        offset = None if offset is None else cast(offset, inputs._dtype)
        scale = None if scale is None else cast(scale, inputs._dtype)
        outputs = batch_normalization_op(inputs, wide(mean), wide(variance), offset, scale, self.epsilon)
        outputs.set_shape(inputs.get_shape())
        return outputs

    def _adjusted(self, inputs, training):
        """What `adjustment` gives while training; 1 and 0 otherwise."""
        scale, offset = self.adjustment(shape_tensor(inputs))
        scale = smart_cond(training, lambda: scale, lambda: ones_like(scale))
        return scale, smart_cond(training, lambda: offset, lambda: zeros_like(offset))

    def _trained(self, inputs, axes, wide, scale, offset, training):
        """(mean, variance, scale, offset) of a batch; the statistics' updates are added."""
        virtual = self.virtual_batch_size is not None
        mean, variance = moments(inputs, axes, keep_dims=virtual or len(self.axis) > 1)
        moving_mean, moving_variance = self.moving_mean, self.moving_variance
        mean = smart_cond(training, lambda: mean, lambda: convert_to_tensor(moving_mean))
        variance = smart_cond(training, lambda: variance, lambda: convert_to_tensor(moving_variance))
        new_mean, new_variance = mean, variance
        if virtual:
            new_mean = reduce_mean(mean, axis=1, keepdims=True)
            new_variance = reduce_mean(variance, axis=1, keepdims=True)
        if self._renorm:
            r, d, new_mean, new_variance = self._renorm.corrected(new_mean, new_variance, training)
            r, d = wide(stop_gradient(r, name="renorm_r")), wide(stop_gradient(d, name="renorm_d"))
            scale, offset = _composed(r, d, scale, offset)
        self.add_update([self._update(moving_mean, new_mean, training), self._update(moving_variance, new_variance, training)])
        return mean, variance, scale, offset

    def _wide(self, inputs, axes):
        n = len(inputs.dims)
        dims = [1] * n
        dims[self.axis[0]] = inputs.dims[self.axis[0]]

        def wide(v):
            if v is not None and v.get_shape().ndims != n and axes != list(range(n - 1)):
                return reshape(v, dims)
            return v

        return wide

    def _fused(self, inputs, training):
        beta = self.beta if self.center else self._beta_const
        gamma = self.gamma if self.scale else self._gamma_const

        def trained():
            return fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, data_format=self._data_format)

        def used():
            return fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=False,
                data_format=self._data_format,
            )

        output, mean, variance = smart_cond(training, trained, used)
        value = smart_constant_value(training)
        if value is None:
            momentum = smart_cond(training, lambda: self.momentum, lambda: 1.0)
        else:
            momentum = convert_to_tensor(self.momentum)
        if value is not False:
            self.add_update(
                [
                    assign_moving_average(self.moving_mean, mean, momentum),
                    assign_moving_average(self.moving_variance, variance, momentum),
                ]
            )
        return output

    def _update(self, variable, value, training):
        """The op that moves a statistic towards the batch's, while training."""
        return smart_cond(training, lambda: assign_moving_average(variable, value, self.momentum), lambda: variable)

    def compute_output_shape(self, input_shape):
        """The input's."""
        return input_shape


def _composed(scale, offset, then_scale, then_offset):
    """(scale, offset) of two such steps, one after the other; None does nothing."""
    if then_scale is not None:
        scale *= then_scale
        offset *= then_scale
    if then_offset is not None:
        offset += then_offset
    return scale, offset


@export("layers.batch_normalization")
def batch_normalization(
    inputs,
    axis=-1,
    momentum=0.99,
    epsilon=1e-3,
    center=True,
    scale=True,
    beta_initializer=Zeros(),
    gamma_initializer=Ones(),
    moving_mean_initializer=Zeros(),
    moving_variance_initializer=Ones(),
    beta_regularizer=None,
    gamma_regularizer=None,
    beta_constraint=None,
    gamma_constraint=None,
    training=False,
    trainable=True,
    name=None,
    reuse=None,
    renorm=False,
    renorm_clipping=None,
    renorm_momentum=0.99,
    fused=None,
    virtual_batch_size=None,
    adjustment=None,
):
    """A `BatchNormalization` layer applied to `inputs`; while `training` its statistics' updates go into UPDATE_OPS."""
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _reuse=reuse,
        _scope=name,
    )
    return layer.apply(inputs, training=training)
