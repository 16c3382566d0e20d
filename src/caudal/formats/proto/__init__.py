"""Messages of TF's formats, generated from our own .proto files (`make protos`)."""

from .config_pb2 import (
    ClusterDef,
    ConfigProto,
    GPUOptions,
    GraphOptions,
    JobDef,
    OptimizerOptions,
    RunMetadata,
    RunOptions,
)
from .graph_pb2 import (
    AttrValue,
    CondContextDef,
    ControlFlowContextDef,
    DataType,
    FunctionDef,
    GraphDef,
    NameAttrList,
    NodeDef,
    OpDef,
    OpList,
    SaveSliceInfoDef,
    TensorProto,
    TensorShapeProto,
    ValuesDef,
    VariableDef,
    VersionDef,
    WhileContextDef,
)

__all__ = [
    "AttrValue", "ClusterDef", "CondContextDef", "ConfigProto", "ControlFlowContextDef", "DataType", "FunctionDef",
    "GPUOptions", "GraphDef", "GraphOptions", "JobDef", "NameAttrList", "NodeDef", "OpDef", "OpList", "OptimizerOptions",
    "RunMetadata", "RunOptions", "SaveSliceInfoDef", "TensorProto", "TensorShapeProto", "ValuesDef", "VariableDef",
    "VersionDef", "WhileContextDef",
]
