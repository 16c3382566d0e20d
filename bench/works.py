"""What is measured, the same for every peer: each network's layers, batch, data, first weights, and what its step must do at least."""

import dataclasses
import math

import numpy as np

__all__ = ["DECAY", "WORKS", "Work", "inferred"]

# the factor of the weights' L2, by network
DECAY = {"iris": 0.01, "lenet": 4e-4, "tfnet": 5e-5, "vishnet": 3e-7, "deep": 1e-4, "resnet20": 1e-4}


@dataclasses.dataclass(frozen=True)
class Layer:
    """Some parameters, in the order and the layout in which a TF1 program makes them.

    Attributes:
      shapes: of its parameters.
      flops: multiplications and additions of one example's way forward.
    """

    shapes: tuple
    flops: int = 0


def _conv(size, inputs, outputs, side, bias=True):
    flops = 2 * size * size * inputs * outputs * side * side
    return Layer(((size, size, inputs, outputs), *[(outputs,)] * bias), flops)


def _dense(inputs, outputs, times=1):
    return Layer(((inputs, outputs), (outputs,)), 2 * inputs * outputs * times)


def _norm(channels):
    return Layer(((channels,), (channels,)))


@dataclasses.dataclass(frozen=True)
class Work:
    """A network and what is done with it.

    Attributes:
      net: its name in nets_tf.py, nets_torch.py and nets_jax.py.
      layers: its parameters and products.
      batch: examples a step.
      data: function of a RandomState: the arrays of a step.
      optimizer: "adam", "momentum", "clipped" or "descent", or None for inference.
      options: what a net may take beside: the number of time steps.
      moved: bytes that the optimizer reads and writes, where that isn't all parameters.
      peers: by whom it is measured, where that isn't all.
    """

    net: str
    layers: tuple
    batch: int
    data: object
    optimizer: str | None = "adam"
    options: dict = dataclasses.field(default_factory=dict)
    moved: int | None = None
    peers: tuple | None = None

    def parameters(self):
        """How many there are."""
        return sum(math.prod(shape) for layer in self.layers for shape in layer.shapes)

    def flops(self):
        """Of a step: training goes forward once and back twice, but not to the data."""
        forward = sum(layer.flops for layer in self.layers)
        return self.batch * (3 * forward - self.layers[0].flops if self.optimizer else forward)

    def bytes(self):
        """That a step reads and writes at least: the parameters and the optimizer's numbers; slopes and activations may stay in a cache."""
        if self.moved is not None:
            return self.moved
        return 4 * self.parameters() * {"adam": 6, "momentum": 4, "clipped": 2, None: 1}[self.optimizer]

    def feed(self):
        """The arrays of a step, always the same."""
        return self.data(np.random.RandomState(0))

    def weights(self):
        """First weights, for the check that all peers compute the same."""
        draw, out = np.random.RandomState(1), []
        for layer in self.layers:
            for k, shape in enumerate(layer.shapes):
                fixed = np.ones(shape) if len(layer.shapes[0]) == 1 and k == 0 else np.zeros(shape)
                out.append((draw.normal(0, 0.05, shape) if len(shape) > 1 else fixed).astype("f"))
        return out


def _images(batch, side=28, channels=1):
    return lambda draw: (draw.rand(batch, side, side, channels).astype("f"), draw.randint(0, 10, batch))


def _flowers(draw):
    return draw.rand(50, 4).astype("f"), draw.randint(0, 3, 50)


def _vectors(draw):
    return draw.rand(32, 16).astype("f"), draw.randint(0, 10, 32)


def _text(steps):
    return lambda draw: (draw.randint(0, 2000, (20, steps)), draw.randint(0, 2000, (20, steps)))


def _pairs(draw):
    return draw.randint(0, 50_000, 128), draw.randint(0, 50_000, (128, 1))


_LENET = (_conv(5, 1, 6, 28), _conv(5, 6, 16, 10), _dense(400, 120), _dense(120, 84), _dense(84, 10))
_TFNET = (_conv(5, 1, 32, 28), _conv(5, 32, 64, 14), _dense(3136, 1024), _dense(1024, 10))
_VISHNET = (_conv(5, 1, 64, 28), _conv(5, 64, 128, 13), _conv(5, 128, 256, 6), _dense(9216, 10))
_WORDS = Layer(((50_000, 128),)), Layer(((50_000, 128), (50_000,)), 2 * 128 * (1 + 64))


def _resnet20():
    layers, inputs = [_conv(3, 3, 16, 32, bias=False), _norm(16)], 16
    for stage, outputs in enumerate((16, 32, 64)):
        for _ in range(3):
            side = 32 >> stage
            layers += [_conv(3, inputs, outputs, side, bias=False), _norm(outputs)]
            layers += [_conv(3, outputs, outputs, side, bias=False), _norm(outputs)]
            layers += [_conv(1, inputs, outputs, side, bias=False)] if inputs != outputs else []
            inputs = outputs
    return (*layers, _dense(64, 10))


def _lstm(steps):
    layers = Layer(((2000, 200),)), _dense(400, 800, steps), _dense(400, 800, steps), _dense(200, 2000, steps)
    return Work("lstm", layers, 20, _text(steps), "clipped", {"steps": steps})


def _bits(steps):
    return lambda draw: (draw.randint(0, 2, (16, steps, 9)).astype("f"), draw.randint(0, 2, (16, steps, 9)).astype("f"))


def _ntm(steps):
    heads = _dense(100, 26, steps), _dense(100, 40, steps), _dense(100, 26, steps)
    layers = _dense(129, 400, steps), *heads, _dense(120, 9, steps)
    return Work("ntm", layers, 16, _bits(steps), "clipped", {"steps": steps}, peers=("caudal", "tensorflow"))


WORKS = {
    "iris": Work("iris", (_dense(4, 4), _dense(4, 3), _dense(3, 3)), 50, _flowers),
    "lenet": Work("lenet", _LENET, 50, _images(50)),
    "tfnet": Work("tfnet", _TFNET, 50, _images(50)),
    "vishnet": Work("vishnet", _VISHNET, 50, _images(50)),
    "deep": Work("deep", (_dense(16, 16),) * 34, 32, _vectors),
    "lstm": _lstm(35),
    "lstm140": _lstm(140),
    "resnet20": Work("resnet20", _resnet20(), 50, _images(50, 32, 3), "momentum"),
    "ntm": _ntm(152),
    "word2vec": Work("word2vec", _WORDS, 128, _pairs, "descent", moved=2 * 4 * (128 * 128 + (128 + 64) * 129)),
}
for _name in ("lenet", "tfnet"):
    for _batch in (1, 256):
        WORKS[f"{_name}-{_batch}"] = Work(_name, WORKS[_name].layers, _batch, _images(_batch), None)


def inferred(name):
    """Whether a work is inference."""
    return WORKS[name].optimizer is None
