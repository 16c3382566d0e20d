"""cond: one of two functions, chosen while the session runs."""

from ..graph import static
from ..graph.composite import IndexedSlices
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from ..ops.elementwise import cast
from ..ops.flow import merge, switch
from ..ops.tensor_array import with_flow
from .contexts import CondContext

__all__ = ["cond", "smart_cond"]


@export("cond", "compat.v1.cond")
def cond(pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None):
    """What `true_fn` returns where `pred` is true, else what `false_fn` returns.

    Both are called while the graph is built. What they make runs only if it is their turn; what they use of outside
    runs always.

    Args:
      pred: a bool scalar.
      true_fn: takes nothing, returns tensors (or operations) in a nest.
      false_fn: the same, with the same nest and dtypes.
      strict: whether a list of one tensor stays a list.
      name: the name of the scope.
      fn1: `true_fn` under its older name.
      fn2: `false_fn` under its older name.

    Returns:
      The tensors, in the nest that the functions return.

    Raises:
      TypeError: a function is missing or cannot be called, `pred` is a Python bool; ValueError: results that differ.
    """
    true_fn, false_fn = _function(true_fn, fn1, "true_fn", "fn1"), _function(false_fn, fn2, "false_fn", "fn2")
    need(callable(true_fn), "true_fn must be callable.", kind=TypeError)
    need(callable(false_fn), "false_fn must be callable.", kind=TypeError)
    with name_scope(name, "cond", [pred]):
        need(
            not isinstance(pred, bool), "pred must not be a Python bool", kind=TypeError,
            fix="Python's own `if` where the choice is made once, tf.cond with a tensor where each run makes it",
        )  # fmt: skip
        not_taken, taken = switch(pred, pred)
        pivots = identity(taken, name="switch_t"), identity(not_taken, name="switch_f")
        pred = identity(pred, name="pred_id")
        for tensor in (not_taken, taken, *pivots, pred):
            tensor.graph.prevent_fetching(tensor.op)
        on_true, result, if_true = _branch(pred, pivots[0], 1, true_fn, "true_fn")
        on_false, other, if_false = _branch(pred, pivots[1], 0, false_fn, "false_fn")
        if not strict:
            result, other = _single(result), _single(other)
        _check_alike(result, other, if_true, if_false)
        merged = [merge(pair)[0] for pair in _pairs(if_false, if_true)]
        if on_true.outer_context is None:
            default_graph().add_to_collection(GraphKeys.COND_CONTEXT, on_true)
            default_graph().add_to_collection(GraphKeys.COND_CONTEXT, on_false)
        merged = [with_flow(a, t) for a, t in zip(nest.flatten(result, expand_composites=True), merged, strict=True)]
        merged = nest.pack_sequence_as(result, merged, expand_composites=True)
        return merged if strict else _single(merged)


def _function(new, old, new_name, old_name):
    if old is None:
        need(new is not None, f"cond(): {new_name} argument required", kind=TypeError)
        return new
    need(new is None, f"cond(): {new_name} and {old_name} may not be set simultaneously.", kind=TypeError)
    return old


def _branch(pred, pivot, number, function, label):
    """(the branch's context, what its function returned, the tensors to merge)."""
    context = CondContext(pred, pivot, number)
    context.Enter()
    try:
        result, tensors = context.BuildCondBranch(function)
        need(result is not None, f"{label} must have a return value.")
        context.ExitResult(tensors)
    finally:
        context.Exit()
    return context, result, tensors


def _single(result):
    return result[0] if isinstance(result, (list, tuple)) and len(result) == 1 else result


def _check_alike(result, other, if_true, if_false):
    try:
        nest.assert_same_structure(result, other, expand_composites=True)
    except (TypeError, ValueError):
        nest.map_structure(_same_indices, result, other)
        nest.map_structure(_same_indices, if_true, if_false)
        nest.assert_same_structure(result, other, expand_composites=True)
    need(if_true, "true_fn and false_fn must return at least one result.")
    for x, y in zip(*(nest.flatten(t, expand_composites=True) for t in (if_true, if_false)), strict=True):
        need(
            x.dtype.base_dtype is y.dtype.base_dtype,
            f"Outputs of true_fn and false_fn must have the same type: {x.dtype.name}, {y.dtype.name}",
            fix="tf.cast one of them",
        )


def _same_indices(x, y):
    """Lets two IndexedSlices have int64 indices if one has."""
    if isinstance(x, IndexedSlices) and isinstance(y, IndexedSlices) and x.indices.dtype is not y.indices.dtype:
        x._indices, y._indices = cast(x.indices, dtypes.int64), cast(y.indices, dtypes.int64)


def _pairs(*nests):
    return zip(*(nest.flatten(one, expand_composites=True) for one in nests), strict=True)


# --- choices that Python may make --------------------------------------------------------------------


@export("contrib.framework.smart_constant_value")
def smart_constant_value(pred):
    """The value of `pred` as a Python bool if it is known while the graph is built, else None.

    Raises:
      TypeError: neither a bool nor a tensor.
    """
    if isinstance(pred, Tensor):
        known = static.value(pred)
        return None if known is None else bool(known)
    if pred in (0, 1):
        return bool(pred)
    need(
        isinstance(pred, bool),
        f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}",
        kind=TypeError,
    )
    return pred


@export("contrib.framework.smart_cond")
def smart_cond(pred, true_fn=None, false_fn=None, name=None):
    """`true_fn()` or `false_fn()`, if `pred` is known while the graph is built; else a `cond`.

    Args:
      pred: a bool, 0, 1 or a bool scalar tensor.
      true_fn: takes nothing.
      false_fn: takes nothing.
      name: the name of the cond's scope.

    Raises:
      TypeError: a function cannot be called.
    """
    need(callable(true_fn), "`true_fn` must be callable.", kind=TypeError)
    need(callable(false_fn), "`false_fn` must be callable.", kind=TypeError)
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if known else false_fn()
