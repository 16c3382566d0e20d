"""tf.data: what data sets yield (kinds, nodes), and the classes that users see (dataset, iterator)."""
