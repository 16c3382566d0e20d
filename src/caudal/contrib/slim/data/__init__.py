"""slim's data sets: files of Examples, decoded item by item, out of queues."""
