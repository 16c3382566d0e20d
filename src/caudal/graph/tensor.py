"""Operation and Tensor: the nodes of a graph and what flows between them."""

import linecache

from ..formats import node_def as messages
from ..formats.opdefs import op_def_message
from ..ground import shapes
from ..ground.errors import OperatorNotAllowedInGraphError
from ..ground.shapes import TensorShape
from .notes import locate

__all__ = ["Operation", "Tensor"]


class Tensor:
    """One output of an `Operation`: a symbolic array that has a value only while a session runs.

    Args:
      op: the `Operation` that gives it.
      value_index: which of its outputs.
      dtype: its `DType`.
    """

    __module__ = "tensorflow.python.framework.ops"  # programs print the classes of a data set's elements
    __array_priority__ = 100  # so that NumPy leaves `array + tensor` to us

    def __init__(self, op, value_index, dtype):
        self.op, self._value_index, self._dtype = op, value_index, dtype
        self.dims = self._shape = None

    @property
    def dtype(self):
        """The `DType` of the elements."""
        return self._dtype

    @property
    def graph(self):
        """The `Graph` that it belongs to."""
        return self.op.graph

    @property
    def name(self):
        """`<name of the op>:<which output>`."""
        return f"{self.op._name}:{self._value_index}"

    @property
    def device(self):
        """The device that the op was asked to run on, or ''."""
        return self.op.device

    @property
    def value_index(self):
        """Which of the op's outputs this is."""
        return self._value_index

    @property
    def shape(self):
        """The static `TensorShape`: what is known of the shape before a run; the same object while it stays."""
        made = self._shape
        if made is None or made._tuple is not self.dims:
            made = self._shape = TensorShape._of(self.dims)
        return made

    def get_shape(self):
        """The static `TensorShape`; the same as `shape`."""
        return self.shape

    @property
    def rank(self):
        """The static rank, or None."""
        return None if self.dims is None else len(self.dims)

    def _shape_as_list(self):
        return None if self.dims is None else list(self.dims)

    @property
    def _rank(self):
        return self.rank

    def set_shape(self, shape):
        """Tells what you know of the shape beyond what the graph does.

        Args:
          shape: a `TensorShape` or what converts to one.

        Raises:
          ValueError: it contradicts what is known.
        """
        told = shapes.dims_of(shape)
        if told is None:
            return
        if self.dims is not None and len(self.dims) != len(told):
            raise ValueError(f"Shapes must be equal rank, but are {len(self.dims)} and {len(told)}")
        for k, (have, one) in enumerate(zip(self.dims or told, told, strict=True)):
            if None not in (have, one) and have != one:
                raise ValueError(
                    f"Dimension {k} in both shapes must be equal, but are {have} and {one}. Shapes are "
                    f"{shapes.text(self.dims)} and {shapes.text(told)}."
                )
        self.dims = tuple(b if a is None else a for a, b in zip(self.dims or told, told, strict=True))

    def consumers(self):
        """The operations that take this tensor, in order of creation; one that takes it twice comes twice."""
        return [op for op in self.op.graph._consumers(self) for taken in op._inputs if taken is self]

    def eval(self, feed_dict=None, session=None):
        """The value of this tensor, computed by the session given or the default one.

        Args:
          feed_dict: values for tensors, as `Session.run` takes them.
          session: the `Session`; the default one if None.

        Returns:
          A NumPy array or scalar.

        Raises:
          ValueError: there is no session, or it has another graph.
        """
        return self.op.graph._session_for(session, "eval", "tensor", "evaluate tensor", "Evaluate tensor").run(self, feed_dict)

    def __iter__(self):
        return _no_elements(self.op)

    def __len__(self):
        error = TypeError(
            f"len is not well defined for symbolic Tensors. ({self.name}) Please call `x.shape` rather than `len(x)` "
            "for shape information."
        )
        raise locate(error, self.op, "tf.shape(x)[0] is that number while the graph runs")

    def __bool__(self):
        error = OperatorNotAllowedInGraphError(
            "using a `tf.Tensor` as a Python `bool` is not allowed in Graph execution. "
            "Use Eager execution or decorate this function with @tf.function."
        )
        raise locate(error, self.op, "tf.cond chooses while the graph runs; sess.run(x) gives a value that Python can test")

    __nonzero__ = __bool__

    def __int__(self):
        error = TypeError("int() argument must be a string, a bytes-like object or a number, not 'Tensor'")
        raise locate(error, self.op, _VALUE)

    def __float__(self):
        raise locate(TypeError("float() argument must be a string or a number, not 'Tensor'"), self.op, _VALUE)

    def __array__(self, dtype=None, copy=None):
        if dtype is not None:
            error = TypeError("__array__() takes 1 positional argument but 2 were given")  # 1.15's takes none
            raise locate(error, self.op, _VALUE)
        error = NotImplementedError(f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array.")
        raise locate(error, self.op, _VALUE)

    __hash__ = object.__hash__

    def __eq__(self, other):
        return id(self) == id(other)

    def __copy__(self):
        copy = Tensor.__new__(Tensor)
        copy.__dict__.update(self.__dict__)
        return copy

    def __str__(self):
        return 'Tensor("%s"%s%s%s)' % (
            self.name,
            "" if self.dims is None else f", shape={self.shape}",
            f", dtype={self._dtype.name}" if self._dtype else "",
            f", device={self.device}" if self.device else "",
        )

    def __repr__(self):
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self._dtype.name}>"

    def _as_node_def_input(self):
        return self.op._name if self._value_index == 0 else self.name

    @property
    def _op(self):
        return self.op

    def experimental_ref(self):
        """A hashable object that stands for this tensor."""
        return Reference(self)


class Reference:
    """Stands for a tensor or variable in sets and dicts: equal to another one of the same object."""

    def __init__(self, wrapped):
        self._wrapped = wrapped

    def deref(self):
        """The tensor or variable itself."""
        return self._wrapped

    def __eq__(self, other):
        return isinstance(other, Reference) and self._wrapped is other._wrapped

    def __hash__(self):
        return id(self._wrapped)

    def __repr__(self):
        return f"<Reference wrapping {self._wrapped!r}>"


_VALUE = "sess.run(x) or x.eval() gives its value"


def _no_elements(op):
    """Refuses once the first element is asked for, as TF does: `iter` alone is fine."""
    error = OperatorNotAllowedInGraphError(
        "iterating over `tf.Tensor` is not allowed in Graph execution. "
        "Use Eager execution or decorate this function with @tf.function."
    )
    raise locate(error, op, "tf.unstack(x) gives its parts as a list, tf.map_fn works on each")
    yield


class Operation:
    """A node of a graph: it takes tensors, and gives tensors. Made by `Graph.create_op` and the functions of `tf`.

    Attributes (ours, for the engine): `attrs` holds the attributes as Python values, `place` the user's line.
    """

    def __init__(self, graph, op, name, inputs, controls, attrs, types, place):
        self.graph, self._def, self._name = graph, op, name
        self._inputs, self._controls = inputs, controls
        self.attrs, self.place = attrs, place
        self._id = 0
        self._device = ""
        self._control_flow_context = None
        self.outputs = [Tensor(self, i, t) for i, t in enumerate(types)]

    @property
    def name(self):
        """The full name, scopes included."""
        return self._name

    @property
    def type(self):
        """The op type: "MatMul"."""
        return self._def.name

    @property
    def op_def(self):
        """The definition of the type as an `OpDef` message."""
        return op_def_message(self._def)

    @property
    def inputs(self):
        """The tensors that it takes."""
        return Inputs(self._inputs)

    @property
    def _input_types(self):
        return [t._dtype for t in self._inputs]

    @property
    def control_inputs(self):
        """The operations that run before it without giving it a value."""
        return list(self._controls)

    @property
    def _control_outputs(self):
        return [op for op in self.graph._ops if self in op._controls]

    @property
    def device(self):
        """The device that it was asked to run on, or ''."""
        return self._device

    def _set_device(self, device):
        self._device = self.graph.canonical_device(device)

    def get_attr(self, name):
        """The value of an attribute, as TF gives it: a `DType`, a number, bytes, a `TensorShapeProto`, a `TensorProto`.

        Raises:
          ValueError: the op has no such attribute.
        """
        return messages.attribute(self, name)

    @property
    def node_def(self):
        """The node as a `NodeDef` message."""
        return messages.node_def(self)

    @property
    def traceback(self):
        """The user's line that made it, as a list of one (file, line number, function, text)."""
        file, number, function = self.place
        return [(file, number, function, linecache.getline(file, number).strip())]

    @property
    def traceback_with_start_lines(self):
        """`traceback`, each entry with the line where its function begins."""
        return [(*entry, entry[1]) for entry in self.traceback]

    def colocation_groups(self):
        """The names of the groups of ops that have to be on one device."""
        groups = [g for g in self.attrs.get("_class") or () if g.startswith(b"loc:@")]
        return groups or [b"loc:@" + self._name.encode()]

    def values(self):
        """The outputs, as a tuple."""
        return tuple(self.outputs)

    def run(self, feed_dict=None, session=None):
        """Runs this operation in the session given or the default one.

        Args:
          feed_dict: values for tensors, as `Session.run` takes them.
          session: the `Session`; the default one if None.

        Raises:
          ValueError: there is no session, or it has another graph.
        """
        self.graph._session_for(session, "run", "operation", "execute operation", "Execute operation").run(self, feed_dict)

    def _set_attr(self, name, value):
        self.attrs[name] = value

    def _get_control_flow_context(self):
        return self._control_flow_context

    def _set_control_flow_context(self, context):
        self._control_flow_context = context

    def _update_input(self, index, tensor):
        self.graph._changed(self)
        self._inputs[index] = tensor

    def _add_control_input(self, op):
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops):
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
        self.graph._changed(self)
        have = {id(c) for c in self._controls}
        for op in ops:
            if id(op) not in have:
                have.add(id(op))
                self._controls.append(op)

    def _remove_all_control_inputs(self):
        self.graph._changed(self)
        self._controls = []

    def __str__(self):
        return str(self.node_def)

    def __repr__(self):
        return f"<tf.Operation '{self._name}' type={self.type}>"

    def __lt__(self, other):
        return self._id < other._id


class Inputs(list):
    """The inputs of an operation; a list that is read only by agreement, as TF's is."""

    def __repr__(self):
        return f"<tf.Operation._InputList {list.__repr__(self)}>"
