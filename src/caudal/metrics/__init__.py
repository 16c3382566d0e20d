"""tf.metrics: values kept in local variables over many batches, each with the op that takes in one more."""
