"""Rows of activations, softmax and its losses, norms, cells of recurrent nets, fake quantisation."""

import numpy as np
from scipy import special

import caudal as tf

from .row import classes, normal, positive, row, uniform

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64
_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. (2017), eq. 14
_X = normal(3, 4) * f32(2)
_X[np.abs(_X) < 0.1] += f32(0.3)

_PLAIN = {
    "Relu": lambda x: np.maximum(x, 0),
    "Relu6": lambda x: np.clip(x, 0, 6),
    "Elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "Selu": lambda x: _SCALE * np.where(x < 0, _ALPHA * np.expm1(x), x),
}
for _op, _meaning in _PLAIN.items():
    row(_op, [_X * f32(2)], _meaning)
    row(_op, [_X[0].astype(f64)], _meaning)
    row(_op, [np.zeros((0, 2), f32)], _meaning)
row("Relu", [classes(3, below=9) - i32(4)], _PLAIN["Relu"])
row("LeakyRelu", [_X], lambda x: np.where(x < 0, 0.1 * x, x), alpha=0.1, tol=1e-6)
row("L2Loss", [_X], lambda x: np.sum(x * x) / 2)
row("L2Loss", [np.zeros((0, 2), f64)], lambda x: f64(0), slopes=())
_DY = normal(3, 4)
row("ReluGrad", [_DY, _X], lambda dy, x: dy * (x > 0), slopes=(0,))
row("Relu6Grad", [_DY, _X * f32(2)], lambda dy, x: dy * ((x > 0) & (x < 6)), slopes=(0,))
row("LeakyReluGrad", [_DY, _X], lambda dy, x: np.where(x > 0, dy, 0.1 * dy), alpha=0.1, slopes=(0,), tol=1e-6)
row("EluGrad", [_DY, uniform(3, 4)], lambda dy, y: np.where(y < 0, (y + 1) * dy, dy))
row("SeluGrad", [_DY, uniform(3, 4)], lambda dy, y: np.where(y < 0, (y + _SCALE * _ALPHA) * dy, _SCALE * dy))
row("SoftplusGrad", [_DY, _X], lambda dy, x: dy * special.expit(x))
row("SoftsignGrad", [_DY, _X], lambda dy, x: dy / (1 + np.abs(x)) ** 2)
row("BiasAdd", [normal(2, 3, 4), normal(4)], np.add)
row("BiasAdd", [normal(2, 3, 2, 2), normal(3)], lambda x, b: x + b[:, None, None], data_format="NCHW")
row("BiasAddV1", [normal(2, 3), normal(3)], np.add)
row("BiasAddGrad", [normal(2, 3, 4)], lambda dy: dy.sum((0, 1)))
row("BiasAddGrad", [normal(2, 3, 2, 2)], lambda dy: dy.sum((0, 2, 3)), data_format="NCHW")
row("Softmax", [_X], lambda x: special.softmax(x, -1))
row("Softmax", [np.array([[1000.0, 999.0, -1000.0]], f32)], lambda x: special.softmax(x, -1), slopes=())
row("LogSoftmax", [_X], lambda x: special.log_softmax(x, -1))
row("LogSoftmax", [normal(2, 5, kind=f64) * 50], lambda x: special.log_softmax(x, -1))


def _xent(logits, labels):
    return -np.sum(labels * special.log_softmax(logits, -1), -1), special.softmax(logits, -1) - labels


_P = special.softmax(normal(3, 4), -1)
row("SoftmaxCrossEntropyWithLogits", [_X, _P], _xent, of=(0,), slopes=(0,))
row("SoftmaxCrossEntropyWithLogits", [_X, _P], _xent, of=(0,), second=False)  # the second output is the slope of the first
_LABELS = classes(3, below=4)
row("SparseSoftmaxCrossEntropyWithLogits", [_X, _LABELS], lambda x, k: _xent(x, np.eye(4)[k]), of=(0,))
row("SparseSoftmaxCrossEntropyWithLogits", [_X.astype(f64), _LABELS.astype(i64)], lambda x, k: _xent(x, np.eye(4)[k]), of=(0,))

# --- batch norm: y, mean and variance of the batch (that with n - 1), and the same as reserves ------------


def _norm_training(x, scale, offset, mean, variance):
    m, v = x.mean((0, 1, 2)), x.var((0, 1, 2))
    n = x[..., 0].size
    y = scale * (x - m) / np.sqrt(v + 1e-2) + offset
    return y, m, v * n / (n - 1), m, v


def _norm_given(x, scale, offset, mean, variance):
    return scale * (x - mean) / np.sqrt(variance + 1e-2) + offset, mean, variance, mean, variance


def _norm_slope(dy, x, scale, m, v):
    n = x[..., 0].size
    w = 1 / np.sqrt(v + 1e-2)
    z = (x - m) * w
    d_scale, d_offset = np.sum(dy * z, (0, 1, 2)), np.sum(dy, (0, 1, 2))
    return scale * w * (dy - d_offset / n - z * d_scale / n), d_scale, d_offset, np.zeros(0), np.zeros(0)


_B = [normal(2, 3, 2, 3), positive(3), normal(3)]
_EMPTY = [np.zeros(0, f32), np.zeros(0, f32)]
_GIVEN = [normal(3), positive(3)]
for _op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
    _third = _op.endswith("V3")
    _more = (lambda made: (*made, np.zeros(0, f32))) if _third else (lambda made: made)
    row(_op, [*_B, *_EMPTY], lambda *a, m=_more: m(_norm_training(*a)), epsilon=1e-2, slopes=(0, 1, 2), of=(0,), tol=1e-5)
    row(
        _op,
        [*_B, *_GIVEN],
        lambda *a, m=_more: m(_norm_given(*a)),
        epsilon=1e-2,
        slopes=(0, 1, 2),
        of=(0,),
        is_training=False,
        tol=1e-5,
    )
    _m, _v = _B[0].mean((0, 1, 2)), _B[0].var((0, 1, 2))
    _grad = {"FusedBatchNorm": "FusedBatchNormGrad", "FusedBatchNormV2": "FusedBatchNormGradV2"}.get(_op, "FusedBatchNormGradV3")
    row(
        _grad,
        [normal(2, 3, 2, 3), _B[0], _B[1], _m, _v, *([np.zeros(0, f32)] if _third else [])],
        lambda dy, x, s, m, v, *_: _norm_slope(dy, x, s, m, v),
        epsilon=1e-2,
        slopes=(),
        tol=1e-5,
    )

# --- cells ------------------------------------------------------------------------------------------------


def _lstm(x, c, h, w, wci, wcf, wco, b, peep):
    """Hochreiter and Schmidhuber (1997), with a forget bias of 1 and, if so, peepholes; gates in the order i, ci, f, o."""
    i, ci, f, o = np.split(np.concatenate([x, h], 1) @ w + b, 4, 1)
    i, f = special.expit(i + peep * wci * c), special.expit(f + 1 + peep * wcf * c)
    ci = np.tanh(ci)
    cs = ci * i + c * f
    o = special.expit(o + peep * wco * cs)
    co = np.tanh(cs)
    return i, cs, f, o, ci, co, co * o


def _cell(batch, size, depth):
    return [normal(batch, size), normal(batch, depth), normal(batch, depth), normal(size + depth, 4 * depth)] + [
        normal(depth) for _ in range(3)
    ]


for _peep in (False, True):
    row(
        "LSTMBlockCell",
        [*_cell(2, 3, 4), normal(16)],
        lambda *a, p=_peep: _lstm(*a, p),
        forget_bias=1.0,
        cell_clip=-1.0,
        use_peephole=_peep,
        of=(1, 6),
        slopes=None if _peep else (0, 1, 2, 3, 7),
    )

    def _block(n, x, c, h, *rest, peep=_peep):
        made = []
        for k in range(len(x)):
            if k < n:
                i, c, f, o, ci, co, h = _lstm(x[k], c, h, *rest, peep)
                made.append((i, c, f, o, ci, co, h))
            else:
                made.append([np.zeros_like(h)] * 7)
        return [np.stack(part) for part in zip(*made, strict=True)]

    _one = _cell(2, 3, 4)
    row(
        "BlockLSTM",
        [i64(3), normal(3, 2, 3), *_one[1:], normal(16)],
        _block,
        forget_bias=1.0,
        cell_clip=-1.0,
        use_peephole=_peep,
        of=(1, 6),
        slopes=range(1, 9) if _peep else (1, 2, 3, 4, 8),
    )


def _gru(x, h, w_ru, w_c, b_ru, b_c):
    """Cho et al. (2014)."""
    r, u = np.split(special.expit(np.concatenate([x, h], 1) @ w_ru + b_ru), 2, 1)
    c = np.tanh(np.concatenate([x, r * h], 1) @ w_c + b_c)
    return r, u, c, u * h + (1 - u) * c


row("GRUBlockCell", [normal(2, 3), normal(2, 4), normal(7, 8), normal(7, 4), normal(8), normal(4)], _gru, of=(3,))

# --- fake quantisation: 2^bits - 1 steps between ends that are moved so that 0 is one of them --------------


def _ends(low, high, bits, narrow):
    least, most = (1 if narrow else 0), 2**bits - 1
    step = (high - low) / (most - least)
    zero = np.clip(np.floor(least - low / step + 0.5), least, most)
    return step, (least - zero) * step, (most - zero) * step


def _quantised(x, low, high, bits=8, narrow=False):
    step, low, high = _ends(np.float64(low), np.float64(high), bits, narrow)
    return (np.floor((np.clip(x, low, high) - low) / step + 0.5) * step + low).astype(f32)


_Q = uniform(3, 4, low=-8, high=8)
row("FakeQuantWithMinMaxArgs", [_Q], lambda x: _quantised(x, -6, 6), slopes=(), tol=1e-5)
row(
    "FakeQuantWithMinMaxArgs",
    [_Q],
    lambda x: _quantised(x, -1, 5, 4, True),
    min=-1.0,
    max=5.0,
    num_bits=4,
    narrow_range=True,
    slopes=(),
    tol=1e-5,
)
row("FakeQuantWithMinMaxVars", [_Q, f32(-3), f32(5)], _quantised, slopes=(), tol=1e-5)
row("FakeQuantWithMinMaxVarsPerChannel", [_Q, -positive(4), positive(4)], _quantised, slopes=(), tol=1e-5)


def _quantised_slope(dy, x, low, high, axes=None):
    _, low, high = _ends(np.float64(low), np.float64(high), 8, False)
    inside = (x >= low) & (x <= high)
    return dy * inside, np.sum(dy * (x < low), axes), np.sum(dy * (x > high), axes)


row("FakeQuantWithMinMaxArgsGradient", [normal(3, 4), _Q], lambda dy, x: _quantised_slope(dy, x, -6, 6)[0])
row("FakeQuantWithMinMaxVarsGradient", [normal(3, 4), _Q, f32(-3), f32(5)], _quantised_slope)
row(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    [normal(3, 4), _Q, -positive(4), positive(4)],
    lambda dy, x, a, b: _quantised_slope(dy, x, a, b, 0),
)

# --- slopes of cells: the adjoint, by differences of the cells above --------------------------------------


def adjoint(function, inputs, slopes):
    """The slopes of sum(outputs * slopes) by each of the inputs; the outputs of None don't count."""
    inputs = [np.asarray(x, f64) for x in inputs]

    def loss(args):
        return sum(np.sum(o * s) for o, s in zip(function(*args), slopes, strict=True) if s is not None)

    out = []
    for k, x in enumerate(inputs):
        dx = np.zeros(x.shape)
        for at in np.ndindex(*x.shape):
            step = np.zeros(x.shape)
            step[at] = 1e-5
            up, down = (loss([*inputs[:k], x + d, *inputs[k + 1 :]]) for d in (step, -step))
            dx[at] = (up - down) / 2e-5
        out.append(dx)
    return out


for _peep in (False, True):
    _one = [*_cell(2, 3, 2), normal(8)]
    _made = [np.asarray(x, f32) for x in _lstm(*_one, _peep)]

    def _lstm_slope(*a, peep=_peep):
        """By the cell before, by the gates' sums (whose slope by b is their sum, so b is given for each row), by the peepholes."""
        cell, (dc, dh) = a[:8], a[-2:]
        x, c, h, w, wci, wcf, wco, b = cell
        wide = lambda c, wci, wcf, wco, b: _lstm(x, c, h, w, wci, wcf, wco, b, peep)
        slopes = [None, dc, None, None, None, None, dh]
        dc, dci, dcf, dco, db = adjoint(wide, [c, wci, wcf, wco, np.broadcast_to(b, (len(x), len(b)))], slopes)
        return dc, db, dci, dcf, dco

    row("LSTMBlockCellGrad", [*_one, *_made[:6], normal(2, 2), normal(2, 2)], _lstm_slope, use_peephole=_peep, tol=1e-4)

    _long = [normal(3, 2, 3), *_one[1:]]
    _made = [np.asarray(x, f32) for x in _block(3, *_long, peep=_peep)]

    def _block_slope(n, *a, peep=_peep):
        args, (dc, dh) = a[:8], a[-2:]
        return adjoint(lambda *x: _block(int(n), *x, peep=peep), args, [None, dc, None, None, None, None, dh])

    row("BlockLSTMGrad", [i64(3), *_long, *_made, normal(3, 2, 2), normal(3, 2, 2)], _block_slope, use_peephole=_peep, tol=1e-4)

_one = [normal(2, 3), normal(2, 2), normal(5, 4), normal(5, 2), normal(4), normal(2)]
_made = [np.asarray(x, f32) for x in _gru(*_one)]


def _gru_slope(x, h, w_ru, w_c, b_ru, b_c, r, u, c, dh):
    wide = lambda x, h, b_c, b_ru: _gru(x, h, w_ru, w_c, b_ru, b_c)
    return adjoint(wide, [x, h, np.broadcast_to(b_c, (2, 2)), np.broadcast_to(b_ru, (2, 4))], [None, None, None, dh])


row("GRUBlockCellGrad", [*_one, *_made[:3], normal(2, 2)], _gru_slope, tol=1e-4)


def _there_and_back(x, low, high, *_):
    """As the nearest of 2^bits steps of one size, of which 0 is one, that cover both ends."""
    scale = min(-128 / low, 127 / high)
    return np.rint(np.clip(x, -128 / scale, 127 / scale) * scale) / scale


for _op, _bits in (("QuantizeAndDequantizeV2", []), ("QuantizeAndDequantizeV3", [i32(8)])):
    row(_op, [uniform(3, 4), f32(-0.9), f32(0.8), *_bits], _there_and_back, range_given=True, slopes=(), tol=1e-5)


def _quantised_min_combined(x, low, high):
    """Equal steps from the lower end to the upper, which are given back."""
    return np.clip(np.floor((x - low) * 255 / (high - low) + 0.5), 0, 255).astype(np.uint8), low, high


row("QuantizeV2", [uniform(3, 4), f32(-1), f32(2)], _quantised_min_combined, T=tf.quint8, slopes=())
_BYTES = classes(3, 4, below=256, kind=np.uint8)
row("Dequantize", [_BYTES, f32(-1), f32(2)], lambda x, low, high: low + x * (high - low) / 255, slopes=())
row(
    "QuantizedConcat",
    [i32(0), [_BYTES, _BYTES], [f32(-1), f32(-1)], [f32(2), f32(2)]],
    lambda axis, xs, low, high: (np.concatenate(xs), f32(-1), f32(2)),
    slopes=(),
)
