"""Files that TensorFlow 1.15.5 wrote (tests/tf115/files), and what it says is in them."""

import functools
import hashlib
import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "tf115" / "files"
PLACES = {"v1": "v1/model.ckpt", "v2": "v2/model.ckpt", "v2_sharded": "v2_sharded/model.ckpt", "v2_bare": "v2_bare/bare"}


@functools.cache
def expected():
    """Entry -> what a correct reader finds."""
    return json.loads((FOLDER / "expect.json").read_text())


def path(name):
    """The path of one of the files."""
    return str(FOLDER / name)


def told(value):
    """An array as the record has it: its bytes' checksum, or its strings."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return [v.decode("latin1") for v in array.ravel()]
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def assert_close(value, want):
    """A fetched value is what was recorded."""
    array = np.asarray(value)
    assert list(array.shape) == want["shape"]
    if "latin1" in want:
        assert told(array) == want["latin1"]
    else:
        assert array.dtype.name == want["dtype"]
        np.testing.assert_allclose(array.ravel(), [float(v) for v in want["values"]], rtol=1e-5, atol=1e-6)
