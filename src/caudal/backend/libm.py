"""The C library's float32 logarithm, sine and cosine, to the bit, for NumPy and XLA: TF draws normal numbers with them.

They are short polynomials in float64, rounded once, and so not always the nearest float32. `xp` is numpy or jax.numpy.
Source: Arm's Optimized Routines (logf, sincosf), which glibc has had since 2.28.
"""

import numpy as np

__all__ = ["log", "sine_and_cosine"]

_TABLE = np.array(  # for 16 parts of [0.7, 1.4): the inverse of a number in the middle, and minus its logarithm
    [
        [float.fromhex(word) for word in line.split()]
        for line in (
            "0x1.661ec79f8f3bep+0 -0x1.57bf7808caadep-2",
            "0x1.571ed4aaf883dp+0 -0x1.2bef0a7c06ddbp-2",
            "0x1.49539f0f010bp+0 -0x1.01eae7f513a67p-2",
            "0x1.3c995b0b80385p+0 -0x1.b31d8a68224e9p-3",
            "0x1.30d190c8864a5p+0 -0x1.6574f0ac07758p-3",
            "0x1.25e227b0b8eap+0 -0x1.1aa2bc79c81p-3",
            "0x1.1bb4a4a1a343fp+0 -0x1.a4e76ce8c0e5ep-4",
            "0x1.12358f08ae5bap+0 -0x1.1973c5a611cccp-4",
            "0x1.0953f419900a7p+0 -0x1.252f438e10c1ep-5",
            "0x1p+0 0x0p+0",
            "0x1.e608cfd9a47acp-1 0x1.aa5aa5df25984p-5",
            "0x1.ca4b31f026aap-1 0x1.c5e53aa362eb4p-4",
            "0x1.b2036576afce6p-1 0x1.526e57720db08p-3",
            "0x1.9c2d163a1aa2dp-1 0x1.bc2860d22477p-3",
            "0x1.886e6037841edp-1 0x1.1058bc8a07ee1p-2",
            "0x1.767dcf5534862p-1 0x1.4043057b6ee09p-2",
        )
    ]
)
_LOG = [float.fromhex(c) for c in ("-0x1.ffffef20a4123p-2", "0x1.5575b0be00b6ap-2", "-0x1.00ea348b88334p-2")]
_COS = [
    float.fromhex(c) for c in ("-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10", "0x1.99343027bf8c3p-16")
]
_SIN = [float.fromhex(c) for c in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")]
_LN2, _HALF_PI = float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.921fb54442d18p0")
_START = np.uint32(0x3F330000)  # 0.7 as a float32's bits


def log(xp, x):
    """The natural logarithm of positive normal float32 numbers.

    x = 2^k z, z near the middle c of its part: log x = k ln 2 + log c + log(1 + r), r = z / c - 1.
    """
    word = x.view(np.uint32)
    offset = word - _START
    part = ((offset >> np.uint32(19)) & np.uint32(15)).astype(np.int32)
    k = (offset.view(np.int32) >> np.int32(23)).astype(np.float64)
    z = (word - (offset & np.uint32(0xFF800000))).view(np.float32).astype(np.float64)
    table = xp.asarray(_TABLE)
    r = z * table[:, 0][part] - 1
    tail = _LOG[2] * (r * r) + (_LOG[1] * r + _LOG[0])
    return (tail * (r * r) + ((table[:, 1][part] + k * _LN2) + r)).astype(np.float32)


def sine_and_cosine(xp, x):
    """Sine and cosine of float32 angles in [0, 120)."""
    wide = x.astype(np.float64)
    quarter = xp.floor(wide / _HALF_PI + 0.5)
    near = wide - quarter * _HALF_PI  # in [-pi/4, pi/4]
    sine, cosine = _polynomials(near)
    quarter = quarter.astype(np.int32)
    turned = (quarter & 1) == 1
    sine, cosine = xp.where(turned, cosine, sine), xp.where(turned, sine, cosine)
    sine = xp.where((quarter & 2) == 2, -sine, sine)
    cosine = xp.where(((quarter + 1) & 2) == 2, -cosine, cosine)
    return sine.astype(np.float32), cosine.astype(np.float32)


def _polynomials(x):
    x2 = x * x
    x3, x4 = x2 * x, x2 * x2
    sine = (x + x3 * _SIN[0]) + x3 * x2 * (_SIN[1] + x2 * _SIN[2])
    cosine = ((1 + x2 * _COS[0]) + x4 * _COS[1]) + x4 * x2 * (_COS[2] + x2 * _COS[3])
    return sine, cosine
