"""Data sets: splits, batches, checked files."""

import gzip
import os

import numpy as np
import pytest

from caudal.data import iris, mnist, mnist_files
from caudal.data.fetch import Unreachable, fetch
from caudal.data.split import Examples, batches
from caudal.formats.idx import IdxError


def test_iris_is_stratified():
    data = iris.load(seed=3)
    for part, each in ((data.train, 30), (data.validation, 10), (data.test, 10)):
        assert np.bincount(part.y).tolist() == [each] * 3
    np.testing.assert_allclose(data.train.x.mean(0), 0, atol=1e-6)


def test_every_epoch_deals_each_example_once():
    examples = Examples(np.arange(7.0), np.arange(7))
    dealt = np.concatenate([batch.y for batch in batches(examples, 3, 7, seed=1)])
    assert sorted(dealt[:7]) == sorted(dealt[7:14]) == sorted(dealt[14:]) == list(range(7))


def test_smaller_parts_lie_within_larger():
    examples = Examples(np.arange(9.0), np.arange(9))
    assert examples.drawn(4, 0).y.tolist() == examples.drawn(8, 0).y[:4].tolist()
    with pytest.raises(ValueError, match="10 examples asked for"):
        examples.drawn(10, 0)


def test_stand_in_has_mnists_form():
    data = mnist.stand_in()
    assert data.stand_in and data.train.x.shape == (1400, 28, 28, 1) and data.train.x.max() <= 1


def _idx(path, count, said=None):
    path.write_bytes(bytes([0, 0, 8, 1]) + (said or count).to_bytes(4, "big") + bytes(count))


@pytest.mark.parametrize("count, said", [(60000, None), (50, 60000)])
def test_broken_files(tmp_path, count, said, monkeypatch):
    name = "train-labels-idx1-ubyte"
    monkeypatch.setattr(mnist_files, "FILES", {name: mnist_files.FILES[name]})
    _idx(tmp_path / name, count, said)
    with pytest.raises(IdxError, match=name):
        mnist_files.read(str(tmp_path))


def test_fetch_checks_what_it_got(tmp_path):
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    for folder, text in ((right, b"yes"), (wrong, b"no")):
        folder.mkdir()
        (folder / "f.gz").write_bytes(gzip.compress(text))
    sha = "8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d"  # of b"yes"
    mirrors = [f"file://{tmp_path}/none/", f"file://{wrong}/", f"file://{right}/"]
    fetch("f.gz", mirrors, sha, str(tmp_path / "out" / "f.gz"))
    assert os.listdir(tmp_path / "out") == ["f.gz"]
    with pytest.raises(Unreachable, match="wrong content"):
        fetch("f.gz", mirrors[:2], sha, str(tmp_path / "out2" / "f.gz"))
