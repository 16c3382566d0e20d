"""tf.contrib.seq2seq: decoders that feed their outputs back, attention, beam search."""

from . import basic_decoder, helpers, losses, scheduled  # noqa: F401
