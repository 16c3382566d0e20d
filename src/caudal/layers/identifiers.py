"""Names in the place of functions: `activation="relu"`, `kernel_regularizer="l2"`, as Keras has them."""

from ..ground.errors import need
from ..ops.activations import elu, relu, selu, softmax, softplus, softsign
from ..ops.clip import clip_by_value
from ..ops.elementwise import PLAIN, sigmoid, square, tanh
from ..ops.elementwise import abs as absolute
from ..ops.reduce import reduce_sum

__all__ = ["activation_of", "regularizer_of"]


def _linear(x):
    return x


def _hard_sigmoid(x):
    return clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


_ACTIVATIONS = {
    "elu": elu,
    "exponential": PLAIN["Exp"],
    "hard_sigmoid": _hard_sigmoid,
    "linear": _linear,
    "relu": relu,
    "selu": selu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
}


def activation_of(given):
    """The function that `given` is or names; None for none.

    Raises:
      ValueError: no function has that name; TypeError: it is neither a function nor a name.
    """
    if given is None or callable(given):
        return given
    if not isinstance(given, str):
        raise TypeError(f"Could not interpret activation function identifier: {given!r}")
    need(given in _ACTIVATIONS, f"Unknown activation function:{given}")
    return _ACTIVATIONS[given]


def _l1_l2(l1, l2):
    def regularizer(x):
        total = 0.0
        if l1:
            total += l1 * reduce_sum(absolute(x))
        if l2:
            total += l2 * reduce_sum(square(x))
        return total

    return regularizer


_REGULARIZERS = {"l1": _l1_l2(0.01, 0.0), "l2": _l1_l2(0.0, 0.01), "l1_l2": _l1_l2(0.01, 0.01)}


def regularizer_of(given):
    """The function of a variable that `given` is or names; None for none.

    Raises:
      ValueError: no regularizer has that name, or it is neither a function nor a name.
    """
    if given is None or callable(given):
        return given
    if not isinstance(given, str):
        raise ValueError("Could not interpret regularizer identifier:", given)
    need(given in _REGULARIZERS, f"Unknown regularizer: {given}")
    return _REGULARIZERS[given]
