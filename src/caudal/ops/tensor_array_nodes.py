"""The nodes of TensorArrays, their gradients, and the arrays of tensors that they work on while a session runs.

A handle's value is an `Elements`; it is made anew in each run. The flow is a number that only orders reads and writes.
"""

import itertools

import numpy as np

from ..graph.define import define
from ..graph.opdef import gradient
from ..ground.errors import InferError, InvalidArgumentError
from ..ground.shapes import text, with_rank

__all__ = ["Elements"]

_ABSENT, _READ = object(), object()
_numbers = itertools.count()
_CPP = {"float32": "float", "float64": "double", "float16": "half"}


def _cpp(dtype):
    return _CPP.get(dtype.name, dtype.name)


def _refuse(words):
    raise InvalidArgumentError(None, None, words)


class Elements:
    """An array of tensors, as one run has it.

    Args:
      dtype: of its elements.
      size: how many.
      name: for messages.
      shape: what is known of the elements' shape, a tuple or None.
      dynamic: whether writing makes it longer.
      clear: whether reading an element takes it out.
      alike: whether all elements have one shape.
      adds: whether what is written again is added: so with gradients.
    """

    def __init__(self, dtype, size, name, shape=None, dynamic=False, clear=True, alike=False, adds=False):
        self.dtype, self.shape, self.dynamic, self.clear, self.alike, self.adds = dtype, shape, dynamic, clear, alike, adds
        self.name = f"TensorArray {name}_{next(_numbers)}"
        self.items = [_ABSENT] * size
        self.shapes = [None] * size  # of elements that are not written, where known
        self.sources = {}  # a gradient's name -> its array
        self.closed = False

    def gradient(self, source):
        """The array of the gradients of its elements, for one call of tf.gradients."""
        self._check_open()
        found = self.sources.get(source)
        if found is None:
            self.dynamic = False
            found = Elements(
                self.dtype, len(self.items), f"{self.name}@{source}", self.shape, clear=False, alike=self.alike, adds=True
            )
            for k, item in enumerate(self.items):
                found.shapes[k] = np.shape(item) if _holds(item) else self.shapes[k]
            self.sources[source] = found
        return found

    def write(self, index, value, dtype):
        """Puts `value` at `index`."""
        self._check_open()
        if dtype is not self.dtype:
            _refuse(f"TensorArray dtype is {_cpp(self.dtype)} but Op is trying to write dtype {_cpp(dtype)}.")
        self._make_room(index)
        if not _fits(self.shape, value.shape):
            _refuse(
                f"{self.name}: Could not write to TensorArray index {index} because the value shape is "
                f"{text(value.shape)} which is incompatible with the TensorArray's inferred element shape: "
                f"{text(self.shape)} (consider setting infer_shape=False)."
            )
        have = self.items[index]
        if have is _READ:
            _refuse(f"{self.name}: Could not write to TensorArray index {index} because it has already been read.")
        if _holds(have) and not self.adds:
            _refuse(f"{self.name}: Could not write to TensorArray index {index} because it has already been written to.")
        if self.alike and not (self.shape is not None and None not in self.shape):
            self.shape = value.shape
        self.items[index] = have + value if _holds(have) else value
        self.shapes[index] = value.shape

    def _make_room(self, index):
        size = len(self.items)
        if index < 0 or (index >= size and not self.dynamic):
            _refuse(f"{self.name}: Tried to write to index {index} but array is not resizeable and size is: {size}")
        if index >= size:
            self.resize(index + 1)

    def resize(self, size):
        """Makes it at least `size` long."""
        more = size - len(self.items)
        self.items += [_ABSENT] * more
        self.shapes += [None] * more

    def read(self, index, dtype):
        """The element at `index`; zeros for one that was never written, if its shape is known."""
        self._check_open()
        if dtype is not self.dtype:
            _refuse(f"TensorArray dtype is {_cpp(self.dtype)} but Op requested dtype {_cpp(dtype)}.")
        if not 0 <= index < len(self.items):
            _refuse(f"Tried to read from index {index} but array size is: {len(self.items)}")
        item = self.items[index]
        if item is _READ:
            _refuse(
                f"{self.name}: Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)."
            )
        if item is _ABSENT:
            item = self._zeros(index)
        self.items[index] = _READ if self.clear else item
        return item

    def _zeros(self, index):
        shape = self.shape if self.shapes[index] is None else self.shapes[index]
        if shape is None or None in shape:
            _refuse(
                f"{self.name}: Could not read from TensorArray index {index}.  Furthermore, the element shape is not "
                f"fully defined: {text(shape)}.  It is possible you are working with a resizeable TensorArray and "
                "stop_gradients is not allowing the gradients to be written.  If you set the full element_shape "
                "property on the forward TensorArray, the proper all-zeros tensor will be returned instead of "
                "incurring this error."
            )
        return np.full(shape, b"" if self.dtype.np == np.dtype(object) else 0, self.dtype.np)

    def _check_open(self):
        if self.closed:
            _refuse(f"{self.name} has already been closed.")


def _holds(item):
    return item is not _ABSENT and item is not _READ


def _fits(known, shape):
    return known is None or (len(known) == len(shape) and all(a is None or a == b for a, b in zip(known, shape, strict=True)))


# --- what the ops do ---------------------------------------------------------------------------------


def _make(B, size, *, op, dtype, element_shape, dynamic_size, clear_after_read, identical_element_shapes, tensor_array_name):
    name = tensor_array_name.decode() or op._name
    if np.ndim(size):
        _refuse(f"TensorArray size must be scalar, but had shape: {text(np.shape(size))}")
    made = Elements(dtype, int(size), name, element_shape, dynamic_size, clear_after_read, identical_element_shapes)
    return made, np.float32(0)


def _write(B, array, index, value, flow, *, T):
    array.write(int(index), np.asarray(value), T)
    return flow


def _gather(B, array, indices, flow, *, dtype, element_shape):
    if not len(indices):
        shape = array.shape if element_shape is None or None in element_shape else element_shape
        if shape is None or None in shape:
            _refuse(
                f"TensorArray has size zero, but element shape {text(shape)} is not fully defined. Currently only static "
                "shapes are supported when packing zero-size TensorArrays."
            )
        return np.zeros((0, *shape), dtype.np)
    items = [array.read(int(k), dtype) for k in indices]
    for k, item in enumerate(items):
        if item.shape != items[0].shape:
            _refuse(
                f"TensorArray has inconsistent shapes.  Index 0 has shape: {text(items[0].shape)} but index {k} has "
                f"shape: {text(item.shape)}"
            )
    return np.stack(items)


def _scatter(B, array, indices, values, flow, *, T):
    if len(indices) != len(values):
        _refuse(f"Expected len(indices) == values.shape[0], but saw: {len(indices)} vs. {len(values)}")
    most = int(np.max(indices, initial=-1))
    if most >= len(array.items) and not array.dynamic:
        _refuse(f"Max scatter index must be < array size ({most} vs. {len(array.items)})")
    for k, value in zip(indices, values, strict=True):
        array.write(int(k), np.asarray(value), T)
    return flow


def _concat(B, array, flow, *, dtype, element_shape_except0):
    items = [array.read(k, dtype) for k in range(len(array.items))]
    if not items:
        rest = element_shape_except0
        if rest is None or None in rest:
            _refuse(
                f"TensorArray has size zero, but element_shape_except0 {text(rest)} is not fully defined. Currently "
                "only static shapes are supported when concatenating zero-size TensorArrays."
            )
        return np.zeros((0, *rest), dtype.np), np.zeros(0, np.int64)
    for k, item in enumerate(items):
        if not item.ndim:
            _refuse(f"Concat saw a scalar shape at index {k} but requires at least vectors.  Did you mean to call pack?")
        if item.shape[1:] != items[0].shape[1:]:
            _refuse(
                "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                f"{text(items[0].shape[1:])} but index {k} has (excepting dimension 0) shape: {text(item.shape[1:])}"
            )
    return np.concatenate(items), np.array([len(i) for i in items], np.int64)


def _split(B, array, value, lengths, flow, *, T):
    total = int(np.sum(lengths))
    if not np.ndim(value) or total != len(value):
        _refuse(
            f"Expected sum of lengths to be equal to values.shape[0], but sum of lengths is {total} and value's shape "
            f"is: {text(np.shape(value))} "
        )
    if len(lengths) != len(array.items):
        if not array.dynamic or len(lengths) < len(array.items):
            _refuse(
                f"TensorArray's size is not equal to the size of lengths ({len(array.items)} vs. {len(lengths)}), and "
                "the TensorArray is not marked as dynamically resizeable"
            )
        array.resize(len(lengths))
    for k, part in enumerate(np.split(value, np.cumsum(lengths)[:-1]) if len(lengths) else ()):
        array.write(k, part, T)
    return flow


def _close(B, array):
    array.closed, array.items = True, []
    return ()


# --- the nodes ---------------------------------------------------------------------------------------


def _scalar(tensor):
    with_rank(tensor.dims, 0)


def _infer_write(handle, index, value, flow):
    _scalar(index)
    _scalar(flow)
    return [()]


def _infer_flow(handle, *inputs):
    _scalar(inputs[-1])
    return [()]


def _known_elements(handle):
    """What the node that made an array says of its elements' shapes; None if nothing."""
    op = handle.op
    while op._def.name in ("Enter", "Switch", "Identity", "TensorArrayGradV3"):
        op = op._inputs[0].op
    if op._def.name != "TensorArrayV3":
        return None
    shape = op.attrs["element_shape"]
    return shape if shape is not None and (op.attrs["identical_element_shapes"] or None not in shape) else None


def _infer_read(handle, index, flow):
    _scalar(index)
    return [_known_elements(handle)]


def _infer_gather(handle, indices, flow):
    if indices.dims is not None and len(indices.dims) != 1:
        raise InferError(f"Shape must be rank 1 but is rank {len(indices.dims)}")
    shape = _known_elements(handle)
    return [None if shape is None else ((None,) if indices.dims is None else indices.dims) + shape]


def _infer_concat(handle, flow):
    return [None, (None,)]


make_node = define("TensorArrayV3", infer=lambda size: [(2,), ()], lower=_make, grad=None, control=True)
grad_node = define(
    "TensorArrayGradV3",
    infer=lambda handle, flow: [(2,), ()],
    lower=lambda B, array, flow, *, source: (array.gradient(source), np.float32(0)),
    grad=None,
    control=True,
)
write_node = define("TensorArrayWriteV3", infer=_infer_write, lower=_write, control=True)
read_node = define(
    "TensorArrayReadV3", infer=_infer_read, lower=lambda B, a, index, flow, *, dtype: a.read(int(index), dtype), control=True
)
gather_node = define("TensorArrayGatherV3", infer=_infer_gather, lower=_gather, control=True)
scatter_node = define("TensorArrayScatterV3", infer=_infer_flow, lower=_scatter, control=True)
concat_node = define("TensorArrayConcatV3", infer=_infer_concat, lower=_concat, control=True)
split_node = define("TensorArraySplitV3", infer=_infer_flow, lower=_split, control=True)
size_node = define(
    "TensorArraySizeV3", infer=lambda handle, flow: [()], lower=lambda B, a, flow: np.int32(len(a.items)), grad=None, control=True
)
close_node = define("TensorArrayCloseV3", infer=lambda handle: [], lower=_close, grad=None, control=True)
gradient("TensorArrayGradWithShape", None)
