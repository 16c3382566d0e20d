"""tf.contrib.slim: layers, losses, and the training loop."""
