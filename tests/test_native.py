"""Native kernels (src/native) against NumPy, over shapes drawn at random; without them all works as well."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import caudal as tf
import caudal.backend.compiled  # noqa: F401  # sets up JAX, which is used here directly
from caudal.backend import compiled, compiled_windows, draws, native, philox, samplers, windows, winograd
from caudal.run import fusions

SOURCES = pathlib.Path(__file__).parents[1] / "src" / "native"
needs_native = pytest.mark.skipif(not native.ready(), reason=native.status())


@st.composite
def convolutions(draw, covers=()):
    """(image, filters, strides, pads, dilations), filled with drawn numbers; `covers`: axes along which windows are as wide as the image."""
    window = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    space = [k if axis in covers else draw(st.integers(k, k + 9)) for axis, k in enumerate(window)]
    pads = [
        (0, 0) if axis in covers else (draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))) for axis, k in enumerate(window)
    ]
    channels, outputs = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    numbers = np.random.RandomState(draw(st.integers(0, 2**20)))
    x = numbers.standard_normal((draw(st.integers(0, 5)), *space, channels)).astype("f")
    filters = numbers.standard_normal((*window, channels, outputs)).astype("f")
    return x, filters, draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), pads, (1, 1)


def _same(name, *arrays, tolerance=3e-5, **named):
    """Holds a function of B on XLA to that of NumPy, and two runs to the same bits."""
    held = [a for a in arrays if isinstance(a, np.ndarray)]

    def of_arrays(*values):
        values = iter(values)
        return getattr(compiled_windows, name)(*[next(values) if isinstance(a, np.ndarray) else a for a in arrays], **named)

    wanted = jax.tree.leaves(getattr(windows, name)(*arrays, **named))
    program = jax.jit(of_arrays)
    found, again = (jax.tree.leaves(jax.tree.map(np.asarray, program(*held))) for _ in range(2))
    for one, two, want in zip(found, again, wanted, strict=True):
        assert one.shape == want.shape and one.dtype == want.dtype
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, want, rtol=tolerance, atol=tolerance * max(1, np.abs(want).max(initial=0)))


@needs_native
@settings(max_examples=50, deadline=None)
@given(st.sampled_from([(), (0,), (1,), (0, 1)]).flatmap(convolutions), st.booleans())
def test_convolution(case, relu):
    x, filters, *where = case
    bias = np.linspace(-1, 1, filters.shape[-1]).astype("f")
    dy = np.cos(np.arange(windows.conv(x, filters, *where).size, dtype="f")).reshape(windows.conv(x, filters, *where).shape)
    _same("conv", x, filters, *where)
    _same("conv_bias", x, filters, bias, *where, relu)
    _same("conv_input_grad", x.shape, filters, dy, *where)
    _same("conv_filter_grad", x, filters.shape, dy, *where)


@st.composite
def narrow_convolutions(draw):
    """As `convolutions`, of those that Winograd's minimal filtering takes."""
    window = [draw(st.sampled_from([3, 5]))] * 2
    space = [draw(st.integers(window[0], 19)) for _ in window]
    pads = draw(st.sampled_from([[(0, 0)] * 2, [(window[0] // 2,) * 2] * 2, [(window[0] - 1, 0), (1, 2)]]))
    channels, outputs = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    numbers = np.random.RandomState(draw(st.integers(0, 2**20)))
    x = numbers.standard_normal((draw(st.integers(0, 4)), *space, channels)).astype("f")
    filters = numbers.standard_normal((*window, channels, outputs)).astype("f")
    return x, filters, (1, 1), pads, (1, 1)


@needs_native
@settings(max_examples=25, deadline=None)
@given(narrow_convolutions(), st.booleans())
def test_minimal_filtering(case, relu):
    """To 5e-5 of the greatest result: products of polynomials' values are greater than what their sums leave, most of all for 5x5."""
    x, filters, *where = case
    bias = np.linspace(-1, 1, filters.shape[-1]).astype("f")
    shape = windows.conv(x, filters, *where).shape
    dy = np.cos(np.arange(np.prod(shape), dtype="f")).reshape(shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "chosen", lambda *_: True)
        _same("conv_bias", x, filters, bias, *where, relu, tolerance=5e-5)
        _same("conv_input_grad", x.shape, filters, dy, *where, tolerance=5e-5)
        _same("conv_filter_grad", x, filters.shape, dy, *where, tolerance=5e-5)


def test_minimal_filtering_is_for_wide_convolutions(monkeypatch):
    monkeypatch.delenv("CAUDAL_WINOGRAD", raising=False)
    assert winograd.chosen(50, (14, 14), (5, 5), 64, 128, (1, 1))
    assert not winograd.chosen(50, (14, 14), (5, 5), 64, 128, (2, 2))
    assert not winograd.chosen(50, (14, 14), (7, 7), 64, 128, (1, 1))
    assert not winograd.chosen(50, (28, 28), (5, 5), 1, 64, (1, 1))
    assert not winograd.chosen(0, (14, 14), (5, 5), 64, 128, (1, 1))
    monkeypatch.setenv("CAUDAL_WINOGRAD", "0")
    assert not winograd.chosen(50, (14, 14), (5, 5), 64, 128, (1, 1))


@needs_native
@settings(max_examples=25, deadline=None)
@given(convolutions())
def test_pooling(case):
    x, filters, *where = case
    where = (filters.shape[:2], *where[:2])
    x = np.maximum(np.round(x, 1), 0)  # equal elements: the slope goes to the first
    y = windows.max_pool(x, *where)
    dy = np.cos(np.arange(y.size, dtype="f")).reshape(y.shape)
    _same("max_pool", x, *where)
    _same("max_pool_grad", x, y, dy, *where)
    _same("max_pool_relu_grad", x, y, dy, *where)
    _same("relu_bias_grad", dy, y)
    _same("avg_pool", x, *where)
    _same("avg_pool_grad", x.shape, dy, *where)


_STREAMS = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.sampled_from([0, 7, 2**32 - 9, 2**64 - 5])).map(
    lambda numbers: np.array(numbers, np.uint64)
)
_DRAWS = {
    "words": lambda stream, n: philox.bits(np, stream, n),
    "uniform": lambda stream, n: philox.uniform(np, stream, (n, 3), np.float32)[0],
    "normal": lambda stream, n: philox.normal(np, stream, (3, n), np.float32)[0],
    "truncated": lambda stream, n: draws.truncated_normal(stream, (n,), np.float32)[0],
}


@needs_native
@pytest.mark.parametrize("kind", _DRAWS)
@settings(max_examples=25, deadline=None)
@given(_STREAMS, st.integers(0, 3000))
def test_draws_are_numpys_to_the_bit(kind, stream, n):
    found = _DRAWS[kind](stream, n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "library", lambda: None)
        wanted = _DRAWS[kind](stream, n)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@needs_native
@settings(max_examples=60, deadline=None)
@given(_STREAMS, st.sampled_from([1, 2, 3, 10, 100, 50_000, 2**40]), st.integers(0, 300), st.booleans(), st.integers(0, 5))
def test_classes_are_those_drawn_one_by_one(stream, most, number, unique, rows):
    number = min(number, -(-most // 2)) if unique else number
    true = (np.arange(2 * rows) * 7 % most).reshape(rows, 2)
    found = samplers.sample(samplers.LogUniform(most), stream, true, number, unique)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "library", lambda: None)
        wanted = samplers.sample(samplers.LogUniform(most), stream, true, number, unique)
    for one, other in zip(found, wanted, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other) if one.dtype != np.float32 else np.testing.assert_allclose(
            one, other, rtol=2e-7
        )


@needs_native
def test_slopes_are_the_convolutions_own():
    """Against differences in float64: a convolution is linear, so any step does."""
    numbers = np.random.RandomState(3)
    x, filters = numbers.standard_normal((2, 7, 6, 3)).astype("f"), numbers.standard_normal((3, 2, 3, 9)).astype("f")
    where = (2, 1), [(1, 0), (0, 1)], (1, 1)
    dy = numbers.standard_normal(windows.conv(x, filters, *where).shape).astype("f")
    dx, dw = numbers.standard_normal(x.shape), numbers.standard_normal(filters.shape)
    by_input = compiled_windows.conv_input_grad(x.shape, compiled.asarray(filters), compiled.asarray(dy), *where)
    by_filters = compiled_windows.conv_filter_grad(compiled.asarray(x), filters.shape, compiled.asarray(dy), *where)
    np.testing.assert_allclose((windows.conv(dx, filters, *where) * dy).sum(), (by_input * dx).sum(), rtol=1e-5)
    np.testing.assert_allclose((windows.conv(x, dw, *where) * dy).sum(), (by_filters * dw).sum(), rtol=1e-5)


# --- joined nodes -----------------------------------------------------------------------------------------------------


def _net():
    """(image, tensors by name, step) of a small convnet with a bias, a ReLU and pooling."""
    x = tf.placeholder(tf.float32, [None, 9, 9, 3])
    kernel = tf.Variable(np.random.RandomState(0).standard_normal((3, 3, 3, 10)).astype("f"))
    bias = tf.Variable(np.linspace(-1, 1, 10).astype("f"))
    sums = tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME")
    biased = tf.nn.bias_add(sums, bias)
    active = tf.nn.relu(biased)
    pooled = tf.nn.max_pool(active, [1, 3, 3, 1], [1, 2, 2, 1], "VALID")
    again = tf.nn.relu(
        tf.nn.bias_add(tf.nn.conv2d(pooled, tf.ones([2, 2, 10, 4]) / 9, [1, 1, 1, 1], "VALID"), tf.Variable(tf.zeros([4])))
    )
    loss = tf.reduce_sum(tf.square(again))
    slopes = tf.gradients(loss, [kernel, bias, active, sums])
    step = tf.train.GradientDescentOptimizer(1e-4).minimize(loss)
    return x, {"sums": sums, "biased": biased, "active": active, "pooled": pooled, "loss": loss, "slopes": slopes}, step


def _run(names, feed=()):
    """What `names` give in two steps of training, and the joined nodes' types."""
    image = np.random.RandomState(1).standard_normal((4, 9, 9, 3)).astype("f")
    with tf.Graph().as_default(), tf.Session() as session:
        x, tensors, step = _net()
        feeds = {x: image} | {tensors[name]: np.full((4, 9, 9, 10), 0.5, "f") for name in feed}
        session.run(tf.global_variables_initializer())
        return [session.run([[tensors[n] for n in names], step], feeds)[0] for _ in range(2)]


@needs_native
@pytest.mark.parametrize(
    "names", [("loss",), ("loss", "slopes"), ("sums", "biased", "active"), ("biased", "pooled", "loss"), ("slopes",)]
)
@pytest.mark.parametrize("feed", [(), ("biased",), ("active",)])
def test_joined_nodes_change_nothing(names, feed, monkeypatch):
    joined = _run(names, feed)
    monkeypatch.setattr(fusions, "ROWS", {})
    apart = _run(names, feed)
    for one, two in zip(jax.tree.leaves(joined), jax.tree.leaves(apart), strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-5, atol=2e-5)


@needs_native
def test_nodes_are_joined(monkeypatch):
    found = []
    made = fusions.made_of
    monkeypatch.setattr(fusions, "made_of", lambda one: found.append(one.definition.name) or made(one))
    _run(["loss"])
    assert {"_Conv2DBias", "_MaxPoolReluGrad", "_ReluBiasGrad"} <= set(found)


# --- without, and under the sanitizers ------------------------------------------------------------------------------------

_PROGRAM = """
import numpy as np
import caudal as tf
from caudal.backend import native
x = tf.constant(np.arange(32, dtype="f").reshape(1, 4, 4, 2))
y = tf.nn.max_pool(tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, tf.Variable(tf.ones([3, 3, 2, 5])), [1] * 4, "SAME"), [1.0] * 5)), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(native.status(), session.run(y).sum(), session.run(tf.gradients(y, x))[0].sum())
"""


@pytest.mark.parametrize("switch, word", [("0", "off"), ("portable", "portable")])
def test_other_instruction_sets_and_none(switch, word):
    if switch != "0" and not native.ready():
        pytest.skip(native.status())
    environment = os.environ | {"CAUDAL_NATIVE": switch}
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(word)
    assert [float(n) for n in done.stdout.split()[-2:]] == _of_program()


def _of_program():
    """The numbers that the program prints, by NumPy."""
    x, filters = np.arange(32, dtype="f").reshape(1, 4, 4, 2), np.ones([3, 3, 2, 5], "f")
    where, tiles = ((1, 1), [(1, 1), (1, 1)], (1, 1)), ((2, 2), (2, 2), [(0, 0), (0, 0)])
    active = windows.conv_bias(x, filters, np.ones(5, "f"), *where, True)
    y = windows.max_pool(active, *tiles)
    slope, _ = windows.max_pool_relu_grad(active, y, np.ones_like(y), *tiles)
    return [y.sum(), windows.conv_input_grad(x.shape, filters, slope, *where).sum()]


def test_a_missing_library_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("CAUDAL_NATIVE", "")
    monkeypatch.setenv("CAUDAL_NATIVE_LIBRARY", str(tmp_path / "none.so"))
    library, words = native._library.__wrapped__()
    assert library is None and "not built" in words and "none.so" in words


def test_a_library_of_another_version_is_said(monkeypatch):
    """A source tree that went on without its library works without it; the sources' handlers are those that are asked for."""
    if not native.ready():
        pytest.skip(native.status())
    monkeypatch.setattr(native, "_HANDLERS", [*native._HANDLERS, "of_tomorrow"])
    library, words = native._library.__wrapped__()
    assert library is None and "lacks of_tomorrow" in words and "make native" in words
    names = set(
        re.findall(r"^CAUDAL_(?:HANDLER|UPDATE)\((\w+)", "".join(map(_text, SOURCES.glob("handlers_*.cc"))), re.MULTILINE)
    )
    assert names == {*native._HANDLERS} - {"of_tomorrow"}
    assert {*re.findall(r"^CAUDAL_CALL caudal_(\w+)", _text(SOURCES / "calls.cc"), re.MULTILINE)} == {*native._CALLS}


def _text(path):
    return path.read_text(encoding="utf-8")


def test_kernels_under_the_sanitizers(tmp_path):
    cmake = shutil.which("cmake", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    if cmake is None or not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("no cmake or no C++ compiler")
    subprocess.run([cmake, "-S", SOURCES, "-B", tmp_path, "-DCAUDAL_SANITIZE=ON"], check=True, capture_output=True)
    subprocess.run([cmake, "--build", tmp_path, "--parallel", "2"], check=True, capture_output=True)
    done = subprocess.run([tmp_path / "caudal_driver", "60"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
