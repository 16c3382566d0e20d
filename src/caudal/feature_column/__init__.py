"""tf.feature_column: what the features of examples mean, and the layers made of them. Begin with columns.py."""
