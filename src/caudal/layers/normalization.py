"""Batch normalisation."""

from ..build.cond import smart_cond, smart_constant_value
from ..build.initializers import Ones, Zeros
from ..graph.convert import convert_to_tensor
from ..graph.graph import default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import cast
from ..ops.nn_functions import batch_normalization as batch_normalization_op
from ..ops.nn_functions import fused_batch_norm, moments
from ..ops.shape import reshape
from ..ops.state import assign_sub
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
      renorm, renorm_clipping, renorm_momentum: batch renormalisation; not made.
      fused: whether one op does it; where it can, by default.
      trainable: whether beta and gamma are trained.
      virtual_batch_size, adjustment: not made.
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
        if renorm or virtual_batch_size is not None or adjustment is not None:
            raise NotImplementedError("Batch renormalisation, virtual batches and adjustments are not made yet: leave them out.")
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else [axis]
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
        if self.fused in (None, True):
            fits = n == 4 and self.axis in ([1], [3])
            need(self.fused is None or fits, "Unsupported axis, fused batch norm only supports axis == [1] or axis == [3]")
            self.fused = fits if self.fused is None else self.fused
        self._data_format = "NCHW" if self.fused and self.axis == [1] else "NHWC"
        axes = {a: dims.dims[a].value for a in self.axis}
        for size in axes.values():
            if size is None:
                raise ValueError("Input has undefined `axis` dimension. Input shape: ", dims)
        self.input_spec = InputSpec(ndim=n, axes=axes)
        if len(axes) == 1:
            shape = (next(iter(axes.values())),)
        else:
            shape = [axes.get(k, 1) for k in range(n)]
        kind = dtypes.float32 if self.dtype in ("float16", "bfloat16") else dtypes.as_dtype(self.dtype or "float32")
        self.gamma = self._parameter("gamma", shape, kind) if self.scale else None
        if not self.scale and self.fused:
            self._gamma_const = constant(1.0, dtype=kind, shape=shape)
        self.beta = self._parameter("beta", shape, kind) if self.center else None
        if not self.center and self.fused:
            self._beta_const = constant(0.0, dtype=kind, shape=shape)
        self.moving_mean = self._statistic("moving_mean", shape, kind)
        self.moving_variance = self._statistic("moving_variance", shape, kind)
        self.built = True

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
        axes = [k for k in range(len(inputs.dims)) if k not in self.axis]
        wide = self._wide(inputs, axes)
        scale, offset = wide(self.gamma), wide(self.beta)
        value = smart_constant_value(training)
        if value is not False:
            mean, variance = moments(inputs, axes, keep_dims=len(self.axis) > 1)
            moving_mean, moving_variance = self.moving_mean, self.moving_variance
            mean = smart_cond(training, lambda: mean, lambda: convert_to_tensor(moving_mean))
            variance = smart_cond(training, lambda: variance, lambda: convert_to_tensor(moving_variance))
            self.add_update(
                [self._update(self.moving_mean, mean, training), self._update(self.moving_variance, variance, training)]
            )
        else:
            mean, variance = self.moving_mean, self.moving_variance
        mean, variance = cast(mean, inputs._dtype), cast(variance, inputs._dtype)
        offset = None if offset is None else cast(offset, inputs._dtype)
        scale = None if scale is None else cast(scale, inputs._dtype)
        outputs = batch_normalization_op(inputs, wide(mean), wide(variance), offset, scale, self.epsilon)
        outputs.set_shape(inputs.get_shape())
        return outputs

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


def assign_moving_average(variable, value, momentum):
    """variable <- variable - (variable - value) (1 - momentum)."""
    graph = default_graph()
    with name_scope("AssignMovingAvg") as scope:
        with graph.colocate_with(variable._ref()):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            if decay._dtype is not variable.dtype.base_dtype:
                decay = cast(decay, variable.dtype.base_dtype)
            delta = (variable - cast(value, variable.dtype.base_dtype)) * decay
            if hasattr(variable, "handle"):
                return variable.assign_sub(delta, name=scope).op
            return assign_sub(variable, delta, name=scope)


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
