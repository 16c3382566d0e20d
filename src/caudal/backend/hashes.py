"""Hashes of bytes, to the bit as TF's: its own 64-bit hash, FarmHash's fingerprint, SipHash."""

import struct

__all__ = ["farm", "plain", "sip"]

_ALL = (1 << 64) - 1


def plain(data, seed=0xDECAFCAFFE):
    """TF's `Hash64` of bytes: MurmurHash 2 for 64 bits (Appleby 2008)."""
    m, n = 0xC6A4A7935BD1E995, len(data)
    h = seed ^ (n * m & _ALL)
    for k in range(0, n - 7, 8):
        word = int.from_bytes(data[k : k + 8], "little") * m & _ALL
        word = (word ^ word >> 47) * m & _ALL
        h = (h ^ word) * m & _ALL
    rest = data[n - n % 8 :]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & _ALL
    h = (h ^ h >> 47) * m & _ALL
    return h ^ h >> 47


def sip(data, key):
    """SipHash-2-4 of bytes.

    Args:
      data: bytes.
      key: two numbers of 64 bits.

    Source: Aumasson and Bernstein, SipHash: a fast short-input PRF (2012).
    """
    first, second = (k & _ALL for k in key)
    state = [first ^ 0x736F6D6570736575, second ^ 0x646F72616E646F6D, first ^ 0x6C7967656E657261, second ^ 0x7465646279746573]
    whole = len(data) - len(data) % 8
    words = list(struct.unpack(f"<{whole // 8}Q", data[:whole]))
    words.append((len(data) & 0xFF) << 56 | int.from_bytes(data[whole:], "little"))
    for word in words:
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _left(x, k):
    return (x << k | x >> 64 - k) & _ALL


def _sip_rounds(state, times):
    a, b, c, d = state
    for _ in range(times):
        a, c = a + b & _ALL, c + d & _ALL
        b, d = _left(b, 13) ^ a, _left(d, 16) ^ c
        a, c = _left(a, 32) + d & _ALL, c + b & _ALL
        d, b = _left(d, 21) ^ a, _left(b, 17) ^ c
        c = _left(c, 32)
    state[:] = a, b, c, d


# --- FarmHash's Fingerprint64 (farmhashna), by length -----------------------------------------------------

_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def farm(data):
    """FarmHash's `Fingerprint64` of bytes.

    Source: Pike, FarmHash (2014), farmhashna::Hash64.
    """
    n = len(data)
    if n <= 16:
        return _upto_16(data, n)
    if n <= 32:
        return _upto_32(data, n)
    if n <= 64:
        return _upto_64(data, n)
    return _long(data, n)


def _word(data, at, size=8):
    return int.from_bytes(data[at : at + size], "little")


def _right(x, k):
    return (x >> k | x << 64 - k) & _ALL


def _shifted(x):
    return x ^ x >> 47


def _mixed(u, v, mul):
    a = _shifted((u ^ v) * mul & _ALL)
    b = _shifted((v ^ a) * mul & _ALL)
    return b * mul & _ALL


def _upto_16(data, n):
    mul = _K2 + n * 2 & _ALL
    if n >= 8:
        a, b = _word(data, 0) + _K2 & _ALL, _word(data, n - 8)
        c, d = _right(b, 37) * mul + a & _ALL, (_right(a, 25) + b) * mul & _ALL
        return _mixed(c, d, mul)
    if n >= 4:
        return _mixed(n + (_word(data, 0, 4) << 3), _word(data, n - 4, 4), mul)
    if n:
        y, z = data[0] + (data[n >> 1] << 8), n + (data[n - 1] << 2)
        return _shifted(y * _K2 & _ALL ^ z * _K0 & _ALL) * _K2 & _ALL
    return _K2


def _upto_32(data, n):
    mul = _K2 + n * 2 & _ALL
    a, b = _word(data, 0) * _K1 & _ALL, _word(data, 8)
    c, d = _word(data, n - 8) * mul & _ALL, _word(data, n - 16) * _K2 & _ALL
    first = _right(a + b & _ALL, 43) + _right(c, 30) + d & _ALL
    return _mixed(first, a + _right(b + _K2 & _ALL, 18) + c & _ALL, mul)


def _upto_64(data, n):
    mul = _K2 + n * 2 & _ALL
    a, b = _word(data, 0) * _K2 & _ALL, _word(data, 8)
    c, d = _word(data, n - 8) * mul & _ALL, _word(data, n - 16) * _K2 & _ALL
    y = _right(a + b & _ALL, 43) + _right(c, 30) + d & _ALL
    z = _mixed(y, a + _right(b + _K2 & _ALL, 18) + c & _ALL, mul)
    e, f = _word(data, 16) * mul & _ALL, _word(data, 24)
    g, h = (y + _word(data, n - 32)) * mul & _ALL, (z + _word(data, n - 24)) * mul & _ALL
    return _mixed(_right(e + f & _ALL, 43) + _right(g, 30) + h & _ALL, e + _right(f + a & _ALL, 18) + g & _ALL, mul)


def _weak(data, at, a, b):
    """Two numbers from 32 bytes and two seeds."""
    w, x, y, z = (_word(data, at + k) for k in (0, 8, 16, 24))
    a = a + w & _ALL
    b = _right(b + a + z & _ALL, 21)
    c = a
    a = a + x + y & _ALL
    b = b + _right(a, 44) & _ALL
    return a + z & _ALL, b + c & _ALL


def _block(data, at, state, mul, nine):
    """The state after 64 bytes."""
    x, y, z, v, w = state
    x = _right(x + y + v[0] + _word(data, at + 8) & _ALL, 37) * mul & _ALL
    y = _right(y + v[1] + _word(data, at + 48) & _ALL, 42) * mul & _ALL
    x ^= w[1] * nine & _ALL
    y = y + v[0] * nine + _word(data, at + 40) & _ALL
    z = _right(z + w[0] & _ALL, 33) * mul & _ALL
    v = _weak(data, at, v[1] * mul & _ALL, x + w[0] & _ALL)
    w = _weak(data, at + 32, z + w[1] & _ALL, y + _word(data, at + 16) & _ALL)
    return z, y, x, v, w


def _long(data, n):
    seed = 81
    y = seed * _K1 + 113 & _ALL
    z = _shifted(y * _K2 + 113 & _ALL) * _K2 & _ALL
    state = (seed * _K2 + _word(data, 0) & _ALL, y, z, (0, 0), (0, 0))
    end = (n - 1) // 64 * 64
    for at in range(0, end, 64):
        state = _block(data, at, state, _K1, 1)
    x, y, z, v, w = state
    mul = _K1 + ((z & 0xFF) << 1) & _ALL
    w = (w[0] + (n - 1 & 63) & _ALL, w[1])
    v = (v[0] + w[0] & _ALL, v[1])
    w = (w[0] + v[0] & _ALL, w[1])
    x, y, z, v, w = _block(data, n - 64, (x, y, z, v, w), mul, 9)
    first = _mixed(v[0], w[0], mul) + _shifted(y) * _K0 + z & _ALL
    return _mixed(first, _mixed(v[1], w[1], mul) + x & _ALL, mul)
