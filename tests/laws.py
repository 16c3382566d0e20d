"""How the laws over rows are tried: a row built as a graph, run by each backend, its slopes against differences."""

import contextlib
import dataclasses
from unittest import mock

import numpy as np
from cases import Hole

import caudal as tf
from caudal.graph.apply import apply
from caudal.graph.opdef import lookup
from caudal.run import plan
from caudal.run.compiled_step import CompiledStep

__all__ = ["STRICT", "VAGUE", "build", "check_slope", "check_slope_of_slope", "close", "compiled", "reference", "refusal"]

VAGUE = frozenset(
    {"BroadcastGradientArgs", "PlaceholderWithDefault", "MirrorPadGrad", "FusedBatchNormV3"}
)  # 1.15 says no more of them
STRICT = frozenset({"ParallelConcat"})  # 1.15 refuses it where shapes aren't known
_FLOATS = (np.floating, np.complexfloating)


# --- a row as a graph -------------------------------------------------------------------------------------


@dataclasses.dataclass
class Built:
    """A row's node in a graph of its own.

    Attributes:
      leaves: a tensor for each array that the row gives, lists flattened; None for a variable's value.
      feeds: for each leaf that is fed, its value.
      outputs: the node's, without those that are variables; states: the variables that it takes; op: the node.
    """

    graph: object
    leaves: list
    feeds: dict
    outputs: list
    states: list
    op: object


def flat(inputs):
    """The arrays of a row, lists flattened."""
    return [one for x in inputs for one in (x if isinstance(x, list) else [x])]


def _nested(leaves, inputs):
    leaves = iter(leaves)
    return [[next(leaves) for _ in x] if isinstance(x, list) else next(leaves) for x in inputs]


def build(row, known=True, arrays=None):
    """The row's node; `known` says that shapes, and values that shapes may depend on, are known while it is built."""
    arrays = flat(row.inputs) if arrays is None else arrays
    definition = lookup(row.op)
    stateful = _stateful(definition, row)
    graph = tf.Graph()
    with graph.as_default():
        leaves, feeds, states = [], {}, []
        for array, state, kind in zip(arrays, stateful, _kinds(definition, row), strict=True):
            if state:
                states.append(tf.Variable(array, use_resource=state == "resource"))
                leaves.append(states[-1].handle if state == "resource" else states[-1]._variable)
                continue
            leaf = _leaf(array, known, kind)
            leaves.append(leaf)
            if leaf.op.type == "Placeholder":
                feeds[leaf] = array
        made = apply(definition, *_nested(leaves, row.inputs), name="node", **row.attrs)
        op = graph.get_operation_by_name("node")
        assert made is op or True
    return Built(graph, leaves, feeds, [t for t in op.outputs if not t.dtype._is_ref_dtype], states, op)


def _stateful(definition, row):
    """For each array of a row: whether it is a variable's, and of which kind."""
    out = []
    for arg, x in zip(definition.inputs, row.inputs, strict=True):
        kind = "ref" if arg.is_ref else "resource" if arg.dtype is tf.resource else None
        out += [kind] * (len(x) if isinstance(x, list) else 1)
    return out


_QUANTISED = {np.dtype(np.uint8): tf.quint8, np.dtype(np.int8): tf.qint8}


def _kinds(definition, row):
    """For each array of a row its dtype: the array's, or the quantised one of the same bytes where only that is taken."""
    for arg, x in zip(definition.inputs, row.inputs, strict=True):
        allowed = definition.attrs[arg.type_attr].allowed if arg.type_attr else None
        for array in flat([x]):
            kind = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
            yield kind if allowed is None or kind in allowed else _QUANTISED.get(array.dtype, kind)


def _leaf(array, known, kind):
    if known and (array.ndim == 0 or array.ndim <= 2 and array.dtype in (np.int32, np.int64)):
        return tf.constant(array, kind)
    return tf.placeholder(kind, array.shape if known else None)


# --- run --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _way(compiling):
    with mock.patch.object(plan, "worth_compiling", lambda ops: compiling):
        yield


def reference(built):
    """Outputs, and variables after the run, by the plain backend."""
    return _run(built, False)


def compiled(built):
    """The same by XLA."""
    return _run(built, True)


def _run(built, compiling):
    with built.graph.as_default(), tf.Session() as session:
        with _way(False):
            session.run([v.initializer for v in built.states])
        with _way(compiling):
            outputs, _ = session.run([built.outputs, built.op], built.feeds)
            if compiling:
                steps = [s for plans in session._plans.values() for p in plans[1].values() for s in p.steps]
                assert any(isinstance(s, CompiledStep) for s in steps), "nothing was compiled"
        with _way(False):
            return list(outputs) + session.run(list(built.states))


def compiles(row):
    """Whether an op goes to the compiler."""
    definition = lookup(row.op)
    strings = any(a.dtype == object for a in flat(row.inputs))
    return not (definition.host or definition.dynamic or definition.control or strings)


def meant(row, arrays=None):
    """What the row's NumPy gives: outputs, then variables."""
    inputs = row.inputs if arrays is None else _nested(arrays, row.inputs)
    with np.errstate(all="ignore"):
        made = row.meaning(*inputs)
    if any(_stateful(lookup(row.op), row)):
        states, outputs = made
        return [*outputs, *states]
    if isinstance(made, (tuple, list)):
        return list(made)
    return [made]


def tolerance(row):
    """How far floats may be off, relative to the largest."""
    if row.tol is not None:
        return row.tol
    kinds = {a.dtype.name for a in flat(row.inputs)}
    if kinds & {"float16", "bfloat16"}:
        return 1e-2
    return 2e-6 if kinds & {"float32", "complex64"} or not kinds & {"float64", "complex128"} else 1e-12


def close(row, got, want, tol, of):
    """Asserts that values are as wanted: whole numbers exactly, floats to `tol` of the largest."""
    assert len(got) == len(want), f"{row}: {len(got)} values, {of} has {len(want)}"
    for k, (a, b) in enumerate(zip(got, want, strict=True)):
        a, b = np.asarray(a), np.asarray(b)
        said = f"{row}, value {k}\n{_shown(row)}\ngot {a!r}\n{of} {b!r}"
        assert a.shape == b.shape, said
        if not np.issubdtype(a.dtype, np.inexact):
            assert np.array_equal(a, _as(b, a.dtype)), said
            continue
        finite = np.abs(b[np.isfinite(b)])
        np.testing.assert_allclose(a, _as(b, a.dtype), rtol=tol, atol=tol * max(finite.max(initial=0), 1e-30), err_msg=said)


def _as(x, kind):
    return (x.real if np.iscomplexobj(x) and not np.issubdtype(kind, np.complexfloating) else x).astype(kind)


def _shown(row):
    return "\n".join(f"input {k}: {x!r}" for k, x in enumerate(row.inputs))


# --- slopes -----------------------------------------------------------------------------------------------

_DOUBLE = {"float32": np.float64, "float16": np.float64, "complex64": np.complex128}


def sloped(row):
    """Whether the row's op has a slope."""
    definition = lookup(row.op)
    if not definition.has_gradient or definition.grad is None or row.slopes == () or any(_stateful(definition, row)):
        return False
    arrays = flat(row.inputs)
    return any(np.issubdtype(a.dtype, k) and a.size for a in arrays for k in _FLOATS) and _gives_floats(row)


def _gives_floats(row):
    definition = lookup(row.op)
    kinds = {a.type_attr: x for a, x in zip(definition.inputs, row.inputs, strict=True) if a.type_attr}
    for arg in definition.outputs:
        if arg.dtype is not None and (arg.dtype.is_floating or arg.dtype.is_complex):
            return True
        x = kinds.get(arg.type_attr)
        x = x[0] if isinstance(x, list) else x
        if arg.dtype is None and (x is None or any(np.issubdtype(np.asarray(x).dtype, k) for k in _FLOATS)):
            return arg.type_attr not in row.attrs or tf.as_dtype(row.attrs[arg.type_attr]).is_floating or True
    return False


def in_doubles(row):
    """Whether the row's op takes and gives float64 in place of float32."""
    definition = lookup(row.op)
    if any(arg.dtype is tf.float32 for arg in definition.outputs):
        return False
    for arg, x in zip(definition.inputs, row.inputs, strict=True):
        for a in x if isinstance(x, list) else [x]:
            kind = _DOUBLE.get(a.dtype.name)
            if kind is None:
                continue
            allowed = definition.attrs[arg.type_attr].allowed if arg.type_attr else None
            if arg.dtype is not None or allowed is not None and tf.as_dtype(kind) not in allowed:
                return False
    return True


def _doubled(row):
    arrays = [a.astype(_DOUBLE.get(a.dtype.name, a.dtype)) for a in flat(row.inputs)]
    attrs = dict(row.attrs)
    for key, value in attrs.items():
        if lookup(row.op).attrs[key].kind == "type" and tf.as_dtype(value) in (tf.float32, tf.complex64):
            attrs[key] = tf.float64 if tf.as_dtype(value) is tf.float32 else tf.complex128
    partner = lookup(row.op).attrs.get("Tout")  # of a real type the complex one, or the other way round
    if partner is not None and "Tout" not in attrs:
        attrs["Tout"] = tf.complex128 if partner.default.is_complex else tf.float64
    return arrays, dataclasses.replace(row, attrs=attrs)


@dataclasses.dataclass
class Sloped:
    """A row's node under a loss of its outputs; `xs` are the real tensors that its float inputs are made of.

    Attributes:
      places: for each of `xs` the number of the row's array that it is of, and 1 or 1j.
    """

    graph: object
    session: object
    feeds: dict
    xs: list
    loss: object
    weights: list
    places: list


def _sloped(row, doubles):
    arrays, row = _doubled(row) if doubles else (flat(row.inputs), row)
    slopes = range(len(arrays)) if row.slopes is None else row.slopes
    graph = tf.Graph()
    with graph.as_default():
        feeds, xs, leaves, places = {}, [], [], []
        for k, array in enumerate(arrays):
            own = []
            leaf = _real_leaves(array, feeds, own)
            leaves.append(row.within(leaf) if row.within and own else leaf)
            if k in slopes:
                xs += own
                places += [(k, unit) for unit in (1, 1j)[: len(own)]]
        apply(lookup(row.op), *_nested(leaves, row.inputs), name="node", **row.attrs)
        outputs = graph.get_operation_by_name("node").outputs
        outputs = outputs if row.of is None else [outputs[k] for k in row.of]
        outputs = [t for t in outputs if t.dtype.is_floating or t.dtype.is_complex]
        session = tf.Session()
        with _way(False):
            values = session.run(outputs, feeds)
        draw = np.random.RandomState(7)
        parts, weights = [], []
        for tensor, value in zip(outputs, values, strict=True):
            for part in [tf.real(tensor), tf.imag(tensor)] if tensor.dtype.is_complex else [tensor]:
                weight = tf.placeholder(part.dtype, np.shape(value))
                feeds[weight] = draw.uniform(0.5, 1.5, np.shape(value)) * draw.choice([-1, 1], np.shape(value))
                weights.append(weight)
                parts.append(tf.reduce_sum(weight * part))
        loss = tf.add_n(parts)
    return Sloped(graph, session, feeds, xs, loss, weights, places)


def _real_leaves(array, feeds, xs):
    """A leaf for an array, a complex one made of two real ones; the float ones are added to `xs`."""
    if np.issubdtype(array.dtype, np.complexfloating):
        return tf.complex(_real_leaves(array.real, feeds, xs), _real_leaves(array.imag, feeds, xs))
    if array.dtype in (np.int32, np.int64):
        return tf.constant(array, tf.as_dtype(array.dtype))
    leaf = tf.placeholder(tf.as_dtype(array.dtype), array.shape)
    feeds[leaf] = array
    if np.issubdtype(array.dtype, np.floating) and array.size:
        xs.append(leaf)
    return leaf


def check_slope(row):
    """The gradient of a loss of the outputs, against differences of it along random directions.

    In float64 where the op takes it, then differences are the graph's own; else of the row's NumPy in float64.
    """
    doubles = in_doubles(row)
    made = _sloped(row, doubles)
    with made.graph.as_default():
        slopes = tf.gradients(made.loss, made.xs)
    assert None not in slopes, f"{row}: no slope of input {slopes.index(None)}"
    with _way(False):
        if doubles:
            _compare(row, made, made.loss, made.xs, slopes, 1e-6)
        else:
            _compare_meaning(row, made, slopes)


def check_slope_of_slope(row):
    """The gradient of a weighted sum of the gradients, against differences of that sum."""
    made = _sloped(row, True)
    draw = np.random.RandomState(8)
    with made.graph.as_default():
        slopes = tf.gradients(made.loss, made.xs)
        slopes = [tf.convert_to_tensor(s) for s in slopes]
        total = tf.add_n([tf.reduce_sum(s * draw.uniform(-1, 1, x.shape)) for s, x in zip(slopes, made.xs, strict=True)])
        xs = made.xs + made.weights
        second = tf.gradients(total, xs)
    with _way(False):
        _compare(row, made, total, xs, second, 1e-6)


def _compare(row, made, y, xs, slopes, tol):
    draw = np.random.RandomState(9)
    run = made.session.make_callable(y, list(made.feeds))
    got = made.session.run([s for s in slopes if s is not None], made.feeds)
    got = iter(got)
    for x, slope in zip(xs, slopes, strict=True):
        value = made.feeds[x]
        slope = np.zeros_like(value) if slope is None else _dense(next(got), value.shape)

        def at(step, x=x, value=value):
            return run(*[value + step if t is x else v for t, v in made.feeds.items()])

        _hold(row, x, slope, value, at, tol, draw)


def _dense(slope, dims):
    """A slope as an array, also one by rows."""
    if isinstance(slope, tf.compat.v1.IndexedSlicesValue):
        out = np.zeros(dims, slope.values.dtype)
        np.add.at(out, slope.indices, slope.values)
        return out
    return slope


def _hold(row, x, slope, value, at, tol, draw):
    for _ in range(2):
        way = draw.uniform(0.5, 1, value.shape) * draw.choice([-1, 1], value.shape)
        want = _difference(at, way)
        got = np.sum(slope.astype(np.float64) * way)
        scale = max(np.sum(np.abs(slope * way)), abs(want), 1e-3)
        assert slope.shape == value.shape, f"{row}: the slope of {value.shape} is of {slope.shape}"
        assert abs(got - want) <= tol * scale, (
            f"{row}\n{_shown(row)}\nslope of {x.name}: {slope!r}\nalong {way!r}\ngives {got}, the difference is {want}"
        )


def _difference(at, way, h=2e-4):
    """The derivative along `way`, to the fourth order."""
    return (8 * (at(h * way) - at(-h * way)) - (at(2 * h * way) - at(-2 * h * way))) / (12 * h)


def _compare_meaning(row, made, slopes):
    """Slopes in float32 against differences of the row's NumPy in float64."""
    draw = np.random.RandomState(9)
    arrays, _ = _doubled(row)
    with made.graph.as_default():
        got = made.session.run(slopes, made.feeds)
    weights = [made.feeds[w] for w in made.weights]
    for x, slope, (k, unit) in zip(made.xs, got, made.places, strict=True):

        def at(step, k=k, unit=unit):
            outs = meant(row, [a + unit * step if i == k else a for i, a in enumerate(arrays)])
            outs = outs if row.of is None else [outs[k] for k in row.of]
            outs = [np.asarray(o) for o in outs if np.issubdtype(np.asarray(o).dtype, np.inexact)]
            parts = [part for o in outs for part in ([o.real, o.imag] if np.iscomplexobj(o) else [o])]
            return sum(np.sum(w * o) for w, o in zip(weights, parts, strict=True))

        _hold(row, x, slope, made.feeds[x], at, 2e-4, draw)


# --- bad rows ---------------------------------------------------------------------------------------------


def refusal(row):
    """The error that a bad row's op raises, while the graph is built or in a run."""
    graph = tf.Graph()
    feeds = {}
    try:
        with graph.as_default(), tf.Session() as session:
            leaves = [[_bad_leaf(one, feeds) for one in x] if isinstance(x, list) else _bad_leaf(x, feeds) for x in row.inputs]
            apply(lookup(row.op), *leaves, name="node", **row.attrs)
            session.run(graph.get_operation_by_name("node").outputs, feeds)
    except (ValueError, TypeError, LookupError, tf.errors.OpError) as error:
        return error
    raise AssertionError(f"{row.op} takes it")


def _bad_leaf(x, feeds):
    if isinstance(x, np.ndarray) and x.ndim:
        if x.dtype in (np.int32, np.int64):
            return tf.constant(x, tf.as_dtype(x.dtype))
        x = Hole(x.shape, x)
    if isinstance(x, Hole):
        value = np.asarray(x.value)
        leaf = tf.placeholder(tf.as_dtype(value.dtype), x.dims)
        feeds[leaf] = value
        return leaf
    return x
