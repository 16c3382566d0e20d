"""Slopes of a user's own: `custom_gradient`; second slopes: `hessians`."""

import functools
import itertools

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import default_graph
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, identity
from ..ops.join import concat
from ..ops.shape import reshape, shape, size
from ..ops.tensor_array import TensorArray
from .gradients import RegisterGradient, gradients
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
        result, slopes_of = f(*args)
        results = [convert_to_tensor(r) for r in nest.flatten(result)]
        for one in results:
            identity(one)  # 1.15 makes this node, and seeds count it
        name = f"CustomGradient-{next(_numbers)}"
        RegisterGradient(name)(_slopes(slopes_of, len(results), len(args)))
        with default_graph().gradient_override_map({"IdentityN": name}):
            made = identity_n_node([*results, *args])
        return nest.pack_sequence_as(result, list(made[: len(results)]))

    return decorated


def _slopes(slopes_of, results, inputs):
    def rule(op, *dys):
        given = nest.flatten(slopes_of(*dys[:results]))
        return [None] * results + given

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
