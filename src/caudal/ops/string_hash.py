"""Hashes of strings: buckets for words, fingerprints of rows."""

import numpy as np

from ..backend import hashes
from ..graph.define import define
from ..ground.api import export
from ..ground.errors import InferError
from .basic import same
from .shape import axis_argument
from .text import each, refuse

__all__ = ["fingerprint", "string_to_hash_bucket", "string_to_hash_bucket_fast", "string_to_hash_bucket_strong"]


def _bucket(kind, hash_of):
    """A node that gives each string the rest of its hash by the number of buckets."""

    def lower(B, x, *, num_buckets):
        return each(lambda word: hash_of(word) % num_buckets, x, kind=np.int64)

    return define(kind, infer=same, lower=lower, host=True, grad=None)


def _lower_strong(B, x, *, num_buckets, key, op):
    if len(key) != 2:
        refuse(op, "Key must have 2 elements")
    return each(lambda word: hashes.sip(word, key) % num_buckets, x, kind=np.int64)


_plain = _bucket("StringToHashBucket", hashes.plain)
_fast = _bucket("StringToHashBucketFast", hashes.farm)
_strong = define("StringToHashBucketStrong", infer=same, lower=_lower_strong, host=True, grad=None)


@export("string_to_hash_bucket", "strings.to_hash_bucket")
def string_to_hash_bucket(string_tensor=None, num_buckets=None, name=None, input=None):
    """A bucket for each string, by TF's oldest hash.

    Args:
      string_tensor: strings; the older name of `input`.
      num_buckets: how many buckets, 1 or more.
      name: the node's name.
      input: strings.

    Returns:
      int64, shaped as the strings, each in `[0, num_buckets)`.
    """
    return _plain(axis_argument(input, string_tensor, "input", "string_tensor"), num_buckets=num_buckets, name=name)


@export("string_to_hash_bucket_fast", "strings.to_hash_bucket_fast")
def string_to_hash_bucket_fast(input, num_buckets, name=None):
    """A bucket for each string, by FarmHash: quick, and the same in every program.

    Args:
      input: strings.
      num_buckets: how many buckets, 1 or more.
      name: the node's name.

    Returns:
      int64, shaped as `input`, each in `[0, num_buckets)`.
    """
    return _fast(input, num_buckets=num_buckets, name=name)


@export("string_to_hash_bucket_strong", "strings.to_hash_bucket_strong")
def string_to_hash_bucket_strong(input, num_buckets, key, name=None):
    """A bucket for each string, by SipHash under a key: no one without it can make words collide.

    Args:
      input: strings.
      num_buckets: how many buckets, 1 or more.
      key: two numbers of 64 bits.
      name: the node's name.

    Returns:
      int64, shaped as `input`, each in `[0, num_buckets)`.
    """
    return _strong(input, num_buckets=num_buckets, key=key, name=name)


def _infer_fingerprint(x, method):
    if x.dims is not None and not x.dims:
        raise InferError("Shape must be at least rank 1 but is rank 0")
    return [(None if x.dims is None else x.dims[0], 8)]


def _row_bytes(x):
    """Each row of a tensor as bytes; a row of several strings as their fingerprints, one after the other."""
    if x.dtype != object:
        return [np.ascontiguousarray(row).tobytes() for row in x]
    rows = x.reshape(len(x), -1).tolist()
    if len(x) and len(rows[0]) == 1:
        return [row[0] for row in rows]
    return [b"".join(hashes.farm(word).to_bytes(8, "little") for word in row) for row in rows]


def _lower_fingerprint(B, x, method, *, op):
    method = np.asarray(method, object)[()]
    if method != b"farmhash64":
        refuse(op, f"Unsupported fingerprint method: {method.decode()}")
    made = [list(hashes.farm(row).to_bytes(8, "little")) for row in _row_bytes(np.asarray(x))]
    return np.array(made, np.uint8).reshape(-1, 8)


_fingerprint = define("Fingerprint", infer=_infer_fingerprint, lower=_lower_fingerprint, host=True, grad=None)


@export("fingerprint")
def fingerprint(data, method="farmhash64", name=None):
    """Eight bytes for each row of a tensor, which tell rows apart.

    Args:
      data: `[n, ...]`.
      method: 'farmhash64'.
      name: the node's name.

    Returns:
      uint8 `[n, 8]`.
    """
    return _fingerprint(data, method, name=name)
