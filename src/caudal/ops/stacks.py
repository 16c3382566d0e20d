"""Stacks: where a loop keeps, iteration by iteration, what its gradient's loop will want, last one first."""

from ..graph.define import define
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import with_rank

__all__ = ["pop", "push", "stack"]


class Values(list):
    """The values of one stack in one run."""

    def __init__(self, name, most):
        super().__init__()
        self.name, self.most = name, most


def _make(B, max_size, *, op, stack_name):
    return Values(stack_name.decode() or op._name, int(max_size))


def _push(B, values, elem):
    if 0 <= values.most <= len(values):
        raise InvalidArgumentError(None, None, f"Stack[{values.name}] overflowed its max_size ({values.most})")
    values.append(elem)
    return elem


def _pop(B, values):
    if not values:
        raise InvalidArgumentError(None, None, f"Stack[{values.name}] is empty when calling Pop().")
    return values.pop()


def _close(B, values):
    values.clear()
    return ()


def _infer_push(handle, elem):
    with_rank(handle.dims, 1)
    return [elem.dims]


stack = define("StackV2", infer=lambda max_size: [(2,)], lower=_make, grad=None, control=True)
push = define("StackPushV2", infer=_infer_push, lower=_push, grad=None, control=True)
pop = define("StackPopV2", infer=lambda handle: [None], lower=_pop, grad=None, control=True)
close = define("StackCloseV2", infer=lambda handle: [], lower=_close, grad=None, control=True)
