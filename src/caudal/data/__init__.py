"""The data sets of the study: arrays, splits, batches, each with its source."""
