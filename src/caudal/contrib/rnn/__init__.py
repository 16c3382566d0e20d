"""tf.contrib.rnn: what tf.nn.rnn_cell has not."""

from . import attention_cell, bidirectional, block, cells, conv, fused, grid, lstm_cells, projections  # noqa: F401
