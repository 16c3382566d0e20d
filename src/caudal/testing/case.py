"""tf.test.TestCase: a unittest with a fresh graph, sessions, and assertions about arrays."""

import contextlib
import os
import random
import re
import threading
import unittest

import numpy as np

from ..graph.devices import canonical
from ..graph.graph import default_graph, default_session, reset_default_graph
from ..ground.api import export
from ..ground.dtypes import as_dtype
from ..ground.errors import OpError
from ..run.session import Session
from .machine import get_temp_dir

__all__ = ["TestCase", "assert_equal_graph_def"]

_SEED = 87654321


@export("test.assert_equal_graph_def", "compat.v1.test.assert_equal_graph_def")
def assert_equal_graph_def(actual, expected, checkpoint_v2=False, hash_table_shared_name=False):
    """Raises AssertionError unless two `GraphDef`s have the same nodes, in any order.

    Args:
      actual, expected: the graphs.
      checkpoint_v2: whether attributes of savers are left aside.
      hash_table_shared_name: whether shared names of tables are left aside.

    Raises:
      TypeError: no GraphDef; AssertionError: they differ.
    """
    for what, graph in (("actual", actual), ("expected", expected)):
        if not hasattr(graph, "node"):
            raise TypeError(f"Expected tf.GraphDef for {what}, got {type(graph).__name__}")
    found, wanted = ({n.name: _bare(n, checkpoint_v2, hash_table_shared_name) for n in g.node} for g in (actual, expected))
    for name in wanted.keys() ^ found.keys():
        raise AssertionError(f"Node {name!r} is in only one of the graphs")
    for name, node in wanted.items():
        if found[name] != node:
            raise AssertionError(f"Nodes differ: {found[name]} for {node}")


def _bare(node, checkpoint_v2, shared_name):
    copy = type(node)()
    copy.CopyFrom(node)
    if checkpoint_v2 and node.name.startswith("save"):
        copy.attr.clear()
    if shared_name and node.op == "HashTableV2":
        copy.attr.pop("shared_name", None)
    inputs = sorted(i for i in copy.input if i.startswith("^"))
    plain = [i for i in copy.input if not i.startswith("^")]
    del copy.input[:]
    copy.input.extend(plain + inputs)
    return copy


class _Checked(threading.Thread):
    """A thread whose errors fail the test when it is joined."""

    def __init__(self, case, target, args, kwargs):
        super().__init__()
        self._case, self._work, self._error = case, lambda: target(*(args or ()), **(kwargs or {})), None

    def run(self):
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  # told when it is joined
            self._error = error

    def join(self, timeout=None):
        super().join(timeout)
        if self._error is not None:
            self._case.fail(f"Error in checkedThread: {self._error}")


class _Sessions(unittest.TestCase):
    """Graphs, sessions, files and threads of a test."""

    _cached = None

    def setUp(self):
        self._forget()
        random.seed(_SEED)
        np.random.seed(_SEED)
        reset_default_graph()
        default_graph().seed = _SEED

    def tearDown(self):
        self._forget()

    def _forget(self):
        if self._cached is not None:
            self._cached.close()
            self._cached = None

    def get_temp_dir(self):
        """A folder for this test's files."""
        path = os.path.join(get_temp_dir(), re.sub(r"\W", "_", self.id()))
        os.makedirs(path, exist_ok=True)
        return path

    @contextlib.contextmanager
    def session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """A context manager: a new session, closed at its end.

        Args:
          graph: its graph; the default one if None.
          config: a `ConfigProto`.
          use_gpu, force_gpu: whether ops may, or must, run on a GPU.
        """
        with Session(graph=graph, config=config) as made, self._placed(made, use_gpu, force_gpu):
            yield made

    @contextlib.contextmanager
    def cached_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """A context manager: the one session of this test, which stays open to its end; arguments as `session`'s."""
        if self._cached is None:
            self._cached = Session(graph=graph, config=config)
        with self._cached.as_default(), self._placed(self._cached, use_gpu, force_gpu):
            yield self._cached

    def test_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """`cached_session` without a graph, else `session`."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        kind = self.cached_session if graph is None else self.session
        return kind(graph, config, use_gpu, force_gpu)

    def _placed(self, made, use_gpu, force_gpu):
        return made.graph.device("/device:GPU:0" if force_gpu else None if use_gpu else "/cpu:0")

    def evaluate(self, tensors):
        """The values of a nest of tensors, in the default session (the test's own, if there is none)."""
        found = default_session()
        if found is not None:
            return found.run(tensors)
        with self.test_session() as made:
            return made.run(tensors)

    def checkedThread(self, target, args=None, kwargs=None):  # noqa: N802  # TF's name
        """A thread whose errors fail the test when it is joined."""
        return _Checked(self, target, args, kwargs)


def _near(a, b, rtol, atol):
    return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


@export("test.TestCase")
class TestCase(_Sessions):
    """A unittest in whose tests graphs are made and run. Each begins with an empty default graph and the same seeds."""

    def _array(self, x):
        """A tensor's value, or a nest of numbers, as an array."""
        x = self.evaluate(x) if hasattr(x, "op") or hasattr(x, "_as_graph_element") else x
        return x if isinstance(x, np.ndarray) else np.array(x)

    # --- arrays -----------------------------------------------------------------------------------------

    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):  # noqa: N802  # TF's name
        """Fails unless two nests hold nearly the same numbers: `|a - b| <= atol + rtol * |b|`."""
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
            return
        if isinstance(a, (list, tuple)) and _uneven(a):
            self.assertEqual(len(a), len(b), msg)
            for one, other in zip(a, b, strict=True):
                self.assertAllClose(one, other, rtol, atol, msg)
            return
        a, b = self._array(a), self._array(b)
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}")
        if not _near(a, b, rtol, atol):
            off = np.abs(a - b) > atol + rtol * np.abs(b)
            off |= np.isnan(a) != np.isnan(b)
            words = f"not close where = {np.where(off)}\nnot close lhs = {a[off]}\nnot close rhs = {b[off]}"
            self.fail(f"Not equal to tolerance rtol={rtol:g}, atol={atol:g}. {msg or ''}\n{words}")

    def assertNotAllClose(self, a, b, **kwargs):  # noqa: N802  # TF's name
        """Fails if two nests hold nearly the same numbers."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def assertAllCloseAccordingToType(  # noqa: N802  # TF's name
        self,
        a,
        b,
        rtol=1e-6,
        atol=1e-6,
        float_rtol=1e-6,
        float_atol=1e-6,
        half_rtol=1e-3,
        half_atol=1e-3,
        bfloat16_rtol=1e-2,
        bfloat16_atol=1e-2,
        msg=None,
    ):
        """`assertAllClose` with a tolerance for the narrower of the two dtypes."""
        a, b = self._array(a), self._array(b)
        names = {a.dtype.name, b.dtype.name}
        limits = [(rtol, atol)]
        limits += [(float_rtol, float_atol)] if names & {"float32", "complex64"} else []
        limits += [(half_rtol, half_atol)] if "float16" in names else []
        limits += [(bfloat16_rtol, bfloat16_atol)] if "bfloat16" in names else []
        self.assertAllClose(a, b, max(r for r, _ in limits), max(t for _, t in limits), msg)

    def assertAllEqual(self, a, b, msg=None):  # noqa: N802  # TF's name
        """Fails unless two arrays are equal, NaN being equal to itself."""
        a, b = self._array(a), self._array(b)
        if b.ndim <= 3 or b.size < 500:
            self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {b.shape}, got {a.shape}. {msg or ''}")
        if a.dtype.kind in "OSU" or b.dtype.kind in "OSU":
            a, b = (_as_bytes(x) for x in (a, b))
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = np.logical_or(same, np.logical_and(np.isnan(a), np.isnan(b)))
        if not np.all(same):
            off = np.logical_not(same)
            words = (
                f"not equal where = {np.where(off)}\nnot equal lhs = {np.asarray(a)[off]}\nnot equal rhs = {np.asarray(b)[off]}"
            )
            self.fail(f"Arrays are not equal. {msg or ''}\n{words}")

    def assertNotAllEqual(self, a, b, msg=None):  # noqa: N802  # TF's name
        """Fails if two arrays are equal."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def assertAllGreater(self, a, comparison_target):  # noqa: N802  # TF's name
        """Fails unless all elements are above a number."""
        self.assertGreater(np.min(self._array(a)), comparison_target)

    def assertAllGreaterEqual(self, a, comparison_target):  # noqa: N802  # TF's name
        """Fails if an element is below a number."""
        self.assertGreaterEqual(np.min(self._array(a)), comparison_target)

    def assertAllLess(self, a, comparison_target):  # noqa: N802  # TF's name
        """Fails unless all elements are below a number."""
        self.assertLess(np.max(self._array(a)), comparison_target)

    def assertAllLessEqual(self, a, comparison_target):  # noqa: N802  # TF's name
        """Fails if an element is above a number."""
        self.assertLessEqual(np.max(self._array(a)), comparison_target)

    def assertAllInRange(  # noqa: N802  # TF's name
        self, target, lower_bound, upper_bound, open_lower_bound=False, open_upper_bound=False
    ):
        """Fails unless all elements are between two numbers, these included unless said otherwise."""
        target = self._array(target)
        low = target <= lower_bound if open_lower_bound else target < lower_bound
        high = target >= upper_bound if open_upper_bound else target > upper_bound
        if np.any(low | high | np.isnan(target)):
            self.fail(f"Some elements are out of range: {target[low | high]}")

    def assertAllInSet(self, target, expected_set):  # noqa: N802  # TF's name
        """Fails unless all elements are in a set."""
        others = set(self._array(target).reshape(-1).tolist()) - set(expected_set)
        self.assertFalse(others, f"{len(others)} unique element(s) are not in the set {expected_set}: {others}")

    def assertArrayNear(self, farray1, farray2, err, msg=None):  # noqa: N802  # TF's name
        """Fails unless two lists of numbers differ by `err` at most, element by element."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for a, b in zip(farray1, farray2, strict=True):
            self.assertNear(float(a), float(b), err, msg)

    def assertNDArrayNear(self, ndarray1, ndarray2, err, msg=None):  # noqa: N802  # TF's name
        """Fails unless the distance of two arrays is below `err`."""
        self.assertTrue(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)) < err, msg)

    def assertNear(self, f1, f2, err, msg=None):  # noqa: N802  # TF's name
        """Fails unless two numbers differ by `err` at most."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r} {msg or ''}")

    # --- tensors, errors, messages --------------------------------------------------------------------------

    def assertDTypeEqual(self, target, expected_dtype):  # noqa: N802  # TF's name
        """Fails unless an array or a tensor has a dtype."""
        kind = as_dtype(target.dtype if hasattr(target, "dtype") else self._array(target).dtype)
        self.assertEqual(kind, as_dtype(expected_dtype))

    def assertShapeEqual(self, np_array, tf_tensor, msg=None):  # noqa: N802  # TF's name
        """Fails unless an array has a tensor's static shape."""
        if not isinstance(np_array, (np.ndarray, np.generic)):
            raise TypeError("np_array must be a Numpy ndarray or Numpy scalar")
        self.assertAllEqual(list(np_array.shape), tf_tensor.get_shape().as_list(), msg=msg)

    def assertDeviceEqual(self, device1, device2, msg=None):  # noqa: N802  # TF's name
        """Fails unless two device strings say the same."""
        one, other = (canonical(d) for d in (device1, device2))
        self.assertEqual(one, other, f"Devices {one} and {other} are not equal. {msg or ''}")

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(self, exception_type, expected_err_re_or_predicate):  # noqa: N802  # TF's name
        """A context manager: fails unless an exception is raised whose words a pattern or a function finds right."""
        fits = expected_err_re_or_predicate
        try:
            yield
        except exception_type as error:
            words = error.message if isinstance(error, OpError) else str(error)
            right = fits(error) if callable(fits) else re.search(fits, words)
            if not right:
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        else:
            self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate):  # noqa: N802  # TF's name
        """A context manager: fails unless an op fails with such words."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def assertProtoEquals(self, expected_message_maybe_ascii, message, msg=None):  # noqa: N802  # TF's name
        """Fails unless two messages are equal; the first may be text, in which white space doesn't count."""
        expected, found = (" ".join(str(one).split()) for one in (expected_message_maybe_ascii, message))
        self.assertEqual(expected, found, msg)

    # --- from absl ------------------------------------------------------------------------------------------

    def assertLen(self, container, expected_len, msg=None):  # noqa: N802  # TF's name
        """Fails unless a container has a length."""
        self.assertEqual(
            len(container), expected_len, msg or f"{container!r} has length of {len(container)}, expected {expected_len}."
        )

    def assertEmpty(self, container, msg=None):  # noqa: N802  # TF's name
        """Fails unless a container is empty."""
        self.assertFalse(len(container), msg or f"{container!r} has length of {len(container)}.")

    def assertNotEmpty(self, container, msg=None):  # noqa: N802  # TF's name
        """Fails if a container is empty."""
        self.assertTrue(len(container), msg or f"{container!r} has length of 0.")

    def assertStartsWith(self, actual, expected_start, msg=None):  # noqa: N802  # TF's name
        """Fails unless a text begins with another."""
        self.assertTrue(actual.startswith(expected_start), msg or f"{actual!r} does not start with {expected_start!r}")

    def assertEndsWith(self, actual, expected_end, msg=None):  # noqa: N802  # TF's name
        """Fails unless a text ends with another."""
        self.assertTrue(actual.endswith(expected_end), msg or f"{actual!r} does not end with {expected_end!r}")

    def assertBetween(self, value, minv, maxv, msg=None):  # noqa: N802  # TF's name
        """Fails unless a number is between two others, these included."""
        self.assertTrue(minv <= value <= maxv, msg or f"{value!r} unexpectedly not between {minv!r} and {maxv!r}")

    def assertContainsSubset(self, expected_subset, actual_set, msg=None):  # noqa: N802  # TF's name
        """Fails unless a set holds another."""
        missing = set(expected_subset) - set(actual_set)
        self.assertFalse(missing, msg or f"Missing elements {missing}")

    def assertSameElements(self, expected_seq, actual_seq, msg=None):  # noqa: N802  # TF's name
        """Fails unless two sequences hold the same elements, however often."""
        self.assertEqual(set(expected_seq), set(actual_seq), msg)

    def assertItemsEqual(self, first, second, msg=None):  # noqa: N802  # TF's name
        """Fails unless two sequences hold the same elements as often, in any order."""
        self.assertCountEqual(first, second, msg)

    def assertSameStructure(self, a, b, aname="a", bname="b", msg=None):  # noqa: N802  # TF's name
        """Fails unless two nests are equal."""
        self.assertEqual(a, b, msg or f"{aname} and {bname} differ")


def _uneven(values):
    """Whether a list holds what doesn't make one array."""
    try:
        return np.array(values).dtype == object
    except ValueError:
        return True


def _as_bytes(x):
    flat = [v.encode() if isinstance(v, str) else v for v in x.reshape(-1).tolist()]
    out = np.empty(len(flat), object)
    out[:] = flat
    return out.reshape(x.shape)
