"""What this machine has, where tests may write, and how long things take."""

import contextlib
import os
import sys
import tempfile
import time
import unittest

import numpy as np

from ..formats.proto import ConfigProto
from ..graph.graph import Operation, Tensor
from ..ground import nest
from ..ground.api import constant, export
from ..ground.late import Late
from ..run.devices import listed

__all__ = ["Benchmark", "StubOutForTesting", "get_temp_dir", "is_gpu_available", "main"]

constant(Late("unittest.mock"), "test.mock")


@export("test.is_gpu_available")
def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """Whether there is a GPU that runs can use.

    Args:
      cuda_only: accepted: all GPUs here are CUDA's.
      min_cuda_compute_capability: accepted.
    """
    del cuda_only, min_cuda_compute_capability
    return bool(gpu_device_name())


@export("test.gpu_device_name")
def gpu_device_name():
    """The name of the first GPU, '/device:GPU:0'; '' if there is none."""
    names = [d.name for d in listed() if d.device_type == "GPU"]
    return "/device:" + names[0].split("device:")[-1] if names else ""


@export("test.is_built_with_cuda")
def is_built_with_cuda():
    """Whether the compiler that this runs on drives CUDA's GPUs."""
    return is_gpu_available()


@export("test.is_built_with_gpu_support")
def is_built_with_gpu_support():
    """Whether the compiler that this runs on drives GPUs."""
    return is_gpu_available()


@export("test.is_built_with_rocm")
def is_built_with_rocm():
    """Whether the compiler that this runs on drives ROCm's GPUs: no."""
    return False


_FOLDER: list[str] = []


@export("test.get_temp_dir")
def get_temp_dir():
    """A folder for the files of this process's tests."""
    if not _FOLDER:
        _FOLDER.append(tempfile.mkdtemp(prefix="caudal_test_", dir=os.environ.get("TEST_TMPDIR")))
    return _FOLDER[0]


@export("test.test_src_dir_path")
def test_src_dir_path(relative_path):
    """The path of a file of the tests, from where they are run."""
    return os.path.join(os.getcwd(), relative_path)


@export("test.main")
def main(argv=None):
    """Runs the tests of the program's own module, and ends the process.

    Args:
      argv: the command line; `sys.argv` if None.
    """
    return unittest.main(module="__main__", argv=sys.argv if argv is None else argv)


@export("test.benchmark_config")
def benchmark_config():
    """A `ConfigProto` for benchmarks."""
    return ConfigProto()


@export("test.Benchmark")
class Benchmark:
    """A base class for benchmarks: methods whose names begin with "benchmark"."""

    def __init__(self):
        pass  # it takes no arguments

    @classmethod
    def is_abstract(cls):
        """Whether the class is `Benchmark` itself."""
        return cls is Benchmark

    def report_benchmark(self, iters=None, cpu_time=None, wall_time=None, throughput=None, extras=None, name=None, metrics=None):
        """Prints what a benchmark found.

        Args:
          iters: how often it ran; cpu_time, wall_time: seconds; throughput: MB a second.
          extras: a dict of more; name: the benchmark's name; metrics: a list of dicts of more.
        """
        name = name or sys._getframe(1).f_code.co_name
        given = {
            "iters": iters,
            "cpu_time": cpu_time,
            "wall_time": wall_time,
            "throughput": throughput,
            "extras": extras,
            "metrics": metrics,
        }
        shown = ", ".join(f"{k}: {v}" for k, v in given.items() if v is not None)
        print(f"{type(self).__name__}.{name} {{{shown}}}")

    def evaluate(self, tensors):
        """Values stay what they are: there is no eager mode."""
        return nest.map_structure(lambda x: x.numpy() if hasattr(x, "numpy") else x, tensors)

    def run_op_benchmark(
        self,
        sess,
        op_or_tensor,
        feed_dict=None,
        burn_iters=2,
        min_iters=10,
        store_trace=False,
        store_memory_usage=True,
        name=None,
        extras=None,
        mbs=0,
    ):
        """Runs an op again and again, and reports the median of its seconds.

        Args:
          sess: the session.
          op_or_tensor: what is run; feed_dict: with what.
          burn_iters: runs that don't count; min_iters: runs that do.
          store_trace, store_memory_usage: accepted.
          name: the benchmark's name; extras: a dict of more; mbs: MB that a run moves.

        Returns:
          A dict of what is reported.
        """
        target = op_or_tensor.op if isinstance(op_or_tensor, Tensor) else op_or_tensor
        assert isinstance(target, Operation), op_or_tensor
        for _ in range(burn_iters):
            sess.run(target, feed_dict)
        took = []
        for _ in range(min_iters):
            begun = time.time()
            sess.run(target, feed_dict)
            took.append(time.time() - begun)
        median = float(np.median(took))
        made = {
            "iters": min_iters,
            "wall_time": median,
            "extras": dict(extras or {}),
            "name": name or sys._getframe(1).f_code.co_name,
            "throughput": mbs / median if median else None,
        }
        self.report_benchmark(**made)
        return made


@export("test.StubOutForTesting")
class StubOutForTesting:
    """Puts something else in the place of attributes, for a time; a context manager."""

    def __init__(self):
        self._set, self._smart = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.CleanUp()

    def CleanUp(self):  # noqa: N802  # TF's name
        """Puts everything back."""
        self.UnsetAll()
        self.SmartUnsetAll()

    def Set(self, parent, child_name, new_child):  # noqa: N802  # TF's name
        """Puts `new_child` in the place of an attribute of a module or a class."""
        old = vars(parent).get(child_name, getattr(parent, child_name))
        self._set.append((parent, old, child_name))
        setattr(parent, child_name, new_child)

    def UnsetAll(self):  # noqa: N802  # TF's name
        """Puts back what `Set` replaced."""
        while self._set:
            parent, old, name = self._set.pop()
            setattr(parent, name, old)

    def SmartSet(self, obj, attr_name, new_attr):  # noqa: N802  # TF's name
        """Puts `new_attr` in the place of an attribute, where the object's class or a base has it.

        Raises:
          AttributeError: there is no such attribute.
        """
        holders = [obj, *(obj.__mro__ if isinstance(obj, type) else type(obj).__mro__)]
        for holder in holders:
            with contextlib.suppress(KeyError, TypeError):
                self._smart.append((holder, vars(holder)[attr_name], attr_name))
                setattr(holder, attr_name, new_attr)
                return
        raise AttributeError("Attribute not found.")

    def SmartUnsetAll(self):  # noqa: N802  # TF's name
        """Puts back what `SmartSet` replaced."""
        while self._smart:
            holder, old, name = self._smart.pop()
            setattr(holder, name, old)
