"""tf.contrib.training: hyperparameters, and what trains and evaluates with them."""

from . import hparams  # noqa: F401
