"""Rows of ops on text: bytes in, bytes out."""

import base64
import re

import numpy as np

from .row import row

f32, i32, i64 = np.float32, np.int32, np.int64


def texts(*values):
    return np.array([v.encode() for v in values], object)


def every(function):
    """`function` of each element."""
    return lambda x, *more: np.vectorize(function, otypes=[object])(x, *more)


_T = texts("Hello World", "", " Aa1 ", "caudal")
row("StringLower", [_T], every(lambda s: s.lower()))
row("StringUpper", [_T], every(lambda s: s.upper()))
row("StringStrip", [_T], every(lambda s: s.strip()))
row("StringLength", [_T], lambda x: np.array([len(s) for s in x]))
row("StringLength", [texts("año", "é")], lambda x: np.array([len(s.decode()) for s in x]), unit="UTF8_CHAR")
row(
    "StringJoin",
    [[_T, texts("a", "b", "c", "d")]],
    lambda xs: np.array([b"-".join(p) for p in zip(*xs, strict=True)], object),
    separator="-",
)
row("StringToNumber", [texts("1.5", "-3", "1e3")], lambda x: x.astype(f32))
row("StringToNumber", [texts("15", "-3")], lambda x: x.astype(i64), out_type=i64)
row("Substr", [texts("Hello", "World"), i32(1), i32(3)], every(lambda s, p, n: s[1:4]))
row(
    "RegexReplace",
    [_T, np.array(b"[a-l]+", object), np.array(b"_", object)],
    lambda x, p, r: every(lambda s: re.sub(b"[a-l]+", b"_", s))(x),
)
row(
    "RegexFullMatch",
    [_T, np.array(b"[a-z]*", object)],
    lambda x, p: np.array([re.fullmatch(b"[a-z]*", s) is not None for s in x]),
)
row("StaticRegexReplace", [_T], every(lambda s: re.sub(b"o", b"0", s, count=1)), pattern="o", rewrite="0", replace_global=False)
row("StaticRegexFullMatch", [_T], lambda x: np.array([re.fullmatch(b".*l.*", s) is not None for s in x]), pattern=".*l.*")
row("EncodeBase64", [_T], every(lambda s: base64.urlsafe_b64encode(s).rstrip(b"=")))
row("DecodeBase64", [texts("SGVsbG8", "")], every(lambda s: base64.urlsafe_b64decode(s + b"=" * (-len(s) % 4))))
row("AsString", [np.array([1, -20], i32)], every(lambda v: str(v).encode()))
row("AsString", [np.array([True, False])], lambda x: texts("true", "false"))
row("AsString", [np.array([1.5, -0.25], f32)], every(lambda v: b"%.2f" % v), precision=2)
row("ReduceJoin", [np.array([[b"a", b"b"], [b"c", b"d"]], object), i32(1)], lambda x, a: texts("a.b", "c.d"), separator=".")
row("DecodeRaw", [np.array([b"\1\0\2\0", b"\3\0\4\1"], object)], lambda x: np.array([[1, 2], [3, 260]]), out_type=np.int16)
row(
    "StringSplit",
    [texts("a b", "", "c d e"), np.array(b" ", object)],
    lambda x, d: (np.array([[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]]), texts(*"abcde"), np.array([3, 3])),
)
row(
    "UnsortedSegmentJoin",
    [texts("a", "b", "c"), np.array([1, 0, 1], i32), i32(2)],
    lambda x, i, n: texts("b", "a:c"),
    separator=":",
)
