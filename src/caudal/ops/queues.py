"""Queues, as users see them: each method adds a node (queue_nodes.py) that works on the queue when it is run."""

import collections.abc
import hashlib

from ..graph import static
from ..graph.convert import convert
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.shapes import Dimension, TensorShape, as_shape, unknown_shape
from . import queue_nodes as nodes
from .join import stack
from .random import get_seed
from .slicing import gather

__all__ = ["FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "QueueBase", "RandomShuffleQueue"]


def _type_list(kinds):
    kinds = kinds if isinstance(kinds, (list, tuple)) else [kinds]
    return [dtypes.as_dtype(k) for k in kinds]


def _shape_list(shapes, partial=False):
    """Shapes as the user may give them: none, one, or one a component."""
    if partial:
        listed = isinstance(shapes, collections.abc.Sequence) and len(shapes) > 0
        if not listed or any(s is None or isinstance(s, int) for s in shapes):
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(s is None or isinstance(s, int) for s in shapes):
        shapes = [shapes]
    shapes = [as_shape(s) for s in shapes]
    if not partial and any(not s.is_fully_defined() for s in shapes):
        raise ValueError(f"All shapes must be fully defined: {shapes}")
    if any(s.dims is None for s in shapes):
        raise ValueError(f"All shapes must have a defined rank: {shapes}")
    return shapes


def _name_list(names, kinds):
    if names is None:
        return None
    names = names if isinstance(names, (list, tuple)) else [names]
    if len(names) != len(kinds):
        raise ValueError("List of names must have the same length as the list of dtypes")
    return list(names)


def _dims(shapes):
    return [s._tuple for s in shapes or []]


@export("QueueBase", "queue.QueueBase", "io.QueueBase")
class QueueBase:
    """A queue of tuples of tensors; what a session's threads hand one another.

    Args:
      dtypes: the dtypes of the components.
      shapes: their shapes, or None where they are not known.
      names: names for the components, so that elements are dictionaries; or None.
      queue_ref: the handle.

    Raises:
      ValueError: lists of different lengths.
    """

    def __init__(self, dtypes, shapes, names, queue_ref):
        self._dtypes = dtypes
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        self._shapes = [unknown_shape() for _ in dtypes] if shapes is None else [TensorShape(s) for s in shapes]
        if names is not None and len(names) != len(dtypes):
            raise ValueError("Queue names must have the same length as dtypes")
        self._names = names or None
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index, queues):
        """The queue that a tensor chooses, int32 scalar `index`, out of a list of alike ones.

        Raises:
          TypeError: no list of queues, or queues of other dtypes; ValueError: other names.
        """
        if not queues or not isinstance(queues, list) or not all(isinstance(q, QueueBase) for q in queues):
            raise TypeError("A list of queues expected")
        kinds, names = queues[0].dtypes, queues[0].names
        if not all(kinds == q.dtypes for q in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(names == q.names for q in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [_common(column) for column in zip(*(q.shapes for q in queues), strict=True)]
        chosen = gather(stack([q.queue_ref for q in queues]), index)
        return QueueBase(dtypes=kinds, shapes=shapes, names=names, queue_ref=chosen)

    @property
    def queue_ref(self):
        """The handle, a resource."""
        return self._queue_ref

    @property
    def name(self):
        """The name of the handle's op."""
        return self._queue_ref.op.name

    @property
    def dtypes(self):
        """The dtypes of the components."""
        return self._dtypes

    @property
    def shapes(self):
        """The shapes of the components."""
        return self._shapes

    @property
    def names(self):
        """The names of the components, or None."""
        return self._names

    # --- putting in -----------------------------------------------------------------------------------

    def _components(self, vals):
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  "
                    f"Dictionary: ({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            vals = [vals[k] for k in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, (list, tuple)):
            vals = [vals]
        pairs = enumerate(zip(vals, self._dtypes, strict=False))
        return [convert(v, kind, f"component_{k}") for k, (v, kind) in pairs]

    def _scope(self, name, what, vals):
        values = list(vals.values()) if isinstance(vals, dict) else vals if isinstance(vals, (list, tuple)) else [vals]
        return name_scope(name, f"{self._name}_{what}", values)

    def enqueue(self, vals, name=None):
        """Puts one element in; a run of it waits while the queue is full.

        Args:
          vals: a tensor, a list of one a component, or a dictionary if the queue has names.
          name: the op's name.

        Returns:
          The op.

        Raises:
          ValueError: other shapes or names than the queue's.
          tf.errors.CancelledError: (when run) the queue is closed, or is while the run waits.
        """
        with self._scope(name, "enqueue", vals) as scope:
            vals = self._components(vals)
            for value, shape in zip(vals, self._shapes, strict=False):
                value.get_shape().assert_is_compatible_with(shape)
            return nodes.enqueue_node(self._queue_ref, vals, name=scope)

    def enqueue_many(self, vals, name=None):
        """Puts the rows of the components in, one after another; arguments and errors are `enqueue`'s."""
        with self._scope(name, "EnqueueMany", vals) as scope:
            vals = self._components(vals)
            rows = vals[0].get_shape().with_rank_at_least(1).dims
            rows = Dimension(None) if rows is None else rows[0]
            for value, shape in zip(vals, self._shapes, strict=False):
                seen = value.get_shape().with_rank_at_least(1)
                rows = rows.merge_with(Dimension(None) if seen.dims is None else seen.dims[0])
                seen[1:].assert_is_compatible_with(shape)
            return nodes.enqueue_many_node(self._queue_ref, vals, name=scope)

    # --- taking out -----------------------------------------------------------------------------------

    def _result(self, tensors):
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    def dequeue(self, name=None):
        """One element; a run of it waits while the queue is empty.

        Args:
          name: the op's name.

        Returns:
          A tensor, a list of one a component, or a dictionary if the queue has names.

        Raises:
          tf.errors.OutOfRangeError: (when run) the queue is closed and empty.
        """
        out = nodes.dequeue_node(
            self._queue_ref, component_types=self._dtypes, name=f"{self._name}_Dequeue" if name is None else name
        )
        for tensor, shape in zip(out, self._shapes, strict=True):
            tensor.set_shape(shape)
        return self._result(out)

    def dequeue_many(self, n, name=None):
        """n elements, each component in one tensor `[n, ...]`; a run of it waits until there are so many.

        Args:
          n: int32 scalar.
          name: the op's name.

        Returns:
          As `dequeue`.

        Raises:
          tf.errors.OutOfRangeError: (when run) the queue is closed and has fewer.
        """
        name = f"{self._name}_DequeueMany" if name is None else name
        out = nodes.dequeue_many_node(self._queue_ref, n, component_types=self._dtypes, name=name)
        rows = static.fold(out[0].op.inputs[1])
        for tensor, shape in zip(out, self._shapes, strict=True):
            tensor.set_shape(TensorShape([None if rows is None else int(rows)]).concatenate(shape))
        return self._result(out)

    def dequeue_up_to(self, n, name=None):
        """n elements, or those that are left when the queue is closed; arguments and errors are `dequeue_many`'s."""
        name = f"{self._name}_DequeueUpTo" if name is None else name
        out = nodes.dequeue_up_to_node(self._queue_ref, n, component_types=self._dtypes, name=name)
        for tensor, shape in zip(out, self._shapes, strict=True):
            tensor.set_shape(TensorShape([None]).concatenate(shape))
        return self._result(out)

    # --- the rest -------------------------------------------------------------------------------------

    def close(self, cancel_pending_enqueues=False, name=None):
        """Lets nothing more be put in; what is in it can still be taken out.

        Args:
          cancel_pending_enqueues: whether runs that wait to put something in are cancelled.
          name: the op's name.

        Returns:
          The op.
        """
        name = f"{self._name}_Close" if name is None else name
        return nodes.close_node(self._queue_ref, cancel_pending_enqueues=cancel_pending_enqueues, name=name)

    def is_closed(self, name=None):
        """Whether it is closed, a bool scalar."""
        return nodes.is_closed_node(self._queue_ref, name=f"{self._name}_Is_Closed" if name is None else name)

    def size(self, name=None):
        """How many elements are in it, an int32 scalar."""
        return nodes.size_node(self._queue_ref, name=f"{self._name}_Size" if name is None else name)


def _common(shapes):
    """The shape that all of several are cases of."""
    out = shapes[0]
    for shape in shapes[1:]:
        out = out.most_specific_compatible_shape(shape)
    return out


@export("FIFOQueue", "queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue that gives its elements out in the order in which they came in.

    Args:
      capacity: how many elements it holds.
      dtypes: the dtypes of the components.
      shapes: their shapes, all known; without them elements can only be taken out one by one.
      names: names for the components, so that elements are dictionaries.
      shared_name: the name by which several graphs' queues are one.
      name: the op's name.
    """

    def __init__(self, capacity, dtypes, shapes=None, names=None, shared_name=None, name="fifo_queue"):
        dtypes, shapes = _type_list(dtypes), _shape_list(shapes)
        names = _name_list(names, dtypes)
        ref = nodes.MAKERS["FIFOQueue"](
            component_types=dtypes, shapes=_dims(shapes), capacity=capacity, shared_name=shared_name, name=name
        )
        super().__init__(dtypes, shapes, names, ref)


@export("RandomShuffleQueue", "queue.RandomShuffleQueue", "io.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue that gives out any of its elements, at random.

    Args:
      capacity: how many elements it holds.
      min_after_dequeue: how many stay in it, for the mixing, until it is closed.
      dtypes: the dtypes of the components; shapes, names, shared_name, name: as for `FIFOQueue`.
      seed: the op's seed.
    """

    def __init__(
        self,
        capacity,
        min_after_dequeue,
        dtypes,
        shapes=None,
        names=None,
        seed=None,
        shared_name=None,
        name="random_shuffle_queue",
    ):
        dtypes, shapes = _type_list(dtypes), _shape_list(shapes)
        names = _name_list(names, dtypes)
        first, second = get_seed(seed)
        if first is None and second is None:
            first = second = 0
        elif seed is None and shared_name is not None:  # so that all graphs that share it have one seed
            digest = hashlib.md5((str(first) + shared_name).encode()).hexdigest()
            second = int(digest[:8], 16) & 0x7FFFFFFF
        ref = nodes.MAKERS["RandomShuffleQueue"](
            component_types=dtypes,
            shapes=_dims(shapes),
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=first,
            seed2=second,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(dtypes, shapes, names, ref)


@export("PaddingFIFOQueue", "queue.PaddingFIFOQueue", "io.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A `FIFOQueue` of elements of different sizes: a batch of them is filled up with zeros.

    Args:
      capacity: how many elements it holds.
      dtypes: the dtypes of the components.
      shapes: their shapes, None for each dimension that differs.
      names, shared_name, name: as for `FIFOQueue`.

    Raises:
      ValueError: not a shape for each component.
    """

    def __init__(self, capacity, dtypes, shapes, names=None, shared_name=None, name="padding_fifo_queue"):
        dtypes, shapes = _type_list(dtypes), _shape_list(shapes, partial=True)
        names = _name_list(names, dtypes)
        if len(dtypes) != len(shapes):
            raise ValueError(
                f"Shapes must be provided for all components, but received {len(dtypes)} dtypes and {len(shapes)} shapes."
            )
        ref = nodes.MAKERS["PaddingFIFOQueue"](
            component_types=dtypes, shapes=_dims(shapes), capacity=capacity, shared_name=shared_name, name=name
        )
        super().__init__(dtypes, shapes, names, ref)


@export("PriorityQueue", "queue.PriorityQueue", "io.PriorityQueue")
class PriorityQueue(QueueBase):
    """A queue that gives out the element of the least priority first; elements are (priority, component, ...).

    Args:
      capacity: how many elements it holds.
      types: the dtypes of the components but for the priority, an int64 scalar.
      shapes, names, shared_name, name: as for `FIFOQueue`, without the priority.
    """

    def __init__(self, capacity, types, shapes=None, names=None, shared_name=None, name="priority_queue"):
        types, shapes = _type_list(types), _shape_list(shapes)
        ref = nodes.MAKERS["PriorityQueue"](
            component_types=types, shapes=_dims(shapes), capacity=capacity, shared_name=shared_name, name=name
        )
        shapes = [TensorShape([]), *shapes] if shapes else shapes
        super().__init__([dtypes.int64, *types], shapes, names, ref)
