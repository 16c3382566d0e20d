"""tf.contrib.layers: layers as Slim has them, regularizers, initializers."""
