"""tf.contrib.crf: linear-chain conditional random fields."""

from . import cells, decode, scores  # noqa: F401
