"""`tensorflow.examples.tutorials.mnist.input_data`, as 1.15 had it: `read_data_sets` and its `DataSet`.

Files are taken from the program's own folder, whatever they hold (Fashion-MNIST has the same names), and where it has
none from MNIST's (mnist_files.py).
"""

import collections
import gzip
import os
import urllib.request

import numpy as np

from ..formats import idx
from ..ground.dtypes import as_dtype, float32, uint8
from ..ops.random import get_seed
from . import mnist_files

__all__ = ["DEFAULT_SOURCE_URL", "DataSet", "Datasets", "dense_to_one_hot"]
__all__ += ["extract_images", "extract_labels", "load_mnist", "read_data_sets"]

DEFAULT_SOURCE_URL = mnist_files.MIRRORS[0]
Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])


class DataSet:
    """Examples that are dealt out in shuffled batches.

    It seeds NumPy's global generator, from the graph's seed, as TF did; so a program's other NumPy draws follow from it.

    Args:
      images: uint8 `[n, rows, columns, 1]`.
      labels: `[n]`, or `[n, classes]` one-hot.
      fake_data: whether to deal out ones instead of examples.
      one_hot: how fake labels look.
      dtype: tf.uint8 leaves images as they are, tf.float32 brings them into [0, 1].
      reshape: whether images become `[n, rows * columns]`.
      seed: of the shuffling; None takes the graph's.
    """

    def __init__(self, images, labels, fake_data=False, one_hot=False, dtype=float32, reshape=True, seed=None):
        graph_seed, op_seed = get_seed(seed)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = as_dtype(dtype).base_dtype
        if dtype not in (uint8, float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        if fake_data:
            self._num_examples, self.one_hot = 10000, one_hot
        else:
            assert images.shape[0] == labels.shape[0], f"images.shape: {images.shape} labels.shape: {labels.shape}"
            self._num_examples = images.shape[0]
            images = _prepared(images, dtype, reshape)
        self._images, self._labels = images, labels
        self._epochs_completed = self._index_in_epoch = 0

    @property
    def images(self):
        """The images, in the order of this epoch."""
        return self._images

    @property
    def labels(self):
        """The labels, in the order of this epoch."""
        return self._labels

    @property
    def num_examples(self):
        """How many there are."""
        return self._num_examples

    @property
    def epochs_completed(self):
        """How often all were dealt out."""
        return self._epochs_completed

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next `batch_size` examples: images and labels; a batch may reach into the next epoch."""
        if fake_data:
            label = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * 784] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if shuffle and start == 0 and self._epochs_completed == 0:
            self._shuffle()
        self._index_in_epoch = end = start + batch_size
        if end <= self._num_examples:
            return self._images[start:end], self._labels[start:end]
        return self._over_the_end(start, end - self._num_examples, shuffle)

    def _over_the_end(self, start, more, shuffle):
        """What is left of this epoch, and `more` examples of the next."""
        self._epochs_completed += 1
        self._index_in_epoch = more
        left = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        new = self._images[:more], self._labels[:more]
        return tuple(np.concatenate(parts) for parts in zip(left, new, strict=True))

    def _shuffle(self):
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]


def _prepared(images, dtype, reshape):
    if reshape:
        assert images.shape[3] == 1
        images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
    if dtype == float32:
        images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
    return images


def read_data_sets(
    train_dir,
    fake_data=False,
    one_hot=False,
    dtype=float32,
    reshape=True,
    validation_size=5000,
    seed=None,
    source_url=DEFAULT_SOURCE_URL,
):
    """MNIST in three `DataSet`s: train, validation (the first of the training examples), test.

    Args:
      train_dir: the folder of the four idx files; those that it lacks come from where Caudal keeps MNIST, or from `source_url`.
      fake_data, one_hot, dtype, reshape, seed: as for `DataSet`; `one_hot` is for all labels here.
      validation_size: how many examples validate, 0 to all.
      source_url: where missing files are fetched from; any but the default is trusted without a checksum.
    """
    if fake_data:
        return Datasets(*(DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)))
    images, labels, test_images, test_labels = _read(train_dir, source_url or DEFAULT_SOURCE_URL)
    if one_hot:
        labels, test_labels = dense_to_one_hot(labels, 10), dense_to_one_hot(test_labels, 10)
    if not 0 <= validation_size <= len(images):
        raise ValueError(f"Validation size should be between 0 and {len(images)}. Received: {validation_size}.")
    k = validation_size
    parts = (images[k:], labels[k:]), (images[:k], labels[:k]), (test_images, test_labels)
    return Datasets(*(DataSet(x[..., None], y, dtype=dtype, reshape=reshape, seed=seed) for x, y in parts))


def load_mnist(train_dir="MNIST-data"):
    """`read_data_sets` with its defaults."""
    return read_data_sets(train_dir)


def _read(folder, source):
    """The four arrays, each from the program's folder if it has it."""
    paths = {name: mnist_files.find(folder, name) for name in mnist_files.FILES}
    if source != DEFAULT_SOURCE_URL:
        for name in (name for name, path in paths.items() if path is None):
            paths[name] = _download(folder, name + ".gz", source)
    ready = {}
    if None in paths.values():
        ready = dict(zip(mnist_files.FILES, mnist_files.read(), strict=True))
    return [_extracted(name, path) if path else ready[name] for name, path in paths.items()]


def _extracted(name, path):
    print("Extracting", path)
    return idx.read(path, "images" if "images" in name else "labels")


def _download(folder, name, source):
    """A file of another address, into the program's folder, as TF did."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with urllib.request.urlopen(source + name, timeout=30) as reply:
        data = reply.read()
    with open(path, "wb") as file:
        file.write(data)
    print("Successfully downloaded", name, len(data), "bytes.")
    return path


def extract_images(f):
    """Images uint8 `[n, rows, columns, 1]` of an open idx file.

    Raises:
      ValueError: it holds no images, or is broken.
    """
    return _parsed(f, "images")[..., None]


def extract_labels(f, one_hot=False, num_classes=10):
    """Labels uint8 `[n]` of an open idx file, or float64 `[n, num_classes]` if `one_hot`.

    Raises:
      ValueError: it holds no labels, or is broken.
    """
    labels = _parsed(f, "labels")
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def _parsed(f, kind):
    print("Extracting", f.name)
    data = f.read()
    return idx.parse(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data, f.name, kind)


def dense_to_one_hot(labels_dense, num_classes):
    """Class numbers `[n]` as rows float64 `[n, num_classes]` with one 1 each."""
    out = np.zeros((labels_dense.shape[0], num_classes))
    out.flat[np.arange(labels_dense.shape[0]) * num_classes + labels_dense.ravel()] = 1
    return out
