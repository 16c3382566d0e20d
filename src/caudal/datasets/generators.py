"""The node of a Python generator's elements."""

import itertools

import numpy as np

from ..graph.apply import apply
from ..graph.define import define
from ..graph.opdef import lookup
from ..ops.py_func import called, plain
from .elements import Elements, End
from .iterators import flat_attributes
from .nests import flatten, pack

__all__ = ["generator_node"]

_numbers = itertools.count()


class _Generator:
    """A Python function that gives something to iterate over, and the specs of what that yields."""

    def __init__(self, call, specs):
        self.call, self.specs, self.name = call, specs, f"generator_next_fn_{next(_numbers)}"

    def element(self, value):
        """What was yielded, as arrays.

        Raises:
          TypeError, ValueError: it is not what was promised.
        """
        kinds, specs = pack(self.specs, [s.dtype for s in flatten(self.specs)]), flatten(self.specs)
        parts = self._parts(value, kinds, len(specs))
        return tuple(_array(v, s) for v, s in zip(parts, specs, strict=True))

    def _parts(self, value, kinds, n):
        if isinstance(self.specs, tuple) and isinstance(value, list):
            value = tuple(value)
        parts = flatten(value) if isinstance(self.specs, (tuple, dict)) else [value]
        same = type(value) is type(self.specs) or not isinstance(self.specs, (tuple, dict))
        if len(parts) != n or not (same or isinstance(value, type(self.specs))):
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. "
                f"The expected structure was {kinds}, but the yielded element was {value}."
            )
        return parts


def _array(value, spec):
    kind = spec.dtype
    try:
        if kind.name == "string":
            flat = np.asarray(value, object)
            out = np.empty(flat.shape, object)
            for place, one in np.ndenumerate(flat):
                out[place] = one.encode() if isinstance(one, str) else bytes(one)
        else:
            out = np.asarray(value, kind.np)
    except (TypeError, ValueError):
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. "
            f"The expected type was {kind.name}, but the yielded element was {value}."
        ) from None
    if not spec.shape.is_compatible_with(out.shape):
        raise ValueError(
            f"`generator` yielded an element of shape {out.shape} where an element of shape {spec.shape} was expected."
        )
    return out


def _lower(B, *args, op):
    made = op.attrs["next_func"]

    def begin(context):
        rest = None

        def step():
            nonlocal rest
            if rest is None:
                rest = called(op, lambda: iter(made.call(*plain(args))))
            ended, value = called(op, lambda: _advance(rest))
            if ended:
                raise End
            return called(op, made.element, value)

        return step

    return Elements(begin)


def _advance(rest):
    for value in rest:
        return False, value
    return True, None


define("GeneratorDataset", infer=lambda *_: [()], lower=_lower, host=True, grad=None)


def generator_node(args, specs, call):
    """The data set of what a generator yields; `args` are tensors, and for its function what `py_func`'s is given."""
    made = _Generator(call, specs)
    functions = {"init_func": made, "next_func": made, "finalize_func": made}
    return apply(lookup("GeneratorDataset"), args, [], [], **functions, **flat_attributes(specs))
