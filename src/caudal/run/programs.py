"""A compiled step's programs, one for each set of shapes that it was given: bounded, and what keeps changing is told once, with its line.

A compilation takes as long as ten to a hundred runs op by op, so shapes that come seldom are run so: see `waits`.
"""

import collections

from ..ground import source
from ..platform import logging

__all__ = ["Programs"]

_TOLD = 10  # keys of one step: as many mean that shapes keep changing
_MOST = 100  # programs of one step that are kept
_AT_ONCE = 2  # programs that are made without waiting: most programs have batches of one size, and a last one
_COUNTED = 10_000  # keys that are counted
_HEAVY = 5e10  # additions and multiplications of convolutions: NumPy takes them 4 times as long as the kernels, and seconds for as many


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
        self.made, self.uses, self.heavy = set(), collections.Counter(), False

    def waits(self, key):
        """Whether a run is better made op by op than compiled for, since its key, or the beginning of one, came too seldom so far.

        A key is compiled for when it came twice as often as there are programs: where a few shapes come again and again each soon
        has its program, and where there are hundreds only those that come most.
        """
        if key in self.made or len(self) < _AT_ONCE or self.heavy:
            return False
        if len(self.uses) >= _COUNTED:
            self.uses.clear()
        self.uses[key] += 1
        self._tell()
        return self.uses[key] <= 2 * len(self)

    def add(self, key, program):
        """Keeps a program, and gives it."""
        if len(self) >= _MOST:
            del self[next(iter(self))]
            self.made = {part for one in self for part in (one, one[:2])}
        self[key] = program
        self.made |= {key, key[:2]}
        for part in (key, key[:2]):
            self.uses.pop(part, None)
        self.heavy = program.convolves and program.flops > _HEAVY
        self._tell()
        return program

    def _tell(self):
        """Says once that shapes keep changing: what differs from run to run, where it was made, and what helps."""
        keys = [*self, *self.uses]
        if self.told or len(keys) < _TOLD:
            return
        self.told = True
        known, shapes = zip(*(key[:2] for key in keys), strict=True)
        changed = [f"the shape of {_named(t)}" for t in _changing(self.inputs, shapes)]
        changed += [f"the value of {_named(t)}" for t in _changing(self.known, known)]
        changed += ["how often its loops run"] if len({key[2:] for key in keys}) > 1 else []
        logging.warn(
            "%s",
            f"A step was run in {len(keys)} different ways, since these changed from run to run:\n  "
            + "\n  ".join(changed)
            + "\n  What comes often is compiled for; the rest is run op by op, which takes longer."
            + "\n  Try: batches of one size, lengths padded to a few, and no last batch that is smaller (drop_remainder=True).",
        )


def _changing(tensors, columns):
    """Those of the tensors of which more than one thing was seen; a column has one thing for each."""
    return [t for t, seen in zip(tensors, zip(*columns, strict=True), strict=True) if len(set(seen)) > 1]


def _named(tensor):
    op = getattr(tensor.op, "source", tensor.op)
    return f"{tensor.name!r} ({op.type}), made at {source.show(op.place)}"
