"""Where TensorFlow 1.15 keeps things inside itself, and under which public names the same things are.

A row: the path below `tensorflow`, and the public modules in which its names are looked for, "" for the root.
"""

__all__ = ["MODULES", "PLACES", "below"]

_ROOT = "client.session framework.ops framework.dtypes framework.tensor_shape framework.constant_op framework.random_seed \
framework.importer framework.load_library framework.indexed_slices framework.tensor_spec framework.common_shapes \
framework.tensor_util framework.smart_cond framework.versions framework.function framework.meta_graph ops.array_ops \
ops.array_ops_stack ops.control_flow_ops ops.variable_scope ops.variables ops.state_ops ops.clip_ops ops.candidate_sampling_ops \
ops.confusion_matrix ops.custom_gradient ops.functional_ops ops.gradients ops.gradients_impl ops.histogram_ops ops.logging_ops \
ops.map_fn ops.numerics ops.partitioned_variables ops.resource_variable_ops ops.resources ops.script_ops ops.session_ops \
ops.standard_ops ops.template ops.tensor_array_ops ops.while_v2 ops.cond_v2 ops.embedding_ops ops.variables_lib \
ops.manip_ops ops.inplace_ops ops.control_flow_util eager.context"

PLACES = {
    **{f"python.{path}": ("",) for path in _ROOT.split()},
    "python.feature_column.feature_column": ("feature_column",),
    "python.feature_column.feature_column_lib": ("feature_column",),
    "python.feature_column.feature_column_v2": ("feature_column",),
    "python.feature_column.sequence_feature_column": ("feature_column",),
    "python.framework.errors": ("errors",),
    "python.framework.errors_impl": ("errors",),
    "python.framework.graph_util": ("graph_util",),
    "python.framework.graph_util_impl": ("graph_util",),
    "python.framework.graph_io": ("train", "io", ""),
    "python.framework.sparse_tensor": ("sparse", ""),
    "python.framework.test_util": ("test",),
    "python.ops.math_ops": ("math", ""),
    "python.ops.nn_ops": ("nn", ""),
    "python.ops.nn": ("nn",),
    "python.ops.nn_impl": ("nn", ""),
    "python.ops.ctc_ops": ("nn",),
    "python.ops.rnn": ("nn", "contrib.rnn"),
    "python.ops.rnn_cell": ("nn.rnn_cell", "contrib.rnn"),
    "python.ops.rnn_cell_impl": ("nn.rnn_cell", "contrib.rnn"),
    "python.ops.init_ops": ("initializers", ""),
    "python.ops.check_ops": ("debugging", ""),
    "python.ops.data_flow_ops": ("queue", ""),
    "python.ops.lookup_ops": ("lookup", "contrib.lookup", ""),
    "python.ops.image_ops": ("image",),
    "python.ops.image_ops_impl": ("image",),
    "python.ops.io_ops": ("io", ""),
    "python.ops.parsing_ops": ("io", ""),
    "python.ops.linalg_ops": ("linalg", ""),
    "python.ops.linalg_impl": ("linalg", ""),
    "python.ops.linalg.linalg": ("linalg",),
    "python.ops.linalg.linalg_impl": ("linalg",),
    "python.ops.spectral_ops": ("spectral", "signal", ""),
    "python.ops.signal.signal": ("signal",),
    "python.ops.sparse_ops": ("sparse", ""),
    "python.ops.string_ops": ("strings", ""),
    "python.ops.random_ops": ("random", ""),
    "python.ops.stateless_random_ops": ("random",),
    "python.ops.bitwise_ops": ("bitwise",),
    "python.ops.sets": ("sets",),
    "python.ops.sets_impl": ("sets",),
    "python.ops.metrics": ("metrics",),
    "python.ops.metrics_impl": ("metrics",),
    "python.ops.losses.losses": ("losses",),
    "python.ops.losses.losses_impl": ("losses",),
    "python.ops.losses.util": ("losses",),
    "python.ops.summary_ops": ("summary",),
    "python.ops.distributions.distributions": ("distributions",),
    "python.layers.layers": ("layers",),
    "python.layers.base": ("layers",),
    "python.layers.core": ("layers",),
    "python.layers.convolutional": ("layers",),
    "python.layers.pooling": ("layers",),
    "python.layers.normalization": ("layers",),
    "python.layers.utils": ("contrib.framework", ""),
    "python.lib.io.tf_record": ("python_io",),
    "python.lib.io.python_io": ("python_io",),
    "python.platform.app": ("app",),
    "python.platform.flags": ("flags",),
    "python.platform.gfile": ("gfile",),
    "python.platform.googletest": ("test",),
    "python.platform.test": ("test",),
    "python.platform.resource_loader": ("resource_loader",),
    "python.platform.sysconfig": ("sysconfig",),
    "python.platform.tf_logging": ("logging",),
    "python.pywrap_tensorflow": ("train", "errors", ""),
    "python.saved_model": ("saved_model",),
    "python.summary.summary": ("summary",),
    "python.summary.writer.writer": ("summary",),
    "python.util.compat": ("compat",),
    "python.util.nest": ("contrib.framework.nest",),
    "python.data": ("data",),
    "python.estimator": ("estimator",),
    "python.estimator.export": ("estimator.export",),
    "python.estimator.inputs": ("estimator.inputs",),
}

_PREFIXES = [  # for whatever begins like that
    ("python.training.", ("train", "")),
    ("python.saved_model.", ("saved_model",)),
    ("python.summary.", ("summary",)),
    ("python.data.", ("data",)),
    ("python.estimator.export.", ("estimator.export", "estimator.experimental")),
    ("python.estimator.inputs.", ("estimator.inputs",)),
    ("python.estimator.tpu.", ("estimator.tpu",)),
    ("python.estimator.", ("estimator", "estimator.experimental")),
    ("contrib.rnn.python.", ("contrib.rnn", "nn.rnn_cell", "nn")),
    ("contrib.layers.python.layers.utils", ("contrib.slim.utils", "contrib.layers")),
]

_MESSAGES = {  # the modules of protocol buffers, and which of ours holds their messages
    **{
        f"core.framework.{name}_pb2": "graph_pb2"
        for name in "graph node_def attr_value types tensor tensor_shape op_def function versions variable resource_handle".split()
    },
    "core.framework.summary_pb2": "summary_pb2",
    "core.framework.step_stats_pb2": "step_stats_pb2",
    "core.framework.cost_graph_pb2": "step_stats_pb2",
    "core.framework.device_attributes_pb2": "device_pb2",
    "core.util.event_pb2": "summary_pb2",
    "core.example.example_pb2": "example_pb2",
    "core.example.feature_pb2": "example_pb2",
    "core.protobuf.config_pb2": "config_pb2",
    "core.protobuf.cluster_pb2": "config_pb2",
    "core.protobuf.tensorflow_server_pb2": "config_pb2",
    "core.protobuf.rewriter_config_pb2": "config_pb2",
    "core.protobuf.control_flow_pb2": "graph_pb2",
    "core.protobuf.meta_graph_pb2": "meta_graph_pb2",
    "core.protobuf.saver_pb2": "meta_graph_pb2",
    "core.protobuf.queue_runner_pb2": "meta_graph_pb2",
    "core.protobuf.saved_model_pb2": "meta_graph_pb2",
    "core.protobuf.tensor_bundle_pb2": "checkpoint_pb2",
    "core.util.saved_tensor_slice_pb2": "checkpoint_pb2",
    "python.training.checkpoint_state_pb2": "checkpoint_pb2",
    "contrib.tensorboard.plugins.projector.projector_config_pb2": "summary_pb2",
    "contrib.training.python.training.hparam_pb2": "hparam_pb2",
}

_TOOLS = "freeze_graph inspect_checkpoint optimize_for_inference optimize_for_inference_lib saved_model_utils strip_unused_lib"
MODULES = {  # modules that are ones of ours
    **{path: f"formats.proto.{name}" for path, name in _MESSAGES.items()},
    "python.lib.io.file_io": "platform.file_io",
    **{f"python.tools.{name}": f"tools.{name}" for name in _TOOLS.split()},
}


def below(path):
    """The public modules for the private module at `path`; None if TensorFlow has none there that we know."""
    if path in PLACES:
        return PLACES[path]
    for prefix, public in _PREFIXES:
        if path.startswith(prefix):
            return public
    if path.startswith("contrib.slim.python.slim."):
        return (path.replace(".python.slim", "", 1), "contrib.slim", "")
    parts = path.split(".")
    if parts[0] == "contrib" and "python" in parts[2:3]:
        return (".".join(parts[:2]), "")
    if path.startswith("python.keras"):
        return (path.removeprefix("python."),)
    return None


FOLDERS = frozenset(
    ".".join(path.split(".")[:k])
    for path in [*PLACES, *MODULES]
    if not path.startswith("contrib.")
    for k in range(1, path.count(".") + 1)
)
