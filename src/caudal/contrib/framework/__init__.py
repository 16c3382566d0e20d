"""tf.contrib.framework: argument scopes, variables by name."""
