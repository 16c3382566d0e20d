"""Static shapes. Inside, a shape is a tuple of ints and Nones, or None if the rank is unknown;
TensorShape and Dimension are what the user sees of it."""

from ..formats.proto import TensorShapeProto
from . import dtypes
from .errors import InferError

__all__ = ["Dimension", "TensorShape", "dims_of"]


# --- tuples: what shape rules work on -------------------------------------------------------------


def text(dims):
    """TF's way to print a shape in a message: `[2,?]`, or `<unknown>`."""
    return "<unknown>" if dims is None else "[" + ",".join("?" if d is None else str(d) for d in dims) + "]"


def known(dims):
    """Whether every dimension is known."""
    return dims is not None and None not in dims


def count(dims):
    """How many elements; None if that is not known."""
    if not known(dims):
        return None
    n = 1
    for d in dims:
        n *= d
    return n


def merge_dim(x, y):
    """One dimension that both may be; InferError if they differ."""
    if x is None:
        return y
    if y is None or x == y:
        return x
    raise InferError(f"Dimensions must be equal, but are {x} and {y}")


def merge(x, y):
    """The most that two shapes of one tensor tell together.

    Raises:
      InferError: rank or a dimension differ.
    """
    if x is None:
        return y
    if y is None:
        return x
    if len(x) != len(y):
        raise InferError(f"Shapes must be equal rank, but are {len(x)} and {len(y)}")
    out = []
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        if a is not None and b is not None and a != b:
            raise InferError(
                f"Dimension {i} in both shapes must be equal, but are {a} and {b}. Shapes are {text(x)} and {text(y)}."
            )
        out.append(b if a is None else a)
    return tuple(out)


def with_rank(dims, rank):
    """`dims` if it may have that rank.

    Raises:
      InferError: it has another.
    """
    if dims is None:
        return (None,) * rank
    if len(dims) != rank:
        raise InferError(f"Shape must be rank {rank} but is rank {len(dims)}")
    return dims


def with_value(dim, value):
    """`value`, which the dimension may be.

    Raises:
      InferError: it is known to be another.
    """
    if dim not in (None, value):
        raise InferError(f"Dimension must be {value} but is {dim}")
    return value


def divide(dim, n):
    """A dimension cut into `n` equal parts: the size of one.

    Raises:
      InferError: some would be left over.
    """
    if dim is not None and dim % n:
        raise InferError(f"Dimension size must be evenly divisible by {n} but is {dim}")
    return None if dim is None else dim // n


def subtract(dim, n):
    """A dimension less `n`.

    Raises:
      InferError: less than nothing would be left.
    """
    if dim is None or n is None:
        return None
    if n > dim:
        raise InferError(f"Negative dimension size caused by subtracting {n} from {dim}")
    return dim - n


def told(words, rule, *args):
    """`rule(*args)`, whose refusal gets a second line that says `words`."""
    try:
        return rule(*args)
    except InferError as error:
        raise InferError(f"{error}\n\t{words}") from None


def with_rank_at_least(dims, rank):
    """`dims` if its rank may be `rank` or more.

    Raises:
      InferError: its rank is less.
    """
    if dims is not None and len(dims) < rank:
        raise InferError(f"Shape must be at least rank {rank} but is rank {len(dims)}")
    return dims


def broadcast(x, y):
    """NumPy's broadcast shape of two shapes, as far as it is known.

    Raises:
      InferError: two dimensions differ and neither is 1.
    """
    if x is None or y is None:
        return None
    if len(x) < len(y):
        x = (1,) * (len(y) - len(x)) + x
    elif len(y) < len(x):
        y = (1,) * (len(x) - len(y)) + y
    out = []
    for a, b in zip(x, y, strict=True):
        if a is None or b is None:
            big = a if b is None else b
            out.append(big if big is not None and big > 1 else None)
        elif a == b or b == 1:
            out.append(a)
        elif a == 1:
            out.append(b)
        else:
            raise InferError(f"Dimensions must be equal, but are {a} and {b}")
    return tuple(out)


# --- what the user sees ---------------------------------------------------------------------------


class Dimension:
    """One dimension of a `TensorShape`: a size, or None where it is not known.

    Args:
      value: an int of at least 0, a `Dimension`, or None.

    Raises:
      TypeError: a bool-like, float or other that is no integer; ValueError: below 0.
    """

    __slots__ = ("_value",)

    def __init__(self, value):
        if value is None:
            self._value = None
        elif isinstance(value, dtypes.DType):
            raise TypeError(f"Cannot convert {value} to Dimension")
        elif isinstance(value, Dimension):
            self._value = value._value
        else:
            self._value = int(value)
            if not isinstance(value, (str, bytes)) and self._value != value:
                raise ValueError(f"Ambiguous dimension: {value}")
            if self._value < 0:
                raise ValueError(f"Dimension {self._value} must be >= 0")

    @property
    def value(self):
        """The size, or None."""
        return self._value

    def __repr__(self):
        return f"Dimension({self._value!r})"

    def __str__(self):
        return "?" if self._value is None else str(self._value)

    def __eq__(self, other):
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other._value is None:
            return None
        return self._value == other._value

    def __ne__(self, other):
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other._value is None:
            return None
        return self._value != other._value

    def __hash__(self):
        return hash(self._value)

    def __int__(self):
        return self._value  # type: ignore[return-value]  # of an unknown one Python itself refuses None

    def __long__(self):
        return self._value

    def __index__(self):
        return self._value  # type: ignore[return-value]

    def is_compatible_with(self, other):
        """Whether both may be the same size."""
        other = as_dimension(other)
        return self._value == other.value or self._value is None or other.value is None

    def assert_is_compatible_with(self, other):
        """Raises ValueError unless both may be the same size."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other):
        """The known one of the two.

        Raises:
          ValueError: they differ.
        """
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other.value if self._value is None else self._value)

    def _with(self, other, compute):
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other.value is None:
            return Dimension(None)
        return Dimension(compute(self._value, other.value))

    def _compare(self, other, compute):
        other = as_dimension(other)
        return None if self._value is None or other.value is None else compute(self._value, other.value)

    def __add__(self, other):
        return self._with(other, lambda a, b: a + b)

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other):
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other):
        return self._with(other, lambda a, b: a * b)

    def __rmul__(self, other):
        return self * other

    def __floordiv__(self, other):
        return self._with(other, lambda a, b: a // b)

    def __rfloordiv__(self, other):
        return as_dimension(other)._with(self, lambda a, b: a // b)

    def __div__(self, other):
        return self // other

    def __rdiv__(self, other):
        return as_dimension(other) // self

    def __truediv__(self, other):
        raise TypeError(f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use // instead")

    def __rtruediv__(self, other):
        raise TypeError(f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', please use // instead")

    def __mod__(self, other):
        return self._with(other, lambda a, b: a % b)

    def __rmod__(self, other):
        return as_dimension(other) % self

    def __lt__(self, other):
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other):
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other):
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other):
        return self._compare(other, lambda a, b: a >= b)

    def __reduce__(self):
        return Dimension, (self._value,)


def as_dimension(value):
    """`value` as a `Dimension`."""
    return value if isinstance(value, Dimension) else Dimension(value)


def dimension_at_index(shape, index):
    """One dimension of a `TensorShape`, be its rank unknown: `tf.compat.dimension_at_index`.

    Args:
      shape: a `TensorShape`.
      index: an int.

    Returns:
      A `Dimension`, unknown if the rank is.
    """
    return Dimension(None) if shape.rank is None else shape.dims[index]


def dimension_value(dimension):
    """The size in a `Dimension` or an int: `tf.compat.dimension_value`."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


class TensorShape:
    """The static shape of a tensor: known, partly known, or of unknown rank.

    Args:
      dims: dimensions (ints, None, `Dimension`), one of them, another shape, a `TensorShapeProto`,
        or None if the rank is unknown.
    """

    __slots__ = ("_tuple", "_cached")

    def __init__(self, dims):
        self._cached = None
        if dims is None:
            self._tuple = None
        elif type(dims) is tuple and all(type(d) is int and d >= 0 for d in dims):
            self._tuple = dims
        elif isinstance(dims, TensorShape):
            self._tuple = dims._tuple
        elif isinstance(dims, (str, bytes)):
            raise TypeError("A string has ambiguous TensorShape, please wrap in a list or convert to an int: %s" % dims)
        elif hasattr(dims, "unknown_rank") and hasattr(dims, "dim"):  # a TensorShapeProto
            sizes = [d.size if d.size >= 0 else None for d in dims.dim]
            self._tuple = None if dims.unknown_rank else tuple(sizes)
        else:
            try:
                parts = iter(dims)
            except TypeError:
                parts = [dims]
            self._tuple = tuple(as_dimension(d).value for d in parts)

    @classmethod
    def _of(cls, dims):
        """From a checked tuple, without looking at it again."""
        made = cls.__new__(cls)
        made._tuple, made._cached = dims, None
        return made

    @property
    def dims(self):
        """A list of `Dimension`s, or None if the rank is unknown."""
        if self._tuple is None:
            return None
        if self._cached is None:
            self._cached = [Dimension(d) for d in self._tuple]
        return self._cached

    @property
    def _dims(self):
        return self.dims

    @property
    def ndims(self):
        """The rank, or None."""
        return None if self._tuple is None else len(self._tuple)

    @property
    def rank(self):
        """The rank, or None."""
        return self.ndims

    def __repr__(self):
        return f"TensorShape({self.dims!r})"

    def __str__(self):
        if self._tuple is None:
            return "<unknown>"
        if len(self._tuple) == 1:
            return "(%s,)" % ("?" if self._tuple[0] is None else self._tuple[0])
        return "(%s)" % ", ".join("?" if d is None else str(d) for d in self._tuple)

    def __len__(self):
        if self._tuple is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._tuple)

    def __bool__(self):
        return self._tuple is not None

    __nonzero__ = __bool__

    def __iter__(self):
        if self._tuple is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self.dims)  # type: ignore[arg-type]

    def __getitem__(self, key):
        if self._tuple is not None:
            return TensorShape(self.dims[key]) if isinstance(key, slice) else self.dims[key]  # type: ignore[index]
        if not isinstance(key, slice):
            return Dimension(None)
        start = 0 if key.start is None else key.start
        stop = key.stop
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        if stop is None or (stop < 0) != (start < 0) or start < 0:
            return unknown_shape()
        return unknown_shape(rank=max(0, stop - start))

    def num_elements(self):
        """How many elements, or None if that is not known."""
        return count(self._tuple)

    def merge_with(self, other):
        """The most that both tell together.

        Raises:
          ValueError: they cannot be one tensor's.
        """
        other = as_shape(other)
        if self._tuple is None:
            return other
        if other._tuple is None:
            return self
        try:
            self.assert_same_rank(other)
            return TensorShape([a.merge_with(b) for a, b in zip(self.dims, other.dims, strict=True)])  # type: ignore[arg-type]
        except ValueError:
            raise ValueError(f"Shapes {self} and {other} are not compatible") from None

    def __add__(self, other):
        return self.concatenate(as_shape(other))

    def __radd__(self, other):
        return as_shape(other).concatenate(self)

    def concatenate(self, other):
        """The dimensions of this, then those of `other`."""
        other = as_shape(other)
        if self._tuple is None or other._tuple is None:
            return unknown_shape()
        return TensorShape._of(self._tuple + other._tuple)

    def assert_same_rank(self, other):
        """Raises ValueError if the ranks are known and differ."""
        other = as_shape(other)
        if self.ndims is not None and other.ndims is not None and self.ndims != other.ndims:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank):
        """Raises ValueError if the rank is known and another."""
        if self.ndims not in (None, rank):
            raise ValueError("Shape %s must have rank %d" % (self, rank))

    def with_rank(self, rank):
        """This shape, with that rank.

        Raises:
          ValueError: it has another.
        """
        try:
            return self.merge_with(unknown_shape(rank=rank))
        except ValueError:
            raise ValueError("Shape %s must have rank %d" % (self, rank)) from None

    def with_rank_at_least(self, rank):
        """This shape, if its rank may be `rank` or more; else ValueError."""
        if self.ndims is not None and self.ndims < rank:
            raise ValueError("Shape %s must have rank at least %d" % (self, rank))
        return self

    def with_rank_at_most(self, rank):
        """This shape, if its rank may be `rank` or less; else ValueError."""
        if self.ndims is not None and self.ndims > rank:
            raise ValueError("Shape %s must have rank at most %d" % (self, rank))
        return self

    def is_compatible_with(self, other):
        """Whether one tensor may have both shapes."""
        x, y = self._tuple, as_shape(other)._tuple
        if x is None or y is None:
            return True
        return len(x) == len(y) and all(a is None or b is None or a == b for a, b in zip(x, y, strict=True))

    def assert_is_compatible_with(self, other):
        """Raises ValueError unless one tensor may have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError("Shapes %s and %s are incompatible" % (self, other))

    def most_specific_compatible_shape(self, other):
        """The most specific shape that both are cases of."""
        x, y = self._tuple, as_shape(other)._tuple
        if x is None or y is None or len(x) != len(y):
            return unknown_shape()
        return TensorShape([a if a is not None and a == b else None for a, b in zip(x, y, strict=True)])

    def is_fully_defined(self):
        """Whether every dimension is known."""
        return known(self._tuple)

    def assert_is_fully_defined(self):
        """Raises ValueError unless every dimension is known."""
        if not self.is_fully_defined():
            raise ValueError("Shape %s is not fully defined" % self)

    def as_list(self):
        """A list of ints, None where unknown.

        Raises:
          ValueError: the rank is unknown.
        """
        if self._tuple is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._tuple)

    def as_proto(self):
        """The shape as a `TensorShapeProto`."""
        if self._tuple is None:
            return TensorShapeProto(unknown_rank=True)
        sizes = [TensorShapeProto.Dim(size=-1 if d is None else d) for d in self._tuple]
        return TensorShapeProto(dim=sizes)

    def __eq__(self, other):
        try:
            other = as_shape(other)
        except TypeError:
            return NotImplemented
        return self.dims == other.dims  # an unknown dimension equals none but itself

    def __ne__(self, other):
        try:
            other = as_shape(other)
        except TypeError:
            return NotImplemented
        if self._tuple is None or other._tuple is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return self.dims != other.dims

    def __hash__(self):
        return hash(self._tuple)

    def __reduce__(self):
        return TensorShape, (self.dims,)


def as_shape(value):
    """`value` as a `TensorShape`."""
    return value if isinstance(value, TensorShape) else TensorShape(value)


def unknown_shape(rank=None):
    """A shape of which at most the rank is known."""
    return TensorShape._of(None if rank is None else (None,) * rank)


def dims_of(value):
    """Anything that a user may give as a shape, as a tuple of ints and Nones, or None."""
    return as_shape(value)._tuple
