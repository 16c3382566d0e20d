"""contrib.opt: optimizers that are variants of tf.train's."""
