"""A compiled step's programs, one for each set of shapes that it was given: bounded, and what keeps changing is told once, with its line."""

from ..ground import source
from ..platform import logging

__all__ = ["Programs"]

_TOLD = 10  # programs of one step: as many mean that shapes keep changing, and that each costs the time of a compilation
_MOST = 100  # programs of one step that are kept


class Programs(dict):
    """(what is known of values, shapes of the inputs) -> program. The one that was made first is dropped where there are too many.

    Where the numbers of iterations of loops must be known too, these are a third part of the key.

    Args:
      inputs: the tensors whose shapes decide.
      known: the tensors whose values decide.
    """

    def __init__(self, inputs, known):
        super().__init__()
        self.inputs, self.known, self.told = inputs, known, False

    def add(self, key, program):
        """Keeps a program, and gives it."""
        if len(self) >= _MOST:
            del self[next(iter(self))]
        self[key] = program
        if len(self) >= _TOLD and not self.told:
            self.told = True
            logging.warn("%s", self._words())
        return program

    def _words(self):
        """What differs from program to program, where it was made, and what helps."""
        known, shapes = zip(*(key[:2] for key in self), strict=True)
        changed = [f"the shape of {_named(t)}" for t in _changing(self.inputs, shapes)]
        changed += [f"the value of {_named(t)}" for t in _changing(self.known, known)]
        changed += ["how often its loops run"] if len({key[2:] for key in self}) > 1 else []
        return (
            f"A step was compiled {len(self)} times, each time anew since these changed from run to run:\n  "
            + "\n  ".join(changed)
            + "\n  Try: batches of one size, lengths padded to a few, and no last batch that is smaller (drop_remainder=True)."
        )


def _changing(tensors, columns):
    """Those of the tensors of which more than one thing was seen; a column has one thing for each."""
    return [t for t, seen in zip(tensors, zip(*columns, strict=True), strict=True) if len(set(seen)) > 1]


def _named(tensor):
    op = getattr(tensor.op, "source", tensor.op)
    return f"{tensor.name!r} ({op.type}), made at {source.show(op.place)}"
