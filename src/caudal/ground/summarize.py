"""The elements of an array as TF prints them: in a row, or as NumPy would, with the middle left out."""

import numpy as np

__all__ = ["edges", "one", "row"]

_MARKS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def escaped(word):
    """A string as C would write it between quotes."""
    word = word if isinstance(word, str) else word.decode("latin1")
    return "".join(_MARKS.get(c) or (c if 32 <= ord(c) < 127 else f"\\{ord(c):03o}") for c in word)


def number(value, kind):
    """A float with the digits that give it back: six if they do, else nine (float64: fifteen, else seventeen).

    Args:
      value: a Python float.
      kind: its NumPy dtype.
    """
    few, many = (15, 17) if kind == np.float64 else (6, 9)
    text = f"{value:.{few}g}"
    return text if kind.type(float(text)) == kind.type(value) or value != value else f"{value:.{many}g}"


def one(value, kind, quoted=False):
    """One element.

    Args:
      value: the element, as Python has it.
      kind: the array's NumPy dtype.
      quoted: whether strings stand in quotes.
    """
    if kind.kind == "O":
        return f'"{escaped(value)}"' if quoted else escaped(value)
    if kind == np.bool_:
        return str(int(value))
    if kind.kind == "c":
        part = np.dtype(np.float32 if kind.itemsize == 8 else np.float64)
        return f"({number(value.real, part)},{number(value.imag, part)})"
    if isinstance(value, float):
        return number(value, kind)
    return str(value)


def row(array, most):
    """The first elements, rows of a matrix in brackets: `1 2...`, `[1 2][3 4]`. `tf.Print` and Assert print so.

    Args:
      array: the array.
      most: how many elements; all if below 0.
    """
    array = np.asarray(array)
    flat = array.reshape(-1).tolist()
    most = array.size if most < 0 else min(most, array.size)
    if array.ndim == 0:
        return one(flat[0], array.dtype) if most else "..."
    words, _ = _row(array.shape, [one(v, array.dtype) for v in flat[:most]], 0, 0)
    return words + ("..." if array.size > most else "")


def _row(dims, words, at, depth):
    """(text, the next element's number) of the part of an array that begins at element `at`."""
    out = []
    if depth == len(dims) - 1:
        shown = words[at : at + dims[depth]]
        cut = "..." if depth and len(shown) < dims[depth] else ""
        return " ".join(shown) + cut, at + len(shown)
    for _ in range(dims[depth]):
        if at >= len(words):
            break
        inner, at = _row(dims, words, at, depth + 1)
        out.append(f"[{inner}]")
    return "".join(out), at


def edges(array, most):
    """The elements as NumPy prints them, of each axis the first and last ones: `[0 1 ... 7 8]`. `tf.print` prints so.

    Args:
      array: the array.
      most: how many at each end of an axis; all if below 0.
    """
    array = np.asarray(array)
    most = array.size if most < 0 else most
    if array.ndim == 0:
        return one(array.reshape(-1).tolist()[0], array.dtype, True)
    return _edges(array, most, 0, array.ndim)


def _edges(array, most, depth, rank):
    if depth == rank:
        return one(np.asarray(array).reshape(-1).tolist()[0], array.dtype, True)
    gap = " " if depth == rank - 1 else "\n" * (rank - depth - 1) + " " * (depth + 1)
    n = len(array)
    parts = [_edges(array[k, ...], most, depth + 1, rank) for k in range(min(most, n))]
    parts += ["..."] if n > 2 * most else []
    parts += [_edges(array[k, ...], most, depth + 1, rank) for k in range(max(most, n - most), n)]
    return f"[{gap.join(parts)}]"
