"""Session: it holds the values of variables, and computes fetches from feeds."""

import contextlib

import numpy as np

from ..backend import device
from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.graph import Graph, Operation, Tensor, default_graph, session_stack
from ..ground import nest
from ..ground.api import export
from ..ground.errors import CancelledError, InvalidArgumentError, advise
from ..ground.waiting import deadline
from . import devices, servers
from .feeds import expand, value_for
from .fetches import Fetches
from .interpret import of_xla
from .partial import PartialRun
from .plan import Plan
from .store import Cell, Store

__all__ = ["InteractiveSession", "Session"]


class BaseSession:
    """What `Session` and `InteractiveSession` share."""

    _nested = True  # whether it has to stop being the default before those that it covers

    def __init__(self, target="", graph=None, config=None):
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if target is not None and not isinstance(target, (str, bytes)):
            hint = '. Did you do "Session(config)" instead of "Session(config=config)"?' if devices.is_config(target) else ""
            raise TypeError(f"target must be a string, but got {type(target)}{hint}")
        devices.check_config(config)
        self._graph = default_graph() if graph is None else graph
        self._target, self._config = target.encode() if isinstance(target, str) else target, config
        self._cluster = servers.find(self._target)
        self._store = Store() if self._cluster is None else self._cluster.store
        self._plans = {}
        self._partial = {}  # handle -> a run in parts
        self._closed = self._opened = False
        self._placed = 0
        self._limit = config.operation_timeout_in_ms if config is not None else 0
        devices.check_target(self._target, config)

    # --- what it is -------------------------------------------------------------------------------

    @property
    def graph(self):
        """The graph that it runs."""
        return self._graph

    @property
    def graph_def(self):
        """The graph as a `GraphDef`."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self):
        """The target that it was made with."""
        return self._target

    def list_devices(self):
        """The devices of this machine.

        Raises:
          tf.errors.CancelledError: the session is closed.
        """
        if self._closed:
            raise CancelledError(None, None, "Session has been closed.")
        return devices.listed()

    def close(self):
        """Ends the session; its variables are gone, and runs that wait for a queue are cancelled."""
        self._closed = True
        if self._cluster is None:
            self._store.halt.stop()
        self._plans.clear()
        self._store = Store()

    def as_default(self):
        """A context manager: `eval` and `run` of tensors and ops use this session under it. It stays open after."""
        return _as_default(self)

    # --- running ----------------------------------------------------------------------------------

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """Computes `fetches`.

        Args:
          fetches: a tensor, an op, a variable, a name, or any nest of them in lists, tuples, named tuples, dicts.
          feed_dict: tensor (or name) -> its value in this run: numbers, lists, arrays.
          options: `RunOptions`; `timeout_in_ms` limits how long the run may wait for queues, the rest is accepted.
          run_metadata: `RunMetadata`; emptied.

        Returns:
          The same nest with values: NumPy arrays and scalars, None for ops.

        Raises:
          RuntimeError: the session is closed, or the graph is empty.
          ValueError: a fetch isn't in the graph, or a feed has a wrong shape.
          TypeError: a fetch or a feed of a wrong kind.
          tf.errors.OpError: an op failed.
        """
        if self._closed:
            raise _closed()
        if not self._graph._ops:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        key = _key(fetches)
        known = self._plans.get(key) if key is not None else None
        tensors, values = self._feeds(feed_dict) if feed_dict else ((), [])
        asked = known[0] if known else Fetches(self._graph, fetches)
        plan = self._plan(key, known, asked, tensors)
        limit = options.timeout_in_ms if options is not None else 0
        limit = limit or self._limit
        try:
            with deadline(limit) if limit else contextlib.nullcontext():
                out = asked.rebuild([_result(v) for v in plan.run(values)])
        except device.Failed as error:  # of a step that was still under way
            raise of_xla(error) from error
        if run_metadata is not None:
            run_metadata.ParseFromString(b"")  # nothing is measured
        return out

    def _plan(self, key, known, asked, tensors):
        """The plan of a run; `known` is what `_plans` has under `key`."""
        changes = self._graph._changes
        if known is None or known[2] != changes:
            known = (asked, {}, changes)
            if key is not None:
                self._plans[key] = known
        plan = known[1].get(tensors)
        if plan is None:
            devices.check_placement(self)
            plan = known[1][tensors] = Plan(self._store, asked.tensors, asked.targets, tensors)
        return plan

    def _feeds(self, feed_dict):
        """(tensors, values) of a feed dict, checked."""
        tensors, values = [], []
        graph = self._graph
        if type(feed_dict) is dict and all([type(key) is Tensor and key.op.graph is graph for key in feed_dict]):
            return tuple(feed_dict), [value_for(graph, key, value, key) for key, value in feed_dict.items()]
        if not isinstance(feed_dict, dict) or any(isinstance(key, tuple) for key in feed_dict):
            feed_dict = nest.flatten_dict_items(feed_dict)
        for key, value in feed_dict.items():
            if type(key) is Tensor and key.op.graph is graph:
                pairs = ((key, value),)
            else:
                pairs = expand(graph, key, value)
            for tensor, one in pairs:
                values.append(value_for(graph, tensor, one, key))
                tensors.append(tensor)
        if len(set(tensors)) < len(tensors):  # x and 'x:0': the last one counts
            last = dict(zip(tensors, values, strict=True))
            return tuple(last), list(last.values())
        return tuple(tensors), values

    def partial_run_setup(self, fetches, feeds=None):
        """Begins a run in parts.

        Args:
          fetches: all that the parts will fetch.
          feeds: a list of all tensors that they will feed.

        Returns:
          A handle for `partial_run`.

        Raises:
          RuntimeError: the session is closed, or the graph is empty; ValueError, TypeError: as `run`.
        """
        if self._closed:
            raise _closed()
        if not self._graph._ops:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        known = [self._graph.as_graph_element(f, True, False) for f in nest.flatten(feeds or [])]
        devices.check_placement(self)
        made = PartialRun(self._store, Fetches(self._graph, fetches), known)
        self._partial[made.handle] = made
        return made.handle

    def partial_run(self, handle, fetches, feed_dict=None):
        """The next part of a run: no op runs again that ran in an earlier part.

        Args:
          handle: what `partial_run_setup` gave.
          fetches: what to fetch now, of what was announced.
          feed_dict: what to feed now, of what was announced.

        Returns:
          The values, as `run` gives them.

        Raises:
          tf.errors.InvalidArgumentError: no such handle; something not announced, or a second time, or too early.
        """
        if self._closed:
            raise _closed()
        tensors, values = self._feeds(feed_dict) if feed_dict else ((), [])
        asked = Fetches(self._graph, fetches)
        begun = self._partial.get(handle)
        if begun is None:
            raise InvalidArgumentError(None, None, "Must run 'setup' before performing partial runs!")
        values = begun.run(asked, tensors, values, self._plans)
        if not begun.left:
            del self._partial[handle]
        return asked.rebuild([_result(v) for v in values])

    def make_callable(self, fetches, feed_list=None, accept_options=False):
        """A function that runs `fetches`, taking the values of `feed_list` in order.

        Args:
          fetches: as `run` takes them.
          feed_list: tensors or names.
          accept_options: whether it takes `options` and `run_metadata`.

        Raises:
          TypeError: `feed_list` is no list or tuple.
        """
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError("`feed_list` must be a list or tuple.")
        if self._closed:
            raise _closed()
        feeds = [self._graph.as_graph_element(f, True, False) for f in feed_list or ()]
        Fetches(self._graph, fetches)  # refuses what cannot be fetched now

        def call(*args, **options):
            if options and not (accept_options and set(options) <= {"options", "run_metadata"}):
                raise TypeError(f"unexpected keyword argument {next(iter(options))!r}")
            return self.run(fetches, dict(zip(feeds, args, strict=False)), **options)  # TF drops what is too many

        return call

    def __del__(self):
        self._closed = True

    def reset(self, *_):
        """Drops the values of all variables."""
        self._store = Store()
        self._plans.clear()


def _closed():
    error = RuntimeError("Attempted to use a closed Session.")
    return advise(error, "make a new tf.Session, or stay inside its `with` block: at its end it is closed")


def _key(fetches):
    """A hashable form of a nest of fetches that is equal for equal nests; None if there is none."""
    kind = type(fetches)
    if kind is Tensor or kind is Operation or kind is str:
        return fetches
    if kind is list or kind is tuple:
        parts = tuple([f if type(f) in _PLAIN else _key(f) for f in fetches])
        return None if None in parts else (kind, parts)
    if kind is dict:
        parts = tuple(_key(f) for f in fetches.values())
        return None if None in parts else (kind, tuple(fetches), parts)
    if isinstance(fetches, (list, tuple)):
        parts = tuple(_key(f) for f in fetches)
        return None if None in parts else (kind, parts)
    if isinstance(fetches, (IndexedSlices, SparseTensor)) or hasattr(fetches, "_as_graph_element"):
        return fetches
    return None


_PLAIN = frozenset((Tensor, Operation))


def _result(value):
    """A fetched value as the user gets it: an array of their own, or a scalar."""
    if type(value) is Cell:
        value = value.read()
        if isinstance(value, np.ndarray):
            value = value.copy()
    if type(value) is np.ndarray:
        if value.ndim == 0:
            return value[()]
        return value
    return np.array(device.host(value))[()] if device.is_array(value) else value


@contextlib.contextmanager
def _as_default(session):
    stack = session_stack()
    stack.append(session)
    try:
        with session.graph.as_default():
            yield session
    finally:
        if session._nested and stack[-1] is not session:
            raise AssertionError(f"Nesting violated for default stack of {type(session)} objects")
        stack.remove(session)


@export("Session")
class Session(BaseSession):
    """Runs a graph, and holds the values of its variables.

    Args:
      target: only '' works: this process.
      graph: the graph; the default one if None.
      config: a `ConfigProto`.

    Use it as a context manager: it is the default session under it, and closed at its end.
    """

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        self._entered = []

    def __enter__(self):
        context = self.as_default()
        self._entered.append(context)
        return context.__enter__()

    def __exit__(self, *error):
        self._entered.pop().__exit__(*error)
        self.close()

    @staticmethod
    def reset(target, containers=None, config=None):
        """Clears the variables of a server."""
        target = target.encode() if isinstance(target, str) else target
        devices.check_target(target)
        cluster = servers.find(target)
        if cluster is not None:
            cluster.store.values.clear()


@export("InteractiveSession")
class InteractiveSession(BaseSession):
    """A `Session` that is the default one from the start, for a shell.

    Args:
      target: only '' works: this process.
      graph: the graph; the default one if None.
      config: a `ConfigProto`.
    """

    _nested = False

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        self._explicit = graph
        self._context = self.as_default() if graph is not None else _session_alone(self)
        self._context.__enter__()

    def close(self):
        """Ends the session, and its being the default."""
        super().close()
        if self._context is not None:
            context, self._context = self._context, None
            context.__exit__(None, None, None)


@contextlib.contextmanager
def _session_alone(session):
    stack = session_stack()
    stack.append(session)
    try:
        yield session
    finally:
        stack.remove(session)


@export("get_default_session")
def get_default_session():
    """The default session of this thread, or None."""
    stack = session_stack()
    return stack[-1] if stack else None
