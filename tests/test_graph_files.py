"""Graphs that TensorFlow 1.15.5 wrote are read node by node, run as they ran, and written as it wrote them."""

import functools

import files115
import numpy as np
import pytest
from google.protobuf import text_format

import caudal as tf
from caudal.formats.proto.meta_graph_pb2 import SavedModel

X = (np.arange(320, dtype="f") % 17 / 17).reshape(5, 8, 8, 1)


def read(name):
    """The GraphDef in a file."""
    out, data = tf.GraphDef(), (files115.FOLDER / name).read_bytes()
    if name.endswith(".pb"):
        out.ParseFromString(data)
    else:
        text_format.Merge(data.decode(), out)
    return out


@pytest.mark.parametrize("name", ["convnet.pb", "convnet.pbtxt", "frozen.pb", "cond.pb", "while.pb"])
def test_nodes(name):
    """What was imported is exported as the same messages, in an order that is TF's where no loop stands in the way."""
    given = read("graphs/" + name)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(given, name="")
    made = graph.as_graph_def()
    assert {n.name: n for n in made.node} == {n.name: n for n in given.node}
    wanted = {n[0]: n for n in files115.expected()[name.split(".")[0]]["nodes"]}
    for op in graph.get_operations():
        _, kind, inputs, controls, outputs = wanted[op.name]
        assert (op.type, [t.name for t in op.inputs], sorted(c.name for c in op.control_inputs)) == (kind, inputs, controls)
        if name != "while.pb":  # of a loop's values TF itself forgets the shapes
            dims = [None if t.shape.dims is None else t.shape.as_list() for t in op.outputs]
            assert [[t.dtype.name, d] for t, d in zip(op.outputs, dims, strict=True)] == outputs


def test_control_flow_runs():
    """Conds and loops from files give the recorded values and slopes."""
    feeds = {
        "while": [{"n:0": n, "x:0": [0.5, -2.0]} for n in (0, 1, 4)],
        "cond": [{"p:0": p, "x:0": x} for p, x in ((True, [1.0, 2.0]), (True, [-1.0, 2.0]), (False, [3.0, 4.0]))],
    }
    for name, fetches in (("while", ["total:0", "slope:0"]), ("cond", ["y:0", "slope:0"])):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.import_graph_def(read(f"graphs/{name}.pb"), name="")
            for feed, run in zip(feeds[name], files115.expected()[name]["runs"], strict=True):
                for value, want in zip(session.run(fetches, feed), run, strict=True):
                    files115.assert_close(value, want)


def test_frozen_graph_runs():
    """A frozen net gives the recorded probabilities."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(read("graphs/frozen.pb"), name="")
        files115.assert_close(session.run("probabilities:0", {"x:0": X}), files115.expected()["frozen"]["probabilities"])


def test_meta_graph():
    """A MetaGraph fills its collections, its saver restores, and it is exported as it was."""
    wanted, given = (
        files115.expected()["convnet"],
        tf.MetaGraphDef.FromString((files115.FOLDER / "graphs/convnet.meta").read_bytes()),
    )
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(files115.path("graphs/convnet.meta"))
        saver.restore(session, files115.path("graphs/convnet.ckpt"))
        files115.assert_close(session.run("fc/BiasAdd:0", {"x:0": X}), wanted["logits"])
        names = {k: [getattr(v, "name", "") for v in graph.get_collection(k)] for k in graph.get_all_collection_keys()}
        assert names == {k: v for k, v in wanted["collections"].items() if v}
        assert saver.export_meta_graph(clear_devices=True) == given


def test_loop_from_meta_graph_is_differentiated():
    """dynamic_rnn from a MetaGraph runs, and has a slope."""
    x = np.linspace(-1, 1, 30, dtype="f").reshape(2, 5, 3)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.train.import_meta_graph(files115.path("graphs/rnn.ckpt.meta")).restore(session, files115.path("graphs/rnn.ckpt"))
        out, given = (graph.get_tensor_by_name(n) for n in ("out:0", "x:0"))
        files115.assert_close(session.run(out, {given: x}), files115.expected()["rnn"]["out"])
        slope = session.run(tf.gradients(out, given)[0], {given: x})
        step = np.zeros_like(x)
        step[0, 1, 2] = 1e-2
        far, near = (session.run(out, {given: x + s * step}).sum(dtype="f8") for s in (1, -1))
        np.testing.assert_allclose(slope[0, 1, 2], (far - near) / 2e-2, rtol=1e-2)


def test_loop_from_graph_def_is_differentiated():
    """A loop that came without contexts has the slope that TF recorded for it."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(read("graphs/while.pb"), name="")
        slope = tf.gradients(graph.get_tensor_by_name("total:0"), graph.get_tensor_by_name("x:0"))[0]
        for n, (_, want) in zip((0, 1, 4), files115.expected()["while"]["runs"], strict=True):
            files115.assert_close(session.run(slope, {"n:0": n, "x:0": [0.5, -2.0]}), want)


def _loop(step, times=4):
    return lambda x: tf.while_loop(lambda i, a: i < times, lambda i, a: (i + 1, step(i, a, x)), [0, x])[1]


_FLOWS = {
    "nested": _loop(lambda i, a, x: a * x + tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, tf.tanh(b) * a), [0, a])[1]),
    "branch in loop": _loop(lambda i, a, x: tf.cond(tf.equal(i % 2, 0), lambda: tf.sin(a) * x, lambda: a * a)),
    "branch in branch in loop": _loop(
        lambda i, a, x: tf.cond(i > 0, lambda: tf.cond(i > 1, lambda: a * 2.0, lambda: tf.exp(a * x)), lambda: x * 3.0)
    ),
    "loop in branch": lambda x: tf.cond(x[0] > 0.0, lambda: _loop(lambda i, a, x: a * tf.sin(a) + x)(x), lambda: x * 5.0),
    "map": lambda x: tf.map_fn(lambda v: tf.sin(v) * v, x),
    "scan": lambda x: tf.scan(lambda a, v: a * v + tf.sin(a), x),
}


@pytest.mark.parametrize("name", _FLOWS)
def test_found_contexts(name):
    """Contexts found again in bare nodes give the slopes of those that were made."""
    feed = np.array([0.5, -1.0, 2.0], "f")
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [3], "x")
        y = tf.identity(_FLOWS[name](x), "y")
        given = graph.as_graph_def()
        want = session.run(tf.gradients(y, x)[0], {x: feed})
    for prefix in ("", "again"):
        with tf.Graph().as_default(), tf.Session() as session:
            x, y = tf.import_graph_def(given, name=prefix, return_elements=["x:0", "y:0"])
            np.testing.assert_allclose(session.run(tf.gradients(y, x)[0], {x: feed}), want, rtol=1e-5)


def test_saved_model():
    """A SavedModel with a table and an asset is served as it was."""
    wanted = files115.expected()["saved_model"]
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.saved_model.loader.load(session, ["serve"], files115.path("saved_model"))
        signature = made.signature_def["serving_default"]
        for name in ("logits", "best"):
            value = session.run(signature.outputs[name].name, {signature.inputs["x"].name: wanted["feed"]["x"]})
            files115.assert_close(value, wanted[name])


def test_assets_stay_inside(tmp_path):
    """A SavedModel whose asset points out of its folder is refused."""
    model = SavedModel.FromString((files115.FOLDER / "saved_model/saved_model.pb").read_bytes())
    note = model.meta_graphs[0].collection_def["saved_model_assets"].any_list.value[0]
    note.value = note.value.replace(b"vocabulary.txt", b"/etc/some/file")
    (tmp_path / "saved_model.pb").write_bytes(model.SerializeToString())
    for name in ("variables.index", "variables.data-00000-of-00001"):
        (tmp_path / "variables").mkdir(exist_ok=True)
        (tmp_path / "variables" / name).write_bytes((files115.FOLDER / "saved_model/variables" / name).read_bytes())
    with tf.Graph().as_default(), tf.Session() as session, pytest.raises(ValueError, match="not inside"):
        tf.saved_model.loader.load(session, ["serve"], str(tmp_path))


_F = 'attr { key: "T" value { type: DT_FLOAT } }'
_TWO = "".join(f'attr {{ key: "{key}" value {{ list {{ type: DT_FLOAT type: DT_FLOAT }} }} }}' for key in ("Tin", "T"))
_ONE = 'attr { key: "Tout" value { list { type: DT_FLOAT } } }'


def _function(name, body, out, out_type="DT_FLOAT"):
    args = 'input_arg { name: "a" type: DT_FLOAT } input_arg { name: "b" type: DT_FLOAT }'
    outs = "".join(f'output_arg {{ name: "y{k}" type: {out_type} }}' for k in range(len(out)))
    rets = "".join(f'ret {{ key: "y{k}" value: "{value}" }}' for k, value in enumerate(out))
    return f'function {{ signature {{ name: "{name}" {args} {outs} }} {body} {rets} }}'


def _node(kind, name, op, inputs, attrs=_F):
    taken = " ".join(f'input: "{i}"' for i in inputs)
    return f'{kind} {{ name: "{name}" op: "{op}" {taken} {attrs} }}'


def _calls():
    """A graph that calls a function in each way that there is."""
    inner, outer = functools.partial(_node, "node_def"), functools.partial(_node, "node")
    product = inner("p", "Mul", ["a", "b"]) + inner("s", "Sin", ["p:z:0"])
    smaller = inner("l", "Less", ["a", "b"])
    library = (
        _function("F", product, ["s:y:0"])
        + _function("G", inner("c", "F", ["b", "a"], "") + inner("n", "Neg", ["c:y0:0"]), ["n:y:0"])
        + _function("Less2", smaller, ["l:z:0"], "DT_BOOL")
        + _function("Step", inner("d", "Add", ["a", "a"]), ["d:z:0", "b"])
    )
    func = lambda key, name: f'attr {{ key: "{key}" value {{ func {{ name: "{name}" }} }} }}'  # noqa: E731
    given = 'attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { } } }'
    bool_ = 'attr { key: "Tcond" value { type: DT_BOOL } }'
    tin = _TWO.split('attr { key: "T"')[0]
    three = 'attr { key: "Tin" value { list { type: DT_FLOAT type: DT_FLOAT type: DT_FLOAT } } }'
    both = 'attr { key: "Tout" value { list { type: DT_FLOAT type: DT_FLOAT } } }'
    nodes = (
        outer("u", "Placeholder", [], given)
        + outer("v", "Placeholder", [], given)
        + outer("named", "G", ["u", "v"], "")
        + outer("called", "PartitionedCall", ["u", "v"], tin + _ONE + func("f", "F"))
        + outer("less", "Less", ["u", "v"])
        + outer(
            "chosen", "StatelessIf", ["less", "u", "v"], bool_ + tin + _ONE + func("then_branch", "F") + func("else_branch", "G")
        )
        + outer("looped", "StatelessWhile", ["u", "v"], _TWO.removeprefix(tin) + func("cond", "Less2") + func("body", "Step"))
        + outer("slopes", "SymbolicGradient", ["u", "v", "u"], three + both + func("f", "F"))
    )
    return text_format.Parse(f"{nodes} library {{ {library} }}", tf.GraphDef())


def test_functions_of_a_graph_def():
    """Functions that a file brings are called by name, by a call, by a branch, by a loop; and have slopes."""
    given = _calls()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(given, name="")
        assert graph.as_graph_def().library == given.library
        u, v = (graph.get_tensor_by_name(n + ":0") for n in "uv")
        fetches = [graph.get_tensor_by_name(n + ":0") for n in ("named", "called", "chosen", "looped", "slopes")]
        slopes = [tf.gradients(y, [u, v]) for y in fetches[:3]]
        for a, b in ((0.5, 3.0), (2.0, -1.0)):
            sine, slope = np.sin(a * b), np.cos(a * b)
            sign = 1 if a < b else -1
            doubled = a if a >= b else a * 2 ** np.ceil(np.log2(b / a))
            want = [-sine, sine, sign * sine, doubled, a * b * slope]
            np.testing.assert_allclose(session.run(fetches, {u: a, v: b}), want, rtol=1e-6)
            got = session.run(slopes, {u: a, v: b})
            np.testing.assert_allclose(got, [[k * b * slope, k * a * slope] for k in (-1, 1, sign)], rtol=1e-5)


def test_function_that_is_missing():
    """A call of a function that the file hasn't got is refused, naming it."""
    given = _calls()
    del given.library.function[0]
    with tf.Graph().as_default(), pytest.raises((ValueError, tf.errors.NotFoundError), match="F"):
        tf.import_graph_def(given, name="")


def test_queue_runners_come_back_with_their_graph():
    """A program writes its graph as a MetaGraph and goes on with what it reads of it, threads and all."""
    with tf.Graph().as_default():
        row = tf.train.range_input_producer(5, num_epochs=1, shuffle=False).dequeue(name="row")
        meta = tf.train.export_meta_graph()
        (runner,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
    kinds = meta.collection_def["queue_runners"]
    assert kinds.WhichOneof("kind") == "bytes_list" and len(kinds.bytes_list.value) == 1
    with tf.Graph().as_default() as graph:
        tf.train.import_meta_graph(meta)
        (found,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        assert [op.name for op in found.enqueue_ops] == [op.name for op in runner.enqueue_ops]
        assert (found.close_op.name, found.cancel_op.name) == (runner.close_op.name, runner.cancel_op.name)
        rows = []
        with tf.train.MonitoredTrainingSession() as session:
            while not session.should_stop():
                rows.append(session.run(graph.get_tensor_by_name(row.name)))
    assert rows == [0, 1, 2, 3, 4]
