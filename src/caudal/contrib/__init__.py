"""tf.contrib: what programs use of it."""
