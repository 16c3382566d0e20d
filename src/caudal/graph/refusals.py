"""What a graph says of inputs that an op's shape rule refuses: TF's words, in TF's order of asking."""

from ..ground import shapes
from ..ground.errors import InferError
from . import notes, static

__all__ = ["first_refusal", "refusal"]


def first_refusal(made, wanted, refused):
    """(words, what was looked at) of the first refusal on TF's way to it.

    TF calls a shape rule without any input's value, then again with the values that it asked for, until it asks for no more.
    """
    seen = set()
    while True:
        mark = static.consult(seen)
        try:
            made._def.infer(*made._inputs, **wanted)
            asked = static.consulted(mark)
        except InferError as error:
            return str(error), seen
        finally:
            static.done(mark)
        if asked <= seen:
            return str(refused), seen
        seen = seen | asked


def _looked_at(made, seen):
    """What a shape rule had seen of its inputs' values when it refused, in TF's words."""
    full, part = [], []
    for k, tensor in enumerate(made._inputs):
        dims = static.partial_shape(tensor) if ("shape", tensor) in seen else None
        value = static.value(tensor) if dims is None and ("value", tensor) in seen else None
        if dims is not None:
            part.append(f"input[{k}] = {shapes.text(dims)}")
        elif value is not None:
            full.append(f"input[{k}] = <{static.summarize(value)}>")
    words = " and with computed input tensors: " + ", ".join(full) if full else ""
    return words + (" and with input tensors computed as partial shapes: " + ",".join(part) if part else "")


def refusal(made, words, seen):
    """TF's ValueError for inputs that a shape rule refuses, with the lines that made them."""
    where = f" for '{made._name}' (op: '{made.type}') with input shapes: " + ", ".join(shapes.text(t.dims) for t in made._inputs)
    where += _looked_at(made, seen)
    error = ValueError(f"{words}{where}.")
    return notes.locate(error, made)
