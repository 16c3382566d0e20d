"""Queues among threads, records that TensorFlow 1.15.5 wrote, pictures' files, and data sets that go on after errors."""

import hashlib
import threading

import numpy as np
import pytest
from files115 import expected, path, told

import caudal as tf


@pytest.fixture(autouse=True)
def graph():
    """A graph of its own for each test."""
    with tf.Graph().as_default():
        yield


def options(name):
    """How a file is packed, by its name."""
    return tf.python_io.TFRecordOptions({"plain": "", "gzip": "GZIP", "zlib": "ZLIB"}[name.rsplit(".", 1)[1]])


@pytest.mark.parametrize("name", expected()["records"]["records"])
def test_records_of_tensorflow(name):
    found = list(tf.python_io.tf_record_iterator(path(name), options(name)))
    assert [[len(r), hashlib.sha256(r).hexdigest()] for r in found] == expected()["records"]["records"][name]


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_records_come_back(tmp_path, kind):
    records = [b"", b"\0" * 5, bytes(range(256)) * 400, b"last"]
    with tf.python_io.TFRecordWriter(str(tmp_path / "r"), kind) as writer:
        for record in records:
            writer.write(record)
    assert list(tf.python_io.tf_record_iterator(str(tmp_path / "r"), kind)) == records
    again = tf.data.TFRecordDataset(str(tmp_path / "r"), kind).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(again) for _ in records] == records


def test_examples_of_tensorflow():
    text = list(tf.python_io.tf_record_iterator(path("records/examples.plain")))
    parsed = tf.parse_example(
        text,
        {
            "label": tf.FixedLenFeature([], tf.int64),
            "weights": tf.VarLenFeature(tf.float32),
            "big": tf.FixedLenFeature([3], tf.int64),
            "name": tf.FixedLenFeature([2], tf.string),
            "absent": tf.FixedLenFeature([2], tf.float32, [7.0, 8.0]),
        },
    )
    want = expected()["records"]["parse_example"]
    with tf.Session() as session:
        values = session.run(parsed)
    for key in ("label", "big", "absent"):
        assert told(values[key]) == want[key]["sha256"]
    assert told(values["name"]) == want["name"]["latin1"]
    for part in ("indices", "values", "dense_shape"):
        assert told(getattr(values["weights"], part)) == want["weights"][part]["sha256"]


def test_closing_a_session_wakes_those_who_wait():
    element = tf.FIFOQueue(3, tf.int32, []).dequeue()
    session, seen = tf.Session(), []

    def wait():
        try:
            session.run(element)
        except tf.errors.CancelledError as error:
            seen.append(error.message)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    session.close()
    thread.join(5)
    assert seen == ["Dequeue operation was cancelled"]


def test_a_run_waits_no_longer_than_it_may():
    element = tf.FIFOQueue(3, tf.int32, []).dequeue()
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(element, options=tf.RunOptions(timeout_in_ms=30))


def test_batches_larger_than_their_queue():
    queue = tf.FIFOQueue(2, tf.int32, [])
    put, take = queue.enqueue_many([list(range(10))]), queue.dequeue_many(10)
    with tf.Session() as session:
        thread = threading.Thread(target=session.run, args=(put,))
        thread.start()
        assert session.run(take).tolist() == list(range(10))
        thread.join(5)


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_comes_back(kind, channels):
    picture = np.random.RandomState(channels).randint(0, np.iinfo(kind).max, [5, 7, channels]).astype(kind)
    decoded = tf.image.decode_png(tf.image.encode_png(tf.constant(picture)), dtype=tf.as_dtype(kind))
    with tf.Session() as session:
        assert np.array_equal(session.run(decoded), picture)


def test_a_data_set_goes_on_after_an_error():
    element = tf.data.Dataset.range(4).map(lambda x: 6 // (x - 1)).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert session.run(element) == -6
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(element)
        assert [session.run(element), session.run(element)] == [6, 3]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_functions_read_variables_and_count_captured_tensors():
    v = tf.get_variable("v", initializer=3.0, use_resource=True)
    iterator = tf.data.Dataset.range(3).map(lambda x: tf.cast(x, tf.float32) * v).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run([v.initializer, iterator.initializer])
        assert session.run(element) == 0
        v.load(5.0, session)
        assert session.run(element) == 5


def test_tables(tmp_path):
    (tmp_path / "t.csv").write_text('a,b,c\n1,x,2.5\n2,"y,z",\n3,w,4\n')
    made = tf.data.experimental.make_csv_dataset(str(tmp_path / "t.csv"), 3, label_name="a", shuffle=False, num_epochs=1)
    with tf.Session() as session:
        columns, label = session.run(made.make_one_shot_iterator().get_next())
    assert label.tolist() == [1, 2, 3] and columns["b"].tolist() == [b"x", b"y,z", b"w"]
    assert columns["c"].tolist() == [2.5, 0, 4] and label.dtype == np.int32


def test_the_end_as_an_optional():
    iterator = tf.data.Dataset.range(1).make_one_shot_iterator()
    found = tf.data.experimental.get_next_as_optional(iterator)
    there, value = found.has_value(), found.get_value()
    with tf.Session() as session:
        assert session.run([there, value]) == [True, 0]
        assert not session.run(there)


def test_files_take_text_and_bytes_in_every_mode(tmp_path):
    file = str(tmp_path / "x")
    for mode, what in (("w", b"a\r"), ("wb", "\u00e9\n"), ("a", b"q"), ("ab", "r\n")):
        with tf.gfile.GFile(file, mode) as out:
            out.write("1")
            out.write(what)
    assert (tmp_path / "x").read_bytes() == b"1\xc3\xa9\n1q1r\n"
    with tf.gfile.GFile(file) as text, tf.gfile.GFile(file, "rb") as data:
        assert (text.read(3), text.tell(), text.readline(), list(text)) == ("1\u00e9", 3, "\n", ["1q1r\n"])
        assert (data.read(3), data.readlines()) == (b"1\xc3\xa9", [b"\n", b"1q1r\n"])
    with tf.gfile.GFile(file, "w") as out, pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        out.write(3)


def test_lines_of_files_end_with_a_newline_alone(tmp_path):
    (tmp_path / "x").write_bytes(b"a\rb\r\nc")
    with tf.gfile.GFile(str(tmp_path / "x")) as file:
        assert file.readlines() == ["ab\n", "c"]
        file.seek(0)
        assert file.read() == "a\rb\r\nc"


def test_a_generator_is_given_scalars_as_a_function_is():
    told = []

    def numbers(*args):
        told.extend(args)
        args[2][0] = 7  # its own
        yield args[2]

    values = tf.constant([1, 2])
    data = tf.data.Dataset.from_generator(numbers, tf.int32, [2], args=("s", 3, values, 1.5, True, ["a"]))
    with tf.Session() as session:
        found = session.run([data.make_one_shot_iterator().get_next(), values])
    assert [list(one) for one in found] == [[7, 2], [1, 2]]
    assert [type(one) for one in told] == [bytes, np.int32, np.ndarray, np.float32, np.bool_, np.ndarray]
    assert told[0] == b"s" and told[1] == 3 and list(told[5]) == [b"a"]
