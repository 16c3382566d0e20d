"""tf.contrib.legacy_seq2seq: sequence-to-sequence models over lists of tensors, unrolled while the graph is built."""

from . import buckets, decoders, losses, models  # noqa: F401
