"""tensorflow.python.debug: TF's debugger, of which only the look for bad numbers is made; its other names say so when they are used."""

import numpy as np

from ..names import Missing

__all__ = ["MODULES", "has_inf_or_nan"]

_HOME = "python.debug"
_NAMES = {  # module below python.debug: what debug shows of it
    "lib.debug_data": "DebugDumpDir DebugTensorDatum load_tensor_from_event load_tensor_from_event_file",
    "lib.debug_gradients": "GradientsDebugger",
    "lib.debug_graphs": "reconstruct_non_debug_graph_def",
    "lib.debug_utils": "add_debug_tensor_watch watch_graph watch_graph_with_blacklists",
    "wrappers.dumping_wrapper": "DumpingDebugWrapperSession",
    "wrappers.framework": "WatchOptions",
    "wrappers.grpc_wrapper": "GrpcDebugWrapperSession TensorBoardDebugWrapperSession",
    "wrappers.hooks": "DumpingDebugHook GrpcDebugHook LocalCLIDebugHook TensorBoardDebugHook",
    "wrappers.local_cli_wrapper": "LocalCLIDebugWrapperSession",
}


def has_inf_or_nan(datum, tensor):
    """Whether an array has an infinity or a NaN among its numbers.

    Args:
      datum: where it comes from, which doesn't matter.
      tensor: the array.
    """
    return bool(isinstance(tensor, (np.ndarray, np.generic)) and tensor.dtype.kind in "fc" and not np.isfinite(tensor).all())


MODULES = {
    f"{_HOME}.{path}": {name: Missing(f"{_HOME}.{path}.{name}") for name in names.split()} for path, names in _NAMES.items()
}
MODULES[f"{_HOME}.lib.debug_data"]["has_inf_or_nan"] = has_inf_or_nan
MODULES |= {f"{_HOME}.lib": {}, f"{_HOME}.wrappers": {}}
MODULES[_HOME] = {name: what for module in MODULES.values() for name, what in module.items()}
