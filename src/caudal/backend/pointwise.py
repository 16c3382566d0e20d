"""Small functions of every element, one after the other, as one call: what stands between the products of a recurrent layer.

A `Program` is written once, for arrays seen as `[rows, columns]`; the native kernel (src/native/pointwise.cc) goes through it a stretch of a
row at a time, so nothing is left to compile. `run` does the same with NumPy.
"""

import dataclasses

import numpy as np

__all__ = ["FUNCTIONS", "Program", "View", "Writer", "run"]

FUNCTIONS = {  # with how many operands, in the order of pointwise.cc
    "fill": (lambda a: a, 1),
    "copy": (lambda a: a, 1),
    "negative": (np.negative, 1),
    "square": (np.square, 1),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), 1),
    "tanh": (np.tanh, 1),
    "relu": (lambda a: np.maximum(a, 0), 1),
    "add": (np.add, 2),
    "subtract": (np.subtract, 2),
    "multiply": (np.multiply, 2),
    "divide": (np.divide, 2),
    "sigmoid_slope": (lambda y, dy: dy * y * (1 - y), 2),
    "tanh_slope": (lambda y, dy: dy * (1 - y * y), 2),
    "relu_slope": (lambda dy, y: np.where(y > 0, dy, 0), 2),
}
_NUMBERS = {name: k for k, name in enumerate(FUNCTIONS)}
_MOST = 192  # places that the kernel has: `Pointwise::MOST`


@dataclasses.dataclass(frozen=True)
class View:
    """`[rows, columns]` of an array.

    Attributes:
      array: its number: arguments come before results.
      first: the number of its first element; step: how much further that is for each iteration of a loop.
      row, column: elements from row to row, and from column to column (1, or 0: the same in all).
    """

    array: int
    first: int
    step: int
    row: int
    column: int


@dataclasses.dataclass(frozen=True)
class Program:
    """What is to be done. Places are numbers: registers, then constants, then views.

    Attributes:
      rows, columns: of all views.
      registers: how many there are.
      indexed: whether the first argument is the number of an iteration, an int32.
      shared: how many arguments, after that, are arrays that the first results take the place of.
      constants: a tuple of float32 numbers, as their bits: 0 and -0 differ, and what is no number equals itself.
      views: a tuple of `View`s.
      once, steps: tuples of (function, to, a, b); those of `once` hang on neither row nor column.
    """

    rows: int
    columns: int
    registers: int
    indexed: bool
    shared: int
    constants: tuple
    views: tuple
    once: tuple
    steps: tuple

    @property
    def code(self):
        """The numbers that the kernel takes."""
        out = [self.rows, self.columns, self.registers, self.indexed, self.shared, len(self.constants)]
        out += self.constants
        out.append(len(self.views))
        for view in self.views:
            out += dataclasses.astuple(view)
        for steps in (self.once, self.steps):
            out.append(len(steps))
            for name, *places in steps:
                out += [_NUMBERS[name], *places]
        return np.array(out, np.int64)


class Writer:
    """Writes a `Program`. Values are numbers that `view`, `constant` and `apply` give."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.views, self.constants, self.steps = [], [], []  # steps: (function, value, a, b)
        self.kinds, self.known, self.puts = [], {}, []  # kinds: of each value; puts: (value, view)

    def view(self, view):
        """What a view of an argument holds."""
        value = self._known(("view", view))
        return value if view.column else self._once(value)

    def constant(self, x):
        """A number."""
        return self._once(self._known(("constant", int(np.float32(x).view(np.int32)))))

    def apply(self, name, a, b=None):
        """What a function gives."""
        key = ("apply", name, a, b)
        if key not in self.known:
            self.steps.append((name, self._known(key), a, a if b is None else b))
        return self.known[key]

    def put(self, value, view):
        """Writes a value to a view of a result."""
        self.puts.append((value, view))

    def _once(self, value):
        return self.apply("fill", value)

    def _known(self, key):
        if key not in self.known:
            self.known[key] = len(self.kinds)
            self.kinds.append(key)
        return self.known[key]

    def fits(self):
        """Whether the kernel has as many places."""
        return len(self.kinds) + len(self.puts) < _MOST

    def program(self, indexed=False, shared=0):
        """The `Program`."""
        steps, place = list(self.steps), {}
        constants = [k for k, kind in enumerate(self.kinds) if kind[0] == "constant"]
        sources = [k for k, kind in enumerate(self.kinds) if kind[0] == "view"]
        views = [self.kinds[k][1] for k in sources] + [view for _, view in self.puts]
        filled = {value for name, value, *_ in steps if name == "fill"}
        for k, (value, _) in enumerate(self.puts):
            to = ("output", k)
            if self.kinds[value][0] != "apply" or value in place or value in filled:
                steps.append(("copy", to, value, value))
            else:
                place[value] = to
        once = [s for s in steps if s[0] == "fill" and self._is_single(s[2])]
        steps = [s for s in steps if s[0] != "fill" or not self._is_single(s[2])]
        registers, at = self._registers(once, steps, place)
        numbers = {k: registers + i for i, k in enumerate((*constants, *sources))}
        numbers |= {("output", k): registers + len(constants) + len(sources) + k for k in range(len(self.puts))}
        where = {**numbers, **at, **{value: numbers[to] for value, to in place.items()}}
        named = [tuple((name, *(where[v] for v in values)) for name, *values in part) for part in (once, steps)]
        of_constants = tuple(self.kinds[k][1] for k in constants)
        return Program(self.rows, self.columns, registers, indexed, shared, of_constants, tuple(views), *named)

    def _is_single(self, value):
        """Whether a value is one number for all rows."""
        kind, what, *_ = self.kinds[value]
        return kind == "constant" or what.row == 0 or self.rows == 1

    def _registers(self, once, steps, place):
        """(how many registers, value -> its register): a register is taken again after its value's last use."""
        last = {v: k for k, (_, *values) in enumerate(steps) for v in values}
        at = {value: k for k, (_, value, *_) in enumerate(once)}
        count, free, stay = len(at), [], set(at)
        for k, (_, to, a, b) in enumerate(steps):
            if to not in place and not isinstance(to, tuple):
                if not free:
                    free.append(count)
                    count += 1
                at[to] = free.pop()
            held = {v for v in (to, a, b) if v in at and v not in stay and last[v] == k}
            free += [at[v] for v in held]
        return count, at


def run(program, dims, *arrays):
    """The same with NumPy, in the arguments' dtype.

    Args:
      program: the `Program`.
      dims: shapes of the results.
      arrays: its arguments.
    """
    iteration = int(arrays[0]) if program.indexed else 0
    given = arrays[1:] if program.indexed else arrays
    kind = given[0].dtype if given else np.dtype("f")
    results = [np.array(given[k]) if k < program.shared else np.zeros(d, kind) for k, d in enumerate(dims)]
    flat = [np.ascontiguousarray(x).reshape(-1) for x in (*given, *results)]
    results = flat[len(given) :]
    grid = np.ogrid[: program.rows, : program.columns]
    places = [v.first + iteration * v.step + grid[0] * v.row + grid[1] * v.column for v in program.views]
    begin = program.registers + len(program.constants)
    constants = np.array(program.constants, np.int32).view(np.float32).astype(kind)
    held = dict(enumerate(constants, program.registers))

    def value(place):
        return flat[program.views[place - begin].array][places[place - begin]] if place >= begin else held[place]

    for name, to, a, b in (*program.once, *program.steps):
        function, operands = FUNCTIONS[name]
        made = function(*map(value, (a, b)[:operands]))
        if to >= begin:
            flat[program.views[to - begin].array][places[to - begin]] = made
        else:
            held[to] = made
    return [x.reshape(d) for x, d in zip(results, dims, strict=True)]
