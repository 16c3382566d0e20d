"""Fourier transforms of one to three dimensions: of complex numbers, and of real ones, of which only half is kept."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from .basic import constant
from .elementwise import PLAIN, cast, conj, real
from .fill import ones, range_, zeros, zeros_like
from .join import concat, pad, stack, unstack
from .matmul import matmul
from .reduce import reduce_prod
from .shape import expand_dims, rank, reshape, shape, tile, transpose

__all__ = ["fft", "ifft", "irfft", "rfft"]


def _count(x, n):
    """How many elements the last n dimensions hold."""
    return reduce_prod(shape(x)[-n:])


# --- complex ------------------------------------------------------------------------------------------


def _infer_complex(n):
    return lambda x: [shapes.with_rank_at_least(x.dims, n)]


def _lower_complex(way, n):
    return lambda B, x: getattr(B.fft, way)(x, axes=tuple(range(-n, 0))).astype(x.dtype)


def _forward_slope(n):
    return lambda op, dy: [COMPLEX["IFFT", n](dy) * cast(_count(dy, n), dy._dtype)]


def _back_slope(n):
    def slope(op, dy):
        share = 1.0 / cast(_count(dy, n), dy._dtype.real_dtype)
        return [COMPLEX["FFT", n](dy) * cast(share, dy._dtype)]

    return slope


def _complex(kind, n):
    way, slope = ("fftn", _forward_slope(n)) if kind == "FFT" else ("ifftn", _back_slope(n))
    last = f"{n}D" if n > 1 else ""
    node = define(kind + last, infer=_infer_complex(n), lower=_lower_complex(way, n), grad=slope)

    def call(input, name=None):
        return node(input, name=name)

    public = (kind + last).lower()
    call.__name__ = call.__qualname__ = public
    what = "Fourier transform" if kind == "FFT" else "inverse Fourier transform"
    call.__doc__ = f"""The {what} of a complex tensor along its last {n} dimension{"s" if n > 1 else ""}; `name` is the node's."""
    return export(public, f"signal.{public}", f"spectral.{public}")(call)


COMPLEX = {}
for _kind in ("FFT", "IFFT"):
    for _n in (1, 2, 3):
        COMPLEX[_kind, _n] = _complex(_kind, _n)
fft, ifft = COMPLEX["FFT", 1], COMPLEX["IFFT", 1]


# --- real ---------------------------------------------------------------------------------------------


def _infer_real(n, halve):
    def infer(x, length):
        dims = shapes.with_rank_at_least(x.dims, n)
        shapes.merge(length.dims, (n,))
        if dims is None:
            return [None]
        known = static.value(length)
        sizes = [None] * n if known is None else [int(v) for v in known]
        if halve and sizes[-1]:
            sizes[-1] = sizes[-1] // 2 + 1
        return [(*dims[:-n], *sizes)]

    return infer


def _lower_real(way, n):
    kind = np.complex64 if way == "rfftn" else np.float32

    def lower(B, x, length):
        sizes = tuple(int(v) for v in length)
        return getattr(B.fft, way)(x, s=sizes, axes=tuple(range(-n, 0))).astype(kind)

    return lower


def _default_length(x, n, back):
    """The sizes of the real side, told by the other."""
    last = None if x.dims is None else x.dims[-n:]
    if not shapes.known(last):
        if not back:
            return shape(x)[-n:]
        sizes = unstack(shape(x)[-n:])
        sizes[-1] = PLAIN["Maximum"](0, 2 * (sizes[-1] - 1))
        return stack(sizes)
    sizes = list(last)
    if back:
        sizes[-1] = max(0, 2 * (sizes[-1] - 1))
    return constant(sizes, dtypes.int32)


def _padded(x, n, length, back):
    """`x` with zeros at the end, where it is shorter than the transform."""
    if x.dims is not None and 0 in x.dims:
        return x
    sizes = static.partial_shape(length)
    if shapes.known(sizes) and x.dims is not None and None not in x.dims[-len(sizes) :]:
        sizes = (*sizes[:-1], sizes[-1] // 2 + 1) if back else sizes
        more = [[0, max(want - have, 0)] for want, have in zip(sizes, x.dims[-len(sizes) :], strict=True)]
        return pad(x, [[0, 0]] * (len(x.dims) - len(sizes)) + more) if any(m for _, m in more) else x
    dims = rank(x)
    last = shape(x)[-n:]
    none = zeros([PLAIN["Maximum"](0, dims - n)], length._dtype)
    if back:
        length = concat([length[:-1], length[-1:] // 2 + 1], 0)
    after = concat([none, PLAIN["Maximum"](0, length - last)], 0)
    return pad(x, stack([zeros_like(after), after], axis=1))


def _real(kind, n):
    back = kind == "irfft"
    slope = {} if n == 3 else {"grad": _irfft_slope(n) if back else _rfft_slope(n)}
    last = f"{n}D" if n > 1 else ""
    node = define(kind.upper() + last, infer=_infer_real(n, not back), lower=_lower_real(kind + "n", n), static=(1,), **slope)
    dtype = dtypes.complex64 if back else dtypes.float32

    def call(input_tensor, fft_length=None, name=None):
        with name_scope(name, public, [input_tensor, fft_length]) as scope:
            x = convert_to_tensor(input_tensor, dtype)
            x.shape.with_rank_at_least(n)
            length = _default_length(x, n, back) if fft_length is None else convert_to_tensor(fft_length, dtypes.int32)
            return node(_padded(x, n, length, back), length, name=scope)

    public = kind + last.lower()
    call.__name__ = call.__qualname__ = public
    way = (
        "from the half that is kept of a Fourier transform back to"
        if back
        else "to the half that is kept of the Fourier transform of"
    )
    call.__doc__ = f"""The way {way} real numbers, along the last {n} dimension{"s" if n > 1 else ""}.

    Args:
      input_tensor: {"complex64" if back else "float32"}, of that rank or more.
      fft_length: int32 `[{n}]`, the sizes on the real side; by default as `input_tensor` tells.
      name: the node's name.
    """
    return export(f"signal.{public}", f"spectral.{public}")(call)


def _signs(length):
    """1, -1, 1, ..."""
    return cast(1 - 2 * (range_(length) % 2), dtypes.complex64)


def _rotations(length):
    """exp(-2 pi i a b / length) for all a and b."""
    a = tile(expand_dims(range_(length), 0), (length, 1))
    b = transpose(a, [1, 0])
    return PLAIN["Exp"](-2j * np.pi * cast(a * b, dtypes.complex64) / cast(length, dtypes.complex64))


def _like_batch(matrix, x):
    wide = reshape(matrix, concat([ones([rank(x) - 2], dtypes.int32), shape(matrix)], 0))
    return tile(wide, concat([shape(x)[:-2], [1, 1]], 0))


def _rfft_slope(n):
    def slope(op, dy):
        length = op.inputs[1]
        sizes = shape(op.inputs[0])
        even = cast(1 - (length[-1] % 2), dtypes.complex64)
        first = dy[..., 0:1]
        if n == 1:
            extra = first + even * dy[..., -1:] * _signs(sizes[-1])
        else:
            extra = _edges(dy, first, sizes, even)
        count = cast(_count(op.inputs[0], n), dtypes.float32)
        return [0.5 * (_REAL["irfft", n](dy, length) * count + real(extra)), None]

    return slope


def _edges(dy, first, sizes, even):
    """What the first and the last column stand for alone, as they have no mirror image."""
    turns = _like_batch(_rotations(sizes[-2]), first)
    extra = matmul(turns, conj(first))
    last = matmul(turns, conj(dy[..., -1:]))
    columns = sizes[-1]
    last = tile(last, concat([ones([rank(dy) - 1], dtypes.int32), [columns]], 0)) * _signs(columns)
    return extra + even * last


def _irfft_slope(n):
    def slope(op, dy):
        length = op.inputs[1]
        known = static.fold(length)
        length = length if known is None else known
        odd = PLAIN["FloorMod"](length[-1], 2)
        columns = shape(op.inputs[0])[-1]
        twice = concat([[1.0], 2.0 * ones([columns - 2 + odd]), ones([1 - odd])], 0)
        share = PLAIN["Reciprocal"](cast(_count(dy, n), dtypes.float32))
        return [_REAL["rfft", n](dy, length) * cast(share * twice, dtypes.complex64), None]

    return slope


_REAL = {}
for _kind in ("rfft", "irfft"):
    for _n in (1, 2, 3):
        _REAL[_kind, _n] = _real(_kind, _n)
rfft, irfft = _REAL["rfft", 1], _REAL["irfft", 1]
