"""switch_case: one of several functions, chosen by a number, as one node; run/case_branches.py runs it."""

import itertools

from ..graph.convert import convert
from ..graph.define import define
from ..graph.function import FuncGraph
from ..graph.graph import Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import nest, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from .def_function import Body

__all__ = ["Branch", "switch_case"]

_numbers = itertools.count()


class Branch:
    """One function of a Case node.

    Attributes:
      body: what is run.
      takes: for each of its inputs, which of the node's it is.
      gives: for each of the node's outputs, which of its own; None for zeros like the node's input of `zeros`.
      zeros: the node's input of each output's shape.
    """

    def __init__(self, body, takes, gives=None, zeros=()):
        self.body, self.takes, self.zeros = body, takes, zeros
        self.gives = range(len(body.outputs)) if gives is None else gives
        self.name = body.name


def _checked(branch_index, branch_fns, default):
    """The functions in the order of their numbers, the default one last."""
    need(isinstance(branch_index, Tensor), f"branch_index must be a Tensor, got {type(branch_index)}", kind=TypeError)
    kind = branch_index.dtype
    need(kind.is_integer, f"branch_index must an integer Tensor, got {kind!r}", kind=TypeError)
    need(branch_fns, "Must provide at least one item in branch_fns")
    need(isinstance(branch_fns, (list, tuple, dict)), "branch_fns must be a list, tuple, or dict", kind=TypeError)
    pairs = list(branch_fns.items()) if isinstance(branch_fns, dict) else list(branch_fns)
    if all(callable(one) for one in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        need(isinstance(pair, tuple) and len(pair) == 2, "Each entry in branch_fns must be a 2-tuple", kind=TypeError)
        key, function = pair
        need(isinstance(key, int), f"key must be a Python `int`, got {type(key)}", kind=TypeError)
        need(callable(function), f"fn for key {key} must be callable.", kind=TypeError)
    keys = sorted(key for key, _ in pairs)
    need(
        keys == list(range(len(pairs))),
        f"branch indices (keys) must form contiguous range of [0 to {len(pairs)}) but found {{{','.join(map(str, keys))}}}",
    )
    return [function for _, function in sorted(pairs, key=lambda pair: pair[0])] + ([default] if default is not None else [])


def _traced(function, name):
    """(the body of a branch, what its function returned)."""
    graph = FuncGraph(f"{name}_{next(_numbers)}", default_graph())
    with graph.as_default():
        result = nest.map_structure(lambda y: convert(y, None), function())
        outputs = [graph.capture(y) for y in nest.flatten(result)]
    return Body(graph, [], outputs), result


def _common(dims):
    """What the branches' outputs have in common."""
    first, *others = dims
    for other in others:
        if first is None or other is None or len(first) != len(other):
            return None
        first = tuple(a if a == b else None for a, b in zip(first, other, strict=True))
    return first


def _check_same(bodies, results):
    for k, (body, result) in enumerate(zip(bodies[1:], results[1:], strict=True)):
        nest.assert_same_structure(results[0], result)
        ours, theirs = ([t._dtype.base_dtype for t in b.outputs] for b in (bodies[0], body))
        need(
            ours == theirs,
            f"branches 0 and {k + 1} have different types of outputs: {ours} and {theirs}",
            kind=TypeError,
        )


@export("switch_case")
def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """What the function of a number returns.

    Args:
      branch_index: int32 scalar.
      branch_fns: a list of functions without arguments, or a dict or list of pairs from number to function.
      default: the function for all other numbers; the last one by default.
      name: the name of the scope.

    Returns:
      A nest as the functions return it; they all return the same, but for values and shapes.

    Raises:
      TypeError: no int tensor, something that cannot be called; ValueError: numbers that are not 0, 1, and so on.
    """
    functions = _checked(branch_index, branch_fns, default)
    with name_scope(name, "case", [branch_index]), name_scope("indexed_case") as scope:
        traced = [_traced(function, f"{scope.replace('/', '_')}branch{k}") for k, function in enumerate(functions)]
        bodies, results = [body for body, _ in traced], [result for _, result in traced]
        _check_same(bodies, results)
        taken = list(dict.fromkeys(t for body in bodies for t in body.captured))
        branches = [Branch(body, [taken.index(t) for t in body.captured]) for body in bodies]
        dims = [_common([body.outputs[k].dims for body in bodies]) for k in range(len(bodies[0].outputs))]
        kinds = [t._dtype.base_dtype for t in bodies[0].outputs]
        made = _node(branch_index, taken, Tout=kinds, branches=branches, output_shapes=dims, name=scope)
        return nest.pack_sequence_as(results[0], [identity(t) for t in made])


def _infer(index, *_, output_shapes):
    shapes.with_rank(index.dims, 0)
    return list(output_shapes)


def _slope(op, *dys):
    """The slopes of whichever branch ran: it runs again, with the nodes of its slopes."""
    which = tuple(k for k, dy in enumerate(dys) if dy is not None)
    given, index = op.inputs[1:], op.inputs[0]
    floats = [k for k, t in enumerate(given) if t._dtype.is_floating or t._dtype.is_complex]
    branches = []
    for branch in op.attrs["branches"]:
        back, places = branch.body._slopes_inside(which)
        gives = [places[branch.takes.index(k)] if k in branch.takes else None for k in floats]
        takes = [*range(len(which)), *(len(which) + k for k in branch.takes)]
        branches.append(Branch(back, takes, gives, [len(which) + k for k in floats]))
    made = _node(
        index,
        [*(dys[k] for k in which), *given],
        Tout=[given[k]._dtype.base_dtype for k in floats],
        branches=branches,
        output_shapes=[given[k].dims for k in floats],
    )
    found = dict(zip(floats, made, strict=True))
    return [None, *(found.get(k) for k in range(len(given)))]


_node = define("Case", infer=_infer, grad=_slope)
