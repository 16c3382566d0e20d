"""TensorArray: an array of tensors that loops write and read, element by element."""

import contextlib

from ..graph import static
from ..graph.convert import convert
from ..graph.graph import Tensor
from ..graph.opdef import gradient
from ..graph.scopes import colocate_with, control_dependencies, device, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape, as_shape
from . import tensor_array_nodes as nodes
from .basic import identity
from .elementwise import cast
from .fill import range_
from .shape import shape

__all__ = ["TensorArray", "flow_of", "with_flow"]


def flow_of(value):
    """The flow of a TensorArray; any other value as it is."""
    return value.flow if isinstance(value, TensorArray) else value


def with_flow(original, flow):
    """`flow`, or where `original` is a TensorArray that array at the point `flow`."""
    return original._at(flow) if isinstance(original, TensorArray) else flow


@export("TensorArray")
class TensorArray:
    """An array of tensors. Each element may be written once; a method that writes returns the array to go on with.

    Args:
      dtype: of the elements.
      size: an int32 scalar, how many elements; needed without `handle`.
      dynamic_size: whether writing beyond the end makes it longer; False if None.
      clear_after_read: whether an element is given up when it is read; True if None.
      tensor_array_name: its name in messages.
      handle: the handle of an array that exists.
      flow: the flow to go on with, of the array that exists.
      infer_shape: all elements have the same shape.
      element_shape: what is known of the elements' shape.
      colocate_with_first_write_call: it lies on the device of what is written first.
      name: the node's name.

    Raises:
      ValueError: both a handle and what makes a new array, or neither; TypeError: the handle is no tensor.
    """

    def __init__(
        self,
        dtype,
        size=None,
        dynamic_size=None,
        clear_after_read=None,
        tensor_array_name=None,
        handle=None,
        flow=None,
        infer_shape=True,
        element_shape=None,
        colocate_with_first_write_call=True,
        name=None,
    ):
        new = {"size": size, "element_shape": element_shape, "dynamic_size": dynamic_size, "clear_after_read": clear_after_read}
        _check(handle, tensor_array_name, new)
        self._dynamic_size = dynamic_size or False
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._infer_shape, self._size = infer_shape, size
        self._place = [] if colocate_with_first_write_call else None
        self._element_shape = [as_shape(element_shape)]
        with name_scope(name, "TensorArray", [handle, size, flow]) as scope, contextlib.ExitStack() as where:
            if handle is not None:
                need(flow is not None, "flow must not be None if handle is not None.")
                self._handle, self._flow = handle, flow
                return
            if colocate_with_first_write_call:
                where.enter_context(device(None))
                where.enter_context(colocate_with(None, ignore_existing=True))
            self._handle, self._flow = nodes.make_node(
                size,
                dtype=self._dtype,
                element_shape=element_shape,
                dynamic_size=self._dynamic_size,
                clear_after_read=clear_after_read is None or clear_after_read,
                identical_element_shapes=infer_shape,
                tensor_array_name=tensor_array_name,
                name=scope,
            )

    @property
    def flow(self):
        """The float scalar that orders what is done to it."""
        return self._flow

    @property
    def dtype(self):
        """The dtype of its elements."""
        return self._dtype

    @property
    def handle(self):
        """The resource that it is."""
        return self._handle

    @property
    def element_shape(self):
        """What is known of the elements' shape."""
        return self._element_shape[0]

    @property
    def dynamic_size(self):
        """Whether writing beyond the end makes it longer."""
        return self._dynamic_size

    def _at(self, flow):
        """This array after what `flow` stands for."""
        made = TensorArray(
            self._dtype,
            handle=self._handle,
            flow=flow,
            infer_shape=self._infer_shape,
            colocate_with_first_write_call=self._place is not None,
        )
        made._dynamic_size, made._size, made._place = self._dynamic_size, self._size, self._place
        made._element_shape = self._element_shape
        return made

    def _check_element(self, shape):
        have = self._element_shape[0]
        if not shape.is_compatible_with(have):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {have} ")
        if self._infer_shape:
            self._element_shape[0] = have.merge_with(shape)

    @contextlib.contextmanager
    def _beside(self, value):
        """Nodes made under it lie where the first thing written lies."""
        if self._place is None:
            yield
            return
        if not self._place:
            self._place.append(value)
        with colocate_with(self._place[0]):
            yield

    def _rows(self, count=None):
        """The static shape of several elements."""
        dims = self.element_shape.dims
        return TensorShape(None if dims is None else [count, *dims])

    def identity(self):
        """The same array, through a node of its own that may carry control dependencies."""
        return self._at(identity(self._flow))

    def grad(self, source, flow=None, name=None):
        """The array of the gradients of its elements.

        Args:
          source: the name of the call of `tf.gradients` that it is for.
          flow: the flow after which to make it; its own if None.
          name: the name of the scope.
        """
        flow = self.flow if flow is None else flow
        with name_scope(name, "TensorArrayGrad", [self._handle]), colocate_with(self._handle):
            handle, _ = nodes.grad_node(self._handle, flow, source=source, name=name)
            with control_dependencies([handle]):
                flow = identity(flow, name="gradient_flow")
            made = TensorArray(
                self._dtype, handle=handle, flow=flow, infer_shape=self._infer_shape, colocate_with_first_write_call=False
            )
            made._element_shape = self._element_shape
            return made

    def read(self, index, name=None):
        """The element at `index`.

        Args:
          index: int32 scalar.
          name: the node's name.
        """
        value = nodes.read_node(self._handle, index, self._flow, dtype=self._dtype, name=name)
        value.set_shape(self.element_shape)
        return value

    def write(self, index, value, name=None):
        """The array with `value` at `index`.

        Args:
          index: int32 scalar.
          value: the element.
          name: the name of the scope.

        Raises:
          ValueError: its static shape is not that of the elements.
        """
        with name_scope(name, "TensorArrayWrite", [self._handle, index, value]):
            value = convert(value, None, "value", self._dtype)
            self._check_element(value.get_shape())
            with self._beside(value):
                flow = nodes.write_node(self._handle, index, value, self._flow, name=name)
            return self._at(flow)

    def stack(self, name=None):
        """All elements as one tensor `[size, ...]`."""
        with colocate_with(self._handle), name_scope(name, "TensorArrayStack", [self._handle]):
            return self.gather(range_(0, self.size()), name=name)

    def gather(self, indices, name=None):
        """Some elements as one tensor `[len(indices), ...]`.

        Args:
          indices: int32 `[n]`.
          name: the node's name.
        """
        value = nodes.gather_node(
            self._handle, indices, self._flow, dtype=self._dtype, element_shape=self.element_shape, name=name
        )
        value.set_shape(self._rows())
        return value

    def concat(self, name=None):
        """All elements one after another along their first axis."""
        dims = self.element_shape.dims
        rest = TensorShape(None if dims is None else dims[1:])
        value, _ = nodes.concat_node(self._handle, self._flow, dtype=self._dtype, element_shape_except0=rest, name=name)
        if dims is not None:
            value.set_shape([None, *dims[1:]])
        return value

    def unstack(self, value, name=None):
        """The array with the rows of `value` as its elements.

        Args:
          value: `[size, ...]`.
          name: the name of the scope.
        """
        with name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            count = shape(value)[0]
            return self.scatter(range_(0, count), value, name=name)

    def scatter(self, indices, value, name=None):
        """The array with the rows of `value` at `indices`.

        Args:
          indices: int32 `[n]`.
          value: `[n, ...]`.
          name: the name of the scope.

        Raises:
          ValueError: the rows' static shape is not that of the elements.
        """
        with name_scope(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = convert(value, None, "value", self._dtype)
            dims = value.get_shape().dims
            self._check_element(TensorShape(None if dims is None else dims[1:]))
            with self._beside(value):
                flow = nodes.scatter_node(self._handle, indices, value, self._flow, name=name)
            return self._at(flow)

    def split(self, value, lengths, name=None):
        """The array with pieces of `value` as its elements.

        Args:
          value: `[n, ...]`.
          lengths: int `[size]`, how many rows each element has; their sum is n.
          name: the name of the scope.

        Raises:
          ValueError: the pieces' static shape is not that of the elements.
        """
        with name_scope(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = convert(value, self._dtype, "value")
            with self._beside(value):
                lengths = cast(lengths, dtypes.int64)
                self._check_pieces(value, static.value(lengths))
                flow = nodes.split_node(self._handle, value, lengths, self._flow, name=name)
            return self._at(flow)

    def _check_pieces(self, value, lengths):
        dims = value.get_shape().dims
        if self._infer_shape and dims is not None and lengths is not None and lengths.size and lengths.max() == lengths.min():
            self._check_element(TensorShape([int(lengths[0]), *dims[1:]]))

    def size(self, name=None):
        """How many elements it has, an int32 scalar."""
        return nodes.size_node(self._handle, self.flow, name=name)

    def close(self, name=None):
        """An operation that gives up its elements."""
        return nodes.close_node(self._handle, name=name)


def _check(handle, name, new):
    need(handle is None or not name, "Cannot construct with both handle and tensor_array_name")
    need(handle is None or isinstance(handle, Tensor), "Handle must be a Tensor", kind=TypeError)
    need(handle is not None or new["size"] is not None, "Size must be provided if handle is not provided")
    for key, value in new.items():
        need(handle is None or value is None, f"Cannot provide both a handle and {key} at the same time")


# --- gradients: a second array, of the gradients of the elements -------------------------------------


def _source(name):
    """The name of the call of tf.gradients under which a node of that name was made."""
    parts = name.split("/")
    at = [k for k, part in enumerate(parts) if part.startswith("gradients")]
    need(
        at,
        f"Expected op/tensor name to start with gradients (excluding scope), got: {name}. This means that a tf.gradients "
        "op with this op in its dependency path has a custom name that does not start with 'gradients'. Please make sure "
        "all calls to tf.gradients that have non-empty `name` arguments use names that start with 'gradients'.",
    )
    return "/".join(parts[: at[-1] + 1])


def _gradients_of(op, dtype, flow, dy):
    array = TensorArray(dtype, handle=op.inputs[0], flow=flow, colocate_with_first_write_call=False)
    return array.grad(_source(dy.name), flow)


def _read_grad(op, dy):
    to = _gradients_of(op, op.attrs["dtype"], op.inputs[2], dy)
    return [None, None, to.write(op.inputs[1], dy).flow]


def _gather_grad(op, dy):
    to = _gradients_of(op, op.attrs["dtype"], op.inputs[2], dy)
    return [None, None, to.scatter(op.inputs[1], dy).flow]


def _concat_grad(op, dy, _):
    to = _gradients_of(op, op.attrs["dtype"], op.inputs[1], dy)
    return [None, to.split(dy, lengths=op.outputs[1]).flow]


def _write_grad(op, flow):
    return [None, None, _gradients_of(op, op.attrs["T"], flow, flow).read(op.inputs[1]), flow]


def _scatter_grad(op, flow):
    return [None, None, _gradients_of(op, op.attrs["T"], flow, flow).gather(op.inputs[1]), flow]


def _split_grad(op, flow):
    return [None, _gradients_of(op, op.attrs["T"], flow, flow).concat(), None, flow]


gradient("TensorArrayReadV3", _read_grad)
gradient("TensorArrayGatherV3", _gather_grad)
gradient("TensorArrayConcatV3", _concat_grad)
gradient("TensorArrayWriteV3", _write_grad)
gradient("TensorArrayScatterV3", _scatter_grad)
gradient("TensorArraySplitV3", _split_grad)
