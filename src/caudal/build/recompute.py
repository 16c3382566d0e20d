"""Functions whose inner values are computed again on the way back, instead of kept: `recompute_grad`."""

import functools
import inspect

from ..graph.graph import Tensor
from ..graph.scopes import control_dependencies
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from .custom_gradient import custom_gradient
from .gradients import gradients
from .scopes import get_variable_scope, variable_scope
from .tape import tape_gradients

__all__ = ["recompute_grad"]


@export("recompute_grad")
def recompute_grad(f):
    """A function like `f` that is computed again for its slope, so that nothing of it has to be kept.

    Args:
      f: tensors -> a tensor; the variables that it uses are resource variables.

    Returns:
      A function of the same arguments.
    """

    @custom_gradient
    def inner(*args, **kwargs):
        def slopes(dresult, variables=None):
            with control_dependencies([dresult]):
                again = f(*args, **kwargs)
            used = list(variables or [])
            made = tape_gradients([again], [*args, *used], [dresult])
            return made[: len(args)], made[len(args) :]

        return f(*args, **kwargs), slopes

    return inner


@export("contrib.layers.recompute_grad")
def recompute_block(fn, use_data_dep="__auto__", tupleize_grads=False):
    """A function like `fn` that is computed again for its slope; variables are those of the scope in force.

    Args:
      fn: tensors -> a tensor or a list of tensors; it is told `is_recomputing` if it has such an argument.
      use_data_dep: accepted.
      tupleize_grads: whether all slopes are waited for before any is given.

    Returns:
      A function of the same tensors.

    Raises:
      ValueError: an argument that is no tensor.
    """
    del use_data_dep
    told = "is_recomputing" in inspect.getfullargspec(fn).args

    @functools.wraps(fn)
    def wrapped(*args):
        need(all(isinstance(a, Tensor) for a in args), "All inputs to function must be Tensors")
        scope = get_variable_scope()

        def again(*inputs):
            with variable_scope(scope, reuse=True, auxiliary_name_scope=False):
                made = fn(*inputs, **({"is_recomputing": True} if told else {}))
            return list(made) if isinstance(made, (list, tuple)) else [made]

        @custom_gradient
        def inner(*inputs):
            def slopes(*dys, variables=None):
                copies = [identity(x) for x in inputs]
                with control_dependencies(dys):
                    made = again(*copies)
                used = list(variables or [])
                found = gradients(made, copies + used, list(dys))
                if tupleize_grads:
                    with control_dependencies([g for g in found if g is not None]):
                        found = [None if g is None else identity(g) for g in found]
                return found[: len(copies)], found[len(copies) :]

            return fn(*inputs, **({"is_recomputing": False} if told else {})), slopes

        with variable_scope(scope, use_resource=True, auxiliary_name_scope=False):
            return inner(*args)

    return wrapped
