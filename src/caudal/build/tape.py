"""Slopes as a tape finds them: op by op, backwards, without scopes; `GradientTape`."""

import contextlib

from ..graph.composite import IndexedSlices
from ..graph.convert import convert
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.fill import ones, ones_like, zeros_like
from ..ops.math import add_n
from .gradients import UnconnectedGradients, rule_of

__all__ = ["GradientTape", "tape_gradients"]

_DEAD_ENDS = frozenset({"StopGradient", "PreventGradient"})


def _key(x):
    """The tensor that slopes arrive at: a variable's handle, a tensor itself."""
    handle = getattr(x, "handle", None)
    if handle is not None and not isinstance(x, Tensor):
        return handle
    return x if isinstance(x, Tensor) else convert(x, None, None, None, True)


def _between(ys, xs, taken):
    """The ops between, latest first."""
    leads = set(xs)
    found, todo, seen = [], [y.op for y in ys], set()
    while todo:
        op = todo.pop()
        if op in seen or not taken(op):
            continue
        seen.add(op)
        found.append(op)
        todo += [t.op for t in op._inputs]
    found.sort(key=lambda op: op._id)
    useful = []
    for op in found:
        if any(t in leads for t in op._inputs) and op.type not in _DEAD_ENDS:
            leads.update(op.outputs)
            useful.append(op)
    return useful[::-1], leads


def tape_gradients(ys, xs, dys=None, taken=lambda op: True):
    """The slopes of `ys` by `xs`.

    Args:
      ys: tensors.
      xs: tensors or resource variables.
      dys: the slopes that come in; ones by default.
      taken: tells of an op whether the tape recorded it.

    Returns:
      A list with a tensor, IndexedSlices or None for each x.
    """
    keys = [_key(x) for x in xs]
    ops, _ = _between(ys, keys, taken)
    slopes = {}
    for k, y in enumerate(ys):
        given = dys[k] if dys is not None else None
        slopes.setdefault(y, []).append(_start(y) if given is None else given)
    for op in ops:
        arrived = [_added(slopes.get(t)) for t in op.outputs]
        if all(g is None for g in arrived):
            continue
        rule = rule_of(op)
        if rule is None:
            continue
        arrived = [zeros_like(t) if g is None and _trainable(t) else g for g, t in zip(arrived, op.outputs, strict=True)]
        made = rule(op, *arrived)
        for tensor, slope in zip(op._inputs, made if isinstance(made, (list, tuple)) else [made], strict=True):
            if slope is not None:
                slopes.setdefault(tensor, []).append(slope)
    return [_added(slopes.get(key)) for key in keys]


def _start(y):
    return ones(y.shape, y.dtype) if y.shape.is_fully_defined() else ones_like(y)


def _trainable(tensor):
    return tensor._dtype.base_dtype.is_floating or tensor._dtype.base_dtype.is_complex


def _added(slopes):
    """Slopes added up; IndexedSlices one after the other."""
    if not slopes:
        return None
    if len(slopes) == 1:
        return slopes[0]
    if any(isinstance(g, IndexedSlices) for g in slopes):
        slopes = [convert(g, None, None) if isinstance(g, IndexedSlices) else g for g in slopes]
    return add_n(slopes)


@export("GradientTape")
class GradientTape:
    """Records what is made under it, for slopes.

    Args:
      persistent: whether slopes may be asked for more than once.
      watch_accessed_variables: whether trainable variables that are used are watched by themselves.
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._persistent, self._by_itself = persistent, watch_accessed_variables
        self._watched, self._spans, self._begun, self._asked = {}, [], None, False

    def __enter__(self):
        need(self._begun is None, "Tape is already recording.")
        self._graph = default_graph()
        self._begun = len(self._graph._ops)
        return self

    def __exit__(self, *_):
        if self._begun is not None:
            self._spans.append((self._begun, len(self._graph._ops)))
            self._begun = None

    def watch(self, tensor):
        """Has slopes by a tensor (or each of a nest of tensors) told."""
        for one in nest.flatten(tensor):
            need(hasattr(one, "op"), f"Passed in object of type {type(one)}, not tf.Tensor")
            self._watched[_key(one)] = one

    @contextlib.contextmanager
    def stop_recording(self):
        """A context manager: what is made under it isn't recorded."""
        ever = self._begun is not None or self._spans
        need(ever, "Trying to stop recording a tape which is not recording.", kind=RuntimeError)
        need(self._begun is not None, "Tape is not recording.")
        self.__exit__()
        yield
        self._begun = len(self._graph._ops)

    def reset(self):
        """Forgets what was recorded."""
        self._watched, self._spans, self._asked = {}, [], False
        self._begun = None if self._begun is None else len(self._graph._ops)

    def _recorded(self, op):
        inside = self._begun is not None and op._id > self._begun
        return inside or any(a < op._id <= b for a, b in self._spans)

    def watched_variables(self):
        """The variables that are watched, in the order of their use."""
        known = {}
        for v in self._graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            if getattr(v, "handle", None) is not None:
                known[v.handle] = v
        used = {}
        for op in self._graph._ops:
            if self._by_itself and op.type in ("ReadVariableOp", "ResourceGather") and self._recorded(op):
                v = known.get(op._inputs[0])
                if v is not None and v.trainable:
                    used[op._inputs[0]] = v
        return tuple({**used, **{k: v for k, v in self._watched.items() if k in known}}.values())

    def _followed(self):
        """The tensors that hang on what is watched."""
        found = set(self._watched) | {v.handle for v in self.watched_variables()}
        for op in self._graph._ops:
            if self._recorded(op) and any(t in found for t in op._inputs):
                found.update(op.outputs)
        return found

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """The slopes of targets by sources.

        Args:
          target: a tensor, or a nest of tensors.
          sources: a nest of tensors or variables that are watched.
          output_gradients: the slopes that come in, one for each target; ones by default.
          unconnected_gradients: what stands for a slope that isn't there: None or zeros.

        Returns:
          A nest like `sources`.

        Raises:
          RuntimeError: asked a second time, and not `persistent`.
        """
        need(
            not self._asked or self._persistent,
            "GradientTape.gradient can only be called once on non-persistent tapes.",
            kind=RuntimeError,
        )
        self._asked = True
        if self._begun is not None and not self._persistent:
            self.__exit__()
        watched = self._followed()
        flat = nest.flatten(sources)
        dys = None if output_gradients is None else [convert(g, None) for g in nest.flatten(output_gradients)]
        ys = [convert(y, None) for y in nest.flatten(target)]
        found = tape_gradients(ys, flat, dys, self._recorded)
        zero = unconnected_gradients in (UnconnectedGradients.ZERO, "zero")
        found = [g if _key(x) in watched else None for g, x in zip(found, flat, strict=True)]
        found = [zeros_like(x) if g is None and zero else g for g, x in zip(found, flat, strict=True)]
        return nest.pack_sequence_as(sources, found)
