"""Signatures: which tensors of a graph are its inputs and outputs, under names of their own."""

from ..formats.proto.meta_graph_pb2 import SignatureDef, TensorInfo
from ..graph.composite import SparseTensor
from ..graph.graph import Tensor, default_graph
from ..graph.name_scopes import prepend_scope
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.errors import need
from . import constants

__all__ = ["build_signature_def", "build_tensor_info", "predict_signature_def", "supervised_signature_def"]

constant(TensorInfo, "TensorInfo")


@export("saved_model.utils.build_tensor_info", "saved_model.build_tensor_info")
def build_tensor_info(tensor):
    """What a signature says of a tensor or a SparseTensor: a `TensorInfo`."""
    out = TensorInfo(dtype=dtypes.as_dtype(tensor.dtype).as_datatype_enum, tensor_shape=tensor.get_shape().as_proto())
    if isinstance(tensor, SparseTensor):
        out.coo_sparse.values_tensor_name = tensor.values.name
        out.coo_sparse.indices_tensor_name = tensor.indices.name
        out.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        out.name = tensor.name
    return out


@export("saved_model.utils.get_tensor_from_tensor_info", "saved_model.get_tensor_from_tensor_info")
def get_tensor_from_tensor_info(tensor_info, graph=None, import_scope=None):
    """The tensor, or SparseTensor, that a `TensorInfo` means.

    Args:
      tensor_info: a `TensorInfo`.
      graph: the graph; the default one if None.
      import_scope: the scope that the graph was put under.

    Raises:
      KeyError: there is no such tensor; ValueError: it names none.
    """
    graph = default_graph() if graph is None else graph
    find = lambda name: graph.get_tensor_by_name(prepend_scope(name, import_scope))  # noqa: E731
    kind = tensor_info.WhichOneof("encoding")
    if kind == "name":
        return find(tensor_info.name)
    if kind == "coo_sparse":
        parts = tensor_info.coo_sparse
        return SparseTensor(find(parts.indices_tensor_name), find(parts.values_tensor_name), find(parts.dense_shape_tensor_name))
    raise ValueError(f"Invalid TensorInfo.encoding: {kind}")


@export("saved_model.signature_def_utils.build_signature_def", "saved_model.build_signature_def")
def build_signature_def(inputs=None, outputs=None, method_name=None):
    """A `SignatureDef` of dicts from name to `TensorInfo`, and the name of what it is for."""
    out = SignatureDef()
    for side, infos in ((out.inputs, inputs), (out.outputs, outputs)):
        for name, info in (infos or {}).items():
            side[name].CopyFrom(info)
    if method_name is not None:
        out.method_name = method_name
    return out


def _example(examples, what):
    need(examples is not None, f"{what} examples cannot be None.")
    need(isinstance(examples, Tensor), f"Expected {what.lower()} examples to be of type Tensor. Found type {type(examples)}.")
    info = build_tensor_info(examples)
    need(info.dtype == dtypes.string.as_datatype_enum, f"{what} input tensors must be of type string.")
    return info


@export("saved_model.signature_def_utils.regression_signature_def", "saved_model.regression_signature_def")
def regression_signature_def(examples, predictions):
    """The signature of a regression: serialised examples in, floats out.

    Raises:
      ValueError: one of them is missing, or of another dtype.
    """
    need(examples is not None, "Regression examples cannot be None.")
    need(isinstance(examples, Tensor), f"Expected regression examples to be of type Tensor. Found type {type(examples)}.")
    need(predictions is not None, "Regression predictions cannot be None.")
    inputs = {constants.REGRESS_INPUTS: _example(examples, "Regression")}
    info = build_tensor_info(predictions)
    need(info.dtype == dtypes.float32.as_datatype_enum, "Regression output tensors must be of type float.")
    return build_signature_def(inputs, {constants.REGRESS_OUTPUTS: info}, constants.REGRESS_METHOD_NAME)


@export("saved_model.signature_def_utils.classification_signature_def", "saved_model.classification_signature_def")
def classification_signature_def(examples, classes, scores):
    """The signature of a classification: serialised examples in, names of classes or scores out, or both.

    Raises:
      ValueError: something is missing, or of another dtype.
    """
    need(examples is not None, "Classification examples cannot be None.")
    need(isinstance(examples, Tensor), f"Expected classification examples to be of type Tensor. Found type {type(examples)}.")
    need(classes is not None or scores is not None, "Classification classes and scores cannot both be None.")
    inputs, outputs = {constants.CLASSIFY_INPUTS: _example(examples, "Classification")}, {}
    if classes is not None:
        outputs[constants.CLASSIFY_OUTPUT_CLASSES] = info = build_tensor_info(classes)
        need(info.dtype == dtypes.string.as_datatype_enum, "Classification classes must be of type string Tensor.")
    if scores is not None:
        outputs[constants.CLASSIFY_OUTPUT_SCORES] = info = build_tensor_info(scores)
        need(info.dtype == dtypes.float32.as_datatype_enum, "Classification scores must be a float Tensor.")
    return build_signature_def(inputs, outputs, constants.CLASSIFY_METHOD_NAME)


@export("saved_model.signature_def_utils.predict_signature_def", "saved_model.predict_signature_def")
def predict_signature_def(inputs, outputs):
    """The signature of anything: dicts from name to tensor.

    Raises:
      ValueError: one of them is empty.
    """
    need(inputs, "Prediction inputs cannot be None or empty.")
    need(outputs, "Prediction outputs cannot be None or empty.")
    sides = [{name: build_tensor_info(tensor) for name, tensor in side.items()} for side in (inputs, outputs)]
    return build_signature_def(*sides, constants.PREDICT_METHOD_NAME)


def supervised_signature_def(method_name, inputs, outputs):
    """The signature of what trains or evaluates: dicts from name to tensor.

    Raises:
      ValueError: there is no input.
    """
    need(inputs, f"{method_name} inputs cannot be None or empty.")
    sides = [{name: build_tensor_info(tensor) for name, tensor in side.items()} for side in (inputs, outputs)]
    return build_signature_def(*sides, method_name)


_NEEDED = {
    constants.CLASSIFY_METHOD_NAME: (
        {constants.CLASSIFY_INPUTS},
        {constants.CLASSIFY_OUTPUT_CLASSES, constants.CLASSIFY_OUTPUT_SCORES},
    ),
    constants.REGRESS_METHOD_NAME: ({constants.REGRESS_INPUTS}, {constants.REGRESS_OUTPUTS}),
}


@export("saved_model.signature_def_utils.is_valid_signature", "saved_model.is_valid_signature")
def is_valid_signature(signature_def):
    """Whether a server could use a `SignatureDef`: it is of a known kind, with that kind's inputs and outputs."""
    if signature_def is None:
        return False
    if signature_def.method_name == constants.PREDICT_METHOD_NAME:
        return bool(signature_def.inputs) and bool(signature_def.outputs)
    if signature_def.method_name not in _NEEDED:
        return False
    inputs, outputs = _NEEDED[signature_def.method_name]
    kinds = {constants.REGRESS_OUTPUTS: dtypes.float32, constants.CLASSIFY_OUTPUT_SCORES: dtypes.float32}
    right_in = set(signature_def.inputs) == inputs and all(
        info.dtype == dtypes.string.as_datatype_enum for info in signature_def.inputs.values()
    )
    right_out = set(signature_def.outputs) <= outputs and all(
        info.dtype == kinds.get(name, dtypes.string).as_datatype_enum for name, info in signature_def.outputs.items()
    )
    return right_in and bool(signature_def.outputs) and right_out
