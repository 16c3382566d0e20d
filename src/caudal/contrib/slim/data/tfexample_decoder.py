"""slim.tfexample_decoder: items out of the features of Examples."""

import abc

from ....build.case import case
from ....build.cond import cond
from ....build.functional import map_fn
from ....graph.composite import SparseTensor as GraphSparseTensor
from ....ground import dtypes
from ....ground.api import PUBLIC, export
from ....image.codecs import decode_image, decode_jpeg, is_jpeg
from ....ops.elementwise import NODES, PLAIN, cast
from ....ops.join import concat, stack
from ....ops.parsing import FixedLenFeature, parse_single_example
from ....ops.shape import expand_dims, reshape, shape, transpose
from ....ops.sparse_dense import sparse_tensor_to_dense
from ....ops.sparse_order import sparse_reshape
from ....ops.string_codes import decode_raw
from .providers import DataDecoder

__all__ = ["BackupHandler", "BoundingBox", "Image", "ItemHandler", "LookupTensor", "SparseTensor", "TFExampleDecoder", "Tensor"]


@export("contrib.slim.tfexample_decoder.ItemHandler")
class ItemHandler(abc.ABC):
    """Makes one item of features.

    Args:
      keys: the names of the features that it needs, or one.
    """

    def __init__(self, keys):
        self._keys = list(keys) if isinstance(keys, (tuple, list)) else [keys]

    keys = property(lambda self: self._keys, doc="The names of the features that it needs.")

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors):
        """The item, of feature -> tensor."""


@export("contrib.slim.tfexample_decoder.ItemHandlerCallback")
class ItemHandlerCallback(ItemHandler):
    """An item that a function makes: `func(feature -> tensor)`."""

    def __init__(self, keys, func):
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors):
        """What the function gives."""
        return self._func(keys_to_tensors)


@export("contrib.slim.tfexample_decoder.BoundingBox")
class BoundingBox(ItemHandler):
    """Boxes, float `[n, 4]`, of four features.

    Args:
      keys: the features' names, by default ymin, xmin, ymax, xmax.
      prefix: what stands before each.

    Raises:
      ValueError: not four.
    """

    def __init__(self, keys=None, prefix=""):
        keys = ["ymin", "xmin", "ymax", "xmax"] if keys is None else keys
        if len(keys) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(keys)}")
        self._prefix, self._full_keys = prefix, [prefix + k for k in keys]
        super().__init__(self._full_keys)

    def tensors_to_item(self, keys_to_tensors):
        """The boxes."""
        sides = []
        for key in self._full_keys:
            side = keys_to_tensors[key]
            sides.append(expand_dims(side.values if isinstance(side, GraphSparseTensor) else side, 0))
        return transpose(concat(sides, 0))


@export("contrib.slim.tfexample_decoder.Tensor")
class Tensor(ItemHandler):
    """A feature as a dense tensor.

    Args:
      tensor_key: its name.
      shape_keys: the names of features that tell its shape; or shape: that itself.
      default_value: what stands where a SparseTensor has no value.

    Raises:
      ValueError: both.
    """

    def __init__(self, tensor_key, shape_keys=None, shape=None, default_value=0):
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        shape_keys = [shape_keys] if shape_keys and not isinstance(shape_keys, list) else shape_keys
        self._tensor_key, self._shape_keys = tensor_key, shape_keys
        self._shape, self._default_value = shape, default_value
        super().__init__([tensor_key, *(shape_keys or [])])

    def tensors_to_item(self, keys_to_tensors):
        """The tensor."""
        tensor, dims = keys_to_tensors[self._tensor_key], self._shape
        if self._shape_keys:
            parts = [keys_to_tensors[k] for k in self._shape_keys]
            parts = [sparse_tensor_to_dense(p) if isinstance(p, GraphSparseTensor) else p for p in parts]
            dims = reshape(stack(parts), [-1])
        if isinstance(tensor, GraphSparseTensor):
            tensor = tensor if dims is None else sparse_reshape(tensor, dims)
            return sparse_tensor_to_dense(tensor, self._default_value)
        return tensor if dims is None else reshape(tensor, dims)


@export("contrib.slim.tfexample_decoder.LookupTensor")
class LookupTensor(Tensor):
    """A feature looked up in a table; the other arguments are `Tensor`'s."""

    def __init__(self, tensor_key, table, shape_keys=None, shape=None, default_value=""):
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors):
        """What the table has for it."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


@export("contrib.slim.tfexample_decoder.BackupHandler")
class BackupHandler(ItemHandler):
    """An item of one handler, or of another one where that gives nothing.

    Raises:
      ValueError: one of them is no `ItemHandler`.
    """

    def __init__(self, handler, backup):
        if not isinstance(handler, ItemHandler):
            raise ValueError(f"Primary handler is of type {type(handler)} instead of ItemHandler")
        if not isinstance(backup, ItemHandler):
            raise ValueError(f"Backup handler is of type {type(backup)} instead of ItemHandler")
        self._handler, self._backup = handler, backup
        super().__init__(list(dict.fromkeys([*handler.keys, *backup.keys])))

    def tensors_to_item(self, keys_to_tensors):
        """The item of the one or the other."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        empty = NODES["Equal"](PUBLIC["reduce_prod"](shape(item)), 0)
        return cond(empty, lambda: self._backup.tensors_to_item(keys_to_tensors), lambda: item)


@export("contrib.slim.tfexample_decoder.SparseTensor")
class SparseTensor(ItemHandler):
    """A SparseTensor of two features.

    Args:
      indices_key: the name of that which holds its indices; values_key: its values.
      shape_key: the name of that which holds its shape; or shape: that itself.
      densify: whether the item is dense; default_value: what stands where there is no value.
    """

    def __init__(self, indices_key=None, values_key=None, shape_key=None, shape=None, densify=False, default_value=0):
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key, self._shape, self._densify, self._default_value = shape_key, shape, densify, default_value
        super().__init__([self._indices_key, self._values_key, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors):
        """The SparseTensor, or the dense one."""
        indices, values = keys_to_tensors[self._indices_key], keys_to_tensors[self._values_key]
        if self._shape_key:
            dims = keys_to_tensors[self._shape_key]
            dims = dims.values if isinstance(dims, GraphSparseTensor) else dims
        elif self._shape:
            dims = self._shape
        else:
            dims = indices.dense_shape
        places = reshape(indices.values, [shape(indices.values)[0], 1])
        first = reshape(indices.indices[:, 0], [-1, 1])
        rank_one = dims.get_shape().as_list() == [1] if hasattr(dims, "get_shape") else len(dims) == 1
        places = places if rank_one else concat([cast(first, dtypes.int64), places], 1)
        made = GraphSparseTensor(places, values.values, dims)
        return sparse_tensor_to_dense(made, self._default_value) if self._densify else made


@export("contrib.slim.tfexample_decoder.Image")
class Image(ItemHandler):
    """A picture out of the bytes of its file.

    Args:
      image_key: the feature with the bytes, 'image/encoded' by default.
      format_key: that with the format, 'image/format' by default; 'raw' for plain numbers.
      shape: the picture's shape, if it is known.
      channels: how many channels it is to have.
      dtype: its dtype.
      repeated: whether there are several in one feature.
      dct_method: accepted.
    """

    def __init__(
        self, image_key=None, format_key=None, shape=None, channels=3, dtype=dtypes.uint8, repeated=False, dct_method=""
    ):
        self._image_key, self._format_key = image_key or "image/encoded", format_key or "image/format"
        super().__init__([self._image_key, self._format_key])
        self._shape, self._channels, self._dtype = shape, channels, dtypes.as_dtype(dtype)
        self._repeated, self._dct_method = repeated, dct_method

    def tensors_to_item(self, keys_to_tensors):
        """The picture, `[height, width, channels]`."""
        data, kind = keys_to_tensors[self._image_key], keys_to_tensors[self._format_key]
        if self._repeated:
            return map_fn(lambda x: self._decode(x, kind), data, dtype=self._dtype)
        return self._decode(data, kind)

    def _decode(self, data, kind):
        def any_kind():
            return cast(decode_image(data, channels=self._channels), self._dtype)

        def jpeg():
            return cast(decode_jpeg(data, channels=self._channels, dct_method=self._dct_method), self._dtype)

        def file():
            return cond(is_jpeg(data), jpeg, any_kind, name="cond_jpeg")

        raw = PLAIN["LogicalOr"](NODES["Equal"](kind, "raw"), NODES["Equal"](kind, "RAW"))
        picture = case({raw: lambda: decode_raw(data, out_type=self._dtype)}, default=file, exclusive=True)
        picture.set_shape([None, None, self._channels])
        return picture if self._shape is None else reshape(picture, self._shape)


@export("contrib.slim.tfexample_decoder.TFExampleDecoder")
class TFExampleDecoder(DataDecoder):
    """Items out of Examples.

    Args:
      keys_to_features: feature -> how it is parsed, as `tf.parse_example` takes them.
      items_to_handlers: item -> its `ItemHandler`.
    """

    def __init__(self, keys_to_features, items_to_handlers):
        self._keys_to_features, self._items_to_handlers = keys_to_features, items_to_handlers

    def list_items(self):
        """The names of all items."""
        return list(self._items_to_handlers)

    def decode(self, serialized_example, items=None):
        """The tensors of items (of all if None) in an Example, a string scalar."""
        example = parse_single_example(serialized_example, self._keys_to_features)
        for key in sorted(self._keys_to_features):
            feature = self._keys_to_features[key]
            if isinstance(feature, FixedLenFeature):
                example[key] = reshape(example[key], feature.shape)
        out = []
        for item in items or self._items_to_handlers:
            handler = self._items_to_handlers[item]
            out.append(handler.tensors_to_item({key: example[key] for key in handler.keys}))
        return out
