"""tf.summary: what a run tells TensorBoard, and the files that it is written to."""
