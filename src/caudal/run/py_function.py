"""`py_function`: a Python function of tensors as an op, with a gradient."""

from ..build.tape import tape_gradients
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import graph_of
from ..graph.scopes import control_dependencies
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.fill import zeros_like
from ..ops.py_func import as_asked, called, function_of, register
from ..ops.text import refuse
from .eager import EagerGraph

__all__ = ["py_function"]


class _Forward:
    """A user's function, and what it did last.

    Args:
      function: tensors -> a tensor, a list of tensors, or None.
    """

    def __init__(self, function):
        self.function, self.last = function, None

    def __call__(self, op, args):
        """The values that the function gives for arrays."""
        graph = EagerGraph()
        with graph.as_default():
            inputs = [constant(a, dtype=t._dtype.base_dtype) for a, t in zip(args, op._inputs, strict=True)]
            made = self.function(*inputs)
            kinds = op.attrs["Tout"]
            given = [] if made is None else list(made) if isinstance(made, (list, tuple)) else [made]
            if len(given) != len(kinds):
                token = op.attrs["token"].decode()
                refuse(op, f"{token} returns {len(given)} values, but expects to see {len(kinds)} values.")
            outputs = [convert_to_tensor(g, dtype=kind) for g, kind in zip(given, kinds, strict=True)]
            self.last = graph, inputs, outputs
            return graph.values(outputs)


class _Backward:
    """The slope of what a `_Forward` did last."""

    def __init__(self, forward):
        self.forward = forward

    def __call__(self, op, args):
        """The slopes of the inputs, for slopes of the outputs."""
        graph, inputs, outputs = self.forward.last
        with graph.as_default():
            dys = [constant(a, dtype=t._dtype) for a, t in zip(args, op._inputs, strict=True)]
            found = tape_gradients(outputs, inputs, dys)
            return graph.values([zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True)])


def _lower(B, *args, op):
    return called(op, function_of(op), op, args)


def _slope(op, *dys):
    forward = function_of(op)
    with control_dependencies(op.outputs):
        token = register(op.graph, _Backward(forward))
        made = _node(list(dys), token=token, Tout=[t._dtype.base_dtype for t in op._inputs], name="EagerPyFunc")
    for slope, x in zip(made, op._inputs, strict=True):
        slope.set_shape(x.get_shape())
    return made


def _unknown(*_, Tout):  # noqa: N803  # TF's name
    return [None] * len(Tout)


_node = define("EagerPyFunc", infer=_unknown, lower=_lower, host=True, grad=_slope)


@export("py_function")
def py_function(func, inp, Tout, name=None):  # noqa: N803  # TF's name
    """A Python function of tensors as an op with a gradient.

    Args:
      func: takes one tensor for each of `inp`, whose value it may look at (`x.numpy()`, `if x > 0:`), and gives a
        tensor, a list of tensors, or None.
      inp: a list of tensors.
      Tout: the dtype of what it gives; a list of dtypes for a list.
      name: the node's name.

    Returns:
      A tensor, a list of tensors, or the operation if nothing is given; shapes are not known.

    Raises:
      ValueError: `func` cannot be called. (In run) `tf.errors`, as `py_func`.
    """
    need(callable(func), f"Expected func to be callable, got func of type {type(func)}")
    kinds = list(Tout) if isinstance(Tout, (list, tuple)) else [Tout]
    graph = graph_of(inp if isinstance(inp, (list, tuple)) else [inp])
    made = _node(inp, token=register(graph, _Forward(func)), Tout=kinds, name=name)
    return as_asked(made, Tout)
