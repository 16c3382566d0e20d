"""Windows, cosine transforms, short-time Fourier transforms, and what speech is seen by: mel scales and cepstra."""

import math

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import NODES, PLAIN, cast, pow, real, rsqrt, sqrt
from ..ops.elementwise import complex as complex_
from ..ops.fill import linspace, ones, range_, zeros
from ..ops.fourier import irfft, rfft
from ..ops.join import concat, pad, split
from ..ops.reduce import reduce_sum
from ..ops.roll import roll
from ..ops.shape import expand_dims, rank, reshape, shape, tile
from .cond import cond
from .frames import frame, overlap_and_add

__all__ = ["dct", "hann_window", "inverse_stft", "stft"]


# --- windows ------------------------------------------------------------------------------------------


def _raised_cosine(name, default, length, periodic, dtype, a, b):
    """a - b cos(2 pi k / n)."""
    need(dtype.is_floating, f"dtype must be a floating point type. Found {dtype}")
    with name_scope(name, default, [length, periodic]):
        length = convert_to_tensor(length, dtype=dtypes.int32, name="window_length")
        length.shape.assert_has_rank(0)
        known = static.python_value(length)
        if known is not None and known == 1:
            return ones([1], dtype=dtype)
        periodic = cast(convert_to_tensor(periodic, dtype=dtypes.bool, name="periodic"), dtypes.int32)
        periodic.shape.assert_has_rank(0)
        even = 1 - PLAIN["FloorMod"](length, 2)
        n = cast(length + periodic * even - 1, dtype=dtype)
        count = cast(range_(length), dtype)
        angle = constant(2 * np.pi, dtype=dtype) * count / n
        wave = lambda: cast(a - b * PLAIN["Cos"](angle), dtype=dtype)  # noqa: E731
        if known is not None:
            return wave()
        return cond(NODES["Equal"](length, 1), lambda: ones([length], dtype=dtype), wave)


_WINDOW = """

    Args:
      window_length: int scalar.
      periodic: whether it is one period of a wave that goes on, for Fourier transforms, or symmetric.
      dtype: a float type.
      name: the scope's name.

    Returns:
      `[window_length]`.
    """


@export("signal.hann_window")
def hann_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """A window that rises from 0 to 1 and falls again, as a cosine does."""
    return _raised_cosine(name, "hann_window", window_length, periodic, dtypes.as_dtype(dtype), 0.5, 0.5)


@export("signal.hamming_window")
def hamming_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """A window that rises from 0.08 to 1 and falls again, as a cosine does."""
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtypes.as_dtype(dtype), 0.54, 0.46)


for _window in (hann_window, hamming_window):
    _window.__doc__ += _WINDOW


# --- cosine transforms --------------------------------------------------------------------------------


def _check_dct(x, kind, n, axis, norm):
    need(axis == -1, f"axis must be -1. Got: {axis}", kind=NotImplementedError)
    need(n is None or n >= 1, "n should be a positive integer or None")
    need(kind in (1, 2, 3), "Only Types I, II and III (I)DCT are supported.")
    if kind == 1:
        need(norm != "ortho", "Normalization is not supported for the Type-I DCT.")
        need(x.shape[-1].value is None or x.shape[-1].value >= 2, "Type-I DCT requires the dimension to be greater than one.")
    need(norm in (None, "ortho"), f"Unknown normalization. Expected None or 'ortho', got: {norm}")


def _last(x):
    return x.shape[-1].value or shape(x)[-1]


def _of_length(x, n):
    """The first `n` samples; with zeros after them if there are fewer."""
    have = _last(x)
    if n <= have:
        return x[..., 0:n]
    return pad(x, paddings=convert_to_tensor([[0, 0]] * (x.rank - 1) + [[0, n - have]], dtype=dtypes.int32))


@export("signal.dct", "spectral.dct")
def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The cosine transform of a real signal along its last dimension.

    Args:
      input: float32 `[..., samples]`.
      type: 1, 2 or 3.
      n: to how many samples the signal is cut or filled up first.
      axis: -1.
      norm: "ortho" for an orthonormal transform.
      name: the scope's name.

    Raises:
      ValueError: another `type`, `n` or `norm`; NotImplementedError: another `axis`.
    """
    _check_dct(input, type, n, axis, norm)
    with name_scope(name, "dct", [input]):
        x = convert_to_tensor(input, dtype=dtypes.float32)
        x = x if n is None else _of_length(x, n)
        size = _last(x)
        size_float = cast(size, dtypes.float32)
        if type == 1:
            return real(rfft(concat([x, x[..., -2:0:-1]], axis=-1)))
        if type == 2:
            turns = 2.0 * PLAIN["Exp"](complex_(0.0, -range_(size_float) * math.pi * 0.5 / size_float))
            made = real(rfft(x, fft_length=[2 * size])[..., :size] * turns)
            return made * _weights(0.5 * rsqrt(size_float), 2.0, size) if norm == "ortho" else made
        x = x * (_weights(sqrt(size_float), 0.5, size) if norm == "ortho" else size_float)
        turns = 2.0 * PLAIN["Exp"](complex_(0.0, range_(size_float) * math.pi * 0.5 / size_float))
        return real(irfft(turns * complex_(x, 0.0), fft_length=[2 * size]))[..., :size]


def _weights(first, factor, size):
    """`first`, then that times the root of `factor` for all others."""
    rest = first * sqrt(factor)
    return pad(expand_dims(first, 0), [[0, size - 1]], constant_values=rest)


@export("signal.idct", "spectral.idct")
def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The inverse of `dct`, up to a factor; the arguments are the same."""
    _check_dct(input, type, n, axis, norm)
    return dct(input, type={1: 1, 2: 3, 3: 2}[type], n=n, axis=axis, norm=norm, name=name)


# --- short-time Fourier transforms --------------------------------------------------------------------


def _power_of_two(n):
    """The least power of two that is no less."""
    known = static.python_value(n)
    if known is not None:
        return constant(int(2 ** np.ceil(np.log(known) / np.log(2.0))), n._dtype)
    log = PLAIN["Log"]
    return cast(pow(2.0, PLAIN["Ceil"](log(cast(n, dtypes.float32)) / log(2.0))), n._dtype)


def _scalar(x, name):
    x = convert_to_tensor(x, name=name)
    x.shape.assert_has_rank(0)
    return x


@export("signal.stft")
def stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    """The Fourier transforms of pieces of a signal.

    Args:
      signals: float32 `[..., samples]`.
      frame_length: int scalar, the samples of a piece.
      frame_step: int scalar, the samples from one piece's start to the next one's.
      fft_length: int scalar; the least power of two that holds a piece by default.
      window_fn: `f(length, dtype=)` -> what each piece is multiplied by; None for nothing.
      pad_end: whether the last pieces are filled up with zeros.
      name: the scope's name.

    Returns:
      complex64 `[..., frames, fft_length / 2 + 1]`.
    """
    with name_scope(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        signals.shape.with_rank_at_least(1)
        length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
        size = _power_of_two(length) if fft_length is None else convert_to_tensor(fft_length, name="fft_length")
        framed = frame(signals, length, step, pad_end=pad_end)
        if window_fn is not None:
            framed *= window_fn(length, dtype=framed.dtype)
        return rfft(framed, [size])


@export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """The window for `inverse_stft` that undoes the one of `stft`, as a function `f(length, dtype)`.

    Source: Griffin and Lim, "Signal estimation from modified short-time Fourier transform" (1984), eq. 7.
    """
    with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
        step = _scalar(frame_step, "frame_step")

    def inner(frame_length, dtype):
        with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
            length = _scalar(frame_length, "frame_length")
            window = forward_window_fn(length, dtype=dtype)
            total = NODES["Square"](window)
            times = -(-length // step)
            total = reshape(pad(total, [(0, times * step - length)]), [times, step])
            total = tile(reduce_sum(total, 0, keepdims=True), [times, 1])
            return window / reshape(total, [times * step])[:length]

    return inner


@export("signal.inverse_stft")
def inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    """The signal whose `stft` this is, if `window_fn` comes from `inverse_stft_window_fn`.

    Args:
      stfts: complex64 `[..., frames, fft_length / 2 + 1]`.
      frame_length, frame_step, fft_length: as for `stft`.
      window_fn: `f(length, dtype=)` -> what each piece is multiplied by; None for nothing.
      name: the scope's name.

    Returns:
      float32 `[..., samples]`.
    """
    with name_scope(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        stfts.shape.with_rank_at_least(2)
        length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
        size = _power_of_two(length) if fft_length is None else _scalar(fft_length, "fft_length")
        pieces = _fitted(irfft(stfts, [size]), length)
        if window_fn is not None:
            pieces *= window_fn(length, dtype=stfts._dtype.real_dtype)
        return overlap_and_add(pieces, step)


def _fitted(pieces, length):
    """`pieces` cut to `length` samples, or filled up with zeros."""
    known = static.python_value(length)
    have = None if pieces.dims is None else pieces.dims[-1]
    if known is None or have is None:
        pieces = pieces[..., :length]
        n, sizes = rank(pieces), shape(pieces)
        before = zeros([n - 1, 2], dtype=length._dtype)
        pieces = pad(pieces, concat([before, [[0, PLAIN["Maximum"](0, length - sizes[-1])]]], 0))
    elif have > known:
        pieces = pieces[..., : int(known)]
    elif have < known:
        pieces = pad(pieces, [[0, 0]] * (pieces.rank - 1) + [[0, int(known) - have]])
    if known is not None and pieces.dims is not None:
        pieces.set_shape([None] * (pieces.rank - 1) + [int(known)])
    return pieces


# --- mel scales and cepstra ---------------------------------------------------------------------------


def _mel(hertz):
    """A frequency in mels. Source: O'Shaughnessy, "Speech communication" (1987), p. 150."""
    with name_scope(None, "hertz_to_mel", [hertz]):
        return 1127.0 * PLAIN["Log"](1.0 + convert_to_tensor(hertz) / 700.0)


def _check_mel(bins, rate, low, high, dtype):
    need(bins > 0, f"num_mel_bins must be positive. Got: {bins}")
    need(low >= 0.0, f"lower_edge_hertz must be non-negative. Got: {low}")
    need(low < high, f"lower_edge_hertz {low:.1f} >= upper_edge_hertz {high:.1f}")
    if not isinstance(rate, Tensor):
        need(rate > 0.0, f"sample_rate must be positive. Got: {rate}")
        words = "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got"
        need(high <= rate / 2, f"{words} {high} for sample_rate: {rate}")
    need(dtype.is_floating, f"dtype must be a floating point type. Got: {dtype}")


@export("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0, upper_edge_hertz=3800.0,
    dtype=dtypes.float32, name=None,
):  # fmt: skip
    """Weights that make a spectrum on the mel scale of one in equal steps of frequency, by triangles.

    Args:
      num_mel_bins: int, bands on the mel scale.
      num_spectrogram_bins: int, of the spectrum.
      sample_rate: samples a second.
      lower_edge_hertz: where the first band begins; upper_edge_hertz: where the last one ends.
      dtype: a float type.
      name: the node's name.

    Returns:
      `[num_spectrogram_bins, num_mel_bins]`.

    Raises:
      ValueError: frequencies that don't fit.
    """
    dtype = dtypes.as_dtype(dtype)
    with name_scope(name, "linear_to_mel_weight_matrix") as scope:
        known = static.python_value(sample_rate) if isinstance(sample_rate, Tensor) else None
        sample_rate = sample_rate if known is None else known
        _check_mel(num_mel_bins, sample_rate, lower_edge_hertz, upper_edge_hertz, dtype)
        rate = convert_to_tensor(sample_rate, dtype, name="sample_rate")
        low = convert_to_tensor(lower_edge_hertz, dtype, name="lower_edge_hertz")
        high = convert_to_tensor(upper_edge_hertz, dtype, name="upper_edge_hertz")
        zero = convert_to_tensor(0.0, dtype)
        hertz = linspace(zero, rate / 2.0, num_spectrogram_bins)[1:]  # without the constant part
        mels = expand_dims(_mel(hertz), 1)
        edges = frame(linspace(_mel(low), _mel(high), num_mel_bins + 2), frame_length=3, frame_step=1)
        left, middle, right = (reshape(t, [1, num_mel_bins]) for t in split(edges, 3, axis=1))
        up = (mels - left) / (middle - left)
        down = (right - mels) / (right - middle)
        weights = PLAIN["Maximum"](zero, PLAIN["Minimum"](up, down))
        return pad(weights, [[1, 0], [0, 0]], name=scope)


@export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms, name=None):
    """The cepstral coefficients of logarithmic mel spectra, float32 `[..., bands]`, scaled as HTK does."""
    with name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        x = convert_to_tensor(log_mel_spectrograms, dtype=dtypes.float32)
        if x.dims and x.dims[-1] is not None:
            bands = x.dims[-1]
            need(bands != 0, f"num_mel_bins must be positive. Got: {x}")
        else:
            bands = shape(x)[-1]
        return dct(x, type=2) * rsqrt(cast(bands, dtypes.float32) * 2.0)


# --- the middle first ---------------------------------------------------------------------------------


def _shifted(x, axes, name, default, sign):
    with name_scope(name, default) as scope:
        x = convert_to_tensor(x)
        if axes is None:
            axes = tuple(range(x.rank))
        one = isinstance(axes, int)
        shift = [sign * (int(x.shape[a]) // 2) for a in ([axes] if one else axes)]
        return roll(x, shift[0] if one else shift, axes, name=scope)


@export("signal.fftshift")
def fftshift(x, axes=None, name=None):
    """`x` with the frequency 0 moved to the middle, along `axes` (all by default)."""
    return _shifted(x, axes, name, "fftshift", 1)


@export("signal.ifftshift")
def ifftshift(x, axes=None, name=None):
    """`x` with the frequency 0 moved back from the middle, along `axes` (all by default)."""
    return _shifted(x, axes, name, "ifftshift", -1)
