"""Iterators, and their nodes: where a data set's next element comes from."""

import itertools
import threading
import weakref

import numpy as np

from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import FailedPreconditionError, InvalidArgumentError, OpError, OutOfRangeError
from ..run.plan import Plan
from .elements import Context, End, text
from .functions import touch
from .nests import flatten, map_structure
from .specs import flat, from_tensors, legacy, specs_from

__all__ = ["Iterator"]

_numbers = itertools.count()
_by_handle: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


class _Place:
    """How far an iterator has come in a data set."""

    def __init__(self, halt, name):
        self.halt, self.lock, self.step = halt, threading.RLock(), None
        self.handle = f"{name}_{next(_numbers)}".encode()
        _by_handle[self.handle] = self

    def begin(self, source):
        """Goes to the beginning of a data set."""
        with self.lock:
            self.step = source.begin(Context(self.halt))

    def next(self):
        """The next element."""
        with self.lock:
            if self.step is None:
                raise FailedPreconditionError(
                    None,
                    None,
                    "GetNext() failed because the iterator has not been initialized. Ensure that you have run the initializer "
                    "operation for this iterator before getting the next element.",
                )
            try:
                return tuple([text(v) for v in self.step()])
            except End:
                raise OutOfRangeError(None, None, "End of sequence") from None


def _make(B, *, state, op):
    return state.once(lambda halt: _Place(halt, op.name))


def _make_once(B, *, state, op):
    """An iterator that begins by itself, with the data set that its nodes give."""

    def make(halt):
        place = _Place(halt, op.name)
        store = state.store
        tensor = op.attrs["dataset_factory"].tensor
        try:
            (source,) = Plan(store, [tensor], [], ()).run([])
        except OpError as error:
            raise type(error)(None, op, "[_Derived_]" + error.message) from error
        place.begin(source)
        return place

    return state.once(make)


def _begin(B, source, place):
    place.begin(source)
    return ()


def _of_handle(B, handle):
    text = handle if isinstance(handle, bytes) else np.asarray(handle, object).item()
    found = _by_handle.get(text)
    if found is None:
        raise InvalidArgumentError(None, None, f"String handle is not valid: {text.decode('latin1')}")
    return found


def _infer_next(place, *, output_shapes):
    return list(output_shapes)


iterator_node = define("IteratorV2", infer=lambda: [()], lower=_make, host=True, grad=None)
define("Iterator", infer=lambda: [()], lower=_make, host=True, grad=None)
once_node = define("OneShotIterator", infer=lambda: [()], lower=_make_once, host=True, grad=None)
begin_node = define("MakeIterator", infer=lambda *_: [], lower=_begin, host=True, grad=None)
_NEXT = {"infer": _infer_next, "lower": lambda B, place: place.next(), "host": True, "grad": None, "steady": ()}
next_node = define("IteratorGetNext", **_NEXT)
next_sync_node = define("IteratorGetNextSync", **_NEXT)
handle_node = define("IteratorToStringHandle", infer=lambda _: [()], lower=lambda B, place: place.handle, host=True, grad=None)
of_handle_node = define("IteratorFromStringHandleV2", infer=lambda _: [()], lower=_of_handle, host=True, grad=None)
define("IteratorFromStringHandle", infer=lambda _: [()], lower=_of_handle, host=True, grad=None)


def flat_attributes(specs):
    """The attributes `output_types` and `output_shapes` of a node that gives elements of these specs."""
    pairs = [flat(s) for s in flatten(specs)]
    return {"output_types": [kind for kind, _ in pairs], "output_shapes": [dims for _, dims in pairs]}


@export("data.Iterator")
class Iterator:
    """Where a data set's next element comes from.

    Args:
      iterator_resource: the handle.
      initializer: the op that goes to the beginning, or None.
      output_types, output_shapes, output_classes: structures of what an element's parts are.
    """

    def __init__(self, iterator_resource, initializer, output_types, output_shapes, output_classes):
        if isinstance(output_types, _Specs):
            self._specs = output_types.specs
        else:
            self._specs = specs_from(output_types, output_shapes, output_classes)
        self._iterator_resource, self._initializer = iterator_resource, initializer
        self._handle = handle_node(iterator_resource)
        default_graph().add_to_collection("iterators", iterator_resource)

    @staticmethod
    def from_structure(output_types, output_shapes=None, shared_name=None, output_classes=None):
        """An iterator without a data set: `make_initializer` gives it one, of this structure.

        Args:
          output_types: a structure of dtypes.
          output_shapes: one of shapes; unknown ones by default.
          shared_name: the name by which several sessions' iterators are one.
          output_classes: one of classes; `tf.Tensor` by default.
        """
        specs = specs_from(output_types, output_shapes, output_classes)
        made = iterator_node(container="", shared_name=shared_name or "", **flat_attributes(specs))
        return Iterator(made, None, _Specs(specs), None, None)

    @staticmethod
    def from_string_handle(string_handle, output_types, output_shapes=None, output_classes=None):
        """The iterator that a string scalar names, which `string_handle()` of another one gave; the rest as `from_structure`."""
        specs = specs_from(output_types, output_shapes, output_classes)
        made = of_handle_node(string_handle, **flat_attributes(specs))
        return Iterator(made, None, _Specs(specs), None, None)

    @property
    def initializer(self):
        """The op that goes to the beginning.

        Raises:
          ValueError: there is none.
        """
        if self._initializer is None:
            raise ValueError("Iterator does not have an initializer.")
        return self._initializer

    def make_initializer(self, dataset, name=None):
        """The op that goes to the beginning of a data set.

        Raises:
          TypeError: its elements are of another structure.
        """
        kinds, own = dataset.output_types, self.output_types
        if kinds != own:
            raise TypeError(f"Expected output types {own!r} but got dataset with output types {kinds!r}.")
        for mine, other in zip(flatten(self._specs), flatten(dataset.element_spec), strict=True):
            if not mine.shape.is_compatible_with(other.shape):
                raise TypeError(
                    f"Expected output shapes compatible with {self.output_shapes!r} but got dataset with output shapes "
                    f"{dataset.output_shapes!r}."
                )
        with name_scope(name, "make_initializer") as scope:
            return begin_node(dataset._variant_tensor, self._iterator_resource, name=scope)

    def get_next(self, name=None):
        """The next element; a run takes it once, however often it is used.

        Args:
          name: the op's name.

        Returns:
          A structure of tensors.

        Raises:
          tf.errors.OutOfRangeError: (when run) there are no more.
        """
        out = next_node(self._iterator_resource, name=name, **flat_attributes(self._specs))
        return from_tensors(self._specs, out)

    def string_handle(self, name=None):
        """A string scalar that `from_string_handle` takes."""
        return self._handle if name is None else handle_node(self._iterator_resource, name=name)

    @property
    def element_spec(self):
        """The structure of an element's specs."""
        return self._specs

    @property
    def output_types(self):
        """The structure of dtypes."""
        return types_of(self._specs)

    @property
    def output_shapes(self):
        """The structure of shapes."""
        return shapes_of(self._specs)

    @property
    def output_classes(self):
        """The structure of classes."""
        return classes_of(self._specs)


class _Specs:
    """Specs in the place of three structures."""

    def __init__(self, specs):
        self.specs = specs


def types_of(specs):
    """The dtypes of specs."""
    return map_structure(lambda s: legacy(s)[0], specs)


def shapes_of(specs):
    """The shapes of specs."""
    return map_structure(lambda s: legacy(s)[1], specs)


def classes_of(specs):
    """The classes of specs."""
    return map_structure(lambda s: legacy(s)[2], specs)


def begun(dataset, shared_name):
    """An iterator that an op brings to the beginning of a data set."""
    dataset = dataset._apply_options()
    specs = dataset.element_spec
    made = iterator_node(container="", shared_name=shared_name or "", **flat_attributes(specs))
    return Iterator(made, begin_node(dataset._variant_tensor, made), _Specs(specs), None, None)


_VARIABLES = (
    "variables trainable_variables local_variables concatenated_variables metric_variables model_variables "
    "moving_average_variables trainable_resource_variables"
).split()


class _Factory:
    """What a one-shot iterator begins with: a tensor that carries a data set."""

    def __init__(self, tensor):
        self.tensor, self.name = tensor, f"_make_dataset_{next(_numbers)}"


def once(dataset):
    """An iterator that begins by itself.

    Raises:
      ValueError: the data set hangs on state, or on what is fed.
    """
    tensor = dataset._variant_tensor
    try:
        _check_fixed(tensor)
    except ValueError as error:
        if "Cannot capture a stateful node" not in str(error):
            raise
        raise ValueError(
            "Failed to create a one-shot iterator for a dataset. `Dataset.make_one_shot_iterator()` does not support datasets "
            "that capture stateful objects, such as a `Variable` or `LookupTable`. In these cases, use "
            f"`Dataset.make_initializable_iterator()`. (Original error: {error})"
        ) from None
    specs = dataset.element_spec
    touch(default_graph(), _VARIABLES)
    made = once_node(dataset_factory=_Factory(tensor), **flat_attributes(specs))
    return Iterator(made, None, _Specs(specs), None, None)


def _check_fixed(tensor):
    """Refuses a data set whose nodes are not the same in every run."""
    seen, todo = set(), [tensor.op]
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        carries = any(t._dtype is dtypes.variant for t in op.outputs)
        if op._def.is_stateful and not carries:
            raise ValueError(f"Cannot capture a stateful node (name:{op.name}, type:{op.type}) by value.")
        if op.type in ("Placeholder", "PlaceholderV2"):
            raise ValueError(f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value.")
        todo += [t.op for t in op._inputs]
