"""case and switch_case: one of several functions, chosen while the session runs."""

import collections
import functools

from ..graph.graph import Tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.check import Assert
from ..ops.elementwise import NODES, cast
from ..ops.join import stack
from ..ops.reduce import reduce_sum
from .cond import cond, smart_cond

__all__ = ["case"]


@export("case", "compat.v1.case")
def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """What the function of the first true predicate returns.

    Args:
      pred_fn_pairs: a list of pairs of a bool scalar and a function without arguments, or a dict of these.
      default: the function if no predicate is true; without one, that is an error of the run.
      exclusive: whether more than one true predicate is an error of the run.
      strict: whether a list of one tensor stays a list.
      name: the name of the scope.

    Raises:
      TypeError: no pairs, a predicate that is no bool tensor, a function that cannot be called.
    """
    predicates, actions = _checked(pred_fn_pairs)
    with name_scope(name, "case", [predicates]):
        if default is None:
            default, predicates, actions = _last_as_default(predicates, actions)
        function = default
        for predicate, action in reversed(list(zip(predicates, actions, strict=True))):
            function = functools.partial(cond, predicate, true_fn=action, false_fn=function, strict=strict)
        if not exclusive:
            return function()
        with control_dependencies([_at_most(1, predicates, "Input error: exclusive=True")]):
            return function()


def _checked(pairs, python_too=False):
    """(predicates, functions) of the pairs of `case`."""
    need(isinstance(pairs, (list, tuple, dict)), "fns must be a list, tuple, or dict", kind=TypeError)
    if isinstance(pairs, collections.OrderedDict):
        pairs = list(pairs.items())
    elif isinstance(pairs, dict):
        pairs = sorted(pairs.items(), key=lambda item: item[0].name)
    for pair in pairs:
        need(isinstance(pair, tuple) and len(pair) == 2, "Each entry in pred_fn_pairs must be a 2-tuple", kind=TypeError)
        pred, function = pair
        if isinstance(pred, Tensor):
            need(pred.dtype is dtypes.bool, f"pred must be Tensor of type bool: {pred.name}", kind=TypeError)
        else:
            need(python_too, f"pred must be a Tensor, got: {pred}", kind=TypeError)
            need(isinstance(pred, bool), f"pred must be a Tensor or bool, got: {pred}", kind=TypeError)
        need(callable(function), f"fn for pred {getattr(pred, 'name', pred)} must be callable.", kind=TypeError)
    predicates, actions = zip(*pairs)  # noqa: B905  # Python's own error for no pairs at all is TF's
    return predicates, actions


def _at_most(n, predicates, words):
    """An Assert: no more than `n` of the predicates are true."""
    taken = stack(predicates, name="preds_c")
    count = reduce_sum(cast(taken, dtypes.int32), name="num_true_conds")
    fine = NODES["LessEqual"](count, constant(n, name="n_true_conds"))
    names = ", ".join(getattr(p, "name", "?") for p in predicates)
    data = [f"{words}: more than {n} conditions ({names}) evaluated as True:", taken]
    return Assert(fine, data=data, summarize=len(predicates))


def _last_as_default(predicates, actions):
    """The last function as the default one, which fails unless its predicate is true."""
    last = len(predicates) - 1
    others = predicates[:last]
    words = f"Implementation error: selected default action #{last} was called, but some of other predicates are True: "

    def default():
        given = ("Input error: None of conditions evaluated as True:", stack(predicates, name="preds_c"))
        with control_dependencies([_at_most(0, others, words), Assert(predicates[last], data=given)]):
            return actions[last]()

    return default, others, actions[:last]


@export("contrib.framework.smart_case")
def smart_case(pred_fn_pairs, default=None, exclusive=False, name="smart_case"):
    """`case`, or as much of it as is left when predicates that are known while the graph is built are decided.

    Args:
      pred_fn_pairs: as `case` takes them; predicates may be Python bools.
      default: the function if no predicate is true.
      exclusive: whether more than one true predicate is an error of the run.
      name: the name of the scope.
    """
    predicates, actions = _checked(pred_fn_pairs, python_too=True)
    with name_scope(name, "smart_case", [predicates]):
        function = default
        for predicate, action in reversed(list(zip(predicates, actions, strict=True))):
            function = functools.partial(smart_cond, predicate, action, function)
        return function()
