"""The families of contrib, one import line each; and the names that Slim shares with others."""

from ..ground.api import PUBLIC, constant
from . import legacy_seq2seq, rnn, seq2seq  # noqa: F401
from .framework import arg_scope, variables  # noqa: F401
from .layers import encoders, initializers, layers, normalizations, pooling, regularizers, utils  # noqa: F401
from .opt import adam, lars, sign, weight_decay, wrappers  # noqa: F401
from .slim import learning  # noqa: F401

__all__ = []

for _name in (
    "absolute_difference",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
    "sigmoid_cross_entropy",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "add_loss",
    "compute_weighted_loss",
    "hinge_loss",
    "log_loss",
    "mean_squared_error",
    "cosine_distance",
    "mean_pairwise_squared_error",
):
    constant(PUBLIC["losses." + _name], "contrib.slim.losses." + _name, "contrib.losses." + _name)
