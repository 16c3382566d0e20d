"""tf.gradients: one walk back from ys to xs, in which each op's rule adds the nodes of its slope."""

import collections
import contextlib

from ..graph.composite import IndexedSlices, convert_or_composite, is_composite
from ..graph.convert import convert
from ..graph.define import define
from ..graph.graph import Tensor, default_graph
from ..graph.opdef import lookup
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, identity
from ..ops.control import tuple as tuple_
from ..ops.fill import fill, zeros_like
from ..ops.join import concat
from ..ops.math import accumulate_n, add_n
from ..ops.shape import shape
from .control_flow_grad import begin, zeros_like_outside_loop

__all__ = ["gradients", "rule_of"]


@export("AggregationMethod")
class AggregationMethod:
    """How several slopes of one tensor are added up."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


@export("UnconnectedGradients")
class UnconnectedGradients:
    """What the slope of an x is that no y depends on: None, or zeros."""

    NONE = "none"
    ZERO = "zero"


_registered: dict[str, object] = {}


@export("RegisterGradient")
class RegisterGradient:
    """A decorator: the function `grad(op, *dys)` is the gradient of ops of a type, or under a name of a user's own.

    Args:
      op_type: the op type, or the name for `gradient_override_map`.

    Raises:
      TypeError: no string; KeyError: the name is taken.
    """

    def __init__(self, op_type):
        need(isinstance(op_type, str), "op_type must be a string", kind=TypeError)
        self._op_type = op_type

    def __call__(self, f):
        _register(self._op_type, f)
        return f


def _register(name, function):
    try:
        taken = lookup(name).has_gradient
    except KeyError:
        taken = False
    need(
        name not in _registered and not taken,
        f"Registering two gradient with name '{name}'! (Previous registration was in register_user.py)",
        kind=KeyError,
    )
    _registered[name] = function


@export("NotDifferentiable", "NoGradient", "no_gradient")
def NotDifferentiable(op_type):  # noqa: N802  # TF's name
    """Says that ops of a type have no gradient by nature: its inputs' slopes are None.

    Raises:
      TypeError: no string.
    """
    need(isinstance(op_type, str), "op_type must be a string", kind=TypeError)
    _register(op_type, None)


def rule_of(op):
    """The gradient function of an op, or None if it has none by nature.

    Raises:
      LookupError: nothing was said about ops of its type.
    """
    override = op.attrs.get("_gradient_op_type")
    name = override.decode() if override is not None else op.type
    if name in _registered:
        return _registered[name]
    try:
        definition = lookup(name) if override is not None else op._def
    except KeyError:
        definition = None
    if definition is not None and definition.has_gradient:
        return definition.grad
    raise LookupError(f"gradient registry has no entry for: {name}")


@export("gradients", "compat.v1.gradients")
def gradients(
    ys,
    xs,
    grad_ys=None,
    name="gradients",
    colocate_gradients_with_ops=False,
    gate_gradients=False,
    aggregation_method=None,
    stop_gradients=None,
    unconnected_gradients=UnconnectedGradients.NONE,
):
    """The slopes of the sum of `ys` by each of `xs`, as more nodes of the graph.

    Args:
      ys: a tensor or a list of them.
      xs: a tensor, a variable or a list of them.
      grad_ys: the slopes to begin with; ones by default.
      name: the scope of the new nodes.
      colocate_gradients_with_ops: whether an op's slope stands on its device.
      gate_gradients: whether all slopes of an op are computed before any is used.
      aggregation_method: one of `AggregationMethod`.
      stop_gradients: tensors to take as constants.
      unconnected_gradients: what an x gives that no y depends on.

    Returns:
      A list, for each x a tensor, IndexedSlices, or None.

    Raises:
      LookupError: an op on the way has no gradient; ValueError, TypeError: arguments of a wrong kind.
    """
    need(
        unconnected_gradients in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO),
        f"Unknown value for unconnected_gradients: {unconnected_gradients!r}",
    )
    ys, xs = _listed(ys), _listed(xs)
    stop_gradients = [] if stop_gradients is None else _listed(stop_gradients)
    grad_ys = [None] * len(ys) if grad_ys is None else _listed(grad_ys)
    graph = default_graph()
    with name_scope(name, "gradients", [*ys, *xs, *stop_gradients, *[g for g in grad_ys if g is not None]]) as scope:
        walk = _Walk(graph, scope, colocate_gradients_with_ops, gate_gradients, aggregation_method)
        ys = [convert_or_composite(_given(y), name="y") for y in ys]
        xs = [_as_x(x) for x in xs]
        stops = [convert_or_composite(s, name="stop") for s in stop_gradients]
        starts = walk.starts(grad_ys, ys)
        walk.back(ys, xs, starts, stops)
        slopes = [walk.result(x) for x in xs]
    if unconnected_gradients == UnconnectedGradients.ZERO:
        return [_zeros_unconnected(x) if slope is None else slope for slope, x in zip(slopes, xs, strict=True)]
    return slopes


def _listed(values):
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _given(value):
    """`value`, refused as 1.15 does if it is None: it goes unnoticed there until its op is asked for."""
    if value is None:
        raise AttributeError("'NoneType' object has no attribute 'op'")
    return value


def _as_x(x):
    """What the slope is taken by: a resource variable's handle, a reference itself, a tensor."""
    _given(x)
    handle = getattr(x, "handle", None)
    if handle is not None and hasattr(x, "_as_graph_element"):
        return handle
    return convert_or_composite_ref(x)


def convert_or_composite_ref(x):
    """`x` as a tensor, a reference variable as its reference."""
    return x if is_composite(x) else convert(x, None, "x", None, True)


class _Walk:
    """One walk back. `slopes` holds for each op what has arrived at each of its outputs."""

    def __init__(self, graph, scope, colocate, gate, method):
        self.graph, self.scope, self.colocate, self.gate, self.method = graph, scope, colocate, gate, method
        self.slopes = {}
        self.loops = None
        self.uid = scope

    # --- where it begins ----------------------------------------------------------------------------

    def starts(self, given, ys):
        """The slopes of the ys: those given, checked, or ones."""
        if len(given) != len(ys):
            raise ValueError(f"Passed {len(given)} grad_ys for {len(ys)} ys")
        out = []
        given = [
            g if g is None or isinstance(g, IndexedSlices) else convert(g, None, f"grad_ys_{k}") for k, g in enumerate(given)
        ]
        for k, (start, y) in enumerate(zip(given, ys, strict=True)):
            with self._beside(y.op):
                if start is None:
                    if y.dtype.is_complex:
                        raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r})")
                    start = fill(shape(y), constant(1, y.dtype, name=f"grad_ys_{k}"))
                else:
                    self._check_start(start, y)
                    if not isinstance(start, IndexedSlices):
                        start = identity(start, name=f"grad_ys_{k}")
                out.append(start)
        return out

    def _check_start(self, start, y):
        kind, want = start.dtype, y.dtype
        if want.is_floating or want.is_integer:
            if not kind.is_floating and not kind.is_integer:
                raise TypeError(
                    f"Gradient type {kind.name} generated for real or integer-valued tensor {y} with type {want.name} must be real or integer"
                )
        elif want.is_complex and not kind.is_complex:
            raise TypeError(
                f"Gradient type {kind.name} generated for complex-valued tensor {y} with type {want.name} must be real"
            )

    def _beside(self, op):
        return self.graph.colocate_with(op) if self.colocate else contextlib.nullcontext()

    # --- the walk -----------------------------------------------------------------------------------

    def back(self, ys, xs, starts, stops):
        """Goes from the ys' ops to the xs', each op when all slopes of its outputs have arrived."""
        to_ops = list({y.op: None for y in ys})
        from_ops = list({x.op: None for x in xs})
        stop_ops = [s.op for s in stops]
        reached = _reached(to_ops, from_ops, {t for s in stops for t in _parts(s)})
        between = _between(to_ops, reached)
        inside = set(between)
        self.loops = begin(between, inside, self.colocate)
        waiting = _uses(between, inside)
        for y, start in zip(ys, starts, strict=True):
            self._arrive(y, start)
        queue = collections.deque()
        ready = set()
        for op in to_ops:
            if waiting.get(op, 0) == 0 and op not in ready and op in inside:
                ready.add(op)
                queue.append(op)
        if self.loops:
            for left in self.loops.ProcessUnusedLoopExits(waiting, ready):
                if _trainable(left):
                    self._arrive(left, self.loops.ZerosLikeForExit(left))
                    queue.append(left.op)
        ends = _ends(from_ops, stop_ops, waiting, {id(x) for x in xs})
        while queue:
            op = queue.popleft()
            with self._beside(op):
                self._step(op, queue, waiting, ends, reached)
        if self.loops:
            self.loops.PostProcessing()

    def _step(self, op, queue, waiting, ends, reached):
        if self.loops:
            self.loops.EnterGradWhileContext(op, before=True)
        arrived = self._gathered(op)
        if self.loops:
            self.loops.ExitGradWhileContext(op, before=True)
        rule = None
        has_slope = any(g is not None for g in arrived)
        if has_slope and op not in ends:
            try:
                rule = rule_of(op)
            except LookupError:
                raise LookupError(f"No gradient defined for operation '{op._name}' (op type: {op.type})") from None
        if self.loops:
            self.loops.EnterGradWhileContext(op, before=False)
        if rule is not None and has_slope:
            for i, g in enumerate(arrived):
                if g is None and _trainable(op.outputs[i]):
                    arrived[i] = self.loops.ZerosLike(op, i) if self.loops else _zeros_for(op, i)
            with name_scope(op._name + "_grad"):
                slopes = rule(op, *arrived)
                slopes = list(slopes) if isinstance(slopes, (list, tuple)) else [slopes]
                _check_count(slopes, op)
                if self.gate and len([g for g in slopes if g is not None]) > 1:
                    slopes = tuple_(slopes)
        else:
            slopes = [None] * len(op._inputs)
        for i, (tensor, slope) in enumerate(zip(op._inputs, slopes, strict=True)):
            if slope is not None:
                if isinstance(slope, Tensor) and tensor._dtype is not dtypes.resource:
                    _fit(tensor, slope, op, i)
                self._arrive(tensor, slope)
        if self.loops:
            self.loops.ExitGradWhileContext(op, before=False)
        self._release(op, queue, waiting, reached)

    def _release(self, op, queue, waiting, reached):
        """One fewer use is awaited of each input's op; those with none left are next."""
        for tensor in op._inputs:
            source = tensor.op
            if source not in waiting:
                continue
            waiting[source] -= 1
            ready = waiting[source] == 0
            if self.loops and not ready:
                ready = waiting[source] > 0 and self.loops.is_loop_switch(source)
            if not ready:
                continue
            if self.loops and self.loops.is_loop_exit(source):
                self._release_exit(source, queue, waiting)
            else:
                queue.append(source)

    def _release_exit(self, source, queue, waiting):
        """A loop is entered backwards when all its exits' slopes have arrived."""
        state = self.loops.GetGradState(source, before=False)
        state.deferred_exits.append(source.outputs[0])
        state.pending_exits_count -= 1
        if state.pending_exits_count:
            return
        real = [t for t in state.deferred_exits if self._has_slope(t.op)]
        queue.extend(t.op for t in real)
        state.unused_exits += [t for t in state.deferred_exits if t not in real]
        for left in state.unused_exits:
            if real and _trainable(left):
                self._arrive(left, self.loops.ZerosLikeForExit(left))
            queue.append(left.op)

    def _has_slope(self, op):
        for per in self.slopes.get(op, ()):
            if any(g is not None for g in per) if isinstance(per, list) else per is not None:
                return True
        return False

    # --- slopes that arrive ---------------------------------------------------------------------------

    def _arrive(self, tensor, slope):
        """Adds a slope to those of a tensor; at a loop variable's Switch a second visit replaces the first's."""
        per = self.slopes.setdefault(tensor.op, [[] for _ in tensor.op.outputs])
        at = tensor._value_index if isinstance(tensor, Tensor) else 0
        if isinstance(per[at], list):
            per[at].append(slope)
        else:
            per[at] = slope

    def _gathered(self, op):
        """What arrived at each output, added up; also kept, for xs that are outputs of it."""
        per = self.slopes.get(op)
        if per is None:
            return [None for _ in op.outputs]
        for i, some in enumerate(per):
            if isinstance(some, list):
                some = [g for g in some if g is not None]
                per[i] = self._added(some) if some else None
        return list(per)

    def _added(self, slopes):
        if len(slopes) == 1:
            return slopes[0]
        if all(isinstance(g, Tensor) for g in slopes):
            return self._added_tensors(slopes)
        if any(isinstance(g, Tensor) for g in slopes):
            return add_n(slopes)
        return _added_slices(slopes)

    def _added_tensors(self, slopes):
        if self.method in (None, AggregationMethod.DEFAULT):
            return add_n(slopes)
        if self.method == AggregationMethod.EXPERIMENTAL_TREE:
            running = slopes[0]
            for g in slopes[1:]:
                running = add_n([running, g])
            return running
        if self.method == AggregationMethod.EXPERIMENTAL_ACCUMULATE_N:
            return accumulate_n(slopes)
        raise ValueError(f"Invalid aggregation_method specified {self.method}.")

    def result(self, x):
        """The slope of an x."""
        per = self.slopes.get(x.op)
        slope = per[x._value_index if isinstance(x, Tensor) else 0] if per is not None else None
        if isinstance(slope, list):
            slope = self._added([g for g in slope if g is not None]) if [g for g in slope if g is not None] else None
        return slope


def _parts(x):
    if isinstance(x, IndexedSlices):
        return [x.values, x.indices]
    return [x]


def _trainable(tensor):
    kind = tensor._dtype.base_dtype
    return kind.is_floating or kind.is_complex or kind in (dtypes.resource, dtypes.variant)


def _zeros_for(op, i):
    value = op.outputs[i]
    if value._dtype is dtypes.resource:
        dims = value.op.attrs.get("shape")
        return fill(constant(dims), constant(0, value.op.attrs["dtype"]))
    return zeros_like_outside_loop(op, i)


def _zeros_unconnected(x):
    if isinstance(x, Tensor) and x._dtype is dtypes.resource:
        return fill(constant(x.op.attrs["shape"]), constant(0, x.op.attrs["dtype"]))
    return zeros_like(x)


def _check_count(slopes, op):
    if len(slopes) == len(op._inputs):
        return
    raise ValueError(f"Num gradients {len(slopes)} generated for op {op.node_def} do not match num inputs {len(op._inputs)}")


def _fit(tensor, slope, op, i):
    """A slope is shaped as what it is the slope of.

    Raises:
      ValueError: it cannot be.
    """
    try:
        slope.set_shape(tensor.get_shape())
    except ValueError:
        raise ValueError(
            "Incompatible shapes between op input and calculated input gradient.  "
            f"Forward operation: {op._name}.  Input index: {i}. Original input shape: {tensor.shape}.  "
            f"Calculated input gradient shape: {slope.shape}"
        ) from None


def _added_slices(slices):
    """The sum of IndexedSlices: all their rows."""
    return IndexedSlices(
        concat([s.values for s in slices], 0), concat([_index(s.indices, slices) for s in slices], 0), slices[0].dense_shape
    )


def _index(indices, slices):
    if any(s.indices._dtype is dtypes.int64 for s in slices) and indices._dtype is not dtypes.int64:
        return cast_node(indices, DstT=dtypes.int64)
    return indices


cast_node = define("Cast")


def _reached(to_ops, from_ops, stops):
    """The ops that xs lead to; a way ends at an op whose type has no slope."""
    stop_ops = {t.op for t in stops}
    found = set(from_ops)
    queue = collections.deque(op for op in from_ops)
    users = _users(from_ops[0].graph) if from_ops else {}
    while queue:
        op = queue.popleft()
        for tensor in op.outputs:
            if not _carries(tensor):
                continue
            for user in users.get(tensor, ()):
                if user not in found and user not in stop_ops:
                    found.add(user)
                    queue.append(user)
    return found


def _carries(tensor):
    """Whether a slope can go through a tensor of this dtype."""
    kind = tensor._dtype.base_dtype
    return kind in _BACKPROP


_BACKPROP = frozenset(
    {
        dtypes.bfloat16,
        dtypes.float16,
        dtypes.float32,
        dtypes.float64,
        dtypes.complex64,
        dtypes.complex128,
        dtypes.resource,
        dtypes.variant,
    }
)


def _users(graph):
    """tensor -> the ops that take it."""
    out = {}
    for op in graph._ops:
        for tensor in op._inputs:
            out.setdefault(tensor, []).append(op)
    return out


def _between(to_ops, reached):
    """The ops between, in the order in which a walk from the ys meets them."""
    between, queue = {}, collections.deque(to_ops)
    while queue:
        op = queue.popleft()
        if op in reached and op not in between:
            between[op] = None
            queue.extend(t.op for t in op._inputs)
    return list(between)


def _uses(between, inside):
    """For each op between, how many times others between take its outputs."""
    waiting = dict.fromkeys(between, 0)
    for op in between:
        for tensor in op._inputs:
            if tensor.op in inside:
                waiting[tensor.op] += 1
    return waiting


def _ends(from_ops, stop_ops, waiting, xs):
    """The xs' ops before which no other x stands: the walk needs no rule of theirs."""
    out = set()
    for op in from_ops:
        if not any(waiting.get(t.op, 0) > 0 for t in op._inputs):
            out.add(op)
    return out | set(stop_ops)
