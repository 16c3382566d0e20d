"""What a variable starts as: objects that are called with a shape and give the initial value's nodes."""

import math

import numpy as np

from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import sign
from ..ops.fill import ones, zeros
from ..ops.linalg import qr
from ..ops.matrices import diag_part, eye, matrix_transpose
from ..ops.random import random_normal, random_uniform, truncated_normal
from ..ops.shape import reshape
from ..ops.slicing import slice_

__all__ = ["Initializer"]


@export("keras.initializers.Initializer")
class Initializer:
    """An object that makes initial values: `initializer(shape, dtype=None, partition_info=None)`."""

    def __call__(self, shape, dtype=None, partition_info=None):
        raise NotImplementedError

    def get_config(self):
        """The arguments that would make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config):
        """An initializer from what `get_config` gave."""
        return cls(**config)


@export("zeros_initializer", "initializers.zeros", "keras.initializers.Zeros", "keras.initializers.zeros")
class Zeros(Initializer):
    """Zeros.

    Args:
      dtype: the dtype if the call names none.
    """

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self):
        return {"dtype": self.dtype.name}


@export("ones_initializer", "initializers.ones", "keras.initializers.Ones", "keras.initializers.ones")
class Ones(Initializer):
    """Ones.

    Args:
      dtype: the dtype if the call names none.
    """

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self):
        return {"dtype": self.dtype.name}


@export("constant_initializer", "initializers.constant", "keras.initializers.Constant", "keras.initializers.constant")
class Constant(Initializer):
    """One value everywhere, or a list or array in the variable's shape.

    Args:
      value: a number, list or array.
      dtype: the dtype if the call names none.
      verify_shape: whether an array has to have the variable's shape.

    Raises:
      TypeError: another kind of value.
    """

    def __init__(self, value=0, dtype=dtypes.float32, verify_shape=False):
        need(
            np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray)),
            f"Invalid type for initial value: {type(value)} (expected Python scalar, list or tuple of values, or numpy.ndarray).",
            kind=TypeError,
        )
        self.value, self.dtype, self._verify_shape = value, dtypes.as_dtype(dtype), verify_shape

    def __call__(self, shape, dtype=None, partition_info=None, verify_shape=None):
        verify = self._verify_shape if verify_shape is None else verify_shape
        return constant(self.value, self.dtype if dtype is None else dtype, shape, verify_shape=verify)

    def get_config(self):
        return {"value": self.value, "dtype": self.dtype.name}


def _float(dtype):
    kind = dtypes.as_dtype(dtype)
    need(kind.is_floating, f"Expected floating point type, got {kind}.")
    return kind


@export("random_uniform_initializer", "initializers.random_uniform")
class RandomUniform(Initializer):
    """Uniform numbers from `minval` to `maxval` (1 for float dtypes if None)."""

    def __init__(self, minval=0, maxval=None, seed=None, dtype=dtypes.float32):
        self.minval, self.maxval, self.seed, self.dtype = minval, maxval, seed, dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_uniform(shape, self.minval, self.maxval, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed, "dtype": self.dtype.name}


@export("random_normal_initializer", "initializers.random_normal")
class RandomNormal(Initializer):
    """Normal numbers of a mean and standard deviation."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _float(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_normal(shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed, "dtype": self.dtype.name}


@export("truncated_normal_initializer", "initializers.truncated_normal")
class TruncatedNormal(Initializer):
    """Normal numbers, drawn again where they are more than two deviations off."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _float(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return truncated_normal(shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed, "dtype": self.dtype.name}


@export("uniform_unit_scaling_initializer", "initializers.uniform_unit_scaling")
class UniformUnitScaling(Initializer):
    """Uniform numbers that keep the scale of the input: within sqrt(3 / inputs) times `factor`."""

    def __init__(self, factor=1.0, seed=None, dtype=dtypes.float32):
        self.factor, self.seed, self.dtype = factor, seed, _float(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        whole = shape if partition_info is None else partition_info.full_shape
        size = 1.0
        for d in whole[:-1]:
            size *= float(d)
        most = math.sqrt(3 / max(size, 1.0)) * self.factor
        return random_uniform(shape, -most, most, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


def fans(shape):
    """(inputs, outputs) of a weight: of a convolution's filters, times their window."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = 1.0 if len(shape) > 2 else 1
    for d in shape[:-2]:
        window *= d
    return shape[-2] * window, shape[-1] * window


@export("variance_scaling_initializer", "initializers.variance_scaling", "keras.initializers.VarianceScaling")
class VarianceScaling(Initializer):
    """Numbers whose variance is `scale` over the number of inputs, outputs, or their mean.

    Args:
      scale: above 0.
      mode: "fan_in", "fan_out" or "fan_avg".
      distribution: "truncated_normal" ("normal"), "untruncated_normal" or "uniform".
      seed: the op's seed.
      dtype: the dtype if the call names none.

    Raises:
      ValueError: an argument out of its range.
    Source: Glorot and Bengio (2010); He et al. (2015).
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, dtype=dtypes.float32):
        need(scale > 0.0, "`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale, self.mode, self.distribution, self.seed, self.dtype = scale, mode, distribution, seed, _float(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        kind = self.dtype if dtype is None else dtype
        inputs, outputs = fans(shape if partition_info is None else partition_info.full_shape)
        over = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2.0}[self.mode]
        scale = self.scale / max(1.0, over)
        if self.distribution in ("normal", "truncated_normal"):
            # 0.8796... is the deviation of a normal distribution cut at two deviations
            return truncated_normal(shape, 0.0, math.sqrt(scale) / 0.87962566103423978, kind, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(shape, 0.0, math.sqrt(scale), kind, seed=self.seed)
        limit = math.sqrt(3.0 * scale)
        return random_uniform(shape, -limit, limit, kind, seed=self.seed)

    def get_config(self):
        keys = ("scale", "mode", "distribution", "seed")
        return {k: getattr(self, k) for k in keys} | {"dtype": self.dtype.name}


@export("glorot_uniform_initializer", "initializers.glorot_uniform", "keras.initializers.glorot_uniform")
class GlorotUniform(VarianceScaling):
    """Uniform numbers within sqrt(6 / (inputs + outputs))."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(1.0, "fan_avg", "uniform", seed)  # TF takes a dtype and forgets it

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


@export("glorot_normal_initializer", "initializers.glorot_normal", "keras.initializers.glorot_normal")
class GlorotNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / (inputs + outputs)."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


def _scaled(name, scale, mode, distribution):
    def make(seed=None):
        return VarianceScaling(scale, mode, distribution, seed)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Numbers of variance {scale} over `{mode}`, {distribution}."
    export("initializers." + name, "keras.initializers." + name)(make)


_scaled("lecun_normal", 1.0, "fan_in", "truncated_normal")
_scaled("lecun_uniform", 1.0, "fan_in", "uniform")
_scaled("he_normal", 2.0, "fan_in", "truncated_normal")
_scaled("he_uniform", 2.0, "fan_in", "uniform")


@export("initializers.identity", "keras.initializers.Identity", "keras.initializers.identity")
class Identity(Initializer):
    """The unit matrix, times `gain`."""

    def __init__(self, gain=1.0, dtype=dtypes.float32):
        self.gain, self.dtype = gain, _float(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        whole = shape if partition_info is None else partition_info.full_shape
        need(len(whole) == 2, "Identity matrix initializer can only be used for 2D matrices.")
        made = eye(*whole, dtype=self.dtype if dtype is None else dtype)
        if partition_info is not None:
            made = slice_(made, partition_info.var_offset, shape)
        return self.gain * made

    def get_config(self):
        return {"gain": self.gain, "dtype": self.dtype.name}


@export("orthogonal_initializer", "initializers.orthogonal", "keras.initializers.Orthogonal", "keras.initializers.orthogonal")
class Orthogonal(Initializer):
    """Orthonormal rows or columns, times `gain`: the q of a random matrix's decomposition.

    Args:
      gain: a factor.
      seed: the op's seed.
      dtype: the dtype if the call names none.

    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning" (2013).
    """

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        self.gain, self.dtype, self.seed = gain, _float(dtype), seed

    def __call__(self, shape, dtype=None, partition_info=None):
        need(len(shape) >= 2, "The tensor to initialize must be at least two-dimensional")
        columns = shape[-1]
        rows = 1
        for d in shape[:-1]:
            rows *= d
        drawn = random_normal(
            (max(rows, columns), min(rows, columns)), dtype=self.dtype if dtype is None else dtype, seed=self.seed
        )
        q, r = qr(drawn, full_matrices=False)
        q *= sign(diag_part(r))  # so that all are equally likely
        if rows < columns:
            q = matrix_transpose(q)
        return self.gain * reshape(q, shape)

    def get_config(self):
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


def _keras(*names):
    """The same initializer with Keras's own defaults and names."""

    def hang(cls):
        cls.__name__ = cls.__qualname__ = names[0]
        return export(*(f"keras.initializers.{name}" for name in names))(cls)

    return hang


@_keras("RandomNormal", "random_normal", "normal")
class KerasNormal(RandomNormal):
    """Normal numbers, of deviation 0.05 by default."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None, dtype=dtypes.float32):
        super().__init__(mean, stddev, seed, dtype)


@_keras("RandomUniform", "random_uniform", "uniform")
class KerasUniform(RandomUniform):
    """Uniform numbers, within 0.05 by default."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None, dtype=dtypes.float32):
        super().__init__(minval, maxval, seed, dtype)


@_keras("TruncatedNormal", "truncated_normal")
class KerasTruncated(TruncatedNormal):
    """Normal numbers drawn again where they are more than two deviations off; the deviation is 0.05 by default."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None, dtype=dtypes.float32):
        super().__init__(mean, stddev, seed, dtype)
