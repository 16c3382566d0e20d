"""The nodes of queues: those that make one, and those that work on it. queues.py has the classes that users see."""

from ..graph.define import define
from ..ground import dtypes
from ..ground.errors import InvalidArgumentError
from .basic import CPP_NAMES
from .queue_kinds import FIFO, Padding, Priority, Shuffle

__all__ = ["MAKERS", "close_node", "dequeue_node", "enqueue_node", "is_closed_node", "size_node"]


def _components(op):
    return op.attrs["component_types"], op.attrs["shapes"]


def _with_priority(op):
    kinds, shapes = _components(op)
    return [dtypes.int64, *kinds], [(), *shapes]


def _maker(kind, components=_components, more=()):
    """The lowering of an op that gives a queue: the same one in all runs of a session."""

    def lower(B, *, state, op):
        def make(halt):
            given = {key: op.attrs[attr] for key, attr in more}
            return kind(halt, op.name, op.attrs["shared_name"].decode(), *components(op), op.attrs["capacity"], **given)

        return state.once(make)

    return lower


_SHUFFLE = (("least", "min_after_dequeue"), ("seed", "seed"), ("seed2", "seed2"))
_LOWERINGS = {
    "FIFOQueue": _maker(FIFO),
    "PaddingFIFOQueue": _maker(Padding),
    "PriorityQueue": _maker(Priority, _with_priority),
    "RandomShuffleQueue": _maker(Shuffle, more=_SHUFFLE),
}
MAKERS = {}
for _name, _lower in _LOWERINGS.items():
    define(_name, infer=lambda: [(2,)], lower=_lower, host=True, grad=None)  # of old files, with a reference for a handle
    MAKERS[_name] = define(_name + "V2", infer=lambda: [()], lower=_lower, host=True, grad=None)


def _both(name, **rules):
    """An op on a queue, under its old type too; the node of the new one."""
    define(name, host=True, grad=None, **rules)
    return define(name + "V2", host=True, grad=None, **rules)


def _check(op, have, want):
    """Refuses components of other types than the queue's."""
    if have == want:
        return
    shown = [", ".join(CPP_NAMES.get(k.name, k.name) for k in kinds) for kinds in (have, want)]
    if op._def.outputs:
        words = f"have: resource->{shown[0]} expected: resource->{shown[1]}"
    else:
        words = f"have: resource, {shown[0]}-> expected: resource, {shown[1]}->"
    raise InvalidArgumentError(None, op, "Signature mismatch, " + words)


def _enqueue(B, queue, *values, op):
    _check(op, op.attrs["Tcomponents"], queue.kinds)
    queue.enqueue(values)
    return ()


def _enqueue_many(B, queue, *values, op):
    _check(op, op.attrs["Tcomponents"], queue.kinds)
    queue.enqueue_many(values)
    return ()


def _dequeue(B, queue, *, op):
    _check(op, op.attrs["component_types"], queue.kinds)
    return tuple(queue.dequeue())


def _dequeue_many(fewer):
    def lower(B, queue, n, *, op):
        _check(op, op.attrs["component_types"], queue.kinds)
        return tuple(queue.dequeue_many(int(n), fewer))

    return lower


def _close(B, queue, *, cancel_pending_enqueues):
    queue.close(cancel_pending_enqueues)
    return ()


enqueue_node = _both("QueueEnqueue", infer=lambda *_: [], lower=_enqueue)
enqueue_many_node = _both("QueueEnqueueMany", infer=lambda *_: [], lower=_enqueue_many)
dequeue_node = _both("QueueDequeue", lower=_dequeue, steady=())
dequeue_many_node = _both("QueueDequeueMany", lower=_dequeue_many(False), steady=())
dequeue_up_to_node = _both("QueueDequeueUpTo", lower=_dequeue_many(True), steady=())
close_node = _both("QueueClose", infer=lambda *_: [], lower=_close)
size_node = _both("QueueSize", infer=lambda *_: [()], lower=lambda B, queue: queue.size())
is_closed_node = _both("QueueIsClosed", infer=lambda *_: [()], lower=lambda B, queue: queue.closed)
