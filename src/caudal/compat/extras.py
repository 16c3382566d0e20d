"""Names that only TensorFlow's private modules have, and that programs took from there."""

import collections
import functools
import inspect

from ..build import initializers
from ..build.cond import smart_cond, smart_constant_value
from ..build.defun import Defun
from ..build.partitioned import PartitionedVariable
from ..build.scopes import variable_scope
from ..distributions import normal_tails
from ..feature_column import categorical, columns, crossed, dense, layers, numeric, sequences, vocabulary
from ..formats.proto.device_pb2 import DeviceAttributes
from ..graph import static
from ..graph.collection_protos import register_proto
from ..graph.convert import convert_to_tensor, register_tensor_conversion_function
from ..graph.graph import Tensor
from ..graph.name_scopes import prepend_scope, strip_scope
from ..ground import dtypes, nest
from ..ground.api import PUBLIC
from ..ground.errors import need
from ..ground.shapes import TensorShape, as_dimension, as_shape, unknown_shape
from ..layers.base import InputSpec
from ..ops.control import with_dependencies
from ..ops.flow import merge, switch
from ..ops.math import add_n
from ..ops.shape import rank_internal, shape_internal
from ..rnn.base import zero_states
from ..rnn.step import transpose_batch_time
from ..run import devices
from ..testing import modes
from ..train import moving_averages
from . import debugger
from .events_writer import EventsWriter
from .timeline import Timeline

__all__ = ["EXTRAS"]


def constant_value(tensor, partial=False):
    """The value of a tensor that constants alone decide, as an array; None if it is not known."""
    return static.python_value(tensor)


def constant_value_as_shape(tensor):
    """What is known of the shape that an int vector holds."""
    return TensorShape(static.python_shape(tensor))


def is_tensor(x):
    """Whether `x` is a tensor."""
    return isinstance(x, Tensor)


def list_local_devices(session_config=None):
    """The devices of this machine, as `DeviceAttributes` messages."""
    return [
        DeviceAttributes(
            name="/" + one.name.rpartition("/")[2],
            device_type=one.device_type,
            memory_limit=one.memory_limit_bytes,
            incarnation=one.incarnation,
        )
        for one in devices.listed()
    ]


def convert_n_to_tensor(values, dtype=None, name=None, preferred_dtype=None):
    """Each of `values` as a tensor; None stays None."""
    return [
        None if v is None else convert_to_tensor(v, dtype, None if name is None else f"{name}_{k}", preferred_dtype)
        for k, v in enumerate(values)
    ]


def register_proto_function(collection_name, proto_type=None, to_proto=None, from_proto=None):
    """What lies in a collection is written to MetaGraphs by `to_proto` and read by `from_proto`.

    Args:
      collection_name: the collection.
      proto_type: the class of the messages.
      to_proto: (object, export_scope=) -> message.
      from_proto: (message, import_scope=) -> object.

    Raises:
      TypeError: what is to convert can't be called.
    """
    for function, name in ((to_proto, "to_proto"), (from_proto, "from_proto")):
        need(function is None or callable(function), f"{name} must be callable.", kind=TypeError)
    register_proto(collection_name, proto_type, to_proto, from_proto)


def pure_variable_scope(name_or_scope, reuse=None, **settings):
    """A variable scope that opens no name scope; the settings are `variable_scope`'s."""
    return variable_scope(name_or_scope, reuse=reuse, auxiliary_name_scope=False, **settings)


def _getargspec(function):
    """The positional arguments of a function, as Python told them before 3.11."""
    spec = inspect.getfullargspec(function)
    return _ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


_ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")


def _inspection():
    public = {name: value for name, value in vars(inspect).items() if callable(value) and not name.startswith("_")}
    return {**public, "ArgSpec": _ArgSpec, "getargspec": _getargspec}


def _tensor_shape():
    return {
        "as_dimension": as_dimension,
        "as_shape": as_shape,
        "matrix": lambda rows, cols: TensorShape([rows, cols]),
        "scalar": lambda: TensorShape([]),
        "unknown_shape": lambda ndims=None, rank=None: unknown_shape(rank if rank is not None else ndims),
        "vector": lambda length: TensorShape([length]),
    }


_PAIRWISE = {"max": "maximum", "min": "minimum", "prod": "multiply"}


def _for_each(joined):
    """A function that gives each device of those that tensors are on what `joined` makes of these."""
    return lambda tensors: [joined(tensors)] * len(tensors)


_TEST_MODES = {
    "run_all_in_graph_and_eager_modes": modes.run_all_in_graph_and_eager_modes,
    "run_in_graph_and_eager_modes": modes.run_in_graph_and_eager_modes,
}

_COLUMNS = {
    name: getattr(file, name)
    for file in (categorical, columns, crossed, dense, numeric, sequences, vocabulary)
    for name in file.__all__
    if name.endswith("Column")
}
EXTRAS = {
    **debugger.MODULES,
    "contrib.eager.python.tfe": {
        "run_all_tests_in_graph_and_eager_modes": modes.run_all_in_graph_and_eager_modes,
        "run_test_in_graph_and_eager_modes": modes.run_in_graph_and_eager_modes,
    },
    "python.client.device_lib": {"list_local_devices": list_local_devices},
    "python.client.timeline": {"Timeline": Timeline},
    "python.eager.context": {"executing_eagerly": lambda: False, "in_graph_mode": lambda: True},
    "python.feature_column.feature_column": {
        "InputLayer": layers.InputLayer,
        "_LazyBuilder": columns.Features,
        **{f"_{base}": _COLUMNS[base] for base in ("FeatureColumn", "DenseColumn", "CategoricalColumn", "SequenceDenseColumn")},
    },
    "python.feature_column.feature_column_v2": _COLUMNS,
    "python.framework.function": {"Defun": Defun},
    "python.framework.ops": {
        "convert_n_to_tensor": convert_n_to_tensor,
        "internal_convert_to_tensor": convert_to_tensor,
        "prepend_name_scope": prepend_scope,
        "register_proto_function": register_proto_function,
        "register_tensor_conversion_function": register_tensor_conversion_function,
        "strip_name_scope": strip_scope,
    },
    "python.framework.smart_cond": {"smart_cond": smart_cond, "smart_constant_value": smart_constant_value},
    "python.framework.tensor_shape": _tensor_shape(),
    "python.framework.tensor_util": {
        "constant_value": constant_value,
        "constant_value_as_shape": constant_value_as_shape,
        "is_tensor": is_tensor,
        "shape_tensor": lambda shape: convert_to_tensor(shape, dtypes.int32, name="shape"),
    },
    "python.framework.test_util": _TEST_MODES,
    "python.layers.base": {"InputSpec": InputSpec},
    "python.layers.utils": {"constant_value": smart_constant_value, "smart_cond": smart_cond},
    "python.ops.array_ops": {"rank_internal": rank_internal, "shape_internal": shape_internal},
    "python.ops.control_flow_ops": {"merge": merge, "switch": switch, "with_dependencies": with_dependencies},
    "python.ops.init_ops": {k: getattr(initializers, k) for k in ("Constant", "Initializer", "Ones", "Zeros")},
    "python.ops.distributions.special_math": {name: getattr(normal_tails, name) for name in ("log_ndtr", "ndtr", "ndtri")},
    "python.ops.nccl_ops": {
        "all_sum": _for_each(add_n),
        **{f"all_{short}": _for_each(functools.partial(functools.reduce, PUBLIC[name])) for short, name in _PAIRWISE.items()},
        "reduce_sum": add_n,
        "broadcast": lambda tensor: tensor,
    },
    "python.ops.rnn_cell_impl": {"_zero_state_tensors": zero_states},
    "python.ops.variable_scope": {"_pure_variable_scope": pure_variable_scope},
    "python.ops.variables": {"PartitionedVariable": PartitionedVariable},
    "python.pywrap_tensorflow": {"EventsWriter": EventsWriter},
    "python.ops.rnn": {"_transpose_batch_time": transpose_batch_time},
    "python.training.moving_averages": {
        name: getattr(moving_averages, name) for name in ("assign_moving_average", "weighted_moving_average")
    },
    "python.util.tf_inspect": _inspection(),
    "python.util.nest": {k: getattr(nest, k) for k in dir(nest) if callable(getattr(nest, k)) and not k.startswith("_")},
}
