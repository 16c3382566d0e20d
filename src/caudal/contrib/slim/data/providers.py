"""slim.dataset, slim.data_decoder and slim.dataset_data_provider: what a data set is, and its items as tensors."""

import abc

from ....ground.api import export
from .reading import parallel_read

__all__ = ["DataDecoder", "DataProvider", "Dataset", "DatasetDataProvider"]


@export("contrib.slim.dataset.Dataset")
class Dataset:
    """A data set: files, how they are read and decoded, and what is said of them.

    Args:
      data_sources: names of files, or patterns.
      reader: makes a reader.
      decoder: a `DataDecoder`.
      num_samples: how many examples there are.
      items_to_descriptions: item -> what it is.
      **kwargs: more that is kept with it.
    """

    def __init__(self, data_sources, reader, decoder, num_samples, items_to_descriptions, **kwargs):
        kwargs["data_sources"], kwargs["reader"], kwargs["decoder"] = data_sources, reader, decoder
        kwargs["num_samples"], kwargs["items_to_descriptions"] = num_samples, items_to_descriptions
        self.__dict__.update(kwargs)


@export("contrib.slim.data_decoder.DataDecoder")
class DataDecoder(abc.ABC):
    """Makes items of an example's bytes."""

    @abc.abstractmethod
    def decode(self, data, items):
        """The tensors of `items` in `data`, a string scalar; in their order."""

    @abc.abstractmethod
    def list_items(self):
        """The names of all items."""


@export("contrib.slim.data_provider.DataProvider")
class DataProvider:
    """Items as tensors.

    Args:
      items_to_tensors: item -> tensor.
      num_samples: how many examples there are.
    """

    def __init__(self, items_to_tensors, num_samples):
        self._items_to_tensors, self._num_samples = items_to_tensors, num_samples

    def get(self, items):
        """The tensors of items, in their order.

        Raises:
          ValueError: no list, or an item that there isn't.
        """
        self._validate_items(items)
        return [self._items_to_tensors[item] for item in items]

    def list_items(self):
        """The names of all items."""
        return self._items_to_tensors.keys()

    def num_samples(self):
        """How many examples there are."""
        return self._num_samples

    def _validate_items(self, items):
        if not isinstance(items, (list, tuple)):
            raise ValueError("items must be a list or tuple")
        valid = self.list_items()
        for item in items:
            if item not in valid:
                raise ValueError(f"Item [{item}] is invalid. Valid entries include: {valid}")


@export("contrib.slim.dataset_data_provider.DatasetDataProvider")
class DatasetDataProvider(DataProvider):
    """The items of a `Dataset`, one example at a time.

    Args:
      dataset: the data set.
      num_readers: how many readers; reader_kwargs: their arguments.
      shuffle: whether files and examples are mixed, with `seed`.
      num_epochs: how often each file is read; for ever if None.
      common_queue_capacity: how many examples the queue holds; common_queue_min: how many stay in it for the mixing.
      record_key: the item that tells where an example is from.
      scope: the scope's name.

    Raises:
      ValueError: `record_key` is an item of the data set's.
    """

    def __init__(
        self,
        dataset,
        num_readers=1,
        reader_kwargs=None,
        shuffle=True,
        num_epochs=None,
        common_queue_capacity=256,
        common_queue_min=128,
        record_key="record_key",
        seed=None,
        scope=None,
    ):
        key, data = parallel_read(
            dataset.data_sources,
            reader_class=dataset.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = list(dataset.decoder.list_items())
        tensors = list(dataset.decoder.decode(data, items))
        if record_key in items:
            raise ValueError(f"The item name used for `record_key` cannot also be used for a dataset item: {record_key}")
        super().__init__(dict(zip([*items, record_key], [*tensors, key], strict=True)), dataset.num_samples)
