"""Rows of ops on pictures: sizes, crops, colours."""

import colorsys

import numpy as np

from .row import normal, row, uniform

f32, f64, i32 = np.float32, np.float64, np.int32
_SIZE = np.array([4, 5], i32)


def grid(n, m, align, half=False):
    """Where each of m points of an axis of n lies."""
    scale = (n - 1) / (m - 1) if align and m > 1 else n / m
    return (np.arange(m) + 0.5) * scale - 0.5 if half else np.arange(m) * scale


def between(n, at):
    """For each place: a row of weights of the n points, linear between two."""
    out = np.zeros((len(at), n))
    at = np.clip(at, 0, n - 1)
    low = np.floor(at).astype(int)
    for k, a in enumerate(at):
        out[k, low[k]] += 1 - (a - low[k])
        out[k, min(low[k] + 1, n - 1)] += a - low[k]
    return out


def bilinear(x, size, align=False, half=False):
    ys, xs = (between(n, grid(n, int(m), align, half)) for n, m in zip(x.shape[1:3], size, strict=True))
    return np.einsum("yi,xj,nijc->nyxc", ys, xs, x)


def nearest(x, size, align=False, half=False):
    out = x
    for axis, m in ((1, int(size[0])), (2, int(size[1]))):
        n = x.shape[axis]
        scale = (n - 1) / (m - 1) if align and m > 1 else n / m
        at = (np.arange(m) + 0.5) * scale if half else np.arange(m) * scale
        at = np.floor(at + 0.5) if align else np.floor(at + 1e-9)
        out = np.take(out, np.minimum(at.astype(int), n - 1), axis)
    return out


for _how in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
    _args = (_how.get("align_corners", False), _how.get("half_pixel_centers", False))
    row("ResizeBilinear", [normal(2, 3, 3, 2), _SIZE], lambda x, s, a=_args: bilinear(x, s, *a), tol=1e-5, **_how)
    row("ResizeNearestNeighbor", [normal(2, 3, 3, 2), _SIZE], lambda x, s, a=_args: nearest(x, s, *a), **_how)

    def _bilinear_slope(dy, x, a=_args):
        ys, xs = (between(n, grid(n, m, *a)) for n, m in zip(x.shape[1:3], dy.shape[1:3], strict=True))
        return np.einsum("yi,xj,nyxc->nijc", ys, xs, dy)

    row("ResizeBilinearGrad", [normal(2, 4, 5, 2), normal(2, 3, 3, 2)], _bilinear_slope, tol=1e-5, **_how)


def _nearest_slope(dy, size):
    places = nearest(np.arange(9.0).reshape(1, 3, 3, 1), dy.shape[1:3])[0, :, :, 0].astype(int)
    out = np.zeros((dy.shape[0], 9, dy.shape[3]), dy.dtype)
    for n in range(len(out)):
        np.add.at(out[n], places.ravel(), dy[n].reshape(-1, dy.shape[3]))
    return out.reshape(-1, 3, 3, dy.shape[3])


row("ResizeNearestNeighborGrad", [normal(2, 4, 5, 2), np.array([3, 3], i32)], _nearest_slope)
row("ResizeBilinear", [uniform(1, 2, 2, 1, low=0, high=255).astype(np.uint8), _SIZE], bilinear, tol=1e-5)
row("ResizeArea", [normal(1, 4, 6, 2), np.array([2, 3], i32)], lambda x, s: x.reshape(1, 2, 2, 3, 2, 2).mean((2, 4)), tol=1e-5)


def _keys(n, m):
    """Weights of Keys (1981) with a = -3/4, at thousandths of a pixel as 1.15 takes them; the border's points stand for those beyond."""
    out, a = np.zeros((m, n)), -0.75
    for k, at in enumerate(np.arange(m) * n / m):
        low = int(np.floor(at))
        t = np.rint((at - low) * 1024) / 1024
        for j, d in ((-1, 1 + t), (0, t), (1, 1 - t), (2, 2 - t)):
            w = ((a + 2) * d - (a + 3)) * d * d + 1 if d <= 1 else ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
            out[k, min(max(low + j, 0), n - 1)] += w
    return out


row(
    "ResizeBicubic",
    [normal(1, 3, 3, 2), _SIZE],
    lambda x, s: np.einsum("yi,xj,nijc->nyxc", _keys(3, 4), _keys(3, 5), x),
    tol=1e-5,
)
row(
    "ResizeBicubicGrad",
    [normal(1, 4, 5, 2), normal(1, 3, 3, 2)],
    lambda dy, x: np.einsum("yi,xj,nyxc->nijc", _keys(3, 4), _keys(3, 5), dy),
    tol=1e-5,
)


def _crops(x, boxes, which, size):
    out = []
    for (y1, x1, y2, x2), k in zip(boxes.astype(f64), which, strict=True):
        (h, w), (n, m) = x.shape[1:3], map(int, size)
        ys, xs = (
            y1 * (h - 1) + np.arange(n) * (y2 - y1) * (h - 1) / (n - 1),
            x1 * (w - 1) + np.arange(m) * (x2 - x1) * (w - 1) / (m - 1),
        )
        out.append(np.einsum("yi,xj,ijc->yxc", between(h, ys), between(w, xs), x[k]))
    return np.stack(out)


_BOXES = np.array([[0.1, 0.2, 0.77, 0.9], [0.05, 0.03, 0.5, 0.61]], f32)
_TURN = np.array([[0, 1, 0, -1, 0, 4, 0, 0]], f32)  # a slope is the output's, transformed back: of a right angle the adjoint
row(
    "ImageProjectiveTransformV2",
    [np.cos(np.arange(50, dtype=f32)).reshape(1, 5, 5, 2), _TURN, np.array([5, 5], i32)],
    lambda x, turn, size: np.rot90(x, -1, (1, 2)),
    slopes=(0,),
    interpolation=b"BILINEAR",
)
row("CropAndResize", [normal(2, 6, 5, 3), _BOXES, np.array([1, 0], i32), np.array([3, 4], i32)], _crops, tol=1e-5)


def _pixels(function):
    return lambda x, *more: np.array([function(*p, *more) for p in x.reshape(-1, 3).astype(f64)]).reshape(x.shape)


_RGB = uniform(2, 2, 3, low=0.05, high=0.95)
row("RGBToHSV", [_RGB], _pixels(colorsys.rgb_to_hsv), slopes=(), tol=1e-5)
row("HSVToRGB", [_RGB], _pixels(colorsys.hsv_to_rgb), slopes=(), tol=1e-5)


def _hue(r, g, b, delta):
    h, s, v = colorsys.rgb_to_hsv(r, g, b)
    return colorsys.hsv_to_rgb((h + delta) % 1, s, v)


def _saturation(r, g, b, scale):
    h, s, v = colorsys.rgb_to_hsv(r, g, b)
    return colorsys.hsv_to_rgb(h, min(max(s * scale, 0), 1), v)


row("AdjustHue", [_RGB, f32(0.3)], _pixels(_hue), tol=1e-5)
row("AdjustSaturation", [_RGB, f32(0.6)], _pixels(_saturation), tol=1e-5)
row(
    "AdjustContrastv2",
    [normal(2, 3, 3, 3), f32(1.7)],
    lambda x, k: (x - x.mean((1, 2), keepdims=True)) * k + x.mean((1, 2), keepdims=True),
    tol=1e-5,
)


def _overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    inner = np.prod(np.maximum(high - low, 0))
    return inner / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - inner)


def _kept(boxes, scores, most, overlap, least):
    out = []
    for k in np.argsort(-scores, kind="stable"):
        if len(out) < most and scores[k] > least and all(_overlap(boxes[k], boxes[j]) <= overlap for j in out):
            out.append(k)
    return np.array(out, i32)


_FROM = uniform(8, 2, low=0, high=0.6)
_MANY = np.concatenate([_FROM, _FROM + uniform(8, 2, low=0.3, high=0.6)], 1)
_SCORE = uniform(8, low=0, high=1)
row("NonMaxSuppressionV3", [_MANY, _SCORE, i32(5), f32(0.3), f32(0.1)], _kept)
row("NonMaxSuppressionV4", [_MANY, _SCORE, i32(5), f32(0.3), f32(0.1)], lambda *a: (_kept(*a), i32(len(_kept(*a)))))


def _softly(boxes, scores, most, overlap, least, sigma):
    """Takes the best, lets the others' scores sink, again and again."""
    left, out, kept = dict(enumerate(scores)), [], []
    while left and len(out) < most:
        k = max(left, key=lambda k: (left[k], -k))
        out, kept = [*out, k], [*kept, left.pop(k)]
        near = {j: _overlap(boxes[j], boxes[k]) for j in left}
        left = {j: s * (np.exp(-(near[j] ** 2) / (2 * sigma)) if near[j] <= overlap else 0) for j, s in left.items()}
        left = {j: s for j, s in left.items() if s > least}
    return np.array(out, i32), np.array(kept, f32), i32(len(out))


def _for_classes(boxes, scores, most, total, overlap, least):
    found = [
        (scores[k, c], c, boxes[k, 0])
        for c in range(scores.shape[1])
        for k in _kept(boxes[:, 0], scores[:, c], most, overlap, least)
    ]
    found = sorted(found, key=lambda one: -one[0])[:total]
    empty = [(0, 0, np.zeros(4))] * (total - len(found))
    columns = zip(*found, *empty, strict=True)
    best, kinds, places = (np.array(column, f32) for column in columns)
    return np.clip(places, 0, 1), best, kinds, i32(len(found))


_SCORES = uniform(8, 3, low=0, high=1)
row(
    "NonMaxSuppressionV5",
    [_MANY, _SCORE, i32(5), f32(0.3), f32(0.1), f32(0)],
    lambda *a: (_kept(*a[:5]), _SCORE[_kept(*a[:5])], i32(len(_kept(*a[:5])))),
)
row("NonMaxSuppressionV5", [_MANY, _SCORE, i32(8), f32(1), f32(0.1), f32(0.3)], _softly, tol=1e-5)
row(
    "CombinedNonMaxSuppression",
    [_MANY[None, :, None], _SCORES[None], i32(3), i32(9), f32(0.3), f32(0.4)],
    lambda boxes, scores, *a: [np.asarray(x)[None] for x in _for_classes(boxes[0], scores[0], *a)],
)
_FAR = normal(2, 6, 7, 3)
row(
    "ExtractGlimpse",
    [_FAR, np.array([2, 4], i32), np.array([[0, 0], [0.5, -0.2]], f32)],
    lambda x, n, at: np.stack([x[0, 2:4, 1:5], x[1, 3:5, 0:4]]),
)
row(
    "ExtractGlimpse",
    [_FAR, np.array([2, 2], i32), np.array([[1, 1], [5, 4]], f32)],
    lambda x, n, at: np.stack([x[0, 0:2, 0:2], x[1, 4:6, 3:5]]),
    centered=False,
    normalized=False,
)
