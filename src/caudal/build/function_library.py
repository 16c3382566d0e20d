"""The functions that a GraphDef brings along (FunctionDefs): each becomes a body that calls of it run; run/calls.py runs them."""

from ..formats.node_def import attr_to_python
from ..formats.proto import GraphDef
from ..graph.apply import apply
from ..graph.convert import convert
from ..graph.define import define
from ..graph.function import FuncGraph
from ..graph.opdef import lookup, parse
from ..ground import dtypes
from ..ground.errors import NotFoundError, need
from ..ground.shapes import TensorShape
from ..ops.fill import zeros_like
from .def_function import Body
from .gradients import gradients

__all__ = ["Library"]

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_BRANCHES = {
    "If": ("then_branch", "else_branch"),
    "StatelessIf": ("then_branch", "else_branch"),
    "While": ("cond", "body"),
    "StatelessWhile": ("cond", "body"),
}


class Library:
    """Functions by name, made into bodies as they are called.

    Args:
      messages: `FunctionDef`s.
      graph: the graph whose nodes call them.
      add: a function of (graph, `GraphDef`, name -> tensor, names wanted, this library): adds nodes, gives those wanted.
    """

    def __init__(self, messages, graph, add):
        self.messages = {one.signature.name: one for one in messages}
        self.graph, self.add = graph, add
        self._bodies, self._definitions, self._open = {}, {}, []

    def definition(self, kind):
        """The definition of an op type, or of a function that is called by its own name.

        Raises:
          NotFoundError: there is none.
        """
        if kind in self.messages and kind not in self._definitions:
            self._definitions[kind] = _definition(self.messages[kind].signature)
        try:
            return self._definitions.get(kind) or lookup(kind)
        except KeyError:
            raise NotFoundError(
                None,
                None,
                f"Op type not registered '{kind}' in binary running on vm. Make sure the Op and Kernel are registered in the "
                "binary running in this process. Note that if you are loading a saved graph which used ops from tf.contrib, "
                "accessing (e.g.) `tf.contrib.resampler` should be done before importing the graph, as contrib ops are lazily "
                "registered when the module is first accessed.",
            ) from None

    def attach(self, op):
        """Gives a call what it runs, and its outputs' shapes."""
        kind = op._def.name
        if kind in _CALLS:
            self._give(op, self.body(op.attrs["f"]))
        elif kind in self.messages:
            self._give(op, self.body(kind))
        elif kind == "SymbolicGradient":
            body = self.body(op.attrs["f"])
            self._give(op, adjoint(body, range(len(body.arguments))))
        elif kind in _BRANCHES:
            op._branches = [self.body(op.attrs[key]) for key in _BRANCHES[kind]]
            _know(op, op._branches if kind.endswith("If") else [])

    def _give(self, op, body):
        op._body = body
        _know(op, [body])

    def body(self, name):
        """The body of a function.

        Raises:
          ValueError: the library has none of that name, or it calls itself.
        """
        if name not in self._bodies:
            need(name in self.messages, f"Function {name} is not defined.")
            need(name not in self._open, f"Function {name} calls itself; a while loop says the same.")
            self._open.append(name)
            self._bodies[name] = self._made(self.messages[name])
            self._open.pop()
        return self._bodies[name]

    def _made(self, message):
        graph = FuncGraph(message.signature.name, self.graph)
        with graph.as_default():
            given = {
                arg.name: graph.argument(dtypes.as_dtype(arg.type), _dims(message.arg_attr, k), arg.name)
                for k, arg in enumerate(message.signature.input_arg)
            }
            nodes = self._nodes(message, set(given))
            flat = _Flat(message, set(given), self.definition)
            wanted = [flat.name(message.ret[arg.name]) for arg in message.signature.output_arg]
            used = {name for node in nodes.node for name in node.input}
            taken = {name: tensor for name, tensor in given.items() if name in used}
            outputs = self.add(graph, nodes, taken, [name for name in wanted if name not in given], self)
        outputs = iter(outputs)
        return Body(graph, given.values(), [given[name] if name in given else next(outputs) for name in wanted])

    def _nodes(self, message, arguments):
        """The function's nodes with inputs named as in a graph."""
        out, flat = GraphDef(), _Flat(message, arguments, self.definition)
        for node in message.node_def:
            made = out.node.add()
            made.CopyFrom(node)
            made.input[:] = [flat.name(name) for name in node.input]
            held = any(value.WhichOneof("value") == "placeholder" for value in node.attr.values())
            need(not held, f"Function {message.signature.name} is for any dtype, which is not made.", kind=NotImplementedError)
        return out


def _dims(attributes, k):
    """The shape of an argument, where the function's trace noted it."""
    shapes = attributes[k].attr["_output_shapes"].list.shape if k in attributes and "_output_shapes" in attributes[k].attr else ()
    return TensorShape(shapes[0])._tuple if len(shapes) == 1 else None


def adjoint(body, which):
    """The body that gives slopes of another, in the other's own graph.

    Args:
      body: a `Body` that captures nothing.
      which: the numbers of the arguments whose slopes are wanted.

    Returns:
      A `Body` of (arguments, a slope for each output) that gives a slope for each of `which`: zeros where there is none.
    """
    ys = body.outputs[: body.given]
    with body.graph.as_default():
        dys = [body.graph.argument(y._dtype, y.dims, f"grad_ys_{k}") for k, y in enumerate(ys)]
        ways = [(y, dy) for y, dy in zip(ys, dys, strict=True) if y._dtype.is_floating or y._dtype.is_complex]
        xs = [body.arguments[k] for k in which]
        found = gradients([y for y, _ in ways], xs, [dy for _, dy in ways], name="gradients")
        slopes = [zeros_like(x) if dx is None else convert(dx, None) for x, dx in zip(xs, found, strict=True)]
    return Body(body.graph, [*body.arguments, *dys], slopes)


def _branches_slope(op, *dys):
    """The slopes of all branches, chosen as the branches were; each reckons its way forward again."""
    which = [k for k, x in enumerate(op._inputs[1:]) if x._dtype.is_floating or x._dtype.is_complex]
    dys = [zeros_like(y) if dy is None else dy for y, dy in zip(op.outputs, dys, strict=True)]
    bodies = [adjoint(body, which) for body in op._branches]
    kinds = [op._inputs[1 + k]._dtype for k in which]
    names = {key: value for key, value in op.attrs.items() if key in op._def.attrs and op._def.attrs[key].kind == "func"}
    made = apply(op._def, op._inputs[0], [*op._inputs[1:], *dys], Tout=kinds, **names)
    made[0].op._branches = bodies
    _know(made[0].op, bodies)
    slopes = dict(zip(which, made, strict=True))
    return [None, *(slopes.get(k) for k in range(len(op._inputs) - 1))]


def _know(op, bodies):
    """The outputs have the shapes that all bodies give them."""
    for k, tensor in enumerate(op.outputs):
        shapes = {body.outputs[k].dims for body in bodies}
        if len(shapes) == 1:
            tensor.dims = shapes.pop()


def _definition(signature):
    """A function's signature as the definition of an op that is a call of it."""
    sides = (
        ", ".join(f"{arg.name}: {dtypes.as_dtype(arg.type).name}" for arg in args)
        for args in (signature.input_arg, signature.output_arg)
    )
    flags = "  is_stateful" if signature.is_stateful else ""
    out, call = parse("{}({}) -> ({}){}".format(signature.name, *sides, flags)), lookup("StatefulPartitionedCall")
    out.lower, out.lower_wants, out.host = call.lower, call.lower_wants, True
    out.grad, out.has_gradient = call.grad, True
    return out


class _Flat:
    """Names of a function's tensors, which name the output ("node:output:0"), as a graph's ("node:0")."""

    def __init__(self, message, arguments, definition):
        self.arguments, self.definition = arguments, definition
        self.nodes = {node.name: node for node in message.node_def}

    def name(self, text):
        """A name in a graph: an argument's is its own."""
        if text.startswith("^"):
            return text
        first, *rest = text.split(":")
        if first in self.arguments:
            return first
        node = self.nodes[first]
        number = int(rest[1]) if len(rest) > 1 else 0
        for arg in self.definition(node.op).outputs:
            if not rest or arg.name == rest[0]:
                break
            number += _length(arg, node, self.definition)
        return f"{first}:{number}"


def _length(arg, node, definition):
    """How many tensors an output is."""
    if not arg.is_list:
        return 1
    name = arg.number_attr or arg.list_attr
    value = attr_to_python(node.attr[name]) if name in node.attr else definition(node.op).attrs[name].default
    return value if arg.number_attr else len(value)


def _unknown(*_, Tout):  # noqa: N803  # TF's name
    return [None] * len(Tout)


def _same(*inputs):
    return [None] * len(inputs)


for _kind in ("If", "StatelessIf"):
    define(_kind, infer=_unknown, grad=_branches_slope, host=True)
define("SymbolicGradient", infer=_unknown, host=True)
for _kind in ("While", "StatelessWhile"):
    define(_kind, infer=_same, host=True)
