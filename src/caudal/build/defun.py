"""`Defun`, which TF keeps in tensorflow.python.framework.function: a Python function as an op type of its own name."""

import base64
import hashlib
import inspect
import itertools
import re

from ..graph.apply import apply
from ..graph.convert import convert
from ..graph.function import FuncGraph
from ..graph.graph import default_graph
from ..graph.opdef import lookup, parse
from ..graph.scopes import name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.fill import zeros_like
from .def_function import Body, function
from .function_library import adjoint
from .scopes import get_variable_scope, variable_scope

__all__ = ["Defun", "defun"]

_ANY = 1000000  # arguments that a function with *args takes
_numbers = itertools.count()


class Defun:
    """Decorator: the function's calls are single nodes, whose type is the function's name.

    Args:
      *input_types: the dtype of each argument; without them a function is traced for each kind of arguments.
      func_name: the name; the Python function's and a mark of its own by default.
      grad_func: another such function, (inputs, slopes coming in) -> a slope for each input.
      python_grad_func: a function (op, *slopes coming in) that adds the nodes of the slopes instead.
      out_names: a name for each output.
      shape_func: a function of the node that gives its outputs' shapes, which are unknown without it.
      **kwargs: `noinline`, `compiled`, `separate_compiled_gradients` mark the nodes; the others are accepted.

    Raises:
      ValueError: what is decorated can't be called, has defaults or keywords, or takes another number of arguments.
    """

    def __init__(self, *input_types, **kwargs):
        self._types, self._kwargs = [dtypes.as_dtype(kind) for kind in input_types], kwargs

    def __call__(self, func):
        need(callable(func), f"function {func} must be callable")
        spec = inspect.getfullargspec(func)
        need(
            not (spec.varkw or spec.defaults),
            "function with argument defaults or keywords arguments are not supported. "
            f"{func} has defaults {spec.defaults} and keywords {spec.varkw}.",
        )
        names = spec.args[1:] if inspect.ismethod(func) else spec.args
        most = _ANY if spec.varargs else len(names)
        if not self._types and most:
            return _Overloaded(func, names, self._kwargs)
        need(
            len(names) <= len(self._types) <= most,
            "The function has fewer arguments than the number of specified input types.",
        )
        return _Defined(func, names, self._types, **self._kwargs)


class _Overloaded:
    """A function of any dtypes: one `_Defined` for each kind of arguments."""

    def __init__(self, func, names, kwargs):
        self._func, self._names, self._kwargs, self._made = func, names, dict(kwargs), {}
        self._name = self._kwargs.pop("func_name", None) or func.__name__

    def __call__(self, *args, **kwargs):
        args = [convert(x, None) for x in args]
        kinds = tuple(x._dtype.base_dtype for x in args)
        if kinds not in self._made:
            name = self._name + "_" + "".join(_short(kind) for kind in kinds)
            self._made[kinds] = _Defined(self._func, self._names, kinds, func_name=name, **self._kwargs)
        return self._made[kinds](*args, **kwargs)


def _short(kind):
    """'f32' of float32, 'i64' of int64: the letter and the bits."""
    return re.sub(r"^([a-z]+?)(\d*)$", lambda m: (m[1][0] if m[2] else m[1]) + m[2], kind.name)


class _Defined:
    """A function of known dtypes, traced when it is first needed.

    Attributes:
      declared_input_types: the dtypes.
    """

    def __init__(
        self,
        func,
        names,
        kinds,
        func_name=None,
        grad_func=None,
        python_grad_func=None,
        out_names=None,
        shape_func=None,
        **marks,
    ):
        self._func, self.declared_input_types = func, tuple(kinds)
        self._names = [*names, *(f"arg{k}" for k in range(len(names), len(kinds)))]
        self._func_name, self.grad_func, self.python_grad_func = func_name, grad_func, python_grad_func
        self._out_names, self._shape_func, self._marks = out_names, shape_func, marks
        self._body = self._type = None
        self._extra = []

    def __call__(self, *args, name=None, **kwargs):
        body = self.body
        expected = len(self.declared_input_types)
        need(len(args) == expected, f"Expected number of arguments: {expected}, received: {len(args)}")
        inputs = [convert(x, None) for x in args] + self._extra
        _check(inputs, self._type, name or self.name)
        made = apply(self._type, *inputs, name=name or self.name)
        op = made if not body.outputs else made.op if len(body.outputs) == 1 else made[0].op
        op._body = body
        op.attrs.update(_attributes(self.name, {**self._marks, **kwargs}))
        self._know(op)
        return made if len(body.outputs) < 2 else tuple(op.outputs)

    def _know(self, op):
        """Gives the outputs the shapes that `shape_func` tells."""
        shapes = self._shape_func(op) if self._shape_func is not None else [None] * len(op.outputs)
        need(len(shapes) == len(op.outputs), f"shape_func produced {len(shapes)} shapes for {len(op.outputs)} outputs")
        for tensor, dims in zip(op.outputs, shapes, strict=True):
            tensor.set_shape(dims)

    @property
    def name(self):
        """The function's name, which is its nodes' type."""
        return self.body.name

    @property
    def captured_inputs(self):
        """The tensors from outside that it uses, which are inputs of its nodes after the arguments."""
        return self.body and self._extra

    @property
    def stateful_ops(self):
        """The (name, type) of each op in it that has state."""
        return [(op.name, op.type) for op in self.body.graph._ops if op._def.is_stateful and op.type != "Placeholder"]

    @property
    def body(self):
        """The `Body` that its nodes run."""
        if self._body is None:
            self._trace()
        return self._body

    def _trace(self):
        outer = default_graph()
        graph = FuncGraph(self._func_name or self._func.__name__, outer)

        def outside(getter, *args, **kwargs):  # variables are the outer graph's
            with outer.as_default(), name_scope(None):
                return getter(*args, **kwargs)

        with graph.as_default(), variable_scope(get_variable_scope(), custom_getter=outside, auxiliary_name_scope=False):
            pairs = zip(self._names, self.declared_input_types, strict=True)
            arguments = [graph.argument(kind, None, name) for name, kind in pairs]
            outputs = self._func(*arguments)
            outputs = [] if outputs is None else nest.flatten(outputs)
            outputs = [graph.capture(convert(y, None)) for y in outputs]
        self._extra, captured = list(graph.captures), list(graph.captures.values())
        graph.captures = {}  # arguments like the others from now on
        if self._func_name is None:
            graph.name = self._own_name(graph)
        need(re.fullmatch(r"\w+", graph.name), f"'{graph.name}' is not a valid node name", "give the function a func_name")
        self._body = Body(graph, [*arguments, *captured], outputs)
        self._type = self._definition(captured)

    def _own_name(self, graph):
        """The function's name and a mark of what it does."""
        text = "".join(f"{op.type}{op.name}{[t.name for t in op._inputs]}" for op in graph._ops)
        mark = base64.b32encode(hashlib.sha256(f"{text}{next(_numbers)}".encode()).digest())[:11].decode()
        slope = f"_{self.grad_func.name}" if self.grad_func else ""
        return f"{self._func.__name__}{slope}_{mark}"

    def _definition(self, captured):
        """The op type of its nodes."""
        names = [re.sub(r"\W", "_", name) for name in (*self._names, *(t.op.name for t in captured))]
        inputs = ", ".join(f"{n}: {t._dtype.base_dtype.name}" for n, t in zip(names, self._body.arguments, strict=True))
        names = self._out_names or _output_names(self._body.outputs)
        need(
            len(names) == len(self._body.outputs),
            f"Length of out_names ({len(names)}) does not match number of outputs ({len(self._body.outputs)}): "
            + ", ".join(map(str, names)),
        )
        outputs = ", ".join(f"{n}: {t._dtype.base_dtype.name}" for n, t in zip(names, self._body.outputs, strict=True))
        stateful = "  is_stateful" if self.stateful_ops else ""
        made, run = parse(f"{self.name}({inputs}) -> ({outputs}){stateful}"), lookup("StatefulPartitionedCall")
        made.lower, made.lower_wants, made.host = run.lower, run.lower_wants, True
        made.grad, made.has_gradient = self._slope, True
        return made

    def _slope(self, op, *dys):
        if self.python_grad_func is not None:
            found = self.python_grad_func(op, *dys)
            return list(found) if isinstance(found, (list, tuple)) else [found]
        dys = [zeros_like(y) if dy is None else convert(dy, None) for y, dy in zip(op.outputs, dys, strict=True)]
        inputs = list(op._inputs)
        made = apply(lookup("SymbolicGradient"), [*inputs, *dys], Tout=[x._dtype.base_dtype for x in inputs], f=self.name)
        made[0].op._body = self.grad_func.body if self.grad_func else adjoint(op._body, range(len(inputs)))
        for slope, x in zip(made, inputs, strict=True):
            slope.dims = x.dims
        return made


def _output_names(outputs):
    """The ops' names, each once."""
    names = [re.sub(r"\W", "_", y.op.name) for y in outputs]
    return [f"{name}_{names[:k].count(name)}" if name in names[:k] else name for k, name in enumerate(names)]


def _check(inputs, definition, name):
    """Refuses inputs of another dtype, as TF's builder of nodes does."""
    signature = " -> ".join(
        ", ".join(f"{a.name}:{_word(a.dtype)}" for a in side) for side in (definition.inputs, definition.outputs)
    )
    for x, arg in zip(inputs, definition.inputs, strict=True):
        need(
            x._dtype.base_dtype is arg.dtype,
            f"Input '{arg.name}' passed {_word(x._dtype.base_dtype)} expected {_word(arg.dtype)} while building NodeDef '{name}' "
            f"using Op<name={definition.name}; signature={signature}>",
        )


def _word(kind):
    """A dtype as TF's C++ names it."""
    return {"float32": "float", "float64": "double"}.get(kind.name, kind.name)


def _attributes(name, marks):
    """The private attributes of a call."""
    out = {"_disable_call_shape_inference": True}
    marks = {k: v for k, v in marks.items() if k not in _ACCEPTED}
    if "noinline" in marks:
        out["_noinline"] = bool(marks.pop("noinline"))
    separate = marks.pop("separate_compiled_gradients", False)
    if marks.pop("compiled", None):
        out |= {"_XlaCompile": True, "_XlaSeparateCompiledGradients": bool(separate), "_XlaScope": f"function_{name}".encode()}
    need(not marks, f"Unknown keyword arguments: {marks.keys()}")
    return out


_ACCEPTED = frozenset({"capture_by_value", "whitelisted_stateful_ops", "capture_resource_var_by_value"})


@export("contrib.eager.defun")
def defun(func=None, input_signature=None, autograph=True, experimental_autograph_options=None):
    """`tf.function` under its earlier name.

    Args:
      func: the Python function; without it, a decorator is given.
      input_signature: a list of `TensorSpec`s that all arguments have to fit.
      autograph, experimental_autograph_options: accepted; Python's own control flow is not rewritten.
    """
    return function(func, input_signature, autograph, experimental_autograph_options)
