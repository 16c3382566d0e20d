"""tf.image: sizes, crops, flips, colours, boxes, measures and files of pictures."""
