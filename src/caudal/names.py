"""Hangs every exported object under its public name: `tf.nn.relu`, `tf.contrib.slim.conv2d`, as modules. A name that
TF 1.15 has and we have not is there too, and says so when it is used."""

import functools
import importlib.util
import os
import sys
import types

from .ground.api import PUBLIC

__all__ = ["Missing", "hang", "is_module"]

_LIST = os.path.join(os.path.dirname(__file__), "api_names.txt")
_WHOLE = {"estimator", "keras"}  # modules of TF 1.15 whose single names are not in the list
_WHOLE |= {
    "contrib." + name
    for name in (
        "all_reduce autograph batching bayesflow bigtable boosted_trees checkpoint cloud cluster_resolver coder compiler "
        "constrained_optimization copy_graph cudnn_rnn decision_trees deprecated distribute distributions eager estimator factorization "
        "feature_column ffmpeg fused_conv gan graph_editor grid_rnn hadoop hooks image input_pipeline integrate kafka keras kernel_methods "
        "kinesis labeled_tensor learn libsvm linear_optimizer memory_stats mixed_precision model_pruning nearest_neighbor optimizer_v2 "
        "periodic_resample predictor proto quantization quantize receptive_field recurrent reduce_slice_ops remote_fused_graph resampler "
        "rpc saved_model session_bundle solvers sparsemax specs staging stat_summarizer stateless summary tensor_forest "
        "tensorboard tensorrt testing text tfprof timeseries tpu util"
    ).split()
}


@functools.cache
def _known():
    """All public names of TF 1.15, and the modules that hold them."""
    with open(_LIST, encoding="utf-8") as file:
        names = {line.strip() for line in file}
    return names, {name.rsplit(".", k)[0] for name in names for k in range(1, name.count(".") + 1)} | _WHOLE


def is_module(path):
    """Whether TF 1.15 shows a module there, so that what has this path with us is not merely a file of ours."""
    return path in _known()[1]


def _in_whole(path):
    """Whether a module is one of `_WHOLE`, or lies in one."""
    return any(path == name or path.startswith(name + ".") for name in _WHOLE)


class Missing:
    """A public name of TF 1.15 that is not made yet: using it raises NotImplementedError."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def _refuse(self, *_, **__):
        raise NotImplementedError(
            f"tf.{self._name} is part of TensorFlow 1.15 and is not made in Caudal yet. docs/differences.md lists what is missing."
        )

    __call__ = __enter__ = __getitem__ = __iter__ = __mro_entries__ = __setattr__ = _refuse

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refuse()

    def __repr__(self):
        return f"<tf.{self._name}, which is not made yet>"


def hang(root):
    """Puts all of `PUBLIC` under the package `root`, making modules where a name has dots; and `compat.v1` over all."""
    for name, what in PUBLIC.items():
        *path, last = name.removeprefix("compat.v1.").split(".")
        setattr(_module(root, path), last, what)
    _watch(sys.modules[root], "")
    v1 = types.ModuleType(root + ".compat.v1", "All of tf under its later name.")
    compat = _module(root, ["compat"])
    v1.__dict__.update({k: v for k, v in sys.modules[root].__dict__.items() if not k.startswith("__")})
    v1.__version__ = sys.modules[root].__version__
    v1.__path__ = []
    v1.__getattr__ = sys.modules[root].__getattr__
    compat.v1 = sys.modules[root + ".compat.v1"] = v1


def _module(root, path):
    """The module at `path` below `root`, made if it isn't there."""
    module, name = sys.modules[root], root
    for part in path:
        name += "." + part
        if name not in sys.modules and importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
        if name not in sys.modules:
            made = types.ModuleType(name, f"The public names of {name.replace(root, 'tf', 1)}.")
            made.__path__ = []  # so that it may have modules below
            sys.modules[name] = made
            _watch(made, name[len(root) + 1 :])
        elif not hasattr(sys.modules[name], "__getattr__"):
            _watch(sys.modules[name], name[len(root) + 1 :])
        setattr(module, part, sys.modules[name])
        module = sys.modules[name]
    return module


def _watch(module, path):
    """A name that the module hasn't got is missing, or was never there."""

    def __getattr__(name):
        full = f"{path}.{name}" if path else name
        if not name.startswith("__"):
            names, modules = _known()
            if full in modules:
                return _module(module.__name__.split(".")[0], full.split("."))
            if full in names or _in_whole(path):
                return Missing(full)
        raise AttributeError(f"module 'tensorflow{'.' + path if path else ''}' has no attribute {name!r}")

    module.__getattr__ = __getattr__
