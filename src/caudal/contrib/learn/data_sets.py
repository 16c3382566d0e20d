"""tf.contrib.learn.datasets: MNIST, as the tutorials read it."""

from ...ground.api import export
from ...ground.errors import need
from ...ground.late import Late

__all__ = ["load_dataset"]

_tutorial = Late(__name__.split(".")[0] + ".data.tutorial")
_OTHERS = ("boston", "iris", "dbpedia")


@export("contrib.learn.datasets.load_dataset")
def load_dataset(name, size="small", test_with_fake_data=False):
    """A data set by its name.

    Args:
      name: "mnist".
      size: "small" or "large", of a data set that is not made.
      test_with_fake_data: whether that has other data, for tests.

    Raises:
      ValueError: there is none of that name; NotImplementedError: one that 1.15 had.
    """
    if name in _OTHERS:
        raise NotImplementedError(f"tf.contrib.learn.datasets.load_dataset({name!r}) is not made in Caudal yet.")
    need(name == "mnist", f"Name of dataset is not found: {name}")
    return _tutorial.load_mnist()


@export("contrib.learn.datasets.mnist.load_mnist")
def load_mnist(train_dir="MNIST-data"):
    """MNIST's `Datasets`: train, validation and test; their files lie in, or go to, a folder."""
    return _tutorial.load_mnist(train_dir)


@export("contrib.learn.datasets.mnist.read_data_sets")
def read_data_sets(train_dir, **settings):
    """As `tensorflow.examples.tutorials.mnist.input_data.read_data_sets`."""
    return _tutorial.read_data_sets(train_dir, **settings)
