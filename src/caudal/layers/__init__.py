"""tf.layers: layers as functions and as objects."""
