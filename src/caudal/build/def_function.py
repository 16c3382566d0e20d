"""`tf.function`: a Python function traced once into a graph of its own, and called as one node; run/calls.py runs it."""

import functools
import inspect
import itertools

import numpy as np

from ..graph.convert import constant_node, convert
from ..graph.define import define
from ..graph.function import FuncGraph
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from .gradients import gradients

__all__ = ["Body", "Function", "function"]

_numbers = itertools.count()
_KEPT = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES)
_CONFIG = b"\n\x07\n\x03CPU\x10\x01\n\x07\n\x03GPU\x10\x002\x02J\x008\x01"  # the ConfigProto that 1.15 puts on each call
_QUIET = frozenset(
    "RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal RandomShuffle Multinomial RandomGamma "
    "RandomPoissonV2 Placeholder VarHandleOp VariableV2 ParameterizedTruncatedNormal".split()
)


_REPEATABLE = frozenset(
    {"ReadVariableOp", "Placeholder", "StackV2", "StackPushV2", "StackPopV2", "TensorArrayV3"}
    | {f"TensorArray{what}V3" for what in ("Write", "Read", "Gather", "Scatter", "Size", "Grad", "Concat", "Split", "Close")}
)  # stateful, but the same when they run again


class Body:
    """What a call runs: a graph, the placeholders that are fed, the tensors that are fetched.

    Attributes:
      name: the function's.
      given: how many outputs the Python function has; later ones are there for slopes.
      effects: operations that are run for what they do.
    """

    def __init__(self, graph, arguments, outputs):
        self.name, self.graph, self.arguments, self.outputs = graph.name, graph, list(arguments), list(outputs)
        self.given, self._back = len(self.outputs), {}
        self.effects = [op for op in graph._ops if op._def.is_stateful and op._def.name not in _QUIET]

    @property
    def inputs(self):
        """The placeholders: arguments, then captured tensors."""
        return self.arguments + list(self.graph.captures.values())

    @property
    def captured(self):
        """The tensors outside that are captured."""
        return [t.op._captured for t in self.graph.captures.values()]

    def back(self, which):
        """(the body of the slopes, for each input where its slope is among the outputs, or None).

        Args:
          which: the numbers of the outputs whose slopes come in.
        """
        if which not in self._back:
            self._back[which] = self._slopes(which)
        return self._back[which]

    def _slopes(self, which):
        if any(op._def.control for op in self.graph._ops):
            return self._slopes_inside(which)
        graph = FuncGraph(f"__backward_{self.name}_{next(_numbers)}", self.graph)
        ys, xs = [self.outputs[k] for k in which], self.inputs
        with graph.as_default():
            dys = [graph.argument(y._dtype, y.dims, f"grad_ys_{k}") for k, y in enumerate(ys)]
            found = gradients(ys, xs, dys, name="gradients")
            found = [None if g is None else convert(g, None) for g in found]
            outputs = [graph.capture(g) for g in found if g is not None]
        places = iter(range(len(outputs)))
        return Body(graph, dys, outputs), [None if g is None else next(places) for g in found]

    def _slopes_inside(self, which):
        """`_slopes` with nodes in the body's own graph, where its loops can keep what their slopes need."""
        again = [op.type for op in self.graph._ops if op._def.is_stateful and op.type not in _REPEATABLE]
        need(
            not again,
            f"The gradient of a tf.function with branches or loops and stateful ops ({', '.join(sorted(set(again)))}) is not made.",
            kind=NotImplementedError,
        )
        ys, xs = [self.outputs[k] for k in which], self.inputs
        with self.graph.as_default():
            dys = [self.graph.argument(y._dtype, y.dims, f"grad_ys_{k}") for k, y in enumerate(ys)]
            found = gradients(ys, xs, dys, name="gradients")
            found = [None if g is None else convert(g, None) for g in found]
        outputs = [g for g in found if g is not None]
        places = iter(range(len(outputs)))
        return _Again(self, dys, outputs), [None if g is None else next(places) for g in found]


class _Again(Body):
    """The slopes of a body with branches or loops, in its own graph: they run it again, from the same inputs.

    Attributes:
      dys: the placeholders for the slopes that come in.
    """

    def __init__(self, body, dys, outputs):
        self._inputs, self.dys = [*dys, *body.inputs], dys
        super().__init__(body.graph, [], outputs)
        self.name, self.effects = f"__backward_{body.name}_{next(_numbers)}", []

    @property
    def inputs(self):
        """The placeholders: slopes, then what the body itself takes."""
        return self._inputs


# --- the node ---------------------------------------------------------------------------------------------


def call(body, arguments):
    """Adds the node that runs a body; gives its outputs.

    Args:
      body: the `Body`.
      arguments: a tensor for each of its arguments.
    """
    node = _stateful if body.effects or any(op._def.is_stateful for op in body.graph._ops if op.type != "Placeholder") else _pure
    kinds = [t._dtype.base_dtype for t in body.outputs]
    made = node([*arguments, *body.captured], Tout=kinds, f=_Name(body), config_proto=_CONFIG)
    if not isinstance(made, list):
        made._body = body
        return []
    op = made[0].op if made else default_graph()._ops[-1]
    op._body = body
    for tensor, inner in zip(op.outputs, body.outputs, strict=True):
        tensor.dims = inner.dims
    return made


class _Name:
    """A body as the value of an attribute."""

    def __init__(self, body):
        self.body, self.name = body, body.name


def _outputs_for(op, tensors):
    """The outputs of a call that give tensors of its body; new ones are added."""
    body, out = op._body, []
    for tensor in tensors:
        if tensor not in body.outputs:
            body.outputs.append(tensor)
        k = body.outputs.index(tensor)
        while len(op.outputs) <= k:
            inner = body.outputs[len(op.outputs)]
            made = Tensor(op, len(op.outputs), inner._dtype.base_dtype)
            made.dims = inner.dims
            op.outputs.append(made)
        out.append(op.outputs[k])
    op.attrs["Tout"] = [t._dtype for t in op.outputs]
    op.graph._changed(op)
    return out


def _slope(op, *dys):
    which = tuple(k for k, dy in enumerate(dys) if dy is not None)
    back, places = op._body.back(which)
    needed = list(op._inputs) if isinstance(back, _Again) else _outputs_for(op, back.captured)
    made = _call_back(back, [dys[k] for k in which], needed)
    return [None if k is None else made[k] for k in places]


def _call_back(back, dys, needed):
    """The call of a slope's body; what it captured are outputs of the call forwards."""
    kinds = [t._dtype.base_dtype for t in back.outputs]
    node = _stateful if back.effects else _pure
    made = node([*dys, *needed], Tout=kinds, f=_Name(back), config_proto=_CONFIG)
    made[0].op._body = back
    for tensor, inner in zip(made, back.outputs, strict=True):
        tensor.dims = inner.dims
    return made


def _unknown(*_, Tout):  # noqa: N803  # TF's name
    return [None] * len(Tout)


_pure = define("PartitionedCall", infer=_unknown, grad=_slope, host=True)
_stateful = define("StatefulPartitionedCall", infer=_unknown, grad=_slope, host=True)


# --- what programs call -------------------------------------------------------------------------------------


class Function:
    """A Python function whose calls are nodes. For each kind of arguments it is traced once.

    Args:
      python_function: the function.
      input_signature: a list of `TensorSpec`s that all arguments have to fit, or None.
    """

    def __init__(self, python_function, input_signature=None):
        functools.update_wrapper(self, python_function)
        self.python_function, self.input_signature = python_function, input_signature
        self._traces = {}

    def __get__(self, instance, owner):
        if instance is None:
            return self
        bound = instance.__dict__.setdefault("_bound_functions", {})
        if self not in bound:
            bound[self] = Function(self.python_function.__get__(instance, owner), self.input_signature)
        return bound[self]

    def __call__(self, *args, **kwargs):
        body, arguments, result = self._traced(args, kwargs)
        made = iter(call(body, arguments))
        return nest.map_structure(lambda y: None if y is None else next(made), result)

    def get_concrete_function(self, *args, **kwargs):
        """The trace for such arguments, as a function of tensors alone."""
        body, _, result = self._traced(args, kwargs)

        def concrete(*tensors):
            made = iter(call(body, [convert(t, None) for t in tensors]))
            return nest.map_structure(lambda y: None if y is None else next(made), result)

        concrete.graph, concrete.inputs, concrete.outputs = body.graph, body.inputs, body.outputs
        concrete.structured_outputs = result
        return concrete

    def _traced(self, args, kwargs):
        """(body, the tensors among the arguments, the nest that the function gives)."""
        args = self._fitted(args)
        names = _names(self.python_function, args)
        flat = nest.flatten((args, kwargs))
        flat = [constant_node(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in flat]
        tensors = [x for x in flat if isinstance(x, Tensor)]
        outer = default_graph()
        key = (outer, _kind(args), _kind(kwargs), tuple(_part(x) for x in flat))
        if key not in self._traces:
            self._traces[key] = self._trace(outer, (args, kwargs), flat, names)
        body, result = self._traces[key]
        return body, tensors, result

    def _fitted(self, args):
        """Arguments as the signature wants them."""
        if self.input_signature is None:
            return args
        specs = nest.flatten(self.input_signature)
        fits = len(specs) == len(nest.flatten(args))
        need(fits, f"Arguments and signature arguments do not match: {len(nest.flatten(args))} {len(specs)}")
        flat = [convert(x, s.dtype) for x, s in zip(nest.flatten(args), specs, strict=True)]
        for x, spec in zip(flat, specs, strict=True):
            words = (
                f"Python inputs incompatible with input_signature:\n  inputs: {args}\n  input_signature: {self.input_signature}"
            )
            need(spec.shape.is_compatible_with(x.shape), words)
        return nest.pack_sequence_as(args, flat)

    def _trace(self, outer, given, flat, names):
        for key in _KEPT:
            outer.get_collection_ref(key)
        name = f"__inference_{getattr(self.python_function, '__name__', 'function')}_{next(_numbers)}"
        graph = FuncGraph(name, outer)
        specs = nest.flatten(self.input_signature) if self.input_signature is not None else [None] * len(flat)
        with graph.as_default():
            inside, arguments = [], []
            for x, label, spec in zip(flat, names + ["kwarg"] * len(flat), specs + [None] * len(flat), strict=False):
                if isinstance(x, Tensor):
                    dims = x.dims if spec is None else spec.shape._tuple
                    x = graph.argument(x._dtype.base_dtype, dims, label)
                    arguments.append(x)
                inside.append(x)
            args, kwargs = nest.pack_sequence_as(given, inside)
            result = self.python_function(*args, **kwargs)
            result = nest.map_structure(lambda y: None if y is None else convert(y, None), result)
            outputs = [graph.capture(y) for y in nest.flatten(result) if y is not None]
        return Body(graph, arguments, outputs), result


def _names(python_function, args):
    """A name for each argument by its place."""
    try:
        known = [p.name for p in inspect.signature(python_function).parameters.values() if p.kind in _BY_PLACE]
    except (TypeError, ValueError):
        known = []
    known += [f"args_{k}" for k in range(len(known), len(args))]
    return [name for name, value in zip(known, args, strict=False) for _ in nest.flatten(value)]


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _kind(value):
    """The structure of a nest, as something that can be compared."""
    if isinstance(value, dict):
        return "dict", tuple((k, _kind(v)) for k, v in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(_kind(v) for v in value)
    return "."


def _part(x):
    """What a trace depends on of one argument."""
    if isinstance(x, Tensor):
        return "tensor", x._dtype, x.dims
    try:
        hash(x)
    except TypeError:
        return "object", id(x)
    return type(x), x


@export("function")
def function(
    func=None,
    input_signature=None,
    autograph=True,
    experimental_autograph_options=None,
    experimental_relax_shapes=False,
    experimental_compile=None,
):
    """A function whose calls are single nodes, which run a graph traced from it.

    Args:
      func: the Python function; without it, a decorator is given.
      input_signature: a list of `TensorSpec`s that all arguments have to fit.
      autograph: accepted; Python's own control flow is not rewritten: `tf.cond` and `tf.while_loop` say what is meant.
      experimental_autograph_options, experimental_relax_shapes, experimental_compile: accepted.

    Returns:
      A callable; its tensors have gradients.

    Raises:
      ValueError: (when called) arguments that don't fit the signature.
    """
    if func is None:
        return lambda inner: function(inner, input_signature)
    return Function(func, input_signature)
