"""tf.contrib.image: pictures turned, moved and seen from elsewhere."""

from . import transforms  # noqa: F401
