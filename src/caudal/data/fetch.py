"""Files from public mirrors: one after the other until one gives the right bytes."""

import gzip
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
import zlib

__all__ = ["Unreachable", "fetch"]

_WAIT = 15  # seconds without a byte, then the next mirror
_CHUNK = 1 << 16


class Unreachable(OSError):
    """No mirror gave the file; the message lists what each said."""


def fetch(name, mirrors, sha256, path, progress=None):
    """Fetches `name` from the first of `mirrors` that has it right, and writes it to `path`, whole or not at all.

    Args:
      name: the file's name, put behind each address in `mirrors`.
      sha256: of the unpacked bytes, in hexadecimal.
      path: where it goes.
      progress: called as `progress(name, bytes so far, bytes in all or None)`.

    Raises:
      Unreachable: no mirror has it.
    """
    said = []
    for mirror in mirrors:
        try:
            packed = _download(mirror + name, lambda done, total: progress and progress(name, done, total))
            if (found := hashlib.sha256(gzip.decompress(packed)).hexdigest()) == sha256:
                return _write(packed, path)
            said.append(f"{mirror}: wrong content (SHA-256 {found[:12]}…)")
        except (OSError, EOFError, zlib.error, ValueError) as error:
            said.append(f"{mirror}: {getattr(error, 'reason', None) or error}")
    raise Unreachable(f"{name} could not be fetched:\n  " + "\n  ".join(said))


def _download(url, progress):
    """The bytes at `url`."""
    parts = []
    with urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "caudal"}), timeout=_WAIT) as reply:
        total = int(reply.headers.get("Content-Length") or 0) or None
        while part := reply.read(_CHUNK):
            parts.append(part)
            progress(sum(map(len, parts)) if total is None else min(len(parts) * _CHUNK, total), total)
    data = b"".join(parts)
    if total is not None and len(data) != total:
        raise OSError(f"the connection broke after {len(data)} of {total} bytes")
    return data


def _write(data, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
