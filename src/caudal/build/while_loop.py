"""while_loop: a function of loop variables, again and again while a condition holds."""

from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.convert import convert
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import name_scope
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.basic import constant
from ..ops.elementwise import NODES
from ..ops.tensor_array import flow_of
from .while_context import WhileContext

__all__ = ["while_loop"]


@export("while_loop", "compat.v1.while_loop")
def while_loop(
    cond,
    body,
    loop_vars,
    shape_invariants=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    name=None,
    maximum_iterations=None,
    return_same_structure=False,
):
    """The loop variables after `body` was done to them for as long as `cond` held.

    Both functions are called once, while the graph is built, and take as many arguments as there are loop variables.

    Args:
      cond: of the loop variables a bool scalar.
      body: of the loop variables their next values.
      loop_vars: a list or tuple of tensors, TensorArrays, and nests of these.
      shape_invariants: for each loop variable what its shape has to be in every iteration; what it is at first if None.
      parallel_iterations: kept in the graph; iterations run one after another.
      back_prop: whether there may be gradients.
      swap_memory: kept in the graph.
      name: the name of the scope.
      maximum_iterations: an int scalar, or None.
      return_same_structure: whether a single loop variable comes back in its list.

    Returns:
      Nests as in `loop_vars`.

    Raises:
      TypeError: a function cannot be called, or `parallel_iterations` is less than 1; ValueError: no loop variables, or
        the body returns another nest or other shapes.
    """
    need(callable(cond), "cond must be callable.", kind=TypeError)
    need(callable(body), "body must be callable.", kind=TypeError)
    need(parallel_iterations >= 1, "parallel_iterations must be a positive integer.", kind=TypeError)
    with name_scope(name, "while", loop_vars):
        need(loop_vars, "No loop variables provided")
        if maximum_iterations is not None:
            packed = len(loop_vars) == 1 and not return_same_structure
            maximum_iterations = convert(maximum_iterations, None, "maximum_iterations")
            cond, body, loop_vars = _counted(cond, body, loop_vars, maximum_iterations, packed)
        if shape_invariants is not None:
            if maximum_iterations is not None:
                shape_invariants = (TensorShape([]), shape_invariants)
            nest.assert_same_structure(loop_vars, shape_invariants)
            pairs = zip(nest.flatten(loop_vars), nest.flatten(shape_invariants), strict=True)
            shape_invariants = [shape for var, given in pairs for shape in _invariants(var, given)]
        loop = WhileContext(maximum_iterations, parallel_iterations, back_prop, swap_memory)
        if loop.outer_context is None:
            default_graph().add_to_collection(GraphKeys.WHILE_CONTEXT, loop)
        result = loop.BuildLoop(cond, body, loop_vars, shape_invariants, return_same_structure)
        return result if maximum_iterations is None else result[1]


def _counted(cond, body, loop_vars, most, packed):
    """The loop with a counter before its variables, which ends it after `most` iterations."""
    shape = most.get_shape()
    need(shape.ndims == 0, f"maximum_iterations must be a scalar, saw shape: {shape}")
    counter = constant(0, dtype=most.dtype, name="iteration_counter")
    both = NODES["LogicalAnd"]
    if packed:
        return (
            lambda i, var: both(i < most, cond(var)),
            lambda i, var: (i + 1, body(var)),
            (counter, loop_vars[0]),
        )
    return (
        lambda i, args: both(i < most, cond(*args)),
        lambda i, args: (i + 1, body(*args)),
        (counter, loop_vars),
    )


def _invariants(var, shape):
    """The shapes of the parts of a loop variable whose own shape has to be `shape`."""
    var = flow_of(var)
    need(isinstance(shape, TensorShape), "`shapes` must be a (possibly nested) list of shapes.")
    if isinstance(var, SparseTensor):
        rank = shape.dims[0] if shape.ndims else None
        return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
    if isinstance(var, IndexedSlices):
        rows = [shape, TensorShape([shape.dims[0] if shape.ndims else None])]
        return rows if var.dense_shape is None else [*rows, TensorShape([shape.ndims])]
    return [shape]
