"""tf.contrib.feature_column: layers of sequences."""
