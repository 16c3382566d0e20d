"""tf.contrib.training: hyperparameters, the op that trains, the loop that runs it, evaluation."""

from . import hparams  # noqa: F401
