"""Slopes of a user's own: `custom_gradient`; second slopes: `hessians`."""

import functools
import inspect
import itertools

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import GraphKeys, default_graph
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, identity
from ..ops.join import concat
from ..ops.shape import reshape, shape, size
from ..ops.tensor_array import TensorArray
from .gradients import RegisterGradient, gradients
from .scopes import get_variable_scope
from .while_loop import while_loop

__all__ = ["custom_gradient", "hessians"]

_numbers = itertools.count()
identity_n_node = define("IdentityN")


@export("custom_gradient")
def custom_gradient(f):
    """A function like `f` whose slope is what `f` says.

    Args:
      f: tensors -> (tensors, function of the slopes coming in that gives one slope for each input).

    Returns:
      A function of tensors that gives what `f` gives first.

    Raises:
      ValueError: arguments by name; another number of slopes than inputs.
    """

    @functools.wraps(f)
    def decorated(*args, **kwargs):
        need(
            not kwargs,
            "The custom_gradient decorator currently supports keywords arguments only when eager execution is enabled.",
        )
        args = [convert_to_tensor(x) for x in args]
        graph = default_graph()
        before = len(graph._ops)
        result, slopes_of = f(*args)
        variables = _variables_used(graph, before, args)
        _check_variables(variables, slopes_of)
        results = [convert_to_tensor(r) for r in nest.flatten(result)]
        for one in results:
            identity(one)  # 1.15 makes this node, and seeds count it
        name = f"CustomGradient-{next(_numbers)}"
        RegisterGradient(name)(_slopes(slopes_of, len(results), variables))
        with graph.gradient_override_map({"IdentityN": name}):
            made = identity_n_node([*results, *args, *variables])
        return nest.pack_sequence_as(result, list(made[: len(results)]))

    return decorated


def _variables_used(graph, before, args):
    """The trainable resource variables that were read since the graph had `before` nodes, but for those among `args`."""
    known = {v.handle: v for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES) if getattr(v, "handle", None) is not None}
    read = dict.fromkeys(t for op in graph._ops[before:] for t in op._inputs if t in known and op.type in _READS)
    given = {t.op._inputs[0] for t in args if t.op.type == "ReadVariableOp"}
    return [known[t] for t in read if t not in given]


_READS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd")


def _check_variables(variables, slopes_of):
    """Refuses a slope function that cannot be told of the variables, and one that is told in a scope without resources.

    Raises:
      TypeError: it is so.
    """
    told = inspect.getfullargspec(inspect.unwrap(slopes_of))
    takes = "variables" in told.args or "variables" in told.kwonlyargs or told.varkw is not None
    need(
        takes or not variables,
        "If using @custom_gradient with a function that uses variables, then grad_fn must accept a 'variables' keyword argument.",
        kind=TypeError,
    )
    need(
        variables or not takes or get_variable_scope().use_resource,
        "If using @custom_gradient with a function that uses variables, the enclosing variable scope must have use_resource=True.",
        kind=TypeError,
    )


def _slopes(slopes_of, results, variables):
    def rule(op, *dys):
        dys, of_variables = dys[:results], []
        if variables:
            given, of_variables = slopes_of(*dys, variables=variables)
            wrong = "Must return gradient for each variable from @custom_gradient grad_fn."
            need(len(of_variables) == len(variables), wrong)
        else:
            given = slopes_of(*dys)
        return [None] * results + nest.flatten(given) + list(of_variables)  # the walk back counts them

    return rule


@export("hessians")
def hessians(ys, xs, name="hessians", colocate_gradients_with_ops=False, gate_gradients=False, aggregation_method=None):
    """The second slopes of the sum of `ys` by each of `xs`.

    Args:
      ys, xs: a tensor or a list of them.
      name: unused; colocate_gradients_with_ops, gate_gradients, aggregation_method: as for `gradients`.

    Returns:
      A list: for each x a tensor `x.shape + x.shape`.
    """
    xs = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    named = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    slopes = gradients(ys, xs, **named)
    return [_second(slope, x, named) for slope, x in zip(slopes, xs, strict=True)]


def _second(slope, x, named):
    """The slopes of each element of `slope` by `x`, one after the other."""
    flat = reshape(slope, [-1])
    n = size(x)
    start = [constant(0, dtypes.int32), TensorArray(x.dtype, n)]
    _, rows = while_loop(lambda j, _: j < n, lambda j, rows: (j + 1, rows.write(j, gradients(flat[j], x)[0])), start)
    dims = shape(x)
    return reshape(rows.stack(), concat((dims, dims), 0))
