"""Pooling layers in one, two and three dimensions."""

from ..graph.define import define
from ..ground.api import export
from ..ground.shapes import TensorShape
from ..ops.convolution import output_length
from ..ops.nn_functions import avg_pool, max_pool
from ..ops.shape import expand_dims, squeeze, transpose
from .base import InputSpec, Layer, shape_of
from .convolutional import normalize_format, normalize_padding, normalize_tuple, tf_format

__all__ = ["pooling"]

_max3, _avg3 = define("MaxPool3D"), define("AvgPool3D")


def _three(node):
    return lambda x, ksize, strides, padding, data_format: node(
        x, ksize=ksize, strides=strides, padding=padding, data_format=data_format
    )


_FUNCTIONS = {
    ("Max", 2): lambda x, ksize, strides, padding, data_format: max_pool(x, ksize, strides, padding, data_format),
    ("Average", 2): lambda x, ksize, strides, padding, data_format: avg_pool(x, ksize, strides, padding, data_format),
    ("Max", 3): _three(_max3),
    ("Average", 3): _three(_avg3),
}


class Pooling(Layer):
    """What pooling of all ranks shares."""

    _way, _rank = "Max", 2

    def __init__(self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        strides = pool_size if strides is None else strides
        self.pool_size = normalize_tuple(pool_size, self._rank, "pool_size")
        self.strides = normalize_tuple(strides, self._rank, "strides")
        self.padding, self.data_format = normalize_padding(padding), normalize_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs):
        if self._rank == 1:
            return self._flat(inputs)
        return self._pool(inputs, self._rank, self.pool_size, self.strides)

    def _flat(self, inputs):
        """Through two dimensions; channels are put last for it, since TF's kernels on a CPU know no other way."""
        first = self.data_format == "channels_first"
        wide = expand_dims(inputs, 3 if first else 2)
        wide = transpose(wide, (0, 2, 3, 1)) if first else wide
        ksize, steps = (1, *self.pool_size, 1, 1), (1, *self.strides, 1, 1)
        out = _FUNCTIONS[self._way, 2](wide, ksize, steps, self.padding.upper(), "NHWC")
        return squeeze(transpose(out, (0, 3, 1, 2)), 3) if first else squeeze(out, 2)

    def _pool(self, inputs, rank, size, strides):
        first = self.data_format == "channels_first"
        ksize = (1, 1, *size) if first else (1, *size, 1)
        steps = (1, 1, *strides) if first else (1, *strides, 1)
        return _FUNCTIONS[self._way, rank](inputs, ksize, steps, self.padding.upper(), tf_format(self.data_format, rank))

    def compute_output_shape(self, input_shape):
        """The shape of the outputs for inputs of that shape."""
        dims = shape_of(input_shape).as_list()
        first = self.data_format == "channels_first"
        space = dims[2:] if first else dims[1:-1]
        out = [output_length(n, k, self.padding, s) for n, k, s in zip(space, self.pool_size, self.strides, strict=True)]
        return TensorShape([*dims[:2], *out] if first else [dims[0], *out, dims[-1]])


def _kind(way, rank):
    name = f"{way}Pooling{rank}D"
    made = type(name, (Pooling,), {"_way": way, "_rank": rank, "__module__": __name__})
    made.__doc__ = f"""The {"greatest element" if way == "Max" else "mean"} of each window, in {rank} dimension(s).

    Args:
      pool_size: the window's size; strides: its steps.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the layer's name.
    """
    return export("layers." + name)(made)


def pooling(kind, name):
    """The function that applies a pooling layer."""

    def call(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
        return kind(pool_size=pool_size, strides=strides, padding=padding, data_format=data_format, name=name).apply(inputs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"A `{kind.__name__}` layer applied to `inputs`."
    return export("layers." + name)(call)


FUNCTIONS = {}
for _way in ("Max", "Average"):
    for _rank in (1, 2, 3):
        _public = f"{_way.lower()}_pooling{_rank}d"
        FUNCTIONS[_public] = pooling(_kind(_way, _rank), _public)
