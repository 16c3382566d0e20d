"""tf.contrib.learn: what programs with estimators of tf.estimator, or loops of their own, use of it."""

from . import data_sets, modes, run_config  # noqa: F401
