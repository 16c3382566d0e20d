"""Whole recurrent cells as one op: LSTMBlockCell, BlockLSTM over time, GRUBlockCell."""

from ..graph.define import define
from ..ground.errors import InferError, need
from .activations import bias_grad_node
from .join import concat
from .matmul import matmul
from .slicing import slice_

__all__ = ["block_lstm_node", "gru_block_node", "lstm_block_node"]


def _rank(tensor, rank):
    if tensor.dims is None:
        return (None,) * rank
    if len(tensor.dims) != rank:
        raise InferError(f"Shape must be rank {rank} but is rank {len(tensor.dims)}")
    return tensor.dims


# --- one step of an LSTM -------------------------------------------------------------------------------


def _step(B, x, c, h, w, peepholes, b, forget_bias, clip):
    """(i, c', f, o, ci, co, h') of x, c and h; `peepholes` are (wci, wcf, wco) or None."""
    i, ci, f, o = B.split(B.matmul(B.concatenate([x, h], 1), w) + b, 4, 1)
    f = f + B.asarray(forget_bias, x.dtype)
    if peepholes is not None:
        i, f = i + c * peepholes[0], f + c * peepholes[1]
    i, f, ci = B.sigmoid(i), B.sigmoid(f), B.tanh(ci)
    c = ci * i + c * f
    if clip > 0:
        c = B.clip(c, B.asarray(-clip, x.dtype), B.asarray(clip, x.dtype))
    o = B.sigmoid(o if peepholes is None else o + c * peepholes[2])
    co = B.tanh(c)
    return i, c, f, o, ci, co, co * o


def _step_slope(B, c_before, c, gates, dc, dh, peepholes):
    """(slope of c before, slopes of the gates side by side, of the peepholes) from those of c and h."""
    i, f, o, ci, co = gates
    do = o * (1 - o) * dh * co
    dc = (1 - co * co) * dh * o + dc
    if peepholes is not None:
        dc = dc + do * peepholes[2]
    dci, df, di = (1 - ci * ci) * dc * i, f * (1 - f) * dc * c_before, i * (1 - i) * dc * ci
    before = dc * f
    if peepholes is None:
        return before, B.concatenate([di, dci, df, do], 1), None
    before = before + di * peepholes[0] + df * peepholes[1]
    slopes = [B.sum(s, 0) for s in (di * c_before, df * c_before, do * c)]
    return before, B.concatenate([di, dci, df, do], 1), slopes


def _infer_cell(x, c, *_):
    out = (_rank(x, 2)[0], _rank(c, 2)[1])
    return [out] * 7


def _lower_cell(B, x, c, h, w, wci, wcf, wco, b, *, forget_bias, cell_clip, use_peephole):
    return _step(B, x, c, h, w, (wci, wcf, wco) if use_peephole else None, b, forget_bias, cell_clip)


def _infer_cell_slope(x, c, *_):
    rows, units = _rank(x, 2)[0], _rank(c, 2)[1]
    return [(rows, units), (rows, None if units is None else 4 * units)] + [(units,)] * 3


def _lower_cell_slope(B, x, c_before, h, w, wci, wcf, wco, b, i, c, f, o, ci, co, dc, dh, *, use_peephole):
    peepholes = (wci, wcf, wco) if use_peephole else None
    before, gates, slopes = _step_slope(B, c_before, c, (i, f, o, ci, co), dc, dh, peepholes)
    return before, gates, *(slopes if use_peephole else (B.zeros_like(w) for w in (wci, wcf, wco)))


def _cell_grad(op, *dys):
    x, c_before, h, w, *rest = op.inputs
    i, c, f, o, ci, co, _ = op.outputs
    rows = -1 if x.dims[0] is None else x.dims[0]
    depth, units = x.dims[1], c_before.dims[1]
    need(depth is not None, "input_size from `x` should not be None.")
    need(units is not None, "cell_size from `cs_prev` should not be None.")
    before, gates, dwci, dwcf, dwco = _cell_slope_node(
        *op.inputs, i, c, f, o, ci, co, dys[1], dys[6], use_peephole=op.attrs["use_peephole"]
    )
    both = matmul(gates, w, transpose_b=True)
    dx = slice_(both, (0, 0), (rows, depth))
    dh = slice_(both, (0, depth), (rows, units))
    dw = matmul(concat([x, h], 1), gates, transpose_a=True)
    return [dx, before, dh, dw, dwci, dwcf, dwco, bias_grad_node(gates)]


lstm_block_node = define("LSTMBlockCell", infer=_infer_cell, lower=_lower_cell, grad=_cell_grad)
_cell_slope_node = define("LSTMBlockCellGrad", infer=_infer_cell_slope, lower=_lower_cell_slope)


# --- an LSTM along time -------------------------------------------------------------------------------


def _infer_along(seq_len_max, x, c, h, w, wci, wcf, wco, b):
    steps, rows, _ = _rank(x, 3)
    width = _rank(b, 1)[0]
    return [(steps, rows, None if width is None else width // 4)] * 7


def _lower_along(B, steps, x, c, h, w, wci, wcf, wco, b, *, forget_bias, cell_clip, use_peephole):
    peepholes = (wci, wcf, wco) if use_peephole else None

    def one(carry, now):
        t, x_t = now
        made = _step(B, x_t, *carry, w, peepholes, b, forget_bias, cell_clip)
        made = tuple(B.where(t < steps, value, B.zeros_like(value)) for value in made)
        return (made[1], made[6]), made

    return B.scan(one, (c, h), (B.arange(x.shape[0]), x))[1]


def _lower_along_slope(B, steps, x, c, h, w, wci, wcf, wco, b, i, cs, f, o, ci, co, hs, dcs, dhs, *, use_peephole):
    peepholes = (wci, wcf, wco) if use_peephole else None
    depth = x.shape[2]
    before_c = B.concatenate([c[None], cs[:-1]], 0)
    before_h = B.concatenate([h[None], hs[:-1]], 0)

    def one(carry, now):
        dc, dh, dw, dwci, dwcf, dwco, db = carry
        t, x_t, c_before, h_before, c_t, gates, dc_t, dh_t = now
        inside = t < steps
        dc, of_gates, slopes = _step_slope(B, c_before, c_t, gates, dc_t + dc, dh_t + dh, peepholes)
        of_gates = B.where(inside, of_gates, B.zeros_like(of_gates))
        dc = B.where(inside, dc, B.zeros_like(dc))
        both = B.matmul(of_gates, w.T)
        dw = dw + B.matmul(B.concatenate([x_t, h_before], 1).T, of_gates)
        diagonals = [dwci, dwcf, dwco]
        if use_peephole:
            diagonals = [old + B.where(inside, new, B.zeros_like(new)) for old, new in zip(diagonals, slopes, strict=True)]
        return (dc, both[:, depth:], dw, *diagonals, db + B.sum(of_gates, 0)), both[:, :depth]

    start = tuple(B.zeros_like(v) for v in (c, h, w, wci, wcf, wco, b))
    along = (B.arange(x.shape[0]), x, before_c, before_h, cs, (i, f, o, ci, co), dcs, dhs)
    (dc, dh, *rest), dx = B.scan(one, start, along, reverse=True)
    return dx, dc, dh, *rest


def _along_grad(op, *dys):
    slopes = _along_slope_node(*op.inputs, *op.outputs, dys[1], dys[6], use_peephole=op.attrs["use_peephole"])
    return [None, *slopes]


block_lstm_node = define("BlockLSTM", infer=_infer_along, lower=_lower_along, grad=_along_grad)
_along_slope_node = define("BlockLSTMGrad", infer=lambda steps, *inputs: [t.dims for t in inputs[:8]], lower=_lower_along_slope)


# --- one step of a GRU --------------------------------------------------------------------------------


def _lower_gru(B, x, h, w_ru, w_c, b_ru, b_c):
    r, u = B.split(B.sigmoid(B.matmul(B.concatenate([x, h], 1), w_ru) + b_ru), 2, 1)
    c = B.tanh(B.matmul(B.concatenate([x, h * r], 1), w_c) + b_c)
    return r, u, c, u * h + (1 - u) * c


def _infer_gru(x, h, *_):
    return [(_rank(x, 2)[0], _rank(h, 2)[1])] * 4


def _infer_gru_slope(x, h, *_):
    x, h = _rank(x, 2), _rank(h, 2)
    units = h[1]
    return [x, (x[0], units), (x[0], units), (x[0], None if units is None else 2 * units)]


def _lower_gru_slope(B, x, h, w_ru, w_c, b_ru, b_c, r, u, c, dh):
    depth = x.shape[1]
    dc = dh * (1 - u) * (1 - c * c)
    du = dh * (h - c) * u * (1 - u)
    of_c = B.matmul(dc, w_c.T)
    drh = of_c[:, depth:]
    dru = B.concatenate([drh * h * r * (1 - r), du], 1)
    of_gates = B.matmul(dru, w_ru.T)
    return of_gates[:, :depth] + of_c[:, :depth], of_gates[:, depth:] + drh * r + dh * u, dc, dru


def _gru_grad(op, *dys):
    x, h = op.inputs[:2]
    r, u, c, _ = op.outputs
    dx, dh, dc, dru = _gru_slope_node(*op.inputs, r, u, c, dys[3])
    dw_ru = matmul(concat([x, h], 1), dru, transpose_a=True)
    db_ru = bias_grad_node(dru)
    dw_c = matmul(concat([x, h * r], 1), dc, transpose_a=True)
    return [dx, dh, dw_ru, dw_c, db_ru, bias_grad_node(dc)]


gru_block_node = define("GRUBlockCell", infer=_infer_gru, lower=_lower_gru, grad=_gru_grad)
_gru_slope_node = define("GRUBlockCellGrad", infer=_infer_gru_slope, lower=_lower_gru_slope)
