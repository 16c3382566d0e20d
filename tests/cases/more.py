"""Rows of what fits no family: dilations, beams, distances, accidental hits, ragged rows, the loss of Graves (2006)."""

import itertools

import numpy as np

from .image import _BOXES, _crops
from .nn import adjoint
from .row import classes, normal, row, uniform
from .segments import sparse
from .windows import padded, sizes, stacked, taps

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64


def _dilated(x, w):
    """The maximum of x + w over windows, as a morphologist dilates."""
    how = ((2, 1), (1, 1), "SAME")
    wide = padded(x, sizes(x.shape[1:3], w.shape[:2], *how), -np.inf)
    return np.max([wide[cut] + w[at] for at, cut in taps(x.shape[1:3], w.shape[:2], *how)], 0)


_AT = {"strides": [1, 2, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME"}
_X, _W = normal(1, 4, 5, 2), normal(2, 3, 2)
_DY = normal(*_dilated(_X, _W).shape)
row("Dilation2D", [_X, _W], _dilated, **_AT)
for _k, _op in enumerate(("Dilation2DBackpropInput", "Dilation2DBackpropFilter")):
    row(_op, [_X, _W, _DY], lambda x, w, dy, k=_k: adjoint(lambda *a: [_dilated(*a)], [x, w], [dy])[k], tol=1e-4, **_AT)


def _volumes(x):
    held = stacked(x, (2, 2, 2), ((1, 2, 1), "VALID"), 0)
    return np.moveaxis(held, 0, -2).reshape(*held.shape[1:-1], -1)


row("ExtractVolumePatches", [normal(1, 3, 4, 3, 2)], _volumes, ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding="VALID")

# --- crops: their slopes ----------------------------------------------------------------------------------

_WHICH, _SIZE, _P = np.array([1, 0], i32), np.array([3, 4], i32), normal(2, 4, 5, 2)
_DY = normal(2, 3, 4, 2)
row(
    "CropAndResizeGradImage",
    [_DY, _BOXES, _WHICH, np.array(_P.shape, i32)],
    lambda dy, b, k, n: adjoint(lambda x: [_crops(x, b, k, _SIZE)], [_P], [dy])[0],
    T=f32,
    tol=1e-4,
)
row(
    "CropAndResizeGradBoxes",
    [_DY, _P, _BOXES, _WHICH],
    lambda dy, x, b, k: adjoint(lambda b: [_crops(x, b, k, _SIZE)], [b], [dy])[0],
    tol=1e-4,
)
_OVER = uniform(6, 6, low=0, high=1)
_OVER = np.maximum(_OVER, _OVER.T)


def _kept(overlaps, scores, most, overlap, least):
    out = []
    for k in np.argsort(-scores, kind="stable"):
        if len(out) < most and scores[k] > least and all(overlaps[k, j] <= overlap for j in out):
            out.append(k)
    return np.array(out, i32)


row("NonMaxSuppressionWithOverlaps", [_OVER, uniform(6, low=0, high=1), i32(4), f32(0.7), f32(0.1)], _kept)

# --- sequences --------------------------------------------------------------------------------------------


def _distance(a, b):
    """Levenshtein's (1966)."""
    line = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, line[0] = line[0], i
        for j, y in enumerate(b, 1):
            last, line[j] = line[j], min(line[j] + 1, line[j - 1] + 1, last + (x != y))
    return line[-1]


def _distances(i, v, d, j, w, e):
    pairs = [
        ([x for (r, _), x in zip(i, v, strict=True) if r == k], [x for (r, _), x in zip(j, w, strict=True) if r == k])
        for k in range(d[0])
    ]
    return np.array([_distance(a, b) / len(b) for a, b in pairs], f32)


_A, _B = classes(3, 4, below=3) + i32(1), classes(3, 5, below=3) + i32(1)
row("EditDistance", [*sparse(_A), *sparse(_B)], _distances)


def _tree(steps, parents, lengths, end):
    out = np.full_like(steps, end)
    for b, k in np.ndindex(*steps.shape[1:]):
        n, at = int(lengths[b]), k
        for t in reversed(range(n)):
            out[t, b, k] = steps[t, b, at]
            at = parents[t, b, at]
        ends = np.flatnonzero(out[:n, b, k] == end)
        if len(ends):
            out[ends[0] :, b, k] = end
    return out


row("GatherTree", [classes(4, 2, 3, below=9), classes(4, 2, 3, below=3), np.array([4, 3], i32), i32(9)], _tree)


def _hits(true, sampled):
    found = [(r, list(sampled).index(t)) for r, one in enumerate(true) for t in one if t in sampled]
    return np.array([f[0] for f in found]), np.array([f[1] for f in found]), np.full(len(found), -np.finfo(f32).max)


row("ComputeAccidentalHits", [np.array([[1, 2], [3, 4]], i64), np.array([9, 2, 4, 3], i64)], _hits, num_true=2)
row(
    "RaggedTensorToSparse",
    [[np.array([0, 2, 2, 3], i64)], normal(3)],
    lambda s, v: (np.array([[0, 0], [0, 1], [2, 0]]), v, np.array([3, 2])),
    slopes=(),
)


def _paths(logits, labels):
    """Graves et al. (2006), eq. 3: -log of the summed probability of all paths that collapse to the labels."""
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    blank, total = p.shape[-1] - 1, 0.0
    for path in itertools.product(range(blank + 1), repeat=len(p)):
        short = [k for k, _ in itertools.groupby(path) if k != blank]
        total += np.prod([q[k] for q, k in zip(p, path, strict=True)]) * (short == list(labels))
    return -np.log(total)


def _ctc(logits, at, values, lengths):
    labels = [[v for (r, _), v in zip(at, values, strict=True) if r == k] for k in range(logits.shape[1])]
    loss = lambda x: [np.array([_paths(x[:n, k], labels[k]) for k, n in enumerate(lengths)])]
    return loss(logits)[0], adjoint(loss, [logits], [np.ones(logits.shape[1])])[0]


row(
    "CTCLoss",
    [normal(4, 2, 3), np.array([[0, 0], [0, 1], [1, 0]], i64), np.array([1, 1, 0], i32), np.array([4, 3], i32)],
    _ctc,
    of=(0,),
    second=False,
    tol=1e-4,
)


def _greedy(logits, lengths):
    best = [[int(k) for k in logits[:n, b].argmax(-1)] for b, n in enumerate(lengths)]
    short = [[k for k in one if k != logits.shape[-1] - 1] for one in best]
    at = np.array([(b, k) for b, one in enumerate(short) for k in range(len(one))]).reshape(-1, 2)
    score = [[-logits[:n, b].max(-1).sum()] for b, n in enumerate(lengths)]
    return at, np.array([k for one in short for k in one]), np.array([len(short), max(map(len, short))]), np.array(score)


row("CTCGreedyDecoder", [normal(4, 2, 3), np.array([4, 3], i32)], _greedy)
row(
    "RaggedRange",
    [np.array([2, 5, 0], i32), np.array([5, 8, 0], i32), np.array([1, 2, 1], i32)],
    lambda a, b, c: (np.array([0, 3, 5, 5], i64), np.array([2, 3, 4, 5, 7], i32)),
)

# --- ranges ------------------------------------------------------------------------------------------------

_BOUNDS = [-1.0, 0.0, 0.1, 2.0]
for _x in (
    np.linspace(-3, 3, 12, dtype=f32).reshape(3, 4),
    np.array([0.1, -1, np.nan, np.inf], f32),
    np.array([[-2], [0], [2], [1]], i32),
    np.array([-1, 3], i64),
):
    row("Bucketize", [_x], lambda x: np.digitize(x, np.array(_BOUNDS, f32)).astype(i32), slopes=(), boundaries=_BOUNDS)
