"""tf.contrib.nn: losses with their arguments in the older order, and dropout for selu."""

from . import flipped  # noqa: F401
