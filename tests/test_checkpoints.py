"""Checkpoints that TensorFlow 1.15.5 wrote are read exactly; what we write has its bytes; what is damaged is refused."""

import os
import pathlib
import random

import files115
import numpy as np
import pytest

import caudal as tf
from caudal.formats import snappy, table
from caudal.formats.bundle import Bundle, BundleWriter
from caudal.formats.checkpoint_reader import CheckpointReader
from caudal.formats.slice_keys import key_of, parse_spec
from caudal.formats.slices_v1 import SliceReader, SliceWriter

MANY = [f"many/{name}" for name in ("model.ckpt-20", "model.ckpt-30", "model.ckpt-40", "final")]


@pytest.mark.parametrize("entry", sorted(files115.PLACES))
def test_every_tensor(entry):
    """Each tensor has the dtype, the shape and the bytes that TF gave it, or is refused in TF's words."""
    wanted = files115.expected()[entry]["tensors"]
    reader = CheckpointReader(files115.path(files115.PLACES[entry]))
    kinds, shapes = reader.get_variable_to_dtype_map(), reader.get_variable_to_shape_map()
    assert set(kinds) == set(wanted)
    for name, want in wanted.items():
        assert (kinds[name].name, shapes[name]) == (want["dtype"], want["shape"])
        if "reader_says" in want:
            with pytest.raises(tf.errors.UnimplementedError, match=want["reader_says"]):
                reader.get_tensor(name)
        else:
            assert files115.told(reader.get_tensor(name)) == want.get("sha256", want.get("latin1")), name


def test_version_1_is_written_again(tmp_path):
    """Reading a version 1 checkpoint and writing it gives the same file."""
    reader, again = SliceReader(files115.path("v1/model.ckpt")), str(tmp_path / "again")
    writer = SliceWriter(again)
    for name in reader.names:
        for part in reader._found[name][2]:
            writer.add(name, reader.shape(name), part, reader.read(name, part), reader.dtype(name))
    writer.finish()
    assert pathlib.Path(again).read_bytes() == pathlib.Path(reader.pattern).read_bytes()


@pytest.mark.parametrize("prefix", [*MANY, "v2_bare/bare"])
def test_version_2_is_written_again(prefix, tmp_path):
    """Reading a version 2 checkpoint and writing it gives the same files."""
    bundle, again = Bundle(files115.path(prefix)), str(tmp_path / "again")
    writer = BundleWriter(again)
    for name in sorted(bundle.names, key=lambda n: bundle.entry(n).offset):
        writer.add(name, bundle.read(name), bundle.dtype(name))
    writer.finish()
    for end in (".index", ".data-00000-of-00001"):
        assert pathlib.Path(again + end).read_bytes() == pathlib.Path(bundle.prefix + end).read_bytes()


def test_saver_writes_the_same_files(tmp_path, monkeypatch):
    """The program that made many/ makes it again, byte by byte."""
    wanted = files115.expected()["many"]
    monkeypatch.chdir(tmp_path)
    os.mkdir("many")
    with tf.Graph().as_default(), tf.Session() as session:
        v, step = tf.Variable([1.0, 2.0], name="v"), tf.train.create_global_step()
        saver, other = tf.train.Saver(max_to_keep=3), tf.train.Saver([v], max_to_keep=None)
        session.run(tf.global_variables_initializer())
        for k in range(5):
            session.run([tf.assign(v, [1.0 + k, 2.0 * k]), tf.assign(step, 10 * k)])
            saver.save(session, "many/model.ckpt", global_step=step, write_meta_graph=False)
        other.save(session, "many/final", latest_filename="other_checkpoint", write_meta_graph=False)
    assert saver.last_checkpoints == wanted["last_checkpoints"]
    assert tf.train.latest_checkpoint("many") == wanted["latest"]
    names = [name for name in wanted["files"] if "absolute" not in name]
    assert sorted(os.listdir("many")) == sorted(os.path.basename(name) for name in names)
    for name in names:
        assert pathlib.Path(name).read_bytes() == (files115.FOLDER / name).read_bytes(), name


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("sharded", [False, True])
def test_parts_and_dtypes_come_back(version, sharded, tmp_path):
    """A saver restores what another one saved: parts, resources, strings, empty variables, sharded or not."""

    def variables():
        parts = tf.get_variable("p", [5, 2], partitioner=tf.fixed_size_partitioner(2))
        values = [np.float16([1, 2]), [True, False], np.complex64([1 + 2j]), [b"a", b"\xff\0"], np.zeros((0, 3)), 3.5]
        plain = [tf.Variable(tf.constant(v), name=f"v{k}", trainable=False) for k, v in enumerate(values)]
        return [*parts, tf.get_variable("r", [3], use_resource=True), *plain]

    with tf.Graph().as_default(), tf.Session() as session:
        kept = variables()
        session.run(tf.global_variables_initializer())
        wanted = session.run(kept)
        path = tf.train.Saver(sharded=sharded, write_version=version).save(session, str(tmp_path / "m"), global_step=7)
    with tf.Graph().as_default(), tf.Session() as session:
        kept = variables()
        tf.train.Saver(sharded=not sharded).restore(session, path)
        for got, want in zip(session.run(kept), wanted, strict=True):
            np.testing.assert_array_equal(got, want)
            assert got.dtype == want.dtype


@pytest.mark.parametrize("prefix", ["v1/model.ckpt", "v2/model.ckpt"])
def test_damage_is_refused(prefix, tmp_path):
    """Cut or changed at any place, a checkpoint gives its tensors or one of TF's errors, and nothing else."""
    draw = random.Random(3)
    whole = {p.name: p.read_bytes() for p in (files115.FOLDER / prefix).parent.iterdir() if p.suffix != ".meta"}
    for k in range(60):
        for name, data in whole.items():
            data = bytearray(data[: draw.randrange(len(data))] if k % 3 == 0 else data)
            for _ in range(k % 3):
                data[draw.randrange(len(data))] = draw.randrange(256)
            (tmp_path / name).write_bytes(data)
        try:
            reader = CheckpointReader(str(tmp_path / "model.ckpt"))
            for name in reader.get_variable_to_shape_map():
                reader.get_tensor(name)
        except tf.errors.OpError:
            continue


def test_large_tables_have_many_blocks(tmp_path):
    """A table of several blocks is read as it was written."""
    items = [(b"%08d" % k, os.urandom(50)) for k in range(20_000)]
    (tmp_path / "t").write_bytes(table.table_bytes(items))
    assert table.read_table(str(tmp_path / "t")) == items


def test_snappy():
    """Literals and copies, those that overlap too; what points outside is refused."""
    for copy in (b"\x11\x02", b"\x1e\x02\x00", b"\x1f\x02\x00\x00\x00"):
        assert snappy.unpack(b"\x0b\x04ab" + copy + b"\x00c", 99) == b"ab" * 5 + b"c"
    for bad in (b"", b"\x05\x00a", b"\x04\x04ab\x01\x09", b"\x7f\x00a", b"\x02\xf0"):
        with pytest.raises(snappy.SnappyError):
            snappy.unpack(bad, 64)


def test_keys_of_parts_are_sorted():
    """Keys of parts sort by name, then by where they begin, for starts of any length."""
    starts = [0, 1, 63, 64, 8191, 8192, 1 << 20, 1 << 40]
    keys = [key_of(b"a", ((s, 1),)) for s in starts] + [key_of(b"a\0", ((0, 1),)), key_of(b"b", ())]
    assert keys == sorted(keys)
    assert parse_spec("7 3 3,2:-") == ((7, 3), ((3, 2), (0, -1)))
