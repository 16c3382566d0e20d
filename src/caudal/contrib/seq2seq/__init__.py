"""tf.contrib.seq2seq: decoders that feed their outputs back, attention, beam search."""

from . import attention, basic_decoder, beam_search, helpers, losses, monotonic, scheduled, wrapper  # noqa: F401
