"""Rows of convolutions, pooling, local response, patches."""

import itertools

import numpy as np

from .image import bilinear
from .row import normal, row

f32, i32, i64 = np.float32, np.int32, np.int64


def sizes(dims, window, strides, dilations, padding):
    """For each axis: the number of windows, and the padding before."""
    out = []
    for n, k, s, d in zip(dims, window, strides, dilations, strict=True):
        reach = (k - 1) * d + 1
        if padding == "VALID":
            out.append(((n - reach) // s + 1, 0, 0))
        else:
            count = -(-n // s)
            need = max((count - 1) * s + reach - n, 0)
            out.append((count, need // 2, need - need // 2))
    return out


def taps(dims, window, strides, dilations, padding):
    """For each place in the window: it, and the slices of the padded input that meet it."""
    known = sizes(dims, window, strides, dilations, padding)
    for at in itertools.product(*map(range, window)):
        cuts = [
            slice(a * d, a * d + (n - 1) * s + 1, s) for a, d, s, (n, _, _) in zip(at, dilations, strides, known, strict=True)
        ]
        yield at, (slice(None), *cuts)


def padded(x, known, value=0):
    return np.pad(x, [(0, 0), *[(a, b) for _, a, b in known], (0, 0)], constant_values=value)


def conv(x, w, how):
    known = sizes(x.shape[1:-1], w.shape[:-2], *how)
    wide = padded(x, known)
    return sum(wide[cut] @ w[at] for at, cut in taps(x.shape[1:-1], w.shape[:-2], *how))


def conv_input(dims, w, dy, how):
    known = sizes(dims[1:-1], w.shape[:-2], *how)
    wide = padded(np.zeros(dims, dy.dtype), known)
    for at, cut in taps(dims[1:-1], w.shape[:-2], *how):
        wide[cut] += dy @ w[at].T
    return wide[(slice(None), *[slice(a, a + n) for n, (_, a, _) in zip(dims[1:-1], known, strict=True)])]


def conv_filter(x, dims, dy, how):
    known = sizes(x.shape[1:-1], dims[:-2], *how)
    wide = padded(x, known)
    out = np.zeros(dims, dy.dtype)
    for at, cut in taps(x.shape[1:-1], dims[:-2], *how):
        out[at] = np.tensordot(wide[cut], dy, (range(x.ndim - 1), range(x.ndim - 1)))
    return out


def by_depth(w):
    """A depthwise filter as a full one."""
    *dims, c, m = w.shape
    out = np.zeros((*dims, c, c * m), w.dtype)
    for k in range(c):
        out[..., k, k * m : (k + 1) * m] = w[..., k, :]
    return out


def of_depth(full, m):
    c = full.shape[-2]
    return np.stack([full[..., k, k * m : (k + 1) * m] for k in range(c)], -2)


for _pad, _s, _d in (("SAME", 1, 1), ("VALID", 1, 1), ("SAME", 2, 1), ("VALID", 2, 1), ("SAME", 1, 2), ("VALID", 1, 2)):
    for _n, _op, _f, _i in (
        (2, "Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput"),
        (3, "Conv3D", "Conv3DBackpropFilterV2", "Conv3DBackpropInputV2"),
    ):
        if _n == 3 and _d == 2:
            continue  # 1.15's kernel for a CPU takes no dilation
        _how = ((_s,) * _n, (_d,) * _n, _pad)
        _at = {"strides": [1, *_how[0], 1], "padding": _pad, "dilations": [1, *_how[1], 1]}
        _x, _w = normal(2, *(6, 5, 4)[:_n], 2), normal(*(3, 2, 2)[:_n], 2, 3)
        _y = conv(_x, _w, _how)
        row(_op, [_x, _w], lambda x, w, h=_how: conv(x, w, h), **_at)
        row(_i, [np.array(_x.shape, i32), _w, normal(*_y.shape)], lambda d, w, dy, h=_how: conv_input(tuple(d), w, dy, h), **_at)
        row(_f, [_x, np.array(_w.shape, i32), normal(*_y.shape)], lambda x, d, dy, h=_how: conv_filter(x, tuple(d), dy, h), **_at)
    _how = ((_s,) * 2, (_d,) * 2, _pad)
    _at = {"strides": [1, *_how[0], 1], "padding": _pad, "dilations": [1, *_how[1], 1]}
    _x, _w = normal(2, 6, 5, 2), normal(3, 2, 2, 2)
    _y = conv(_x, by_depth(_w), _how)
    row("DepthwiseConv2dNative", [_x, _w], lambda x, w, h=_how: conv(x, by_depth(w), h), **_at)
    if _d == 1:
        _dims = np.array(_x.shape, i32), np.array(_w.shape, i32)
        _dy = normal(*_y.shape)
        row(
            "DepthwiseConv2dNativeBackpropInput",
            [_dims[0], _w, _dy],
            lambda d, w, dy, h=_how: conv_input(tuple(d), by_depth(w), dy, h),
            **_at,
        )
        row(
            "DepthwiseConv2dNativeBackpropFilter",
            [_x, _dims[1], _dy],
            lambda x, d, dy, h=_how: of_depth(conv_filter(x, (*d[:3], 4), dy, h), 2),
            **_at,
        )
row("Conv2D", [normal(1, 4, 4, 2), normal(1, 1, 2, 3)], lambda x, w: x @ w[0, 0], strides=[1, 1, 1, 1], padding="SAME")
row(
    "Conv2D",
    [normal(1, 4, 4, 1), normal(2, 2, 1, 1)],
    lambda x, w: conv(np.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)]), w, ((1, 1), (1, 1), "VALID")),
    strides=[1, 1, 1, 1],
    padding="EXPLICIT",
    explicit_paddings=[0, 0, 1, 0, 0, 2, 0, 0],
)

# --- pooling ----------------------------------------------------------------------------------------------


def stacked(x, window, how, value):
    """What each window holds, along a new first axis."""
    known = sizes(x.shape[1:-1], window, how[0], (1,) * len(window), how[1])
    wide = padded(x, known, value)
    return np.stack([wide[cut] for _, cut in taps(x.shape[1:-1], window, how[0], (1,) * len(window), how[1])])


def max_pool(x, window, how):
    return stacked(x, window, how, -np.inf).max(0)


def avg_pool(x, window, how):
    return np.nanmean(stacked(x, window, how, np.nan), 0)


def _spread(x, window, how, parts):
    """The adjoint of `stacked`: parts of windows added up where they came from."""
    places = stacked(np.arange(float(x.size)).reshape(x.shape), window, how, -1).astype(int)
    out = np.zeros(x.size, parts.dtype)
    np.add.at(out, places[places >= 0], parts[places >= 0])
    return out.reshape(x.shape)


def max_pool_slope(x, y, dy, window, how):
    held = stacked(x, window, how, -np.inf)
    first = np.arange(len(held)).reshape(-1, *[1] * x.ndim) == held.argmax(0)
    return _spread(x, window, how, first * dy)


def max_pool_slope_slope(x, y, ddx, window, how):
    best = stacked(x, window, how, -np.inf).argmax(0)
    return np.take_along_axis(stacked(ddx, window, how, 0), best[None], 0)[0]


def avg_pool_slope(dims, dy, window, how):
    inside = stacked(np.ones(tuple(dims)), window, how, 0)
    return _spread(np.ones(tuple(dims)), window, how, inside * dy / inside.sum(0)).astype(dy.dtype)


for _n, _dims in ((2, (2, 6, 5, 2)), (3, (1, 4, 3, 4, 2))):
    for _pad, _k, _s in (("SAME", 2, 2), ("VALID", 2, 1), ("SAME", 3, 2), ("VALID", 3, 1)):
        _win, _how = (_k,) * _n, ((_s,) * _n, _pad)
        _at = {"ksize": [1, *_win, 1], "strides": [1, *_how[0], 1], "padding": _pad}
        _x = normal(*_dims)
        _y = max_pool(_x, _win, _how)
        _s3 = "3D" if _n == 3 else ""
        _dy = normal(*_y.shape)
        row(f"MaxPool{_s3}", [_x], lambda x, w=_win, h=_how: max_pool(x, w, h), **_at)
        row(f"AvgPool{_s3}", [_x], lambda x, w=_win, h=_how: avg_pool(x, w, h), **_at)
        row(f"AvgPool{_s3}Grad", [np.array(_dims, i32), _dy], lambda d, dy, w=_win, h=_how: avg_pool_slope(d, dy, w, h), **_at)
        row(
            f"MaxPool{_s3}Grad",
            [_x, _y, _dy],
            lambda x, y, dy, w=_win, h=_how: max_pool_slope(x, y, dy, w, h),
            slopes=(2,),
            **_at,
        )
        row(
            f"MaxPool{_s3}GradGrad",
            [_x, _y, normal(*_dims)],
            lambda x, y, d, w=_win, h=_how: max_pool_slope_slope(x, y, d, w, h),
            slopes=(2,) if _n == 2 else (),  # in three dimensions 1.15's slope does not take its float64
            **_at,
        )
        if _n == 2:

            def _with_places(x, w=_win, h=_how):
                """The largest, and where in each picture it was: (row * width + column) * channels + channel."""
                own = np.broadcast_to(np.arange(float(x[0].size)).reshape(1, *x.shape[1:]), x.shape)
                best = stacked(x, w, h, -np.inf).argmax(0)
                return max_pool(x, w, h), np.take_along_axis(stacked(own, w, h, -1), best[None], 0)[0].astype(i64)

            row("MaxPoolWithArgmax", [_x], _with_places, **_at)
            row(
                "MaxPoolGradWithArgmax",
                [_x, _dy, _with_places(_x)[1]],
                lambda x, dy, at, w=_win, h=_how: max_pool_slope(x, None, dy, w, h),
                **_at,
            )

# --- local response ---------------------------------------------------------------------------------------


def _local(x, radius, bias, alpha, beta):
    n = x.shape[-1]
    near = [x[..., max(k - radius, 0) : k + radius + 1] for k in range(n)]
    return np.stack([bias + alpha * np.sum(p * p, -1) for p in near], -1) ** beta


_LRN = {"depth_radius": 2, "bias": 1.5, "alpha": 0.3, "beta": 0.7}
row("LRN", [normal(1, 2, 2, 6)], lambda x: x / _local(x, 2, 1.5, 0.3, 0.7), **_LRN)


def _local_slope(dy, x, y):
    scale = _local(x, 2, 1.5, 0.3, 1.0)
    out = dy * scale**-0.7
    for k in range(x.shape[-1]):
        near = slice(max(k - 2, 0), k + 3)
        out[..., k] -= 2 * 0.3 * 0.7 * x[..., k] * np.sum(dy[..., near] * y[..., near] / scale[..., near], -1)
    return out


_x = normal(1, 2, 2, 6)
row("LRNGrad", [normal(1, 2, 2, 6), _x, (_x / _local(_x, 2, 1.5, 0.3, 0.7)).astype(f32)], _local_slope, **_LRN)


def _patches(x):
    held = stacked(x, (2, 2), ((2, 1), "VALID"), 0)
    return np.moveaxis(held, 0, -2).reshape(*held.shape[1:-1], -1)


row(
    "ExtractImagePatches",
    [normal(2, 5, 4, 2)],
    _patches,
    ksizes=[1, 2, 2, 1],
    strides=[1, 2, 1, 1],
    rates=[1, 1, 1, 1],
    padding="VALID",
)


def _padded(x, w, how):
    return conv(np.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], mode="reflect"), w, how)


_pads = np.array([[0, 0], [1, 2], [0, 1], [0, 0]], i32)
for _pad, _s in (("SAME", 1), ("VALID", 2)):
    _how, _at = ((_s, _s), (1, 1), _pad), {"mode": "REFLECT", "strides": [1, _s, _s, 1], "padding": _pad}
    row(
        "FusedPadConv2D",
        [normal(2, 4, 3, 2), _pads, normal(3, 2, 2, 3)],
        lambda x, p, w, h=_how: _padded(x, w, h),
        slopes=(),
        **_at,
    )
    row(
        "FusedResizeAndPadConv2D",
        [normal(2, 3, 3, 2), np.array([4, 5], i32), _pads, normal(3, 2, 2, 3)],
        lambda x, s, p, w, h=_how: _padded(bilinear(x, s), w, h),
        tol=1e-5,
        slopes=(),
        **_at,
    )
