"""tf.losses: losses with weights, reductions and a collection."""
