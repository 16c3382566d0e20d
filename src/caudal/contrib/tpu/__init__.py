"""tf.contrib.tpu, as far as its programs run without a TPU: estimators with use_tpu=False."""

from . import optimizer, resolver, tpu_estimator  # noqa: F401
